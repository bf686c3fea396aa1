"""Phones at work without pause: records and photos, handed in over the proxy, what the server promised written down.

Half of their teachers press 提交 and press it again a second after it failed; the others leave it to the
app, whose own task (mobile/ui/app/auto_sync.py) decides when to try again.
"""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from PIL import Image

from mobile.bootstrap.native import native_phone
from mobile.store.kept import REJECTED, SENT
from mobile.ui.app.auto_sync import AutoSync
from mobile.usecases import enrol, records, sync_now, take_photo
from mobile.usecases.phone import Phone
from mobile.usecases.save import UNDO_S
from shared.problems import ProblemError
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit
from tests.cluster.line import Line, Traffic

TWICE = 0.1
"""The share of pushes that reach both servers at once."""
AGAIN_S = 1.0
"""A teacher who sees that it failed presses again after so long."""
VISIT = Visit(met="self", outcome="promised", promise_date="2019-12-18", visitors=("甲", "乙"))
SIGNED = NoticeDelivery(outcome="signed", servers=("甲", "乙"))


class Wait(NamedTuple):
    """From the moment a record could go to the moment it was acknowledged, in seconds of the machine."""

    begun: float
    ended: float
    failures: int

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


class LoadPhone:
    """One phone and its teacher."""

    def __init__(
        self,
        folder: Path,
        unit: str,
        teacher: str,
        seed: str,
        traffic: Traffic,
        *,
        presses: bool,
        servers: Sequence[str],
    ) -> None:
        self.folder, self.unit, self.teacher = folder, unit, teacher
        self.presses, self.traffic, self.servers = presses, traffic, servers
        self.random = random.Random(seed)
        self.waits: list[Wait] = []
        self.problems: Counter[str] = Counter()
        self.made: dict[str, str] = {}
        """Fact -> sha256 of its bytes as they were signed."""
        self.photos: set[str] = set()
        self.acked: set[str] = set()
        self.acked_photos: set[str] = set()
        self.phone: Phone
        self._stopping = False
        self._saved = asyncio.Event()

    async def open(self, clock: str, url: str, code: str) -> None:
        self.phone = await native_phone(self.folder, clock)
        self.phone.transport = Line(self.traffic, self.random, self.servers, TWICE)
        await enrol.enrol(self.phone, url=url, code=code, device_name=self.teacher)

    @property
    def device(self) -> str:
        return self._device

    async def know_itself(self) -> None:
        enrolment = await self.phone.store.meta.enrolment()
        assert enrolment is not None
        self._device = enrolment.device

    async def make(self) -> None:
        """One to three records, every third time with a photo."""
        for _ in range(self.random.randint(1, 3)):
            case = self.random.choice(self.phone.store.cases.all()).case.id
            photo = self.random.random() < 0.4
            taken = await self._photo(case) if photo else ()
            saved = await records.record(self.phone, case, SIGNED if photo else VISIT, taken)
            kept = self.phone.store.facts.get(saved.fact)
            assert kept is not None
            self.made[kept.id] = kept.sha256
        self._saved.set()

    async def _photo(self, case: str) -> tuple[str, ...]:
        picture = io.BytesIO()
        noise = Image.effect_noise((700 + self.random.randrange(200), 900), 60)
        noise.convert("RGB").save(picture, "JPEG", quality=85)
        taken = await take_photo.take_photo(self.phone, picture.getvalue(), case_id=case)
        self.photos.update(taken.parts)
        return taken.parts

    @property
    def waiting(self) -> int:
        """Records and photos that the office still has to get."""
        store = self.phone.store
        return len(store.facts.unsent()) + len(store.photos.waiting())

    def note(self) -> None:
        """Write down what the server promised so far."""
        self.acked |= {k.id for k in self.phone.store.facts.all() if k.state == SENT}
        self.acked_photos |= self.photos - {p.sha256 for p in self.phone.store.photos.waiting()}

    @property
    def refused(self) -> list[str]:
        found = [k for k in self.phone.store.facts.all() if k.state == REJECTED]
        return [f"{k.id} {k.problem.get('code')}" for k in found]

    async def run(self) -> None:
        """Work until `stop`, and then until nothing waits."""
        await (self._press() if self.presses else self._leave())

    def stop(self) -> None:
        self._stopping = True

    async def _press(self) -> None:
        while not self._stopping:
            await self.make()
            begun, failures = time.monotonic(), 0
            while not await self._handed_in():
                failures += 1
                await asyncio.sleep(AGAIN_S)
            self.waits.append(Wait(begun, time.monotonic(), failures))
            await asyncio.sleep(self.random.uniform(0.1, 0.8))

    async def _handed_in(self) -> bool:
        report = await sync_now.sync_now(self.phone)
        self.note()
        if report.problem_code:
            self.problems[report.problem_code] += 1
        return self.waiting == 0

    async def _leave(self) -> None:
        """The app's own task hands in; nobody presses anything."""
        app = SimpleNamespace(
            phone=self.phone,
            records_changed=lambda **_: None,
            wait_for_activity=self._activity,
        )
        itself = AutoSync(cast(Any, app), allowed=lambda: True, settle_s=0.1)
        itself.start(cast(Any, SimpleNamespace()))
        try:
            while not self._stopping:
                await self.make()
                begun = time.monotonic() + UNDO_S
                while self.waiting:  # noqa: ASYNC110 - the app's task says nothing when it is done
                    await asyncio.sleep(0.1)
                self.note()
                self.waits.append(Wait(begun, time.monotonic(), 0))
                await asyncio.sleep(self.random.uniform(0.1, 2.0))
        finally:
            itself.stop()

    async def _activity(self, wait_s: float) -> bool:
        """A teacher who saves a record uses the app; one who waits does not."""
        try:
            await asyncio.wait_for(self._saved.wait(), wait_s)
        except TimeoutError:
            return False
        self._saved.clear()
        return True

    async def try_alone(self) -> None:
        """Syncs until it got through once, for what a phone shows at the very end."""
        for _ in range(30):
            report = await sync_now.sync_now(self.phone)
            if report.through:
                break
            self.problems[report.problem_code] += 1
            await asyncio.sleep(AGAIN_S)
        self.note()

    def close(self) -> None:
        self.phone.store.close()


def problem_of(error: BaseException) -> str:
    return error.code if isinstance(error, ProblemError) else type(error).__name__
