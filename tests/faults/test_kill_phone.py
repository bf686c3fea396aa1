"""P2: what the phone showed as saved survives kill -9 in mid-save; drafts too. DOORSTEP_KILLS sets how many."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from litestar import Litestar
from sqlalchemy import select

from mobile.bootstrap.native import native_phone
from mobile.usecases import drafts, records, sync_now
from shared.digest import GENESIS, link
from shared.records.visit import Visit
from sync_server.services import Services
from sync_server.store import tables as t
from tests.faults.conftest import Line, NewPhone
from tests.support.county import CLOCK
from tests.support.devices import asgi
from tests.support.forks import FORKS
from tests.support.long_form import Count, amount, counting, dice, rounds

KILLS = amount("KILLS", short=10, long=1000)
ROUND = 50
"""Kills of one phone."""
VISIT = Visit(met="self", outcome="promised", promise_date="2019-12-18", visitors=("甲", "乙"))


def save_without_end(directory: Path, case: str, says: int) -> None:
    """What the killed process does: save, and report it only when the use case has returned."""

    async def work() -> None:
        phone = await native_phone(directory, CLOCK)
        number = 0
        while True:
            number += 1
            await drafts.save_draft(phone, case, "visit", {"note": number})
            os.write(says, f"draft {number}\n".encode())
            line = await records.record(phone, case, VISIT)
            os.write(says, f"fact {line.fact}\n".encode())

    asyncio.run(work())


def killed_while_saving(
    directory: Path, case: str, after_saves: int, after_s: float
) -> tuple[list[str], int]:
    """Fact ids and the last draft the process reported as saved, before it was killed so long after so many saves."""
    reader, writer = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_saver, args=(directory, case, writer), daemon=True)
    process.start()
    writer.close()
    output = os.read(reader.fileno(), 65536)
    while output.count(b"fact") < after_saves:
        output += os.read(reader.fileno(), 65536)
    time.sleep(after_s)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(60)
    process.close()
    while more := os.read(reader.fileno(), 65536):
        output += more
    reader.close()
    words = [line.split() for line in output.decode().splitlines()]
    return [w[1] for w in words if w[0] == "fact"], max(
        (int(w[1]) for w in words if w[0] == "draft"), default=0
    )


def _saver(directory: Path, case: str, writer: Connection) -> None:
    save_without_end(directory, case, writer.fileno())


@pytest.mark.parametrize(("number", "kills"), rounds(KILLS, ROUND))
async def test_what_was_shown_as_saved_is_there_after_every_kill(
    app: Litestar,
    services: Services,
    new_phone: NewPhone,
    tmp_path: Path,
    number: int,
    kills: int,
) -> None:
    phone = await new_phone()
    case = phone.store.cases.all()[0].case.id
    phone.store.close()
    with counting("kill -9 of the phone while it saves") as count:
        shown = await _killed(tmp_path / "01-甲", case, number, kills)
        total = await _sent_by_the_survivor(tmp_path / "01-甲", app, services)
        _fill_in(count, kills, shown, total)


async def _killed(directory: Path, case: str, number: int, kills: int) -> set[str]:
    """Ids of all that was shown as saved; looked at after every kill."""
    moments = dice("phone", number)
    shown: set[str] = set()
    for _ in range(kills):
        printed, last_draft = await asyncio.to_thread(
            killed_while_saving, directory, case, moments.randrange(4), moments.uniform(0.0, 0.02)
        )
        shown.update(printed)
        reopened = await native_phone(directory, CLOCK)
        kept = reopened.store.facts.all()
        assert {k.id for k in kept} >= shown, "a record that was shown as saved is gone"
        draft = await drafts.load_draft(reopened, case, "visit")
        assert (int(str(draft.fields["note"])) if draft else 0) >= last_draft
        last = GENESIS
        for place, k in enumerate(kept, start=1):
            last = link(last, k.sha256)
            assert (k.n, k.link) == (place, last)
        reopened.store.close()
    return shown


async def _sent_by_the_survivor(directory: Path, app: Litestar, services: Services) -> int:
    survivor = await native_phone(directory, CLOCK)
    survivor.transport = Line(app)
    report = await sync_now.sync_now(survivor)
    total = len(survivor.store.facts.all())
    survivor.store.close()
    assert (report.ok, report.sent, report.rejected) == (True, total, 0)
    assert services.database.read(lambda c: len(c.execute(select(t.fact.c.id)).all())) == total
    return total


def _fill_in(count: Count, kills: int, shown: set[str], total: int) -> None:
    count.tried = kills
    count.named = {"saves shown": len(shown), "records kept and sent": total}


async def test_a_kill_between_two_epochs_loses_nothing(
    app: Litestar, services: Services, new_phone: NewPhone
) -> None:
    """P8's worst moment: the phone learns of the restored server and is killed before it pushed again."""
    from mobile.sync.client import Server
    from mobile.sync.pull import pull
    from mobile.sync.schedule import Retry
    from sync_server.store.database import new_epoch

    phone = await new_phone()
    await records.record(phone, phone.store.cases.all()[0].case.id, VISIT)
    assert (await sync_now.sync_now(phone)).sent == 1
    services.database.write(
        lambda c: (
            c.execute(t.fact.delete()),
            c.execute(t.device.update().values(n=0, link=GENESIS)),
        )
    )
    services.database.epoch = services.database.write(new_epoch)
    enrolment = await phone.store.meta.enrolment()
    assert enrolment is not None
    async with Server(enrolment.url, enrolment.token, asgi(app)) as server:
        assert (
            await pull(phone.store, server, Retry(random.random), phone.now, lambda *_: None)
        ).restored
    assert [k.state for k in phone.store.facts.all()] == ["waiting"], "only now may it die"
    assert (await sync_now.sync_now(phone)).sent == 1
