"""Townships in the spellings of lists and 附件2, and the one school that has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.townships import COUNTRY, STREET, TOWN, Township, Townships, is_blank, of_person, parse

NAMES = st.sampled_from(["青山", "柳泉", "枣坪", "城关", "麦坡", "镇川"])
KINDS = {
    TOWN: ("镇", "镇人民政府"),
    COUNTRY: ("乡",),
    STREET: ("街道", "街道办事处", "街道办", "街办", "办事处", "办"),
}


@pytest.mark.parametrize(
    ("text", "township"),
    [
        ("青山镇", Township("青山", TOWN)),
        ("青山", Township("青山")),
        (" 青 山　镇 ", Township("青山", TOWN)),
        ("青槐县青山镇人民政府", Township("青山", TOWN)),
        ("青山镇第三村", Township("青山", TOWN)),
        ("青 山", Township("青山")),
        ("青山镇(东片)", Township("青山", TOWN)),
        ("青山(东片)", Township("青山")),
        ("青山全境", Township("青山")),
        ("政府", Township("政府")),
        ("青槐县城关办", Township("城关", STREET)),
        ("槐荫街道办事处", Township("槐荫", STREET)),
        ("ＡＢ镇", Township("AB", TOWN)),
        ("⻘山镇", Township("青山", TOWN)),
        ("镇川镇", Township("镇川", TOWN)),
        ("镇", Township("镇")),
    ],
)
def test_a_township_is_read_in_every_spelling(text: str, township: Township) -> None:
    assert parse(text) == township


@pytest.mark.parametrize("text", ["", " ", "　", "-", "—", "/", "无", "不详", "待定"])
def test_a_cell_that_names_nothing_is_no_township(text: str) -> None:
    assert is_blank(text)
    assert parse(text) is None


def test_a_single_letter_is_a_name_and_no_blank() -> None:
    assert not is_blank("X")


def test_the_column_comes_before_the_address_and_a_dash_before_neither() -> None:
    address = "陕西省青槐县柳泉镇东村"
    assert of_person("青山", address) == Township("青山")
    assert of_person("无", address) == Township("柳泉", TOWN)
    assert of_person("", "北京路 1 号") is None


@pytest.mark.parametrize(
    ("lives", "schools"),
    [
        ("青山镇", ("01",)),
        ("青山乡", ("01",)),
        ("青山", ("01",)),
        ("城关镇", ("02",)),
        ("城关街道", ("03",)),
        ("城关", ("02", "03")),
        ("柳泉镇", ("01", "02")),
        ("云岫镇", ()),
        ("青山街道", ()),
    ],
)
def test_a_township_has_the_schools_that_the_table_of_areas_gives_it(
    lives: str, schools: tuple[str, ...]
) -> None:
    areas = [("01", "青山镇、柳泉镇(东片)"), ("02", "城关镇,柳泉"), ("03", "城关街道办事处")]
    township = parse(lives)
    assert township is not None
    assert Townships(areas).schools(township) == schools


def test_a_town_and_a_country_township_of_one_name_are_two_where_the_table_has_both() -> None:
    areas = [("01", "青山镇"), ("02", "青山乡"), ("03", "青山(东片)")]
    found = [Townships(areas).schools(Township("青山", kind)) for kind in (TOWN, COUNTRY, "")]
    assert found == [("01", "03"), ("02", "03"), ("01", "02", "03")]


@given(NAMES, st.sampled_from(sorted(KINDS)), st.data())
def test_spellings_of_one_township_are_equal(name: str, kind: str, data: st.DataObject) -> None:
    suffix = data.draw(st.sampled_from(KINDS[kind]))
    blank = data.draw(st.sampled_from(["", " ", "　", "\u200b"]))
    written = f"{blank}{name}{blank}{suffix}"
    assert parse(written) == Township(name, kind)
    assert parse(str(parse(written))) == parse(written)


@given(st.text(max_size=30) | st.text("省市县区镇乡街道办事处村政府全境青山槐 ()(）0", max_size=16))
def test_any_text_is_read_and_its_reading_reads_the_same(text: str) -> None:
    first = parse(text)
    assert first is None or parse(str(first)) == first


AREAS = st.lists(
    st.tuples(
        st.sampled_from(["01", "02", "03"]),
        st.lists(
            st.builds(lambda n, k: n + k, NAMES, st.sampled_from(["", "镇", "乡", "街道"])),
            max_size=4,
        ).map("、".join),
    ),
    max_size=5,
)


@given(AREAS, st.randoms(), NAMES, st.sampled_from(["", "镇", "乡", "街道"]))
def test_the_order_of_the_table_does_not_matter(areas, random, name, kind) -> None:
    shuffled = list(areas)
    random.shuffle(shuffled)
    township = Township(name, kind)
    assert Townships(areas).schools(township) == Townships(shuffled).schools(township)


@given(AREAS, NAMES, st.sampled_from(["镇", "乡", "街道"]))
def test_a_township_belongs_to_every_school_whose_cell_names_it(areas, name, kind) -> None:
    named = {school for school, text in areas if name + kind in text.split("、")}
    assert named <= set(Townships(areas).schools(Township(name, kind)))
