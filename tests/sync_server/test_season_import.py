"""A season's settings as a file that is exported, edited and imported, and on the command line."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from shared.problems import ProblemError
from shared.season import Season
from shared.season_fields import with_values
from sync_server.office import imports, policy, policy_text, review
from sync_server.office import seasons as office
from sync_server.services import Services
from sync_server.store import seasons
from tests.support.command_line import doorstep, report
from tests.support.console_browser import Browser, people, signed_in
from tests.support.county import CLOCK, SEASON
from tests.support.seasons import (
    HEAD,
    NEXT,
    make_next,
    refused,
    settings,
)


@pytest.fixture
async def admin(app: Litestar, services: Services, county: list[str]) -> Browser:
    people(services)
    return await signed_in(app, "admin")


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
