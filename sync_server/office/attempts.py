"""Guessing a secret: every try counts before the secret is looked at, and failures are noted.

One rule for all that a person could guess: the password at sign-in and for a new password, the
eight digits of enrolment and recovery, the code of a slip that activates an account, which is typed
by hand. What is long and random (tokens, set-up links, test codes) needs none.
docs/threat-model.md#guessing says why the counts are as they are.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal, NamedTuple, TypeVar

import msgspec

from shared.problems import ProblemError
from shared.season import china_day
from sync_server import client_address
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts, attempts, audit, devices, units
from sync_server.store.attempt_rule import Rule, minutes_of
from sync_server.store.attempts import Counter
from sync_server.store.database import Connection

T = TypeVar("T")
Kind = Literal["sign_in", "password", "enrol", "recover", "activate"]
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
OWN = Rule(free=5, longest=HOUR)
"""One who tries at one thing: an account from one place or browser, codes from one place."""
ACCOUNT = Rule(free=50, longest=QUARTER)
"""An account from anywhere, by browsers that never signed in to it."""
ADDRESS = Rule(free=30, longest=QUARTER)
"""One place, whatever the name: a school's or an office's people share an address.

So do those who are handed their slips at one meeting, and open them in one moment: each code is
counted until it is found right, and is much too long to be guessed.
"""
SITE = Rule(free=300, longest=QUARTER)
"""An IPv6 site, which has 65,536 networks to try from."""
CODES_OF_SITE = Rule(free=30, longest=HOUR)
"""The same for codes: a right guess of eight digits is anybody's."""
MANY_FAILED = 20
"""Failed sign-ins in a day that are more than people's own mistakes."""
FAILED = {
    "sign_in": "sign_in.failed",
    "password": "account.password_failed",
    "enrol": "phone.enrol_failed",
    "recover": "phone.recover_failed",
    "activate": "account.activate_failed",
}
"""What the audit trail calls a failure."""
WRONG = frozenset(
    {
        "account.link_unknown",
        "auth.bad_password",
        "enrol.code_invalid",
        "enrol.no_proof",
        "recover.code_invalid",
    }
)
"""Problems of a wrong secret; after any other the secret was right, and the try does not count."""
TOO_MANY = {
    "sign_in": "auth.too_many_tries",
    "password": "auth.too_many_tries",
    "enrol": "enrol.too_many_tries",
    "recover": "recover.too_many_tries",
    "activate": "account.too_many_tries",
}


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """A try at a secret.

    Attributes:
        kind: Which kind of secret.
        address: From where; see sync_server/client_address.py.
        subject: The account's name or the phone's id that was given; "" where a code alone is.
        browser: The browser's number if it has signed in to this account before; "" otherwise.
    """

    kind: Kind
    address: str
    subject: str = ""
    browser: str = ""


class _Counted(NamedTuple):
    """The counters of a try: `own` is forgotten after a success, the others take the try back."""

    own: Counter
    shared: tuple[Counter, ...]

    @property
    def all(self) -> tuple[Counter, ...]:
        return (self.own, *self.shared)


class _Subject(NamedTuple):
    """Whom the audit trail names: nobody, where the given name or id is nobody's.

    `stamp` changes with an account's password: a new one starts with no failures.
    """

    who: str = ""
    unit: str = ""
    ref: str = ""
    stamp: str = ""
    known: bool = False


async def guarded(services: Services, guess: Guess, check: Callable[[], Awaitable[T]]) -> T:
    """Let a secret be looked at, unless too many tries failed; count and note how it went.

    The try is counted and committed first: however many come at once, each counts. A process that
    ends meanwhile leaves it counted.

    Args:
        services: The server's services.
        guess: What is tried, and from where.
        check: Looks at the secret.

    Returns:
        What `check` returned.

    Raises:
        ProblemError: auth.too_many_tries, enrol.too_many_tries, recover.too_many_tries,
            account.too_many_tries, and those of `check`.
    """
    begun = await services.write(lambda c: _begin(c, services, guess))
    if begun.blocked is not None:
        wait = begun.blocked.wait(services.steady.now())
        raise ProblemError(TOO_MANY[guess.kind], minutes=max(1, minutes_of(wait)))
    try:
        found = await check()
    except ProblemError as problem:
        if problem.code in WRONG:
            await services.write(lambda c: _note_failure(c, services, guess))
        else:
            await services.write(lambda c: _take_back(c, services, guess, begun, right=False))
        raise
    await services.write(lambda c: _take_back(c, services, guess, begun, right=True))
    return found


