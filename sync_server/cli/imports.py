"""`doorstep import due-list | contacts | areas | repayments FILE`: report, then import.

`doorstep import history` lists what was imported, `doorstep undo ID` takes an import back.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from unicodedata import normalize

import typer

from shared.cases import RepaymentKind
from sync_server.cli import output
from sync_server.cli.options import WHO, AsJson, Data, InSeason, opened
from sync_server.office.importing.choice import Choice, GoneChoice


class Gone(StrEnum):
    """What becomes of people whom a newer list leaves out."""

    KEEP = "keep"
    TAKE_OUT = "take-out"


_GONE: dict[Gone | None, GoneChoice] = {None: "", Gone.KEEP: "keep", Gone.TAKE_OUT: "take_out"}


class Kind(StrEnum):
    """What the amounts of a repayment file are."""

    CUMULATIVE = "cumulative"
    INCREMENT = "increment"
    PAYMENTS = "payments"


_KINDS: dict[Kind | None, RepaymentKind] = {
    None: "",
    Kind.CUMULATIVE: "cumulative",
    Kind.INCREMENT: "increment",
    Kind.PAYMENTS: "payments",
}

app = typer.Typer(no_args_is_help=True, help="导入应还名单、附件1、附件2、还款情况")
undoing = typer.Typer()


def _import(
    kind: str,
    file: Path,
    data: Path | None,
    season: str,
    dry_run: bool,
    choice: Choice,
    as_json: bool,
) -> None:
    from sync_server.office import imports

    if not file.is_file():
        raise typer.BadParameter(f"没有这个文件:{file}")
    with opened(data, season) as services, output.progress() as progress:
        if dry_run:
            report = imports.preview(services, kind, file, choice, progress=progress)
        else:
            report = imports.apply(services, kind, file, who=WHO, choice=choice, progress=progress)
    output.show(report, as_json, lambda: output.report(file, report, dry_run))
    refused = report["rejected"] or any(p["level"] == "error" for p in report["problems"])
    if refused and not (choice.accept_rest and report.get("applied")):
        raise typer.Exit(1)


def _school(text: str) -> tuple[str, str]:
    """Read `写法=编号`, `写法=rename:编号` or `写法=new`."""
    written, _, code = text.rpartition("=")
    if not written or not code:
        raise typer.BadParameter(f"--school 要写成 校名=学校编号:{text}")
    return written, code


def _mapping(kind: str, given: list[str]) -> dict[str, str]:
    """Field -> letters from what stands behind `--map`: 本金=F, or 联系电话=J,K."""
    from sync_server.office.importing import layout

    parts = [normalize("NFKC", text).partition("=") for text in given]
    for text, (name, sign, letters) in zip(given, parts, strict=True):
        if not (name.strip() and sign):
            raise typer.BadParameter(f"--map 要写成 本金=F 这样:{text}")
        if not letters.isascii():
            raise typer.BadParameter(f"等号右边写列的字母,如 F:{text}")
    return layout.mapping_of(kind, [(name.strip(), letters.strip()) for name, _, letters in parts])


def _import_command(kind: str, words: str) -> None:
    def command(
        file: Path,
        data: Data = None,
        season: InSeason = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="只看不写")] = False,
        accept_rest: Annotated[
            bool, typer.Option("--accept-rest", help="退回的行之外先收")
        ] = False,
        accept_identity: Annotated[
            bool, typer.Option("--accept-identity", help="采用预览里更正的身份")
        ] = False,
        accept_moves: Annotated[
            bool, typer.Option("--accept-moves", help="按名单转到新学校")
        ] = False,
        gone: Annotated[
            Gone | None,
            typer.Option("--gone", help="新名单里没有的人:仍留在名单上(keep),或移出(take-out)"),
        ] = None,
        gone_reason: Annotated[str, typer.Option("--gone-reason", help="移出名单的理由")] = "",
        school: Annotated[
            list[str] | None,
            typer.Option(
                "--school",
                help="名单里的校名=编号(另一种写法)、=rename:编号(改名)或 =new(新学校),可以写几次",
            ),
        ] = None,
        repayment_kind: Annotated[
            Kind | None,
            typer.Option("--kind", help="还款情况:累计数、新增数,还是逐笔还款"),
        ] = None,
        as_of: Annotated[str, typer.Option("--as-of", help="还款情况:确认或写上截止日")] = "",
        accept_returns: Annotated[
            bool, typer.Option("--accept-returns", help="还款情况:以前已还清的人可以回到名单")
        ] = False,
        mapping: Annotated[
            list[str] | None,
            typer.Option("--map", metavar="项目=列", help="哪一列是什么,如 本金=F;可以写几个"),
        ] = None,
        sheet: Annotated[str, typer.Option("--sheet", help="读哪一张工作表")] = "",
        header: Annotated[
            int, typer.Option("--header", min=0, help="表头在第几行(两行的写下面一行)")
        ] = 0,
        as_json: AsJson = False,
    ) -> None:
        choice = Choice(
            accept_rest=accept_rest,
            accept_identity=accept_identity,
            accept_moves=accept_moves,
            gone=_GONE[gone],
            gone_reason=gone_reason,
            schools=dict(map(_school, school or ())),
            repayment_kind=_KINDS[repayment_kind],
            as_of=as_of,
            accept_returns=accept_returns,
            mapping=_mapping(kind, mapping or []),
            sheet=sheet,
            header_row=header,
        )
        _import(kind, file, data, season, dry_run, choice, as_json)

    app.command(kind, help=words)(command)


for _kind, _words in (
    ("due-list", "应还名单(xls、xlsx、csv)"),
    ("contacts", "附件1 催收联系表"),
    ("areas", "附件2 包联辖区划分表"),
    ("repayments", "还款情况(截至…)"),
):
    _import_command(_kind, _words)


@app.command("history")
def history(
    data: Data = None,
    season: InSeason = "",
    page: Annotated[int, typer.Option("--page", help="第几页,最近的在第 1 页")] = 1,
    as_json: AsJson = False,
) -> None:
    """列出导入过的文件:谁、何时、写入多少、能不能撤销。"""
    from sync_server.office import import_history

    with opened(data, season) as services:
        lines, pages = import_history.listed(services, page)
    found = [line.as_json() for line in lines]
    value = {"page": page, "pages": pages, "imports": found}
    output.show(value, as_json, lambda: output.imports(found))


@undoing.command("undo")
def undo(
    run_id: Annotated[str, typer.Argument(metavar="ID", help="见 doorstep import history")],
    data: Data = None,
    season: InSeason = "",
    as_json: AsJson = False,
) -> None:
    """撤销一次导入;之后又做过别的,会说明为什么不能撤销。"""
    import msgspec

    from sync_server.office import import_history

    with opened(data, season) as services:
        done = msgspec.to_builtins(import_history.undo(services, run_id, who=WHO))
    output.show(done, as_json, lambda: output.undone(done))
