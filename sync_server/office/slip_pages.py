"""What a person decides about scanned slips: whose it is by its code, that it is none, and back.

Every decision compares the part with what was shown, so that two people never decide about the
same part, and can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from shared.cases import Case
from shared.ids import fold, parse_case_code, show_case_code
from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, cases, slip_stacks, units
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.scope import Of, as_scope
from sync_server.store.slip_stacks import FILED, PageRow

MOST_CODES = 12
"""Codes that are keyed for one picture: more slips do not fit on an A3."""


class Keyed(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was keyed: whose it is, and whether this person has a slip already."""

    case: Case
    has_slip: bool
    off_list: bool


def look_up(services: Services, page_id: str, text: str, of: Of) -> list[Keyed]:
    """Return whose the codes are that somebody keyed for a part, before anything is filed.

    Args:
        services: The server's services.
        page_id: The part.
        text: One code, or several with blanks or commas between.
        of: The school that may be named, or what somebody sees.

    Raises:
        ProblemError: slips.no_code, case.code_invalid, slips.code_unknown, slips.other_school,
            slips.page_unknown, slips.page_done.
    """

    def job(connection: Connection) -> list[Keyed]:
        page = _page(connection, services, page_id, of)
        if page.state in FILED or page.state == "blank":
            raise ProblemError("slips.page_done")
        return [_keyed(connection, services.season, code, of) for code in _codes(text)]

    return services.database.read(job)


def key(services: Services, page_id: str, text: str, of: Of, *, who: str) -> list[Keyed]:
    """File a part under the people whose codes were keyed and whose names were confirmed.

    A second slip of a person is kept as such. More codes than one make more parts of the picture.

    Returns:
        As `look_up`.

    Raises:
        ProblemError: as `look_up`, and those of Services.change.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> list[Keyed]:
        page = _page(connection, services, page_id, of)
        if page.state in FILED or page.state == "blank":
            raise ProblemError("slips.page_done")
        found = [_keyed(connection, services.season, code, of) for code in _codes(text)]
        for number, one in enumerate(found):
            after = msgspec.structs.replace(
                page,
                state="duplicate" if one.has_slip else "keyed",
                why="",
                case_id=one.case.id,
                code=one.case.code,
                who=who,
                at=now,
            )
            if number == 0:
                slip_stacks.move(connection, page, after)
                continue
            part = slip_stacks.next_part(connection, page.stack, page.number)
            slip_stacks.add_part(connection, msgspec.structs.replace(after, id=new_id(), part=part))
        _note(connection, page, "slips.key", now, who, of)
        return found

    return services.change(job)


def not_a_slip(services: Services, page_id: str, of: Of, *, who: str) -> None:
    """Set aside a part that is no slip, such as a cover sheet.

    Raises:
        ProblemError: slips.page_unknown, slips.page_done, and those of Services.change.
    """

    def decide(connection: Connection, page: PageRow, now: str) -> None:
        if page.state in FILED:
            raise ProblemError("slips.page_done")
        aside = msgspec.structs.replace(
            page, state="set_aside", why="not_slip", case_id="", who=who, at=now
        )
        slip_stacks.move(connection, page, aside)

    _change(services, page_id, of, who, "slips.set_aside", decide)


def undo(services: Services, page_id: str, of: Of, *, who: str) -> None:
    """Take back what was decided about a part: it waits for a person again.

    Raises:
        ProblemError: slips.page_unknown, slips.page_done, and those of Services.change.
    """

    def decide(connection: Connection, page: PageRow, now: str) -> None:
        if page.state in ("unreadable", "blank"):
            raise ProblemError("slips.page_done")
        again = msgspec.structs.replace(
            page, state="unreadable", why="undone", case_id="", who=who, at=now
        )
        slip_stacks.move(connection, page, again)

    _change(services, page_id, of, who, "slips.undo", decide)


def use_instead(services: Services, page_id: str, of: Of, *, who: str) -> None:
    """Let a second slip of a person take the place of the first one.

    Raises:
        ProblemError: slips.page_unknown, slips.page_done, and those of Services.change.
    """

    def decide(connection: Connection, page: PageRow, now: str) -> None:
        if page.state != "duplicate":
            raise ProblemError("slips.page_done")
        for other in slip_stacks.of_cases(connection, [page.case_id]):
            if other.state in FILED:
                second = msgspec.structs.replace(other, state="duplicate", who=who, at=now)
                slip_stacks.move(connection, other, second)
        first = msgspec.structs.replace(page, state="keyed", who=who, at=now)
        slip_stacks.move(connection, page, first)

    _change(services, page_id, of, who, "slips.use", decide)


def withdraw(services: Services, stack_id: str, of: Of, *, who: str) -> int:
    """Take back a whole stack: its slips are filed no longer, its pictures go.

    Returns:
        How many slips were filed.

    Raises:
        ProblemError: slips.stack_unknown, slips.page_done, and those of Services.change.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> int:
        stack = slip_stacks.stack(connection, services.season, stack_id)
        if not as_scope(of).sees(stack.unit):
            raise ProblemError("slips.stack_unknown")
        count = slip_stacks.withdraw(connection, stack_id)
        audit.note(
            connection, at=now, who=who, action="slips.withdraw", ref=stack_id, unit=stack.unit
        )
        return count

    return services.change(job)


def _change(
    services: Services,
    page_id: str,
    of: Of,
    who: str,
    action: str,
    decide: Callable[[Connection, PageRow, str], None],
) -> None:
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        page = _page(connection, services, page_id, of)
        decide(connection, page, now)
        _note(connection, page, action, now, who, of)

    services.change(job)


def _note(connection: Connection, page: PageRow, action: str, now: str, who: str, of: Of) -> None:
    detail, unit = show_case_code(page.code), of if isinstance(of, str) else ""
    audit.note(connection, at=now, who=who, action=action, ref=page.id, unit=unit, detail=detail)


def _page(connection: Connection, services: Services, page_id: str, of: Of) -> PageRow:
    """Return a part of the stacks of a school or a scope, or filed under its people."""
    season, scope = services.season, as_scope(of)
    page = slip_stacks.page(connection, season, page_id)
    if scope.sees(slip_stacks.stack(connection, season, page.stack).unit):
        return page
    if not cases.rows(connection, season, ids=[page.case_id], scope=scope, off_list=None):
        raise ProblemError("slips.page_unknown")
    return page


def _codes(text: str) -> list[str]:
    """Return the codes in what was keyed: one, however it is grouped, or several."""
    whole = text.strip()
    if not fold(whole):
        raise ProblemError("slips.no_code")
    try:
        return [parse_case_code(whole)]
    except ProblemError:
        words = whole.replace(",", " ").replace("，", " ").replace("、", " ").split()
        if len(words) < 2:
            raise
    return list(dict.fromkeys(parse_case_code(word) for word in words[:MOST_CODES]))


def _keyed(connection: Connection, season: str, code: str, of: Of) -> Keyed:
    row = next((r for r in slip_stacks.with_codes(connection, [code]) if r.season == season), None)
    shown = show_case_code(code)
    if row is None:
        raise ProblemError("slips.code_unknown", slip=shown)
    if not as_scope(of).sees(row.unit):
        school = units.unit(connection, season, row.unit)
        raise ProblemError(
            "slips.other_school", slip=shown, school=school.name if school else row.unit
        )
    (stored,) = cases.rows(connection, season, ids=[row.case_id], off_list=None)
    return Keyed(
        case=cases.case_of(stored),
        has_slip=bool(slip_stacks.filed_of(connection, [row.case_id])),
        off_list=bool(stored["off_list"]),
    )
