"""The county's receipt for a summary it accepted: made with the verdict, withdrawn with it.

Both are signed within the verdict's own transaction, so that there is no accepted summary without
its receipt and no receipt without its verdict. One accepted before there were receipts gets its
receipt when somebody asks for it; it says then when it was signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from shared.problems import ProblemError
from sync_server.office import certs, withdrawals
from sync_server.sealing import receipt
from sync_server.sealing.certificates import Signer, signer_of
from sync_server.sealing.checking.standing import Known
from sync_server.services import Services
from sync_server.store import audit, receipts, summaries, units
from sync_server.store.database import Connection
from sync_server.store.receipts import ReceiptRow
from sync_server.store.summaries import COUNTY, SummaryRow


def signer(services: Services) -> Signer:
    """Return the county's own certificate and key, made where there is none.

    Raises:
        ProblemError: certs.missing, disk.full, disk.broken.
    """
    code = certs.ensure(services, COUNTY)
    return signer_of(certs.folder(services), code, certs.passphrase(services))


def add(connection: Connection, services: Services, row: SummaryRow, by: Signer) -> ReceiptRow:
    """Sign and store the receipt of an accepted summary, within the verdict's transaction.

    Raises:
        ProblemError: certs.missing, certs.unreadable, certs.bad_passphrase.
    """
    now, number = services.settings.real_now(), receipts.next_number(connection)
    unit = units.unit(connection, row.season, row.unit)
    body = receipt.countersign(
        row.sha256,
        row.document,
        row.version,
        by,
        now,
        number=number,
        unit=unit.name if unit else row.unit,
        handed_in_at=row.submitted_at,
    )
    made = ReceiptRow(
        number=number,
        season=row.season,
        summary=row.id,
        sha256=row.sha256,
        made_at=now.isoformat(timespec="milliseconds"),
        body=body,
    )
    receipts.add(connection, made)
    return made


def withdraw(connection: Connection, services: Services, row: SummaryRow, by: Signer) -> None:
    """Withdraw the receipt of a summary, within the transaction that takes the verdict back."""
    standing = receipts.of_summary(connection, row.id)
    if standing is None or standing.withdrawn_at:
        return
    now = services.settings.real_now()
    statement = receipt.withdraw(standing.body, by, now)
    receipts.withdraw(
        connection, standing.number, now.isoformat(timespec="milliseconds"), statement
    )


def of_summary(services: Services, summary_id: str) -> ReceiptRow | None:
    """Return the newest receipt of a version, standing or withdrawn."""
    return services.database.read(lambda c: receipts.of_summary(c, summary_id))


def of_versions(services: Services, rows: Sequence[SummaryRow]) -> dict[str, ReceiptRow]:
    """Return the newest receipt of each version that has one, by its id."""
    ids = [row.id for row in rows if row.sha256]
    found = services.database.read(lambda c: [receipts.of_summary(c, one) for one in ids])
    return {one.summary: one for one in found if one is not None}


def known_of(services: Services, path: Path, given: bytes = b"") -> Known:
    """Return what this server knows of a sealed file: a receipt, whether it sealed the file itself.

    The list of withdrawn certificates comes along.

    Args:
        services: The server's services.
        path: The sealed PDF.
        given: The receipt that whoever asks has, b"" for none. What is kept here comes along: it
            may have been withdrawn since.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    ours = services.database.read(lambda c: summaries.is_sealed_here(c, sha256))
    kept = services.database.read(lambda c: receipts.of_file(c, sha256))
    return Known(
        withdrawn=withdrawals.stored(services),
        lists=withdrawals.every(services),
        receipts=tuple(one.file for one in kept),
        receipt=given,
        own=frozenset({sha256}) if ours else frozenset(),
    )


def take(services: Services, summary_id: str, *, who: str) -> ReceiptRow:
    """Return the receipt of an accepted summary; one is made where it was accepted without.

    Raises:
        ProblemError: summary.unknown, receipt.none (it is not accepted), certs.*.
    """
    found = of_summary(services, summary_id)
    if found is not None:
        return found
    row = services.database.read(lambda c: summaries.get(c, summary_id))
    if row.state != "accepted" or row.unit == COUNTY:
        raise ProblemError("receipt.none")
    by, now = signer(services), services.settings.now_text()

    def job(connection: Connection) -> ReceiptRow:
        standing = receipts.of_summary(connection, summary_id)
        if standing is not None:
            return standing
        fresh = summaries.get(connection, summary_id)
        if fresh.state != "accepted":
            raise ProblemError("receipt.none")
        audit.note(
            connection, at=now, who=who, action="receipt.make", ref=fresh.sha256, unit=fresh.unit
        )
        return add(connection, services, fresh, by)

    return services.database.write(job)


def file_name(row: SummaryRow) -> str:
    """Return the name of the file of a version's receipt, beside the sealed file's."""
    return f"{row.document}-v{row.version}-{receipt.SUFFIX}"
