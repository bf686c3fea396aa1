"""Mending and explaining start from what is known: one thing changed is one thing typed."""

from __future__ import annotations

from mobile.ui.screens.correct import fields_of
from mobile.ui.screens.deliver import body_of as delivery_of
from shared.facts import Fact, NoticeDelivery, plain


class Fields:
    """As much of a form as a body is read from."""

    def __init__(self, fields: dict[str, object]) -> None:
        self.fields = fields

    def get(self, key: str, default: object = "") -> object:
        return self.fields.get(key, default)


def test_a_form_to_mend_a_delivery_gives_the_same_record_when_nothing_is_changed() -> None:
    body = NoticeDelivery(
        outcome="cannot_write", servers=("甲", "乙"), signer_relation="self", witness="丙", note="雨天"
    )
    fact = Fact(
        id="f", season="2019", kind="notice_delivery", case="c", captured_at="", happened_at="", body=plain(body)
    )
    assert delivery_of(Fields(fields_of(fact))) == body
