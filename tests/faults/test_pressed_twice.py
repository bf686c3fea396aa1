"""Every form of the console's pages, filled in and sent twice at the same moment: it acts once, and nothing fails.

Summaries and verdicts have tests of their own.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from litestar import Litestar
from sqlalchemy import func, select

from sync_server.console.web import csrf
from sync_server.office import assignment, bulletins, spot_checks
from sync_server.services import Services
from sync_server.store import case_import, cases, seasons, teachers
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.console_browser import PASSWORD, Browser, people, signed_in
from tests.support.county import SCHOOLS, SEASON, fill, person
from tests.support.devices import RawPhone, enrol
from tests.support.intake_files import made_id
from tests.support.supervision import delivered

LIST = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"
ROWS = "".join(f"赵样例,{made_id(n)},H{n:03d},100.00,5.50,{SCHOOLS[0]}\n" for n in (1, 2, 3))
TYPED = {
    "name": "新账号",
    "password": PASSWORD,
    "old": PASSWORD,
    "new": "another horse 2",
    "again": "another horse 2",
    "role": "officer",
    "teacher": "新老师",
    "host": "10.0.0.5",
    "reason": "演示",
    "to": "02",
    "unit": "01",
    "school": "01",
    "zh": "第一段",
    "title_zh": "改过的标题",
    "inspectors": "督查甲",
    "note": "演示",
    "letterhead.phone": "0913-7654321",
    "letterhead.document_no": "〔2020〕3号",
    "letterhead.basis": "今年的通知",
}
"""What somebody writes into a field that a page leaves empty, or that is to change."""
ELSEWHERE = re.compile(r"/summary|/review|/county|/sign-out|/language|/take-back|/quarantine")
REPLACED = {
    "account.link",
    "phone.code",
    "phone.recovery_code",
    "connect.wireless",
    "connect.paper",
}
"""Acts of which the second takes the place of the first: the password, code or address that is shown holds."""
DOWNLOADS = re.compile(r"\.(pdf|xlsx)$|/connect/qr$|/id-number$")


class Form(HTMLParser):
    """One form as a browser would send it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}
        self.files: set[str] = set()
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        name, kind = of.get("name", ""), of.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in of or not self.fields.get(self._select):
                self.fields[self._select] = of.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.fields[name] = TYPED.get(name, "")
        elif not name or (tag, kind) == ("button", "button"):
            return
        elif kind == "file":
            self.files.add(name)
        elif kind in ("checkbox", "radio"):
            if "checked" in of or name not in self.fields:
                self.fields[name] = of.get("value", "on")
        elif tag == "button":
            self.fields[name] = of.get("value", "")
        elif tag == "input":
            hidden = kind == "hidden"
            self.fields[name] = (
                of.get("value", "") if hidden else TYPED.get(name, of.get("value", ""))
            )

    def handle_data(self, data: str) -> None:
        if self._area and not self.fields[self._area]:
            self.fields[self._area] = data

    def handle_endtag(self, tag: str) -> None:
        self._select = "" if tag == "select" else self._select
        self._area = "" if tag == "textarea" else self._area


def forms_of(html: str) -> list[tuple[str, Form]]:
    """The forms of a page that change something, with their addresses."""
    found = re.findall(
        r'<form[^>]*method="post"[^>]*action="([^"]*)"[^>]*>(.*?)</form>', html, re.DOTALL
    )
    return [
        (action, Form(inside))
        for action, inside in found
        if not ELSEWHERE.search(action) and not DOWNLOADS.search(action)
    ]


def notes(services: Services) -> Counter[tuple[str, str]]:
    """How often the audit trail has each act upon each thing."""
    query = select(t.audit.c.action, t.audit.c.ref, func.count()).group_by(
        t.audit.c.action, t.audit.c.ref
    )
    return Counter(
        {
            (row[0], row[1]): row[2]
            for row in services.database.read(lambda c: c.execute(query).all())
        }
    )


class Presser:
    """Presses every button twice at once; `acts`: what came of it; `typed`: over what the forms have."""

    def __init__(self, browser: Browser, services: Services) -> None:
        self.browser, self.services = browser, services
        self.acts: Counter[str] = Counter()
        self.typed: dict[str, str] = {}

    async def page(self, path: str, only: str = "") -> None:
        """Press the buttons of a page, each of them as the page shows it by then."""
        done: set[str] = set()
        while True:
            answer = await self.browser.follow(await self.browser.get(path))
            assert answer.status_code == (200 if not done else answer.status_code), path
            waiting = [(a, f) for a, f in forms_of(answer.text) if only in a and a not in done]
            if not waiting:
                return
            done.add(waiting[0][0])
            await self.twice(*waiting[0])

    async def twice(self, action: str, form: Form) -> None:
        before = notes(self.services)
        files = {name: ("list.csv", (LIST + ROWS).encode()) for name in form.files} or None
        answers = await asyncio.gather(
            *(
                self.browser.http.post(action, data=form.fields | self.typed, files=files)
                for _ in range(2)
            )
        )
        assert [a.status_code for a in answers if a.status_code >= 500] == [], action
        new = notes(self.services) - before
        assert [a for a, count in new.items() if count > 1 and a[0] not in REPLACED] == [], action
        self.acts.update(act for act, _ in new)


