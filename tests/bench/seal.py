"""B6: render, sign and verify a school's summary, against one bare compile of the same pages.

Both are warm.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

BOUND = 10.0


def pair() -> tuple[Callable[[], object], Callable[[], object]]:
    from shared.assets import FONTS
    from sync_server.sealing import certificates
    from sync_server.sealing.certificates import signer_of
    from sync_server.sealing.making.compose import compose
    from sync_server.sealing.paper.scan import read_scan
    from sync_server.sealing.seal import print_summary, seal
    from tests.support import seal_samples

    keys = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    now, secret = datetime(2026, 11, 23, tzinfo=UTC), "for-a-bench-only"
    summary = compose(seal_samples.inputs(58))
    code = summary.unit.code
    certificates.create_root(keys, "基准根", secret, now)
    certificates.issue_county(keys, "基准县", secret, now)
    certificates.issue_unit(keys, code, summary.unit.name, secret, now)
    printed = print_summary(summary, FONTS)
    scan = read_scan(seal_samples.stamped_scans(printed), printed.expected)
    root = (keys / "root.pem").read_bytes()
    signer = signer_of(keys, code, secret)
    return (
        lambda: seal(
            summary,
            scan,
            None,
            signer,
            fonts_dir=FONTS,
            trust_root_pem=root,
            now=now,
            printed_pdf=printed.rendered.pdf,
        ),
        lambda: print_summary(summary, FONTS),
    )
