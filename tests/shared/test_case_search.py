"""What a search looks through: folded in one go, it is what its parts are when each is folded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.case_search import folded, numbers_of, text_of
from shared.cases import Case, Person
from shared.identity import parse_phones
from shared.ids import fold

TEXT = st.text(
    st.sampled_from("阿·A a-－１ａß\u00ad\u0301\u3000\n\u200bΣς가ﬁ\u2028•.")
    | st.characters(exclude_characters="\0", exclude_categories=("Cs",)),
    max_size=8,
)
NUMBERS = st.lists(TEXT | st.sampled_from(["13955990001", "0914-1234567", "１３９"]), max_size=3)


@given(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT)
def test_folded_in_one_go_is_folded_part_by_part(
    name: str, initials: str, code: str, village: str, township: str, address: str, more: str
) -> None:
    case = Case(
        **{"id": "i", "season": "s", "code": code, "village": village, "township": township},
        **{"address": address, "borrower": Person(name=name), "contracts": ()},
    )
    parts = (name, *initials.split(), code, village, township, address, more)
    assert text_of(case, initials, (more,)) == "\n".join(folded(part) for part in parts if part)


@given(NUMBERS, NUMBERS | st.none(), TEXT | st.just("13955990002"))
def test_every_number_is_folded(own: list[str], other: list[str] | None, new: str) -> None:
    person = None if other is None else Person(name="o", phones=tuple(other))
    borrower = Person(name="n", phones=tuple(own))
    case = Case(id="i", season="s", borrower=borrower, co_borrower=person, contracts=())
    wanted = [fold(number) for number in (*parse_phones(new), *own, *(other or ()))]
    assert list(numbers_of(case, new)) == wanted
