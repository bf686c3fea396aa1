"""No view contains an ID number, phone, contract or amount, and while the phone is covered no full name or address.

Each access to a full value is recorded.
"""

from __future__ import annotations

import re
from unittest.mock import ANY

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobile.usecases import advise, cases, drafts, outbox, today
from mobile.usecases.calls import ring
from mobile.usecases.cover import cover
from mobile.usecases.phone import Phone
from mobile.usecases.records import correct, record
from mobile.usecases.speak_to import reveal, speak_to
from mobile.usecases.views import Amounts, Script
from shared.cases import Case, Contract, Person, Repaid
from shared.identity import mask_name
from shared.lifecycle import Review
from shared.policy import PolicyPage
from shared.problems import ProblemError
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from shared.season import Limits
from sync_server.sample.season import season_2019
from tests.mobile.conftest import Bench, case_state

# What tells of a debt; a figure below ten may say how often to try.
MONEY = r"[0-9]{2}|还款|贷款|欠|应还|loan|debt|repay|due"
# Names of characters no other text of ours uses.
RARE = "阚夔邴鬷霁嫘璟"
NAMES = st.one_of(
    st.text(RARE, min_size=2, max_size=4),
    st.text(RARE, min_size=1, max_size=2).map("欧阳".__add__),
    st.builds(
        "{}·{}".format, st.text(RARE, min_size=1, max_size=4), st.text(RARE, min_size=1, max_size=4)
    ),
)
IDS = st.from_regex(r"\A6105991[0-9]{10}[0-9X]\Z")
PHONES = st.lists(
    st.from_regex(r"\A1[3-9][0-9]{9}\Z") | st.from_regex(r"\A09[0-9]{2}-[0-9]{7}\Z"), max_size=2
).map(tuple)
PEOPLE = st.builds(Person, name=NAMES, id_number=IDS, phones=PHONES)
FEN = st.integers(10_000_000, 99_999_999)
CONTRACTS = st.lists(
    st.builds(
        Contract, contract_no=st.from_regex(r"\AHT[0-9]{10}\Z"), principal_fen=FEN, interest_fen=FEN
    ),
    min_size=1,
    max_size=2,
).map(tuple)


async def views_of(phone: Phone, case_id: str) -> bytes:
    """Everything the use cases hand to screens without recording an access."""
    views = [
        await cases.list_cases(phone),
        await cases.open_case(phone, case_id),
        await today.today(phone),
        await outbox.outbox(phone),
        await drafts.list_drafts(phone),
        await advise.advise(phone, case_id, "visit"),
        *[
            await speak_to(phone, case_id, who)
            for who in ("family", "neighbour", "village_cadre", "nobody")
        ],
    ]
    return b"\n".join(msgspec.json.encode(view) for view in views)


def secrets_of(case: Case) -> list[str]:
    """What may stand in no view; of names and addresses see `read_along`."""
    people = [p for p in (case.borrower, case.co_borrower) if p]
    fen = [case.total_fen, case.principal_fen, case.interest_fen]
    fen += [n for c in case.contracts for n in (c.principal_fen, c.interest_fen, c.total_fen)]
    yuan = [f"{n / 100:.2f}" for n in fen] + [f"{n / 100:,.2f}" for n in fen]
    return [
        *[p.id_number for p in people],
        *[n for p in people for n in p.phones],
        *[c.contract_no for c in case.contracts],
        *map(str, fen),
        *yuan,
    ]


def read_along(case: Case) -> list[str]:
    """What may stand in no view while somebody may be reading along."""
    people = [p for p in (case.borrower, case.co_borrower) if p]
    return [*(p.name for p in people), "17号"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PEOPLE, st.none() | PEOPLE, CONTRACTS, FEN)
