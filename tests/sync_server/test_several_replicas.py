"""Several servers over one database: what one of them knows, every other one knows."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from sync_server import mounted_keys
from sync_server.console.web.kept_forms import InDatabase, KeptForm
from sync_server.console.web.work_board import Elsewhere, WorkBoard
from sync_server.console.web.works import Works
from sync_server.office import certs, connect, jobs, keys_init, office_device, periodic
from sync_server.office import made_keys as made_key_files
from sync_server.office.attempts import OWN
from sync_server.office.jobs import Job
from sync_server.office.periodic import Chore
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import holds, kept
from sync_server.store import jobs as stored
from sync_server.store import made_keys as stored_keys
from sync_server.store.ids import new_id
from tests.support.console_browser import PASSWORD, Browser, signed_in
from tests.support.devices import asgi, case_ids, fact_bytes, working_phone
from tests.support.file_engine import about_folder
from tests.support.replicas import CENTRE, made_keys, new_database, settings_of, two_apps

Apps = tuple[Litestar, Litestar]
LEAFLET = "/publicity/leaflet.pdf"
SHORT = timedelta(seconds=0.2)
NOBODY = "of a process that was killed"


@pytest.fixture(scope="module")
def apps(
    routes: Litestar, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Apps]:
    url = new_database(postgres_url, "replicas")
    with two_apps(routes, url, tmp_path_factory.mktemp("replicas")) as both:
        yield both


def of(app: Litestar) -> Services:
    found = app.state["services"]
    assert isinstance(found, Services)
    return found


def works_of(app: Litestar) -> Works:
    found: Works = app.state["console_state"].works
    return found


def moved(browser: Browser, app: Litestar) -> Browser:
    """The same window, led to another server by the proxy."""
    there = Browser(app)
    there.http.cookies = browser.http.cookies
    return there


async def test_who_signed_in_at_one_goes_on_at_the_other_and_a_sign_out_ends_both(
    apps: Apps,
) -> None:
    here = await signed_in(apps[0], "admin")
    there = moved(here, apps[1])
    assert (await there.get("/")).status_code == 200
    await here.post("/sign-out")
    assert (await there.get("/")).status_code == 303


async def test_the_table_of_sessions_signs_nobody_in(apps: Apps) -> None:
    here = await signed_in(apps[0], "admin")
    held = here.http.cookies["doorstep_session"]
    found = of(apps[1]).database.read(lambda c: kept.find(c, "session", held))
    assert found is not None
    assert held.encode() not in found.body
    assert of(apps[1]).database.read(
        lambda c: held not in str(c.exec_driver_sql("SELECT key, body FROM kept").all())
    )


async def test_wrong_passwords_count_wherever_they_are_tried(apps: Apps) -> None:
    guessers = [Browser(app, address="203.0.113.9") for app in apps]
    for number in range(OWN.free):
        await guessers[number % 2].sign_in("auditor", "not the password")
    for guesser in guessers:
        assert (await guesser.sign_in("auditor", PASSWORD)).status_code == 429


async def test_a_form_that_its_session_outlived_comes_back_at_the_other(apps: Apps) -> None:
    here = await signed_in(apps[0], "admin")
    await of(apps[0]).write(lambda c: kept.forget_all(c, "session"))
    answer = await here.post("/schools/01/notices", reason="写了很久的一句话")
    key = answer.text.split('name="kept" value="')[1].split('"')[0]
    again = moved(here, apps[1])
    after = await again.post("/sign-in", name="admin", password=PASSWORD, kept=key, next="/cases")
    assert after.status_code == 303
    assert "写了很久的一句话" in (await again.get("/cases")).text


async def test_a_form_sealed_under_other_keys_is_gone_and_keeps_nobody_from_signing_in(
    apps: Apps,
) -> None:
    form = KeptForm(nonce="n", proof="p", action="/cases", fields=[], files=False, at_s=0.0)
    before, after = (InDatabase(of(apps[0]), secret) for secret in ("before", "after"))
    await before.put("k", form)
    assert await before.find("k") == form
    assert await after.find("k") is None


def hold_place(folder: Path) -> None:
    """A heavy job that lasts until the test lets it go."""
    (folder / "began").touch()
    until_s = time.monotonic() + 60
    while not (folder / "go").exists() and time.monotonic() < until_s:
        time.sleep(0.02)


async def until(look: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 60
    while not look():
        assert time.monotonic() < until_s
        await asyncio.sleep(0.05)


class Queue:
    """The one place of both servers, taken by the first until the test lets it go."""

    def __init__(self, apps: Apps, folder: Path) -> None:
        self.folder = folder
        for app in apps:
            of(app).job_slots = 1
        job = Job(kind="scan", who="somebody")
        self.task = asyncio.create_task(
            asyncio.to_thread(jobs.run, of(apps[0]), job, hold_place, folder)
        )

    async def taken(self) -> Queue:
        await until((self.folder / "began").exists)
        return self

    async def let_go(self) -> None:
        (self.folder / "go").touch()
        await self.task


async def leaflet(app: Litestar, tmp_path: Path, apps: Apps) -> tuple[Browser, str, Queue]:
    """The leaflet, asked for at a server: it waits for a place."""
    browser = await signed_in(app, "admin")
    queue = await Queue(apps, tmp_path).taken()
    answer = await browser.post(LEAFLET)
    assert answer.headers["location"].startswith("/work/")
    return browser, answer.headers["location"], queue


async def test_what_was_begun_at_one_is_seen_at_the_other_and_answered_there(
    apps: Apps, tmp_path: Path
) -> None:
    here, page, queue = await leaflet(apps[0], tmp_path, apps)
    there = moved(here, apps[1])
    waiting = await there.get(page)
    assert (waiting.status_code, "http-equiv" in waiting.text) == (200, True)
    again = await there.post(LEAFLET)  # pressed once more, at the other
    assert again.headers["location"] == page
    await queue.let_go()
    found = waiting
    async with asyncio.timeout(60):
        while found.headers["content-type"] != "application/pdf":
            await asyncio.sleep(0.2)
            found = await there.get(page)
    assert found.content.startswith(b"%PDF")
    assert (await here.get(page)).status_code == 404  # given out once
    assert page not in (await here.get("/cases")).text


async def test_what_was_begun_at_one_is_cancelled_at_the_other(apps: Apps, tmp_path: Path) -> None:
    here, page, queue = await leaflet(apps[0], tmp_path, apps)
    there = moved(here, apps[1])
    assert (await there.post(f"{page}/cancel")).status_code == 303
    ended = await there.get(page)
    async with asyncio.timeout(60):
        while "http-equiv" in ended.text:
            await asyncio.sleep(0.2)
            ended = await there.get(page)
    assert len(of(apps[1]).database.read(stored.live)) == 1  # what holds the place
    await queue.let_go()


async def test_what_a_killed_server_had_begun_is_said_to_have_ended(apps: Apps) -> None:
    there = await signed_in(apps[1], "admin")
    board = works_of(apps[1]).board
    assert board is not None
    row = await board_row(apps, new_id())
    assert (await there.get(f"/work/{row}")).status_code == ProblemError(
        "work.interrupted"
    ).problem.status
    assert f"/work/{row}" not in (await there.get("/cases")).text


async def board_row(apps: Apps, name: str) -> str:
    """The row of a work whose process is gone: nobody holds it."""
    row = Elsewhere(
        id=name,
        key="k",
        owner="admin",
        title=("试", "Trying"),
        of=("某校", "a school"),
        by="",
        back="/cases",
        can_cancel=True,
    )
    board = WorkBoard(of(apps[0]))
    await asyncio.to_thread(board.begin, row)
    board.let_go(name)
    await until(lambda: not of(apps[1]).holds.is_held(f"work:{name}"))
    return name


def test_a_job_of_a_killed_server_gives_its_place_to_the_next_once_its_hold_has_run_out(
    apps: Apps,
) -> None:
    one, two = of(apps[0]), of(apps[1])
    job_id = new_id()
    claim = f"{job_id}@{one.holds.place}"
    row = stored.JobRow(
        id=job_id,
        kind="scan",
        season="",
        unit="",
        ref="",
        who="x",
        state="running",
        claim=claim,
        queued_at="2019-12-12T02:00:00.000+00:00",
    )
    soon = timedelta(seconds=0.3)
    one.database.write(lambda c: holds.take(c, claim, NOBODY, soon, soon))
    one.database.write(lambda c: stored.add(c, row))
    jobs.sweep(two)
    assert [live.id for live in two.database.read(stored.live)] == [job_id]
    time.sleep(0.4)
    jobs.sweep(two)
    assert two.database.read(stored.live) == []


def test_a_chore_is_done_by_one_of_them_and_by_the_other_when_that_is_killed(apps: Apps) -> None:
    done: list[str] = []
    for name in ("one of two", "killed"):
        chore = Chore(name, 3600.0, lambda services: done.append(services.holds.by))
        if name == "killed":
            of(apps[0]).database.write(lambda c: holds.take(c, "turn:killed", NOBODY, SHORT, SHORT))
            time.sleep(0.3)
        for app in (*apps, *apps):
            periodic._run(chore, of(app))
    assert done == [of(apps[0]).holds.by] * 2


def test_what_a_machine_does_for_its_own_folder_each_does(apps: Apps) -> None:
    done: list[str] = []
    chore = Chore("own", 3600.0, lambda services: done.append(services.holds.by), once=False)
    for app in (*apps, *apps):
        periodic._run(chore, of(app))
    assert done == [of(app).holds.by for app in apps]


async def test_what_a_phone_pushed_to_one_it_finds_at_the_other(apps: Apps) -> None:
    async with client(apps[0]) as here, client(apps[1]) as there:
        phone = await working_phone(here, of(apps[0]))
        await phone.page()
        pushed = phone.chained(fact_bytes(case_ids(of(apps[0]), "01")[0]))
        assert [o.outcome for o in (await phone.push(pushed)).outcomes] == ["created"]
        phone.http = there
        assert [o.outcome for o in (await phone.push(pushed)).outcomes] == ["duplicate"]
        following = phone.chained(fact_bytes(case_ids(of(apps[0]), "01")[1]))
        assert [o.outcome for o in (await phone.push(following)).outcomes] == ["created"]


def client(app: Litestar) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=asgi(app), base_url="http://server")


async def test_a_certificate_made_at_one_is_the_others_too(apps: Apps) -> None:
    one, two = of(apps[0]), of(apps[1])
    assert certs.ensure(one, "01") == certs.ensure(two, "01") == "01"
    found = [(certs.folder(each) / "01.pem").read_bytes() for each in (one, two)]
    assert found[0] == found[1]
    assert (certs.folder(two) / "county.key").is_symlink()


async def test_an_office_device_made_at_one_signs_at_the_other(apps: Apps) -> None:
    both = [of(app) for app in apps]
    made = [each.database.write(partial(office_device.ready, each, unit="02")) for each in both]
    assert made[0].device.id == made[1].device.id
    assert made[0].key.public() == made[1].key.public()


def kept_names(services: Services) -> set[str]:
    return set(services.database.read(stored_keys.every))


def test_what_another_machine_keeps_while_certificates_change_stays_kept(apps: Apps) -> None:
    one, two = of(apps[0]), of(apps[1])
    with made_key_files.changing(one):
        two.database.write(lambda c: stored_keys.put(c, "office-x.pem", b"x"))
    assert "office-x.pem" in kept_names(two)
    with made_key_files.changing(one):
        (certs.folder(one) / "office-x.pem").unlink()
    assert "office-x.pem" not in kept_names(two)


def test_a_machine_that_had_keys_of_its_own_keeps_them_whoever_was_first(
    apps: Apps, tmp_path: Path
) -> None:
    there = of(apps[0]).settings
    assert there.keys_dir is not None
    settings = settings_of(tmp_path, "earlier", there.database, there.keys_dir)
    own = settings.path("keys") / "77.pem"
    own.write_bytes(b"made before")
    of(apps[0]).database.write(lambda c: stored_keys.put(c, "office-y.pem", b"y"))
    earlier = Services.open(settings)
    with made_key_files.changing(earlier):
        assert own.read_bytes() == b"made before"
    of(apps[0]).database.write(lambda c: stored_keys.forget(c, "77.pem", "office-y.pem"))
    with made_key_files.changing(earlier):
        assert not own.exists()
    earlier.close()


def test_other_keys_than_the_others_have_are_refused_and_so_are_none(
    apps: Apps, tmp_path: Path
) -> None:
    there = of(apps[0]).settings
    others = settings_of(tmp_path, "three", there.database, made_keys(tmp_path / "keys"))
    bare = Settings(data_dir=tmp_path / "four", database_url=there.database)
    (tmp_path / "empty").mkdir()
    unmounted = settings_of(tmp_path, "five", there.database, tmp_path / "empty")
    mixed = Path(shutil.copytree(mounted(of(apps[0])), tmp_path / "mixed"))
    (mixed / "receipts.pem").chmod(0o600)
    shutil.copyfile(tmp_path / "keys" / "receipts.pem", mixed / "receipts.pem")
    of_two_sets = settings_of(tmp_path, "six", there.database, mixed)
    for settings, code in (
        (others, "keys.other"),
        (of_two_sets, "keys.other"),
        (bare, "keys.missing"),
        (unmounted, "keys.missing"),
    ):
        with pytest.raises(ProblemError) as refused:
            Services.open(settings)
        assert refused.value.code == code
    assert not (tmp_path / "four" / "keys" / "passphrase").exists()


def test_keys_that_this_account_cannot_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, opened = made_keys(tmp_path / "keys"), Path.open

    def refusing(path: Path, *given: str) -> object:
        if path.name == "console":
            raise PermissionError(13, "Permission denied")
        return opened(path, *given)

    monkeypatch.setattr(Path, "open", refusing)
    assert mounted_keys.missing(folder) == ["console"]


def test_mounted_keys_are_changed_by_nobody_here(apps: Apps) -> None:
    services = of(apps[0])
    before = {path.name: path.read_bytes() for path in mounted(services).iterdir()}
    changes: list[Callable[[], object]] = [
        lambda: connect.wireless(services, "192.168.3.4", who="x"),
        lambda: connect.domain(services, "https://phones.example.cn", who="x"),
        lambda: connect.paper(services, who="x"),
    ]
    for change in changes:
        with pytest.raises(ProblemError) as refused:
            change()
        assert refused.value.code == "keys.read_only"
    assert {path.name: path.read_bytes() for path in mounted(services).iterdir()} == before


def mounted(services: Services) -> Path:
    assert services.settings.keys_dir is not None
    return services.settings.keys_dir


def test_keys_are_made_once_and_taken_along_from_a_server_that_had_its_own(
    services: Services, tmp_path: Path
) -> None:
    earlier = services.settings.path("keys")
    certs.ensure(services, "")
    now = services.settings.real_now()
    made = keys_init.make(tmp_path / "to", CENTRE, now, earlier)
    assert mounted_keys.missing(tmp_path / "to") == []
    for name in {*mounted_keys.REQUIRED, "root.key"} & {path.name for path in earlier.iterdir()}:
        assert (tmp_path / "to" / name).read_bytes() == (earlier / name).read_bytes()
    assert "county.key" in made
    with pytest.raises(ProblemError) as refused:
        keys_init.make(tmp_path / "to", CENTRE, now)
    assert refused.value.code == "keys.exists"


def test_keys_whose_making_was_killed_are_put_in_place_by_the_next_run(tmp_path: Path) -> None:
    folder, now = tmp_path / "keys", datetime.now(UTC)
    keys_init.make(folder, CENTRE, now)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / keys_init.WHOLE).mkdir()
    for name in ("passphrase", "root.pem"):
        (folder / name).rename(folder / keys_init.WHOLE / name)
    assert keys_init.make(folder, CENTRE, now) == sorted(before)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@about_folder("the whole folder is taken away; a store that is down is tried by make cluster")
async def test_a_server_is_ready_while_database_and_files_answer_and_nobody_stops_it(
    apps: Apps, tmp_path: Path, app: Litestar, services: Services
) -> None:
    async with client(app) as http:
        assert (await http.get("/v1/ready")).status_code == 200
        services.settings.path("photos").rename(tmp_path / "gone")
        answer = await http.get("/v1/ready")
        assert (answer.status_code, answer.json()["failing"]) == (503, ["files"])
        (tmp_path / "gone").rename(services.settings.data_dir / "photos")
        services.stopping.set()
        answer = await http.get("/v1/ready")
        assert (answer.status_code, answer.json()["failing"]) == (503, ["stopping"])
    async with client(apps[1]) as http:
        assert (await http.get("/v1/ready")).json() == {"ready": True, "failing": []}
