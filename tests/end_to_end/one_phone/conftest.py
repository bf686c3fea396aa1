"""A phone's core and the server in one process: the phone can be put back, copied and given a new key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar import Litestar

from sync_server.services import Services
from tests.support.copied_phone import Copied, Office


@pytest.fixture
def office(app: Litestar, services: Services) -> Office:
    return Office(app, services)


@pytest.fixture
async def phone(office: Office, tmp_path: Path) -> AsyncIterator[Copied]:
    """Enrolled, confirmed and with its list."""
    made = await (await Copied(office, tmp_path / "phone").open()).enrol()
    yield made
    made.phone.store.close()
