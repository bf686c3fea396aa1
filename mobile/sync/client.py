"""The protocol's client and the only user of httpx: one method a call, structs in and out.

ProblemError net.unreachable no connection, cut, time-out, or a gateway without its server: try
again later ProblemError net.untrusted its certificate is not one this phone trusts ProblemError
net.bad_answer not our server answered, such as a hotel's sign-in page RemoteError the server
refused, with its own code and sentences
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import msgspec

from shared import wire
from shared.problems import ProblemError

if TYPE_CHECKING:
    import ssl

T = TypeVar("T")
TIMEOUT_S = 20.0
_GZIP_FROM_BYTES = 1024
_MAX_ROOT_BYTES = 16 * 1024


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


class Server:
    """A sync server. Use as `async with`.

    Args:
        url: Its address.
        token: The device's bearer token; "" before enrolment.
        transport: The port's httpx transport; None for the real network.
        ca: The only trusted root (DER, base64url); "" for the public roots. A port's own transport
            checks by itself.

    """

    def __init__(
        self,
        url: str,
        token: str = "",
        transport: httpx.AsyncBaseTransport | None = None,
        ca: str = "",
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            headers=headers,
            timeout=TIMEOUT_S,
            transport=transport,
            trust_env=False,
            verify=_only(ca) if ca and transport is None else True,
        )

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def enrol(self, request: wire.EnrolRequest) -> wire.EnrolReply:
        """Enrol this device."""
        return await self._post("/v1/enrol", request, wire.EnrolReply)

    async def renew(self, request: wire.RenewRequest) -> wire.EnrolReply:
        """Ask for a new device with a new key."""
        return await self._post("/v1/devices/renew", request, wire.EnrolReply)

    async def held(self, hashes: list[str]) -> wire.HeldReply:
        """Ask which facts (sha256) the server holds from this teacher's phones."""
        return await self._post("/v1/facts/held", wire.HeldRequest(hashes=hashes), wire.HeldReply)

    async def recover(self, request: wire.RecoverRequest) -> wire.RecoverReply:
        """Ask for this device's escrowed data key."""
        return await self._post("/v1/recover", request, wire.RecoverReply)

    async def push(self, request: wire.PushRequest) -> wire.PushReply:
        """Send facts."""
        return await self._post("/v1/facts", request, wire.PushReply)

    async def changes(self, after: str) -> wire.ChangesPage:
        """Return a page of changes after a cursor; "" starts from the beginning."""
        answer = await self._send("GET", "/v1/changes", params={"after": after} if after else {})
        return _read(answer, wire.ChangesPage)

    async def missing(self, hashes: list[str]) -> wire.MissingReply:
        """Ask which photos (sha256) the server lacks."""
        return await self._post(
            "/v1/photos/missing", wire.MissingRequest(hashes=hashes), wire.MissingReply
        )

    async def create_upload(self, sha256: str, size_bytes: int) -> str:
        """Start an upload, or find it again (tus 1.0.0 creation).

        Returns:
            The upload's path.

        """
        metadata = f"sha256 {_b64(sha256)},filetype {_b64('image/jpeg')}"
        headers = {**_TUS, "Upload-Length": str(size_bytes), "Upload-Metadata": metadata}
        answer = await self._send("POST", "/v1/uploads", headers=headers)
        _, found, upload = answer.headers.get("Location", "").rpartition("/v1/uploads/")
        if not found:
            raise ProblemError("net.bad_answer")
        return f"/v1/uploads/{upload}"

    async def upload_offset(self, path: str) -> int | None:
        """Return the bytes the server holds of an upload; None when it no longer knows it."""
        try:
            answer = await self._send("HEAD", path, headers=_TUS)
        except RemoteError as problem:
            if problem.status in (404, 410):
                return None
            raise
        held = answer.headers.get("Upload-Offset", "")
        if not held.isdecimal():
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
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        answer = await self._send("PATCH", path, headers=headers, content=rest)
        sent = answer.headers.get("Doorstep-Receipt")
        if not sent:
            return None
        try:
            return msgspec.json.decode(wire.unb64(sent), type=wire.Receipt)
        except ValueError as error:
            raise ProblemError("net.bad_answer") from error

    async def _post(self, path: str, body: object, shape: type[T]) -> T:
        data = msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        if len(data) >= _GZIP_FROM_BYTES:
            data, headers["Content-Encoding"] = gzip.compress(data, 6, mtime=0), "gzip"
        return _read(await self._send("POST", path, headers=headers, content=data), shape)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **options)
        except (httpx.RequestError, httpx.StreamError, httpx.InvalidURL) as error:
            raise ProblemError(
                "net.untrusted" if _untrusted(error) else "net.unreachable"
            ) from error
        if answer.status_code in _GATEWAY and "code" not in _details(answer):
            raise ProblemError("net.unreachable")
        if answer.is_error:
            raise RemoteError(answer.status_code, _details(answer))
        if not answer.is_success:
            raise ProblemError("net.bad_answer")
        return answer


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
    found = b""
    try:
        async with (
            httpx.AsyncClient(verify=anyone, timeout=TIMEOUT_S, trust_env=False) as http,
            http.stream("GET", f"{url.rstrip('/')}/ca.crt") as answer,
        ):
            if not answer.is_success:
                raise ProblemError("net.wrong_pin")
            async for piece in answer.aiter_bytes():
                found += piece
                if len(found) > _MAX_ROOT_BYTES:
                    raise ProblemError("net.wrong_pin")
    except (httpx.RequestError, httpx.StreamError, httpx.InvalidURL) as error:
        raise ProblemError("net.unreachable") from error
    if wire.b64(hashlib.sha256(found).digest()) != pin:
        raise ProblemError("net.wrong_pin")
    return wire.b64(found)


def _only(ca: str) -> ssl.SSLContext:
    import ssl  # as above

    return ssl.create_default_context(cadata=wire.unb64(ca))


def _untrusted(error: BaseException | None) -> bool:
    """Whether a certificate was the cause, however deep it is wrapped.

    By name: `ssl` may not be loaded.
    """
    while error is not None:
        if type(error).__name__ == "SSLCertVerificationError":
            return True
        error = error.__cause__ or error.__context__
    return False


_GATEWAY = (502, 503, 504)
_TUS = {"Tus-Resumable": "1.0.0"}


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _details(answer: httpx.Response) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, Any])
    except (
        ValueError,
        RecursionError,
    ):  # msgspec's errors and bytes that are not UTF-8 are ValueErrors
        return {"title": f"HTTP {answer.status_code}"}


def _read(answer: httpx.Response, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=shape)
    except (ValueError, RecursionError) as error:
        raise ProblemError("net.bad_answer") from error
