"""The reasons that can be given for each flag: only those that can be true of it are offered."""

from __future__ import annotations

from collections.abc import Sequence

from mobile.i18n import Tongue
from mobile.ui.forms.open_form import Form
from shared.flag_reasons import asked_together


def reasons_for(t: Tongue, flags: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The flags to ask about in one question, the first always among them, and the reasons offered.

    All flags together where one reason can be given for all of them, otherwise only the first.
    """
    asked, reasons = asked_together(flags)
    return asked, tuple(reason.label(t.language) for reason in reasons)


def reason_of(form: Form, flag: str) -> str:
    """The reason given for a flag; "" while there is none.

    `flag_reason` is one reason for every flag: of a call, or of an older draft, where each flag did
    not have its own yet.
    """
    own, shared = form.get("why", {}), form.get("why_shared", {})
    return str(own.get(flag) or shared.get(flag) or form.get("flag_reason"))


def give_reason(
    t: Tongue, form: Form, asked: Sequence[str], reason: str, shown: Sequence[str] = ()
) -> None:
    """Set the reason for the flags `asked`, and for other flags shown that have none yet.

    Such another flag takes a reason that can be given for it, and loses it when the answer it was
    taken from is changed.

    Args:
        t: The language the reason is written in.
        form: The form.
        asked: The flags of the question that was answered.
        reason: The sentence chosen.
        shown: All flags on the screen.

    """
    before = form.get("why", {})
    own = {**before, **dict.fromkeys(asked, reason)}
    replaced = {before.get(flag) for flag in asked}
    kept = form.get("why_shared", {}).items()
    shared = {flag: words for flag, words in kept if words not in replaced}
    for flag in shown:
        given = own.get(flag) or shared.get(flag) or form.get("flag_reason")
        if not given and reason in reasons_for(t, (flag,))[1]:
            shared[flag] = reason
    form.put(why=own, why_shared=shared)
