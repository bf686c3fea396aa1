"""PDFs of a few hundred bytes that cost much: what is cheap to see is refused at once, the rest ends at its limit."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from PIL import Image

from shared.problems import ProblemError
from sync_server.office import jobs, worker_jobs
from sync_server.office.job_limits import LIMITS, Limits
from sync_server.office.jobs import Job
from sync_server.sealing import certificates
from sync_server.sealing.paper.scan import Expected, read_scan
from sync_server.services import Services
from tests.support import hostile_pdf

ENDLESS = (
    hostile_pdf.endless_pages,
    hostile_pdf.endless_fields,
    hostile_pdf.endless_files,
    hostile_pdf.endless_drawings,
    hostile_pdf.million_pages,
)


def verdicts(folder: Path, root_pem: bytes) -> tuple[dict[str, list[str]], float]:
    """What is wrong with each file, and the CPU seconds that took."""
    began_s, found = time.process_time(), {}
    for path in sorted(folder.iterdir()):
        verdict = worker_jobs.verify_file(path, root_pem)
        found[path.stem] = [problem["code"] for problem in verdict["problems"]]
    return found, time.process_time() - began_s


def scanned(data: bytes) -> list[str]:
    """What is wrong with an upload as a scan, or odd about it."""
    expected = Expected(
        document="610599-2019-01", version=1, data_hash="0" * 64, pages=1, stamp_areas=()
    )
    found = read_scan([("x.pdf", data)], expected)
    return [one.code for one in (*found.problems, *found.findings)]


def read(services: Services, data: bytes) -> list[str]:
    """The same in a job; a job that is ended gives its problem."""
    try:
        return jobs.run(services, Job(kind="scan"), scanned, data)
    except ProblemError as problem:
        return [problem.code]


def test_trees_without_an_end_verify_to_no_as_fast_as_any_file(
    services: Services, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for build in ENDLESS:
        (folder / f"{build.__name__}.pdf").write_bytes(build())
    certificates.create_root(
        tmp_path / "keys", "青槐县", "correct horse", services.settings.real_now()
    )
    root_pem = (tmp_path / "keys" / "root.pem").read_bytes()
    found, cpu_s = jobs.run(services, Job(kind="check"), verdicts, folder, root_pem)
    assert len(found) == len(ENDLESS)
    assert all(codes for codes in found.values()), found
    assert cpu_s < LIMITS["check"].cpu_s


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (hostile_pdf.million_pages(), "scan.too_many_pages"),
        (hostile_pdf.endless_pages(), "scan.unreadable"),
        (hostile_pdf.endless_drawings(), "scan.blank_page"),
    ],
    ids=["a million pages", "pages without an end", "drawings without an end"],
)
def test_a_scan_that_costs_much_to_read_is_named_by_what_is_wrong_with_it(
    services: Services, data: bytes, codes: str
) -> None:
    assert len(data) < 8000
    assert codes in read(services, data)


def test_pages_five_metres_wide_end_at_the_limit_of_time(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Limits(wall_s=600, cpu_s=1, memory_mib=2048, file_mib=1, of_file=True)
    monkeypatch.setitem(LIMITS, "scan", small)
    data = hostile_pdf.giant_pages()
    assert len(data) < 1000
    assert read(services, data) == ["work.file_time"]


def test_streams_within_streams_end_at_the_limit_of_memory(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Limits(wall_s=600, cpu_s=60, memory_mib=768, file_mib=1, of_file=True)
    monkeypatch.setitem(LIMITS, "scan", small)
    data = hostile_pdf.nested_flate(1024)
    assert len(data) < 1000
    assert read(services, data)[0] in ("work.file_crash", "work.file_memory", "scan.unreadable")


@pytest.mark.parametrize("size", [(1, 1), (1, 100_000), (100_000, 1), (30_000, 2100)])
@pytest.mark.parametrize("light", [0, 255])
def test_a_picture_of_any_shape_is_a_page_without_a_code(size: tuple[int, int], light: int) -> None:
    out = io.BytesIO()
    Image.new("L", size, light).save(out, "PNG")
    assert set(scanned(out.getvalue())) & {"scan.no_qr", "scan.blank_page"}
