"""What one push looks up, each kind once: ids in the ledger, where cases are, what was set apart.

All of it holds until COMMIT: the device's row is locked, and a case changes its school in a
transaction of its own. What the push itself stores and sets apart is added as it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    RowMapping,
    Select,
    bindparam,
    func,
    or_,
    select,
)

from shared.records.base import Fact
from shared.records.shapes import is_token
from sync_server.store import tables as t
from sync_server.store.parts import parts
from sync_server.store.prepared import Prepared
from sync_server.store.received_fact import ReceivedFact
from sync_server.store.resolution import ASKED, waits

_F, _C, _Q = t.fact.c, t.case_file.c, t.quarantine.c
UNSIGNED = "fact.bad_signature"

# Built once: making a statement costs more than running it. Of one value it is asked by `=`, which
# costs half of IN with a list of one.
_ONE: BindParameter[str] = bindparam("one")
_MANY: BindParameter[str] = bindparam("many", expanding=True)


def _by(column: Column[str], found: Select[Any]) -> tuple[Prepared, Prepared]:
    """A query by one value of a column, and by many."""
    return Prepared(found.where(column == _ONE)), Prepared(found.where(column.in_(_MANY)))


_KNOWN = _by(_F.id, select(_F.id, _F.sha256, _F.seq, _F.tray, _F.device, _F.n))
_HOMES = _by(_C.id, select(_C.id, _C.season, _C.unit, _C.assignee))
_COLUMNS = select(
    *(_Q.device, _Q.unit, _Q.sha256, _Q.code, _Q.n, _Q.link),
    *(_Q.settled_at, _Q.resolution, _Q.resolved_reason),
)
_NOT_SIGNED = (_Q.device == bindparam("of_device")) & (_Q.code == UNSIGNED)
_SET_APART = (
    Prepared(_COLUMNS.where(or_(_Q.sha256 == _ONE, _NOT_SIGNED))),
    Prepared(_COLUMNS.where(or_(_Q.sha256.in_(_MANY), _NOT_SIGNED))),
)
_UNDECIDED = select(func.count()).where(_Q.device == bindparam("of_device"), waits())


class Known(NamedTuple):
    """A fact that the ledger has, or will have when the push is written."""

    sha256: str
    seq: int
    tray: bool
    device: str
    n: int


class Home(NamedTuple):
    """School and teacher that a case is with now."""

    unit: str
    staff: str


class Lookups:
    """Of the facts of one push by one device.

    Attributes:
        known: What the ledger has under the facts' ids.
        own: What of these bytes was set apart of this device before, by sha256.
        waiting: (school, sha256) of what waits in the quarantine, of these bytes.
        unsigned: Numbers under which this device sent something whose signature did not hold, and
            which nothing has resolved.
    """

    def __init__(
        self,
        connection: Connection,
        device: str,
        pushed: Iterable[tuple[ReceivedFact, Fact | None]],
    ) -> None:
        self._connection = connection
        self._device = device
        self.known: dict[str, Known] = {}
        self.own: dict[str, RowMapping] = {}
        self.waiting: set[tuple[str, str]] = set()
        self.unsigned: set[int] = set()
        self._homes: dict[tuple[str, str], Home] = {}
        pushed = list(pushed)
        facts = [fact for _, fact in pushed if fact is not None]
        self._find_known({fact.id for fact in facts})
        # a case without the shape of one is refused; a database may not take it as a text
        self._find_homes({fact.case for fact in facts if is_token(fact.case)})
        self._find_set_apart({item.sha256 for item, _ in pushed})

    def home(self, case: str, season: str) -> Home | None:
        """Where a case of a season is now; None of one that it does not have."""
        return self._homes.get((case, season))

    def undecided(self) -> int:
        """How many records of this device wait for a decision."""
        found = self._connection.execute(_UNDECIDED, {"of_device": self._device})
        return int(found.scalar_one())

    def _find_known(self, ids: set[str]) -> None:
        for row in self._rows(_KNOWN, ids):
            self.known[row[0]] = Known(*row[1:])

    def _find_homes(self, ids: set[str]) -> None:
        for case, season, unit, staff in self._rows(_HOMES, ids):
            self._homes[case, season] = Home(unit, staff)

    def _find_set_apart(self, hashes: set[str]) -> None:
        for query, given in _asked(_SET_APART, hashes, of_device=self._device):
            for row in query.mappings(self._connection, given):
                self._note(row, hashes)

    def _rows(self, queries: tuple[Prepared, Prepared], values: set[str]) -> Iterator[Any]:
        """Rows of one or many values."""
        for query, given in _asked(queries, values):
            yield from query.rows(self._connection, given)

    def _note(self, row: RowMapping, hashes: set[str]) -> None:
        waits_now = not row["settled_at"] or row["resolution"] == ASKED
        if row["sha256"] in hashes:
            if row["device"] == self._device:
                self.own[row["sha256"]] = row
            if waits_now:
                self.waiting.add((row["unit"], row["sha256"]))
        if row["device"] == self._device and row["code"] == UNSIGNED and waits_now:
            self.unsigned.add(row["n"])


def _asked(
    queries: tuple[Prepared, Prepared], values: set[str], **more: str
) -> Iterator[tuple[Prepared, dict[str, Any]]]:
    """Queries of one or many values, in parts that a statement can carry."""
    by_one, by_many = queries
    if len(values) == 1:
        yield by_one, {"one": next(iter(values)), **more}
        return
    for part in parts(sorted(values)):
        yield by_many, {"many": part, **more}
