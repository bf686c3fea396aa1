"""Repayment files: what each contract has paid, held against the contracts of the season."""

from __future__ import annotations

from shared.cases import Repayment
from sync_server.intake.repayments import RepaymentFile
from sync_server.intake.report import ERROR, Findings, RowProblem, Totals
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.store import repayments
from sync_server.store.database import Connection


def prepare(
    connection: Connection, run: ImportRun, result: RepaymentFile, choice: Choice
) -> Prepared:
    """Prepare a snapshot; one that matches no contract waits for `accept_rest`."""
    problems, nobody = _unknown(connection, run.season, result)

    def take(connection: Connection) -> repayments.SnapshotResult:
        return repayments.store_snapshot(
            connection,
            run.season,
            result.as_of,
            _repaid(result),
            file_name=run.file_name,
            sha256=run.sha256,
            now=run.now,
        )

    return Prepared(take=take, problems=problems, blocked=nobody and not choice.accept_rest)


def _unknown(
    connection: Connection, season: str, file: RepaymentFile
) -> tuple[list[RowProblem], bool]:
    """The payments that match no contract of the season, and whether none does."""
    known = repayments.known_contracts(connection, season)
    unknown = [line for line in file.lines if line.contract_no not in known]
    found = Findings()
    for line in unknown:
        found.note(line.row, "", "intake.contract_unknown")
    problems = list(found.report(totals=Totals()).problems)
    nobody = bool(unknown) and len(unknown) == len(file.lines)
    if nobody:
        values = {"count": str(len(unknown))}
        nothing = RowProblem(
            row=None, column="", code="intake.nobody_matches", level=ERROR, values=values
        )
        problems = [nothing, *problems]
    return problems, nobody


def _repaid(result: RepaymentFile) -> list[Repayment]:
    return [
        Repayment(
            contract_no=line.contract_no,
            principal_fen=line.principal_fen,
            interest_fen=line.interest_fen,
            paid_on=line.paid_on,
            channel=line.channel,
        )
        for line in result.lines
    ]
