"""The phone's own records and their states, in memory and as they are read again after a restart."""

from __future__ import annotations

import pytest

from mobile.store.facts import FactStore
from mobile.store.kept import DROPPED, FORKED, Kept
from mobile.store.meta import ChainHead, Meta
from mobile.usecases.drafts import list_drafts, save_draft
from shared.digest import GENESIS, link
from shared.problems import ProblemError, details
from shared.records.base import Body, Fact, encode, plain
from shared.records.correction import Correction
from shared.wire import OwnRecord, b64
from tests.mobile.conftest import NOON, Bench, vault_in
from tests.support.phone.records import VISIT, photo

WHY = details(ProblemError("fact.wrong_season"))


@pytest.fixture
def facts(bench: Bench) -> FactStore:
    return bench.phone.store.facts


async def add(
    facts: FactStore,
    id: str,
    case: str = "case-1",
    photos: tuple[str, ...] = (),
    body: Body = VISIT,
    draft: str = "",
) -> Kept:
    """A record with this id, not in the chain yet."""
    at = NOON.isoformat()
    fact = Fact(
        id=id,
        season="2019",
        kind="correction" if isinstance(body, Correction) else "visit",
        case=case,
        captured_at=at,
        happened_at=at,
        body=plain(body),
        photos=photos,
    )
    return await facts.add(fact, encode(fact), 5, draft)


async def joined(facts: FactStore, *ids: str) -> None:
    for id in ids:
        await add(facts, id)
        await facts.join(id)


def correction(of: str, *, withdraw: bool = False) -> Correction:
    body = None if withdraw else plain(VISIT)
    return Correction(corrects=of, reason="选错", withdraw=withdraw, body=body)


async def read_again(bench: Bench) -> FactStore:
    """The records as the next start reads them."""
    return (await bench.again()).store.facts


def states(facts: FactStore) -> dict[str, str]:
    return {k.id: k.state for k in facts.all()}


def unsent(facts: FactStore, case: str = "") -> list[str]:
    return [k.id for k in (facts.unsent(case) if case else facts.unsent())]


# adding and taking back


async def test_a_record_is_read_again_as_it_was_added(bench: Bench, facts: FactStore) -> None:
    added = await add(facts, "a")
    assert (added.state, added.saved_ms, added.n, added.sig) == ("pending", 5, None, b"")
    assert (await read_again(bench)).all() == [added]


async def test_a_records_kind_is_in_its_row(bench: Bench, facts: FactStore) -> None:
    await add(facts, "a")
    assert [row["kind"] for row in bench.phone.store.db.table("fact").rows] == ["visit"]


async def test_a_record_takes_the_draft_of_its_own_form_only(
    bench: Bench, facts: FactStore
) -> None:
    for form in ("visit", "deliver"):
        await save_draft(bench.phone, "case-1", form, {})
    await add(facts, "a", draft="visit")
    assert [d.form for d in await list_drafts(bench.phone)] == ["deliver"]


async def test_a_record_without_a_form_takes_no_draft(bench: Bench, facts: FactStore) -> None:
    await save_draft(bench.phone, "case-1", "visit", {})
    await add(facts, "a")
    assert len(await list_drafts(bench.phone)) == 1


async def no_room() -> None:
    raise ProblemError("disk.full")


async def test_a_record_that_is_not_flushed_leaves_its_draft_and_its_photo_as_they_were(
    bench: Bench, facts: FactStore
) -> None:
    sha256 = await photo(bench.phone, b"a slip")
    await save_draft(bench.phone, "case-1", "visit", {"note": "x"})
    facts._flush = no_room
    with pytest.raises(ProblemError, match=r"disk\.full"):
        await add(facts, "a", photos=(sha256,), draft="visit")
    assert facts.all() == facts.of("case-1") == []
    assert bench.phone.store.photos.waiting() == []
    assert [d.fields for d in await list_drafts(bench.phone)] == [{"note": "x"}]
    assert (await read_again(bench)).all() == []


async def test_only_what_is_pending_can_be_taken_back(bench: Bench, facts: FactStore) -> None:
    await joined(facts, "a")
    await add(facts, "b")
    assert [await facts.undo(id) for id in ("a", "b", "b", "unknown")] == [
        False,
        True,
        False,
        False,
    ]
    assert states(facts) == {"a": "waiting"}
    assert states(await read_again(bench)) == {"a": "waiting"}


async def test_a_photo_of_a_record_taken_back_waits_on_only_for_another_record(
    bench: Bench, facts: FactStore
) -> None:
    alone, shared = await photo(bench.phone, b"alone"), await photo(bench.phone, b"shared")
    await add(facts, "a", photos=(alone, shared))
    await add(facts, "b", photos=(shared,))
    assert await facts.undo("a")
    assert [row.sha256 for row in bench.phone.store.photos.waiting()] == [shared]


