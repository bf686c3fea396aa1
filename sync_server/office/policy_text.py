"""What the centre typed as a policy page or script: tidied, bounded, and looked at for words that hurt. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import msgspec

from shared.policy import POLICY, SCRIPT, PolicyPage, spoken
from shared.problems import ProblemError

MAX_CHARACTERS = {"title_zh": 20, "title_en": 60, "zh": 600, "en": 2000}
"""Characters of a field: a page is read at a door, not studied."""
MAX_PARAGRAPHS = 10
PRINTED_LIMITS = {"repay": (3, 110), "difficulty": (2, 68)}
"""Pages that also stand on the printed notice: paragraphs and characters for which it stays one sheet with eight
contracts (tests/sync_server/test_policy_text.py sets the longest there may be)."""
HARSH_WORDS = ("欠款", "恶意", "老赖", "催收", "起诉", "曝光", "黑名单", "失信")
NO_LOAN_SCRIPTS = ("open-family", "open-neighbour", "death", "minor")
"""Scripts for people who must hear nothing of the loan."""
LOAN_WORDS = ("贷款", "还款", "应还", "金额", "逾期", "利息")


def fingerprint(page: PolicyPage | None) -> str:
    """What a form remembers of the text it was opened over; empty for no page."""
    return hashlib.sha256(msgspec.json.encode(page)).hexdigest()[:16] if page is not None else ""


def paragraphs(text: str) -> tuple[str, ...]:
    """A paragraph a line, without blank ones and control characters."""
    clean = "".join(c if c in "\n\r" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return tuple(line for raw in clean.splitlines() if (line := re.sub(r"\s+", " ", raw).strip()))


def title(text: str) -> str:
    """A title on one line."""
    return " ".join(paragraphs(text))


def page_from_form(key: str, section: str, fields: dict[str, str]) -> PolicyPage:
    """The page a form's four fields make, before it is judged."""
    return PolicyPage(
        key=key,
        section=SCRIPT if section == SCRIPT else POLICY,
        title_zh=title(fields.get("title_zh", "")),
        title_en=title(fields.get("title_en", "")),
        zh=paragraphs(fields.get("zh", "")),
        en=paragraphs(fields.get("en", "")),
    )


def check(page: PolicyPage) -> None:
    """Raises: ProblemError policy.field_empty, policy.too_long, policy.too_many_paragraphs, `field` by its name here.

    Chinese must be there; English is there whole or not at all.
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
    """Words in the Chinese that one should not say at a door: named to the writer, never refused."""
    said = page.title_zh + "".join(page.zh)
    return tuple(word for word in HARSH_WORDS if word in said)


def loan_words(page: PolicyPage) -> tuple[str, ...]:
    """Words about the loan among what is said to somebody who must not hear of it."""
    said = "".join(spoken(page.zh)) if page.key in NO_LOAN_SCRIPTS else ""
    return tuple(word for word in LOAN_WORDS if word in said)
