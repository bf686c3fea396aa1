"""Where a case stands: corrections, deliveries, visits, statements, groups; and the laws that hold for any facts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import codes, lifecycle
from shared.cases import Repaid
from shared.lifecycle import in_force
from shared.records.base import Fact, Paper, plain
from shared.records.contact_attempt import ContactAttempt
from shared.records.correction import Correction
from shared.records.disclosure import Disclosure
from shared.records.notice_delivery import NoticeDelivery
from shared.records.statement import Statement
from shared.records.visit import Visit
from tests.support.factory import SEASON, accepted, case, correction, fact, judge, raw, returned

PAIR = ("郑老师", "冯老师")
PROMISED = Visit(met="self", outcome="promised", visitors=PAIR, promise_date="2019-12-19")
HARDSHIP = Visit(met="family", outcome="hardship", visitors=PAIR)
SIGNED = NoticeDelivery(outcome="signed", signer_relation="self")
NOT_HOME = NoticeDelivery(outcome="not_home")
ILL = Statement(reason="illness", narrative="住院两个月")
POOR = Statement(reason="hardship", narrative="父母务农")


# corrections


def test_a_correction_changes_what_a_fact_reads_and_keeps_its_place() -> None:
    facts = [fact("a", PROMISED), fact("b", SIGNED), correction("k", "a", HARDSHIP)]
    assert [(f.id, f.kind) for f in in_force(facts)] == [("a", "visit"), ("b", "notice_delivery")]
    assert judge(facts).outcome == "hardship"


def test_a_withdrawn_fact_never_happened() -> None:
    assert judge([fact("a", PROMISED), correction("k", "a")]) == judge([])


def test_a_correction_of_a_correction_changes_the_fact_at_the_root() -> None:
    facts = [fact("a", PROMISED), correction("k", "a", HARDSHIP), correction("l", "k", PROMISED)]
    assert [f.id for f in in_force(facts)] == ["a"]
    assert judge(facts).outcome == "promised"


def test_a_record_is_from_paper_where_a_sheet_said_or_corrected_it() -> None:
    def on_paper(one: Fact, scan: str = "", by: str = "甲") -> Fact:
        photos = (scan,) if scan else ()
        paper = Paper(keyed_by="联络员", visited_by=by, scan=scan)
        return msgspec.structs.replace(one, paper=paper, photos=photos)

    def now(*facts: Fact) -> Paper | None:
        return in_force(facts)[0].paper

    first, on_phone = on_paper(fact("a", PROMISED), "s1"), correction("k", "a", HARDSHIP)
    assert now(fact("a", PROMISED), on_phone) is None
    assert now(first, on_phone) == first.paper, "a correction on a phone leaves it one from paper"
    sheet = on_paper(correction("l", "a", HARDSHIP), by="乙")
    assert now(fact("a", PROMISED), sheet) == sheet.paper
    assert sheet.paper is not None
    kept = msgspec.structs.replace(sheet.paper, scan="s1")
    assert now(first, sheet) == kept, "without a new scan the first one stays"
    assert now(first, on_paper(correction("l", "a", HARDSHIP), "s2", "乙")) == (
        msgspec.structs.replace(sheet.paper, scan="s2")
    )
    gone = msgspec.structs.replace(on_phone, body={**on_phone.body, "keeps_photos": False})
    assert now(first, gone) == msgspec.structs.replace(first.paper, scan="")


def test_of_several_corrections_the_last_one_wins() -> None:
    facts = [
        fact("a", SIGNED),
        correction("k", "a", NOT_HOME),
        correction("l", "a", NoticeDelivery(outcome="refused")),
    ]
    assert judge(facts).delivery == "unsigned"


def test_a_correction_after_a_withdrawal_restores_the_fact() -> None:
    assert (
        judge([fact("a", PROMISED), correction("k", "a"), correction("l", "a", HARDSHIP)]).outcome
        == "hardship"
    )


@pytest.mark.parametrize("body", [HARDSHIP, None])
def test_a_correction_made_under_another_case_changes_nothing(body: Visit | None) -> None:
    facts = [fact("a", PROMISED), correction("k", "a", body, case="c2")]
    assert in_force(facts) == facts[:1]


def test_a_correction_of_an_unknown_fact_changes_nothing() -> None:
    facts = [fact("a", PROMISED), correction("k", "nobody knows", HARDSHIP)]
    assert in_force(facts) == facts[:1]


@pytest.mark.parametrize("body", [{"met": "self"}, {"met": 1, "outcome": "promised"}, {}])
def test_a_correction_whose_body_its_fact_cannot_read_changes_nothing(body: dict[str, Any]) -> None:
    facts = [
        fact("a", PROMISED),
        raw("k", "correction", {"corrects": "a", "reason": "r", "body": body}),
    ]
    assert in_force(facts) == facts[:1]


@pytest.mark.parametrize(
    "nothing",
    [
        raw("k", "correction", {"corrects": "a"}),
        correction("k", "nobody knows", HARDSHIP),
        correction("k", "a", HARDSHIP, case="c2"),
    ],
)
def test_a_correction_after_one_that_changes_nothing_counts(nothing: Fact) -> None:
    facts = [fact("a", PROMISED), nothing, correction("l", "a", HARDSHIP)]
    assert [f.body["outcome"] for f in in_force(facts)] == ["hardship"]


def test_a_correction_beyond_the_bounds_of_its_record_changes_nothing() -> None:
    long = msgspec.structs.replace(PROMISED, note="长" * 100_000)
    facts = [fact("a", PROMISED), correction("k", "a", long)]
    assert in_force(facts) == facts[:1]


def test_an_empty_correction_changes_nothing() -> None:
    facts = [fact("a", PROMISED), fact("k", Correction(corrects="a", reason="r"))]
    assert in_force(facts) == facts[:1]


def test_a_correction_moves_the_time_and_keeps_the_photos_it_does_not_replace() -> None:
    first = fact("a", SIGNED, photos=["f" * 64])
    kept = correction("k", "a", SIGNED, at="2019-12-10T09:00:00+08:00")
    (now,) = in_force([first, kept])
    assert (now.happened_at, now.photos) == ("2019-12-10T09:00:00+08:00", ("f" * 64,))
    (now,) = in_force(
        [first, kept, correction("l", "a", SIGNED, photos=["e" * 64]), correction("m", "a", SIGNED)]
    )
    assert now.photos == ("e" * 64,)


def test_a_correction_that_keeps_no_photos_removes_them() -> None:
    bare = Correction(corrects="a", reason="照片是别人的", body=plain(SIGNED), keeps_photos=False)
    (now,) = in_force([fact("a", SIGNED, photos=["f" * 64]), fact("k", bare)])
    assert now.photos == ()


def test_only_words_that_were_accepted_are_listed_with_their_verdict() -> None:
    facts = [
        fact("a", ILL),
        fact("b", POOR),
        fact("c", PROMISED),
        fact("d", POOR),
        fact("e", ILL),
        correction("k", "e", POOR),
        fact("f", ILL),
        correction("l", "f", POOR),
    ]
    verdicts = [accepted("a"), returned("b"), accepted("c"), accepted("e"), accepted("l")]
    listed = lifecycle.accepted(facts, {r.fact: r for r in verdicts}, "statement")
    assert [(f.id, f.body["reason"], r.fact) for f, r in listed] == [
        ("a", "illness", "a"),
        ("f", "hardship", "l"),
    ]


def test_the_verdicts_are_two() -> None:
    texts = ("accepted", "returned", "", "Accepted", "later")
    assert [text for text in texts if lifecycle.is_verdict(text)] == ["accepted", "returned"]


ODD = "2009-12-19"


@pytest.mark.parametrize(
    ("given_fact", "odd"),
    [
        (fact("a", PROMISED), False),
        (fact("a", Visit(met="self", outcome="promised")), False),
        (fact("a", SIGNED), False),
        (fact("a", SIGNED, at="2009-12-12T10:00:00+08:00"), True),
        (fact("a", msgspec.structs.replace(PROMISED, promise_date=ODD)), True),
        (raw("a", "visit", {"met": "self", "outcome": "promised", "promise_date": 7}), False),
        (correction("k", "a", PROMISED), False),
        (correction("k", "a", msgspec.structs.replace(PROMISED, promise_date=ODD)), True),
        (correction("k", "a"), False),
    ],
)
def test_a_day_outside_the_season_is_noticed_in_a_record_and_in_its_correction(
    given_fact: Fact, odd: bool
) -> None:
    assert lifecycle.has_odd_day(given_fact, SEASON) is odd


# deliveries


@pytest.mark.parametrize(
    ("outcome", "state", "delivered"),
    [
        ("signed", "signed", True),
        ("cannot_write", "signed", True),
        ("acknowledged", "signed", True),
        ("refused", "unsigned", True),
        ("not_home", "undelivered", False),
        ("not_found", "undelivered", False),
        ("a code of a later version", "undelivered", False),
    ],
)
def test_every_outcome_of_a_delivery_has_its_state(
    outcome: str, state: str, delivered: bool
) -> None:
    standing = judge([fact("a", NoticeDelivery(outcome=outcome))])
    assert (standing.delivery, standing.delivered, bool(standing.delivered_on)) == (
        state,
        delivered,
        delivered,
    )


@pytest.mark.parametrize(
    ("outcome", "record"),
    [
        ("signed", "signed"),
        ("cannot_write", "signed"),
        ("acknowledged", "acknowledged"),
        ("refused", "refused"),
        ("not_home", "undelivered"),
        ("not_found", "undelivered"),
        ("a code of a later version", "undelivered"),
    ],
)
def test_only_a_signature_on_paper_is_recorded_as_signed(outcome: str, record: str) -> None:
    assert judge([fact("a", NoticeDelivery(outcome=outcome))]).delivery_record == record


@given(
    st.permutations(
        [
            fact("a", NOT_HOME),
            fact("b", NoticeDelivery(outcome="refused")),
            fact("c", NoticeDelivery(outcome="acknowledged")),
            fact("d", SIGNED),
        ]
    ),
    st.integers(0, 4),
)
def test_the_best_record_of_a_delivery_counts_in_any_order(facts: list[Fact], count: int) -> None:
    best = ("none", "undelivered", "refused", "acknowledged", "signed")
    names = {"a": 1, "b": 2, "c": 3, "d": 4}
    found = facts[:count]
    assert judge(found).delivery_record == best[max((names[f.id] for f in found), default=0)]


def test_a_withdrawn_signature_is_recorded_no_more() -> None:
    signed = fact("a", SIGNED, photos=("p" * 64,))
    standing = judge([signed, correction("k", "a")])
    assert (standing.delivery_record, standing.slip_photos) == ("none", ())


def test_photos_of_slips_and_pictures_of_messages_are_told_apart() -> None:
    one, two, three = ("1" * 64, "2" * 64, "3" * 64)
    standing = judge(
        [
            fact("a", NoticeDelivery(outcome="acknowledged"), photos=(one,)),
            fact("b", NoticeDelivery(outcome="refused"), photos=(two,)),
            fact("c", SIGNED, photos=(three, two)),
            fact("d", NOT_HOME, photos=(one,)),
        ]
    )
    assert (standing.slip_photos, standing.message_photos) == ((two, three), (one,))


@given(
    st.permutations(
        [fact("a", NOT_HOME), fact("b", NoticeDelivery(outcome="refused")), fact("c", SIGNED)]
    )
)
def test_the_best_delivery_counts_whatever_came_first_or_last(facts: list[Fact]) -> None:
    standing = judge(facts)
    assert (standing.delivery, standing.delivery_fact, standing.signer_relation) == (
        "signed",
        "c",
        "self",
    )


def test_of_two_equal_deliveries_the_first_stands_and_other_records_between_do_not_matter() -> None:
    later = NoticeDelivery(outcome="cannot_write", signer_relation="parent")
    standing = judge([fact("v", PROMISED), fact("a", SIGNED), fact("b", later)])
    assert (standing.delivery_fact, standing.signer_relation) == ("a", "self")


def test_the_day_of_delivery_is_the_day_in_china() -> None:
    assert judge([fact("a", SIGNED, at="2019-11-28T17:30:00+00:00")]).delivered_on == "2019-11-29"


# visits


def test_two_phones_on_one_case_day_and_pair_are_one_visit_and_both_facts_stay() -> None:
    one = fact("a", PROMISED, at="2019-12-12T10:00:00+08:00")
    other = fact(
        "b",
        Visit(met="self", outcome="promised", visitors=PAIR[::-1]),
        at="2019-12-12T10:04:00+08:00",
    )
    (line,) = judge([one, other]).visits
    assert line.facts == ("a", "b")
    assert in_force([one, other]) == [one, other]


def test_a_line_of_a_visit_holds_what_the_record_says() -> None:
    (line,) = judge([fact("a", HARDSHIP)]).visits
    assert line == lifecycle.VisitLine(
        day="2019-12-12",
        met="family",
        outcome="hardship",
        visitors=tuple(sorted(PAIR)),
        facts=("a",),
    )


def test_names_of_a_pair_are_compared_without_blanks() -> None:
    other = Visit(met="self", outcome="promised", visitors=(" 冯老师", "郑老师 ", "郑老师", ""))
    assert len(judge([fact("a", PROMISED), fact("b", other)]).visits) == 1


@pytest.mark.parametrize(
    "other",
    [
        fact("b", PROMISED, at="2019-12-13T10:00:00+08:00"),
        fact("b", msgspec.structs.replace(PROMISED, visitors=("郑老师", "卫老师"))),
    ],
)
def test_another_day_or_another_pair_is_another_visit(other: Fact) -> None:
    assert [v.facts for v in judge([fact("a", PROMISED), other]).visits] == [("a",), ("b",)]


def test_visits_without_names_are_never_taken_for_one() -> None:
    alone = Visit(met="nobody", outcome="not_home")
    assert len(judge([fact("a", alone), fact("b", alone)]).visits) == 2


def test_one_moment_written_with_two_offsets_is_one_day() -> None:
    here = fact("a", PROMISED, at="2019-12-13T00:30:00+08:00")
    there = fact("b", PROMISED, at="2019-12-12T16:31:00Z")
    (line,) = judge([here, there]).visits
    assert line.day == "2019-12-13"


def test_visits_stand_in_order_of_days() -> None:
    days = ["2019-12-15", "2019-12-11", "2019-12-13"]
    facts = [fact(str(n), PROMISED, at=f"{day}T10:00:00+08:00") for n, day in enumerate(days)]
    assert [v.day for v in judge(facts).visits] == sorted(days)


# outcomes, promises, groups


def test_a_promise_carries_its_date_and_makes_the_person_promised() -> None:
    standing = judge([fact("a", PROMISED)])
    assert (standing.group, standing.stage, standing.promise_date) == (
        "promised",
        "promised",
        "2019-12-19",
    )


def test_a_later_visit_ends_a_promise() -> None:
    standing = judge([fact("a", PROMISED), fact("b", HARDSHIP, at="2019-12-14T10:00:00+08:00")])
    assert (standing.group, standing.promise_date) == ("special", "")


def test_a_date_left_over_in_a_visit_that_is_no_promise_is_no_promise() -> None:
    left = Visit(met="self", outcome="refuses", promise_date="2019-12-19")
    assert judge([fact("a", left)]).promise_date == ""


@pytest.mark.parametrize("reason", codes.REASONS, ids=lambda r: r.code)
def test_every_outcome_counts_in_its_own_group(reason: codes.Code) -> None:
    assert judge([fact("a", Visit(met="self", outcome=reason.code))]).group == reason.group


def test_an_outcome_of_a_later_version_counts_as_other_and_is_kept() -> None:
    standing = judge([fact("a", Visit(met="self", outcome="reincarnated"))])
    assert (standing.group, standing.outcome, standing.stage) == (
        "other",
        "reincarnated",
        "visited",
    )


@pytest.mark.parametrize(
    ("calls", "outcome", "group", "failed"),
    [
        (["no_answer"], "unreachable_away", "unreachable", 1),
        (["no_answer", "invalid_number"], "phone_invalid", "unreachable", 2),
        (["no_answer", "reached"], "", "none", 1),
        (["reached", "no_answer"], "", "none", 1),
    ],
)
def test_without_a_visit_only_tries_that_never_got_through_make_a_person_unreachable(
    calls: list[str], outcome: str, group: str, failed: int
) -> None:
    standing = judge([fact(str(n), ContactAttempt(outcome=call)) for n, call in enumerate(calls)])
    assert (standing.outcome, standing.group, standing.failed_attempts) == (outcome, group, failed)
    assert (standing.attempts, standing.stage) == (len(calls), "visited")


@pytest.mark.parametrize("delivery", [SIGNED, NOT_HOME, NoticeDelivery(outcome="refused")])
def test_a_delivery_alone_gives_no_group(delivery: NoticeDelivery) -> None:
    standing = judge([fact("a", delivery)])
    assert (standing.group, standing.outcome) == ("none", "")


def test_a_visit_outweighs_a_failed_call() -> None:
    assert (
        judge([fact("a", PROMISED), fact("b", ContactAttempt(outcome="no_answer"))]).group
        == "promised"
    )


def test_a_person_who_has_paid_is_repaid_whatever_was_recorded() -> None:
    standing = judge([fact("a", HARDSHIP), fact("b", ILL)], repaid=Repaid(paid=True))
    assert (standing.group, standing.stage) == ("repaid", "repaid")


@pytest.mark.parametrize(("facts", "stage"), [([], "assigned"), ([fact("a", SIGNED)], "delivered")])
def test_a_case_begins_assigned_and_then_is_delivered(facts: list[Fact], stage: str) -> None:
    assert judge(facts).stage == stage


# statements and reviews


def test_a_statement_makes_a_special_case_and_its_reason_is_the_outcome() -> None:
    standing = judge([fact("a", PROMISED), fact("s", ILL)])
    assert (standing.statement, standing.statement_fact) == ("written", "s")
    assert (standing.group, standing.outcome) == ("special", "illness")


def test_the_last_statement_supersedes_the_earlier_one() -> None:
    standing = judge([fact("s", ILL), fact("t", POOR)], accepted("s"))
    assert (standing.statement, standing.statement_fact, standing.outcome) == (
        "written",
        "t",
        "hardship",
    )


def test_when_the_last_statement_is_withdrawn_the_one_before_stands_again() -> None:
    standing = judge([fact("s", ILL), fact("t", POOR), correction("k", "t")], accepted("s"))
    assert (standing.statement, standing.statement_fact) == ("accepted", "s")


@pytest.mark.parametrize("verdict", [accepted, returned])
def test_a_verdict_on_the_statement_is_its_state(verdict: Any) -> None:
    review = verdict("s")
    assert judge([fact("s", ILL)], review).statement == review.verdict


def test_a_statement_corrected_after_it_was_accepted_waits_for_a_new_verdict() -> None:
    facts = [fact("s", ILL), correction("k", "s", POOR)]
    assert judge(facts, accepted("s")).statement == "written"
    assert judge(facts, accepted("s"), accepted("k")).statement == "accepted"


def test_a_returned_delivery_waits_to_be_corrected_until_it_is() -> None:
    facts = [fact("a", SIGNED), correction("k", "a", SIGNED)]
    assert judge(facts[:1], returned("a")).delivery_returned
    assert not judge(facts[:1], accepted("a")).delivery_returned
    assert not judge(facts, returned("a")).delivery_returned
    assert judge(facts, returned("a"), returned("k")).delivery_returned
    assert not judge([fact("b", PROMISED)], returned("b")).delivery_returned


def test_what_was_returned_is_listed() -> None:
    assert judge(
        [fact("a", SIGNED), fact("b", PROMISED)], returned("a"), accepted("b")
    ).returned == ("a",)


@pytest.mark.parametrize(
    "then", [correction("k", "s", POOR), correction("k", "s"), fact("t", POOR)]
)
def test_a_returned_statement_leaves_the_list_when_corrected_withdrawn_or_superseded(
    then: Fact,
) -> None:
    assert judge([fact("s", ILL)], returned("s")).returned == ("s",)
    assert judge([fact("s", ILL), then], returned("s")).returned == ()


def test_a_returned_visit_leaves_the_list_when_corrected() -> None:
    assert (
        judge([fact("a", PROMISED), correction("k", "a", HARDSHIP)], returned("a")).returned == ()
    )


def test_a_correction_that_is_returned_is_listed_until_it_is_corrected() -> None:
    facts = [fact("a", PROMISED), correction("k", "a", HARDSHIP)]
    assert judge(facts, returned("a"), returned("k")).returned == ("k",)
    assert (
        judge([*facts, correction("l", "k", PROMISED)], returned("a"), returned("k")).returned == ()
    )


def test_a_correction_of_another_case_does_not_clear_the_list() -> None:
    facts = [fact("a", PROMISED), correction("k", "a", HARDSHIP, case="c2")]
    assert judge(facts, returned("a")).returned == ("a",)


# laws

OUTCOMES = st.sampled_from([*(c.code for c in codes.REASONS), "of a later version"])
BODIES = st.one_of(
    st.builds(
        Visit,
        met=st.sampled_from(["self", "nobody"]),
        outcome=OUTCOMES,
        visitors=st.sampled_from([PAIR, ()]),
    ),
    st.builds(
        NoticeDelivery, outcome=st.sampled_from([*(c.code for c in codes.DELIVERIES), "later"])
    ),
    st.builds(ContactAttempt, outcome=st.sampled_from([*(c.code for c in codes.CALLS), "later"])),
    st.builds(Statement, reason=OUTCOMES, narrative=st.just("缘由")),
    st.builds(Disclosure, what=st.just("amount"), to=st.just("self")),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts of one case in some order: records, corrections of any of them, and kinds of a later version."""
    facts: list[Fact] = []
    for number in range(draw(st.integers(0, 7))):
        id, day = f"f{number}", draw(st.integers(1, 28))
        at = f"2019-12-{day:02d}T10:00:00+08:00"
        what = draw(st.integers(0, 9))
        if what < 6 or not facts:
            facts.append(fact(id, draw(BODIES), at))
        elif what < 9:
            target = draw(st.sampled_from(facts)).id
            facts.append(correction(id, target, draw(st.none() | BODIES), at=at))
        else:
            facts.append(raw(id, "a kind of a later version", {"supersedes": "f0", "new": [1]}, at))
    return facts


