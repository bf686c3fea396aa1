"""What the pages of scanned slips show and do, of a school or of the whole county."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.response import Redirect

from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server import temporary
from sync_server.console.parts import started
from sync_server.console.web import forms, labels
from sync_server.console.web.access import Req, get_services, me, scope_of
from sync_server.console.web.rendering import keep, notify, notify_problem, page, page_rows
from sync_server.console.web.works import Work
from sync_server.disk_errors import disk_problems
from sync_server.office import slip_pages, slip_stacks
from sync_server.office.slip_stacks import Taken
from sync_server.services import Services
from sync_server.store import cases, units
from sync_server.store import slip_stacks as store
from sync_server.store.database import Connection
from sync_server.store.scope import Of, as_scope
from sync_server.store.slip_stacks import FILED, PageRow, StackRow
from sync_server.store.units import UnitRow

MOST_CARDS = 20
"""Pictures on one page: each is 200 KB, and a page of more is slow on an old computer."""
MOST_UNSIGNED = 200
"""The most slips without a signature on one page; the next appear as these are dealt with."""
READING = Label("读签收单", "reading slips")
COUNTY = Label("全县", "the county")
WHY = {
    "no_code": Label("读不出二维码", "its code cannot be read"),
    "two_codes": Label("叠在一起,或有两个编号", "slips lie on each other, or name two people"),
    "other_code": Label(
        "这一页上好像还有一张没有读出来,请对照整页图片",
        "this page seems to hold another slip that was not read: look at the whole page",
    ),
    "broken": Label("文件里这一页打不开", "this page of the file cannot be opened"),
    "season_unsure": Label(
        "旧式签收单,往年别人也用过这个编号", "an older slip; somebody else had this code before"
    ),
    "undone": Label("归档已撤销", "its filing was taken back"),
    "unknown_code": Label("名单里没有这个编号", "nobody has this code"),
    "other_school": Label("是别的学校的", "belongs to another school"),
    "other_season": Label("是别的年度的", "is of another season"),
    "not_slip": Label("不是签收单", "no slip"),
    "blank": Label("空白", "blank"),
}
STATES = {
    "filed": Label("按二维码归档", "filed by its code"),
    "keyed": Label("按录入的编号归档", "filed by a keyed code"),
    "duplicate": Label("同一人的第二张", "a second slip of a person"),
    "blank": Label("空白页", "blank"),
    "unreadable": Label("要人看", "waits for you"),
    "set_aside": Label("另放", "set aside"),
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A part as a page shows it: whose it is, as far as this account may know."""

    page: PageRow
    name: str = ""
    school: str = ""
    off_list: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of slips shows."""

    stacks: tuple[StackRow, ...]
    counts: dict[str, dict[str, int]]
    inks: dict[str, int]
    waiting: tuple[Shown, ...]
    duplicates: tuple[Shown, ...]
    aside: tuple[Shown, ...]
    unsigned: tuple[Shown, ...]


def base_of(unit: UnitRow | None) -> str:
    """Return the address of the page of slips."""
    return f"/schools/{unit.code}/slips" if unit else "/slips"


async def view(request: Req, unit: UnitRow | None) -> Response[str]:
    """Show stacks in numbers, and what needs a person."""
    services = get_services(request)
    scope, of = scope_of(request), _of(request, unit)
    found = await services.read(lambda c: _found(c, services.season, of))
    schools = await services.read(lambda c: units.within(c, services.season, scope))
    return await page(
        request,
        "slips.html",
        unit=unit,
        base=base_of(unit),
        found=found,
        most=MOST_CARDS,
        most_unsigned=page_rows(request, MOST_UNSIGNED),
        why=WHY,
        ink=labels.INK,
        states=STATES,
        school_names={s.code: s.name for s in schools},
    )


def _of(request: Req, unit: UnitRow | None) -> Of:
    """The school of the page; without one, every school that the account sees."""
    return unit.code if unit else scope_of(request)


def _found(connection: Connection, season: str, of: Of) -> Found:
    stacks = store.stacks(connection, season, of)
    ids = [stack.id for stack in stacks]
    counted, inks = dict[str, dict[str, int]](), dict[str, int]()
    for stack, by in store.counts(connection, ids).items():
        of_stack = counted.setdefault(stack, {})
        for (state, ink), count in by.items():
            of_stack[state] = of_stack.get(state, 0) + count
            if state in FILED:
                inks[ink] = inks.get(ink, 0) + count
    pages = store.pages(connection, ids, ("unreadable", "duplicate", "set_aside", *FILED))
    unsigned = [p for p in pages if p.state in FILED and p.ink in ("empty", "unclear")]

    def shown(state: str) -> tuple[Shown, ...]:
        return _shown(connection, season, of, [p for p in pages if p.state == state])

    return Found(
        stacks=tuple(stacks),
        counts=counted,
        inks=inks,
        waiting=shown("unreadable"),
        duplicates=shown("duplicate"),
        aside=shown("set_aside"),
        unsigned=_shown(connection, season, of, unsigned),
    )


def _shown(
    connection: Connection, season: str, of: Of, found: Sequence[PageRow]
) -> tuple[Shown, ...]:
    """Add names: of the people of a school or a scope."""
    ids = [p.case_id for p in found if p.case_id]
    rows = {r["id"]: r for r in cases.rows(connection, season, ids=ids, off_list=None)}
    schools = {u.code: u.name for u in units.units(connection, season)}
    codes = {
        row.code: row.unit
        for row in store.with_codes(connection, [p.code for p in found if not p.case_id])
        if row.season == season
    }
    shown = []
    for one in found:
        row = rows.get(one.case_id)
        code = row["unit"] if row is not None else codes.get(one.code, "")
        named = row is not None and as_scope(of).sees(row["unit"])
        shown.append(
            Shown(
                page=one,
                name=cases.case_of(row).borrower.name if row is not None and named else "",
                school=schools.get(code, ""),
                off_list=row is not None and bool(row["off_list"]),
            )
        )
    return tuple(shown)


async def upload(request: Req, unit: UnitRow | None) -> Response[Any]:
    """Read the uploaded stack; the answer comes when it is filed, with its numbers."""
    form, who, back = await request.form(), me(request).name, base_of(unit)
    chosen = [f for f in form.getall("file", []) if isinstance(f, UploadFile) and f.filename]
    if not chosen:
        notify_problem(request, ProblemError("console.no_file"))
        return Redirect(back, status_code=303)
    services = get_services(request)
    folder = services.settings.path(temporary.FOLDER) / f"slips-{secrets.token_hex(8)}"
    files = await asyncio.to_thread(_copied, folder, chosen)
    asked = repr([(name, path.stat().st_size) for name, path in files])
    code = unit.code if unit else ""
    return await started.start(
        request,
        f"slips {code} {sha256_hex(asked.encode())}",
        lambda services: _taken(services, code, folder, files, who),
        _told,
        title=READING,
        of=Label(unit.name, unit.name) if unit else COUNTY,
        back=back,
    )


def _copied(folder: Path, chosen: Sequence[UploadFile]) -> list[tuple[str, Path]]:
    """Copy an upload to a folder of its own: the request's files end with the request."""
    with disk_problems():
        folder.mkdir(mode=0o700)
        files = []
        for number, found in enumerate(chosen):
            path = folder / f"{number:04d}"
            with path.open("xb") as file:
                shutil.copyfileobj(found.file, file)
            files.append((forms.safe_name(found.filename), path))
    return files


