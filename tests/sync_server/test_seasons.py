"""Seasons: one is open, closed ones are read only, every change is previewed and kept in the history."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from shared import wire
from shared.problems import ProblemError
from shared.season import Season
from shared.season_fields import with_values
from sync_server.office import assignment, imports, phones, placing, policy, policy_text, review
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import accounts, devices, evidence, seasons, summaries, units
from sync_server.store import tables as t
from sync_server.store.database import Connection
from tests.support.command_line import doorstep, report
from tests.support.console_browser import PASSWORD, Browser, heading, people, signed_in
from tests.support.county import CLOCK, SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.feed import Mirror

HEAD = {
    "letterhead.phone": "0913-7654321",
    "letterhead.document_no": "〔2020〕3号",
    "letterhead.basis": "今年的通知",
}
NEXT = "2020"


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


def make_next(services: Services) -> Season:
    """The season of 2020 in preparation, as its settings are proposed."""
    made = with_values(office.proposal(services, NEXT), HEAD)
    office.create(services, made, who="t")
    return made


def state(services: Services, season: str = SEASON) -> str:
    return services.database.read(lambda c: seasons.one(c, season).state)


def settings(services: Services, season: str = SEASON) -> Season:
    return services.database.read(lambda c: seasons.get(c, season))


def refused(job: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as problem:
        job()
    return problem.value.code


def check_all(services: Services, season: str) -> None:
    of_season = services.for_season(season)
    for page in settings(services, season).policy:
        policy.confirm(of_season, page.key, base=policy_text.fingerprint(page), who="t")


# ---- states ----


def test_a_new_season_follows_the_one_before_with_its_school_codes_and_unread_pages(
    services: Services, county: list[str]
) -> None:
    made = make_next(services)
    assert (made.id, made.due_day, made.texts_from) == (NEXT, date(2020, 12, 20), SEASON)
    assert made.letterhead.county == settings(services).letterhead.county
    assert "repay" in made.unchecked
    here = services.database.read(lambda c: [(u.code, u.name) for u in units.units(c, NEXT)])
    before = services.database.read(lambda c: [(u.code, u.name) for u in units.units(c, SEASON)])
    assert here == before
    assert state(services, NEXT) == "preparing"


def test_the_number_of_last_years_notice_is_not_taken_over(services: Services) -> None:
    proposed = office.proposal(services, NEXT)
    assert (proposed.letterhead.document_no, proposed.letterhead.basis) == ("", "")
    assert refused(lambda: office.create(services, proposed, who="t")) == "season.field_missing"


def test_a_due_day_of_another_year_makes_no_season_of_that_year(services: Services) -> None:
    with pytest.raises(ProblemError) as problem:
        office.proposal(services, NEXT, due_day=date(2021, 1, 4))
    assert problem.value.code == "season.due_year"
    assert "2020" in problem.value.message()


def test_only_one_season_is_open(services: Services) -> None:
    make_next(services)
    check_all(services, NEXT)
    assert refused(lambda: office.open_season(services, NEXT, who="t")) == "season.other_open"
    office.close_season(services, SEASON, who="t")
    office.open_season(services, NEXT, who="t")
    assert (state(services), state(services, NEXT)) == ("closed", "open")
    assert services.in_season().season == NEXT


def test_a_season_does_not_open_with_unread_pages_on_its_notice(services: Services) -> None:
    make_next(services)
    office.close_season(services, SEASON, who="t")
    assert refused(lambda: office.open_season(services, NEXT, who="t")) == "season.texts_unchecked"


def test_the_open_season_is_shown_first_then_the_newest_closed_one(services: Services) -> None:
    make_next(services)
    assert services.in_season().season == SEASON
    office.close_season(services, SEASON, who="t")
    assert services.in_season().season == SEASON
    assert services.in_season(NEXT).season == NEXT
    assert refused(lambda: services.in_season("1999")) == "season.unknown"


def test_a_closed_season_opens_again_with_a_reason_only(services: Services) -> None:
    office.close_season(services, SEASON, who="t")
    assert refused(lambda: office.open_season(services, SEASON, who="t")) == "season.reason_missing"
    with pytest.raises(ProblemError):
        office.open_season(services, SEASON, who="t", reason=" ")
    office.open_season(services, SEASON, who="t", reason="补录两户")
    (line, *_) = services.database.read(lambda c: seasons.history(c, SEASON))
    assert (state(services), line.what, line.reason) == ("open", "reopen", "补录两户")


def test_a_season_with_a_mistyped_year_can_be_removed_until_it_is_used(
    services: Services, county: list[str]
) -> None:
    make_next(services)
    office.discard(services, NEXT, who="t")
    assert refused(lambda: state(services, NEXT)) == "season.unknown"
    assert refused(lambda: office.discard(services, SEASON, who="t")) == "season.used"


def put_schools(services: Services, season: str, *names: str) -> dict[str, str]:
    """Schools as 附件1 of a season has them; their codes by name."""

    def job(connection: Connection) -> dict[str, str]:
        return {name: units.put_unit(connection, season, name)[0] for name in names}

    return services.database.write(job)


def test_a_code_stands_for_one_school_in_every_season(services: Services) -> None:
    """Two seasons are prepared before either has its 附件1; a liaison's account names a code alone."""
    make_next(services)
    after = office.proposal(services, "2021", source=NEXT)
    office.create(services, with_values(after, HEAD), who="t")
    first = put_schools(services, NEXT, "甲校", "乙校", "丙校")
    second = put_schools(services, "2021", "丁校", "丙校", "甲校")
    assert {name: first[name] for name in ("甲校", "丙校")} == {
        name: second[name] for name in ("甲校", "丙校")
    }
    assert len({*first.values(), *second.values()}) == 4


