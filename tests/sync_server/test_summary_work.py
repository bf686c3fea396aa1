"""Claims on documents: one at work at a time, one whose process has ended is taken over, and what it left is swept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from shared.problems import ProblemError
from sync_server import file_lock
from sync_server.office import leftovers, summaries, summary_files, summary_scans, summary_verdicts
from sync_server.office.job_limits import LIMITS, limits_of
from sync_server.office.summary_work import claimed, is_held, lock_of, under_way
from sync_server.sealing.paper.scan import Expected
from sync_server.services import Asked, Services
from sync_server.store import jobs, work_claims
from sync_server.store import summaries as stored
from sync_server.store import tables as t
from sync_server.store.summaries import SummaryRow
from sync_server.store.work_claims import Claim, Work
from tests.support import hostile_pdf
from tests.support.ended import until
from tests.support.summaries import WHO, version

DOCUMENT = "610599-2019-01"
CLAIM = f"work:{DOCUMENT}"


def leave_claim(services: Services, work: Work = "seal", by: str = "gone") -> Claim:
    """A claim as a process leaves it that is killed while it works."""
    claim = Claim(work=work, by=by, at="2019-12-12T02:00:00.000+00:00")
    assert services.database.write(lambda c: work_claims.claim_document(c, DOCUMENT, claim, None))
    return claim


@contextmanager
def at_work(services: Services, work: Work = "seal") -> Iterator[None]:
    """Somebody is at work on the document."""
    with file_lock.holding(lock_of(services, "alive")):
        leave_claim(services, work, "alive")
        yield


def put(services: Services, *path: str) -> Path:
    """A file below the document's folder."""
    *folders, name = path
    file = services.settings.path("summaries", DOCUMENT, *folders) / name
    file.write_bytes(b"x")
    return file


def test_who_finds_somebody_at_work_is_refused_by_a_sentence_that_names_the_work(
    services: Services,
) -> None:
    with (
        at_work(services, "scan"),
        pytest.raises(ProblemError) as refused,
        claimed(services, DOCUMENT, "seal", wait_s=0),
    ):
        pass
    assert refused.value.code == "summary.scanning"


def test_the_claim_of_a_process_that_ended_is_taken_over(services: Services) -> None:
    left = leave_claim(services)
    assert not is_held(services, left)
    with claimed(services, DOCUMENT, "compose", wait_s=0) as work:
        services.database.read(work.check)
        assert under_way(services, DOCUMENT) == "compose"
    assert services.database.read(work_claims.every) == {}


def test_of_two_who_take_over_the_same_claim_one_has_it(services: Services) -> None:
    left = leave_claim(services)
    claims = [Claim(work="seal", by=by, at="") for by in ("first", "second")]
    taken = [
        services.database.write(
            partial(work_claims.claim_document, document=DOCUMENT, claim=one, over=left)
        )
        for one in claims
    ]
    assert taken == [True, False]


def test_work_whose_claim_was_taken_over_stores_nothing(services: Services) -> None:
    with claimed(services, DOCUMENT, "seal", wait_s=0) as work:
        other = Claim(work="compose", by="other", at="")
        services.database.write(
            lambda c: work_claims.claim_document(c, DOCUMENT, other, work.claim)
        )
        with pytest.raises(ProblemError):
            services.database.read(work.check)
    assert services.database.read(work_claims.every) == {DOCUMENT: other}


def test_a_claim_is_given_back_by_its_own_holder_only(services: Services) -> None:
    claim = leave_claim(services)
    other = Claim(work="seal", by="other", at=claim.at)
    services.database.write(lambda c: work_claims.give_back(c, DOCUMENT, other))
    services.database.write(lambda c: work_claims.give_back(c, "610599-2019-02", claim))
    assert services.database.read(lambda c: work_claims.holds(c, DOCUMENT, claim))
    assert not services.database.read(lambda c: work_claims.holds(c, DOCUMENT, other))
    services.database.write(lambda c: work_claims.give_back(c, DOCUMENT, claim))
    assert services.database.read(lambda c: work_claims.find(c, DOCUMENT)) is None


