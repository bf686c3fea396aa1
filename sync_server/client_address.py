"""From where a request comes: its network, what of it may be written down, and which proxies count.

The address of a connection is that of its client, or of a proxy in front of this server. Only
proxies that the office named are believed when they say for whom they ask (X-Forwarded-For).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from litestar.connection import ASGIConnection

from shared.problems import ProblemError

THIS_COMPUTER = ("127.0.0.1", "::1")
LONGEST = 100
"""Characters kept of what is no IP address, such as the name of a socket."""
SITE_BITS, SUBNET_BITS, SHOWN_BITS = 48, 64, 24
"""IPv6: what a site gets, and what one of its networks has (RFC 6177); IPv4: what the audit names.
Whoever has an IPv6 address has 2**64 of them, and mostly 2**16 such networks."""


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the address of who asks; "" where the server does not know it."""
    return connection.client.host if connection.client else ""


def network(address: str) -> str:
    """Return what counts as one place: an IPv4 address, an IPv6 network (/64)."""
    ip = _ip(address)
    if ip is None:
        return address[:LONGEST]
    return str(ip) if ip.version == 4 else _cut(ip, SUBNET_BITS)


def site(address: str) -> str:
    """Return the IPv6 site (/48) of an address; "" for every other address."""
    ip = _ip(address)
    return _cut(ip, SITE_BITS) if ip is not None and ip.version == 6 else ""


def masked(address: str) -> str:
    """Return what the audit trail says of an address: enough for inside or outside, no more."""
    ip = _ip(address)
    if ip is None:
        return "–"
    return _cut(ip, SHOWN_BITS if ip.version == 4 else SITE_BITS)


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped or ip) if ip.version == 6 else ip


def _cut(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int) -> str:
    return str(ipaddress.ip_network((ip, bits), strict=False))


class Proxies:
    """The proxies whose word is believed: addresses and networks, as the office gave them."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Read the addresses.

        Raises:
            ProblemError: connect.bad_proxy.
        """
        self.texts = tuple(text for text in (t.strip() for t in texts) if text)
        self._networks = [_network_of(text) for text in self.texts]

    def __contains__(self, address: object) -> bool:
        """Whether an address is one of them."""
        ip = _ip(address) if isinstance(address, str) else None
        return ip is not None and any(ip in network for network in self._networks)


def _network_of(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        raise ProblemError("connect.bad_proxy", text=text[:LONGEST]) from error
    if not found.prefixlen:  # everybody would be believed
        raise ProblemError("connect.bad_proxy", text=text[:LONGEST])
    return found
