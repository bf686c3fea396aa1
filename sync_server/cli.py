"""`doorstep`: the office's verbs on a command line. Exit 0 good, 1 refused with a problem code, 2 misused; no traceback."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.problems import ProblemError
from sync_server import cli_handover, cli_keep, cli_tls
from sync_server import cli_show as shown
from sync_server.problems_http import problem_of
from sync_server.services import Services
from sync_server.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="上门 Doorstep:导入、登记、汇总、封存、核验",
)
import_app = typer.Typer(no_args_is_help=True, help="导入应还名单、附件1、附件2、还款情况")
certs_app = typer.Typer(no_args_is_help=True, help="证书:根、县、学校")
app.add_typer(import_app, name="import")
app.add_typer(certs_app, name="certs")
app.add_typer(cli_keep.app)  # backup, restore, purge
app.add_typer(cli_handover.app)  # handover
app.add_typer(cli_tls.app)  # tls

Data = Annotated[Path | None, typer.Option("--data", envvar="DOORSTEP_DATA", help="服务器的数据文件夹")]
AsJson = Annotated[bool, typer.Option("--json", help="给程序看的结果")]
screen = shown.screen
WHO = "命令行"


@contextmanager
def opened(data: Path | None) -> Iterator[Services]:
    """The services of a data folder, closed again whatever happens."""
    services = Services.open(Settings.from_environment(data))
    try:
        yield services
    finally:
        services.close()


@app.command()
def serve(
    data: Data = None, host: str = "127.0.0.1", port: int = 8350, cert: Path | None = None, key: Path | None = None
) -> None:
    """启动同步服务器和办公页面(Ctrl+C 结束);做过 tls init 就用那张证书。"""
    import uvicorn

    from sync_server.app import create_app

    settings, certificate = cli_tls.secured(Settings.from_environment(data), cert, port)
    uvicorn.run(
        create_app(settings), host=host, port=port, log_level="warning",
        ssl_certfile=certificate, ssl_keyfile=key, server_header=False,
    )  # fmt: skip


@app.command()
def sample(directory: Path, seed: int = 2019, as_json: AsJson = False) -> None:
    """造一个样例县的全部文件(青槐县,人名皆虚构)。"""
    from sync_server.sample.county import make_county, write_county

    files = [str(path) for path in write_county(directory, make_county(seed))]
    shown.show({"files": files}, as_json, lambda: screen.print("\n".join(files)))


def _import(kind: str, file: Path, data: Path | None, dry_run: bool, accept_rest: bool, as_json: bool) -> None:
    from sync_server.office import imports

    if not file.is_file():
        raise typer.BadParameter(f"没有这个文件:{file}")
    with opened(data) as services:
        take = partial(imports.apply, who=WHO, accept_rest=accept_rest)
        report = (imports.preview if dry_run else take)(services, kind, file)
    shown.show(report, as_json, lambda: shown.report(file, report, dry_run))
    refused = report["rejected"] or any(p["level"] == "error" for p in report["problems"])
    if refused and not (accept_rest and report.get("applied")):
        raise typer.Exit(1)


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
            shown.show(value, as_json, lambda: screen.print(f"{teacher} 的登记码 [bold]{issued.code}[/]  {issued.url}"))
            return
        rows = [{"device": d.id, "teacher": names.get(d.staff, ""), "name": d.name, "state": d.state} for d in known]
    shown.show(rows, as_json, lambda: shown.phones(rows))


@app.command()
def assign(school: str, data: Data = None, as_json: AsJson = False) -> None:
    """把一所学校还没有老师的人,按村平均分给各位老师。"""
    from sync_server.office import assignment

    with opened(data) as services:
        moved = assignment.assign_evenly(services, _unit(services, school), who=WHO)
    shown.show({"assigned": moved}, as_json, lambda: screen.print(f"分配了 {moved} 人"))


@app.command()
def notices(school: str, data: Data = None, as_json: AsJson = False) -> None:
    """一所学校的通知书(附件3),一个 PDF。"""
    from sync_server.office import notices as office_notices

    with opened(data) as services:
        file = str(office_notices.notices_pdf(services, _unit(services, school), who=WHO))
    shown.show({"file": file}, as_json, lambda: screen.print(file))


Except = Annotated[
    list[str] | None, typer.Option("--except", help="缺项编号=理由,例如 seal.chain_hole:设备:3-4=手机落水")
]


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("写成 2019-12-18T18:00+08:00") from error


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
    scan: Annotated[list[Path] | None, typer.Option("--scan", exists=True, dir_okay=False, help="盖章后的扫描件,可多个")] = None,
    cut_off: Annotated[str, typer.Option("--cut-off", help="截止时点,如 2019-12-18T18:00+08:00")] = "",
) -> None:  # fmt: skip
    """汇总并打印;加 --scan 则核对盖章扫描件并封存。"""
    from sync_server.office import summaries

    with opened(data) as services:
        county = school in ("county", "县")
        if county and not scan:
            raise typer.BadParameter("县级汇总请用 doorstep rollup,盖章后再用 seal county --scan")
        unit = "" if county else _unit(services, school)
        if scan:
            row = next(iter(summaries.listed(services, unit)), None)
            if row is None:
                raise ProblemError("summary.unknown")
            value = _sealed(services, row.id, scan)
        else:
            moment = _moment(cut_off) if cut_off else None
            named = [_exception(e) for e in exceptions or ()]
            row = summaries.compose(services, unit, who=WHO, cut_off=moment, exceptions=named, reason=reason)
            value = {"document": row.document, "version": row.version, "data_hash": row.data_hash,
                     "print": str(summaries.to_print(services, row.id))}  # fmt: skip
    shown.show(value, as_json, lambda: shown.mapping(value))


def _sealed(services: Services, summary_id: str, scan: list[Path]) -> dict[str, Any]:
    from sync_server.office import summaries

    report = summaries.add_scan(services, summary_id, [(p.name, p.read_bytes()) for p in scan], who=WHO)
    for found in (*report.problems, *report.findings):
        screen.print(f"  {found.code} {found.message}")
    row = summaries.seal(services, summary_id, who=WHO)
    paths = {name: str(path) for name, path in summaries.files(services, summary_id).items()}
    return {"document": row.document, "version": row.version, "data_hash": row.data_hash, "sha256": row.sha256, **paths}


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
    shown.show(value, as_json, lambda: shown.mapping(value))


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
    try:
        verdict = verify_file(file, trust.read_bytes(), evidence, key, passphrase, children)
    except ProblemError as problem:  # a key that does not open: said in the same form as a verdict
        verdict = shown.no_verdict(problem, key or file)
    machine = {k: verdict[k] for k in ("ok", "document", "version", "data_hash", "problems")}
    shown.show(machine, as_json, lambda: shown.verdict(file, verdict))
    if not verdict["ok"]:
        raise typer.Exit(1)


@certs_app.command("init")
def certs_init(data: Data = None, as_json: AsJson = False) -> None:
    """造根证书和县证书(已有则不动)。"""
    from sync_server.office import certs

    with opened(data) as services:
        certs.ensure(services, "")
        root = str(certs.folder(services) / "root.pem")
    shown.show({"root": root}, as_json, lambda: screen.print(root))


@certs_app.command("export-root")
def certs_export_root(dest: Path, data: Data = None, as_json: AsJson = False) -> None:
    """把根私钥移到别处(如 U 盘)保管;根证书留下。"""
    from sync_server.office import certs
    from sync_server.sealing.certificates import export_root

    with opened(data) as services:
        key = str(export_root(certs.folder(services), dest))
    shown.show({"key": key}, as_json, lambda: screen.print(key))


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
    shown.show(found, as_json, lambda: shown.checks(found))
    if not all(c["ok"] for c in found):
        raise typer.Exit(1)


def main() -> None:
    """The entry: refusals and faults become sentences and exit codes."""
    as_json = "--json" in sys.argv
    errors = Path(tempfile.gettempdir()) / "doorstep-errors.log"  # where the reference of a fault is explained
    logging.getLogger("doorstep").addHandler(logging.FileHandler(errors, delay=True))
    try:
        app()
    except ProblemError as problem:
        shown.refuse(problem, as_json)
    except OSError as error:
        shown.refuse(ProblemError("disk.broken", why=str(error)), as_json)
    except Exception as error:  # a fault of ours: a reference to report, never a traceback on an office's screen
        shown.refuse(problem_of(error), as_json)


if __name__ == "__main__":
    main()
