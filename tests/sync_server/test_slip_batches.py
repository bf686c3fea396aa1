"""Signed slips handed in to the centre in batches: states, what is ticked, late, missing, without a sheet."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from shared.ids import parse_case_code, show_case_code
from shared.paper import slip_mark
from shared.problems import ProblemError
from shared.season_fields import with_values
from sync_server.office import off_list, placing, slip_batches, slip_desk, slip_progress
from sync_server.office.case_lists import school_list
from sync_server.office.seasons import change as change_season
from sync_server.office.seasons import close_season
from sync_server.office.slip_desk import Ticked
from sync_server.office.slip_evidence import SlipEvidence, evidence_of
from sync_server.services import Services
from sync_server.store import audit, cases, on_list, progress, purging, seasons
from sync_server.store import slip_batches as store
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.slip_batches import Batch
from tests.support.at_once import at_once
from tests.support.command_line import doorstep, report
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes


def code_of(refused: pytest.ExceptionInfo[ProblemError]) -> str:
    return refused.value.code


def codes(services: Services, unit: str = "01") -> list[str]:
    """The bare codes of a school's people, in order."""
    return [r["code"] for r in services.database.read(lambda c: cases.rows(c, SEASON, unit=unit))]


def prepared(services: Services, *places: int, unit: str = "01") -> Batch:
    """A batch of some of a school's people, by their place in the list."""
    ids = case_ids(services, unit)
    batch, refused = slip_batches.prepare(
        services, unit, [ids[place] for place in places], "", who="史联络"
    )
    assert refused == ()
    return batch


def now(services: Services, batch: Batch) -> Batch:
    found = services.database.read(lambda c: store.find(c, SEASON, batch.id))
    assert found is not None
    return found


def lines(services: Services, batch: Batch) -> list[tuple[int, bool, bool]]:
    """(number, on the sheet, ticked) of each slip."""
    found = services.database.read(lambda c: store.lines(c, [batch.id]))
    return [(line.line, line.on_sheet, line.ticked) for line in found]


def received(services: Services, batch: Batch, day: date | None = None) -> Batch:
    return slip_desk.receive(
        services,
        batch.id,
        given_by="史联络",
        day=day,
        version=now(services, batch).version,
        who="周包联",
    )


def evidence(services: Services, unit: str = "01") -> list[SlipEvidence]:
    """The three things of a school's people, in order of code."""

    def job(c: store.Connection) -> list[SlipEvidence]:
        found = progress.case_standings(c, seasons.get(c, SEASON), unit=unit)
        by_id = evidence_of(c, SEASON, found)
        return [by_id[line.case.id] for line in found]

    return services.database.read(job)


@pytest.fixture
def brought(services: Services, county: list[str]) -> Batch:
    """A batch of four that is at the centre."""
    batch = prepared(services, 0, 1, 2, 3)
    return slip_batches.bring(services, batch.id, who="史联络")


def test_batches_count_from_one_in_each_school(services: Services, county: list[str]) -> None:
    assert [prepared(services, 0).number, prepared(services, 1).number] == [1, 2]
    assert prepared(services, 0, unit="02").number == 1


def test_what_lies_on_the_table_is_ticked_by_number_by_code_and_by_a_scanned_mark(
    services: Services, brought: Batch
) -> None:
    bare = codes(services)
    shown = f"{bare[1][:2]}-{bare[1][2:6]}-{bare[1][6:]}"
    done = slip_desk.tick(services, brought.id, f"1 {shown.lower()} {slip_mark(bare[2])}", who="周")
    assert (len(done.fresh), done.refused) == (3, ())
    assert [ticked for _, _, ticked in lines(services, brought)] == [True, True, True, False]
    assert done.fresh[1] == shown


def test_one_code_may_be_typed_with_blanks(services: Services, brought: Batch) -> None:
    bare = codes(services)[0]
    slip_desk.tick(services, brought.id, f" {bare[:2]} {bare[2:6]} {bare[6:]} ", who="周")
    assert lines(services, brought)[0] == (1, True, True)


