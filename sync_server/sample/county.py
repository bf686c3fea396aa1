"""Make the sample county from a seed, and write the files that offices would send.

Counts and totals are those of the 2019 notice (3,917 people, 4,456,018.09 + 2,034,268.77 =
6,490,286.86 yuan); everything else is invented.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from shared.cases import Case
from sync_server.sample import names, places, workbook
from sync_server.sample.amounts import make_contracts
from sync_server.sample.model import SEASON, County, School, Snapshot, Staff, seeded
from sync_server.sample.people import Registry, make_borrowers
from sync_server.sample.repayments import make_snapshots

__all__ = ["PEOPLE", "County", "School", "Snapshot", "Staff", "make_county", "write_county"]

PEOPLE = 3917
"""Graduates who repay in the 2019 notice."""


def make_county(seed: int = 2019) -> County:
    """Make the county of a seed: 24 schools, 3,917 cases, 9,000-odd contracts, seven snapshots."""
    borrowers = make_borrowers(places.sizes(PEOPLE, seeded(seed, "sizes")), seeded(seed, "people"))
    contracts = make_contracts(borrowers, seeded(seed, "contracts"))
    cases = [
        Case(
            id=f"{number:04d}",
            season=SEASON,
            school=borrower.school,
            borrower=borrower.person,
            co_borrower=borrower.home.parent,
            address=borrower.home.address,
            township=borrower.township,
            village=borrower.home.village,
            college=borrower.college,
            graduated_on=f"{borrower.graduated}-07-01",
            contracts=own,
        )
        for number, (borrower, own) in enumerate(zip(borrowers, contracts, strict=True), start=1)
    ]
    snapshots, taken_back = make_snapshots(cases, seeded(seed, "repayments"))
    return County(
        season=SEASON,
        schools=_schools(seeded(seed, "schools")),
        cases=tuple(cases),
        snapshots=snapshots,
        taken_back=taken_back,
    )


def write_county(
    directory: Path, county: County, progress: Callable[[str, int, int], None] | None = None
) -> list[Path]:
    """Write the eleven files that offices send, over older ones of the same name.

    The same county gives the same bytes.

    Args:
        directory: where to; made when missing.
        county: the county.
        progress: called after each file with its name, how many are written, and of how many.

    Returns:
        The paths, in the order a season uses them.
    """
    directory.mkdir(parents=True, exist_ok=True)
    jobs = workbook.jobs(county)
    paths: list[Path] = []
    for done, (name, write) in enumerate(jobs, start=1):
        path = directory / name
        write(path)
        paths.append(path)
        if progress:
            progress(name, done, len(jobs))
    return paths


def _schools(rng: Random) -> tuple[School, ...]:
    registry = Registry(rng)
    officers = [names.surname(rng) + names.given_name(rng, rng.random() < 0.5) for _ in range(6)]
    return tuple(
        School(
            name=name,
            township=township,
            officer=officers[index % len(officers)],
            leader=_staff("副校长", registry),
            liaison=_staff("教师", registry),
        )
        for index, (name, township) in enumerate(places.schools())
    )


def _staff(post: str, registry: Registry) -> Staff:
    male = registry.rng.random() < 0.5
    name = names.surname(registry.rng) + names.given_name(registry.rng, male)
    return Staff(name=name, post=post, phone=f"193{registry.phone()[3:]}")
