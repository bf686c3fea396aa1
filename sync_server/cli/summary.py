"""`doorstep seal | discard | rollup | verify`: compose and seal a summary, and verify one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from shared.problems import ProblemError
from shared.readiness import NamedException
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, named_document, opened
from sync_server.services import Services
from sync_server.store.summaries import SummaryRow

app = typer.Typer()

Except = Annotated[
    list[str] | None,
    typer.Option("--except", help="缺项编号=理由,例如 seal.chain_hole:设备:3-4=手机落水"),
]
Elsewhere = Annotated[
    list[Path] | None,
    typer.Option(
        "--elsewhere",
        exists=True,
        dir_okay=False,
        help="在别的系统加盖了电子公章的 PDF 或 OFD,代替扫描件,可多个",
    ),
]
Seen = Annotated[
    bool, typer.Option("--seen", help="与 --elsewhere 同用:已打开看过,公章是本单位的,盖的是这一版")
]
ReportNo = Annotated[str, typer.Option("--report-no", help="本报告文号,可不填")]


def _moment(text: str) -> datetime:
    """A cut-off as typed, of any year: compose names one that no season's work can have."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("写成 2026-12-18T18:00+08:00") from error


def _exception(text: str) -> NamedException:
    named, _, reason = text.partition("=")
    code, _, ref = named.partition(":")
    if not (reason and ref):
        raise typer.BadParameter("写成 缺项编号:对象=理由")
    return NamedException(code=code, ref=ref, reason=reason, by=WHO)


@app.command()
def seal(
    school: str,
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    exceptions: Except = None,
    reason: str = "",
    scan: Annotated[
        list[Path] | None,
        typer.Option("--scan", exists=True, dir_okay=False, help="盖章后的扫描件,可多个"),
    ] = None,
    elsewhere: Elsewhere = None,
    seen: Seen = False,
    cut_off: Annotated[
        str, typer.Option("--cut-off", help="截止时点,如 2026-12-18T18:00+08:00")
    ] = "",
    report_no: ReportNo = "",
) -> None:
    """汇总并打印;加 --scan 则核对盖章扫描件并封存,加 --elsewhere 则以电子公章文件代替。"""
    from sync_server.office import cut_off as cut_off_verbs
    from sync_server.office import summaries

    with opened(data, season) as services:
        unit, document = named_document(services, school)
        if not unit and not (scan or elsewhere):
            raise typer.BadParameter("县级汇总请用 doorstep rollup,盖章后再用 seal county --scan")
        if scan or elsewhere:
            row = _newest(services, unit, document)
            value = _sealed(services, row.id, scan or [], elsewhere or [], seen)
        else:
            moment = _moment(cut_off) if cut_off else None
            named = [_exception(e) for e in exceptions or ()]
            output.left_out(cut_off_verbs.left_out(services, unit, moment))
            row = summaries.compose(
                services,
                unit,
                who=WHO,
                cut_off=moment,
                exceptions=named,
                reason=reason,
                report_no=report_no,
            )
            value = {
                "document": row.document,
                "version": row.version,
                "data_hash": row.data_hash,
                "print": str(summaries.to_print(services, row.id, who=WHO)),
            }
            if found := cut_off_verbs.left_out_of(services, row):
                value["left_out"] = msgspec.to_builtins(found)
    shown = {name: words for name, words in value.items() if name not in ("left_out", "found")}
    for line in () if as_json else value.get("found", ()):
        output.screen.print(f"  {line}")
    output.show(value, as_json, lambda: output.mapping(shown))


def _newest(services: Services, unit: str, document: str) -> SummaryRow:
    """Return the version that is worked on. Raises: ProblemError summary.unknown."""
    from sync_server.office import summaries

    for row in summaries.listed(services, unit, document):
        if row.state != "discarded":
            return row
    raise ProblemError("summary.unknown")