def test_a_minus_takes_a_tick_back(services: Services, brought: Batch) -> None:
    slip_desk.tick(services, brought.id, "1 2", who="周")
    done = slip_desk.tick(services, brought.id, "-2", who="周")
    assert done.back == 1
    assert [ticked for _, _, ticked in lines(services, brought)] == [True, False, False, False]


def test_ticked_twice_is_ticked_once(services: Services, brought: Batch) -> None:
    slip_desk.tick(services, brought.id, "1", who="周")
    again = slip_desk.tick(services, brought.id, "1", who="郑")
    assert (again.fresh, len(again.again)) == ((), 1)
    (line, *_) = services.database.read(lambda c: store.lines(c, [brought.id]))
    assert line.ticked_by == "周"
    ticks = [n for n in services.database.read(audit.listed) if n.action == "slips.tick"]
    assert len(ticks) == 1


def test_the_whole_sheet_is_ticked_and_taken_back_at_once(
    services: Services, brought: Batch
) -> None:
    assert slip_desk.tick_all(services, brought.id, who="周") == 4
    assert slip_desk.tick_all(services, brought.id, who="周", on=False) == 4
    assert not any(ticked for _, _, ticked in lines(services, brought))


def test_a_slip_that_no_line_names_is_added_and_leaves_again(
    services: Services, brought: Batch
) -> None:
    slip_desk.tick(services, brought.id, codes(services)[5], who="周")
    assert lines(services, brought)[4] == (5, False, True)
    slip_desk.tick(services, brought.id, "-5", who="周")
    assert len(lines(services, brought)) == 4


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("9", "slip_batch.line_unknown"),
        ("0100019", "case.code_invalid"),
        ("DS9:abc", "slip.qr_foreign"),
    ],
)
def test_an_entry_that_names_nobody_is_named_and_the_others_count(
    services: Services, brought: Batch, entry: str, problem: str
) -> None:
    done = slip_desk.tick(services, brought.id, f"{entry} 2", who="周")
    assert [(one.text, one.problem.code) for one in done.refused] == [(entry, problem)]
    assert len(done.fresh) == 1


def test_a_slip_of_another_school_stays_out(services: Services, brought: Batch) -> None:
    done = slip_desk.tick(services, brought.id, codes(services, "02")[0], who="周")
    assert [one.problem.code for one in done.refused] == ["slip_batch.other_school"]
    assert len(lines(services, brought)) == 4


def test_a_school_learns_nothing_of_people_of_another(
    services: Services, county: list[str]
) -> None:
    theirs, code = case_ids(services, "02")[0], codes(services, "02")[0]
    with pytest.raises(ProblemError) as refused:
        slip_batches.prepare(services, "01", [theirs], "", who="史")
    assert code_of(refused) == "case.unknown"
    with pytest.raises(ProblemError) as refused:
        slip_batches.prepare(services, "01", [], code, who="史")
    assert code_of(refused) == "slip_batch.code_unknown"
    left_out = slip_batches.change_draft(services, prepared(services, 0).id, add=code, who="史")
    assert [one.problem.code for one in left_out] == ["slip_batch.code_unknown"]


def test_what_did_not_come_is_missing_and_goes_with_a_later_batch(
    services: Services, brought: Batch
) -> None:
    slip_desk.tick(services, brought.id, "1 2 3", who="周")
    received(services, brought, date(2019, 11, 28))
    assert [one.paper for one in evidence(services)[:4]] == ["handed_in"] * 3 + ["none"]
    batches = services.database.read(lambda c: store.listed(c, SEASON, WHOLE_COUNTY))
    missing = slip_progress.missing_of(
        batches, services.database.read(lambda c: store.lines(c, [b.id for b in batches]))
    )
    assert missing == {case_ids(services, "01")[3]: 1}
    later, refused = slip_batches.prepare(
        services, "01", case_ids(services, "01")[2:5], "", who="史"
    )
    assert [one.problem.code for one in refused] == ["slip_batch.already_in"]
    assert len(lines(services, later)) == 2