law = settings(max_examples=50)
REVIEWS = st.lists(
    st.builds(lambda n, f: f(f"f{n}"), st.integers(0, 7), st.sampled_from([returned, accepted]))
)


@law
@given(histories(), REVIEWS)
def test_a_standing_is_judged_the_same_every_time(facts: list[Fact], reviews: list[Any]) -> None:
    assert judge(facts, *reviews) == judge(list(facts), *reviews)


@law
@given(histories(), histories(), REVIEWS)
def test_a_judgement_is_the_standing_with_the_facts_of_the_case_in_force(
    mine: list[Fact], theirs: list[Fact], reviews: list[Any]
) -> None:
    others = [msgspec.structs.replace(f, id=f"other-{f.id}", case="c2") for f in theirs]
    given_reviews = {r.fact: r for r in reviews}
    judged = lifecycle.judge(case(), [*others, *mine], Repaid(), given_reviews, SEASON)
    assert judged.standing == judge(mine, *reviews)
    assert list(judged.in_force) == in_force(mine)
    assert all(judged.find(f.id) == f for f in judged.in_force)
    assert judged.find("nothing has this id") is None


@law
@given(histories(), histories(), REVIEWS, st.randoms())
def test_facts_of_other_cases_never_change_a_standing(
    mine: list[Fact], theirs: list[Fact], reviews: list[Any], random: Any
) -> None:
    mixed: list[Fact] = list(mine)
    for other in theirs:
        name = {"id": "other" + other.id} if random.random() < 0.9 else {}
        mixed.insert(
            random.randint(0, len(mixed)), msgspec.structs.replace(other, case="c2", **name)
        )
    assert judge(mixed, *reviews) == judge(mine, *reviews)


