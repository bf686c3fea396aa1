"""B7: the roll-up of 100 sealed counties into a region / half a bare serial loop that verifies the same files.

Half, because two cores are there to share the work: a ratio of 1 is a roll-up that costs nothing but verifying on both. The
wall's clock, since processor time cannot see two cores; on one core the row is not measured. A county's file has 2
schools and a scanned page; they are sealed before the clock starts, all behind one scan.
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.frame import NotHereError, ratios

COUNTIES = 100
SECRET = "for-a-bench-only"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "summary" / "county.json"


def values() -> dict[str, list[float]]:
    """The ratios, round by round."""
    if len(os.sched_getaffinity(0)) < 2:
        raise NotHereError("one core")
    from sync_server.sample.season import season_2019
    from sync_server.sealing.checking.verify import open_sealed
    from sync_server.sealing.rollup import ParentUnit, roll_up_whole
    from sync_server.sealing.summary import Unit

    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder:
        units = [(f"61{n:04d}", f"第{n}县学生资助管理中心") for n in range(1, COUNTIES + 1)]
        paths, root = _sealed(Path(folder), units)
        parent = ParentUnit(
            unit=Unit(code="610000", name="省资助中心"), document="610000-2019", version=1
        )

        def ours() -> None:
            whole = roll_up_whole(
                paths,
                dict(units),
                season_2019(),
                partial=False,
                trust_root_pem=root,
                parent=parent,
                cores=2,
            )
            if len(whole.rows) != COUNTIES:
                raise ValueError(f"{len(whole.rows)} counties")

        def bare() -> None:
            for path in paths:
                if not open_sealed(path, root).verdict.ok:
                    raise ValueError(path.name)

        return {"counties": [2 * one for one in ratios(ours, bare, clock=time.perf_counter)]}


def _sealed(folder: Path, units: list[tuple[str, str]]) -> tuple[list[Path], bytes]:
    """Seal a summary of each county, and return the files and the root they are trusted by."""
    from shared.assets import FONTS
    from sync_server.sealing import certificates, seal
    from sync_server.sealing.making import sign
    from sync_server.sealing.paper.scan import read_scan
    from tests.support import seal_samples

    certificates.create_root(folder, "基准根", SECRET, NOW)
    certificates.issue_county(folder, "基准县", SECRET, NOW)
    scan: Any = None
    paths = []
    for number, (code, name) in enumerate(units):
        summary = _county(number, code, name)
        printed = seal.print_summary(summary, FONTS)
        if scan is None:
            scan = read_scan(seal_samples.stamped_scans(printed), printed.expected)
        certificates.issue_unit(folder, code, name, SECRET, NOW)
        signer = certificates.signer_of(folder, code, SECRET)
        who = sign.identity(signer)
        drafted = seal.draft(summary, printed.rendered.pdf, scan, None, who, FONTS, NOW)
        path = folder / f"{code}.pdf"
        path.write_bytes(seal.sign_draft(drafted, signer, FONTS, NOW))
        path.with_suffix(".xlsx").write_bytes(drafted.xlsx)
        paths.append(path)
    return paths, (folder / "root.pem").read_bytes()


def _county(number: int, code: str, name: str) -> Any:
    """The golden county under another code and name, its cases those of other schools."""
    from sync_server.sealing.summary import decode

    text = GOLDEN.read_text("utf-8")
    for school in ("Q03", "Q04"):
        text = text.replace(school, f"{chr(ord('A') + number // 10)}{number % 10}{school[-1]}")
    text = text.replace("610599-", f"{code}-").replace('"code":"610599"', f'"code":"{code}"')
    return decode(text.replace("青槐县学生资助管理中心", name).encode())
