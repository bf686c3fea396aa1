"""The leaflet and the texts for everybody: the year's days, checked pages, and nobody of the list."""

from __future__ import annotations

import inspect
import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import msgspec
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from PIL import Image

from shared import publicity
from shared.assets import FONTS
from shared.policy import POLICY, PolicyPage
from shared.problems import ProblemError
from shared.season import Season
from sync_server.office import leaflets
from sync_server.paperwork.leaflet import render_leaflet
from sync_server.sample.county import make_county
from sync_server.sample.season import season_2019
from sync_server.services import Services
from sync_server.store import case_import, seasons
from sync_server.store.database import Connection
from tests.support.command_line import doorstep, report
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON
from tests.support.engines import about_sqlite

UNCHECKED = ("repay", "early")


def with_unchecked(services: Services, keys: tuple[str, ...] = UNCHECKED) -> None:
    def job(connection: Connection) -> None:
        season = seasons.get(connection, SEASON)
        seasons.save(connection, msgspec.structs.replace(season, unchecked=keys))

    services.database.write(job)


def words_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_bounded() for page in pages)
    return re.sub(r"\s", "", text)


def test_the_leaflet_is_one_page_with_due_day_days_pages_and_telephones() -> None:
    pdf = render_leaflet(season_2019(), FONTS)
    assert len(pypdfium2.PdfDocument(pdf)) == 1
    words = words_of(pdf)
    for text in (
        "12月20日",
        "12月11日至12月18日",
        "怎样还款",
        "防骗和您的信息",
        "95593",
        "0900-0000000",
    ):
        assert text in words
    assert "数据整理" not in words
    for page in publicity.pages(season_2019()):
        assert all(re.sub(r"\s", "", line) in words for line in page.lines("zh"))


def test_equal_settings_give_equal_bytes() -> None:
    assert render_leaflet(season_2019(), FONTS) == render_leaflet(season_2019(), FONTS)


def test_longer_pages_go_over_two_sides_and_nothing_is_lost() -> None:
    long = tuple(
        PolicyPage(
            key=f"own-{n}",
            title_zh=f"第{n}页政策",
            title_en="",
            en=(),
            zh=("政策说明文字" * 20,) * 5,
        )
        for n in range(10)
    )
    season = msgspec.structs.replace(season_2019(), policy=long)
    pdf = render_leaflet(season, FONTS)
    assert len(pypdfium2.PdfDocument(pdf)) == 2
    assert words_of(pdf).count("政策说明文字") == 10 * 5 * 20


def test_a_door_script_and_a_note_for_teachers_are_not_made_known() -> None:
    page = PolicyPage(
        key="own-1",
        title_zh="怎样还",
        title_en="",
        en=(),
        zh=("在线还。", "（先问清是不是本人。）"),
    )
    season = season_2019()
    scripts = tuple(p for p in season.policy if p.section != POLICY)
    made = publicity.leaflet(msgspec.structs.replace(season, policy=(*scripts, page)))
    assert [(s.title, s.lines) for s in made.sections] == [("怎样还", ("在线还。",))]


def test_pages_that_nobody_checked_are_refused_by_name() -> None:
    season = msgspec.structs.replace(season_2019(), unchecked=(*UNCHECKED, "open-self"))
    for make in (publicity.leaflet, publicity.short_text, publicity.long_text):
        with pytest.raises(ProblemError, match=r"leaflet\.page_unchecked") as refused:
            make(season)
        assert "怎样还款、提前还款" in refused.value.message()
        assert "见到本人" not in refused.value.message()
    with pytest.raises(ProblemError, match=r"leaflet\.nothing"):
        publicity.leaflet(msgspec.structs.replace(season_2019(), policy=()))


def test_the_short_text_fits_a_group_and_says_when_how_and_whom_to_ask() -> None:
    text = publicity.short_text(season_2019())
    assert len(text) < 250
    assert "\n" not in text
    for words in ("12月20日", "支付宝", "95593", "验证码"):
        assert words in text


@given(st.integers(1, 12), st.integers(1, 28), st.text(max_size=12), st.text(max_size=12))
def test_whatever_the_settings_say_the_texts_are_made_of_them(
    month: int, day: int, hotline: str, phone: str
) -> None:
    season = season_2019()
    head = msgspec.structs.replace(season.letterhead, hotline=hotline, phone=phone)
    changed = msgspec.structs.replace(
        season, letterhead=head, due_day=season.due_day.replace(month=month, day=day)
    )
    for text in (publicity.short_text(changed), publicity.long_text(changed)):
        assert f"{month}月{day}日" in text
        assert hotline in text
        assert phone in text


