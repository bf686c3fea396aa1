"""Bodies of records as the headless phone takes them."""

from __future__ import annotations

VISIT = {
    "met": "self",
    "outcome": "promised",
    "promise_date": "2019-12-18",
    "visitors": ["甲", "乙"],
}
DELIVERY = {"outcome": "signed", "servers": ["甲", "乙"]}
STATEMENT = {
    "reason": "illness",
    "narrative": "长期住院,家中无其他收入。",
    "handling": "keep_reminding",
}
