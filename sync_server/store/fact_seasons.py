"""The season of a pushed fact: its phone's place in it, its settings, whether it is over."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Connection

from shared.problems import ProblemError
from shared.records.shapes import is_token
from shared.season import Season
from sync_server.store import seasons
from sync_server.store.devices import CONFIRMED, Device, places


class FactSeasons:
    """The seasons of one push, each read once.

    `device`: the phone as it is now, or as it was in the season of a record that is taken by hand.
    `received_at`: UTC ISO; "" where nothing is pushed. `season`: one that was read already.
    """

    def __init__(
        self,
        connection: Connection,
        device: Device,
        received_at: str,
        season: seasons.SeasonRow | None = None,
    ) -> None:
        self._connection = connection
        self._device = device
        self._received_at = received_at
        self._rows = dict[str, seasons.SeasonRow | None]()
        if season is not None:
            self._rows[season.id] = season

    @cached_property
    def _places(self) -> dict[str, Device]:
        found = places(self._connection, self._device.id)
        return {**found, self._device.season: self._device}

    def device_in(self, season: str) -> Device:
        """Return the phone as it is or was in a season; as it is now, if it was never there."""
        if season in ("", self._device.season):
            return self._device
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
        if device.state == CONFIRMED:
            return
        if self._received_at and len(self._places) > 1:  # it was in a season before
            raise ProblemError("device.new_season")

    def _row(self, season: str) -> seasons.SeasonRow | None:
        if season not in self._rows:
            if not is_token(season):
                return None  # refused for its shape; a database may not take it as a text
            self._rows[season] = seasons.find(self._connection, season)
        return self._rows[season]
