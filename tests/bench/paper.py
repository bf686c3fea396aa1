"""B11: what an office waits for: a list of 10,000 rows, 265 slips, 1,000 notices; and a page of slips against its limit.

Seconds of processor time. The preview reads the workbook in its worker and compares it with the people on the list. The
stack is a fifth of 265 pages in ten styles, drawn before the clock starts, and counts five times: what reading and filing
take grows by the page. A page of slips is divided by the bare reader of QR codes over the same page, in turns.
"""

from __future__ import annotations

import importlib
import multiprocessing
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.frame import ROUNDS, in_a_fork, timed

ROWS = 10_000
SLIPS, SHARE = 265, 5
PEOPLE = 999
"""How many ID numbers of one birthday the tests can make up."""
NOTICES = 1_000
SEED = 2026


def values() -> dict[str, list[float]]:
    """Seconds of each, and what became of the slips."""
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-") as folder:
        # all of it inside: the office's temporary files, and typst's with them, lie in its data folder from here on
        return {"list": _list(Path(folder)), "notices": _notices()} | _slips()


def _list(folder: Path) -> list[float]:
    """The preview of a list in an office that has those people already."""
    from sync_server.office import imports, subprocess_call
    from sync_server.services import Services
    from sync_server.settings import Settings
    from tests.support.county import CLOCK, with_season
    from tests.support.intake_files import HEADER, due_rows, line, made_id, write_xlsx

    subprocess_call.STARTED_BY = multiprocessing.get_context("fork")  # a child, whose time is seen
    ids = [made_id(n % PEOPLE, f"19{50 + n // PEOPLE:02d}0617") for n in range(ROWS // 2)]
    rows = [
        line(n // 2 % 200, n % 2, **{HEADER[2]: ids[n // 2], HEADER[3]: f"6105992017{n:08d}"})
        for n in range(ROWS)
    ]
    path = write_xlsx(folder / "list.xlsx", due_rows(rows))
    services = with_season(
        Services.open(Settings(data_dir=folder / "server", clock_spec=CLOCK, public_url="http://b"))
    )

    def preview() -> None:
        report: dict[str, Any] = imports.preview(services, "due-list", path)
        if report["accepted"] != ROWS:
            raise ValueError(f"{report['accepted']} of {report['read']} rows")

    preview()
    took = [timed(preview) for _ in range(ROUNDS)]
    services.close()
    return took


def _notices() -> list[float]:
    """Set notices, each time in a process where nothing is warm."""
    import msgspec

    from shared.assets import FONTS
    from shared.ids import case_code
    from sync_server.paperwork.notices import render_notices
    from tests.support.seal_samples import inputs

    importlib.import_module("typst")  # before the forks: importing is not what is measured
    base = inputs(1, 0)
    cases = [
        msgspec.structs.replace(base.cases[0], id=f"case-{n}", code=case_code("Q03", n))
        for n in range(1, NOTICES + 1)
    ]

    def work() -> None:
        render_notices(cases, base.season, base.school.name, date(2019, 11, 25), FONTS)

    return [in_a_fork(work) for _ in range(ROUNDS)]


def _slips() -> dict[str, list[float]]:
    """Read the same pages in every round."""
    from shared.assets import FONTS
    from sync_server.sealing.paper import pictures
    from sync_server.sealing.paper.slip_parts import read_page
    from sync_server.sealing.paper.slip_template import empty_slip
    from tests.support.seal_samples import inputs
    from tests.support.slip_stacks import stack

    template = empty_slip(inputs(1, 0).season, FONTS)
    sheets = list(stack(SLIPS // SHARE, SEED))
    known = {code for sheet in sheets for code, _ in sheet.slips}
    found: dict[str, list[float]] = {"slips": [], "slip": []}
    for number in range(ROUNDS):
        ours_s = bare_s = 0.0
        filed = misfiled = 0
        for sheet in sheets:
            began_s = time.process_time()
            parts = read_page(sheet.image, template)
            ours_s += time.process_time() - began_s
            began_s = time.process_time()
            pictures.read_codes(sheet.image.convert("L"))
            bare_s += time.process_time() - began_s
            on_it = {code for code, _ in sheet.slips}
            filed += len({part.code for part in parts} & on_it)
            misfiled += len({part.code for part in parts if part.code} - on_it)
        found["slips"].append(ours_s * SLIPS / len(known))
        found["slip"].append(ours_s / bare_s)
        if not number:
            lost = 100 * (len(known) - filed) / len(known)
            found |= {"not_filed": [lost], "misfiled": [float(misfiled)]}
    return found
