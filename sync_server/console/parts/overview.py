"""One read of the store for the pages that show progress."""

from __future__ import annotations

import msgspec

from shared.season import Season
from sync_server.office import reconciliation, review_records
from sync_server.services import Services
from sync_server.store import (
    devices,
    office_devices,
    original_papers,
    progress,
    quarantine,
    school_lists,
    seasons,
    summaries,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.original_papers import Original
from sync_server.store.progress import CaseStanding, Progress
from sync_server.store.school_lists import ListStanding
from sync_server.store.scope import Of, as_scope
from sync_server.store.summaries import SummaryRow
from sync_server.store.units import UnitRow


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What the first pages of county, area and school show: of what was asked for, nothing else.

    `newest` is the summary that stands for a school: the newest sealed one, a draft where none is;
    `handed_in_by` are the schools whose newest sealed one was handed in; `claimed`: people who
    claim to have paid and have not, by school; `set_apart`: records set apart that nobody has
    decided about; `lists`: where each school's list is; `originals`: where the stamped paper of
    each summary of `newest` is, by its id.
    """

    season: Season
    schools: list[UnitRow]
    found: list[CaseStanding]
    waiting: dict[str, int]
    phones: dict[tuple[str, str], int]
    newest: dict[str, SummaryRow]
    handed_in_by: frozenset[str]
    as_of: str
    claimed: dict[str, int] = {}
    set_apart: int = 0
    on_paper: frozenset[str] = frozenset()
    lists: dict[str, ListStanding] = {}
    originals: dict[str, Original] = {}

    def total(self) -> Progress:
        """Return the progress of all that was read."""
        return progress.count(self.found, self.season)

    def by_school(self) -> dict[str, Progress]:
        """Return the progress by school code; "" stands for cases in no school."""
        return progress.count_by(self.found, self.season, lambda line: line.case.school)

    def lists_unseen(self) -> int:
        """How many schools have not seen their list as it is now."""
        return sum(not one.is_seen for one in self.lists.values())

    def list_confirmed(self, unit: str) -> bool:
        """Whether a school has confirmed its list as it is now; one without people has none."""
        found = self.lists.get(unit)
        return found is None or bool(found.version and found.version.confirmed_at)

    def list_changes(self, unit: str) -> int:
        """Count the people of whom something is other than the school knows it."""
        found = self.lists.get(unit)
        return len(found.changes()) if found else 0

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


async def load_overview(services: Services, of: Of) -> Overview:
    """Read it for a school, or for those somebody sees."""
    season_id = services.season

    def job(connection: Connection) -> Overview:
        season = seasons.get(connection, season_id)
        scope = as_scope(of)
        rows = summaries.standings(summaries.listed(connection, season_id, of))
        newest = {code: s.shown for code, s in rows.items() if s.shown}
        return Overview(
            season=season,
            schools=units.within(connection, season_id, scope),
            found=progress.case_standings(connection, season, scope=scope),
            waiting=review_records.waiting(connection, season_id, of),
            phones=progress.phones(connection, season_id, of),
            newest=newest,
            originals=original_papers.states(connection, newest.values()),
            handed_in_by=frozenset(code for code, s in rows.items() if s.handed_in),
            as_of=progress.newest_snapshot(connection, season_id),
            claimed=reconciliation.open_by_school(connection, season_id, of),
            on_paper=office_devices.schools(connection, season_id),
            set_apart=quarantine.counts(connection, season_id, of)[0],
            lists=school_lists.standings(connection, season_id, of),
        )

    return await services.read(job)
