"""What somebody looks for in the list of cases, and how it is read."""

from __future__ import annotations

import re

import msgspec

from shared.case_search import words_of
from shared.ids import fold, parse_case_code
from shared.problems import ProblemError

_ID_NUMBER = re.compile(r"[0-9]{14}(?:[0-9]|[0-9]{3}[0-9X])")
"""An ID number of 15 or 18 characters, right or not."""
_CODE = re.compile(r"[0-9A-Z]{1,8}[0-9]{4}[0-9A-Z]")


class Sought(msgspec.Struct, frozen=True):
    """A query as it is looked for.

    Attributes:
        text: What was typed; "" where it is not looked for.
        words: Its words; all of them must be found.
        is_id_number: Whether it is an ID number: that is shown and logged on the page of a person,
            and never looked for, because an address stays in the browser.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    is_id_number: bool = False

    @property
    def miscopied(self) -> bool:
        """Whether it looks like a code whose check character disagrees."""
        if not _CODE.fullmatch(fold(self.text)):
            return False
        try:
            parse_case_code(self.text)
        except ProblemError:
            return True
        return False


def sought(query: str) -> Sought:
    """Read what somebody typed."""
    text = query.strip()
    if _ID_NUMBER.fullmatch(fold(text)):
        return Sought(is_id_number=True)
    return Sought(text=text, words=words_of(text))
