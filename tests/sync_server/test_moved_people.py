"""People who moved between schools: their records, their slips, and the summaries of both schools."""

from __future__ import annotations

import httpx
import msgspec

from shared.digest import sha256_hex
from shared.ids import show_case_code
from shared.readiness import NamedException
from shared.records.base import plain
from shared.records.notice_delivery import NoticeDelivery
from sync_server.office import placing, slips, summaries
from sync_server.office.summary_inputs import gather
from sync_server.sealing.making.compose import NotReady, compose
from sync_server.sealing.summary import SchoolSummary, encode
from sync_server.services import Services
from sync_server.store import case_use, cases
from sync_server.store import slips as read_slips
from sync_server.store import summaries as stored
from sync_server.store.database import Connection
from sync_server.store.photo_look import PhotoLook
from tests.support.county import SCHOOLS, SEASON, repaid
from tests.support.devices import RawPhone, case_ids, fact_bytes, working_phone

SIGNED = plain(NoticeDelivery(outcome="signed", signer_relation="self"))


def code_of(services: Services, case: str) -> str:
    return str(services.database.read(lambda c: cases.rows(c, SEASON, ids=[case]))[0]["code"])


def printed(services: Services, case: str) -> None:
    services.database.write(lambda c: case_use.mark_printed(c, [case], "n"))


def move(services: Services, case: str, unit: str = "02") -> None:
    placing.move(services, [case], unit, who="t", reason="搬家", confirmed=True)


def summary_of(services: Services, unit: str, reason: str = "") -> SchoolSummary:
    """A school's summary as it would be composed now, whatever is missing."""
    exceptions: tuple[NamedException, ...] = ()

    def gathered(connection: Connection) -> SchoolSummary:
        found = gather(
            connection,
            SEASON,
            unit,
            cut_off=services.settings.now(),
            exceptions=exceptions,
            reason=reason,
            demo=True,
        )
        return compose(found.inputs)

    try:
        return services.database.read(gathered)
    except NotReady as refused:
        exceptions = named(refused)
        return services.database.read(gathered)


def named(refused: NotReady) -> tuple[NamedException, ...]:
    return tuple(
        NamedException(code=i.code, ref=i.ref, reason="测试", by="测") for i in refused.items
    )


def sealed(services: Services, unit: str) -> SchoolSummary:
    """Keep a school's summary as sealed."""
    summary = summary_of(services, unit)
    data = encode(summary)

    def job(connection: Connection) -> None:
        row = stored.add(
            connection,
            season=SEASON,
            unit=unit,
            document=summary.document,
            version=summary.version,
            cut_off=summary.cut_off,
            as_of="",
            data=data,
            data_hash=sha256_hex(data),
        )
        stored.change(connection, row.id, state="sealed", sha256="ab" * 32)

    services.database.write(job)
    return summary


