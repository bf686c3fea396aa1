"""A record in the console's words: whatever a ledger takes is described, in both languages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.records.base import Fact
from sync_server.console.parts.record_view import describe
from sync_server.console.web.formatting import Words
from tests.support.factory import SEASON
from tests.support.facts import histories


@given(histories(), st.sampled_from(["zh", "en"]), st.booleans())
def test_every_accepted_fact_is_described(facts: list[Fact], language: str, masked: bool) -> None:
    for fact in facts:
        view = describe(fact, SEASON, Words(language), masked=masked)
        assert view.kind
        assert all(isinstance(text, str) for pair in view.fields for text in pair)