# the chain


async def test_each_record_that_joins_continues_from_the_one_before(
    bench: Bench, facts: FactStore
) -> None:
    await joined(facts, "a", "b")
    first, second = facts.all()
    assert (first.n, first.link) == (1, link(GENESIS, first.sha256))
    assert (second.n, second.link) == (2, link(first.link, second.sha256))
    vault = bench.phone.vault
    assert await vault.verify(await vault.public_key(), second.link, second.sig)
    assert (first.state, second.state) == ("waiting", "waiting")
    head = ChainHead(n=2, link=b64(second.link))
    assert await bench.phone.store.meta.chain_head() == head
    assert (await read_again(bench)).all() == [first, second]
    assert await bench.phone.store.meta.chain_head() == head


async def test_a_record_joins_once_and_an_unknown_one_never(facts: FactStore) -> None:
    await joined(facts, "a")
    await facts.join("a")
    await facts.join("unknown")
    assert [k.n for k in facts.all()] == [1]


async def test_a_number_is_found_where_a_record_has_it(facts: FactStore) -> None:
    await joined(facts, "a", "b")
    assert [facts.has_number(n) for n in (0, 1, 2, 3)] == [False, True, True, False]


async def new_chain(facts: FactStore, **cells: object) -> None:
    await facts.begin_chain(cells, ["rewound"], lambda: None)


async def test_a_new_chain_takes_every_number_link_and_signature_away(
    bench: Bench, facts: FactStore
) -> None:
    await joined(facts, "a", "b")
    facts.mark_sent("a", 7)
    await new_chain(facts)
    bare = [(k.id, k.n, k.link, k.sig) for k in facts.all()]
    assert bare == [("a", None, b"", b""), ("b", None, b"", b"")]
    assert states(facts) == {"a": "sent", "b": "waiting"}
    assert await bench.phone.store.meta.chain_head() == ChainHead()
    assert [(k.id, k.n, k.link, k.sig) for k in (await read_again(bench)).all()] == bare
    assert await bench.phone.store.meta.chain_head() == ChainHead()


async def test_a_new_chain_writes_and_deletes_the_values_that_go_with_it(
    bench: Bench, facts: FactStore
) -> None:
    meta = bench.phone.store.meta
    await meta.put_all({"rewound": "x", "key": "old"})
    await new_chain(facts, key="new")
    assert (await meta.get("key", str), await meta.get("rewound", str)) == ("new", None)
    meta = (await bench.again()).store.meta
    assert (await meta.get("key", str), await meta.get("rewound", str)) == ("new", None)


async def test_the_new_key_is_in_use_once_the_new_chain_is_stored(
    bench: Bench, facts: FactStore
) -> None:
    await joined(facts, "a")
    seen = []

    def use_key() -> None:
        rows = bench.phone.store.db.execute("SELECT n FROM fact").fetchall()
        seen.append((rows, bench.phone.store.db.conn.in_transaction))

    await facts.begin_chain({}, [], use_key)
    assert seen == [([(None,)], False)]


async def test_what_waits_is_signed_anew_in_the_order_it_was_made(facts: FactStore) -> None:
    await joined(facts, "a", "b", "c")
    facts.mark_sent("b", 7)
    await new_chain(facts)
    assert [k.id for k in facts.unnumbered()] == ["a", "c"]
    await facts.sign_again()
    assert {k.id: k.n for k in facts.all()} == {"a": 1, "b": None, "c": 2}
    assert facts.unnumbered() == []


async def test_nothing_joins_before_what_waits_is_signed_anew(facts: FactStore) -> None:
    await joined(facts, "a")
    await new_chain(facts)
    await add(facts, "b")
    await facts.join("b")
    assert {k.id: k.n for k in facts.all()} == {"a": None, "b": None}
    await facts.sign_again()
    await facts.join("b")
    assert {k.id: k.n for k in facts.all()} == {"a": 1, "b": 2}


# what the office answered


async def test_what_was_sent_keeps_its_place_and_no_problem(bench: Bench, facts: FactStore) -> None:
    await joined(facts, "a", "b")
    await facts.mark_rejected("a", WHY)
    facts.mark_sent("a", 7)
    for found in (facts, await read_again(bench)):
        kept = [(k.id, k.state, k.seq, k.problem) for k in found.all()]
        assert kept == [("a", "sent", 7, {}), ("b", "waiting", None, {})]


async def test_what_was_refused_keeps_its_reason(bench: Bench, facts: FactStore) -> None:
    await joined(facts, "a", "b")
    await facts.mark_rejected("a", WHY)
    for found in (facts, await read_again(bench)):
        kept = [(k.id, k.state, k.problem) for k in found.all()]
        assert kept == [("a", "rejected", WHY), ("b", "waiting", {})]