@pytest.mark.parametrize(
    ("day", "late"), [(date(2019, 11, 29), False), (date(2019, 11, 30), True), (None, True)]
)
def test_a_late_batch_is_received_and_marked(
    services: Services, brought: Batch, day: date | None, late: bool
) -> None:
    slip_desk.tick_all(services, brought.id, who="周")
    assert received(services, brought, day).late is late
    first = evidence(services)[0]
    assert (first.paper, first.late, first.number) == ("handed_in", late, 1)


def test_a_season_may_give_slips_a_few_days_more(services: Services, brought: Batch) -> None:
    change_season(
        services, SEASON, lambda s: with_values(s, {"limits.late_after_days": "5"}), who="t"
    )
    slip_desk.tick_all(services, brought.id, who="周")
    assert received(services, brought, date(2019, 12, 4)).late is False


@pytest.mark.parametrize("day", [date(2019, 12, 13), date(2017, 1, 1)])
def test_a_day_that_cannot_be_is_refused(services: Services, brought: Batch, day: date) -> None:
    slip_desk.tick_all(services, brought.id, who="周")
    with pytest.raises(ProblemError) as refused:
        received(services, brought, day)
    assert code_of(refused) == "slip_batch.day_invalid"


def test_a_batch_is_received_once_however_often_the_button_is_pressed(
    services: Services, brought: Batch
) -> None:
    slip_desk.tick_all(services, brought.id, who="周")
    seen = now(services, brought).version
    for _ in range(2):
        done = slip_desk.receive(
            services, brought.id, given_by="史", day=None, version=seen, who="周"
        )
        assert (done.state, done.receipts) == ("received", 1)
    found = [n for n in services.database.read(audit.listed) if n.action == "slips.receive"]
    assert len(found) == 1


def test_who_receives_has_seen_every_tick(services: Services, brought: Batch) -> None:
    slip_desk.tick(services, brought.id, "1", who="周")
    seen = now(services, brought).version
    slip_desk.tick(services, brought.id, "2", who="郑")
    with pytest.raises(ProblemError) as refused:
        slip_desk.receive(services, brought.id, given_by="史", day=None, version=seen, who="周")
    assert code_of(refused) == "slip_batch.changed"


@pytest.mark.parametrize(
    ("ticks", "given_by", "problem"),
    [("", "史", "slip_batch.nothing_ticked"), ("1", " ", "slip_batch.giver_missing")],
)
def test_a_receipt_needs_slips_and_whoever_brought_them(
    services: Services, brought: Batch, ticks: str, given_by: str, problem: str
) -> None:
    if ticks:
        slip_desk.tick(services, brought.id, ticks, who="周")
    seen = now(services, brought).version
    with pytest.raises(ProblemError) as refused:
        slip_desk.receive(services, brought.id, given_by=given_by, day=None, version=seen, who="周")
    assert code_of(refused) == problem


def _tick(services: Services, batch_id: str, text: str) -> Ticked:
    return slip_desk.tick(services, batch_id, text, who="周")


def test_officers_who_tick_the_same_slips_at_once_tick_each_once(
    services: Services, brought: Batch
) -> None:
    done = at_once(
        services, partial(_tick, batch_id=brought.id, text=f"1 2 3 {codes(services)[5]}")
    )
    assert sorted(len(one.fresh) for one in done) == [0, 0, 4]
    assert lines(services, brought) == [
        (1, True, True),
        (2, True, True),
        (3, True, True),
        (4, True, False),
        (5, False, True),
    ]


def _receive(services: Services, batch_id: str, version: int) -> Batch:
    return slip_desk.receive(services, batch_id, given_by="史", day=None, version=version, who="周")


def test_officers_who_sign_at_once_sign_once(services: Services, brought: Batch) -> None:
    slip_desk.tick_all(services, brought.id, who="周")
    seen = now(services, brought).version
    done = at_once(services, partial(_receive, batch_id=brought.id, version=seen))
    assert [(batch.state, batch.receipts) for batch in done] == [("received", 1)] * 3
    found = [n for n in services.database.read(audit.listed) if n.action == "slips.receive"]
    assert len(found) == 1


def _prepare(services: Services, case_ids: list[str]) -> Batch:
    return slip_batches.prepare(services, "01", case_ids, "", who="史")[0]


