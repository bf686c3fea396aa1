"""Late schools: named by the rules, decided by people, undone until printed."""

from __future__ import annotations

from datetime import date
from functools import partial

import pypdfium2
import pytest

from shared.problems import ProblemError
from shared.season_fields import with_values
from sync_server.office import late_schools, schools, seasons
from sync_server.office.late_schools import School
from sync_server.services import Services
from sync_server.store import audit
from sync_server.store.late_schools import LateSchool
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.at_once import at_once
from tests.support.county import SEASON, purge
from tests.support.supervision import at_work, sample_county, sample_people, traces

WHO, DAY = "中心", date(2019, 12, 16)
TALK = {"held_on": date(2019, 12, 12), "with_whom": "校长甲", "agreed": "三天内补齐"}


@pytest.fixture
def late(services: Services) -> Services:
    """Two schools that delivered less than 95 % after the slips' deadline."""
    at_work(services)
    return services


def named(services: Services) -> dict[str, School]:
    return {one.unit.code: one for one in late_schools.found(services, WHOLE_COUNTY)}


def call_in(services: Services, unit: str = "01", after: int = 0) -> LateSchool:
    return late_schools.decide(services, unit, call_in=True, reason="", after=after, who=WHO)


def held(services: Services) -> LateSchool:
    row = call_in(services)
    late_schools.set_day(services, row.id, DAY, who=WHO)
    return late_schools.note_talk(services, row.id, **TALK, who=WHO)


def refused(verb: partial[object]) -> str:
    with pytest.raises(ProblemError) as problem:
        verb()
    return problem.value.code


def actions(services: Services) -> list[str]:
    noted = services.database.read(audit.listed)
    return [note.action for note in noted if note.action.startswith("late.")]


def test_the_rules_name_schools_with_the_numbers_they_stand_on(late: Services) -> None:
    found = named(late)
    assert sorted(found) == ["01", "02"]
    (ground,) = found["01"].named
    assert (ground.rule, ground.part, ground.whole, ground.limit) == ("delivered", 3, 6, 95)
    assert ground.deadline == "2019-11-29"
    assert found["01"].to_decide


def test_without_a_rule_no_school_is_named(late: Services) -> None:
    rules = {"late.delivered_percent": "0", "late.summary_days": "0"}
    seasons.change(late, SEASON, lambda s: with_values(s, rules), who="t")
    assert named(late) == {}
    assert refused(partial(call_in, late)) == "late.not_named"


def test_a_talk_goes_from_the_list_to_its_day_to_its_note(late: Services) -> None:
    row = held(late)
    assert (row.state, row.talk_on, row.with_whom) == ("held", "2019-12-16", "校长甲")
    assert row.stood_on[0].part == 3
    assert sorted(actions(late)) == ["late.dated", "late.held", "late.listed"]


def test_whoever_is_decided_against_is_kept_with_the_reason(late: Services) -> None:
    verb = partial(late_schools.decide, late, "02", call_in=False, after=0, who=WHO)
    assert refused(partial(verb, reason=" ")) == "late.reason_missing"
    verb(reason="校长刚到任")
    last = named(late)["02"].last
    assert last is not None
    assert (last.state, last.reason, last.who) == ("dismissed", "校长刚到任", WHO)


def test_each_button_pressed_twice_or_at_once_has_one_effect(late: Services) -> None:
    found = at_once(late, partial(call_in))
    assert len({row.id for row in found}) == 1
    row = found[0]
    for _ in range(2):
        late_schools.set_day(late, row.id, DAY, who=WHO)
    for _ in range(2):
        late_schools.note_talk(late, row.id, **TALK, who=WHO)
    assert sorted(actions(late)) == ["late.dated", "late.held", "late.listed"]
    for _ in range(2):
        late_schools.take_back(late, row.id, "held", who=WHO)
    assert actions(late).count("late.take_back") == 1


