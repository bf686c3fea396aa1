"""The link in the office's QR code.

The server's address, the one-time code, the certificate's hash.

    https://county.example/enrol#code=12345678&pin=…43 characters…

Code and pin stand behind the `#`: a browser never sends that part, so no access log, proxy or
Referer has them. The page at /enrol passes them to the app in the same form (`/app/#code=…`) or, to
an installed one, as `doorstep://enrol?server=…`.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

SCHEME = "doorstep"
CODE_DIGITS = 8
_PIN = re.compile(r"[A-Za-z0-9_-]{43}")
_OURS = re.compile(r"/(?:enrol|app)(?:/.*)?$")


class EnrolLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a link says; "" for what it does not say.

    Attributes:
        url: The server, without a slash at its end.
        code: 8 digits.
        pin: sha256 of its root certificate's DER, unpadded base64url; without it the certificate
            must be publicly trusted.

    """

    url: str
    code: str = ""
    pin: str = ""


def write(link: EnrolLink) -> str:
    """Return the text of the QR code."""
    values = {name: value for name, value in (("code", link.code), ("pin", link.pin)) if value}
    return f"{link.url}/enrol" + (f"#{urlencode(values)}" if values else "")


def read(text: str) -> EnrolLink | None:
    """Read what somebody pasted, scanned or opened the app with.

    A code that is not 8 digits and a pin that is not a hash are left out: without its pin a private
    certificate is refused.

    Returns:
        The link; None for any other text, a bare address included.

    """
    try:
        parts = urlsplit(text.strip())
        _ = parts.port  # raises for what is not a number
        values = {**_values(parts.query), **_values(parts.fragment)}
    except ValueError:
        return None
    # a device may hand on the link without its scheme
    if parts.scheme in (SCHEME, "") and "server" in values:
        server = values["server"].rstrip("/")
    elif parts.scheme in ("http", "https") and parts.netloc and "code" in values:
        server = f"{parts.scheme}://{parts.netloc}{_OURS.sub('', parts.path).rstrip('/')}"
    else:
        return None
    if not server.startswith(("https://", "http://")):
        return None
    code, pin = values.get("code", ""), values.get("pin", "")
    return EnrolLink(
        url=server,
        code=code if len(code) == CODE_DIGITS and code.isascii() and code.isdecimal() else "",
        pin=pin if _PIN.fullmatch(pin) else "",
    )


def address(typed: str) -> str:
    """Return the server's URL from an address as typed.

    Https unless it says otherwise, without our pages' paths.

    What a Chinese keyboard makes of colon, slash and dot is accepted; "" for what is not an
    address.
    """
    text = unicodedata.normalize("NFKC", typed).replace("。", ".").strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        _ = parts.port  # raises for what is not a number
    except ValueError:
        return ""
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or any(c.isspace() for c in parts.netloc)
    ):
        return ""
    return f"{parts.scheme}://{parts.netloc}{_OURS.sub('', parts.path).rstrip('/')}"


def digits(typed: str) -> str:
    """Return the digits 0-9 of a code as typed; full-width ones count, blanks and dashes do not."""
    return "".join(c for c in unicodedata.normalize("NFKC", typed) if c in "0123456789")


def _values(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, max_num_fields=8).items()}