def test_those_who_prepare_the_same_people_at_once_make_one_batch(
    services: Services, county: list[str]
) -> None:
    made = at_once(services, partial(_prepare, case_ids=case_ids(services, "01")[:2]))
    assert len({batch.id for batch in made}) == 1
    assert len(services.database.read(lambda c: store.listed(c, SEASON, WHOLE_COUNTY))) == 1


def test_a_received_batch_takes_no_more_ticks(services: Services, brought: Batch) -> None:
    slip_desk.tick_all(services, brought.id, who="周")
    received(services, brought)
    for change in (
        lambda: slip_desk.tick(services, brought.id, "-1", who="周"),
        lambda: slip_desk.tick_all(services, brought.id, who="周", on=False),
        lambda: slip_batches.change_draft(services, brought.id, add="1", who="史"),
        lambda: slip_batches.take_back(services, brought.id, who="史"),
        lambda: slip_batches.discard(services, brought.id, who="史"),
    ):
        with pytest.raises(ProblemError) as refused:
            change()
        assert code_of(refused) == "slip_batch.state"


def test_it_is_opened_again_only_with_a_reason_and_received_as_a_correction(
    services: Services, brought: Batch
) -> None:
    slip_desk.tick(services, brought.id, "1 2", who="周")
    received(services, brought)
    with pytest.raises(ProblemError) as refused:
        slip_desk.reopen(services, brought.id, " ", who="周")
    assert code_of(refused) == "slip_batch.reason_missing"
    again = slip_desk.reopen(services, brought.id, "第3张在桌上", who="周")
    assert (again.state, evidence(services)[0].paper) == ("brought", "at_school")
    slip_desk.tick(services, brought.id, "3", who="周")
    assert received(services, brought).receipts == 2
    assert [one.paper for one in evidence(services)[:3]] == ["handed_in"] * 3


def test_a_batch_with_ticks_does_not_go_back_to_the_school(
    services: Services, brought: Batch
) -> None:
    assert slip_batches.take_back(services, brought.id, who="史").state == "draft"
    slip_batches.bring(services, brought.id, who="史")
    slip_desk.tick(services, brought.id, "1", who="周")
    with pytest.raises(ProblemError) as refused:
        slip_batches.take_back(services, brought.id, who="史")
    assert code_of(refused) == "slip_batch.begun"


def test_the_first_tick_closes_a_batch_that_the_school_left_open(
    services: Services, county: list[str]
) -> None:
    batch = prepared(services, 0, 1)
    slip_desk.tick(services, batch.id, "1", who="周")
    assert now(services, batch).state == "brought"
    actions = [n.action for n in services.database.read(audit.listed)]
    assert actions[:3] == ["slips.tick", "slips.bring", "slips.prepare"]


def test_a_draft_is_changed_and_its_lines_stay_numbered_without_gaps(
    services: Services, county: list[str]
) -> None:
    batch, ids = prepared(services, 0, 1, 2), case_ids(services, "01")
    refused = slip_batches.change_draft(
        services, batch.id, add=f"{codes(services)[4]} 0100019", remove=[ids[1]], who="史"
    )
    assert [one.problem.code for one in refused] == ["case.code_invalid"]
    found = services.database.read(lambda c: store.lines(c, [batch.id]))
    assert [(x.line, x.case_id) for x in found] == [(1, ids[0]), (2, ids[2]), (3, ids[4])]


def test_a_discarded_batch_frees_its_slips_and_keeps_its_number(
    services: Services, county: list[str]
) -> None:
    batch = prepared(services, 0, 1)
    slip_batches.discard(services, batch.id, who="史")
    slip_batches.discard(services, batch.id, who="史")
    assert prepared(services, 0, 1).number == 2


def test_an_empty_batch_is_not_taken_to_the_centre(services: Services, county: list[str]) -> None:
    batch = prepared(services, 0)
    slip_batches.change_draft(services, batch.id, remove=case_ids(services, "01"), who="史")
    with pytest.raises(ProblemError) as refused:
        slip_batches.bring(services, batch.id, who="史")
    assert code_of(refused) == "slip_batch.empty"


