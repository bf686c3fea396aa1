"""How Chinese characters are read: each by itself, all its readings, the usual one first.

The dictionary of phrases beside it would take five times its memory, and knows no names.
"""

from __future__ import annotations

import os

os.environ["PYPINYIN_NO_PHRASES"] = "true"  # asked by the package as it is loaded

from pypinyin import Style, pinyin


def first_letters(character: str) -> list[str]:
    """Return the first letter of each reading."""
    return list(pinyin(character, style=Style.FIRST_LETTER, heteronym=True)[0])


def sounds(character: str) -> list[str]:
    """Return each reading without its tone; a character that has none stands for itself."""
    return list(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
