"""Where a server keeps its data and which clock it goes by; read once and passed on."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.assets import WEB_APP
from shared.clock import VARIABLE, moved, shift
from shared.problems import ProblemError
from sync_server import mounted_keys, serve_choice, whole_file
from sync_server.data_folder import make_folder

POOLS = range(2, 501)
"""Connections of a process to PostgreSQL: one that writes, and at least one that reads."""


@dataclass(frozen=True)
class Settings:
    """`data_dir` holds database, photos, uploads, keys and sealed files; back it up as one.

    `listen_host` is the address `serve` listens on; "" where nobody serves (a command). `proxies`
    are the addresses and networks whose X-Forwarded headers are believed. `files_url` is where
    files are that replicas share (s3://bucket/prefix); "" for the data folder. `keys_dir` is a
    mounted folder of the secrets, which is only read; None where they lie in the data folder.
    `pool` is how many connections a process may hold to PostgreSQL; 0 for the usual number.
    """

    data_dir: Path
    database_url: str = ""
    keys_dir: Path | None = None
    files_url: str = ""
    clock_spec: str = ""
    public_url: str = ""
    app_url: str = ""
    listen_host: str = ""
    proxies: tuple[str, ...] = ()
    secure_cookies: bool = False
    own_root: bool = False
    app_dir: Path = WEB_APP
    pool: int = 0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def from_environment(
        cls, data_dir: Path | None = None, environ: Mapping[str, str] = os.environ
    ) -> Settings:
        """Read the settings from the environment.

        `DOORSTEP_DATA`, `DOORSTEP_DATABASE`, `DOORSTEP_FILES` (docs/files.md), `DOORSTEP_KEYS` (a
        mounted folder of the secrets), `DOORSTEP_CLOCK`, `DOORSTEP_URL`, `DOORSTEP_APP_URL`,
        `DOORSTEP_APP_DIR` (the built web app; default: what was built or carried),
        `DOORSTEP_PROXIES` (addresses and networks, with commas between them), `DOORSTEP_POOL`
        (connections of a process to PostgreSQL).
        Without `DOORSTEP_URL`, the address the office chose (serve_choice).

        Raises:
            ProblemError: data.not_folder, data.pool, connect.unreadable.
        """
        folder = (data_dir or Path(environ.get("DOORSTEP_DATA", "doorstep-data"))).resolve()
        if folder.exists() and not folder.is_dir():
            raise ProblemError("data.not_folder", folder=str(folder))
        keys = Path(environ["DOORSTEP_KEYS"]).resolve() if environ.get("DOORSTEP_KEYS") else None
        public_url = environ.get("DOORSTEP_URL", "") or serve_choice.read(folder, keys).url
        return cls(
            data_dir=folder,
            database_url=environ.get("DOORSTEP_DATABASE", ""),
            keys_dir=keys,
            files_url=environ.get("DOORSTEP_FILES", ""),
            clock_spec=environ.get(VARIABLE, ""),
            public_url=public_url,
            app_url=environ.get("DOORSTEP_APP_URL", ""),
            proxies=tuple(environ.get("DOORSTEP_PROXIES", "").replace(",", " ").split()),
            pool=_pool(environ.get("DOORSTEP_POOL", "")),
            app_dir=Path(environ.get("DOORSTEP_APP_DIR") or cls.app_dir),
            secure_cookies=public_url.startswith("https:"),
        )

    @property
    def hsts(self) -> bool:
        """Whether browsers are told to accept https alone; never under our own root.

        A browser that was told and then loses the root (a new server, a root made again) lets
        nobody past, not even to /trust, where the new one is explained.
        """
        return self.secure_cookies and not self.own_root

    @property
    def database(self) -> str:
        """SQLAlchemy URL; by default one SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'doorstep.db'}"

    @property
    def is_shared(self) -> bool:
        """Whether several processes may serve this database: any but SQLite's one file."""
        return not self.database.startswith("sqlite")

    @property
    def files(self) -> str:
        """Where files are that replicas share (s3://bucket/prefix); "" for the data folder."""
        return self.files_url

    def path(self, *parts: str) -> Path:
        """A folder of the data folder, made if need be, for the owner's eyes only."""
        path = self.data_dir
        make_folder(path)
        for part in parts:
            path /= part
            make_folder(path)
        return path

    def now(self) -> datetime:
        """The season's clock, UTC: the real one, moved in a demonstration."""
        return moved(datetime.now(UTC), shift(self.clock_spec, self.started))

    def now_text(self) -> str:
        """`now` as it is stored: UTC ISO to the millisecond, so that text order is time order."""
        return self.as_text(self.now())

    def as_text(self, moment: datetime) -> str:
        """A moment of this clock as it is stored."""
        return moment.isoformat(timespec="milliseconds")

    def real_now(self) -> datetime:
        """The real clock, UTC: for certificates, tokens and receipts."""
        return moved(datetime.now(UTC), timedelta(0))

    def secret(self, name: str) -> str:
        """A random secret of this server, made on first use, in a file of mode 0600 under keys/.

        A mounted one is only read.

        Raises:
            ProblemError: keys.missing.
        """
        path = self.key_file(name)
        if self.keys_dir is None:
            whole_file.write_once(path, lambda: secrets.token_urlsafe(32).encode())
        elif mounted_keys.missing(self.keys_dir, (name,)):
            raise ProblemError("keys.missing", folder=str(self.keys_dir), files=name)
        return path.read_text("ascii").strip()

    def key_file(self, *parts: str) -> Path:
        """Where a file of the secrets lies: in the mounted folder, or in keys/."""
        return (self.keys_dir or self.path("keys")).joinpath(*parts)

    def check_keys_writable(self) -> None:
        """Refuse to change what is mounted. Raises: ProblemError keys.read_only."""
        if self.keys_dir is not None:
            raise ProblemError("keys.read_only", folder=str(self.keys_dir))


def _pool(text: str) -> int:
    """Read the number of connections; 0 for none given. Raises: ProblemError data.pool."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and POOLS.start <= int(text[:9]) < POOLS.stop):
        least, most = POOLS.start, POOLS.stop - 1
        raise ProblemError("data.pool", value=text[:20], least=least, most=most)
    return int(text)
