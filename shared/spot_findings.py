"""What inspectors found of people who were drawn, and how far the follow-up of each is. Pure.

Steps are only ever added: a correction is another finding, and what was found before stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import msgspec

Verdict = Literal["", "real", "not_real", "not_met"]
"""As recorded; not as recorded; nobody was met. "" is nothing found, or taken back."""
Kind = Literal["found", "answered", "asked", "closed"]
Follow = Literal["none", "open", "answered", "closed"]
"""None to follow; the school is to answer; the centre is to look at the answer; closed."""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
KINDS: tuple[Kind, ...] = get_args(Kind)
DIGITS: dict[str, Verdict] = {"": "", "0": "", "1": "real", "2": "not_real", "3": "not_met"}
"""What is typed, as it stands beside the boxes of the sheet."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step about one person.

    Attributes:
        n: Counts the steps of this person, from 1.
        kind: What was done.
        verdict: Of a finding.
        note: The remark of a finding, the school's answer, what is asked again, how it was closed.
        inspectors: Who was there; `seen_on` the day (ISO). Of a finding.
        at: When it was keyed (UTC ISO); `who` by whom.
    """

    n: int
    kind: Kind
    verdict: Verdict = ""
    note: str = ""
    inspectors: str = ""
    seen_on: str = ""
    at: str = ""
    who: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person stands after these steps.

    Attributes:
        n: The last step's number, 0 without any.
        verdict: What holds.
        last: The finding that holds.
        follow: How far the follow-up is.
        answer: The school's last answer since it was found; `asked` the centre's last question.
    """

    n: int = 0
    verdict: Verdict = ""
    last: Step | None = None
    follow: Follow = "none"
    answer: str = ""
    asked: str = ""


def after(steps: Sequence[Step]) -> Finding:
    """Return where steps in order lead; one that does not fit where it stands changes nothing.

    A correction that stays "not real" leaves the follow-up as it is; any other ends it.
    """
    found = Finding()
    for step in steps:
        found = msgspec.structs.replace(_next(found, step), n=step.n)
    return found


def fits(found: Finding, kind: Kind) -> bool:
    """Return whether a step of this kind may come next."""
    if kind == "found":
        return True
    if kind == "answered":
        return found.follow == "open"
    return found.follow == "answered" if kind == "asked" else found.follow in ("open", "answered")


def _next(found: Finding, step: Step) -> Finding:
    if not fits(found, step.kind):
        return found
    change = msgspec.structs.replace
    if step.kind == "answered":
        return change(found, follow="answered", answer=step.note)
    if step.kind == "asked":
        return change(found, follow="open", asked=step.note)
    if step.kind == "closed":
        return change(found, follow="closed")
    if step.verdict == found.verdict:
        return change(found, last=step if step.verdict else None)
    follow: Follow = "open" if step.verdict == "not_real" else "none"
    last = step if step.verdict else None
    return Finding(verdict=step.verdict, last=last, follow=follow)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A school's result: people drawn, checked, and what was found of them.

    `open`: the school is to answer; `answered`: the centre is to look.
    """

    drawn: int = 0
    real: int = 0
    not_real: int = 0
    not_met: int = 0
    open: int = 0
    answered: int = 0
    closed: int = 0

    @property
    def checked(self) -> int:
        """People of whom something was found."""
        return self.real + self.not_real + self.not_met


def result_of(found: Iterable[Finding]) -> Result:
    """Add the people of a school up."""
    every = list(found)
    verdicts = [one.verdict for one in every]
    follows = [one.follow for one in every]
    return Result(
        drawn=len(every),
        real=verdicts.count("real"),
        not_real=verdicts.count("not_real"),
        not_met=verdicts.count("not_met"),
        open=follows.count("open"),
        answered=follows.count("answered"),
        closed=follows.count("closed"),
    )
