"""Print notices (附件3) in batches: the part to hand over, the slip to bring back.

A batch counts as printed in the transaction that finds its PDF whole. The PDF lies in the data
folder's `tmp` until nobody has asked for it for a while; a batch that nobody got until then was
never printed, and is taken back by itself. So a kill, a cancel or a full disk leaves nobody marked
whose sheet no printer saw.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from shared.problems import ProblemError
from shared.season import Season, china_day
from sync_server import temporary
from sync_server.data_folder import make_folder
from sync_server.office import fonts, jobs, notice_choice, passed_on
from sync_server.office.jobs import Job
from sync_server.office.notice_choice import NOBODY, Choice, NoticeState, SchoolNotices
from sync_server.office.notice_sheets import BatchSheets, Cover, set_sheets
from sync_server.office.subprocess_call import Progress
from sync_server.services import Services
from sync_server.store import audit, notice_prints, seasons, units
from sync_server.store.database import Connection
from sync_server.store.notice_prints import Batch, Sheet

FILE = "notices.pdf"


class _Asked(NamedTuple):
    """What a batch begins with."""

    found: SchoolNotices
    people: list[NoticeState]
    season: Season
    batch: Batch
    whom: str


def print_notices(
    services: Services,
    unit: str,
    choice: Choice | None = None,
    *,
    who: str,
    cover: Cover = "",
    seen: Mapping[str, int] | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Set the notices of those chosen who have not repaid, in walking order.

    Args:
        services: The server's services.
        unit: The school.
        choice: Whom to print for; None for the whole school.
        who: Who prints, for the batch and the audit trail.
        cover: Where the list of who is in the batch stands.
        seen: How often each was printed when the choice was made, by case id: a form that is sent
            twice prints nothing twice. None where nobody looked.
        progress: Takes how many people of how many are set.

    Returns:
        The batch; `fetch` gives its PDF.

    Raises:
        ProblemError: unit.unknown, paper.nobody_due, notices.nobody, notices.printed_meanwhile,
            compose.no_code, fonts.not_found, season.closed, and those of jobs.run.
    """
    asked = _begin(services, unit, choice or Choice(), seen, who)
    batch_id, folder = asked.batch.id, folder_of(services, asked.batch.id)
    try:
        make_folder(folder)
        with temporary.in_use(folder):
            sheets = _sheets(services, asked, cover)
            printing = Job(kind="notices", unit=unit, who=who)
            given = (sheets, fonts.in_use(services), folder / FILE)
            jobs.run_reporting(services, printing, progress or _unseen, set_sheets, *given)
            if services.file_store.is_shared:
                services.file_store.put_file(_key(batch_id), folder / FILE)
            _keep(services, asked, who)
    except BaseException:
        remove_file(services, batch_id)
        services.database.write(lambda c: notice_prints.forget(c, batch_id))
        raise
    season = services.season
    return services.database.read(lambda c: notice_prints.batch(c, season, unit, batch_id))


def _unseen(done: int, total: int) -> None:
    """Take progress that nobody looks at; the page asks the queue."""


def _begin(
    services: Services, unit: str, choice: Choice, seen: Mapping[str, int] | None, who: str
) -> _Asked:
    """Choose the people and give the batch its number."""
    season, now = services.season, services.settings.now_text()

    def job(connection: Connection) -> _Asked:
        found = notice_choice.of_school(connection, season, unit)
        kept = notice_choice.shortened(found, choice)
        people = notice_choice.chosen(found, choice)
        if seen is not None and any(_number(p) != seen.get(p.case.id, 0) + 1 for p in people):
            raise ProblemError("notices.printed_meanwhile")
        text = notice_choice.as_text(kept)
        batch = notice_prints.reserve(connection, season, unit, who=who, at=now, choice=text)
        whom = whom_words(kept, units.staff_names(connection, season))
        return _Asked(found, people, seasons.get(connection, season), batch, whom)

    return services.change(job)


def whom_words(choice: Choice, names: dict[str, str]) -> str:
    """Return for whom a batch is, as its list and the page of batches say it."""
    teacher, village = choice.teacher, choice.village
    found = []
    if teacher:
        name = names.get(teacher, "已离开的").removesuffix("老师")
        found.append("未分配老师的" if teacher == NOBODY else f"{name}老师")
    if village:
        found.append("未写村名的" if village == NOBODY else village)
    whom = "、".join(found) or "全校"
    return f"{whom}（部分人）" if choice.cases else whom


def _sheets(services: Services, asked: _Asked, cover: Cover) -> BatchSheets:
    phone, contact = notice_choice.contact(asked.found.school)
    return BatchSheets(
        cases=tuple(person.case for person in asked.people),
        prints={person.case.id: _number(person) for person in asked.people},
        season=asked.season,
        school=asked.found.school.name,
        phone=phone,
        contact=contact,
        issued_on=china_day(services.settings.now()),
        number=asked.batch.number,
        whom=asked.whom,
        cover=cover,
        demo=bool(services.settings.clock_spec),
    )


