"""A season's end: nothing of a person is left in the data folder, and the certificate says what was destroyed."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from shared import wire
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.season import moved_to
from sync_server.office import off_list, phones, placing, quarantine, review
from sync_server.office.seasons import close_season, create, open_season
from sync_server.sample.season import season_2019
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import (
    audit,
    case_import,
    devices,
    evidence,
    on_list,
    purging,
    summaries,
)
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.engine import open_engine
from sync_server.store.scope import WHOLE_COUNTY
from tests.support import engines, file_engine, notices
from tests.support.command_line import doorstep, report
from tests.support.county import SEASON, fill, person, purge, repaid, with_season
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.engines import about_sqlite
from tests.support.jpegs import jpeg

PHOTO, SHARED = jpeg(b"a photo of a slip" * 3000), jpeg(b"a photo both seasons name" * 3000)
NEXT = "2020"
KEPT_SEASON_COLUMN = {
    "season",
    "season_change",
    "policy_edition",
    "unit",
    "device",
    "fact",
    "quarantine",
    "summary",
    "bulletin",
}
TEMPORARY = (
    "tmp/import-1a2b/file",
    "tmp/import-1a2b/report.json",
    "tmp/notices-1a2b/notices.pdf",
    "tmp/paper-1a2b.work/view.json",
    "tmp/slips-1a2b/0000",
    "tmp/tmpk3x.xlsx",
    "imports/1a2b/file",
    "check/tmp1/summary.pdf",
    "notices/2019-01.pdf",
    "sessions/5e",
    "sessions/5e.tmp1",
    "logs/errors.log",
    "logs/errors.log.3",
    "uploads/no-row-names-it",
    "handover/phone.answer",
    "summaries/610599-2019-01/work-1/printed.pdf",
)
"""Where requests and jobs write, in this version and in earlier ones."""
REASON = "演示县,提前结束"


def code_of(refused: pytest.ExceptionInfo[ProblemError]) -> str:
    return refused.value.code


def handed_up(services: Services, unit: str, state: str = "submitted", version: int = 1) -> Path:
    """A school's summary as a row and a folder with a sealed file."""
    document = f"610599-{SEASON}-{unit}"
    folder = f"summaries/{document}/{version}-abc"
    path = services.settings.path(*folder.split("/"))
    (path / "summary.pdf").write_bytes("%PDF-1.7 样例0".encode())
    row = {
        "season": SEASON,
        "unit": unit,
        "document": document,
        "version": version,
        "state": state,
        "data": '{"rows":["样例0"],"totals":{}}'.encode(),
        "data_hash": "d" * 64,
        "sha256": "e" * 64,
        "folder": folder,
        "comment": "样例0的说明",
    }
    services.database.write(lambda c: summaries.add(c, **row))
    return path


async def upload(phone: RawPhone, data: bytes) -> None:
    assert (
        await phone.patch((await phone.create_upload(data)).headers["Location"], 0, data)
    ).status_code == 204


@pytest.fixture
async def season(phone: RawPhone, services: Services) -> RawPhone:
    """The phone after a season: a visit with two photos, a record in quarantine, a review, repayments, prints."""
    case = case_ids(services, "01")[0]
    visit = fact_bytes(case, photos=(sha256_hex(PHOTO), sha256_hex(SHARED)))
    stray = fact_bytes(case, season="2018")
    assert await phone.outcomes(phone.chained(visit), phone.chained(stray)) == [
        "created",
        "rejected",
    ]
    for data in (PHOTO, SHARED):
        await upload(phone, data)
    await phone.patch(
        (await phone.create_upload(b"unfinished" * 9)).headers["Location"], 0, b"unfin"
    )
    repaid(services, "2019-12-11", {"C00001": 100_00})
    for place in TEMPORARY:
        path = services.settings.path(*place.split("/")[:-1]) / place.rpartition("/")[2]
        path.write_bytes("样例0".encode())

    def more(connection: Connection) -> None:
        fact = connection.execute(select(t.fact.c.id)).scalar_one()
        connection.execute(
            t.review.insert(),
            {"id": "r", "fact_id": fact, "verdict": "accepted", "comment": "样例0"},
        )
        connection.execute(t.slip.insert(), {"sha256": sha256_hex(PHOTO), "case_code": "0100001"})
        connection.execute(
            t.fact_photo.insert(), {"fact_id": "next", "sha256": sha256_hex(SHARED), "unit": "01"}
        )
        case_import.import_schools(connection, NEXT, {"柳泉镇中心校": {"liaison_name": "联络0"}})
        case_import.import_people(connection, NEXT, [person(900, "柳泉镇中心校")])

    services.database.write(more)
    notices.printed(services, "01", who="样例0")
    return phone


