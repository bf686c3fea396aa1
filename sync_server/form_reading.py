"""Read a form within the limits of its page: text in memory, files in the data folder.

A file's bytes lie in memory up to MEMORY_BYTES, then in a file of mode 0600 that has no name (on
Windows: that the system deletes when it is closed), so that a killed server leaves none.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl

from litestar.datastructures import FormMultiDict, UploadFile
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from shared.problems import ProblemError
from sync_server.body_limits import Takes
from sync_server.disk_errors import disk_problem

MEMORY_BYTES = 65_536
"""Bytes of one file that stay in memory."""
LONGEST_BOUNDARY = 70
"""Characters of what parts a form (RFC 2046, 5.1.1)."""
CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})
"""Texts of every form are UTF-8; no page asks for another encoding."""


class SpooledFile(UploadFile):
    """An uploaded file that overflows into the data folder, never into the system's own."""

    def __init__(self, segment: MultipartSegment, folder: Path) -> None:
        # not by the base class, which would open a file in the system's own place
        self.filename = str(segment.filename)
        self.content_type = segment.content_type or "text/plain"
        self.headers = dict(segment.headerlist)
        self.file = _spool(folder)


def _spool(folder: Path) -> tempfile.SpooledTemporaryFile[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES, dir=str(folder))


class FormReader:
    """Puts one multipart form together; `close` follows in any case."""

    def __init__(self, limits: Takes, folder: Path) -> None:
        """`folder`: where files overflow to."""
        self.files: list[SpooledFile] = []
        self._limits, self._folder = limits, folder
        self._pairs: list[tuple[str, str | UploadFile]] = []
        self._name = ""
        self._file: SpooledFile | None = None
        self._text = bytearray()

    async def read(self, stream: AsyncIterator[bytes], boundary: str) -> FormMultiDict:
        """Read the body to its end.

        Raises:
            ProblemError: request.unreadable, request.too_large, request.too_many_parts, disk.full,
                disk.broken.
        """
        if not 0 < len(boundary) <= LONGEST_BOUNDARY or not boundary.isascii():
            raise ProblemError("request.unreadable")
        # one more than may be, so that the part too many is ours to name
        parser = PushMultipartParser(boundary.encode(), max_segment_count=self._limits.parts + 2)
        count = 0
        try:
            async for chunk in stream:
                for event in parser.parse(chunk) if chunk else ():
                    if isinstance(event, MultipartSegment):
                        count += 1
                        self._begin(event, count)
                    elif event:
                        await self._take(event)
                    else:
                        await self._end()
            parser.close()
        except MultipartError as error:
            raise ProblemError("request.unreadable") from error
        return FormMultiDict(self._pairs)

    def close(self) -> None:
        """Close the files, which removes them."""
        for file in self.files:
            file.file.close()

    def _begin(self, segment: MultipartSegment, count: int) -> None:
        self._name, self._file, self._text = segment.name or "", None, bytearray()
        if count > self._limits.parts:
            raise ProblemError("request.too_many_parts", most=self._limits.parts)
        if segment.filename:
            if len(self.files) >= self._limits.files:
                raise ProblemError("request.too_many_files", most=self._limits.files)
            self._file = SpooledFile(segment, self._folder)
            self.files.append(self._file)
        elif (segment.charset or "").lower() not in CHARSETS:
            raise ProblemError("request.unreadable")

    async def _take(self, data: bytes) -> None:
        if self._file is None:
            self._text += data
            if len(self._text) > self._limits.text_bytes:
                raise ProblemError("request.too_large", limit=self._limits.text_bytes)
            return
        try:
            await self._file.write(data)
        except OSError as error:
            raise disk_problem(error) from error

    async def _end(self) -> None:
        if self._file is None:
            self._pairs.append((self._name, as_text(bytes(self._text))))
        else:
            await self._file.seek(0)
            self._pairs.append((self._name, self._file))


def fields(data: bytes, limits: Takes) -> FormMultiDict:
    """Read a form without files.

    Raises:
        ProblemError: request.unreadable, request.too_large, request.too_many_parts.
    """
    if data.count(b"&") >= limits.parts:
        raise ProblemError("request.too_many_parts", most=limits.parts)
    try:
        pairs = parse_qsl(as_text(data), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise ProblemError("request.unreadable") from error
    if any(len(text.encode()) > limits.text_bytes for pair in pairs for text in pair):
        raise ProblemError("request.too_large", limit=limits.text_bytes)
    return FormMultiDict(pairs)


def as_text(data: bytes) -> str:
    """Decode a field. Raises: ProblemError request.unreadable where it is not UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ProblemError("request.unreadable") from error
