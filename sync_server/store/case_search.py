"""Who is found: by words, school, teacher and whether on the list, through the search index.

Cases whose terms are not made yet are looked at directly, so the answer never depends on when the
index was brought up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import and_, or_
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, select, tuple_

from shared.case_search import folded
from sync_server.store import cases, masking, search_bits, search_index, search_terms
from sync_server.store import tables as t
from sync_server.store.behind import of_whom
from sync_server.store.parts import parts
from sync_server.store.scope import WHOLE_COUNTY, Of, Scope
from sync_server.store.search_terms import BOTH, SHOWN, WHOLE, Searched

P = TypeVar("P", bound=tuple[int | str, ...])
Entry = tuple[str, str]
"""Code and id of a case: the order of every list of cases."""
STEPS_OF_A_FETCH = 4
"""Fetching and sorting a case costs as much as so many steps along the order of all."""
_STEP = 2000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who is looked for.

    Attributes:
        scope: Whom the account sees.
        unit: Of one school; None for all.
        words: Words as `shared.case_search.words_of` gives them; all must be found.
        assignee: Of one teacher; None for all, "" for those whom nobody has.
        off_list: False for people on the list, True for the others, None for all.
    """

    scope: Scope
    unit: str | None = None
    words: tuple[str, ...] = ()
    assignee: str | None = None
    off_list: bool | None = False

    def takes(self, one: Searched, *, inspects: bool) -> bool:
        """Return whether a case is meant."""
        return (
            (self.off_list is None or one.off_list == self.off_list)
            and (self.unit is None or one.unit == self.unit)
            and self.scope.sees(one.unit)
            and (self.assignee is None or one.assignee == self.assignee)
            and one.fits(self.words, inspects=inspects)
        )


class Hits(msgspec.Struct, frozen=True):
    """Who was found.

    Attributes:
        season: The season.
        bits: Of those that the index knows: the numbers, as a set of bits.
        direct: The others, in order.
    """

    season: str
    bits: int
    direct: list[Entry]

    @property
    def count(self) -> int:
        """How many."""
        return self.bits.bit_count() + len(self.direct)

    def part(self, connection: Connection, start: int, stop: int) -> list[str]:
        """Return the ids from one place of the list up to another, in order."""
        return merged(
            self.direct,
            start,
            stop,
            lambda first: _in_order(connection, self.season, self.bits, first, stop),
        )

    def every(self, connection: Connection) -> list[Entry]:
        """Return all of them, in order."""
        return sorted([*_entries(connection, self.season, self.bits), *self.direct])


def merged(
    direct: Sequence[P], start: int, stop: int, known: Callable[[int], Sequence[P]]
) -> list[str]:
    """Return the ids, each the last of its entry, from one place up to another of two lists.

    Both lists are in order, and are one.

    Args:
        direct: The short one.
        start: The first place.
        stop: The place behind the last.
        known: Gives the other from a place on, up to `stop`.
    """
    first = max(0, start - len(direct))
    both = sorted([*known(first), *direct])
    return [str(one[-1]) for one in both[start - first : stop - first]]


def find(connection: Connection, season: str, asked: Asked) -> Hits:
    """Return who is found, in a season."""
    words = tuple(search_terms.storable(word) for word in asked.words)
    asked = msgspec.structs.replace(asked, words=words)
    inspects = masking.inspects(connection)
    bits = _of_index(connection, season, asked, inspects=inspects)
    direct, known = _looked_at(connection, season, asked, inspects=inspects)
    return Hits(season, bits & ~known if known else bits, direct)


def named(connection: Connection, season: str, text: str, code: str) -> list[str]:
    """Return the cases of an id, a code or a borrower's whole name, off the list or not."""
    text, code = search_terms.storable(text), search_terms.storable(code)
    c, ids = t.case_file.c, {text}
    for word in filter(None, {folded(text), folded(code)}):
        anybody = Asked(scope=WHOLE_COUNTY, words=(word,), off_list=None)
        ids |= {case_id for _, case_id in find(connection, season, anybody).every(connection)}
    found = list[str]()
    for part in parts(sorted(ids)):
        query = select(t.case_file).where(c.season == season, c.id.in_(part))
        for row in connection.execute(query).mappings():
            if text in (row["id"], cases.case_of(row).borrower.name) or row["code"] == code:
                found.append(row["id"])
    return sorted(found)


def numbered(connection: Connection, season: str, case_ids: Sequence[str]) -> dict[str, int]:
    """Return the numbers of cases in the index, by case id; of those that it knows."""
    c, found = t.search_case.c, dict[str, int]()
    for part in parts(case_ids):
        query = select(c.case_id, c.n).where(c.season == season, c.case_id.in_(part))
        found |= {row.case_id: row.n for row in connection.execute(query)}
    return found