def _begin(connection: Connection, services: Services, guess: Guess) -> attempts.Begun:
    counted = _counters(services.settings, guess, _subject(connection, guess))
    begun = attempts.begin(connection, counted.all, services.steady.now())
    if begun.blocked is not None:
        _note_failure(connection, services, guess)
    return begun


def _take_back(
    connection: Connection, services: Services, guess: Guess, begun: attempts.Begun, *, right: bool
) -> None:
    """Take a try back; `right`: it also ends the count of who tried."""
    counted = _counters(services.settings, guess, _subject(connection, guess))
    for counter, failures in zip(counted.all, begun.failures, strict=True):
        if right and counter is counted.own:
            attempts.forget(connection, counter)
        else:
            attempts.take_back(connection, counter, failures)


def _counters(settings: Settings, guess: Guess, subject: _Subject) -> _Counted:
    """Return what a try counts with; names, ids and addresses as keyed hashes only.

    What is nobody's counts in a kind of its own, by the same rules: the answers are the same, and a
    flood of such names drops no real account's count.
    """

    def counter(kind: str, rule: Rule, *parts: str) -> Counter:
        return Counter(f"{guess.kind}.{kind}", _keyed(settings, kind, *parts), rule)

    place, site = client_address.network(guess.address), client_address.site(guess.address)
    real, whose = "" if subject.known else "nobody.", (guess.subject, subject.stamp)
    if guess.kind in ("enrol", "activate"):
        own = counter("address", OWN if guess.kind == "enrol" else ADDRESS, place)
        return _Counted(own, (counter("site", CODES_OF_SITE, site),) if site else ())
    at = (counter("address", ADDRESS, place), *((counter("site", SITE, site),) if site else ()))
    if guess.kind in ("password", "recover"):
        return _Counted(counter(f"{real}one", OWN, *whose), at)
    if guess.browser:
        return _Counted(counter("browser", OWN, *whose, guess.browser), ())
    own = counter(f"{real}place", OWN, *whose, place)
    return _Counted(own, (counter(f"{real}account", ACCOUNT, *whose), *at))


def _subject(connection: Connection, guess: Guess) -> _Subject:
    if guess.kind in ("sign_in", "password"):
        account = accounts.find(connection, guess.subject)
        return (
            _Subject(account.name, account.unit, "", account.stamp, True) if account else _Subject()
        )
    if not guess.subject:
        return _Subject()
    try:
        device = devices.by_id(connection, guess.subject)
    except ProblemError:
        return _Subject()
    teacher = units.staff_names(connection, device.season).get(device.staff, "")
    return _Subject(teacher, device.unit, device.id, known=True)


def _note_failure(connection: Connection, services: Services, guess: Guess) -> None:
    """Count a failure of the day, and note the 1st, 2nd, 5th, 10th, 20th … in the audit trail.

    What was typed is not noted where nobody has that name: people type passwords there.
    """
    now, subject = services.steady.now(), _subject(connection, guess)
    key = _keyed(services.settings, subject.ref or subject.who, china_day(now).isoformat())
    count = attempts.tally(connection, FAILED[guess.kind], key, now)
    if not _is_noted(count):
        return
    audit.note(
        connection,
        at=services.settings.now_text(),
        who=subject.who,
        action=FAILED[guess.kind],
        ref=subject.ref,
        unit=subject.unit,
        detail=f"{count} {client_address.masked(guess.address)}",
    )


def _is_noted(count: int) -> bool:
    digits = str(count)
    return digits[0] in "125" and not digits[1:].strip("0")


def failed_sign_ins(services: Services) -> int:
    """Return how many sign-ins failed today, or yesterday until a day ago, refused ones too.

    For the centre's first page: from MANY_FAILED on somebody is guessing.
    """
    now = services.steady.now()
    return services.database.read(lambda c: attempts.total(c, FAILED["sign_in"], now))


def _keyed(settings: Settings, *parts: str) -> str:
    """Return a hash of texts that nobody without this server's secret can make."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.new(settings.secret("attempts").encode(), text, hashlib.sha256).hexdigest()[:32]
