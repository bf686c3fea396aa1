"""Something of each kind in a school, to fill into addresses."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from sync_server.office import slip_batches
from sync_server.office.worker_jobs import REPORT, ScanReport
from sync_server.sealing.judged_area import JudgedArea
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import cases, photos, slip_stacks, summaries
from sync_server.store.slip_stacks import PageRow, StackRow
from tests.support import imports
from tests.support.county import SEASON
from tests.support.devices import RawPhone, fact_bytes
from tests.support.notices import printed


@dataclass
class Things:
    """Something of each kind in a school, to fill into an address."""

    unit: str
    case_id: str
    fact_id: str
    device_id: str
    staff_id: str
    sha256: str
    summary_id: str
    run_id: str
    batch_id: str
    slip_batch_id: str


async def things(services: Services, settings: Settings, phone: RawPhone) -> Things:
    """A visit with a photo, and a composed summary, in the phone's school."""
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit=phone.unit))
    case_id, sha = rows[0]["id"], phone.unit * 32
    alone = {"met": "self", "outcome": "not_home", "flags": ["alone"]}  # waits for review
    await phone.push(phone.chained(fact_bytes(case_id, photos=(sha,), body=alone)))
    now = services.settings.now_text()
    upload = services.database.write(lambda c: photos.start_upload(c, phone.device, sha, 3, now))
    (place := services.files.path(sha)).parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"jpg")
    services.database.write(lambda c: photos.complete(c, upload, now, services.files.has))
    slip = slip_of(services, phone.unit, case_id, sha)
    services.database.write(lambda c: slip_stacks.add(c, *slip))
    fact = services.database.read(lambda c: cases.facts_of(c, [case_id]))[case_id][0]
    row = printed_summary(services, settings, phone.unit)
    run_id = imports.repaid(services, "2019-12-11", {})
    batch = printed(services, phone.unit)
    printed(services, phone.unit)  # so that the first one can be taken back by nobody
    slips, _ = slip_batches.prepare(services, phone.unit, [case_id], "", who="t")
    return Things(
        phone.unit,
        case_id,
        fact.fact.id,
        phone.device,
        phone.staff,
        sha,
        row,
        run_id,
        batch.id,
        slips.id,
    )


def slip_of(
    services: Services, unit: str, case_id: str, sha256: str
) -> tuple[StackRow, list[PageRow]]:
    """A stack of one slip, filed under a case."""
    now = services.settings.now_text()
    stack = StackRow(
        id=f"stack-{unit}",
        season=SEASON,
        unit=unit,
        at=now,
        who="t",
        state="filed",
        digest=sha256,
        files="[]",
        pages=1,
    )
    slip = PageRow(
        id=f"page-{unit}",
        season=SEASON,
        stack=stack.id,
        number=1,
        part=1,
        place="a.pdf · 1",
        sha256=sha256,
        code="",
        case_id=case_id,
        ink="signed",
        state="filed",
        why="",
        who="",
        at=now,
    )
    return stack, [slip]


def printed_summary(services: Services, settings: Settings, unit: str) -> str:
    folder = f"summaries/{unit or 'county'}"
    (settings.path(*folder.split("/")) / "printed.pdf").write_bytes(b"%PDF-1.7")
    area = JudgedArea(page=1, area="stamp", code="scan.grey", scan_sha256="", jpeg=b"jpg")
    report = ScanReport(pages=(1,), missing=(), findings=(), problems=(), areas=(area,))
    scan = settings.path(*folder.split("/"), "scan")
    (scan / REPORT).write_bytes(msgspec.json.encode(report))
    # printed, so that whoever may discard it leaves it there for the next address
    made = services.database.write(
        lambda c: summaries.add(
            c,
            season=SEASON,
            unit=unit,
            document=f"610599-2019-{unit}",
            version=1,
            cut_off="2019-12-12T10:00:00+08:00",
            as_of="",
            data=b"{}",
            data_hash="0" * 64,
            folder=folder,
            state="printed",
        )
    )
    return made.id
