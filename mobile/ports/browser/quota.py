"""The browser's quota, whether it promised to keep the app's data, what its refusals mean."""

from __future__ import annotations

from mobile.ports.browser.bridge import JsError, Refused, js
from shared.problems import ProblemError


class Quota:
    """The last answers. `persisted`: None where the browser does not say.

    The promise is asked for by the window (mobile/packaging/web/offline.js): a worker cannot.
    """

    def __init__(self) -> None:
        self.quota_bytes = 0
        self.used_bytes = 0
        self.persisted: bool | None = None

    @property
    def free_bytes(self) -> int:
        return max(0, self.quota_bytes - self.used_bytes)

    @property
    def promised(self) -> bool | None:
        """What the window was answered, which asked after our first look; else what we saw."""
        answered = getattr(getattr(js, "doorstep", None), "persisted", None)
        return answered if isinstance(answered, bool) else self.persisted

    async def refresh(self) -> None:
        """Ask again; an answer that fails leaves the last one."""
        try:
            found = await js.navigator.storage.estimate()
            self.quota_bytes, self.used_bytes = int(found.quota), int(found.usage)
            self.persisted = bool(await js.navigator.storage.persisted())
        except (JsError, AttributeError):
            return


def trouble(error: Refused) -> ProblemError:
    """disk.full or disk.broken."""
    return (
        ProblemError("disk.full")
        if error.name == "QuotaExceededError"
        else ProblemError("disk.broken", why=str(error))
    )
