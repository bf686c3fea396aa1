"""PostgreSQL: how we connect, and what a database must be like before anything is stored in it.

Every connection may wait for a bounded time only: to be made, for an answer of a network that is
gone, for a lock, for a statement. With several hosts in the address the one that takes changes is
chosen, so that a primary that fell over is found again by itself (docs/postgresql.md).
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from shared.problems import ProblemError
from sync_server.store.db_faults import UNCONFIRMED, as_problem, sqlstate

DRIVER = "postgresql+psycopg"
OLDEST = 130000
"""The oldest version that is tried: 13."""
CONNECT_S = 5
"""For each host of the address."""
SILENT_MS = 20_000
"""A connection whose other end confirms nothing for so long is given up."""
READ_MS, WRITE_MS = 300_000, 60_000
"""The longest statement. A COMMIT that waits for a standby longer is not answered as done."""
LOCK_MS = 15_000
IDLE_MS = 60_000
"""A transaction in which nothing happens for so long is ended by the server."""
POOL_WAIT_S = 30
NETWORK = {
    "connect_timeout": CONNECT_S,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENT_MS,
    "target_session_attrs": "read-write",
    "application_name": "doorstep",
    "client_encoding": "utf8",
}
_NO_CHARACTER = "\uffff"
"""A noncharacter of Unicode, which no text is to contain."""
_WRONG_LOGIN = ("28P01", "28000")
_NO_DATABASE = "3D000"


def parsed(url: str) -> URL:
    """Read the address of a database.

    Raises:
        ProblemError: data.url_wrong, data.driver_missing.
    """
    try:
        found = make_url(url)
        if found.drivername != DRIVER:
            raise ArgumentError("another engine, or another driver")
        found.get_dialect().import_dbapi()
        if "@" in (found.host or ""):  # the rest of a password
            raise ArgumentError("no host")
    except ImportError as error:  # or its library is not there
        raise ProblemError("data.driver_missing") from error
    except (ArgumentError, ValueError, AttributeError):  # whose words may repeat a password
        raise ProblemError("data.url_wrong") from None
    return found


def shown(url: str | URL) -> str:
    """Return where a database is, without the password."""
    found = make_url(url)
    hosts = found.query.get("host", found.host or "localhost")
    named = ",".join([hosts] if isinstance(hosts, str) else hosts)
    port = f":{found.port}" if found.port else ""
    return f"{named}{port}/{found.database or ''}"


def engine(url: str, *, writes: bool, connections: int, patient: bool = False) -> Engine:
    """Create an engine over PostgreSQL.

    Args:
        url: Its address.
        writes: Whether for changes.
        connections: How many it may hold at a time.
        patient: For steps of the schema, which wait for another process's and may take long.
    """
    found = parsed(url)
    # a page and its digest are several queries: a reader sees one moment, as it does on SQLite
    made = create_engine(
        found,
        pool_size=connections,
        max_overflow=1 if writes else 0,
        pool_timeout=POOL_WAIT_S,
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        # an INSERT says how many rows it stored, as on SQLite; verbs note what is new by it
        execution_options={"preserve_rowcount": True},
        hide_parameters=True,  # an error must not quote what people entered
        connect_args={k: v for k, v in NETWORK.items() if k not in found.query},
    )
    statement_ms = 0 if patient else WRITE_MS if writes else READ_MS
    limits = {
        "statement_timeout": statement_ms,
        "lock_timeout": 0 if patient else LOCK_MS,
        "idle_in_transaction_session_timeout": 0 if patient else IDLE_MS,
        "default_transaction_read_only": "off" if writes else "on",
    }
    sets = ", ".join(f"set_config('{name}', '{to}', false)" for name, to in limits.items())
    # what is answered is on the disk, whatever the server's default; a stronger default stays
    weaker = "current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')"
    on = f"SELECT set_config('synchronous_commit', 'on', false) WHERE {weaker}"

    @event.listens_for(made, "connect")
    def _connect(connection: Any, entry: ConnectionPoolEntry) -> None:
        connection.execute(f"SELECT {sets}")
        connection.execute(on)
        connection.commit()
        connection.add_notice_handler(lambda notice: _note_warning(entry, notice))
        if not writes:
            _let_nul_match_nothing(connection)

    return made


def _let_nul_match_nothing(connection: Any) -> None:
    """Look for a text with NUL as for one that nobody stored.

    SQLite looks for it and finds nothing; the driver would refuse it, and a page that looks up
    what an old record names would not open.
    """
    from psycopg.types.string import StrDumperUnknown  # of an extra

    class Dumper(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\x00", _NO_CHARACTER))

    connection.adapters.register_dumper(str, Dumper)


def _note_warning(entry: ConnectionPoolEntry, notice: Any) -> None:
    """Keep that the server warned: in COMMIT it says that a standby did not confirm."""
    if notice.severity_nonlocalized == "WARNING" and notice.sqlstate == "01000":
        entry.info[UNCONFIRMED] = True


def check(url: str) -> None:
    """Refuse an address where nothing can be stored, before the schema is touched.

    Raises:
        ProblemError: data.url_wrong, data.driver_missing, data.unreachable, data.login,
            data.no_database, data.engine_old, data.encoding, data.no_create, data.no_connection.
    """
    made = engine(url, writes=True, connections=1)
    where = shown(url)
    try:
        with made.connect() as connection:
            _check_inside(connection, where)
    except DBAPIError as error:
        code = sqlstate(error)
        if code in _WRONG_LOGIN or "password" in str(error.orig).lower():
            raise ProblemError("data.login", place=where) from None
        if code == _NO_DATABASE or (not code and "does not exist" in str(error.orig)):
            raise ProblemError("data.no_database", place=where) from None
        found = as_problem(error)
        if isinstance(found, ProblemError) and found.code == "data.away":
            raise ProblemError("data.unreachable", place=where, why=_reason(error)) from None
        raise found from None
    finally:
        made.dispose()


def _reason(error: DBAPIError) -> str:
    """Return the driver's last line, which says why; never an address with its password."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error.orig).__name__


