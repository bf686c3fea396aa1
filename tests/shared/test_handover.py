"""The hand-over file's format: what is written is read, in whatever pieces it comes, and a frozen file stays readable.

`python -m tests.shared.test_handover` writes the vector where it is missing, never over an old one.
"""

from __future__ import annotations

import base64
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from shared import handover as form
from shared.box import HANDOVER, context
from shared.digest import sha256_hex
from shared.handover import Answer, Head, Records
from shared.wire import MAX_PHOTO_BYTES, Outcome, PushedFact, b64, unb64

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "handover.json"
CURVE = ec.SECP256R1()
FACT = PushedFact(bytes="e30", n=7, link="AA", sig="AA")
PHOTO = b"a photo"
kinds = st.lists(
    st.tuples(st.sampled_from([b"f", b"p", b"z"]), st.binary(max_size=300)), max_size=12
)


@given(kinds, st.lists(st.integers(min_value=0, max_value=2000), max_size=9))
def test_records_come_out_as_they_went_in_however_the_bytes_are_cut(
    wanted: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    data = b"".join(form.record(kind, inside) for kind, inside in wanted)
    edges = sorted({0, len(data), *(c for c in cuts if c < len(data))})
    found = Records()
    out = [r for a, b in pairwise(edges) for r in found.feed(data[a:b])]
    found.end()
    assert out == wanted


@given(kinds.filter(bool), st.integers(min_value=1))
def test_a_file_that_stops_inside_a_record_is_reported(
    wanted: list[tuple[bytes, bytes]], short: int
) -> None:
    data = b"".join(form.record(kind, inside) for kind, inside in wanted)
    last = 5 + len(wanted[-1][1])
    found = Records()
    list(found.feed(data[: len(data) - 1 - short % (last - 1)]))
    with pytest.raises(ValueError, match="stops inside"):
        found.end()


def test_a_record_larger_than_a_photo_is_refused_before_it_is_held() -> None:
    with pytest.raises(ValueError, match="at most one photo"):
        list(Records().feed(b"p" + (form.MAX_RECORD_BYTES + 1).to_bytes(4)))
    with pytest.raises(ValueError, match="at most one photo"):
        form.photo_record("00" * 32, bytes(MAX_PHOTO_BYTES + 1))
    assert len(form.photo_record("00" * 32, bytes(MAX_PHOTO_BYTES))) == 5 + form.MAX_RECORD_BYTES


@given(
    st.builds(
        Head,
        device=st.text(max_size=40),
        to=st.text(max_size=90),
        point=st.text(max_size=90),
        epoch=st.text(),
    )
)
def test_a_head_is_read_as_it_was_written(head: Head) -> None:
    assert form.read_head(form.head_bytes(head)) == head


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"DSHO1\n",
        b"DSHO1\n\x00\x02{}",
        b"PK\x03\x04",
        b"DSHO1\n\x00\x05{}",
        b"DSHO1\n\x00\x01\xff",
    ],
)
def test_an_invalid_head_is_reported(data: bytes) -> None:
    with pytest.raises(ValueError):
        form.read_head(data)


def test_no_two_frames_share_a_nonce() -> None:
    nonces = [form.nonce(n, last=last) for n in range(300) for last in (False, True)]
    assert len(set(nonces)) == len(nonces)
    assert {len(n) for n in nonces} == {12}


@given(st.binary(max_size=40))
def test_an_invalid_answer_is_reported(data: bytes) -> None:
    with pytest.raises(ValueError):
        form.read_answer(form.split_answer(data)[0])


def test_an_answer_is_read_as_it_was_written() -> None:
    answer = Answer(
        device="d",
        epoch="e",
        knew="e0",
        answered_at="2019-12-12T02:00:00+00:00",
        facts=[Outcome(outcome="created", sha256="ab" * 32, seq=3)],
        photos=[Outcome(outcome="duplicate", sha256="cd" * 32)],
    )
    text, signature = form.split_answer(form.answer_bytes(form.answer_text(answer), b"s" * 64))
    assert (form.read_answer(text), signature) == (answer, b"s" * 64)


def test_the_frozen_file_opens_by_arithmetic_written_out_here() -> None:
    """Nothing of the app but its constants: ECDH, HKDF and AES-GCM as the format's description says."""
    vector: dict[str, Any] = msgspec.json.decode(GOLDEN.read_bytes())
    data = base64.b64decode(vector["file"])
    server = _private(vector["server_private_pkcs8"])
    size = int.from_bytes(data[6:8])
    head = msgspec.json.decode(data[8 : 8 + size], type=dict[str, str])
    aad, signature = data[: 8 + size + 64], data[8 + size : 8 + size + 64]
    assert head == vector["head"]
    assert unb64(head["to"]) == _point(server.public_key())
    phone = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(vector["phone_point"]))
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    phone.verify(der, b"doorstep/1/handover|" + data[: 8 + size], ec.ECDSA(hashes.SHA256()))
    point = unb64(head["point"])
    material = server.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    )
    info = b"doorstep/1/handover" + point + unb64(head["to"])
    key = HKDF(hashes.SHA256(), 32, b"", info).derive(material)
    plain = AESGCM(key).decrypt(bytes(11) + b"\x01", data[len(aad) :], aad)
    assert base64.b64encode(plain).decode() == vector["plain"]
    fact, photo = Records().feed(plain)
    assert (fact[0], msgspec.json.decode(fact[1], type=PushedFact)) == (b"f", FACT)
    assert photo == (b"p", bytes.fromhex(sha256_hex(PHOTO)) + PHOTO)


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_der_private_key(base64.b64decode(text), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def write() -> None:
    """The vector, where it is missing."""
    if GOLDEN.exists():
        return
    server, file, phone = (ec.generate_private_key(CURVE) for _ in range(3))
    point, to = _point(file.public_key()), _point(server.public_key())
    head = Head(
        device="0192f0c0-0000-7000-8000-000000000001",
        to=b64(to),
        point=b64(point),
        epoch="e1",
        made_at="2019-12-12T10:00:00+08:00",
    )
    plain_head = form.head_bytes(head)
    r, s = decode_dss_signature(phone.sign(form.signed(plain_head), ec.ECDSA(hashes.SHA256())))
    aad = plain_head + r.to_bytes(32) + s.to_bytes(32)
    material = file.exchange(ec.ECDH(), server.public_key())
    key = HKDF(hashes.SHA256(), 32, b"", context(HANDOVER, point, to)).derive(material)
    plain = form.fact_record(FACT) + form.photo_record(sha256_hex(PHOTO), PHOTO)
    pkcs8 = server.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    vector = {
        "what": "shared/handover.py, one frame; test keys only",
        "server_private_pkcs8": base64.b64encode(pkcs8).decode(),
        "phone_point": b64(_point(phone.public_key())),
        "head": msgspec.to_builtins(head),
        "plain": base64.b64encode(plain).decode(),
        "file": base64.b64encode(
            aad + AESGCM(key).encrypt(form.nonce(0, last=True), plain, aad)
        ).decode(),
    }
    GOLDEN.write_bytes(msgspec.json.format(msgspec.json.encode(vector), indent=1))


if __name__ == "__main__":
    write()