def _number(person: NoticeState) -> int:
    return person.last.n + 1 if person.last else 1


def _keep(services: Services, asked: _Asked, who: str) -> None:
    """Note whose notices were printed, now that the PDF is there."""
    season, batch, now = services.season, asked.batch, services.settings.now_text()
    sheets = [
        Sheet(case_id=person.case.id, n=_number(person), content=person.content)
        for person in asked.people
    ]
    of_batch = {"ref": batch.id, "unit": batch.unit, "detail": str(len(sheets))}

    def job(connection: Connection) -> None:
        notice_prints.finish(connection, season, batch.id, sheets, now)
        audit.note(connection, at=now, who=who, action="notices.print", **of_batch)

    services.change(job)


def folder_of(services: Services, batch_id: str) -> Path:
    """Return where the PDF of a batch lies while it is kept."""
    return services.settings.path(temporary.FOLDER) / _name(batch_id)


def _name(batch_id: str) -> str:
    return f"notices-{batch_id}"


def _key(batch_id: str) -> str:
    return passed_on.key_of(_name(batch_id), FILE)


def kept_minutes(services: Services, batch_id: str) -> int | None:
    """Return how long the PDF of a batch is there at least; None when it is gone."""
    if services.file_store.is_shared:
        shared_s = passed_on.touched_s(services, _name(batch_id), FILE)
        left_s = None if shared_s is None else shared_s + temporary.KEPT_S - time.time()
        return None if left_s is None else max(0, int(left_s) // 60)
    with suppress(FileNotFoundError):
        folder = folder_of(services, batch_id)
        touched_s = max((folder / FILE).stat().st_mtime, folder.stat().st_mtime)
        return max(0, int(touched_s + temporary.KEPT_S - time.time()) // 60)
    return None


def fetch(services: Services, unit: str, batch_id: str, *, who: str) -> tuple[Batch, bytes]:
    """Return a batch and its PDF, which stays for another while.

    Raises:
        ProblemError: notices.batch_unknown, notices.expired.
    """
    season, now = services.season, services.settings.now_text()
    batch = services.database.read(lambda c: notice_prints.batch(c, season, unit, batch_id))
    try:
        pdf = _read(services, batch.id)
    except FileNotFoundError as error:
        raise ProblemError("notices.expired", number=batch.number) from error

    def job(connection: Connection) -> None:
        notice_prints.batch(connection, season, unit, batch_id)  # not taken back meanwhile
        notice_prints.mark_fetched(connection, batch.id, now)
        of_batch = {"ref": batch.id, "unit": unit, "detail": str(batch.people)}
        audit.note(connection, at=now, who=who, action="notices.download", **of_batch)

    services.database.write(job)
    return batch, pdf


def _read(services: Services, batch_id: str) -> bytes:
    if services.file_store.is_shared:
        pdf = services.file_store.read(_key(batch_id))
        passed_on.touch(services, _name(batch_id))
        return pdf
    folder = folder_of(services, batch_id)
    with temporary.in_use(folder):
        return (folder / FILE).read_bytes()


def take_back(services: Services, unit: str, batch_id: str, *, who: str) -> int:
    """Take a batch back whose sheets did not come out of the printer: nobody of it was printed.

    Returns:
        Of how many people.

    Raises:
        ProblemError: notices.batch_unknown, notices.printed_since, season.closed.
    """
    season, now = services.season, services.settings.now_text()

    def job(connection: Connection) -> int:
        batch = notice_prints.batch(connection, season, unit, batch_id)
        if not notice_prints.is_newest(connection, batch_id):
            raise ProblemError("notices.printed_since", number=batch.number)
        people = notice_prints.take_back(connection, batch_id)
        of_batch = {"ref": batch_id, "unit": unit, "detail": str(people)}
        audit.note(connection, at=now, who=who, action="notices.take_back", **of_batch)
        return people

    people = services.change(job)
    remove_file(services, batch_id)
    return people


def remove_file(services: Services, batch_id: str) -> None:
    """Remove the PDF of a batch before its time."""
    shutil.rmtree(folder_of(services, batch_id), ignore_errors=True)
    if services.file_store.is_shared:
        with suppress(ProblemError):  # swept within the hour
            services.file_store.delete_all(passed_on.key_of(_name(batch_id)))


def drop_unfetched(services: Services) -> None:
    """Take those batches back whose PDF is gone and that nobody ever got."""
    for batch_id in services.database.read(notice_prints.unfetched):
        if kept_minutes(services, batch_id) is None:
            services.database.write(partial(notice_prints.take_back_unfetched, batch_id=batch_id))
