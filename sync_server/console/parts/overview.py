"""One read of the store for the pages that show progress: sums, never people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from shared.season import Season
from sync_server.office.slip_evidence import PAPERS, PHOTOS, RECORDS, SlipCounts
from sync_server.services import Services
from sync_server.store import (
    behind,
    devices,
    office_devices,
    original_papers,
    progress,
    quarantine,
    school_lists,
    school_totals,
    seasons,
    slip_batches,
    summaries,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.original_papers import Original
from sync_server.store.progress import SchoolSum
from sync_server.store.scope import Of, as_scope, of_schools
from sync_server.store.summaries import SummaryRow
from sync_server.store.units import UnitRow

SCHOOLS = 50
"""Schools that a page shows at a time; a county has 40."""

LONGEST_SOUGHT = 60
"""Characters of a search for a school."""


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What the first pages of county, area and school show: of what was asked for, nothing else.

    `schools` are those of the part that is shown, and `sums`, `phones`, `newest`, `handed_in_by`,
    `originals`, `on_paper` and `at_desk` are theirs; `whole`, `sealed`, `lists_unseen`,
    `all_at_desk`, `set_apart` and `unplaced` (people of no school) are of all `count` schools that
    were asked for, of which a search means `matching`.

    `sums`: by school code, and under "" the people of no school; `newest` is the summary that
    stands for a school: the newest sealed one, a draft where none is; `handed_in_by` are the
    schools whose newest sealed one was handed in; `originals`: where the stamped paper of each
    summary of `newest` is, by its id; `sealed`: how many of all handed in; `at_desk`: batches of
    slips that wait at the centre; `list_known`: of one school, whether it confirmed its list as it
    is now, and how much of it it does not know; `set_apart`: records that nobody has decided about.
    """

    season: Season
    schools: list[UnitRow]
    count: int
    matching: int
    unplaced: int
    whole: SchoolSum
    sums: dict[str, SchoolSum]
    phones: dict[tuple[str, str], int]
    newest: dict[str, SummaryRow]
    handed_in_by: frozenset[str]
    as_of: str
    sealed: int = 0
    lists_unseen: int = 0
    set_apart: int = 0
    all_at_desk: int = 0
    at_desk: dict[str, int] = {}
    on_paper: frozenset[str] = frozenset()
    originals: dict[str, Original] = {}
    list_known: tuple[bool, int] = (True, 0)

    def total(self) -> SchoolSum:
        """Return the progress of all that was asked for."""
        return self.whole

    def by_school(self) -> dict[str, SchoolSum]:
        """Return the progress by school code; "" stands for cases in no school."""
        return self.sums

    def of(self, unit: str) -> SchoolSum:
        """Return the progress of a school, which may have nobody."""
        return self.sums.get(unit) or SchoolSum()

    def pending(self, unit: str) -> int:
        """Phones of a school that wait to be confirmed."""
        return self.phones.get((unit, devices.PENDING), 0)

    def confirmed(self, unit: str) -> int:
        """Return how many confirmed phones a school has."""
        return self.phones.get((unit, devices.CONFIRMED), 0)

    def to_judge(self, unit: str) -> bool:
        """Whether the centre has a school's summary and has not judged it."""
        row = self.newest.get(unit)
        return row is not None and row.state == "submitted"

    def original(self, unit: str) -> Original:
        """Return where the stamped paper of a school's summary is."""
        row = self.newest.get(unit)
        return self.originals.get(row.id, "") if row else ""

    def handed_in(self, unit: str) -> bool:
        """Whether a school's newest sealed summary has reached the centre."""
        return unit in self.handed_in_by

    def slips(self) -> SlipCounts:
        """Return people by what there is of their delivered notice."""
        return slip_counts(self.whole)


def _in_order(
    connection: Connection,
    season: str,
    of: Of,
    sought: str,
    order: Sequence[str],
    part: tuple[int, int],
) -> list[UnitRow]:
    """Return a part (the first, how many) of the schools in an order; the others behind them."""
    first, most = part
    place = {code: n for n, code in enumerate(order)}
    codes = units.names_at_work(connection, season, of, sought)
    codes_in_order = sorted(codes, key=lambda code: (place.get(code, len(place)), code))
    listed = codes_in_order[first : first + most] if most >= 0 else codes_in_order
    rows = units.some_within(connection, season, of_schools(listed))
    return sorted(rows, key=lambda row: (place.get(row.code, len(place)), row.code))


