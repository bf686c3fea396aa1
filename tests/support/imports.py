"""Imports with their history as the office's verb makes them, without a file to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.cases import Repayment, RepaymentKind
from sync_server.intake.report import Report
from sync_server.office.importing import history
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.services import Services
from sync_server.store import case_import, case_plan, on_list, repayments
from sync_server.store.case_plan import ImportedPerson
from sync_server.store.database import Connection
from tests.support.county import SEASON

SHA256 = "5" * 64


def keep(
    services: Services,
    kind: str,
    prepared: Prepared,
    *,
    file: str = "",
    report: Report | None = None,
    day: str = "",
) -> str:
    """Do a prepared import and keep it in the history; its id."""

    def job(connection: Connection) -> str:
        run = ImportRun(
            id="",
            season=services.season,
            kind=kind,
            file_name=file or f"{kind}.xlsx",
            sha256=SHA256,
            who="admin",
            now=services.settings.now_text(),
            today="2019-12-12",
        )
        numbered, before = history.begin(connection, run, day)
        applied = msgspec.to_builtins(prepared.take(connection))
        found = report or Report()
        history.keep(connection, numbered, Choice(), found, prepared, applied, before)
        return numbered.id

    return services.change(job)


def due_list(
    services: Services, people: Sequence[ImportedPerson], *, file: str = "", take_out: bool = False
) -> str:
    """Import people, everything confirmed. `take_out`: whom the list leaves out goes off it."""

    def take(connection: Connection) -> Any:
        planned = case_plan.plan(connection, SEASON, people, accept=True)
        done = case_import.import_people(
            connection, SEASON, people, accept_identity=True, accept_moves=True, whole=planned
        )
        if take_out:
            gone = [row["id"] for row in planned.gone]
            on_list.take_out(connection, SEASON, gone, "不在新名单里", services.settings.now_text())
        return done

    return keep(services, "due-list", Prepared(take=take), file=file)


def schools(
    services: Services, fields: Mapping[str, Mapping[str, str]], *, kind: str = "areas"
) -> str:
    """Import schools with what 附件1 or 附件2 says of them."""
    take = Prepared(take=lambda c: case_import.import_schools(c, services.season, fields))
    return keep(services, kind, take)


def repaid(
    services: Services,
    as_of: str,
    paid: Mapping[str, int],
    *,
    file: str = "",
    kind: RepaymentKind = "cumulative",
) -> str:
    """Import a repayment file: contract number to fen repaid."""
    prepared = snapshot(services, as_of, paid, kind)
    return keep(services, "repayments", prepared, file=file, day=as_of)


def snapshot(
    services: Services, as_of: str, paid: Mapping[str, int], kind: RepaymentKind = "cumulative"
) -> Prepared:
    """What stores a repayment file."""
    lines = [
        Repayment(contract_no=c, principal_fen=fen, interest_fen=0, paid_on="2019-12-10")
        for c, fen in paid.items()
    ]

    def take(connection: Connection) -> Any:
        return repayments.store_snapshot(
            connection,
            SEASON,
            as_of,
            lines,
            file_name=as_of,
            sha256=SHA256,
            now=services.settings.now_text(),
            kind=kind,
        )

    return Prepared(take=take)
