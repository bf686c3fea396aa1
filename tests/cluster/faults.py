"""What is killed, in the middle of what, and what becomes of it: each step is printed as it happens."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.cluster.child import say, until
from tests.cluster.county import Sealable
from tests.cluster.line import PUSHES, UPLOADS, Traffic
from tests.cluster.office import (
    BROKEN,
    Import,
    import_again,
    imported,
    previewed,
    seal,
    seal_again,
    state_of,
    take,
)
from tests.cluster.phones import LoadPhone
from tests.cluster.postgresql import Node
from tests.cluster.replicas import Replica
from tests.cluster.room import Room
from tests.cluster.table import Struck
from tests.cluster.window import Window

REPLICA, PRIMARY, STORE = "a server of ours", "the primary", "the S3 store"
SILENT_REPLICA = "a server of ours falls silent"
SILENT_PRIMARY = "the primary falls silent"
IMPORT, SEAL = "an import", "a seal"
MIDDLES = (PUSHES, UPLOADS, IMPORT, SEAL)
FAULTS = (
    *[(victim, middle) for victim in (REPLICA, PRIMARY) for middle in MIDDLES],
    (SILENT_PRIMARY, PUSHES),
    (SILENT_REPLICA, UPLOADS),
    (STORE, UPLOADS),
    (STORE, SEAL),
)
"""Who dies in the middle of what, in this order."""
DOWN_S = 3.0
"""How long a dead server of ours, or store, stays away."""
SILENT_S = 10.0
"""How long a silent server of ours says nothing, or a silent primary after another one leads; then
it goes on where it was."""
AGAIN_S = 120.0
"""So long the office tries to do again what was lost."""
STUCK_S = 240.0
"""A phone that has not got through so long after the last repair is stuck."""


class Usual(NamedTuple):
    """How long the office's work takes when nothing is killed, in seconds."""

    import_s: float
    seal_s: float


