"""`doorstep serve` until Ctrl+C: begun anew in the same process when the office chose another way.

What stands on the command line or in the environment wins over the choice in keys/serve.json. A
change that cannot be followed is taken back, and the server goes on as it was.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

import msgspec
import uvicorn
from litestar import Litestar

from shared.problems import ProblemError
from sync_server import allocator, collector, fault_log, folder_lock, serve_choice
from sync_server.app import create_app
from sync_server.cli import serve_tls, workers
from sync_server.client_address import THIS_COMPUTER, Proxies
from sync_server.connection_limits import limited_protocol, limits_here
from sync_server.crypto import given_certificate
from sync_server.crypto.tls import SERVER, folder
from sync_server.deferred import deferred
from sync_server.office import leftovers, periodic, setup
from sync_server.office.phone_address import is_nowhere
from sync_server.serve_choice import Choice, Running
from sync_server.services import Services
from sync_server.settings import Settings

if TYPE_CHECKING:
    from sync_server.cli import output
else:
    output = deferred("sync_server.cli.output")  # with rich, which only a refusal needs

END_S = 10
"""And this long for what it does last: cancelling heavy work, closing the database."""
FINISH_S = 60
"""What is under way when the server stops is waited for this long; phones send the rest again."""


@dataclass(frozen=True)
class Options:
    """The command line; None for what was not given."""

    host: str | None = None
    port: int | None = None
    cert: Path | None = None
    key: Path | None = None
    proxies: tuple[str, ...] = ()
    workers: int = 1
    drain_s: float = 0.0

    def given(self) -> dict[str, str]:
        """What was set, with its text; DOORSTEP_URL of the environment, too."""
        found = {
            "--host": self.host,
            "--port": self.port,
            "--cert": self.cert,
            "DOORSTEP_URL": os.environ.get("DOORSTEP_URL"),
        }
        return {name: str(value) for name, value in found.items() if value}


@dataclass(frozen=True)
class Start:
    """How the server starts: settings, where it listens, and the choice this follows from."""

    settings: Settings
    port: int
    cert: Path | None
    key: Path | None
    choice: Choice

    @property
    def address(self) -> str:
        """The address as a person types it."""
        shown = serve_tls.bracketed(self.settings.listen_host)
        scheme = "https" if self.cert else "http"
        return self.settings.public_url or f"{scheme}://{shown}:{self.port}"

    @property
    def local_address(self) -> str:
        """The address for a browser on this computer."""
        if is_nowhere(self.settings.listen_host) and not self.cert:
            return f"http://127.0.0.1:{self.port}"
        return self.address


def until_stopped(data: Path | None, options: Options) -> None:
    """Serve until Ctrl+C, following each change that the office makes meanwhile.

    Raises:
        ProblemError: data.served where a server uses the folder already, data.busy,
            data.not_lockable, serve.workers_number, serve.workers_system, serve.workers_sqlite,
            and those of `planned`.
    """
    allocator.few_pools()
    settings = Settings.from_environment(data)
    workers.check(settings, options.workers)
    place = settings.data_dir
    with suppress(KeyboardInterrupt), folder_lock.held(place, folder_lock.SERVE) as lock:
        start = planned(data, options)
        _try_out(start)
        lock.serves(start.address)
        _announce(start)
        failed: ProblemError | None = None
        serving_until = _changed_among_workers if options.workers > 1 else _changed_while_serving
        while serving_until(start, options, failed):
            collector.release()
            try:
                following = planned(data, options)
                _try_out(following)
            except ProblemError as problem:
                failed = problem
                if start.settings.keys_dir is None:
                    serve_choice.write(start.settings.data_dir, start.choice)
                output.screen.print(f"[red]没有换成:{failed.message()}[/]")
            else:
                start, failed = following, None
                lock.serves(start.address)
            _say(f"现在的地址  {start.address}")


def _announce(start: Start) -> None:
    """Say where the server is and where its data are; on a first start, how to set it up.

    What a killed server left behind is removed before anybody is let in.
    The set-up link goes to this terminal only: whoever opens it becomes the centre's first account.
    """
    folder = start.settings.data_dir
    _say(f"上门服务器  {start.address}/   数据在 {folder}   (Ctrl+C 结束)")
    if not start.settings.proxies and not start.cert and start.address.startswith("https:"):
        _say("前面有反向代理的,请写上它的地址(serve --proxy 127.0.0.1),否则所有人算作同一个地址")
    services = Services.open(start.settings)
    try:
        leftovers.sweep(services)
        if setup.is_needed(services):
            _say(
                f"还没有设置。请在这台电脑上用浏览器打开设置链接"
                f"({setup.LINK_HOURS} 小时内有效,只能用一次,只在这里显示):"
            )
            _say(f"{start.local_address}/setup/{setup.new_link(services)}")
    finally:
        services.close()


def _say(words: str) -> None:
    """Write a line to the terminal, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def planned(data: Path | None, options: Options) -> Start:
    """Read how to serve: options first, then the environment, then what the office chose.

    Raises:
        ProblemError: connect.unreadable, connect.bad_proxy, tls.missing.
    """
    settings = Settings.from_environment(data)
    choice = serve_choice.read(settings.data_dir, settings.keys_dir)
    settings = replace(settings, proxies=_proxies(settings, choice, options))
    port = options.port or choice.listens_at
    own = choice.certificate == serve_choice.OWN
    if own and settings.public_url == choice.url and (options.cert or port != choice.listens_at):
        settings = replace(settings, public_url="", secure_cookies=False)  # not the address chosen
    settings = replace(settings, listen_host=options.host or choice.host)
    file = given_certificate.file_of(settings)
    if options.cert is None and choice.certificate == serve_choice.GIVEN:
        _require(file)
        return Start(replace(settings, secure_cookies=True), port, file, None, choice)
    if options.cert is None and choice.certificate == serve_choice.ELSEWHERE:
        return Start(settings, port, None, None, choice)
    settings, cert = serve_tls.with_tls(settings, options.cert, port)
    if own and cert is None and choice.url and settings.public_url == choice.url:
        _require(folder(settings) / SERVER)
    return Start(settings, port, cert, options.key, choice)


