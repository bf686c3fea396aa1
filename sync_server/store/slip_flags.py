"""What photos of slips give away: a slip of somebody else, a photo used for two people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from shared.cases import Case
from shared.ids import show_case_code
from shared.lifecycle import in_force
from shared.problems import ProblemError
from shared.records.base import Fact
from sync_server.store import cases
from sync_server.store import slips as store
from sync_server.store.parts import parts
from sync_server.store.scope import Of, as_scope


class SlipFlag(msgspec.Struct, frozen=True, kw_only=True):
    """A finding about a photo.

    Attributes:
        code: slip.wrong_case or slip.photo_twice.
        photo: The photo's sha256.
        values: What fills the problem's sentence: codes of cases.
    """

    code: str
    photo: str
    values: dict[str, str]

    @property
    def problem(self) -> ProblemError:
        """Return the finding as a problem with its sentence and its fix."""
        values: dict[str, Any] = {
            name: "、".join(map(show_case_code, codes.split("、")))
            for name, codes in self.values.items()
        }
        return ProblemError(self.code, **values)


def wrong_slips(
    connection: Connection, season: str, found: Sequence[Case], facts: Sequence[Fact]
) -> dict[str, str]:
    """Find deliveries in force whose slip names another case.

    A code that nobody has now, such as that of a person who changed schools, counts as no finding.

    Args:
        connection: A read transaction.
        season: The season.
        found: The cases.
        facts: Their facts in ledger order.

    Returns:
        The other case's code by fact id.
    """
    return {
        fact: code
        for fact, _, code in _wrong_cases(
            connection, season, {c.id: c for c in found}, _photos_in_force(facts)
        )
    }


class _PhotosInForce(msgspec.Struct, frozen=True):
    """Photos of a record in force, its case and kind, and the fact they came with.

    `sheet`: the one that is the scan of its sheet of paper, which may list several people.
    """

    case: str
    kind: str
    fact: str
    photos: tuple[str, ...]
    sheet: str = ""


def _photos_in_force(facts: Sequence[Fact]) -> list[_PhotosInForce]:
    of_case: dict[str, list[Fact]] = {}
    for fact in facts:
        of_case.setdefault(fact.case, []).append(fact)
    return [
        _PhotosInForce(
            case,
            now.kind,
            _source_fact(now, many),
            now.photos,
            now.paper.scan if now.paper else "",
        )
        for case, many in of_case.items()
        for now in in_force(many)
        if now.photos
    ]


def _source_fact(now: Fact, facts: Sequence[Fact]) -> str:
    """Return the fact that brought the photos: the record or its last such correction."""
    same = [
        f.id for f in facts if f.photos == now.photos and (f.id == now.id or f.kind == "correction")
    ]
    return now.id if now.id in same else next(reversed(same), now.id)


def _wrong_cases(
    connection: Connection, season: str, found: Mapping[str, Case], in_use: Sequence[_PhotosInForce]
) -> Iterator[tuple[str, str, str]]:
    """Yield (fact id, photo, other code) of every delivery whose slip names another case."""
    deliveries = [b for b in in_use if b.kind == "notice_delivery" and b.case in found]
    codes = store.known_codes(connection, (sha for b in deliveries for sha in b.photos))
    given = store.codes_in_use(connection, season, (code for code in codes.values() if code))
    for b in deliveries:
        for sha in b.photos:
            if (code := codes.get(sha, "")) in given and code != found[b.case].code:
                yield b.fact, sha, code


def flags_within(connection: Connection, season: str, of: Of) -> dict[str, tuple[SlipFlag, ...]]:
    """Return the findings about the records in force of a school, or of what somebody sees.

    By the fact each photo came with; also of people who are off the list.
    """
    mine = as_scope(of)
    flagged = _flagged(connection, season, store.suspect_cases(connection, season, of))
    return {fact: many for fact, (case, many) in flagged.items() if mine.sees(case.school)}


def flags_of(
    connection: Connection, season: str, case_ids: Sequence[str]
) -> dict[str, tuple[SlipFlag, ...]]:
    """Return the findings about the records in force of these people, as `flags_within` does."""
    mine = set(case_ids)
    flagged = _flagged(connection, season, store.suspects_among(connection, season, case_ids))
    return {fact: many for fact, (case, many) in flagged.items() if case.id in mine}


def _flagged(
    connection: Connection, season: str, suspects: set[str]
) -> dict[str, tuple[Case, tuple[SlipFlag, ...]]]:
    """Return the findings about these people's records in force, and whose each record is."""
    if not suspects:
        return {}
    found = [r for part in parts(sorted(suspects)) for r in _rows(connection, season, part)]
    everyone = {r["id"]: cases.case_of(r) for r in found}
    facts = cases.whole_facts_of(connection, list(everyone))
    in_use = _photos_in_force([f.fact for many in facts.values() for f in many])
    case_of = {b.fact: everyone[b.case] for b in in_use}
    flagged: dict[str, list[SlipFlag]] = {}
    for fact, sha, code in _wrong_cases(connection, season, everyone, in_use):
        flag = SlipFlag(
            code="slip.wrong_case", photo=sha, values={"slip": code, "case": case_of[fact].code}
        )
        flagged.setdefault(fact, []).append(flag)
    for fact, flag in _twice(connection, everyone, in_use):
        flagged.setdefault(fact, []).append(flag)
    return {fact: (case_of[fact], tuple(many)) for fact, many in flagged.items()}


def _rows(connection: Connection, season: str, ids: Sequence[str]) -> Sequence[RowMapping]:
    return cases.rows(connection, season, ids=ids, off_list=None)


def _twice(
    connection: Connection, everyone: Mapping[str, Case], in_use: Sequence[_PhotosInForce]
) -> Iterator[tuple[str, SlipFlag]]:
    """Yield (fact id, finding) of every photo in force that is another person's too.

    The same file, or the same shot under another caption. A sheet may list several people.
    """
    read = store.known_looks(connection, (sha for b in in_use for sha in b.photos))
    shot = {sha: look.same for sha, look in read.items() if look.same}
    holders: dict[str, set[str]] = {}
    for b in in_use:
        for sha in b.photos:
            if sha != b.sheet:
                holders.setdefault(shot.get(sha, sha), set()).add(everyone[b.case].code)
    for b in in_use:
        for sha in b.photos:
            others = holders.get(shot.get(sha, sha), set()) - {everyone[b.case].code}
            if others:
                values = {"others": "、".join(sorted(others))}
                yield b.fact, SlipFlag(code="slip.photo_twice", photo=sha, values=values)
