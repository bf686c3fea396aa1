"""情况说明: phrases first, free text after; evidence about health only with purpose and consent."""

from __future__ import annotations

from mobile.usecases.drafts import save_draft
from mobile.usecases.phone import Phone
from tests.mobile.ui.conftest import Open
from tests.support.phone.harness import FakeDevice
from tests.support.phone.pictures import slip
from tests.support.phone.records import facts


async def test_phrases_build_the_narrative_which_is_then_edited(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.tap("家庭经济困难")
    await screen.tap("家庭收入低，暂时无力偿还")
    await screen.tap("家中有老人需要照料")
    await screen.type("说明全文", "老人七十八岁。")
    await screen.see("这种情况通常是：申请还款救助")
    await screen.tap("申请还款救助")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    record = facts(phone, "statement")[0]
    assert record["narrative"] == "家庭收入低，暂时无力偿还。家中有老人需要照料。老人七十八岁。"
    assert record["handling"] == "repayment_relief"


async def test_a_statement_needs_its_reason_and_its_words(phone: Phone, open_window: Open) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.see("是什么原因？")
    await screen.tap("保存")
    await screen.see("还差：是什么原因？、说明全文、建议怎样办？")


async def test_evidence_of_an_illness_asks_for_purpose_and_consent(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement", FakeDevice(photo=slip()))
    await screen.tap("重大疾病")
    await screen.tap("本人患重大疾病，正在治疗")
    await screen.tap("拍证明材料")
    await screen.tap("从相册选")
    await screen.at("/cases/c0001/statement")
    await screen.see("这份材料用来做什么？")
    await screen.tap("继续提醒")
    await screen.tap("保存")
    await screen.see("还差：这份材料用来做什么？、本人或家人同意")
    await screen.tap("证明特殊情况")
    await screen.tick("本人或家人已同意拍摄并上交")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    record = facts(phone, "statement")[0]
    assert record["consent"] is True
    assert record["evidence_purpose"] == "证明特殊情况"
    assert len(record["evidence"]) == 1


async def test_an_illness_without_evidence_asks_for_no_consent(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.tap("重大疾病")
    await screen.tap("本人患重大疾病，正在治疗")
    await screen.tap("继续提醒")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert "consent" not in facts(phone, "statement")[0]


async def test_a_text_takes_what_a_record_takes_and_nothing_unseen(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.tap("家庭经济困难")
    await screen.type("说明全文", "老\x07人\0七十八岁。")
    field = screen.field("说明全文")
    assert field is not None
    assert (field.max_length, field.value) == (4000, "老人七十八岁。")
    await screen.tap("继续提醒")
    await screen.tap("保存")
    await screen.at("/cases/c0001")
    assert facts(phone, "statement")[0]["narrative"] == "老人七十八岁。"


async def test_a_draft_longer_than_a_record_says_so_and_stays(
    phone: Phone, open_window: Open
) -> None:
    await save_draft(
        phone,
        "c0001",
        "statement",
        {"reason": "hardship", "narrative": "长" * 4001, "handling": "other"},
    )
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.tap("保存")
    await screen.see("“情况”不合要求：最多 4000 个字")
    assert facts(phone, "statement") == []


async def test_a_handling_is_printed_only_where_the_teacher_chose_it(
    phone: Phone, open_window: Open
) -> None:
    screen = await open_window(phone, "/cases/c0001/statement")
    await screen.tap("重大疾病")
    await screen.tap("本人患重大疾病，正在治疗")
    assert "申请还款救助" not in screen.chosen()
    await screen.tap("保存")
    await screen.see("还差：建议怎样办？")
    assert facts(phone, "statement") == []
