"""Guessing: each try counts before the secret is looked at, in the database, and failures are on record."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import func, insert, select, update

import sync_server
from shared.problems import ProblemError
from sync_server.app import create_app
from sync_server.client_address import masked, network, site
from sync_server.console.web import csrf, known_browser
from sync_server.office import attempts as office
from sync_server.office import phone_test, phones, recovery, setup
from sync_server.office.attempts import ACCOUNT, ADDRESS, CODES_OF_SITE, OWN, Guess
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.steady_clock import SteadyClock
from sync_server.store import accounts, attempts, audit, devices
from sync_server.store import tables as t
from sync_server.store.attempt_rule import FORGOTTEN_AFTER, Rule
from sync_server.store.attempts import MOST_ROWS, Counter
from sync_server.store.database import Database
from sync_server.store.engine import open_engine
from tests.support.console_browser import PASSWORD, Browser, people, signed_in
from tests.support.county import CLOCK
from tests.support.devices import RawPhone

WRONG = "wrong one 99"
GUESSES = 200
ELSEWHERE = "203.0.113.77"


class Seconds:
    """A computer's seconds, which a test lets pass."""

    def __init__(self, services: Services) -> None:
        self.passed_s = 0.0
        services.steady = SteadyClock(seconds=lambda: self.passed_s)

    def pass_minutes(self, minutes: int) -> None:
        self.passed_s += minutes * 60


