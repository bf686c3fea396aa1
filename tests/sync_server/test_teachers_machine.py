"""Whatever is done with teachers and their people, in any order: every phone ends with exactly its teacher's people."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.digest import scope_digest
from shared.problems import ProblemError
from sync_server.office import assignment, staff
from sync_server.services import Services
from sync_server.store import assignments, cases, changes, devices, teachers
from sync_server.store.database import Connection
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, new_id

VERBS = (
    "assign",
    "evenly",
    "merge",
    "rename",
    "leave",
    "back",
    "reassign",
    "keep",
    "stop",
    "undo",
    "read",
)
STEP = st.tuples(st.sampled_from(VERBS), st.integers(0, 2), st.integers(0, 2))
REFUSALS = {
    "staff.unknown",
    "staff.same",
    "staff.left",
    "staff.none",
    "staff.name_known",
    "staff.name_left",
    "staff.name_merged",
    "assignment.not_last",
}


class Reader:
    """What a phone holds: versions by case, read with a cursor."""

    def __init__(self, services: Services, name: str) -> None:
        self.services, self.cursor, self.held = services, "", dict[str, int]()
        key = RawPhone().public_key

        def enrolled(connection: Connection) -> devices.Device:
            now = services.settings.real_now()
            ends = now + devices.LONGEST_CODE / 2
            code, _ = devices.issue_code(connection, SEASON, "01", name, expires_at=ends)
            return devices.enrol(connection, code, key, "", now)[0]

        found = services.database.write(enrolled)
        self.device, self.first_staff = found.id, found.staff

    def read(self) -> None:
        """Read to the head; count and digest there are what the phone holds."""
        while True:
            page = self.services.database.read(
                lambda c: changes.page(c, devices.by_id(c, self.device), "e", self.cursor, 1)
            )
            for change in page.changes:
                if change.case is not None:
                    self.held[change.ref] = change.case.version
                elif change.kind == "gone":
                    self.held.pop(change.ref, None)
            self.cursor = page.next
            if not page.more:
                break
        proof = (len(self.held), scope_digest(self.held.items()))
        assert (page.scope_count, page.scope_digest) == proof


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=14))
def test_phones_end_with_their_teachers_people_and_nobody_is_with_a_name_that_is_none(
    services: Services, county: list[str], steps: list[tuple[str, int, int]]
) -> None:
    phones_ = [Reader(services, new_id()) for _ in range(3)]
    ids = [phone.first_staff for phone in phones_]
    everybody = case_ids(services, "01")
    for verb, who, other in steps:
        if verb == "read":
            phones_[who].read()
            continue
        act(services, verb, ids[who], ids[other], everybody[who : who + other + 2])
    for phone in phones_:
        phone.read()
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))
    known = services.database.read(lambda c: teachers.listed(c, SEASON, "01"))
    assert {row["assignee"] for row in rows} <= {"", *(teacher.id for teacher in known)}
    assert sorted(row["id"] for row in rows) == sorted(everybody)
    for offer in services.database.read(lambda c: teachers.offers(c, SEASON, "01")):
        assert offer.people == sum(row["assignee"] == offer.id for row in rows) > 0
    # the next example begins with teachers and an undo of its own
    services.database.write(lambda c: cases.assign(c, SEASON, everybody, ""))


def act(services: Services, verb: str, one: str, other: str, people: list[str]) -> None:
    verbs: dict[str, Callable[[], object]] = {
        "assign": lambda: assignment.assign(services, people, one, who="t"),
        "evenly": lambda: assignment.assign_evenly(services, "01", who="t"),
        "merge": lambda: staff.merge(services, "01", one, other, who="t"),
        "rename": lambda: staff.rename(services, "01", one, new_id()[:30], who="t"),
        "leave": lambda: staff.leave(services, "01", one, who="t"),
        "back": lambda: staff.bring_back(services, "01", one, who="t"),
        "reassign": lambda: assignment.reassign(services, "01", one, other, who="t"),
        "keep": lambda: staff.keep(services, "01", one, who="t"),
        "stop": lambda: stop(services, one),
        "undo": lambda: undo(services),
    }
    try:
        verbs[verb]()
    except ProblemError as problem:
        if problem.code not in REFUSALS:
            raise


def stop(services: Services, one: str) -> None:
    found = services.database.read(lambda c: devices.of_unit(c, SEASON, "01"))
    for device in found:
        if device.staff == one:
            services.database.write(partial(devices.revoke, device_id=device.id))


def undo(services: Services) -> None:
    last = services.database.read(lambda c: assignments.newest(c, SEASON, "01"))
    assignment.undo(services, "01", last.of.id if last else "-", who="t")
