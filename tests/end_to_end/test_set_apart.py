"""A record set apart, over real processes: what the centre decides reaches the phone that made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from sync_server.office import quarantine
from sync_server.office.quarantine import Decision
from sync_server.sample.processes import Phone
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.end_to_end.conftest import County
from tests.support.bodies import VISIT
from tests.support.ledger import facts_of

NewPhone = Callable[..., Phone]


def place(county: County, case: str, unit: str) -> None:
    """Put a person into a school without a word to phones, as a list does that is not there yet."""
    c = t.case_file.c
    statement = update(t.case_file).where(c.id == case).values(unit=unit)
    county.services.database.write(lambda connection: connection.execute(statement))


def refused(county: County, new_phone: NewPhone) -> tuple[Phone, str, str]:
    """A phone whose newest record was set apart, its school, and the row."""
    unit = county.school()
    phone = new_phone(unit)
    case = phone.ask("cases")[0]["id"]
    place(county, case, "24")
    phone.ask("record", kind="visit", case=case, body=VISIT)
    assert phone.ask("sync")["rejected"] == 1
    place(county, case, unit)
    (waits,), _ = quarantine.listed(county.services, unit)
    return phone, unit, waits.row.id


def decide(county: County, row: str, decision: Decision, reason: str = "") -> None:
    quarantine.decide_one(county.services, row, decision, reason, scope=WHOLE_COUNTY, who="何主任")


def states(phone: Phone) -> list[str]:
    return [fact["state"] for fact in phone.ask("facts")]


@pytest.mark.parametrize("decision", ["take", "ask"])
def test_what_is_taken_or_asked_for_again_is_sent_on_the_phone_after_one_sync(
    county: County, new_phone: NewPhone, decision: Decision
) -> None:
    phone, unit, row = refused(county, new_phone)
    assert states(phone) == ["rejected"]
    decide(county, row, decision)
    assert phone.ask("sync")["ok"]
    assert states(phone) == ["sent"]
    assert phone.ask("outbox")["all_sent"]
    assert facts_of(county.services, unit) == ["visit"]
    assert quarantine.counts(county.services, unit) == (0, 1)
    case = phone.ask("cases")[0]["id"]
    phone.ask("record", kind="visit", case=case, body=VISIT)
    assert phone.ask("sync")["sent"] == 1, "the chain goes on"


def test_what_is_dropped_shows_its_reason_on_the_phone_over_a_restart_and_opens_again(
    county: County, new_phone: NewPhone
) -> None:
    phone, unit, row = refused(county, new_phone)
    decide(county, row, "drop", "和纸上的不一样")
    assert phone.ask("sync")["ok"]
    assert [words(line) for line in phone.ask("outbox")["dropped"]] == ["和纸上的不一样"]
    phone.stop()
    assert [words(line) for line in phone.ask("outbox")["dropped"]] == ["和纸上的不一样"]
    decide(county, row, "reopen")
    decide(county, row, "take")
    assert phone.ask("sync")["ok"]
    assert states(phone) == ["sent"]
    assert facts_of(county.services, unit) == ["visit"]


def words(line: dict[str, Any]) -> str:
    """The reason in what an outbox line says of a refusal."""
    words = str(line["problem"]["zh"])
    assert words.startswith("县资助中心没有收下这条记录:")
    return words.removeprefix("县资助中心没有收下这条记录:").split("。")[0]
