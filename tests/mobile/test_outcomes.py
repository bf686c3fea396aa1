"""What an outcome does to a record on the phone, which receipts it believes, and what a restored server gets again."""

from __future__ import annotations

import msgspec
import pytest

from mobile.ports.native_crypto import NativeCrypto
from mobile.store.kept import Kept
from mobile.store.meta import Enrolment, SyncState
from mobile.sync.outcomes import Applied, apply_outcome, queue_after_restore
from mobile.sync.receipts import checked
from mobile.usecases.records import record
from shared.problems import ProblemError, details
from shared.records.visit import Visit
from shared.wire import Outcome, Receipt, ReceiptBody, ReceiptLine, Scope, b64
from tests.mobile.conftest import Bench

VISIT = Visit(met="self", outcome="promised")
FORK = details(ProblemError("fact.chain_forked"))


async def waiting(bench: Bench) -> Kept:
    """A record that waits to be sent."""
    made = await record(bench.phone, "case-1", VISIT)
    await bench.phone.store.facts.join(made.fact)
    kept = bench.phone.store.facts.get(made.fact)
    assert kept is not None
    return kept


async def apply(
    bench: Bench, kept: Kept, outcome: Outcome, applied: Applied, *, line: ReceiptLine | None = None
) -> int | None:
    lines = {} if line is None else {kept.sha256: line}
    return await apply_outcome(bench.phone.store, kept, outcome, lines, applied)


def line_of(kept: Kept, seq: int = 7) -> ReceiptLine:
    return ReceiptLine(sha256=kept.sha256, id=kept.id, seq=seq)


@pytest.mark.parametrize(("outcome", "duplicates"), [("created", 0), ("duplicate", 1)])
async def test_a_record_with_a_receipt_is_sent_and_counted(
    bench: Bench, outcome: str, duplicates: int
) -> None:
    for number in (1, 2):
        kept, applied = await waiting(bench), Applied(sent=4, duplicates=2)
        assert (
            await apply(bench, kept, Outcome(outcome=outcome), applied, line=line_of(kept, number))
            is None
        )
        assert applied == Applied(sent=5, duplicates=2 + duplicates)
        assert (kept.state, kept.seq) == ("sent", number)


@pytest.mark.parametrize("outcome", ["created", "duplicate"])
async def test_a_record_without_its_own_line_in_the_receipt_still_waits(
    bench: Bench, outcome: str
) -> None:
    kept = await waiting(bench)
    foreign = ReceiptLine(sha256=kept.sha256, id="another record", seq=7)
    for line in (None, foreign):
        applied = Applied()
        with pytest.raises(ProblemError, match=r"receipt\.invalid"):
            await apply(bench, kept, Outcome(outcome=outcome), applied, line=line)
        assert (kept.state, applied) == ("waiting", Applied())


async def test_a_late_answer_moves_no_record_back_and_counts_nothing(bench: Bench) -> None:
    kept, applied = await waiting(bench), Applied()
    await apply(bench, kept, Outcome(outcome="created"), applied, line=line_of(kept))
    late = (
        Outcome(outcome="rejected", problem=details(ProblemError("fact.wrong_season"))),
        Outcome(outcome="gap", expect=1),
        Outcome(outcome="conflict", problem=FORK),
    )
    for outcome in late:
        assert await apply(bench, kept, outcome, applied) is None
    assert (kept.state, applied) == ("sent", Applied(sent=1))
    assert await bench.phone.store.meta.rewound() is None


async def test_a_refused_record_that_the_server_has_after_all_is_sent_but_not_counted(
    bench: Bench,
) -> None:
    kept, applied = await waiting(bench), Applied()
    await apply(bench, kept, Outcome(outcome="rejected"), applied)
    await apply(bench, kept, Outcome(outcome="duplicate"), applied, line=line_of(kept))
    assert (kept.state, applied) == ("sent", Applied(rejected=1))


