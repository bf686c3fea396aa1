"""What was typed into a form whose session had ended: kept until its person has signed in again.

Kept in memory, or sealed in the database where several processes serve. Nothing is sent by itself:
the words stand in their form again, to be looked at and sent.
They are kept only for a browser in which somebody signed in, which a cookie of this server proves
that no other site's form carries, and shown only to that account. Passwords, passphrases and files
are not kept, the form of a password not at all (docs/decisions/0045).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar.datastructures import Cookie, UploadFile

from shared.problems import ProblemError
from sync_server.body_limits import MB
from sync_server.console.web.forms import FormRequest
from sync_server.services import Services
from sync_server.store import kept
from sync_server.store.database import Connection

COOKIE = "doorstep_forms"
LIFE_S = 30 * 24 * 3600
KEPT_FOR_S = 3600.0
MOST_FORMS = 100
MOST_OF_BROWSER = 10
"""So many forms of one browser wait: it pushes its own out, nobody else's."""
MOST_BODY_BYTES = 21 * MB
"""A longer body is not read: it is a stack of pictures."""
MOST_TEXT_BYTES = 100_000
NEVER = frozenset({"/password", "/sign-out"})
"""Pages whose fields are not kept."""
SECRETS = frozenset({"password", "passphrase", "again", "old", "new"})
"""Fields that are not kept: those that a page shows as dots."""
WHAT = "kept_form"
"""Where the request says what became of its form, for the page of the sign-in."""


class KeptForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was sent without a session.

    Attributes:
        nonce: Of the browser's cookie.
        proof: Whose browser it is: a keyed hash of the nonce and the account's name.
        action: Where the form was sent.
        fields: Its fields in order, without tokens and passwords.
        files: Whether files were chosen, too.
        at_s: When, by the steady clock.
    """

    nonce: str
    proof: str
    action: str
    fields: Sequence[tuple[str, str]]
    files: bool
    at_s: float


class Outcome(msgspec.Struct, frozen=True):
    """What became of a form: its key, or why it has none ("" without a form or a known browser)."""

    key: str = ""
    lost: str = ""


class Place(Protocol):
    """Where forms wait: few, and for an hour."""

    async def put(self, key: str, form: KeptForm) -> None:
        """Keep a form; the oldest go where a browser, or all of them, have too many."""

    async def find(self, key: str) -> KeptForm | None:
        """Return a form that still waits."""

    async def take(self, key: str) -> KeptForm | None:
        """Return it, once."""


class InMemory:
    """Of the one process that serves."""

    def __init__(self) -> None:
        self._forms = OrderedDict[str, KeptForm]()

    async def put(self, key: str, form: KeptForm) -> None:
        """Keep a form; forget what is too old, and the oldest where there are too many."""
        self._forms[key] = form
        for old in [k for k, one in self._forms.items() if form.at_s - one.at_s >= KEPT_FOR_S]:
            del self._forms[old]
        own = [k for k, one in self._forms.items() if one.nonce == form.nonce]
        for old in own[:-MOST_OF_BROWSER]:
            del self._forms[old]
        while len(self._forms) > MOST_FORMS:
            self._forms.popitem(last=False)

    async def find(self, key: str) -> KeptForm | None:
        """Return a form that still waits."""
        found = self._forms.get(key)
        return found if found and time.monotonic() - found.at_s < KEPT_FOR_S else None

    async def take(self, key: str) -> KeptForm | None:
        """Return it, once."""
        return self._forms.pop(key, None)


class InDatabase:
    """Of all processes over one database, sealed with their secret: it holds what people typed."""

    def __init__(self, services: Services, secret: str) -> None:
        self._services = services
        self._cipher = AESGCM(hashlib.sha256(f"forms at rest {secret}".encode()).digest())

    async def put(self, key: str, form: KeptForm) -> None:
        """Keep a form; the oldest of the browser go where it has too many."""
        nonce = secrets.token_bytes(12)
        body = nonce + self._cipher.encrypt(nonce, msgspec.json.encode(form), key.encode())
        lasts = timedelta(seconds=KEPT_FOR_S)

        def job(connection: Connection) -> None:
            kept.put(connection, "form", key, body, lasts, of=form.nonce)
            kept.keep_newest(connection, "form", form.nonce, MOST_OF_BROWSER)

        await self._services.write(job)

    async def find(self, key: str) -> KeptForm | None:
        """Return a form that still waits."""
        return self._opened(key, await self._services.read(lambda c: kept.find(c, "form", key)))

    async def take(self, key: str) -> KeptForm | None:
        """Return it, once."""
        return self._opened(key, await self._services.write(lambda c: kept.take(c, "form", key)))

    def _opened(self, key: str, found: kept.Kept | None) -> KeptForm | None:
        if found is None:
            return None
        nonce, sealed = found.body[:12], found.body[12:]
        try:
            plain = self._cipher.decrypt(nonce, sealed, key.encode())
        except InvalidTag:  # sealed before the keys were changed: nobody opens it any more
            return None
        return msgspec.json.decode(plain, type=KeptForm)


class KeptForms:
    """The forms that wait for their people."""

    def __init__(self, secret: str, place: Place | None = None) -> None:
        self._secret, self._place = secret, place or InMemory()

    def cookie(self, name: str, *, secure: bool) -> Cookie:
        """Return the cookie after a sign-in: forms of this browser are this account's."""
        nonce = f"{secrets.token_hex(16)}-{int(time.time())}"
        value = f"{nonce}.{self._mac(nonce, '')}.{self._mac(nonce, name)}"
        return Cookie(
            key=COOKIE,
            value=value,
            max_age=LIFE_S,
            path="/",
            httponly=True,
            secure=secure,
            samesite="strict",
        )

    async def keep(self, request: FormRequest) -> Outcome:
        """Keep a form if it comes from a browser in which somebody had signed in."""
        known = self._known(request)
        if known is None or request.url.path in NEVER or not _is_ours(request):
            return Outcome()
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
            return Outcome(lost="too_large")
        try:
            form = await request.form()
        except ProblemError:
            return Outcome(lost="unreadable")
        pairs = form.multi_items()
        fields = [(n, v) for n, v in pairs if isinstance(v, str) and _is_kept(n)]
        if sum(len(t.encode("utf-8", "replace")) for f in fields for t in f) > MOST_TEXT_BYTES:
            return Outcome(lost="too_large")
        files = any(isinstance(v, UploadFile) and v.filename for _, v in pairs)
        found = KeptForm(
            nonce=known[0],
            proof=known[1],
            action=request.url.path,
            fields=fields,
            files=files,
            at_s=time.monotonic(),
        )
        key = secrets.token_urlsafe(24)
        await self._place.put(key, found)
        return Outcome(key=key)

    async def waits(self, key: str, name: str) -> bool:
        """Whether a form waits for this account."""
        found = await self._place.find(key) if key else None
        if found is None:
            return False
        return hmac.compare_digest(found.proof.encode(), self._mac(found.nonce, name).encode())

    async def take(self, key: str, name: str) -> KeptForm | None:
        """Return a form to the account whose it is, once; for another it stays where it is."""
        return await self._place.take(key) if await self.waits(key, name) else None

    def _known(self, request: FormRequest) -> tuple[str, str] | None:
        nonce, _, rest = request.cookies.get(COOKIE, "").partition(".")
        mine, _, proof = rest.partition(".")
        made_here = nonce and hmac.compare_digest(mine.encode(), self._mac(nonce, "").encode())
        since = nonce.rpartition("-")[2] if made_here else ""
        of_late = since.isdecimal() and int(since[:12]) > time.time() - LIFE_S
        return (nonce, proof) if of_late else None

    def _mac(self, nonce: str, name: str) -> str:
        text = f"forms\0{nonce}\0{name}".encode("utf-8", "surrogatepass")
        return hmac.new(self._secret.encode(), text, hashlib.sha256).hexdigest()


def _is_kept(name: str) -> bool:
    return not name.startswith("_") and name not in SECRETS and "password" not in name


def _is_ours(request: FormRequest) -> bool:
    """Whether a page of this server sent a form, as far as the browser says.

    The cookie goes along with a form of another port of the same name, too: that is the same site.
    """
    site = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    if site or not origin:
        return site in ("", "same-origin")
    try:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:
        return False
