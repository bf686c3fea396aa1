"""A record in one line of words, for history and outbox. No name, no amount."""

from __future__ import annotations

from shared import codes
from shared.facts import Fact

_TABLES = {
    "notice_delivery": (("method", codes.METHODS), ("outcome", codes.DELIVERIES), ("signer_relation", codes.PEOPLE)),
    "visit": (("met", codes.PEOPLE), ("outcome", codes.REASONS)),
    "contact_attempt": (("channel", codes.CHANNELS), ("to", codes.PEOPLE), ("outcome", codes.CALLS)),
    "contact_update": (("field", codes.UPDATE_FIELDS), ("source", codes.PEOPLE)),
    "statement": (("reason", codes.REASONS), ("handling", codes.HANDLINGS)),
}


def describe(fact: Fact, language: str = "zh") -> str:
    """The coded fields as words, joined by a middle dot."""
    words = [
        codes.label(table, str(fact.body[name]), language)
        for name, table in _TABLES.get(fact.kind, ())
        if fact.body.get(name)
    ]
    if fact.body.get("promise_date"):
        words.append(str(fact.body["promise_date"]))
    return " · ".join(words)
