"""The test code of the page 手机怎么连上: what a phone reports, and what that says.

Good is only a phone that opened the server over https, took its service worker, and read back,
without the network, a page the worker had kept. The test lives for an hour: in memory, or in the
database where several processes serve, since any of them may get the phone's report.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import audit, kept

KIND: Final = "phone_test"
LIFE = timedelta(hours=1)
PATH = "/connect/test"
MOST_MISSING = 12
PHONE = "手机"
"""The name the audit trail gives to a phone that nobody has enrolled."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone's browser found.

    Attributes:
        token: What stood behind the `#` of the code's address.
        secure: Whether the browser calls the page a secure context.
        missing: The features it lacks, by the names of assets/web/browser_check.js.
        worker: Whether it took the service worker; `untrusted` where the certificate forbids it.
        kept: Whether the page the worker kept was read back.
    """

    token: str
    secure: bool = False
    missing: list[str] = []
    worker: str = ""
    kept: bool = False


class PhoneTest(msgspec.Struct, kw_only=True):
    """One test code and what phones have answered; `phone` is the last one's kind and browser."""

    token: str
    url: str
    ends_at: datetime
    answers: int = 0
    good: bool = False
    phone: str = ""
    why: tuple[str, dict[str, Any]] = ("", {})

    @property
    def problem(self) -> ProblemError | None:
        """Why the last phone is not good."""
        return ProblemError(self.why[0], **self.why[1]) if self.why[0] else None

    def state(self, now: datetime) -> str:
        """Return a text that changes with every answer, for the page that waits."""
        if not self.good and now >= self.ends_at:
            return "over"
        return f"{'good' if self.good else 'waiting'}-{self.answers}"


def begin(base: str, now: datetime) -> PhoneTest:
    """Make a test code for the server at `base` (https, without a slash at its end)."""
    token = secrets.token_urlsafe(16)
    return PhoneTest(token=token, url=f"{base}{PATH}#{token}", ends_at=now + LIFE)


def keep(services: Services, test: PhoneTest) -> None:
    """Keep the newest test for every process, where there are several."""
    if services.settings.is_shared:
        body = msgspec.json.encode(test)
        services.database.write(lambda c: kept.put(c, KIND, KIND, body, LIFE * 2))


def newest(services: Services) -> PhoneTest | None:
    """Return the newest test of any process, where there are several."""
    found = services.database.read(lambda c: kept.find(c, KIND, KIND))
    return msgspec.json.decode(found.body, type=PhoneTest) if found is not None else None


def answer(
    services: Services,
    test: PhoneTest | None,
    report: Report,
    *,
    https: bool,
    phone: str,
    in_app: str = "",
) -> None:
    """Take a phone's report; the first good one is for ever and stands in the audit trail.

    Args:
        services: The server's services.
        test: The office's newest test code.
        report: What the phone's browser found.
        https: Whether the report itself came over https.
        phone: The phone's kind and browser.
        in_app: The app whose window it is, if one; nothing installs there.

    Raises:
        ProblemError: connect.test_over (no such code), and why the phone is not good:
            connect.test_http, connect.test_in_app, connect.test_certificate (our own root is not
            installed), connect.test_chain, connect.test_browser, connect.test_worker,
            connect.test_storage.
    """
    settings = services.settings
    known = test is not None and secrets.compare_digest(test.token.encode(), report.token.encode())
    if test is None or not known or (not test.good and settings.real_now() >= test.ends_at):
        raise ProblemError("connect.test_over")
    problem = _problem(report, https, in_app, settings.own_root)
    if not test.good:
        test.answers += 1
        test.good, test.phone, test.why = problem is None, phone, ("", {})
        if problem is not None:
            test.why = (problem.code, {name: str(v) for name, v in problem.values.items()})
        keep(services, test)
        if problem is None:
            services.database.write(
                lambda c: audit.note(
                    c, at=settings.now_text(), who=PHONE, action="connect.tested", detail=phone
                )
            )
    if problem is not None:
        raise problem


def _problem(report: Report, https: bool, in_app: str, own_root: bool) -> ProblemError | None:
    if not https or not report.secure:
        return ProblemError("connect.test_http")
    if in_app:
        return ProblemError("connect.test_in_app", app=in_app)
    if report.missing:
        names = ", ".join(name[:40] for name in report.missing[:MOST_MISSING])
        return ProblemError("connect.test_browser", missing=names)
    if report.worker == "untrusted":
        return ProblemError("connect.test_certificate" if own_root else "connect.test_chain")
    if report.worker != "ok":
        return ProblemError("connect.test_worker")
    return None if report.kept else ProblemError("connect.test_storage")
