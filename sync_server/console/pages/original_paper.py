"""原件已收: an officer records that a version's stamped paper came, or takes that back."""

from __future__ import annotations

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from shared.problems import ProblemError
from shared.season import iso_day
from sync_server.console.parts import summary_steps
from sync_server.console.web.access import CENTRE_STAFF, Req, get_services, me
from sync_server.console.web.rendering import run_and_redirect
from sync_server.office import original_papers
from sync_server.request_bounds import check_texts


@post(
    "/schools/{unit:str}/summary/{summary_id:str}/original",
    opt={"roles": CENTRE_STAFF},
    status_code=303,
)
async def record(request: Req, unit: FromPath[str], summary_id: FromPath[str]) -> Redirect:
    """Record the paper, or take that back; what was typed is kept where it is refused."""
    services, who, form = get_services(request), me(request).name, await request.form()
    await summary_steps.version_of(request, unit, summary_id)
    typed = {name: str(form.get(name, "")).strip() for name in ("pages", "day", "reason", "entry")}
    back = f"/schools/{unit}/summary"
    if form.get("do") == "undo":

        def take_back() -> None:
            check_texts([typed["reason"]], original_papers.LONGEST_REASON)
            original_papers.undo(
                services, summary_id, typed["entry"], reason=typed["reason"], who=who
            )

        return await run_and_redirect(
            request,
            back,
            take_back,
            "已撤销原件登记,又是“待交原件”",
            "Taken back: the paper is awaited again",
            typed={f"undo-{summary_id}": typed["reason"]},
        )
    if form.get("do") != "receive":
        raise ProblemError("request.unreadable")
    return await run_and_redirect(
        request,
        back,
        lambda: original_papers.receive(
            services,
            summary_id,
            pages=_number(typed["pages"]),
            day=iso_day(typed["day"]),
            who=who,
        ),
        "已登记:盖章原件收到 {n} 页",
        "Recorded: {n} pages of stamped paper received",
        typed={f"pages-{summary_id}": typed["pages"], f"day-{summary_id}": typed["day"]},
        n=lambda entry: entry.pages,
    )


def _number(text: str) -> int:
    """Return a number of pages as typed; 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


HANDLERS = (record,)
