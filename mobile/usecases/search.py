"""What finds a case: name, pinyin initials, code, village, words of the address, end of a number.

The list is searched at every keystroke.
"""

from __future__ import annotations

from collections.abc import Sequence

from mobile.usecases.phone import Phone
from mobile.usecases.search_texts import Searched, folded
from shared.wire import CaseState

LEAST_DIGITS = 4
"""Digits at the end of a phone number that find it: as many as its mask leaves to be read."""


def words_of(query: str) -> tuple[str, ...]:
    """Return the words of a query as they are looked for; all of them must be found.

    Digits with blanks between them are one number, as a screen shows it: 139 5599 0001.
    """
    whole = folded(query)
    if whole.isdecimal():
        return (whole,)
    return tuple(word for part in query.split() if (word := folded(part)))


def matching(phone: Phone, query: str) -> list[CaseState]:
    """Return the cases of this phone that a query finds; all for an empty one."""
    states, words = phone.store.cases.all(), words_of(query)
    if not words:
        return states
    own = _learnt_here(phone)
    return [s for s in states if _has(phone.searched.of(s), words, own.get(s.case.id, ""))]


def _has(searched: Searched, words: Sequence[str], own: str) -> bool:
    text, numbers = searched.text, searched.numbers
    for word in words:
        if word not in text and word not in own and not _ends(numbers, word):
            return False
    return True


def _ends(numbers: Sequence[str], word: str) -> bool:
    if len(word) < LEAST_DIGITS or not word.isdecimal():
        return False
    return any(number.endswith(word) for number in numbers)


def _learnt_here(phone: Phone) -> dict[str, str]:
    """The addresses the teacher recorded, by case: they are found before the office judges them."""
    found: dict[str, str] = {}
    made = [kept.fact for kept in phone.store.facts.all()]
    made += [kept.fact for kept in phone.store.earlier.all()]
    for fact in made:
        if fact.kind == "contact_update" and fact.body.get("field") == "address":
            before = found.get(fact.case, "")
            found[fact.case] = f"{before}\n{folded(str(fact.body.get('value', '')))}"
    return found
