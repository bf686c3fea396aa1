"""Show every problem as a page: what is wrong, how to fix it, where to go; /v1 keeps JSON."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from shared.problems import ProblemError
from sync_server.console.web import kept_forms
from sync_server.console.web.access import Req
from sync_server.console.web.rendering import local_path, standalone_page, user
from sync_server.problem_details import problem_of, problem_response, wait_headers
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
    if problem.code == "auth.required" and request.method == "POST":
        return _sign_in_first(request, problem)
    if problem.code == "season.none" and request.method == "GET" and _is_admin(request):
        return Redirect("/seasons/new", status_code=303)
    back = local_path(request.headers.get("referer", ""))
    status = problem.problem.status
    answer = standalone_page(request, "error.html", status=status, problem=problem, back=back)
    answer.headers.update(wait_headers(status))
    return answer


def _sign_in_first(request: Req, problem: ProblemError) -> Response[Any]:
    """Answer a form whose session had ended by the sign-in, and say what became of the words."""
    found = request.scope["state"].get(kept_forms.WHAT, kept_forms.Outcome())
    return standalone_page(
        request,
        "signin.html",
        status=problem.problem.status,
        next=local_path(request.headers.get("referer", "")),
        problem=problem,
        name="",
        setup_needed=False,
        kept_key=found.key,
        lost=found.lost,
    )


def _is_admin(request: Req) -> bool:
    account = user(request)
    return account is not None and account.role == ADMIN


def _problem(error: Exception) -> ProblemError:
    if isinstance(error, HTTPException) and error.status_code in (404, 405):
        return ProblemError("console.not_found")
    return problem_of(error)
