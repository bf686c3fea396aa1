"""The QR code's link: read back whole from every form it takes on its way to the app; anything else is no link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.enrol_link import EnrolLink, address, digits, read, write

PIN = "A-_b" * 10 + "xyz"
WHOLE = EnrolLink(url="https://county.example:8350", code="12345678", pin=PIN)
CODES = st.text("0123456789", min_size=8, max_size=8)
PINS = st.text("abcXYZ019-_", min_size=43, max_size=43)


@given(
    CODES,
    st.one_of(st.just(""), PINS),
    st.sampled_from(["https://a.cn", "http://127.0.0.1:8350", "https://[::1]:9", "https://a.cn/b"]),
)
def test_what_is_written_is_read_back(code: str, pin: str, url: str) -> None:
    link = EnrolLink(url=url, code=code, pin=pin)
    assert read(write(link)) == link


@pytest.mark.parametrize(
    "text",
    [
        f"https://county.example:8350/enrol#code=12345678&pin={PIN}",
        f"  https://county.example:8350/enrol?on=iphone#code=12345678&pin={PIN}\n",
        f"https://county.example:8350/app/#code=12345678&pin={PIN}",
        f"https://county.example:8350/app/cases/c1#pin={PIN}&code=12345678",
        f"doorstep://enrol?server=https%3A%2F%2Fcounty.example%3A8350&code=12345678&pin={PIN}",
        f"/enrol?server=https://county.example:8350/&code=12345678&pin={PIN}",
    ],
)
def test_every_form_on_the_way_to_the_app_reads_the_same(text: str) -> None:
    assert read(text) == WHOLE


def test_code_and_pin_stand_where_a_browser_never_sends_them() -> None:
    sent, _, kept = write(WHOLE).partition("#")
    assert sent == "https://county.example:8350/enrol"
    assert "12345678" in kept
    assert PIN in kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "county.example",
        "https://county.example",
        "https://county.example/enrol",
        "https://a:b/enrol#code=1",
        "https://[/enrol#code=12345678",
        "javascript:alert(1)#code=12345678",
        "doorstep://enrol?server=file:///etc&code=12345678",
        "https://a.cn/#" + "&".join(f"code{n}=1" for n in range(99)),
    ],
)
def test_anything_else_is_no_link(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("code", ["1234567", "123456789", "1234567x", "１２３４５６７８"])
def test_a_code_that_is_not_eight_digits_is_left_out(code: str) -> None:
    found = read(f"https://a.cn/enrol#code={code}&pin={PIN}")
    assert found is not None
    assert (found.code, found.pin) == ("", PIN)


def test_a_pin_that_is_no_hash_is_left_out() -> None:
    assert read("https://a.cn/enrol#code=12345678&pin=zz") == EnrolLink(
        url="https://a.cn", code="12345678"
    )


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read(text)
    assert found is None or found.url.startswith("http")


@pytest.mark.parametrize(
    "typed",
    [
        "county.example:8350",
        " https://county.example:8350/ ",
        "https://county.example:8350/app/",
        "https://county.example:8350/app",
        "county.example:8350/enrol",
        "https://county.example:8350/app/cases/c1?x=1",
        "https：//county。example：8350／app",
    ],
)
def test_an_address_is_the_server_whatever_page_of_ours_stands_behind_it(typed: str) -> None:
    assert address(typed) == "https://county.example:8350"


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://10.0.0.5:8350", "http://10.0.0.5:8350"),
        ("https://edu.example/doorstep/app/", "https://edu.example/doorstep"),
    ],
)
def test_an_address_keeps_its_scheme_and_its_own_path(typed: str, url: str) -> None:
    assert address(typed) == url


@pytest.mark.parametrize(
    "typed", ["", "a b", "http://[bad", "https://a:port", "ftp://a.cn", "https://"]
)
def test_what_is_no_address_is_none(typed: str) -> None:
    assert address(typed) == ""


def test_digits_are_read_as_any_keyboard_types_them() -> None:
    assert digits(" １２３４-５6 7８") == "12345678"
    assert digits("一二三四") == ""
