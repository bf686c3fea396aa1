"""Whether a seal's certificate stood when it was used, and what the county's receipt says.

A seal's own time is its signer's claim. Where the key may be in other hands it proves nothing: then
only somebody else's word that the file existed before counts: the county's receipt, a county's
sealed report that counts the file, or the server that made the seal itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from shared.digest import sha256_hex
from sync_server.sealing import receipt, withdrawn
from sync_server.sealing.receipt import Receipt
from sync_server.sealing.record import Findings
from sync_server.sealing.withdrawn import Entry, Withdrawn


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What lies beside a sealed file.

    Attributes:
        withdrawn: The county's list of withdrawn certificates; b"" where there is none, which is
            noted; None where nobody looked for one.
        lists: Further lists; the newest of all that the county signed counts.
        receipts: Receipt files; those of other sealed files are left out.
        receipt: The receipt that must be this file's.
        own: sha256 of the sealed files that whoever checks has sealed itself: their time is true.
        counted: By sha256, until when at the latest a file existed: a sealed report counts it.
    """

    withdrawn: bytes | None = None
    lists: tuple[bytes, ...] = ()
    receipts: tuple[bytes, ...] = ()
    receipt: bytes = b""
    own: frozenset[str] = frozenset()
    counted: Mapping[str, datetime] = {}


NOTHING = Known()


class SignedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Whose signature it is: unit code, certificates (DER), and when, as the signer says."""

    code: str = ""
    certificate: bytes = b""
    others: tuple[bytes, ...] = ()
    at: datetime | None = None


NOBODY = SignedBy()


def judge(
    signed: SignedBy,
    file: str,
    sha256: str,
    known: Known,
    trust_root_pem: bytes,
    found: Findings,
) -> None:
    """Judge the signer's certificate, and read the receipts.

    Args:
        signed: whose signature it is; the chain was checked before.
        file: the sealed file's name, for the problems.
        sha256: of the sealed file, hex.
        known: what lies beside it.
        trust_root_pem: the pinned root certificate.
        found: collects problems and remarks.
    """
    if not signed.certificate:
        return
    leaf = x509.load_der_x509_certificate(signed.certificate)
    listed = _list(leaf, signed, known, trust_root_pem, file, found)
    shown = _receipts(known, sha256, trust_root_pem, listed, found)
    if listed and (gone := listed.bulletin(sha256)):
        found.note("verify.document_withdrawn", file=file, number=gone.number, at=gone.at)
    entry = listed.find(leaf) if listed else None
    if entry is not None:
        _withdrawn(entry, signed, sha256, known, shown, file, found)


def _list(
    leaf: x509.Certificate,
    signed: SignedBy,
    known: Known,
    trust_root_pem: bytes,
    file: str,
    found: Findings,
) -> Withdrawn | None:
    if known.withdrawn is None and not known.lists:
        return None
    county = _county(leaf, signed, trust_root_pem)
    given = [
        one
        for one in (known.withdrawn or b"", *known.lists)
        if one and county is not None and withdrawn.issued_by(one, county)
    ]
    if county is None or not given:
        found.remark("verify.list_missing", file=file)
        return None
    if any(withdrawn.read(one, county) is None for one in given):
        found.note("verify.list_invalid", file=withdrawn.FILE_NAME)
    return withdrawn.newest(given, county)


def _county(
    leaf: x509.Certificate, signed: SignedBy, trust_root_pem: bytes
) -> x509.Certificate | None:
    """Return the CA that issued a leaf under the pinned root, whatever else lies in the file.

    A signature may carry any certificates, one of the same name among them.
    """
    roots = x509.load_pem_x509_certificates(trust_root_pem)
    others = [x509.load_der_x509_certificate(der) for der in signed.others]
    return next(
        (one for one in others if _issued(leaf, one) and any(_issued(one, root) for root in roots)),
        None,
    )


def _issued(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _receipts(
    known: Known, sha256: str, trust_root_pem: bytes, listed: Withdrawn | None, found: Findings
) -> list[Receipt]:
    """Read the receipts of this file, and note what they say.

    One that is known to be withdrawn says nothing more, whoever still has it.
    """
    read: dict[str, Receipt] = {}
    for data in dict.fromkeys((known.receipt, *known.receipts)):
        if not data or (data != known.receipt and receipt_of(data) != sha256):
            continue
        one = receipt.read(data, trust_root_pem, listed)
        if one is None:
            found.note("verify.receipt_invalid", file=receipt.SUFFIX)
        elif one.sha256 != sha256:
            found.note("verify.receipt_other", file=receipt.SUFFIX, document=one.document)
        else:
            read[sha256_hex(data)] = one
    gone = {one.receipt_sha256 for one in read.values() if one.withdrawn_at}
    ends = {name: one.withdrawn_at or _receipt_withdrawn(one, listed) for name, one in read.items()}
    shown = [one for name, one in read.items() if not ends[name] and name not in gone]
    for name, one in read.items():
        if ends[name] and not shown:  # accepted again since, it has another receipt
            found.remark(
                "verify.receipt_withdrawn", number=one.number, unit=one.signer, at=ends[name]
            )
    for one in shown:
        found.remark("verify.receipt", number=one.number, unit=one.signer, at=one.received_at)
    return shown


def _receipt_withdrawn(one: Receipt, listed: Withdrawn | None) -> str:
    """Return when a receipt was withdrawn, by the list; "" where it is not on it."""
    gone = listed.receipt(one.sha256, one.number) if listed else None
    return gone.at if gone else ""


def receipt_of(data: bytes) -> str:
    """Return the sha256 that a receipt file names, be the file true or not; "" of anything else."""
    if len(data) > receipt.MOST_BYTES:
        return ""
    try:
        return str(json.loads(data)["receipt"]["sha256"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""


def _withdrawn(
    entry: Entry,
    signed: SignedBy,
    sha256: str,
    known: Known,
    shown: list[Receipt],
    file: str,
    found: Findings,
) -> None:
    since = entry.since.isoformat(timespec="minutes")
    reason = withdrawn.REASON_WORDS[entry.reason]
    if signed.at is None or signed.at >= entry.since:
        found.note("verify.withdrawn", file=file, since=since, reason=reason)
        return
    times = [moment for one in shown if (moment := receipt.moment(one.received_at))]
    if sha256 in known.counted:
        times.append(known.counted[sha256])
    if sha256 in known.own or any(moment < entry.since for moment in times):
        found.remark("verify.withdrawn_later", file=file, since=since, reason=reason)
    elif entry.exposed:
        found.note("verify.withdrawn_unproved", file=file, since=since, reason=reason)
    else:
        found.remark("verify.withdrawn_claimed", file=file, since=since, reason=reason)
