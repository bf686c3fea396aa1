"""Records from paper: a person by code, the kind by its number, the questions; Enter saves.

Made for the keyboard: the cursor begins where something is to be typed, and after saving it is in
the code of the next sheet.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shared.paper import parse_sheet_mark
from shared.problems import ProblemError
from shared.records.kind import RecordKind
from shared.records.registry import named
from sync_server import body_limits
from sync_server.console.parts import keyed_view, sheet_memory, slip_choice
from sync_server.console.parts.keyed_line import keyed_line
from sync_server.console.parts.record_view import describe
from sync_server.console.web import forms
from sync_server.console.web.access import Req, get_services, me, school
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, notify, notify_problem, page
from sync_server.office import keyed_form, keyed_records, keyed_slips, paper_records
from sync_server.office.keyed_form import REASON, TEACHER, Read, Setting
from sync_server.office.keyed_records import Found, KeyedLine
from sync_server.services import Services
from sync_server.store import cases, keyed_forms, seasons

MOST_TEXT = 10_000
"""Characters read of a field, more than a record takes (shared/records/kind.py: LONG): what is too
long is named at its field, and stays in it."""
MOST_NUMBERED = 40_000
"""Characters of the ids of a form's numbered teachers: a thousand of 36."""
MOST_FOUND = 20
"""People shown of a search; a longer name finds fewer."""
MOST_LISTED = 50
"""Records without a scan that are listed; the oldest leave room as scans come."""


class Sheet(NamedTuple):
    """What a form is of: the school, the kind of record, the person; `line`: what it corrects.

    `pile`: it is one of the pile of scanned slips.
    """

    unit: str
    kind: RecordKind
    person: Found
    line: KeyedLine | None = None
    pile: bool = False


@get("/schools/{unit:str}/paper")
async def view(
    request: Req,
    unit: FromPath[str],
    code: FromQuery[str] = "",
    case: FromQuery[str] = "",
    kind: FromQuery[str] = "",
    done: FromQuery[str] = "",
    pile: FromQuery[str] = "",
) -> Response[str]:
    """Whose sheet it is, then which kind, then its questions.

    `case`: one of several people found by a name; `done`: the record that was saved last; `pile`:
    the form was opened from the list of scanned slips (paper_slips.py) and leads back to it.
    """
    row, services = await school(request, unit), get_services(request)
    if case:
        found = [await asyncio.to_thread(keyed_records.case_of, services, unit, case)]
    else:
        found = await asyncio.to_thread(keyed_records.find, services, unit, code)
    mark = parse_sheet_mark(code)
    kind = str(mark[1]) if mark else kind
    chosen = keyed_form.kind_of(kind) if kind else None
    if len(found) == 1 and chosen is not None:
        whose = found[0].case.assignee if pile else ""
        typed = await _first_typed(request, unit, chosen, whose)
        sheet = Sheet(unit, chosen, found[0], pile=bool(pile))
        return await _form_page(request, sheet, typed)
    last = await _last(services, unit, done) if done else None
    keyed = await asyncio.to_thread(keyed_records.from_paper, services, unit)
    season = await services.read(lambda c: seasons.get(c, services.season))
    rows = await services.read(lambda c: cases.rows(c, services.season, unit=unit))
    words = Words(language(request))
    lacking = [line for line in keyed if keyed_records.lacks_scan(line)][:MOST_LISTED]
    slips = await services.read(lambda c: slip_choice.offered_to(c, lacking))
    return await page(
        request,
        "paper.html",
        people=await services.read(lambda c: keyed_view.people_of(c, services.season, unit)),
        villages=sorted({v for row in rows if (v := cases.case_of(row).village)}),
        unit=row,
        code=code,
        found=found[:MOST_FOUND],
        more=len(found) > MOST_FOUND,
        kinds=keyed_form.forms(),
        kind=kind or sheet_memory.remembered(request, unit).get("kind", ""),
        wrong_kind=bool(kind) and chosen is None,
        last=last and (last, describe(last.fact, season, words, masked=True)),
        keyed=len(keyed),
        proposed=len(await services.read(lambda c: keyed_slips.proposed(c, season, unit))),
        lacking=[
            (line, describe(line.fact, season, words, masked=True), slips.get(line.fact.id, []))
            for line in lacking
        ],
    )


