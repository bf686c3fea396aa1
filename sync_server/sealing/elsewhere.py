"""A file that was sealed electronically elsewhere and stands in place of the stamped scan. Pure.

What is recorded of it, and when its signatures are enough. Whether the body behind a signature may
seal for the school is never judged here: whoever receives the paper knows whose seal counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

PDF_TYPE, OFD_TYPE = "application/pdf", "application/ofd"
OWN_FIELD = "SystemSignature"
"""The name of the field of our own signature, which is no official seal (making/sign.py)."""
StandsOn = Literal["elsewhere_pdf", "elsewhere_ofd"]
"""What a seal stands on where it is no scan."""
Bound = Literal["same_pages", "codes", "declared"]
"""How a file is bound to our print: it begins with our bytes and shows our pages unchanged, the
codes on its pages name this version and data, or a person says so."""
BOUND_WORDS: dict[Bound, str] = {
    "same_pages": "与打印稿逐页一致",
    "codes": "各页二维码与本版一致，未逐字比对",
    "declared": "由经办人声明与本版一致，程序没有核对",
}
UNVERIFIED = "未核验"
MARKS: dict[StandsOn, str] = {
    "elsewhere_pdf": "（电子公章）",
    "elsewhere_ofd": f"（电子公章 OFD，{UNVERIFIED}）",
}
"""What stands behind a document's number in lists."""
NOBODY = "（证书里没有名称）"
NO_TIME = "未写时间"


class ForeignSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature in a PDF as its reader found it.

    Attributes:
        field: The name of its field.
        signer: Whom the certificate names; "" where it cannot be read.
        issuer: Who issued the certificate, as it says.
        at: The time the signer claims (ISO), "" without one.
        state: `intact`, `broken`, or `unchecked` where this program knows no way to check it.
        whole: Whether it covers the file to its last byte.
        later: What was added behind it: nothing that changes the document (""), more signatures or
            filled fields (`allowed`), or a change (`other`).
    """

    field: str = ""
    signer: str = ""
    issuer: str = ""
    at: str = ""
    state: Literal["intact", "broken", "unchecked"]
    whole: bool
    later: Literal["", "allowed", "other"] = ""

    @property
    def who(self) -> str:
        """The signer in words."""
        return self.signer or NOBODY

    @property
    def covers(self) -> bool:
        """Whether what the file shows now is what was signed."""
        return self.state != "broken" and (self.whole or self.later != "other")


class ElsewherePage(msgspec.Struct, frozen=True, kw_only=True):
    """Which printed page a page of the file shows; both count from 1."""

    page_in_file: int
    page: int


class ElsewhereFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was uploaded: `name` is that of its attachment, `sha256` hex."""

    name: str
    uploaded_as: str
    sha256: str
    size_bytes: int
    media_type: str
    bound: Bound
    pages: tuple[ElsewherePage, ...] = ()
    signatures: tuple[ForeignSignature, ...] = ()

    @property
    def is_ofd(self) -> bool:
        """Whether no signature in it can be checked here."""
        return self.media_type == OFD_TYPE


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Who said that the file was looked at and is this version, and when (ISO)."""

    by: str
    at: str


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """What a seal stands on in place of a scan."""

    kind: StandsOn
    declared: Declared
    files: tuple[ElsewhereFile, ...]


def mark_of(kind: StandsOn | msgspec.UnsetType) -> str:
    """Return what stands behind a document's number in lists, "" where its seal has a scan."""
    return MARKS[kind] if kind else ""


def kind_of(files: Sequence[ElsewhereFile]) -> StandsOn:
    """Return the kind of several files: one OFD among them makes all of it unverified."""
    return "elsewhere_ofd" if any(one.is_ofd for one in files) else "elsewhere_pdf"
