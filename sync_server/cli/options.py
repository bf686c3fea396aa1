"""Options and steps that commands share: data folder, `--json`, services, finding a school."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import school_names, units

Data = Annotated[
    Path | None, typer.Option("--data", envvar="DOORSTEP_DATA", help="服务器的数据文件夹")
]
InSeason = Annotated[
    str, typer.Option("--season", help="哪一年度;不写就是进行中的,没有就是最近结束的")
]
AsJson = Annotated[bool, typer.Option("--json", help="给程序看的结果")]
WHO = "命令行"
"""The name the audit trail gives to whoever works on the command line."""


@contextmanager
def opened(data: Path | None, season: str = "") -> Iterator[Services]:
    """The services of a data folder for one season, closed again whatever happens.

    Raises:
        ProblemError: season.unknown. Where there is no season yet, verbs that need one say so.
    """
    services = Services.open(Settings.from_environment(data))
    try:
        yield services.in_season(season)
    finally:
        services.close()


def unit_code(services: Services, text: str) -> str:
    """A school by code or by a name it has or had. Raises: ProblemError unit.unknown."""
    known = services.database.read(lambda c: units.units(c, services.season))
    for row in known:
        if text in (row.code, row.name):
            return row.code
    names = services.database.read(lambda c: school_names.known(c, services.season))
    if (code := names.code(text)) in {row.code for row in known}:
        return code
    raise ProblemError("unit.unknown", unit=text)


def named_document(services: Services, school: str) -> tuple[str, str]:
    """Return a school's code and ""; for the county "" and the document of a recipient.

    `county` is the main recipient's report, `county.bank` that of the recipient with this key.
    """
    name, _, key = school.partition(".")
    if name not in ("county", "县"):
        return unit_code(services, school), ""
    from sync_server.office import county_reports

    return "", county_reports.document_for(services, key)