async def test_a_refusal_is_kept_with_its_reason_and_counted(bench: Bench) -> None:
    why = details(ProblemError("fact.wrong_season"))
    applied = Applied(rejected=1)
    kept = await waiting(bench)
    assert await apply(bench, kept, Outcome(outcome="rejected", problem=why), applied) is None
    assert (kept.state, kept.problem, applied.rejected) == ("rejected", why, 2)
    silent = await waiting(bench)
    await apply(bench, silent, Outcome(outcome="conflict"), applied)
    assert (silent.state, silent.problem["code"]) == ("rejected", "fact.conflict")


async def test_a_fork_is_noted_and_its_records_wait(bench: Bench) -> None:
    applied = Applied()
    for number in (1, 2):
        kept = await waiting(bench)
        assert await apply(bench, kept, Outcome(outcome="conflict", problem=FORK), applied) is None
        assert (kept.state, applied) == ("waiting", Applied(forked=number))
        noted = await bench.phone.store.meta.rewound()
        assert noted is not None
        assert noted.missing == 0
    assert await apply(bench, kept, Outcome(outcome="gap", expect=9), applied) is None


@pytest.mark.parametrize(("expect", "number"), [(9, 9), (None, 1)])
async def test_a_gap_names_the_number_the_server_expects(
    bench: Bench, expect: int | None, number: int
) -> None:
    kept, applied = await waiting(bench), Applied()
    assert await apply(bench, kept, Outcome(outcome="gap", expect=expect), applied) == number
    assert (kept.state, applied) == ("waiting", Applied())


@pytest.mark.parametrize(("known", "again"), [("", False), ("e1", False), ("e0", True)])
async def test_only_a_server_of_another_epoch_gets_everything_again(
    bench: Bench, known: str, again: bool
) -> None:
    store = bench.phone.store
    kept = await waiting(bench)
    await bench.sent(kept.id)
    assert queue_after_restore(store, SyncState(epoch=known), "e1") is again
    assert kept.state == ("waiting" if again else "sent")


class Office:
    """A server's key, and receipts signed with it."""

    def __init__(self, private: bytes, enrolment: Enrolment) -> None:
        self.private, self.enrolment = private, enrolment

    async def receipt(self, device: str, *lines: ReceiptLine) -> Receipt:
        body = ReceiptBody(device=device, epoch="e1", received_at="2019-12-12", items=list(lines))
        data = msgspec.json.encode(body)
        return Receipt(bytes=b64(data), sig=b64(await NativeCrypto().sign(self.private, data)))


@pytest.fixture
async def office() -> Office:
    crypto = NativeCrypto()
    private = await crypto.new_private_key()
    key = b64(await crypto.public_point(private))
    scope = Scope(season="2019", school="QH01", school_name="一中", staff="s1", staff_name="郑老师")
    enrolment = Enrolment(
        url="https://school.example", device="d1", token="t", server_key=key, scope=scope
    )
    return Office(private, enrolment)


async def test_a_receipt_lists_its_lines_by_hash(bench: Bench, office: Office) -> None:
    lines = [ReceiptLine(sha256=c * 64, id=c, seq=n) for n, c in enumerate("ab", 1)]
    receipt = await office.receipt("d1", *lines)
    found = await checked(bench.phone.vault, office.enrolment, receipt)
    assert found == {"a" * 64: lines[0], "b" * 64: lines[1]}
    assert await checked(bench.phone.vault, office.enrolment, None) == {}


async def test_a_receipt_of_another_phone_key_or_text_is_not_believed(
    bench: Bench, office: Office
) -> None:
    good = await office.receipt("d1")
    far = await office.receipt("d1", ReceiptLine(sha256="a" * 64, seq=2**60))
    unsigned = msgspec.structs.replace(good, sig=b64(bytes(64)))
    swapped = msgspec.structs.replace(good, bytes=far.bytes)
    garbage = msgspec.structs.replace(good, bytes=b64(b"[" * 100_000))
    no_base64 = msgspec.structs.replace(good, sig="?")
    for bad in (await office.receipt("d2"), far, unsigned, swapped, garbage, no_base64):
        with pytest.raises(ProblemError, match=r"receipt\.invalid"):
            await checked(bench.phone.vault, office.enrolment, bad)
