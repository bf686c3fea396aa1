"""`doorstep`: the office's verbs on a command line. Exit 0 good, 1 refused with a problem code, 2 misused; no traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from shared import money
from shared.problems import ProblemError, details
from sync_server.problems_http import problem_of
from sync_server.services import Services
from sync_server.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, help="上门 Doorstep:导入、登记、汇总、封存、核验")
import_app = typer.Typer(no_args_is_help=True, help="导入应还名单、附件1、附件2、还款情况")
certs_app = typer.Typer(no_args_is_help=True, help="证书:根、县、学校")
app.add_typer(import_app, name="import")
app.add_typer(certs_app, name="certs")

Data = Annotated[Path | None, typer.Option("--data", envvar="DOORSTEP_DATA", help="服务器的数据文件夹")]
AsJson = Annotated[bool, typer.Option("--json", help="给程序看的结果")]
screen = Console()
WHO = "命令行"


@contextmanager
def opened(data: Path | None) -> Iterator[Services]:
    """The services of a data folder, closed again whatever happens."""
    services = Services.open(Settings.from_environment(data))
    try:
        yield services
    finally:
        services.close()


def show(value: Any, as_json: bool, human: Callable[[], None]) -> None:
    """Print for a program or for a person."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    else:
        human()


@app.command()
def serve(
    data: Data = None, host: str = "127.0.0.1", port: int = 8350, cert: Path | None = None, key: Path | None = None
) -> None:
    """启动同步服务器和办公页面(Ctrl+C 结束)。"""
    import uvicorn

    from sync_server.app import create_app

    uvicorn.run(
        create_app(Settings.from_environment(data)), host=host, port=port, log_level="warning",
        ssl_certfile=cert, ssl_keyfile=key, server_header=False,
    )  # fmt: skip


@app.command()
def sample(directory: Path, seed: int = 2019) -> None:
    """造一个样例县的全部文件(青槐县,人名皆虚构)。"""
    from sync_server.sample.county import make_county, write_county

    for path in write_county(directory, make_county(seed)):
        screen.print(str(path))


def _import(kind: str, file: Path, data: Path | None, dry_run: bool, accept_rest: bool, as_json: bool) -> None:
    from sync_server.office import imports

    if not file.is_file():
        raise typer.BadParameter(f"没有这个文件:{file}")
    with opened(data) as services:
        if dry_run:
            report = imports.preview(services, kind, file)
        else:
            report = imports.apply(services, kind, file, who=WHO, accept_rest=accept_rest)
    show(report, as_json, lambda: _print_report(file, report, dry_run))
    refused = report["rejected"] or any(p["level"] == "error" for p in report["problems"])
    if refused and not (accept_rest and report.get("applied")):
        raise typer.Exit(1)


def _print_report(file: Path, report: dict[str, Any], dry_run: bool) -> None:
    screen.print(f"[bold]{file.name}[/]  读 {report['read']} 行,收 {report['accepted']},退 {report['rejected']},"
                 f"提醒 {report['warned']}")  # fmt: skip
    if report["people"]:
        t = report["totals"]
        amounts = " + ".join(money.yuan(t[k]) for k in ("principal_fen", "interest_fen"))
        screen.print(f"  {report['people']} 人  {report['contracts']} 份合同  {amounts} = {money.yuan(t['total_fen'])}")
    for p in report["problems"][:40]:
        colour = "red" if p["level"] == "error" else "yellow"
        row = f"第{p['row']}行 " if p["row"] else ""
        screen.print(f"  [{colour}]{row}{p['column']} {p['code']}[/] {p['message']} — {p['mend']}")
    if len(report["problems"]) > 40:
        screen.print(f"  … 还有 {len(report['problems']) - 40} 条,用 --json 看全部")
    if not dry_run and report.get("applied") is None:
        screen.print("[red]没有写入任何内容[/];改好后重新导入,或用 --accept-rest 先收其余")


def _import_command(kind: str, words: str) -> None:
    def command(
        file: Path, data: Data = None, dry_run: Annotated[bool, typer.Option("--dry-run", help="只看不写")] = False,
        accept_rest: Annotated[bool, typer.Option("--accept-rest", help="退回的行之外先收")] = False,
        as_json: AsJson = False,
    ) -> None:  # fmt: skip
        _import(kind, file, data, dry_run, accept_rest, as_json)

    import_app.command(kind, help=words)(command)


for _kind, _words in (
    ("due-list", "应还名单(xls、xlsx、csv)"), ("contacts", "附件1 催收联系表"), ("areas", "附件2 包联辖区划分表"),
    ("repayments", "还款情况(截至…)"),
):  # fmt: skip
    _import_command(_kind, _words)


def _unit(services: Services, text: str) -> str:
    """A school by code or name. Raises: ProblemError unit.unknown."""
    from sync_server.store import units

    for row in services.database.read(lambda c: units.units(c, services.settings.season)):
        if text in (row.code, row.name):
            return row.code
    raise ProblemError("unit.unknown", unit=text)


