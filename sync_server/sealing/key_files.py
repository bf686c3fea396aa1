"""Keys and certificates on disk, each pair made so that a kill at any moment leaves it usable."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.problems import ProblemError
from sync_server import whole_file

NEW = ".unfinished"
"""Ends the names of files that are being made; finish_interrupted looks after them."""


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: str) -> bytes:
    """Return a key as PKCS#8 under a passphrase. Raises: ProblemError certs.passphrase."""
    if len(passphrase) < 8:
        raise ProblemError("certs.passphrase")
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half of a key."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def store(keys_dir: Path, stem: str, private: bytes, public: bytes) -> None:
    """Write a key and its certificate: both whole under other names first, then renamed.

    The key gets its name first, when its certificate is on disk already; finish_interrupted gives
    the certificate its name where that was not reached.
    """
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, certificate = keys_dir / f"{stem}.key", keys_dir / f"{stem}.pem"
    new = [path.with_name(path.name + NEW) for path in (key, certificate)]
    write_private(new[0], private)
    write_private(new[1], public)
    new[0].rename(key)
    new[1].rename(certificate)


def write_private(path: Path, data: bytes) -> None:
    """Create a file only its owner may read; an existing file is never overwritten."""
    with whole_file.private(path, overwrite=False) as file:
        file.write(data)


def finish_interrupted(keys_dir: Path) -> None:
    """Complete or forget what a killed process left half made; nobody else may be making any.

    A key that lies beside its finished certificate gets it. One without a certificate, of version
    0.1, is put aside where nothing was issued under it, so that another can be made.
    """
    for unfinished in keys_dir.glob(f"*.key{NEW}"):
        _beside(unfinished, f"pem{NEW}").unlink(missing_ok=True)
        unfinished.unlink()
    for unfinished in keys_dir.glob(f"*.pem{NEW}"):
        key, certificate = _beside(unfinished, "key"), _beside(unfinished, "pem")
        if key.exists() and not certificate.exists():
            unfinished.rename(certificate)
        else:
            unfinished.unlink()
    keys = sorted(keys_dir.glob("*.key"))
    issued = {key.stem for key in keys if key.with_suffix(".pem").exists()}
    for key in keys:
        if key.stem not in issued | {"evidence"} and not _issued_under(key.stem, issued):
            key.replace(key.with_name(f"{key.name}.unused"))


def _beside(unfinished: Path, ending: str) -> Path:
    stem = unfinished.name.removesuffix(NEW).rsplit(".", 1)[0]
    return unfinished.with_name(f"{stem}.{ending}")


def _issued_under(stem: str, issued: set[str]) -> bool:
    """Return whether certificates exist that this key may have signed."""
    below = issued - {"root", "evidence"}
    return (stem == "root" and bool(below)) or (stem == "county" and bool(below - {"county"}))
