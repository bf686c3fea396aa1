"""`doorstep`: exit 0 when done, 1 with a problem code when refused, 2 for misuse; no traceback.

A server loads its own commands alone; any other command line loads all of them (topics.py).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.problems import ProblemError
from sync_server import fault_log
from sync_server.cli import server
from sync_server.data_folder import keep_private
from sync_server.deferred import deferred
from sync_server.problem_details import problem_of
from sync_server.request_bounds import check_texts

if TYPE_CHECKING:
    from sync_server.cli import output, topics
else:
    output = deferred("sync_server.cli.output")
    topics = deferred("sync_server.cli.topics")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; problems and faults become sentences and exit codes."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--json" in given
    keep_private()
    if arguments is None:  # this process is all ours
        fault_log.take_over()
    # until the data folder is known, a fault is written nowhere: not to the screen either
    logging.getLogger("doorstep").addHandler(logging.NullHandler())
    try:
        # Bytes that are not UTF-8 arrive as lone surrogates, which no database stores.
        check_texts(given)
        app = server.app if given[:1] == ["serve"] else topics.app
        app(args=given)
    except ProblemError as problem:
        output.refuse(problem, as_json)
    except OSError as error:
        output.refuse(ProblemError("disk.broken", why=str(error)), as_json)
    except Exception as error:
        # a fault of ours: a reference to look up in logs/errors.log, never a traceback on a screen
        output.refuse(problem_of(error), as_json)