def _check_inside(connection: Connection, where: str) -> None:
    found = connection.execute(
        text(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
            " current_setting('server_encoding'), current_user,"
            " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
        )
    ).one()
    number, version, encoding, role, may_create = found
    if number < OLDEST:
        raise ProblemError("data.engine_old", version=version)
    if encoding != "UTF8":
        raise ProblemError("data.encoding", place=where, encoding=encoding)
    if not may_create:
        raise ProblemError("data.no_create", place=where, role=role)


def has_tables(url: str) -> bool:
    """Return whether anything is in the schema that ours would go to."""
    made = engine(url, writes=False, connections=1)
    try:
        with made.connect() as connection:
            query = text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")
            return bool(connection.execute(query).scalar_one())
    finally:
        made.dispose()


class Standby(msgspec.Struct, frozen=True):
    """A standby as its primary sees it."""

    name: str
    state: str
    sync: str


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a PostgreSQL says of itself and of its standbys.

    Attributes:
        standbys: None where our role may not see them.
    """

    version: str
    encoding: str
    collation: str
    fsync: bool
    synchronous_commit: str
    synchronous_names: str
    max_connections: int
    reserved: int
    in_use: int
    size_bytes: int
    standbys: tuple[Standby, ...]


def about(connection: Connection) -> About:
    """Ask PostgreSQL about itself."""
    names = ("server_version", "server_encoding", "fsync", "synchronous_commit")
    more = ("synchronous_standby_names", "max_connections", "superuser_reserved_connections")
    asked = ", ".join(f"current_setting('{name}')" for name in (*names, *more))
    version, encoding, fsync, commit, sync_names, most, reserved = connection.execute(
        text(f"SELECT {asked}")
    ).one()
    collation, in_use, size = connection.execute(
        text(
            "SELECT datcollate, (SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend'), pg_database_size(datname)"
            " FROM pg_database WHERE datname = current_database()"
        )
    ).one()
    rows = connection.execute(
        text(
            "SELECT coalesce(application_name, ''), coalesce(state, ''), coalesce(sync_state, '')"
            " FROM pg_stat_replication ORDER BY 1"
        )
    ).all()
    return About(
        version=version.split()[0],
        encoding=encoding,
        collation=collation,
        fsync=fsync == "on",
        synchronous_commit=commit,
        synchronous_names=sync_names,
        max_connections=int(most),
        reserved=int(reserved),
        in_use=in_use,
        size_bytes=size,
        standbys=tuple(Standby(*row) for row in rows),
    )
