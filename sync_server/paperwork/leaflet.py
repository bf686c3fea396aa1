"""Render the leaflet: A4, one page where the text allows it, else both sides; nobody is in it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from shared.publicity import LOAN, Leaflet, leaflet
from shared.season import Season
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset

SIZES_PT = ((1, (10.5, 10, 9.5, 9, 8.5)), (2, (10.5, 10, 9.5, 9, 8.5, 8, 7.5, 7)))
"""Letters that are tried: on one page, then on two."""
PREVIEW_DPI = 90


def render_leaflet(
    season: Season, fonts_dir: Path, *, demo: bool = False, faces: KeptFaces | None = None
) -> bytes:
    """Render the leaflet of a season; equal arguments give equal bytes.

    Args:
        season: Its settings, policy pages among them.
        fonts_dir: The folder with the paper fonts.
        demo: Whether it says that everything is invented.
        faces: The county's own faces.

    Raises:
        ProblemError: leaflet.page_unchecked, leaflet.nothing, paper.not_set.
    """
    made, pdf = leaflet(season), b""
    day = season.due_day
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for most, sizes in SIZES_PT:
        for size in sizes:
            job = Job(
                template="leaflet.typ",
                view=_view(made, size, demo),
                meta={},
                created_at=at,
                footnotes=False,
            )
            pdf, layout = typeset(job, fonts_dir, faces=faces)
            if layout.pages <= most:
                return pdf
    return pdf


def _view(made: Leaflet, size: float, demo: bool) -> dict[str, object]:
    return {
        **msgspec.to_builtins(made),
        "title": f"{made.year}年{LOAN}还款提示",
        "size": size,
        "demo": demo,
    }


def render_preview(
    season: Season, fonts_dir: Path, *, demo: bool = False, faces: KeptFaces | None = None
) -> bytes:
    """Return a picture (PNG) of the leaflet's pages, one below the other."""
    import pypdfium2
    from PIL import Image

    pdf = render_leaflet(season, fonts_dir, demo=demo, faces=faces)
    with pypdfium2.PdfDocument(pdf) as document:
        shots = [page.render(scale=PREVIEW_DPI / 72).to_pil().convert("RGB") for page in document]
    width, height = max(s.width for s in shots), sum(s.height for s in shots)
    whole, y = Image.new("RGB", (width, height), "white"), 0
    for shot in shots:
        whole.paste(shot, (0, y))
        y += shot.height
    out = io.BytesIO()
    whole.save(out, "PNG", optimize=True)
    return out.getvalue()
