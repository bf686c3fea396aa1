"""A season as one TOML file: what is written is read back, comments stay, and errors name the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.problems import ProblemError
from shared.season import Season, moved_to
from sync_server.office import season_file
from sync_server.office.season_template import must_be_checked, shipped
from sync_server.sample.season import scripts_2019, season_2019

SEASON = season_2019()
WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
SHORT = msgspec.structs.replace(
    SEASON, phases=SEASON.phases[:2], reasons=SEASON.reasons[:1], policy=SEASON.policy[:1]
)
"""A file of a third of the length: reading and writing TOML is what takes the time."""
few = settings(max_examples=settings.default.max_examples // 2)


def test_the_shipped_example_reads_back_as_it_was_written() -> None:
    assert season_file.parse(season_file.dump(SEASON)) == SEASON


@few
@given(WORDS, WORDS, st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.booleans())
def test_any_season_reads_back_as_it_was_written(
    centre: str, reason: str, due: date, full: bool
) -> None:
    season = msgspec.structs.replace(
        moved_to(SHORT, due),
        full_id_numbers=full,
        letterhead=msgspec.structs.replace(SHORT.letterhead, centre=centre),
        policy=(msgspec.structs.replace(SHORT.policy[0], zh=(reason, centre)),),
        unchecked=("repay", "late"),
    )
    assert season_file.parse(season_file.dump(season)) == season


def edited(text: str) -> str:
    return text.replace("due_day = 2019-12-20", "due_day = 2019-12-20 # 局里定的").replace(
        "visitors = 2", "# 山区三个人\nvisitors = 2"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s,
        lambda s: msgspec.structs.replace(s, due_day=date(2019, 12, 19)),
        lambda s: msgspec.structs.replace(s, retain_until=date(2020, 3, 1)),
        lambda s: msgspec.structs.replace(s, policy=s.policy[:-1]),
        lambda s: msgspec.structs.replace(s, policy=()),
        lambda s: msgspec.structs.replace(s, limits=msgspec.structs.replace(s.limits, visitors=3)),
        lambda s: msgspec.structs.replace(s, unchecked=("repay",), texts_from="2018"),
        lambda s: msgspec.structs.replace(s, list_columns={"teacher": ("name", "village")}),
    ],
)
def test_comments_of_an_imported_file_stay_when_settings_change(
    change: Callable[[Season], Season],
) -> None:
    kept = edited(season_file.dump(SEASON))
    season = change(season_file.parse(kept))
    text = season_file.dump(season, kept)
    assert season_file.parse(text) == season
    assert "# 局里定的" in text or season.due_day != SEASON.due_day
    assert "# 山区三个人" in text


@pytest.mark.parametrize(
    ("old", "new", "code", "named"),
    [
        ("due_day = 2019-12-20", "due_day = ", "season.file_unreadable", "line"),
        ("due_day = 2019-12-20", 'due_day = "later"', "season.file_field", "due_day"),
        ("due_day = 2019-12-20\n", "", "season.file_field", "due_day"),
        ("visitors = 2", 'visitors = "two"', "season.file_field", "limits.visitors"),
        ('id = "2019"', 'id = "2019"\ncolour = "red"', "season.file_field", "colour"),
        ('county = "青槐县"\n', "", "season.file_field", "letterhead.county"),
        ("visitors = 2", "visitors = 2\nvisitors = 3", "season.file_field", "visitors"),
        ("visitors = 2", "visitor = 3", "season.file_field", "limits.visitor"),
        ("visitors = 2", "visitors = 2.0", "season.file_field", "limits.visitors"),
        ('key = "prepare"', 'key = "prepare"\ncolour = 1', "season.file_field", "phases[0].colour"),
    ],
)
def test_a_wrong_file_is_refused_with_the_field_or_line(
    old: str, new: str, code: str, named: str
) -> None:
    text = season_file.dump(SEASON)
    assert old in text
    with pytest.raises(ProblemError) as refused:
        season_file.parse(text.replace(old, new, 1))
    assert refused.value.code == code
    values = {**refused.value.values, "line": "line"} if named == "line" else refused.value.values
    assert named in str(values)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_is_read_as_any_editor_saves_it(encoding: str, line_end: str) -> None:
    text = season_file.dump(SHORT)
    read = season_file.decode(text.replace("\n", line_end).encode(encoding))
    assert read == text
    assert season_file.parse(read) == SHORT


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(ProblemError) as refused:
        season_file.decode(b"id = 1\n# \xff\xff")
    assert (refused.value.code, refused.value.values["line"]) == ("season.file_unreadable", 2)


def test_what_is_wrong_with_a_field_stands_in_the_readers_language() -> None:
    text = season_file.dump(SHORT).replace("visitors = 2", 'visitors = "two"')
    with pytest.raises(ProblemError) as refused:
        season_file.parse(text)
    assert refused.value.message("zh") == "文件里的“limits.visitors”不对:要写一个整数"
    assert "whole number" in refused.value.message("en")


@few
@given(st.text(max_size=300))
def test_no_text_makes_the_reader_fail_otherwise_than_by_a_problem(text: str) -> None:
    with pytest.raises(ProblemError, match=r"^season\.file_"):
        season_file.parse(text)


def test_every_policy_page_of_the_example_must_be_checked_and_most_scripts_not() -> None:
    free = {page.key for page in scripts_2019() if not must_be_checked(page)}
    assert {"open-family", "open-neighbour", "death", "refused", "minor", "anger"} - {
        "death"
    } <= free
    assert "open-self" not in free  # it names the due day
    assert "hardship" not in free  # it names who is eligible for relief
    assert all(must_be_checked(page) for page in shipped().policy if page.section != "script")


def decoded_from_before() -> Season:
    body = msgspec.to_builtins(SEASON)
    for name in ("unchecked", "texts_from", "retain_until"):
        del body[name]
    del body["letterhead"]["phone"]
    del body["limits"]["late_after_days"]
    return msgspec.json.decode(msgspec.json.encode(body), type=Season)


def test_a_season_stored_before_there_were_new_fields_means_what_it_meant() -> None:
    head = msgspec.structs.replace(SEASON.letterhead, phone="")
    assert decoded_from_before() == msgspec.structs.replace(SEASON, letterhead=head)
