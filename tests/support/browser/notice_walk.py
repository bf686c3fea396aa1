"""The people of the walk through the notice: their windows, their phones, and the files they carry."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pypdfium2
from playwright.sync_api import Browser, Locator, Page

from shared.clock import VARIABLE, anchored
from shared.identity import mask_name
from sync_server.sample.pictures import draw_slip
from tests.support import notice_county as county
from tests.support.browser.office_window import OfficeWindow
from tests.support.browser.stamped_pages import stamped_scans
from tests.support.browser.whole_season import Season
from tests.support.forked import ForkedPhone
from tests.support.other_county import Borrower

YEAR = "2026"
PASSWORD = "correct horse 2"
UNITS = ("01", "02", "03")
ENCODED = {"content-type": "application/x-www-form-urlencoded"}
AS_SENT = """(form, more) => {
  const fields = new FormData(form);
  for (const [name, value] of Object.entries(more)) fields.set(name, value);
  return [form.action, new URLSearchParams(fields).toString()];
}"""


class File(NamedTuple):
    """A file that the console gave, as it was saved."""

    name: str
    data: bytes

    @property
    def evidence(self) -> str:
        """Name, size and the start of its hash."""
        return f"{self.name}({len(self.data):,} 字节,sha256 {sha256(self.data).hexdigest()[:12]}…)"

    def saved(self, path: Path) -> Path:
        path.write_bytes(self.data)
        return path


class Walk(Season):
    """A season with every person's own window; each address that a window opened is noted."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        super().__init__(browser, folder)
        self.opened: list[str] = []
        self.people: dict[str, OfficeWindow] = {}
        self.phones: dict[str, ForkedPhone] = {}
        self.kept: dict[str, str] = {}
        """What a step leaves for a later one: an address, a number."""
        self._note(self.office.page)

    def day(self, moment: str) -> None:
        """The server goes on at this moment, such as 12-11T08:00, and so do the phones."""
        self.starts(f"{YEAR}-{moment}+08:00")
        for phone in self.phones.values():
            phone.stop()
            phone.environ[VARIABLE] = anchored(f"{YEAR}-{moment}+08:00", datetime.now(UTC))

    def window(self) -> OfficeWindow:
        found = super().window()
        self._note(found.page)
        return found

    def _note(self, page: Page) -> None:
        page.on(
            "framenavigated", lambda frame: self.opened.append(frame.url.removeprefix(self.url))
        )

    def activated(self, name: str, link: str) -> OfficeWindow:
        """A person opens the link of the own slip in a window of their own, and sets a password."""
        self.people[name] = window = self.window()
        window.open(link).fill(password=PASSWORD, again=PASSWORD).press("设好密码并登录")
        return window

    def file(self, window: OfficeWindow, end: str, **fields: str) -> File:
        """What a form on the page gives to save, sent as it is filled in; its name is the one that is offered."""
        form = window.page.locator(f"form[action$='{end}']").first
        action, body = form.evaluate(AS_SENT, fields)
        answer = window.page.request.post(action, headers=ENCODED, data=body)
        while b'http-equiv="refresh"' in answer.body():  # the page of its progress
            answer = window.page.request.get(answer.url)
        assert answer.ok, f"{action}: {answer.status}"
        return File(_name(answer.headers.get("content-disposition", "")), answer.body())

    def link(self, window: OfficeWindow, path: str) -> File:
        """What a link gives to save."""
        answer = window.page.request.get(f"{self.url}{path}")
        assert answer.ok, f"{path}: {answer.status}"
        return File(_name(answer.headers.get("content-disposition", "")), answer.body())

    def table(self, window: OfficeWindow) -> File:
        """The first table of a page as its workbook."""
        link = window.page.locator(".export a").first
        return self.link(window, str(link.evaluate("a => a.href")).removeprefix(self.url))

    def enrolled(self, window: OfficeWindow, unit: str, teacher: str) -> None:
        """The liaison gives out a code; the phone enrols by it, and the liaison confirms it."""
        window.open(f"/schools/{unit}/phones").fill(teacher=teacher).press("发登记码")
        code = "".join(window.see("登记码").page.locator(".digits").inner_text().split())
        clock = self.server.environ[VARIABLE]
        self.phones[teacher] = phone = ForkedPhone(self.folder / teacher, teacher, unit, clock)
        phone.ask("enrol", url=self.url, code=code)
        window.open(f"/schools/{unit}/phones").press(f"是 {teacher} 的,确认").see("已确认")

    def codes(self) -> list[str]:
        """Everybody's code, as the list shows it, in the list's order."""
        return re.findall(r"\b0\d-\d{4}-\w\b", self.office.open("/cases").words())

    def open_case(self, window: OfficeWindow, name: str) -> OfficeWindow:
        """A person's page, from the list."""
        window.open("/cases")
        row = window.page.get_by_role("row").filter(has_text=name).first
        with window.page.expect_navigation():
            row.get_by_role("link").first.click()
        return window.look()

    def record(
        self, teacher: str, who: Borrower, kind: str, at: str, slip: bool = False, **body: Any
    ) -> None:
        """A record on a teacher's phone, at a moment such as 11-26T15:10; `slip`: with its photograph."""
        phone = self.phones[teacher]
        case = next(c for c in phone.ask("cases") if c["name"] == who.name)
        photos = []
        if slip:
            file = self.folder / f"{case['code']}.jpg"
            file.write_bytes(
                draw_slip(
                    case["code"],
                    seed=who.number,
                    name_masked=mask_name(who.name),
                    school=who.school,
                    notice_no=case["code"],
                    signed_on=f"{YEAR}-{at[:5]}",
                )
            )
            photos = [phone.ask("take_photo", case=case["id"], file=str(file))["sha256"]]
        moment = f"{YEAR}-{at}:00+08:00"
        more = {"happened_at": moment, "photos": photos}
        phone.ask("record", kind=kind, case=case["id"], body=body, **more)

    def sync(self) -> None:
        """Every phone hands in, and says that all has arrived."""
        for name, phone in self.phones.items():
            got = phone.ask("sync")
            assert (got["ok"], got["rejected"], got["complete"]) == (True, 0, True), (name, got)

    def deliver(self) -> None:
        """What the two phones recorded on the way: slips signed, one message, one refusal."""
        for who in county.PEOPLE[:8]:
            teacher = county.TEACHERS[county.SCHOOLS.index(who.school)]
            body: dict[str, Any] = {
                "method": "in_person",
                "outcome": "signed",
                "signer_relation": "self",
                "servers": [teacher, county.COLLEAGUE],
            }
            if who == county.BY_MESSAGE:
                body = {"method": "message", "outcome": "acknowledged", "signer_relation": "self"}
            if who == county.REFUSED:
                body |= {"outcome": "refused", "reason": "说要先问孩子", "witness": "村会计"}
            with_slip = who == county.PEOPLE[0]
            at = f"11-26T09:{10 + who.number}"
            self.record(teacher, who, "notice_delivery", at, slip=with_slip, **body)
        self.sync()

    def keyed(
        self, window: OfficeWindow, unit: str, code: str, kind: str, **cells: str
    ) -> OfficeWindow:
        """A sheet from paper: its code and kind, then its answers by their numbers."""
        window.open(f"/schools/{unit}/paper")
        window.page.locator("#code").fill(code)
        window.page.locator("#kind").fill(kind)
        window.press("下一步")
        return window.fill(**cells).press("保存(回车)").see("已记下")

    def printed_stamped_sealed(
        self, window: OfficeWindow, path: str, unit: str, seed: int
    ) -> OfficeWindow:
        """Print what stands on a page, sign, stamp and scan it, upload the scan, seal."""
        printed = self.file(window.open(path), "/print")
        scans = stamped_scans(printed.data, unit, self.folder, seed)
        window.open(path).choose(scans).press("上传并识别").see("签字盖章都在,可以封存")
        return window.press("封存").see("已封存")

    def close(self) -> None:
        for phone in self.phones.values():
            phone.stop()
        super().close()


def _name(disposition: str) -> str:
    encoded = re.search(r"filename\*=UTF-8''([^;]+)", disposition)
    plain = re.search(r'filename="?([^";]+)', disposition)
    return unquote(encoded[1]) if encoded else plain[1] if plain else ""


def oneline(found: Locator) -> str:
    """What a part of a page says, in one line."""
    return " ".join(found.inner_text().split())


def amount(words: str) -> str:
    """The total that a page of an import shows."""
    return number(words, r"合计（元）\s*([\d,.]+)")


def pdf_words(data: bytes) -> str:
    """The words of every page."""
    with pypdfium2.PdfDocument(data) as pdf:
        return "\n".join(page.get_textpage().get_text_bounded() for page in pdf)


def number(words: str, pattern: str) -> str:
    """The first group of a pattern on a page, which must be there."""
    found = re.search(pattern, words)
    assert found, f"{pattern} not in {words[:2000]}"
    return found[1]
