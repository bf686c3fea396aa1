"""Gather what a school's summary is composed of at its cut-off, in one read transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from shared.cases import Case, repaid
from shared.identity import mask_name
from shared.ids import show_case_code
from shared.readiness import NamedException
from shared.recipients import suffix_of
from shared.season import CST, Season, china_day
from sync_server.office import slips
from sync_server.office.cut_off import CutOffResult, LeftOut, take
from sync_server.sealing.making.compose import Gap, SchoolInputs
from sync_server.sealing.making.evidence import ChainEntry, DeviceKey, TakenByHand
from sync_server.sealing.summary import Contact, Unit
from sync_server.store import (
    case_use,
    cases,
    devices,
    evidence,
    photos,
    quarantine,
    repayments,
    reviews,
    seasons,
    summaries,
    units,
)
from sync_server.store.database import Connection
from sync_server.store.devices import Device
from sync_server.store.quarantine import SetApart
from sync_server.store.stored_fact import StoredFact
from sync_server.store.summaries import SummaryRow
from sync_server.store.units import UnitRow

MOST_NAMED = 10
"""People named in the words about those who moved; the number is of all."""


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What a summary is composed from, and what its evidence file adds.

    Attributes:
        inputs: What compose reads.
        chains: Every device's chain; the facts behind the summary with their bytes.
        devices: The public keys that check the chains.
        left_out: What the cut-off does not take.
        decided: The rows set apart that the centre had dropped or asked for by then, so that
            nothing asked about them; None where version 0.1 composed it.
    """

    inputs: SchoolInputs
    chains: tuple[ChainEntry, ...]
    devices: tuple[DeviceKey, ...]
    left_out: tuple[LeftOut, ...] = ()
    decided: tuple[str, ...] | None = None


class _Phones(msgspec.Struct, frozen=True, kw_only=True):
    """The phones behind a summary, with their chains.

    Attributes:
        devices: In order of id.
        stubs: Every number of their chains.
        by_hand: What of theirs was taken by hand, by sha256.
        names: What the phones of the season are called, by id.
    """

    devices: tuple[Device, ...]
    stubs: list[evidence.Stub]
    by_hand: Mapping[str, SetApart]
    names: Mapping[str, str]

    def gaps(self) -> tuple[Gap, ...]:
        """Return the numbers missing in their chains."""
        heads = {d.id: d.n for d in self.devices}
        return tuple(
            Gap(device=d, device_name=self.names.get(d, d), n_from=first, n_to=last)
            for d, first, last in evidence.chain_gaps(self.stubs, heads)
        )

    def keys(self) -> tuple[DeviceKey, ...]:
        """Return the public keys that check their chains."""
        return tuple(
            DeviceKey(
                device=d.id,
                name=self.names.get(d.id, d.name),
                public_key=d.public_key,
                office=d.is_office,
            )
            for d in self.devices
        )


def document_of(season: Season, unit: str) -> str:
    """Return a document's name: area code, season, unit; the county's own has no unit."""
    return "-".join(p for p in (season.letterhead.area_code, season.id, unit) if p)


def county_documents(season: Season) -> dict[str, str]:
    """Return the county's documents by the key of their recipient; "" where the season has none."""
    own = document_of(season, "")
    return {one.key: own + suffix_of(one.key) for one in season.recipients} or {"": own}


def gather(
    connection: Connection,
    season_id: str,
    unit_code: str,
    *,
    cut_off: datetime,
    exceptions: tuple[NamedException, ...],
    reason: str,
    demo: bool,
    report_no: str = "",
    now: datetime | None = None,
) -> Gathered:
    """Read a school as it stood at the cut-off.

    Args:
        connection: A read transaction.
        season_id: The season.
        unit_code: The school.
        cut_off: The moment, timezone-aware; facts and reviews received later are left out, and
            listed.
        exceptions: What may be missing, with reasons.
        reason: Why there is another version after a sealed one; who of that one has moved to
            another school is added to it.
        demo: Whether the season's clock is a demonstration's.
        report_no: The report's own 文号.
        now: What the server's clock shows, where the cut-off is an earlier moment. None: the
            cut-off is now; all that is there is taken, whatever time the server wrote down.

    Raises:
        ProblemError: unit.unknown, school.merged, school.retired.
    """
    season = seasons.get(connection, season_id)
    unit = units.at_work(connection, season_id, unit_code)
    found = [cases.case_of(r) for r in cases.rows(connection, season_id, unit=unit_code)]
    divided = take(connection, season_id, found, cut_off if now else None, now or cut_off)
    phones = _read_phones(connection, season_id, unit_code, divided.facts)
    moment = cut_off.astimezone(CST).isoformat(timespec="seconds")
    read = _read_school(connection, season, unit, found, divided, moment)
    inputs = msgspec.structs.replace(
        read,
        gaps=phones.gaps(),
        exceptions=exceptions,
        reason=_with_moved(connection, summaries.last_sealed(connection, read.document), reason),
        demo=demo,
        filled_on=china_day(now or cut_off).isoformat(),
        report_no=report_no,
    )
    return Gathered(
        inputs=inputs,
        chains=(
            *_beside(connection, divided.facts, phones.by_hand),
            *_chains(phones.stubs, divided.facts, phones.by_hand),
        ),
        left_out=divided.left_out,
        decided=tuple(quarantine.decided(connection, season_id, unit_code)),
        devices=phones.keys(),
    )


