"""Who of a school may be drawn for a spot check, and what was recorded of them.

The frame is counted as of the bulletin's moment, from the records that were here by then, in the
order in which they came: what is typed in or corrected later, once the seed can be known, changes
nobody's chance. It is read from
the list of now, for a bulletin names nobody; office/spot_checks.py freezes it with the drawing.
"""

from __future__ import annotations

import msgspec

from shared.identity import mask_name
from shared.lifecycle import stand
from shared.season import Season
from shared.spot_check import Recorded, Visited, may_be_drawn
from sync_server.office import slip_evidence
from sync_server.store import cases, notice_prints, spot_checks
from sync_server.store.database import Connection
from sync_server.store.progress import CaseStanding


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """The people of a school who may be drawn.

    Attributes:
        lines: Where each stood at the bulletin's moment, by bare case code.
        recorded: What the sheet says of each, by bare case code.
    """

    lines: dict[str, CaseStanding]
    recorded: dict[str, Recorded]


def frame_of(connection: Connection, season: Season, bulletin: str, unit: str) -> Frame:
    """Return the frame of a school as of a bulletin's moment."""
    rows = cases.rows(connection, season.id, unit=unit)
    ids = [row["id"] for row in rows]
    facts, counted = (
        cases.facts_of(connection, ids),
        spot_checks.counted_by(connection, bulletin, ids),
    )
    lines = {}
    for row in rows:
        case = cases.case_of(row)
        here = [one.fact for one in facts.get(case.id, ()) if one.fact.id in counted]
        standing = stand(case, here, cases.repaid_of(row), {}, season)
        if case.code and may_be_drawn(standing):
            lines[case.code] = CaseStanding(case=case, standing=standing)
    return Frame(lines=lines, recorded=_recorded(connection, season, unit, lines))


def _recorded(
    connection: Connection, season: Season, unit: str, lines: dict[str, CaseStanding]
) -> dict[str, Recorded]:
    evidence = slip_evidence.evidence_of(connection, season.id, list(lines.values()))
    prints = notice_prints.newest_of_school(connection, season.id, unit)
    found = {}
    for code, line in lines.items():
        case, standing, slip = line.case, line.standing, evidence[line.case.id]
        printed = prints.get(case.id)
        found[code] = Recorded(
            name=mask_name(case.borrower.name),
            village=case.village or case.township,
            delivery=standing.delivery_record,
            delivered_on=standing.delivered_on,
            signer=standing.signer_relation if standing.delivered else "",
            print_n=printed.n if printed else 0,
            print_batch=printed.batch.number if printed else 0,
            paper=slip.paper,
            photo=slip.photo,
            visits=tuple(
                Visited(day=one.day, met=one.met, visitors=one.visitors) for one in standing.visits
            ),
            stated=standing.statement != "none",
        )
    return found
