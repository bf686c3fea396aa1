"""Check a summary against its evidence: bytes, chains, signatures, photos, and its composition.

The last is the strictest: the signed facts, put through the same pure `compose`, must give the
sealed rows. A difference is named by row and column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from shared.digest import GENESIS, link, sha256_hex
from shared.problems import ProblemError
from shared.records.base import decode
from shared.season import minute_of
from shared.wire import unb64
from sync_server.sealing.making import evidence
from sync_server.sealing.making.compose import COMPOSER, NotReady, SchoolInputs, compose
from sync_server.sealing.record import Findings, SealRecord
from sync_server.sealing.summary import encode, of_tree
from sync_server.store.stored_fact import StoredFact

FACTS = "facts.jsonl"


class RecordTakenByHand(msgspec.Struct, frozen=True, kw_only=True):
    """How a fact that was set apart was taken by hand; `before` is base64url of a link."""

    code: str = ""
    n: int = 0
    before: str = ""
    by: str = ""
    at: str = ""
    reason: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of facts.jsonl; bytes are base64url."""

    device: str
    n: int
    sha256: str
    link: str = ""
    sig: str = ""
    bytes: str = ""
    seq: int = 0
    received_at: str = ""
    taken: RecordTakenByHand | None = None


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device in devices.json; `public_key` is base64url of its uncompressed P-256 point.

    `office`: a school's office, which signs what it types in from paper.
    """

    device: str
    name: str
    public_key: str
    office: bool = False


class Contents(msgspec.Struct):
    """What was read: lines, keys, inputs, and the photos whose bytes match their name."""

    lines: list[Line] = []
    devices: list[Device] = []
    inputs: SchoolInputs | None = None
    photos: set[str] = set()


def check(
    path: Path,
    key: ec.EllipticCurvePrivateKey | None,
    tree: Mapping[str, Any],
    record: SealRecord,
    found: Findings,
) -> None:
    """Note everything wrong with the evidence.

    Args:
        path: evidence.bin.
        key: the county's evidence key; without it only the file's hash is checked.
        tree: summary.json as parsed, so that a field of a later version is compared too.
        record: seal.json.
        found: collects the problems.
    """
    changed = (
        not path.is_file() or record.evidence is None or evidence.measure(path) != record.evidence
    )
    if changed:
        found.note("verify.evidence_changed", file=path.name)
    if key is None or not path.is_file():
        return
    try:
        contents = _read(path, key, found)
    except ProblemError as error:
        found.note(error.code, file=path.name, **error.values)
        return
    summary = of_tree(tree)
    gaps = {e.ref for e in summary.exceptions if e.code == "seal.chain_hole"}
    chains(contents.lines, contents.devices, gaps, found)
    papers(contents.lines, contents.devices, found)
    if contents.inputs is None:
        found.note("verify.evidence_unreadable", file=path.name, frame="inputs.json")
    elif summary.composer != COMPOSER:
        found.remark("verify.other_composer", file=path.name, composer=summary.composer)
    elif not changed:  # another file's contents would only differ in every row
        recompose(contents, contents.inputs, tree, found)


def chains(
    lines: Sequence[Line], devices: Sequence[Device], gaps: set[str], found: Findings
) -> None:
    """Check every device's chain from its first record: hashes, links and signatures.

    A gap is accepted only where a named exception covers it; the record after it is checked by its
    own signature. A record beside the chain (a number below 1) must have been taken by hand, and is
    checked by its own signature and the link it continues.

    Args:
        lines: the lines of facts.jsonl.
        devices: the devices' public keys.
        gaps: the gaps that exceptions cover, as `device:first-last`.
        found: collects the problems, and a remark on each record taken by hand.
    """
    keys = {d.device: _public_key(d.public_key) for d in devices}
    for line in lines:
        _taken_by_hand(line, keys.get(line.device), found)
    device, last, before = "", 0, GENESIS
    for line in sorted((k for k in lines if k.n > 0), key=lambda item: (item.device, item.n)):
        if line.device != device:
            device, last, before = line.device, 0, GENESIS
        if line.n != last + 1:
            if f"{device}:{last + 1}-{line.n - 1}" not in gaps:
                found.note("verify.chain_broken", file=FACTS, row=line.n, device=device, n=line.n)
            now = unb64(line.link)
        else:
            now = link(before, line.sha256)
            if line.link and unb64(line.link) != now:
                found.note("verify.chain_broken", file=FACTS, row=line.n, device=device, n=line.n)
        if line.bytes and sha256_hex(unb64(line.bytes)) != line.sha256:
            found.note("verify.fact_changed", file=FACTS, row=line.n, device=device, n=line.n)
        if line.sig and not signed(keys.get(device), now, unb64(line.sig)):
            found.note("verify.fact_bad_signature", file=FACTS, row=line.n, device=device, n=line.n)
        if line.bytes and not line.sig:
            found.note("verify.fact_bad_signature", file=FACTS, row=line.n, device=device, n=line.n)
        last, before = line.n, now


def papers(lines: Sequence[Line], devices: Sequence[Device], found: Findings) -> None:
    """Check that what was typed in from paper, and nothing else, is signed by an office's device.

    Args:
        lines: the lines of facts.jsonl.
        devices: the devices' public keys.
        found: collects the problems.
    """
    offices = {d.device for d in devices if d.office}
    for line in lines:
        if line.bytes and _is_from_paper(unb64(line.bytes)) != (line.device in offices):
            found.note("verify.paper_device", file=FACTS, row=line.n, device=line.device, n=line.n)


def _is_from_paper(data: bytes) -> bool:
    """Whether a record has the member `paper`; version 0.1 kept some that nobody can read."""
    try:
        return decode(data).paper is not None
    except (ValueError, RecursionError):
        return False


def _taken_by_hand(line: Line, key: ec.EllipticCurvePublicKey | None, found: Findings) -> None:
    """Check a record beside its chain, and remark on whatever was taken by hand."""
    taken = line.taken or RecordTakenByHand()
    if line.taken is not None:
        found.remark(
            "verify.taken_by_hand",
            file=FACTS,
            device=line.device,
            n=taken.n,
            by=taken.by,
            at=minute_of(taken.at),
            reason=taken.reason or "–",
        )
    if line.n > 0:
        return
    where: dict[str, Any] = {"file": FACTS, "device": line.device, "n": taken.n}
    if not line.bytes or not taken.before:
        found.note("verify.chain_broken", **where)
        return
    if sha256_hex(unb64(line.bytes)) != line.sha256:
        found.note("verify.fact_changed", **where)
    if link(unb64(taken.before), line.sha256) != unb64(line.link):
        found.note("verify.chain_broken", **where)
    if not signed(key, unb64(line.link), unb64(line.sig)):
        found.note("verify.fact_bad_signature", **where)


def signed(key: ec.EllipticCurvePublicKey | None, message: bytes, raw: bytes) -> bool:
    """Return whether an ES256 signature over a link is by the holder of a key.

    Args:
        key: the public key, None when it is unknown.
        message: the link, 32 bytes.
        raw: r‖s, 64 bytes.

    Returns:
        False for an unknown key or a signature of another length too.
    """
    if key is None or len(raw) != 64:
        return False
    try:
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        key.verify(der, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def recompose(
    contents: Contents, inputs: SchoolInputs, tree: Mapping[str, Any], found: Findings
) -> None:
    """Compose the summary from the evidence, and name every difference and every missing photo.

    Args:
        contents: the evidence as read.
        inputs: its inputs.json.
        tree: the sealed summary.json as parsed.
        found: collects the problems.
    """
    facts = tuple(
        StoredFact(
            fact=decode(unb64(line.bytes)),
            sha256=line.sha256,
            device=line.device,
            n=line.n,
            seq=line.seq,
            received_at=line.received_at,
        )
        for line in contents.lines
        if line.bytes
    )
    excepted = {e.ref for e in of_tree(tree).exceptions if e.code == "seal.photo_missing"}
    for sha in sorted({p for s in facts for p in s.fact.photos} - contents.photos - excepted):
        found.note("verify.photo_missing", file=f"photos/{sha}", photo=sha[:12])
    inputs = msgspec.structs.replace(inputs, facts=facts, stored_photos=frozenset(contents.photos))
    try:
        anew = compose(inputs)
    except NotReady as error:
        for item in error.items:
            found.note("verify.facts_disagree", file="summary.json", row=None, column=item.words)
        return
    _compare(msgspec.json.decode(encode(anew)), tree, found)


def _compare(anew: Mapping[str, Any], summary: Mapping[str, Any], found: Findings) -> None:
    """Name every row and field at which two summaries, both as parsed JSON, differ."""
    for table in ("rows", "statements"):
        one, other = anew[table], summary[table]
        for position in range(max(len(one), len(other))):
            left = one[position] if position < len(one) else {}
            right = other[position] if position < len(other) else {}
            row = (right or left).get("row", position + 1)
            for key in sorted({*left, *right}):
                if left.get(key) != right.get(key):
                    found.note("verify.facts_disagree", file="summary.json", row=row, column=key)
    for key in sorted({*anew, *summary} - {"rows", "statements"}):
        if anew.get(key) != summary.get(key):
            found.note("verify.facts_disagree", file="summary.json", column=key)


def _read(path: Path, key: ec.EllipticCurvePrivateKey, found: Findings) -> Contents:
    contents = Contents()
    for member in evidence.open_evidence(path, key):
        if member.photo:
            if sha256_hex(member.data) == member.photo:
                contents.photos.add(member.photo)
            else:
                found.note("verify.photo_changed", file=member.name, photo=member.photo[:12])
        elif member.name == FACTS:
            contents.lines = msgspec.json.Decoder(Line).decode_lines(member.data)
        elif member.name == "devices.json":
            contents.devices = msgspec.json.decode(member.data, type=list[Device])
        elif member.name == "inputs.json":
            contents.inputs = msgspec.json.decode(member.data, type=SchoolInputs)
    return contents


def _public_key(text: str) -> ec.EllipticCurvePublicKey | None:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(text))
    except ValueError:
        return None
