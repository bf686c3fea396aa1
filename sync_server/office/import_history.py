"""The imports of a season as the office looks back on them, and the way to take one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.money import yuan
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import minute_of
from sync_server.intake.report import ERROR, WARNING
from sync_server.office.importing.difference import Difference
from sync_server.office.importing.difference_book import difference_sheets
from sync_server.office.importing.history import KeptReport
from sync_server.paperwork.table_book import Sheet, table_book
from sync_server.services import Services
from sync_server.store import (
    audit,
    import_images,
    import_runs,
    import_undo,
    school_names,
    undo_checks,
)
from sync_server.store.database import Connection
from sync_server.store.import_runs import RunRow
from sync_server.store.import_undo import Undo, Undone

KINDS = {
    "contacts": Label("学校联系表(附件1)", "Schools and contacts (附件1)"),
    "areas": Label("包联辖区划分表(附件2)", "Areas (附件2)"),
    "due-list": Label("应还名单", "Due list"),
    "repayments": Label("每日还款情况", "Daily repayments"),
}
"""What each kind of file is called."""
LEVELS = {ERROR: "拒绝", WARNING: "提示"}
_REPAYMENT_GROUPS = {
    "newly_paid": "新还清",
    "partly_paid": "还了一部分",
    "came_back": "回到名单",
    "reduced": "已还的比以前少",
}
_REPAYMENT_COLUMNS = {
    "code": "编号",
    "name": "姓名",
    "school": "学校",
    "was": "原已还(元)",
    "now": "现已还(元)",
    "due": "应还(元)",
}
PAGE = 25


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One of several reasons why an import cannot be undone, in Chinese."""

    code: str
    words: str
    fix: str
    case_code: str = ""


class CannotUndo(ProblemError):
    """The refusal of an undo: the first reason as a problem, all further ones in `items`."""

    def __init__(self, found: Sequence[ProblemError]) -> None:
        """Keep the reasons."""
        super().__init__(found[0].code, **found[0].values)
        self.items = tuple(Reason(code=p.code, words=p.message(), fix=p.fix()) for p in found[1:])


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """An import with its report, and what prevents its undo.

    `difference`: what its preview showed as changed, {} when it showed nothing. `obstacles`: empty
    where it may be undone. `would`: what an undo would do, None where there is none.
    """

    run: RunRow
    report: KeptReport
    difference: dict[str, Any]
    obstacles: tuple[ProblemError, ...] = ()
    would: Undone | None = None

    @property
    def can_undo(self) -> bool:
        """Whether it may be undone now."""
        return self.would is not None and not self.obstacles

    def as_json(self) -> dict[str, Any]:
        """Return the form of `import history --json`: without report and difference."""
        kept = ("id", "kind", "file_name", "sha256", "at", "who", "undone_at", "undone_by")
        problems = [{"code": p.code, "message": p.message()} for p in self.obstacles]
        return {
            **{name: getattr(self.run, name) for name in (*kept, "changed")},
            "applied": self.report.applied,
            "can_undo": self.can_undo,
            "problems": problems,
        }


