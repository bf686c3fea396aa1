"""A phone with a believable list: what a teacher of a small school would carry. Everything made up (青槐县, 610599)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from mobile.bootstrap.native import native_phone
from mobile.store.meta import Enrolment, SyncState
from mobile.usecases import records
from mobile.usecases.phone import Phone
from mobile.usecases.save import join_due
from shared.cases import Case, Contract, Person, Repaid
from shared.ids import case_code
from shared.lifecycle import Review
from shared.records.notice_delivery import NoticeDelivery
from shared.records.visit import Visit
from shared.wire import Briefing, CaseState, Scope, Unit
from sync_server.sample.season import season_2019

CLOCK = "2019-12-12T10:00+08:00"
NAMES = (
    "王晓梅",
    "欧阳明远",
    "阿依古丽·买买提",
    "李㛃",
    "张䶮",
    "刘建国",
    "陈思雨",
    "杨帆",
    "赵铁柱",
    "周文静",
    "吴桂兰",
    "徐大鹏",
    "孙𬱖",
    "马小虎",
    "朱丽",
    "胡志强",
    "郭晓东",
    "何苗",
    "高阳",
    "林秋",
)
PLACES = (("槐荫镇", "柳树村"), ("槐荫镇", "石桥村"), ("青山乡", "上沟村"), ("青山乡", "枣林村"))
SCOPE = Scope(
    season="2019", school="QH07", school_name="青山乡中心小学", staff="t1", staff_name="林秀英"
)


def case(number: int, *, name: str = "", co_borrower: bool = True, contracts: int = 1) -> Case:
    """Case `number` of the made-up school."""
    township, village = PLACES[number % len(PLACES)]
    return Case(
        id=f"c{number:04d}",
        season="2019",
        code=case_code("QH07", number),
        school="QH07",
        borrower=Person(
            name=name or NAMES[(number - 1) % len(NAMES)],
            id_number=f"610599199{number % 10}0{1 + number % 9}{10 + number % 18}{number % 1000:03d}X",
            phones=(f"1395599{number:04d}",),
        ),
        co_borrower=Person(name="王德厚", phones=("13855990001",)) if co_borrower else None,
        address=f"陕西省青槐县{township}{village}三组{number}号",
        township=township,
        village=village,
        college="青槐师范学院",
        contracts=tuple(
            Contract(
                contract_no=f"2015{number:05d}{n}",
                loan_year=f"{2014 + n}-{2015 + n}",
                principal_fen=150_000 + number * 100 + n,
                interest_fen=28_713 + number,
            )
            for n in range(contracts)
        ),
        assignee="t1",
    )


@dataclass
class Seed:
    """What is in the list before the test begins."""

    count: int = 12
    states: dict[int, dict[str, object]] = field(default_factory=dict)
    enrolled: bool = True


async def phone_with(
    directory: Path, seed: Seed | None = None, clock: str = CLOCK, phone: Phone | None = None
) -> Phone:
    """A native phone in `directory`, enrolled, with `seed.count` cases. `phone`: one opened already."""
    seed = seed or Seed()
    phone = phone or await native_phone(directory, clock)
    if not seed.enrolled:
        return phone
    url = "http://127.0.0.1:9"
    await phone.store.meta.put(
        "enrolment", Enrolment(url=url, device="d1", token="t", server_key="", scope=SCOPE)
    )
    unit = Unit(code="QH07", name="青山乡中心小学", liaison="何主任", liaison_phone="0913-5599000")
    staff = ("林秀英", "何建军", "冯雅琴", "董力")
    await phone.store.meta.put(
        "briefing", Briefing(season=season_2019(), unit=unit, staff=staff, list_as_of="2019-12-11")
    )
    await phone.store.meta.put(
        "sync", SyncState(refreshed_at="2019-12-12T07:50:00+08:00", complete=True)
    )
    states = [
        CaseState(case=case(n, contracts=1 + n % 3), version=n, **seed.states.get(n, {}))
        for n in range(1, seed.count + 1)
    ]
    await phone.store.cases.apply(states, [], set())
    return phone


async def lived_in(directory: Path) -> Phone:
    """The same after some days of work: delivered, visited, paid, one record returned with a comment."""
    seed = Seed(
        states={
            5: {
                "repaid": Repaid(
                    as_of="2019-12-11", repaid_fen=200_000, paid=True, paid_on="2019-12-10"
                )
            },
            6: {"delivery": "signed", "visits": 1},
            7: {"delivery": "signed"},
            8: {"delivery": "signed", "deceased": True},
        }
    )
    phone = await phone_with(directory, seed)
    with_whom = ("林秀英", "何建军")
    returned = await records.record(
        phone,
        "c0002",
        NoticeDelivery(outcome="signed", signer_relation="family", servers=with_whom),
    )
    await records.record(phone, "c0003", NoticeDelivery(outcome="signed", signer_relation="self"))
    promised = Visit(
        met="co_borrower", outcome="promised", visitors=with_whom, promise_date="2019-12-12"
    )
    await records.record(phone, "c0003", promised)
    await records.record(
        phone, "c0004", Visit(met="family", outcome="hardship", visitors=with_whom)
    )
    await join_due(phone, everything=True)
    state = phone.store.cases.get("c0002")
    if state is not None:
        review = Review(
            fact=returned.fact,
            verdict="returned",
            comment="回执照片里签名看不清,请补拍一张。",
            by="何主任",
        )
        again = CaseState(case=state.case, version=50, reviews=(review,))
        await phone.store.cases.apply([again], [], set())
    return phone
