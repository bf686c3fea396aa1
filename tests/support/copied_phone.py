"""A phone's core in this process whose folder is copied and put back, as a backup of a phone does."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import httpx
from litestar import Litestar
from sqlalchemy import select

from mobile.bootstrap.native import native_phone
from mobile.usecases import enrol, records, renew, sync_now
from mobile.usecases.handin_views import SyncReport
from mobile.usecases.phone import Phone
from shared.records.visit import Visit
from shared.wire import b64
from sync_server.office import assignment, phones
from sync_server.sealing.checking import evidence_checks
from sync_server.sealing.record import Findings
from sync_server.services import Services
from sync_server.store import devices, evidence
from sync_server.store import tables as t
from tests.support.county import CLOCK, SEASON, fill
from tests.support.devices import asgi

VISIT = Visit(met="self", outcome="promised", promise_date="2019-12-18", visitors=("甲", "乙"))
UNIT, TEACHER = "01", "甲"


class Office:
    """The server, and what its liaison does; without an app in this process it is reached at `url`."""

    def __init__(
        self,
        app: Litestar | None,
        services: Services,
        url: str = "http://server",
        cases: Sequence[int] = (6,),
    ) -> None:
        self.app, self.services, self.url = app, services, url
        services.database.write(lambda c: fill(c, cases))

    def transport(self) -> httpx.AsyncBaseTransport | None:
        """The way of a phone to this server."""
        return asgi(self.app) if self.app is not None else None

    def code(self, teacher: str = TEACHER) -> str:
        return phones.issue(self.services, UNIT, teacher, who="t").code

    def confirm(self) -> list[str]:
        """Recognise every phone that waits; their ids."""
        found = self.services.database.read(lambda c: devices.of_unit(c, SEASON, UNIT))
        waiting = [d.id for d in found if d.state == devices.PENDING]
        for device in waiting:
            phones.confirm(self.services, device, who="t")
        return waiting

    def ledger(self) -> list[str]:
        """Ids of every fact, by arrival."""
        return self.services.database.read(
            lambda c: list(c.execute(select(t.fact.c.id).order_by(t.fact.c.seq)).scalars())
        )

    def set_apart(self) -> list[str]:
        """Ids of what is quarantined and not resolved: what stops a summary."""
        return self.services.database.read(lambda c: evidence.quarantined(c, SEASON, UNIT))

    def findings(self) -> list[str]:
        """What a verifier finds wrong with the chains of all phones of the school, from the first number."""
        found = self.services.database.read(lambda c: devices.of_unit(c, SEASON, UNIT))
        stubs = self.services.database.read(lambda c: evidence.chains(c, [d.id for d in found]))
        lines = [
            evidence_checks.Line(
                device=s.device, n=s.n, sha256=s.sha256, link=b64(s.link), sig=b64(s.sig)
            )
            for s in stubs
        ]
        keys = [
            evidence_checks.Device(device=d.id, name="", public_key=b64(d.public_key))
            for d in found
        ]
        findings = Findings()
        evidence_checks.chains(lines, keys, set(), findings)
        heads = {d.id: d.n for d in found}
        gaps = evidence.chain_gaps(stubs, heads)
        return [f"{f.code} {f.values}" for f in findings.items] + [str(gap) for gap in gaps]

    def whole(self, made: list[str]) -> None:
        """Every record is in the ledger once, nothing is set apart, every chain verifies."""
        assert sorted(self.ledger()) == sorted(made)
        assert self.set_apart() == []
        assert self.findings() == []


class Copied:
    """A phone in a folder; `keep` and `put_back` are a backup of it, `copy` another phone with it."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        self.phone: Phone

    async def open(self) -> Copied:
        self.phone = await native_phone(self.folder, CLOCK)
        self.phone.transport = self.office.transport()
        return self

    async def enrol(self, teacher: str = TEACHER) -> Copied:
        await self.enrol_again(teacher)
        assignment.assign_evenly(self.office.services, UNIT, who="t")
        assert (await self.sync()).complete
        return self

    async def enrol_again(self, teacher: str = TEACHER) -> None:
        code = self.office.code(teacher)
        await enrol.enrol(self.phone, url=self.office.url, code=code, device_name="小米")
        self.office.confirm()

    async def record(self, count: int = 1, photos: tuple[str, ...] = ()) -> list[str]:
        """Ids of new visits at one case."""
        case = self.phone.store.cases.all()[0].case.id
        return [(await records.record(self.phone, case, VISIT, photos)).fact for _ in range(count)]

    async def sync(self) -> SyncReport:
        return await sync_now.sync_now(self.phone)

    async def renew(self) -> SyncReport:
        """The confirmed tap, the liaison, a sync."""
        await renew.renew(self.phone)
        assert (await self.sync()).problem_code == "device.unconfirmed"
        self.office.confirm()
        return await self.sync()

    async def rewound(self) -> list[str]:
        """Two records, kept; two more, handed in; put back; two new ones. Ids of all six."""
        made = await self.record(2)
        await self.sync()
        kept = await self.keep("kept")
        made += await self.record(2)
        await self.sync()
        await self.put_back(kept)
        return made + await self.record(2)

    def states(self) -> dict[str, str]:
        return {k.id: k.state for k in self.phone.store.facts.all()}

    async def keep(self, name: str) -> Path:
        """Copy the folder as it is now, with the app closed."""
        self.phone.store.close()
        shutil.copytree(self.folder, kept := self.folder.with_name(name))
        await self.open()
        return kept

    async def put_back(self, kept: Path) -> None:
        """Put the folder back to what was kept."""
        self.phone.store.close()
        shutil.rmtree(self.folder)
        shutil.copytree(kept, self.folder)
        await self.open()

    async def copy(self, name: str) -> Copied:
        """Another phone with a copy of this folder."""
        return await Copied(self.office, await self.keep(name)).open()

    async def restart(self) -> None:
        self.phone.store.close()
        await self.open()
