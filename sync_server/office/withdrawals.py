"""Withdraw a unit's certificates: never undone; the next seal gets a new one with a new key.

The same list names the withdrawn bulletins and receipts, so that who holds such a file and the list
learns of it. A withdrawal is stored by its own verb first; `name_documents` then signs a list with
it, and is repeated wherever a list is handed out and every so often.

The newest list in the database counts. It is stored with its line of the audit trail in one
transaction; only then are the certificate put aside and its key destroyed, which `finish` repeats
where a kill came between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from cryptography import x509

from shared.problems import ProblemError
from sync_server.disk_errors import disk_problems
from sync_server.file_lock import holding
from sync_server.office import certs
from sync_server.sealing import certificates, renewal, withdrawn
from sync_server.sealing.withdrawn import Document, Entry, Reason, Withdrawn
from sync_server.services import Services
from sync_server.store import audit, bulletins, receipts, withdrawn_lists
from sync_server.store.database import Connection
from sync_server.store.withdrawn_lists import ListRow

MOST_NOTE = 200


def withdraw(
    services: Services,
    code: str,
    *,
    reason: str,
    who: str,
    since: datetime | None = None,
    note: str = "",
    serial: str = "",
) -> Withdrawn:
    """Withdraw every certificate of a unit's present key, those under earlier names too.

    Args:
        services: The server's services.
        code: The unit's code.
        reason: One of withdrawn.REASONS.
        who: Who withdraws, for the audit trail.
        since: Since when they are not valid; None is now.
        note: Why in words, kept here.
        serial: The serial number (hex) of the certificate that was shown; another one, which has
            come since, is left alone. "" is whichever is there.

    Returns:
        The list; pressed twice, the same one.

    Raises:
        ProblemError: certs.missing, certs.bad_passphrase, certs.reason, certs.since.
    """
    if reason not in withdrawn.REASONS:
        raise ProblemError("certs.reason", reasons="、".join(withdrawn.REASONS))
    now = services.settings.real_now()
    if since is not None and since > now:
        raise ProblemError("certs.since")
    with disk_problems(), holding(certs.lock(services)):
        before = _first_list(services)
        own = _present(services, code)
        known = {entry.serial for entry in before.entries}
        fresh = [one for one in own if one.serial_number not in known]
        if serial:
            fresh = fresh if any(f"{one.serial_number:x}" == serial for one in own) else []
        elif not own and not _had_any(services, code, known):
            raise ProblemError("certs.missing", unit=code)
        listed = before
        if fresh:
            entries = [_entry(one, reason, since or now, now) for one in fresh]
            row = ListRow(
                number=before.number + 1,
                made_at=now.isoformat(timespec="milliseconds"),
                who=who,
                code=code,
                reason=reason,
                note=note.strip()[:MOST_NOTE],
                body=b"",
            )
            listed = _sign_and_store(
                services, row, [*before.entries, *entries], before.documents, now
            )
        finish(services, listed)
    return listed


def _present(services: Services, code: str) -> list[x509.Certificate]:
    """Return the certificates of a unit's present key: the one in force, and earlier names'."""
    keys = certs.folder(services)
    if code in certificates.TAKEN:
        raise ProblemError("certs.missing", unit=code)
    if not (keys / f"{code}.pem").exists():
        return []
    found = renewal.every(keys, code)
    return [one for one in found if one.public_key() == found[0].public_key()]


def _had_any(services: Services, code: str, known: set[int]) -> bool:
    keys = certs.folder(services)
    return any(one.serial_number in known for one in renewal.every(keys, code))


def _entry(one: x509.Certificate, reason: str, since: datetime, now: datetime) -> Entry:
    return Entry(
        serial=one.serial_number,
        since=since.replace(microsecond=0),
        listed_at=now.replace(microsecond=0),
        reason=msgspec.convert(reason, Reason),
    )


def _sign_and_store(
    services: Services,
    row: ListRow,
    entries: Sequence[Entry],
    documents: Sequence[Document],
    now: datetime,
) -> Withdrawn:
    keys = certs.folder(services)
    county = certificates.load_certificate(keys / "county.pem")
    key = certificates.load_key(keys / "county.key", certs.passphrase(services))
    signed = msgspec.structs.replace(
        row, body=withdrawn.sign(entries, row.number, county, key, now, documents)
    )

    def job(connection: Connection) -> None:
        if not withdrawn_lists.add(connection, signed):
            raise ProblemError("certs.list_newer")
        if row.code:
            audit.note(
                connection,
                at=services.settings.now_text(),
                who=row.who,
                action="certs.withdraw",
                unit=row.code,
                detail=row.reason,
            )

    services.database.write(job)
    listed = withdrawn.read(signed.body, county)
    if listed is None:
        raise ProblemError("certs.unreadable")
    return listed


def _first_list(services: Services) -> Withdrawn:
    """Return the list that counts; the first one, which is empty, is made where there is none."""
    keys = certs.folder(services)
    county = certificates.load_certificate(keys / "county.pem")
    row = services.database.read(withdrawn_lists.newest)
    if row is not None:
        if (found := withdrawn.read(row.body, county)) is None:
            raise ProblemError("certs.unreadable")
        return found
    now = services.settings.real_now()
    first = ListRow(number=1, made_at=now.isoformat(timespec="milliseconds"), body=b"")
    return _sign_and_store(services, first, [], [], now)


def name_documents(services: Services, *, who: str = "") -> None:
    """Put every withdrawn bulletin and receipt on the list that is not on it yet.

    Nothing is done where the county has no certificates, or its key is not on this computer.

    Args:
        services: The server's services.
        who: Who withdrew, for the row of the list.

    Raises:
        ProblemError: certs.bad_passphrase, certs.unreadable, disk.full, disk.broken.
    """
    keys, gone = certs.folder(services), services.database.read(_documents)
    if not gone or not (keys / "county.pem").exists() or not (keys / "county.key").exists():
        return
    before = of_now(services)
    if before is not None and gone <= set(before.documents):
        return
    with disk_problems(), holding(certs.lock(services)):
        before = _first_list(services)
        every = gone | set(before.documents)
        if every != set(before.documents):
            now = services.settings.real_now()
            made_at = now.isoformat(timespec="milliseconds")
            row = ListRow(number=before.number + 1, made_at=made_at, who=who, body=b"")
            _sign_and_store(services, row, before.entries, sorted(every), now)


def _documents(connection: Connection) -> set[Document]:
    """Return the withdrawn bulletins that are sealed, and the withdrawn receipts."""
    found = {
        Document(kind="bulletin", sha256=sha256, number=number, at=at)
        for sha256, number, at in bulletins.withdrawn(connection)
    }
    return found | {
        Document(kind="receipt", sha256=sha256, number=number, at=at)
        for sha256, number, at in receipts.withdrawn(connection)
    }


def finish(services: Services, listed: Withdrawn) -> None:
    """Put aside the certificates in force that are withdrawn; whoever calls holds the lock."""
    keys = certs.folder(services)
    for code in renewal.units(keys):
        one = certificates.load_certificate(keys / f"{code}.pem")
        if listed.find(one) is not None or renewal.unfinished(keys, code):
            renewal.put_away(keys, code)


def current(services: Services) -> bytes:
    """Return the list (CRL, DER) that goes along with what leaves the county.

    The first one is made where there is none, so that a list lies in every bundle. b"" where the
    county has no certificates yet, or its key is not on this computer.
    """
    name_documents(services)
    row = services.database.read(withdrawn_lists.newest)
    if row is not None:
        return row.body
    keys = certs.folder(services)
    if not (keys / "county.pem").exists() or not (keys / "county.key").exists():
        return b""
    with disk_problems(), holding(certs.lock(services)):
        _first_list(services)
    row = services.database.read(withdrawn_lists.newest)
    return row.body if row else b""


def of_now(services: Services) -> Withdrawn | None:
    """Return the newest list as it reads; None where nothing was ever withdrawn."""
    row = services.database.read(withdrawn_lists.newest)
    path = certs.folder(services) / "county.pem"
    if row is None or not path.exists():
        return None
    return withdrawn.read(row.body, certificates.load_certificate(path))


def stored(services: Services) -> bytes | None:
    """Return the newest list for a check on this server; None where nothing was ever withdrawn."""
    row = services.database.read(withdrawn_lists.newest)
    return row.body if row else None