def destroyed(services: Services) -> dict[str, Any]:
    """Both schools handed up, the season purged; the certificate."""
    for unit in ("01", "02"):
        handed_up(services, unit)
    found: dict[str, Any] = json.loads(purge(services, SEASON, who="县中心").read_text())
    return found


def everything(folder: Path) -> bytes:
    inside = b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())
    return inside + engines.bytes_of(folder) + file_engine.bytes_of(folder)


@about_sqlite("what is left in the bytes of its file")
async def test_no_name_number_or_photo_is_left_in_any_byte_of_the_data_folder(
    season: RawPhone, services: Services
) -> None:
    secrets = [
        "样例0",
        "样例7",
        "13800000000",
        "13800000007",
        "key00000",
        "C00001",
        "联络1",
        "第3村",
    ]
    before = everything(services.settings.data_dir)
    assert all(s.encode() in before for s in secrets)
    assert PHOTO in before
    destroyed(services)
    after = everything(services.settings.data_dir)
    assert [s for s in secrets if s.encode() in after] == []
    assert [p for p in TEMPORARY if (services.settings.data_dir / p).exists()] == []
    assert PHOTO not in after
    assert b"unfin" not in after


async def test_only_rows_known_to_be_empty_of_people_keep_the_season(
    season: RawPhone, services: Services
) -> None:
    """A new table with a season column must be purged or named here."""
    destroyed(services)

    def left(connection: Connection) -> set[str]:
        tables = [table for table in t.metadata.sorted_tables if "season" in table.c]
        return {
            b.name
            for b in tables
            if connection.execute(select(b).where(b.c.season == SEASON)).first()
        }

    assert services.database.read(left) <= KEPT_SEASON_COLUMN


async def test_the_certificate_lists_what_was_destroyed_when_by_whom_and_the_sealed_files(
    season: RawPhone, services: Services
) -> None:
    found = destroyed(services)
    assert (found["season"], found["by"], found["reason"], found["not_handed_up"]) == (
        SEASON,
        "县中心",
        "",
        [],
    )
    rows = found["rows"]
    assert {
        k: rows[k]
        for k in (
            "cases",
            "contracts",
            "facts",
            "photos",
            "quarantined",
            "reviews",
            "repayments",
            "slips",
        )
    } == {
        "cases": 12,
        "contracts": 12,
        "facts": 1,
        "photos": 1,
        "quarantined": 1,
        "reviews": 1,
        "repayments": 1,
        "slips": 1,
    }
    assert [(s["document"], s["sha256"]) for s in found["summaries"]] == [
        ("610599-2019-01", "e" * 64),
        ("610599-2019-02", "e" * 64),
    ]
    assert found["destroyed_at"] <= found["completed_at"]
    assert found["not_covered"]


async def test_hashes_of_summaries_and_the_audit_trail_stay_and_name_the_certificate(
    season: RawPhone, services: Services
) -> None:
    before = services.database.read(lambda c: set(c.execute(select(t.audit.c.id)).scalars()))
    destroyed(services)
    (path,) = (services.settings.data_dir / "certificates-of-destruction").iterdir()
    rows = services.database.read(lambda c: summaries.listed(c, SEASON, WHOLE_COUNTY))
    assert {(r.unit, r.state, r.data_hash, r.sha256, r.data) for r in rows} == {
        (u, "submitted", "d" * 64, "e" * 64, b"{}") for u in ("01", "02")
    }
    notes = services.database.read(
        lambda c: {r.id: (r.action, r.ref) for r in c.execute(select(t.audit))}
    )
    assert before < notes.keys()
    assert ("purge.certificate", sha256_hex(path.read_bytes())) in notes.values()


