"""A text in both languages, as views carry it; a screen renders the language it is shown in."""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, frozen=True):
    """One text in Chinese and English.

    Attributes:
        zh: The text in Chinese.
        en: The text in English; where it is empty, the Chinese stands in for it.

    """

    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def in_language(self, language: str) -> str:
        """Return the text in `zh` or `en`."""
        return self.zh if language == "zh" or not self.en else self.en
