"""The steps of the schema (migrations/versions), taken by Alembic; loaded where one is missing."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from shared.problems import ProblemError
from sync_server.store.db_faults import as_problem

MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps what it is at in its module; other processes wait in the database."""


def upgrade(url: str, revision: str) -> None:
    """Take the steps that are missing up to a revision.

    Raises:
        ProblemError: data.unreadable, data.newer, data.locked, disk.full, disk.broken.
    """
    config = _config()
    config.attributes["url"] = url
    try:
        with _ONE_AT_A_TIME:
            command.upgrade(config, revision)
    except OperationalError as error:  # busy, or a full disk: nothing is wrong with it
        raise as_problem(error) from None
    except DatabaseError as error:
        raise ProblemError("data.unreadable", file=make_url(url).database or "") from error
    except CommandError as error:  # a step that this version does not know
        raise ProblemError("data.newer") from error


def revisions() -> tuple[str, ...]:
    """Return every form the schema has had, the newest first."""
    walked = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(step.revision for step in walked)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
