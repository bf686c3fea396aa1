"""Keep an import in the history, in the transaction that does it: report, choices, what it changed.

The file itself is not kept. Messages name people masked; a whole ID number or phone that a message
quotes from a cell is masked here.
"""

from __future__ import annotations

from typing import Any

import msgspec

from shared import identity
from sync_server.intake.report import Report, RowProblem, Totals
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.store import import_images, import_runs, import_undo, undo_checks
from sync_server.store.database import Connection
from sync_server.store.import_images import Image
from sync_server.store.import_runs import RunRow


class KeptReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it was shown: its problems by code, so that each language has its sentences.

    `details`: further keys of the report. `applied`: the counts of what was written.
    """

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    warned: int = 0
    people: int = 0
    contracts: int = 0
    totals: Totals = Totals()
    problems: tuple[RowProblem, ...] = ()
    details: dict[str, Any] = {}
    applied: dict[str, Any] = {}

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """Return it as pages show a report, with sentences in `zh` or `en`."""
        problems = [problem.as_json(language) for problem in self.problems]
        return {**self.details, **msgspec.to_builtins(self), "problems": problems}


def begin(connection: Connection, run: ImportRun, *days: str) -> tuple[ImportRun, Image]:
    """Return the import with its place in the history, and the season's rows before it.

    `days`: of the repayments that it may bring, the file's own and the confirmed one; those of
    later days may follow from them.
    """
    numbered = run._replace(id=import_runs.next_id(connection))
    since = min(filter(None, days), default="")
    return numbered, import_images.image(connection, run.season, since)


def keep(
    connection: Connection,
    run: ImportRun,
    choice: Choice,
    report: Report,
    prepared: Prepared,
    applied: dict[str, Any],
    before: Image,
) -> dict[str, str]:
    """Add an import to the history.

    Args:
        connection: The transaction that has done it.
        run: The import, with the id that `begin` gave it.
        choice: What was chosen and confirmed.
        report: What the file's own report said.
        prepared: What the season added to it.
        applied: The counts of what was written.
        before: The season's rows before it.

    Returns:
        What the report says of it: `run`, the id to undo it by; nothing when nothing was changed.
    """
    details = {k: v for k, v in prepared.details.items() if k != "difference"}
    whole = [_masked(problem) for problem in (*prepared.problems, *report.problems)]
    counts = {f: getattr(report, f) for f in ("read", "accepted", "rejected", "warned")}
    kept = KeptReport(
        **counts,
        people=report.people,
        contracts=report.contracts,
        totals=report.totals,
        problems=tuple(whole),
        details=msgspec.to_builtins(details),
        applied=applied,
    )
    changes = import_undo.changes_of(
        before, import_images.image(connection, run.season, before.since)
    )
    if changes is not None:
        changes = undo_checks.stood(connection, run.season, changes)
    row = RunRow(
        id=run.id,
        season=run.season,
        kind=run.kind,
        file_name=run.file_name,
        sha256=run.sha256,
        at=run.now,
        who=run.who,
        report=_text(kept),
        choice=_text(choice),
        difference=_text(prepared.details.get("difference") or {}),
    )
    import_runs.add(connection, row, "" if changes is None else import_images.packed(changes))
    return {} if changes is None else {"run": run.id}


def _masked(problem: RowProblem) -> RowProblem:
    values = {name: identity.mask_numbers(value) for name, value in problem.values.items()}
    return msgspec.structs.replace(problem, values=values)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
