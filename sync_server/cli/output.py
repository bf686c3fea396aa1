"""What the command line prints: for a program one JSON value, for a person a few lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared import money
from shared.ids import show_case_code
from shared.problems import ProblemError, Where, details
from shared.records.registry import label_of
from shared.season import CST, minute_of, moment_of
from sync_server.console.web.labels import IMPORT_COUNTS, LATE_VERDICTS, LEFT_OUT, SEALED_KINDS
from sync_server.office.cut_off import LeftOut
from sync_server.office.importing.difference import GROUPS
from sync_server.sealing.bulletin import KIND as BULLETIN

if TYPE_CHECKING:
    from sync_server.sealing.checking.folder import FolderVerdict

screen = Console(soft_wrap=True)


def shown(text: str) -> str:
    """Return a text as it stands: no brackets of it are marks, no control character steers."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))


def show(value: Any, as_json: bool, human: Callable[[], None]) -> None:
    """Print for a program or for a person."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    else:
        human()


def write_file(path: Path, data: bytes) -> None:
    """Write a file where somebody wants it.

    Raises:
        ProblemError: disk.is_folder, disk.full, disk.broken.
    """
    from sync_server import whole_file
    from sync_server.disk_errors import disk_problems

    if path.is_dir():
        raise ProblemError("disk.is_folder", Where(file=str(path)), folder=str(path))
    with disk_problems():
        whole_file.write(path, data)


def warn(words: str) -> None:
    """Print a warning beside the result: a program that reads the result does not see it."""
    Console(stderr=True, soft_wrap=True).print(f"[yellow]{shown(words)}[/]")


@contextmanager
def progress(words: str = "读了 {done:,} / {total:,} 行") -> Iterator[Callable[[int, int], None]]:
    """Show how much of how much is done, on a terminal only; the line is gone in the end."""
    errors = sys.stderr
    if not errors.isatty():
        yield lambda done, total: None
        return

    def show_line(done: int, total: int) -> None:
        errors.write("\r" + words.format(done=done, total=total))
        errors.flush()

    try:
        yield show_line
    finally:
        errors.write("\r\x1b[K")
        errors.flush()


def report(file: Path, report: dict[str, Any], dry_run: bool) -> None:
    """Print the report of an import."""
    screen.print(
        f"[bold]{file.name}[/]  读 {report['read']} 行,收 {report['accepted']},"
        f"退 {report['rejected']},提醒 {report['warned']}"
    )
    if report["people"]:
        t = report["totals"]
        amounts = " + ".join(money.yuan(t[k]) for k in ("principal_fen", "interest_fen"))
        parts = f"{report['contracts']} 份合同  {amounts} = " if report["contracts"] else "共 "
        screen.print(f"  {report['people']} 人  {parts}{money.yuan(t['total_fen'])}")
    if counts := report.get("difference", {}).get("counts"):
        groups = {name: label.zh for name, label in GROUPS.items()} | {"same": "没有变化"}
        words = [f"{word} {counts[name]} 人" for name, word in groups.items() if counts[name]]
        screen.print(f"  与现有名单相比:{'、'.join(words)}")
    if report.get("repayments"):
        _repayments(report["repayments"])
    if report.get("remembered"):
        screen.print("  哪一列是什么,按上次这样的文件选的;不对请用 --map 指明")
    for p in report["problems"][:40]:
        colour = "red" if p["level"] == "error" else "yellow"
        row = f"第{p['row']}行 " if p["row"] else ""
        place, what = shown(f"{row}{p['column']}"), shown(f"{p['message']} — {p['mend']}")
        screen.print(f"  [{colour}]{place} {p['code']}[/] {what}")
    if len(report["problems"]) > 40:
        screen.print(f"  … 还有 {len(report['problems']) - 40} 条,用 --json 看全部")
    if not dry_run and report.get("applied") is None:
        rest = ",或用 --accept-rest 先收其余" if report["accepted"] else ""
        screen.print(f"[red]没有写入任何内容[/];改好后重新导入{rest}")
    if (report.get("applied") or {}).get("newest") is False:
        screen.print("  比已有的一份旧:已留存,没有采用")


def _repayments(r: dict[str, Any]) -> None:
    """Print what a repayment file is and whom it changes."""
    kinds = {"cumulative": "累计数", "increment": "新增数", "payments": "逐笔还款"}
    kind = kinds.get(r["chosen"], "种类待选")
    screen.print(f"  截至 [bold]{r['as_of'] or '?'}[/]  [bold]{kind}[/]")
    for look in r["outlooks"]:
        screen.print(
            f"  按{kinds[look['kind']]}:新还清 {look['newly_paid']} 人,"
            f"退回未还 {look['came_back']} 人"
        )


def imports(rows: list[dict[str, Any]]) -> None:
    """Print the history of imports, two lines each: what it was, and what may be done with it."""
    if not rows:
        screen.print("还没有导入过")
    for row in rows:
        written = ((IMPORT_COUNTS.get(name), n) for name, n in row["applied"].items() if n)
        counts = " ".join(f"{label.zh} {n}" for label, n in written if label)
        at, file, who = (
            shown(text) for text in (_in_china(row["at"]), row["file_name"], row["who"])
        )
        screen.print(f"{at}  [bold]{file}[/]  {who}  {counts}")
        if row["undone_at"]:
            state = shown(f"已撤销 {_in_china(row['undone_at'])} {row['undone_by']}")
        elif not row["changed"]:
            state = "没有改变内容"
        else:
            state = (
                "可以撤销"
                if row["can_undo"]
                else shown(f"不能撤销:{row['problems'][0]['message']}")
            )
        screen.print(f"  {row['id']}  {state}")


def undone(done: dict[str, int]) -> None:
    """Print what an undo took back."""
    screen.print(
        f"[green]已撤销[/]  去掉 {done['removed']} 人,改回 {done['restored']} 人,"
        f"{done['due_again']} 人退回未还,{done['repaid_again']} 人恢复已还"
    )


def phones(rows: list[dict[str, Any]]) -> None:
    """Print a school's phones, a line each."""
    if not rows:
        screen.print("还没有手机")
    for row in rows:
        screen.print(shown(f"{row['teacher']}  {row['name']}  {row['state']}"))


