"""What a correction is of: the record that the ledger has under the id it names."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, select

from shared.ids import is_uuid
from shared.records.base import Fact
from sync_server.store import fact_validation
from sync_server.store import tables as t

_BYTES = select(t.fact.c.data).where(t.fact.c.id == bindparam("fact"))


def corrected_kind(
    connection: Connection, fact: Fact, added: Callable[[str], bytes | None] = lambda _: None
) -> str:
    """Return the kind of the record that a correction is of, also through corrections of it.

    `added`: the bytes of a record, by id, that this transaction adds and has not written yet.

    Returns:
        "" for every other record, and where the ledger does not have the corrected one.
    """
    kind, seen = fact.kind, set[str]()
    while kind == "correction":
        corrects = str(fact.body.get("corrects"))
        # two corrections may name each other: the ledger takes one of a record it does not have
        if corrects in seen or not is_uuid(corrects):
            return ""
        data = added(corrects) or connection.execute(_BYTES, {"fact": corrects}).scalar()
        known = fact_validation.decode_envelope(data) if data is not None else None
        if known is None:
            return ""
        seen.add(corrects)
        fact, kind = known, known.kind
    return kind if seen else ""
