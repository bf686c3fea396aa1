"""Sentences of the screens by key, in Chinese and English. Plain tables: no logic, no plural engine.

`Tongue` is what screens call: `t("today.unsent", count=3)`. A key that is missing shows as itself, so a slip in a
table never costs a teacher her screen; a test keeps the tables whole.
"""

from __future__ import annotations

from mobile.i18n.en import SENTENCES as EN
from mobile.i18n.zh import SENTENCES as ZH

TABLES: dict[str, dict[str, str]] = {"zh": ZH, "en": EN}


class Tongue:
    """One language. Immutable; equal when the language is."""

    def __init__(self, language: str = "zh") -> None:
        self.language = language if language in TABLES else "zh"
        self._table = TABLES[self.language]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of `key` with its values filled in; the key itself when there is none."""
        return self._table.get(key, key).format_map(_Gaps(values))

    def many(self, prefix: str) -> tuple[str, ...]:
        """All sentences below a prefix (`phrase.visit.1`, `phrase.visit.2` …) in the order of the table."""
        return tuple(words for key, words in self._table.items() if key.startswith(prefix + "."))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tongue) and other.language == self.language

    def __hash__(self) -> int:
        return hash(self.language)


class _Gaps(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"
