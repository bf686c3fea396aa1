"""The tables of docs/scale.md that hold the arithmetic: the province, a county, heavy work."""

from __future__ import annotations

from collections.abc import Mapping

from tests.bench.page import number
from tests.bench.province import assumed
from tests.bench.province.arithmetic import Whole
from tests.bench.province.assumed import COUNTIES, PEOPLE
from tests.bench.province.measured_tables import table

HEAVY = (
    ("B11 slips", 265, PEOPLE, "slips read from scans and filed (due at the centre on one day)"),
    ("B11 notices", 1000, PEOPLE, "notices set"),
    ("B6 s", 200, PEOPLE, "people in sealed summaries"),
    ("B11 list", 10_000, PEOPLE, "rows of the bank's list read"),
)
"""The part of a bench, what it does in its seconds, how often a province does it, in words."""


def wholes(box: Whole, many: Whole) -> str:
    """The province."""
    return table(
        ["the province", "SQLite, one process", "PostgreSQL"],
        [[words, value(box), value(many)] for words, value in _WHOLE],
    )


def counties(box: Whole, many: Whole) -> str:
    """A county's share of it."""
    rows = [
        [
            "cores busy in the busiest hour",
            *(f"{w.peak_cores / COUNTIES:.4f}" for w in (box, many)),
        ],
        [
            "cores to install",
            *(f"{w.peak_cores / COUNTIES / assumed.BUSY:.3f}" for w in (box, many)),
        ],
        ["memory", *(number(w.memory_gb * 1000 / COUNTIES, "MB") for w in (box, many))],
        ["disk", *(number(w.disk_gb / COUNTIES, "GB") for w in (box, many))],
        [
            "of this the database",
            *(number(w.database_gb * 1000 / COUNTIES, "MB") for w in (box, many)),
        ],
        ["network, busiest hour", *(number(w.in_mbit_s / COUNTIES, "Mbit/s") for w in (box, many))],
        ["processor hours of a season", *(number(w.season_h / COUNTIES, "h") for w in (box, many))],
    ]
    return table(["a county", "SQLite", "PostgreSQL"], rows)


def heavy(reached_s: Mapping[str, float]) -> str:
    """The office's heavy work of a season, by the seconds that benches reached."""
    rows = []
    for name, does, often, words in HEAVY:
        if name not in reached_s:
            continue
        each_s = reached_s[name] / does
        rows.append(
            [
                words,
                name.split()[0],
                number(each_s * 1000, "ms"),
                number(often),
                number(each_s * often / 3600, "h"),
                number(each_s * often / 36 / COUNTIES, "% of an hour"),
            ]
        )
    head = ["heavy work", "bench", "each", "of them", "the province", "a county"]
    return table(head, rows)


_WHOLE = (
    ("the morning's processor, if nothing grows", lambda w: number(w.flat_s, "s")),
    ("the morning's processor, grown as its calls do", lambda w: number(w.morning_s, "s")),
    (
        "of it the database's",
        lambda w: number(w.database_share * 100, "%") if w.database_share else "in it",
    ),
    ("cores busy in the busiest hour", lambda w: number(w.peak_cores)),
    ("cores to install", lambda w: str(w.install_cores)),
    ("cores busy, every phone with its whole season", lambda w: number(w.worst_cores)),
    ("network in, busiest hour", lambda w: number(w.in_mbit_s, "Mbit/s")),
    ("network out, busiest hour", lambda w: number(w.out_mbit_s, "Mbit/s")),
    (
        "network in, every phone with its whole season",
        lambda w: number(w.worst_in_mbit_s, "Mbit/s"),
    ),
    ("transactions a second, busiest hour", lambda w: number(w.commits_s)),
    ("database at the season's end", lambda w: number(w.database_gb, "GB")),
    ("photos", lambda w: number(w.photo_gb, "GB")),
    ("write-ahead log of a morning", lambda w: number(w.log_gb, "GB") if w.log_gb else "–"),
    ("memory of one server process", lambda w: number(w.server_memory_mb, "MB")),
    ("memory, the database kept in it", lambda w: number(w.memory_gb, "GB")),
    ("processor hours of the season's calls", lambda w: number(w.season_h, "h")),
)
