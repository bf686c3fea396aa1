"""Accounts: what is stored, who may sign in, what a role means."""

from __future__ import annotations

import pytest
from argon2 import extract_parameters

from shared.problems import ProblemError
from sync_server.office import accounts as office
from sync_server.services import Services
from sync_server.store import accounts
from sync_server.store import tables as t

GOOD = "three plain words"


def put(
    services: Services,
    name: str = "王敏",
    password: str = GOOD,
    role: str = "admin",
    unit: str = "",
) -> None:
    services.database.write(lambda c: accounts.put(c, name, password, role, unit, "王敏"))


def check(services: Services, name: str, password: str) -> accounts.Account:
    return services.database.read(lambda c: accounts.check(c, name, password))


def refusal(call: object, *args: object) -> str:
    with pytest.raises(ProblemError) as refused:
        call(*args)
    return refused.value.code


def test_a_right_password_gives_the_account(services: Services) -> None:
    put(services, role="liaison", unit="01")
    found = check(services, "王敏", GOOD)
    assert (found.role, found.unit, found.shown) == ("liaison", "01", "王敏")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(services: Services) -> None:
    put(services)
    assert (
        refusal(check, services, "王敏", GOOD + "!")
        == refusal(check, services, "nobody", GOOD)
        == "auth.bad_password"
    )


def test_full_width_digits_of_an_input_method_are_the_same_password(services: Services) -> None:
    put(services, password="password 2019")
    assert check(services, "王敏", "password \uff12\uff10\uff11\uff19").name == "王敏"


def test_what_is_stored_is_argon2id_with_the_parameters_we_promise(services: Services) -> None:
    put(services)
    stored = services.database.read(
        lambda c: c.execute(t.account.select()).mappings().one()["password_hash"]
    )
    found = extract_parameters(stored)
    assert stored.startswith("$argon2id$")
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19 * 1024, 2, 1)


@pytest.mark.parametrize(
    ("password", "code"),
    [("", "short"), ("1234567", "short"), ("x" * 129, "long"), ("\ufdfa" * 900_000, "long")],
)
def test_a_password_too_short_or_endless_is_refused(
    services: Services, password: str, code: str
) -> None:
    assert refusal(put, services, "a", password) == f"auth.password_{code}"


@pytest.mark.parametrize("name", ["王" * 61, "王\u202e芳", "王\u200b芳", "王\x00芳", "王\n芳"])
def test_a_name_that_nobody_could_type_again_is_refused(services: Services, name: str) -> None:
    assert refusal(put, services, name) == "auth.account_name"


def test_a_name_may_be_set_wide(services: Services) -> None:
    put(services, "王　芳")
    assert check(services, "王　芳", GOOD).name == "王　芳"


@pytest.mark.parametrize(
    ("role", "unit"), [("liaison", ""), ("admin", "01"), ("officer", "01"), ("king", "")]
)
def test_only_a_liaison_has_a_school_and_a_role_must_be_known(
    services: Services, role: str, unit: str
) -> None:
    assert refusal(put, services, "a", GOOD, role, unit) == "auth.account_invalid"


def test_setting_an_account_again_replaces_it_whole(services: Services) -> None:
    put(services, role="liaison", unit="01")
    put(services, password="another one 2", role="officer")
    assert refusal(check, services, "王敏", GOOD) == "auth.bad_password"
    assert check(services, "王敏", "another one 2").role == "officer"


def test_the_stamp_changes_with_the_password_and_with_nothing_else(services: Services) -> None:
    put(services)
    before = check(services, "王敏", GOOD).stamp
    assert check(services, "王敏", GOOD).stamp == before
    services.database.write(lambda c: accounts.set_password(c, "王敏", "another one 2"))
    assert check(services, "王敏", "another one 2").stamp != before


def test_of_two_admins_who_remove_each_other_one_stays(services: Services) -> None:
    put(services, "甲")
    put(services, "乙")
    office.remove(services, "乙", who="甲")
    for call in (
        lambda: office.remove(services, "甲", who="乙"),
        lambda: office.put(services, "甲", GOOD, role="officer", unit="", shown="", who="乙"),
    ):
        assert refusal(call) == "auth.last_admin"
    assert check(services, "甲", GOOD).role == "admin"


def test_a_removed_account_is_gone(services: Services) -> None:
    put(services)
    services.database.write(lambda c: accounts.remove(c, "王敏"))
    assert services.database.read(accounts.listed) == []
    assert services.database.read(lambda c: accounts.find(c, "王敏")) is None


@pytest.mark.parametrize(
    "password",
    [
        "password1",
        "Iloveyou",
        "woaini1314",
        "zzzzzzzz",
        "12121212",
        "abcabcabc",
        "23456789",
        "987654321",
        "王敏王敏2026",
        "wangmin2026",
        "QingHuai2026",
        "青槐县青槐县2026",
        "柳泉镇中心校26",
        "610599610599",
        "doorstep1",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff441",
    ],
)
def test_a_password_that_is_guessed_first_is_refused(
    services: Services, county: list[str], password: str
) -> None:
    new = {"role": "officer", "unit": "", "shown": "王敏", "who": "t"}
    with pytest.raises(ProblemError) as refused:
        office.put(services, "wm", password, **new)
    assert refused.value.code == "auth.password_common"
    assert services.database.read(lambda c: accounts.find(c, "wm")) is None


@pytest.mark.parametrize(
    "password",
    [
        "three plain words",
        "青槐花开在后院里",
        "wangmin likes rain",
        "x" * 7 + "yq",
        "长" * 63 + "短",
    ],
)
def test_any_characters_make_a_password_if_nobody_guesses_it_first(
    services: Services, county: list[str], password: str
) -> None:
    office.put(services, "wm", password, role="officer", unit="", shown="王敏", who="t")
    assert check(services, "wm", password).name == "wm"


def test_a_new_password_of_ones_own_follows_the_same_rule(services: Services) -> None:
    put(services)
    account = check(services, "王敏", GOOD)
    assert (
        refusal(office.change_password, services, account, GOOD, "password1")
        == "auth.password_common"
    )
    assert check(services, "王敏", GOOD) == account
