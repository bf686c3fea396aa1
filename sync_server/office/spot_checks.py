"""Spot checks (督查): draw people of a school, print the sheet, key in what inspectors found.

Who is drawn anybody can compute (shared/spot_check.py). Nothing here changes a record: what is not
as recorded becomes a card on the school's page until the school has answered and the centre has
closed it. Every step is one transaction, audited without its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from shared import spot_check as rule
from shared.assets import FONTS
from shared.problems import ProblemError
from shared.season import china_day, near_season
from shared.spot_findings import Finding, Kind, Result, Step, Verdict, fits
from sync_server.office import fonts, jobs
from sync_server.office.jobs import Job
from sync_server.office.spot_check_frame import frame_of
from sync_server.paperwork.spot_check import SheetOf, render_spot_check
from sync_server.services import Services
from sync_server.store import audit, bulletins, seasons, spot_checks, units
from sync_server.store.bulletins import Bulletin
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.scope import WHOLE_COUNTY, Of, of_schools
from sync_server.store.spot_checks import Drawn, SpotCheck
from sync_server.store.units import UnitRow

LONGEST = {"note": 300, "inspectors": 60}
"""Most characters of what is typed."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A school that was drawn, with its people and what was found."""

    check: SpotCheck
    unit: UnitRow
    bulletin: Bulletin
    people: tuple[Drawn, ...]

    @property
    def result(self) -> Result:
        """The people added up."""
        return spot_checks.result(self.people)

    @property
    def undoable(self) -> bool:
        """Whether the drawing can be taken back: not printed, nothing keyed."""
        return not (self.check.printed_at or any(one.steps for one in self.people))


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was keyed; `after` is the number of the last step that the page showed."""

    position: int
    verdict: Verdict
    note: str = ""
    after: int = 0


def listed(services: Services, of: Of, *, with_frame: bool = True) -> list[Checked]:
    """Return the season's spot checks of a school or a scope, the newest first."""
    return services.database.read(lambda c: read(c, services.season, of, with_frame=with_frame))


def read(
    connection: Connection, season: str, of: Of, check_id: str = "", *, with_frame: bool = True
) -> list[Checked]:
    """Return the same from one transaction; `check_id`: that one alone."""
    found = spot_checks.listed(connection, season, of, with_frame=with_frame)
    if check_id:
        found = [one for one in found if one.id == check_id]
    if not found:
        return []
    people = spot_checks.people(connection, [one.id for one in found])
    drawn = of_schools({one.unit for one in found})
    schools = {row.code: row for row in units.every_unit(connection, season, drawn)}
    issued = {one.id: one for one in bulletins.listed(connection, season)}
    return [
        Checked(
            check=one,
            unit=schools.get(one.unit) or UnitRow(code=one.unit, name=one.unit),
            bulletin=issued[one.bulletin],
            people=tuple(people[one.id]),
        )
        for one in found
    ]


def one(services: Services, check_id: str) -> Checked:
    """Return a spot check. Raises: ProblemError spot.unknown."""
    found = services.database.read(lambda c: read(c, services.season, WHOLE_COUNTY, check_id))
    if not found:
        raise ProblemError("spot.unknown")
    return found[0]


def draw(
    services: Services, bulletin_id: str, size: int, *, who: str, unit: str = ""
) -> list[SpotCheck]:
    """Draw people of a school, or of every school of which something is recorded.

    Args:
        services: The server's services.
        bulletin_id: Whose hash is the seed and whose moment decides who may be drawn.
        size: How many of a school.
        who: Who does it.
        unit: The school; "" for every one that was not drawn from this bulletin yet.

    Returns:
        The schools' drawings; pressed twice, the same.

    Raises:
        ProblemError: bulletin.unknown, spot.bulletin_withdrawn, spot.size, spot.nobody,
            spot.drawn (with another size), unit.unknown; season.closed and the like.
    """
    if not 1 <= size <= rule.MOST_SIZE:
        raise ProblemError("spot.size", most=rule.MOST_SIZE)
    now = services.settings.now_text()
    made = services.database.read(lambda c: _drawings(c, services, bulletin_id, size, unit))
    if not made:
        raise ProblemError("spot.nobody")

    def job(connection: Connection) -> list[SpotCheck]:
        _bulletin(connection, services, bulletin_id)
        done = []
        for check, people in made:
            check = msgspec.structs.replace(check, drawn_at=now, drawn_by=who)
            stored = spot_checks.add(connection, check, people)
            if stored.id == check.id:
                _note(connection, services, stored, "spot.draw", who, str(len(people)))
            elif unit and stored.size != size:
                raise ProblemError("spot.drawn", size=stored.size)
            done.append(stored)
        return done

    return services.change(job)


