"""Render the slips that activate accounts: four on a sheet, to be cut apart and handed over.

A slip has no password: its link lets one person set one, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from sync_server.paperwork import qr_codes, words
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset

ROLES = {
    "admin": "县资助中心",
    "officer": "包联同志",
    "liaison": "学校联络员",
    "auditor": "巡查/督查（只读）",
}
MOST_SCHOOLS = 3
"""Schools that are named; of more, the slip says how many there are."""


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A slip: whose, for what, and the link. `expires_at`: UTC ISO; `only_here` as in NewLink."""

    person: str
    role: str
    schools: tuple[str, ...]
    sign_in: str
    address: str
    code: str
    url: str
    expires_at: str
    only_here: bool = False


def render(
    slips: Sequence[Slip],
    centre: str,
    made_on: date,
    fonts_dir: Path,
    *,
    shortest: int,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render slips; equal arguments give equal bytes.

    Args:
        slips: The slips, in the order of the sheets.
        centre: The name of the county's centre; "" where none is known yet.
        made_on: The day, for the file's date.
        fonts_dir: The folder with the paper fonts.
        shortest: The fewest characters of a password.
        demo: Whether every page says that its data are invented.
        faces: The county's own faces.

    Returns:
        The PDF.

    Raises:
        ProblemError: paper.not_set.
    """
    view = {
        "title": "账号激活单",
        "centre": centre or "县资助中心",
        "shortest": shortest,
        "demo": demo,
        "slips": [
            {
                "person": slip.person,
                "role": ROLES.get(slip.role, slip.role),
                "schools": schools_in_words(slip.schools),
                "sign_in": slip.sign_in,
                "address": slip.address,
                "code": slip.code,
                "until": words.moment(slip.expires_at),
                "only_here": slip.only_here,
                "qr": f"link-{number}.svg",
            }
            for number, slip in enumerate(slips)
        ],
    }
    job = Job(
        template="account_slips.typ",
        view=view,
        meta={},
        pictures=tuple((f"link-{n}.svg", qr_codes.svg(slip.url)) for n, slip in enumerate(slips)),
        created_at=datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC),
        footnotes=False,
    )
    return typeset(job, fonts_dir, faces=faces)[0]


def schools_in_words(schools: Sequence[str]) -> str:
    """Return schools as a slip names them."""
    named = "、".join(schools[:MOST_SCHOOLS])
    return f"{named}等 {len(schools)} 所" if len(schools) > MOST_SCHOOLS else named
