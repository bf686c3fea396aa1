"""Alembic's entry: run migrations through our own engine, so that a failed one rolls back."""

from __future__ import annotations

from alembic import context

from sync_server.store import collation, locks
from sync_server.store import process_tables as process_tables  # the schema has them
from sync_server.store.engine import open_for_steps
from sync_server.store.tables import metadata


def run() -> None:
    """Run the migrations that are missing, in one transaction.

    One process at a time: another that starts meanwhile waits here, and finds them done.
    """
    url = context.config.attributes["url"]
    engine = open_for_steps(url)
    try:
        with engine.connect() as connection:
            context.configure(
                connection=connection, target_metadata=metadata, transactional_ddl=True
            )
            with context.begin_transaction():
                locks.hold(connection, locks.MIGRATIONS)
                context.run_migrations()
                collation.order_by_code_points(connection)
    finally:
        engine.dispose()


run()