def test_a_school_added_late_to_the_open_season_keeps_its_code_to_itself(
    services: Services, county: list[str]
) -> None:
    make_next(services)
    late = put_schools(services, SEASON, "晚到的学校")
    other = put_schools(services, NEXT, "明年的新学校")
    assert set(late.values()).isdisjoint(other.values())


def test_a_season_is_not_removed_while_an_account_has_a_school_of_it_alone(
    services: Services,
) -> None:
    make_next(services)
    (code,) = put_schools(services, NEXT, "甲校").values()
    services.database.write(lambda c: accounts.put(c, "王", PASSWORD, "liaison", code))
    assert refused(lambda: office.discard(services, NEXT, who="t")) == "season.used"
    services.database.write(lambda c: accounts.remove(c, "王"))
    office.discard(services, NEXT, who="t")


def test_a_removed_season_leaves_no_name_behind(services: Services, county: list[str]) -> None:
    make_next(services)
    phones.issue(services.for_season(NEXT), "01", "丁老师", who="t")
    office.discard(services, NEXT, who="t")

    def left(connection: Connection) -> list[str]:
        tables = [table for table in t.metadata.sorted_tables if "season" in table.c]
        return [
            table.name
            for table in tables
            if connection.execute(table.select().where(table.c.season == NEXT)).first()
        ]

    assert services.database.read(left) == []


async def test_a_season_that_was_opened_by_mistake_can_be_removed_once_closed(
    services: Services, admin: Browser
) -> None:
    open_next(services)
    assert f"/seasons/{NEXT}/discard" not in (await admin.get("/seasons")).text
    assert refused(lambda: office.discard(services, NEXT, who="t")) == "season.used"
    office.close_season(services, NEXT, who="t")
    text = (await admin.get("/seasons")).text
    assert f"/seasons/{NEXT}/discard" in text
    assert f"/seasons/{SEASON}/discard" not in text
    await admin.post(f"/seasons/{NEXT}/discard")
    assert refused(lambda: state(services, NEXT)) == "season.unknown"


# ---- closed means read only ----


def test_every_office_verb_that_changes_a_season_refuses_a_closed_one(
    services: Services, phone: RawPhone, tmp_path: Path
) -> None:
    case = case_ids(services, "01")[0]
    page = settings(services).policy[0]
    office.close_season(services, SEASON, who="t")
    verbs = {
        "assign": lambda: assignment.assign(services, [case], phone.staff, who="t"),
        "evenly": lambda: assignment.assign_evenly(services, "01", who="t"),
        "place": lambda: placing.move(services, [case], "02", who="t", reason="搬家"),
        "code": lambda: phones.issue(services, "01", "新老师", who="t"),
        "confirm": lambda: phones.confirm(services, phone.device, who="t"),
        "policy": lambda: policy.remove(
            services, page.key, base=policy_text.fingerprint(page), who="t"
        ),
        "settings": lambda: office.change(
            services, SEASON, lambda s: with_values(s, {"limits.visitors": "3"}), who="t"
        ),
    }
    assert {name: refused(verb) for name, verb in verbs.items()} == dict.fromkeys(
        verbs, "season.closed"
    )


