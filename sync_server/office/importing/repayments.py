"""Repayment files: what each contract has paid, held against the contracts of the season.

The preview says what kind of file it is and why, up to which day it counts, who leaves the phones
and who would come back. What is doubtful waits for a confirmation; a plain daily file needs none.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.cases import Repayment, RepaymentKind
from sync_server.intake.repayments import RepaymentFile, RepaymentLine
from sync_server.intake.report import ERROR, WARNING, RowProblem
from sync_server.office import repayment_changes
from sync_server.office.importing import repayment_checks, repayment_report
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun, Prepared
from sync_server.office.importing.repayment_checks import Checked
from sync_server.office.importing.repayment_kind import Recognised, recognise
from sync_server.office.importing.repayment_report import Outlook, RepaymentReport
from sync_server.office.repayment_changes import Changes
from sync_server.store import repayments, units
from sync_server.store.database import Connection
from sync_server.store.repayments import Plan, Snapshot

MOST_RETURNS = 5
"""More people than these come back to the phones only when somebody confirms it."""
KINDS: tuple[RepaymentKind, ...] = ("cumulative", "increment", "payments")


def prepare(
    connection: Connection, run: ImportRun, result: RepaymentFile, choice: Choice
) -> Prepared:
    """Prepare a repayment file; it waits until kind, day, people who return are confirmed."""
    return _Preparation(connection, run, result, choice).prepared()


class _Preparation:
    """One file in the making: what is known of the season, and what the file would change."""

    def __init__(
        self, connection: Connection, run: ImportRun, result: RepaymentFile, choice: Choice
    ) -> None:
        self._connection, self._run, self._file, self._choice = connection, run, result, choice
        self._stored = repayments.snapshots(connection, run.season)
        self._sums: dict[str, dict[str, Repayment]] = {}
        self._names = units.unit_names(connection, run.season)
        self._known = repayment_checks.load(connection, run.season)
        self._recognised = self._recognise()
        sure = self._recognised.kind if self._recognised.sure else ""
        self._kind: RepaymentKind = choice.repayment_kind or sure

    def prepared(self) -> Prepared:
        """What the file would do, or what it waits for."""
        kind, file = self._kind, self._file
        shown = (kind,) if self._recognised.sure else KINDS
        outlooks = {each: self._outlook(each) for each in shown} if file.as_of else {}
        plan, changes = outlooks.get(kind, (None, None))
        checked = self._check(plan)
        waiting = self._waiting(changes)
        report = self._report(outlooks, checked, [p.code for p in waiting])
        difference = {} if changes is None else {"difference": repayment_report.difference(changes)}

        def take(connection: Connection) -> repayments.SnapshotResult:
            return repayments.store_snapshot(
                connection,
                self._run.season,
                file.as_of,
                _lines(file, kind),
                file_name=self._run.file_name,
                sha256=self._run.sha256,
                now=self._run.now,
                kind=kind,
            )

        return Prepared(
            take=take,
            problems=[*waiting, *self._warnings(plan), *checked.problems],
            details={"repayments": repayment_report.as_json(report), **difference},
            blocked=bool(waiting)
            or ((checked.nobody or checked.in_fen) and not self._choice.accept_rest),
        )

    def _recognise(self) -> Recognised:
        before = self._before()
        sums = None if before is None else self._sums_of(before.as_of)
        day = before.as_of if before else ""
        return recognise(self._file.signs, self._file.lines, sums, day)

    def _sums_of(self, day: str) -> dict[str, Repayment]:
        """What each contract had paid by a stored day, read once; nothing before the first."""
        if day not in self._sums:
            state = repayments.state_at(self._connection, self._run.season, day)
            self._sums[day] = repayments.sums(state)
        return self._sums[day]

    def _before(self) -> Snapshot | None:
        """The stored day to hold the file against: its own day's only when another file made it.

        A file of no known day is held against the newest.
        """
        file, run = self._file, self._run
        found = [
            s
            for s in self._stored
            if not file.as_of
            or s.as_of < file.as_of
            or (s.as_of == file.as_of and s.sha256 != run.sha256)
        ]
        return found[-1] if found else None

    def _outlook(self, kind: RepaymentKind) -> tuple[Plan, Changes]:
        """What the file would change if it were of a kind."""
        season, file = self._run.season, self._file
        plan = repayments.plan_snapshot(
            self._connection,
            season,
            file.as_of,
            _lines(file, kind),
            kind=kind,
            sha256=self._run.sha256,
        )
        since = self._stored[-1].as_of if self._stored else ""
        before = self._sums_of(since)
        after = repayments.sums(plan.days[plan.in_force]) if plan.takes_effect else before
        changes = repayment_changes.compare(
            self._known.listed,
            before,
            after,
            self._names,
            season=season,
            since=since,
            as_of=plan.in_force,
        )
        return plan, changes

    def _check(self, plan: Plan | None) -> Checked:
        state = plan.days[self._file.as_of] if plan else {}
        return repayment_checks.check(self._known, self._file.payments, repayments.sums(state))

    def _waiting(self, changes: Changes | None) -> list[RowProblem]:
        """What somebody has to confirm before anything is written."""
        choice, file, found = self._choice, self._file, list[RowProblem]()
        if not file.as_of:
            found.append(_file("intake.as_of_unknown"))
        elif self._doubts() and not choice.as_of:
            found.append(_file("intake.as_of_unconfirmed", day=file.as_of))
        if not self._kind:
            found.append(_file("intake.kind_unsure"))
        returns = len(changes.people("came_back")) if changes else 0
        if returns > MOST_RETURNS and not choice.accept_returns:
            found.append(_file("intake.returns_many", count=str(returns)))
        return found

    def _doubts(self) -> list[str]:
        """What makes the day doubtful, confirmed or not."""
        doubts = list(self._file.as_of_asked)
        if self._file.as_of and self._stored and self._file.as_of < self._stored[-1].as_of:
            doubts.append("intake.as_of_older")
        return doubts

    def _warnings(self, plan: Plan | None) -> list[RowProblem]:
        found, newest = list[RowProblem](), self._stored[-1].as_of if self._stored else ""
        if "intake.as_of_older" in self._doubts():
            found.append(_file("intake.as_of_older", WARNING, day=self._file.as_of, newest=newest))
        if plan is not None and plan.base == self._file.as_of:
            same_day = next(s for s in self._stored if s.as_of == plan.base)
            if same_day.sha256 != self._run.sha256:
                values = {"day": plan.base, "file": same_day.file_name}
                found.append(_file("intake.day_added_to", WARNING, **values))
        if plan is not None and plan.known:
            rows = [self._file.payments[n].row for n in plan.known]
            found.append(repayment_report.counted_before(rows, plan.base))
        return found

    def _report(
        self,
        outlooks: dict[RepaymentKind, tuple[Plan, Changes]],
        checked: Checked,
        waiting: Sequence[str],
    ) -> RepaymentReport:
        plan, changes = outlooks.get(self._kind, (None, None))
        return repayment_report.build(
            recognised=self._recognised,
            chosen=self._kind,
            outlooks=[
                Outlook(
                    kind=kind,
                    newly_paid=len(each.people("newly_paid")),
                    came_back=len(each.people("came_back")),
                )
                for kind, (_, each) in outlooks.items()
            ],
            file=self._file,
            doubts=self._doubts(),
            choice=self._choice,
            in_force=self._stored[-1].as_of if self._stored else "",
            plan=plan,
            changes=changes,
            checked=checked,
            waiting=waiting,
        )


def _lines(file: RepaymentFile, kind: RepaymentKind) -> list[Repayment]:
    """Return a sum for each contract, or a line for each payment."""
    rows: Sequence[RepaymentLine] = file.lines if kind == "cumulative" else file.payments
    return [
        Repayment(
            contract_no=line.contract_no,
            principal_fen=line.principal_fen,
            interest_fen=line.interest_fen,
            paid_on=line.paid_on,
            channel=line.channel,
        )
        for line in rows
    ]


def _file(code: str, level: str = ERROR, **values: str) -> RowProblem:
    return RowProblem(row=None, column="", code=code, level=level, values=values)
