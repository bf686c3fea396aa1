"""`doorstep`: exit 0 when done, 1 with a problem code when refused, 2 for misuse; no traceback."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

import typer

from shared.problems import ProblemError
from sync_server import fault_log
from sync_server.cli import (
    accounts,
    backup,
    bulletin,
    bundle,
    certs,
    hand_in,
    handover,
    imports,
    leaflet,
    notices,
    original,
    output,
    paper,
    quarantine,
    receipt,
    repayments,
    school,
    schools,
    season,
    server,
    slips,
    spot_check,
    stamps,
    standings,
    summary,
    teachers,
    tls,
)
from sync_server.data_folder import keep_private
from sync_server.problem_details import problem_of
from sync_server.request_bounds import check_texts

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="上门 Doorstep:导入、登记、汇总、封存、核验",
)
for _topic in (
    server,
    school,
    notices,
    summary,
    bundle,
    receipt,
    leaflet,
    stamps,
    original,
    backup,
    handover,
    slips,
):
    app.add_typer(_topic.app)
app.add_typer(imports.undoing)
for _name, _group in (
    ("bulletin", bulletin),
    ("import", imports),
    ("repayments", repayments),
    ("season", season),
    ("quarantine", quarantine),
    ("paper", paper),
    ("hand-in", hand_in),
    ("spot-check", spot_check),
    ("certs", certs),
    ("teachers", teachers),
    ("accounts", accounts),
    ("schools", schools),
    ("standings", standings),
    ("tls", tls),
):
    app.add_typer(_group.app, name=_name)


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
        app(args=given)
    except ProblemError as problem:
        output.refuse(problem, as_json)
    except OSError as error:
        output.refuse(ProblemError("disk.broken", why=str(error)), as_json)
    except Exception as error:
        # a fault of ours: a reference to look up in logs/errors.log, never a traceback on a screen
        output.refuse(problem_of(error), as_json)
