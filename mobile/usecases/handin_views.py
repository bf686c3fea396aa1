"""What use cases return to screens of handing in: what waits, what is stuck, what a sync did."""

from __future__ import annotations

import msgspec

from mobile.usecases.handed_in import HandedIn, NoList
from mobile.usecases.moved import MovedTo
from mobile.usecases.text import Text


class StuckLine(msgspec.Struct, frozen=True, kw_only=True):
    """Records or photos that no sync moves any more.

    Attributes:
        code: The problem (shared.problems), `sync.…`.
        what: What is wrong.
        todo: What the teacher can do.

    """

    code: str
    facts: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    what: Text = Text()
    todo: Text = Text()


class OutboxLine(msgspec.Struct, frozen=True, kw_only=True):
    """One record of the outbox.

    `by`: who returned it; `problem`: the office's comment, or why it was refused.
    """

    fact: str
    kind: str
    case: str
    name: str
    happened_at: str
    state: str
    photos_left: int = 0
    problem: Text = Text()
    by: str = ""


class OutboxView(msgspec.Struct, frozen=True, kw_only=True):
    """The outbox.

    Attributes:
        returned: Records the office wants corrected.
        dropped: Records the centre did not take, with its reason; nothing is left to do about them.
        all_sent: Nothing waits any more.
        handed_in: Its state (mobile/usecases/handed_in.py).
        no_list: Why this phone has no list, where it has none.
        waits_long: Something has waited for more than a day.
        moved: The cases that another teacher has now, until the teacher has read it.
        last_problem: Why the last sync failed.
        stopped: The server refused this phone itself; it must be enrolled again, with all it holds.
        rewound: This phone's records do not continue the server's: what waits is sent once it has a
            new key (mobile/usecases/renew.py).
        missing: The number the server waits for and this phone no longer has; 0 where its data
            went back to an earlier state or was copied.
        stuck: What no sync moves any more, and what to do.
        new_season: The next season has begun, and the liaison has to confirm this phone in it.

    """

    lines: tuple[OutboxLine, ...] = ()
    returned: tuple[OutboxLine, ...] = ()
    dropped: tuple[OutboxLine, ...] = ()
    unsent: int = 0
    photos_unsent: int = 0
    rejected: int = 0
    all_sent: bool = True
    handed_in: HandedIn = "done"
    no_list: NoList = "not_fetched"
    waits_long: bool = False
    moved: tuple[MovedTo, ...] = ()
    last_sync_at: str = ""
    last_problem: Text = Text()
    stopped: bool = False
    rewound: bool = False
    missing: int = 0
    new_season: bool = False
    stuck: tuple[StuckLine, ...] = ()


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Progress of a sync. step: facts | photos | changes | done."""

    step: str
    done: int
    total: int


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one sync did.

    Attributes:
        ok: It ran to its end and nothing is stuck; else `problem` says what is wrong.
        through: It ran to its end.

    """

    ok: bool
    through: bool = False
    sent: int = 0
    duplicates: int = 0
    rejected: int = 0
    photos: int = 0
    photo_bytes: int = 0
    resumed: int = 0
    retries: int = 0
    received: int = 0
    gone: int = 0
    complete: bool = False
    problem: Text = Text()
    problem_code: str = ""
