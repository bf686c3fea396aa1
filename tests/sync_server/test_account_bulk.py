"""Many accounts at once: proposed, made, reset, switched off; one that is refused stops no other."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from litestar import Litestar
from msgspec.structs import replace

from shared.problems import ProblemError
from sync_server.office import account_bulk, account_links
from sync_server.office import account_proposals as office
from sync_server.office.account_bulk import Outcome
from sync_server.office.account_proposals import Chosen
from sync_server.office.seasons import close_season
from sync_server.services import Services
from sync_server.store import accounts, audit, units
from tests.support.console_browser import PASSWORD, PEOPLE, SCHOOLS, Browser, people, signed_in

GOOD = "three plain words"


def tables(services: Services, *rows: tuple[str, str, str, str]) -> None:
    """Schools as 附件1 and 附件2 leave them: code, liaison, telephone, officer."""
    known = {
        u.code: u.name for u in services.database.read(lambda c: units.units(c, services.season))
    }
    for code, liaison, phone, officer in rows:
        fields = {"liaison_name": liaison, "liaison_phone": phone, "officer": officer}
        services.database.write(
            lambda c, code=code, fields=fields: units.put_unit(
                c, services.season, known.get(code, f"第{code}小学"), **fields
            )
        )


@pytest.fixture
def named(services: Services, county: list[str]) -> Services:
    """Two schools: 丁某 and 张某 are liaisons, 戊某 is the officer of both."""
    tables(
        services,
        ("01", "丁某", "13900000001", "戊某"),
        ("02", "张某", "13900000002", "戊某"),
    )
    return services


def everything(services: Services) -> list[Chosen]:
    return [
        Chosen(
            key=row.key,
            act=office.ACTS[row.state][0],
            sign_in=row.sign_in,
            shown=row.person,
            seen=row.units,
        )
        for row in office.read(services).rows
        if row.state in office.ACTS
    ]


def codes(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """What became of each account: done, same, or the code of the problem."""
    return {
        one.name: one.problem.code if one.problem else "done" if one.done else "same"
        for one in outcomes
    }


def taken(services: Services, chosen: Sequence[Chosen]) -> dict[str, str]:
    return codes([one.outcome for one in office.take(services, chosen, who="t")])


def found(services: Services, name: str) -> accounts.Account:
    account = services.database.read(lambda c: accounts.find(c, name))
    assert account is not None
    return account


def test_the_tables_make_liaisons_and_officers_with_their_schools(named: Services) -> None:
    assert taken(named, everything(named)) == {"丁某": "done", "张某": "done", "戊某": "done"}
    assert (found(named, "丁某").role, found(named, "丁某").unit) == ("liaison", "01")
    assert found(named, "戊某").schools == {"01", "02"}
    assert all(found(named, name).waiting for name in ("丁某", "张某", "戊某"))
    assert {row.state for row in office.read(named).rows} == {"waiting"}


def test_the_second_press_changes_nothing(named: Services) -> None:
    chosen = everything(named)
    taken(named, chosen)
    notes = len(named.database.read(lambda c: audit.listed(c, 100)))
    assert set(taken(named, chosen).values()) == {"same"}
    assert len(named.database.read(lambda c: audit.listed(c, 100))) == notes


def test_one_wrong_row_stops_no_other_and_is_named(named: Services) -> None:
    account_bulk.put(named, "王", role="admin", unit="", shown="王", who="t")
    first, second, third = everything(named)
    rows = [
        replace(first, sign_in="王"),
        replace(second, seen=("09",)),
        replace(second, key="liaison.09.谁"),
        third,
    ]
    done = office.take(named, rows, who="t")
    assert [
        (one.person, one.outcome.problem.code if one.outcome.problem else "") for one in done
    ] == [
        ("丁某", "auth.account_exists"),
        ("张某", "account.proposal_gone"),
        ("张某", "account.proposal_gone"),
        ("戊某", ""),
    ]


def test_the_tables_of_a_season_that_is_over_make_nobody(named: Services) -> None:
    chosen = everything(named)
    close_season(named, named.season, who="t")
    with pytest.raises(ProblemError) as refused:
        office.take(named, chosen, who="t")
    assert refused.value.code == "season.closed"
    assert named.database.read(accounts.listed) == []


def test_two_rows_with_one_name_make_one_account(named: Services) -> None:
    first, second, _ = everything(named)
    done = office.take(named, [first, replace(second, sign_in="丁某")], who="t")
    assert [one.outcome.problem.code if one.outcome.problem else "" for one in done] == [
        "",
        "auth.account_exists",
    ]


def test_a_name_that_only_looks_otherwise_is_taken(named: Services) -> None:
    account_bulk.put(named, "Wang", role="admin", unit="", shown="王", who="t")
    with pytest.raises(ProblemError) as refused:
        account_bulk.put(named, "ｗａｎｇ", role="admin", unit="", shown="王", who="t")
    assert refused.value.code == "auth.account_exists"


def test_somebody_else_in_the_table_takes_the_school_over(named: Services) -> None:
    taken(named, everything(named))
    tables(named, ("01", "李某", "13900000003", "戊某"))
    proposals = office.read(named)
    assert [(u.account, u.now) for u in proposals.unnamed] == [("丁某", ("李某",))]
    assert taken(named, everything(named)) == {"李某": "done"}
    assert codes(account_bulk.disable(named, ["丁某"], who="t")) == {"丁某": "done"}
    assert office.read(named).unnamed == ()


def test_a_liaison_who_changed_schools_keeps_the_account(named: Services) -> None:
    taken(named, everything(named))
    tables(named, ("01", "李某", "", "戊某"), ("02", "丁某", "", "戊某"))
    rows = [row for row in everything(named) if "丁某" in row.shown]
    assert [row.act for row in rows] == ["create"]
    assert taken(named, [replace(rows[0], act="move")]) == {"丁某": "done"}
    assert found(named, "丁某").unit == "02"


def test_an_officers_schools_follow_the_table_and_those_of_other_seasons_stay(
    named: Services,
) -> None:
    taken(named, everything(named))
    named.database.write(lambda c: units.put_unit(c, "2018", "老校"))
    named.database.write(lambda c: accounts.set_schools(c, "戊某", ["01", "03"]))
    assert [row.state for row in office.read(named).rows if row.role == "officer"] == ["area"]
    assert taken(named, everything(named)) == {"戊某": "done"}
    assert found(named, "戊某").schools == {"01", "02", "03"}


def test_neither_the_own_nor_the_last_admins_account_is_switched_off_or_reset(
    services: Services, county: list[str]
) -> None:
    people(services)
    account_bulk.put(services, "new", role="admin", unit="", shown="新", who="t")
    for verb in (account_bulk.disable, account_bulk.reset):
        assert codes(verb(services, ["admin", "no one"], who="admin")) == {
            "admin": "auth.own_account",
            "no one": "auth.account_gone",
        }
        # one who waits cannot sign in: the other is the last one
        assert codes(verb(services, ["admin"], who="t")) == {"admin": "auth.last_admin"}
    for call in (
        lambda: account_bulk.put(services, "admin", role="liaison", unit="01", shown="", who="t"),
        lambda: account_bulk.put(services, "t", role="liaison", unit="01", shown="", who="t"),
    ):
        with pytest.raises(ProblemError) as refused:
            call()
        assert refused.value.code in ("auth.last_admin", "auth.own_account")


def test_a_disabled_account_signs_in_with_its_old_password_once_it_is_enabled(
    services: Services, county: list[str]
) -> None:
    people(services)
    assert codes(account_bulk.disable(services, ["one", "one"], who="t")) == {"one": "done"}
    assert codes(account_bulk.disable(services, ["one"], who="t")) == {"one": "same"}

    def check(password: str) -> str:
        try:
            services.database.read(lambda c: accounts.check(c, "one", password))
        except ProblemError as problem:
            return problem.code
        return "in"

    assert check(PASSWORD) == "auth.account_disabled"
    assert check("wrong") == "auth.bad_password"
    assert codes(account_bulk.enable(services, ["one"], who="t")) == {"one": "done"}
    assert codes(account_bulk.enable(services, ["one"], who="t")) == {"one": "same"}
    assert check(PASSWORD) == "in"


async def test_sessions_end_at_once_and_do_not_come_back(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    one, two = await signed_in(app, "one"), await signed_in(app, "two")
    account_bulk.disable(services, ["one"], who="t")
    account_bulk.reset(services, ["two"], who="t")
    for browser in (one, two):
        answer = await browser.get("/cases")
        assert answer.headers["location"].startswith("/sign-in")
    account_bulk.enable(services, ["one"], who="t")
    assert (await one.get("/cases")).status_code == 303
    assert (await one.sign_in("one")).status_code == 303
    assert (await two.sign_in("two")).status_code == 401
    assert "one先生" in {a.shown for a in services.database.read(accounts.listed)}


def rows_of(page: str) -> list[str]:
    """The keys of the proposals on the page."""
    return re.findall(r'name="row" value="([^"]+)"', page)


async def test_an_admin_makes_accounts_from_the_tables_prints_slips_and_the_liaison_signs_in(
    app: Litestar, named: Services
) -> None:
    people(named)
    admin = await signed_in(app, "admin")
    page = (await admin.get("/accounts/proposals")).text
    keys = rows_of(page)
    assert len(keys) == 3
    assert "one先生" in page, "whom the tables do not name is offered for disabling"
    fields = {"row": keys[:2], "off": ["one"]}
    for key in keys[:2]:
        units_shown = re.search(rf'name="units-{re.escape(key)}" value="([^"]*)"', page)
        name = re.search(rf'name="sign_in-{re.escape(key)}" value="([^"]*)"', page)
        assert units_shown
        assert name
        fields |= {f"units-{key}": units_shown[1], f"act-{key}": "create"}
        fields |= {f"sign_in-{key}": name[1] if key == keys[0] else "admin"}
        fields |= {f"shown-{key}": name[1]}
    done = (await admin.post("/accounts/proposals", **fields)).text
    assert "做好了 2 项，没有做 1 项" in done
    assert "已经有账号叫“admin”" in done
    assert re.findall(r'name="name" value="([^"]*)"', done) == ["丁某"]
    shown = await admin.post("/accounts/link", name="丁某")
    code = re.search(r'href="/activate/([a-z0-9-]+)"', shown.text)
    assert code
    liaison = Browser(app)
    await liaison.get(f"/activate/{code[1]}")
    answer = await liaison.post(f"/activate/{code[1]}", password=GOOD, again=GOOD)
    assert answer.status_code == 303
    assert (await liaison.get("/")).headers["location"] == "/schools/01"
    again = await admin.get("/accounts?q=丁某")
    assert f"找到 1 个，共 {len(PEOPLE) + 1} 个" in again.text
    assert "等激活" not in again.text[again.text.index("<tbody") :]


async def test_ticked_accounts_are_shown_before_anything_is_done(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    admin = await signed_in(app, "admin")
    preview = await admin.post("/accounts/chosen", do="disable", name=["one", "two", "admin"])
    assert "停用 · 2 个账号" in re.sub(r"\s+", " ", preview.text)
    assert "这是您自己的账号" in preview.text
    assert not found(services, "one").disabled_at
    done = await admin.post("/accounts/do", do="disable", name=["one", "two", "admin"])
    assert done.text.count("已停用") >= 2
    assert "这是您自己的账号" in done.text
    assert found(services, "one").disabled_at
    listed = await admin.get("/accounts?standing=off")
    assert f"找到 2 个，共 {len(PEOPLE)} 个" in listed.text
    nothing = await admin.post("/accounts/chosen", do="disable")
    assert "请先在左边勾选账号" in await admin.text_of(nothing.headers["location"])
    reset = await admin.post("/accounts/do", do="reset", name=["officer"])
    assert "打印 1 份激活单" in reset.text
    assert account_links.draw_up(services, ["officer"], origin="https://a.example")


async def test_eighty_liaisons_are_found_by_school_and_ordered_by_their_last_sign_in(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    for n in range(80):
        account_bulk.put(
            services,
            f"联络{n:02d}",
            role="liaison",
            unit="02" if n % 2 else "01",
            shown="",
            who="t",
        )
    await signed_in(app, "two")
    admin = await signed_in(app, "admin")
    officers = sum("01" in of for of in SCHOOLS.values())
    by_school = await admin.get("/accounts?q=柳泉镇")
    assert f"找到 {41 + officers} 个，共 {80 + len(PEOPLE)} 个" in by_school.text
    newest = (await admin.get("/accounts?sort=last")).text
    shown = re.findall(r'name="name" value="([^"]*)" aria-label', newest)
    assert shown[:2] == ["admin", "two"]


async def test_the_page_of_proposals_opens_again_once_accounts_are_made(
    app: Litestar, named: Services
) -> None:
    people(named)
    admin = await signed_in(app, "admin")
    office.take(named, everything(named)[:1], who="admin")
    some = await admin.get("/accounts/proposals")
    office.take(named, everything(named), who="admin")
    every = await admin.get("/accounts/proposals")
    assert (some.status_code, every.status_code) == (200, 200)
    assert "已有账号的 1 人" in some.text
    assert "已有账号的 3 人" in every.text
    assert "等激活" in every.text
