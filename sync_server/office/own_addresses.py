"""The addresses that this machine has in its networks, the likeliest one for phones first."""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator

NOWHERE = "192.0.2.1"
"""An address that no host has (RFC 5737).

A datagram socket connected to it sends nothing, but knows which address it would send from.
"""


def lan_addresses() -> list[str]:
    """Return our IPv4 addresses without the loopback: the way out first, then private ones."""
    first = _way_out()
    found = dict.fromkeys((first, *_of_name(), *_of_interfaces()))
    usable = [text for text in found if _usable(text)]
    return sorted(usable, key=lambda text: (not _private(text), text != first))


def _usable(text: str) -> bool:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _private(text: str) -> bool:
    return ipaddress.IPv4Address(text).is_private


def _way_out() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((NOWHERE, 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _of_name() -> list[str]:
    """What the machine's own name stands for: on Windows and macOS, all its addresses."""
    try:
        return socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        return []


def _of_interfaces() -> Iterator[str]:
    """Each interface's first address, where the kernel is Linux (SIOCGIFADDR of netdevice(7))."""
    if sys.platform != "linux":
        return
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asking, 0x8915, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue  # no IPv4 address
            yield socket.inet_ntoa(answer[20:24])