async def test_a_moved_person_leaves_the_old_phone_and_appears_at_the_new_one_with_every_record(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    case = case_ids(services, "01")[0]
    cursor = (await phone.pages())[-1].next
    await phone.push(phone.chained(fact_bytes(case)))
    unsent = phone.chained(fact_bytes(case))
    move(services, case)
    changes = [change for page in await phone.pages(cursor) for change in page.changes]
    assert ("gone", case) in [(change.kind, change.ref) for change in changes]
    assert (await phone.pages(cursor))[-1].scope_count == 5
    assert await phone.outcomes(unsent) == ["created"]
    there = await working_phone(http, services, "02", "乙")
    (state,) = [c.case for p in await there.pages() for c in p.changes if c.ref == case and c.case]
    assert (state.visits, state.case.school) == (2, "02")


async def test_records_made_before_the_move_count_in_the_new_schools_summary(
    services: Services, phone: RawPhone
) -> None:
    case = case_ids(services, "01")[0]
    code = code_of(services, case)
    await phone.push(phone.chained(fact_bytes(case)))
    move(services, case)
    old, new = summary_of(services, "01"), summary_of(services, "02")
    assert code not in [row.case for row in old.rows]
    (row,) = [row for row in new.rows if row.case == code]
    assert (row.visits, row.teacher) == (1, "")
    assert [len(old.rows), len(new.rows)] == [5, 7]


async def test_the_new_schools_evidence_has_the_whole_chain_of_the_phone_that_made_the_records(
    services: Services, phone: RawPhone
) -> None:
    case, other = case_ids(services, "01")[:2]
    await phone.push(phone.chained(fact_bytes(other)), phone.chained(fact_bytes(case)))
    move(services, case)
    found = services.database.read(
        lambda c: gather(
            c,
            SEASON,
            "02",
            cut_off=services.settings.now(),
            exceptions=(),
            reason="",
            demo=True,
        )
    )
    chain = [(entry.n, bool(entry.data)) for entry in found.chains if entry.device == phone.device]
    assert chain == [(1, False), (2, True)]


def test_a_school_that_seals_again_leaves_the_moved_out_and_gives_the_reason(
    services: Services, county: list[str]
) -> None:
    case = case_ids(services, "01")[0]
    before = sealed(services, "01")
    code = before.rows[0].case
    move(services, case)
    assert code_of(services, case) == code
    summary = summary_of(services, "01", reason="有人转校。")
    assert code not in [r.case for r in summary.rows]
    words = f"第1版中有1人已转校,本版不再列入:{show_case_code(code)} 样*转到{SCHOOLS[1]}"
    assert summary.reason == f"有人转校。{words}"
    assert summary.totals.people == before.totals.people - 1


def test_a_school_whose_people_all_moved_after_its_seal_is_left_out_of_the_roll_up(
    services: Services, county: list[str]
) -> None:
    sealed(services, "01")
    everyone = case_ids(services, "01")
    assert list(summaries.sealed_files(services)) == ["01"]
    placing.move(services, everyone, "02", who="t", reason="撤点并校", confirmed=True)
    assert summaries.sealed_files(services) == {}
    assert list(summaries.reporting_schools(services)) == ["02"]


def test_a_code_that_stands_in_two_schools_summaries_is_one_and_the_same(
    services: Services, county: list[str]
) -> None:
    case = case_ids(services, "01")[0]
    first = sealed(services, "01")
    move(services, case)
    second = summary_of(services, "02")
    twice = {r.case for r in first.rows} & {r.case for r in second.rows}
    assert twice == {first.rows[0].case}


async def test_the_slip_of_a_moved_person_is_matched_and_nobody_elses(
    services: Services, phone: RawPhone, http: httpx.AsyncClient
) -> None:
    case, neighbour = case_ids(services, "01")[0], case_ids(services, "02")[0]
    code = code_of(services, case)
    printed(services, case)
    move(services, case)
    there = await working_phone(http, services, "02", "乙")
    right, wrong = sha256_hex(b"right"), sha256_hex(b"wrong")
    for owner, photo in ((case, right), (neighbour, wrong)):
        data = fact_bytes(owner, "notice_delivery", (photo,), body=SIGNED)
        assert await there.outcomes(there.chained(data)) == ["created"]
    looks = {right: PhotoLook(code), wrong: PhotoLook(code)}
    services.database.write(lambda c: read_slips.save_looks(c, looks, "now"))
    flags = slips.flags(services, "02")
    assert [(f.photo, f.values["slip"]) for many in flags.values() for f in many] == [(wrong, code)]


def test_a_move_changes_no_money(services: Services, county: list[str]) -> None:
    repaid(services, "2019-12-12", {"C00000": 100_00, "C00001": 30_00})
    fields = ("principal_fen", "interest_fen", "contracts", "paid", "repaid_fen", "paid_on")

    def money() -> dict[str, tuple[object, ...]]:
        rows = services.database.read(lambda c: cases.rows(c, SEASON))
        return {r["id"]: tuple(r[f] for f in fields) for r in rows}

    before = money()
    placing.move(services, case_ids(services, "01"), "02", who="t", reason="撤点并校")
    assert money() == before
    assert msgspec.json.encode(summary_of(services, "02").totals.total_fen) == b"120000"
