"""Last year's contacts are suggested to the same person alone: the same valid ID number and the same name."""

from __future__ import annotations

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from shared.cases import Case, Contract, Person
from shared.contacts import AcceptedContact
from shared.identity import id_check_digit, to_18, whole_id
from shared.suggestions import FIELDS, mark_of, newest, offered, to_keep
from shared.wire import SuggestedContact

NAMES = st.sampled_from(["样例一", "样例二", "样例一 ", "阿依·样例", "阿依•样例", ""])
DAYS = st.dates().map(lambda day: day.isoformat())
SUGGESTED = st.builds(
    SuggestedContact,
    field=st.sampled_from(FIELDS),
    value=st.sampled_from(["13611112222", "13633334444", "东槐村1号", "纺织厂"]),
    day=DAYS,
)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A valid ID number of an invented person, of either generation."""
    born = draw(st.dates(min_value=date(1990, 1, 1)))
    if draw(st.booleans()) and born.year < 2000:
        return f"610599{born:%y%m%d}{draw(st.integers(0, 999)):03d}"
    first = f"610599{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first + id_check_digit(first)


def case(**fields: object) -> Case:
    known = Case(
        id="1",
        season="2020",
        borrower=Person(name="样例一", phones=("13800000001",)),
        address="东槐村1号",
        contracts=(Contract(contract_no="C1", principal_fen=1, interest_fen=0),),
    )
    return msgspec.structs.replace(known, **fields)


@given(numbers(), NAMES, numbers(), NAMES)
def test_two_people_are_the_same_by_a_valid_number_and_the_name_together(
    first: str, name: str, second: str, other: str
) -> None:
    same = whole_id(first) == whole_id(second) and _called(name) == _called(other) != ""
    marks = mark_of("2019", first, name), mark_of("2019", second, other)
    assert (marks[0] == marks[1] != "") == same


def _called(name: str) -> str:
    return name.strip().replace("•", "·")


@given(numbers(), st.integers(0, 17), NAMES)
def test_a_number_with_another_digit_is_nobody_or_somebody_else(
    number: str, place: int, name: str
) -> None:
    whole = whole_id(number)
    wrong = whole[:place] + ("1" if whole[place] != "1" else "2") + whole[place + 1 :]
    found = mark_of("2019", wrong, name)
    assert found == "" or found != mark_of("2019", number, name)


@given(st.text(max_size=20), NAMES)
def test_whoever_no_number_tells_has_no_mark(number: str, name: str) -> None:
    if not whole_id(number):
        assert mark_of("2019", number, name) == ""


def test_a_number_of_the_first_generation_is_the_same_person() -> None:
    old = "610599950101123"
    assert mark_of("2019", old, "样例一") == mark_of("2019", to_18(old), "样例一") != ""


def test_a_placeholder_tells_nobody_and_a_mark_is_of_one_season() -> None:
    assert mark_of("2019", "111111111111111", "样例一") == ""
    number = to_18("610599950101123")
    assert mark_of("2019", number, "样例一") != mark_of("2020", number, "样例一")


def test_only_contacts_in_force_are_kept_and_not_who_gave_or_accepted_them() -> None:
    accepted = [
        AcceptedContact(fact="a", field="phone", value="1", source="family", day="2019-12-10"),
        AcceptedContact(fact="b", field="phone", value="2", day="2019-12-11", accepted_by="何主任"),
        AcceptedContact(fact="c", field="address", value="3", taken_back_at="x"),
    ]
    assert to_keep(accepted) == (SuggestedContact(field="phone", value="2", day="2019-12-11"),)


@given(st.lists(SUGGESTED))
def test_one_contact_a_field_is_kept_and_none_is_newer(kept: list[SuggestedContact]) -> None:
    found = newest(kept)
    assert {one.field for one in found} == {one.field for one in kept}
    assert len(found) == len({one.field for one in found})
    assert all(one.day == max(k.day for k in kept if k.field == one.field) for one in found)
    assert newest(found) == found


@given(st.lists(SUGGESTED), st.sets(st.sampled_from(FIELDS)), st.sets(st.sampled_from(FIELDS)))
def test_a_suggestion_gives_way_to_whatever_this_season_knows(
    kept: list[SuggestedContact], accepted: set[str], recorded: set[str]
) -> None:
    shown = offered(newest(kept), case(), dict.fromkeys(accepted, "x"), recorded)
    assert set(shown) <= set(kept)
    assert not {one.field for one in shown} & (accepted | recorded)
    assert "东槐村1号" not in {one.value for one in shown}
