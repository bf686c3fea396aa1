"""A form that mends a record starts from how the record reads now, so that mending one thing is typing one thing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from mobile.usecases import records
from mobile.usecases.phone import Phone
from shared.records.base import Fact
from shared.records.registry import read
from shared.season import CST

RENAMED = {
    "servers": "visitors",
    "signer_relation": "relation",
    "signer_name": "signer",
    "promise_date": "promise",
    "evidence_purpose": "purpose",
}
"""Where a form calls a field of the record by its question. Flags and their reason are asked anew."""
ASKED_ANEW = {"flags", "flag_reason", "evidence", "supersedes"}


def fields_of(fact: Fact) -> dict[str, Any]:
    """The form's fields as the record reads; its own time stands chosen, where it was is kept."""
    body = msgspec.to_builtins(read(fact)) or {}
    fields = {RENAMED.get(k, k): v for k, v in body.items() if k not in ASKED_ANEW}
    when = datetime.fromisoformat(fact.happened_at).astimezone(CST).isoformat()
    return {**fields, "photos": list(fact.photos), "when": when}


def mending(phone: Phone, mends: str) -> dict[str, Any]:
    """The fields of the form that mends the record `mends`. Raises: ProblemError fact.unknown."""
    return {**fields_of(records.reads_now(phone, mends)), "corrects": mends}
