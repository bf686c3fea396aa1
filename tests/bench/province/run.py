"""One engine over one part of the province: filled, what each call costs, and the morning."""

from __future__ import annotations

import asyncio
import time

import msgspec

from tests.bench.province import morning
from tests.bench.province.assumed import LOAD, Kind
from tests.bench.province.calls import Cost, costs
from tests.bench.province.county import fill, phones_of, size_of
from tests.bench.province.engines import Engine, Name, engine, version_of
from tests.bench.province.morning import Morning


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        fraction: One part of so many of the province.
        rows: Of all tables before the morning; `database_bytes` what they take.
        rest_bytes: Memory of server and database before the first call.
        morning: None where only the calls were measured.
    """

    engine: Name
    version: str
    fraction: int
    people: int
    schools: int
    phones: int
    rows: int
    database_bytes: int
    rest_bytes: tuple[int, int]
    costs: dict[Kind, Cost]
    morning: Morning | None
    took_s: float


def run(name: Name, fraction: int, *, phones: int = 0, with_morning: bool = True) -> Run:
    """Measure one engine at one fraction, with as many phones as belong to it or so many."""
    began = time.perf_counter()
    with engine(name) as found:
        return asyncio.run(
            _run(found, fraction, phones or phones_of(fraction), with_morning, began)
        )


async def _run(found: Engine, fraction: int, phones: int, with_morning: bool, began: float) -> Run:
    size = size_of(fraction)
    ours = fill(found.settings, size, phones)
    found.start()
    rows, database = found.rows(), found.database_bytes()
    rest = found.memory_bytes()
    calls = await costs(found, ours)
    held = None
    if with_morning:
        held = await morning.held(found, ours, size.schools, calls, LOAD)
    return Run(
        engine=found.name,
        version=version_of(found),
        fraction=fraction,
        people=size.people,
        schools=size.schools,
        phones=phones,
        rows=rows,
        database_bytes=database,
        rest_bytes=rest,
        costs=calls,
        morning=held,
        took_s=time.perf_counter() - began,
    )
