"""Spot checks: drawn from a bulletin, printed so that anybody can draw again, keyed in, followed up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shared.ids import show_case_code
from shared.problems import ProblemError
from shared.season import SpotRules
from shared.season_fields import with_values
from shared.season_rules import wrongs
from shared.spot_check import draw, frame_hash
from sync_server.office import bulletins, seasons, spot_checks
from sync_server.office.seasons import close_season
from sync_server.office.spot_checks import Entry
from sync_server.sample.season import season_2019
from sync_server.services import Services
from sync_server.store import audit, cases
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.at_once import at_once
from tests.support.county import SEASON, purge
from tests.support.paper import VISIT, keyed
from tests.support.spot_checks import (
    NOT_REAL,
    SEEN_ON,
    WHO,
    drawn,
    key,
    not_real,
    printed_codes,
    printed_lines,
    text_of,
    visited_school,
)
from tests.support.supervision import delivered, sample_county, sample_people, traces


@pytest.fixture
def codes(services: Services) -> list[str]:
    """The codes of a school, of whose first four people something is recorded."""
    return visited_school(services)


def refused(verb: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as problem:
        verb()
    return problem.value.code


def actions(services: Services) -> list[str]:
    noted = services.database.read(audit.listed)
    return [note.action for note in noted if note.action.startswith("spot.")]


def one_more_press(services: Services, bulletin: str = "", check: str = "") -> object:
    if bulletin:
        return [c.id for c in spot_checks.draw(services, bulletin, 3, who=WHO)]
    return key(services, check, Entry(position=1, verdict="real"))


def test_people_are_drawn_from_those_of_whom_something_is_recorded(
    services: Services, codes: list[str]
) -> None:
    found = drawn(services)
    assert found.check.codes == codes[:4]
    assert found.check.frame_sha256 == frame_hash(codes[:4])
    expected = draw(codes[:4], found.bulletin.sha256, "01", 3)
    assert tuple(one.code for one in found.people) == expected


def test_what_is_recorded_after_the_bulletin_changes_nobodys_chance(
    services: Services, codes: list[str]
) -> None:
    issued = bulletins.issue(services, who="t", request="b")
    late = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))[5]["id"]
    keyed(services, late, "visit", VISIT)
    (check,) = spot_checks.draw(services, issued.id, 9, who=WHO, unit="01")
    assert check.codes == codes[:4]


def test_a_clock_that_was_ahead_takes_nobody_out_of_the_frame(
    services: Services, codes: list[str]
) -> None:
    ahead = t.fact.update().values(received_at="2020-01-01T00:00:00.000Z")
    services.database.write(lambda c: c.execute(ahead))
    assert drawn(services).check.codes == codes[:4]


def test_a_record_after_the_drawing_changes_neither_the_frame_nor_the_sheet(
    services: Services, codes: list[str]
) -> None:
    found = drawn(services)
    before = spot_checks.sheet(services, found.check.id, who=WHO)
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))
    keyed(services, rows[4]["id"], "visit", VISIT)
    for row in rows[2:4]:
        delivered(services, row["id"])
    assert spot_checks.one(services, found.check.id).check.codes == codes[:4]
    assert spot_checks.sheet(services, found.check.id, who=WHO) == before


def test_the_lines_on_the_sheet_draw_the_same_people_in_another_process(
    services: Services, codes: list[str], tmp_path: Path
) -> None:
    found = drawn(services)
    text = text_of(spot_checks.sheet(services, found.check.id, who=WHO))
    listed = printed_codes(text)
    assert listed == [show_case_code(code) for code in codes[:4]]
    (tmp_path / "codes.txt").write_text("\n".join(reversed(listed)), "utf-8")
    (tmp_path / "draw.py").write_text(printed_lines(text), "utf-8")
    ran = subprocess.run(
        [sys.executable, "draw.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"4 {found.check.frame_sha256}\n{' '.join(p.code for p in found.people)}\n"
    assert found.check.frame_sha256 in "".join(text.split())


def test_the_lines_of_a_county_draw_every_school_the_same(
    services: Services, tmp_path: Path
) -> None:
    sample_county(services)
    for row in services.database.read(lambda c: cases.rows(c, SEASON)):
        delivered(services, row["id"], row["unit"])
    issued = bulletins.issue(services, who="t", request="b")
    checks = spot_checks.draw(services, issued.id, 5, who=WHO)
    assert len(checks) > 1
    largest = max(checks, key=lambda check: len(check.codes))
    found = spot_checks.one(services, largest.id)
    text = text_of(spot_checks.sheet(services, largest.id, who=WHO))
    (tmp_path / "codes.txt").write_text("\n".join(printed_codes(text)), "utf-8")
    (tmp_path / "draw.py").write_text(printed_lines(text), "utf-8")
    ran = subprocess.run(
        [sys.executable, "draw.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[1].split() == [person.code for person in found.people]
    assert traces(text, sample_people()) == []


def test_the_sheet_says_what_was_recorded_and_what_to_ask(
    services: Services, codes: list[str]
) -> None:
    found = drawn(services, 9)
    text = "".join(text_of(spot_checks.sheet(services, found.check.id, who=WHO)).split())
    for words in (
        "柳泉镇中心校",
        "青槐教贷通报〔2019〕1号",
        "4人中抽4人",
        f"编号{show_case_code(codes[0])}",
        "没有打印记录",
        "照片没有",
        "2019年12月11日，记为已签收，签收人：本人",
        "2019年12月11日，见到：本人，走访人：乙、甲",
        "没有走访记录",
        "老师来过吗？哪天来的？",
        "您收到书面通知、自己签过字吗？",
        "1属实2不属实3没见到人",
        "督查人（签字）",
        "样*",
    ):
        assert words in text, words
    assert "样例0" not in text


def test_a_school_is_drawn_once_from_a_bulletin_however_often_it_is_pressed(
    services: Services, codes: list[str]
) -> None:
    issued = bulletins.issue(services, who="t", request="b")
    pressed = at_once(services, partial(one_more_press, bulletin=issued.id))
    assert pressed[0] == pressed[1] == pressed[2]
    assert actions(services) == ["spot.draw"]
    other = partial(spot_checks.draw, services, issued.id, 4, who=WHO, unit="01")
    assert refused(other) == "spot.drawn"


def test_nobody_is_drawn_where_nothing_is_recorded_or_by_a_withdrawn_bulletin(
    services: Services, codes: list[str]
) -> None:
    issued = bulletins.issue(services, who="t", request="b")
    press = partial(spot_checks.draw, services, issued.id, who=WHO)
    assert refused(partial(press, 3, unit="02")) == "spot.nobody"
    assert refused(partial(press, 3, unit="99")) == "unit.unknown"
    assert refused(partial(press, 0)) == "spot.size"
    bulletins.withdraw(services, issued.id, "数字录错", who="t")
    assert refused(partial(press, 3)) == "spot.bulletin_withdrawn"
    assert spot_checks.listed(services, WHOLE_COUNTY) == []


def test_a_drawing_is_taken_back_until_it_is_printed_and_then_comes_out_the_same(
    services: Services, codes: list[str]
) -> None:
    found = drawn(services)
    for _ in range(2):
        spot_checks.take_back(services, found.check.id, who=WHO)
    assert spot_checks.listed(services, WHOLE_COUNTY) == []
    (check,) = spot_checks.draw(services, found.bulletin.id, 2, who=WHO, unit="01")
    again = spot_checks.one(services, check.id)
    assert [p.code for p in again.people] == [p.code for p in found.people][:2]
    spot_checks.sheet(services, check.id, who=WHO)
    assert refused(partial(spot_checks.take_back, services, check.id, who=WHO)) == "spot.printed"


def test_what_is_keyed_gives_the_schools_result(services: Services, codes: list[str]) -> None:
    check = drawn(services).check.id
    lines = (
        Entry(position=1, verdict="real"),
        Entry(position=2, verdict="not_real", note=NOT_REAL),
        Entry(position=3, verdict="not_met"),
    )
    assert [key(services, check, *lines) for _ in range(2)] == [3, 0]
    result = spot_checks.one(services, check).result
    assert (result.checked, result.real, result.not_real, result.not_met) == (3, 1, 1, 1)
    assert result.open == 1
    assert refused(partial(spot_checks.take_back, services, check, who=WHO)) == "spot.printed"


def test_a_correction_keeps_what_was_found_before(services: Services, codes: list[str]) -> None:
    check = drawn(services).check.id
    key(services, check, Entry(position=1, verdict="not_met"))
    key(services, check, Entry(position=1, verdict="real", note="第二次去见到了", after=1))
    person = spot_checks.one(services, check).people[0]
    assert [step.verdict for step in person.steps] == ["not_met", "real"]
    assert person.found.verdict == "real"
    key(services, check, Entry(position=1, verdict="", after=2))
    assert spot_checks.one(services, check).result.checked == 0


def test_a_remark_without_a_finding_is_refused_and_nothing_is_lost(
    services: Services, codes: list[str]
) -> None:
    check = drawn(services).check.id
    lines = (Entry(position=1, verdict="real"), Entry(position=2, verdict="", note="搬走了"))
    assert refused(partial(key, services, check, *lines)) == "spot.verdict_missing"
    assert spot_checks.one(services, check).result.checked == 0


def test_of_two_who_key_the_same_person_differently_one_is_told(
    services: Services, codes: list[str]
) -> None:
    check = drawn(services).check.id
    pressed = at_once(services, partial(one_more_press, check=check))
    assert sorted(pressed) == [0, 0, 1]
    other = Entry(position=1, verdict="not_met")
    kept = Entry(position=2, verdict="real")
    assert refused(partial(key, services, check, kept, other)) == "spot.changed"
    assert spot_checks.one(services, check).result.checked == 1


def test_a_sheet_with_a_fault_is_not_keyed_in_part(services: Services, codes: list[str]) -> None:
    check = drawn(services).check.id
    real, bare = Entry(position=1, verdict="real"), Entry(position=2, verdict="not_real")
    assert refused(partial(key, services, check, real, bare)) == "spot.note_missing"
    far = Entry(position=9, verdict="real")
    assert refused(partial(key, services, check, real, far)) == "spot.unknown"
    assert refused(partial(key, services, "none", real)) == "spot.unknown"
    verb = partial(spot_checks.key_in, services, check, [real], who=WHO)
    tomorrow = date(2019, 12, 13)
    assert refused(partial(verb, inspectors=" ", seen_on=SEEN_ON)) == "spot.inspectors_missing"
    assert refused(partial(verb, inspectors="甲", seen_on=tomorrow)) == "spot.day_impossible"
    assert spot_checks.one(services, check).result.checked == 0


def test_what_is_not_as_recorded_is_open_until_the_school_answered_and_the_centre_closed_it(
    services: Services, codes: list[str]
) -> None:
    check = not_real(services).check.id
    close = partial(spot_checks.close, services, check, 1, who=WHO)
    ask = partial(spot_checks.ask_again, services, check, 1, "哪天去的？", who=WHO)
    reply = partial(spot_checks.answer, services, "01", check, 1, who="联络员")
    assert refused(partial(ask, after=1)) == "spot.changed"
    for _ in range(2):
        reply("日期写错了", after=1)
    assert spot_checks.one(services, check).result.answered == 1
    ask(after=2)
    assert refused(partial(close, "核实过", after=2)) == "spot.changed"
    reply("12月9日去的,录成11日", after=3)
    close("已核实", after=4)
    result = spot_checks.one(services, check).result
    assert (result.not_real, result.closed, result.open, result.answered) == (1, 1, 0, 0)
    trail = ["spot.draw", "spot.key", "spot.answered", "spot.asked", "spot.answered", "spot.closed"]
    assert sorted(actions(services)) == sorted(trail)


def test_a_school_answers_for_its_own_people_and_with_words(
    services: Services, codes: list[str]
) -> None:
    check = not_real(services).check.id
    other = partial(spot_checks.answer, services, "02", check, 1, "x", after=1, who="t")
    assert refused(other) == "spot.unknown"
    empty = partial(spot_checks.answer, services, "01", check, 1, " ", after=1, who="t")
    assert refused(empty) == "spot.answer_missing"


def test_nothing_found_changes_a_record(services: Services, codes: list[str]) -> None:
    def facts() -> int:
        query = select(func.count()).select_from(t.fact)
        return int(services.database.read(lambda c: c.execute(query).scalar_one()))

    before = facts()
    standing = bulletins.counted_now(services).digest
    not_real(services)
    assert (facts(), bulletins.counted_now(services).digest) == (before, standing)


def test_the_audit_trail_keeps_no_word_of_a_finding(services: Services, codes: list[str]) -> None:
    not_real(services)
    noted = "".join(f"{n.ref}{n.detail}" for n in services.database.read(audit.listed))
    assert NOT_REAL not in noted
    assert "督查甲" not in noted


def test_a_closed_season_prints_and_keys_nothing(services: Services, codes: list[str]) -> None:
    found = drawn(services)
    before = spot_checks.sheet(services, found.check.id, who=WHO)
    close_season(services, SEASON, who="t")
    assert spot_checks.sheet(services, found.check.id, who=WHO) == before
    entry = Entry(position=1, verdict="real")
    assert refused(partial(key, services, found.check.id, entry)) == "season.closed"


def test_a_purge_leaves_nothing_of_spot_checks(services: Services, codes: list[str]) -> None:
    not_real(services)
    purge(services, SEASON, who=WHO, really="演示")
    assert spot_checks.listed(services, WHOLE_COUNTY) == []
    for table in (t.spot_check, t.spot_check_person, t.spot_check_step):
        assert services.database.read(lambda c, of=table: c.execute(select(of)).all()) == []


def test_a_sheet_asks_what_the_season_asked_when_it_was_drawn(services: Services) -> None:
    visited_school(services)
    first = drawn(services)
    asked = {"spot.first": "您家里今年来过学校的人吗？", "spot.size": "2"}
    seasons.change(services, SEASON, lambda s: with_values(s, asked), who="t")
    bulletin = bulletins.issue(services, who="t", request="second")
    (second,) = spot_checks.draw(services, bulletin.id, 2, who="t", unit="01")
    sheets = [
        text_of(spot_checks.sheet(services, one, who="t")) for one in (first.check.id, second.id)
    ]
    said = [("老师来过吗" in sheet, "今年来过学校的人吗" in sheet) for sheet in sheets]
    assert said == [(True, False), (False, True)]


def test_one_drawn_before_seasons_had_questions_asks_the_usual_ones(services: Services) -> None:
    visited_school(services)
    check = drawn(services).check
    services.database.write(lambda c: c.execute(t.spot_check.update().values(questions="")))
    found = spot_checks.one(services, check.id).check
    assert found.asked == check.asked == SpotRules().questions


def test_questions_and_number_go_over_to_the_next_season(services: Services) -> None:
    asked = {"spot.second": "您签过字吗？", "spot.size": "7", "late.summary_days": "3"}
    seasons.change(services, SEASON, lambda s: with_values(s, asked), who="t")
    made = seasons.proposal(services, "2020")
    assert (made.spot.second, made.spot.size, made.late.summary_days) == ("您签过字吗？", 7, 3)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spot.size", "0"),
        ("spot.size", "301"),
        ("spot.first", " "),
        ("spot.second", "长" * 61),
        ("spot.second", "一\u2028二"),
    ],
)
def test_a_number_or_question_that_no_sheet_can_have_is_refused(path: str, value: str) -> None:
    season = with_values(season_2019(), {path: value})
    assert [wrong.field for wrong in wrongs(season)] == [path]