@about_sqlite("what is left in the bytes of its file")
async def test_no_reason_that_anybody_typed_outlives_the_season(
    season: RawPhone, services: Services
) -> None:
    """The acts stay in the trail. What is typed at a purge itself is in its certificate."""
    typed = [f"缘由{n}王某某住院" for n in range(7)]
    folder, cases = services.settings.data_dir, case_ids(services, "01")
    (stray,) = quarantine.listed(services, WHOLE_COUNTY)[0]
    quarantine.decide_one(services, stray.row.id, "drop", typed[0], scope=WHOLE_COUNTY, who="t")
    fact = services.database.read(lambda c: c.execute(select(t.fact.c.id)).scalar_one())
    services.database.write(lambda c: c.execute(t.review.delete()))
    review.review(services, fact, "returned", typed[1], who="t")
    placing.move(services, cases[1:2], "02", reason=typed[2], who="t")
    at = services.settings.now_text()
    services.database.write(lambda c: on_list.take_out(c, SEASON, cases[2:3], typed[3], at))
    off_list.put_back(services, cases[2], who="t")
    close_season(services, SEASON, who="t")
    open_season(services, SEASON, who="t", reason=typed[4])
    handed_up(services, "02")
    ink = f'[{{"reason":"{typed[5]}"}}]'
    services.database.write(
        lambda c: c.execute(t.summary.update().values(confirmed_stamps=ink, reason=typed[6]))
    )
    before = everything(folder)
    assert [words for words in typed if words.encode() not in before] == []
    actions = services.database.read(lambda c: {n.action for n in audit.listed(c)})
    purge(services, SEASON, who="t", really=REASON)
    after = everything(folder)
    assert [words for words in typed if words.encode() in after] == []
    notes = services.database.read(audit.listed)
    assert actions <= {n.action for n in notes}
    assert {n.action for n in notes if n.detail} <= {"purge.rows", "purge.certificate"}


async def test_the_trail_of_the_next_season_keeps_what_was_typed(
    season: RawPhone, services: Services
) -> None:
    close_season(services, SEASON, who="t")
    create(services, moved_to(season_2019(), date(2020, 12, 20)), who="t")
    open_season(services, NEXT, who="t")
    services.database.write(
        lambda c: audit.note(
            c, at=services.settings.now_text(), who="t", action="case.move", detail="撤点并校"
        )
    )
    purge(services, SEASON, who="t", really=REASON)
    notes = services.database.read(audit.listed)
    assert [n.detail for n in notes if n.action == "case.move"] == ["撤点并校"]


async def test_another_season_and_the_photos_it_names_stay(
    season: RawPhone, services: Services
) -> None:
    destroyed(services)
    assert services.files.read(sha256_hex(SHARED)) == SHARED
    cases = services.database.read(
        lambda c: list(c.execute(select(t.case_file.c.season)).scalars())
    )
    assert cases == [NEXT]


async def test_a_phone_of_the_season_gets_nothing_any_more(
    season: RawPhone, services: Services
) -> None:
    destroyed(services)
    assert (await season.ask("GET", "/v1/changes")).status_code in (401, 403)


async def test_a_phone_that_returns_continues_its_chain_without_a_gap_or_its_old_records(
    season: RawPhone, services: Services
) -> None:
    (stray,), _ = quarantine.listed(services, WHOLE_COUNTY)
    quarantine.decide_one(services, stray.row.id, "ask", "", scope=WHOLE_COUNTY, who="t")
    destroyed(services)
    create(
        services,
        moved_to(season_2019(), date(2020, 12, 20)),
        who="t",
    )
    open_season(services, NEXT, who="t")
    issued = services.database.write(
        lambda c: devices.issue_code(
            c, NEXT, "01", "甲", expires_at=services.settings.real_now() + timedelta(days=1)
        )
    )
    answer = await _enrol(season, issued[0])
    assert answer.device == season.device
    phones.confirm(services, season.device, who="t")
    case = services.database.read(lambda c: c.execute(select(t.case_file.c.id)).scalar_one())
    assert await season.outcomes(season.chained(fact_bytes(case, season=NEXT))) == ["created"]
    stubs = services.database.read(lambda c: evidence.chains(c, [season.device]))
    assert evidence.chain_gaps(stubs, {season.device: 3}) == []
    assert services.database.read(lambda c: evidence.quarantined(c, SEASON, "01")) == []


async def _enrol(phone: RawPhone, code: str) -> wire.EnrolReply:
    assert phone.http is not None
    answer = await phone.http.post("/v1/enrol", content=phone.enrol_request(code))
    reply = msgspec.json.decode(answer.content, type=wire.EnrolReply)
    phone.token = reply.token
    return reply


@pytest.mark.parametrize("state", ["composed", "stamped", "sealed", "returned"])
async def test_a_school_that_has_not_handed_in_stops_it_and_nothing_is_lost(
    season: RawPhone, services: Services, state: str
) -> None:
    handed_up(services, "01", "accepted")
    handed_up(services, "02", state)
    with pytest.raises(ProblemError) as refused:
        purge(services, SEASON, who="t")
    assert (code_of(refused), refused.value.values["schools"]) == (
        "purge.not_handed_up",
        "青石镇中心校",
    )
    assert len(case_ids(services, "01")) == 6
    assert services.files.read(sha256_hex(PHOTO)) == PHOTO


