"""The settings of a season: every change is previewed and kept in the history; the switcher of seasons."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest
from litestar import Litestar

from shared.season import Season
from shared.season_fields import with_values
from sync_server.office import policy_text
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import seasons, summaries
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.console_browser import Browser, heading, people, signed_in
from tests.support.county import SEASON
from tests.support.devices import RawPhone
from tests.support.feed import Mirror
from tests.support.seasons import (
    NEXT,
    make_next,
    refused,
    settings,
)


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


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
    made = services.database.read(lambda c: summaries.listed(c, SEASON, WHOLE_COUNTY))[0]
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
    before, _, other = text[text.index("<h1") :].partition("<details")
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


async def test_the_field_for_the_reason_stands_on_the_page_before_a_passed_day_is_changed(
    services: Services, admin: Browser
) -> None:
    text = (await admin.get(f"/seasons/{SEASON}")).text
    assert re.search(r'id="reason" name="reason" value="" maxlength="200">', text)
    assert "已经过去的，必须写" in text