async def test_no_view_contains_what_is_masked(
    bench: Bench,
    borrower: Person,
    co_borrower: Person | None,
    contracts: tuple[Contract, ...],
    repaid_fen: int,
) -> None:
    phone = bench.phone
    state = case_state(
        1,
        borrower=borrower,
        co_borrower=co_borrower,
        contracts=contracts,
        repaid=Repaid(repaid_fen=repaid_fen),
    )
    await bench.give(state)
    line = await record(
        phone, "case-1", NoticeDelivery(outcome="signed", signer_name=borrower.name)
    )
    await record(
        phone, "case-1", Visit(met="self", outcome="hardship", note=f"{borrower.name}说还不上")
    )
    await record(
        phone, "case-1", Statement(reason="hardship", narrative=f"{borrower.name}家中困难")
    )
    await correct(
        phone,
        line.fact,
        reason="写错",
        body=NoticeDelivery(outcome="refused", signer_name=borrower.name),
    )
    await drafts.save_draft(phone, "case-1", "visit", {})
    await bench.give(
        msgspec.structs.replace(state, reviews=(Review(fact=line.fact, verdict="returned"),))
    )
    secrets = [*secrets_of(state.case), str(repaid_fen)]
    shown = (await views_of(phone, "case-1")).decode()
    assert borrower.name in shown
    assert "青槐县柳林镇东槐村三组17号" in shown
    assert [secret for secret in secrets if secret in shown] == []
    cover(phone, True)
    shown = (await views_of(phone, "case-1")).decode()
    assert mask_name(borrower.name) in shown
    for person in (borrower, *((co_borrower,) if co_borrower else ())):
        # the mask of 夔夔·夔 holds what may be the other's whole name
        shown = shown.replace(mask_name(person.name), "")
    assert [secret for secret in (*secrets, *read_along(state.case)) if secret in shown] == []
    cover(phone, False)


async def test_the_covered_case_keeps_what_helps(bench: Bench) -> None:
    assert cover(bench.phone, True)
    assert not cover(bench.phone, True)
    view = await cases.open_case(bench.phone, "case-1")
    assert (view.line.name, view.line.address, view.phones) == (
        "欧阳*",
        "青槐县柳林镇东槐村",
        ("138****5678",),
    )
    assert (view.co_borrower, view.co_borrower_phones) == ("欧阳*", ("139****4321",))


async def test_the_teachers_own_case_shows_name_and_address_in_full(bench: Bench) -> None:
    view = await cases.open_case(bench.phone, "case-1")
    assert (view.line.name, view.line.address, view.phones) == (
        "欧阳小雨",
        "青槐县柳林镇东槐村三组17号",
        ("138****5678",),
    )
    assert (view.co_borrower, view.co_borrower_phones) == ("欧阳大山", ("139****4321",))


async def test_a_number_typed_into_an_address_stays_masked(bench: Bench) -> None:
    await bench.give(case_state(1, contact={"address": "东槐村三组,电话13611112222"}))
    view = await cases.open_case(bench.phone, "case-1")
    assert view.line.address == "东槐村三组,电话136****2222"


async def test_covering_masks_what_was_learnt_too(bench: Bench) -> None:
    contact = {"address": "青槐县石桥镇上河村五组7号", "workplace": "青槐县纺织厂"}
    await bench.give(case_state(1, contact=contact))
    cover(bench.phone, True)
    view = await cases.open_case(bench.phone, "case-1")
    assert view.line.address == "青槐县石桥镇上河村"
    assert (view.line.listed_address, view.workplace.value) == ("青槐县柳林镇东槐村", "")


# looks


async def disclosures(phone: Phone) -> list[dict[str, object]]:
    return [k.fact.body for k in phone.store.facts.all() if k.fact.kind == "disclosure"]


@pytest.mark.parametrize("who", ["self", "co_borrower"])
async def test_those_who_owe_get_the_amounts_and_the_access_is_recorded(
    phone: Phone, who: str
) -> None:
    amounts = await speak_to(phone, "case-1", who)
    assert isinstance(amounts, Amounts)
    assert (amounts.principal_fen, amounts.interest_fen, amounts.total_fen, amounts.overdue) == (
        123456,
        7890,
        131346,
        False,
    )
    assert await disclosures(phone) == [{"what": "amount", "to": who}]


