"""Draw an empty slip as it is printed, to find the printed labels on scanned ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pypdfium2
from PIL import Image

from shared.cases import Case, Person
from shared.ids import case_code
from shared.season import Season
from sync_server.paperwork.notices import render_notices
from sync_server.sealing.paper.slip_layout import CUT_LINE_MM, SLIP
from sync_server.sealing.paper.upright_page import PX_PER_MM


def empty_slip(season: Season, fonts: Path) -> Image.Image:
    """Return the slip of nobody, RGB at PX_PER_MM.

    Args:
        season: The season, for the words on the slip.
        fonts: The folder with the paper fonts.
    """
    nobody = Case(
        id="0", season=season.id, code=case_code("0", 1), borrower=Person(name="样例"), contracts=()
    )
    words = msgspec.structs.replace(season, policy=())
    pdf = render_notices([nobody], words, "学校", date(season.due_day.year, 1, 1), fonts)
    with pypdfium2.PdfDocument(pdf) as document:
        page: Image.Image = document[0].render(scale=PX_PER_MM * 25.4 / 72).to_pil()
    top = round(CUT_LINE_MM * PX_PER_MM)
    return page.convert("RGB").crop((0, top, SLIP.right * PX_PER_MM, top + SLIP.bottom * PX_PER_MM))