async def _last(services: Services, unit: str, fact_id: str) -> KeyedLine | None:
    try:
        return await asyncio.to_thread(keyed_records.record, services, unit, fact_id)
    except ProblemError:  # withdrawn since, or an address from elsewhere
        return None


async def _first_typed(request: Req, unit: str, kind: RecordKind, whose: str) -> dict[str, str]:
    """What a new form begins with: the teacher and companions of the sheet before.

    `whose`: the person's own teacher, where the pile is not one teacher's.
    """
    services, before = get_services(request), sheet_memory.remembered(request, unit)
    people = await services.read(lambda c: keyed_view.people_of(c, services.season, unit))
    of = {p.id: p.number for p in people}
    number = of.get(whose) or of.get(str(before.get("teacher", "")))
    typed = {TEACHER: str(number or (1 if len(people) == 1 else ""))}
    went = before.get("party", ())
    party = " ".join(str(p.number) for p in people if p.name in went)
    return typed | {keyed_form.ANSWER + q.field: party for q in kind.questions if q.party}


async def _form_page(
    request: Req,
    sheet: Sheet,
    typed: Mapping[str, str],
    *,
    read: Read | None = None,
    still: Any = (),
    refused: ProblemError | None = None,
    form_id: str = "",
    numbered: Sequence[str] = (),
) -> Response[str]:
    """Show the questions, with what was typed and what is wrong.

    `numbered`: the ids of the teachers as the form before numbered them.
    """
    unit, kind, services = sheet.unit, sheet.kind, get_services(request)
    row, words = await school(request, unit), Words(language(request))
    season = await services.read(lambda c: seasons.get(c, services.season))
    people = await services.read(
        lambda c: keyed_view.people_of(c, services.season, unit, shown=numbered)
    )
    added = [p.id for p in people if p.number > len(numbered)]
    correcting = sheet.line is not None
    rows = keyed_view.rows_of(kind, typed, season, people, words, corrects=correcting)
    slips = await services.read(
        lambda c: slip_choice.offered(c, kind, sheet.person.case, sheet.line)
    )
    rows += keyed_view.slip_row(slips, typed, words)
    why = keyed_view.why_rows(still, typed, words)
    faults = {fault.at: fault.problem for fault in reversed(read.faults)} if read else {}
    faults |= {w.name: ProblemError("keyed.needed", field=w.label) for w in why}
    form_id = form_id or secrets.token_hex(16)
    pictures = sheet_memory.pictures(request, form_id)
    wrong = bool(faults) or refused is not None
    earlier = await asyncio.to_thread(keyed_records.of_person, services, sheet.person.case.id)
    return await page(
        request,
        "paper_form.html",
        status=422 if wrong else 200,
        unit=row,
        kind=kind,
        person=sheet.person,
        rows=keyed_view.with_faults([*rows, *why], faults, words),
        refused=refused,
        form_id=form_id,
        scan=bool(pictures.get("scan")),
        photos=len(pictures.get("photos", [])),
        corrected=sheet.line,
        nobody=not people,
        slips=slips,
        pile=sheet.pile,
        numbered=[*numbered, *added],
        earlier=[
            (fact, describe(fact, season, words, masked=True))
            for fact in earlier
            if sheet.line is None or fact.id != sheet.line.fact.id
        ],
    )


