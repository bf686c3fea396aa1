"""The slips that activate accounts, read back from paper: whose, the link in the code, and no password."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from litestar import Litestar

from shared.assets import FONTS
from shared.problems import ProblemError
from sync_server.office import account_bulk, account_links, account_slips
from sync_server.paperwork.account_slips import Slip, render, schools_in_words
from sync_server.services import Services
from sync_server.store import units
from tests.support.command_line import doorstep, report
from tests.support.console_browser import people, signed_in

DAY = date(2019, 11, 25)
CODE = "abcd-efgh-jkmn-pqrs-tuvw"


def slip(number: int = 0, **more: object) -> Slip:
    given: dict[str, object] = {
        "person": f"丁某{number}",
        "role": "liaison",
        "schools": ("柳泉镇中心校",),
        "sign_in": f"丁某{number}柳泉镇",
        "address": "https://zizhu.example:8443/activate",
        "code": CODE,
        "url": f"https://zizhu.example:8443/activate/{CODE}",
        "expires_at": "2019-12-09T02:00:00+00:00",
        **more,
    }
    return Slip(**given)


def made(*slips: Slip) -> pypdfium2.PdfDocument:
    pdf = render(slips, "青槐县学生资助管理中心", DAY, FONTS, shortest=8)
    return pypdfium2.PdfDocument(io.BytesIO(pdf))


def words(document: pypdfium2.PdfDocument) -> list[str]:
    """The text of each page, without blanks."""
    return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def links(document: pypdfium2.PdfDocument) -> list[str]:
    """What the codes of all pages say, from the top of the first to the end of the last."""
    found = []
    for page in document:
        seen = zxingcpp.read_barcodes(page.render(scale=2.5).to_pil().convert("L"))
        found += [code.text for code in sorted(seen, key=lambda code: code.position.top_left.y)]
    return found


def test_a_slip_says_whose_it_is_where_to_go_and_until_when() -> None:
    (page,) = words(made(slip()))
    for said in (
        "青槐县学生资助管理中心",
        "丁某0学校联络员",
        "柳泉镇中心校",
        "丁某0柳泉镇",
        "https://zizhu.example:8443/activate",
        CODE,
        "2019年12月9日10时00分",
        "至少8个字符",
    ):
        assert said in page
    assert "只能在服务器自己的电脑上打开" not in page
    assert "只能在服务器自己的电脑上打开" in words(made(slip(only_here=True)))[0]


def test_the_code_on_each_slip_is_its_own_link_and_four_stand_on_a_sheet() -> None:
    slips = [slip(n, url=f"https://zizhu.example/activate/{n}{CODE}") for n in range(9)]
    document = made(*slips)
    assert len(document) == 3
    assert links(document) == [one.url for one in slips]


def test_long_names_and_many_schools_are_printed_whole() -> None:
    schools = tuple(f"某某街道第{n}初级中学（九年一贯制）" for n in range(12))
    long = slip(
        person="阿不都热依木·买买提明江", sign_in="甲" * 60, schools=schools, role="officer"
    )
    (page,) = words(made(long, long, long))[:1]
    assert page.count("甲" * 60) == 3
    assert "等12所" in page
    assert "这一张就作废" in page


def test_of_many_schools_three_are_named() -> None:
    assert schools_in_words(("一", "二", "三")) == "一、二、三"
    assert schools_in_words(("一", "二", "三", "四")) == "一、二、三等 4 所"


def test_a_rare_character_is_printed_by_its_number() -> None:
    assert (
        "U+" in words(made(slip(person="丁\U0003134a")))[0]
        or "\U0003134a" in words(made(slip(person="丁\U0003134a")))[0]
    )


@pytest.fixture
def office(services: Services, county: list[str]) -> Services:
    people(services)
    for name, unit in (("丁某", "01"), ("张某", "02")):
        account_bulk.put(services, name, role="liaison", unit=unit, shown=name, who="t")
    return services


async def test_printing_makes_links_that_open_and_printing_again_ends_them(
    app: Litestar, office: Services
) -> None:
    admin = await signed_in(app, "admin")
    answers = []
    for _ in range(2):
        sent = await admin.post("/accounts/slips", name=["丁某", "张某"])
        answers.append(await admin.follow(sent))
    codes = []
    for answer in answers:
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        found = links(pypdfium2.PdfDocument(io.BytesIO(answer.content)))
        codes.append([re.sub(r".*/activate/", "", url) for url in found])
    assert [account_links.look(office, code).name for code in codes[1]] == ["丁某", "张某"]
    for code in codes[0]:
        with pytest.raises(ProblemError) as refused:
            account_links.look(office, code)
        assert refused.value.code == "account.link_replaced"


def test_no_slip_stays_in_the_data_folder(office: Services) -> None:
    account_slips.print_slips(office, ["丁某"], who="t", origin="https://a.example")
    left = [file for file in office.settings.data_dir.rglob("*") if file.is_file()]
    assert left
    assert not [file for file in left if file.read_bytes()[:5] == b"%PDF-"]


def test_slips_for_one_who_needs_none_change_no_link(office: Services) -> None:
    code = account_links.give_out(office, "丁某", who="t", origin="https://a.example").code
    with pytest.raises(ProblemError) as refused:
        account_slips.print_slips(office, ["丁某", "admin"], who="t", origin="https://a.example")
    assert refused.value.code == "auth.account_active"
    assert account_links.look(office, code).name == "丁某"


def test_the_command_line_proposes_makes_prints_resets_and_disables(
    services: Services, county: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_URL", "https://zizhu.example")
    for code, name in (("01", "丁某"), ("02", "张某")):
        school = services.database.read(lambda c, u=code: units.unit(c, services.season, u))
        assert school is not None
        services.database.write(
            lambda c, n=school.name, who=name: units.put_unit(
                c, services.season, n, liaison_name=who, officer="戊某"
            )
        )
    data = services.settings.data_dir
    proposed = report(doorstep("accounts", "propose", "--json", data=data))
    assert [(p["person"], p["state"]) for p in proposed["people"]] == [
        ("丁某", "new"),
        ("张某", "new"),
        ("戊某", "new"),
    ]
    one = report(doorstep("accounts", "create", "丁某", "--json", data=data))
    assert [(o["account"], o["done"]) for o in one] == [("丁某", True)]
    rest = report(doorstep("accounts", "create", "--json", data=data))
    assert [o["account"] for o in rest] == ["张某", "戊某"]
    out = tmp_path / "slips.pdf"
    printed = doorstep("accounts", "slips", "丁某", "戊某", "--out", out, "--json", data=data)
    assert report(printed)["slips"] == 2
    assert len(links(pypdfium2.PdfDocument(out.read_bytes()))) == 2
    assert report(doorstep("accounts", "reset", "张某", "--json", data=data))[0]["done"]
    refused = doorstep("accounts", "disable", "张某", "没有", "--json", data=data)
    assert refused.returncode == 1
    assert [o["problem"] for o in report(refused)] == ["", "auth.account_gone"]
    assert report(doorstep("accounts", "enable", "张某", "--json", data=data))[0]["done"]
    listed = report(doorstep("accounts", "list", "--json", data=data))
    assert {row["name"]: row["state"] for row in listed} == dict.fromkeys(
        ("丁某", "张某", "戊某"), "waiting"
    )
    for words_shown in (("propose",), ("list",)):
        assert doorstep("accounts", *words_shown, data=data).returncode == 0
