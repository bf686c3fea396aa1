"""A stack of slips: real notices, signed, scanned, split, read, filed, keyed, taken back."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sync_server.office import slip_stacks
from sync_server.services import Services
from sync_server.store import slip_stacks as store
from tests.support import slip_stacks as drawn
from tests.support.devices import case_ids


def test_x(services: Services, county: list[str], tmp_path: Path) -> None:
    pdf, codes = drawn.notices(4, unit="01")
    rng = Random(1)
    pages = []
    for sheet in drawn.printed(pdf):
        pages += [drawn.scanned(drawn.signed(sheet, rng), "flat", rng), drawn.back(sheet, rng)]
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn.pdf_of(pages))
    seen = []
    taken = slip_stacks.take(
        services, "01", [("a.pdf", path)], who="t", progress=lambda a, b: seen.append((a, b))
    )
    print(taken, seen)
    ids = case_ids(services, "01")
    found = services.database.read(lambda c: store.filed_of(c, ids))
    print(found)
    assert len(found) == 4