async def test_a_newer_version_begun_after_the_accepted_one_stops_it(
    season: RawPhone, services: Services
) -> None:
    handed_up(services, "01", "accepted")
    handed_up(services, "01", "printed", version=2)
    handed_up(services, "02", "accepted")
    with pytest.raises(ProblemError) as refused:
        purge(services, SEASON, who="t")
    assert code_of(refused) == "purge.not_handed_up"


async def test_with_a_reason_it_continues_and_the_certificate_names_reason_and_schools(
    season: RawPhone, services: Services
) -> None:
    found = json.loads(purge(services, SEASON, who="t", really=REASON).read_text())
    assert (found["reason"], found["not_handed_up"]) == (REASON, ["柳泉镇中心校", "青石镇中心校"])


async def test_a_purge_interrupted_after_its_transaction_deletes_the_files_when_run_again(
    season: RawPhone, services: Services
) -> None:
    """The certificate cannot be written, so there is none; the next run takes the files and writes it."""
    for unit in ("01", "02"):
        handed_up(services, unit)
    obstacle = services.settings.data_dir / "certificates-of-destruction"
    obstacle.write_text("in the way")
    with pytest.raises(ProblemError) as refused:
        purge(services, SEASON, who="t")
    assert code_of(refused) == "disk.broken"
    assert services.database.read(lambda c: purging.pending(c, SEASON)) is not None
    assert case_ids(services, "01") == []
    obstacle.unlink()
    found = json.loads(purge(services, SEASON, who="t").read_text())
    assert found["rows"]["cases"] == 12
    assert services.database.read(lambda c: purging.pending(c, SEASON)) is None


async def test_nothing_is_certified_while_a_log_cannot_be_deleted(
    season: RawPhone, services: Services
) -> None:
    logs = services.settings.data_dir / "logs"
    shutil.rmtree(logs)
    logs.symlink_to(services.settings.path("photos"))
    for unit in ("01", "02"):
        handed_up(services, unit)
    with pytest.raises(ProblemError) as refused:
        purge(services, SEASON, who="t")
    assert code_of(refused) == "disk.broken"
    assert not list(services.settings.data_dir.glob("certificates-of-destruction/*"))
    logs.unlink()
    purge(services, SEASON, who="t")


async def test_a_photo_stored_again_before_the_second_run_stays(
    season: RawPhone, services: Services
) -> None:
    assert services.database.read(
        lambda c: purging.not_stored_again(c, (sha256_hex(PHOTO), "0" * 64))
    ) == ["0" * 64]


async def test_a_season_that_is_gone_or_never_was_is_refused(
    season: RawPhone, services: Services
) -> None:
    destroyed(services)
    for gone, code in ((SEASON, "purge.nothing"), ("1999", "season.unknown")):
        with pytest.raises(ProblemError) as refused:
            purge(services, gone, who="t")
        assert code_of(refused) == code


def test_on_postgresql_the_rows_are_deleted_too(postgres_url: str, tmp_path: Path) -> None:
    root = open_engine(postgres_url, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE purge")
    root.dispose()
    url = postgres_url.rsplit("/", 1)[0] + "/purge"
    services = with_season(Services.open(Settings(data_dir=tmp_path / "pg", database_url=url)))
    services.database.write(lambda c: fill(c))
    found = json.loads(purge(services, SEASON, who="t", really=REASON).read_text())
    assert found["rows"]["cases"] == 12
    assert case_ids(services, "01") == []
    services.close()


async def test_the_command_line_refuses_with_exit_1_and_destroys_with_a_reason(
    season: RawPhone, services: Services
) -> None:
    data = services.settings.data_dir
    early = doorstep("purge", "--season", SEASON, "--json", data=data)
    assert report(early)["problems"][0]["code"] == "season.not_closed"
    assert doorstep("season", "close", SEASON, data=data).returncode == 0
    refused = doorstep("purge", "--season", SEASON, "--json", data=data)
    assert (refused.returncode, report(refused)["problems"][0]["code"]) == (
        1,
        "purge.not_handed_up",
    )
    assert doorstep("purge", data=data).returncode == 2
    done = doorstep("purge", "--season", SEASON, "--really", REASON, "--json", data=data)
    assert done.returncode == 0
    assert Path(report(done)["certificate"]).parent.name == "certificates-of-destruction"
    assert case_ids(services, "01") == []
