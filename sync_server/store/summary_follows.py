"""Whether a version still follows what it was composed from: the last seal, the schools' files."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from shared.problems import ProblemError
from sync_server.store import bulletins, summaries
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import COUNTY, SummaryRow

_SHOWN = 5


class _Child(msgspec.Struct):
    """A school of a county's summary.json."""

    code: str = ""
    name: str = ""
    version: int = 0
    file_sha256: str = ""


class _Composed(msgspec.Struct):
    """Of a summary.json, be it of another version of this program."""

    previous_seal: str = ""


class _County(msgspec.Struct):
    rows: tuple[_Child, ...] = ()


def check(connection: Connection, row: SummaryRow) -> None:
    """Refuse a version that does not name the last seal, or counts what a school took back.

    Raises:
        ProblemError: summary.out_of_date, summary.child_changed.
    """
    if row.unit == bulletins.UNIT:
        return  # each stands alone, whichever of them is sealed first
    last = summaries.last_sealed(connection, row.document)
    named = msgspec.json.decode(row.data, type=_Composed).previous_seal
    if named != (last.sha256 if last else ""):
        raise ProblemError("summary.out_of_date", version=last.version if last else 0)
    check_children(connection, row)


def check_children(connection: Connection, row: SummaryRow) -> None:
    """Refuse a county's version that counts a file which its school does not report any more.

    A file from elsewhere, of which this server knows no later one, stands as it is.

    Raises:
        ProblemError: summary.child_changed.
    """
    if row.unit != COUNTY:
        return
    known = summaries.listed(connection, row.season, WHOLE_COUNTY)
    standing = summaries.standings(known)
    unit_of = {one.sha256: one.unit for one in known if one.sha256}
    changed = []
    for child in msgspec.json.decode(row.data, type=_County).rows:
        now = standing.get(unit_of.get(child.file_sha256, child.code))
        if now is None or now.sealed is None:
            continue
        from_elsewhere = child.file_sha256 not in unit_of and now.sealed.version < child.version
        if not from_elsewhere and not (now.reports and now.sealed.sha256 == child.file_sha256):
            changed.append(child.name or child.code)
    if changed:
        more = "……" if len(changed) > _SHOWN else ""
        raise ProblemError("summary.child_changed", names="、".join(changed[:_SHOWN]) + more)
