"""From the parts that ran to the whole province: growth exponents, factors, and what they are multiplied with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from tests.bench.province import assumed
from tests.bench.province.assumed import COUNTIES, PEOPLE, PHONES, PHOTOS, Kind
from tests.bench.province.engines import Name
from tests.bench.province.morning import Morning, by_costs_s, counts_of
from tests.bench.province.run import Run

HOUR_S = 3600
RECORDS_TO_COME = 3
"""Of the records of a person in a season, those that the parts do not hold yet, rounded up."""


def of_engine(runs: Sequence[Run], name: Name) -> list[Run]:
    """The runs of an engine, the smallest part first."""
    return sorted((r for r in runs if r.engine == name), key=lambda r: r.people)


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of the logarithm of values over that of sizes: 0 stays as it is, 1 grows as the size does."""
    x, y = [math.log(size) for size in sizes], [math.log(max(value, 1e-9)) for value in values]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - middle_x) ** 2 for one in x)
    if not spread:
        return 0.0
    return sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / spread


class Growth(NamedTuple):
    """How a value for one call, phone or person grows with the database, and what it is in the whole.

    `reached` was measured over the largest part, `factor` times smaller than the whole. `whole` grows on with
    the exponent, and is never less than what was reached.
    """

    reached: float
    exponent: float
    factor: float

    @property
    def whole(self) -> float:
        """Of the whole."""
        return float(self.reached * self.factor ** max(0.0, self.exponent))


def growth(runs: Sequence[Run], values: Sequence[float]) -> Growth:
    """Of a value of each of these runs."""
    sizes = [run.people for run in runs]
    return Growth(values[-1], exponent(sizes, values), PEOPLE / sizes[-1])


def of_call(runs: Sequence[Run], kind: Kind) -> Growth:
    """Processor milliseconds of a call."""
    return growth(runs, [run.costs[kind].ms for run in runs])


def mornings(runs: Sequence[Run]) -> list[tuple[Run, Morning]]:
    """The runs that held a morning."""
    return [(run, run.morning) for run in runs if run.morning is not None]


class Whole(NamedTuple):
    """What the province needs, by one engine's runs. Seconds are of processors, in the morning of the 12-11.

    `peak_share` of the morning's work falls into its busiest hour. `flat_s` is the morning if nothing grows,
    `morning_s` if it grows as its calls do; of this the database has `database_share`. In `worst_s` every phone brings
    the records and photos of its whole season. `commits_s` are transactions of the busiest hour, a second.
    """

    flat_s: float
    morning_s: float
    database_share: float
    worst_s: float
    peak_begins_min: float
    peak_share: float
    in_mbit_s: float
    out_mbit_s: float
    worst_in_mbit_s: float
    commits_s: float
    database_gb: float
    photo_gb: float
    log_gb: float
    server_memory_mb: float
    database_memory_mb: float
    season_h: float

    @property
    def peak_cores(self) -> float:
        """Cores that are busy in the busiest hour, on average."""
        return self.morning_s * self.peak_share / HOUR_S

    @property
    def worst_cores(self) -> float:
        """The same where every phone brings its whole season that morning."""
        return self.worst_s * self.peak_share / HOUR_S

    @property
    def install_cores(self) -> int:
        """Whole cores, of which the busiest hour takes the share it may."""
        return max(1, math.ceil(self.peak_cores / assumed.BUSY))

    @property
    def memory_gb(self) -> float:
        """For the processes, and so that the database need not be read from the disk."""
        processes = self.install_cores * self.server_memory_mb + self.database_memory_mb
        return processes / 1000 + self.database_gb

    @property
    def disk_gb(self) -> float:
        """Of the season: database and photos."""
        return self.database_gb + self.photo_gb


