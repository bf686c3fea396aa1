"""A school's feed read to its end, and whether it is whole."""

from __future__ import annotations

from sqlalchemy import select

from shared import wire
from shared.digest import scope_digest
from sync_server.services import Services
from sync_server.store import tables as t
from tests.support.devices import RawPhone


def check_feed(services: Services, unit: str) -> None:
    """No gap in a school's feed."""
    query = select(t.change.c.seq).where(t.change.c.unit == unit).order_by(t.change.c.seq)
    seqs = services.database.read(lambda c: list(c.execute(query).scalars()))
    assert seqs == list(range(1, len(seqs) + 1))


class Mirror:
    """What a phone holds after reading pages: cases by id, and whether the proof at head agrees."""

    def __init__(self, phone: RawPhone) -> None:
        self.phone, self.cases, self.cursor = phone, dict[str, wire.CaseState](), ""
        self.gone: list[str] = []
        self.briefing: wire.Briefing | None = None
        self.pages = 0

    async def read(self) -> Mirror:
        for page in await self.phone.pages(self.cursor):
            self.pages += 1
            for change in page.changes:
                if change.case is not None:
                    self.cases[change.ref] = change.case
                elif change.kind == "gone":
                    self.gone.append(change.ref)
                    self.cases.pop(change.ref, None)
                self.briefing = change.briefing or self.briefing
            self.cursor = page.next
        digest = scope_digest((c.case.id, c.version) for c in self.cases.values())
        assert (page.scope_count, page.scope_digest) == (len(self.cases), digest)
        return self