def _proxies(settings: Settings, choice: Choice, options: Options) -> tuple[str, ...]:
    """Return the proxies to believe: as given, else one on this computer if the office has one."""
    on_this_computer = choice.certificate == serve_choice.ELSEWHERE
    given = options.proxies or settings.proxies or (THIS_COMPUTER if on_this_computer else ())
    return Proxies(given).texts


def _require(file: Path) -> None:
    """Refuse to serve a chosen https address without its certificate: no phone would get in."""
    if not file.is_file():
        raise ProblemError("tls.missing", file=str(file))


def _changed_while_serving(start: Start, options: Options, failed: ProblemError | None) -> bool:
    """Serve; return whether the office asked for a change, False when somebody ended it."""
    return serve(start, options, failed=failed)


def _changed_among_workers(start: Start, options: Options, failed: ProblemError | None) -> bool:
    """Let workers serve; return whether the office asked for a change."""
    sockets = workers.listening(start.settings.listen_host, start.port)
    values = {name: str(value) for name, value in failed.values.items()} if failed else {}
    orders = workers.Orders(
        data=str(start.settings.data_dir),
        host=options.host,
        port=options.port,
        cert=str(options.cert) if options.cert else None,
        key=str(options.key) if options.key else None,
        proxies=options.proxies,
        drain_s=options.drain_s,
        sockets=tuple(sock.fileno() for sock in sockets),
        number=0,
        run=workers.new_run(),
        started=start.settings.started,
        failed=(failed.code if failed else "", values),
    )
    numbers = range(1, options.workers + 1)
    crew = [workers.Worker(msgspec.structs.replace(orders, number=n)) for n in numbers]
    try:
        return workers.until_told(crew, options.drain_s + FINISH_S + END_S, _say)
    finally:
        for sock in sockets:
            sock.close()


