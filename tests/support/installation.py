"""The installation of version 0.1 (tests/golden/0.1): its folders unpacked and opened by the present code."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
from litestar import Litestar
from typer.testing import CliRunner

from mobile.bootstrap.native import native_ports
from mobile.headless import answer
from mobile.usecases.phone import Phone
from mobile.usecases.unlock import PhoneLock
from sync_server.app import create_app
from sync_server.cli import topics
from sync_server.office import summaries
from sync_server.sample.scans import stamped
from sync_server.sealing.making.compose import MissingLine, NotReady
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.devices import asgi
from tests.support.forked import forked_command
from tests.support.one_app import app_over

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "0.1"
CLOCK = "2019-12-18T12:00+08:00"
URL = "http://server"
"""The address the phones were enrolled at."""
PASSWORD, PIN = "qinghuai-2019", "280415"
ENVIRON = {"DOORSTEP_CLOCK": CLOCK, "DOORSTEP_URL": URL}


def unpack(name: str, to: Path) -> Path:
    """A packed folder of the installation, below `to`: server, phone or phone-with-pin."""
    with tarfile.open(GOLDEN / f"{name}.tar.xz", "r:xz") as packed:
        packed.extractall(to, filter="data")
    return to / name


def settings_of(data: Path) -> Settings:
    return Settings(data_dir=data, clock_spec=CLOCK, public_url=URL)


@contextmanager
def served(data: Path, built: Litestar | None = None) -> Iterator[Litestar]:
    """The server over a data folder, without a socket; `built` lends its routes."""
    settings = settings_of(data)
    app = app_over(built, Services.open(settings)) if built else create_app(settings)
    try:
        yield app
    finally:
        services_of(app).close()


def services_of(app: Litestar) -> Services:
    found = app.state["services"].in_season()
    assert isinstance(found, Services)
    return found


def ports_before(folder: Path, app: Litestar | None = None) -> Any:
    """The ports of the phone in `folder`, its network being `app`."""
    ports = native_ports(folder, CLOCK)
    return ports if app is None else replace(ports, transport=asgi(app))


def opened(phone_lock: PhoneLock) -> Phone:
    assert phone_lock.phone is not None
    return phone_lock.phone


async def do(phone: Phone, verb: str, **values: Any) -> Any:
    """A verb of the phone's core, called and answered as JSON."""
    reply = await answer(phone, json.dumps({"do": verb, **values}).encode())
    assert reply["ok"], reply
    return json.loads(msgspec.json.encode(reply["result"]))


def sealed_pdf(data: Path) -> Path:
    """The one sealed summary of the data folder."""
    (found,) = data.glob("summaries/*/*/summary.pdf")
    return found


def passphrase(data: Path) -> str:
    return (data / "keys" / "passphrase").read_text().strip()


@dataclass(frozen=True)
class CommandResult:
    """The JSON output of a command."""

    code: int
    value: Any


def doorstep(*arguments: str | Path, data: Path | None = None, **environ: str) -> CommandResult:
    """A command of the command line in this process; `--json` is added."""
    given = [*map(str, arguments), "--json", *(["--data", str(data)] if data else [])]
    done = CliRunner().invoke(topics.app, given, env={**ENVIRON, **environ})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return CommandResult(done.exit_code, json.loads(done.stdout))


class Behind:
    """Commands that take seconds, each a process over a data folder of its own, begun before they are asked for."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(2)
        self._begun: dict[str, Future[CommandResult]] = {}

    def begin(self, name: str, data: Path, *arguments: str | Path) -> None:
        self._begun[name] = self._pool.submit(_process, data, *arguments)

    def result(self, name: str) -> CommandResult:
        return self._begun[name].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _process(data: Path, *arguments: str | Path) -> CommandResult:
    answer = data.with_name(f"{data.name}-answer.json")
    words = [*map(str, arguments), "--json", "--data", str(data)]
    code = forked_command(words, {**os.environ, **ENVIRON}, answer)
    return CommandResult(code, json.loads(answer.read_bytes()))


def keys_of(value: Any, above: str = "") -> list[str]:
    """The names in a JSON value, each with those above it; [] stands for every item of a list."""
    if isinstance(value, dict):
        return sorted(
            {
                name
                for key, inner in value.items()
                for name in keys_of(inner, f"{above}.{key}".lstrip("."))
            }
        )
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return sorted({name for inner in value for name in keys_of(inner, f"{above}[]")})
    return [above]


def client(app: Litestar) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=asgi(app), base_url=URL)


def printed_and_stamped(data: Path, school: str) -> list[Path]:
    """Compose and print a school anew, as what 0.1 printed is; its pages as they come back from the scanner."""
    with closing(Services.open(settings_of(data)).in_season()) as services:
        try:
            summaries.compose(services, school, who="test")
            missing: tuple[MissingLine, ...] = ()
        except NotReady as refused:
            missing = refused.items
    words = [w for m in missing for w in ("--except", f"{m.code}:{m.ref}=样例")]
    printed = doorstep("seal", school, *words, data=data).value["print"]
    scans = []
    for name, page in stamped(Path(printed), seed=3):
        scans.append(data.parent / name)
        scans[-1].write_bytes(page)
    return scans
