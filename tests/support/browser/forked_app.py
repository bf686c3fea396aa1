"""The preview of a phone, forked from a process that has imported everything."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.browser.driver import AppProcess
from tests.support.forked import forked_app


class ForkedApp(AppProcess):
    """The same preview; `python main.py` itself is started by tests/browser/test_driver.py."""

    def _launched(self, environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        return forked_app(environ, log)
