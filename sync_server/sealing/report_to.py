"""What a summary says of the recipient it is made for; absent from a summary that names none.

A summary without these members has the bytes it always had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from shared import recipients
from shared.digest import canonical, sha256_hex
from shared.recipients import Recipient, TemplateColumn

WITHHELD = "withheld"
"""The code in place of a reason that this recipient may not receive."""


class RecipientRef(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a report is for, and what of single people it may hold (shared.recipients.Recipient)."""

    key: str
    name: str
    addressed: str
    with_narratives: bool
    with_health_reasons: bool
    full_id_numbers: bool

    @classmethod
    def of(
        cls, recipient: Recipient, sent_to: str, others: Sequence[Recipient] = ()
    ) -> RecipientRef:
        """Return what a report carries of its recipient; `sent_to`: the letterhead's 主送."""
        return cls(
            key=recipient.key,
            name=recipient.name,
            addressed=recipients.addressee(recipient, sent_to, others),
            with_narratives=recipient.with_narratives,
            with_health_reasons=recipient.with_health_reasons,
            full_id_numbers=recipient.full_id_numbers,
        )


class SheetTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient's own columns, for a sheet of the workbook."""

    recipient: str
    titles: tuple[str, ...]
    columns: tuple[TemplateColumn, ...]
    with_health_reasons: bool = False
    full_id_numbers: bool = False


def template_of(recipient: Recipient, form: str) -> SheetTemplate | None:
    """Return a recipient's columns of a form; None if it has none."""
    if not recipient.columns(form):
        return None
    return SheetTemplate(
        recipient=recipient.name,
        titles=recipient.titles(form),
        columns=recipient.columns(form),
        with_health_reasons=recipient.with_health_reasons,
        full_id_numbers=recipient.full_id_numbers,
    )


def figures_digest(tree: dict[str, Any]) -> str:
    """Return the sha256 (hex) of what is the same for every recipient of a version.

    Args:
        tree: summary.json as parsed.
    """
    names = ("kind", "version", "season", "unit", "cut_off", "as_of", "totals", "rows", "missing")
    return sha256_hex(canonical({name: tree[name] for name in names}))