def listed(services: Services, at: int = 1, size: int = PAGE) -> tuple[list[HistoryLine], int]:
    """Return a page of the season's history, the newest first, and how many pages there are."""

    def job(connection: Connection) -> tuple[list[HistoryLine], int]:
        whole = import_runs.count(connection, services.season)
        pages = max(1, -(-whole // size))
        first = (min(max(at, 1), pages) - 1) * size
        runs = import_runs.listed(connection, services.season, first=first, limit=size)
        return [_line(connection, run) for run in runs], pages

    return services.database.read(job)


def one(services: Services, run_id: str) -> HistoryLine:
    """Return an import. Raises: ProblemError import.undo_unknown."""
    return services.database.read(lambda c: _line(c, import_runs.get(c, services.season, run_id)))


def _line(connection: Connection, run: RunRow) -> HistoryLine:
    line = HistoryLine(
        run=run,
        report=msgspec.json.decode(run.report, type=KeptReport),
        difference=msgspec.json.decode(run.difference),
    )
    if run.undone_at or not run.changed:
        return line
    # What was built on it is looked for only where no later import stands in the way.
    found = undo_checks.later(connection, run)
    undo = None if found else _undo(connection, run)
    if undo is not None:
        found = undo_checks.obstacles(connection, run, undo)
    would = None if undo is None else _would(line.report, undo)
    return msgspec.structs.replace(line, obstacles=tuple(found), would=would)


def _would(report: KeptReport, undo: Undo) -> Undone:
    return Undone(
        removed=undo.removes,
        restored=undo.restores,
        due_again=int(report.applied.get("newly_paid") or 0),
        repaid_again=int(report.applied.get("taken_back") or 0),
    )


def undo(services: Services, run_id: str, *, who: str) -> Undone:
    """Take an import back.

    Args:
        services: The server's services.
        run_id: The import.
        who: The account that does it, for history and audit trail.

    Returns:
        What was taken back.

    Raises:
        ProblemError: import.undo_unknown, import.undo_twice, import.undo_nothing; CannotUndo with
            everything that was built on it.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> Undone:
        run = import_runs.get(connection, services.season, run_id)
        if run.undone_at:
            at = minute_of(run.undone_at)
            raise ProblemError("import.undo_twice", who=run.undone_by, at=at)
        if not run.changed:
            raise ProblemError("import.undo_nothing")
        what = _undo(connection, run)
        found = undo_checks.obstacles(connection, run, what)
        if found:
            raise CannotUndo(found)
        done = import_undo.restore(connection, run.season, what)
        school_names.take_back(connection, run.season, run.id)
        import_runs.mark_undone(connection, run.id, at=now, who=who)
        audit.note(
            connection,
            at=now,
            who=who,
            action="import.undo",
            ref=run.sha256,
            detail=run.file_name,
        )
        return done

    return services.change(job)


def _undo(connection: Connection, run: RunRow) -> Undo:
    kept = import_runs.undo_of(connection, run.id)
    return msgspec.json.decode(import_images.unpacked(kept), type=Undo)


def workbook(line: HistoryLine, counts: Mapping[str, Label]) -> bytes:
    """Write an import's report as .xlsx: the counts, row by row, and the difference.

    Args:
        line: The import.
        counts: What the counts of an import are called.
    """
    written = [
        (label.zh, str(line.report.applied[name]))
        for name, label in counts.items()
        if name in line.report.applied
    ]
    overview = [*_overview(line.run), *_counts(line.report), *written]
    rows = [
        (str(p.row or ""), p.column, LEVELS[p.level], p.code, p.message(), p.fix())
        for p in line.report.problems
    ]
    sheets = [
        Sheet("概况", ("项目", "内容"), overview),
        Sheet("逐行报告", ("行", "列", "结果", "代码", "问题", "怎么办"), rows),
    ]
    return table_book([*sheets, *_difference(line.difference)])


def _difference(found: dict[str, Any]) -> list[Sheet]:
    """Return what an import changed as tables: that of a due list, or of repayments by group."""
    if "groups" in found:
        rows = [
            (_REPAYMENT_GROUPS.get(what, what), *(str(person[name]) for name in _REPAYMENT_COLUMNS))
            for what, people in found["groups"].items()
            for person in people
        ]
        return [Sheet("差异", ("变化", *_REPAYMENT_COLUMNS.values()), rows)]
    if not found:
        return []
    counts, *groups = difference_sheets(msgspec.convert(found, Difference))
    return [counts._replace(name="差异"), *groups]


def _overview(run: RunRow) -> list[tuple[str, str]]:
    undone = [("撤销", f"{minute_of(run.undone_at)} {run.undone_by}")] if run.undone_at else []
    return [
        ("种类", KINDS[run.kind].zh),
        ("文件", run.file_name),
        ("SHA-256", run.sha256),
        ("导入时间", minute_of(run.at)),
        ("导入人", run.who),
        *undone,
    ]


def _counts(report: KeptReport) -> list[tuple[str, str]]:
    return [
        ("读到的行", str(report.read)),
        ("收下的行", str(report.accepted)),
        ("拒绝的行", str(report.rejected)),
        ("有提示的行", str(report.warned)),
        ("人数", str(report.people)),
        ("合同", str(report.contracts)),
        ("本金(元)", yuan(report.totals.principal_fen)),
        ("利息(元)", yuan(report.totals.interest_fen)),
        ("合计(元)", yuan(report.totals.total_fen)),
    ]
