"""Files that earlier versions sealed (tests/golden/sealed-*) still verify, and one changed byte does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_server.sealing.checking.verify import Verdict, verify

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
NAMES = ("school-summary.pdf", "county-summary.pdf")
FILES = [
    GOLDEN / folder / name for folder in ("sealed-1", "sealed-3", "sealed-4") for name in NAMES
]


def checked(file: Path, root: Path) -> Verdict:
    return verify(file, (root / "root.pem").read_bytes())


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_a_file_of_an_earlier_composer_verifies_and_what_was_not_composed_anew_is_named(
    file: Path,
) -> None:
    verdict = checked(file, file.parent)
    assert (verdict.ok, verdict.problems) == (True, ())
    (note,) = verdict.notes
    assert note.code == "verify.other_composer"
    assert f"编排号 {file.parent.name[-1]})" in note.message


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_one_changed_byte_of_it_does_not_verify(file: Path, tmp_path: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    (tmp_path / file.name).write_bytes(data)
    assert not checked(tmp_path / file.name, file.parent).ok
