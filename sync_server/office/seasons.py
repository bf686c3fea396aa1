"""A county's seasons: create, change, open, close; every change leaves a line of history."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import zip_longest

import msgspec

from shared import codes, season_fields
from shared.policy import PolicyPage, find
from shared.problems import ProblemError
from shared.season import Letterhead, Season, china_day, last_day, moved_to
from shared.season_rules import wrongs
from sync_server.office import carry, season_file, season_pages, season_template
from sync_server.services import Services
from sync_server.store import audit, going_on, kept_contacts, policy, seasons, summaries
from sync_server.store.database import Connection
from sync_server.store.going_on import GoneOn
from sync_server.store.policy import Edition
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.seasons import (
    CLOSED,
    OPEN,
    PREPARING,
    PURGED,
    Change,
    FieldChange,
    SeasonRow,
)

PRINTED_PAGES = ("repay", "difficulty")
"""Policy pages on the printed notice: a season does not open with one of them unread."""
DUE_MONTH, DUE_DAY = 12, 20
"""Due day of the bank's contracts, proposed for a new season.

Source: docs/sources.md#due-before-overdue.
"""


def proposal(
    services: Services, year: str, *, source: str = "", due_day: date | None = None
) -> Season:
    """Return what a new season would begin with; nothing is stored.

    Args:
        services: The server's services.
        year: The year of its due day, four digits.
        source: The season it follows; "" for this county's newest, else the shipped example.
        due_day: Its due day; None for the contracts' day of that year.

    Returns:
        The season; dates keep their distance from the due day (shared.season.moved_to), the number
        and basis of the notice are empty, for they are another every year.

    Raises:
        ProblemError: season.year_invalid, season.unknown, season.due_year.
    """
    if not re.fullmatch(r"2[0-9]{3}", year):
        raise ProblemError("season.year_invalid", year=year[:20])
    day = due_day or date(int(year), DUE_MONTH, DUE_DAY)
    if str(day.year) != year:
        field = codes.find(season_fields.PLAIN, "due_day")
        raise ProblemError("season.due_year", field=field, day=day.isoformat(), year=year)
    base = services.database.read(lambda c: _source(c, source, year))
    if base is None:
        return _from_example(day, services.database.read(_county))
    head = msgspec.structs.replace(base.letterhead, document_no="", basis="")
    return msgspec.structs.replace(
        moved_to(base, day),
        letterhead=head,
        unchecked=season_template.unchecked_of(base.policy),
        texts_from=base.id,
    )


def _source(connection: Connection, source: str, year: str) -> Season | None:
    """The season named, else the newest other one: asked again, the proposal is the same."""
    if source:
        return seasons.get(connection, source)
    others = [row.season for row in seasons.listed(connection) if row.id != year]
    return others[0] if others else None


def _from_example(due_day: date, county: Letterhead | None) -> Season:
    example = season_template.shipped()
    head = county or Letterhead(
        county="", area_code="", centre="", hotline=example.letterhead.hotline
    )
    return msgspec.structs.replace(
        moved_to(example, due_day),
        letterhead=head,
        unchecked=season_template.unchecked_of(example.policy),
        texts_from="",
    )


def create(
    services: Services, season: Season, *, who: str, file: str = "", source: str = ""
) -> SeasonRow:
    """Store a new season in preparation, with the school codes of the county's newest season.

    Args:
        services: The server's services.
        season: Its settings.
        who: Who does it, for the history and the audit trail.
        file: The TOML file the settings come from, for its comments. Its pages are to be checked,
            whatever it says: it may be another season's.
        source: The season whose schools, leaders, liaisons and officers come over
            (office/carry.py); "" for none: then only schools and townships come, without people.

    Raises:
        ProblemError: the first of shared.season_rules and season_pages.check, season.exists,
            season.unknown, carry.same_season.
    """
    if file:
        season = season_pages.as_taken(season, None)
    _check(season)
    at = services.settings.now_text()

    def job(connection: Connection) -> SeasonRow:
        seasons.add(connection, season, at=at, who=who, file=file, copy_schools=not source)
        audit.note(connection, at=at, who=who, action="season.new", ref=season.id)
        if source:
            carry.carry_in(connection, source, season.id, at=at, who=who)
        return seasons.one(connection, season.id)

    return services.database.write(job)


def differences(before: Season, after: Season) -> tuple[FieldChange, ...]:
    """Return the settings in which two seasons differ."""
    old, new = _texts(before), _texts(after)
    changed = [
        FieldChange(field=path, before=old.get(path, ""), after=new.get(path, ""))
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    ]
    for page in dict.fromkeys(p.key for p in (*before.policy, *after.policy)):
        was, now = find(before.policy, page), find(after.policy, page)
        if was != now:
            texts = _differing_texts(was, now)
            changed.append(FieldChange(field=f"policy.{page}", before=texts[0], after=texts[1]))
    return tuple(changed)


def _texts(season: Season) -> dict[str, str]:
    """Every setting as text by its path, those a form shows before those of a file."""
    found = (*season_fields.fields(season), *season_fields.in_file_only(season))
    return {field.path: field.value for field in found}


def _differing_texts(was: PolicyPage | None, now: PolicyPage | None) -> tuple[str, str]:
    """The titles of two readings of a page; where they are the same, the first other paragraph."""
    if was is None or now is None or was.title_zh != now.title_zh:
        return was.title_zh if was else "", now.title_zh if now else ""
    lines = [(*page.zh, page.title_en, *page.en, page.section) for page in (was, now)]
    return next((a, b) for a, b in zip_longest(*lines, fillvalue="") if a != b)


def wants_reason(row: SeasonRow, after: Season, today: date) -> tuple[str, ...]:
    """Return the paths of changed dates that have passed in an open season."""
    if row.state != OPEN:
        return ()
    return tuple(
        change.field
        for change in differences(row.season, after)
        if _is_past(change.before, today) or _is_past(change.after, today)
    )


def _is_past(text: str, today: date) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and text < today.isoformat()


def change(
    services: Services,
    season_id: str,
    edit: Callable[[Season], Season],
    *,
    who: str,
    base: int | None = None,
    reason: str = "",
    file: str = "",
) -> tuple[FieldChange, ...]:
    """Change a season's settings; phones get them with their next sync.

    Args:
        services: The server's services.
        season_id: The season.
        edit: Makes the new settings of the ones in force.
        who: Who does it, for the history and the audit trail.
        base: How many changes the season had when the form was opened; None to skip that check.
        reason: Why a date that has passed is changed in an open season.
        file: The TOML file the settings come from, for its comments.

    Returns:
        What was changed; empty when nothing was.

    Raises:
        ProblemError: season.unknown, season.closed, season.changed, season.reason_missing,
            season.area_code_used, the first of shared.season_rules and season_pages.check, and
            those of `edit`.
    """
    at, today = services.settings.now_text(), china_day(services.settings.now())

    def job(connection: Connection) -> tuple[FieldChange, ...]:
        row = seasons.one(connection, season_id)
        if row.state not in seasons.TAKES_CHANGES:
            raise ProblemError("season.closed", season=season_id)
        if base is not None and base != row.changes:
            last = seasons.history(connection, season_id, 1)
            raise ProblemError("season.changed", who=last[0].who if last else "?")
        after = season_pages.as_taken(edit(row.season), row.season)
        _check(after, row.season)
        _check_numbers(connection, row.season, after)
        fields = differences(row.season, after)
        if after == row.season:
            return ()
        _keep_edition(connection, row.season, after, at=at, who=who)
        if (past := wants_reason(row, after, today)) and not reason.strip():
            raise ProblemError("season.reason_missing", what=season_fields.label(after, past[0]))
        what = "import" if file else "set"
        seasons.save_change(
            connection,
            after,
            Change(n=0, at=at, who=who, what=what, reason=reason.strip(), fields=fields),
            file,
        )
        if after.keep_contacts != row.season.keep_contacts:
            kept_contacts.suggest_after(connection, season_id)
        audit.note(connection, at=at, who=who, action=f"season.{what}", ref=season_id)
        return fields

    return services.database.write(job)


def _keep_edition(
    connection: Connection, before: Season, after: Season, *, at: str, who: str
) -> None:
    """Keep the policy pages of a file as an edition, where they are other ones."""
    if after.policy != before.policy:
        edition = Edition(n=0, at=at, who=who, what="import")
        policy.save_edition(connection, before.id, after.policy, edition, after.unchecked)


def _check_numbers(connection: Connection, before: Season, after: Season) -> None:
    """Refuse another area code once a summary was printed: versions and seals are found by it."""
    if before.letterhead.area_code == after.letterhead.area_code:
        return
    if any(
        row.state != "composed" for row in summaries.listed(connection, before.id, WHOLE_COUNTY)
    ):
        raise ProblemError("season.area_code_used")


def export(services: Services, season_id: str) -> str:
    """Return the settings as TOML, with the comments of the file they were imported from."""
    row = services.database.read(lambda c: seasons.one(c, season_id))
    return season_file.dump(row.season, row.file)


def open_season(services: Services, season_id: str, *, who: str, reason: str = "") -> GoneOn:
    """Open a season: phones may enrol and sync. A closed one is opened again with a reason.

    Teachers and phones of the season before go on into it (store/going_on.py); a phone receives its
    list once the liaison has confirmed it.

    Raises:
        ProblemError: season.unknown, season.purged, season.other_open, season.texts_unchecked,
            season.reason_missing, the first of shared.season_rules.
    """
    at = services.settings.now_text()

    def job(connection: Connection) -> GoneOn:
        row = seasons.one(connection, season_id)
        if row.state == OPEN:
            return GoneOn()
        if row.state == PURGED:
            raise ProblemError("season.purged", season=season_id)
        if row.state == CLOSED and not reason.strip():
            raise ProblemError("season.reason_missing", what=season_id)
        _check_nothing_open(connection)
        if row.state == PREPARING:
            _check(row.season)
            _check_printed_pages(row.season)
        kept_contacts.suggest(connection, season_id)  # the year before is over
        seasons.set_state(connection, season_id, OPEN, at=at, who=who, reason=reason.strip())
        audit.note(connection, at=at, who=who, action="season.open", ref=season_id, detail=reason)
        gone = going_on.carry(connection, season_id)
        if gone.teachers or gone.phones or gone.came_back:
            detail = f"{gone.source} → {season_id}: {gone.teachers}, {gone.phones + gone.came_back}"
            audit.note(
                connection, at=at, who=who, action="season.go_on", ref=season_id, detail=detail
            )
        return gone

    return services.database.write(job)


def _check_nothing_open(connection: Connection) -> None:
    for row in seasons.listed(connection):
        if row.state == OPEN:
            raise ProblemError("season.other_open", other=row.id)


def _check_printed_pages(season: Season) -> None:
    """Refuse notices with relief and repayment rules of another year."""
    pages = [find(season.policy, key) for key in PRINTED_PAGES if key in season.unchecked]
    titles = [page.title_zh for page in pages if page]
    if titles:
        raise ProblemError("season.texts_unchecked", count=len(titles), pages="、".join(titles))


def close_season(services: Services, season_id: str, *, who: str) -> None:
    """Close a season: it stays readable with its sealed files until it is purged.

    Raises:
        ProblemError: season.unknown, season.purged, season.preparing.
    """
    at = services.settings.now_text()

    def job(connection: Connection) -> None:
        state = seasons.one(connection, season_id).state
        if state == CLOSED:
            return
        if state == PURGED:
            raise ProblemError("season.purged", season=season_id)
        if state == PREPARING:
            raise ProblemError("season.preparing", season=season_id)
        seasons.set_state(connection, season_id, CLOSED, at=at, who=who)
        audit.note(connection, at=at, who=who, action="season.close", ref=season_id)

    services.database.write(job)


def discard(services: Services, season_id: str, *, who: str) -> None:
    """Delete a season on which nothing was built, such as one of a mistyped year; not an open one.

    Raises:
        ProblemError: season.unknown, season.used.
    """
    at = services.settings.now_text()

    def job(connection: Connection) -> None:
        row = seasons.one(connection, season_id)
        if row.state not in (PREPARING, CLOSED) or seasons.is_used(connection, season_id):
            raise ProblemError("season.used", season=season_id)
        seasons.forget(connection, season_id)
        audit.note(connection, at=at, who=who, action="season.discard", ref=season_id)

    services.database.write(job)


def is_past_retention(row: SeasonRow, today: date) -> bool:
    """Return whether the day has passed until which a season's personal data may be kept."""
    until = row.season.retain_until
    return row.state in (OPEN, CLOSED) and until is not None and today > until


def is_finished(row: SeasonRow, today: date) -> bool:
    """Return whether an open season has no date left before it."""
    return row.state == OPEN and today > last_day(row.season)


def _check(season: Season, before: Season | None = None) -> None:
    """Refuse what is wrong; what was wrong `before` already stops opening, not another change."""
    known = {wrong.field for wrong in wrongs(before)} if before else set()
    for wrong in wrongs(season):
        if wrong.field not in known:
            raise wrong.problem
    season_pages.check(season, before)


def keep_county(connection: Connection, head: Letterhead) -> None:
    """Keep what the first start asked about the county, for the season that is made next."""
    seasons.put_county(connection, msgspec.json.encode(head).decode())


def _county(connection: Connection) -> Letterhead | None:
    text = seasons.county(connection)
    return msgspec.json.decode(text, type=Letterhead) if text else None
