"""Host names and IP addresses as certificates have them, and which of them one office may own."""

from __future__ import annotations

import ipaddress
import re

from cryptography import x509

from shared.problems import ProblemError

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ANYBODYS = frozenset({"ac", "co", "com", "edu", "gov", "mil", "net", "org"})
_ANYBODYS_CN = frozenset(
    {
        "ah",
        "bj",
        "cq",
        "fj",
        "gd",
        "gs",
        "gx",
        "gz",
        "ha",
        "hb",
        "he",
        "hi",
        "hk",
        "hl",
        "hn",
        "jl",
        "js",
        "jx",
        "ln",
        "mo",
        "nm",
        "nx",
        "qh",
        "sc",
        "sd",
        "sh",
        "sn",
        "sx",
        "tj",
        "tw",
        "xj",
        "xz",
        "yn",
        "zj",
        "xn--55qx5d",
        "xn--io0a7i",
        "xn--od0alg",
    }
)
"""Suffixes below .cn under which anybody registers: provinces, and 公司 网络 網絡."""
BROADCAST = ipaddress.IPv4Address("255.255.255.255")


def host_name(text: str) -> str:
    """Return a host name or IP address as certificates have it (Chinese letters as punycode).

    Raises:
        ProblemError: tls.bad_host, tls.nowhere.
    """
    return str(one_computer(text).value)


def general_name(text: str) -> x509.DNSName | x509.IPAddress:
    """Read a host name or IP address.

    Raises:
        ProblemError: tls.bad_host.
    """
    try:
        return x509.IPAddress(ipaddress.ip_address(text.strip()))
    except ValueError:
        pass
    try:
        host = text.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError as error:
        raise ProblemError("tls.bad_host", host=text) from error
    if len(host) > 253 or not _HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
        raise ProblemError("tls.bad_host", host=text)
    return x509.DNSName(host)


def one_computer(text: str) -> x509.DNSName | x509.IPAddress:
    """Read a host name or IP address that one computer can have, and another one open.

    Not one to listen on (0.0.0.0), for many (multicast, broadcast), or that a browser cannot open
    or only a cable gives (link-local: a computer takes it where no network gave it another).

    Raises:
        ProblemError: tls.bad_host, tls.nowhere.
    """
    name = general_name(text)
    if isinstance(name, x509.IPAddress):
        number = ipaddress.ip_address(str(name.value))
        inside = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
        at = inside or number
        if at.is_unspecified or at.is_multicast or at.is_link_local or at == BROADCAST:
            raise ProblemError("tls.nowhere", host=text)
    return name


def too_broad(host: str) -> bool:
    """Return whether names below `host` belong to many.

    That is a single label, or a suffix under which anybody registers: the root would cover all of
    them. Suffixes are the generic ones and those of .cn (publicsuffix.org, CNNIC).
    """
    if host == "localhost" or isinstance(general_name(host), x509.IPAddress):
        return False
    labels = host.split(".")
    if len(labels) != 2:
        return len(labels) == 1
    name, top = labels
    return (len(top) == 2 and name in _ANYBODYS) or (top == "cn" and name in _ANYBODYS_CN)