def _read_school(
    connection: Connection,
    season: Season,
    unit: UnitRow,
    found: list[Case],
    divided: CutOffResult,
    cut_off: str,
) -> SchoolInputs:
    """Read what a school's summary says of its cases and of the versions before it."""
    facts, document = divided.facts, document_of(season, unit.code)
    as_of, lines = repayments.standing_at(connection, season.id, divided.until)
    last = summaries.last_sealed(connection, document)
    hashes = [p for f in facts for p in f.fact.photos]
    return SchoolInputs(
        document=document,
        version=summaries.next_version(connection, document),
        season=season,
        school=Unit(code=unit.code, name=unit.name),
        cases=tuple(found),
        # Their bytes travel once, in the chains.
        facts=tuple(msgspec.structs.replace(f, data=b"", tray=False) for f in facts),
        repaid={c.id: repaid(c, lines, as_of) for c in found},
        reviews=reviews.reviews_of(connection, [f.fact.id for f in facts], until=divided.until),
        staff=units.staff_names(connection, season.id),
        stored_photos=frozenset(photos.stored_of(connection, hashes)),
        quarantined=tuple(evidence.quarantined(connection, season.id, unit.code)),
        wrong_slips=slips.wrong_slips(connection, season.id, found, [f.fact for f in facts]),
        cut_off=cut_off,
        as_of=as_of,
        contact=Contact(name=unit.liaison_name, phone=unit.liaison_phone),
        previous_seal=last.sha256 if last else "",
    )


def _read_phones(
    connection: Connection, season: str, unit: str, facts: Sequence[StoredFact]
) -> _Phones:
    """Read the chains of a school's phones, and of every other phone that sent one of its facts."""
    own = devices.of_unit(connection, season, unit)
    involved = sorted({p.id for p in own} | {f.device for f in facts})
    return _Phones(
        devices=tuple(devices.by_id(connection, d) for d in involved),
        stubs=evidence.chains(connection, involved),
        by_hand={row.sha256: row for row in quarantine.taken(connection, involved)},
        names=units.device_names(connection, season),
    )


def _with_moved(connection: Connection, last: SummaryRow | None, reason: str) -> str:
    """Return a reason that says, too, who of the last sealed version is at another school now."""
    moved = case_use.moved_away(connection, last.season, last.unit, last.data) if last else []
    if last is None or not moved:
        return reason
    named = "、".join(
        f"{show_case_code(one.code)} {mask_name(one.case.borrower.name)}转到{one.school}"
        for one in moved[:MOST_NAMED]
    )
    more = "等" if len(moved) > MOST_NAMED else ""
    words = f"第{last.version}版中有{len(moved)}人已转校,本版不再列入:{named}{more}"
    return "。".join(filter(None, (reason.rstrip("。"), words)))


def _beside(
    connection: Connection, facts: list[StoredFact], taken: Mapping[str, SetApart]
) -> list[ChainEntry]:
    """Return the facts of this summary that were taken without a place in their phone's chain."""
    found = []
    for f in facts:
        row = taken.get(f.sha256)
        if f.n > 0 or row is None:
            continue
        before = quarantine.link_before(connection, row)
        found.append(
            ChainEntry(
                device=f.device,
                n=f.n,
                sha256=f.sha256,
                link=row.link,
                sig=row.sig,
                data=f.data,
                seq=f.seq,
                received_at=f.received_at,
                taken=_taken(row, before or b""),
            )
        )
    return found


def _taken(row: SetApart | None, before: bytes = b"") -> TakenByHand | None:
    if row is None:
        return None
    return TakenByHand(
        code=row.code,
        n=row.n,
        before=before,
        by=row.resolved_by,
        at=row.settled_at,
        reason=row.resolved_reason,
    )


def _chains(
    stubs: list[evidence.Stub], facts: list[StoredFact], taken: Mapping[str, SetApart]
) -> tuple[ChainEntry, ...]:
    """Return each device's chain from 1; only the facts of this summary carry their bytes."""
    whole = {(f.device, f.sha256): f for f in facts}
    return tuple(
        ChainEntry(
            device=s.device,
            n=s.n,
            sha256=s.sha256,
            link=s.link,
            sig=s.sig,
            data=f.data,
            seq=f.seq,
            received_at=f.received_at,
            taken=_taken(taken.get(s.sha256)),
        )
        if (f := whole.get((s.device, s.sha256)))
        else ChainEntry(device=s.device, n=s.n, sha256=s.sha256, link=s.link, sig=s.sig)
        for s in stubs
    )


def photo_paths(gathered: Gathered, photos_dir: Path) -> list[tuple[str, Path]]:
    """Return (sha256, path) of every photo behind a summary, each once, in order of hash."""
    return [(sha, photos_dir / sha[:2] / sha) for sha in photo_hashes(gathered)]


def photo_hashes(gathered: Gathered) -> list[str]:
    """Return the hashes of the photos behind a summary, in order."""
    named = {p for f in gathered.inputs.facts for p in f.fact.photos}
    return sorted(named & gathered.inputs.stored_photos)
