"""Files that an earlier version sealed (tests/golden/sealed-1) still verify, and one changed byte does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_server.sealing.checking.verify import Verdict, verify

SEALED = Path(__file__).resolve().parents[1] / "golden" / "sealed-1"
NAMES = ("school-summary.pdf", "county-summary.pdf")


def checked(file: Path) -> Verdict:
    return verify(file, (SEALED / "root.pem").read_bytes())


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_composer_1_verifies_and_what_was_not_composed_anew_is_named(name: str) -> None:
    verdict = checked(SEALED / name)
    assert (verdict.ok, verdict.problems) == (True, ())
    assert [n.code for n in verdict.notes] == ["verify.other_composer"]


@pytest.mark.parametrize("name", NAMES)
def test_one_changed_byte_of_it_does_not_verify(name: str, tmp_path: Path) -> None:
    data = bytearray((SEALED / name).read_bytes())
    data[len(data) // 3] ^= 1
    (tmp_path / name).write_bytes(data)
    assert not checked(tmp_path / name).ok
