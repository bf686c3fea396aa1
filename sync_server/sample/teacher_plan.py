"""Plan what the demonstration's teachers do: a list of commands for each headless phone. Pure.

The last unpaid person of each list is left out on purpose: the first composition must be refused
for a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

SLIPS_A_TEACHER = 2
"""Photographed slips a phone; drawing one of 12 megapixels takes a second or two."""

NARRATIVES = {
    "hardship": "家中两位老人常年吃药,去年又遇上苹果减产,家里靠父亲一人打零工,眼下确实凑不齐。"
    "本人表示不会不还,希望能缓一缓。",
    "illness": "本人今年做了手术,仍在恢复,暂时不能上班。家属说会先还利息,其余等身体好转。",
    "disability": "本人因工伤失去部分劳动能力,正在办理残疾证,愿意按政策申请还款救助。",
    "dispute": "本人认为其中一份合同已提前还清,记不清日期,请县中心帮助核对。",
}
OUTCOMES = (
    "promised",
    "not_aware",
    "hardship",
    "not_home",
    "studying",
    "promised",
    "illness",
    "unreachable_away",
    "account_problem",
    "promised",
    "dispute",
    "unemployed",
)


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A slip to draw and photograph before the command runs; `code` is the bare case code."""

    case: str
    code: str
    seed: int
    name: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command; `slip` is photographed first and its hash added to the command's photos."""

    command: dict[str, Any]
    slip: Slip | None = None


def plan(lines: Sequence[dict[str, Any]], teacher: str, colleague: str, seed: int) -> list[Step]:
    """Plan one teacher's work on the unpaid cases of their list, all but the last.

    Args:
        lines: the teacher's list (CaseLine as JSON).
        teacher: the teacher's name.
        colleague: the second visitor's name.
        seed: the seed of the slips.

    Returns:
        The commands in order.
    """
    unpaid = [line for line in lines if not line["paid"]]
    steps: list[Step] = []
    for number, line in enumerate(unpaid[:-1]):
        steps.append(_deliver(number, line, teacher, colleague, seed))
        steps += _visit(number, line, teacher, colleague)
    if len(unpaid) > 1:
        steps.append(_learnt(unpaid[0]))
    return steps


def plan_remaining(lines: Sequence[dict[str, Any]], teacher: str, colleague: str) -> list[Step]:
    """Plan what the first composition missed: a visit, and notices sent to whom nobody met."""
    unpaid = [line for line in lines if not line["paid"]]
    left = [line for line in unpaid if not line["visits"]]
    return [
        *(_message(line) for line in unpaid if not line["delivered"]),
        *(step for line in left for step in _visit(0, line, teacher, colleague)),
    ]


def _message(line: dict[str, Any]) -> Step:
    body = {"method": "message", "outcome": "acknowledged", "signer_relation": "self"}
    return Step(
        command={"do": "record", "kind": "notice_delivery", "case": line["id"], "body": body}
    )


def _deliver(number: int, line: dict[str, Any], teacher: str, colleague: str, seed: int) -> Step:
    body: dict[str, Any] = {"method": "in_person", "servers": [teacher, colleague]}
    slip = None
    if number < SLIPS_A_TEACHER:
        body |= {"outcome": "signed", "signer_relation": "co_borrower" if number else "self"}
        slip = Slip(case=line["id"], code=line["code"], seed=seed * 10 + number, name=line["name"])
    elif number % 7 == 5:
        body |= {
            "outcome": "refused",
            "signer_relation": "family",
            "reason": "说要先问孩子",
            "witness": "村会计",
        }
    elif number % 7 == 6:
        body |= {"outcome": "not_home"}
    else:
        body |= {"method": "message", "outcome": "acknowledged", "signer_relation": "self"}
    command = {"do": "record", "kind": "notice_delivery", "case": line["id"], "body": body}
    return Step(
        command={
            **command,
            "happened_at": f"2019-11-{26 + number % 4}T15:{10 + number % 50}:00+08:00",
        },
        slip=slip,
    )


def _visit(number: int, line: dict[str, Any], teacher: str, colleague: str) -> list[Step]:
    outcome = OUTCOMES[number % len(OUTCOMES)]
    case = line["id"]
    met = "nobody" if outcome == "not_home" else ("self", "co_borrower", "family")[number % 3]
    body = {"met": met, "outcome": outcome, "visitors": [teacher, colleague]}
    if outcome == "promised":
        body["promise_date"] = f"2019-12-{15 + number % 4}"
    at = f"2019-12-{11 + number % 2}T09:{10 + number % 50}:00+08:00"
    steps = [
        Step(
            command={"do": "record", "kind": "visit", "case": case, "body": body, "happened_at": at}
        )
    ]
    if outcome in ("not_home", "unreachable_away"):
        tried = {"channel": "phone", "to": "self", "outcome": "no_answer"}
        steps.append(
            Step(command={"do": "record", "kind": "contact_attempt", "case": case, "body": tried})
        )
    if outcome in NARRATIVES:
        text = {"reason": outcome, "narrative": NARRATIVES[outcome], "handling": "repayment_relief"}
        steps.append(
            Step(command={"do": "record", "kind": "statement", "case": case, "body": text})
        )
    return steps


def _learnt(line: dict[str, Any]) -> Step:
    body = {
        "field": "phone",
        "value": "19200009999",
        "source": "co_borrower",
        "note": "在外地打工用的新号码",
    }
    return Step(
        command={"do": "record", "kind": "contact_update", "case": line["id"], "body": body}
    )
