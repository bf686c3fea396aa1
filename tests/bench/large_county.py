"""A county in week three, as large as asked for, put straight into the store: for what measures growth.

`folder(SIZES[10])` is a data folder with a season at work, made once and kept between runs below the system's
temporary folder, under a name that changes with its makers, the schema and the judge; `opened` is a server over it. Up to
80 schools are put into the store and refreshed by the server, the others are copies of these (county_copies.py). About
60 % of the people have their notice, 40 % a visit, 30 % have repaid; there are statements, reviews, corrections,
claims to have paid, scans of slips and batches of them, prints of notices, lists that schools confirmed, and drafts
of summaries. Equal sizes give equal counties. What is measured must leave the county as it is: whoever writes,
works on a copy (`shutil.copytree`).

Accounts are those of `tests.support.console_browser`; `officer` has every tenth school, `one` and `two` are
liaisons of the first two. Facts are as phones encode them and stand in their device's chain; their signatures are no signatures.
`python -m tests.bench.large_county 1 10 100` makes them ahead.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import update

from shared.lifecycle import JUDGE_VERSION
from sync_server.sample.season import open_sample_season
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import (
    accounts,
    database,
    school_days,
    school_lists,
    search_index,
    search_terms,
    seasons,
)
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.standing_refresh import Refresher
from tests.bench import county_copies, large_school
from tests.bench.county_copies import Named
from tests.bench.large_school import AS_OF, CHAIN, SEASON, Rows
from tests.support.console_browser import people
from tests.support.county import CLOCK


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How large a county is.

    Attributes:
        people: How many people there are, spread evenly over the schools.
        schools: How many schools.
        largest: How many people the first school has besides.
    """

    people: int
    schools: int
    largest: int = 0

    def of_school(self, number: int) -> int:
        """How many people a school has, by its number from 0."""
        even, rest = divmod(self.people, self.schools)
        return even + (number < rest) + (self.largest if number == 0 else 0)

    def code(self, number: int) -> str:
        """The code of a school, by its number from 0."""
        return f"{number + 1:02d}" if self.schools < 100 else f"{number + 1:04d}"


SIZES = {
    1: Size(people=3_912, schools=40),
    10: Size(people=39_120, schools=400),
    100: Size(people=400_000, schools=4_000),
}
"""The county of the sample, ten and a hundred times as large."""
LARGE_SCHOOL = Size(people=3_862, schools=40, largest=9_900)
"""A county whose first school has 10,000 people, or nearly."""


TEMPLATES = 40
"""Schools of equal size that are made by the server; the others are copies of these (county_copies.py)."""
FILE = "doorstep.db"

PLACE = Path(tempfile.gettempdir()) / "doorstep-large-county"
"""Found out at once: a server has temporary files elsewhere."""


def folder(size: Size) -> Path:
    """The data folder of a county of this size; made where it is not there."""
    sources: tuple[str | Path, ...] = (*(__file__, large_school.__file__, county_copies.__file__),)
    sources += tuple(sorted(database.MIGRATIONS.glob("versions/[0-9]*.py")))
    versions = (str(JUDGE_VERSION), search_terms.MAKER)
    text = b"".join(Path(path).read_bytes() for path in sources) + "-".join(versions).encode()
    name = f"{size.people}-{size.schools}-{size.largest}-{hashlib.sha256(text).hexdigest()[:12]}"
    place = PLACE / name
    if not place.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix="making-", dir=PLACE))
        fill(making, size)
        making.rename(place)
    return place


@contextmanager
def opened(place: Path) -> Iterator[Services]:
    """The services over such a folder, in its season, by the clock of its third week."""
    services = Services.open(_settings(place)).in_season()
    try:
        yield services
    finally:
        services.close()


STEPS: tuple[school_lists.Step, ...] = ("given", "seen", "confirmed")


def _settings(place: Path) -> Settings:
    return Settings(data_dir=place, clock_spec=CLOCK, public_url="http://server")


def fill(place: Path, size: Size, templates: int = TEMPLATES) -> None:
    """Make a county in an empty folder; of each number of people the first `templates` schools are no copies."""
    services = Services.open(_settings(place))
    try:
        open_sample_season(services, who="bench")
        people(services)
        services.database.write(lambda c: _schools_of_accounts(c, size))
        services.database.write(lambda c: Rows.of_county(AS_OF).put(c))
        refreshed = _alike(size, templates)
        services.database.write(lambda c: _schools(c, size, sorted(refreshed)))
        services.database.write(lambda c: seasons.announce(c, SEASON))
        services.database.write(_terms_and_days)
    finally:
        services.close()
    if pairs := list(_copies(size, refreshed)):
        named = [Named(size.code(n), n) for n in sorted(refreshed)]
        county_copies.put(place / FILE, named, pairs)


def _alike(size: Size, most: int) -> dict[int, int]:
    """The schools that the server refreshes itself, a few of each number of people, with that number."""
    alike: dict[int, list[int]] = {}
    for number in range(size.schools):
        alike.setdefault(size.of_school(number), []).append(number)
    return {number: count for count, many in alike.items() for number in many[:most]}


def _copies(size: Size, refreshed: Mapping[int, int]) -> Iterator[tuple[Named, Named]]:
    """The other schools, each with the one that it is a copy of."""
    for number in range(size.schools):
        if number not in refreshed:
            alike = [one for one, count in refreshed.items() if count == size.of_school(number)]
            of = alike[number % len(alike)]
            yield Named(size.code(number), number), Named(size.code(of), of)


def _terms_and_days(connection: Connection) -> None:
    while search_index.Refresher().in_pause(connection):
        pass
    while school_days.refresh(connection):
        pass


def _schools_of_accounts(connection: Connection, size: Size) -> None:
    """Give `officer` every tenth school, and `one` and `two` the first two."""
    accounts.set_schools(connection, "officer", [size.code(n) for n in range(0, size.schools, 10)])
    for number, name in enumerate(("one", "two")):
        mine = update(t.account).where(t.account.c.name == name)
        connection.execute(mine.values(unit=size.code(number)))


def _schools(connection: Connection, size: Size, numbers: Iterable[int]) -> None:
    """Put some schools with all they have, and their list as most of them confirmed it."""
    for number in numbers:
        code = size.code(number)
        large_school.rows_of(code, number, size.of_school(number)).put(connection)
        for now in school_lists.current(connection, SEASON, code).values():
            kept = school_lists.put(connection, SEASON, code, now)
            for step in STEPS[: 3 if number % 20 else 1]:
                school_lists.mark(connection, kept, step, at=CHAIN, who="bench")
    while Refresher().in_pause(connection):  # here, and not in many transactions of its own
        pass


def main() -> int:
    """Make the counties that are named by their multiple, or all; `large` is the one of a large school."""
    for name in sys.argv[1:] or ["1", "10", "100", "large"]:
        began = time.monotonic()
        made = folder(LARGE_SCHOOL if name == "large" else SIZES[int(name)])
        mb = sum(p.stat().st_size for p in made.rglob("*") if p.is_file()) / 1e6
        sys.stdout.write(f"{name}: {made} {mb:.0f} MB, {time.monotonic() - began:.0f} s\n")
    for left in PLACE.glob("making-*"):  # of one that was stopped
        shutil.rmtree(left)
    return 0


if __name__ == "__main__":
    sys.exit(main())
