"""A page of 附件4 or a door script: text the centre edits and a teacher reads out with no network. Pure."""

from __future__ import annotations

import msgspec

POLICY, SCRIPT = "policy", "script"
SECTIONS = (SCRIPT, POLICY)
"""In the order of the phone: what to say at a door, then the policy pages."""


class PolicyPage(msgspec.Struct, frozen=True, kw_only=True):
    """Plain paragraphs in two languages; English may be missing whole, then the Chinese stands in for it.

    `section` is one of SECTIONS; a page from before there were sections is a policy page.
    """

    key: str
    title_zh: str
    title_en: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    section: str = POLICY

    def title(self, language: str) -> str:
        """The title in `zh` or `en`."""
        return (self.title_en if language == "en" else self.title_zh) or self.title_zh

    def lines(self, language: str) -> tuple[str, ...]:
        """The paragraphs in `zh` or `en`."""
        return (self.en if language == "en" else self.zh) or self.zh


def is_note(line: str) -> bool:
    """Whether a paragraph is for the teacher and not to be said: it stands wholly in brackets."""
    return len(line) > 2 and line[0] in "(\uff08" and line[-1] in ")\uff09"


def note_words(line: str) -> str:
    """A note without its brackets."""
    return line[1:-1] if is_note(line) else line


def spoken(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The paragraphs one says aloud."""
    return tuple(line for line in lines if not is_note(line))


def find(pages: tuple[PolicyPage, ...], key: str) -> PolicyPage | None:
    """The page of a key; None when the centre has taken it out."""
    return next((page for page in pages if page.key == key), None)
