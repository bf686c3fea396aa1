"""Full-width punctuation in Chinese sentences: one rule for phone, console and paper. Pure."""

from __future__ import annotations

import re

FULL = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）"}
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’\U00020000-\U000323af]"
_HALF = re.compile(rf"(?<={_HAN})[,;:?!()]|[,;:?!()](?={_HAN})")


def full_width(text: str) -> str:
    """Make half-width punctuation beside Chinese characters full-width.

    Numbers, English and the punctuation among them stay. For what is shown or printed only: texts
    are stored as they were written.
    """
    done = text
    for _ in range(2):  # a mark beside one that has just become full-width
        done = _HALF.sub(lambda hit: FULL[hit[0]], done)
    opened = done.count("（") - done.count("）")
    if opened > 0:
        return re.sub(r"\)", "）", done, count=opened)
    return done if opened == 0 else re.sub(r"\(", "（", done, count=-opened)
