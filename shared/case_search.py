"""What finds a case: name, pinyin initials, code, village, words of the address, end of a number.

The same on the phone and in the office. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shared.cases import Case
from shared.identity import parse_phones
from shared.ids import fold

LEAST_DIGITS = 4
"""Digits at the end of a phone number that find it: as many as its mask leaves to be read."""
_NO_DOTS = dict.fromkeys(map(ord, "·•‧・･∙⋅."))
"""Middle dots as keyboards write them, and the full stop of those that have none."""


def folded(text: str) -> str:
    """Return a text as it is compared: folded, without the dots between the parts of a name."""
    return fold(text).translate(_NO_DOTS)


def words_of(query: str) -> tuple[str, ...]:
    """Return the words of a query as they are looked for; all of them must be found.

    Digits with blanks between them are one number, as a screen shows it: 139 5599 0001.
    """
    whole = folded(query)
    if whole.isdecimal():
        return (whole,)
    return tuple(word for part in query.split() if (word := folded(part)))


def text_of(case: Case, initials: str, more: Iterable[str] = ()) -> str:
    """Return the text that is looked through for a case.

    Args:
        case: The case.
        initials: The pinyin initials of the name, as the office made them.
        more: Further texts, such as a new address.
    """
    parts = (
        case.borrower.name,
        *initials.split(),
        case.code,
        case.village,
        case.township,
        case.address,
        *more,
    )
    # normalised in one call, which is faster; folding removes blanks, so the separator is not one
    return folded("\0".join(part for part in parts if part)).replace("\0", "\n")


def numbers_of(case: Case, new: str = "") -> tuple[str, ...]:
    """Return the phone numbers that find a case, bare. `new`: what the office accepted since."""
    other = case.co_borrower
    numbers = (*case.borrower.phones, *(other.phones if other else ()))
    if new:
        numbers = (*parse_phones(new), *numbers)
    return tuple(
        number if number.isascii() and number.isdecimal() else fold(number) for number in numbers
    )


def finds(words: Sequence[str], text: str, numbers: Sequence[str]) -> bool:
    """Return whether all words of a query are found in a case's text or end one of its numbers."""
    return all(word in text or _ends(numbers, word) for word in words)


def _ends(numbers: Sequence[str], word: str) -> bool:
    if len(word) < LEAST_DIGITS or not word.isdecimal():
        return False
    return any(number.endswith(word) for number in numbers)