async def test_a_co_borrower_the_list_does_not_name_is_family(bench: Bench) -> None:
    await bench.give(case_state(1, co_borrower=None))
    script = await speak_to(bench.phone, "case-1", "co_borrower")
    family = await speak_to(bench.phone, "case-1", "family")
    assert isinstance(script, Script)
    assert isinstance(family, Script)
    assert (script.because, script.lines["zh"], script.lines["en"]) == (
        "no_co_borrower",
        family.lines["zh"],
        family.lines["en"],
    )
    assert await disclosures(bench.phone) == []
    assert isinstance(await speak_to(bench.phone, "case-1", "self"), Amounts)


@pytest.mark.parametrize("who", ["self", "co_borrower", "family", "neighbour"])
@pytest.mark.parametrize("confirmed", [True, False])
async def test_after_a_death_everyone_gets_condolences_without_the_loan(
    bench: Bench, who: str, confirmed: bool
) -> None:
    if confirmed:
        await bench.give(case_state(1, deceased=True))
    else:
        await record(bench.phone, "case-1", Visit(met="family", outcome="death"))
    script = await speak_to(bench.phone, "case-1", who)
    assert isinstance(script, Script)
    assert (script.because, script.lines["zh"][0]) == (
        "deceased",
        "对不起，我们不知道这件事。请您节哀。",
    )
    assert not re.search(MONEY, "".join((*script.lines["zh"], *script.lines["en"])))
    assert await disclosures(bench.phone) == []


async def test_condolences_remain_when_the_centre_removes_its_page(bench: Bench) -> None:
    await bench.brief(msgspec.structs.replace(season_2019(), policy=()))
    await bench.give(case_state(1, deceased=True))
    script = await speak_to(bench.phone, "case-1", "self")
    assert isinstance(script, Script)
    assert script.lines["zh"][0] == "请您节哀，您和家里人多保重。"


@pytest.mark.parametrize(
    ("known", "first_zh", "first_en"),
    [
        ({}, "本人或共同借款人", "borrower or co-borrower"),
        ({"co_borrower": None}, "本人", "borrower"),
    ],
)
async def test_the_county_sets_whom_to_try_first_and_how_often(
    bench: Bench, known: dict[str, object], first_zh: str, first_en: str
) -> None:
    await bench.brief(
        msgspec.structs.replace(season_2019(), limits=Limits(failures_before_third_party=2))
    )
    await bench.give(case_state(1, **known))
    script = await speak_to(bench.phone, "case-1", "neighbour")
    assert isinstance(script, Script)
    assert (
        script.lines["zh"][-1] == f"先联系{first_zh}：号码无效，或 2 次没有联系上，才请他人转告。"
    )
    assert (
        script.lines["en"][-1]
        == f"Try the {first_en} first: an invalid number or 2 failed tries open this."
    )


async def test_where_there_is_no_number_to_try_third_parties_may_be_asked(bench: Bench) -> None:
    nobody = Person(name="欧阳小雨")
    await bench.give(case_state(1, borrower=nobody, co_borrower=Person(name="欧阳大山")))
    script = await speak_to(bench.phone, "case-1", "neighbour")
    assert isinstance(script, Script)
    assert script.allowed
    assert (await advise.advise(bench.phone, "case-1", "attempt", who="neighbour")).flags == ()
    await bench.give(
        case_state(
            1, borrower=nobody, co_borrower=None, contact={"phone": "13611112222"}, version=2
        )
    )
    script = await speak_to(bench.phone, "case-1", "neighbour")
    assert isinstance(script, Script)
    assert not script.allowed


@pytest.mark.parametrize(
    "who", ["family", "neighbour", "village_cadre", "nobody", "of a later version"]
)
async def test_everyone_else_gets_a_kind_sentence_without_the_debt(phone: Phone, who: str) -> None:
    script = await speak_to(phone, "case-1", who)
    assert isinstance(script, Script)
    words = "".join((*script.lines["zh"], *script.lines["en"]))
    assert not re.search(MONEY, words)
    assert await disclosures(phone) == []


