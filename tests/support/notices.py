"""Batches of notices without typesetting: for tests of what is known of them."""

from __future__ import annotations

from sync_server.data_folder import make_folder
from sync_server.office import notice_choice, notices
from sync_server.office.notice_choice import Choice, NoticeState
from sync_server.services import Services
from sync_server.store import notice_prints
from sync_server.store.notice_prints import Batch, Sheet
from tests.support.county import SEASON

PDF = b"%PDF-1.7 notices"


def printed(services: Services, unit: str, choice: Choice | None = None, who: str = "t") -> Batch:
    """A finished batch of a school, with a file in place of its PDF."""
    now, season = services.settings.now_text(), services.season or SEASON
    found = services.database.read(lambda c: notice_choice.of_school(c, season, unit))
    people = notice_choice.chosen(found, choice or Choice())
    sheets = [
        Sheet(case_id=p.case.id, n=(p.last.n if p.last else 0) + 1, content=p.content)
        for p in people
    ]
    batch = services.database.write(
        lambda c: notice_prints.reserve(c, season, unit, who=who, at=now, choice="{}")
    )
    folder = notices.folder_of(services, batch.id)
    make_folder(folder)
    (folder / notices.FILE).write_bytes(PDF)
    if services.file_store.is_shared:
        services.file_store.put_file(notices._key(batch.id), folder / notices.FILE)
    services.database.write(lambda c: notice_prints.finish(c, season, batch.id, sheets, now))
    return services.database.read(lambda c: notice_prints.batch(c, season, unit, batch.id))


def states(services: Services, unit: str = "01") -> dict[str, NoticeState]:
    """How it stands with the notices of a school's people, by case id, in walking order."""
    found = services.database.read(lambda c: notice_choice.of_school(c, SEASON, unit))
    return {person.case.id: person for person in found.people}
