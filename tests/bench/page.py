"""docs/benchmarks.md: made of what was recorded (bounds.json) and what is said about it (prose.md)."""

from __future__ import annotations

from pathlib import Path

from tests.bench.benches import BENCHES
from tests.bench.kept import Kept, Reached, name_of
from tests.bench.registry import Holds, Part

PROSE = Path(__file__).parent / "prose.md"
PAGE = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"
RESULTS, PEERS, MACHINES = "<!-- results -->", "<!-- peers -->", "<!-- machines -->"


def written(kept: Kept, prose: str) -> str:
    """The page."""
    text = prose.replace(RESULTS, _results(kept)).replace(PEERS, _peers(kept))
    return text.replace(MACHINES, _machines(kept))


def write(kept: Kept) -> None:
    """Write the page."""
    PAGE.write_text(written(kept, PROSE.read_text("utf-8")), "utf-8")


def number(value: float, unit: str = "") -> str:
    """A value as a person reads it, with its unit."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {unit}".strip() if unit not in ("", "exponent") else text


def _results(kept: Kept) -> str:
    lines = [
        "| | work ÷ limit | reached | range | bound | aim | measured |",
        "|---|---|---|---|---|---|---|",
    ]
    for bench in BENCHES:
        for part in bench.parts:
            row = _row(part, kept.parts.get(name_of(bench, part)))
            lines.append(f"| {bench.number} | {part.words} | {' | '.join(row)} |")
    return "\n".join(lines)


def _row(part: Part, found: Reached | None) -> tuple[str, str, str, str, str]:
    aim = "–" if part.aim is None else number(part.aim, part.unit)
    if found is None:
        return "not measured", "–", "–", aim, "–"
    when = f"{found.day} {found.machine}"
    if found.lacking:
        return f"not measured: {found.lacking}", "–", "–", aim, when
    bound = "–" if found.bound is None else number(found.bound, part.unit)
    if part.holds is Holds.SAME_MACHINE:
        bound += f" on {found.machine}"
    spread = f"{number(found.low)}–{number(found.high)}" if found.rounds > 1 else "once"
    return number(found.median, part.unit), spread, bound, aim, when


def _peers(kept: Kept) -> str:
    lines = ["| program | the same work | ours ÷ theirs | range |", "|---|---|---|---|"]
    for bench in BENCHES:
        for part in bench.parts:
            if part.peer:
                median, spread, *_ = _row(part, kept.parts.get(name_of(bench, part)))
                lines.append(f"| {part.peer} | {part.words} | {median} | {spread} |")
    return "\n".join(lines)


def _machines(kept: Kept) -> str:
    return "\n".join(f"- {key}: {found.in_words()}" for key, found in sorted(kept.machines.items()))
