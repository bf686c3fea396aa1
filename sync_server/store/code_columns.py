"""The columns that hold a code, and the codes that each may hold.

A page or a rule that meets another one would fail, or let somebody do what nobody decided. So a
restored database is refused with any, and `doctor` names one in a running database. Not here are
columns that only name what was done, whose words fall back to the code itself, and the kind of a
record: one that a newer version knows is kept.
"""

from __future__ import annotations

from typing import Any, get_args

from sqlalchemy import Column, Connection, Select, select

from shared import spot_findings
from shared.cases import RepaymentKind
from shared.lifecycle import DeliveryRecord, Stage, Verdict
from sync_server.store import (
    accounts,
    devices,
    jobs,
    late_schools,
    resolution,
    reviews,
    seasons,
    slip_batches,
    slip_stacks,
    standing_rows,
    summary_states,
    teachers,
)
from sync_server.store import tables as t

TEACHER = "teacher"
FEED = ("briefing", "case", "fact", "gone", "resolved")
"""Kinds of lines of a school's feed (store/feed.py)."""
RESOLUTIONS = (
    "",
    resolution.ARRIVED,
    resolution.ASKED,
    resolution.DROPPED,
    resolution.RESENT,
    resolution.TAKEN,
)
CODES: dict[Column[Any], tuple[str, ...]] = {
    t.account.c.role: get_args(accounts.Role),
    t.case_standing.c.delivery_record: get_args(DeliveryRecord),
    t.case_standing.c.paper: get_args(standing_rows.Paper),
    t.case_standing.c.stage: get_args(Stage),
    t.change.c.kind: FEED,
    t.device.c.kind: get_args(devices.Kind),
    t.device.c.state: get_args(devices.State),
    t.device_season.c.state: (devices.PENDING, devices.CONFIRMED),
    t.job.c.state: get_args(jobs.State),
    t.late_school.c.state: late_schools.STATES,
    t.late_school.c.printed_state: ("", *late_schools.STATES),
    t.quarantine.c.resolution: RESOLUTIONS,
    t.review.c.verdict: (*get_args(Verdict), reviews.TAKEN_BACK),
    t.season.c.state: get_args(seasons.State),
    t.slip_page.c.ink: get_args(slip_stacks.Ink),
    t.slip_page.c.state: get_args(slip_stacks.PageState),
    t.slip_page.c.why: get_args(slip_stacks.Why),
    t.slip_stack.c.state: get_args(slip_stacks.StackState),
    t.slip_batch.c.state: get_args(slip_batches.State),
    t.snapshot.c.kind: get_args(RepaymentKind),
    t.spot_check_step.c.kind: spot_findings.KINDS,
    t.spot_check_step.c.verdict: spot_findings.VERDICTS,
    t.staff.c.offered: get_args(teachers.Offered),
    t.staff.c.role: (TEACHER,),
    t.summary.c.state: get_args(summary_states.State),
    t.summary.c.verdict: ("", *get_args(Verdict)),
}
"""The codes of each column."""


def name_of(column: Column[Any]) -> str:
    """Return a column's name with its table's."""
    return f"{column.table.name}.{column.name}"


def unknown(column: Column[Any]) -> Select[tuple[str]]:
    """Return the query for a value that a column may not hold."""
    return select(column).where(column.not_in(CODES[column])).limit(1)


def first_unknown(connection: Connection) -> str:
    """Return the first column of a database that holds an unknown code; "" for none."""
    for column in CODES:
        if connection.execute(unknown(column)).first() is not None:
            return name_of(column)
    return ""