def test_slips_without_a_sheet_are_the_next_batch(services: Services, brought: Batch) -> None:
    three = codes(services)[4:6]
    done = slip_desk.walk_in(services, "01", "\n".join(three), who="周")
    assert (done.batch.number, done.batch.without_sheet, len(done.fresh)) == (2, True, 2)
    again = slip_desk.walk_in(services, "01", " ".join(three), who="周")
    assert (again.batch.id, again.fresh) == (done.batch.id, ())
    assert received(services, done.batch).state == "received"
    assert [one.paper for one in evidence(services)[4:]] == ["handed_in"] * 2


def test_a_slip_of_a_draft_may_come_without_its_sheet(
    services: Services, county: list[str]
) -> None:
    draft = prepared(services, 0, 1)
    done = slip_desk.walk_in(services, "01", codes(services)[0], who="周")
    assert (done.batch.number, len(done.fresh)) == (2, 1)
    assert lines(services, draft) == [(1, True, False)]


def test_a_slip_of_a_batch_at_the_desk_is_ticked_there(services: Services, brought: Batch) -> None:
    both = " ".join((codes(services)[0], codes(services)[4]))
    done = slip_desk.walk_in(services, "01", both, who="周")
    assert [one.problem.code for one in done.refused] == ["slip_batch.in_other"]
    assert len(done.fresh) == 1
    only = slip_desk.walk_in(services, "01", codes(services)[1], who="周")
    assert (only.batch.id, only.fresh) == (brought.id, ())


def test_without_any_slip_no_batch_is_made(services: Services, county: list[str]) -> None:
    for text, problem in (("", "console.nothing_chosen"), ("0100019", "case.code_invalid")):
        with pytest.raises(ProblemError) as refused:
            slip_desk.walk_in(services, "01", text, who="周")
        assert code_of(refused) == problem
    assert services.database.read(lambda c: store.listed(c, SEASON, WHOLE_COUNTY)) == []


def test_the_slip_of_somebody_off_the_list_is_taken(services: Services, brought: Batch) -> None:
    case = case_ids(services, "01")[5]
    code = codes(services)[5]
    services.database.write(lambda c: on_list.take_out(c, SEASON, [case], "已还清", "n"))
    assert len(slip_desk.tick(services, brought.id, code, who="周").fresh) == 1
    off_list.put_back(services, case, who="admin")
    received(services, brought)
    assert evidence(services)[5].paper == "handed_in"


def test_a_slip_stays_handed_in_when_its_person_moves_to_another_school(
    services: Services, brought: Batch
) -> None:
    slip_desk.tick_all(services, brought.id, who="周")
    received(services, brought)
    placing.move(services, [case_ids(services, "01")[0]], "02", who="t", reason="搬家")
    assert [one.paper for one in evidence(services, "02")].count("handed_in") == 1


def test_a_closed_season_takes_no_batch(services: Services, county: list[str]) -> None:
    close_season(services, SEASON, who="t")
    with pytest.raises(ProblemError) as refused:
        prepared(services, 0)
    assert code_of(refused) == "season.closed"


def test_no_batch_outlives_the_season(services: Services, brought: Batch) -> None:
    services.database.write(lambda c: purging.destroy(c, SEASON, "n"))
    for table in (t.slip_batch, t.slip_line):
        rows = services.database.read(lambda c, table=table: c.execute(table.select()).all())
        assert rows == []


async def test_only_slips_on_paper_are_ready_for_a_batch(
    services: Services, phone: RawPhone
) -> None:
    ids = case_ids(services, "01")
    outcomes = ("signed", "cannot_write", "acknowledged", "refused", "not_home")
    for case, outcome in zip(ids, outcomes, strict=False):
        body = {"outcome": outcome, "method": "message" if outcome == "acknowledged" else "post"}
        await phone.push(phone.chained(fact_bytes(case, "notice_delivery", body=body)))
    ready = services.database.read(lambda c: slip_batches.ready(c, SEASON, "01"))
    assert [line.case.id for line in ready] == ids[:2]
    prepared(services, 0)
    ready = services.database.read(lambda c: slip_batches.ready(c, SEASON, "01"))
    assert [line.case.id for line in ready] == ids[1:2]


