"""The database: a reader engine, the writer thread, and the migration to the newest schema."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine, make_url, select
from sqlalchemy import RowMapping as RowMapping
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from shared.problems import ProblemError
from sync_server.data_folder import make_file
from sync_server.deferred import deferred
from sync_server.store import (
    contacts,
    db_faults,
    initials,
    locks,
    masking,
    school_days,
    search_index,
    standings,
)
from sync_server.store import process_tables as process_tables  # the schema has them
from sync_server.store import tables as t
from sync_server.store.db_faults import as_problem
from sync_server.store.engine import open_engine
from sync_server.store.refreshing import Every
from sync_server.store.standing_refresh import Refresher
from sync_server.store.writer import TRIES, Writer

if TYPE_CHECKING:
    from sync_server.store import postgresql, schema_steps
else:
    postgresql = deferred("sync_server.store.postgresql")
    schema_steps = deferred("sync_server.store.schema_steps")

T = TypeVar("T")
MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "head"
"""Alembic's name of the newest step."""


class Database:
    """Runs functions: `read` in a read transaction, `write` in the writer's.

    `inspects`: it reads for somebody who only inspects: masked, and without writing.
    """

    inspects = False

    def __init__(self, url: str, pool: int = 0) -> None:
        """Open a database, made or brought to its newest form first.

        Args:
            url: Its address.
            pool: Connections of this process to PostgreSQL; 0 for the usual number.

        Raises:
            ProblemError: those of `migrate`.
        """
        _make_private(url)
        self._reading = open_engine(url, writes=False, pool=pool)
        try:
            migrate(url, reading=self._reading)
        except BaseException:
            self._reading.dispose()
            raise
        writing = open_engine(url, writes=True, pool=pool)
        self.writer = Writer(
            writing, Every(Refresher(), search_index.Refresher(), school_days.Refresher())
        )
        self.epoch: str = self.writer.run(_begin)

    def read(self, job: Callable[[Connection], T]) -> T:
        """Run a job in a read transaction: it sees one moment.

        On PostgreSQL it is run again where its connection went, or its transaction was undone.

        Raises:
            ProblemError: request.bad_text for half of a character; data.away, data.no_connection,
                data.too_slow, data.locked on PostgreSQL.
        """
        for left in reversed(range(TRIES)):
            try:
                return self._read_once(job)
            except (DBAPIError, NoConnectionLeft, UnicodeEncodeError) as error:
                if db_faults.sqlstate(error) == db_faults.READ_ONLY:
                    raise  # a reader that would write is a fault of ours
                if left and (db_faults.cut_off(error) or db_faults.undone(error)):
                    continue
                if isinstance(error, DBAPIError) and not db_faults.is_postgresql(error):
                    raise
                found = as_problem(error)
                if found is error:
                    raise
                raise found from error
        raise ProblemError("data.away")

    def _read_once(self, job: Callable[[Connection], T]) -> T:
        with self._reading.connect() as connection, connection.begin():
            if self.inspects:
                masking.set_inspecting(connection)
            return job(connection)

    def write(self, job: Callable[[Connection], T], *, alone: bool = True) -> T:
        """Run a job in the writer's transaction; return after COMMIT.

        Args:
            job: What is written.
            alone: Whether no other process may run such a job meanwhile. Without it the job decides
                by conditions in its statements, or holds a lock of its own.

        Raises:
            ProblemError: auth.forbidden for a reader who only inspects.
        """
        self.check_writes()
        return self.writer.run(job, alone=alone)

    def beside(self, job: Callable[[Connection], None]) -> None:
        """Run a short job beside the writer, whatever that is at; for a shared database alone."""
        self.writer.beside(job)

    def check_writes(self) -> None:
        """Refuse a reader who only inspects. Raises: ProblemError auth.forbidden."""
        if self.inspects:
            raise ProblemError("auth.forbidden")

    def refresh_epoch(self) -> None:
        """Take the name of the history that another process started meanwhile."""
        key = t.meta.c.key == "epoch"
        found = self.read(lambda c: c.execute(select(t.meta.c.value).where(key)).scalar())
        self.epoch = str(found) if found else self.epoch

    def for_inspection(self) -> Database:
        """Return the same database for somebody who only inspects."""
        found = copy.copy(self)
        found.inspects = True
        return found

    def close(self) -> None:
        """Finish the waiting jobs and close every connection."""
        self.writer.close()
        self._reading.dispose()


def _make_private(url: str) -> None:
    """Make SQLite's file before SQLite does, for its owner alone; -wal and -shm take its mode."""
    if not url.startswith("sqlite"):
        return
    named = make_url(url)
    if named.get_backend_name() == "sqlite" and named.database:
        make_file(Path(named.database))


def migrate(url: str, revision: str = HEAD, *, reading: Engine | None = None) -> None:
    """Bring the schema to its newest form, or to an earlier one; each step in a transaction.

    Args:
        url: The database's address.
        revision: The step to come to.
        reading: Whoever goes on reading afterwards lends its engine; no connection of it stays
            open while steps are taken.

    Raises:
        ProblemError: data.unreadable, data.newer, data.locked, disk.full, disk.broken; on
            PostgreSQL also those of `postgresql.check`.
    """
    if not url.startswith("sqlite"):
        postgresql.check(url)
    wanted = newest_revision() if revision == HEAD else revision
    engine = open_engine(url, writes=False) if reading is None else reading
    found = _revision(engine)
    if reading is None or found != wanted:
        engine.dispose()
    if found == wanted:
        return  # reading the steps takes longer than all else of a start
    schema_steps.upgrade(url, revision)


def newest_revision() -> str:
    """Return the name of the last step: file names begin with it, and they are in order."""
    steps = [path.name for path in (MIGRATIONS / "versions").iterdir() if path.suffix == ".py"]
    return max(name.partition("_")[0] for name in steps if name[0].isdigit())


def _revision(engine: Engine) -> str:
    """Return the step a database is at; "" for an empty one, and where something is wrong."""
    try:
        with engine.connect() as connection:
            return revision_of(connection)
    except DatabaseError:  # the steps find out what it is
        return ""


def revision_of(connection: Connection) -> str:
    """Return the step that a database's schema is at."""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def _begin(connection: Connection) -> str:
    """Complete what earlier versions left, in one transaction; return the epoch."""
    epoch = _epoch(connection)
    initials.complete(connection)
    contacts.complete(connection)
    standings.note_other_basis(connection)
    search_index.note_other_maker(connection)
    return epoch


def _epoch(connection: Connection) -> str:
    """Return the name of this database's history; a restored backup starts one (`new_epoch`).

    Of two processes that start over an empty database one makes it, and the other finds it.
    """
    locks.hold(connection, locks.MIGRATIONS)
    found = connection.execute(select(t.meta.c.value).where(t.meta.c.key == "epoch")).scalar()
    return str(found) if found else new_epoch(connection)


def new_epoch(connection: Connection) -> str:
    """Start a new epoch: phones push everything again and read the feed from its start (P8)."""
    epoch = uuid.uuid4().hex[:12]
    connection.execute(t.meta.delete().where(t.meta.c.key == "epoch"))
    connection.execute(t.meta.insert(), {"key": "epoch", "value": epoch})
    return epoch
