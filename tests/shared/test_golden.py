"""Wire samples of every past version, frozen: what a phone of that version sent must be read for ever.

`python -m tests.shared.test_golden` writes the samples of the present version where they are missing, never over old ones.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from shared import wire
from shared.cases import Case, Contract, Person, Repaid
from shared.lifecycle import Review
from shared.policy import PolicyPage
from shared.records.base import Fact, decode, encode
from shared.records.registry import read
from shared.season import LateRules
from sync_server.sample.season import season_2019

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
CASE = Case(
    id="019af000-0000-7000-8000-000000000001",
    season="2019",
    code="0700018",
    school="07",
    borrower=Person(name="李䶮", id_number="", phones=("19200001111",)),
    township="柳泉镇",
    village="东李洼村",
    contracts=(
        Contract(contract_no="A1", loan_year="2016-2017", principal_fen=10000, interest_fen=2050),
    ),
)
FACT = Fact(
    id="019af000-0000-7000-8000-000000000002",
    season="2019",
    kind="visit",
    case=CASE.id,
    captured_at="2019-12-12T10:00:00+08:00",
    happened_at="2019-12-12T09:30:00+08:00",
    body={
        "met": "self",
        "outcome": "promised",
        "promise_date": "2019-12-18",
        "visitors": ["甲", "乙"],
    },
    photos=("ab" * 32,),
)
POLICY_1_0 = (
    PolicyPage(
        key="repay",
        title_zh="怎样还款",
        title_en="How to repay",
        zh=(
            "12月20日是今年的应还日,在此之前把应还本息存入或直接在线还清即可。",
            "支付宝搜索“国家开发银行助学贷款”,进入“在线还款”;家人也可以代为操作。",
            "工作人员不代收现金,不索要密码和验证码。",
        ),
        en=(
            "20 December is this year's due day; pay principal and interest before it.",
            "In Alipay search for the CDB student loan and choose online repayment; family may do it for you.",
            "Staff never take cash and never ask for a password or code.",
        ),
    ),
    PolicyPage(
        key="difficulty",
        title_zh="确有困难怎么办",
        title_en="When a family cannot pay",
        zh=(
            "继续读书的,带录取材料到县学生资助管理中心变更就学信息。",
            "因病、因残、因灾等确有困难的,由学校如实写情况说明,可申请还款救助。",
        ),
        en=(
            "Those still studying bring proof of admission to the county centre.",
            "For illness, disability or disaster the school writes a statement; relief can be applied for.",
        ),
    ),
)
"""The texts version 1.0 shipped with; what ships now may be edited, a sample is not."""
SEASON_1_0 = msgspec.structs.replace(
    season_2019(),
    policy=POLICY_1_0,
    letterhead=msgspec.structs.replace(
        season_2019().letterhead,
        phone="",
        sent_to="",
        copied_to="",
        copies=0,
        bulletin_no="",
        bulletin_copied_to="",
    ),
    late=LateRules(),
)
SHAPES: dict[str, tuple[type, object]] = {
    "push_request": (
        wire.PushRequest,
        wire.PushRequest(
            facts=[wire.PushedFact(bytes=wire.b64(encode(FACT)), n=1, link="AA", sig="AA")]
        ),
    ),
    "push_reply": (
        wire.PushReply,
        wire.PushReply(
            outcomes=[wire.Outcome(outcome="created", sha256="ab" * 32, seq=7)],
            receipt=wire.Receipt(bytes="AA", sig="AA"),
        ),
    ),
    "changes_page": (
        wire.ChangesPage,
        wire.ChangesPage(
            changes=[
                wire.Change(
                    seq=3,
                    kind="case",
                    ref=CASE.id,
                    case=wire.CaseState(
                        case=CASE,
                        version=3,
                        repaid=Repaid(as_of="2019-12-11", repaid_fen=5),
                        reviews=(Review(fact=FACT.id, verdict="returned", comment="请补照片"),),
                    ),
                ),
                wire.Change(seq=4, kind="gone", ref=CASE.id),
                wire.Change(
                    seq=5,
                    kind="briefing",
                    briefing=wire.Briefing(
                        season=SEASON_1_0, unit=wire.Unit(code="07", name="柳泉镇中心校")
                    ),
                ),
            ],
            next="AA",
            more=False,
            epoch="e1",
            scope_count=1,
            scope_digest="ab" * 32,
        ),
    ),
    "enrol_reply": (
        wire.EnrolReply,
        wire.EnrolReply(
            device="d",
            token="ds1_x",
            state="pending",
            server_key="AA",
            epoch="e1",
            scope=wire.Scope(
                season="2019", school="07", school_name="柳泉镇中心校", staff="s", staff_name="甲"
            ),
        ),
    ),
}


def samples() -> list[Path]:
    return sorted(GOLDEN.glob("[0-9]*/*.json"))


@pytest.mark.parametrize("path", samples(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_sample_of_a_past_version_is_still_read_as_it_was_meant(path: Path) -> None:
    data = path.read_bytes()
    if path.stem == "fact":
        assert read(decode(data)) == read(FACT)
        return
    shape, meant = SHAPES[path.stem]
    assert msgspec.json.decode(data, type=shape) == meant


@pytest.mark.parametrize("path", samples(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_fields_of_a_later_version_do_not_disturb(path: Path) -> None:
    later = {**msgspec.json.decode(path.read_bytes()), "of_a_later_version": {"x": 1}}
    shape = Fact if path.stem == "fact" else SHAPES[path.stem][0]
    msgspec.json.decode(msgspec.json.encode(later), type=shape)


def test_the_present_version_has_its_samples() -> None:
    present = {p.stem for p in (GOLDEN / wire.SCHEMA_VERSION).glob("*.json")}
    assert present == {*SHAPES, "fact"}


def write() -> None:
    """Samples of the present version, where they are missing."""
    folder = GOLDEN / wire.SCHEMA_VERSION
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        name: msgspec.json.format(msgspec.json.encode(value), indent=1)
        for name, (_, value) in SHAPES.items()
    }
    for name, data in {**made, "fact": encode(FACT)}.items():
        if not (folder / f"{name}.json").exists():
            (folder / f"{name}.json").write_bytes(data)


if __name__ == "__main__":
    write()
