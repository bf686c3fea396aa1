"""What the files of a school's list are made of, and the files: workbook, print, and all in a zip.

Reading is done here in the server; the files of many schools are made in a subprocess.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from shared import codes, list_columns
from shared.problems import ProblemError
from shared.season import Season, china_day
from sync_server.office import slip_evidence
from sync_server.office.slip_evidence import SlipEvidence
from sync_server.paperwork.case_list import Listing, ListLine, workbook
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.list_cover import NO_TEACHER, NO_VILLAGE, Cover, group
from sync_server.paperwork.school_list import By, in_order
from sync_server.paperwork.table_book import Cell, Fen, Sheet, table_book
from sync_server.services import Services
from sync_server.store import progress, school_lists, seasons, units
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding
from sync_server.store.school_lists import ListStanding
from sync_server.store.scope import Scope
from sync_server.store.units import UnitRow

REGISTER = "名单签收登记表.xlsx"
REGISTER_COLUMNS = (
    "代码",
    "学校",
    "包联同志",
    "版本",
    "人数",
    "应还合计(元)",
    "校验码",
    "领取人",
    "日期",
)
FORBIDDEN = '<>:"/\\|?*'
"""What a file's name may not hold in Windows."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A school's list: its people by village, and its cover.

    Attributes:
        unit: The school's code.
        season: The season.
        lines: The people.
        cover: What the first sheet shows.
    """

    unit: str
    season: Season
    lines: tuple[ListLine, ...]
    cover: Cover


def gather(services: Services, unit: str) -> Listed:
    """Read the list of one school. Raises: ProblemError unit.unknown."""
    today = china_day(services.settings.now()).isoformat()

    def job(connection: Connection) -> Listed:
        school = units.unit(connection, services.season, unit)
        if school is None:
            raise ProblemError("unit.unknown", unit=unit)
        season = seasons.get(connection, services.season)
        found = progress.case_standings(connection, season, unit=unit, from_facts=True)
        names = units.staff_names(connection, services.season)
        standing = school_lists.standings(connection, services.season, unit).get(unit)
        evidence = slip_evidence.evidence_of(connection, services.season, found)
        return _listed(school, season, found, names, standing, evidence, today)

    return services.database.read(job)


def gather_all(services: Services, scope: Scope) -> list[Listed]:
    """Read the lists of the schools somebody sees that have people, in order of code."""
    today = china_day(services.settings.now()).isoformat()

    def job(connection: Connection) -> list[Listed]:
        season = seasons.get(connection, services.season)
        by_school: dict[str, list[CaseStanding]] = {}
        found = progress.case_standings(connection, season, scope=scope, from_facts=True)
        evidence = slip_evidence.evidence_of(connection, services.season, found)
        for line in found:
            by_school.setdefault(line.case.school, []).append(line)
        names = units.staff_names(connection, services.season)
        standings = school_lists.standings(connection, services.season, scope)
        return [
            _listed(
                school,
                season,
                by_school[school.code],
                names,
                standings.get(school.code),
                evidence,
                today,
            )
            for school in units.units(connection, services.season)
            if school.code in by_school
        ]

    return services.database.read(job)


def _listed(
    school: UnitRow,
    season: Season,
    found: Sequence[CaseStanding],
    names: dict[str, str],
    standing: ListStanding | None,
    evidence: Mapping[str, SlipEvidence],
    today: str,
) -> Listed:
    lines = [
        ListLine(
            case=each.case,
            standing=each.standing,
            teacher=names.get(each.case.assignee, ""),
            slip=slip_evidence.words(evidence[each.case.id]),
        )
        for each in found
    ]
    by_village, by_teacher = in_order(lines, "village"), in_order(lines, "teacher")
    cover = Cover(
        school=school.name,
        officer=school.officer,
        version=standing.next_version if standing else 1,
        digest=standing.now.digest if standing else "",
        import_at=standing.now.import_at if standing else "",
        made_on=today,
        people=len(lines),
        due_fen=sum(line.case.total_fen for line in lines),
        villages=group([(one.case.village, one.case.total_fen) for one in by_village], NO_VILLAGE),
        teachers=group([(one.teacher, one.case.total_fen) for one in by_teacher], NO_TEACHER)
        if any(line.teacher for line in lines)
        else (),
    )
    return Listed(unit=school.code, season=season, lines=tuple(by_village), cover=cover)


def as_workbook(listed: Listed, recipient: str) -> bytes:
    """Write a list with the columns of one recipient: the sheet to sign, by village, by teacher."""
    columns = list_columns.columns_for(listed.season.list_columns, recipient)
    listings = [Listing(name="名单", lines=listed.lines, columns=columns)]
    if listed.cover.teachers:
        first = ("teacher", *(column for column in columns if column != "teacher"))
        lines = in_order(listed.lines, "teacher")
        listings.append(Listing(name="按老师", lines=lines, columns=first))
    what = codes.label(list_columns.RECIPIENTS, recipient)
    title = f"{listed.cover.school} {listed.season.id} 年度 {what}"
    return workbook(listings, listed.season, title, listed.cover)


def as_pdf(listed: Listed, by: By, fonts: Path, demo: bool, faces: KeptFaces | None) -> bytes:
    """Typeset a list, masked; for a subprocess."""
    from sync_server.paperwork.school_list import render_school_list

    given = (listed.lines, listed.cover, listed.season, by, fonts)
    return render_school_list(*given, demo=demo, faces=faces)


def write_all(
    progress: Callable[[int, int], None],
    listed: Sequence[Listed],
    fonts: Path,
    demo: bool,
    faces: KeptFaces | None,
    dest: Path,
) -> None:
    """Write the files of all schools into a zip; for a subprocess."""
    with zipfile.ZipFile(dest, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(REGISTER, table_book([_register(listed)]))
        for done, one in enumerate(listed):
            progress(done, len(listed))
            stem = f"{one.unit}-{_file_name(one.cover.school)}-{one.season.id}"
            book.writestr(f"{stem}-名单.xlsx", as_workbook(one, "school"))
            pdf = as_pdf(one, "village", fonts, demo, faces)
            book.writestr(f"{stem}-名单-打印.pdf", pdf)
        progress(len(listed), len(listed))


def _register(listed: Sequence[Listed]) -> Sheet:
    """Return the table in which the centre notes who has fetched which list."""
    rows: list[list[Cell]] = [
        [
            one.unit,
            one.cover.school,
            one.cover.officer,
            one.cover.version,
            one.cover.people,
            Fen(one.cover.due_fen),
            one.cover.digest[:16],
            "",
            "",
        ]
        for one in listed
    ]
    return Sheet("名单签收登记", REGISTER_COLUMNS, rows)


def _file_name(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c not in FORBIDDEN)
