"""`doorstep`: exit 0 when done, 1 with a problem code when refused, 2 for misuse; no traceback.

A server loads what serves alone; any other command line loads every command (topics.py).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.problems import ProblemError
from sync_server import collector, fault_log
from sync_server.cli import serve_line
from sync_server.cli.serve_line import ServeLine
from sync_server.data_folder import keep_private
from sync_server.deferred import deferred

if TYPE_CHECKING:
    from sync_server import problem_details, request_bounds
    from sync_server.cli import output, server, topics
else:
    problem_details = deferred("sync_server.problem_details")
    request_bounds = deferred("sync_server.request_bounds")
    output = deferred("sync_server.cli.output")
    server = deferred("sync_server.cli.server")
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
        with collector.held():
            # Bytes that are not UTF-8 arrive as lone surrogates, which no database stores.
            request_bounds.check_texts(given)
        if given[:1] != ["serve"]:
            topics.app(args=given)
        elif (line := serve_line.read(given[1:])) is not None:
            _serve(line)
        else:
            server.app(args=given)
    except ProblemError as problem:
        output.refuse(problem, as_json)
    except OSError as error:
        output.refuse(ProblemError("disk.broken", why=str(error)), as_json)
    except Exception as error:
        # a fault of ours: a reference to look up in logs/errors.log, never a traceback on a screen
        output.refuse(problem_details.problem_of(error), as_json)


def _serve(line: ServeLine) -> None:
    """Serve as the line says, until stopped."""
    with collector.held():
        from sync_server.cli import serving

    serving.until_stopped(line.data, serving.Options(*line[1:]))
