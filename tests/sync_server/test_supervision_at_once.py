"""Two programs on one PostgreSQL at the same verb of supervision: one answer, or a problem that says why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from shared.problems import ProblemError
from sync_server.office import bulletins, late_schools, receipts, spot_checks, withdrawals
from sync_server.office.spot_checks import Entry
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import bundles, summaries
from sync_server.store.bundles import BundleRow
from sync_server.store.engine import open_engine
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.county import CLOCK, SEASON, with_season
from tests.support.spot_checks import SEEN_ON, visited_school

Verb = Callable[[Services], Any]


@pytest.fixture(scope="module")
def both(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Services, Services]]:
    """Two programs over one database and one data folder, with a school at work."""
    root = open_engine(postgres_url, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE supervision")
    root.dispose()
    url = postgres_url.rsplit("/", 1)[0] + "/supervision"
    folder: Path = tmp_path_factory.mktemp("pg")
    given = Settings(data_dir=folder, database_url=url, clock_spec=CLOCK)
    server = with_season(Services.open(given))
    command = Services.open(given).in_season()
    visited_school(server)
    yield server, command
    server.close()
    command.close()


def pressed(both: tuple[Services, Services], *verbs: Verb) -> list[Any]:
    """What each program was answered: a result, or the code of a problem; anything else is raised."""
    together = threading.Barrier(2)

    def press(given: tuple[Services, Verb]) -> Any:
        services, verb = given
        together.wait()
        try:
            return verb(services)
        except ProblemError as problem:
            return problem.code

    first, second = verbs if len(verbs) == 2 else (verbs[0], verbs[0])
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(press, zip(both, (first, second), strict=True)))


def test_two_bulletins_at_once_get_two_numbers_and_one_form_gets_one(
    both: tuple[Services, Services],
) -> None:
    issue = partial(bulletins.issue, who="t")
    pressed(both, partial(issue, request="a"), partial(issue, request="b"))
    found = pressed(both, partial(issue, request="c"))
    said = {one for one in found if isinstance(one, str)}
    assert said <= {"summary.composing"}  # a busy machine: the other is not done within a minute
    listed = bulletins.listed(both[0])
    assert [one.number for one in listed] == list(range(len(listed), 0, -1))
    assert {one.id for one in found if not isinstance(one, str)} <= {one.id for one in listed}
    assert issue(both[0], request="c").id == issue(both[1], request="c").id


def test_a_school_is_drawn_once_and_a_finding_keyed_once(both: tuple[Services, Services]) -> None:
    for number in range(4):
        bulletin = bulletins.issue(both[0], who="t", request=f"draw {number}")
        draw = partial(spot_checks.draw, bulletin_id=bulletin.id, size=3, who="t")
        one, two = pressed(both, draw)
        assert [check.id for check in one] == [check.id for check in two]
        key = partial(
            spot_checks.key_in,
            check_id=one[0].id,
            entries=[Entry(position=1, verdict="real")],
            inspectors="甲",
            seen_on=SEEN_ON,
            who="t",
        )
        assert sorted(map(str, pressed(both, key))) in (["0", "1"], ["1", "spot.changed"])
    assert len(spot_checks.listed(both[0], WHOLE_COUNTY)) == 4


def test_a_late_school_is_decided_once(both: tuple[Services, Services]) -> None:
    for after in range(3):
        verb = partial(
            late_schools.decide, unit="01", call_in=False, reason="x", after=after, who="t"
        )
        one, two = pressed(both, verb)
        assert one == two
        assert one.n == after + 1
    call, leave = (
        partial(late_schools.decide, unit="01", call_in=yes, reason="x", after=3, who="t")
        for yes in (True, False)
    )
    found = pressed(both, call, leave)
    assert [one for one in found if isinstance(one, str)] == ["late.changed"]


def test_receipts_of_two_schools_at_once_get_two_numbers(both: tuple[Services, Services]) -> None:
    by = receipts.signer(both[0])

    def accept(unit: str, services: Services) -> int:
        def job(connection: Connection) -> int:
            row = summaries.add(
                connection,
                season=SEASON,
                unit=unit,
                document=f"Q-{unit}",
                version=1,
                cut_off="2019-12-12T10:00:00+08:00",
                as_of="2019-12-11",
                data=b"{}",
                data_hash="0" * 64,
                folder=f"summaries/{unit}",
                composed_at="2019-12-12T02:00:00Z",
            )
            return receipts.add(connection, services, row, by).number

        return services.database.write(job)

    for number in range(4):
        pair = (partial(accept, f"a{number}"), partial(accept, f"b{number}"))
        found = pressed(both, *pair)
        assert sorted(found) == [2 * number + 1, 2 * number + 2]


def test_a_list_of_what_is_withdrawn_is_signed_once(both: tuple[Services, Services]) -> None:
    receipts.signer(both[0])
    verb = partial(withdrawals.withdraw, code="610599", reason="replaced", who="t")
    one, two = pressed(both, verb)
    assert one == two
    assert len(one.entries) == 1


def test_a_bundle_stored_twice_is_one_row(both: tuple[Services, Services]) -> None:
    row = BundleRow(
        sealed_sha256="ab" * 32,
        season=SEASON,
        document="Q",
        version=1,
        name="b",
        sha256="cd" * 32,
        size_bytes=1,
        files=1,
        made_at="2019-12-12T02:00:00Z",
        who="t",
    )
    for _ in range(8):
        pressed(both, lambda services: services.database.write(lambda c: bundles.put(c, row)))
    assert [one.name for one in both[0].database.read(bundles.every)] == ["b"]