@pytest.mark.parametrize(
    ("who", "allowed"), [("family", True), ("neighbour", False), ("village_cadre", False)]
)
async def test_third_parties_are_not_allowed_at_first(
    phone: Phone, who: str, allowed: bool
) -> None:
    script = await speak_to(phone, "case-1", who)
    assert isinstance(script, Script)
    assert script.allowed is allowed


async def test_family_gets_the_centres_words_or_the_built_in_ones(
    bench: Bench,
) -> None:
    own = PolicyPage(
        key="open-family",
        section="script",
        title_zh="家人",
        title_en="",
        zh=("老师来看看。", "(不说别的)"),
        en=(),
    )
    for pages, lines in (
        ((own,), ("老师来看看。",)),
        ((), ("您好，我是学校的老师，找这位同学有事。", ANY)),
    ):
        await bench.brief(msgspec.structs.replace(season_2019(), policy=pages))
        script = await speak_to(bench.phone, "case-1", "family")
        assert isinstance(script, Script)
        assert script.lines["zh"] == lines


async def test_after_the_due_day_amounts_are_called_overdue(bench: Bench) -> None:
    bench.clock.forward(days=9)
    amounts = await speak_to(bench.phone, "case-1", "self")
    assert isinstance(amounts, Amounts)
    assert amounts.overdue


@pytest.mark.parametrize(
    ("what", "index", "value"),
    [
        ("id_number", 0, "610599199801010024"),
        ("phone", 0, "13812345678"),
        ("co_borrower_phone", 0, "13987654321"),
    ],
)
async def test_a_thing_shown_in_full_is_recorded(
    phone: Phone, what: str, index: int, value: str
) -> None:
    assert await reveal(phone, "case-1", what, index) == value
    assert [look["what"] for look in await disclosures(phone)] == [what]


@pytest.mark.parametrize(
    ("what", "index"), [("phone", 1), ("phone", -1), ("bank_account", 0), ("id_number", 1)]
)
async def test_what_is_not_there_is_not_shown_and_not_recorded(
    phone: Phone, what: str, index: int
) -> None:
    with pytest.raises(ProblemError) as refused:
        await reveal(phone, "case-1", what, index)
    assert refused.value.code == "fact.field_missing"
    assert await disclosures(phone) == []


async def test_a_case_without_a_co_borrower_has_no_number_of_one(bench: Bench) -> None:
    await bench.give(case_state(1, co_borrower=None))
    with pytest.raises(ProblemError):
        await reveal(bench.phone, "case-1", "co_borrower_phone")


async def test_accesses_are_not_in_the_history_and_change_no_standing(phone: Phone) -> None:
    before = await cases.open_case(phone, "case-1")
    await speak_to(phone, "case-1", "self")
    after = await cases.open_case(phone, "case-1")
    assert after.history == ()
    assert msgspec.structs.replace(after.line, unsent=0) == before.line


async def test_an_unknown_case_is_refused(phone: Phone) -> None:
    for call in (speak_to(phone, "nobody", "self"), reveal(phone, "nobody", "phone")):
        with pytest.raises(ProblemError) as refused:
            await call
        assert refused.value.code == "case.unknown"


async def test_a_number_for_the_dialler_is_recorded_as_a_call(phone: Phone) -> None:
    assert await ring(phone, "case-1", "co_borrower_phone") == "13987654321"
    assert await disclosures(phone) == [
        {"what": "co_borrower_phone", "to": "co_borrower", "purpose": "call"}
    ]


async def test_an_accepted_new_number_stands_first_and_masked(bench: Bench) -> None:
    await bench.give(case_state(1, contact={"phone": "13611112222"}))
    view = await cases.open_case(bench.phone, "case-1")
    assert (view.phones, view.new_phones) == (("136****2222", "138****5678"), 1)
    assert await reveal(bench.phone, "case-1", "phone", 0) == "13611112222"


async def test_sums_of_earlier_years_are_named(bench: Bench) -> None:
    await bench.give(case_state(1, overdue_prior=True))
    amounts = await speak_to(bench.phone, "case-1", "self")
    assert isinstance(amounts, Amounts)
    assert (amounts.overdue_prior, amounts.overdue) == (True, False)
