"""Map every exception to shared/problems.py and RFC 9457; a 500 gives a reference, no traceback."""

from __future__ import annotations

import logging
import uuid
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from shared.problems import ProblemError, details

log = logging.getLogger("doorstep")
RETRY_AFTER_S = 10
"""How long whoever got a 503 should wait: a database that fell over is mostly back by then."""
_BY_STATUS = {
    404: "request.not_found",
    405: "request.method",
    401: "auth.required",
    403: "auth.forbidden",
}


def problem_of(error: Exception) -> ProblemError:
    """The registered problem of an exception; an unforeseen one is logged under a reference."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, HTTPException) and error.status_code < 500:
        return ProblemError(_BY_STATUS.get(error.status_code, "request.unreadable"))
    reference = uuid.uuid4().hex[:8]
    log.error("unforeseen %s", reference, exc_info=error)
    return ProblemError("internal", ref=reference)


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Problem details in the language the client prefers (zh unless it asks for English)."""
    problem = problem_of(error)
    language = "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"
    return Response(
        msgspec.json.encode(details(problem, language)),
        status_code=problem.problem.status,
        media_type="application/problem+json",
        headers=wait_headers(problem.problem.status),
    )


def wait_headers(status: int) -> dict[str, str]:
    """Return what tells a program when to ask again, where the answer is only for now."""
    return {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}