def serve(
    start: Start,
    options: Options,
    *,
    start_again: Callable[[], None] | None = None,
    failed: ProblemError | None = None,
    run: str = "",
    worker: int = 0,
    sockets: list[socket.socket] | None = None,
) -> bool:
    """Serve in this process; return whether the office asked for a change.

    Args:
        start: How.
        options: The command line.
        start_again: What asks for a change; None for this process itself.
        failed: Why the last change did not come about.
        run: The name of this start, where several processes share it.
        worker: The number among them.
        sockets: What to serve on, listening already; None for an own one.
    """
    asked = False

    def again() -> None:
        nonlocal asked
        asked = server.should_exit = True

    running = Running(
        start_again=start_again or again,
        port=start.port,
        options=options.given(),
        names=_names(start),
        failed=failed,
        run=run,
        worker=worker,
    )
    with collector.held():
        app = create_app(start.settings, running, periodic.CHORES)
    stopping: Event = app.state["services"].stopping
    server = DrainingServer(server_config(start, app), stopping, options.drain_s)
    try:
        server.run(sockets)
    finally:
        if not server.started:
            log = start.settings.data_dir / fault_log.FOLDER
            output.screen.print(f"[red]没有启动起来,原因在 {log}[/]")
    return asked


class DrainingServer(uvicorn.Server):
    """Goes on for a while after SIGTERM, not ready any more, so that a proxy turns away first."""

    def __init__(self, config: uvicorn.Config, stopping: Event, drain_s: float) -> None:
        super().__init__(config)
        self._stopping, self._drain_s = stopping, drain_s
        self._until_s = float("inf")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: Ctrl+C ends at once, and so does a second SIGTERM."""
        first = not self._stopping.is_set()
        self._stopping.set()
        if first and sig == signal.SIGTERM and self._drain_s > 0:
            self._until_s = time.monotonic() + self._drain_s
            self._captured_signals.append(sig)
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Look whether it is time to end."""
        self.should_exit |= time.monotonic() > self._until_s
        return await super().on_tick(counter)


def server_config(start: Start, app: Litestar) -> uvicorn.Config:
    """Return how uvicorn serves; it believes the named proxies alone, whatever the environment."""
    proxies = start.settings.proxies
    limits = limits_here()._replace(trusted=Proxies(proxies))
    return uvicorn.Config(
        app,
        host=start.settings.listen_host,
        port=start.port,
        log_level="warning",
        log_config=None,  # faults go to logs/errors.log, nothing goes to the terminal
        access_log=False,  # addresses of pages hold codes and tokens
        server_header=False,
        timeout_graceful_shutdown=FINISH_S,
        timeout_keep_alive=limits.idle_s,
        http=limited_protocol(limits, _context(start)),
        ws="none",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
    )


def _try_out(start: Start) -> None:
    """Listen for a moment where the server will, and load its certificate.

    Raises:
        ProblemError: connect.port_taken, tls.given_unreadable.
    """
    host, port = start.settings.listen_host, start.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as trial:
                if os.name == "posix":
                    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
    except OSError as error:
        why = error.strerror or str(error)
        raise ProblemError("connect.port_taken", port=port, why=why) from error
    _context(start)


def _names(start: Start) -> tuple[str, ...]:
    """What the certificate in use is for: whoever opens one of these is at the right server."""
    given = given_certificate.read(start.cert) if start.cert else None
    return tuple(given.names) if given else ()


def _context(start: Start) -> ssl.SSLContext | None:
    """Certificate and key for https; None for http. Raises: ProblemError tls.given_unreadable."""
    if not start.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(start.cert, start.key)
    except OSError as error:  # of which ssl.SSLError is one
        raise ProblemError("tls.given_unreadable") from error
    return context