def teachers(rows: list[dict[str, Any]]) -> None:
    """Print a school's teachers, a line each."""
    if not rows:
        screen.print("还没有老师")
    for row in rows:
        former = f"  以前写作 {'、'.join(row['former'])}" if row["former"] else ""
        left = "  已离开" if row["left"] else ""
        screen.print(shown(f"{row['teacher']}  {row['people']} 人{left}{former}"))


def mapping(value: dict[str, Any]) -> None:
    """Print names and values, a line each."""
    for key, text in value.items():
        screen.print(shown(f"{key:12} {text}"), soft_wrap=True)


def no_verdict(problem: ProblemError, file: Path) -> dict[str, Any]:
    """What `verify` answers when it could not begin."""
    entry = {
        "code": problem.code,
        "file": file.name,
        "row": None,
        "page": None,
        "message": problem.message(),
    }
    return {"ok": False, "document": "", "version": 0, "data_hash": "", "problems": [entry]}


def verdict(file: Path, verdict: dict[str, Any]) -> None:
    """Print the verdict on a sealed file."""
    mark = "[green]✓ 完整有效[/]" if verdict["ok"] else "[red]✗ 不能信任[/]"
    screen.print(f"{mark}  {file.name}")
    if verdict["document"]:
        screen.print(
            f"  {_kind(verdict)}  {verdict['unit']}  {verdict['document']} "
            f"第{verdict['version']}{'号' if verdict['kind'] == BULLETIN else '版'}  "
            f"封存于 {_in_china(verdict['sealed_at'])}"
        )
        screen.print(f"  数据 {verdict['data_hash']}", soft_wrap=True)
    for p in verdict["problems"]:
        place = " ".join(str(p[k]) for k in ("file", "row", "page") if p.get(k))
        screen.print(f"  [red]{p['code']}[/] {place} {shown(p['message'])}")
    for p in verdict.get("notes", ()):
        screen.print(f"  [yellow]{p['code']}[/] {shown(p['message'])}")


def _kind(verdict: dict[str, Any]) -> str:
    found = SEALED_KINDS.get(verdict["kind"])
    return found.zh if found else shown(verdict["kind"])


def folder(path: Path, found: FolderVerdict) -> None:
    """Print the verdict on an unpacked bundle, a line each file."""
    mark = "[green]✓ 完整[/]" if found.ok else "[red]✗ 不能采用[/]"
    screen.print(f"{mark}  {shown(found.name or path.name)}")
    if found.document:
        screen.print(f"  {shown(found.document)} 第{found.version}版  {shown(found.recipient)}")
    for file in found.files:
        mark = "[green]✓[/]" if file.ok else "[red]✗[/]"
        screen.print(f"  {mark} {shown(file.path)}  {shown(file.words)}", soft_wrap=True)
        for p in file.problems:
            screen.print(f"      [red]{p.code}[/] {shown(p.message)}", soft_wrap=True)
    for p in found.problems:
        screen.print(f"  [red]{p.code}[/] {shown(p.message)}", soft_wrap=True)
    for p in found.notes:
        screen.print(f"  [yellow]{p.code}[/] {shown(p.message)}", soft_wrap=True)


def _in_china(moment: str) -> str:
    """The signer's claim of when, as an office reads a clock."""
    found = moment_of(moment)
    return f"{found.astimezone(CST):%Y-%m-%d %H:%M:%S}" if found else moment


def left_out(found: Sequence[LeftOut]) -> None:
    """Warn of what a cut-off leaves out of a summary, a line each."""
    if not found:
        return
    warn(f"按这个截止时间,有 {len(found)} 项不会列入这一版:")
    for one in found:
        who = f"{show_case_code(one.case_code)} {one.name} " if one.case_code else ""
        why = LEFT_OUT[one.why].zh
        warn(f"  {who}{_left_out_words(one)} {minute_of(one.at)} {why}")


def _left_out_words(one: LeftOut) -> str:
    if one.what == "repayments":
        return f"截至{one.kind}的还款情况"
    if one.what == "verdict":
        return f"复核:{LATE_VERDICTS[one.kind].zh if one.kind in LATE_VERDICTS else one.kind}"
    return label_of(one.kind).zh


def checks(found: list[dict[str, Any]]) -> None:
    """Print the checks of `doctor` as a table."""
    table = Table(show_header=False, box=None)
    marks = {True: "[green]✓[/]", False: "[red]✗[/]", None: "–"}
    for c in found:
        table.add_row(marks[c["ok"]], c["what"], shown(c["words"]))
    screen.print(table)


def refuse(problem: ProblemError, as_json: bool) -> None:
    """Print a refusal to standard error, as JSON if asked."""
    items = [
        {"code": i.code, "case": i.case_code, "message": i.words, "mend": i.fix}
        for i in getattr(problem, "items", ())
    ]
    value = {"ok": False, "problems": [{**details(problem), "message": problem.message()}, *items]}
    errors = Console(stderr=True)

    def human() -> None:
        words = shown(f"{problem.message()} — {problem.fix()}")
        errors.print(f"[red]{problem.code}[/] {words}")
        for item in items:
            errors.print(shown(f"  {item['case']}  {item['message']} — {item['mend']}"))

    show(value, as_json, human)
    raise SystemExit(1)
