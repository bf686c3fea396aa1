"""The tables of docs/scale.md that hold what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.bench.page import number
from tests.bench.province.arithmetic import (
    Growth,
    growth,
    mornings,
    of_call,
    of_its_calls,
    person_bytes,
)
from tests.bench.province.assumed import Kind
from tests.bench.province.run import Run

KINDS: dict[Kind, str] = {
    "first list": "a phone's first list",
    "changes": "a pull with the day's repayments",
    "nothing new": "a pull with nothing new",
    "record": "a record pushed alone, its standing refreshed",
    "records": "a record among ten of a push",
    "photo": "a photo asked for, begun, sent, with its receipt",
    "page": "the page of a school",
}


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
        + [f"{number(r.rows)}, {megabytes(r.database_bytes)}" for r in runs],
    ]
    for words, value in _MORNING:
        rows.append([words, *(value(r, r.morning) if r.morning else "–" for r in runs)])
    return table(head, rows)


def megabytes(count: float) -> str:
    """Bytes as a person reads them; a dash for none."""
    return number(count / 1e6, "MB") if count else "–"


_MORNING = (
    (
        "syncs, records, photos, pages",
        lambda _, m: f"{m.syncs}, {m.records}, {m.photos}, {m.pages}",
    ),
    (
        "the morning took, compressed",
        lambda _, m: f"{number(m.took_s, 's')}, {number(m.compressed)} ×",
    ),
    ("server's processor", lambda _, m: number(m.used.server_s, "s")),
    (
        "database's processor",
        lambda _, m: number(m.used.database_s, "s") if m.used.log_bytes else "in it",
    ),
    ("together ÷ by the costs of the calls", lambda run, m: number(of_its_calls(run, m))),
    ("load generator's processor, apart", lambda _, m: number(m.generator_s, "s")),
    (
        "day's repayments stored: people, processor",
        lambda _, m: f"{m.repaid}, {number(m.repaid_s, 's')}",
    ),
    (
        "sent by phones, received",
        lambda _, m: f"{megabytes(m.sent_bytes)}, {megabytes(m.received_bytes)}",
    ),
    ("rows more", lambda _, m: number(m.rows)),
    (
        "database, photos more",
        lambda _, m: f"{megabytes(m.database_bytes)}, {megabytes(m.photo_bytes)}",
    ),
    ("given to the disk by the server", lambda _, m: megabytes(m.used.written_bytes)),
    ("write-ahead log", lambda _, m: megabytes(m.used.log_bytes)),
    ("memory of the server", lambda _, m: megabytes(m.server_memory_bytes)),
    ("memory of the database", lambda _, m: megabytes(m.database_memory_bytes)),
)


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
