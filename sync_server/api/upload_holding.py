"""What is held of an upload while a request adds to it: one request at a time, whoever serves it.

On the disk of one process its memory says which uploads are being sent; where several serve, the
upload's row does (store/upload_claims.py). In a shared store the bytes are put aside in parts, each
named in the row after it is there.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from shared.problems import ProblemError
from sync_server.services import Services
from sync_server.store import upload_claims
from sync_server.store.photo_files import PhotoFiles
from sync_server.store.photo_objects import PART_BYTES, PhotoObjects, parts_of, parts_text
from sync_server.store.photos import Upload


class Holding(Protocol):
    """What is held of an upload; `held_bytes` is how much."""

    held_bytes: int

    async def begin_anew(self) -> None:
        """Drop what is held."""

    async def add(self, chunk: bytes) -> None:
        """Take the bytes that come next."""

    async def keep(self) -> None:
        """Make what was taken last: the phone goes on after it, wherever it asks."""

    async def finish(self) -> None:
        """Check all of it and give the photo its name."""

    async def drop_parts(self) -> None:
        """Remove what is left beside a photo that is stored."""


def held_bytes(services: Services, upload: Upload) -> int:
    """Return how much is held of an upload, for whoever asks."""
    if isinstance(services.files, PhotoObjects):
        return upload.held_bytes
    return services.files.offset(upload.id)


@asynccontextmanager
async def held(services: Services, upload: Upload) -> AsyncIterator[Holding]:
    """Give what is held of an upload to one request.

    Raises:
        ProblemError: upload.in_progress, upload.unknown.
    """
    if upload.id in services.uploads_in_progress:
        raise ProblemError("upload.in_progress")
    services.uploads_in_progress.add(upload.id)
    try:
        if services.is_alone and isinstance(services.files, PhotoFiles):
            yield OnDisk(services.files, upload)
        else:
            async with _claimed(services, upload) as holding:
                yield holding
    finally:
        services.uploads_in_progress.discard(upload.id)


@asynccontextmanager
async def _claimed(services: Services, upload: Upload) -> AsyncIterator[Holding]:
    claim = Claim(services, upload.id)
    fresh = await claim.take()
    files = services.files
    holding = (
        InParts(files, fresh, claim)
        if isinstance(files, PhotoObjects)
        else OnDisk(files, fresh, claim)
    )
    ended = True
    try:
        yield holding
        ended = holding.held_bytes == fresh.size_bytes  # its row is gone then
    except BaseException:
        ended = False
        raise
    finally:
        if isinstance(files, PhotoObjects):
            files.let_go(upload.id)
        if not ended:
            with suppress(ProblemError):  # it ends by itself
                await claim.give_back()


class Claim:
    """A row's word that this request is the one that sends an upload."""

    def __init__(self, services: Services, upload_id: str) -> None:
        self._services, self._id = services, upload_id
        self._mine, self._renewed_s = secrets.token_hex(8), time.monotonic()

    async def take(self) -> Upload:
        """Claim it. Raises ProblemError upload.in_progress, upload.unknown."""
        now = self._services.settings.real_now()
        return await self._services.write(
            lambda c: upload_claims.take(c, self._id, self._mine, now)
        )

    async def renew(self) -> None:
        """Say from time to time that somebody is at it."""
        if time.monotonic() - self._renewed_s < upload_claims.RENEW_S:
            return
        self._renewed_s, now = time.monotonic(), self._services.settings.real_now()
        await self._services.write(lambda c: upload_claims.renew(c, self._id, self._mine, now))

    async def hold(self, held_bytes: int, parts: str) -> None:
        """Note what lies in parts."""
        self._renewed_s, now = time.monotonic(), self._services.settings.real_now()
        await self._services.write(
            lambda c: upload_claims.hold(c, self._id, self._mine, held_bytes, parts, now)
        )

    async def give_back(self) -> None:
        """Let the next request claim it."""
        await self._services.write(lambda c: upload_claims.give_back(c, self._id, self._mine))


class OnDisk:
    """What is held in a file that grows at its end."""

    def __init__(self, files: PhotoFiles, upload: Upload, claim: Claim | None = None) -> None:
        self._files, self._upload, self._claim = files, upload, claim
        self.held_bytes = files.offset(upload.id)

    async def begin_anew(self) -> None:
        """Remove the file."""
        self._files.forget(self._upload.id)
        self.held_bytes = 0

    async def add(self, chunk: bytes) -> None:
        """Write at its end, unless it is another's by now."""
        if self._claim is not None:
            await self._claim.renew()
        self._files.append(self._upload.id, self.held_bytes, chunk)
        self.held_bytes += len(chunk)

    async def keep(self) -> None:
        """Do nothing: it is in the file."""

    async def finish(self) -> None:
        """Rename it."""
        await asyncio.to_thread(self._files.finish, self._upload.id, self._upload.sha256)

    async def drop_parts(self) -> None:
        """Do nothing: the file has become the photo."""


class InParts:
    """What is held in a shared store, and in memory up to the size of a part."""

    def __init__(self, files: PhotoObjects, upload: Upload, claim: Claim) -> None:
        self._files, self._upload, self._claim = files, upload, claim
        self._parts = list(parts_of(upload.parts))
        self._any_aside = bool(self._parts)
        self.held_bytes = upload.held_bytes

    async def begin_anew(self) -> None:
        """Let the row name no parts; those that are there go with the upload."""
        if self.held_bytes:
            self._parts, self.held_bytes = [], 0
            await self._claim.hold(0, "")

    async def add(self, chunk: bytes) -> None:
        """Take it into memory, and put a whole part aside."""
        self._files.append(self._upload.id, self.held_bytes, chunk)
        self.held_bytes += len(chunk)
        whole = self.held_bytes == self._upload.size_bytes
        if self._files.coming_bytes(self._upload.id) >= PART_BYTES and not whole:
            await self.keep()
        else:
            await self._claim.renew()

    async def keep(self) -> None:
        """Put what is in memory aside, then name it in the row.

        Raises:
            ProblemError: upload.in_progress where another has the claim by now, files.unreachable.
        """
        files, at = self._files, self.held_bytes - self._files.coming_bytes(self._upload.id)
        name = await asyncio.to_thread(files.put_aside, self._upload.id, at)
        if name:
            self._any_aside = True
            self._parts.append(name)
            await self._claim.hold(self.held_bytes, parts_text(self._parts))

    async def finish(self) -> None:
        """Put the parts together and write the photo."""
        asked = (self._upload.id, self._upload.sha256, tuple(self._parts))
        await asyncio.to_thread(self._files.finish, *asked)

    async def drop_parts(self) -> None:
        """Remove the parts of a photo that is stored; what stays is swept."""
        if self._any_aside:
            with suppress(ProblemError):
                await asyncio.to_thread(self._files.forget, self._upload.id)
