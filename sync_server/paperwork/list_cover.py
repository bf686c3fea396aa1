"""The first sheet of a school's list: what the list is, and the lines on which the school signs.

The same in the workbook and on paper. It names villages and teachers with their counts, no person.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shared.money import yuan
from shared.season import Season
from sync_server.paperwork.words import day, grouped, moment

NO_VILLAGE = "未写村名"
NO_TEACHER = "未分配"
SHOWN_DIGEST = 16
"""So many digits of a digest are printed: enough to distinguish versions of one school."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A village or a teacher: how many people, and what is due in fen."""

    name: str
    people: int
    due_fen: int


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """What the first sheet shows.

    Attributes:
        school: The school's name.
        officer: The centre's officer for the school, "" where none is named.
        version: The version of the list.
        digest: Its digest.
        import_at: When the due list was imported (UTC ISO); "" where none was.
        made_on: The day on which it is printed (ISO).
        people: How many people are on it.
        due_fen: What is due.
        villages: The counts by village.
        teachers: The counts by teacher; empty while nobody is assigned.
    """

    school: str
    officer: str
    version: int
    digest: str
    import_at: str
    made_on: str
    people: int
    due_fen: int
    villages: tuple[Group, ...]
    teachers: tuple[Group, ...]


def title(cover: Cover, season: Season) -> str:
    """Return what stands at the top."""
    return f"{cover.school} {season.id} 年度应还人员名单"


def facts(cover: Cover, season: Season) -> list[tuple[str, str]]:
    """Return what is known of the list, as names and values."""
    return [
        ("学校", cover.school),
        ("发出单位", season.letterhead.centre),
        ("包联同志", cover.officer or "—"),
        ("名单", f"第 {cover.version} 版，校验码 {grouped(cover.digest, SHOWN_DIGEST)}"),
        ("依据", f"{moment(cover.import_at)}导入的应还名单" if cover.import_at else "—"),
        ("制表", day(cover.made_on)),
        ("人数", f"{cover.people} 人"),
        ("应还合计", f"{yuan(cover.due_fen)} 元"),
    ]


def receipt(cover: Cover, season: Season) -> str:
    """Return the sentence under which the school signs."""
    centre = season.letterhead.centre
    return (
        f"今收到{centre}发来的{season.id}年度应还人员名单（第 {cover.version} 版），"
        f"共 {cover.people} 人。名单只用于本年度的还款通知和走访，由专人保管，"
        "不转发、不张贴，用完按要求销毁。"
    )


SIGNED = ("联络员（签字）", "分管领导（签字）", "学校（公章）", "签收日期")
"""What the school fills in."""
COPIES = "本页一式两份，学校留一份，签好的一份交回县资助中心包联同志。"


def group(pairs: Sequence[tuple[str, int]], empty: str) -> tuple[Group, ...]:
    """Count people and sums by name, in the order of first mention; `empty` stands for no name."""
    found: dict[str, list[int]] = {}
    for name, due_fen in pairs:
        found.setdefault(name or empty, []).append(due_fen)
    return tuple(
        Group(name=name, people=len(sums), due_fen=sum(sums)) for name, sums in found.items()
    )