async def test_a_reason_moved_to_another_record_does_not_open(
    bench: Bench, facts: FactStore
) -> None:
    await joined(facts, "a", "b")
    await facts.mark_rejected("a", WHY)
    with bench.phone.store.db.atomic():
        bench.phone.store.db.execute(
            "UPDATE fact SET problem = (SELECT problem FROM fact WHERE id = 'a') WHERE id = 'b'"
        )
    with pytest.raises(ProblemError, match=r"vault\.cannot_open"):
        await read_again(bench)


async def test_a_photo_sent_before_its_record_is_asked_about_once_more(
    bench: Bench, facts: FactStore
) -> None:
    photos = bench.phone.store.photos
    early, named = await photo(bench.phone, b"early"), await photo(bench.phone, b"named")
    for id, of in (("a", (named,)), ("b", (early, named))):
        await add(facts, id, photos=of)
        await facts.join(id)
    facts.mark_sent("a", 1)
    for sha256 in (early, named):
        photos.mark_sent(sha256)
    facts.mark_sent("b", 2)
    assert [row.sha256 for row in photos.waiting()] == [early]


async def test_a_receipt_that_comes_twice_asks_about_no_photo_again(
    bench: Bench, facts: FactStore
) -> None:
    sha256 = await photo(bench.phone, b"a slip")
    await add(facts, "a", photos=(sha256,))
    await facts.join("a")
    facts.mark_sent("a", 1)
    bench.phone.store.photos.mark_sent(sha256)
    facts.mark_sent("a", 1)
    assert bench.phone.store.photos.waiting() == []


# what the office still has to get


async def test_unsent_is_what_has_no_receipt_of_all_cases_or_of_one(facts: FactStore) -> None:
    await joined(facts, "a", "b")
    facts.mark_sent("a", 1)
    await add(facts, "c", case="case-2")
    assert unsent(facts) == ["b", "c"]
    assert (unsent(facts, "case-1"), unsent(facts, "case-2")) == (["b"], ["c"])
    assert unsent(facts, "case-3") == []


async def test_what_was_refused_is_unsent_until_the_centre_drops_it(facts: FactStore) -> None:
    await joined(facts, "a")
    await facts.mark_rejected("a", WHY)
    assert unsent(facts) == ["a"]
    await facts.mark_rejected("a", {"code": DROPPED})
    assert unsent(facts) == []


async def test_what_was_refused_is_unsent_until_it_is_withdrawn(facts: FactStore) -> None:
    await joined(facts, "a")
    await facts.mark_rejected("a", WHY)
    await add(facts, "b", body=correction("a", withdraw=True))
    assert unsent(facts) == ["b"]


async def test_a_refused_correction_of_a_refused_record_needs_nothing_more(
    facts: FactStore,
) -> None:
    await joined(facts, "a")
    await add(facts, "b", body=correction("a"))
    await facts.join("b")
    await facts.mark_rejected("b", WHY)
    assert unsent(facts) == ["a", "b"]
    await facts.mark_rejected("a", WHY)
    assert unsent(facts) == ["a"]


async def test_a_refused_correction_needs_nothing_more_once_a_later_one_stands(
    facts: FactStore,
) -> None:
    await joined(facts, "a", "other")
    for id, of in (("before", "a"), ("b", "a"), ("of the other", "other")):
        await add(facts, id, body=correction(of))
        await facts.join(id)
    for seq, id in enumerate(("a", "other", "before", "of the other"), 1):
        facts.mark_sent(id, seq)
    await facts.mark_rejected("b", WHY)
    assert unsent(facts) == ["b"]
    await add(facts, "later", body=correction("a"))
    assert unsent(facts) == ["later"]


async def test_a_refused_correction_needs_nothing_more_once_the_very_next_record_corrects_anew(
    facts: FactStore,
) -> None:
    await joined(facts, "a")
    await add(facts, "b", body=correction("a"))
    await facts.join("b")
    facts.mark_sent("a", 1)
    await facts.mark_rejected("b", WHY)
    await add(facts, "later", body=correction("a"))
    assert unsent(facts) == ["later"]


async def test_a_refused_correction_of_a_record_that_is_not_here_stays_unsent(
    facts: FactStore,
) -> None:
    await add(facts, "b", body=correction("elsewhere"))
    await facts.join("b")
    await facts.mark_rejected("b", WHY)
    assert unsent(facts) == ["b"]


async def test_a_correction_of_a_correction_leads_to_the_record(facts: FactStore) -> None:
    first = await add(facts, "a")
    second = await add(facts, "b", body=correction("a"))
    third = await add(facts, "c", body=correction("b"))
    assert [facts.root(k) for k in (first, second, third)] == [first, first, first]


# beside those of an earlier phone


