"""What a case is found by, in terms that an index can hold. Pure.

A word is found anywhere in a name, its initials, a code, village, township or address, and at the
end of a phone number (shared/case_search.py). So the terms of a text are its pieces of one, two and
three characters: a word of up to three is one of them, a longer one has all of its own among them,
and those few cases are compared in full. A number's term is its last four digits.

Who only inspects finds people by what is shown to them (store/masking.py). A piece that stands in
both texts is one term; only a piece of one of them is marked as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from shared.case_search import LEAST_DIGITS, finds

MAKER = "1"
"""The version of what is made here: an index of another one is made anew."""
LONGEST = 3
"""Characters of a piece."""
BOTH, WHOLE, SHOWN = "=", "+", "-"
"""First character of a piece's term: in both texts, in the whole one alone, in the masked alone."""
NUMBER = "#"
UNIT = "unit:"
TEACHER = "teacher:"
ON_LIST = "on"
OFF_LIST = "off"
_LINE = "\n"


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked through for a case, and what narrows a search.

    Attributes:
        text: Folded, one part a line (shared/case_search.py).
        shown: The same of what somebody sees who only inspects.
        numbers: Phone numbers, one a line.
        unit: The school's code.
        assignee: The teacher's id.
        off_list: Whether the person is off the list.
    """

    text: str
    shown: str
    numbers: str
    unit: str = ""
    assignee: str = ""
    off_list: bool = False

    def fits(self, words: Sequence[str], *, inspects: bool) -> bool:
        """Return whether all words are found."""
        if inspects:
            return finds(words, self.shown, ())
        return finds(words, self.text, self.numbers.split(_LINE) if self.numbers else ())


def storable(text: str) -> str:
    """Return a text without the one character that no PostgreSQL text can hold."""
    return text.replace("\0", "\ufffd")


def lines(parts: Sequence[str]) -> str:
    """Return parts as they are kept: one a line."""
    return _LINE.join(parts)


def terms_of(one: Searched) -> set[str]:
    """Return the terms of a case."""
    text, shown = set(_pieces(one.text)), set(_pieces(one.shown))
    found = {BOTH + piece for piece in text & shown}
    found.update(WHOLE + piece for piece in text - shown)
    found.update(SHOWN + piece for piece in shown - text)
    found.update(
        NUMBER + number[-LEAST_DIGITS:]
        for number in one.numbers.split(_LINE)
        if len(number) >= LEAST_DIGITS
    )
    found |= {UNIT + one.unit, TEACHER + one.assignee, OFF_LIST if one.off_list else ON_LIST}
    return found


def pieces_of(word: str) -> tuple[str, ...]:
    """Return the pieces that a text must have for a word to be in it."""
    if len(word) <= LONGEST:
        return (word,)
    return tuple(word[at : at + LONGEST] for at in range(len(word) - LONGEST + 1))


def tail_of(word: str) -> str:
    """Return the term of numbers that may end in a word; "" where none is looked for."""
    if len(word) < LEAST_DIGITS or not word.isdecimal():
        return ""
    return NUMBER + word[-LEAST_DIGITS:]


def is_exact(word: str) -> bool:
    """Return whether the terms of a word say all, so that no text has to be compared."""
    return len(word) <= LONGEST


def _pieces(text: str) -> Iterator[str]:
    for part in text.split(_LINE):
        for size in range(1, LONGEST + 1):
            for at in range(len(part) - size + 1):
                yield part[at : at + size]
