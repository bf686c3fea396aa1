"""What the bank's list writes otherwise than the office shows it, on the page of a case."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from shared import spelling
from shared.cases import Case
from sync_server.console.web.formatting import Words
from sync_server.store.as_written import CONTRACT

MASKED = (
    "id_number",
    "phone_student",
    "phone_family",
    "co_borrower_id",
    "co_borrower_phone",
    "home_address",
)
"""Fields whose text is hidden until somebody asked for full numbers."""


def written_views(
    written: Mapping[str, str], case: Case, words: Words, *, masked: bool
) -> dict[str, str]:
    """Return how the list writes what normalising changed, in words, by field.

    Marks that nobody sees are named by their code points.

    Args:
        written: What was kept (store.as_written).
        case: The case.
        words: The page's language.
        masked: Whether numbers and addresses stay hidden; only their odd characters are named then.

    """
    other = case.co_borrower
    now = {
        "borrower_name": case.borrower.name,
        "id_number": case.borrower.id_number,
        "co_borrower_name": other.name if other else "",
        "co_borrower_id": other.id_number if other else "",
        "home_address": case.address,
    }
    shown = {}
    for field, text in written.items():
        odd = spelling.oddities(text, now.get(field) or field.removeprefix(CONTRACT))
        marks = f" ({odd})" if odd else ""
        if masked and field in MASKED:
            shown[field] = words("名单上写法不同", "written otherwise on the list") + marks
        else:
            shown[field] = words(
                "名单上写作 {text}", "on the list: {text}", text=_visible(text) + marks
            )
    return shown


def _visible(text: str) -> str:
    """A text with a mark for each character that cannot be seen."""
    return "".join(
        f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in ("Cc", "Cf") else c for c in text
    )
