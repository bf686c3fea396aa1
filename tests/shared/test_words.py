"""One word for one thing: no sentence of console, phone, problems or guides says it by another (docs/words.md)."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs/words.md"
GUIDES = ("README.zh-CN.md", "docs/guide-office.zh-CN.md", "docs/lost-key.md", "docs/spot-check.md")
SENTENCES = (
    "sync_server/console/**/*.html",
    "sync_server/console/**/*.py",
    "mobile/i18n/*.py",
    "mobile/ui/**/*.py",
)
ON_PAPER = frozenset({"审核人", "走访教师", "包联教师", "催收联系表"})
"""Words of forms that an office prescribed."""
HAN = re.compile("[\u4e00-\u9fff]")


def banned() -> dict[str, str]:
    """What is not said -> what is."""
    rows = [line.split("|")[1:4] for line in TABLE.read_text("utf-8").splitlines() if "|" in line]
    return {
        word: said.strip()
        for _, said, not_said in rows
        for word in not_said.split()
        if HAN.search(word) and HAN.search(said)
    }


def faults(text: str, where: str) -> list[str]:
    for word in ON_PAPER:
        text = text.replace(word, "")
    return [
        f"{where}: {word} ({said}): {text[max(0, at - 12) : at + 12]!r}"
        for word, said in banned().items()
        if (at := text.find(word)) >= 0
    ]


def test_the_table_is_read() -> None:
    assert banned()["待分配"] == "待归校"
    assert banned()["审核"] == "复核"
    assert len(banned()) > 20


def test_sentences_say_one_word_for_one_thing() -> None:
    files = [ROOT / name for name in (*GUIDES, "shared/problems.py")]
    files += [file for pattern in SENTENCES for file in sorted(ROOT.glob(pattern))]
    assert len(files) > 150
    found = [f for file in files for f in faults(file.read_text("utf-8"), file.name)]
    assert not found, "\n".join(found)


def test_a_wrong_word_is_found_and_a_prescribed_one_is_not() -> None:
    assert faults("还有 3 人待分配", "x")
    assert not faults("审核人签字", "x")
