"""Import a file of the office: parsed in a subprocess, reported row by row, stored at once.

A file with rejected rows changes nothing unless `accept_rest` says so; then people whose rows are
all accepted are imported. A corrected ID number or name, and two cases that become one, are taken
only when `accept_identity` says so; the rest of such a list is imported all the same. What each
kind of file does stands in `office.importing`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from shared.season import china_day
from sync_server.intake.areas import Areas
from sync_server.intake.contacts import Contacts
from sync_server.intake.due_list import DueList
from sync_server.intake.parsed import KINDS, Parsed, Result
from sync_server.intake.repayments import RepaymentFile
from sync_server.intake.report import Progress, no_progress
from sync_server.office.importing import history, layout, people, repayments, schools
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.services import Services
from sync_server.store import audit
from sync_server.store.database import Connection
from sync_server.store.ids import new_id

__all__ = ["KINDS", "Choice", "apply", "preview"]


def preview(
    services: Services,
    kind: str,
    path: Path,
    choice: Choice | None = None,
    *,
    kept: Path | None = None,
    progress: Progress = no_progress,
    language: str = "zh",
) -> dict[str, Any]:
    """Parse a file and report on it; nothing is written.

    Args:
        services: The server's services.
        kind: One of KINDS.
        path: The file.
        choice: How to read it, and what was confirmed so far.
        kept: Where the result of reading it is kept, see `layout.read`.
        progress: Takes how many rows of how many were read.
        language: Of the report's sentences, `zh` or `en`.

    Returns:
        The report as JSON values.

    Raises:
        ProblemError: intake.unknown_kind.
    """
    choice = choice or Choice()
    parsed = layout.read(services, kind, path, choice, kept=kept, progress=progress)
    run = _run(services, kind, path, choice, "")
    report, result = _report(parsed, language), parsed.result
    if result is None:
        return report
    return services.database.read(
        lambda c: _prepare(c, run, result, choice).add_to(report, language)
    )


def apply(
    services: Services,
    kind: str,
    path: Path,
    *,
    who: str,
    choice: Choice | None = None,
    kept: Path | None = None,
    progress: Progress = no_progress,
    language: str = "zh",
) -> dict[str, Any]:
    """Parse a file and import it in one transaction.

    Args:
        services: The server's services.
        kind: One of KINDS.
        path: The file.
        who: The account that does it, for the audit trail.
        choice: How to read it, and what was confirmed.
        kept: Where the result of reading it is kept, see `layout.read`.
        progress: Takes how many rows of how many were read.
        language: Of the report's sentences, `zh` or `en`.

    Returns:
        The report as JSON values, with `applied`: what changed; None when nothing was written. With
        `run`, its id in the history, when there is something to undo.

    Raises:
        ProblemError: intake.unknown_kind, console.upload_gone.
    """
    choice = choice or Choice()
    with layout.staged(kept):
        parsed = layout.read(services, kind, path, choice, kept=kept, progress=progress)
        run = _run(services, kind, path, choice, who)
        return _import(services, run, parsed, choice, language)


def _import(
    services: Services, run: ImportRun, parsed: Parsed, choice: Choice, language: str
) -> dict[str, Any]:
    """Import what was read in one transaction, unless something of it is refused."""
    report, result = _report(parsed, language), parsed.result
    if result is None or (parsed.report.rejected and not choice.accept_rest):
        return {**report, "applied": None}

    own_day = result.as_of if isinstance(result, RepaymentFile) else ""

    def job(connection: Connection) -> dict[str, Any]:
        numbered, before = history.begin(connection, run, choice.as_of, own_day)
        prepared = _prepare(connection, numbered, result, choice)
        whole = prepared.add_to(report, language)
        if prepared.blocked:
            return {**whole, "applied": None}
        applied = msgspec.to_builtins(prepared.take(connection))
        layout.remember(connection, run.kind, parsed, choice, run.now)
        in_history = history.keep(
            connection, numbered, choice, parsed.report, prepared, applied, before
        )
        action = f"import.{run.kind}"
        audit.note(
            connection,
            at=run.now,
            who=run.who,
            action=action,
            ref=run.sha256,
            detail=run.file_name,
        )
        return {**whole, "applied": applied, **in_history}

    return services.change(job)


def _report(parsed: Parsed, language: str) -> dict[str, Any]:
    """A file's report; `remembered`: the columns were chosen for an earlier file of its shape."""
    report = parsed.report.as_json(language)
    return {**report, "remembered": True} if parsed.remembered else report


def _run(services: Services, kind: str, path: Path, choice: Choice, who: str) -> ImportRun:
    return ImportRun(
        id=new_id(),
        season=services.season,
        kind=kind,
        file_name=choice.file_name or path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        who=who,
        now=services.settings.now_text(),
        today=china_day(services.settings.now()).isoformat(),
    )


def _prepare(connection: Connection, run: ImportRun, result: Result, choice: Choice) -> Prepared:
    match result:
        case DueList():
            return people.prepare(connection, run, result, choice)
        case Contacts():
            return schools.prepare_contacts(connection, run, result, choice)
        case Areas():
            return schools.prepare_areas(connection, run, result, choice)
        case _:
            return repayments.prepare(connection, run, result, choice)
