"""`python -m tests.support.new_kind FOLDER`: a made-up kind of record, from the phone's form to the review queue.

FOLDER holds `server`, a new data folder. The kind is one record module and one form module, both written below FOLDER
and put on the paths of their packages before anything is imported that looks for kinds and forms.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import mobile.ui.forms
import shared.records

RECORD = """
from shared.codes import Code
from shared.records.base import Body
from shared.records.kind import NAME, NOTE, Field, Label, RecordKind

FOUND = (Code("address", "有新住址", "a new address"), Code("nothing", "没有线索", "nothing"))


class CollegeInquiry(Body, frozen=True, kw_only=True):
    found: str
    answered_by: str
    note: str = ""


KIND = RecordKind(
    name="college_inquiry",
    body=CollegeInquiry,
    label=Label("问毕业院校", "College asked"),
    action=Label("问毕业院校", "Ask the college"),
    form="inquiry",
    place=6,
    fields=(
        Field(name="found", label=Label("线索", "Found"), table=FOUND),
        Field(name="answered_by", label=Label("谁答复的", "Answered by"), shape=NAME),
        NOTE,
    ),
    required=("found", "answered_by"),
    headline="found",
    in_words=("found",),
    own_words=("answered_by", "note"),
    reviewed=True,
    timed=True,
)
"""
FORM = """
import flet as ft

from mobile.ui.forms.fields import code_question, note_box, text_box
from mobile.ui.forms.spec import FormSpec
from mobile.ui.forms.when import WhenQuestion
from shared.records.college_inquiry import FOUND, KIND, CollegeInquiry


def words(app, name):
    return KIND.field(name).label(app.language)


def questions(app, form, context, path):
    return [
        code_question(app, form, words(app, "found"), "found", FOUND),
        text_box(form, words(app, "answered_by"), "answered_by"),
        WhenQuestion(form, context.now, key="when"),
        note_box(app, form),
    ]


def missing(app, form, context):
    return [words(app, name) for name in KIND.required if not form.get(name)]


def body_of(form, context):
    return CollegeInquiry(
        found=form.get("found"), answered_by=form.get("answered_by"), note=form.get("note")
    )


FORM = FormSpec(
    kind=KIND,
    icon=ft.Icons.SCHOOL_OUTLINED,
    defaults=lambda context: {},
    questions=questions,
    missing=missing,
    body_of=body_of,
)
"""


def add_modules(folder: Path) -> None:
    """Write the two modules and put their folders on the packages' paths."""
    for package, name, source in (
        (shared.records, "college_inquiry", RECORD),
        (mobile.ui.forms, "college_inquiry", FORM),
    ):
        place = folder / package.__name__
        place.mkdir()
        (place / f"{name}.py").write_text(source, encoding="utf-8")
        package.__path__.append(str(place))


async def scenario(folder: Path) -> None:
    """Record it by command and by hand, read it in the history, hand it in, and find it at the office."""
    from mobile.usecases.unlock import PhoneLock
    from sync_server.office import assignment, phones
    from sync_server.store import devices
    from tests.support.console_browser import people
    from tests.support.county import SEASON, fill
    from tests.support.installation import URL, do, opened, ports_before, served, services_of

    with served(folder / "server") as app:
        services = services_of(app)
        services.database.write(lambda c: fill(c))
        people(services)
        phone_lock = await PhoneLock.at(ports_before(folder / "phone", app))
        phone = opened(phone_lock)
        code = phones.issue(services, "01", "甲", who="t").code
        await do(phone, "enrol", url=URL, code=code)
        (device,) = services.database.read(lambda c: devices.of_unit(c, SEASON, "01"))
        phones.confirm(services, device.id, who="t")
        assignment.assign_evenly(services, "01", who="t")
        assert (await do(phone, "sync"))["complete"]
        case = (await do(phone, "cases"))[0]["id"]

        await by_command(phone, case)
        await by_hand(phone, case)
        assert (await do(phone, "sync"))["sent"] == 2
        await at_the_office(app, services, case)
        await phone_lock.close()


async def by_command(phone: object, case: str) -> None:
    """Recorded by the core, with its words in both languages; what is required is asked for."""
    from mobile.headless import answer
    from tests.support.installation import do

    refused = await answer(
        phone,
        b'{"do": "record", "kind": "college_inquiry", "case": "%s", "body": {"found": "nothing", "answered_by": ""}}'
        % case.encode(),
    )
    assert refused["code"] == "fact.field_missing"
    body = {"found": "nothing", "answered_by": "学工处"}
    await do(phone, "record", kind="college_inquiry", case=case, body=body)
    (line,) = (await do(phone, "case", case=case))["history"]
    assert (line["kind"], line["words"]["zh"], line["words"]["en"]) == (
        "college_inquiry",
        "没有线索",
        "nothing",
    )


async def by_hand(phone: object, case: str) -> None:
    """Recorded through its form, which the case offers by its action."""
    from tests.support.installation import do
    from tests.support.phone.harness import Screen

    screen = await Screen.open(phone, f"/cases/{case}")
    await (await screen.see("没有线索")).tap("问毕业院校")
    await (await screen.at(f"/cases/{case}/inquiry")).tap("保存")
    await screen.tap("有新住址")
    await (await screen.type("谁答复的", "辅导员")).tap("保存")
    await (await screen.at(f"/cases/{case}")).see("有新住址")
    screen.check()
    await screen.close()
    assert len((await do(phone, "case", case=case))["history"]) == 2


async def at_the_office(app: object, services: object, case: str) -> None:
    """On the case's page with its labels, and in the review queue."""
    from sync_server.office import review
    from tests.support.console_browser import signed_in

    browser = await signed_in(app, "one")
    page = (await browser.get(f"/cases/{case}")).text
    for words in ("问毕业院校", "有新住址", "没有线索", "谁答复的", "辅导员"):
        assert words in page, words
    browser.http.cookies.set("doorstep_language", "en")
    page = (await browser.get(f"/cases/{case}")).text
    for words in ("College asked", "a new address", "Answered by"):
        assert words in page, words
    assert "College asked" in (await browser.get("/schools/01/review?show=received")).text
    sheet = (await browser.get(f"/schools/01/paper?case={case}&kind=6")).text
    for words in ("College asked", "a new address", "Answered by"):
        assert words in sheet, words
    assert [i.fact.fact.kind for i in review.queue(services, "01")] == ["college_inquiry"] * 2
    await browser.http.aclose()


if __name__ == "__main__":
    where = Path(sys.argv[1])
    add_modules(where)
    asyncio.run(scenario(where))