def test_no_office_verb_writes_past_the_check_but_those_named_here() -> None:
    """`services.change` checks the season; a verb that writes without it must not change a season's data."""
    folder = Path(office.__file__).parent
    found = {
        path.stem
        for path in folder.glob("*.py")
        if re.search(r"database\.write\(", path.read_text(encoding="utf-8"))
    }
    assert found == {
        "accounts",  # accounts are no season's
        "case_lists",  # a download is logged whatever the season
        "connect",  # how phones connect is no season's
        "phone_test",  # as above
        "handover",  # checks the phone's own season before it reads the file
        "id_number_access",  # a look at a full number is logged whatever the season
        "phones",  # stopping a lost phone is always possible
        "purge",  # wants a closed season
        "recovery",  # a locked phone of a closed season must still open
        "seasons",  # moves seasons between states
        "setup",  # before there is a season
    }


async def test_a_phone_of_a_closed_season_keeps_its_records_and_hears_why(
    services: Services, phone: RawPhone
) -> None:
    office.close_season(services, SEASON, who="t")
    fact = phone.chained(fact_bytes(case_ids(services, "01")[0]))
    body = msgspec.json.encode(wire.PushRequest(facts=[fact]))
    answer = await phone.ask("POST", "/v1/facts", content=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "season.closed")
    assert (await phone.create_upload(b"photo")).json()["code"] == "season.closed"
    office.open_season(services, SEASON, who="t", reason="补录")
    assert await phone.outcomes(fact) == ["created"]


def open_next(services: Services) -> Services:
    """The season of 2020, open; that of 2019 is closed."""
    make_next(services)
    check_all(services, NEXT)
    office.close_season(services, SEASON, who="t")
    office.open_season(services, NEXT, who="t")
    return services.for_season(NEXT)