def test_every_step_can_be_taken_back_until_it_is_printed(late: Services) -> None:
    row = held(late)
    for state in ("held", "dated", "listed"):
        late_schools.take_back(late, row.id, state, who=WHO)
    assert named(late)["01"].decided == ()


def test_what_is_printed_stays_and_what_follows_can_be_taken_back(late: Services) -> None:
    row = call_in(late)
    late_schools.set_day(late, row.id, DAY, who=WHO)
    late_schools.printed(late, who=WHO)
    assert refused(partial(late_schools.take_back, late, row.id, "dated", who=WHO)) == (
        "late.printed"
    )
    late_schools.set_day(late, row.id, date(2019, 12, 17), who=WHO)
    late_schools.note_talk(late, row.id, **TALK, who=WHO)
    late_schools.take_back(late, row.id, "held", who=WHO)
    last = named(late)["01"].last
    assert last is not None
    assert (last.state, last.talk_on, last.agreed) == ("dated", "2019-12-17", "")


def test_a_school_is_decided_about_anew_only_after_what_was_shown(late: Services) -> None:
    late_schools.decide(late, "01", call_in=False, reason="暂缓", after=0, who=WHO)
    assert refused(partial(call_in, late, "01", 0)) == "late.changed"
    assert call_in(late, "01", 1).n == 2
    assert refused(partial(call_in, late, "01", 2)) == "late.changed"


def test_what_was_decided_stays_on_the_list_when_the_school_is_merged(late: Services) -> None:
    held(late)
    schools.merge(late, "01", "02", who=WHO, confirmed=True)
    assert [row.state for row in named(late)["01"].decided] == ["held"]
    assert not named(late)["01"].named
    assert refused(partial(call_in, late, "01", 1)) == "late.not_named"


def test_days_that_cannot_be_are_refused(late: Services) -> None:
    row = call_in(late)
    far = partial(late_schools.set_day, late, row.id, date(2099, 1, 1), who=WHO)
    assert refused(far) == "late.day_impossible"
    late_schools.set_day(late, row.id, DAY, who=WHO)
    tomorrow = {**TALK, "held_on": date(2019, 12, 13)}
    assert refused(partial(late_schools.note_talk, late, row.id, **tomorrow, who=WHO)) == (
        "late.day_impossible"
    )
    empty = {**TALK, "agreed": " "}
    assert refused(partial(late_schools.note_talk, late, row.id, **empty, who=WHO)) == (
        "late.note_missing"
    )


def test_the_printed_list_says_what_was_decided_and_why(late: Services) -> None:
    assert refused(partial(late_schools.printed, late, who=WHO)) == "late.nobody"
    held(late)
    late_schools.decide(late, "02", call_in=False, reason="校长刚到任", after=0, who=WHO)
    text = text_of(late_schools.printed(late, who=WHO))
    for words in (
        "柳泉镇中心校",
        "送达率3/6＝50.00%（规定：2019年11月29日前达到95%）",
        "已约谈",
        "谈话对象：校长甲",
        "商定：三天内补齐",
        "不约谈",
        "校长刚到任",
    ):
        assert words in text, words


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as read:
        text = "".join(page.get_textpage().get_text_range() for page in read)
    return "".join(text.split())


def test_no_person_of_a_county_stands_on_the_printed_list(services: Services) -> None:
    sample_county(services)
    for unit in named(services):
        call_in(services, unit)
    assert traces(text_of(late_schools.printed(services, who=WHO)), sample_people()) == []


def test_the_audit_trail_keeps_no_word_of_a_talk(late: Services) -> None:
    held(late)
    noted = services_trail(late)
    assert not any(word in noted for word in ("校长甲", "三天内补齐"))


def services_trail(services: Services) -> str:
    return "".join(f"{n.ref}{n.detail}" for n in services.database.read(audit.listed))


def test_a_purge_leaves_nothing_of_talks(late: Services) -> None:
    held(late)
    purge(late, SEASON, who=WHO, really="演示")
    assert all(one.decided == () for one in late_schools.found(late, WHOLE_COUNTY))
