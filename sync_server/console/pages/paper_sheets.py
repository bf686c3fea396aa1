"""Print blank sheets of the records, for a teacher's or a village's people or without names."""

from __future__ import annotations

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from shared.records.kind import Label
from sync_server.console.parts import started
from sync_server.console.web import forms
from sync_server.console.web.access import Req, me, school
from sync_server.console.web.works import Work
from sync_server.office import sheets

PRINTING = Label("排记录表", "Making the sheets")


@post("/schools/{unit:str}/paper/sheets.pdf", status_code=200)
async def make(request: Req, unit: FromPath[str]) -> Response[Any]:
    """Typeset the sheets as heavy work, and answer them."""
    row, who, form = await school(request, unit), me(request).name, await request.form()
    kind, staff = forms.text(form, "kind", 40), forms.text(form, "staff", 40)
    village = forms.text(form, "village", 100)

    async def show(_: Req, work: Work) -> Response[Any]:
        name = f"记录表-{row.name}.pdf"
        return forms.download(work.result(), name, "application/pdf", inline=True)

    return await started.start(
        request,
        f"record-sheets {unit} {kind} {staff} {village}",
        lambda services: sheets.record_sheets(
            services, unit, who=who, kind=kind, staff=staff, village=village
        ),
        show,
        title=PRINTING,
        of=Label(row.name, row.name),
        back=f"/schools/{unit}/paper",
    )


HANDLERS = (make,)
