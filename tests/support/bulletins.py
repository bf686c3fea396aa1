"""A bulletin over invented schools, for pictures and shapes."""

from __future__ import annotations

import msgspec

from shared.late_schools import Ground
from sync_server.paperwork.late_schools import LateLine
from sync_server.sample.season import season_2019
from sync_server.sealing import bulletin
from sync_server.sealing.bulletin import Bulletin
from sync_server.sealing.summary import SCHEMA, Letterhead, SeasonRef, Unit
from sync_server.store.late_schools import LateSchool


def bulletin_of(schools: int, *, people: int = 160, number: int = 1, unplaced: int = 0) -> Bulletin:
    """A bulletin of so many schools; equal arguments give equal bytes."""
    season = season_2019()
    head = season.letterhead
    rows = bulletin.rows_of(
        (
            Unit(code=f"{n:02d}", name=f"青槐县第{n}中心校"),
            {
                "people": people + n,
                "due_fen": (people + n) * 165_700,
                "delivered": people - n % 7,
                "repaid": people - 5 * (n % 11),
                "repaid_fen": (people - 4 * (n % 11)) * 165_700,
                "visited": 20 + n,
                "unpaid": n + 5 * (n % 11),
                "special": n % 9,
                "explained": n % 5,
            },
        )
        for n in range(1, schools + 1)
    )
    return Bulletin(
        schema=SCHEMA,
        composer=bulletin.COMPOSER,
        kind=bulletin.KIND,
        document=f"TB-{head.area_code}-{season.id}",
        version=number,
        unit=Unit(code=head.area_code, name=head.centre),
        cut_off="2019-12-12T10:00:00+08:00",
        previous_seal="",
        demo=True,
        season=SeasonRef(id=season.id, due_day=season.due_day.isoformat()),
        letterhead=Letterhead.of(head),
        report_no=f"青槐教贷通报〔{season.id}〕{number}号",
        as_of="2019-12-11",
        filled_on="2019-12-12",
        sent_to=head.bulletin_to,
        copied_to=head.bulletin_copied_to,
        copies=head.copies,
        unplaced=unplaced,
        rows=rows,
        totals=bulletin.added(row.counts for row in rows),
    )


def late_lines() -> list[LateLine]:
    """Four decisions, one in each state."""
    grounds = (
        Ground(rule="delivered", deadline="2019-11-29", limit=95, part=112, whole=160, days_late=9),
        Ground(rule="summary", deadline="2019-12-18", limit=1, whole=160, days_late=2),
    )
    given = msgspec.json.encode(grounds).decode()
    talk = {"talk_on": "2019-12-16"}
    note = {
        "held_on": "2019-12-16",
        "with_whom": "校长",
        "agreed": "三天内补送通知书，补齐签收单。",
    }
    states = (
        {"state": "listed"},
        {"state": "dated", **talk},
        {"state": "held", **talk, **note},
        {"state": "dismissed", "reason": "校长刚到任，分管领导已当面说明。"},
    )
    return [
        LateLine(
            school=f"青槐县第{n}中心校",
            row=LateSchool(
                id=str(n), season="2019", unit=f"{n:02d}", n=1, at="", who="", grounds=given, **more
            ),
        )
        for n, more in enumerate(states, 1)
    ]
