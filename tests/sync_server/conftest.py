"""Two schools with six cases each, and a phone at work in the first."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from sync_server.services import Services
from tests.support.county import fill
from tests.support.devices import RawPhone, working_phone


@pytest.fixture
def county(services: Services) -> list[str]:
    """Codes of two schools: 01 and 02."""
    return services.database.write(lambda c: fill(c))


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where backups are kept."""
    place = tmp_path / "disk"
    place.mkdir()
    return place


@pytest.fixture
async def phone(http: httpx.AsyncClient, services: Services, county: list[str]) -> RawPhone:
    """A confirmed phone in school 01, every case of the school its own."""
    return await working_phone(http, services)
