"""The visible mark of the system signature, set like everything else on paper."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from shared.season import CST
from sync_server.paperwork.typeset import Job, typeset


def label_pdf(unit_name: str, now: datetime, fonts_dir: Path) -> bytes:
    """One page of 46 x 13 mm that says it is no stamp, whose it is and when it was made (China time, real clock)."""
    local = now.astimezone(CST)
    view = {"unit": unit_name, "sealed_at": f"{local:%Y-%m-%d %H:%M}"}
    job = Job(template="label.typ", view=view, meta={}, created_at=now)
    return typeset(job, fonts_dir)[0]
