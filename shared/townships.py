"""Townships as lists and 附件2 write them: one spelling, and the schools a township belongs to.

Pure. `青山`, `青山镇` and `某县青山镇人民政府` are one place, and so are `东关街道` and
`东关街道办事处`. A 镇 and a 街道 of one name are two: `城关镇` and `城关街道` exist side by side.
A 乡 and a 镇 of one name are two only where 附件2 has both: a 乡 becomes a 镇 over the years.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from shared import identity, spelling

TOWN = "镇"
COUNTRY = "乡"
STREET = "街道"
_OFFICE = re.compile(r"(?:(?:人民)?政府|全境|全域)+$")
_KIND = re.compile(r"(?P<street>街道办事处|街道办|街道|街办|办事处|办)$|(?P<kind>镇|乡|苏木)$")
_BRACKETS = re.compile(r"[(\[【〔](?:[^()\[\]【】〔〕]*)[)\]】〕]")
_SPLIT = re.compile(r"[、,，;；/\s]+")
_NOTHING = frozenset(("", "-", "/", "无", "不详", "未知", "待定", "空", "null", "none"))


class Township(NamedTuple):
    """A township: its name, and TOWN, COUNTRY, STREET or "" where it is written without a kind."""

    name: str
    kind: str = ""

    def __str__(self) -> str:
        """Return the name with its kind, as pages show it."""
        return self.name + self.kind


class Townships:
    """The townships of 附件2 with the schools that have them."""

    def __init__(self, areas: Iterable[tuple[str, str]]) -> None:
        """Read the cells of 附件2.

        Args:
            areas: (school code, its townships with 、 between them) of every school.
        """
        self._schools: dict[Township, set[str]] = {}
        for school, text in areas:
            for one in _SPLIT.split(_BRACKETS.sub("", spelling.fold(text))):
                if township := parse(one):
                    self._schools.setdefault(township, set()).add(school)
        self._by_name: dict[str, list[Township]] = {}
        for township in self._schools:
            self._by_name.setdefault(township.name, []).append(township)

    def schools(self, township: Township) -> tuple[str, ...]:
        """Return the codes of the schools that have a township, in order; () for none."""
        same = self._by_name.get(township.name, [])
        exact = [t for t in same if t.kind == township.kind]
        if township.kind and exact:
            same = [*exact, *(t for t in same if not t.kind)]
        found = {s for t in same if _may_be_one(t, township) for s in self._schools[t]}
        return tuple(sorted(found))


def parse(text: str) -> Township | None:
    """Return the township that a text names; None for a blank, a dash or `无`."""
    found = _read(re.sub(r"\s+", "", spelling.fold(text)))
    while found and (again := _read(str(found))) != found:
        found = again  # the address of an office inside a county names the county first
    return found


def _read(text: str) -> Township | None:
    bare = _BRACKETS.sub("", text)
    if is_blank(bare):
        return None
    bare = identity.split_address(bare)[0] or _OFFICE.sub("", bare) or bare
    kind = _KIND.search(bare)
    if kind is None or not bare[: kind.start()]:
        return Township(bare)
    of = STREET if kind["street"] else TOWN if kind["kind"] == TOWN else COUNTRY
    return Township(bare[: kind.start()], of)


def of_person(township: str, address: str) -> Township | None:
    """Return where a person lives: what the list says, else what the address names."""
    return parse(township) or parse(identity.split_address(spelling.fold(address))[0])


def is_blank(text: str) -> bool:
    """Return whether a cell says nothing: empty, a dash, `无`, `不详`."""
    return spelling.fold(text).strip("—–-‐ \t\r\n　").casefold() in _NOTHING


def _may_be_one(one: Township, other: Township) -> bool:
    """Return whether two townships of one name may be the same: none is a 街道 beside a 镇."""
    kinds = {one.kind, other.kind}
    return "" in kinds or len(kinds) == 1 or STREET not in kinds