def _taken(
    services: Services, unit: str, folder: Path, files: Sequence[tuple[str, Path]], who: str
) -> Taken:
    try:
        with temporary.in_use(folder):
            return slip_stacks.take(services, unit, files, who=who)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _told(request: Req, work: Work) -> Response[Any]:
    """Go back with the numbers, or with the reason why nothing was filed."""
    try:
        taken: Taken = work.result()
    except ProblemError as problem:
        notify_problem(request, problem)
        return Redirect(work.back, status_code=303)
    if taken.again:
        notify(
            request,
            "这些文件以前已经读过,没有再读一遍",
            "These files were read before; nothing was done now",
        )
    else:
        notify(
            request,
            "读完了:{pages} 页,归档 {filed} 张,空白 {blank} 页,要人看 {open} 张",
            "Read: {pages} pages, {filed} slips filed, {blank} blank, {open} to look at",
            pages=taken.stack.pages,
            filed=taken.filed,
            blank=taken.counts.get("blank", 0),
            open=taken.open,
        )
    return Redirect(work.back, status_code=303)


async def act(request: Req, unit: UnitRow | None, page_id: str) -> Response[Any]:
    """Do what a button beside a picture says; a code is looked up first, and its person shown."""
    services, form, who = get_services(request), await request.form(), me(request).name
    code, what = _of(request, unit), forms.text(form, "do")
    typed, back = forms.text(form, "code", 200), base_of(unit)
    try:
        match what:
            case "look":
                return await _confirm(request, unit, page_id, typed)
            case "key":
                keyed = await asyncio.to_thread(
                    slip_pages.key, services, page_id, typed, code, who=who
                )
                _say_keyed(request, keyed)
            case "not_slip":
                await asyncio.to_thread(slip_pages.not_a_slip, services, page_id, code, who=who)
                notify(request, "已放到一边,可以撤销", "Set aside; this can be undone")
            case "undo":
                await asyncio.to_thread(slip_pages.undo, services, page_id, code, who=who)
                notify(request, "已撤销,这一张重新等人看", "Taken back: it waits again")
            case "use":
                await asyncio.to_thread(slip_pages.use_instead, services, page_id, code, who=who)
                notify(request, "已改用这一张", "This one is used now")
            case _:
                raise ProblemError("request.unreadable")
    except ProblemError as problem:
        notify_problem(request, problem)
        keep(request, {f"code-{page_id}": typed})
    return Redirect(back, status_code=303)


