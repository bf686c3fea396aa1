"""The order of text: by code points, on every engine.

SQLite compares bytes. PostgreSQL compares as its database was told at its making, often as a
language's dictionary does: lists would come in another order, and the bounds of a range of codes
would hold other rows. So every text column of our tables says "C" there. A run of steps of the
schema ends with this, so that a later step need not think of it.
"""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import Connection, text

from sync_server.store.tables import metadata

_OTHERS = text(
    "SELECT c.relname, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod)"
    " FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
    " AND a.attnum > 0 AND NOT a.attisdropped AND a.attcollation <> 0"
    " AND a.attcollation <> (SELECT oid FROM pg_collation WHERE collname = 'C'"
    " AND collnamespace = 'pg_catalog'::regnamespace) ORDER BY 1, 2"
)
_TRIGGERS = text(
    "SELECT quote_ident(tgname), pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal AND tgrelid = to_regclass(:named) ORDER BY 1"
)


def order_by_code_points(connection: Connection) -> None:
    """Let every text column of ours that has another order take that of the code points."""
    if connection.dialect.name != "postgresql":
        return
    rows = [row for row in connection.execute(_OTHERS).all() if row[0] in metadata.tables]
    for table, columns in groupby(rows, lambda row: str(row[0])):
        # a column that a trigger names cannot change while the trigger is there
        triggers = connection.execute(_TRIGGERS, {"named": f'"{table}"'}).all()
        for name, _ in triggers:
            connection.exec_driver_sql(f'DROP TRIGGER {name} ON "{table}"')
        changes = ", ".join(f'ALTER {name} TYPE {kind} COLLATE "C"' for _, name, kind in columns)
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {changes}')
        for _, made in triggers:
            connection.exec_driver_sql(made)
