"""Policy pages as typed: cleaned, limited in length, and checked for hurtful words. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import msgspec

from shared.policy import POLICY, SCRIPT, PolicyPage, spoken
from shared.problems import ProblemError
from shared.records.kind import Label

FIELDS = {
    "title_zh": Label("中文标题", "Chinese title"),
    "zh": Label("中文内容", "Chinese text"),
    "title_en": Label("英文标题", "English title"),
    "en": Label("英文内容", "English text"),
}
MAX_CHARACTERS = {"title_zh": 20, "title_en": 60, "zh": 600, "en": 2000}
"""Most characters by field: a page is read while standing at a door."""
MAX_PARAGRAPHS = 10
PRINTED_LIMITS = {"repay": (3, 110), "difficulty": (2, 68)}
"""Pages also printed on the notice: (paragraphs, characters) with which it stays one sheet.

With eight contracts; tests/sync_server/test_policy_text.py renders the longest allowed."""
HARSH_WORDS = ("欠款", "恶意", "老赖", "催收", "起诉", "曝光", "黑名单", "失信")
NO_LOAN_SCRIPTS = ("open-family", "open-neighbour", "death", "minor")
"""Keys of scripts for people who must not hear of the loan."""
LOAN_WORDS = ("贷款", "还款", "应还", "金额", "逾期", "利息")


def fingerprint(page: PolicyPage | None) -> str:
    """Return what a form remembers of the text it was opened over; "" for no page."""
    return hashlib.sha256(msgspec.json.encode(page)).hexdigest()[:16] if page is not None else ""


def paragraphs(text: str) -> tuple[str, ...]:
    """Split text into one paragraph a line, without blank lines and control characters."""
    clean = "".join(c if c in "\n\r" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return tuple(line for raw in clean.splitlines() if (line := re.sub(r"\s+", " ", raw).strip()))


def title(text: str) -> str:
    """Return a title on one line."""
    return " ".join(paragraphs(text))


def page_from_form(key: str, section: str, fields: dict[str, str]) -> PolicyPage:
    """Build the page that a form's four fields make, before it is checked."""
    return PolicyPage(
        key=key,
        section=SCRIPT if section == SCRIPT else POLICY,
        title_zh=title(fields.get("title_zh", "")),
        title_en=title(fields.get("title_en", "")),
        zh=paragraphs(fields.get("zh", "")),
        en=paragraphs(fields.get("en", "")),
    )


def check(page: PolicyPage) -> None:
    """Check that a page is complete and short enough.

    Chinese is required; English is there whole or not at all.

    Raises:
        ProblemError: policy.field_empty, policy.too_long, policy.too_many_paragraphs; `field` names
            the field.
    """
    english = bool(page.title_en or page.en)
    for name in ("title_zh", "zh", "title_en", "en"):
        value = getattr(page, name)
        if not value and (english or name.endswith("zh")):
            raise ProblemError("policy.field_empty", field=name)
        most, longest = (PRINTED_LIMITS if name == "zh" else {}).get(
            page.key, (MAX_PARAGRAPHS, MAX_CHARACTERS[name])
        )
        if isinstance(value, tuple) and len(value) > most:
            raise ProblemError("policy.too_many_paragraphs", field=name, have=len(value), most=most)
        have = len(value) if isinstance(value, str) else sum(map(len, value))
        if have > longest:
            raise ProblemError("policy.too_long", field=name, have=have, most=longest)


def harsh_words(page: PolicyPage) -> tuple[str, ...]:
    """Return Chinese words that hurt at a door: the writer is told, nothing is refused."""
    whole = page.title_zh + "".join(page.zh)
    return tuple(word for word in HARSH_WORDS if word in whole)


def loan_words(page: PolicyPage) -> tuple[str, ...]:
    """Return words about the loan in a script for people who must not hear of it."""
    script = "".join(spoken(page.zh)) if page.key in NO_LOAN_SCRIPTS else ""
    return tuple(word for word in LOAN_WORDS if word in script)
