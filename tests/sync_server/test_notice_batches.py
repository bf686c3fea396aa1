"""What was printed is known for each person; what no printer saw does not count."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from threading import Event

import msgspec
import pypdfium2
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, update

from shared.ids import show_case_code
from shared.problems import ProblemError
from sync_server import temporary
from sync_server.office import leftovers, notice_choice, notice_sheets, notices, school_contact
from sync_server.office.notice_choice import NOBODY, Choice
from sync_server.office.notice_sheets import BatchSheets, set_sheets
from sync_server.paperwork import walking_order
from sync_server.services import Asked, Services
from sync_server.store import audit, case_use, cases, feed, jobs, notice_prints, units
from sync_server.store import tables as t
from sync_server.store.database import MIGRATIONS
from sync_server.store.notice_prints import Content
from tests.support.command_line import doorstep, report
from tests.support.county import SEASON, repaid
from tests.support.devices import case_ids
from tests.support.file_engine import about_folder
from tests.support.notices import PDF, printed, states
from tests.support.seal_samples import inputs

pytestmark = pytest.mark.usefixtures("county")


def text_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    try:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def marked(services: Services) -> set[str]:
    """Who counts as printed where a move or an import asks."""
    rows = services.database.read(lambda c: cases.rows(c, SEASON, off_list=None))
    return {r["id"] for r in rows if r["notice_printed_at"]}


def change(services: Services, case_id: str, **fields: object) -> None:
    """Change what the list says of a person."""
    (row,) = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case_id]))
    case = msgspec.structs.replace(cases.case_of(row), **fields)
    body = msgspec.json.encode(case).decode()
    services.database.write(
        lambda c: c.execute(
            update(t.case_file).where(t.case_file.c.id == case_id).values(body=body)
        )
    )


def test_a_batch_is_set_in_walking_order_and_known_for_each_person(services: Services) -> None:
    school_contact.set_contact(services, "01", "王建国", "0913-2222222", who="t")
    batch = notices.print_notices(services, "01", who="one", cover="first")
    found = states(services)
    assert (batch.number, batch.people, batch.who) == (1, 6, "one")
    assert [person.state for person in found.values()] == ["printed"] * 6
    assert set(found) == marked(services)
    if not services.file_store.is_shared:
        kept = notices.folder_of(services, batch.id)
        assert [p.stat().st_mode & 0o077 for p in (kept, kept / notices.FILE)] == [0, 0]
    _, pdf = notices.fetch(services, "01", batch.id, who="one")
    pages = text_of(pdf)
    codes = [person.case.code for person in found.values()]
    assert len(pages) == 1 + 6
    assert "送达清单" in pages[0]
    assert [
        codes.index(c) for page in pages[1:] for c in codes if f"编号{show_case_code(c)}" in page
    ] == [*range(6)]
    assert all("可拨学校电话0913-2222222找联络员王建国核实" in page for page in pages[1:])
    assert not any("补打" in page for page in pages[1:])


def test_a_reprint_says_so_on_both_parts_and_keeps_its_code(services: Services) -> None:
    printed(services, "01")
    one = next(iter(states(services)))
    batch = notices.print_notices(services, "01", Choice(cases=(one,)), who="t", cover="last")
    _, pdf = notices.fetch(services, "01", batch.id, who="t")
    sheet, cover = text_of(pdf)
    assert sheet.count("补打第2次") == 2
    assert "补打第2次2019年12月12日" in sheet
    assert "第2次" in cover
    prints = services.database.read(lambda c: notice_prints.of_case(c, one))
    assert [(p.n, p.batch.number) for p in prints] == [(1, 1), (2, 2)]


def test_everybody_is_chosen_once_by_teacher_village_and_state(services: Services) -> None:
    teacher = services.database.write(lambda c: units.put_teacher(c, SEASON, "01", "王老师"))
    ids = case_ids(services, "01")
    services.database.write(lambda c: cases.assign(c, SEASON, ids[:2], teacher))
    printed(services, "01", Choice(teacher=teacher))
    change(services, ids[0], address="搬家了")
    change(services, ids[1], contracts=())
    found = services.database.read(lambda c: notice_choice.of_school(c, SEASON, "01"))

    def chosen(choice: Choice) -> set[str]:
        return {p.case.id for p in notice_choice.chosen(found, choice)}

    assert chosen(Choice(teacher=teacher)) == set(ids[:2])
    assert chosen(Choice(teacher=NOBODY)) == set(ids[2:])
    assert chosen(Choice(only="printed")) == {ids[0]}
    assert chosen(Choice(only="changed")) == {ids[1]}
    assert chosen(Choice(only="unprinted")) == set(ids[2:])
    assert chosen(Choice(only="due")) == set(ids[1:])
    assert chosen(Choice(village=found.people[0].case.village)) == {found.people[0].case.id}
    with pytest.raises(ProblemError, match=r"notices\.nobody"):
        chosen(Choice(village=NOBODY))


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"borrower": {"name": "样例改"}}, "name"),
        ({"contracts": [{"principal_fen": 1}]}, "amount"),
        ({"contracts": [{"contract_no": "X"}]}, "contracts"),
        ({"liaison_phone": "0913-7777777"}, "school"),
        ({"village": "别村"}, ""),
    ],
)
def test_what_changed_since_the_print_is_named(fields: dict[str, object], part: str) -> None:
    case = inputs(1, 0).cases[0]
    school = units.UnitRow(code="01", name="一中", liaison_name="王", liaison_phone="0913-1111111")
    before = notice_choice.content_of(case, school)
    later, other = case, school
    match fields:
        case {"borrower": {"name": str(name)}}:
            later = msgspec.structs.replace(
                case, borrower=msgspec.structs.replace(case.borrower, name=name)
            )
        case {"contracts": [dict(changes)]}:
            contract = msgspec.structs.replace(case.contracts[0], **changes)
            later = msgspec.structs.replace(case, contracts=(contract, *case.contracts[1:]))
        case {"liaison_phone": str(phone)}:
            other = msgspec.structs.replace(school, liaison_phone=phone)
        case {"village": str(village)}:
            later = msgspec.structs.replace(case, village=village)
    now = notice_choice.content_of(later, other)
    assert before.differences(now) == ((part,) if part else ())
    assert Content().differences(now) == ()


def test_who_has_repaid_is_printed_no_more(services: Services) -> None:
    first = next(iter(states(services).values())).case
    repaid(services, "2019-12-11", {c.contract_no: c.total_fen for c in first.contracts})
    assert printed(services, "01").people == 5


def test_a_batch_says_for_whom_it_is(services: Services) -> None:
    teacher = services.database.write(lambda c: units.put_teacher(c, SEASON, "01", "王老师"))
    ids = case_ids(services, "01")
    services.database.write(lambda c: cases.assign(c, SEASON, ids[:2], teacher))
    names = {teacher: "王老师"}
    found = services.database.read(lambda c: notice_choice.of_school(c, SEASON, "01"))

    def whom(choice: Choice) -> str:
        kept = notice_choice.as_text(notice_choice.shortened(found, choice))
        return notices.whom_words(notice_choice.from_text(kept), names)

    assert whom(Choice()) == whom(Choice(cases=tuple(ids))) == "全校"
    assert whom(Choice(teacher=teacher, cases=tuple(ids[:2]))) == "王老师"
    assert whom(Choice(teacher=teacher, village="第1村")) == "王老师、第1村"
    assert whom(Choice(teacher=NOBODY, cases=(ids[2],))) == "未分配老师的（部分人）"


def test_a_form_sent_twice_prints_nothing_twice(services: Services) -> None:
    ids = tuple(case_ids(services, "01"))
    seen = dict.fromkeys(ids, 0)
    printed(services, "01", Choice(cases=ids))
    with pytest.raises(ProblemError, match=r"notices\.printed_meanwhile"):
        notices.print_notices(services, "01", Choice(cases=ids), who="t", seen=seen)
    assert [b.number for b in batches(services)] == [1]


def batches(services: Services) -> list[notice_prints.Batch]:
    return services.database.read(lambda c: notice_prints.batches(c, SEASON, "01"))


def test_of_two_who_print_the_same_person_at_once_one_is_refused(services: Services) -> None:
    one = Choice(cases=(next(iter(states(services))),))
    found = services.database.read(lambda c: notice_choice.of_school(c, SEASON, "01"))
    (person,) = notice_choice.chosen(found, one)
    sheet = notice_prints.Sheet(case_id=person.case.id, n=1)
    mine, theirs = (
        services.database.write(
            lambda c: notice_prints.reserve(c, SEASON, "01", who="t", at="n", choice="")
        )
        for _ in range(2)
    )
    assert (mine.number, theirs.number) == (1, 2)
    services.database.write(lambda c: notice_prints.finish(c, SEASON, theirs.id, [sheet], "n"))
    with pytest.raises(ProblemError, match=r"notices\.printed_meanwhile"):
        services.database.write(lambda c: notice_prints.finish(c, SEASON, mine.id, [sheet], "n"))
    assert [b.number for b in batches(services)] == [2]


def test_a_cancelled_batch_leaves_nobody_printed_and_no_file(services: Services) -> None:
    cancelled = Event()
    cancelled.set()
    asked = services.asked_by(Asked(ref="r", who="one", cancelled=cancelled))
    with pytest.raises(ProblemError, match=r"work\.cancelled"):
        notices.print_notices(asked, "01", who="one")
    assert marked(services) == set()
    assert services.database.read(lambda c: c.execute(select(t.notice_batch)).all()) == []
    assert list(services.settings.path("tmp").iterdir()) == []
    assert services.database.read(jobs.live) == []


def test_a_batch_that_a_kill_left_unfinished_is_seen_nowhere(services: Services) -> None:
    services.database.write(
        lambda c: notice_prints.reserve(c, SEASON, "01", who="t", at="n", choice="")
    )
    assert batches(services) == []
    assert {p.state for p in states(services).values()} == {"unprinted"}
    assert printed(services, "01").number == 2


def make_old(folder: Path) -> None:
    old_s = time.time() - temporary.KEPT_S - 60
    for path in (*folder.iterdir(), folder):
        os.utime(path, (old_s, old_s))


@about_folder("its files can be made old; sweeping a shared store is in test_files_of_replicas.py")
def test_a_batch_that_nobody_fetched_is_taken_back_when_its_file_goes(services: Services) -> None:
    fetched, forgotten = printed(services, "01"), printed(services, "02")
    assert notices.fetch(services, "01", fetched.id, who="t")[1] == PDF
    leftovers.sweep_temporary(services)
    assert notices.kept_minutes(services, forgotten.id) is not None
    for batch in (fetched, forgotten):
        make_old(notices.folder_of(services, batch.id))
    leftovers.sweep_temporary(services)
    assert notices.kept_minutes(services, fetched.id) is None
    assert {p.state for p in states(services, "01").values()} == {"printed"}
    assert {p.state for p in states(services, "02").values()} == {"unprinted"}
    assert marked(services) == set(states(services, "01"))
    with pytest.raises(ProblemError, match=r"notices\.expired"):
        notices.fetch(services, "01", fetched.id, who="t")


def test_a_batch_is_taken_back_once_and_never_under_a_later_one(services: Services) -> None:
    first = printed(services, "01")
    later = printed(services, "01", Choice(cases=(next(iter(states(services))),)))
    with pytest.raises(ProblemError, match=r"notices\.printed_since"):
        notices.take_back(services, "01", first.id, who="t")
    assert notices.take_back(services, "01", later.id, who="t") == 1
    assert {p.last.n for p in states(services).values() if p.last} == {1}
    assert notices.take_back(services, "01", first.id, who="t") == 6
    assert marked(services) == set()
    assert not notices.folder_of(services, first.id).exists()
    with pytest.raises(ProblemError, match=r"notices\.batch_unknown"):
        notices.take_back(services, "01", first.id, who="t")
    noted = [e.action for e in services.database.read(lambda c: audit.listed(c))]
    assert noted.count("notices.take_back") == 2


def test_a_batch_of_another_school_is_unknown(services: Services) -> None:
    batch = printed(services, "02")
    with pytest.raises(ProblemError, match=r"notices\.batch_unknown"):
        notices.fetch(services, "01", batch.id, who="t")


def test_a_person_who_moved_keeps_the_prints(services: Services) -> None:
    printed(services, "01")
    one = next(iter(states(services)))
    services.database.write(
        lambda c: c.execute(update(t.case_file).where(t.case_file.c.id == one).values(unit="02"))
    )
    moved = states(services, "02")[one]
    assert moved.last is not None
    assert (moved.state, moved.changed, moved.last.n) == ("changed", ("school",), 1)


def test_portions_are_counted_and_their_pages_stay_in_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(notice_sheets, "PORTION", 2)
    base, counted = inputs(5, 0), list[tuple[int, int]]()
    sheets = BatchSheets(
        cases=tuple(sorted(base.cases, key=walking_order.place)),
        prints={},
        season=base.season,
        school=base.school.name,
        phone="",
        contact="",
        issued_on=base.season.due_day,
        number=7,
        whom="全校",
        cover="last",
    )
    dest = tmp_path / "notices.pdf"
    set_sheets(lambda done, total: counted.append((done, total)), sheets, None, dest)
    assert counted[0] == (0, 5)
    assert [total for _, total in counted] == [5] * 4
    assert counted[-1] == (5, 5)
    *pages, cover = text_of(dest.read_bytes())
    assert [
        show_case_code(c.code) in page for c, page in zip(sheets.cases, pages, strict=True)
    ] == [True] * 5
    assert "第7批" in cover


@pytest.mark.parametrize(
    ("name", "phone", "code"),
    [
        ("", "0913-1234567", "school.contact_missing"),
        ("王建国", "", "school.contact_missing"),
        ("王" * 21, "0913-1234567", "school.contact_long"),
        ("王建国", "12345", "school.phone_unclear"),
        ("王建国", "13800000000、13800000001", "school.phone_unclear"),
    ],
)
def test_a_telephone_that_nobody_can_call_is_refused(
    services: Services, name: str, phone: str, code: str
) -> None:
    with pytest.raises(ProblemError) as refused:
        school_contact.set_contact(services, "01", name, phone, who="t")
    assert refused.value.code == code


def test_a_new_telephone_reaches_the_phones_and_marks_printed_sheets(services: Services) -> None:
    school_contact.set_contact(services, "01", "王建国", "０９１３ 2222222", who="t")
    printed(services, "01")
    head = services.database.read(lambda c: feed.head(c, "01"))
    for _ in range(2):  # once more changes nothing
        school_contact.set_contact(services, "01", "王建国", "0913-3333333", who="t")
    assert services.database.read(lambda c: feed.head(c, "01")) == head + 1
    assert {p.changed for p in states(services).values()} == {("school",)}
    row = services.database.read(lambda c: units.unit(c, SEASON, "01"))
    assert row is not None
    assert notice_choice.contact(row) == ("0913-3333333", "联络员王建国")


def test_without_a_liaisons_number_the_leaders_is_printed() -> None:
    row = units.UnitRow(code="01", name="x", leader_name="李", leader_phone="0913-4444444")
    assert notice_choice.contact(row) == ("0913-4444444", "分管领导李")
    assert notice_choice.contact(msgspec.structs.replace(row, leader_phone="")) == ("", "")


def test_what_an_earlier_version_printed_is_a_batch_of_its_time(services: Services) -> None:
    ids = case_ids(services, "01")
    services.database.write(lambda c: case_use.mark_printed(c, ids[:4], "2019-11-25T01:00:00Z"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = services.settings.database
    command.downgrade(config, "0008")
    command.upgrade(config, "head")
    (batch,) = batches(services)
    assert (batch.number, batch.people, batch.who) == (1, 4, "")
    found = states(services)
    assert {case_id for case_id, p in found.items() if p.state == "printed"} == set(ids[:4])
    services.database.write(lambda c: notice_prints.take_back(c, batch.id))


def test_the_command_line_prints_the_same_choices(services: Services, tmp_path: Path) -> None:
    teacher = services.database.write(lambda c: units.put_teacher(c, SEASON, "01", "王老师"))
    ids = case_ids(services, "01")
    services.database.write(lambda c: cases.assign(c, SEASON, ids[:2], teacher))
    code = next(p.case.code for case_id, p in states(services).items() if case_id == ids[0])
    data, place = services.settings.data_dir, tmp_path / "n.pdf"
    given = (
        "notices",
        "01",
        "--teacher",
        "王老师",
        "--person",
        show_case_code(code),
        "--out",
        place,
    )
    done = report(doorstep(*given, "--cover", "last", "--json", data=data))
    assert done == {"file": str(place), "batch": 1, "people": 1}
    assert len(text_of(place.read_bytes())) == 2
    assert list((data / "tmp").iterdir()) == []
    again = doorstep("notices", "01", "--only", "changed", "--json", data=data)
    assert "notices.nobody" in again.stdout
    assert {p.case.id for p in states(services).values() if p.last} == {ids[0]}
