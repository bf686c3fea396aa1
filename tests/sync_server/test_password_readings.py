"""A password made of a place's name is refused, however its characters are read."""

from __future__ import annotations

import pytest

from shared.problems import ProblemError
from sync_server.office import password_rules
from sync_server.services import Services


@pytest.mark.parametrize(
    "password", ["changle2026", "zhangle26", "zhangyue2026", "changyuexian1", "长乐县2026"]
)
def test_no_reading_of_a_name_makes_a_password(services: Services, password: str) -> None:
    with pytest.raises(ProblemError) as refused:
        services.database.read(lambda c: password_rules.check(c, password, ["长乐县"]))
    assert refused.value.code == "auth.password_common"


@pytest.mark.parametrize("password", ["changle-kettle-9", "lexus-kettle-9"])
def test_a_name_with_enough_of_its_own_behind_it_is_a_password(
    services: Services, password: str
) -> None:
    services.database.read(lambda c: password_rules.check(c, password, ["长乐县"]))
