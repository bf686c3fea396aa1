"""A prepared statement finds, changes and raises what the same statement does through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from sync_server.store import tables as t
from sync_server.store.engine import open_engine
from sync_server.store.prepared import Prepared, inserting, savepoint

F = t.fact.c
OF_CASES = (
    select(F.id, F.data, F.tray, F.n)
    .where(F.case_id.in_(bindparam("cases", expanding=True)), F.kind.in_(("visit", "statement")))
    .order_by(F.id)
)


def row(n: int, case: str = "c", *, tray: bool = False) -> dict[str, object]:
    texts = dict.fromkeys(("season", "unit", "happened_at", "received_at", "visited_by"), "")
    return {
        **texts,
        **{"id": f"f{n}", "device": "d", "n": n, "link": b"\0", "sig": b"", "sha256": f"s{n}"},
        **{"data": b"\0data", "kind": "visit", "case_id": case, "seq": n, "tray": tray},
    }


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = open_engine(f"sqlite:///{tmp_path}/p.db", writes=True)
    with engine.begin() as found:
        t.metadata.create_all(found)
        inserting(t.fact).run_each(found, [row(1), row(2, 'a "case", 名', tray=True), row(3, "no")])
        yield found
    engine.dispose()


def test_it_finds_the_same_rows_of_a_list_with_the_same_types(connection: Connection) -> None:
    given = {"cases": ["c", 'a "case", 名', "nobody"]}
    usual = connection.execute(OF_CASES, given).all()
    assert Prepared(OF_CASES).rows(connection, given) == [tuple(one) for one in usual]
    assert [type(value) for value in Prepared(OF_CASES).rows(connection, given)[1]] == [
        *(str, bytes, bool, int)
    ]
    assert Prepared(OF_CASES).mappings(connection, given) == [one._mapping for one in usual]
    assert Prepared(OF_CASES).rows(connection, {"cases": []}) == []


def test_it_says_how_many_rows_it_changed(connection: Connection) -> None:
    moved = Prepared(update(t.fact).where(F.case_id == bindparam("of")).values(tray=True))
    assert moved.run(connection, {"of": "c"}) == 1
    assert moved.run(connection, {"of": "nobody"}) == 0
    assert Prepared(OF_CASES).one(connection, {"cases": ["c"]}) == ("f1", b"\0data", True, 1)


def test_what_the_driver_raises_is_raised_as_usual_and_quotes_nobody(
    connection: Connection,
) -> None:
    with pytest.raises(IntegrityError) as refused:
        inserting(t.fact).run(connection, row(1, "秘密"))
    assert "秘密" not in str(refused.value)
    connection.exec_driver_sql("DROP TABLE fact")
    with pytest.raises(OperationalError):
        Prepared(OF_CASES).rows(connection, {"cases": ["c"]})


def test_a_savepoint_takes_back_what_failed_inside_it_alone(connection: Connection) -> None:
    add = inserting(t.fact)
    with pytest.raises(ZeroDivisionError), savepoint(connection):  # noqa: PT012
        add.run(connection, row(4))
        with savepoint(connection):
            add.run(connection, row(5))
        raise ZeroDivisionError
    with savepoint(connection):
        add.run(connection, row(6))
        with pytest.raises(ZeroDivisionError), savepoint(connection):  # noqa: PT012
            add.run(connection, row(7))
            raise ZeroDivisionError
    kept = connection.execute(select(F.n).order_by(F.n)).scalars().all()
    assert kept == [1, 2, 3, 6]
