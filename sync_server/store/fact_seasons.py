"""The season of a pushed fact: its phone's place in it, its settings, whether it is over."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection, bindparam, select

from shared.problems import ProblemError
from shared.records.shapes import is_token
from shared.season import Season
from sync_server.store import seasons
from sync_server.store import tables as t
from sync_server.store.devices import CONFIRMED, Device, places

# Built once: making a statement costs more than running it, and every fact runs it.
_HOME = select(t.case_file.c.unit, t.case_file.c.assignee).where(
    t.case_file.c.id == bindparam("case"), t.case_file.c.season == bindparam("season")
)


class FactSeasons:
    """The seasons of one push, each read once.

    `device`: the phone as it is now, or as it was in the season of a record that is taken by hand.
    `received_at`: UTC ISO; "" where nothing is pushed.
    """

    def __init__(self, connection: Connection, device: Device, received_at: str) -> None:
        self._connection = connection
        self._device = device
        self._received_at = received_at
        self._homes: dict[tuple[str, str], tuple[str, str] | None] = {}
        self._rows: dict[str, seasons.SeasonRow | None] = {}

    @cached_property
    def _places(self) -> dict[str, Device]:
        found = places(self._connection, self._device.id)
        return {**found, self._device.season: self._device}

    def device_in(self, season: str) -> Device:
        """Return the phone as it is or was in a season; as it is now, if it was never there."""
        return self._places.get(season, self._device)

    def settings(self, season: str) -> Season | None:
        """Return a season's settings; None of one that is not known here."""
        row = self._row(season)
        return row.season if row else None

    def is_over(self, season: str) -> bool:
        """Whether a season keeps no more records: it was purged."""
        row = self._row(season)
        return row is not None and seasons.is_over(row)

    def check_confirmed(self, device: Device) -> None:
        """Refuse a new record of a season in which the phone waits, though not in all of them.

        Raises:
            ProblemError: device.new_season.
        """
        was_elsewhere = self._received_at and len(self._places) > 1
        if was_elsewhere and device.state != CONFIRMED:
            raise ProblemError("device.new_season")

    def home(self, case: str, season: str) -> tuple[str, str] | None:
        """School and teacher a case of a season is with now; None of one that it does not have."""
        if not (is_token(case) and is_token(season)):
            return None  # refused for its shape; a database may not take it as a text
        if (case, season) not in self._homes:
            row = self._connection.execute(_HOME, {"case": case, "season": season}).first()
            self._homes[case, season] = None if row is None else (row.unit, row.assignee)
        return self._homes[case, season]

    def _row(self, season: str) -> seasons.SeasonRow | None:
        if not is_token(season):
            return None  # as above
        if season not in self._rows:
            self._rows[season] = seasons.find(self._connection, season)
        return self._rows[season]
