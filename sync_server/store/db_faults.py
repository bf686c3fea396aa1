"""What an error of the database means: run the job again, or say which problem it is.

PostgreSQL names its errors by SQLSTATE, whatever the language of its sentences; SQLite has
sentences alone.
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from shared.problems import ProblemError

UNDONE = frozenset({"40001", "40P01", "40003"})
"""A transaction was undone for another's sake: serialisation, deadlock; or nobody knows why."""
WAITED = frozenset({"55P03", "57014"})
"""A lock, or the statement itself, took longer than it may."""
READ_ONLY = "25006"
"""To a writer: the server has become a standby."""
CUT_OFF = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", READ_ONLY})
"""The server ends or begins, ended this connection, or has become one that only reads."""
NO_ROOM = frozenset({"53300", "57P04"})
"""No connection more is let in."""
BAD_TEXT = frozenset({"22021", "22P05"})
"""Text that this database cannot hold."""

UNCONFIRMED = "unconfirmed"
"""Kept with a connection: COMMIT came back, but a standby that had to confirm it did not."""


def sqlstate(error: BaseException | None) -> str:
    """Return PostgreSQL's code of an error; "" where there is none."""
    orig = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(orig, "sqlstate", None) or "")


def is_postgresql(error: BaseException | None) -> bool:
    """Return whether an error came from PostgreSQL, or from the driver that asks it."""
    return isinstance(error, DBAPIError) and type(error.orig).__module__.startswith("psycopg")


def undone(error: BaseException) -> bool:
    """Return whether PostgreSQL undid a transaction for another's sake: it may be run again."""
    return sqlstate(error) in UNDONE


def waited(error: BaseException) -> bool:
    """Return whether something took longer than it may: a neighbour may have been the cause."""
    return sqlstate(error) in WAITED


def cut_off(error: BaseException) -> bool:
    """Return whether the connection went, or leads to a server that takes no more changes."""
    if not isinstance(error, DBAPIError) or not is_postgresql(error):
        return False
    return error.connection_invalidated or sqlstate(error) in CUT_OFF


def away(error: BaseException) -> bool:
    """Return whether nobody was there to connect to."""
    if cut_off(error):
        return True
    code = sqlstate(error)
    unnamed = isinstance(error, OperationalError) and is_postgresql(error) and not code
    return unnamed or code.startswith("08")


def ends_transaction(connection: Connection, fault: BaseException) -> bool:
    """Return whether an error inside a savepoint may have ended the whole transaction.

    On SQLite a full disk does, or too little memory, which is no error of the database there; on
    PostgreSQL a connection that is gone.
    """
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        return isinstance(fault, OperationalError) or not getattr(driver, "in_transaction", True)
    return connection.invalidated or connection.closed or cut_off(fault)


def as_problem(error: Exception) -> Exception:
    """Return the problem that an error of the database stands for; any other as it is."""
    if isinstance(error, NoConnectionLeft):
        return ProblemError("data.no_connection")
    if isinstance(error, UnicodeEncodeError):
        return ProblemError("request.bad_text")
    if is_postgresql(error):
        return _of_postgresql(error)
    text = error_text(error)
    if "is locked" in text:
        return ProblemError("data.locked")
    if "full" in text or "no space" in text:
        return ProblemError("disk.full")
    if "i/o error" in text or "malformed" in text or "unable to open" in text:
        return ProblemError("disk.broken", why=text)
    return error


def _of_postgresql(error: Exception) -> Exception:
    code = sqlstate(error)
    if undone(error) or code == "55P03":
        return ProblemError("data.locked")
    if code == "57014":
        return ProblemError("data.too_slow")
    if code in NO_ROOM:
        return ProblemError("data.no_connection")
    if code == "53100":
        return ProblemError("disk.full")
    if code.startswith("58") or code in ("XX001", "XX002"):
        return ProblemError("disk.broken", why=code)
    if code in BAD_TEXT or _has_nul(error):
        return ProblemError("request.bad_text")
    if code == "22003" or (not code and "out of range" in error_text(error, every=True)):
        return ProblemError("request.unreadable")
    return ProblemError("data.away") if away(error) else error


def _has_nul(error: Exception) -> bool:
    """Return whether the driver refused a text before it was sent: for a NUL character alone."""
    return not sqlstate(error) and "NUL" in str(getattr(error, "orig", ""))


def error_text(error: BaseException | None, *, every: bool = False) -> str:
    """Return the database's messages, the first failure's too: rolling back may fail as well.

    `every`: not of failing storage alone.
    """
    kind = DBAPIError if every else OperationalError
    own = f"{error.orig} ".lower() if isinstance(error, kind) else ""
    return own + (error_text(error.__context__, every=every) if error is not None else "")
