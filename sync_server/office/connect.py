"""How phones connect: the county's domain, the office's wireless network, or paper first.

Each verb checks, keeps the choice (sync_server/serve_choice.py) and writes the audit trail; the
running server follows when `doorstep serve` starts again.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import msgspec

from shared import enrol_link
from shared.problems import ProblemError
from sync_server import serve_choice
from sync_server.crypto import given_certificate, host_names, tls
from sync_server.disk_errors import disk_problems
from sync_server.serve_choice import DEFAULT_PORT, Choice
from sync_server.services import Services
from sync_server.store import audit, devices

HTTPS_PORT = 443


def wireless(services: Services, host: str, *, who: str, port: int = DEFAULT_PORT) -> Choice:
    """Serve the office's network under a root made for one address, as `doorstep tls init` does.

    A root for another address is put aside while no phone has been enrolled; later it stays, since
    every phone would have to be enrolled again.

    Args:
        services: The server's services.
        host: The host name or IP that phones open.
        who: The account that does it, for the audit trail.
        port: The port the server listens on.

    Returns:
        The choice as kept.

    Raises:
        ProblemError: tls.bad_host, tls.nowhere, tls.too_broad, tls.exists, keys.read_only,
            disk.full, disk.broken.
    """
    services.settings.check_keys_writable()
    name = host_names.host_name(host)
    if host_names.too_broad(name):
        raise ProblemError("tls.too_broad", host=host)
    url = _url(name, port)
    with disk_problems():
        _own_certificate(services, name, url)
    choice = Choice(
        way=serve_choice.WIRELESS, url=url, everywhere=True, port=port, certificate=serve_choice.OWN
    )
    return _kept(services, choice, who)


def _own_certificate(services: Services, name: str, url: str) -> None:
    """Make root and certificate for an address, or renew the certificate, or leave both."""
    place, now = tls.folder(services.settings), services.settings.real_now()
    made = tls.root_der(place) is not None
    if made and not tls.fits(place, url):
        if services.database.read(devices.any_enrolled):
            raise ProblemError("tls.exists", folder=str(place))
        tls.put_aside(place, now)
        made = False
    if not made:
        tls.init(place, name, (), now)
    elif tls.served(place).until - now < tls.RENEW_WITHIN:
        tls.renew(place, now)


def domain(
    services: Services,
    address: str,
    certificate: bytes = b"",
    key: bytes = b"",
    *,
    who: str,
    port: int = 0,
) -> Choice:
    """Serve under the county's own domain.

    With certificate and key the server uses them and listens everywhere; without, it keeps to this
    machine, and a proxy or the options of the command line have them.

    Args:
        services: The server's services.
        address: The https address that phones open.
        certificate: PEM, the server's own first; b"" where it is kept elsewhere.
        key: PEM of its private key.
        who: The account that does it, for the audit trail.
        port: The port listened on now, which is not tried; 0 where nothing listens.

    Returns:
        The choice as kept.

    Raises:
        ProblemError: connect.bad_address, connect.port_taken, tls.bad_host, tls.nowhere, and those
            of given_certificate.keep, keys.read_only, disk.full, disk.broken.
    """
    settings = services.settings
    settings.check_keys_writable()
    url, host, wanted = _https(address)
    if not certificate and not key:
        choice = Choice(way=serve_choice.DOMAIN, url=url, certificate=serve_choice.ELSEWHERE)
        return _kept(services, choice, who)
    if port and wanted != port:
        _try_port(wanted)
    file = given_certificate.file_of(settings)
    with disk_problems():
        given_certificate.keep(file, certificate, key, host, settings.real_now())
    choice = Choice(
        way=serve_choice.DOMAIN,
        url=url,
        everywhere=True,
        port=wanted,
        certificate=serve_choice.GIVEN,
    )
    return _kept(services, choice, who)


def paper(services: Services, *, who: str) -> Choice:
    """Begin on paper; how the server listens stays as it is, for phones that may know it already.

    Returns:
        The choice as kept.

    Raises:
        ProblemError: keys.read_only.
    """
    settings = services.settings
    settings.check_keys_writable()
    now = serve_choice.read(settings.data_dir)
    return _kept(services, msgspec.structs.replace(now, way=serve_choice.PAPER), who)


def _kept(services: Services, choice: Choice, who: str) -> Choice:
    settings = services.settings
    with disk_problems():
        serve_choice.write(settings.data_dir, choice)
    services.database.write(
        lambda c: audit.note(
            c,
            at=settings.now_text(),
            who=who,
            action=f"connect.{choice.way}",
            detail=choice.url,
        )
    )
    return choice


def _https(typed: str) -> tuple[str, str, int]:
    """Return address, host and port of what was typed."""
    parts = urlsplit(enrol_link.address(typed))
    more = parts.path or parts.query or parts.fragment or "@" in parts.netloc or parts.port == 0
    if parts.scheme != "https" or not parts.hostname or more:
        raise ProblemError("connect.bad_address", text=typed)
    host, port = host_names.host_name(parts.hostname), parts.port or HTTPS_PORT
    return _url(host, port), host, port


def _url(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"https://{shown}" + (f":{port}" if port != HTTPS_PORT else "")


def _try_port(port: int) -> None:
    with socket.socket() as trial:
        try:
            trial.bind((serve_choice.EVERYWHERE, port))
        except OSError as error:
            why = error.strerror or str(error)
            raise ProblemError("connect.port_taken", port=port, why=why) from error
