"""What the centre decides about a record reaches its phone although the phone has a new key."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from mobile.store.meta import SyncState
from mobile.sync.rewound import mark_chain_broken
from sync_server.office import quarantine
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.copied_phone import UNIT, Copied, Office


def place(office: Office, unit: str) -> None:
    """Put the teacher's people into a school without a word to phones."""
    to = update(t.case_file).where(t.case_file.c.unit.in_((UNIT, "24"))).values(unit=unit)
    office.services.database.write(lambda c: c.execute(to))


async def set_apart(phone: Copied, office: Office) -> list[str]:
    """Two records, the first refused; then the phone is to have a new key."""
    place(office, "24")
    made = await phone.record()
    assert (await phone.sync()).rejected == 1
    place(office, UNIT)
    made += await phone.record()
    await phone.sync()
    await mark_chain_broken(phone.phone.store)
    return made


def rows(office: Office) -> list[quarantine.Item]:
    return quarantine.listed(office.services, UNIT)[0]


def resolved(office: Office) -> list[str]:
    found, _ = quarantine.listed(office.services, UNIT, resolved=True)
    return sorted(item.row.resolution for item in found)


def decide(office: Office, decision: quarantine.Decision, reason: str = "") -> None:
    (waits,) = rows(office)
    quarantine.decide_one(
        office.services, waits.row.id, decision, reason, scope=WHOLE_COUNTY, who="何主任"
    )


async def from_the_start(phone: Copied) -> None:
    """The next pull is the first, as after a change of the server's data."""
    await phone.phone.store.meta.put("sync", SyncState())


@pytest.mark.parametrize(
    ("decision", "decided_first", "whole_feed"),
    [("ask", True, True), ("ask", False, False), ("take", False, True), ("take", True, False)],
)
async def test_what_is_asked_for_or_taken_is_sent_under_the_new_key_and_resolved(
    phone: Copied,
    office: Office,
    decision: quarantine.Decision,
    decided_first: bool,
    whole_feed: bool,
) -> None:
    made = await set_apart(phone, office)
    if decided_first:
        decide(office, decision)
    await phone.renew()
    if not decided_first:
        decide(office, decision)
    if whole_feed:
        await from_the_start(phone)
    await phone.sync()
    assert set(phone.states().values()) == {"sent"}
    office.whole(made)
    assert resolved(office) == [{"ask": "arrived", "take": "taken"}[decision]]
    made += await phone.record()
    assert (await phone.sync()).sent == 1, "the chain goes on"
    office.whole(made)


async def test_the_reason_of_a_drop_is_shown_under_the_new_key(
    phone: Copied, office: Office
) -> None:
    made = await set_apart(phone, office)
    await phone.renew()
    decide(office, "drop", "和纸上的不一样")
    assert (await phone.sync()).ok
    problem = phone.phone.store.facts.all()[0].problem
    assert "和纸上的不一样" in str(problem)
    assert phone.states() == {made[0]: "rejected", made[1]: "sent"}


async def test_what_was_asked_for_keeps_the_school_waiting_until_it_comes(
    phone: Copied, office: Office
) -> None:
    made = await set_apart(phone, office)
    decide(office, "ask")
    assert office.set_apart() == made[:1], "it is in no ledger yet"
    await phone.renew()
    await phone.sync()
    office.whole(made)


async def test_what_is_refused_again_under_the_new_key_is_one_row_to_decide(
    phone: Copied, office: Office
) -> None:
    made = await set_apart(phone, office)
    decide(office, "ask")
    place(office, "24")
    await phone.renew()
    await phone.sync()
    assert office.set_apart() == made[:1]
    assert resolved(office) == ["resent"]
    assert phone.states()[made[0]] == "rejected"
    place(office, UNIT)
    decide(office, "take")
    await phone.sync()
    office.whole(made)
    assert phone.states()[made[0]] == "sent"
