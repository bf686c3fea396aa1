"""The protocol's client, with bounded.py the only user of httpx: one method a call.

- ProblemError net.unreachable: no connection, cut, time-out, or a gateway without its server; try
  again later.
- ProblemError net.untrusted: its certificate is not one this phone trusts.
- ProblemError net.bad_answer: not our server answered, such as a hotel's sign-in page, or more than
  an answer may hold (answers.py).
- RemoteError: the server refused, with its own code and sentences.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import httpx
import msgspec

from mobile.ports.api import ANSWER_LIMIT
from mobile.sync import answers
from mobile.sync.bounded import ACCEPTED, UnfitError, body_of, lines_of
from shared import wire
from shared.problems import ProblemError

if TYPE_CHECKING:
    import ssl

T = TypeVar("T")
TIMEOUT_S = 20.0
"""Silence after which a line counts as cut."""
ANSWER_S = 120.0
"""The longest an exchange may take, however slowly its bytes go on coming, besides sending."""
SLOWEST_BYTES_S = 1024
"""A line slower than this sends no photo in time; the next sync continues at the byte."""
MAX_SMALL_BYTES = 64 * 1024
"""An enrolment, a recovered key, an upload's answer, problem details."""
MAX_REPLY_BYTES = 1024 * 1024
"""The outcomes of a push or the photos missing, with the receipt: 500 lines are 300 KB."""
MAX_PAGE_BYTES = 8 * 1024 * 1024
"""A page of changes: 500 cases with their reviews are 2 MB, the season's texts 200 KB."""
MAX_PAGES_BYTES = 16 * 1024 * 1024
"""Several pages in one answer: a server ends it at the page with which it passes 2 MiB."""
MAX_ROOT_BYTES = 16 * 1024
_GZIP_FROM_BYTES = 1024
UPLOADS = "/v1/uploads"
_BODY = {"Content-Type": "application/offset+octet-stream"}
_SAYS_NOTHING = ("Accept", "Connection")
"""Headers that httpx sends with what holds without them."""


class RemoteError(Exception):
    """Problem details the server answered with; `code` may be one this version does not know."""

    def __init__(self, status: int, details: dict[str, Any]) -> None:
        self.status = status
        self.details = details
        self.code = str(details.get("code", ""))
        super().__init__(f"{status} {self.code}")

    @property
    def sentence(self) -> str:
        """What is wrong and what fixes it, in the server's words."""
        return "。".join(str(self.details[k]) for k in ("title", "detail") if self.details.get(k))


class Answer(NamedTuple):
    """An answer that was read within its limit."""

    status: int
    headers: httpx.Headers
    body: bytes


class Created(NamedTuple):
    """An upload that a server has, and what of its photo.

    Attributes:
        path: Where it is.
        held_bytes: What the server holds of it; None where an earlier server does not say.
        receipt: Where the photo was sent along and is stored.

    """

    path: str
    held_bytes: int | None
    receipt: wire.Receipt | None


