"""Two schools with six cases each, and a phone at work in the first.

Both are made once a session; a test that asks for them begins with a copy of the folder they are in.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from sync_server.services import Services
from sync_server.settings import Settings
from tests.conftest import FORKS_EVERY_CHANGE
from tests.support.county import CLOCK, fill
from tests.support.devices import RawPhone, working_phone
from tests.support.grown import Grown, grown, over_http

MADE = pytest.StashKey[str]()
"""The fixture whose folder a test began with."""


@pytest.fixture(scope="session")
def folder_of_two_schools(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with two schools in it."""
    folder = tmp_path_factory.mktemp("two-schools") / "server"
    return grown(blank, folder, lambda services: services.database.write(lambda c: fill(c))).folder


@pytest.fixture(scope="session")
def folder_with_phone(
    folder_of_two_schools: Path, routes: Litestar, tmp_path_factory: pytest.TempPathFactory
) -> Grown[RawPhone]:
    """The folder with two schools, and a phone in the first."""
    phone = RawPhone()

    def grow(services: Services) -> RawPhone:
        working = over_http(routes, services, lambda http: working_phone(http, services))
        phone.__dict__.update(vars(working), http=None)
        return phone

    folder = tmp_path_factory.mktemp("at-work") / "server"
    return grown(folder_of_two_schools, folder, grow)


@pytest.fixture
def begins_with() -> None:
    """Asked for by `county` and `phone` below, and by no fixture of their names elsewhere."""


@pytest.fixture
def begins_with_phone() -> None:
    """The same for `phone`."""


@pytest.fixture
def app_settings(request: pytest.FixtureRequest, tmp_path: Path, blank: Path) -> Settings:
    """A server's settings in a folder of its own, by the clock of the sample season."""
    begin = blank
    # a change to the core must be at work in the test itself
    if "begun" in request.fixturenames:  # what the module's own fixture of that name made once
        begin = request.getfixturevalue("begun").folder
        request.node.stash[MADE] = "county"
    elif not FORKS_EVERY_CHANGE and "begins_with" in request.fixturenames:
        begin = request.getfixturevalue("folder_of_two_schools")
        request.node.stash[MADE] = "county"
        if "begins_with_phone" in request.fixturenames:
            begin = request.getfixturevalue("folder_with_phone").folder
            request.node.stash[MADE] = "phone"
    shutil.copytree(begin, tmp_path / "server")
    return Settings(data_dir=tmp_path / "server", clock_spec=CLOCK, public_url="http://server")


@pytest.fixture
def county(request: pytest.FixtureRequest, services: Services, begins_with: None) -> list[str]:
    """Codes of two schools: 01 and 02."""
    if MADE in request.node.stash:
        return ["01", "02"]
    return services.database.write(lambda c: fill(c))


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """Where backups are kept."""
    place = tmp_path / "disk"
    place.mkdir()
    return place


@pytest.fixture
async def phone(
    request: pytest.FixtureRequest,
    http: httpx.AsyncClient,
    services: Services,
    county: list[str],
    begins_with_phone: None,
) -> RawPhone:
    """A confirmed phone in school 01, every case of the school its own."""
    if request.node.stash.get(MADE, "") != "phone":
        return await working_phone(http, services)
    kept: Grown[RawPhone] = request.getfixturevalue("folder_with_phone")
    phone = copy.copy(kept.made)
    phone.http = http
    return phone