@pytest.fixture
async def presser(app: Litestar, services: Services) -> Presser:
    def job(connection: Any) -> None:
        fill(connection)
        case_import.import_people(connection, SEASON, [person(900, "不知名小学")])

    services.database.write(job)
    people(services)
    admin = await signed_in(app, "admin")
    for name in ("甲", "乙"):
        await enrol(RawPhone(admin.http), services, "01", name, confirm=name == "乙")
    return Presser(admin, services)


async def test_accounts_phones_and_the_way_phones_connect(presser: Presser) -> None:
    for path in ("/accounts", "/schools/01/phones", "/connect", "/schools/01", "/password"):
        await presser.page(path)
    # the second press of a new password tries the old one, unless its session has ended by then
    presser.acts.pop("account.password_failed", None)
    assert presser.acts == {
        "account.put": 1,
        "account.link": 1,
        "account.schools": 1,
        "account.remove": 1,
        "account.password": 1,
        "phone.code": 1,
        "phone.confirm": 1,
        "phone.recovery_code": 2,
        "phone.revoke": 2,
        "connect.wireless": 1,
        "connect.paper": 1,
    }
    open_codes = select(func.count()).where(t.enrol_code.c.used_at == "")
    assert presser.services.database.read(lambda c: c.execute(open_codes).scalar_one()) == 1


async def test_who_visits_whom(presser: Presser) -> None:
    base = "/schools/01/assignment"
    known = presser.services.database.read(lambda c: teachers.listed(c, SEASON, "01"))
    token = {csrf.FIELD: presser.browser.form_token}
    asked = {"how": "even", "of": [teacher.id for teacher in known], **token}
    shown = await presser.browser.http.post(f"{base}/preview", data=asked)
    forms = dict(forms_of(shown.text))
    forms[f"{base}/apply"].fields["of"] = asked["of"]
    await presser.twice(f"{base}/apply", forms[f"{base}/apply"])
    await presser.page(base, only="/undo")
    assert presser.acts == {"case.assign": 1, "case.assign_undo": 1}


async def test_teachers(presser: Presser) -> None:
    assignment.assign_evenly(presser.services, "01", who="t")
    path = "/schools/01/teachers"
    await presser.page(path, only="/add")
    await presser.page(path, only="/leave")
    await presser.page(path, only="/keep")
    await presser.page(path, only="/back")
    await presser.page(path, only="/merge")
    assert presser.acts == {
        "phone.revoke": 2,
        "staff.add": 1,
        "staff.leave": 3,
        "staff.keep": 2,
        "staff.back": 3,
        "staff.merge": 2,
    }


async def test_policy_pages(presser: Presser) -> None:
    await presser.page("/policy/pages/due")
    await presser.page("/policy", only="/pages/due/")
    assert presser.acts == {
        "policy.confirm": 1,
        "policy.remove": 1,
        "policy.restore": 1,
        "policy.move": 1,
    }


async def test_people_without_a_school(presser: Presser) -> None:
    await presser.page("/unplaced")
    assert presser.acts == {"case.place": 1, "case.unplace": 1}


async def test_an_import_from_the_upload_to_its_undo(presser: Presser) -> None:
    staged = await presser.browser.upload(
        "due-list", {"file": ("list.csv", (LIST + ROWS).encode())}
    )
    await presser.page(staged.url.path, only="/imports/apply")
    runs = presser.services.database.read(
        lambda c: list(c.execute(select(t.import_run.c.id)).scalars())
    )
    assert len(runs) == 1
    await presser.page(f"/imports/history/{runs[0]}/undo")
    assert presser.acts == {"import.due-list": 1, "import.undo": 1}


async def test_seasons(presser: Presser) -> None:
    await presser.page("/seasons/new")
    await presser.page("/seasons")
    states = presser.services.database.read(seasons.states)
    assert [(s.id, s.state) for s in states] == [(SEASON, "open")]
    assert presser.acts == {
        "season.new": 1,
        "season.carry": 1,
        "season.discard": 1,
        "season.close": 1,
        "season.open": 1,
    }


async def test_bulletins_and_late_schools(presser: Presser) -> None:
    await presser.page("/bulletins")
    (one,) = bulletins.listed(presser.services)
    await presser.page(f"/bulletins/{one.id}")
    await presser.page("/late-schools", only="/decide/01")
    assert presser.acts == {
        "bulletin.issue": 1,
        "summary.print": 1,
        "summary.scan": 1,
        "bulletin.withdraw": 1,
        "late.dismissed": 1,
    }
    await presser.page("/late-schools", only="/decide/02")
    assert presser.acts["late.dismissed"] == 2


async def test_spot_checks(presser: Presser) -> None:
    services = presser.services
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))
    delivered(services, rows[0]["id"])
    bulletins.issue(services, who="t")
    await presser.page("/spot-checks")
    (found,) = spot_checks.listed(services, WHOLE_COUNTY)
    page = f"/spot-checks/{found.check.id}"
    spot_checks.sheet(services, found.check.id, who="t")  # so that it is not taken back
    presser.typed = {"verdict-1": "2", "note-1": "没来过"}
    await presser.page(page, only="/findings")
    await presser.page("/schools/01/spot-checks")
    await presser.page(page, only="/follow/")
    assert presser.acts == {"spot.draw": 1, "spot.key": 1, "spot.answered": 1, "spot.asked": 1}
