"""The real app's site, built once a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mobile.packaging.site import Site
from tests.support.sites import real_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site") / "app"
    return replace(real_site(folder), folder=folder)