async def test_a_phone_with_unsent_records_of_a_closed_season_is_not_moved_to_the_next(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    """There its records would be refused one by one, and be nowhere in their own season."""
    of_next = open_next(services)
    issued = phones.issue(of_next, "01", "甲", who="t")
    asked = wire.EnrolRequest(
        code=issued.code, public_key=wire.b64(phone.public_key), unsent_season=SEASON
    )
    refusal = await http.post("/v1/enrol", content=msgspec.json.encode(asked))
    assert refusal.json()["code"] == "enrol.other_season"
    kept = services.database.read(lambda c: devices.by_id(c, phone.device))
    assert (kept.season, kept.state) == (SEASON, "confirmed")
    sent = msgspec.structs.replace(asked, unsent_season="")
    assert (await http.post("/v1/enrol", content=msgspec.json.encode(sent))).status_code == 200


async def test_a_record_put_aside_last_season_stops_no_summary_of_this_one(
    services: Services, phone: RawPhone
) -> None:
    wrong = phone.chained(fact_bytes(case_ids(services, "01")[0], season="1999"))
    assert await phone.outcomes(wrong) == ["rejected"]
    open_next(services)

    def aside(season: str) -> int:
        return services.database.read(lambda c: len(evidence.quarantined(c, season, "01")))

    assert (aside(SEASON), aside(NEXT)) == (1, 0)


def test_past_its_retention_a_season_takes_no_more_changes_until_the_day_is_moved(
    services: Services, county: list[str]
) -> None:
    def keep_until(day: str) -> None:
        office.change(
            services,
            SEASON,
            lambda s: with_values(s, {"retain_until": day}),
            who="t",
            reason="延长",
        )

    keep_until("2020-01-10")
    later = replace(
        services, settings=replace(services.settings, clock_spec="2020-01-11T09:00+08:00")
    )
    assert refused(lambda: phones.issue(later, "01", "甲", who="t")) == "season.retention_over"
    on_the_day = replace(
        services, settings=replace(services.settings, clock_spec="2020-01-10T09:00+08:00")
    )
    phones.issue(on_the_day, "01", "甲", who="t")
    office.change(
        later,
        SEASON,
        lambda s: with_values(s, {"retain_until": "2020-03-01"}),
        who="t",
        reason="还有异议没办完",
    )
    phones.issue(later, "01", "乙", who="t")


async def test_a_closed_season_can_still_be_read(
    services: Services, phone: RawPhone, admin: Browser
) -> None:
    office.close_season(services, SEASON, who="t")
    for path in ("/", "/cases", "/schools/01", "/schools/01/summary", "/county", "/policy"):
        answer = await admin.get(path)
        assert answer.status_code == 200, path
        assert "已经结束" in answer.text, path


# ---- changes ----


def test_a_change_is_kept_in_the_history_with_who_and_both_values(services: Services) -> None:
    fields = office.change(
        services, SEASON, lambda s: with_values(s, {"limits.visitors": "3"}), who="李"
    )
    assert [(f.field, f.before, f.after) for f in fields] == [("limits.visitors", "2", "3")]
    (line, *_) = services.database.read(lambda c: seasons.history(c, SEASON))
    assert (line.who, line.what, line.fields) == ("李", "set", fields)


def test_the_area_code_stays_once_a_summary_was_printed_with_it(services: Services) -> None:
    def edit(season: Season) -> Season:
        return with_values(season, {"letterhead.area_code": "610598"})

    row = {"season": SEASON, "unit": "01", "document": f"610599-{SEASON}-01", "version": 1}
    texts = {"cut_off": "", "as_of": "", "data": b"", "data_hash": ""}
    services.database.write(lambda c: summaries.add(c, **row, **texts))
    office.change(services, SEASON, edit, who="t")
    made = services.database.read(lambda c: summaries.listed(c, SEASON))[0]
    services.database.write(lambda c: summaries.change(c, made.id, state="printed"))
    back = {"letterhead.area_code": "610599"}
    assert (
        refused(lambda: office.change(services, SEASON, lambda s: with_values(s, back), who="t"))
        == "season.area_code_used"
    )


def test_a_date_that_has_passed_is_changed_with_a_reason_only(services: Services) -> None:
    def edit(season: Season) -> Season:
        return with_values(season, {"deadlines.slips": "2019-11-30"})

    assert (
        refused(lambda: office.change(services, SEASON, edit, who="t")) == "season.reason_missing"
    )
    office.change(services, SEASON, edit, who="t", reason="大雪封路")
    assert services.database.read(lambda c: seasons.history(c, SEASON))[0].reason == "大雪封路"
    assert settings(services).deadlines["slips"] == date(2019, 11, 30)


def test_of_two_people_at_the_same_form_the_second_gets_a_warning(services: Services) -> None:
    def edit(season: Season) -> Season:
        return with_values(season, {"limits.visitors": "3"})

    base = services.database.read(lambda c: seasons.one(c, SEASON).changes)
    office.change(services, SEASON, edit, who="李", base=base)
    assert (
        refused(lambda: office.change(services, SEASON, edit, who="王", base=base))
        == "season.changed"
    )


async def test_of_two_people_at_the_same_form_the_second_loses_nothing_and_undoes_nothing(
    services: Services, admin: Browser
) -> None:
    text = (await admin.get(f"/seasons/{SEASON}")).text
    base = re.search(r'name="base" value="(\d+)"', text)
    assert base
    form = {"limits.visitors": "2", "letterhead.phone": "0913-1", "base": base[1]}
    office.change(services, SEASON, lambda s: with_values(s, {"limits.visitors": "3"}), who="李")
    again = await admin.post(f"/seasons/{SEASON}", do="save", **form)
    assert again.status_code == 409
    assert 'value="0913-1"' in again.text
    assert 'name="limits.visitors" value="3"' in again.text
    newer = re.search(r'name="base" value="(\d+)"', again.text)
    assert newer
    await admin.post(
        f"/seasons/{SEASON}",
        do="save",
        **{**form, "limits.visitors": "3", "base": newer[1]},
    )
    assert settings(services).limits.visitors == 3
    assert settings(services).letterhead.phone == "0913-1"


async def test_a_change_reaches_phones_with_their_next_sync(
    services: Services, phone: RawPhone
) -> None:
    mirror = await Mirror(phone).read()
    office.change(services, SEASON, lambda s: with_values(s, {"limits.visitors": "3"}), who="t")
    await mirror.read()
    assert mirror.briefing is not None
    assert mirror.briefing.season.limits.visitors == 3


async def test_the_year_proposed_is_one_that_has_no_season_yet(
    services: Services, admin: Browser
) -> None:
    assert f'value="{NEXT}-12-20"' in (await admin.get("/seasons/new")).text
    make_next(services)
    assert 'value="2021-12-20"' in (await admin.get("/seasons/new")).text


async def test_what_would_change_is_shown_before_it_is_saved(
    services: Services, admin: Browser
) -> None:
    form = {"limits.visitors": "3", "letterhead.phone": "0913-1", "base": "0"}
    shown = await admin.post(f"/seasons/{SEASON}", do="preview", **form)
    assert "一起去的人数" in shown.text
    assert "以后打印的通知书" in shown.text
    assert settings(services).limits.visitors == 2
    base = re.search(r'name="base" value="(\d+)"', (await admin.get(f"/seasons/{SEASON}")).text)
    assert base
    await admin.post(f"/seasons/{SEASON}", do="save", **{**form, "base": base[1]})
    assert settings(services).limits.visitors == 3


async def test_what_is_wrong_is_shown_beside_its_field_as_typed(
    services: Services, admin: Browser
) -> None:
    base = str(services.database.read(lambda c: seasons.one(c, SEASON).changes))
    shown = await admin.post(
        f"/seasons/{SEASON}", do="save", **{"phases.visit.last": "2019-12-01", "base": base}
    )
    assert shown.status_code == 422
    assert 'value="2019-12-01"' in shown.text
    assert "早于开始" in shown.text
    assert "field wrong" in shown.text


async def test_the_page_shows_six_things_and_the_rest_folded(
    services: Services, admin: Browser
) -> None:
    text = (await admin.get(f"/seasons/{SEASON}")).text
    before, _, other = text.partition("<details")
    assert "limits.visitors" not in before
    assert "limits.visitors" in other
    for path in ("due_day", "letterhead.phone", "letterhead.document_no", "phases.visit.first"):
        assert f'name="{path}"' in before
    assert "要核对的页面" in text


# ---- the switcher ----


async def test_the_centre_looks_at_another_season_and_every_page_says_which(
    services: Services, admin: Browser
) -> None:
    make_next(services)
    assert (await admin.post("/season", season=NEXT, back="/cases")).headers["location"] == "/cases"
    for path in ("/", "/cases", "/policy", "/county"):
        assert f"· {NEXT}" in html.unescape((await admin.get(path)).text), path
    assert heading(await admin.get("/")) != ""


async def test_a_form_of_another_season_changes_nothing(services: Services, admin: Browser) -> None:
    """The season is switched in another window; both seasons have the same pages."""
    make_next(services)
    await admin.post("/season", season=NEXT)
    shown = (await admin.get("/policy")).text
    assert f'name="_season" value="{NEXT}"' in shown
    await admin.post("/season", season=SEASON, _season=NEXT)
    page = settings(services, NEXT).policy[0]
    form = {"base": policy_text.fingerprint(page), "_season": NEXT}
    for path in (f"/policy/pages/{page.key}/remove", "/imports/preview"):
        refusal = await admin.post(path, **form)
        assert refusal.status_code == 409, path
        assert f"这一页是 {NEXT} 年度的" in refusal.text
    assert settings(services).policy[0] == page
    await admin.post(f"/policy/pages/{page.key}/remove", **{**form, "_season": SEASON})
    assert settings(services).policy[0] != page


async def test_every_form_of_a_seasons_page_says_which_season_it_is(
    services: Services, admin: Browser
) -> None:
    paths = ("/imports", "/policy", "/policy/pages/repay", "/schools/01", "/schools/01/phones")
    for path in (*paths, "/schools/01/summary", "/county"):
        text = (await admin.get(path)).text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL)
        unbound = [f[:80] for f in forms if f'name="_season" value="{SEASON}"' not in f]
        assert all('action="/sign-out"' in f or 'action="/season"' in f for f in unbound), path
        assert len(forms) > 1, path


