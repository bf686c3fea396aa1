"""A script the centre changes with the console's verb reaches a phone at its next sync and is there offline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from shared.policy import find
from sync_server.office import policy
from sync_server.office.policy_text import fingerprint
from sync_server.sample.processes import Phone
from sync_server.store import policy as store
from tests.end_to_end.conftest import County
from tests.support.county import SEASON

NewPhone = Callable[..., Phone]


def script(phone: Phone, key: str) -> dict[str, Any]:
    return next(page for page in phone.ask("policy") if page["key"] == key)


def change(county: County, key: str, *lines: str) -> None:
    """What the console does with a form."""
    now = find(county.services.database.read(lambda c: store.pages(c, SEASON)), key)
    assert now is not None
    page = msgspec.structs.replace(now, zh=lines)
    assert policy.save(county.services, page, base=fingerprint(now), who="admin")


def test_a_changed_script_arrives_with_the_sync_and_is_there_offline(
    county: County, new_phone: NewPhone
) -> None:
    phone = new_phone(county.school())
    shipped = script(phone, "death")
    change(county, "death", "请您节哀。", "(马上停下。)")
    assert script(phone, "death") == shipped, "nothing before the sync"
    assert phone.ask("sync")["ok"]
    county.proxy.online = False
    county.proxy.drop_all()
    try:
        phone.stop()
        again = script(phone, "death")
        assert again["zh"] == ["请您节哀。", "(马上停下。)"]
        assert again["en"] == shipped["en"]
        assert not phone.ask("sync")["ok"]
    finally:
        county.proxy.online = True


def test_a_phone_that_comes_later_gets_the_text_in_force(
    county: County, new_phone: NewPhone
) -> None:
    change(county, "anger", "您先说。")
    policy.remove(
        county.services,
        "fraud",
        who="admin",
        base=fingerprint(
            find(county.services.database.read(lambda c: store.pages(c, SEASON)), "fraud")
        ),
    )
    phone = new_phone(county.school())
    assert script(phone, "anger")["zh"] == ["您先说。"]
    assert "fraud" not in {page["key"] for page in phone.ask("policy")}
