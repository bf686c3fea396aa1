"""When the signatures of a file sealed elsewhere are enough, and what is said of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sync_server.paperwork import words
from sync_server.sealing.elsewhere import (
    BOUND_WORDS,
    NO_TIME,
    OWN_FIELD,
    ElsewhereFile,
    ForeignSignature,
)
from sync_server.sealing.record import Findings

SAID = {
    "intact": "elsewhere.signature_intact",
    "unchecked": "elsewhere.signature_unchecked",
}

LATER = {"allowed": "elsewhere.added_later", "other": "elsewhere.signed_over"}


def judge(name: str, signatures: Sequence[ForeignSignature], problems: Findings) -> None:
    """Note why a PDF's signatures are not enough.

    Args:
        name: The file's name.
        signatures: What was found in it.
        problems: Collects what prevents the seal.
    """
    foreign = [one for one in signatures if one.field != OWN_FIELD]
    if not foreign:
        code = "elsewhere.own_signature" if signatures else "elsewhere.no_signature"
        problems.note(code, file=name)
        return
    for one in signatures:
        if one.state == "broken":
            problems.note("elsewhere.signature_broken", file=name, signer=one.who)
    if not problems.has("elsewhere.signature_broken") and not any(one.covers for one in foreign):
        problems.note("elsewhere.changed_after", file=name, signer=foreign[-1].who)


def report(file: ElsewhereFile, name: str, found: Findings) -> None:
    """Note what a reader should know of a file that is taken.

    Args:
        file: The file.
        name: The name to show.
        found: Collects the remarks.
    """
    if file.is_ofd:
        found.note("elsewhere.ofd_unverified", file=name)
    else:
        found.note("elsewhere.bound", file=name, how=BOUND_WORDS[file.bound])
    for one in file.signatures:
        if one.field == OWN_FIELD:
            continue
        code = SAID.get(one.state)
        if code:
            found.note(
                code, file=name, signer=one.who, at=words.moment(one.at) if one.at else NO_TIME
            )
        if one.state != "broken" and not one.whole and one.later:
            found.note(LATER[one.later], file=name, signer=one.who)
