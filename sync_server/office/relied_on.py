"""Which version of a summary relies on a decision, so that it is not taken back any more.

What the version was composed from says so, and no clock. Where that cannot be read, or version 0.1
wrote it, the version counts as relying on it.
"""

from __future__ import annotations

import msgspec

from shared.lifecycle import Review
from sync_server.office import summary_files
from sync_server.services import Services
from sync_server.store import case_use, summaries
from sync_server.store.database import Connection
from sync_server.store.quarantine import SetApart


class _Inputs(msgspec.Struct):
    reviews: dict[str, Review]


class _Judged(msgspec.Struct):
    inputs: _Inputs


class _Decided(msgspec.Struct):
    decided: tuple[str, ...] | None = None


def sealed_with_verdict(
    services: Services, connection: Connection, season: str, code: str, verdict: Review
) -> int:
    """Return the newest sealed version that was composed with a verdict, or 0.

    Args:
        services: The server's services.
        connection: The writer's, so that nothing is sealed meanwhile.
        season: The season.
        code: The code of the case of the judged record.
        verdict: The verdict in force.
    """
    for sealed in case_use.sealed_with(connection, season, code):
        kept = summary_files.gathered(services, sealed.folder, _Judged)
        if kept is None:
            return sealed.version
        had = kept.inputs.reviews.get(verdict.fact)
        if had is not None and (had.verdict, had.at) == (verdict.verdict, verdict.at):
            return sealed.version
    return 0


def printed_with_decision(services: Services, connection: Connection, row: SetApart) -> int:
    """Return the newest printed version composed when a record was dropped or asked for, or 0.

    What was set apart is asked about when a version is composed, unless it was decided by then.

    Args:
        services: The server's services.
        connection: The writer's, so that nothing is printed meanwhile.
        row: The record set apart.
    """
    for version in summaries.listed(connection, row.season, row.unit):
        if version.state == "composed":
            continue
        kept = summary_files.gathered(services, version.folder, _Decided)
        if kept is None or kept.decided is None or row.id in kept.decided:
            return version.version
    return 0
