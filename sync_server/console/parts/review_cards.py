"""One record as a card to judge: in words, what is odd about it, and what it would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shared.cases import Case
from shared.contacts import AcceptedContact, in_force
from shared.identity import mask_address, mask_phone
from shared.lifecycle import read_all
from shared.records.base import Fact
from shared.records.contact_update import ContactUpdate
from shared.records.registry import fits, named, read_as
from shared.review_needs import FINDINGS, Known, Record
from shared.season import Season, moment_of
from sync_server.console.parts.record_view import RecordView, describe
from sync_server.console.web.formatting import Words
from sync_server.office.review import QueueItem

_WORDS = {code.code: code for code in FINDINGS}


class Change(msgspec.Struct, frozen=True):
    """One line of what a record changes: before beside after."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Whether the line changes anything."""
        return self.before != self.after


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A record to judge.

    Attributes:
        view: Its words.
        findings: What is odd about it, one sentence each.
        changes: What a correction or a new contact changes, line by line.
        replaces: Photos that the corrected record had and has no more.
    """

    item: QueueItem
    view: RecordView
    findings: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    replaces: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The fact that a verdict names."""
        return self.item.fact.fact.id

    @property
    def shown(self) -> str:
        """What the form of all cards says of it: its id and the findings that were shown."""
        return " ".join((self.id, *self.item.record.findings))


def card(
    item: QueueItem, season: Season, words: Words, contacts: Sequence[AcceptedContact]
) -> Card:
    """Make the card of a record; `contacts` are what the office accepted of its case."""
    fact = item.fact.fact
    view = describe(fact, season, words, masked=False)
    changes: Sequence[Change] = ()
    replaces: tuple[str, ...] = ()
    if fact.kind == "correction":
        before, after = _corrected(fact, [f.fact for f in item.facts])
        changes = _changes(before, after, season, words) if before else ()
        if before and after:
            replaces = tuple(p for p in before.photos if p not in after.photos)
    elif fact.kind == "contact_update" and fits(fact):
        changes = _new_contact(read_as(fact.body, ContactUpdate), item.case, contacts, words)
    findings = tuple(_sentence(code, item.record, words) for code in item.record.findings)
    return Card(
        item=item,
        view=msgspec.structs.replace(view, fields=_kept(view, changes)) if changes else view,
        findings=tuple(found for found in findings if found),
        changes=tuple(changes),
        replaces=replaces,
    )


def _kept(view: RecordView, changes: Sequence[Change]) -> tuple[tuple[str, str], ...]:
    """The lines of a record that its changes do not show already."""
    shown = {(one.label, one.after) for one in changes}
    return tuple(line for line in view.fields if line not in shown)


def _corrected(correction: Fact, facts: Sequence[Fact]) -> tuple[Fact | None, Fact | None]:
    """How the record read before a correction, and after it; None where it was not, or is not."""
    place = next(i for i, fact in enumerate(facts) if fact.id == correction.id)
    after = next(
        (one for one in read_all(facts[: place + 1]).records if one.by == correction.id), None
    )
    if after is None:
        return None, None
    before = next(r for r in read_all(facts[:place]).records if r.first.id == after.first.id)
    return before.now or before.first, after.now


def _changes(before: Fact, after: Fact | None, season: Season, words: Words) -> list[Change]:
    """Every line of a record before and after; where it is withdrawn, nothing after."""
    old = _lines(before, season, words)
    new = _lines(after, season, words) if after else {}
    return [
        Change(label, old.get(label, ""), new.get(label, ""))
        for label in dict.fromkeys((*old, *new))
    ]


def _lines(fact: Fact, season: Season, words: Words) -> dict[str, str]:
    view, kind = describe(fact, season, words, masked=False), named(fact.kind)
    head, long = kind.field(kind.headline), kind.field(kind.long)
    lines = {words("时间", "When"): view.when}
    lines[words(*head.label) if head else view.kind] = view.headline
    lines |= dict(view.fields)
    if view.long:
        lines[words(*long.label) if long else view.kind] = view.long
    if view.flags:
        lines[words("提示", "Flags")] = words("、", ", ").join(view.flags)
    return {label: value for label, value in lines.items() if value}


def _new_contact(
    body: ContactUpdate, case: Case, contacts: Sequence[AcceptedContact], words: Words
) -> list[Change]:
    """What the office has now of a phone, address or workplace, beside what it would be."""
    accepted = in_force(contacts).get(body.field)
    listed = {"phone": words("、", ", ").join(map(mask_phone, case.borrower.phones))}
    listed["address"] = mask_address(case.address)
    masks = {"phone": mask_phone, "address": mask_address}
    mask = masks.get(body.field, str)
    before = mask(accepted.value) if accepted else listed.get(body.field, "")
    after = body.value  # whole: nobody can judge a number by its mask
    if (accepted and accepted.value == body.value) or body.value in case.borrower.phones:
        after += words("(与现有的相同)", " (as it is now)")
    kind = named("contact_update")
    field = kind.field("field")
    label = next((c for c in field.table if c.code == body.field), None) if field else None
    return [Change(label.label(words.language) if label else body.field, before, after)]


def _sentence(code: str, record: Record, words: Words) -> str:
    """One finding in words, with the figures behind it; "" for flags, which the record shows."""
    known: Known = record.known
    label = _WORDS[code].label(words.language)
    if code == "flagged":
        return ""
    if code == "far" and known.away_km is not None:
        return words("{what}(约 {km} 公里)", "{what} (about {km} km)", what=label, km=_km(known))
    if code in ("late", "ahead") and record.now is not None:
        dated, received = moment_of(record.now.happened_at), moment_of(known.received_at)
        if dated and received:
            return words(
                "{what}:写的是 {dated},{received} 收到",
                "{what}: says {dated}, received {received}",
                what=label,
                dated=words.moment(dated),
                received=words.moment(received),
            )
    return label


def _km(known: Known) -> str:
    return f"{known.away_km or 0:.0f}"


def cards(
    items: Sequence[QueueItem],
    season: Season,
    words: Words,
    contacts: Mapping[str, Sequence[AcceptedContact]],
) -> list[Card]:
    """Make the cards of a page; `contacts` by case id."""
    return [card(item, season, words, contacts.get(item.case.id, ())) for item in items]