class Server:
    """A sync server. Use as `async with`.

    `read_bytes` counts the bytes of its answers so far, unpacked.

    Args:
        url: Its address.
        token: The device's bearer token; "" before enrolment.
        transport: The port's httpx transport; None for the real network.
        ca: The only trusted root (DER, base64url); "" for the public roots. A port's own transport
            checks by itself.
        answer_s: The longest an exchange may take besides sending, in seconds.

    """

    def __init__(
        self,
        url: str,
        token: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        ca: str = "",
        answer_s: float = ANSWER_S,
    ) -> None:
        headers = {"Accept-Encoding": ACCEPTED, "User-Agent": "doorstep"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.read_bytes = 0
        self._answer_s = answer_s
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers=headers,
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,
            verify=True if transport is not None else _trusted(url, ca),
        )
        for name in _SAYS_NOTHING:
            del self._http.headers[name]

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def enrol(self, request: wire.EnrolRequest) -> wire.EnrolReply:
        """Enrol this device."""
        return await self._post("/v1/enrol", request, wire.EnrolReply, MAX_SMALL_BYTES)

    async def renew(self, request: wire.RenewRequest) -> wire.EnrolReply:
        """Ask for a new device with a new key."""
        return await self._post("/v1/devices/renew", request, wire.EnrolReply, MAX_SMALL_BYTES)

    async def held(self, hashes: list[str]) -> wire.HeldReply:
        """Ask which facts (sha256) the server holds from this teacher's phones."""
        asked = wire.HeldRequest(hashes=hashes)
        return await self._post("/v1/facts/held", asked, wire.HeldReply, MAX_REPLY_BYTES)

    async def recover(self, request: wire.RecoverRequest) -> wire.RecoverReply:
        """Ask for this device's escrowed data key."""
        return await self._post("/v1/recover", request, wire.RecoverReply, MAX_SMALL_BYTES)

    async def push(self, request: wire.PushRequest) -> wire.PushReply:
        """Send facts."""
        return await self._post("/v1/facts", request, wire.PushReply, MAX_REPLY_BYTES)

    async def changes(
        self, after: str, held_from: int = 0, season: str = wire.NO_SEASON
    ) -> wire.ChangesPage:
        """Return a page of changes.

        Args:
            after: The cursor; "" starts from the beginning.
            held_from: The lowest number of its chain that this phone holds, from 1: the teacher's
                other records come with their cases. 0 asks for none.
            season: The tag (wire.season_tag) of the season on this phone: it is not sent again.

        """
        asked = _asked(after, held_from, season)
        answer = await self._send("GET", "/v1/changes", MAX_PAGE_BYTES, params=asked)
        return answers.read(answer.body, wire.ChangesPage)

    async def pages(
        self, after: str, held_from: int = 0, season: str = wire.NO_SEASON
    ) -> AsyncGenerator[wire.ChangesPage]:
        """Yield pages of changes as they come in one answer; a server of before gives one.

        Whoever asked goes on at the last one's cursor, also where the line was cut after it.

        Args:
            after: As of `changes`, and so the others.
            held_from: The same.
            season: The same.

        """
        asked = _asked(after, held_from, season) | {"many": "1"}
        request = self._http.build_request(
            "GET", "/v1/changes", extensions={ANSWER_LIMIT: MAX_PAGES_BYTES}, params=asked
        )
        with _problems_named():
            async with asyncio.timeout(self._answer_s):
                answer = await self._http.send(request, stream=True)
        try:
            if not answer.is_success:
                with _problems_named():
                    async with asyncio.timeout(self._answer_s):
                        self._judged(await self._read(answer, MAX_SMALL_BYTES))
            lines = lines_of(answer, MAX_PAGE_BYTES)
            while True:
                with _problems_named():
                    async with asyncio.timeout(self._answer_s):
                        line = await anext(lines, None)
                if line is None:
                    return
                self.read_bytes += len(line)
                yield answers.read(line, wire.ChangesPage)
        finally:
            await answer.aclose()

    async def missing(self, hashes: list[str]) -> wire.MissingReply:
        """Ask which photos (sha256) the server lacks."""
        asked = wire.MissingRequest(hashes=hashes)
        return await self._post("/v1/photos/missing", asked, wire.MissingReply, MAX_REPLY_BYTES)

    async def own_photo(self, sha256: str) -> bytes:
        """Return a photo of a record that this phone's teacher made, on whichever phone.

        Raises:
            ProblemError: photo.wrong_hash for other bytes than these.

        """
        answer = await self._send("GET", f"/v1/photos/own/{sha256}", wire.MAX_PHOTO_BYTES)
        if hashlib.sha256(answer.body).hexdigest() != sha256:
            raise ProblemError("photo.wrong_hash")
        return answer.body

    async def create_upload(self, sha256: str, size_bytes: int, data: bytes = b"") -> Created:
        """Start an upload, or find it again (tus 1.0.0 creation).

        Args:
            sha256: The photo's hash.
            size_bytes: Its length.
            data: The whole photo, sent along (creation-with-upload); b"" to send it afterwards.

        """
        metadata = f"sha256 {_b64(sha256)},filetype {_b64('image/jpeg')}"
        headers = {**_TUS, "Upload-Length": str(size_bytes), "Upload-Metadata": metadata}
        if data:
            headers |= _BODY
        answer = await self._send("POST", UPLOADS, headers=headers, content=data)
        _, found, upload = answer.headers.get("Location", "").rpartition("/v1/uploads/")
        if not found or not _UPLOAD.fullmatch(upload):
            raise ProblemError("net.bad_answer")
        held = answer.headers.get("Upload-Offset", "")
        held_bytes = int(held) if _OFFSET.fullmatch(held) else None
        return Created(f"{UPLOADS}/{upload}", held_bytes, _receipt_of(answer))

    async def upload_offset(self, path: str) -> int | None:
        """Return the bytes the server holds of an upload; None when it no longer knows it."""
        try:
            answer = await self._send("HEAD", path, headers=_TUS)
        except RemoteError as problem:
            if problem.status in (404, 410):
                return None
            raise
        held = answer.headers.get("Upload-Offset", "")
        if not _OFFSET.fullmatch(held):
            raise ProblemError("net.bad_answer")
        return int(held)

    async def upload(self, path: str, offset: int, rest: bytes) -> wire.Receipt | None:
        """Send the rest of an upload.

        Args:
            path: The upload's path.
            offset: Where the rest begins, in bytes.
            rest: The bytes from there.

        Returns:
            The receipt when this completed the photo.

        """
        headers = {**_TUS, **_BODY, "Upload-Offset": str(offset)}
        return _receipt_of(await self._send("PATCH", path, headers=headers, content=rest))

    async def _post(self, path: str, body: object, shape: type[T], limit_bytes: int) -> T:
        data = msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        if len(data) >= _GZIP_FROM_BYTES:
            data, headers["Content-Encoding"] = gzip.compress(data, 6, mtime=0), "gzip"
        answer = await self._send("POST", path, limit_bytes, headers=headers, content=data)
        return answers.read(answer.body, shape)

    async def _send(
        self, method: str, path: str, limit_bytes: int = MAX_SMALL_BYTES, **options: Any
    ) -> Answer:
        sent_bytes = len(options.get("content", b""))
        with _problems_named():
            async with asyncio.timeout(self._answer_s + sent_bytes / SLOWEST_BYTES_S):
                answer = await self._exchange(method, path, limit_bytes, options)
        return self._judged(answer)

    @staticmethod
    def _judged(answer: Answer) -> Answer:
        """Return an answer that is one. Raises: RemoteError, ProblemError for the others."""
        if httpx.codes.is_success(answer.status):
            return answer
        details = answers.problem_details(answer.body)
        if answer.status in _GATEWAY and "code" not in details:
            raise ProblemError("net.unreachable")
        if httpx.codes.is_error(answer.status):
            raise RemoteError(answer.status, details or {"title": f"HTTP {answer.status}"})
        raise ProblemError("net.bad_answer")

    async def _exchange(
        self, method: str, path: str, limit_bytes: int, options: dict[str, Any]
    ) -> Answer:
        request = self._http.build_request(
            method, path, extensions={ANSWER_LIMIT: limit_bytes}, **options
        )
        answer = await self._http.send(request, stream=True)
        return await self._read(answer, limit_bytes)

    async def _read(self, answer: httpx.Response, limit_bytes: int) -> Answer:
        try:
            body = await body_of(answer, MAX_SMALL_BYTES if answer.is_error else limit_bytes)
        except UnfitError:
            if not answer.is_error:
                raise
            body = b""  # the status alone says that it refused
        finally:
            await answer.aclose()
        self.read_bytes += len(body)
        return Answer(answer.status_code, answer.headers, body)


