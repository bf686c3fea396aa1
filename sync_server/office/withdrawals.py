"""Withdraw a unit's certificates: never undone; the next seal gets a new one with a new key.

The same list names the withdrawn bulletins and receipts, so that who holds such a file and the list
learns of it. A withdrawal is stored by its own verb first; `name_documents` then signs a list with
it, and is repeated wherever a list is handed out and every so often.

The newest list in the database counts. It is stored with its line of the audit trail in one
transaction; only then are the certificate put aside and its key destroyed, which `finish` repeats
where a kill came between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from cryptography import x509

from shared.problems import ProblemError
from sync_server.disk_errors import disk_problems
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
    earlier: bool = False,
) -> Withdrawn:
    """Withdraw every certificate of a unit's present key, those under earlier names too.

    One that is on the list becomes graver where it is so found out later: stolen where it was
    thought lost, or since an earlier moment; never less.

    Args:
        services: The server's services.
        code: The unit's code.
        reason: One of withdrawn.REASONS.
        who: Who withdraws, for the audit trail.
        since: Since when they are not valid; None is now.
        note: Why in words, kept here.
        serial: The serial number (hex) of the certificate that was shown; another one, which has
            come since, is left alone. "" is whichever is there.
        earlier: Those of the unit's earlier keys instead: a renewal with a new key leaves them
            valid, and a copy of the old key may lie in an old backup.

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
    with disk_problems(), certs.changing(services):
        before = _first_list(services)
        meant = _meant(services, code, before, earlier=earlier)
        if serial and not any(f"{one.serial_number:x}" == serial for one in meant):
            meant = []
        elif not meant:
            raise ProblemError("certs.missing", unit=code)
        said = [_entry(one, reason, since or now, now) for one in meant]
        entries, listed = _joined(before, said, since), before
        if entries != _joined(before, (), None):
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
                services, row, entries, before.documents, now, action="certs.withdraw"
            )
        finish(services, listed)
    return listed


def _joined(before: Withdrawn, said: Iterable[Entry], since: datetime | None) -> list[Entry]:
    """Return the entries of a list with others; what is on both gets the graver of both.

    `since`: None where the others give no moment of their own.
    """
    entries = {entry.serial: entry for entry in before.entries}
    for one in said:
        known = entries.get(one.serial)
        entries[one.serial] = _graver(known, one, since) if known else one
    return list(entries.values())


def _meant(
    services: Services, code: str, listed: Withdrawn, *, earlier: bool
) -> list[x509.Certificate]:
    """Return a unit's certificates of its present key, earlier names' too, or of earlier keys.

    Where none is in force, those withdrawn before.
    """
    keys = certs.folder(services)
    if code in certificates.TAKEN:
        raise ProblemError("certs.missing", unit=code)
    every, in_force = renewal.every(keys, code), (keys / f"{code}.pem").exists()
    present = [one for one in every if in_force and one.public_key() == every[0].public_key()]
    if earlier:
        return [one for one in every if one not in present]
    return present or [one for one in every if not in_force and listed.find(one)]


def _graver(known: Entry, said: Entry, since: datetime | None) -> Entry:
    """Return an entry with what is graver of both; `listed_at` stays."""
    return msgspec.structs.replace(
        known,
        reason="stolen" if said.exposed else known.reason,
        since=min(known.since, said.since) if since else known.since,
    )


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
    *,
    action: str = "",
) -> Withdrawn:
    """Sign a list and store its row; `action`: what is noted in the audit trail, "" for nothing."""
    keys = certs.folder(services)
    county = certificates.load_certificate(keys / "county.pem")
    key = certificates.load_key(keys / "county.key", certs.passphrase(services))
    signed = msgspec.structs.replace(
        row, body=withdrawn.sign(entries, row.number, county, key, now, documents)
    )

    def job(connection: Connection) -> None:
        if not withdrawn_lists.add(connection, signed):
            raise ProblemError("certs.list_newer")
        if action:
            audit.note(
                connection,
                at=services.settings.now_text(),
                who=row.who,
                action=action,
                unit=row.code,
                detail=row.reason,
            )

    services.database.write(job)
    listed = withdrawn.read(signed.body, county)
    if listed is None:
        raise ProblemError("certs.unreadable")
    return listed


def _first_list(services: Services) -> Withdrawn:
    """Return the list that counts; one that is empty is made where the county CA has none yet.

    One made anew, after its key was lost, has not signed the lists of the one before.
    """
    keys = certs.folder(services)
    county = certificates.load_certificate(keys / "county.pem")
    row = services.database.read(withdrawn_lists.newest)
    if row is not None and withdrawn.issued_by(row.body, county):
        if (found := withdrawn.read(row.body, county)) is None:
            raise ProblemError("certs.unreadable")
        return found
    now, number = services.settings.real_now(), row.number + 1 if row else 1
    first = ListRow(number=number, made_at=now.isoformat(timespec="milliseconds"), body=b"")
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
    with disk_problems(), certs.changing(services):
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


def take(services: Services, body: bytes, *, who: str) -> Withdrawn:
    """Take back what a list that was handed out says: after a restore ours is older than it.

    Args:
        services: The server's services.
        body: The list (CRL, DER), as a bundle or `doorstep certs withdrawn` has it.
        who: Who does it, for the audit trail.

    Returns:
        The list that counts now: everything on either, numbered after both.

    Raises:
        ProblemError: certs.missing, certs.bad_passphrase, verify.list_invalid (not this county's).
    """
    now = services.settings.real_now()
    county = certificates.load_certificate(certs.folder(services) / "county.pem")
    if (given := withdrawn.read(body, county)) is None:
        raise ProblemError("verify.list_invalid", file=withdrawn.FILE_NAME)
    with disk_problems(), certs.changing(services):
        listed = before = _first_list(services)
        entries = _joined(before, given.entries, given.signed_at)
        number = max(before.number, given.number)
        more = entries != _joined(before, (), None) or set(given.documents) - set(before.documents)
        if number > before.number or more:
            row = ListRow(
                number=number + 1, made_at=now.isoformat(timespec="milliseconds"), who=who, body=b""
            )
            documents = sorted({*before.documents, *given.documents})
            listed = _sign_and_store(
                services, row, entries, documents, now, action="certs.take_list"
            )
        finish(services, listed)
    return listed


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
    county has no certificates yet; where its key is not on this computer, the newest there is.
    """
    name_documents(services)
    keys = certs.folder(services)
    if (keys / "county.pem").exists() and (keys / "county.key").exists():
        with disk_problems(), certs.changing(services):
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


def every(services: Services) -> tuple[bytes, ...]:
    """Return all lists: the county CA may have been made anew, and old files have the old one's."""
    return tuple(row.body for row in services.database.read(withdrawn_lists.every))
