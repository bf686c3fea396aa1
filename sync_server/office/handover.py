"""Receive a hand-over file with the same ledger and photo checks as a push over the network.

A file is read through once before anything of it is stored, so a torn one changes nothing. A file
received twice gives duplicates only. One bad fact or photo never stops the others. The signed
answer is carried back to the phone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TypeVar

import msgspec

from shared import handover as form
from shared import wire
from shared.digest import sha256_hex
from shared.problems import ProblemError, details
from shared.season import china_day
from sync_server.office import disk_room, handover_file
from sync_server.office.handover_file import Opening
from sync_server.services import Services
from sync_server.store import audit, devices, ledger, photos, quarantine_room, seasons, units
from sync_server.store.database import Connection
from sync_server.store.devices import Device
from sync_server.store.ids import new_id
from sync_server.store.push_codec import decode_pushed
from sync_server.store.received_fact import ReceivedFact

T = TypeVar("T")
BATCH = 200
"""Facts in one transaction, so that other phones wait no longer than for a push."""
BATCH_BYTES = 1024 * 1024
FOLDER = "handover"
"""Folder in the data folder: each phone's newest answer, until the season is purged."""
MAX_FILE_MB = 1024
"""Megabytes of one file (docs/protocol.md#limits)."""
MAX_FILE_BYTES = MAX_FILE_MB * 1_000_000
OF_ONE_PHOTO = (
    "disk.low",
    "photo.not_image",
    "photo.wrong_hash",
    "upload.quota",
    "upload.unknown",
    "upload.unnamed",
)
"""Codes for which one photo is refused and the rest of the file received."""


class ReceivedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a hand-over file brought.

    Attributes:
        device: The phone that made the file.
        teacher: The name of its teacher.
        made_at: When the file was made (UTC ISO, the phone's clock).
        answer: The file to carry back to the phone.
        created: New facts.
        duplicates: Facts that were stored before.
        refused: Facts rejected or in conflict.
        gaps: Facts whose predecessors are missing.
        photos: Photos stored, new or not.
        photos_refused: Photos that are damaged, no pictures, or beyond what may be stored now.
        left: Facts that were not looked at, because nothing more can be set apart: they stay on the
            phone, without an outcome.
    """

    device: Device
    teacher: str
    made_at: str
    answer: bytes
    created: int = 0
    duplicates: int = 0
    refused: int = 0
    gaps: int = 0
    photos: int = 0
    photos_refused: int = 0
    left: int = 0


def answer_key(device_id: str) -> str:
    """Return the key of a known phone's newest answer."""
    return f"{FOLDER}/{device_id}.answer"


def check_size(size_bytes: int) -> None:
    """Refuse a file that is too large, before it is copied or read.

    Raises:
        ProblemError: handover.too_large.
    """
    if size_bytes > MAX_FILE_BYTES:
        raise ProblemError("handover.too_large", limit_mb=MAX_FILE_MB)


def receive(
    services: Services, source: IO[bytes], *, who: str, allowed: Callable[[Device], bool]
) -> ReceivedFile:
    """Store the facts and photos of a hand-over file.

    Args:
        services: The server's services.
        source: The file, opened for binary reading and seekable.
        who: Who brought it, for the audit trail; "" for the phone's own teacher.
        allowed: Whether this phone's files are received here; if not, it counts as unknown.

    Returns:
        Counts and the answer file.

    Raises:
        ProblemError: handover.not_ours, handover.damaged, handover.other_server, handover.not_here,
            handover.too_many, device.revoked, device.unconfirmed, device.new_season,
            season.retention_over, disk.used_up, disk.full.
    """
    opening = handover_file.read_opening(source)
    device = known_phone(
        services,
        opening,
        allowed,
        whole=lambda: handover_file.check(source, opening, services.receipts),
    )
    disk_room.check_for_records(services)
    services.database.read(
        lambda c: seasons.check_takes_records(c, device.season, china_day(services.settings.now()))
    )
    intake = _FileIntake(services, device)
    for kind, data in handover_file.records(source, opening, services.receipts):
        intake.record(kind, data)
    intake.push()
    return _finish(services, opening, intake, who)


def known_phone(
    services: Services,
    opening: Opening,
    allowed: Callable[[Device], bool],
    whole: Callable[[], None] = lambda: None,
) -> Device:
    """Return the phone that made a file, by its head.

    Args:
        services: The server's services.
        opening: The file's head.
        allowed: Whether this phone's files are received here.
        whole: Checks the rest of the file where it is here: a head that was changed says nothing
            about the phone.

    Raises:
        ProblemError: handover.damaged, handover.other_server, handover.not_here, device.revoked,
            device.unconfirmed.
    """
    device = services.database.read(lambda c: _known(c, opening.head.device))
    ours = device is not None and opening.signed_by(device.public_key)
    if opening.head.to != wire.b64(services.receipts.public()):
        # Our phone, but its signature does not match: the head was changed.
        if device is not None and not ours:
            raise ProblemError("handover.damaged", frame=0)
        raise ProblemError("handover.other_server")
    whole()
    if device is None or not ours or not allowed(device):
        raise ProblemError("handover.not_here")
    services.database.read(lambda c: devices.check_may_send(c, device))
    return device


def _known(connection: Connection, device_id: str) -> Device | None:
    try:
        return devices.by_id(connection, device_id)
    except ProblemError:
        return None


class _FileIntake:
    """The storing of one file: facts in batches, photos one by one, in the order they come."""

    def __init__(self, services: Services, device: Device) -> None:
        self._services = services
        self.device = device
        self._waiting: list[ReceivedFact] = []
        self.facts: list[wire.Outcome] = []
        self.photos: list[wire.Outcome] = []
        self.lines: list[wire.ReceiptLine] = []
        self.left = 0

    def record(self, kind: bytes, data: bytes) -> None:
        """Store one record of the file."""
        if kind == form.FACT:
            self._fact(data)
        elif kind == form.PHOTO:
            self.push()
            self._photo(data[: form.HASH_BYTES].hex(), data[form.HASH_BYTES :])

    def push(self) -> None:
        """Push the collected facts to the ledger; they are receipted after COMMIT only."""
        if not self._waiting:
            return
        batch, self._waiting = self._waiting, []
        at = self._services.settings.now_text()
        try:
            outcomes, stored = self._write(lambda c: ledger.push(c, self.device.id, batch, at))
        except quarantine_room.QuarantineFullError:
            outcomes, stored = [], []
        answered = [found for found in outcomes if not quarantine_room.is_unanswered(found)]
        self.left += len(batch) - len(answered)
        self.facts += answered
        self.lines += stored

    def _fact(self, data: bytes) -> None:
        if self.left:
            self.left += 1
            return
        try:
            pushed = msgspec.json.decode(data, type=wire.PushedFact)
        except ValueError:  # not a fact, so without a number: answered as unreadable
            problem = details(ProblemError("fact.unreadable"))
            self.facts.append(
                wire.Outcome(outcome=wire.REJECTED, sha256=sha256_hex(data), problem=problem)
            )
            return
        self._waiting.append(decode_pushed(pushed, self.device.public_key))
        if len(self._waiting) >= BATCH or sum(len(i.data) for i in self._waiting) >= BATCH_BYTES:
            self.push()

    def _photo(self, sha256: str, data: bytes) -> None:
        try:
            outcome = self._store(sha256, data)
        except ProblemError as problem:
            if problem.code not in OF_ONE_PHOTO:
                raise
            outcome = wire.Outcome(outcome=wire.REJECTED, sha256=sha256, problem=details(problem))
        else:
            self.lines.append(wire.ReceiptLine(sha256=sha256))
        self.photos.append(outcome)

    def _store(self, sha256: str, data: bytes) -> wire.Outcome:
        """Store a photo with the checks of an upload, in a temporary file of its own."""
        if sha256_hex(data) != sha256:
            raise ProblemError("photo.wrong_hash")
        services, at = self._services, self._services.settings.now_text()
        if services.database.read(lambda c: photos.stored_of(c, [sha256])):
            return wire.Outcome(outcome=wire.DUPLICATE, sha256=sha256)
        disk_room.check(services, len(data))
        self._write(lambda c: photos.count(c, self.device.id, sha256, len(data), at))
        upload = photos.Upload(
            id=f"handover-{new_id()}", device=self.device.id, sha256=sha256, size_bytes=len(data)
        )
        try:
            services.files.append(upload.id, 0, data)
            services.files.finish(upload.id, sha256)
        finally:
            services.files.forget(upload.id)
        self._write(lambda c: photos.complete(c, upload, at, services.files.has))
        return wire.Outcome(outcome=wire.CREATED, sha256=sha256)

    def _write(self, job: Callable[[Connection], T]) -> T:
        """Run a job in the writer, unless the phone was stopped since the file was opened."""

        def checked(connection: Connection) -> T:
            devices.check_may_send(connection, devices.by_id(connection, self.device.id))
            return job(connection)

        return self._services.database.write(checked)


def _finish(services: Services, opening: Opening, intake: _FileIntake, who: str) -> ReceivedFile:
    """Sign the answer and write a line in the audit trail."""
    settings, device = services.settings, intake.device
    stamp = settings.real_now().isoformat()
    text = form.answer_text(
        form.Answer(
            device=device.id,
            epoch=services.database.epoch,
            knew=opening.head.epoch,
            answered_at=stamp,
            facts=intake.facts,
            photos=intake.photos,
            receipt=services.receipts.receipt(
                device.id, services.database.epoch, stamp, intake.lines
            ),
        )
    )
    names = services.database.read(lambda c: units.staff_names(c, device.season))
    kinds = [o.outcome for o in intake.facts]
    stored = sum(o.outcome != wire.REJECTED for o in intake.photos)
    taken = ReceivedFile(
        device=device,
        teacher=names.get(device.staff, ""),
        made_at=opening.head.made_at,
        answer=form.answer_bytes(text, services.receipts.sign(form.ANSWER + text)),
        created=kinds.count(wire.CREATED),
        duplicates=kinds.count(wire.DUPLICATE),
        gaps=kinds.count(wire.GAP),
        refused=kinds.count(wire.REJECTED) + kinds.count(wire.CONFLICT),
        photos=stored,
        photos_refused=len(intake.photos) - stored,
        left=intake.left,
    )
    note = {
        "who": who or taken.teacher,
        "ref": device.id,
        "unit": device.unit,
        "detail": f"{taken.created}+{taken.duplicates}/{len(kinds)}, "
        f"{taken.photos}/{len(intake.photos)}",
    }
    services.database.write(
        lambda c: audit.note(c, at=settings.now_text(), action="phone.handover", **note)
    )
    return taken