def _of_index(connection: Connection, season: str, asked: Asked, *, inspects: bool) -> int:
    """Return whom the index names, compared in full where its terms do not say all."""
    units = [asked.unit] if asked.unit is not None else None
    if asked.scope.units is not None:
        seen = asked.scope.units - {""}
        units = sorted(seen if units is None else seen.intersection(units))
    both = [search_terms.ON_LIST, search_terms.OFF_LIST]
    conditions = [both if asked.off_list is None else [both[asked.off_list]]]
    if units is not None:
        conditions.append([search_terms.UNIT + unit for unit in units])
    if asked.assignee is not None:
        conditions.append([search_terms.TEACHER + asked.assignee])
    own = SHOWN if inspects else WHOLE
    pieces = {piece for word in asked.words for piece in search_terms.pieces_of(word)}
    tails = {word: search_terms.tail_of(word) for word in asked.words if not inspects}
    wanted = {term for terms in conditions for term in terms} | set(filter(None, tails.values()))
    sets = _sets(connection, season, wanted | {m + p for p in pieces for m in (BOTH, own)})

    def having(terms: Iterable[str]) -> int:
        return reduce(or_, (sets.get(term, 0) for term in terms), 0)

    found = reduce(and_, map(having, conditions))
    for word in asked.words:
        in_text = reduce(and_, (having((BOTH + p, own + p)) for p in search_terms.pieces_of(word)))
        found &= in_text | sets.get(tails.get(word, ""), 0)
    if found and not all(map(search_terms.is_exact, asked.words)):
        found = _compared(connection, season, found, asked, inspects=inspects)
    return found


def _sets(connection: Connection, season: str, terms: Iterable[str]) -> dict[str, int]:
    c = t.search_term.c
    blocks: dict[str, list[tuple[int, bytes]]] = {}
    for part in parts(sorted(terms)):
        query = select(c.term, c.block, c.cases).where(c.season == season, c.term.in_(part))
        for term, block, kept in connection.execute(query):
            blocks.setdefault(term, []).append((block, kept))
    return {term: search_bits.joined(many) for term, many in blocks.items()}


def _compared(
    connection: Connection, season: str, bits: int, asked: Asked, *, inspects: bool
) -> int:
    c = t.search_case.c
    text = c.shown if inspects else c.text
    fitting = list[int]()
    for part in _numbers(bits):
        query = select(c.n, text, c.numbers).where(c.season == season, c.n.in_(part))
        for n, found, numbers in connection.execute(query):
            one = Searched(text=found, shown=found, numbers=numbers)
            if one.fits(asked.words, inspects=inspects):
                fitting.append(n)
    return search_bits.of(fitting)


def _looked_at(
    connection: Connection, season: str, asked: Asked, *, inspects: bool
) -> tuple[list[Entry], int]:
    """Return who is found among the cases without terms, and which numbers the index has of all."""
    d, c, s = t.search_due.c, t.case_file.c, t.search_case.c
    of: Of = asked.scope if asked.unit is None else asked.unit
    mine = select(d.case_id).where(d.season == season, of_whom(t.search_due, season, of))
    found = list[Entry]()
    for part in parts(list(connection.execute(mine).scalars())):
        query = select(t.case_file).where(c.season == season, c.id.in_(part))
        for row in connection.execute(query).mappings():
            if asked.takes(search_index.searched(row), inspects=inspects):
                found.append((row["code"], row["id"]))
    # of all that are due: somebody may have been of these schools, and gone
    number = select(s.n).where(s.case_id == d.case_id, s.season == season).scalar_subquery()
    numbers = connection.execute(select(number).where(d.season == season)).scalars()
    known = search_bits.of([n for n in numbers if n is not None])
    return sorted(found), known


def _numbers(bits: int) -> Iterator[list[int]]:
    part = list[int]()
    for n in search_bits.members(bits):
        part.append(n)
        if len(part) == 500:
            yield part
            part = []
    if part:
        yield part


def _entries(connection: Connection, season: str, bits: int) -> list[Entry]:
    c, found = t.search_case.c, list[Entry]()
    for part in _numbers(bits):
        query = select(c.code, c.case_id).where(c.season == season, c.n.in_(part))
        found += [(code, case_id) for code, case_id in connection.execute(query)]
    return sorted(found)


def _in_order(connection: Connection, season: str, bits: int, start: int, stop: int) -> list[Entry]:
    """Return the entries of a set from one place of its order up to another.

    The order of all is walked from its nearer end; where that takes longer than to fetch and sort
    those of the set, they are fetched.
    """
    total = bits.bit_count()
    stop = min(stop, total)
    if start >= stop:
        return []
    from_end = start > total - stop
    skipped, wanted = (total - stop if from_end else start), stop - start
    most, found = total * STEPS_OF_A_FETCH, list[Entry]()
    for entry in _walked(connection, season, bits, most, from_end=from_end):
        if skipped:
            skipped -= 1
            continue
        found.append(entry)
        if len(found) == wanted:
            return found[::-1] if from_end else found
    return _entries(connection, season, bits)[start:stop]


def _walked(
    connection: Connection, season: str, bits: int, most: int, *, from_end: bool
) -> Iterator[Entry]:
    """Yield the entries of a set along the order of all, after so many of all no more."""
    c = t.search_case.c
    flags = bits.to_bytes(-(-bits.bit_length() // 8), "little")
    places = len(flags) * 8
    place = tuple_(c.code, c.case_id)
    order = (c.code.desc(), c.case_id.desc()) if from_end else (c.code, c.case_id)
    last: Entry | None = None
    while most > 0:
        step = min(_STEP, most)
        query = select(c.code, c.case_id, c.n).where(c.season == season)
        if last is not None:
            query = query.where(place < last if from_end else place > last)
        rows = connection.execute(query.order_by(*order).limit(step)).all()
        for code, case_id, n in rows:
            if n < places and flags[n >> 3] >> (n & 7) & 1:
                yield code, case_id
        most -= len(rows)
        if len(rows) < step:
            return
        last = (rows[-1][0], rows[-1][1])