def _say_keyed(request: Req, keyed: Sequence[slip_pages.Keyed]) -> None:
    names = "、".join(one.case.borrower.name for one in keyed)
    if any(one.has_slip for one in keyed):
        notify(
            request,
            "{names}已有一张签收单,这张作为第二张留着",
            "{names} has a slip already; this one is kept as a second",
            names=names,
        )
    else:
        notify(request, "已归到{names}名下", "Filed under {names}", names=names)


async def _confirm(request: Req, unit: UnitRow | None, page_id: str, typed: str) -> Response[Any]:
    """Show whose the keyed code is, before anything is filed."""
    services, code = get_services(request), _of(request, unit)
    found = await asyncio.to_thread(slip_pages.look_up, services, page_id, typed, code)
    row = await services.read(lambda c: store.page(c, services.season, page_id))
    staff = await services.read(lambda c: units.staff_names(c, services.season))
    return await page(
        request,
        "slips_confirm.html",
        unit=unit,
        base=base_of(unit),
        found=found,
        row=row,
        typed=typed,
        staff=staff,
        why=WHY,
    )


async def withdraw(request: Req, unit: UnitRow | None, stack_id: str) -> Response[Any]:
    """Take back a whole stack."""
    services, who = get_services(request), me(request).name
    code = _of(request, unit)
    try:
        count = await asyncio.to_thread(slip_pages.withdraw, services, stack_id, code, who=who)
        notify(
            request,
            "这一叠已撤回,其中 {n} 张不再算归档",
            "The stack is withdrawn; {n} slips are filed no longer",
            n=count,
        )
    except ProblemError as problem:
        notify_problem(request, problem)
    return Redirect(base_of(unit), status_code=303)


async def picture(request: Req, unit: UnitRow | None, sha256: str) -> Response[bytes]:
    """Answer the picture of a slip. Raises: ProblemError photo.unknown."""
    services, code = get_services(request), _of(request, unit)
    if not await services.read(lambda c: store.may_see(c, services.season, code, sha256)):
        raise ProblemError("photo.unknown")
    data = await asyncio.to_thread(services.files.read, sha256)
    return forms.download(data, f"{sha256[:8]}.jpg", "image/jpeg", inline=True)