@app.command()
def enrol(
    school: str, teacher: Annotated[str, typer.Argument()] = "", data: Data = None, as_json: AsJson = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="确认这位老师已登记的手机")] = False,
) -> None:  # fmt: skip
    """给老师发一个登记码,或 --confirm 确认已登记的手机;不写老师则列出手机。"""
    from sync_server.office import phones
    from sync_server.store import devices, units

    with opened(data) as services:
        unit = _unit(services, school)
        season = services.settings.season
        names = services.database.read(lambda c: units.staff_names(c, season))
        known = services.database.read(lambda c: devices.of_unit(c, season, unit))
        if confirm:
            known = [d for d in known if names.get(d.staff) == teacher and d.state == devices.PENDING]
            for device in known:
                phones.confirm(services, device.id, who=WHO)
        if teacher and not confirm:
            issued = phones.issue(services, unit, teacher, who=WHO)
            value = {"code": issued.code, "url": issued.url, "expires_at": issued.expires_at, "teacher": teacher}
            show(value, as_json, lambda: screen.print(f"{teacher} 的登记码 [bold]{issued.code}[/]  {issued.url}"))
            return
        rows = [{"device": d.id, "teacher": names.get(d.staff, ""), "name": d.name, "state": d.state} for d in known]
    show(rows, as_json, lambda: [screen.print(f"{r['teacher']}  {r['name']}  {r['state']}") for r in rows])  # type: ignore[func-returns-value,arg-type,return-value]


@app.command()
def assign(school: str, data: Data = None) -> None:
    """把一所学校还没有老师的人,按村平均分给各位老师。"""
    from sync_server.office import assignment

    with opened(data) as services:
        moved = assignment.assign_evenly(services, _unit(services, school), who=WHO)
    screen.print(f"分配了 {moved} 人")


@app.command()
def notices(school: str, data: Data = None) -> None:
    """一所学校的通知书(附件3),一个 PDF。"""
    from sync_server.office import notices as office_notices

    with opened(data) as services:
        screen.print(str(office_notices.notices_pdf(services, _unit(services, school), who=WHO)))


Except = Annotated[
    list[str] | None, typer.Option("--except", help="缺项编号=理由,例如 seal.chain_hole:设备:3-4=手机落水")
]


def _exception(text: str) -> Any:
    from shared.readiness import NamedException

    named, _, reason = text.partition("=")
    code, _, ref = named.partition(":")
    if not (reason and ref):
        raise typer.BadParameter("写成 缺项编号:对象=理由")
    return NamedException(code=code, ref=ref, reason=reason, by=WHO)


@app.command()
def seal(
    school: str, data: Data = None, as_json: AsJson = False, exceptions: Except = None, reason: str = "",
    scan: Annotated[list[Path] | None, typer.Option("--scan", help="盖章后的扫描件,可多个")] = None,
    cut_off: Annotated[str, typer.Option("--cut-off", help="截止时点,如 2019-12-18T18:00+08:00")] = "",
) -> None:  # fmt: skip
    """汇总并打印;加 --scan 则核对盖章扫描件并封存。"""
    from sync_server.office import summaries

    with opened(data) as services:
        unit = "" if school in ("county", "县") else _unit(services, school)
        if scan:
            row = next(iter(summaries.listed(services, unit)), None)
            if row is None:
                raise ProblemError("summary.unknown")
            value = _sealed(services, row.id, scan)
        else:
            moment = datetime.fromisoformat(cut_off) if cut_off else None
            named = [_exception(e) for e in exceptions or ()]
            row = summaries.compose(services, unit, who=WHO, cut_off=moment, exceptions=named, reason=reason)
            value = {"document": row.document, "version": row.version, "data_hash": row.data_hash,
                     "print": str(summaries.to_print(services, row.id))}  # fmt: skip
    show(value, as_json, lambda: _print_mapping(value))


def _sealed(services: Services, summary_id: str, scan: list[Path]) -> dict[str, Any]:
    from sync_server.office import summaries

    report = summaries.add_scan(services, summary_id, [(p.name, p.read_bytes()) for p in scan], who=WHO)
    for found in (*report.problems, *report.findings):
        screen.print(f"  {found.code} {found.message}")
    row = summaries.seal(services, summary_id, who=WHO)
    paths = {name: str(path) for name, path in summaries.files(services, summary_id).items()}
    return {"document": row.document, "version": row.version, "data_hash": row.data_hash, "sha256": row.sha256, **paths}


def _print_mapping(value: dict[str, Any]) -> None:
    for key, text in value.items():
        screen.print(f"{key:12} {text}", soft_wrap=True)


