"""The server's address as phones are told it: in enrolment links, their QR codes, on printed pages.

`DOORSTEP_URL`, else the address at which the office reached this server. A loopback or empty one
opens on no other device. Where the server listens to others, such a link is refused; where it
listens to its own computer alone (a demonstration), or nobody said (the command line), the link
says that it opens here only.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

import msgspec

from shared.problems import ProblemError
from sync_server.settings import Settings


class PhoneAddress(msgspec.Struct, frozen=True):
    """An address without a slash at its end.

    `only_here`: it opens on the server's own computer alone, or, when empty, nowhere.
    """

    url: str
    only_here: bool


def phone_address(settings: Settings, origin: str = "") -> PhoneAddress:
    """Return the address for phones.

    Args:
        settings: The server's settings.
        origin: How the office reached this server; for where no public address is set.

    Raises:
        ProblemError: enrol.address_local, when other devices are to use the server and could not.
    """
    url = (settings.public_url or origin).rstrip("/")
    host = host_of(url)
    only_here = is_loopback(host) or is_nowhere(host)
    if only_here and settings.listen_host and not is_loopback(settings.listen_host):
        raise ProblemError("enrol.address_local", address=url or "–")
    return PhoneAddress(url, only_here)


def host_of(url: str) -> str:
    """Return the host of an address; "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@lru_cache(maxsize=1024)
def is_loopback(host: str) -> bool:
    """Return whether a host name or IP address is the computer that asks for it."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    number = _number(name)
    return number is not None and number.is_loopback


def is_nowhere(host: str) -> bool:
    """Return whether a host is missing, or one to listen on and not to open (0.0.0.0)."""
    number = _number(host)
    return not host or (number is not None and number.is_unspecified)


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    inside = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return inside or found
