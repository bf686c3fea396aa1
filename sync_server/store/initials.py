"""The pinyin initials of a name, made once when a list is imported: 郑小雨 is found by `zxy`.

A character with several readings gives several initials, because nobody can see in a list how a
person's name is read: 曾乐 is `zl cl zy cy`. Phones get them with the case and need no dictionary.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, select, update

from sync_server.deferred import deferred
from sync_server.store import cases
from sync_server.store import tables as t

if TYPE_CHECKING:
    from sync_server.store import readings
else:
    readings = deferred("sync_server.store.readings")  # only where a list is imported

MOST = 16
"""Spellings kept of one name: four characters with two readings each."""

SURNAMES = {
    "万俟": "mq",  # mò qí
    "单于": "cy",  # chán yú
    "尉迟": "yc",  # yù chí
    "澹台": "tt",  # tán tái
    "乐": "y",  # yuè, in some families lè
    "乜": "n",  # niè
    "仇": "q",  # qiú
    "区": "o",  # ōu
    "单": "s",  # shàn
    "召": "s",  # shào
    "宓": "f",  # fú, in some families mì
    "折": "s",  # shé
    "曾": "z",  # zēng
    "查": "z",  # zhā
    "祭": "z",  # zhài
    "秘": "b",  # bì
    "种": "c",  # chóng
    "繁": "p",  # pó
    "翟": "z",  # zhái, in some families dí
    "覃": "q",  # qín, in some families tán
    "解": "x",  # xiè
    "郄": "x",  # xì, in some families qiè
    "郇": "x",  # xún, in some families huán
    "隗": "w",  # wěi, in some families kuí
}
"""Initials of surnames that begin otherwise than the usual reading of the same characters.

They come first; what the dictionary says of the character follows, because families differ.

Source: docs/sources.md#readings-of-names.
"""


def initials(name: str) -> str:
    """Return the initials of a name: `zxl cxl`, the likeliest first, at most `MOST` spellings.

    A character that the dictionary lacks stands for itself; dots and blanks are left out.
    """
    own = _surname(name)
    found = [""]
    for place, character in enumerate(name):
        letters = own[place : place + 1] + _letters(character)
        if letters:
            choices = dict.fromkeys(letters)
            found = [before + letter for letter in choices for before in found][:MOST]
    return " ".join(filter(None, found))


def _surname(name: str) -> str:
    """Return the initials of a surname of the table, "" for any other."""
    return SURNAMES.get(name[:2]) or SURNAMES.get(name[:1], "")


@lru_cache(maxsize=8192)
def _letters(character: str) -> str:
    """Return the initial of each reading of a character, the usual one first."""
    kind = unicodedata.category(character)
    if kind[0] in "PZ" or kind in ("Cc", "Cf"):
        return ""
    letters = readings.first_letters(character)
    plain = (unicodedata.normalize("NFD", letter)[:1] for letter in letters)
    return "".join(dict.fromkeys(plain)).casefold()


def complete(connection: Connection) -> int:
    """Make the initials of cases that lack them, imported by an earlier version.

    Done at the start, not in a migration: a migration is frozen, the readings of a dictionary are
    not. Nothing is announced: an app that knows initials asks for all its cases once
    (mobile/sync/pull.py).

    Returns:
        How many cases lacked them.
    """
    c = t.case_file.c
    found = connection.execute(select(t.case_file).where(c.initials == "")).mappings().all()
    made = [
        {"of_case": row["id"], "made": initials(cases.case_of(row).borrower.name)} for row in found
    ]
    if made:
        fill = update(t.case_file).where(c.id == bindparam("of_case"))
        connection.execute(fill.values(initials=bindparam("made")), made)
    return len(found)