class Faults:
    """Strikes one after another while phones go on."""

    def __init__(
        self, room: Room, traffic: Traffic, phones: list[LoadPhone], moments: random.Random
    ) -> None:
        self.room, self.traffic, self.phones, self.random = room, traffic, phones, moments
        self.usual = Usual(1.0, 1.0)
        self.struck: list[Struck] = []

    async def quietly(self, job: Import, school: Sealable) -> None:
        """The office's work without any fault: how long it takes."""
        window = Window(self.room.replicas[0].url)
        await window.sign_in("admin")
        place = await previewed(window, job)
        begun = time.monotonic()
        assert await take(window, place), window.said
        took = time.monotonic() - begun
        begun = time.monotonic()
        await seal(window, school)
        self.usual = Usual(took, time.monotonic() - begun)
        await window.close()
        say(f"undisturbed: an import {took:.1f} s, a seal {self.usual.seal_s:.1f} s")

    async def strike(self, victim: str, middle: str, what: Any = None) -> None:
        """Kill a victim in the middle of something, bring it back, and wait until every phone got through.

        Args:
            victim: Who is killed.
            middle: In the middle of what.
            what: The import, or the school whose seal it is.
        """
        replica = self.random.choice(self.room.replicas)
        primary = await asyncio.to_thread(self.room.pair.primary)
        assert primary is not None
        blow = self._blow(victim, replica, primary)
        window, working, chosen = None, None, None
        before, mark = Counter(self.traffic.failed), self.room.proxy.mark()
        if middle in (IMPORT, SEAL):
            window, working = await self._begin(replica.url, middle, what)
            begun = time.monotonic()
            await asyncio.to_thread(blow)
        else:
            server = replica.name if victim in (REPLICA, SILENT_REPLICA) else ""
            share = self.random.uniform(0.1, 0.9)
            chosen = await self.traffic.strike(middle, server, share, blow)
            begun = time.monotonic()
        one = Struck(what=f"{victim}, in the middle of {middle}", begun=begun)
        say(f"{one.what}" + (f" ({replica.name})" if victim in (REPLICA, SILENT_REPLICA) else ""))
        one.back_s = await self._repair(victim, replica, primary)
        if window is not None and working is not None:
            one.work = await self._outcome(working, middle, what)
            await window.close()
        await self._calm()
        one.over = time.monotonic()
        one.cut = self._cut(mark, Counter(self.traffic.failed) - before)
        one.struck = chosen.cut if chosen is not None else one.work.startswith("absent")
        self.struck.append(one)
        say(f"over after {one.over - one.begun:.1f} s; cut: {one.cut}; {one.work or 'phones only'}")

    def _blow(self, victim: str, replica: Replica, primary: Node) -> Callable[[], object]:
        return {
            REPLICA: replica.kill,
            PRIMARY: primary.kill,
            STORE: self.room.store.kill,
            SILENT_REPLICA: lambda: replica.child.signal(signal.SIGSTOP),
            SILENT_PRIMARY: primary.freeze,
        }[victim]

    async def _begin(self, url: str, middle: str, what: Any) -> tuple[Window, asyncio.Task[Any]]:
        """Press the button, and wait a part of what it usually takes."""
        window = Window(url)
        await window.sign_in("admin")
        if middle == IMPORT:
            place = await previewed(window, what)
            working = asyncio.create_task(take(window, place))
            usual_s = self.usual.import_s
        else:
            working = asyncio.create_task(seal(window, what))
            usual_s = self.usual.seal_s
        await asyncio.sleep(self.random.uniform(0.1, 0.7) * usual_s)
        return window, working

    async def _repair(self, victim: str, replica: Replica, primary: Node) -> float:
        """Bring a victim back; seconds until the cluster was as before, or had another primary."""
        begun = time.monotonic()
        if victim == SILENT_REPLICA:
            await asyncio.sleep(SILENT_S)
            replica.child.signal(signal.SIGCONT)
            return time.monotonic() - begun
        if victim in (PRIMARY, SILENT_PRIMARY):
            return await self._fail_over(primary, silent=victim == SILENT_PRIMARY)
        await asyncio.sleep(DOWN_S)
        if victim == STORE:
            await asyncio.to_thread(self.room.store.start)
        else:
            replica.start()
            await asyncio.to_thread(replica.until_up)
        return time.monotonic() - begun

    async def _fail_over(self, primary: Node, *, silent: bool) -> float:
        """The standby takes over; what was the primary comes back as the standby."""
        pair = self.room.pair
        other = pair.other(primary)
        took = await asyncio.to_thread(
            until, "another primary", lambda: pair.is_primary(other), 120.0
        )
        say(f"{other.name} is the primary after {took:.1f} s")
        if silent:
            await asyncio.to_thread(until, "it leads", lambda: pair.leads(other), 60.0)
            await asyncio.sleep(SILENT_S)
            primary.thaw()
        else:
            primary.start()
        again = await asyncio.to_thread(pair.until_whole)
        say(f"{primary.name} is the synchronous standby {again:.1f} s later")
        return took

    async def _outcome(self, working: asyncio.Task[Any], middle: str, what: Any) -> str:
        """Whole or absent; then done again, and whole."""
        answered = True
        try:
            await asyncio.wait_for(working, 120)
        except BROKEN:
            answered = False
        state = _imported if middle == IMPORT else _sealed
        found = await self._look(lambda services: state(services, what))
        assert found in ("whole", "absent"), f"{middle} is torn: {found}"
        begun, again, said = time.monotonic(), "", list[str]()
        while again != "whole" and time.monotonic() - begun < AGAIN_S:
            try:
                act = import_again if middle == IMPORT else seal_again
                said = await act(self.room.proxy.url, what)
            except BROKEN as error:
                said = [f"{type(error).__name__} {error}"[:200]]
            again = await self._look(lambda services: state(services, what))
        if again != "whole":
            say(f"done again, and {again}; the page said: {said}")
        answered = "answered" if answered else "page lost"
        return f"{found} ({answered}), {again} {time.monotonic() - begun:.0f} s after it was done again"

    async def _look(self, job: Callable[[Any], Any]) -> Any:
        def look() -> Any:
            with self.room.office() as services:
                return job(services)

        return await asyncio.to_thread(look)

    async def _calm(self) -> None:
        """Every phone whose teacher presses has got through since now."""
        since, pressing = time.monotonic(), [p for p in self.phones if p.presses]
        while True:
            late = [p for p in pressing if not p.waits or p.waits[-1].ended < since]
            if not late:
                return
            if time.monotonic() - since > STUCK_S:
                names = [f"{p.unit}/{p.teacher} {dict(p.problems)}" for p in late]
                raise AssertionError(f"stuck: {names}")
            await asyncio.sleep(0.2)

    def _cut(self, mark: int, failed: Counter[str]) -> dict[str, int]:
        """What phones saw fail, and what the proxy alone saw."""
        passed = self.room.proxy.passed(mark)
        return {
            **failed,
            "cut at the proxy": sum(1 for request in passed if request.cut),
            "sent again by the proxy": sum(1 for request in passed if request.again),
        }


def _imported(services: Any, job: Import) -> str:
    found = imported(services, job)
    return {(job.size, job.size): "whole", (0, 0): "absent"}.get(found, f"{found} of {job.size}")


def _sealed(services: Any, school: Sealable) -> str:
    state = state_of(services, school)
    return {"sealed": "whole", "stamped": "absent"}.get(state, state)
