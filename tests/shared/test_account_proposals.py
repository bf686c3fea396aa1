"""Which accounts the tables ask for: one for each person, a name of its own, and questions where they must be asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared import spelling
from shared.account_proposals import Known, School, names_in, propose, short_name


def school(code: str, liaison: str = "", phone: str = "", officer: str = "", **more: str) -> School:
    names = {"01": "柳泉镇中心校", "02": "石桥乡中心小学", "03": "柳泉镇初级中学"}
    given_name = more.get("name", names.get(code, f"第{code}小学"))
    return School(code=code, name=given_name, liaison=liaison, phone=phone, officer=officer)


def liaison(name: str, unit: str, shown: str = "", **more: bool) -> Known:
    return Known(name=name, role="liaison", unit=unit, shown=shown, **more)


def test_a_liaison_is_proposed_under_the_own_name_with_the_school() -> None:
    (row,) = propose([school("01", "丁某一", "13900000001")], []).rows
    assert (row.role, row.person, row.sign_in, row.units) == (
        "liaison",
        "丁某一",
        "丁某一",
        ("01",),
    )
    assert (row.state, row.phone, row.is_plain) == ("new", "13900000001", True)


def test_an_officer_of_several_schools_is_one_proposal_with_all_of_them() -> None:
    table = [
        school("02", officer="戊某一"),
        school("01", officer="戊 某 一"),
        school("03", officer="己某"),
    ]
    rows = propose(table, []).rows
    found = [(spelling.name_key(r.person), r.units) for r in rows]
    assert found == [("戊某一", ("01", "02")), ("己某", ("03",))]


def test_two_of_one_name_with_two_telephones_are_told_apart_by_their_schools() -> None:
    rows = propose(
        [school("01", "张某", "13900000001"), school("02", "张某", "13900000002")], []
    ).rows
    assert [r.sign_in for r in rows] == ["张某柳泉镇", "张某石桥乡"]
    assert [r.asks for r in rows] == [("told_apart",), ("told_apart",)]
    assert all(r.is_plain for r in rows)


def test_two_of_one_name_without_a_telephone_are_asked_about() -> None:
    rows = propose([school("01", "张某", "13900000001"), school("02", "张某")], []).rows
    assert [r.asks for r in rows] == [("same_name",), ("same_name",)]
    assert not any(r.is_plain for r in rows)


def test_one_person_as_liaison_of_two_schools_is_asked_about() -> None:
    rows = propose(
        [school("01", "张某", "13900000001"), school("02", "张某", "13900000001")], []
    ).rows
    assert [r.asks for r in rows] == [("same_person",), ("same_person",)]


def test_schools_with_one_short_name_give_the_whole_one() -> None:
    rows = propose(
        [school("01", "张某", "13900000001"), school("03", "张某", "13900000002")], []
    ).rows
    assert [r.sign_in for r in rows] == ["张某柳泉镇中心校", "张某柳泉镇初级中学"]


def test_a_name_that_an_account_has_is_not_suggested_again() -> None:
    admin = Known(name="张某", role="admin")
    (row,) = propose([school("01", "张某")], [admin]).rows
    assert (row.sign_in, row.state) == ("张某柳泉镇", "new")


def test_an_account_of_the_school_with_the_persons_name_exists() -> None:
    states = {
        "exists": liaison("zhang", "01", "张某"),
        "waiting": liaison("zhang", "01", "张某", waiting=True),
        "off": liaison("zhang", "01", "张某", off=True),
    }
    for state, account in states.items():
        (row,) = propose([school("01", "张 某")], [account]).rows
        assert (row.state, row.account, row.sign_in) == (state, "zhang", "zhang")


def test_an_account_in_use_goes_before_one_that_is_off() -> None:
    both = [liaison("a", "01", "张某", off=True), liaison("b", "01", "张某")]
    (row,) = propose([school("01", "张某")], both).rows
    assert (row.state, row.account) == ("exists", "b")


def test_a_table_that_names_somebody_else_offers_the_old_account() -> None:
    found = propose([school("01", "李某")], [liaison("zhang", "01", "张某")])
    (row,) = found.rows
    assert (row.state, row.instead_of) == ("changed", ("zhang",))
    assert [(u.account, u.now) for u in found.unnamed] == [("zhang", ("李某",))]


def test_a_school_without_a_name_in_the_table_takes_nobodys_account_away() -> None:
    found = propose([school("01", "")], [liaison("zhang", "01", "张某")])
    assert (found.rows, found.unnamed) == ((), ())


def test_a_liaison_who_went_to_another_school_is_found_there() -> None:
    found = propose([school("01", "李某"), school("02", "张某")], [liaison("zhang", "01", "张某")])
    assert [(r.state, r.account) for r in found.rows] == [("new", ""), ("elsewhere", "zhang")]
    assert found.unnamed == ()


def test_a_namesake_who_is_still_named_at_the_own_school_is_not_offered_elsewhere() -> None:
    table = [school("01", "张某", "13900000001"), school("02", "张某", "13900000002")]
    rows = propose(table, [liaison("张某", "01", "张某")]).rows
    assert [(r.state, r.sign_in) for r in rows] == [("exists", "张某"), ("new", "张某石桥乡")]


def test_an_officer_whose_area_changed_is_shown() -> None:
    account = Known(name="戊某", role="officer", schools=frozenset({"01"}))
    (row,) = propose([school("01", officer="戊某"), school("02", officer="戊某")], [account]).rows
    assert (row.state, row.account, row.units) == ("area", "戊某", ("01", "02"))


def test_an_officer_who_is_an_admin_needs_no_other_account() -> None:
    (row,) = propose([school("01", officer="戊某")], [Known(name="戊某", role="admin")]).rows
    assert (row.state, row.account) == ("exists", "戊某")


def test_an_officer_whom_no_school_names_any_more_is_offered() -> None:
    found = propose([school("01", officer="己某")], [Known(name="戊某", role="officer")])
    assert [u.account for u in found.unnamed] == ["戊某"]
    assert propose([school("01")], [Known(name="戊某", role="officer")]).unnamed == ()


def test_two_people_in_one_cell_are_two_with_a_number_each() -> None:
    rows = propose([school("01", "张某、李某", "13900000001、13900000002")], []).rows
    assert [(r.person, r.phone) for r in rows] == [("张某", "13900000001"), ("李某", "13900000002")]


def test_a_text_that_is_no_name_waits_for_somebody_who_knows() -> None:
    for text in (
        "张*",
        "教导处2人",
        "待定(原张某)",
        "同上",
        "无",
        "暂无",
        "待定",
        "校长",
        "办公室",
        "李某主任",
        "张某一李某二",
        "张三李四",
        "张某和李某",
    ):
        (row,) = propose([school("01", text)], []).rows
        assert row.asks == ("unclear",)
        assert not row.is_plain


def test_names_of_every_kind_are_plain() -> None:
    for text in ("张某", "丁某一", "张和平", "欧阳某一", "阿依·某某某", "John Smith", "空某"):
        (row,) = propose([school("01", text)], []).rows
        assert row.asks == (), text


def test_a_name_to_sign_in_with_can_be_typed_where_a_school_has_a_very_long_name() -> None:
    table = [school(f"0{n}", "张某", f"1390000000{n}", name="某" * 70 + str(n)) for n in (1, 2, 3)]
    found = [row.sign_in for row in propose(table, []).rows]
    assert len(set(found)) == 3
    assert max(map(len, found)) <= 32


def test_a_short_name_leaves_out_county_and_kind() -> None:
    assert short_name("青槐县柳泉镇中心校") == "柳泉镇"
    assert short_name("石桥乡中心小学") == "石桥乡"
    assert short_name("中心校") == "中心校"


NAMES = st.sampled_from(
    ["张某", "李某", "张 某", "ｚｈａｎｇ", "Zhang", "王某·甲", "张某柳泉镇", "张某、李某", ""]
)
PHONES = st.sampled_from(["", "13900000001", "13900000002", "0913-1234567"])
SCHOOLS = st.lists(
    st.tuples(
        NAMES, PHONES, NAMES, st.sampled_from(["柳泉镇中心校", "柳泉镇初级中学", "石桥乡中心小学"])
    ),
    max_size=8,
).map(
    lambda rows: [
        school(f"{n:02d}", who, phone, officer, name=name)
        for n, (who, phone, officer, name) in enumerate(rows, start=1)
    ]
)
ACCOUNTS = st.lists(
    st.tuples(
        st.sampled_from(["张某", "李某", "zhang", "戊", "张某石桥乡"]),
        st.sampled_from(["admin", "officer", "liaison"]),
        st.sampled_from(["01", "02", "09"]),
        st.sampled_from(["", "张某", "李某"]),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda row: spelling.name_key(row[0]),
).map(
    lambda rows: [
        Known(name=name, role=role, unit=unit if role == "liaison" else "", shown=shown, off=off)
        for name, role, unit, shown, off in rows
    ]
)


@given(SCHOOLS, ACCOUNTS)
def test_every_suggested_name_is_free_and_nobody_elses(
    table: list[School], accounts: list[Known]
) -> None:
    rows = propose(table, accounts).rows
    keys = [spelling.name_key(row.sign_in) for row in rows]
    assert len(keys) == len(set(keys))
    had = {spelling.name_key(account.name): account.name for account in accounts}
    for row, key in zip(rows, keys, strict=True):
        own = row.account if row.state not in ("new", "changed", "elsewhere") else ""
        assert had.get(key, own) == own
        assert spelling.name_key(row.person) in key or own


@given(SCHOOLS, ACCOUNTS)
def test_everybody_named_is_proposed_once_and_no_account_is_two_peoples(
    table: list[School], accounts: list[Known]
) -> None:
    found = propose(table, accounts)
    named = {("liaison", s.code, spelling.name_key(n)) for s in table for n in names_in(s.liaison)}
    named |= {("officer", "", spelling.name_key(n)) for s in table for n in names_in(s.officer)}
    rows = {
        (r.role, r.units[0] if r.role == "liaison" else "", spelling.name_key(r.person))
        for r in found.rows
    }
    assert rows == named
    assert len({r.key for r in found.rows}) == len(found.rows) == len(named)
    used = [r.account for r in found.rows if r.account]
    assert len(used) == len(set(used))
    assert not set(used) & {u.account for u in found.unnamed}


@given(SCHOOLS, ACCOUNTS)
def test_the_order_of_tables_and_accounts_changes_nothing(
    table: list[School], accounts: list[Known]
) -> None:
    ordered = sorted(accounts, key=lambda a: a.name)
    assert propose(table, ordered).rows == propose(table[::-1], ordered).rows


@given(SCHOOLS)
def test_once_everybody_has_an_account_nothing_is_proposed_any_more(table: list[School]) -> None:
    made = [
        Known(
            name=row.sign_in,
            role=row.role,
            unit=row.units[0] if row.role == "liaison" else "",
            shown=row.person,
            schools=frozenset(row.units) if row.role == "officer" else frozenset(),
            waiting=True,
        )
        for row in propose(table, []).rows
    ]
    again = propose(table, made)
    assert {row.state for row in again.rows} <= {"waiting"}
    assert again.unnamed == ()
