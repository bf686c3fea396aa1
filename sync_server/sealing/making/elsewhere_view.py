"""The page of a sealed file that says on what it stands where there is no stamped scan. Pure."""

from __future__ import annotations

from typing import Any

from shared.typography import full_width
from sync_server.paperwork import words
from sync_server.sealing.elsewhere import (
    BOUND_WORDS,
    OWN_FIELD,
    UNVERIFIED,
    Elsewhere,
    ElsewhereFile,
)
from sync_server.sealing.elsewhere_report import report
from sync_server.sealing.record import Findings

ORIGINAL = (
    "电子公章文件的原件附在本 PDF 里，一个字节不改；"
    "有法律意义的是原件里的电子公章，不是本页和后面的图。"
)


def elsewhere_view(elsewhere: Elsewhere) -> dict[str, Any]:
    """Return what the page says.

    Args:
        elsewhere: What the seal stands on.

    Returns:
        A JSON value in which every text is formatted as printed.
    """
    unverified = f"（{UNVERIFIED}）" if elsewhere.kind == "elsewhere_ofd" else ""
    by, at = elsewhere.declared.by, words.moment(elsewhere.declared.at)
    return {
        "title": f"本件以电子公章文件代替盖章扫描件{unverified}",
        "lines": [
            ORIGINAL,
            full_width(f"{by}于{at}声明：已打开看过，电子公章是本单位的，加盖的就是本版。"),
        ],
        "files": [_file(one) for one in elsewhere.files],
    }


def _file(file: ElsewhereFile) -> dict[str, Any]:
    said = Findings()
    report(file, file.name, said)
    facts = [
        ("附件名", file.name),
        ("上传时的名称", file.uploaded_as),
        ("大小", f"{file.size_bytes:,} 字节"),
        ("sha256", words.grouped(file.sha256, 64)),
        ("与打印稿", BOUND_WORDS[file.bound]),
    ]
    seals = [one for one in file.signatures if one.field != OWN_FIELD]
    if seals:
        facts.append(("签名", f"{len(seals)} 个"))
    return {
        "facts": [{"name": name, "value": full_width(value)} for name, value in facts],
        "lines": [full_width(one.message) for one in said.items],
    }
