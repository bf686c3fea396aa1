"""The ports of the web app, inside Chromium: the same contract as everywhere, with and without JSPI; kills; a full quota.

The runtime and the compiled modules are the built app's own (tests/support/sites.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, sync_playwright

from mobile.ports.native_crypto import NativeCrypto
from mobile.store import keyfile
from shared.box import ESCROW, Box
from shared.wire import unb64
from tests.support.browser.driver import ARGUMENTS, find_browser
from tests.support.phone.contract_keys import (
    a_box_closed_here_opens_with_the_offices_key,
    a_key_made_here_signs_and_agrees,
)
from tests.support.phone.ports_contract import CONTRACT
from tests.support.ports_site import GOLDEN, Pictures, PortsSite, in_a_thread
from tests.support.sites import real_site

QUOTA_BYTES = 4_000_000


class Window:
    """One Chromium with a folder of its own, so that it can be killed and started again."""

    def __init__(self, profile: Path, url: str, *, jspi: bool = True) -> None:
        self._profile = profile
        self._url = url
        self._page = f"{url}/index.html" + (
            "" if jspi else "?jspi=off"
        )  # no flag of Chromium 156 turns it off
        self.context: BrowserContext
        self.page: Page

    def start(self, playwright: Playwright) -> Window:
        self.context = playwright.chromium.launch_persistent_context(
            str(self._profile), executable_path=find_browser(), args=list(ARGUMENTS)
        )
        self.page = self.context.pages[0]
        return self.load()

    def kill(self, playwright: Playwright) -> Window:
        """End the browser the hard way and start it anew over the same folder."""
        browser_pid = int(str((self._profile / "SingletonLock").readlink()).rpartition("-")[2])
        os.kill(browser_pid, signal.SIGKILL)
        with contextlib.suppress(Error):  # it may be heard of the death before or after
            self.context.close()
        return self.start(playwright)

    def room(self, size_bytes: int) -> None:
        """Let the browser have no more room than this; 0: as much as there is."""
        session = self.context.new_cdp_session(self.page)
        wanted = {"quotaSize": size_bytes} if size_bytes else {}
        session.send("Storage.overrideQuotaForOrigin", {"origin": self._url, **wanted})
        self._sessions = session  # the override goes with the session that made it

    def load(self) -> Window:
        self.page.goto(self._page)
        return self

    def run(self, name: str, **words: object) -> Any:
        """What `name` returns inside; its failure fails the test."""
        reply = self.page.evaluate(
            "([name, words]) => window.run(name, words)", [name, json.dumps(words)]
        )
        if "failed" in reply:
            pytest.fail(f"the worker did not start: {reply['failed']}")
        answer = json.loads(reply["result"])
        if not answer["ok"]:
            pytest.fail(answer["why"])
        return answer["result"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortsSite]:
    """The built app's runtime and archive, with the contract, served on this machine."""
    if find_browser() is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but no Chromium is on the path")
        pytest.skip(
            "NO CHROMIUM on the path: the browser's ports were not run against their contract"
        )
    app = tmp_path_factory.mktemp("app") / "site"
    real_site(app)
    with PortsSite(Pictures(), app).serving() as served:
        yield served


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(
    scope="module",
    params=(
        pytest.param(True, id="jspi"),
        pytest.param(False, id="no-jspi", marks=pytest.mark.extended),
    ),
)
def window(
    request: pytest.FixtureRequest,
    site: PortsSite,
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Window]:
    opened = Window(tmp_path_factory.mktemp("profile"), site.url, jspi=request.param).start(
        playwright
    )
    assert opened.run("has_jspi") == [request.param, request.param]
    yield opened
    opened.context.close()


@pytest.fixture
def fresh(site: PortsSite, playwright: Playwright, tmp_path: Path) -> Iterator[Window]:
    """A browser nobody has used, for tests that kill it or fill its quota."""
    opened = Window(tmp_path / "profile", site.url).start(playwright)
    yield opened
    opened.context.close()


@pytest.mark.parametrize("name", CONTRACT)
def test_every_port_passes_its_contract(
    name: str, window: Window, request: pytest.FixtureRequest
) -> None:
    result = window.run(name)
    request.node.user_properties.extend(result.items())
    if name == a_key_made_here_signs_and_agrees.__name__:
        made = {key: unb64(value) for key, value in result["made"].items()}
        crypto = NativeCrypto()
        assert in_a_thread(crypto.public_point(made["private"])) == made["public"]
        assert in_a_thread(crypto.verify(made["public"], b"made here", made["signature"]))
    if name == a_box_closed_here_opens_with_the_offices_key.__name__:
        office = unb64(json.loads(GOLDEN.read_bytes())["box"]["private"])
        box = msgspec.convert(result["box"], Box)
        assert in_a_thread(keyfile.open_box(NativeCrypto(), ESCROW, office, box)) == b"data key"


def test_the_device_key_cannot_be_exported(window: Window) -> None:
    assert window.run("secret_is_not_given_out", phone="kept") == "InvalidAccessError"


