"""Corrections and statements: nothing is overwritten, the newest record counts, sensitive evidence needs consent."""

from __future__ import annotations

import msgspec
import pytest

from mobile.usecases.cases import list_cases, open_case
from mobile.usecases.phone import Phone
from mobile.usecases.records import correct, record
from shared.codes import Code
from shared.lifecycle import in_force
from shared.problems import ProblemError
from shared.records.base import Body, Fact
from shared.records.contact_update import ContactUpdate
from shared.records.notice_delivery import NoticeDelivery
from shared.records.registry import read
from shared.records.statement import Statement
from shared.records.visit import Visit
from sync_server.sample.season import season_2019
from tests.mobile.conftest import NOON, Bench

VISIT = Visit(met="self", outcome="promised", visitors=("郑老师", "冯老师"))
HARD = Visit(met="family", outcome="hardship", visitors=("郑老师", "冯老师"))
POOR = Statement(reason="hardship", narrative="父母务农")
ILL = Statement(
    reason="illness",
    narrative="住院",
    evidence=("诊断书",),
    evidence_purpose="申请救助",
    consent=True,
)


async def now(phone: Phone) -> list[Fact]:
    return in_force([k.fact for k in phone.store.facts.of("case-1")])


async def test_a_correction_is_a_new_record_and_both_stay(phone: Phone) -> None:
    line = await record(phone, "case-1", VISIT)
    await correct(phone, line.fact, reason="选错", body=HARD)
    assert [k.fact.kind for k in phone.store.facts.all()] == ["visit", "correction"]
    assert read((await now(phone))[0]) == HARD


async def test_a_record_that_never_happened_is_withdrawn(phone: Phone) -> None:
    line = await record(phone, "case-1", VISIT)
    await correct(phone, line.fact, reason="记错人")
    assert await now(phone) == []
    assert (await list_cases(phone))[0].visits == 0


async def test_a_correction_can_be_corrected(phone: Phone) -> None:
    line = await record(phone, "case-1", VISIT)
    first = await correct(phone, line.fact, reason="选错", body=HARD)
    await correct(phone, first.fact, reason="没错", body=VISIT)
    assert [read(f) for f in await now(phone)] == [VISIT]


async def test_time_and_photos_stay_unless_the_correction_gives_others(phone: Phone) -> None:
    for sha in ("a" * 64, "b" * 64):
        await phone.store.photos.add(sha, b"jpeg", 0)
    earlier = NOON.replace(hour=9)
    line = await record(phone, "case-1", NoticeDelivery(outcome="signed"), ("a" * 64,))
    await correct(
        phone, line.fact, reason="时间", body=NoticeDelivery(outcome="signed"), happened_at=earlier
    )
    await correct(
        phone, line.fact, reason="照片", body=NoticeDelivery(outcome="signed"), photos=("b" * 64,)
    )
    await correct(phone, line.fact, reason="签收", body=NoticeDelivery(outcome="refused"))
    (fact,) = await now(phone)
    assert (fact.happened_at, fact.photos) == (earlier.isoformat(), ("b" * 64,))


async def test_the_photo_of_a_correction_waits_for_upload(phone: Phone) -> None:
    await phone.store.photos.add("a" * 64, b"jpeg", 0)
    line = await record(phone, "case-1", NoticeDelivery(outcome="signed"))
    await correct(
        phone, line.fact, reason="补拍", body=NoticeDelivery(outcome="signed"), photos=("a" * 64,)
    )
    assert [row.sha256 for row in phone.store.photos.waiting()] == ["a" * 64]


async def test_the_history_marks_what_was_corrected(phone: Phone) -> None:
    line = await record(phone, "case-1", VISIT)
    await correct(phone, line.fact, reason="选错", body=HARD)
    view = await open_case(phone, "case-1")
    assert [(h.kind, h.corrected) for h in view.history] == [("correction", False), ("visit", True)]


@pytest.mark.parametrize(
    ("reason", "body", "field"),
    [
        (" ", HARD, "reason"),
        ("选错", NoticeDelivery(outcome="signed"), "body"),
        ("选错", Visit(met="self", outcome=""), "outcome"),
    ],
)
async def test_a_correction_without_reason_or_of_another_kind_or_not_whole_is_refused(
    phone: Phone, reason: str, body: Body, field: str
) -> None:
    line = await record(phone, "case-1", VISIT)
    with pytest.raises(ProblemError) as refused:
        await correct(phone, line.fact, reason=reason, body=body)
    assert (refused.value.code, refused.value.values) == ("fact.field_missing", {"field": field})
    assert len(phone.store.facts.all()) == 1


async def test_an_unknown_record_cannot_be_corrected(phone: Phone) -> None:
    with pytest.raises(ProblemError) as refused:
        await correct(phone, "nothing", reason="选错")
    assert refused.value.code == "fact.unknown"


# statements


async def statements(phone: Phone) -> list[Statement]:
    return [s for f in await now(phone) if isinstance(s := read(f), Statement)]


