"""Which school a written name means: by its present name, an earlier one, or another spelling.

Pure. A name that is not one school's for certain is never decided here: `Names.code` says nothing
and `Names.near` suggests, and somebody chooses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from shared import spelling

MOST = 3
"""Suggestions for one name."""
_NUMBER = re.compile(r"[0-9一二三四五六七八九十]+")
_SIGNS = str.maketrans(
    {**dict.fromkeys("[{〔【「『〈《", "("), **dict.fromkeys("]}〕】」』〉》", ")"), "·": None}
)
_SHORTEST = 4
"""Characters that must be left of a name when the county before it is left out: 某县中学 is the
name of a school, 某县第一中学 is 第一中学."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A school as names are compared with it.

    Attributes:
        code: Its code.
        name: Its present name.
        others: Earlier names, other spellings, and the names of schools that were merged into it.
    """

    code: str
    name: str
    others: tuple[str, ...] = ()


def key(text: str, county: str = "") -> str:
    """Return what all spellings of one name share; compared only, never shown.

    Blanks, full-width signs, the kind of brackets and the county before the name come and go.
    """
    found, before = text, ""
    for _ in range(5):  # a compatible form may have another, and each its own signs
        if found == before:
            break
        before = found
        found = spelling.name_key(spelling.school(found)).translate(_SIGNS)
        head = spelling.name_key(county)
        while head and found.startswith(head) and len(found) - len(head) >= _SHORTEST:
            found = found[len(head) :]
    return found


class Names:
    """The names of a county's schools."""

    def __init__(self, schools: Iterable[Known], county: str = "") -> None:
        """Read the names; `county`: whose name may stand before that of a school."""
        self._schools = list(schools)
        self._county = county
        self._levels: tuple[dict[str, set[str]], ...] = ({}, {}, {})
        for school in self._schools:
            self._add(0, spelling.school(school.name), school.code)
            self._add(1, key(school.name, county), school.code)
            for other in school.others:
                self._add(2, key(other, county), school.code)

    def _add(self, level: int, name: str, code: str) -> None:
        if name:
            self._levels[level].setdefault(name, set()).add(code)

    def code(self, written: str) -> str:
        """Return the code of the one school that a name means, "" where none or several may be.

        A present name goes before the earlier name of another school.
        """
        sought = (spelling.school(written), *(key(written, self._county),) * 2)
        for level, name in zip(self._levels, sought, strict=True):
            if found := level.get(name):
                return min(found) if len(found) == 1 else ""
        return ""

    def is_present(self, written: str) -> bool:
        """Return whether a name is the present one of some school, however it is spelt."""
        return key(written, self._county) in self._levels[1]

    def near(self, written: str) -> list[str]:
        """Return the codes of the schools that an unknown name may mean, the nearest first."""
        wanted = key(written, self._county)
        same = {c for level in self._levels[1:] for c in level.get(wanted, ())}
        owners: dict[str, set[str]] = {}
        for school in self._schools:
            for name in (school.name, *school.others):
                owners.setdefault(name, set()).add(school.code)
        found = sorted(same)
        for name in alike(written, sorted(owners)):
            found += sorted(owners[name] - set(found))
        return found[:MOST] if len(same) <= MOST else found


def alike(name: str, known: Sequence[str]) -> list[str]:
    """Return the known names nearest to this one, where they differ little. Pure.

    Numbers tell schools apart: 第一小学 never suggests 第二小学.
    """
    wanted = spelling.school_key(name)
    found = []
    for other in known:
        other_key = spelling.school_key(other)
        if _NUMBER.findall(wanted) != _NUMBER.findall(other_key):
            continue
        distance = edits(wanted, other_key)
        if distance <= min(len(wanted), len(other_key)) // 4:
            found.append((distance, other))
    nearest = min(found, default=(0, ""))[0]
    return [other for distance, other in sorted(found) if distance == nearest][:MOST]


def edits(one: str, other: str) -> int:
    """Return how many characters must be added, dropped or changed to make one text the other."""
    before = list(range(len(other) + 1))
    for n, a in enumerate(one, start=1):
        now = [n]
        for m, b in enumerate(other, start=1):
            now.append(min(before[m] + 1, now[-1] + 1, before[m - 1] + (a != b)))
        before = now
    return before[-1]