def test_a_flush_returns_only_when_the_data_is_on_disk(window: Window) -> None:
    assert window.run("durability_of_a_flush", phone="flushes") == "strict"


def test_many_drafts_at_once_share_their_flushes(window: Window) -> None:
    assert 1 <= window.run("flushes_of", phone="flushes", drafts_at_once=30) <= 3


def test_a_flush_writes_the_pages_that_changed_and_not_the_file(window: Window) -> None:
    window.run("make_season", phone="large", cases=200, facts=100)
    found = window.run("bytes_of_a_draft", phone="large")
    assert found["file"] > 250_000
    assert 0 < found["written"] < 60_000


def test_pages_of_a_window_that_lost_its_turn_are_refused(fresh: Window) -> None:
    saved, refused = fresh.run("second_storage_refuses", phone="twice")
    assert "." not in saved  # an id
    assert refused == "phone.in_use"
    fresh.load()
    assert fresh.run("records", phone="twice") == ["first", "second"]


# an earlier version's whole file


def test_a_file_an_earlier_version_stored_whole_becomes_pages_and_keeps_every_record(
    fresh: Window,
) -> None:
    fresh.run("add_record", phone="earlier", note="before")
    data = fresh.run("database_bytes", phone="earlier")
    fresh.load()
    fresh.run("stored_whole", phone="earlier", data=data)
    fresh.load()
    assert fresh.run("records", phone="earlier") == ["before"]
    fresh.run("add_record", phone="earlier", note="after")
    fresh.load()
    assert fresh.run("records", phone="earlier") == ["before", "after"]
    fresh.load()
    # an earlier version must not go on from a state that is no longer the last
    assert fresh.run("earlier_version_finds", phone="earlier") == "pages of phone.d"


# loaded anew and killed


@pytest.mark.extended
def test_a_browser_killed_while_it_saves_keeps_every_record_that_was_called_saved(
    fresh: Window, playwright: Playwright
) -> None:
    for wait_ms in (300, 40, 170):
        fresh.page.evaluate(
            "([name, words]) => { window.run(name, words); }",
            ["save_until_killed", json.dumps({"phone": "killed"})],
        )
        fresh.page.wait_for_function("window.saved.length > 3", timeout=60_000)
        fresh.page.wait_for_timeout(wait_ms)
        saved = fresh.page.evaluate("window.saved")
        fresh.kill(playwright)
        found = fresh.run("records", phone="killed")
        # every start counts anew from 0; what this one saved is at the end
        since = found[max(at for at, note in enumerate(found) if note == "record 0") :]
        assert since[: len(saved)] == saved
        # those after the last look were on their way: each once, none left out
        assert since == [f"record {number}" for number in range(len(since))]


@pytest.mark.extended
def test_work_survives_reloads_and_a_browser_that_is_killed(
    fresh: Window, playwright: Playwright, request: pytest.FixtureRequest
) -> None:
    """Four phones in one browser: a start of the runtime takes longer than what any of them does."""
    fresh.run("work_is_done", phone="reloaded")
    fresh.run("add_record", phone="often", note="record 0")
    made = fresh.run("make_season", phone="season", cases=200, facts=300)
    fresh.load()

    # a season of records opens completely; its numbers go into the report (--junitxml)
    found = fresh.run("open_season", phone="season")
    request.node.user_properties.extend((made | found).items())
    assert found["cells"] == 501
    # work survives a reload
    fresh.run("work_is_found", phone="reloaded")
    fresh.run("add_record", phone="often", note="record 1")
    fresh.run("work_is_done", phone="killed")
    fresh.kill(playwright)

    # and a browser that is killed
    fresh.run("work_is_found", phone="killed")
    fresh.run("add_record", phone="often", note="record 2")
    fresh.load()

    # each of many starts keeps earlier data
    assert fresh.run("records", phone="often") == [f"record {number}" for number in range(3)]


# no room


def test_a_full_browser_reports_it_and_loses_nothing(fresh: Window) -> None:
    """Drafts until there is no room, then a record: refused with a sentence, and not there; what was saved stays."""
    fresh.room(
        QUOTA_BYTES
    )  # before the first record: Chromium believes in its first answer for half a minute
    saved = fresh.run("add_record", phone="full", note="before")
    assert fresh.run("fill", phone="full", drafts_bytes=200_000) == "disk.full"
    assert fresh.run("add_record", phone="full", note="refused") == "disk.full"
    assert fresh.run("records", phone="full") == ["before"]
    fresh.room(0)
    assert fresh.run("add_record", phone="full", note="after") != saved
    fresh.load()
    assert fresh.run("records", phone="full") == ["before", "after"]


def test_a_photo_over_the_quota_is_refused_and_the_others_stay(fresh: Window) -> None:
    fresh.room(QUOTA_BYTES)
    assert fresh.run("fill_photos", phone="photos", size_bytes=300_000) == "disk.full"
    there = fresh.run("photos_there", phone="photos")
    assert set(there) == {300_000}
    fresh.load()
    assert fresh.run("photos_there", phone="photos") == there