def _bulletin(connection: Connection, services: Services, bulletin_id: str) -> Bulletin:
    found = bulletins.get(connection, bulletin_id)
    if found.season != services.season:
        raise ProblemError("bulletin.unknown")
    if found.withdrawn_at:
        raise ProblemError("spot.bulletin_withdrawn", number=found.number_text)
    return found


def _drawings(
    connection: Connection, services: Services, bulletin_id: str, size: int, unit: str
) -> list[tuple[SpotCheck, list[Drawn]]]:
    """Return what would be drawn, school by school, those without anybody left out."""
    bulletin = _bulletin(connection, services, bulletin_id)
    season = seasons.get(connection, services.season)
    known = [row.code for row in units.units(connection, season.id)]
    if unit and unit not in known:
        raise ProblemError("unit.unknown", unit=unit)
    made = []
    for school in [unit] if unit else known:
        frame = frame_of(connection, season, bulletin.id, school)
        if not frame.lines:
            continue
        check = SpotCheck(
            id=new_id(),
            season=season.id,
            unit=school,
            bulletin=bulletin.id,
            bulletin_sha256=bulletin.sha256,
            size=size,
            frame=rule.frame_bytes(frame.lines).decode(),
            frame_sha256=rule.frame_hash(frame.lines),
            drawn_at="",
            drawn_by="",
            questions=msgspec.json.encode(season.spot.questions).decode(),
        )
        codes = rule.draw(frame.lines, bulletin.sha256, school, size)
        people = [
            Drawn(
                position=position,
                case_id=frame.lines[code].case.id,
                code=code,
                recorded=frame.recorded[code],
            )
            for position, code in enumerate(codes, 1)
        ]
        made.append((check, people))
    return made


def take_back(services: Services, check_id: str, *, who: str) -> None:
    """Take a drawing back while its sheet is not printed and nothing is keyed.

    Drawn again from the same bulletin, the same people come first: nobody chooses so.

    Raises:
        ProblemError: spot.printed; season.closed and the like.
    """

    def job(connection: Connection) -> None:
        season = services.season
        every = spot_checks.listed(connection, season, WHOLE_COUNTY)
        check = next((one for one in every if one.id == check_id), None)
        if check is None:
            return  # the same button, pressed twice
        if not spot_checks.take_back(connection, check_id):
            raise ProblemError("spot.printed")
        _note(connection, services, check, "spot.take_back", who)

    services.change(job)


def sheet(services: Services, check_id: str, *, who: str) -> bytes:
    """Render the sheet of a school as a PDF; from then on the drawing stays.

    A closed season still prints, and notes nothing.

    Raises:
        ProblemError: spot.unknown, paper.not_set.
    """
    found = one(services, check_id)
    season = services.database.read(lambda c: seasons.get(c, services.season))
    of = SheetOf(
        school=found.unit.name,
        unit=found.check.unit,
        bulletin=found.bulletin.number_text,
        cut_off=found.bulletin.cut_off,
        bulletin_sha256=found.check.bulletin_sha256,
        size=found.check.size,
        codes=tuple(found.check.codes),
        frame_sha256=found.check.frame_sha256,
        drawn_at=found.check.drawn_at,
        people=tuple((one.code, one.recorded) for one in found.people),
        questions=found.check.asked,
    )
    pdf = jobs.run(
        services,
        Job(kind="lists", unit=found.check.unit, who=who),
        render_spot_check,
        of,
        season,
        FONTS,
        bool(services.settings.clock_spec),
        fonts.in_use(services),
    )
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        check = spot_checks.get(connection, services.season, check_id)
        spot_checks.mark_printed(connection, check_id, now)
        _note(connection, services, check, "spot.print", who)

    try:
        services.change(job)
    except ProblemError as problem:
        if problem.code not in ("season.closed", "season.retention_over"):
            raise
    return pdf


