"""docs/scale.md: made of found.json (numbers) and prose.md (sentences, with `{{name}}` where a number stands)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.bench.page import number
from tests.bench.province import assumed, measured_tables, whole_tables
from tests.bench.province.arithmetic import (
    Whole,
    counties_at_worst,
    counties_of_a_box,
    mornings,
    of_engine,
    of_its_calls,
    whole,
)
from tests.bench.province.kept import Found
from tests.bench.province.run import Run

PROSE = Path(__file__).parent / "prose.md"
PAGE = Path(__file__).resolve().parents[3] / "docs/scale.md"
DISK_GB = 1000
"""Of the box that is asked about; half of it is for the backup."""
_NAME = re.compile(r"\{\{([a-z_.]+)\}\}")


def written(found: Found, prose: str) -> str:
    """The page. Raises KeyError for a name in the prose that nothing is measured for."""
    values = _values(found)
    return _NAME.sub(lambda name: values[name[1]], prose)


def write(found: Found) -> None:
    """Write the page."""
    PAGE.write_text(written(found, PROSE.read_text("utf-8")), "utf-8")


def _values(found: Found) -> Mapping[str, str]:
    lite, base = of_engine(found.runs, "SQLite"), of_engine(found.runs, "PostgreSQL")
    box, many = whole(lite), whole(base)
    return {
        **_assumed(),
        **_measured(found, lite, base),
        **{f"box.{name}": text for name, text in _of(box).items()},
        **{f"many.{name}": text for name, text in _of(many).items()},
        "box_counties": number(counties_of_a_box(box)),
        "box_worst_counties": number(counties_at_worst(box)),
        "box_disk_counties": number(int(DISK_GB / 2 / (box.disk_gb / assumed.COUNTIES))),
        "span": number(lite[-1].people / lite[0].people),
        "table.parts": measured_tables.parts(found.runs),
        "table.calls": measured_tables.calls(lite, base),
        "table.growth": measured_tables.growths(lite, base),
        "table.times": measured_tables.times(lite, base),
        "table.whole": whole_tables.wholes(box, many),
        "table.county": whole_tables.counties(box, many),
        "table.heavy": whole_tables.heavy(found.heavy_s),
    }


def _assumed() -> dict[str, str]:
    curve = assumed.FIRST_SYNCS
    hours = divmod(assumed.BEGINS_MIN, 60)
    return {
        "people": number(assumed.PEOPLE),
        "schools": number(assumed.SCHOOLS),
        "phones": number(assumed.PHONES),
        "photos": number(assumed.PHOTOS),
        "photo_kb": number(assumed.PHOTO_BYTES / 1000),
        "begins": f"{hours[0]:02d}:{hours[1]:02d}",
        "curve": ", ".join(map(str, curve)),
        "yesterday_records": str(assumed.YESTERDAY_RECORDS),
        "yesterday_photos": str(assumed.YESTERDAY_PHOTOS),
        "visits": str(assumed.VISITS),
        "visit_every": str(assumed.VISIT_EVERY_MIN),
        "school_pages": str(assumed.PAGES_OF_A_SCHOOL_MORNING),
        "paid": number(assumed.PAID_TODAY * 100),
        "busy": number(assumed.BUSY * 100),
        "compressed_load": number(assumed.LOAD * 100),
        "records": str(assumed.RECORDS_OF_A_PERSON),
        "days": str(assumed.DAYS),
        "syncs_of_a_day": str(assumed.SYNCS_OF_A_DAY),
        "pages_of_a_day": str(assumed.PAGES_OF_A_SCHOOL_DAY),
    }


def _measured(found: Found, lite: list[Run], base: list[Run]) -> dict[str, str]:
    held = mornings(base)
    last, morning = held[-1]
    largest = base[-1]
    return {
        "day": found.day,
        "machine": found.machine.in_words(),
        "load": number(found.load),
        "minutes": number(found.took_s / 60),
        "fractions": ", ".join(f"1/{run.fraction}" for run, _ in held),
        "fraction": f"1/{last.fraction}",
        "factor": number(last.fraction),
        "largest": f"1/{largest.fraction}",
        "largest_factor": number(largest.fraction),
        "part_people": number(last.people),
        "part_phones": number(last.phones),
        "part_photos": number(morning.photos),
        "compressed": number(morning.compressed),
        "missed": number(max(_missed(runs) for runs in (lite, base)) * 100),
    }


def _missed(runs: list[Run]) -> float:
    """How far the largest morning is from what its calls cost, as a share of that."""
    return abs(of_its_calls(*mornings(runs)[-1]) - 1)


def _of(found: Whole) -> dict[str, str]:
    hours, minutes = divmod(int(found.peak_begins_min), 60)
    return {
        "peak_cores": number(found.peak_cores),
        "flat_cores": number(found.flat_s * found.peak_share / 3600),
        "worst_cores": number(found.worst_cores),
        "install_cores": str(found.install_cores),
        "peak_at": f"{hours:02d}:{minutes:02d}",
        "peak_share": number(found.peak_share * 100),
        "in_mbit": number(found.in_mbit_s),
        "out_mbit": number(found.out_mbit_s),
        "worst_in_mbit": number(found.worst_in_mbit_s),
        "commits": number(found.commits_s),
        "database_gb": number(found.database_gb),
        "photo_gb": number(found.photo_gb),
        "disk_gb": number(found.disk_gb),
        "county_disk_gb": number(found.disk_gb / assumed.COUNTIES),
        "log_gb": number(found.log_gb),
        "season_h": number(found.season_h),
        "server_mb": number(found.server_memory_mb),
    }
