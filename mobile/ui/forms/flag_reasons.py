"""Which reasons fit which flag: nobody is offered a reason that cannot be the case."""

from __future__ import annotations

from collections.abc import Sequence

from mobile.i18n import Tongue
from mobile.ui.forms.open_form import Form

FITTING = {
    "alone": ("colleague", "none_planned", "met", "urgent"),
    "outside_hours": ("agreed", "met", "asked_for", "urgent"),
    "too_soon": ("agreed", "met", "asked_for", "urgent"),
    "third_party_early": ("met", "asked_for", "urgent"),
    "too_many_calls": ("agreed", "asked_for", "urgent"),
    "deceased": ("agreed", "met", "asked_for", "condolence", "urgent"),
    "no_photo": ("on_paper", "unwilling", "no_camera", "later"),
}
"""Flag -> the sentences `flag_reason.…` that may explain it, the likeliest first."""


def fitting(t: Tongue, flags: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The flags that one answer can explain, the first among them, and the sentences that do.

    All together where one sentence fits them all, otherwise the first by itself.
    """
    first = FITTING.get(flags[0], FITTING["outside_hours"])
    shared = [key for key in first if all(key in FITTING.get(flag, first) for flag in flags)]
    keys = shared or list(first)
    return tuple(flags if shared else flags[:1]), tuple(t(f"flag_reason.{key}") for key in keys)


def reason_of(form: Form, flag: str) -> str:
    """What the teacher said of a flag; "" while nothing.

    `flag_reason` stands for every flag: of a dial, or of a draft from before each had its own.
    """
    return str(form.get("why", {}).get(flag) or form.get("flag_reason"))


def explain(form: Form, flags: Sequence[str], words: str) -> None:
    """Note the teacher's reason for these flags."""
    form.put(why={**form.get("why", {}), **dict.fromkeys(flags, words)})
