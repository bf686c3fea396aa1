"""Sentences of the screens by key, in Chinese and English. Plain tables without logic.

Screens call a `Tongue`: `t("cases.count", count=3)`. A missing key shows as itself, so that a
mistake in a table never breaks a screen; a test keeps the tables complete.
"""

from __future__ import annotations

from mobile.i18n.en import SENTENCES as EN
from mobile.i18n.zh import SENTENCES as ZH
from shared.typography import full_width

TABLES: dict[str, dict[str, str]] = {
    "zh": {key: full_width(words) for key, words in ZH.items()},
    "en": EN,
}


class Tongue:
    """One language. Immutable; equal when the language is."""

    def __init__(self, language: str = "zh") -> None:
        self.language = language if language in TABLES else "zh"
        self._table = TABLES[self.language]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of `key` with its values filled in; the key itself when there is none."""
        return self._table.get(key, key).format_map(_Gaps(values))

    def many(self, prefix: str) -> tuple[str, ...]:
        """All sentences below a prefix (`phrase.visit.1`, `phrase.visit.2` …), in table order."""
        return tuple(words for key, words in self._table.items() if key.startswith(prefix + "."))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tongue) and other.language == self.language

    def __hash__(self) -> int:
        return hash(self.language)


class _Gaps(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
