"""`python -m sync_server.cli`: the same as `doorstep`."""

from __future__ import annotations

from sync_server.cli.main import main

main()
