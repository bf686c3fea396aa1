"""A case during a visit: masked, who may hear what, what was recorded."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from mobile.i18n import Tongue
from mobile.ui.components.case_row import status_tag
from mobile.usecases import appearance
from mobile.usecases.appearance import Appearance
from mobile.usecases.cases import list_cases
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.save import join_due
from mobile.usecases.views import CaseLine
from shared.cases import Person, Repaid
from shared.identity import mask_id
from shared.lifecycle import in_force
from shared.records.visit import Visit
from shared.wire import CaseState, ContactOrigin
from tests.mobile.conftest import SetClock
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice, phone_lock_of, walk, words_of
from tests.support.phone.pictures import slip
from tests.support.phone.records import facts
from tests.support.phone.seed import case


async def test_a_case_opens_with_name_and_address_and_masked_numbers(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("王晓梅")
    await screen.see("青槐县槐荫镇石桥村三组1号")
    await screen.tap("电话和证件号")
    await screen.see("139****0001")
    assert "13955990001" not in "\n".join(screen.words())


async def test_the_borrower_gets_the_sum_and_the_access_is_recorded(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("您在和谁说话？")
    await screen.tap("共同借款人")
    await screen.see("3,576.29 元")
    await screen.see("王晓梅")
    assert facts(phone, "disclosure") == [{"what": "amount", "to": "co_borrower"}]


async def test_family_gets_kind_words_and_no_sum(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("其他家人")
    await screen.see("可以这样说")
    assert not any("元" in line for line in screen.words())
    assert facts(phone, "disclosure") == []


async def test_without_a_co_borrower_on_the_list_nobody_gets_the_sum_as_one(
    phone: Phone, open_window: Open
) -> None:
    await phone.store.cases.apply(
        [CaseState(case=case(1, co_borrower=False), version=60)], [], set()
    )
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("共同借款人")
    await screen.see("名单上没有共同借款人，金额不能说；通知书请折好，托他（她）转交。")
    assert not any("元" in line for line in screen.words())
    assert facts(phone, "disclosure") == []


async def test_after_a_death_the_screen_shows_condolences_and_no_sum(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0008")
    await screen.tap("本人")
    await screen.see("今天什么都不谈，您和家里人多保重。")
    await screen.see("不提借款，不提金额。")
    assert not any("元" in line for line in screen.words())
    assert facts(used_phone, "disclosure") == []


async def test_where_the_list_has_no_number_the_case_shows_what_to_do_next(
    phone: Phone, open_window: Open
) -> None:
    for co_borrower in (None, Person(name="王德厚")):
        bare = msgspec.structs.replace(
            case(1), borrower=Person(name="王晓梅"), co_borrower=co_borrower
        )
        await phone.store.cases.apply([CaseState(case=bare, version=60)], [], set())
        screen = await open_window(phone, "/cases/c0001")
        await screen.see("名单上没有电话号码")
        await screen.see(
            "请先问家人；家里没有人，可以请邻居或村干部转告，不提借款。问到新号码，请记下来。"
        )
        await screen.tap("邻居")
        await screen.see("可以这样说")
        await screen.tap("新联系方式")
        await screen.at("/cases/c0001/update")


async def test_without_a_phone_the_id_number_still_shows_masked(
    phone: Phone, open_window: Open
) -> None:
    known = case(1, co_borrower=False)
    bare = msgspec.structs.replace(
        known, borrower=Person(name="王晓梅", id_number=known.borrower.id_number)
    )
    await phone.store.cases.apply([CaseState(case=bare, version=60)], [], set())
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("名单上没有电话号码")
    await screen.see(mask_id(known.borrower.id_number))


def accepted(**contact: str) -> CaseState:
    """The first case with contacts that a neighbour gave and the office accepted."""
    origin = ContactOrigin(source="neighbour", day="2019-12-11")
    origins = dict.fromkeys(contact, origin)
    return CaseState(case=case(1), version=60, contact=contact, contact_origins=origins)


async def test_an_accepted_number_stands_before_the_lists_with_its_source_and_is_dialled(
    phone: Phone, open_window: Open
) -> None:
    await phone.store.cases.apply([accepted(phone="13611112222")], [], set())
    device = FakeDevice()
    screen = await open_window(phone, "/cases/c0001", device)
    await screen.tap("电话和证件号")
    await screen.see("12月11日更正·邻居提供 · 按住看全号")
    await screen.see("名单上的号码 · 按住看全号")
    words = screen.words()
    assert words.index("136****2222") < words.index("139****0001")
    await screen.tap("打给本人")
    assert device.dialled == ["13611112222"]


async def test_a_number_of_an_office_that_names_no_source_is_still_a_new_one(
    phone: Phone, open_window: Open
) -> None:
    state = CaseState(case=case(1), version=60, contact={"phone": "13611112222"})
    await phone.store.cases.apply([state], [], set())
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("电话和证件号")
    await screen.see("新号码 · 按住看全号")


async def test_an_accepted_address_and_workplace_are_shown_with_the_lists_address(
    phone: Phone, open_window: Open
) -> None:
    state = accepted(address="青槐县石桥镇上河村五组7号", workplace="青槐县纺织厂")
    await phone.store.cases.apply([state], [], set())
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("工作单位 青槐县纺织厂")
    await screen.see("12月11日更正·邻居提供")
    words = "\n".join(screen.words())
    assert words.index("青槐县石桥镇上河村五组7号") < words.index(f"名单上：{state.case.address}")


async def test_neighbours_are_not_to_be_asked_before_three_failures(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("邻居")
    await screen.see("先别找邻居、村干部")


async def test_choosing_the_same_person_again_hides_the_sum(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("共同借款人")
    await screen.see("3,576.29 元")
    await screen.tap("共同借款人")
    await screen.gone("3,576.29 元")


async def test_leaving_the_case_hides_the_sum(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("共同借款人")
    await screen.see("3,576.29 元")
    await screen.tap("上门走访")
    await screen.at("/cases/c0001/visit")
    await screen.back()
    await screen.at("/cases/c0001")
    await screen.see("您在和谁说话？")
    assert not any("3,576.29" in line for line in screen.everywhere())


async def test_after_ten_seconds_a_record_is_kept_and_can_be_corrected(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/update")
    await screen.type("新电话号码", "13955990009")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    await screen.see("撤销（")
    phone.clock = SetClock(phone.now() + timedelta(seconds=11))
    await screen.gone("撤销（")
    await screen.see("改正")
    assert [kept.state for kept in phone.store.facts.all()] == ["waiting"]


async def test_a_paid_person_need_not_be_visited(used_phone: Phone, open_window: Open) -> None:
    screen = await open_window(used_phone, "/cases/c0005")
    await screen.see("已还·不必再去")
    await screen.see("12月10日还清")


@pytest.mark.parametrize("form", ["deliver", "visit", "attempt", "update", "statement"])
async def test_a_form_of_a_repaid_person_shows_that_first(
    used_phone: Phone, open_window: Open, form: str
) -> None:
    screen = await open_window(used_phone, f"/cases/c0005/{form}")
    await screen.see("已还清，不必再去")


async def test_a_payment_that_arrives_while_a_form_is_open_is_shown_and_the_record_saved(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/attempt")
    await screen.tap("已联系上")
    assert "已还清，不必再去" not in screen.words()
    paid = Repaid(as_of="2019-12-12", repaid_fen=1, paid=True, paid_on="2019-12-11")
    await phone.store.cases.apply([CaseState(case=case(1), version=60, repaid=paid)], [], set())
    screen.app.records_changed()
    await screen.see("已还清，不必再去")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "contact_attempt") == [{"outcome": "reached"}]


async def test_a_death_ends_visits_with_words_of_its_own(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0008")
    await screen.see("这位同学已经去世")


async def test_a_record_can_be_withdrawn_with_a_reason(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0004")
    await screen.tap("改正")
    await screen.see("为什么要改？")
    await screen.tap("整条作废（没有这回事）")
    await screen.see("请先选一个原因")
    await screen.tap("记错了人")
    await screen.tap("整条作废（没有这回事）")
    await screen.see("已改正")
    assert facts(used_phone, "correction")[0]["withdraw"] is True


async def test_a_returned_record_is_written_anew_with_a_new_photo(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/do/c0002", FakeDevice(photo=slip()))
    await screen.tap("去改正")
    await screen.tap("照片不清楚")
    await screen.tap("修改内容")
    await screen.see("正在改正一条记录")
    await screen.tap("共同借款人")
    await screen.tap("拍签收单")
    await screen.tap("从相册选")
    await screen.see("照片清楚")
    await screen.tap("保存")
    await screen.at("/do/c0002")
    await screen.gone("学校退回了您的一条记录")
    record = facts(used_phone, "correction")[0]
    assert record["reason"] == "照片不清楚"
    assert record["body"]["signer_relation"] == "co_borrower"
    kept = next(k for k in used_phone.store.facts.all() if k.fact.kind == "correction")
    assert len(kept.fact.photos) == 1


async def test_an_unknown_case_is_reported_instead_of_failing(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/nobody")
    await screen.see("没有这个人")


async def test_the_list_today_and_the_case_show_the_same_of_a_case(
    used_phone: Phone, open_window: Open
) -> None:
    today = await open_window(used_phone)
    await today.see("接下来")
    marks = {line.id: marked(line) for line in (await list_cases(used_phone))}
    for number in (2, 4, 5, 6, 8):
        screen = await open_window(used_phone, f"/cases/c{number:04d}")
        await screen.see("要记什么？")
        assert marks[f"c{number:04d}"] in screen.words()
    assert marks["c0006"] == "待走访"
    assert marks["c0008"] == "不再走访"


def marked(line: CaseLine) -> str:
    """The word of a row's mark."""
    return next(
        word for control in walk(status_tag(Tongue("zh"), line)) for word in words_of(control)
    )


