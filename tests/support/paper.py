"""Records from paper as an office types them in, and pictures of sheets."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw

from sync_server.office import paper_records
from sync_server.office.paper_desk import KeyedRecord
from sync_server.services import Services
from sync_server.store import units
from tests.support.county import SEASON
from tests.support.devices import new_id

AT = "2019-12-11T15:20"
VISIT = {
    "met": "self",
    "outcome": "promised",
    "promise_date": "2019-12-18",
    "visitors": ["甲", "乙"],
}
DELIVERY = {
    "method": "in_person",
    "outcome": "signed",
    "signer_relation": "self",
    "servers": ["甲", "乙"],
}
STATEMENT = {"reason": "hardship", "narrative": "家中只有老人。", "handling": "keep_reminding"}


def teacher(services: Services, name: str = "甲", unit: str = "01") -> str:
    """The id of a teacher of a school, made when new."""
    return services.database.write(lambda c: units.put_teacher(c, SEASON, unit, name))


def keyed(
    services: Services,
    case: str,
    kind: str = "visit",
    body: Mapping[str, Any] = VISIT,
    *,
    unit: str = "01",
    by: str = "甲",
    **changes: Any,
) -> KeyedRecord:
    """A record typed in from paper; `changes` replace what `key_in` is given."""
    given = {
        "case_id": case,
        "kind": kind,
        "body": body,
        "happened_at": AT,
        "visited_by": teacher(services, by, unit),
        "request_id": new_id(),
        "who": "联络员",
    }
    return paper_records.key_in(services, unit, **{**given, **changes})


def sheet(words: str = "visit", size: tuple[int, int] = (600, 800), kind: str = "JPEG") -> bytes:
    """The picture of a sheet with something on it."""
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for line in range(8):
        draw.text((40, 40 + 60 * line), f"{words} {line}", fill="black", font_size=40)
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    picture.save(out, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return out.getvalue()
