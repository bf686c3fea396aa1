"""Roll up sealed summaries: a county's from its schools' files, a region's from its counties'.

Every file is verified, the newest version of each unit counts, and sums agree to the fen. The
result is a summary like a school's: rendered, stamped and sealed the same way. Its rows name each
child's file by hash, so that `verify --children` can check them one level after another. Files are
read, none are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from shared.ids import show_case_code
from shared.problems import ProblemError, Where
from shared.season import Season
from sync_server.sealing import on_cores
from sync_server.sealing.bulletin import Bulletin
from sync_server.sealing.checking.standing import NOTHING, Known
from sync_server.sealing.checking.verify import open_sealed
from sync_server.sealing.making import recipients, totals
from sync_server.sealing.making.compose import COMPOSER
from sync_server.sealing.record import Verdict
from sync_server.sealing.summary import (
    COUNTY,
    REGION,
    SCHEMA,
    SCHOOL,
    Contact,
    CountyRow,
    CountySummary,
    Kind,
    Letterhead,
    ReasonWords,
    SeasonRef,
    SpecialCase,
    Summary,
    Unit,
    UnitException,
)

PARENT_KIND: dict[str, Kind] = {SCHOOL: COUNTY, COUNTY: REGION, REGION: REGION}
"""The kind of summary that rolls up each kind."""


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed file that verified: its verdict and its summary."""

    verdict: Verdict
    summary: Summary


class ParentUnit(msgspec.Struct, frozen=True, kw_only=True):
    """The unit that rolls up, and its document.

    `cut_off`: ISO with offset, empty for the latest of the children. `previous_seal`: sha256 (hex)
    of this unit's last sealed PDF, empty for the first. `filled_on`: the ISO day of composing.
    """

    unit: Unit
    document: str
    version: int
    cut_off: str = ""
    previous_seal: str = ""
    reason: str = ""
    demo: bool = False
    filled_on: str = ""
    report_no: str = ""
    contact: Contact = Contact()


def roll_up(
    children: Sequence[Path],
    registry: Mapping[str, str],
    season: Season,
    *,
    partial: bool,
    trust_root_pem: bytes,
    parent: ParentUnit,
) -> CountySummary:
    """Compose a summary from the sealed files of the units below.

    Args:
        children: sealed PDFs; an older version of a unit is ignored beside a newer one.
        registry: code -> name of every unit that must report.
        season: the season all children must belong to.
        partial: whether units may be missing; they are then listed in the summary.
        trust_root_pem: the root certificate every child is verified against.
        parent: the unit that rolls up, and its document.

    Returns:
        The summary of the level above, ready to be rendered.

    Raises:
        ProblemError: rollup.none, rollup.child_invalid, rollup.foreign, rollup.two_of_a_version,
            rollup.missing (unless `partial`), rollup.case_twice, rollup.sums.
    """
    return recipients.plain(
        roll_up_whole(
            children,
            registry,
            season,
            partial=partial,
            trust_root_pem=trust_root_pem,
            parent=parent,
        )
    )


def roll_up_whole(
    children: Sequence[Path],
    registry: Mapping[str, str],
    season: Season,
    *,
    partial: bool,
    trust_root_pem: bytes,
    parent: ParentUnit,
    known: Known = NOTHING,
    cores: int = 1,
) -> CountySummary:
    """Compose as `roll_up`, with everything the schools wrote of people in special circumstances.

    Never printed or stored: making/recipients.py takes out what a recipient does not get. `known`
    has the list of withdrawn certificates: a child sealed after its certificate's is refused.
    `cores`: how many processes verify the children, see on_cores.py.
    """
    if not children:
        raise ProblemError("rollup.none")
    paths = sorted(children)
    verified = on_cores.each(lambda path: _verified(path, trust_root_pem, known), paths, cores)
    opened = list(zip(paths, verified, strict=True))
    for path, child in opened:
        _belongs(path, child, registry, season, opened[0][1].verdict.kind)
    newest = _newest([child for _, child in opened], registry)
    missing = tuple(
        Unit(code=code, name=name) for code, name in sorted(registry.items()) if code not in newest
    )
    if missing and not partial:
        names = "、".join(m.name for m in missing)
        raise ProblemError("rollup.missing", count=len(missing), names=names)
    picked = [newest[code] for code in sorted(newest)]
    _check_once(picked, registry)
    return _summary(picked, registry, season, missing, parent)


def _verified(path: Path, trust_root_pem: bytes, known: Known) -> Child:
    opened = open_sealed(path, trust_root_pem, known=known)
    if not opened.verdict.ok or opened.summary is None:
        reason = ";".join(p.message for p in opened.verdict.problems[:3])
        raise ProblemError(
            "rollup.child_invalid", where=Where(file=path.name), file=path.name, reason=reason
        )
    if isinstance(opened.summary, Bulletin):
        reason = "是通报，不是汇总件"
        raise ProblemError(
            "rollup.child_invalid", where=Where(file=path.name), file=path.name, reason=reason
        )
    return Child(verdict=opened.verdict, summary=opened.summary)


def _belongs(
    path: Path, child: Child, registry: Mapping[str, str], season: Season, kind: str
) -> None:
    verdict = child.verdict
    reason = ""
    if verdict.unit_code not in registry:
        reason = f"名录里没有单位“{verdict.unit_name}”"
    elif child.summary.season.id != season.id:
        reason = f"属于{child.summary.season.id}年"
    elif verdict.kind != kind:
        reason = "各级汇总件不能混在一起"
    if reason:
        raise ProblemError(
            "rollup.foreign", where=Where(file=path.name), file=path.name, reason=reason
        )


