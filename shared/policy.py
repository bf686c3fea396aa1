"""Policy pages (附件4) and visit scripts.

Text the centre edits and a teacher reads without a network. Pure.
"""

from __future__ import annotations

import msgspec

from shared.typography import full_width

POLICY, SCRIPT = "policy", "script"
SECTIONS = (SCRIPT, POLICY)
"""In the phone's order: what to say at a visit, then the policy pages."""


class PolicyPage(msgspec.Struct, frozen=True, kw_only=True):
    """Plain paragraphs in two languages.

    Where English is missing whole, the Chinese stands in for it.

    `section` is one of SECTIONS; a page from before there were sections is a policy page.
    """

    key: str
    title_zh: str
    title_en: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    section: str = POLICY

    def title(self, language: str) -> str:
        """Return the title in `zh` or `en`, its Chinese with full-width punctuation."""
        english = self.title_en if language == "en" else ""
        return english or full_width(self.title_zh)

    def lines(self, language: str) -> tuple[str, ...]:
        """Return the paragraphs in `zh` or `en`, the Chinese with full-width punctuation."""
        english = self.en if language == "en" else ()
        return english or tuple(map(full_width, self.zh))


def is_note(line: str) -> bool:
    """Return whether a paragraph is for the teacher only: it stands wholly in brackets."""
    return len(line) > 2 and line[0] in "(\uff08" and line[-1] in ")\uff09"


def note_words(line: str) -> str:
    """Return a note without its brackets."""
    return line[1:-1] if is_note(line) else line


def spoken(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paragraphs that are said aloud."""
    return tuple(line for line in lines if not is_note(line))


def find(pages: tuple[PolicyPage, ...], key: str) -> PolicyPage | None:
    """Return the page of a key; None when the centre has removed it."""
    return next((page for page in pages if page.key == key), None)
