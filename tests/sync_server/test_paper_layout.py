"""Pages of summaries at their limits: every character of the record is printed, none over another, none at the edge."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
import pytest

from shared import recipients
from sync_server.paperwork import glyphs
from sync_server.sealing import seal
from sync_server.sealing.making.compose import compose
from sync_server.sealing.making.county_view import county_view
from sync_server.sealing.making.recipients import for_recipient
from sync_server.sealing.making.school_view import school_view
from sync_server.sealing.summary import CountySummary, SchoolSummary, Summary
from tests.support.paper_boxes import Sheet, collisions, outside, sheets_of
from tests.support.seal_samples import FONTS, changed, inputs
from tests.support.summary_trees import county_of

MOST_FEN = 99_999_999_999
CHARSET = glyphs.load_charset(FONTS)
TEXTS = {
    "nothing": "",
    "Chinese": "家中只有其母一人,靠打零工度日;" * 310,
    "one run of letters": "W" * 5000,
    "one run of digits": "9" * 5000,
    "words of Uyghur, Tibetan and Yi": "ئۇيغۇر བོད་ ꆈꌠ " * 200,
    "astral": "\U00020001\U0001f600" * 2500,
    "lines of one": "家\n" * 2500,
    "blanks": " \u3000\t" * 1600 + "完",
}


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a summary is made of."""

    people: int = 12
    statements: int = 2
    name: str = "欧阳㛃"
    unit: str = "青槐县柳林镇中心校"
    amount_fen: int = 123_456
    text: str = "家中困难。"
    reason: str = ""
    each: bool = False


@lru_cache
def _base(people: int, statements: int) -> Summary:
    return compose(inputs(people, statements))


def school_of(shape: Shape) -> SchoolSummary:
    """A school's summary of this shape. Its sums do not add up: pages print what is given."""

    def change(tree: Any) -> None:
        tree.update(
            full_id_numbers=True, stamp_each_statement=shape.each, report_no="青特校〔2019〕3号"
        )
        tree["unit"]["name"] = tree["letterhead"]["centre"] = shape.unit
        tree["contact"] = {"name": shape.name, "phone": "0900-0000000"}
        for person in (*tree["rows"], *tree["statements"]):
            person.update(name=shape.name, total_fen=shape.amount_fen, repaid_fen=shape.amount_fen)
        for row in tree["rows"]:
            row.update(principal_fen=shape.amount_fen, interest_fen=shape.amount_fen)
            row.update(signer=shape.name, overdue_prior=True)
        for statement in tree["statements"]:
            statement["narrative"] = shape.text
        for part in ("promised", "special", "unreachable", "other"):
            tree["totals"]["unpaid"][part]["fen"] = shape.amount_fen
        for part in ("principal_fen", "interest_fen", "total_fen"):
            tree["totals"][part] = shape.amount_fen
        tree["totals"]["unpaid"]["fen"] = tree["totals"]["repaid"]["fen"] = shape.amount_fen
        for reason in tree["reasons"] if shape.reason else ():
            reason["words"] = shape.reason

    made = changed(_base(shape.people, min(shape.statements, shape.people)), change)
    assert isinstance(made, SchoolSummary)
    return made