async def pinned_root(url: str, pin: str) -> str:
    """Fetch the root certificate the QR code vouches for from the server itself.

    Args:
        url: The server's address.
        pin: sha256 of the certificate's DER, base64url.

    Returns:
        The certificate: DER, base64url.

    Raises:
        ProblemError: net.wrong_pin, net.unreachable.

    """
    import ssl  # here: the web app would load it at every start for nothing

    anyone = ssl.create_default_context()
    anyone.check_hostname = False
    # for this one public file, which is trusted for its hash alone
    anyone.verify_mode = ssl.CERT_NONE
    asked = {"Accept-Encoding": ACCEPTED}
    try:
        async with (
            asyncio.timeout(ANSWER_S),
            httpx.AsyncClient(verify=anyone, timeout=TIMEOUT_S, trust_env=False) as http,
            http.stream("GET", f"{url.rstrip('/')}/ca.crt", headers=asked) as answer,
        ):
            if not answer.is_success:
                raise ProblemError("net.wrong_pin")
            found = await body_of(answer, MAX_ROOT_BYTES)
    except (httpx.RequestError, httpx.StreamError, httpx.InvalidURL, TimeoutError) as error:
        raise ProblemError("net.unreachable") from error
    except UnfitError as error:
        raise ProblemError("net.wrong_pin") from error
    if wire.b64(hashlib.sha256(found).digest()) != pin:
        raise ProblemError("net.wrong_pin")
    return wire.b64(found)


def _receipt_of(answer: Answer) -> wire.Receipt | None:
    """Return the receipt of a photo that is stored. Raises: ProblemError net.bad_answer."""
    sent = answer.headers.get("Doorstep-Receipt")
    if not sent:
        return None
    try:
        receipt = wire.unb64(sent)
    except ValueError as error:
        raise ProblemError("net.bad_answer") from error
    return answers.read(receipt, wire.Receipt)


def _trusted(url: str, ca: str) -> ssl.SSLContext | bool:
    """Return which roots are trusted: the given one alone, the public ones, or none without TLS.

    Reading the public roots takes 20 ms, before anything is asked.
    """
    if not ca and not url.startswith("http://"):
        return True
    import ssl  # as above

    if ca:
        return ssl.create_default_context(cadata=wire.unb64(ca))
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _untrusted(error: BaseException | None) -> bool:
    """Whether a certificate was the cause, however deep it is wrapped.

    By name: `ssl` may not be loaded.
    """
    while error is not None:
        if type(error).__name__ == "SSLCertVerificationError":
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def _problems_named() -> Iterator[None]:
    """Raise what goes wrong on the way as what it means to the phone."""
    try:
        yield
    except (httpx.RequestError, httpx.StreamError, httpx.InvalidURL, TimeoutError) as error:
        raise ProblemError("net.untrusted" if _untrusted(error) else "net.unreachable") from error
    except UnfitError as error:
        raise ProblemError("net.bad_answer") from error


def _asked(after: str, held_from: int, season: str) -> dict[str, str]:
    known = {"after": after, "own": str(held_from) if held_from else "", "lean": season}
    return {name: value for name, value in known.items() if value}


_GATEWAY = (502, 503, 504)
_UPLOAD = re.compile(r"[A-Za-z0-9_-]{1,128}")
_OFFSET = re.compile(r"[0-9]{1,10}")
_TUS = {"Tus-Resumable": "1.0.0"}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
