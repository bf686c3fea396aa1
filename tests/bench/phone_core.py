"""B9: how long the phone's core works until Today's list is ready, and from a key to what it finds.

    open     milliseconds of the processor from the unlocked key to Today's list, 200 and 4,000 cases, 1,000 own records
             /  the same cells decrypted and decoded, nothing else
    search   milliseconds of the processor for one key of a query over 4,000 cases, the dearest, the first included
             /  one pass over the texts of all cases with `in`

`python -m tests.bench.phone_core [rounds]` runs it alone. The phone is a folder as the app keeps it: every cell
encrypted, a PIN set. Milliseconds have aims; the ratios do not depend on the machine.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from mobile.bootstrap.native import native_ports
from mobile.ports.api import Ports
from mobile.store.encrypted_columns import decrypt_column
from mobile.usecases.cases import list_cases
from mobile.usecases.phone import Phone
from mobile.usecases.today import today
from mobile.usecases.unlock import PhoneLock
from shared.ids import show_case_code
from shared.records.base import Fact
from shared.wire import CaseState
from tests.support.browser.driver import PIN
from tests.support.phone.seed import CLOCK, Seed, case, phone_with
from tests.support.phone.week_three import work

ROUNDS = 5
RECORDS = 1000
FEW, MANY = 200, 4000
AIMS_MS = {f"open {FEW}": 150.0, f"open {MANY}": 600.0, "search": 50.0}
QUERIES = ("王晓", "wxm", "柳树村", "3955990042", "槐荫镇 王")
"""A name, initials, a village, a telephone, two words; a case code joins them."""


@dataclass(frozen=True)
class Took:
    """One measure: milliseconds of the processor, and of the bare work."""

    ms: float
    bare_ms: float


async def filled(folder: Path, cases: int, records: int = RECORDS) -> Ports:
    """Make the folder of a phone with a PIN, so many cases and so many records that the office has."""
    ports = native_ports(folder, CLOCK)
    phone_lock = await PhoneLock.at(ports)
    await phone_lock.set_pin(PIN)
    phone = await phone_lock.unlock(PIN)
    phone.store.db.execute("PRAGMA synchronous=OFF")  # thousands of commits, none worth keeping
    await phone_with(folder, Seed(count=cases), phone=phone)
    await work(phone, cases, records, ())
    await phone_lock.close()
    return ports


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    began = time.process_time()
    await act()
    return (time.process_time() - began) * 1000


async def _open(ports: Ports) -> tuple[PhoneLock, float]:
    phone_lock = await PhoneLock.at(ports)
    assert await phone_lock.ring.unlock(PIN)

    async def to_today() -> None:
        view = await today(await phone_lock.opened())
        assert view.cases

    return phone_lock, await _timed(to_today)


async def _bare(phone: Phone) -> None:
    """Decrypt and decode what opening needs, and no more."""
    tables: tuple[tuple[str, type], ...] = (("case_file", CaseState), ("fact", Fact))
    for table, shape in tables:
        cells = [(row["id"], row["body"]) for row in phone.store.db.table(table).rows]
        decoder = msgspec.json.Decoder(shape)
        for data in await decrypt_column(phone.vault, table, cells):
            decoder.decode(data)


async def opening(ports: Ports) -> Took:
    """Measure one opening."""
    phone_lock, ms = await _open(ports)
    assert phone_lock.phone
    phone = phone_lock.phone
    bare_ms = await _timed(lambda: _bare(phone))
    await phone_lock.close()
    return Took(ms, bare_ms)


async def searching(phone: Phone) -> Took:
    """Measure every key of every query, as it is typed; the dearest."""
    first_ms = await _timed(lambda: list_cases(phone, QUERIES[0][:1]))
    texts = [phone.searched.of(state).text for state in phone.store.cases.all()]
    dearest, bare = first_ms, 0.0
    for query in (*QUERIES, show_case_code(case(1234).code)):
        for end in range(1, len(query) + 1):
            typed = query[:end]
            dearest = max(dearest, await _timed(partial(list_cases, phone, typed)))
            began = time.process_time()
            sum(typed in text for text in texts)
            bare = max(bare, (time.process_time() - began) * 1000)
    return Took(dearest, bare)


async def measure(folder: Path, rounds: int) -> dict[str, list[Took]]:
    """Return every measure of every round; the first round warms up and does not count."""
    ports = {cases: await filled(folder / str(cases), cases) for cases in (FEW, MANY)}
    found: dict[str, list[Took]] = {name: [] for name in AIMS_MS}
    for _ in range(rounds + 1):
        for cases, there in ports.items():
            found[f"open {cases}"].append(await opening(there))
        phone_lock, _ms = await _open(ports[MANY])
        assert phone_lock.phone
        found["search"].append(await searching(phone_lock.phone))
        await phone_lock.close()
    return {name: each[1:] for name, each in found.items()}


def results(rounds: int = ROUNDS) -> dict[str, list[Took]]:
    """Return every measure of every round."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder), rounds))


def main() -> None:
    """Print medians."""
    for name, each in results(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS).items():
        ms = statistics.median(one.ms for one in each)
        ratio = statistics.median(one.ms / one.bare_ms for one in each)
        sys.stdout.write(
            f"{name}: {ms:.0f} ms of the processor, aim {AIMS_MS[name]:.0f}; {ratio:.1f} x bare\n"
        )


if __name__ == "__main__":
    main()
