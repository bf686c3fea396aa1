"""What a session remembers between sheets: teacher, companions, kind, pictures of an unsaved form.

A picture is known by its form alone, in the session that sent it: no form names one by its hash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar.datastructures import FormMultiDict, UploadFile

from sync_server.console.web import sessions
from sync_server.console.web.access import Req, get_services
from sync_server.office import paper_records

MOST_FORMS = 5
"""Forms of a session whose pictures are kept while the form is not saved."""


def remembered(request: Req, unit: str) -> dict[str, Any]:
    """Return what this session remembers of the sheets of a school before."""
    found = sessions.of(request).get(sessions.PAPER, {})
    return dict(found) if found.get("unit") == unit else {}


def remember(request: Req, unit: str, form_id: str, now: Mapping[str, Any]) -> None:
    """Keep what the next sheet begins with; the pictures of the form that was saved are its own."""
    left = {other: kept for other, kept in now.get("pictures", {}).items() if other != form_id}
    sessions.of(request)[sessions.PAPER] = {**now, "unit": unit, "pictures": left}


def pictures(request: Req, form_id: str) -> Mapping[str, Any]:
    """Return the pictures that came with a form: `scan`, and `photos` of other papers."""
    found = sessions.of(request).get(sessions.PAPER, {}).get("pictures", {}).get(form_id, {})
    return found if isinstance(found, dict) else {}


async def keep_pictures(request: Req, unit: str, form_id: str, form: FormMultiDict) -> None:
    """Keep pictures that were sent with a form, so that a fault in it does not lose them.

    Raises:
        ProblemError: Those of `paper_records.keep_picture`.
    """
    services, sent = get_services(request), dict[str, list[str]]()
    for name in ("scan", "photos"):
        for upload in form.getall(name, []):
            if isinstance(upload, UploadFile) and upload.filename:
                data = await upload.read()
                kept = await asyncio.to_thread(paper_records.keep_picture, services, unit, data)
                sent.setdefault(name, []).append(kept)
    if not sent:
        return
    before = remembered(request, unit)
    of_forms = dict(before.get("pictures", {}))
    mine = dict(of_forms.pop(form_id, {}))
    if "scan" in sent:
        mine["scan"] = sent["scan"][0]
    mine["photos"] = list(dict.fromkeys([*mine.get("photos", []), *sent.get("photos", [])]))
    newest = [*of_forms.items(), (form_id, mine)][-MOST_FORMS:]
    sessions.of(request)[sessions.PAPER] = {**before, "unit": unit, "pictures": dict(newest)}
