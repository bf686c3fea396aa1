"""What may be done with a version of a summary, by its state; everything else is refused.

docs/states.md#a-summary draws these two tables. Together they hold every state for every action.
"""

from __future__ import annotations

from typing import Literal

from shared.problems import ProblemError

State = Literal[
    "composed",
    "printed",
    "stamped",
    "sealed",
    "submitted",
    "accepted",
    "returned",
    "discarded",
]
"""How far a version is."""
Action = Literal[
    "print",
    "scan",
    "scan_complete",
    "seal",
    "submit",
    "accept",
    "return",
    "take_back",
    "discard",
]
"""What the office does with it; `scan` found something missing, `scan_complete` did not."""

UNSEALED: tuple[State, ...] = ("composed", "printed", "stamped")
"""A draft: a version that may still be discarded."""
SEALED: tuple[State, ...] = ("sealed", "submitted", "accepted", "returned")
WITH_PAPER: tuple[State, ...] = ("stamped", "sealed", "submitted", "accepted")
"""The states in which a stamped paper exists that the centre waits for."""
HANDED_IN: tuple[State, ...] = ("submitted", "accepted")

AFTER: dict[Action, dict[State, State]] = {
    "print": {
        "composed": "printed",
        "printed": "printed",
        "stamped": "stamped",
        "sealed": "sealed",
        "submitted": "submitted",
        "accepted": "accepted",
        "returned": "returned",
    },
    "scan": {"printed": "printed", "stamped": "printed"},
    "scan_complete": {"printed": "stamped", "stamped": "stamped"},
    "seal": {"stamped": "sealed", "sealed": "sealed"},
    "submit": {"sealed": "submitted", "submitted": "submitted"},
    "accept": {"submitted": "accepted", "accepted": "accepted"},
    "return": {"submitted": "returned", "returned": "returned"},
    "take_back": {"accepted": "submitted", "returned": "submitted"},
    "discard": {
        "composed": "discarded",
        "printed": "discarded",
        "stamped": "discarded",
        "discarded": "discarded",
    },
}
"""The state that follows. Where it is the same one, the action was done before: the same button
pressed twice has one effect and one answer; a scan takes the place of the earlier one."""

_IS_SEALED = dict.fromkeys(SEALED, "summary.sealed")
_NOT_SUBMITTED = dict.fromkeys((*UNSEALED, "sealed"), "summary.not_submitted")
REFUSED: dict[Action, dict[State, str]] = {
    "print": {"discarded": "summary.discarded"},
    "scan": {"composed": "summary.not_printed", **_IS_SEALED, "discarded": "summary.discarded"},
    "scan_complete": {
        "composed": "summary.not_printed",
        **_IS_SEALED,
        "discarded": "summary.discarded",
    },
    "seal": {
        "composed": "summary.not_stamped",
        "printed": "summary.not_stamped",
        "submitted": "summary.sealed",
        "accepted": "summary.sealed",
        "returned": "summary.sealed",
        "discarded": "summary.discarded",
    },
    "submit": {
        **dict.fromkeys(UNSEALED, "summary.not_sealed"),
        "accepted": "summary.accepted",
        "returned": "summary.returned",
        "discarded": "summary.discarded",
    },
    "accept": {
        **_NOT_SUBMITTED,
        "returned": "summary.returned",
        "discarded": "summary.discarded",
    },
    "return": {
        **_NOT_SUBMITTED,
        "accepted": "summary.accepted",
        "discarded": "summary.discarded",
    },
    "take_back": {
        **dict.fromkeys((*UNSEALED, "sealed", "submitted"), "summary.no_verdict"),
        "discarded": "summary.discarded",
    },
    "discard": _IS_SEALED,
}
"""The problem that names the state and what can be done instead."""


def after(action: Action, state: State) -> State:
    """Return the state that follows an action.

    Raises:
        ProblemError: summary.discarded, summary.not_printed and the others of REFUSED.
    """
    following = AFTER[action].get(state)
    if following is None:
        raise ProblemError(REFUSED[action][state])
    return following
