"""Make the borrowers of the sample list with their families and homes, before any money.

ID numbers are well formed (area 610599, which is assigned to nobody; real dates; right check
digit); phone numbers are well formed too but in 192-000x-xxxx, a block that was not in service in
2019.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import msgspec

from shared.cases import Person
from shared.identity import id_check_digit
from sync_server.sample import names, places
from sync_server.sample.model import AREA_CODE, COUNTY

BORN = (date(1988, 1, 1), date(1998, 12, 31))
_PARENT_BORN = (date(1960, 1, 1), date(1974, 12, 31))


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Where a family lives, its children's surname and the parent who signed with the student."""

    clan: str
    village: str
    address: str
    parent: Person


class Borrower(msgspec.Struct, frozen=True, kw_only=True):
    """One person of the list; `graduated` and `study_years` decide the possible loan years."""

    school: str
    township: str
    person: Person
    home: Home
    college: str
    graduated: int
    study_years: int


class Registry:
    """Gives out ID numbers and phones, each only once."""

    def __init__(self, rng: Random) -> None:
        """Start with none given out."""
        self.rng = rng
        self._ids: set[str] = set()
        self._phones: set[str] = set()

    def id_number(self, born: tuple[date, date], male: bool) -> str:
        """Return a new ID number of someone born between two days."""
        while True:
            day = born[0] + timedelta(days=self.rng.randrange((born[1] - born[0]).days + 1))
            sequence = self.rng.randrange(1, 500) * 2 - (1 if male else 0)
            first17 = f"{AREA_CODE}{day:%Y%m%d}{sequence:03d}"
            if first17 not in self._ids:
                self._ids.add(first17)
                return first17 + id_check_digit(first17)

    def phone(self) -> str:
        """Return a new phone number."""
        while True:
            number = f"192000{self.rng.randrange(100_000):05d}"
            if number not in self._phones:
                self._phones.add(number)
                return number


def make_borrowers(sizes: dict[str, int], rng: Random) -> list[Borrower]:
    """Make everyone, in the mixed order of a bank's export.

    The rare names go to the two smallest schools.
    """
    registry = Registry(rng)
    villages = places.villages(rng)
    found: list[Borrower] = []
    for school, township in places.schools():
        rare = _rare_names(school)
        for name, male in rare:
            found.append(
                _borrower(
                    registry,
                    school,
                    township,
                    name,
                    male,
                    _home(registry, township, villages, name),
                )
            )
        found += _neighbours(registry, school, township, villages, sizes[school] - len(rare))
    rng.shuffle(found)
    return found


def _rare_names(school: str) -> tuple[tuple[str, bool], ...]:
    half = len(names.RARE) // 2
    return dict(zip(places.SMALLEST, (names.RARE[:half], names.RARE[half:]), strict=True)).get(
        school, ()
    )


def _neighbours(
    registry: Registry, school: str, township: str, villages: dict[str, list[str]], count: int
) -> list[Borrower]:
    """Make `count` people of one township; one in sixty is a sibling of the one before."""
    rng = registry.rng
    found: list[Borrower] = []
    for _ in range(count):
        male = rng.random() < 0.5
        if found and rng.randrange(60) == 0:
            home = found[-1].home
            name = home.clan + names.given_name(rng, male)
        else:
            name = names.surname(rng) + names.given_name(rng, male)
            home = _home(registry, township, villages, name)
        found.append(_borrower(registry, school, township, name, male, home))
    return found


def _borrower(
    registry: Registry, school: str, township: str, name: str, male: bool, home: Home
) -> Borrower:
    id_number = registry.id_number(BORN, male)
    study_years, graduated = _studies(int(id_number[6:10]), registry.rng)
    return Borrower(
        school=school,
        township=township,
        person=Person(name=name, id_number=id_number, phones=(registry.phone(),)),
        home=home,
        college=registry.rng.choice(places.COLLEGES),
        graduated=graduated,
        study_years=study_years,
    )


def _home(registry: Registry, township: str, villages: dict[str, list[str]], child: str) -> Home:
    rng = registry.rng
    male = rng.randrange(10) < 6
    village = rng.choice(villages[township])
    parent = Person(
        name=names.parent_name(rng, child, male),
        id_number=registry.id_number(_PARENT_BORN, male),
        phones=(registry.phone(),),
    )
    address = f"{COUNTY}{township}{village}{rng.randrange(1, 10)}组"
    return Home(clan=names.family_name(child), village=village, address=address, parent=parent)


def _studies(born: int, rng: Random) -> tuple[int, int]:
    """Return years of study and year of graduation: three to five years from about eighteen."""
    years = rng.choice((3, 3, 4, 4, 4, 4, 4, 5))
    graduated = born + rng.choice((18, 18, 19)) + years
    if graduated > 2019:
        years, graduated = 3, min(born + 21, 2019)
    return years, graduated
