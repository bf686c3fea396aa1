"""Summaries of three invented people and of three schools, to show a form before it is used."""

from __future__ import annotations

from shared.season import Season
from sync_server.sealing.making import totals
from sync_server.sealing.making.compose import COMPOSER
from sync_server.sealing.summary import (
    COUNTY,
    SCHEMA,
    SCHOOL,
    CountyRow,
    CountySummary,
    DeliveryLine,
    Letterhead,
    ReasonWords,
    Row,
    SchoolSummary,
    SeasonRef,
    StatementRow,
    Totals,
    Unit,
)

_PEOPLE = (
    ("王小明", "19960101123X", 4_500_00, 320_50, 0, "promised", "promised"),
    ("李芳", "199702022345", 6_000_00, 410_00, 6_410_00, "", ""),
    ("赵一鸣", "199803033456", 3_200_00, 198_75, 500_00, "special", "A1"),
)
"""Name, ID number after the area code, principal, interest, repaid (fen), group, reason."""
_SCHOOLS = (("01", "第一中学"), ("02", "城关镇中心校"), ("03", "柳泉镇中心校"))


def school(season: Season) -> SchoolSummary:
    """Return a school with one person who promised, one who paid, and one who is ill."""
    rows = tuple(_row(season, number) for number in range(1, len(_PEOPLE) + 1))
    return SchoolSummary(
        schema=SCHEMA,
        composer=COMPOSER,
        kind=SCHOOL,
        document="SAMPLE",
        version=1,
        demo=True,
        season=SeasonRef(id=season.id, due_day=season.due_day.isoformat()),
        unit=Unit(code=_SCHOOLS[0][0], name=_SCHOOLS[0][1]),
        letterhead=Letterhead.of(season.letterhead),
        cut_off=f"{season.due_day.isoformat()}T18:00:00+08:00",
        as_of=season.due_day.isoformat(),
        previous_seal="",
        reason="",
        reasons=tuple(
            ReasonWords(code=r.code, words=r.zh) for r in season.reasons if not r.sensitive
        ),
        totals=totals.of_rows(rows),
        full_id_numbers=True,
        stamp_each_statement=False,
        rows=rows,
        statements=(_statement(rows[-1]),),
        exceptions=(),
    )


def _row(season: Season, number: int) -> Row:
    name, number_in_area, principal, interest, repaid, group, reason = _PEOPLE[number - 1]
    area = season.letterhead.area_code
    day, total = season.due_day.isoformat(), principal + interest
    return Row(
        row=number,
        case=f"01000{number}{'AJT'[number - 1]}",
        name=name,
        id_number=area + number_in_area,
        contracts=1,
        principal_fen=principal,
        interest_fen=interest,
        total_fen=total,
        overdue_prior=False,
        delivery="signed",
        delivered_on=day,
        signer=name,
        signer_relation="self",
        visits=1,
        last_visit=day,
        attempts=0,
        paid=repaid == total,
        paid_on=day if repaid == total else "",
        repaid_fen=repaid,
        unpaid_fen=total - repaid,
        group=group,
        reason=reason,
        promise_date=day if group == "promised" else "",
        teacher="王老师",
        statement=1 if group == "special" else 0,
        delivery_outcome="signed",
        contract_no=(f"{season.id}{area}000{number}",),
    )


def _statement(row: Row) -> StatementRow:
    return StatementRow(
        no=1,
        row=row.row,
        case=row.case,
        name=row.name,
        id_number=row.id_number,
        contracts=row.contracts,
        total_fen=row.total_fen,
        repaid_fen=row.repaid_fen,
        reason="illness",
        reason_words="重大疾病",
        narrative="",
        handling="",
        handling_words="",
        evidence=(),
        photos=(),
        delivery=DeliveryLine(state="none", day="", method="", outcome="", signer="", relation=""),
        visits=(),
        attempts=0,
        failed_attempts=0,
        teacher=row.teacher,
        fact="",
        fact_sha256="",
    )


def county(season: Season) -> CountySummary:
    """Return a county of three schools."""
    below = school(season)
    rows = tuple(
        CountyRow(
            row=number,
            code=code,
            name=name,
            document=f"SAMPLE-{code}",
            version=1,
            cut_off=below.cut_off,
            as_of=below.as_of,
            sealed_at=below.cut_off,
            data_hash="0" * 64,
            file_sha256="0" * 64,
            totals=_of_school(below.totals, number),
        )
        for number, (code, name) in enumerate(_SCHOOLS, 1)
    )
    return CountySummary(
        schema=SCHEMA,
        composer=COMPOSER,
        kind=COUNTY,
        document="SAMPLE",
        version=1,
        demo=True,
        season=below.season,
        unit=Unit(code=season.letterhead.area_code, name=season.letterhead.centre),
        letterhead=below.letterhead,
        cut_off=below.cut_off,
        as_of=below.as_of,
        previous_seal="",
        reason="",
        reasons=below.reasons,
        totals=totals.of_parts(row.totals for row in rows),
        rows=rows,
        special=(),
        missing=(),
        exceptions=(),
    )


def _of_school(sums: Totals, times: int) -> Totals:
    """Return the totals of a school `times` as large."""
    return totals.of_parts([sums] * times)
