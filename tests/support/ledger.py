"""What a server's ledger holds: chains, facts and photos, read past the API."""

from __future__ import annotations

from sqlalchemy import select

from shared import wire
from sync_server.services import Services
from sync_server.store import evidence
from sync_server.store import tables as t
from tests.support.devices import RawPhone
from tests.support.links import chain


def codes(reply: wire.PushReply) -> list[str]:
    """The outcome of each pushed fact, or the code of its problem."""
    return [o.problem["code"] if o.problem else o.outcome for o in reply.outcomes]


def chain_of(services: Services, phone: RawPhone) -> list[str]:
    """The hashes of a device's chain as the evidence will show them, in order of n; it must be whole."""
    stubs = services.database.read(lambda c: evidence.chains(c, [phone.device]))
    assert [s.n for s in stubs] == list(range(1, len(stubs) + 1))
    assert not stubs or stubs[-1].link == chain(s.sha256 for s in stubs)
    return [s.sha256 for s in stubs]


def everything(services: Services) -> tuple[dict[str, tuple[str, int, bytes]], dict[str, bytes]]:
    """Facts by hash with device, n and link; photos by hash."""
    facts = services.database.read(
        lambda c: {r.sha256: (r.device, r.n, r.link) for r in c.execute(select(t.fact))}
    )
    hashes = services.database.read(lambda c: list(c.execute(select(t.photo.c.sha256)).scalars()))
    return facts, {h: services.files.read(h) for h in hashes}


def facts_of(services: Services, unit: str) -> list[str]:
    """Kinds of a school's facts in ledger order."""
    query = select(t.fact.c.kind).where(t.fact.c.unit == unit).order_by(t.fact.c.seq)
    return services.database.read(lambda c: list(c.execute(query).scalars()))


def photos_of(services: Services, unit: str) -> int:
    """How many photos of a school's facts have come."""
    joined = t.fact_photo.join(t.photo, t.fact_photo.c.sha256 == t.photo.c.sha256)
    query = select(t.photo.c.sha256).select_from(joined).where(t.fact_photo.c.unit == unit)
    return services.database.read(lambda c: len(c.execute(query).all()))
