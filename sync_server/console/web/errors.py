"""Show every problem as a page: what is wrong, how to fix it, where to go; /v1 keeps JSON."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web.access import Req
from sync_server.console.web.forms import MAX_UPLOAD_BYTES
from sync_server.console.web.rendering import local_path, standalone_page, user
from sync_server.problem_details import problem_of, problem_response
from sync_server.store.accounts import ADMIN


def error_page(request: Req, error: Exception) -> Response[Any]:
    """Answer a page in the browser's language; an ended session leads to the sign-in and back."""
    if request.url.path.startswith("/v1"):
        return problem_response(request, error)
    problem = _problem(request, error)
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


def _problem(request: Req, error: Exception) -> ProblemError:
    if isinstance(error, HTTPException):
        if error.status_code == 413:
            return ProblemError("console.upload_too_large", limit_mb=_limit_mb(request))
        if error.status_code == 403 and "CSRF" in str(error.detail):
            return ProblemError("console.form_expired")
        if error.status_code in (404, 405):
            return ProblemError("console.not_found")
    return problem_of(error)


def _limit_mb(request: Req) -> int:
    """The largest request that this page takes: a form takes less than a file."""
    handler = request.route_handler
    most = handler.resolve_request_max_body_size() if isinstance(handler, HTTPRouteHandler) else 0
    return (most or MAX_UPLOAD_BYTES) // 1_000_000
