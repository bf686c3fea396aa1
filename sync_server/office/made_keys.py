"""Keys made while a server with mounted keys runs: in the database, and in keys/ of each machine.

They are schools' certificates with their keys, sealed under the mounted passphrase, and those of
offices' devices. Whoever needs them brings what the database has; whoever makes some keeps them
there, under a hold that one process has.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sync_server import whole_file
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import made_keys
from sync_server.store.database import Connection

HOLD = "certificates"
ADOPTED = "keys-adopted"
"""Stands in a data folder whose earlier keys are in the database."""
POLL_S = 0.2


@contextmanager
def changing(services: Services) -> Iterator[None]:
    """Bring the keys that others made, and keep those that are made meanwhile."""
    settings = services.settings
    if settings.keys_dir is None:
        yield
        return
    while True:
        with services.holds.tried(HOLD) as is_ours:
            if is_ours:
                _adopt(services)
                known = services.database.read(lambda c: bring(c, settings))
                try:
                    yield
                finally:
                    services.database.write(partial(keep_all, settings=settings, known=known))
                return
        time.sleep(POLL_S)


def _adopt(services: Services) -> None:
    """Keep, once for each machine, what it had made before its keys were mounted."""
    settings = services.settings
    mark = settings.path() / ADOPTED
    if mark.exists():
        return

    def job(connection: Connection) -> None:
        rows = made_keys.every(connection)
        for name, path in _own(settings.path("keys")).items():
            if name not in rows:  # another machine's of the same name is in use
                made_keys.put(connection, name, path.read_bytes())

    services.database.write(job)
    whole_file.write(mark, b"")


def forget(services: Services, paths: Iterable[Path]) -> None:
    """Forget keys that nobody may have any more."""
    if services.settings.keys_dir is not None and (names := [path.name for path in paths]):
        services.database.write(lambda c: made_keys.forget(c, *names))


def refresh(services: Services) -> None:
    """Bring what other machines made since."""
    if services.settings.keys_dir is not None:
        services.database.read(lambda c: bring(c, services.settings, removes=False))


def bring(connection: Connection, settings: Settings, *, removes: bool = True) -> frozenset[str]:
    """Write the files that the database has; `removes` those it has not: nobody kept them.

    Returns:
        The names of those that it has.
    """
    place, rows = settings.path("keys"), made_keys.every(connection)
    own = _own(place)
    for name, body in rows.items():
        if name not in own or own[name].read_bytes() != body:
            whole_file.write(place / name, body)
    for name in own.keys() - rows.keys() if removes else ():
        own[name].unlink(missing_ok=True)
    return frozenset(rows)


def keep_all(connection: Connection, settings: Settings, known: frozenset[str]) -> None:
    """Keep every file of keys/ that is not mounted, and none of those known before that went.

    What another machine kept meanwhile stays: the key of an office's device comes with a record.
    """
    rows, own = made_keys.every(connection), _own(settings.path("keys"))
    for name, path in own.items():
        if (body := path.read_bytes()) != rows.get(name):
            made_keys.put(connection, name, body)
    if gone := (rows.keys() & known) - own.keys():
        made_keys.forget(connection, *gone)


def keep(connection: Connection, settings: Settings, path: Path) -> None:
    """Keep one new file, in the transaction that names it."""
    if settings.keys_dir is not None:
        made_keys.put(connection, path.name, path.read_bytes())


def _own(place: Path) -> dict[str, Path]:
    return {
        path.name: path
        for path in place.iterdir()
        if path.is_file() and not path.is_symlink() and path.suffix != whole_file.SUFFIX
    }
