"""Which accepted contacts count: newest record a field, the words the office saw, nothing that was taken back."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared.contacts import AcceptedContact, apply_verdicts, in_force
from shared.lifecycle import Review
from shared.records.base import Fact
from shared.records.contact_update import ContactUpdate
from tests.support.factory import accepted, correction, fact, returned


def update(id: str, value: str, field: str = "phone") -> Fact:
    return fact(id, ContactUpdate(field=field, value=value, source="family"))


def values(facts: list[Fact], *reviews: Review, before: tuple[AcceptedContact, ...] = ()) -> dict:
    found = apply_verdicts(facts, {r.fact: r for r in reviews}, before)
    return {field: c.value for field, c in in_force(found).items()}


def test_only_an_accepted_contact_counts() -> None:
    facts = [update("a", "1"), update("b", "2", "address"), update("c", "3", "workplace")]
    assert values(facts, accepted("a"), returned("b")) == {"phone": "1"}


def test_the_newest_accepted_record_of_a_field_counts_and_the_earlier_ones_stay() -> None:
    facts = [update("a", "1"), update("b", "2"), update("c", "3")]
    reviews = {r.fact: r for r in (accepted("b"), accepted("a"))}
    found = apply_verdicts(facts, reviews, ())
    assert [c.value for c in found] == ["1", "2"]
    assert in_force(found)["phone"].value == "2"


def test_who_gave_it_when_and_who_accepted_it_are_kept() -> None:
    review = Review(fact="a", verdict="accepted", by="何主任", at="2019-12-13T02:00:00.000+00:00")
    (found,) = apply_verdicts([update("a", "1")], {"a": review}, ())
    assert (found.fact, found.field, found.value) == ("a", "phone", "1")
    assert (found.source, found.day) == ("family", "2019-12-12")
    assert (found.accepted_by, found.accepted_at) == ("何主任", review.at)


def test_a_correction_takes_it_back_until_it_is_accepted_itself() -> None:
    new = ContactUpdate(field="phone", value="2", source="family")
    facts = [update("a", "1"), correction("b", "a", new)]
    assert values(facts[:1], accepted("a")) == {"phone": "1"}
    assert values(facts, accepted("a")) == {}
    assert values(facts, accepted("a"), accepted("b")) == {"phone": "2"}


def test_a_withdrawn_record_gives_way_to_the_one_before() -> None:
    facts = [update("a", "1"), update("b", "2"), correction("c", "b")]
    assert values(facts, accepted("a"), accepted("b"), accepted("c")) == {"phone": "1"}


def test_what_was_taken_back_stays_so_until_it_is_accepted_once_more() -> None:
    facts, first = [update("a", "1")], Review(fact="a", verdict="accepted", at="1")
    (found,) = apply_verdicts(facts, {"a": first}, ())
    gone = msgspec.structs.replace(found, taken_back_by="何主任", taken_back_at="2")
    assert values(facts, first, before=(gone,)) == {}
    again = Review(fact="a", verdict="accepted", at="3")
    assert values(facts, again, before=(gone,)) == {"phone": "1"}


@given(st.lists(st.tuples(st.sampled_from("pw"), st.sampled_from(["", "accepted", "returned"]))))
def test_settling_twice_changes_nothing(said: list[tuple[str, str]]) -> None:
    names = {"p": "phone", "w": "workplace"}
    facts = [update(str(n), f"v{n}", names[field]) for n, (field, _) in enumerate(said)]
    reviews = {
        str(n): Review(fact=str(n), verdict=verdict)
        for n, (_, verdict) in enumerate(said)
        if verdict
    }
    once = apply_verdicts(facts, reviews, ())
    assert apply_verdicts(facts, reviews, once) == once
    assert [c.value for c in once] == [f"v{n}" for n, (_, v) in enumerate(said) if v == "accepted"]
