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
from sync_server import serve_choice, whole_file
from sync_server.data_folder import make_folder


@dataclass(frozen=True)
class Settings:
    """`data_dir` holds database, photos, uploads, keys and sealed files; back it up as one.

    `listen_host` is the address `serve` listens on; "" where nobody serves (a command). `proxies`
    are the addresses and networks whose X-Forwarded headers are believed. `files_url` is where
    files are that replicas share (s3://bucket/prefix); "" for the data folder.
    """

    data_dir: Path
    database_url: str = ""
    files_url: str = ""
    clock_spec: str = ""
    public_url: str = ""
    app_url: str = ""
    listen_host: str = ""
    proxies: tuple[str, ...] = ()
    secure_cookies: bool = False
    own_root: bool = False
    app_dir: Path = WEB_APP
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def from_environment(
        cls, data_dir: Path | None = None, environ: Mapping[str, str] = os.environ
    ) -> Settings:
        """Read the settings from the environment.

        `DOORSTEP_DATA`, `DOORSTEP_DATABASE`, `DOORSTEP_FILES` (docs/files.md), `DOORSTEP_CLOCK`,
        `DOORSTEP_URL`, `DOORSTEP_APP_URL`,
        `DOORSTEP_APP_DIR` (the built web app; default: what was built or carried),
        `DOORSTEP_PROXIES` (addresses and networks, with commas between them).
        Without `DOORSTEP_URL`, the address the office chose (serve_choice).

        Raises:
            ProblemError: data.not_folder, connect.unreadable.
        """
        folder = (data_dir or Path(environ.get("DOORSTEP_DATA", "doorstep-data"))).resolve()
        if folder.exists() and not folder.is_dir():
            raise ProblemError("data.not_folder", folder=str(folder))
        public_url = environ.get("DOORSTEP_URL", "") or serve_choice.read(folder).url
        return cls(
            data_dir=folder,
            database_url=environ.get("DOORSTEP_DATABASE", ""),
            files_url=environ.get("DOORSTEP_FILES", ""),
            clock_spec=environ.get(VARIABLE, ""),
            public_url=public_url,
            app_url=environ.get("DOORSTEP_APP_URL", ""),
            proxies=tuple(environ.get("DOORSTEP_PROXIES", "").replace(",", " ").split()),
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
        """A random secret of this server, made on first use, in a file of mode 0600 under keys/."""
        path = self.path("keys") / name
        whole_file.write_once(path, lambda: secrets.token_urlsafe(32).encode())
        return path.read_text("ascii").strip()