async def test_a_liaison_stays_in_the_season_in_force(
    app: Litestar, services: Services, admin: Browser
) -> None:
    make_next(services)
    liaison = await signed_in(app, "one")
    assert (await liaison.post("/season", season=NEXT)).status_code == 403
    assert f"· {SEASON}" in html.unescape((await liaison.get("/schools/01")).text)


# ---- the file ----


async def test_a_file_is_exported_edited_and_imported_after_a_preview(
    services: Services, admin: Browser
) -> None:
    text = (await admin.get(f"/seasons/{SEASON}/file")).text
    edited = text.replace("visitors = 2", "visitors = 3 # 山区").encode()
    shown = await admin.post("/seasons/file", files={"file": ("a.toml", edited)})
    assert "一起去的人数" in shown.text
    assert settings(services).limits.visitors == 2
    base = re.search(r'name="base" value="(\d+)"', shown.text)
    assert base
    done = await admin.post(
        "/seasons/file", do="apply", base=base[1], text=edited.decode(), files={"none": ("", b"")}
    )
    assert done.headers["location"] == f"/seasons/{SEASON}"
    assert settings(services).limits.visitors == 3
    assert "# 山区" in (await admin.get(f"/seasons/{SEASON}/file")).text


async def test_what_is_wrong_with_a_page_in_a_file_is_shown_before_it_is_taken(
    services: Services, admin: Browser
) -> None:
    text = (await admin.get(f"/seasons/{SEASON}/file")).text
    long = text.replace('title_zh = "怎样还款"', f'title_zh = "{"长" * 21}"').encode()
    shown = await admin.post("/seasons/file", files={"file": ("a.toml", long)})
    assert "policy.repay" in shown.text
    assert 'value="apply"' not in shown.text