async def test_a_record_of_an_earlier_phone_is_found_and_this_phones_own_comes_first(
    bench: Bench, facts: FactStore
) -> None:
    own = await add(facts, "a")
    other = Fact(
        id="e",
        season="2019",
        kind="visit",
        case="case-1",
        captured_at=NOON.isoformat(),
        happened_at=NOON.isoformat(),
        body=plain(VISIT),
    )
    found = [OwnRecord(bytes=b64(data), seq=4) for data in (encode(other), own.data)]
    await bench.phone.store.earlier.put({"case-1": found})
    earlier = facts.get("e")
    assert earlier is not None
    assert (earlier.fact, earlier.state, earlier.seq) == (other, "sent", 4)
    assert (facts.get("a"), facts.get("unknown")) == (own, None)
    assert [k.id for k in facts.of("case-1")] == ["e", "a"]
    assert facts.all() == [own]


# deleting and queueing again


async def every_state(facts: FactStore) -> None:
    """A record in each state, named by it."""
    await joined(facts, "sent", "rejected", "waiting")
    facts.mark_sent("sent", 1)
    await facts.mark_rejected("rejected", WHY)
    await add(facts, "pending")


async def test_only_what_the_office_has_is_deleted(bench: Bench, facts: FactStore) -> None:
    await every_state(facts)
    named = ["sent", "rejected", "waiting", "pending", "unknown"]
    facts.erase(named)
    facts.forget(named)
    assert set(states(facts)) == {k.id for k in facts.of("case-1")} == {"waiting", "pending"}
    assert set(states(await read_again(bench))) == {"waiting", "pending"}


async def test_what_is_not_named_stays(bench: Bench, facts: FactStore) -> None:
    await every_state(facts)
    facts.erase(["sent"])
    facts.forget(["sent"])
    assert set(states(facts)) == {"rejected", "waiting", "pending"}
    assert set(states(await read_again(bench))) == {"rejected", "waiting", "pending"}


async def test_only_what_was_refused_is_sent_again_at_the_teachers_wish(
    bench: Bench, facts: FactStore
) -> None:
    await every_state(facts)
    answers = [facts.resend(id) for id in ("sent", "rejected", "waiting", "pending", "unknown")]
    assert answers == [False, True, False, False, False]
    for found in (facts, await read_again(bench)):
        kept = {k.id: (k.state, k.problem) for k in found.all()}
        assert kept["rejected"] == ("waiting", {})
        assert kept["sent"] == ("sent", {})


async def test_a_server_that_lost_some_gets_all_from_a_number_on(
    bench: Bench, facts: FactStore
) -> None:
    await joined(facts, "a", "b", "c")
    for n, id in enumerate("abc", 1):
        facts.mark_sent(id, n)
    await add(facts, "d")
    facts.queue_again(2)
    expected = {"a": "sent", "b": "waiting", "c": "waiting", "d": "pending"}
    assert states(facts) == expected
    facts = await read_again(bench)
    assert states(facts) == expected
    facts.queue_again()
    assert states(facts) == {**expected, "a": "waiting"}


async def test_what_a_chain_before_this_one_sent_is_queued_again_and_nothing_else(
    facts: FactStore,
) -> None:
    await joined(facts, "a")
    facts.mark_sent("a", 1)
    await new_chain(facts)
    await joined(facts, "b")
    facts.mark_sent("b", 2)
    await add(facts, "c")
    facts.queue_earlier_chain()
    assert states(facts) == {"a": "waiting", "b": "sent", "c": "pending"}


async def test_only_what_was_refused_as_forked_is_queued_by_itself(facts: FactStore) -> None:
    await joined(facts, "a", "b", "c")
    await facts.mark_rejected("a", WHY)
    facts.mark_sent("c", 1)
    assert not facts.queue_forked()
    await facts.mark_rejected("b", {"code": FORKED})
    assert facts.queue_forked()
    assert states(facts) == {"a": "rejected", "b": "waiting", "c": "sent"}


# flushing


async def test_every_change_that_promises_it_is_flushed(bench: Bench) -> None:
    flushed: list[int] = []

    async def flush() -> None:
        flushed.append(len(flushed))

    store, vault = bench.phone.store, await vault_in(bench.directory)
    facts = FactStore(store.db, vault, Meta(store.db, vault), store.photos, flush)
    counts = []
    await add(facts, "a")
    counts.append(len(flushed))
    await facts.join("a")
    counts.append(len(flushed))
    await facts.mark_rejected("a", WHY)
    counts.append(len(flushed))
    await facts.begin_chain({}, [], lambda: None)
    counts.append(len(flushed))
    await add(facts, "b")
    await facts.undo("b")
    counts.append(len(flushed))
    assert counts == [1, 2, 3, 4, 6]