def _strings(value: Any) -> Iterator[str]:
    """The texts of a view."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _as_printed(text: str) -> str:
    """A text without blanks, with 〓 where no font has a character."""
    plain = "".join(glyphs.normalised(text).split())
    return "".join(c if c in CHARSET else glyphs.GETA for c in plain)


def check(summary: Summary) -> list[Sheet]:
    """Print a summary and look at every page."""
    printed = seal.print_summary(summary, FONTS)
    sheets = sheets_of(printed.rendered.pdf)
    for number, sheet in enumerate(sheets, 1):
        assert outside(sheet) == [], number
        assert collisions(sheet) == [], number
        assert f"第{number}页共{len(sheets)}页" in sheet.text
    assert "特此报告" in sheets[0].text
    assert _as_printed(summary.unit.name) in sheets[0].text
    assert printed.expected.ink_pages[0] == 1
    own = {area.page for area in printed.expected.stamp_areas if area.ref}
    assert set(printed.expected.ink_pages) == {1, *own}
    assert all("拟办意见" in sheets[page - 1].text for page in own)
    _holds(summary, printed, sheets)
    return sheets


def _holds(summary: Summary, printed: seal.Printed, sheets: list[Sheet]) -> None:
    """Every character of the record is printed, and texts that no page divides stand as they are."""
    digest = printed.rendered.data_hash
    view = (
        school_view(summary, digest)
        if isinstance(summary, SchoolSummary)
        else county_view(summary, digest)
    )
    shown = {k: v for k, v in view.items() if k not in ("season", "exceptions_title", "county")}
    if not isinstance(summary, SchoolSummary):
        shown = {**shown, "unit": summary.unit.name}
    wanted = [_as_printed(text) for text in _strings(shown)]
    text = "".join(sheet.text for sheet in sheets)
    missing = Counter("".join(wanted)) - Counter(text)
    # A page may print the title and the name of the unit once more than the record has them, never less.
    assert not {c for c in missing if c not in glyphs.GETA}, missing
    assert [w for w in wanted if len(w) <= 60 and w not in text and glyphs.GETA not in w] == []


CASES = {
    "usual": Shape(people=30, statements=6),
    "one person": Shape(people=1, statements=0),
    "longest Chinese": Shape(
        name="欧" * 50, unit="青" * 50, amount_fen=MOST_FEN, reason="由" * 40, each=True
    ),
    "longest Latin": Shape(
        name="W" * 50, unit="M" * 50, amount_fen=MOST_FEN, text=TEXTS["one run of letters"]
    ),
    "runs of digits": Shape(
        name="Abdurrahman Abdurrahmanovich",
        unit="Q" * 50,
        text=TEXTS["one run of digits"],
        each=True,
    ),
    "a script no font has": Shape(text=TEXTS["words of Uyghur, Tibetan and Yi"]),
    "letters as reasons": Shape(reason="m" * 40, amount_fen=MOST_FEN),
}


@pytest.mark.parametrize("shape", CASES.values(), ids=CASES)
def test_a_school_prints_whole(shape: Shape) -> None:
    check(school_of(shape))


GRID = [
    Shape(people=people, statements=statements, name=name, unit=unit, text=text, each=True)
    for (people, statements), (name, unit), text in itertools.product(
        ((1, 1), (40, 12), (400, 60)),
        (("李明", "一中"), ("阿" * 50, "县" * 50), ("Ab" * 25, "Q7" * 25)),
        TEXTS.values(),
    )
    if len(text) < 100 or statements <= 12
]


@pytest.mark.extended
@pytest.mark.parametrize("shape", GRID, ids=range(len(GRID)))
def test_every_shape_prints_whole(shape: Shape) -> None:
    check(school_of(shape))


@pytest.mark.parametrize("name", ["青" * 50, "M" * 50, "青槐县柳林镇中心校"])
def test_a_county_prints_whole(name: str) -> None:
    check(county_of(name, units=12, special=40, amount_fen=MOST_FEN, person=name))


COUNTIES = [
    (units, special, centre, person, amount_fen, reason)
    for (units, special), (centre, person), (amount_fen, reason) in itertools.product(
        ((1, 0), (3, 60), (300, 1)),
        (("一中", "李*"), ("县" * 50, "阿" * 49 + "*"), ("Q7" * 25, "Ab" * 25)),
        ((0, ""), (MOST_FEN, "由" * 40), (MOST_FEN, "m" * 40)),
    )
]


@pytest.mark.extended
@pytest.mark.parametrize("shape", COUNTIES, ids=range(len(COUNTIES)))
def test_every_shape_of_a_county_prints_whole(shape: tuple[int, int, str, str, int, str]) -> None:
    units, special, centre, person, amount_fen, reason = shape
    made = county_of(centre, units=units, special=special, amount_fen=amount_fen, person=person)

    def change(tree: Any) -> None:
        tree["letterhead"].update(sent_to=centre * 4, copied_to=centre * 4, copies=999)
        tree["contact"] = {"name": person, "phone": "0900-0000000"}
        for item in tree["reasons"] if reason else ():
            item["words"] = reason

    check(changed(made, change))


def with_narratives(made: Summary, name: str, narrative: str) -> CountySummary:
    """The report to a recipient that gets everything of the people in special circumstances."""
    assert isinstance(made, CountySummary)
    special = tuple(
        msgspec.structs.replace(
            one,
            name=name,
            id_number="610599199901011234",
            reason_words="因病丧失劳动能力",
            narrative=narrative,
        )
        for one in made.special
    )
    province = msgspec.structs.replace(recipients.DEFAULTS[0], full_id_numbers=True)
    return for_recipient(msgspec.structs.replace(made, special=special), province)


@pytest.mark.parametrize(
    ("name", "narrative", "goes_on"),
    [
        ("王小明", "父亲住院，母亲务农。", False),
        ("阿" * 50, "这户的情况，父亲住院，" * 450, True),
        ("Ab" * 25, "x" * 5000, True),
    ],
)
def test_narratives_of_a_county_print_whole_and_each_page_says_whose(
    name: str, narrative: str, goes_on: bool
) -> None:
    made = county_of("县" * 50, units=3, special=2, amount_fen=MOST_FEN, person="王*")
    sheets = check(with_narratives(made, name, narrative))
    again = [sheet.text for sheet in sheets if "（续）" in sheet.text]
    assert bool(again) == goes_on
    assert all(name in text for text in again)
    assert all(name in sheet.text for sheet in sheets if narrative[:11] * 5 in sheet.text)


def test_whom_the_countys_report_is_copied_to_stands_at_the_foot_of_its_last_page() -> None:
    for special in (0, 40):
        made = county_of(
            "青槐县学生资助管理中心", units=3, special=special, amount_fen=100, person="王*"
        )
        assert isinstance(made, CountySummary)
        head = msgspec.structs.replace(
            made.letterhead,
            sent_to="省学生资助管理中心",
            copied_to="县教育局、国家开发银行省分行",
            copies=12,
        )
        first, *_, last = check(msgspec.structs.replace(made, letterhead=head))
        assert "省学生资助管理中心：" in first.text
        assert last.text.count("抄送：县教育局、国家开发银行省分行。") == 1
        assert "2019年12月18日印发" in last.text
        assert "共印12份" in last.text
        nobody = msgspec.structs.replace(head, sent_to="", copied_to="", copies=0)
        unaddressed = check(msgspec.structs.replace(made, letterhead=nobody))
        assert not any("印发" in sheet.text for sheet in unaddressed)
