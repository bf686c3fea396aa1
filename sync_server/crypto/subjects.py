"""The name in a certificate: whole in organizationName where commonName has no room for it."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

COMMON_NAME_BYTES = 64
"""Room of a commonName: X.520 gives it 64 characters, `cryptography` 64 bytes (21 Han ones)."""


def name_attributes(name: str) -> list[x509.NameAttribute[str]]:
    """Return the attributes of a subject that carry a name of any length."""
    short = name.encode()[:COMMON_NAME_BYTES].decode(errors="ignore")
    common = x509.NameAttribute(NameOID.COMMON_NAME, short)
    if short == name:
        return [common]
    return [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), common]


def name_in(subject: x509.Name) -> str:
    """Return the name a subject carries, whole."""
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        if found := subject.get_attributes_for_oid(oid):
            return str(found[0].value)
    return ""