async def test_rows_that_change_are_named_by_their_words(
    services: Services, admin: Browser
) -> None:
    text = (await admin.get(f"/seasons/{SEASON}/file")).text
    edited = text.replace("unchecked = []", 'unchecked = ["death"]').encode()
    shown = await admin.post("/seasons/file", files={"file": ("a.toml", edited)})
    assert re.search(r"待核对的页</td><td>–</td><td><b>家里有人去世</b>", shown.text)


async def test_a_file_too_large_is_refused_with_the_limit_of_its_page(admin: Browser) -> None:
    answer = await admin.post("/seasons/file", files={"file": ("a.toml", b"#" * 1_100_000)})
    assert answer.status_code == 413
    assert "上限 1 MB" in html.unescape(answer.text)


async def test_a_policy_page_changed_in_a_file_is_an_edition(services: Services) -> None:
    def edit(season: Season) -> Season:
        page = msgspec.structs.replace(season.policy[0], title_zh="见到本人")
        return msgspec.structs.replace(season, policy=(page, *season.policy[1:]))

    changes = office.change(services, SEASON, edit, who="t", file="# x")
    assert {c.field: c.after for c in changes} == {
        "policy.open-self": "见到本人",
        "unchecked": "open-self",
    }
    from sync_server.store import policy as store

    assert services.database.read(lambda c: store.editions(c, SEASON))[0].what == "import"


def test_a_file_confirms_no_page_of_a_new_season(services: Services) -> None:
    """Relief rules change every year: last year's file with another year in it says nothing of this one."""
    asked = msgspec.structs.replace(
        with_values(office.proposal(services, NEXT), HEAD), unchecked=()
    )
    made = office.create(services, asked, who="t", file="# from last year")
    assert {"repay", "difficulty"} <= set(made.season.unchecked)


def test_a_file_leaves_no_season_without_a_day_until_which_data_are_kept(
    services: Services,
) -> None:
    asked = with_values(office.proposal(services, NEXT), HEAD)
    bare = msgspec.structs.replace(asked, retain_until=None)
    made = office.create(services, bare, who="t", file="# none named").season
    assert made.retain_until == date(2021, 3, 30)
    office.change(services, NEXT, lambda _: bare, who="t", file="# none named")
    assert settings(services, NEXT).retain_until == date(2021, 3, 30)


def test_a_file_confirms_no_page_of_a_season_either(services: Services) -> None:
    office.create(services, with_values(office.proposal(services, NEXT), HEAD), who="t")
    of_next, before = services.for_season(NEXT), settings(services, NEXT)
    page = before.policy[0]
    policy.confirm(of_next, page.key, base=policy_text.fingerprint(page), who="t")

    def edit(season: Season) -> Season:
        other = msgspec.structs.replace(page, zh=(*page.zh, "今年3月起。"))
        return msgspec.structs.replace(season, policy=(other, *season.policy[1:]), unchecked=())

    office.change(services, NEXT, edit, who="t", file="# x")
    assert settings(services, NEXT).unchecked == before.unchecked


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"zh": ("长" * 601,)}, "中文内容"),
        ({"zh": ()}, "中文内容"),
        ({"title_en": "x" * 61}, "英文标题"),
        ({"section": "other"}, "section"),
    ],
)
def test_a_page_in_a_file_keeps_to_the_limits_of_the_form(
    services: Services, fields: dict[str, Any], why: str
) -> None:
    def edit(season: Season) -> Season:
        page = msgspec.structs.replace(season.policy[0], **fields)
        return msgspec.structs.replace(season, policy=(page, *season.policy[1:]))

    with pytest.raises(ProblemError) as problem:
        office.change(services, SEASON, edit, who="t", file="# x")
    assert problem.value.code == "season.file_field"
    assert {"policy.open-self", why} <= set(re.findall(r"[\w.-]+", problem.value.message()))


