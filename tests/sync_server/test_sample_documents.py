"""The documents a visitor reads before installing anything are sealed files like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_server.sealing.checking.verify import verify

SAMPLE = Path(__file__).parents[2] / "docs" / "sample"


@pytest.mark.parametrize("name", ["school-summary.pdf", "county-summary.pdf"])
def test_a_sample_document_verifies_with_the_root_beside_it(name: str) -> None:
    verdict = verify(SAMPLE / name, (SAMPLE / "root.pem").read_bytes())
    assert verdict.problems == ()
    assert verdict.ok


def test_one_changed_byte_of_a_sample_document_is_found(tmp_path: Path) -> None:
    data = bytearray((SAMPLE / "school-summary.pdf").read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    assert not verify(changed, (SAMPLE / "root.pem").read_bytes()).ok