@post("/schools/{unit:str}/paper", status_code=303, opt={"takes": body_limits.SHEET})
async def save(request: Req, unit: FromPath[str]) -> Response[Any]:
    """Save the record; what is wrong is shown at its field, and what was typed stays."""
    services, form = get_services(request), await request.form()
    await school(request, unit)
    name, case_id = forms.text(form, "kind", 40), forms.text(form, "case", 40)
    try:
        kind = keyed_form.kind_of(name)
        if kind is None:
            raise ProblemError("fact.unknown_kind", kind=name)
        person = await asyncio.to_thread(keyed_records.case_of, services, unit, case_id)
    except ProblemError as problem:  # moved to another school since the form was shown
        notify_problem(request, problem)
        return Redirect(f"/schools/{unit}/paper", status_code=303)
    sheet = Sheet(unit, kind, person, pile=bool(forms.text(form, "pile", 5)))
    return await _save(request, sheet, form)


@get("/schools/{unit:str}/paper/{fact_id:str}/correct")
async def correct(request: Req, unit: FromPath[str], fact_id: FromPath[str]) -> Response[Any]:
    """The form of a record from paper, as it reads now."""
    line = await keyed_line(request, unit, fact_id)
    if isinstance(line, Redirect):
        return line
    kind = named(line.fact.kind)
    services = get_services(request)
    season = await services.read(lambda c: seasons.get(c, services.season))
    by = line.fact.paper.visited_by if line.fact.paper else ""
    people = await services.read(lambda c: keyed_view.people_of(c, services.season, unit, by))
    typed = keyed_view.typed_of(line.fact, kind, season, people)
    sheet = Sheet(unit, kind, Found(case=line.case, paid=False), line)
    return await _form_page(request, sheet, typed)


@post(
    "/schools/{unit:str}/paper/{fact_id:str}/correct",
    status_code=303,
    opt={"takes": body_limits.SHEET},
)
async def save_correction(
    request: Req, unit: FromPath[str], fact_id: FromPath[str]
) -> Response[Any]:
    """Save what the record should read."""
    line = await keyed_line(request, unit, fact_id)
    if isinstance(line, Redirect):
        return line
    kind = named(line.fact.kind)
    sheet = Sheet(unit, kind, Found(case=line.case, paid=False), line)
    return await _save(request, sheet, await request.form())


async def _save(request: Req, sheet: Sheet, form: FormMultiDict) -> Response[Any]:
    form_id = forms.text(form, "form_id", 40)
    typed = {
        name: forms.text(form, name, MOST_TEXT).replace("\r\n", "\n")
        for name in form
        if name.startswith((keyed_form.ANSWER, keyed_form.WHY)) or name in keyed_form.LABELS
    }
    numbered = [one for one in forms.text(form, "numbered", MOST_NUMBERED).split(",") if one]
    read, still, refused = None, list[Any](), None
    try:
        await sheet_memory.keep_pictures(request, sheet.unit, form_id, form)
        read = await _read(request, sheet, typed, form_id, numbered)
        slip = keyed_form.slip_chosen(read, typed, slip_choice.shown_in(form))
        if not read.faults:
            saved, still = await _store(request, sheet, typed, read, form_id, slip)
            if saved:
                return _saved(request, sheet, typed, read, form_id, saved)
    except ProblemError as problem:
        refused = problem
    return await _form_page(
        request,
        sheet,
        typed,
        read=read,
        still=still,
        refused=refused,
        form_id=form_id,
        numbered=numbered,
    )


