"""Import a file as its preview showed it, or find that the preview is out of date."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from sync_server.console.web import upload_staging
from sync_server.console.web.upload_staging import StagedUpload
from sync_server.office import imports
from sync_server.office.importing.choice import Choice
from sync_server.services import Services

TICKS = ("accept_rest", "accept_identity", "accept_moves", "accept_returns")
SHOWN = 500
"""Problems on one page; the counts always tell all."""
Outcome = Literal["imported", "changed", "refused"]
"""What came of an import: `changed` where the preview is out of date, `refused` with its report."""


def run(
    services: Services,
    staged: StagedUpload,
    path: Path,
    choices: tuple[Choice, Choice],
    who: str,
    words: str,
) -> Outcome:
    """Import the file as it was previewed, and keep the report in its place.

    `choices`: the one that was previewed, and the one that is confirmed now.
    """
    (before, choice), kept = choices, upload_staging.read_path(services, staged)
    now = imports.preview(services, staged.kind, path, asked_anew(before), kept=kept)
    if upload_staging.shown_otherwise(services, staged, now.get("difference", {})):
        return "changed"
    report = imports.apply(
        services, staged.kind, path, who=who, choice=choice, kept=kept, language=words
    )
    if report.get("applied") is None:
        return "refused"
    upload_staging.keep_report(services, staged, shortened(report))
    return "imported"


def asked_anew(choice: Choice) -> Choice:
    """The same without its ticks: a preview asks again for what it names, the boxes stay ticked."""
    return msgspec.structs.replace(choice, **dict.fromkeys(TICKS, False))


def shortened(report: dict[str, Any]) -> dict[str, Any]:
    """A report with the problems that are shown, the rejected rows first."""
    problems = sorted(report["problems"], key=lambda p: p["level"] != "error")
    hidden = report.get("hidden", 0) + max(0, len(problems) - SHOWN)
    return {**report, "problems": problems[:SHOWN], "hidden": hidden}