async def test_record_photo_and_paper_slip_are_three_things(
    services: Services, phone: RawPhone
) -> None:
    ids = case_ids(services, "01")
    said = (("signed", ("a" * 64,)), ("acknowledged", ("b" * 64,)), ("refused", ()), ("signed", ()))
    for case, (outcome, hashes) in zip(ids, said, strict=False):
        body = {"outcome": outcome}
        await phone.push(phone.chained(fact_bytes(case, "notice_delivery", hashes, body=body)))
    found = [(one.record, one.paper, one.photo) for one in evidence(services)[:5]]
    assert found == [
        ("signed", "at_school", "on_phone"),
        ("acknowledged", "none", "message"),
        ("refused", "none", "none"),
        ("signed", "at_school", "none"),
        ("none", "none", "none"),
    ]


async def test_a_list_of_people_has_the_three_things_in_columns_of_their_own(
    services: Services, phone: RawPhone, brought: Batch, tmp_path: Path
) -> None:
    ids = case_ids(services, "01")
    for case, outcome in zip(ids, ("signed", "acknowledged"), strict=False):
        body = {"outcome": outcome}
        await phone.push(phone.chained(fact_bytes(case, "notice_delivery", body=body)))
    slip_desk.tick(services, brought.id, "1", who="周")
    received(services, brought)
    (path := tmp_path / "list.xlsx").write_bytes(school_list(services, "01", "centre", who="周"))
    _, header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    at = [header.index(name) for name in ("编号", "送达记录", "纸质签收单", "签收单照片")]
    found = {row[at[0]]: [row[place] for place in at[1:]] for row in rows}
    bare = [show_case_code(code) for code in codes(services)]
    assert found[bare[0]] == ["已签收", "已交中心(第1批·迟交)", "没有"]
    assert found[bare[1]] == ["短信/微信确认", "没有", "没有"]


async def test_the_list_of_those_missing_says_what_there_is(
    services: Services, phone: RawPhone, brought: Batch, tmp_path: Path
) -> None:
    case = case_ids(services, "01")[1]
    await phone.push(phone.chained(fact_bytes(case, "notice_delivery", body={"outcome": "signed"})))
    slip_desk.tick(services, brought.id, "1 3 4", who="周")
    received(services, brought)
    (path := tmp_path / "left.xlsx").write_bytes(
        slip_progress.left_book(services, WHOLE_COUNTY, who="周")
    )
    header, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    assert header == slip_progress.LEFT_HEADER
    assert len(rows) == 12 - 3
    assert rows[0][2:3] + rows[0][5:9] == ("样例1", "已签收", "在学校", "没有", "1")
    assert parse_case_code(rows[0][1]) == codes(services)[1]
    only = slip_progress.left_book(services, "01", who="周")
    path.write_bytes(only)
    assert len(list(openpyxl.load_workbook(path).active.iter_rows())) == 1 + 3


def test_the_command_line_says_what_each_school_handed_in(
    services: Services, brought: Batch, tmp_path: Path
) -> None:
    slip_desk.tick(services, brought.id, "1 2 3", who="周")
    received(services, brought)
    data = services.settings.data_dir
    first, second = report(doorstep("hand-in", "state", "--json", data=data))
    assert (first["handed_in"], first["missing"], first["late"]) == (3, 1, 3)
    assert (first["last_batch"], first["last_on"]) == (1, "2019-12-12")
    assert second["handed_in"] == 0
    place = tmp_path / "left.xlsx"
    done = report(doorstep("hand-in", "left", "01", "--out", place, "--json", data=data))
    assert Path(done["file"]).read_bytes().startswith(b"PK")


def test_the_code_on_a_sheet_stays_when_its_person_moves(
    services: Services, brought: Batch
) -> None:
    case, code = case_ids(services, "01")[0], codes(services)[0]
    placing.move(services, [case], "02", who="t", reason="搬家")
    assert code in codes(services, "02")
    assert slip_desk.tick(services, brought.id, "1", who="周").refused == ()


def test_a_batch_is_unknown_in_another_season(services: Services, brought: Batch) -> None:
    assert services.database.read(lambda c: store.find(c, "2020", brought.id)) is None