def whole(runs: Sequence[Run]) -> Whole:
    """From one engine's runs."""
    run, last = mornings(runs)[-1]
    begins, share = _busiest_hour()
    flat_s = last.processor_s / run.phones * PHONES
    at_peak = 8 / 1e6 * share / HOUR_S * PHONES / run.phones
    photo_bytes = last.photo_bytes / last.photos
    writes = 2 * last.syncs + 3 * last.photos
    return Whole(
        flat_s=flat_s,
        morning_s=flat_s * calls_grow(runs),
        database_share=last.used.database_s / last.processor_s,
        worst_s=_worst_s(runs),
        peak_begins_min=begins,
        peak_share=share,
        in_mbit_s=last.sent_bytes * at_peak,
        out_mbit_s=last.received_bytes * at_peak,
        worst_in_mbit_s=PHOTOS * photo_bytes * 8 / 1e6 * share / HOUR_S,
        commits_s=writes / run.phones * PHONES * share / HOUR_S,
        database_gb=(person_bytes(runs) + _to_come_bytes(last)) * PEOPLE / 1e9,
        photo_gb=PHOTOS * photo_bytes / 1e9,
        log_gb=last.used.log_bytes * PHONES / run.phones / 1e9,
        server_memory_mb=last.server_memory_bytes / 1e6,
        database_memory_mb=last.database_memory_bytes / 1e6,
        season_h=_season_s(runs) / HOUR_S,
    )


@cache
def _busiest_hour() -> tuple[float, float]:
    return assumed.busiest_hour(assumed.morning(PHONES, assumed.SCHOOLS))


def calls_grow(runs: Sequence[Run]) -> float:
    """By which factor the calls of the largest morning are dearer in the whole than over their part."""
    held = mornings(runs)[-1][0]
    whole_ms = 0.0
    for kind, count in calls_of(held).items():
        whole_ms += count * max(held.costs[kind].ms, of_call(runs, kind).whole)
    return whole_ms / 1000 / by_costs_s(calls_of(held), held.costs)


def calls_of(run: Run) -> dict[Kind, int]:
    """How many calls of each kind the morning of a part is made of."""
    return counts_of(assumed.morning(run.phones, run.schools))


def of_its_calls(run: Run, morning: Morning) -> float:
    """What a morning took over what its calls cost one by one."""
    return morning.processor_s / by_costs_s(calls_of(run), run.costs)


def person_bytes(runs: Sequence[Run]) -> float:
    """What a person more takes in the database, without what an empty one takes."""
    first, last = runs[0], runs[-1]
    return (last.database_bytes - first.database_bytes) / (last.people - first.people)


def _to_come_bytes(morning: Morning) -> float:
    """Of a person, the records that the parts do not hold yet, by what the morning's records took."""
    return RECORDS_TO_COME * morning.database_bytes / morning.records


def _worst_s(runs: Sequence[Run]) -> float:
    """A morning in which the phones bring everything of their season, in batches, and fetch their list."""
    records = PEOPLE * assumed.RECORDS_OF_A_PERSON * of_call(runs, "records").whole
    photos, lists = (
        PHOTOS * of_call(runs, "photo").whole,
        PHONES * of_call(runs, "first list").whole,
    )
    return (records + photos + lists) / 1000


def _season_s(runs: Sequence[Run]) -> float:
    """All calls of a season: single records, photos, syncs with and without news, pages."""
    syncs = PHONES * assumed.DAYS * assumed.SYNCS_OF_A_DAY
    pages = assumed.SCHOOLS * assumed.DAYS * assumed.PAGES_OF_A_SCHOOL_DAY
    counts: dict[Kind, int] = {
        "first list": PHONES,
        "record": PEOPLE * assumed.RECORDS_OF_A_PERSON,
        "photo": PHOTOS,
        "changes": PHONES * assumed.DAYS,
        "nothing new": syncs,
        "page": pages,
    }
    return sum(count * of_call(runs, kind).whole for kind, count in counts.items()) / 1000


def counties_of_a_box(found: Whole) -> int:
    """How many counties one process on one core serves, at the share of it that the busiest hour may take."""
    return int(assumed.BUSY / (found.peak_cores / COUNTIES))


def counties_at_worst(found: Whole) -> int:
    """For how many counties a core keeps up with a morning in which every phone brings its whole season."""
    return int(1 / (found.worst_cores / COUNTIES))
