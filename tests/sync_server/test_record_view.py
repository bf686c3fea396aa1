"""A record in the console's words: whatever a ledger takes is described, in both languages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.records.base import Fact
from shared.records.registry import KINDS
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


TEXTS = st.text(max_size=8) | st.sampled_from(["{", "{n}", "%s", "0000-00-00", "promised"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(sorted({f.name for kind in KINDS.values() for f in kind.fields})) | TEXTS


@given(
    st.sampled_from(sorted(KINDS)) | TEXTS,
    TEXTS,
    st.dictionaries(MEMBERS, ANYTHING | st.dictionaries(MEMBERS, ANYTHING), max_size=6),
    st.sampled_from(["zh", "en"]),
)
def test_whatever_was_set_apart_is_described(
    kind: str, happened_at: str, body: dict[str, object], language: str
) -> None:
    fact = Fact(
        id="",
        season="",
        kind=kind,
        case="",
        captured_at="",
        happened_at=happened_at,
        body=body,
        photos=(),
    )
    for masked in (True, False):
        view = describe(fact, SEASON, Words(language), masked=masked)
        assert all(isinstance(text, str) for pair in view.fields for text in pair)