def key_in(
    services: Services,
    check_id: str,
    entries: Sequence[Entry],
    *,
    inspectors: str,
    seen_on: date,
    who: str,
) -> int:
    """Key in what inspectors found; a line that says what holds already adds nothing.

    Args:
        services: The server's services.
        check_id: The spot check.
        entries: The lines of the sheet.
        inspectors: Who was there.
        seen_on: The day.
        who: Who keys it in.

    Returns:
        How many people got another finding; pressed twice, 0.

    Raises:
        ProblemError: spot.unknown, spot.inspectors_missing, spot.day_impossible, spot.note_missing
            (not as recorded, without a remark), spot.verdict_missing (a remark alone),
            spot.changed: nothing at all is kept then.
    """
    inspectors = _typed("inspectors", inspectors)
    if not inspectors:
        raise ProblemError("spot.inspectors_missing")
    now, today = services.settings.now_text(), china_day(services.settings.now())

    def job(connection: Connection) -> int:
        check = spot_checks.get(connection, services.season, check_id)
        if not near_season(seasons.get(connection, services.season), seen_on) or seen_on > today:
            raise ProblemError("spot.day_impossible", day=seen_on.isoformat())
        people = {p.position: p for p in spot_checks.people(connection, [check_id])[check_id]}
        kept = 0
        for entry in entries:
            if (person := people.get(entry.position)) is None:
                raise ProblemError("spot.unknown")
            note = _typed("note", entry.note)
            if _says(person.found, entry.verdict, note, entry.position):
                continue
            step = Step(
                n=entry.after + 1,
                kind="found",
                verdict=entry.verdict,
                note=note,
                inspectors=inspectors,
                seen_on=seen_on.isoformat(),
                at=now,
                who=who,
            )
            spot_checks.add_step(connection, check, entry.position, step)
            kept += 1
        if kept:
            _note(connection, services, check, "spot.key", who, str(kept))
        return kept

    return services.change(job)


def _says(found: Finding, verdict: Verdict, note: str, position: int) -> bool:
    """Whether this holds already; verdict and remark must go together."""
    if note and not (verdict or found.verdict):
        raise ProblemError("spot.verdict_missing", position=position)
    if verdict == "not_real" and not note:
        raise ProblemError("spot.note_missing", position=position)
    if not verdict:
        return not found.verdict
    return found.last is not None and (found.last.verdict, found.last.note) == (verdict, note)


def answer(
    services: Services, unit: str, check_id: str, position: int, text: str, *, after: int, who: str
) -> None:
    """Write a school's answer to a finding that is not as recorded.

    Raises:
        ProblemError: spot.unknown (or another school's), spot.answer_missing, spot.changed.
    """
    _follow(services, check_id, position, ("answered", text, after), who, unit)


def ask_again(
    services: Services, check_id: str, position: int, text: str, *, after: int, who: str
) -> None:
    """Ask the school again: its answer is not enough.

    Raises:
        ProblemError: spot.unknown, spot.answer_missing, spot.changed.
    """
    _follow(services, check_id, position, ("asked", text, after), who)


def close(
    services: Services, check_id: str, position: int, text: str, *, after: int, who: str
) -> None:
    """Close the follow-up of a finding, with how.

    Raises:
        ProblemError: spot.unknown, spot.answer_missing, spot.changed.
    """
    _follow(services, check_id, position, ("closed", text, after), who)


def _follow(
    services: Services,
    check_id: str,
    position: int,
    given: tuple[Kind, str, int],
    who: str,
    unit: str = "",
) -> None:
    kind, text, shown = given
    text = _typed("note", text)
    if not text:
        raise ProblemError("spot.answer_missing")
    now = services.settings.now_text()

    def job(connection: Connection) -> None:
        check = spot_checks.get(connection, services.season, check_id)
        people = {p.position: p for p in spot_checks.people(connection, [check_id])[check_id]}
        person = people.get(position)
        if person is None or unit not in ("", check.unit):
            raise ProblemError("spot.unknown")
        last = person.steps[-1] if person.steps else None
        if last is not None and (last.n, last.kind, last.note) == (shown + 1, kind, text):
            return  # the same button, pressed twice
        if not fits(person.found, kind):
            raise ProblemError("spot.changed")
        step = Step(n=shown + 1, kind=kind, note=text, at=now, who=who)
        spot_checks.add_step(connection, check, position, step)
        _note(connection, services, check, f"spot.{kind}", who, str(position))

    services.change(job)


def _typed(name: str, text: str) -> str:
    return text.strip()[: LONGEST[name]]


def _note(
    connection: Connection,
    services: Services,
    check: SpotCheck,
    action: str,
    who: str,
    detail: str = "",
) -> None:
    audit.note(
        connection,
        at=services.settings.now_text(),
        who=who,
        action=action,
        ref=check.id,
        unit=check.unit,
        detail=detail,
    )