def test_a_document_that_somebody_has_claimed_is_not_claimed_by_another(services: Services) -> None:
    claim = leave_claim(services)
    other = Claim(work="seal", by="other", at=claim.at)
    for over in (None, other):
        taken = services.database.write(
            partial(work_claims.claim_document, document=DOCUMENT, claim=other, over=over)
        )
        assert not taken
    assert services.database.read(work_claims.every) == {DOCUMENT: claim}


def test_work_that_fails_leaves_neither_claim_nor_folder(services: Services) -> None:
    with pytest.raises(ZeroDivisionError), claimed(services, DOCUMENT, "seal", wait_s=0):
        raise ZeroDivisionError
    assert services.database.read(work_claims.every) == {}
    assert list(services.settings.path("summaries", DOCUMENT).iterdir()) == []
    assert list(services.settings.path("claims").iterdir()) == []


def test_a_start_of_the_server_sweeps_what_work_left_that_ended(services: Services) -> None:
    leave_claim(services)
    put(services, "work-gone", "1-a", "printed.pdf")
    put(services, "1-b", "printed.pdf")
    (services.settings.path("claims") / "gone").touch()
    leftovers.sweep(services)
    assert list(services.settings.path("summaries", DOCUMENT).iterdir()) == []
    assert list(services.settings.path("claims").iterdir()) == []
    assert services.database.read(work_claims.every) == {}


def test_a_start_of_the_server_leaves_alone_what_somebody_works_on(services: Services) -> None:
    with at_work(services):
        kept = put(services, "work-alive", "summary.pdf"), put(services, "1-b", "printed.pdf")
        leftovers.sweep(services)
        assert all(path.exists() for path in kept)
        assert under_way(services, DOCUMENT) == "seal"


def test_a_seal_that_no_row_knows_is_swept_and_one_that_its_row_names_stays(
    services: Services,
) -> None:
    row = version(services, 1, "sealed")
    ours = put(services, "1-a", summary_files.seal_name(row.sha256), "summary.pdf")
    other = put(services, "1-a", summary_files.seal_name("cd" * 32), "summary.pdf")
    leftovers.sweep(services)
    assert (ours.exists(), other.exists()) == (True, False)


def test_a_seal_of_version_0_1_stays_where_its_row_says_sealed_and_goes_where_it_does_not(
    services: Services,
) -> None:
    row = version(services, 1, "sealed")
    kept = put(services, "1-a", "summary.pdf")
    leftovers.sweep(services)
    assert kept.exists()
    services.database.write(lambda c: stored.change(c, row.id, state="stamped", sha256=""))
    leftovers.sweep(services)
    assert not kept.exists()


def test_a_folder_with_a_sealed_file_is_never_swept_though_no_row_names_it(
    services: Services,
) -> None:
    kept = put(services, "1-other", "summary.pdf")
    leftovers.sweep(services)
    assert kept.exists()


def test_a_scan_that_was_replaced_is_swept(services: Services) -> None:
    row = version(services, 1, "stamped")
    services.database.write(lambda c: stored.move(c, row.id, "scan_complete", scan="scan-2"))
    old, new = (
        put(services, "1-a", "scan-1", "00-a.jpg"),
        put(services, "1-a", "scan-2", "00-a.jpg"),
    )
    leftovers.sweep(services)
    assert (old.exists(), new.exists()) == (False, True)


def test_a_scan_that_cannot_be_read_leaves_the_earlier_one_in_force(services: Services) -> None:
    row = version(services, 1, "stamped")
    before = put(services, "1-a", "scan", "00-a.jpg")
    with pytest.raises(OSError, match=r"expected\.json"):
        summary_scans.add(services, row.id, [("b.jpg", b"x")], who=WHO)
    assert summaries.listed(services, "01")[0].state == "stamped"
    assert [path.name for path in before.parents[1].iterdir()] == ["scan"]
    assert before.read_bytes() == b"x"


