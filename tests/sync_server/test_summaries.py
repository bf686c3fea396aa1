"""When a summary may be composed at all: never ahead of its time, never a second one without its reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.problems import ProblemError
from sync_server.office import summaries
from sync_server.sealing.checking.verify import verify
from sync_server.services import Services
from sync_server.store import summaries as stored


def refusal(services: Services, **options: object) -> str:
    with pytest.raises(ProblemError) as refused:
        summaries.compose(services, "01", who="t", **options)
    return refused.value.code


def test_a_cut_off_that_has_not_come_yet_is_refused(services: Services, county: list[str]) -> None:
    assert (
        refusal(services, cut_off=services.settings.now() + timedelta(minutes=5))
        == "seal.cut_off_future"
    )


def test_a_cut_off_without_an_offset_is_read_as_chinas(
    services: Services, county: list[str]
) -> None:
    # 10:30 in China is still to come by the sample season's clock; read as UTC or elsewhere it might not be
    assert refusal(services, cut_off=datetime(2019, 12, 12, 10, 30)) == "seal.cut_off_future"
    assert refusal(services, cut_off=datetime(2019, 12, 12, 9, 30)) == "seal.not_ready"


def test_another_version_after_a_sealed_one_needs_its_reason(
    services: Services, county: list[str]
) -> None:
    def sealed(connection: object) -> None:
        row = stored.add(
            connection,
            season="2019",
            unit="01",
            document="d",
            version=1,
            cut_off="",
            as_of="",
            data=b"{}",
            data_hash="",
        )
        stored.change(connection, row.id, state="sealed", sha256="ab" * 32)

    services.database.write(sealed)
    assert refusal(services) == "seal.reason_missing"
    assert refusal(services, reason="补报两人") == "seal.not_ready"


def test_a_trust_file_without_a_certificate_is_reported_before_the_sealed_file_is_judged(
    tmp_path: Path,
) -> None:
    file = tmp_path / "summary.pdf"
    file.write_bytes(b"%PDF-1.7")
    verdict = verify(file, b"\xff\xd8 a picture")
    assert [p.code for p in verdict.problems] == ["verify.trust_unreadable"]