def _newest(children: Sequence[Child], registry: Mapping[str, str]) -> dict[str, Child]:
    """Pick the highest version of each unit; two different files of one version are refused."""
    newest: dict[str, Child] = {}
    for child in children:
        code, version = child.verdict.unit_code, child.verdict.version
        before = newest.get(code)
        if before is None or version > before.verdict.version:
            newest[code] = child
        elif (
            version == before.verdict.version
            and child.verdict.file_sha256 != before.verdict.file_sha256
        ):
            if not _same_figures(before.summary, child.summary):
                raise ProblemError("rollup.two_of_a_version", unit=registry[code], version=version)
            newest[code] = min(before, child, key=lambda one: one.verdict.document)
    return newest


def _same_figures(one: Summary, other: Summary) -> bool:
    """Return whether two files are a county's reports of one version to two recipients."""
    pair = [s.figures for s in (one, other) if isinstance(s, CountySummary) and s.figures]
    return len(pair) == 2 and pair[0] == pair[1] and one.document != other.document


def _summary(
    picked: Sequence[Child],
    registry: Mapping[str, str],
    season: Season,
    missing: tuple[Unit, ...],
    parent: ParentUnit,
) -> CountySummary:
    rows = tuple(_row(number, child, registry) for number, child in enumerate(picked, 1))
    as_of = {child.summary.as_of for child in picked}
    summary = CountySummary(
        schema=SCHEMA,
        composer=COMPOSER,
        kind=PARENT_KIND[picked[0].verdict.kind],
        document=parent.document,
        version=parent.version,
        demo=parent.demo or any(child.summary.demo for child in picked),
        season=SeasonRef(id=season.id, due_day=season.due_day.isoformat()),
        unit=parent.unit,
        letterhead=Letterhead.of(season.letterhead),
        cut_off=parent.cut_off or max(child.summary.cut_off for child in picked),
        as_of=as_of.pop() if len(as_of) == 1 else "",
        previous_seal=parent.previous_seal,
        reason=parent.reason,
        reasons=_legend(picked),
        filled_on=parent.filled_on,
        report_no=parent.report_no,
        contact=parent.contact,
        totals=totals.of_parts(row.totals for row in rows),
        rows=rows,
        special=tuple(item for child in picked for item in _special(child, registry)),
        missing=missing,
        exceptions=tuple(item for child in picked for item in _exceptions(child, registry)),
    )
    _check_sums(picked, summary)
    return summary


def _row(number: int, child: Child, registry: Mapping[str, str]) -> CountyRow:
    verdict = child.verdict
    return CountyRow(
        row=number,
        code=verdict.unit_code,
        name=registry[verdict.unit_code],
        document=verdict.document,
        version=verdict.version,
        cut_off=child.summary.cut_off,
        as_of=child.summary.as_of,
        sealed_at=verdict.sealed_at,
        data_hash=verdict.data_hash,
        file_sha256=verdict.file_sha256,
        totals=totals.to_add(child.summary),
        stands_on=verdict.stands_on or msgspec.UNSET,
    )


def _special(child: Child, registry: Mapping[str, str]) -> list[SpecialCase]:
    """List the persons in special circumstances, with all that their statements say.

    Reasons are as in the school's rows. A county's list is taken over with the county's name added.
    """
    unit, summary = registry[child.verdict.unit_code], child.summary
    if isinstance(summary, CountySummary):
        return [
            msgspec.structs.replace(item, unit=f"{unit} {item.unit}") for item in summary.special
        ]
    rows = {row.row: row for row in summary.rows}
    return [
        SpecialCase(
            unit=unit,
            case=statement.case,
            name=statement.name,
            unpaid_fen=rows[statement.row].unpaid_fen,
            reason=rows[statement.row].reason,
            handling=statement.handling,
            id_number=statement.id_number,
            reason_words=statement.reason_words,
            narrative=statement.narrative,
        )
        for statement in summary.statements
    ]


def _exceptions(child: Child, registry: Mapping[str, str]) -> list[UnitException]:
    """List the exceptions of a child with the name of the school they belong to."""
    if isinstance(child.summary, CountySummary):
        return list(child.summary.exceptions)
    unit = registry[child.verdict.unit_code]
    return [
        UnitException(unit=unit, **msgspec.structs.asdict(item))
        for item in child.summary.exceptions
    ]


def _legend(picked: Sequence[Child]) -> tuple[ReasonWords, ...]:
    words = {r.code: r.words for child in picked for r in child.summary.reasons}
    return tuple(ReasonWords(code=code, words=words[code]) for code in sorted(words))


def _check_once(picked: Sequence[Child], registry: Mapping[str, str]) -> None:
    """Refuse people who stand in the summaries of two schools: they moved between two seals.

    A code that stands in a summary stays the person's when the person moves, so equal codes are one
    person. Counties give codes apart from each other: their summaries are not compared.
    """
    schools: dict[str, str] = {}
    twice: list[tuple[str, str, str]] = []
    for child in picked:
        if isinstance(child.summary, CountySummary):
            continue
        school = registry[child.verdict.unit_code]
        for row in child.summary.rows:
            if (other := schools.setdefault(row.case, school)) != school:
                twice.append((row.case, other, school))
    if twice:
        case, one, other = twice[0]
        shown = show_case_code(case)
        raise ProblemError("rollup.case_twice", count=len(twice), case=shown, one=one, other=other)


def _check_sums(picked: Sequence[Child], summary: CountySummary) -> None:
    """Check that each child's rows add up to its totals, and all of them to the new summary's."""
    for child in picked:
        if totals.of_summary(child.summary) != child.summary.totals:
            raise ProblemError("rollup.sums", unit=child.verdict.unit_name)
    whole = sum(child.summary.totals.total_fen for child in picked)
    if whole != summary.totals.total_fen:
        raise ProblemError("rollup.sums", unit=summary.unit.name)