async def test_a_colleagues_visits_are_shown_beside_what_is_to_do(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0006")
    await screen.see("已送达 · 走访过 1 次")


async def test_a_corrected_record_can_be_corrected_again(
    used_phone: Phone, open_window: Open
) -> None:
    screen = await open_window(used_phone, "/cases/c0004")
    for met, reason in (("本人", "记错了人"), ("共同借款人", "结果选错了")):
        await screen.tap("改正")
        await screen.tap(reason)
        await screen.tap("修改内容")
        await screen.see("正在改正一条记录")
        await screen.tap(met)
        await screen.tap("保存")
        await screen.see(f"{met} · 家庭经济困难")
        await join_due(used_phone, everything=True)
        screen = await open_window(used_phone, "/cases/c0004")
    await screen.see("改正：上门走访")
    visits = [
        f
        for f in in_force([k.fact for k in used_phone.store.facts.of("c0004")])
        if f.kind == "visit"
    ]
    assert [visit.body["met"] for visit in visits] == ["co_borrower"]


async def test_records_are_shown_in_english_on_an_english_screen(
    used_phone: Phone, open_window: Open
) -> None:
    await appearance.save((await phone_lock_of(used_phone)).ports.files, Appearance(language="en"))
    screen = await open_window(used_phone, "/cases/c0004")
    await screen.see("other family · family hardship")
    assert not [word for word in screen.words() if "家庭经济困难" in word]


async def test_a_death_recorded_is_answered_with_kind_words_before_the_office_confirms(
    phone: Phone, open_window: Open
) -> None:
    await record(
        phone, "c0001", Visit(met="family", outcome="death", visitors=("林秀英", "何建军"))
    )
    screen = await open_window(phone, "/cases/c0001")
    await screen.see("您记下了：这位同学已经去世")
    assert "上门走访" in screen.words()  # what happened can always be written down
    await screen.see("待说明")


async def test_sums_of_earlier_years_are_named_on_the_card(phone: Phone, open_window: Open) -> None:
    state = phone.store.cases.get("c0001")
    assert state is not None
    late = msgspec.structs.replace(state.case, overdue_prior=True)
    await phone.store.cases.apply([CaseState(case=late, version=99)], [], set())
    screen = await open_window(phone, "/cases/c0001")
    await screen.tap("共同借款人")
    await screen.see("今年应还（含往年）")
    await screen.see("名单上的数包含往年逾期")


async def test_a_case_that_is_not_on_the_list_is_reported_without_its_id(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/01a20960-0000-7752")
    await screen.see("名单里没有这个人。也许已转给别的老师。请在名单里重新选择")
    assert "01a20960" not in "\n".join(screen.words())
