"""What the parts of a school's season do to each other: a slip and a move, an undo, a second scan, a person off the list."""

from __future__ import annotations

from litestar import Litestar

from sync_server.office import (
    import_history,
    off_list,
    placing,
    school_lists,
    slip_batches,
    slip_pages,
)
from sync_server.services import Services
from sync_server.store import cases, photos
from sync_server.store import slip_stacks as store
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.slip_stacks import PageRow, PageState, StackRow
from tests.support import imports
from tests.support.console_browser import people, signed_in
from tests.support.county import SCHOOLS, SEASON, person
from tests.support.devices import case_ids
from tests.support.paper import keyed, sheet, teacher


def code_of(services: Services, case: str) -> str:
    rows = services.database.read(lambda c: cases.rows(c, SEASON, ids=[case], off_list=None))
    return str(rows[0]["code"])


def scanned(services: Services, case: str, state: PageState = "filed", unit: str = "01") -> str:
    """A stack of one page with a person's slip; the stack's id."""
    now, stack_id = services.settings.now_text(), new_id()
    sha256 = services.files.put(sheet(stack_id))
    stack = StackRow(
        id=stack_id,
        season=SEASON,
        unit=unit,
        at=now,
        who="one",
        state="filed",
        digest=stack_id,
        files="[]",
        pages=1,
    )
    page = PageRow(
        id=new_id(),
        season=SEASON,
        stack=stack_id,
        number=1,
        part=1,
        place="a.pdf · 1",
        sha256=sha256,
        code=code_of(services, case),
        case_id=case,
        ink="signed",
        state=state,
        why="",
        who="",
        at=now,
    )

    def job(connection: Connection) -> None:
        store.add(connection, stack, [page])
        photos.add(connection, "", {sha256: 5}, stack.at)

    services.database.write(job)
    return stack_id


def move(services: Services, case: str) -> None:
    placing.move(services, [case], "02", who="t", reason="搬家", confirmed=True)


def filed(services: Services, case: str) -> int:
    return len(services.database.read(lambda c: store.filed_of(c, [case])).get(case, []))


def test_a_person_whose_slip_was_scanned_keeps_the_code_at_another_school(
    services: Services, county: list[str]
) -> None:
    case, other = case_ids(services, "01")[:2]
    scanned(services, case)
    before = code_of(services, case), code_of(services, other)
    move(services, case)
    move(services, other)
    assert code_of(services, case) == before[0]
    assert code_of(services, other) != before[1]


def test_a_scanned_slip_of_somebody_it_added_refuses_an_undo(
    services: Services, county: list[str]
) -> None:
    run_id = imports.due_list(services, [person(90, SCHOOLS[0])])
    stack = scanned(services, case_ids(services, "01")[-1])
    line = import_history.one(services, run_id)
    assert [p.code for p in line.obstacles] == ["import.undo_slips"]
    slip_pages.withdraw(services, stack, "01", who="one")
    assert import_history.one(services, run_id).can_undo


def test_a_slip_scanned_twice_stays_filed_when_the_first_stack_is_withdrawn(
    services: Services, county: list[str]
) -> None:
    case = case_ids(services, "01")[0]
    first = scanned(services, case)
    scanned(services, case, "duplicate")
    scanned(services, case, "duplicate")
    slip_pages.withdraw(services, first, "01", who="one")
    assert filed(services, case) == 1


def test_a_second_slip_that_goes_leaves_the_first_one(
    services: Services, county: list[str]
) -> None:
    case = case_ids(services, "01")[0]
    scanned(services, case)
    second = scanned(services, case, "duplicate")
    slip_pages.withdraw(services, second, "01", who="one")
    assert filed(services, case) == 1


async def test_a_batch_shows_a_school_little_of_whom_it_has_no_more(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    case = case_ids(services, "01")[0]
    batch, _ = slip_batches.prepare(services, "01", [case], "", who="史联络")
    move(services, case)
    address = f"/schools/01/hand-in/{batch.id}"
    shown = (await (await signed_in(app, "one")).get(address)).text
    assert "已转到别的学校" in shown
    assert f"/cases/{case}" not in shown
    assert "样例0" not in shown
    assert f"/cases/{case}" in (await (await signed_in(app, "officer")).get(address)).text


async def test_the_record_of_somebody_off_the_list_opens_and_takes_its_scan(
    app: Litestar, services: Services, county: list[str]
) -> None:
    people(services)
    teacher(services)
    case = case_ids(services, "01")[0]
    made = keyed(services, case)
    services.change(lambda c: off_list.on_list.take_out(c, SEASON, [case], "转走", "now"))
    one = await signed_in(app, "one")
    address = f"/schools/01/paper/{made.fact_id}"
    page = await one.get(address)
    assert page.status_code == 200
    assert (await one.get(f"{address}/correct")).status_code == 200
    files = [("scan", ("a.jpg", sheet(), "image/jpeg"))]
    sent = await one.post(f"{address}/scan", files=files)
    assert sent.headers["location"] == address
    assert "扫描件已附上" in await one.text_of(address)


def test_a_school_that_gets_the_code_of_an_undone_one_has_not_seen_its_list(
    services: Services, county: list[str]
) -> None:
    school_run = imports.schools(services, {"青山小学": {"officer": "包联甲"}})
    list_run = imports.due_list(services, [person(90, "青山小学")])
    school_lists.confirm(services, "03", _digest(services), who="three")
    for run_id in (list_run, school_run):
        import_history.undo(services, run_id, who="admin")
    imports.schools(services, {"白河小学": {"officer": "包联甲"}})
    imports.due_list(services, [person(91, "白河小学")])
    standing = school_lists.standing(services, "03")
    assert standing is not None
    assert (standing.next_version, standing.seen, standing.known) == (1, None, None)


def _digest(services: Services) -> str:
    standing = school_lists.standing(services, "03")
    assert standing is not None
    return standing.now.digest
