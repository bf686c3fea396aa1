"""A real phone in a temporary folder: real store, real keys, real codec; only clock and net are given by the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mobile.ports.api import Vault
from mobile.ports.device_secret import FileSecret
from mobile.ports.disk import FolderDisk
from mobile.ports.native_crypto import NativeCrypto
from mobile.ports.pillow_codec import PillowCodec
from mobile.store.keyring import Keyring
from mobile.store.meta import Enrolment
from mobile.store.store import Store
from mobile.store.vault import KeyVault
from mobile.usecases.phone import Phone
from shared.cases import Case, Contract, Person, Repaid
from shared.ids import case_code
from shared.season import Season
from shared.wire import Briefing, CaseState, Scope, Unit
from sync_server.sample.season import season_2019

NOON = datetime.fromisoformat("2019-12-12T12:00:00+08:00")


class SetClock:
    """A clock that stands still until a test moves it. `ticked`: the seconds that really passed."""

    demo = False

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.ticked = 0.0

    def now(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        """Time passes: by timedelta arguments. Below zero the clock is only set back."""
        self.set_by(**delta)
        self.ticked += max(0.0, timedelta(**delta).total_seconds())

    def set_by(self, **delta: float) -> None:
        """Somebody sets the clock, ahead or back; no time passes."""
        self.at += timedelta(**delta)


class Bench:
    """A phone and what surrounds it."""

    def __init__(self, phone: Phone, clock: SetClock, directory: Path) -> None:
        self.phone = phone
        self.clock = clock
        self.directory = directory

    async def give(self, *states: CaseState) -> None:
        """Cases as the feed delivers them, after a briefing."""
        if await self.phone.store.meta.briefing() is None:
            unit = Unit(code="QH01", name="青槐县第一中学")
            await self.phone.store.meta.put("briefing", Briefing(season=season_2019(), unit=unit))
        await self.phone.store.cases.apply(list(states), [], set())

    async def brief(self, season: Season | None = None) -> None:
        """What the office sends to all phones."""
        unit = Unit(code="QH01", name="青槐县第一中学")
        briefing = Briefing(
            season=season or season_2019(),
            unit=unit,
            staff=("郑老师", "冯老师"),
            list_as_of="2019-12-11",
        )
        await self.phone.store.meta.put("briefing", briefing)

    async def enrol(self, url: str = "https://school.example") -> None:
        """As after an enrolment, without a server."""
        scope = Scope(
            season="2019",
            school="QH01",
            school_name="青槐县第一中学",
            staff="s1",
            staff_name="郑老师",
        )
        enrolment = Enrolment(
            url=url, device="d1", token="secret-token", server_key="AA", scope=scope
        )
        await self.phone.store.meta.put("enrolment", enrolment)

    async def sent(self, *fact_ids: str) -> None:
        """As after a push that was acknowledged."""
        for seq, fact_id in enumerate(fact_ids, 1):
            await self.phone.store.facts.join(fact_id)
            self.phone.store.facts.mark_sent(fact_id, seq)

    def raw(self) -> bytes:
        """Every byte of the phone's folder but its keys."""
        files = [
            p
            for p in self.directory.rglob("*")
            if p.is_file() and p.name not in ("keys.json", "device.secret")
        ]
        return b"".join(p.read_bytes() for p in sorted(files))

    async def again(self, vault: Vault | None = None) -> Phone:
        """The phone after its app was killed and started anew; what was pending stays so."""
        self.phone.store.close()
        self.phone = await open_phone(self.directory, self.clock, vault)
        return self.phone


async def vault_in(directory: Path) -> KeyVault:
    """The keys kept in `directory`, made on first use; without a PIN."""
    files = FolderDisk(directory)
    vault = (await Keyring.load(NativeCrypto(), FileSecret(files), files)).vault
    assert vault is not None
    return vault


async def open_phone(directory: Path, clock: SetClock, vault: Vault | None = None) -> Phone:
    """Open (or make) the phone kept in `directory`."""
    disk = FolderDisk(directory / "photos")
    vault = vault or await vault_in(directory)
    store = await Store.open(directory / "phone.db", vault, disk)
    return Phone(store=store, clock=clock, vault=vault, codec=PillowCodec(), disk=disk)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = SetClock()
    made = Bench(await open_phone(tmp_path, clock), clock, tmp_path)
    await made.give(case_state(1))
    yield made
    made.phone.store.close()


@pytest.fixture
def phone(bench: Bench) -> Phone:
    return bench.phone


def case_state(number: int = 1, **changes: object) -> CaseState:
    """Case `case-<number>` of school QH01. `changes` go to the fields of CaseState or, unknown there, of its Case."""
    fields: dict[str, object] = {
        "id": f"case-{number}",
        "season": "2019",
        "code": case_code("QH01", number),
        "school": "QH01",
        "borrower": Person(
            name="欧阳小雨", id_number="610599199801010024", phones=("13812345678",)
        ),
        "co_borrower": Person(
            name="欧阳大山", id_number="610599197001010019", phones=("13987654321",)
        ),
        "address": "青槐县柳林镇东槐村三组17号",
        "township": "柳林镇",
        "village": "东槐村",
        "contracts": (
            Contract(contract_no="HT2015000123", principal_fen=123456, interest_fen=7890),
        ),
    }
    state: dict[str, object] = {"version": number}
    for key, value in changes.items():
        (state if key in CaseState.__struct_fields__ else fields)[key] = value
    return CaseState(case=Case(**fields), **state)  # fields by name, checked by use


def paid(as_of: str = "2019-12-11") -> Repaid:
    """Paid in full according to the snapshot of that day."""
    return Repaid(as_of=as_of, repaid_fen=131346, paid=True, paid_on=as_of)
