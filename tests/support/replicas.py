"""Two servers with data folders of their own over one PostgreSQL and one set of mounted keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from litestar import Litestar

from sync_server.office import keys_init
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store.engine import open_engine
from tests.support.console_browser import people
from tests.support.county import CLOCK, fill, with_season
from tests.support.one_app import app_over

CENTRE = "青槐县学生资助管理中心"


def new_database(postgres_url: str, name: str) -> str:
    """An empty database of the cluster."""
    root = open_engine(postgres_url, writes=True).execution_options(isolation_level="AUTOCOMMIT")
    with root.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name}")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    root.dispose()
    return f"{postgres_url.rsplit('/', 1)[0]}/{name}"


def made_keys(folder: Path) -> Path:
    """Keys as an operator makes them once, and mounts them: nobody writes there."""
    keys_init.make(folder, CENTRE, datetime.now(UTC))
    for path in folder.iterdir():
        path.chmod(0o400)
    folder.chmod(0o500)
    return folder


def settings_of(folder: Path, name: str, url: str, keys: Path) -> Settings:
    """The settings of one of them."""
    return Settings(
        data_dir=folder / name,
        database_url=url,
        keys_dir=keys,
        clock_spec=CLOCK,
        public_url="http://server",
    )


@contextmanager
def two_apps(routes: Litestar, url: str, folder: Path) -> Iterator[tuple[Litestar, Litestar]]:
    """Two apps, with two schools and an account of each role."""
    keys = made_keys(folder / "keys")
    one = with_season(Services.open(settings_of(folder, "one", url, keys)))
    one.database.write(lambda c: fill(c))
    people(one)
    two = Services.open(settings_of(folder, "two", url, keys)).in_season()
    apps = app_over(routes, one), app_over(routes, two)
    for app in apps:
        app.state["console_state"].works.wait_s = 0.3
    try:
        yield apps
    finally:
        for app in apps:
            app.state["console_state"].works.close()
        two.close()
        one.close()
        folder.joinpath("keys").chmod(0o700)