HANDOUTS: tuple[Callable[..., object], ...] = (
    publicity.leaflet,
    publicity.short_text,
    publicity.long_text,
    publicity.pages,
)


@pytest.mark.parametrize("make", HANDOUTS, ids=lambda make: make.__name__)
def test_what_makes_a_handout_takes_a_seasons_settings_and_nothing_else(
    make: Callable[..., object],
) -> None:
    assert list(inspect.signature(make).parameters) == ["season"]
    assert get_type_hints(make)["season"] is Season


@about_sqlite("what a bare process loads, which here has the engine of the run")
def test_its_module_loads_nothing_that_knows_a_case_or_a_database() -> None:
    code = (
        "import sys; import shared.publicity; "
        "print([m for m in sys.modules if m in ('shared.cases', 'sqlite3', 'sqlalchemy')"
        " or m.startswith('sync_server')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def whole_county(services: Services) -> set[str]:
    """A county of 4,000 people in the database; every name, ID number, phone and contract of them."""
    cases = [*make_county().cases, *make_county(7).cases[:100]]
    assert len(cases) > 4000
    imported = [
        case_import.imported_person(
            SEASON,
            f"key{n:05d}",
            case.school,
            case.borrower,
            case.co_borrower,
            case.contracts,
            village=case.village,
        )
        for n, case in enumerate(cases)
    ]

    def job(connection: Connection) -> None:
        schools: dict[str, dict[str, str]] = {case.school: {} for case in cases}
        case_import.import_schools(connection, SEASON, schools)
        case_import.import_people(connection, SEASON, imported)

    services.database.write(job)
    found: set[str] = set()
    for case in cases:
        for one in (case.borrower, *([case.co_borrower] if case.co_borrower else [])):
            found |= {one.name, one.id_number, *one.phones}
        found |= {contract.contract_no for contract in case.contracts}
    return {text for text in found if text}


async def test_no_handout_names_anybody_of_4000_people(
    app: Litestar, services: Services, whole_county: set[str], tmp_path: Path
) -> None:
    people(services)
    made = report(doorstep("leaflet", "--json", data=services.settings.data_dir))
    page = (await (await signed_in(app, "one")).get("/publicity")).text
    handouts = {
        "leaflet": words_of(leaflets.pdf(services, who="t")),
        "short": made["short"],
        "long": made["long"],
        "page": page.partition("<main")[2],
    }
    assert len(whole_county) > 12_000
    for name, text in handouts.items():
        assert "12月20日" in text, name
        assert [one for one in whole_county if one in text] == [], name


async def test_the_page_shows_the_leaflet_and_texts_to_a_school(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    browser = await signed_in(app, "one")
    page = (await browser.get("/publicity")).text
    assert publicity.short_text(leaflets.season_of(services))[:40] in page
    picture = await browser.get("/publicity/leaflet.png")
    assert Image.open(io.BytesIO(picture.content)).height > 1000
    again = await browser.get("/publicity/leaflet.png")
    assert again.content == picture.content
    pdf = await browser.follow(await browser.post("/publicity/leaflet.pdf"))
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"].startswith("inline")


async def test_the_page_names_the_pages_to_check_first(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    with_unchecked(services)
    admin = await signed_in(app, "admin")
    page = (await admin.get("/publicity")).text
    assert "怎样还款、提前还款" in page
    assert 'href="/policy"' in page
    assert "<textarea" not in page
    assert (await admin.get("/publicity/leaflet.png")).status_code == 409


def test_the_command_line_writes_the_leaflet_and_prints_the_texts(
    services: Services, tmp_path: Path
) -> None:
    data, out = services.settings.data_dir, tmp_path / "宣传单.pdf"
    made = report(doorstep("leaflet", "--out", out, "--json", data=data))
    assert made["pdf"] == str(out)
    assert "12月20日" in words_of(out.read_bytes())
    assert "应还日" in doorstep("leaflet", data=data).stdout
    with_unchecked(services)
    refused = doorstep("leaflet", "--json", data=data)
    assert refused.returncode == 1
    assert "leaflet.page_unchecked" in refused.stdout
