"""A text in both languages, as views carry it; a screen renders the language it is shown in."""

from __future__ import annotations

import msgspec

from shared.typography import full_width

SHOWN_AS = {
    "已死亡": "已去世",
    "称已还款待核销": "对方称已还，待核实",
    "对方已确认收到": "短信/微信确认收到",
    "本息收缴": "还款期（借款人自己还，老师不收钱）",
}
"""The office's words -> kinder ones, which a phone shows; printed pages keep the office's."""


def shown(zh: str) -> str:
    """Return a Chinese text as a phone shows it: kind words, full-width punctuation."""
    return full_width(SHOWN_AS.get(zh, zh))


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
        """Return the text in `zh` or `en`; the Chinese as a phone shows it."""
        return shown(self.zh) if language == "zh" or not self.en else self.en
