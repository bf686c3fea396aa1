"""The tables of docs/scale.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.bench.page import number
from tests.bench.province import assumed
from tests.bench.province.arithmetic import (
    Growth,
    Whole,
    growth,
    mornings,
    of_call,
    person_bytes,
)
from tests.bench.province.assumed import COUNTIES, PEOPLE, Kind
from tests.bench.province.run import Run

KINDS: dict[Kind, str] = {
    "first list": "a phone's first list",
    "changes": "a pull with the day's repayments",
    "nothing new": "a pull with nothing new",
    "record": "a record pushed alone, its standing settled",
    "records": "a record among ten of a push",
    "photo": "a photo asked for, begun, sent, with its receipt",
    "page": "the page of a school",
}
HEAVY = (
    ("B11 slips", 265, PEOPLE, "slips read from scans and filed (due at the centre on one day)"),
    ("B11 notices", 1000, PEOPLE, "notices set"),
    ("B6 s", 200, PEOPLE, "people in sealed summaries"),
    ("B11 list", 10_000, PEOPLE, "rows of the bank's list read"),
)
"""The part of a bench, what it does in its seconds, how often a province does it, in words."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def parts(runs: Sequence[Run]) -> str:
    """What ran."""
    head = ["", *(f"{run.version}, 1/{run.fraction}" for run in runs)]
    rows = [
        ["people, schools, phones"]
        + [f"{number(r.people)}, {number(r.schools)}, {r.phones}" for r in runs],
        ["rows and size of the database before"]
        + [f"{number(r.rows)}, {number(r.database_bytes / 1e6, 'MB')}" for r in runs],
    ]
    for words, value in (
        (
            "syncs, records, photos, pages",
            lambda m: f"{m.syncs}, {m.records}, {m.photos}, {m.pages}",
        ),
        (
            "the morning took, compressed",
            lambda m: f"{number(m.took_s, 's')}, {number(m.compressed)} ×",
        ),
        ("server's processor", lambda m: number(m.used.server_s, "s")),
        (
            "database's processor",
            lambda m: number(m.used.database_s, "s") if m.used.log_bytes else "in it",
        ),
        ("together ÷ by the costs of the calls", lambda m: number(m.processor_s / m.expected_s)),
        ("load generator's processor, apart", lambda m: number(m.generator_s, "s")),
        (
            "day's repayments stored: people, processor",
            lambda m: f"{m.repaid}, {number(m.repaid_s, 's')}",
        ),
        (
            "sent by phones, received",
            lambda m: f"{number(m.sent_bytes / 1e6, 'MB')}, {number(m.received_bytes / 1e6, 'MB')}",
        ),
        ("rows more", lambda m: number(m.rows)),
        (
            "database, photos more",
            lambda m: (
                f"{number(m.database_bytes / 1e6, 'MB')}, {number(m.photo_bytes / 1e6, 'MB')}"
            ),
        ),
        (
            "given to the disk by the server, write-ahead log",
            lambda m: (
                f"{number(m.used.written_bytes / 1e6, 'MB')}, {number(m.used.log_bytes / 1e6, 'MB') if m.used.log_bytes else '–'}"
            ),
        ),
        (
            "memory of server, database",
            lambda m: (
                f"{number(m.server_memory_bytes / 1e6, 'MB')}, {number(m.database_memory_bytes / 1e6, 'MB') if m.database_memory_bytes else '–'}"
            ),
        ),
    ):
        rows.append([words, *(value(r.morning) if r.morning else "–" for r in runs)])
    return table(head, rows)


def calls(lite: Sequence[Run], base: Sequence[Run]) -> str:
    """Processor milliseconds of a call."""
    head = ["processor ms"]
    for runs in (lite, base):
        head += [f"{runs[0].engine} 1/{run.fraction}" for run in runs] + ["grows", "in the whole"]
    rows = []
    for kind, words in KINDS.items():
        row = [words]
        for runs in (lite, base):
            found = of_call(runs, kind)
            row += [number(run.costs[kind].ms) for run in runs]
            row += [f"{found.exponent:+.2f}", number(found.whole)]
        rows.append(row)
    return table(head, rows)


def growths(lite: Sequence[Run], base: Sequence[Run]) -> str:
    """How a phone's share of a morning grows with the database."""
    rows = []
    for name, unit, value in (
        ("processor of the server", "ms", lambda run, m: m.used.server_s * 1000 / run.phones),
        ("processor of the database", "ms", lambda run, m: m.used.database_s * 1000 / run.phones),
        ("sent", "KB", lambda run, m: m.sent_bytes / run.phones / 1000),
        ("received", "KB", lambda run, m: m.received_bytes / run.phones / 1000),
        ("rows", "", lambda run, m: m.rows / run.phones),
        ("write-ahead log", "KB", lambda run, m: m.used.log_bytes / run.phones / 1000),
    ):
        row = [f"{name}, a phone"]
        for runs in (lite, base):
            held = mornings(runs)
            found = growth([run for run, _ in held], [value(run, m) for run, m in held])
            row += _grown(found, unit)
        rows.append(row)
    row = ["size of the database, a person more"]
    for runs in (lite, base):
        row += [number(person_bytes(runs) / 1000, "KB"), "–"]
    rows.append(row)
    row = ["memory of the server"]
    for runs in (lite, base):
        held = mornings(runs)
        values = [m.server_memory_bytes / 1e6 for _, m in held]
        row += _grown(growth([run for run, _ in held], values), "MB")
    rows.append(row)
    return table(["", "SQLite", "grows", "PostgreSQL", "grows"], rows)


def _grown(found: Growth, unit: str) -> list[str]:
    if found.reached < 1e-6:
        return ["–", "–"]
    return [number(found.reached, unit), f"{found.exponent:+.2f}"]


def times(lite: Sequence[Run], base: Sequence[Run]) -> str:
    """How long requests took in the morning of the largest part."""
    (_, one), (_, other) = mornings(lite)[-1], mornings(base)[-1]
    rows = [
        [
            kind,
            number(one.took[kind].count),
            *(number(m.took[kind].p50_ms) for m in (one, other)),
            *(number(m.took[kind].p99_ms) for m in (one, other)),
        ]
        for kind in sorted(set(one.took) & set(other.took))
    ]
    head = ["request", "of them", "SQLite p50 ms", "PostgreSQL p50 ms"]
    return table([*head, "SQLite p99 ms", "PostgreSQL p99 ms"], rows)


def wholes(box: Whole, many: Whole) -> str:
    """The province."""
    return table(
        ["the province", "SQLite, one process", "PostgreSQL"],
        [_row(words, value, box, many) for words, value in _WHOLE],
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


def _row(words: str, value, box: Whole, many: Whole) -> list[str]:  # type: ignore[no-untyped-def]
    return [words, value(box), value(many)]


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
