"""Issue a bulletin (通报) as of now, and withdraw one that is wrong.

The counts are those of the schools' pages (store/progress.py): one read of the standings, added up
by school. From its issue a bulletin is a document like a summary: printing, scanning, confirming
and sealing are the verbs of summaries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from shared.assets import FONTS
from shared.digest import canonical, sha256_hex
from shared.problems import ProblemError
from shared.season import CST, Season, bulletin_number, china_day
from sync_server.deferred import in_subprocess
from sync_server.disk_errors import disk_problems
from sync_server.office import fonts, jobs, withdrawals
from sync_server.office.jobs import Job
from sync_server.office.summary_work import ROOT, Claimed, claimed, put_in_place, remove_kept
from sync_server.sealing import bulletin as form
from sync_server.sealing.bulletin import SchoolRow
from sync_server.sealing.documents import encode
from sync_server.sealing.summary import SCHEMA, Letterhead, SeasonRef, Unit
from sync_server.services import Services
from sync_server.store import (
    audit,
    bulletins,
    feed,
    progress,
    seasons,
    spot_checks,
    summaries,
    units,
)
from sync_server.store.bulletins import UNIT, Bulletin
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.progress import Progress
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.summaries import SummaryRow

if TYPE_CHECKING:
    from sync_server.office import worker_jobs
else:
    worker_jobs = in_subprocess("sync_server.office.worker_jobs")

LONGEST_REASON = 300


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulletin of now would say: its rows in order of code, sums, and their hash.

    `unplaced`: people due at no school yet, whom no row counts. `digest` is of all but the time, so
    that it stays while nothing changes.
    """

    rows: tuple[SchoolRow, ...]
    totals: form.Counts
    as_of: str
    unplaced: int
    digest: str


def document_of(season: Season) -> str:
    """Return the name of a season's bulletins; a summary's begins with the area code."""
    return f"TB-{season.letterhead.area_code}-{season.id}"


def counted_now(services: Services) -> Counted:
    """Return what a bulletin issued now would say."""
    return services.database.read(lambda c: count(c, services.season))


def count(connection: Connection, season_id: str) -> Counted:
    """Count the season's people by school, from one read of where each stands."""
    season = seasons.get(connection, season_id)
    found = progress.case_standings(connection, season, scope=WHOLE_COUNTY, from_facts=True)
    sums = progress.count_by(found, season, lambda line: line.case.school)
    names = units.unit_names(connection, season_id)
    rows = form.rows_of(
        (Unit(code=code, name=names.get(code, code)), _numbers(of))
        for code, of in sums.items()
        if code
    )
    as_of = progress.newest_snapshot(connection, season_id)
    unplaced = sums[""].people if "" in sums else 0
    return Counted(
        rows=rows,
        unplaced=unplaced,
        totals=form.added(row.counts for row in rows),
        as_of=as_of,
        digest=sha256_hex(canonical(msgspec.to_builtins((rows, as_of, unplaced)))),
    )


def _numbers(sums: Progress) -> Mapping[str, int]:
    return {
        "people": sums.people,
        "due_fen": sums.due_fen,
        "delivered": sums.delivered,
        "repaid": sums.paid,
        "repaid_fen": sums.repaid_fen,
        "visited": sums.visited,
        "unpaid": sums.unpaid,
        "special": sums.special,
        "explained": sums.explained,
    }


def listed(services: Services) -> list[Bulletin]:
    """Return the season's bulletins, the newest first."""
    return services.database.read(lambda c: bulletins.listed(c, services.season))


def issue(services: Services, *, who: str, request: str = "", seen: str = "") -> Bulletin:
    """Freeze the counts of now under the next number, and render the pages.

    Args:
        services: The server's services.
        who: Who does it, for the audit trail.
        request: The form that asks for it: asked for twice it is one bulletin; "" is a new one.
        seen: The digest of the counts that the person was shown; "" to take what there is.

    Raises:
        ProblemError: bulletin.nobody (no school has anybody due), bulletin.changed (the counts are
            others than `seen`), season.closed, summary.composing after a wait.
    """
    request = request or new_id()
    season = services.database.read(lambda c: seasons.get(c, services.season))
    if (before := _of_request(services, request)) is not None:
        return before
    with claimed(services, document_of(season), "compose", asked=request) as work:
        while True:
            if (before := _of_request(services, request)) is not None:
                return before  # the same button, pressed twice
            made = services.database.read(lambda c: _composed(c, services, seen))
            if (stored := _store(services, *made, work, who, request)) is not None:
                return stored


def _of_request(services: Services, request: str) -> Bulletin | None:
    return services.database.read(lambda c: bulletins.of_request(c, services.season, request))


