"""What a summary is composed from: facts by cut-off, devices, chains and quarantine."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from shared.problems import ProblemError
from sync_server.store import tables as t
from sync_server.store.cases import stored
from sync_server.store.parts import parts
from sync_server.store.resolution import OUT_OF_CHAIN, waits
from sync_server.store.stored_fact import StoredFact


class Stub(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a device's chain, wherever its fact is: ledger or quarantine."""

    device: str
    n: int
    sha256: str
    link: bytes
    sig: bytes


def facts_of_cases(connection: Connection, case_ids: Sequence[str]) -> list[StoredFact]:
    """Return the facts of these cases in ledger order."""
    found: list[StoredFact] = []
    for part in parts(case_ids):
        query = select(t.fact).where(t.fact.c.case_id.in_(part))
        found += [stored(r) for r in connection.execute(query).mappings()]
    return sorted(found, key=lambda f: (f.seq, f.fact.id))


def chains(connection: Connection, devices: Sequence[str]) -> list[Stub]:
    """Return every number of these devices' chains in order, without the facts' bytes.

    Facts quarantined for their place in the chain have no number there (resolution.OUT_OF_CHAIN),
    nor have those of them that were taken by hand (by_hand.take). One that has a number and was
    taken is in both tables, and counts once.
    """
    rows: dict[tuple[str, int], Stub] = {}
    for table in (t.fact, t.quarantine):
        c = table.c
        query = select(c.device, c.n, c.sha256, c.link, c.sig).where(c.device.in_(list(devices)))
        if table is t.quarantine:
            query = query.where(c.code.not_in(OUT_OF_CHAIN))
        else:
            query = query.where(c.n > 0)
        for r in connection.execute(query):
            stub = Stub(device=r.device, n=r.n, sha256=r.sha256, link=r.link, sig=r.sig)
            rows.setdefault((r.device, r.n), stub)
    return sorted(rows.values(), key=lambda s: (s.device, s.n))


def quarantined(connection: Connection, season: str, unit: str) -> list[str]:
    """Return ids of a school's quarantined facts of a season that wait.

    Nobody has decided about them, or their phone was asked for them and they have not come.

    Bytes that are not a record have the id of their row.
    """
    c = t.quarantine.c
    query = select(c.fact_id, c.id).where(c.season == season, c.unit == unit, waits())
    return [r.fact_id or r.id for r in connection.execute(query)]


def chain_gaps(stubs: Sequence[Stub], heads: dict[str, int]) -> list[tuple[str, int, int]]:
    """Return (device, first, last) of the numbers missing below each device's head."""
    found: list[tuple[str, int, int]] = []
    for device, head in heads.items():
        have = {s.n for s in stubs if s.device == device}
        missing = [n for n in range(1, head + 1) if n not in have]
        for n in missing:
            if found and found[-1][0] == device and found[-1][2] == n - 1:
                found[-1] = (device, found[-1][1], n)
            else:
                found.append((device, n, n))
    return found


def fact_of(connection: Connection, fact_id: str) -> StoredFact:
    """One fact. Raises: ProblemError fact.unknown."""
    row = connection.execute(select(t.fact).where(t.fact.c.id == fact_id)).mappings().first()
    if row is None:
        raise ProblemError("fact.unknown")
    return stored(row)
