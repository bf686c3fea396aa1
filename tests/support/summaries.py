"""A school's summary at any step: everybody has repaid, so that nothing is missing."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shared.cases import Repayment
from shared.digest import canonical, sha256_hex
from sync_server.office import summaries, summary_scans
from sync_server.office.summary_inputs import gather
from sync_server.sample.scans import stamped
from sync_server.services import Services
from sync_server.store import cases, repayments
from sync_server.store import summaries as stored
from sync_server.store.database import Connection
from sync_server.store.summaries import SummaryRow
from sync_server.store.summary_states import SEALED, State
from tests.support.county import SEASON, fill

WHO = "联络员"
THE_DAY_BEFORE = "2019-12-11T08:00:00.000+00:00"
Scan = list[tuple[str, bytes]]


def all_repaid(services: Services) -> None:
    """Two schools with two people each, who have repaid."""
    services.database.write(lambda c: fill(c, (2, 2)))
    lines = [
        Repayment(
            contract_no=f"C{n:05d}", principal_fen=100_00, interest_fen=0, paid_on="2019-12-10"
        )
        for n in range(4)
    ]
    services.database.write(
        lambda c: repayments.store_snapshot(
            c, SEASON, "2019-12-11", lines, file_name="f", sha256="0", now=THE_DAY_BEFORE
        )
    )


def version(
    services: Services, number: int, state: State, *, unit: str = "01", data: bytes = b"{}"
) -> SummaryRow:
    """A version as its row stands after its steps, without any files."""
    sha256 = sha256_hex(f"{unit}{number}".encode()) if state in SEALED else ""

    def job(connection: Connection) -> SummaryRow:
        return stored.add(
            connection,
            season=SEASON,
            unit=unit,
            document=f"610599-2019-{unit}".rstrip("-"),
            version=number,
            state=state,
            cut_off="2019-12-12T10:00:00+08:00",
            as_of="",
            data=data,
            data_hash="",
            sha256=sha256,
            folder=f"summaries/610599-2019-{unit}/{number}-a",
            verdict=state if state in ("accepted", "returned") else "",
        )

    return services.database.write(job)


def keep_gathered(services: Services, folder: str, unit: str = "01") -> None:
    """What a school's version as of now is composed from, where composing keeps it."""
    gathered = services.database.read(
        lambda c: gather(
            c,
            SEASON,
            unit,
            cut_off=services.settings.now(),
            exceptions=(),
            reason="",
            demo=True,
        )
    )
    services.file_store.put(f"{folder}/gathered.json", msgspec.json.encode(gathered))


def composed(services: Services, unit: str = "01", reason: str = "") -> SummaryRow:
    return summaries.compose(services, unit, who=WHO, reason=reason)


def printed(services: Services, unit: str = "01", reason: str = "") -> tuple[SummaryRow, Path]:
    row = composed(services, unit, reason)
    return row, summaries.to_print(services, row.id, who=WHO)


def scan_of(pages: Path) -> Scan:
    """The pages as they come back: stamped, signed and scanned."""
    return stamped(pages, seed=3)


def stamped_version(services: Services, unit: str = "01", reason: str = "") -> SummaryRow:
    row, pages = printed(services, unit, reason)
    assert summary_scans.add(services, row.id, scan_of(pages), who=WHO).complete
    return row


def sealed_version(services: Services, unit: str = "01", reason: str = "") -> SummaryRow:
    return summaries.seal(services, stamped_version(services, unit, reason).id, who=WHO)


def sealed_third(services: Services, *, keeps: bool = True) -> None:
    """A third version of school 01 as of now, sealed, with every person of it."""
    rows = services.database.read(lambda c: cases.rows(c, SEASON, unit="01"))
    values = {
        "season": SEASON,
        "unit": "01",
        "document": "610599-2019-01",
        "version": 3,
        "cut_off": "2019-12-12T10:00:00+08:00",
        "as_of": "",
        "data": canonical({"rows": [{"case": r["code"]} for r in rows]}),
        "data_hash": "0" * 64,
        "sha256": "1" * 64,
        "folder": "summaries/610599-2019-01/3-a",
    }
    if keeps:
        keep_gathered(services, values["folder"])
    row = services.database.write(lambda c: stored.add(c, **values))
    services.database.write(lambda c: stored.change(c, row.id, state="sealed"))