async def _read(
    request: Req, sheet: Sheet, typed: dict[str, str], form_id: str, numbered: Sequence[str]
) -> Read:
    """Read the form; of a correction the teacher is that of the record."""
    services, line = get_services(request), sheet.line
    season = await services.read(lambda c: seasons.get(c, services.season))
    visited_by = line.fact.paper.visited_by if line and line.fact.paper else ""
    people = await services.read(
        lambda c: keyed_view.people_of(c, services.season, sheet.unit, visited_by, numbered)
    )
    photos = tuple(sheet_memory.pictures(request, form_id).get("photos", ()))
    if line is not None:
        before = keyed_view.typed_of(line.fact, sheet.kind, season, people)
        typed[TEACHER] = before[TEACHER]
        scan = line.fact.paper.scan if line.fact.paper else ""
        photos = (*(photo for photo in line.fact.photos if photo != scan), *photos)
    now = services.settings.now()
    read = keyed_form.read(sheet.kind, typed, Setting(season, people, now, photos))
    if line is not None and not typed.get(REASON, ""):
        read.add(REASON, "keyed.needed", field=keyed_form.words_of(keyed_form.LABELS[REASON]))
    return read


async def _store(
    request: Req, sheet: Sheet, typed: Mapping[str, str], read: Read, form_id: str, slip: str
) -> tuple[str, list[Any]]:
    """Store a record without fault: its id, or the reasons that the conduct rules still want."""
    services, who, line = get_services(request), me(request).name, sheet.line
    pictures, body = sheet_memory.pictures(request, form_id), read.body or {}
    scan, photos = str(pictures.get("scan", "")), tuple(pictures.get("photos", ()))
    before = line.fact.photos if line else ()
    visited_by = read.teacher.id if read.teacher else ""
    every = tuple(dict.fromkeys(sha for sha in (*before, *photos, slip, scan) if sha))

    again = await services.read(lambda c: keyed_forms.fact_of(c, sheet.unit, form_id))

    def job() -> tuple[str, list[Any]]:
        if again:  # the rules would hold the record against itself
            return line.fact.id if line else again, []
        flags = paper_records.flags_of(
            services,
            sheet.unit,
            case_id=sheet.person.case.id,
            kind=sheet.kind.name,
            body=body,
            happened_at=read.happened_at,
            visited_by=visited_by,
            photos=every,
            corrects=line.fact.id if line else "",
        )
        why, still = keyed_form.reasons_typed(flags, typed)
        if still:
            return "", still
        if line is not None:
            paper_records.correct_keyed(
                services,
                sheet.unit,
                fact_id=line.fact.id,
                reason=typed.get(REASON, ""),
                body=body,
                happened_at=read.happened_at,
                scan=scan,
                slip=slip,
                photos=every if photos else None,
                flag_reason=why,
                request_id=form_id,
                who=who,
            )
            return line.fact.id, []
        made = paper_records.key_in(
            services,
            sheet.unit,
            case_id=sheet.person.case.id,
            kind=sheet.kind.name,
            body=body,
            happened_at=read.happened_at,
            visited_by=visited_by,
            scan=scan,
            slip=slip,
            photos=photos,
            reason=why,
            request_id=form_id,
            who=who,
        )
        return made.fact_id, []

    return await asyncio.to_thread(job)


def _saved(
    request: Req,
    sheet: Sheet,
    typed: Mapping[str, str],
    read: Read,
    form_id: str,
    saved: str,
) -> Redirect:
    """Remember what the next sheet begins with, and go on to it."""
    kept = sheet_memory.remembered(request, sheet.unit)
    address = f"/schools/{sheet.unit}/paper"
    if sheet.line is not None:
        sheet_memory.remember(request, sheet.unit, form_id, kept)
        notify(request, "已改正", "Corrected")
        return Redirect(f"{address}/{saved}", status_code=303)
    kept |= {"kind": str(sheet.kind.place), "teacher": read.teacher.id if read.teacher else ""}
    for question in sheet.kind.questions:
        if question.party:
            went = read.answers.get(question.field, ())
            kept["party"] = [n for n in went if read.teacher is None or n != read.teacher.name]
    sheet_memory.remember(request, sheet.unit, form_id, kept)
    back = slip_choice.list_of(sheet.unit) if sheet.pile else address
    return Redirect(f"{back}?{urlencode({'done': saved})}", status_code=303)


HANDLERS = (view, save, correct, save_correction)
