"""The table at the end: for each fault how long phones waited, what was cut, what became of the office's work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from tests.cluster.phones import LoadPhone, Wait

QUIET = "nothing (before the first fault)"


class Struck(msgspec.Struct, kw_only=True):
    """One fault.

    Attributes:
        what: What was killed, in the middle of what.
        begun: When it was killed, 0 for the time before the first fault.
        over: When all phones got through again.
        back_s: Seconds until the cluster took requests again.
        cut: Requests that were on their way and cut, by kind.
        struck: Whether what it was in the middle of did not come to its end.
        work: What became of the office's work.
    """

    what: str
    begun: float
    over: float = 0.0
    back_s: float = 0.0
    cut: dict[str, int] = {}
    struck: bool = False
    work: str = ""


def table(struck: Sequence[Struck], phones: Sequence[LoadPhone]) -> list[str]:
    """Rows of Markdown."""
    lines = [
        "| killed | back after | cut | teachers who press: waits, median, p99, longest | phones left"
        " to themselves: waits, longest | the office's work |",
        "|---|---|---|---|---|---|",
    ]
    for one in struck:
        press, leave = _waits(one, phones, presses=True), _waits(one, phones, presses=False)
        back = f"{one.back_s:.1f} s" if one.back_s else "–"
        cut = ", ".join(f"{n} {kind}" for kind, n in sorted(one.cut.items()) if n) or "–"
        cut += " (that one)" if one.struck and not one.work else ""
        lines.append(
            f"| {one.what} | {back} | {cut} | {spread(press)} | {ends(leave)} | {one.work or '–'} |"
        )
    return lines


def _waits(one: Struck, phones: Sequence[LoadPhone], *, presses: bool) -> list[float]:
    """The waits that were under way while a fault lasted."""

    def met(wait: Wait) -> bool:
        return wait.ended >= one.begun and wait.begun <= one.over

    chosen = [p for p in phones if p.presses == presses]
    return sorted(max(0.0, w.seconds) for p in chosen for w in p.waits if met(w))


def spread(waits: Sequence[float]) -> str:
    if not waits:
        return "–"
    return f"{len(waits)}: {part(waits, 0.5):.2f} s, {part(waits, 0.99):.1f} s, {waits[-1]:.1f} s"


def ends(waits: Sequence[float]) -> str:
    return f"{len(waits)}: {waits[-1]:.1f} s" if waits else "–"


def part(waits: Sequence[float], share: float) -> float:
    """The value below which a share of the waits lies."""
    return waits[min(len(waits) - 1, int(share * len(waits)))]


def noticed(phones: Sequence[LoadPhone]) -> str:
    """What syncs said that did not get through."""
    said: Counter[str] = Counter()
    for phone in phones:
        said += phone.problems
    return ", ".join(f"{code} {n}" for code, n in said.most_common()) or "nothing"
