"""The visible label of the system signature."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from shared.season import CST
from sync_server.paperwork.typeset import Job, typeset


def label_pdf(unit_name: str, now: datetime, fonts_dir: Path) -> bytes:
    """Render the label: that it is not a stamp, whose signature it is and when it was made.

    Args:
        unit_name: the name of the unit that signs.
        now: the moment of signing, timezone-aware; printed in China time.
        fonts_dir: the folder with the paper fonts.

    Returns:
        A PDF of one page of 46 x 13 mm.
    """
    local = now.astimezone(CST)
    view = {"unit": unit_name, "sealed_at": f"{local:%Y-%m-%d %H:%M}"}
    job = Job(template="label.typ", view=view, meta={}, created_at=now)
    return typeset(job, fonts_dir)[0]
