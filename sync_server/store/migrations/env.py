"""Alembic's entry: run migrations through our own engine, so that a failed one rolls back."""

from __future__ import annotations

from alembic import context

from sync_server.store import process_tables as process_tables  # the schema has them
from sync_server.store.engine import open_engine
from sync_server.store.tables import metadata


def run() -> None:
    """Run the migrations that are missing, in one transaction."""
    url = context.config.attributes["url"]
    engine = open_engine(url, writes=True)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