def _unplaced(connection: Connection, season: Season, of: Of) -> int:
    """Count the people of no school, where somebody sees them."""
    if not as_scope(of).is_county:
        return 0
    return school_totals.by_school(connection, season, "").get("", SchoolSum()).people


def slip_counts(total: SchoolSum) -> SlipCounts:
    """Return people by record, paper slip and photo, of a sum."""
    return SlipCounts(
        people=total.people,
        records={code: getattr(total, f"record_{code}") for code in RECORDS},
        papers={code: getattr(total, f"paper_{code}") for code in PAPERS},
        photos={code: getattr(total, f"photo_{code}") for code in PHOTOS},
        late=total.slips_late,
    )


async def load_overview(
    services: Services,
    of: Of,
    *,
    sought: str = "",
    at: int = 1,
    most: int = -1,
    order: Sequence[str] | None = None,
) -> Overview:
    """Read it for a school, or for those somebody sees.

    Args:
        services: The server's services.
        of: The school, or what somebody sees.
        sought: Shows only schools of which this is the code, or a part of name or townships.
        at: Which part of the schools, from 1.
        most: How many schools a part has; -1 for all of them.
        order: The codes of schools in the order of the parts, the others behind them; None for
            the order of codes.
    """
    season_id = services.season

    def job(connection: Connection) -> Overview:
        season = seasons.get(connection, season_id)
        behind.check_judged(connection, season, of)
        count = units.count_within(connection, season_id, of)
        matching = units.count_within(connection, season_id, of, sought) if sought else count
        first = (part_at(at, matching, most) - 1) * most
        if order is None:
            schools = units.some_within(
                connection, season_id, of, sought=sought, first=first, most=most
            )
        else:
            schools = _in_order(connection, season_id, of, sought, order, (first, most))
        if sought or len(schools) < count:
            shown: Of = of_schools([school.code for school in schools])
        else:
            shown = of
        rows = summaries.standings(summaries.glanced(connection, season_id, shown))
        newest = {code: s.shown for code, s in rows.items() if s.shown}
        desk = slip_batches.count_in_state(connection, season_id, of, slip_batches.BROUGHT)
        return Overview(
            season=season,
            schools=schools,
            count=count,
            matching=matching,
            unplaced=_unplaced(connection, season, of),
            whole=school_totals.total(connection, season, of),
            sums=school_totals.by_school(connection, season, shown),
            phones=progress.phones(connection, season_id, shown),
            newest=newest,
            originals=original_papers.states(connection, newest.values()),
            handed_in_by=frozenset(code for code, s in rows.items() if s.handed_in),
            as_of=progress.newest_snapshot(connection, season_id),
            sealed=summaries.count_handed_in(connection, season_id, of),
            on_paper=office_devices.schools(connection, season_id, shown),
            set_apart=quarantine.count_waiting(connection, season_id, of),
            lists_unseen=school_lists.unseen(connection, season_id, of),
            all_at_desk=sum(desk.values()),
            at_desk=desk,
            list_known=school_lists.known_by(connection, season_id, of)
            if isinstance(of, str)
            else (True, 0),
        )

    return await services.read(job)


def parts_of(count: int, most: int) -> int:
    """Return how many parts a table of so many schools has; one where it has none."""
    return max(1, -(-count // most)) if most > 0 else 1


def part_at(at: int, count: int, most: int) -> int:
    """Return the part that is shown, from 1: the last one where there are fewer."""
    return min(max(at, 1), parts_of(count, most))


def part_of_schools(
    count: int, meant: int, at: int, most: int, sought: str, **asked: str
) -> dict[str, Any]:
    """Return what a page shows of a table of schools in parts: `schools_found.html`, `pager`.

    Args:
        count: How many schools there are.
        meant: How many of them the search means.
        at: Which part, from 1.
        most: How many schools a part has.
        sought: The search.
        asked: What else the address of the page says.
    """
    said = {name: text for name, text in {"sought": sought, **asked}.items() if text}
    return {
        "at": part_at(at, meant, most),
        "pages": parts_of(meant, most),
        "sought": sought,
        "in_parts": count > most or bool(sought),
        "query": urlencode(said),
    }