@app.command()
def discard(
    school: str,
    version: Annotated[int, typer.Option("--version", help="作废哪一版,写版号")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """作废一版还没有封存的汇总;打印过的,它的扫描件从此不再接收。"""
    from sync_server.office import summaries, summary_verdicts

    with opened(data, season) as services:
        rows = summaries.listed(services, *named_document(services, school))
        row = next((row for row in rows if row.version == version), None)
        if row is None:
            raise ProblemError("summary.unknown")
        summary_verdicts.discard(services, row.id, who=WHO)
        value = {"document": row.document, "version": row.version}
    output.show(value, as_json, lambda: output.mapping(value))


def _sealed(
    services: Services, summary_id: str, scan: list[Path], elsewhere: list[Path], seen: bool
) -> dict[str, Any]:
    from sync_server.office import summaries, summary_scans

    if scan and elsewhere:
        raise typer.BadParameter("--scan 和 --elsewhere 只能用一个")
    files = [(p.name, p.read_bytes()) for p in scan or elsewhere]
    if elsewhere:
        report = summary_scans.add_elsewhere(services, summary_id, files, seen=seen, who=WHO)
    else:
        report = summary_scans.add(services, summary_id, files, who=WHO)
    found = [f"{one.code} {one.message}" for one in (*report.problems, *report.findings)]
    if not report.complete:
        for line in found:
            output.screen.print(f"  {line}")
    row = summaries.seal(services, summary_id, who=WHO)
    paths = {name: str(path) for name, path in summaries.files(services, summary_id).items()}
    return {
        "document": row.document,
        "version": row.version,
        "data_hash": row.data_hash,
        "sha256": row.sha256,
        **({"found": found} if found else {}),
        **paths,
    }


@app.command()
def rollup(
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="有学校未报也汇总,并写明是哪些")
    ] = False,
    add: Annotated[list[Path] | None, typer.Option("--add", help="别处送来的封存件")] = None,
    report_no: ReportNo = "",
) -> None:
    """汇总各校的封存件,打印报送各单位的县级汇总;盖章后用 seal county --scan 封存。

    主报送对象写 county,其他报送对象写 county.代号,如 county.bank。
    """
    from sync_server.office import county_reports, summaries

    with opened(data, season) as services:
        row = county_reports.roll_up(
            services, partial=partial, who=WHO, extra=add or (), report_no=report_no
        )
        value = {
            "document": row.document,
            "version": row.version,
            "data_hash": row.data_hash,
            "print": str(summaries.to_print(services, row.id, who=WHO)),
            "missing": [unit.code for unit in summaries.missing(row)],
        }
        if reports := _reports(services, row):
            value["reports"] = reports
    output.show(value, as_json, lambda: output.mapping(value))


def _reports(services: Services, row: SummaryRow) -> list[dict[str, Any]]:
    """Return the report to each recipient, that of `row` too; empty where there is none."""
    from sync_server.office import county_reports, summaries

    return [
        {
            "recipient": name,
            "seal_as": "county" if one.id == row.id else f"county.{key}",
            "document": one.document,
            "data_hash": one.data_hash,
            "print": str(summaries.to_print(services, one.id, who=WHO)),
        }
        for one in county_reports.of_version(services, row)
        for key in [county_reports.recipient_key(one.document)]
        if (name := county_reports.recipient_name(one))
    ]


@app.command()
def verify(
    file: Path,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="信任的根证书 root.pem；核验上报材料包时可以不给"),
    ] = None,
    as_json: AsJson = False,
    evidence: Path | None = None,
    key: Path | None = None,
    children: Path | None = None,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", help="县里的收件回执；不给就看文件旁边有没有"),
    ] = None,
    withdrawn: Annotated[
        Path | None,
        typer.Option(
            "--withdrawn", help="作废证书清单（.crl）；不给就看文件旁边、核验文件夹里有没有"
        ),
    ] = None,
    passphrase: Annotated[str, typer.Option(envvar="DOORSTEP_PASSPHRASE", help="私钥口令")] = "",
) -> None:
    """核验一份封存件,或解开的上报材料包:谁、封了哪些数据、有没有一个字节变过。不联网。"""
    from sync_server.office.worker_jobs import verify_file
    from sync_server.sealing.checking import beside

    for path in (p for p in (trust, evidence, key, receipt, withdrawn) if p):
        if not path.is_file():
            raise typer.BadParameter(f"没有这个文件:{path}")
    if file.is_dir():
        _verify_folder(file, trust, as_json, withdrawn)
        return
    if not file.is_file():
        raise typer.BadParameter(f"没有这个文件:{file}")
    if file.suffix.lower() == ".zip":
        raise typer.BadParameter("这是压缩包：请先解压，再核验解开的文件夹")
    if trust is None:
        raise typer.BadParameter("请用 --trust 指明信任的根证书 root.pem")
    try:
        known = beside.known(file, trust, receipt, withdrawn)
        verdict = verify_file(file, trust.read_bytes(), evidence, key, passphrase, children, known)
    except ProblemError as problem:  # a key that does not open: said in the same form as a verdict
        verdict = output.no_verdict(problem, key or file)
    names = ("ok", "document", "version", "data_hash", "problems", "notes", "stands_on")
    machine = {k: verdict[k] for k in names if k in verdict}
    output.show(machine, as_json, lambda: output.verdict(file, verdict))
    if not verdict["ok"]:
        raise typer.Exit(1)


def _verify_folder(folder: Path, trust: Path | None, as_json: bool, withdrawn: Path | None) -> None:
    """Check an unpacked bundle: what every file is, and whether it is whole."""
    from sync_server.sealing.checking import beside
    from sync_server.sealing.checking.folder import check_folder

    verdict = check_folder(
        folder,
        trust.read_bytes() if trust else None,
        *((withdrawn.read_bytes(),) if withdrawn else ()),
        *beside.near(trust),
    )
    output.show(verdict.as_json(), as_json, lambda: output.folder(folder, verdict))
    if not verdict.ok:
        raise typer.Exit(1)
