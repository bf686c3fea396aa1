"""Where the files are that are no Python: fonts, pictures, scripts, and the built web app.

In the tree and on a phone they lie beside the packages; a wheel carries them inside this one
(`only-include` and `sources` in pyproject.toml). Nobody else looks for them.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_CARRIED = _HERE / "_carried"
_INSTALLED = _CARRIED.is_dir()

ASSETS = _CARRIED / "assets" if _INSTALLED else _HERE.parent / "assets"
FONTS = ASSETS / "fonts"
WEB = ASSETS / "web"
"""Scripts that the phone's web app and the console's enrolment page share."""
WEB_APP = _CARRIED / "app" if _INSTALLED else _HERE.parent / "build" / "app"
"""The phone's web app as `make app` built it; a wheel built without it has no such folder."""