async def test_a_discard_beside_the_reading_of_its_scan_wins_and_the_scan_is_refused(
    services: Services,
) -> None:
    row = version(services, 1, "printed")
    put(services, "1-a", "printed.pdf")

    def scan() -> None:
        with claimed(services, DOCUMENT, "scan") as work:
            summary_verdicts.discard(services, row.id, who=WHO)
            services.database.read(work.check)
            services.database.write(lambda c: stored.move(c, row.id, "scan_complete"))

    with pytest.raises(ProblemError) as refused:
        await asyncio.to_thread(scan)
    assert refused.value.code == "summary.discarded"
    assert summaries.listed(services, "01")[0].state == "discarded"


def readable(services: Services, pages: int = 1) -> SummaryRow:
    """A printed version with what the reading of its scan needs."""
    row = version(services, 1, "printed")
    expected = Expected(
        document=DOCUMENT, version=1, data_hash="0" * 64, pages=pages, stamp_areas=()
    )
    put(services, "1-a", "expected.json").write_bytes(msgspec.json.encode(expected))
    put(services, "1-a", "printed.pdf")
    return row


def test_a_scan_that_takes_long_to_read_keeps_nobody_from_the_document(services: Services) -> None:
    row, asked = readable(services), Asked(ref="slow", who="甲")
    upload = [("a.pdf", hostile_pdf.giant_pages())]
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(
            summary_scans.add, services.asked_by(asked), row.id, upload, who="甲"
        )
        until(lambda: _running(services) == ["scan"])
        with claimed(services, DOCUMENT, "compose", wait_s=0):
            assert _running(services) == ["scan"]
        asked.cancelled.set()
        with pytest.raises(ProblemError) as cancelled:
            reading.result()
    assert cancelled.value.code == "work.cancelled"
    assert not list(services.settings.path("summaries", DOCUMENT).glob("work-*"))


def _running(services: Services) -> list[str]:
    return [job.kind for job in services.database.read(jobs.live) if job.state == "running"]


@pytest.mark.parametrize("is_newer", [True, False], ids=["begun later", "in force before"])
def test_only_an_upload_begun_later_stays_when_one_is_read_after_it(
    services: Services, is_newer: bool
) -> None:
    row, later = readable(services), "scan-ffffffff"
    put(services, "1-a", later, "00-later.jpg")
    if not is_newer:
        services.database.write(lambda c: stored.move(c, row.id, "scan", scan=later))

    def scan() -> None:
        with at_work(services, "scan"):
            threads.submit(summary_scans.add, services, row.id, [("a.jpg", b"x")], who=WHO)
            until(lambda: not services.database.read(jobs.live) and _ended(services) == ["done"])
            if is_newer:
                services.database.write(lambda c: stored.move(c, row.id, "scan", scan=later))

    with ThreadPoolExecutor(1) as threads:
        scan()
        services.database.write(lambda c: c.execute(t.meta.delete().where(t.meta.c.key == CLAIM)))
    (now,) = summaries.listed(services, "01")
    assert (now.scan == later) == is_newer
    assert [
        path.name for path in (services.settings.path("summaries", DOCUMENT) / "1-a").glob("scan*")
    ] == [now.scan]


def _ended(services: Services) -> list[str]:
    return list(services.database.read(lambda c: c.execute(select(t.job.c.state)).scalars()))


def test_the_time_of_a_scan_goes_by_the_printed_pages_and_not_by_the_upload() -> None:
    assert limits_of("scan", 1).cpu_s == 24
    assert limits_of("scan", 12).cpu_s == 68
    assert limits_of("scan", 200) == limits_of("scan") == LIMITS["scan"]
    assert limits_of("seal", 1) == LIMITS["seal"]
