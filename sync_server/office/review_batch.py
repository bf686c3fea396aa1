"""Accept many records at one press, exactly those that a page showed, and take that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from shared.lifecycle import Review
from shared.problems import ProblemError
from shared.review_needs import Record
from shared.season import china_day
from sync_server.office import review, review_records
from sync_server.services import Services
from sync_server.store import cases, evidence, reviews, seasons
from sync_server.store.database import Connection
from sync_server.store.ids import new_id
from sync_server.store.reviews import Batch

Left = Literal["judged", "changed", "alone", "flagged", "sealed"]
MOST = 400
"""The most records of one press: a page shows fewer."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a press did.

    Attributes:
        batch: What it can be taken back by; "" where nothing was done.
        done: How many records it is about.
        left: How many were left as they were, by why: somebody has judged them, they were corrected
            or left the school since, they are only judged one by one, something odd was found that
            was not confirmed, or they stand in a sealed summary.
    """

    batch: str = ""
    done: int = 0
    left: Mapping[Left, int] = {}


def accept_shown(
    services: Services,
    unit: str,
    shown: Mapping[str, tuple[str, ...]],
    *,
    flagged: bool,
    who: str,
    key: str = "",
) -> Outcome:
    """Accept records that a page showed, in one step; what has changed since is left out.

    Pressed twice, the second press finds its own batch and writes nothing.

    Args:
        services: The server's services.
        unit: The school.
        shown: The findings that the page showed, by the record's fact id; none but these is judged.
        flagged: Whether those with findings are meant too. What was found since is not, and what
            must be judged by itself (`shared/review_needs.py: ALONE`) never is.
        who: The reviewer's name.
        key: The id that the page gave the batch.

    Raises:
        ProblemError: review.nothing_chosen.
    """
    if not shown or len(shown) > MOST:
        raise ProblemError("review.nothing_chosen")
    batch, now = key or new_id(), services.settings.now_text()

    def job(connection: Connection) -> Outcome:
        _check_open(services, connection)
        before = reviews.batch(connection, batch)
        if before is not None:
            return _again(connection, before)
        found = review_records.records_of(connection, services.season, unit)
        facts = {f.fact.id: f for one in found for f in one.facts}
        records = {r.fact: r for one in found for r in one.records}
        left, chosen = dict[Left, int](), []
        for fact_id, findings in shown.items():
            why = _why_left(records.get(fact_id), findings, flagged=flagged)
            if why is None:
                chosen.append(facts[fact_id])
            else:
                left[why] = left.get(why, 0) + 1
        given = Review(fact="", verdict="accepted", by=who, at=now)
        review.store(connection, chosen, given, batch)
        return Outcome(batch=batch if chosen else "", done=len(chosen), left=left)

    return services.change(job)


def _again(connection: Connection, before: Batch) -> Outcome:
    """Say what still stands of a press that was made before; another one, or an undo, counts."""
    now = reviews.reviews_of(connection, [one.fact for one in before.given])
    done = sum(now.get(one.fact) == one for one in before.given)
    gone = len(before.given) - done
    left: dict[Left, int] = {"judged": gone} if gone else {}
    return Outcome(batch=before.id if done else "", done=done, left=left)


def _why_left(record: Record | None, findings: tuple[str, ...], *, flagged: bool) -> Left | None:
    """Return why a record is not accepted with the others; None where it is."""
    if record is None or record.past:
        return "changed"
    if record.state in ("accepted", "returned"):
        return "judged"
    if record.is_alone:
        return "alone"
    if set(record.findings) - (set(findings) if flagged else set()):
        return "flagged"
    return None


def take_back(services: Services, unit: str, batch: str, *, who: str) -> Outcome:
    """Take back what one press accepted; a verdict given since stays, and one that is sealed.

    Raises:
        ProblemError: review.no_batch.
    """
    now = services.settings.now_text()

    def job(connection: Connection) -> Outcome:
        _check_open(services, connection)
        given = _of_school(services, connection, unit, batch)
        standing = reviews.reviews_of(connection, [one.fact for one in given.given])
        left, chosen = dict[Left, int](), []
        for one in given.given:
            fact = evidence.fact_of(connection, one.fact)
            if standing.get(one.fact) != one:
                why: Left = "judged"
            elif review.is_sealed(services, connection, fact, one):
                why = "sealed"
            else:
                chosen.append(fact)
                continue
            left[why] = left.get(why, 0) + 1
        undone = Review(fact="", verdict=reviews.TAKEN_BACK, by=who, at=now)
        review.store(connection, chosen, undone)
        return Outcome(done=len(chosen), left=left)

    return services.change(job)


def _of_school(services: Services, connection: Connection, unit: str, batch: str) -> Batch:
    found = reviews.batch(connection, batch)
    facts = [evidence.fact_of(connection, one.fact) for one in found.given] if found else []
    ids = {fact.fact.case for fact in facts}
    rows = cases.rows(connection, services.season, ids=ids, unit=unit, off_list=None)
    if found is None or {row["id"] for row in rows} != ids:
        raise ProblemError("review.no_batch")
    return found


def standing_batch(connection: Connection, season: str, unit: str) -> Batch | None:
    """Return the last batch of a school, as far as its verdicts still stand."""
    found = reviews.newest_batch(connection, season, unit)
    if found is None:
        return None
    now = reviews.reviews_of(connection, [one.fact for one in found.given])
    given = tuple(one for one in found.given if now.get(one.fact) == one)
    return msgspec.structs.replace(found, given=given) if given else None


def _check_open(services: Services, connection: Connection) -> None:
    today = china_day(services.settings.now())
    seasons.check_takes_changes(connection, services.season, today)