async def test_each_statement_names_the_one_it_supersedes(phone: Phone) -> None:
    first = await record(phone, "case-1", POOR)
    second = await record(phone, "case-1", POOR)
    await record(phone, "case-1", POOR)
    assert [s.supersedes for s in await statements(phone)] == ["", first.fact, second.fact]


async def test_a_withdrawn_statement_is_not_superseded(phone: Phone) -> None:
    first = await record(phone, "case-1", POOR)
    second = await record(phone, "case-1", POOR)
    await correct(phone, second.fact, reason="写错")
    await record(phone, "case-1", POOR)
    assert [s.supersedes for s in await statements(phone)] == ["", first.fact]


async def test_a_corrected_statement_keeps_its_place_in_the_chain(phone: Phone) -> None:
    first = await record(phone, "case-1", POOR)
    second = await record(phone, "case-1", POOR)
    await correct(
        phone, second.fact, reason="补充", body=Statement(reason="hardship", narrative="另有老人")
    )
    assert [(s.supersedes, s.narrative) for s in await statements(phone)] == [
        ("", "父母务农"),
        (first.fact, "另有老人"),
    ]


@pytest.mark.parametrize("lacks", ["reason", "narrative"])
async def test_a_statement_needs_reason_and_narrative(phone: Phone, lacks: str) -> None:
    with pytest.raises(ProblemError) as refused:
        await record(phone, "case-1", msgspec.structs.replace(POOR, **{lacks: " "}))
    assert refused.value.values == {"field": lacks}


@pytest.mark.parametrize(("field", "value"), [("evidence_purpose", ""), ("consent", False)])
async def test_evidence_about_health_needs_purpose_and_separate_consent(
    phone: Phone, field: str, value: object
) -> None:
    with pytest.raises(ProblemError) as refused:
        await record(phone, "case-1", msgspec.structs.replace(ILL, **{field: value}))
    assert refused.value.values == {"field": field}
    assert phone.store.facts.all() == []


async def test_a_photo_is_evidence_even_when_it_is_not_marked_as_such(phone: Phone) -> None:
    await phone.store.photos.add("a" * 64, b"jpeg", 0)
    bare = Statement(reason="illness", narrative="住院")
    with pytest.raises(ProblemError):
        await record(phone, "case-1", bare, ("a" * 64,))


async def test_a_correction_needs_consent_too(phone: Phone) -> None:
    line = await record(phone, "case-1", POOR)
    with pytest.raises(ProblemError) as refused:
        await correct(
            phone, line.fact, reason="改", body=msgspec.structs.replace(ILL, consent=False)
        )
    assert refused.value.values == {"field": "consent"}


@pytest.mark.parametrize(
    "body",
    [
        ILL,
        Statement(reason="illness", narrative="住院"),
        msgspec.structs.replace(POOR, evidence=("低保证",)),
    ],
)
async def test_with_consent_or_without_sensitive_evidence_it_is_saved(
    phone: Phone, body: Statement
) -> None:
    await record(phone, "case-1", body)
    assert await statements(phone) == [body]


async def test_what_the_county_calls_sensitive_is_sensitive(bench: Bench) -> None:
    mind = Code("mental_illness", "精神疾病", "mental illness", "special", True, "A9")
    season = season_2019()
    await bench.brief(msgspec.structs.replace(season, reasons=(*season.reasons, mind)))
    with pytest.raises(ProblemError) as refused:
        await record(
            bench.phone,
            "case-1",
            Statement(reason="mental_illness", narrative="病历", evidence=("病历",)),
        )
    assert refused.value.values == {"field": "evidence_purpose"}


# contact updates


@pytest.mark.parametrize("lacks", ["field", "value", "source"])
async def test_a_contact_update_needs_a_value_and_its_source(phone: Phone, lacks: str) -> None:
    whole = ContactUpdate(field="phone", value="13700001111", source="family")
    await record(phone, "case-1", whole)
    with pytest.raises(ProblemError) as refused:
        await record(phone, "case-1", msgspec.structs.replace(whole, **{lacks: ""}))
    assert refused.value.values == {"field": lacks}


async def test_the_newest_reading_of_a_record_may_be_corrected_and_is_described_in_both_languages(
    phone: Phone,
) -> None:
    line = await record(phone, "case-1", VISIT)
    await correct(phone, line.fact, reason="选错", body=HARD)
    history = (await open_case(phone, "case-1")).history
    assert [(row.kind, row.about, row.newest, row.corrected) for row in history] == [
        ("correction", "visit", True, False),
        ("visit", "visit", False, True),
    ]
    assert (history[0].words.zh, history[0].words.en) == (
        "其他家人 · 家庭经济困难",
        "other family · family hardship",
    )


async def test_a_withdrawn_record_offers_nothing_to_correct(phone: Phone) -> None:
    line = await record(phone, "case-1", VISIT)
    await correct(phone, line.fact, reason="记错人")
    history = (await open_case(phone, "case-1")).history
    assert (history[0].words.zh, history[0].words.en) == ("整条作废", "withdrawn")
    assert not any(row.newest for row in history)
