"""Show every problem as a page: what is wrong, how to fix it, where to go; /v1 keeps JSON."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web.access import Req
from sync_server.console.web.rendering import local_path, standalone_page, user
from sync_server.problem_details import problem_of, problem_response
from sync_server.store.accounts import ADMIN


def error_page(request: Req, error: Exception) -> Response[Any]:
    """Answer a page in the browser's language; an ended session leads to the sign-in and back."""
    if request.url.path.startswith("/v1"):
        return problem_response(request, error)
    problem = _problem(error)
    if problem.code == "auth.required" and request.method == "GET":
        target = local_path(str(request.url))
        return Redirect(
            "/sign-in", query_params={"next": target} if target != "/" else None, status_code=303
        )
    if problem.code == "season.none" and request.method == "GET" and _is_admin(request):
        return Redirect("/seasons/new", status_code=303)
    back = local_path(request.headers.get("referer", ""))
    return standalone_page(
        request, "error.html", status=problem.problem.status, problem=problem, back=back
    )


def _is_admin(request: Req) -> bool:
    account = user(request)
    return account is not None and account.role == ADMIN


def _problem(error: Exception) -> ProblemError:
    if isinstance(error, HTTPException) and error.status_code in (404, 405):
        return ProblemError("console.not_found")
    return problem_of(error)