@law
@given(histories(), REVIEWS, st.data())
def test_accesses_to_masked_data_change_nothing_wherever_they_stand(
    facts: list[Fact], reviews: list[Any], data: st.DataObject
) -> None:
    disclosures = {f.id for f in facts if f.kind == "disclosure"}
    named = {str(f.body.get("corrects")) for f in facts} | {r.fact for r in reviews}
    moved = [f for f in facts if f.id in disclosures - named]
    rest = [f for f in facts if f not in moved]
    for look in moved:
        rest.insert(data.draw(st.integers(0, len(rest))), look)
    assert judge(rest, *reviews) == judge(facts, *reviews)


@law
@given(histories(), REVIEWS)
def test_a_fact_that_arrives_twice_counts_once(facts: list[Fact], reviews: list[Any]) -> None:
    records = [f for f in facts if f.kind != "correction"]
    assert judge([*facts, *records], *reviews) == judge(facts, *reviews)


@law
@given(histories())
def test_what_is_in_force_are_records_in_their_old_order(facts: list[Fact]) -> None:
    order = [f.id for f in facts if f.kind != "correction"]
    now = [f.id for f in in_force(facts)]
    assert now == [id for id in order if id in now]


@law
@given(histories(), REVIEWS)
def test_a_later_versions_kinds_survive_and_change_nothing(
    facts: list[Fact], reviews: list[Any]
) -> None:
    named = {str(f.body.get("corrects")) for f in facts} | {r.fact for r in reviews}
    later = [f for f in facts if f.kind.startswith("a kind") and f.id not in named]
    assert [f for f in in_force(facts) if f in later] == later
    assert judge([f for f in facts if f not in later], *reviews) == judge(facts, *reviews)


@law
@given(histories(), REVIEWS)
def test_a_standing_always_counts_in_exactly_one_known_group(
    facts: list[Fact], reviews: list[Any]
) -> None:
    standing = judge(facts, *reviews)
    assert standing.group in {"promised", "special", "unreachable", "other", "none"}
    assert (standing.statement == "none") == (standing.statement_fact == "")
    assert set(standing.returned) <= {r.fact for r in reviews if r.verdict == "returned"}