def test_a_printed_page_in_a_file_still_fits_its_notice(services: Services) -> None:
    def edit(season: Season) -> Season:
        pages = (
            msgspec.structs.replace(p, zh=("长" * 111,)) if p.key == "repay" else p
            for p in season.policy
        )
        return msgspec.structs.replace(season, policy=tuple(pages))

    assert refused(lambda: office.change(services, SEASON, edit, who="t")) == "season.file_field"


def test_what_only_a_file_changes_is_shown_and_kept_in_the_history_too(services: Services) -> None:
    def edit(season: Season) -> Season:
        reasons = (
            msgspec.structs.replace(r, sensitive=False) if r.code == "illness" else r
            for r in season.reasons
        )
        phases = (msgspec.structs.replace(season.phases[0], zh="备名单"), *season.phases[1:])
        return msgspec.structs.replace(season, reasons=tuple(reasons), phases=phases)

    fields = office.change(services, SEASON, edit, who="t", file="# x")
    assert {(f.field, f.after) for f in fields} == {
        ("reasons.illness.sensitive", "false"),
        ("phases.prepare.zh", "备名单"),
    }


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[", b"due_day = 1", b""])
async def test_a_file_that_is_no_season_changes_nothing(
    services: Services, admin: Browser, data: bytes
) -> None:
    answer = await admin.post("/seasons/file", files={"file": ("a.toml", data)})
    assert answer.status_code in (303, 200)
    assert services.database.read(lambda c: seasons.one(c, SEASON).changes) == 2


# ---- the command line ----


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line goes by the sample's clock."""
    monkeypatch.setenv("DOORSTEP_CLOCK", CLOCK)


@pytest.mark.usefixtures("clock")
def test_a_season_is_made_changed_opened_and_closed_on_the_command_line(
    services: Services, tmp_path: Path
) -> None:
    data = services.settings.data_dir

    def run(*words: str | Path) -> tuple[int, Any]:
        done = doorstep("season", *words, "--json", data=data)
        return done.returncode, report(done)

    code, refusal = run("new", NEXT)
    assert (code, refusal["problems"][0]["code"]) == (1, "season.field_missing")
    words = ("--phone", "0913-1", "--document-no", "3号", "--basis", "通知", "--due", "2020-12-18")
    code, made = run("new", NEXT, *words)
    assert (code, made["state"]) == (0, "preparing")
    assert made["fields"]["deadlines.slips"] == "2020-11-27"
    assert run("set", "limits.visitors", "3", "--season", NEXT)[0] == 0
    assert run("set", "limits.visitors", "99", "--season", NEXT)[0] == 1
    assert run("close", SEASON)[1] == {"id": SEASON, "state": "closed"}
    assert run("open", NEXT)[1]["problems"][0]["code"] == "season.texts_unchecked"
    assert run("confirm", "repay", "difficulty", "--season", NEXT)[0] == 0
    assert run("open", NEXT)[1] == {"id": NEXT, "state": "open"}
    file = tmp_path / "a.toml"
    assert doorstep("season", "export", file, NEXT, data=data).returncode == 0
    assert "visitors = 3" in file.read_text()
    assert run("import", file)[1] == []
    assert [s["state"] for s in run("list")[1]] == ["open", "closed"]


@pytest.mark.usefixtures("clock")
def test_a_command_works_on_the_season_it_is_asked_for(
    services: Services, county: list[str]
) -> None:
    make_next(services)
    data = services.settings.data_dir
    done = report(doorstep("assign", "01", "--season", NEXT, "--json", data=data))
    assert done["problems"][0]["code"] == "staff.none"
    assert doorstep("assign", "01", "--season", "1999", "--json", data=data).returncode == 1


def test_imports_go_into_a_season_in_preparation(services: Services, tmp_path: Path) -> None:
    make_next(services)
    of_next = services.for_season(NEXT)
    assert refused(lambda: imports.preview(of_next, "nonsense", tmp_path)) == (
        "intake.unknown_kind"
    )
    assert review.queue(of_next, "01") == []
