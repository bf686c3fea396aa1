"""What pages start and do not wait for: its progress, its result, and everybody else meanwhile."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.pages.check import MOST_OF_ADDRESS
from sync_server.console.parts import started
from sync_server.console.web.works import Work, Works
from sync_server.office import certs, jobs, subprocess_call
from sync_server.office.job_order import MOST_CHECKS, MOST_OF_OWNER, MOST_WAITING
from sync_server.office.jobs import Job
from sync_server.sealing.paper import pictures
from sync_server.services import Services
from sync_server.store import jobs as stored
from sync_server.store import notice_prints
from tests.support import hostile_pdf
from tests.support.console_browser import Browser, people, signed_in
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.ended import is_running, until
from tests.support.long_form import show

TITLE = Label("试", "Trying")
PDF = "application/pdf"


def hold(folder: Path, name: str) -> str:
    """Work until the test lets go."""
    (folder / f"{name}.new").write_text(str(os.getpid()))
    (folder / f"{name}.new").rename(folder / f"{name}.pid")
    while not (folder / f"{name}.go").exists():
        time.sleep(0.02)
    return name


class Held:
    """Work that lasts until the test lets it go, started as a page starts it."""

    def __init__(self, app: Litestar, services: Services, folder: Path) -> None:
        self.works: Works = app.state["console_state"].works
        self.services = replace(services, job_slots=2)
        self.folder = folder

    def start(self, name: str, owner: str = "", of: str = "某校") -> Work:
        return self.works.start(
            self.services,
            name,
            lambda asked: jobs.run(asked, Job(kind="scan"), hold, self.folder, name),
            owner=owner or name,
            title=TITLE,
            of=Label(of, of),
            by=f"{owner or name}先生",
            back="/cases",
            finish=started.then_back("做完了 {n}", "Done {n}", n=lambda name: name),
        )

    def let_go(self, name: str) -> None:
        (self.folder / f"{name}.go").touch()

    def states(self) -> list[str]:
        return sorted(row.state for row in self.services.database.read(stored.live))

    def processes(self) -> list[int]:
        return [int(path.read_text()) for path in self.folder.glob("*.pid")]

    async def until(self, waiting: int, running: int = 2) -> None:
        """Wait until so many run and wait."""
        wanted = ["running"] * running + ["waiting"] * waiting
        await asyncio.to_thread(
            until, lambda: self.states() == wanted and len(self.processes()) >= running
        )


@pytest.fixture
async def held(app: Litestar, services: Services, tmp_path: Path) -> AsyncIterator[Held]:
    folder = tmp_path / "held"
    folder.mkdir()
    found = Held(app, services, folder)
    yield found
    await asyncio.to_thread(found.works.close)


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


async def test_while_the_queue_is_full_phones_and_pages_are_answered(
    app: Litestar, held: Held, admin: Browser, phone: RawPhone, services: Services
) -> None:
    case = case_ids(services, "01")[0]
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "/v1/changes": phone.page,
        "/v1/facts": lambda: phone.push(phone.chained(fact_bytes(case))),
        "/sign-in": lambda: Browser(app).get("/sign-in"),
        "/": lambda: admin.get("/"),
    }
    before = await times_ms(asked)
    for number in range(2 + MOST_WAITING):
        held.start(f"p{number}")
    await held.until(waiting=MOST_WAITING)
    async with asyncio.timeout(60):  # no place is free before it, nor ever
        full = await times_ms(asked)
    assert held.states() == ["running"] * 2 + ["waiting"] * MOST_WAITING
    assert [is_running(pid) for pid in held.processes()] == [True, True]
    shown = ", ".join(f"{name} {before[name]:.0f} → {full[name]:.0f}" for name in asked)
    show(f"P0: ms with no job → with 2 that run and {MOST_WAITING} that wait: {shown}")


async def times_ms(asked: dict[str, Callable[[], Awaitable[object]]]) -> dict[str, float]:
    """The median of five answers each."""
    took: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(5):
        for name, ask in asked.items():
            began_s = time.perf_counter()
            await ask()
            took[name].append((time.perf_counter() - began_s) * 1000)
    return {name: sorted(times)[2] for name, times in took.items()}


async def test_a_press_that_takes_long_shows_its_place_then_its_result_to_who_pressed(
    app: Litestar, held: Held, admin: Browser
) -> None:
    held.start("x")
    held.start("y")
    await held.until(waiting=0)
    work = held.start("z", "admin")
    assert held.start("z", "admin") is work  # pressed twice
    await held.until(waiting=1)
    held.works.wait_s = 0.0
    page = await admin.get(f"/work/{work.id}")
    assert "前面还有 2 件" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert 'aria-live="polite"' in page.text
    assert f'href="/work/{work.id}"' in (await admin.get("/cases")).text
    other = await signed_in(app, "officer")
    assert (await other.get(f"/work/{work.id}")).status_code == 404
    assert (await other.post(f"/work/{work.id}/cancel")).status_code == 404
    for name in ("x", "y", "z"):
        held.let_go(name)
    held.works.wait_s = 60.0
    answer = await admin.get(f"/work/{work.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert "做完了 z" in await admin.text_of("/cases")
    assert f'href="/work/{work.id}"' not in (await admin.get("/cases")).text


async def test_each_line_names_what_was_done_for_whom_by_whom_and_when(
    held: Held, admin: Browser
) -> None:
    works = []
    for waiting, school in enumerate("甲乙丙"):  # one after the other: threads have no order
        works.append(held.start(f"w{waiting}", "admin", of=school))
        await held.until(waiting=waiting, running=1)
    held.let_go("w0")
    await asyncio.wait({works[0].future})
    await held.until(waiting=1, running=1)
    held.works.cancel(works[1])
    await asyncio.wait({works[1].future})
    text = (await admin.get("/cases")).text
    found = re.findall(r'<a href="/work/([^"]+)">([^<]+)</a> <span[^>]*>([^<]+)<', text)
    assert [(work_id, line) for work_id, line, _ in found] == [
        (works[0].id, "试（甲）已做完，请看结果"),
        (works[1].id, "试（乙）没有做成，请看原因"),
        (works[2].id, "正在试（丙）"),
    ]
    assert [more for *_, more in found] == [
        "admin先生 · 12月12日 10:00",
        "admin先生 · 12月12日 10:00",
        "admin先生",
    ]
    held.let_go("w2")
    await asyncio.wait({works[2].future})


async def test_a_cancelled_press_ends_its_process_and_says_so(held: Held, admin: Browser) -> None:
    work = held.start("z", "admin")
    await held.until(running=1, waiting=0)
    answer = await admin.post(f"/work/{work.id}/cancel")
    assert answer.headers["location"] == "/cases"
    assert "已取消" in await admin.text_of("/cases")
    assert not any(is_running(pid) for pid in held.processes())


async def test_an_end_of_the_server_ends_what_is_at_work(held: Held) -> None:
    held.start("x")
    await held.until(running=1, waiting=0)
    await asyncio.to_thread(held.works.close)
    assert not any(is_running(pid) for pid in held.processes())
    assert held.states() == []


async def test_one_person_starts_a_few_things_and_is_refused_the_next(held: Held) -> None:
    for number in range(MOST_OF_OWNER):
        held.start(str(number), "one")
    with pytest.raises(ProblemError) as refused:
        held.start("next", "one")
    assert refused.value.code == "work.yours"
    held.start("next", "two")


async def test_notices_pressed_twice_are_printed_once_and_the_page_leads_to_their_batch(
    app: Litestar, admin: Browser, services: Services
) -> None:
    works = app.state["console_state"].works
    works.wait_s = 0.0
    form = {"case": [f"{case_id}.0" for case_id in case_ids(services, "01")]}
    first = await admin.post("/schools/01/notices", **form)
    second = await admin.post("/schools/01/notices", **form)
    assert first.headers["location"] == second.headers["location"]
    assert "正在排通知书" in (await admin.get(first.headers["location"])).text
    works.wait_s = 60.0
    done = await admin.get(first.headers["location"])
    pdf = await admin.post(f"{done.headers['location']}/notices.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == (PDF, b"%PDF-")
    assert len(services.database.read(lambda c: notice_prints.batches(c, "2019", "01"))) == 1
    assert services.database.read(stored.live) == []


async def check(browser: Browser, data: bytes = b"%PDF-1.7") -> httpx.Response:
    return await browser.post("/check", files={"file": ("x.pdf", data, PDF)})


async def test_a_public_check_that_takes_long_shows_its_place_then_its_verdict_once(
    app: Litestar, services: Services
) -> None:
    certs.ensure(services, "")
    works, browser = app.state["console_state"].works, Browser(app)
    works.wait_s = 0.0
    answer = await check(browser)
    place = answer.headers["location"]
    assert (await check(browser)).headers["location"] == place  # sent twice
    assert "正在核验" in (await browser.get(place)).text
    works.wait_s = 60.0
    assert "没有通过核验" in (await browser.get(place)).text
    assert (await browser.get(place)).status_code == 404
    assert list(services.settings.path("check").iterdir()) == []
    assert services.database.read(stored.live) == []


@pytest.mark.parametrize(
    ("count", "address"), [(MOST_OF_ADDRESS, "127.0.0.1"), (MOST_CHECKS, "10.0.0.{}")]
)
async def test_the_public_check_keeps_a_short_queue_for_all_and_a_shorter_one_for_an_address(
    app: Litestar, held: Held, count: int, address: str
) -> None:
    for number in range(count):
        held.start(str(number), f"/check {address.format(number)}")
    answer = await check(Browser(app))
    assert answer.status_code == 503
    assert "现在核验的人多" in answer.text


@pytest.mark.extended
async def test_while_a_liaisons_giant_pages_are_read_phones_are_answered(
    app: Litestar, held: Held, phone: RawPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two jobs compute for as long as they may; the figures are in docs/reliability.md."""
    monkeypatch.setattr(subprocess_call, "NICE", 10)  # as outside the tests
    data = hostile_pdf.giant_pages(200)
    for name in ("one", "two"):
        held.works.start(
            held.services,
            name,
            lambda asked: jobs.run(asked, Job(kind="scan"), draw, data),
            owner=name,
            title=TITLE,
            back="/",
        )
    await asyncio.to_thread(until, lambda: held.states() == ["running"] * 2)
    took_ms = []
    for _ in range(50):
        began_s = time.perf_counter()
        await phone.page()
        took_ms.append((time.perf_counter() - began_s) * 1000)
    assert held.states() == ["running"] * 2
    took_ms.sort()
    show(f"P0: 2 jobs compute: /v1/changes {took_ms[25]:.0f} ms, slowest {took_ms[-1]:.0f} ms")


def draw(data: bytes) -> int:
    """Read a scan's pages."""
    return sum(1 for image in pictures.pages_of("x.pdf", data) for _ in pictures.codes(image))
