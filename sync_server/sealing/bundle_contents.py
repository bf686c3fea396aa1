"""What lies in a bundle: its list of contents (核验/清单.json), signed by the county, and names.

Sealed files prove themselves. The others, an explanation, a copy for reading, a part of a large
file, are proved by this list, which names every file with its hash and what it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.digest import canonical
from shared.wire import b64, unb64
from sync_server.sealing import certificates, withdrawn
from sync_server.sealing.certificates import Signer

SCHEMA = 1
CHECKING = "核验"
"""The folder for whoever verifies."""
SCHOOLS = "各校"
PARTS = f"{CHECKING}/大文件分卷"
NOTE = "00 说明.pdf"
REPORT = "01 汇总（盖章）.pdf"
WORKBOOK = "02 汇总表.xlsx"
REGISTER = f"{SCHOOLS}/00 各校封存件登记.pdf"
ROOT = f"{CHECKING}/root.pem"
HOW = f"{CHECKING}/怎样核验.txt"
CONTENTS = f"{CHECKING}/清单.json"
WITHDRAWN = f"{CHECKING}/{withdrawn.FILE_NAME}"
"""The place of the signed list of withdrawn certificates."""
FORM_WORDS = " 逐人表.xlsx"
COPY_WORDS = "（阅读副本，不是封存件）"
LONGEST_NAME = 50
"""Han characters of a school's or a folder's name; a longer one ends in …."""
MOST_CONTENTS_BYTES = 4 << 20
_NOT_IN_A_NAME = str.maketrans('<>:"/\\|?*', "＜＞：＂／＼｜？＊")

What = Literal[
    "note",
    "report",
    "workbook",
    "register",
    "school",
    "form",
    "copy",
    "part",
    "root",
    "how",
    "withdrawn",
]
"""What a file is. `copy`: smaller pictures of a sealed file's pages; `part`: a piece of one."""
WHAT_WORDS: dict[What, str] = {
    "note": "本包的说明",
    "report": "县级汇总封存件（盖章）",
    "workbook": "汇总表，与封存件里附的相同",
    "register": "各校封存件登记",
    "school": "学校的封存件",
    "form": "学校的逐人表，列按报送对象的表样，数据出自学校的封存件",
    "copy": "阅读副本：缩小的图，不是封存件",
    "part": "大文件的一卷：各卷依次接起来就是封存件",
    "root": "核验用的根证书",
    "how": "怎样核验",
    "withdrawn": "作废证书清单",
}
LIST_WORDS = "本包的清单，由发出单位签名"
Why = Literal["right", "elsewhere"]
"""Why a school's sealed file is not in the bundle."""
WHY_WORDS: dict[Why, str] = {
    "right": "其中有逐人情况说明和健康等原因，不提供给本报送对象",
    "elsewhere": "由别处送到县里，程序没有保存",
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the bundle.

    Attributes:
        path: In the folder, with slashes.
        what: What it is.
        sha256: Of its bytes, hex.
        size_bytes: Its size.
        of: Of a copy or a part: the path the whole sealed file would have.
        number: Of a part: which one, from 1.
    """

    path: str
    what: What
    sha256: str
    size_bytes: int
    of: str = ""
    number: int = 0


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A school's sealed file that was rolled up; `path` is "" where it is not in the bundle."""

    row: int
    unit: str
    document: str
    version: int
    file_sha256: str
    path: str = ""
    why: Why | Literal[""] = ""


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The list of contents.

    Attributes:
        name: The name of the folder.
        unit: The code of who sends it.
        recipient: To whom; "" where the report names nobody.
        document: The report's document.
        version: Its version.
        file_sha256: Of the sealed report.
        sealed_at: When it was sealed, as its signer says.
        files: Every file but this one, in order.
        children: The schools' sealed files that were rolled up.
    """

    schema: int = SCHEMA
    kind: str = "bundle"
    name: str
    unit: str
    recipient: str
    document: str
    version: int
    file_sha256: str
    sealed_at: str
    files: tuple[Entry, ...]
    children: tuple[Child, ...]


def sign(contents: Contents, signer: Signer) -> bytes:
    """Return the list as canonical JSON with its signature and the signer's chain.

    The signature is the same for the same list (RFC 6979), so that a bundle packed again is equal.

    Raises:
        ProblemError: certs.missing, certs.unreadable, certs.bad_passphrase, certs.not_p256.
    """
    leaf = certificates.load_certificate(signer.certificate)
    key = certificates.load_key(signer.key, signer.passphrase)
    body = msgspec.to_builtins(contents)
    signature = key.sign(canonical(body), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    chain = [leaf, certificates.load_certificate(signer.authority)]
    pem = "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in chain)
    return canonical({"contents": body, "signature": b64(signature), "chain": pem})


def read(data: bytes, trust_root_pem: bytes) -> Contents | None:
    """Return the list; None unless the county that it names signed it, under the pinned root."""
    try:
        tree = json.loads(data)
        leaf, county = x509.load_pem_x509_certificates(str(tree["chain"]).encode())
        root = x509.load_pem_x509_certificate(trust_root_pem)
        leaf.verify_directly_issued_by(county)
        county.verify_directly_issued_by(root)
        if not county.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return None
        key = leaf.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return None
        signed = canonical(tree["contents"])
        key.verify(unb64(tree["signature"]), signed, ec.ECDSA(hashes.SHA256()))
        contents = msgspec.convert(tree["contents"], Contents)
    except (
        AttributeError,
        InvalidSignature,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
        msgspec.MsgspecError,
        x509.ExtensionNotFound,
    ):
        return None
    ours = (contents.schema, contents.kind) == (SCHEMA, "bundle")
    paths = [one.path for one in contents.files]
    plain = len(set(paths)) == len(paths) and all(map(is_inside, paths))
    code = certificates.unit_code(leaf)
    named_right = contents.unit == code and certificates.is_countys(code)
    return contents if ours and plain and named_right else None


def is_exposed(data: bytes, lists: Sequence[bytes]) -> bool:
    """Return whether others may have the key that a list of contents, read before, is signed with.

    It names no time of its own, so it proves nothing then.
    """
    leaf, county = x509.load_pem_x509_certificates(str(json.loads(data)["chain"]).encode())
    listed = withdrawn.newest(lists, county)
    entry = listed.find(leaf) if listed else None
    return entry is not None and entry.exposed


def is_inside(path: str) -> bool:
    """Return whether a path stays in its folder, on any system."""
    parts = path.split("/")
    return all(part not in ("", ".", "..") and part == file_name(part, 0) for part in parts)


def file_name(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a text as a name that Windows, macOS and Linux take.

    Args:
        text: A school's or a recipient's name, or several joined.
        longest: The most characters kept; 0 keeps all.
    """
    plain = unicodedata.normalize("NFC", text).translate(_NOT_IN_A_NAME)
    plain = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in plain)).strip()
    if longest and len(plain) > longest:
        plain = plain[: longest - 1] + "…"
    return plain.rstrip(". ") or "_"