@app.command()
def rollup(
    data: Data = None, as_json: AsJson = False,
    partial: Annotated[bool, typer.Option("--partial", help="有学校未报也汇总,并写明是哪些")] = False,
    add: Annotated[list[Path] | None, typer.Option("--add", help="别处送来的封存件")] = None,
) -> None:  # fmt: skip
    """汇总各校的封存件,打印县级汇总;盖章后用 seal county --scan 封存。"""
    from sync_server.office import summaries

    with opened(data) as services:
        row = summaries.roll_up(services, partial=partial, who=WHO, extra=add or ())
        value = {"document": row.document, "version": row.version, "data_hash": row.data_hash,
                 "print": str(summaries.to_print(services, row.id)),
                 "missing": [m["code"] for m in json.loads(row.data)["missing"]]}  # fmt: skip
    show(value, as_json, lambda: _print_mapping(value))


@app.command()
def verify(
    file: Path, trust: Annotated[Path, typer.Option("--trust", help="信任的根证书 root.pem")], as_json: AsJson = False,
    evidence: Path | None = None, key: Path | None = None, children: Path | None = None,
    passphrase: Annotated[str, typer.Option(envvar="DOORSTEP_PASSPHRASE", help="私钥口令")] = "",
) -> None:  # fmt: skip
    """核验一份封存件:谁、封了哪些数据、有没有一个字节变过。不联网。"""
    from sync_server.office.bench import verify_file

    for path in (file, trust, *(p for p in (evidence, key) if p)):
        if not path.is_file():
            raise typer.BadParameter(f"没有这个文件:{path}")
    verdict = verify_file(file, trust.read_bytes(), evidence, key, passphrase, children)
    machine = {k: verdict[k] for k in ("ok", "document", "version", "data_hash", "problems")}
    show(machine, as_json, lambda: _print_verdict(file, verdict))
    if not verdict["ok"]:
        raise typer.Exit(1)


def _print_verdict(file: Path, verdict: dict[str, Any]) -> None:
    mark = "[green]✓ 完整有效[/]" if verdict["ok"] else "[red]✗ 不能信任[/]"
    screen.print(f"{mark}  {file.name}")
    if verdict["document"]:
        screen.print(
            f"  {verdict['unit']}  {verdict['document']} 第{verdict['version']}版  封存于 {verdict['sealed_at']}"
        )
        screen.print(f"  数据 {verdict['data_hash']}", soft_wrap=True)
    for p in verdict["problems"]:
        place = " ".join(str(p[k]) for k in ("file", "row", "page") if p.get(k))
        screen.print(f"  [red]{p['code']}[/] {place} {p['message']}")


@certs_app.command("init")
def certs_init(data: Data = None) -> None:
    """造根证书和县证书(已有则不动)。"""
    from sync_server.office import certs

    with opened(data) as services:
        certs.ensure(services, "")
        screen.print(str(certs.folder(services) / "root.pem"))


@certs_app.command("export-root")
def certs_export_root(dest: Path, data: Data = None) -> None:
    """把根私钥移到别处(如 U 盘)保管;根证书留下。"""
    from sync_server.office import certs
    from sync_server.sealing.certificates import export_root

    with opened(data) as services:
        screen.print(str(export_root(certs.folder(services), dest)))


@app.command()
def account(
    name: str, role: Annotated[str, typer.Option(help="admin | officer | liaison")] = "liaison", school: str = "",
    data: Data = None, password: Annotated[str, typer.Option(prompt="口令", hide_input=True, confirmation_prompt=True)] = "",
) -> None:  # fmt: skip
    """设一个办公页面的账号。"""
    from sync_server.store import accounts

    with opened(data) as services:
        unit = _unit(services, school) if school else ""
        services.database.write(lambda c: accounts.put(c, name, password, role, unit, name))
    screen.print(f"{name} 可以登录了")


@app.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """看看这台机器行不行:SQLite、字体、磁盘、证书。"""
    from sync_server.office.doctor import checks

    with opened(data) as services:
        found = checks(services)
    show(found, as_json, lambda: _print_checks(found))
    if not all(c["ok"] for c in found):
        raise typer.Exit(1)


def _print_checks(found: list[dict[str, Any]]) -> None:
    table = Table(show_header=False, box=None)
    for c in found:
        table.add_row("[green]✓[/]" if c["ok"] else "[red]✗[/]", c["what"], c["words"])
    screen.print(table)


def main() -> None:
    """The entry: refusals and faults become sentences and exit codes."""
    as_json = "--json" in sys.argv
    try:
        app()
    except ProblemError as problem:
        _refuse(problem, as_json)
    except OSError as error:
        _refuse(ProblemError("disk.broken", why=str(error)), as_json)
    except Exception as error:  # a fault of ours: a reference to report, never a traceback on an office's screen
        _refuse(problem_of(error), as_json)


def _refuse(problem: ProblemError, as_json: bool) -> None:
    items = [{"code": i.code, "case": i.case_code, "message": i.words, "mend": i.mend}
             for i in getattr(problem, "items", ())]  # fmt: skip
    value = {"ok": False, "problems": [{**details(problem), "message": problem.message()}, *items]}
    errors = Console(stderr=True)

    def human() -> None:
        errors.print(f"[red]{problem.code}[/] {problem.message()} — {problem.mend()}")
        for item in items:
            errors.print(f"  {item['case']}  {item['message']} — {item['mend']}")

    show(value, as_json, human)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