def _composed(
    connection: Connection, services: Services, seen: str
) -> tuple[form.Bulletin, dict[str, int]]:
    """Return the bulletin of now, under the next number, and the heads of the schools' feeds."""
    settings = services.settings
    season, counted = seasons.get(connection, services.season), count(connection, services.season)
    if not counted.rows:
        raise ProblemError("bulletin.nobody")
    if seen and seen != counted.digest:
        raise ProblemError("bulletin.changed")
    now, head = settings.now(), season.letterhead
    number = bulletins.next_number(connection, services.season)
    made = form.Bulletin(
        schema=SCHEMA,
        composer=form.COMPOSER,
        kind=form.KIND,
        document=document_of(season),
        version=number,
        unit=Unit(code=head.area_code, name=head.centre),
        cut_off=now.astimezone(CST).isoformat(timespec="seconds"),
        previous_seal="",
        demo=bool(settings.clock_spec),
        season=SeasonRef(id=season.id, due_day=season.due_day.isoformat()),
        letterhead=Letterhead.of(head),
        report_no=bulletin_number(season, number),
        as_of=counted.as_of,
        filled_on=china_day(now).isoformat(),
        sent_to=head.bulletin_to,
        copied_to=head.bulletin_copied_to,
        copies=head.copies,
        unplaced=counted.unplaced,
        rows=counted.rows,
        totals=counted.totals,
    )
    return made, feed.heads(connection)


def _store(
    services: Services,
    made: form.Bulletin,
    heads: dict[str, int],
    work: Claimed,
    who: str,
    request: str,
) -> Bulletin | None:
    """Render the pages aside, then store the rows that name them; None where the number is gone."""
    data = encode(made)
    place = _rendered(services, made, data, work, who)
    now, data_hash = services.settings.now_text(), sha256_hex(data)

    def job(connection: Connection) -> Bulletin | None:
        work.check(connection)
        if made.version != bulletins.next_number(connection, services.season):
            return None
        row = summaries.add(
            connection,
            season=services.season,
            unit=UNIT,
            document=made.document,
            version=made.version,
            cut_off=made.cut_off,
            as_of=made.as_of,
            data=data,
            data_hash=data_hash,
            folder=place,
            composed_at=now,
        )
        bulletins.add(
            connection,
            id=row.id,
            season=services.season,
            number=made.version,
            request=request,
            number_text=made.report_no,
            issued_at=now,
            issued_by=who,
        )
        spot_checks.keep_moment(connection, services.season, row.id, heads)
        audit.note(
            connection,
            at=now,
            who=who,
            action="bulletin.issue",
            ref=data_hash,
            detail=made.report_no,
        )
        return bulletins.get(connection, row.id)

    stored = services.change(job)
    if stored is None:
        remove_kept(services, place)
    return stored


def _rendered(services: Services, made: form.Bulletin, data: bytes, work: Claimed, who: str) -> str:
    """Render the pages; return the key of the folder that the row will name."""
    name = f"{made.version}-{sha256_hex(data)[:12]}-{work.claim.by[-12:]}"
    aside, place = work.folder / name, f"{ROOT}/{work.document}/{name}"
    faces = fonts.in_use(services)
    printing = Job(kind="print", unit=UNIT, who=who)
    jobs.run(services, printing, worker_jobs.render_printed_pages, aside, made, FONTS, faces)
    with disk_problems():
        fonts.record(faces, aside)
    put_in_place(services, aside, place)
    return place


def workbook(services: Services, row: SummaryRow) -> bytes | None:
    """Return the workbook as it was frozen; sealing attaches the same bytes."""
    try:
        return services.file_store.read(f"{row.folder}/summary.xlsx")
    except FileNotFoundError:
        return None


def withdraw(services: Services, bulletin_id: str, reason: str, *, who: str) -> Bulletin:
    """Withdraw a wrong bulletin; its number stays used, and what is sealed stays as it is.

    One that is not sealed goes no further: no scan of it is taken and it is not sealed. A sealed
    one is named in the county's list of what is withdrawn, which verifiers read.

    Args:
        services: The server's services.
        bulletin_id: The bulletin.
        reason: Why.
        who: Who does it, for the audit trail.

    Returns:
        The bulletin; pressed twice, as it was withdrawn first.

    Raises:
        ProblemError: bulletin.unknown, bulletin.reason_missing; season.closed and the like.
    """
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise ProblemError("bulletin.reason_missing")
    now = services.settings.now_text()

    def job(connection: Connection) -> Bulletin:
        found = bulletins.get(connection, bulletin_id)
        if bulletins.withdraw(connection, bulletin_id, at=now, who=who, reason=reason):
            if not found.file_sha256:
                summaries.move(connection, bulletin_id, "discard")
            audit.note(
                connection,
                at=now,
                who=who,
                action="bulletin.withdraw",
                ref=found.sha256,
                detail=found.number_text,
            )
        return bulletins.get(connection, bulletin_id)

    season = services.database.read(lambda c: bulletins.get(c, bulletin_id)).season
    done = services.change(job, season=season)
    withdrawals.name_documents(services, who=who)
    return done
