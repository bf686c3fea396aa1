"""What was typed into a form whose session had ended: kept until its person has signed in again.

Kept in memory. Nothing is sent by itself: the words stand in their form again, to be looked at and
sent.
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
from urllib.parse import urlsplit

import msgspec
from litestar.datastructures import Cookie, UploadFile

from shared.problems import ProblemError
from sync_server.body_limits import MB
from sync_server.console.web.forms import FormRequest

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


class KeptForms:
    """The forms that wait for their people; few, and for an hour."""

    def __init__(self, secret: str) -> None:
        self._secret, self._forms = secret, OrderedDict[str, KeptForm]()

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
        now_s = time.monotonic()
        kept = KeptForm(
            nonce=known[0],
            proof=known[1],
            action=request.url.path,
            fields=fields,
            files=files,
            at_s=now_s,
        )
        key = secrets.token_urlsafe(24)
        self._forms[key] = kept
        self._let_go(kept.nonce, now_s)
        return Outcome(key=key)

    def _let_go(self, nonce: str, now_s: float) -> None:
        """Forget what is too old, and the oldest where a browser, or all of them, have too many."""
        for key in [k for k, one in self._forms.items() if now_s - one.at_s >= KEPT_FOR_S]:
            del self._forms[key]
        own = [key for key, one in self._forms.items() if one.nonce == nonce]
        for key in own[:-MOST_OF_BROWSER]:
            del self._forms[key]
        while len(self._forms) > MOST_FORMS:
            self._forms.popitem(last=False)

    def waits(self, key: str, name: str) -> bool:
        """Whether a form waits for this account."""
        found = self._forms.get(key)
        if found is None or time.monotonic() - found.at_s >= KEPT_FOR_S:
            return False
        return hmac.compare_digest(found.proof.encode(), self._mac(found.nonce, name).encode())

    def take(self, key: str, name: str) -> KeptForm | None:
        """Return a form to the account whose it is, once; for another it stays where it is."""
        return self._forms.pop(key) if self.waits(key, name) else None

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