@pytest.fixture
def browser(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return Browser(app)


def sign_in(address: str = ELSEWHERE, subject: str = "admin", browser: str = "") -> Guess:
    return Guess(kind="sign_in", address=address, subject=subject, browser=browser)


async def tried(services: Services, guess: Guess, code: str = "auth.bad_password") -> str:
    """What a try ends with: a problem's code, "" for a right secret; `code` is what looking at it gives."""

    async def look() -> None:
        if code:
            raise ProblemError(code)

    try:
        await office.guarded(services, guess, look)
    except ProblemError as problem:
        return problem.code
    return ""


async def all_fail(services: Services, guesses: Iterable[Guess]) -> None:
    """Wrong guesses, many at once."""
    await asyncio.gather(*(tried(services, guess) for guess in guesses))


def noted(services: Services, action: str) -> list[audit.Note]:
    """The lines of an action, the oldest first."""
    found = services.database.read(lambda c: audit.listed(c, 10_000))
    return [note for note in reversed(found) if note.action == action]


def counts(services: Services) -> dict[str, int]:
    """Failures by kind."""
    a = t.attempt.c
    query = select(a.kind, func.sum(a.failures)).group_by(a.kind)
    return {kind: int(n) for kind, n in services.database.read(lambda c: c.execute(query).all())}


# ---- many at once ----


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'guess.db'}"
    server = request.getfixturevalue("postgres_url")
    root = open_engine(server, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS guess")
        connection.exec_driver_sql("CREATE DATABASE guess")
    root.dispose()
    return str(server).rsplit("/", 1)[0] + "/guess"


@pytest.fixture
def guessed(url: str, tmp_path: Path) -> Iterator[Litestar]:
    app = create_app(
        Settings(
            data_dir=tmp_path / "guess",
            database_url=url,
            clock_spec=CLOCK,
            public_url="http://server",
        )
    )
    people(app.state["services"])
    yield app
    app.state["services"].close()


async def test_of_200_guesses_at_once_five_are_looked_at_and_all_200_are_counted(
    guessed: Litestar,
) -> None:
    browser, services = Browser(guessed), guessed.state["services"]
    await browser.get("/sign-in")
    answers = await asyncio.gather(*(browser.sign_in("admin", WRONG) for _ in range(GUESSES)))
    assert sorted(a.status_code for a in answers) == [401] * OWN.free + [429] * (GUESSES - OWN.free)
    assert counts(services)["sign_in.failed"] == GUESSES
    assert office.failed_sign_ins(services) == GUESSES


def test_two_processes_that_count_at_once_lose_no_try(url: str) -> None:
    counter = Counter("sign_in.place", "k", Rule(free=GUESSES * 2, longest=timedelta(hours=1)))
    databases, now = [Database(url), Database(url)], SteadyClock().now()
    together = threading.Barrier(len(databases))

    def guess(database: Database) -> None:
        together.wait()
        for _ in range(GUESSES // len(databases)):
            database.write(lambda c: attempts.begin(c, [counter], now))

    threads = [threading.Thread(target=guess, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = databases[0].read(lambda c: c.execute(select(t.attempt.c.failures)).scalar())
    for database in databases:
        database.close()
    assert stored == GUESSES


async def test_a_try_is_counted_before_the_secret_is_looked_at(services: Services) -> None:
    async def look() -> None:
        assert counts(services)["sign_in.nobody.place"] == 1
        raise OSError("the server ends here")

    with pytest.raises(OSError, match="ends here"):
        await office.guarded(services, sign_in(), look)
    assert counts(services)["sign_in.nobody.place"] == 1


# ---- who waits, and how long ----


async def test_the_right_password_waits_too_and_the_answer_is_that_of_an_unknown_name(
    browser: Browser,
) -> None:
    answers = []
    for name in ("admin", "nobody"):
        for _ in range(OWN.free):
            await browser.sign_in(name, WRONG)
        answer = await browser.sign_in(name)
        answers.append((answer.status_code, answer.text.replace(f'value="{name}"', "")))
    assert answers[0][0] == 429
    assert "请 1 分钟后再试" in answers[0][1]
    token = re.compile(r'name="_csrf_token" value="[^"]*"')
    assert token.sub("", answers[0][1]) == token.sub("", answers[1][1])


async def test_a_refused_try_makes_the_wait_no_longer(browser: Browser, services: Services) -> None:
    clock = Seconds(services)
    for _ in range(OWN.free + 20):
        await tried(services, sign_in())
    clock.pass_minutes(1)
    assert await tried(services, sign_in(), "") == ""


async def test_each_failure_after_a_wait_doubles_the_next(
    browser: Browser, services: Services
) -> None:
    clock = Seconds(services)
    for _ in range(OWN.free):
        await tried(services, sign_in())
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        clock.pass_minutes(minutes - 1)
        assert await tried(services, sign_in()) == "auth.too_many_tries"
        clock.pass_minutes(1)
        assert await tried(services, sign_in()) == "auth.bad_password"


async def test_a_success_ends_the_count_of_who_tried(browser: Browser, services: Services) -> None:
    for _ in range(3):
        for _ in range(OWN.free - 1):
            await tried(services, sign_in())
        assert await tried(services, sign_in(), "") == ""


async def test_successes_of_many_people_never_make_their_address_wait(
    browser: Browser, services: Services
) -> None:
    for number in range(ADDRESS.free * 2):
        assert await tried(services, sign_in(subject=f"n{number}"), "") == ""


async def test_guesses_from_elsewhere_never_make_a_known_browser_wait(
    app: Litestar, browser: Browser, services: Services
) -> None:
    known = await signed_in(app, "admin")
    await known.post("/sign-out")
    await all_fail(services, (sign_in(f"198.51.100.{n}") for n in range(ACCOUNT.free)))
    assert (await browser.sign_in("admin")).status_code == 429
    assert (await known.sign_in("admin")).status_code == 303


async def test_guesses_beside_it_behind_one_address_never_make_a_known_browser_wait(
    app: Litestar, browser: Browser, services: Services
) -> None:
    known = await signed_in(app, "admin")
    await all_fail(services, (sign_in("127.0.0.1", f"n{n}") for n in range(ADDRESS.free)))
    assert (await browser.sign_in("officer")).status_code == 429
    assert (await known.sign_in("admin")).status_code == 303


async def test_a_known_browser_waits_for_its_own_guesses(app: Litestar, browser: Browser) -> None:
    known = await signed_in(app, "admin")
    for _ in range(OWN.free):
        await known.sign_in("admin", WRONG)
    assert (await known.sign_in("admin")).status_code == 429
    assert (await browser.sign_in("admin")).status_code == 303


async def test_a_browser_is_known_to_those_who_signed_in_from_it_and_to_no_others(
    app: Litestar, browser: Browser, services: Services
) -> None:
    shared = await signed_in(app, "admin")
    await shared.sign_in("officer")
    for name in ("admin", "officer", "one"):
        await all_fail(services, (sign_in(f"198.51.100.{n}", name) for n in range(ACCOUNT.free)))
    found = [(await shared.sign_in(name)).status_code for name in ("admin", "officer", "one")]
    assert found == [303, 303, 429]


@pytest.mark.parametrize("forged", ["x~y", "~", ".", "é" * 9, "a~b" * 200])
async def test_a_forged_cookie_makes_no_browser_known(
    app: Litestar, browser: Browser, services: Services, forged: str
) -> None:
    cookie = f"{known_browser.COOKIE}={forged}".encode().decode("latin-1")
    await browser.get("/sign-in")
    await all_fail(services, (sign_in(f"198.51.100.{n}") for n in range(ACCOUNT.free)))
    held = f"{csrf.COOKIE}={browser.http.cookies[csrf.COOKIE]}; {cookie}"
    fields = {"name": "admin", "password": PASSWORD, csrf.FIELD: browser.form_token}
    browser.http.cookies.clear()
    answer = await browser.http.post(
        "/sign-in", data=fields, headers=[(b"cookie", held.encode("latin-1"))]
    )
    assert answer.status_code == 429


async def test_an_ipv6_network_is_one_place_and_its_site_has_a_count_too(
    services: Services,
) -> None:
    for number in range(OWN.free):
        await tried(services, sign_in(f"2001:db8:1:1::{number}"))
    assert await tried(services, sign_in("2001:db8:1:1::ffff")) == "auth.too_many_tries"
    addresses = [f"2001:db8:2:{n:x}::1" for n in range(CODES_OF_SITE.free + 1)]
    codes = [Guess(kind="enrol", address=address) for address in addresses]
    await all_fail(services, codes[:-1])
    assert await tried(services, codes[-1]) == "enrol.too_many_tries"


async def test_a_new_first_password_ends_the_wait(browser: Browser, services: Services) -> None:
    for _ in range(OWN.free):
        await browser.sign_in("officer", WRONG)
    services.database.write(lambda c: accounts.put(c, "officer", PASSWORD, "officer", "", "o"))
    assert (await browser.sign_in("officer")).status_code == 303


async def test_guesses_at_ones_own_password_are_counted(browser: Browser) -> None:
    await browser.sign_in("admin")
    for _ in range(OWN.free):
        await browser.post("/password", old=WRONG, new="brand new words 3")
        assert "账号或密码不对" in await browser.text_of("/password")
    await browser.post("/password", old=PASSWORD, new="brand new words 3")
    assert "分钟后再试" in await browser.text_of("/password")


async def test_a_right_code_that_is_refused_for_another_reason_does_not_count(
    services: Services,
) -> None:
    guess = Guess(kind="enrol", address=ELSEWHERE)
    for _ in range(OWN.free * 3):
        assert await tried(services, guess, "enrol.other_teacher") == "enrol.other_teacher"
    for _ in range(OWN.free - 1):
        await tried(services, guess, "enrol.code_invalid")
    await tried(services, guess, "enrol.other_teacher")
    assert await tried(services, guess, "enrol.code_invalid") == "enrol.code_invalid"
    assert await tried(services, guess, "") == "enrol.too_many_tries"


def test_what_is_not_counted_is_too_long_to_guess(services: Services, county: list[str]) -> None:
    test = phone_test.begin("https://x.example", services.settings.real_now())
    found = (setup.new_link(services), devices._new_token(), test.token)
    assert [len(text) * 6 >= 128 for text in found] == [True] * 3


def test_a_code_has_eight_random_digits(services: Services, county: list[str]) -> None:
    found = {phones.issue(services, "01", "甲", who="t").code for _ in range(3)}
    assert [re.fullmatch(r"[0-9]{8}", code) is not None for code in found] == [True] * 3


# ---- the rows ----


def fill_up(services: Services, kind: str) -> None:
    now = services.steady.now() - timedelta(minutes=1)
    rows = [
        {"kind": kind, "key": str(n), "failures": 1, "last_at": attempts._text(now)}
        for n in range(MOST_ROWS)
    ]
    services.database.write(lambda c: c.execute(insert(t.attempt), rows))


async def test_a_flood_of_names_stays_bounded_and_drops_no_real_accounts_count(
    browser: Browser, services: Services
) -> None:
    for _ in range(OWN.free):
        await tried(services, sign_in())
    for kind in ("place", "account"):
        fill_up(services, f"sign_in.nobody.{kind}")
    for number in range(3):
        await tried(services, sign_in(f"198.51.100.{number}", "nobody at all"))
    rows = services.database.read(lambda c: c.execute(select(func.count(t.attempt.c.key))).scalar())
    assert rows is not None
    assert rows < 2 * MOST_ROWS
    assert await tried(services, sign_in()) == "auth.too_many_tries"


async def test_forgotten_counts_are_deleted(services: Services) -> None:
    clock = Seconds(services)
    await tried(services, sign_in(subject="old"))
    clock.pass_minutes(int(FORGOTTEN_AFTER / timedelta(minutes=1)))
    await tried(services, sign_in("198.51.100.9", "new"))
    assert counts(services)["sign_in.nobody.place"] == 1


async def test_times_that_lie_years_ahead_are_brought_back(services: Services) -> None:
    for _ in range(OWN.free):
        await tried(services, sign_in())
    ahead = attempts._text(services.steady.now() + timedelta(days=3650))
    services.database.write(
        lambda c: c.execute(update(t.attempt).values(last_at=ahead, blocked_until=ahead))
    )
    clock = Seconds(services)
    assert await tried(services, sign_in(), "") == "auth.too_many_tries"
    clock.pass_minutes(15)
    assert await tried(services, sign_in(), "") == ""


async def test_what_was_typed_as_a_name_and_whole_addresses_are_stored_nowhere(
    app: Litestar, browser: Browser, services: Services
) -> None:
    await Browser(app, address=ELSEWHERE).sign_in("my secret word", WRONG)
    stored = services.database.read(
        lambda c: [*c.execute(select(t.attempt)), *c.execute(select(t.audit))]
    )
    assert counts(services)["sign_in.nobody.place"] == 1
    for typed in ("my secret word", WRONG, ELSEWHERE):
        assert not any(typed in str(tuple(row)) for row in stored)


# ---- the audit trail ----


async def test_a_failed_sign_in_is_on_record_with_account_count_and_masked_address(
    browser: Browser, services: Services
) -> None:
    await tried(services, sign_in(subject="one"))
    (note,) = noted(services, "sign_in.failed")
    assert (note.who, note.unit, note.detail) == ("one", "01", "1 203.0.113.0/24")


async def test_a_flood_of_failures_takes_few_lines_and_the_last_says_how_many(
    browser: Browser, services: Services
) -> None:
    await all_fail(services, (sign_in(f"198.51.100.{n}", f"n{n}") for n in range(50)))
    found = noted(services, "sign_in.failed")
    assert [note.detail.split()[0] for note in found] == ["1", "2", "5", "10", "20", "50"]
    assert {note.who for note in found} == {""}


async def test_the_page_of_the_audit_trail_shows_failures_in_words(
    browser: Browser, services: Services
) -> None:
    await tried(services, sign_in(subject="one"))
    await tried(services, sign_in("198.51.100.1", "typed by mistake"))
    await browser.sign_in("admin")
    text = (await browser.get("/audit?action=sign_in.failed")).text
    assert "登录没有成功" in text
    assert re.search("当天第 1 次.来自 203.0.113.0/24", text)
    assert "不知道是谁" in text
    assert "typed by mistake" not in text


async def test_signing_in_and_out_and_a_new_password_are_on_record(
    browser: Browser, services: Services
) -> None:
    await browser.sign_in("admin")
    await browser.post("/password", old=WRONG, new="brand new words 3")
    await browser.post("/password", old=PASSWORD, new="brand new words 3")
    await browser.post("/sign-out")
    await browser.post("/sign-out")
    lines = services.database.read(lambda c: audit.listed(c, 4))
    assert [(note.who, note.action) for note in reversed(lines)] == [
        ("admin", "sign_in"),
        ("admin", "account.password_failed"),
        ("admin", "account.password"),
        ("admin", "sign_out"),
    ]


async def test_wrong_codes_are_on_record_and_a_phone_that_exists_is_named(
    http: httpx.AsyncClient, services: Services, phone: RawPhone
) -> None:
    phones.issue(services, "01", "甲", who="t")
    recovery.issue(services, phone.device, who="t")
    await http.post("/v1/enrol", content=RawPhone().enrol_request("00000000"))
    for device in (phone.device, "nobody"):
        guess = Guess(kind="recover", address=ELSEWHERE, subject=device)
        await tried(services, guess, "recover.code_invalid")
    assert [(n.who, n.ref) for n in noted(services, "phone.enrol_failed")] == [("", "")]
    found = [(n.who, n.ref, n.unit) for n in noted(services, "phone.recover_failed")]
    assert found == [("甲", phone.device, "01"), ("", "", "")]


# ---- addresses ----


@pytest.mark.parametrize(
    ("address", "place", "of_site", "shown"),
    [
        ("203.0.113.77", "203.0.113.77", "", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.77", "", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48", "fe80::/48"),
        ("", "", "", "–"),
        ("x" * 500, "x" * 100, "", "–"),
    ],
)
def test_an_address_counts_by_network_and_is_noted_masked(
    address: str, place: str, of_site: str, shown: str
) -> None:
    assert (network(address), site(address), masked(address)) == (place, of_site, shown)


def test_one_module_alone_reads_the_address_of_a_request() -> None:
    root = Path(sync_server.__file__).parent
    reads = re.compile(r"\brequest\.client\b|connection\.client\b|x-forwarded", re.IGNORECASE)
    found = {p.name for p in root.rglob("*.py") if reads.search(p.read_text("utf-8"))}
    assert found - {"settings.py"} == {"client_address.py"}
