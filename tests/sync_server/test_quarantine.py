"""What is set apart, from a real push through the centre's decision to the next summary and its evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from shared import wire
from shared.digest import link, sha256_hex
from shared.problems import ProblemError
from shared.records.base import decode, encode
from sync_server.office import placing, quarantine, summary_inputs
from sync_server.office.quarantine import Decision, Item
from sync_server.office.summary_inputs import Gathered
from sync_server.sealing.checking import evidence_checks
from sync_server.sealing.checking.evidence_checks import Line
from sync_server.sealing.making import evidence
from sync_server.sealing.making.compose import NotReady, compose
from sync_server.sealing.record import Findings
from sync_server.sealing.summary import encode as encode_summary
from sync_server.services import Services
from sync_server.store import audit, cases, summaries
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from tests.support.county import SEASON
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.ledger import chain_of, codes
from tests.support.summaries import keep_gathered, version

WHO = "何主任"
KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
async def ready(phone: RawPhone, services: Services) -> RawPhone:
    """A phone that has visited all its people: nothing else keeps the school from its summary."""
    await phone.push(*(phone.chained(fact_bytes(case)) for case in case_ids(services, "01")))
    assert missing(services) == []
    return phone


def gathered(services: Services) -> Gathered:
    return services.database.read(
        lambda c: summary_inputs.gather(
            c,
            SEASON,
            "01",
            cut_off=services.settings.now(),
            exceptions=(),
            reason="",
            demo=False,
        )
    )


def missing(services: Services) -> list[str]:
    """The codes of what keeps school 01 from composing now."""
    try:
        compose(gathered(services).inputs)
    except NotReady as refused:
        return [item.code for item in refused.items]
    return []


def unchanged(line: Line) -> Line:
    return line


def proven(
    services: Services, folder: Path, change: Callable[[Line], Line] = unchanged
) -> tuple[list[str], list[str]]:
    """Codes of what a verifier finds wrong in the evidence of a summary composed now, and its remarks.

    `change`: what is done to each line beside the chain before it is checked.
    """
    found = Findings()
    inside = gathered(services)
    summary = compose(inside.inputs)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, form)
    evidence.write_evidence(
        folder / "evidence.bin", pem, inside.inputs, inside.chains, inside.devices, ()
    )
    contents = evidence_checks._read(folder / "evidence.bin", KEY, found)
    contents.lines = [change(line) if line.n < 1 else line for line in contents.lines]
    evidence_checks.chains(contents.lines, contents.devices, set(), found)
    assert contents.inputs is not None
    evidence_checks.recompose(
        contents, contents.inputs, msgspec.json.decode(encode_summary(summary)), found
    )
    return [f.code for f in found.items], [f.message for f in found.remarks]


def item(services: Services) -> Item:
    """The only record that waits."""
    found, _ = quarantine.listed(services, WHOLE_COUNTY)
    assert len(found) == 1
    return found[0]


def decide(services: Services, row_id: str, decision: Decision, reason: str = "核对过") -> None:
    quarantine.decide_one(services, row_id, decision, reason, scope=WHOLE_COUNTY, who=WHO)


def refusal(services: Services, row_id: str, decision: Decision) -> str:
    with pytest.raises(ProblemError) as refused:
        decide(services, row_id, decision)
    return refused.value.code


def ledger_size(services: Services) -> int:
    return services.database.read(lambda c: c.execute(select(func.count(t.fact.c.id))).scalar_one())


async def fork(phone: RawPhone, services: Services, count: int = 1) -> list[wire.PushedFact]:
    """What a copy of the phone sends that was made some records ago, refused by the server."""
    stubs = services.database.read(
        lambda c: c.execute(
            select(t.fact.c.n, t.fact.c.link)
            .where(t.fact.c.device == phone.device)
            .order_by(t.fact.c.n)
        ).all()
    )
    n, at = stubs[-1 - count].n, stubs[-1 - count].link
    sent = []
    for case in case_ids(services, "01")[:count]:
        data = fact_bytes(case)
        n, at = n + 1, link(at, sha256_hex(data))
        sent.append(phone.packed(data, n, at))
    assert codes(await phone.push(*sent)) == ["fact.chain_forked"] * count
    return sent


async def test_a_record_of_somebody_who_is_placed_later_is_taken_at_its_own_number(
    ready: RawPhone, services: Services, tmp_path: Path
) -> None:
    case = case_ids(services, "02")[0]
    packed, after = (
        ready.chained(fact_bytes(case)),
        ready.chained(fact_bytes(case_ids(services, "01")[0])),
    )
    assert codes(await ready.push(packed, after)) == ["case.unknown", "created"]
    assert missing(services) == ["seal.quarantined"]
    waits = item(services)
    assert (waits.obstacle, waits.may) == ("case.unknown", ("ask", "drop"))
    assert refusal(services, waits.row.id, "take") == "case.unknown"
    placing.move(services, [case], "01", who="t", reason="归错学校")
    assert item(services).may == ("take", "ask", "drop")
    before = chain_of(services, ready)
    decide(services, waits.row.id, "take")
    assert chain_of(services, ready) == before
    assert missing(services) == []
    wrong, remarks = proven(services, tmp_path)
    assert wrong == []
    assert len(remarks) == 1
    assert f"由{WHO}于" in remarks[0]
    assert [o.outcome for o in (await ready.push(packed)).outcomes] == ["duplicate"]


async def test_a_fork_its_phone_has_signed_is_taken_beside_the_chain_and_proven(
    ready: RawPhone, services: Services, tmp_path: Path
) -> None:
    sent = await fork(ready, services, 3)
    assert missing(services) == ["seal.quarantined"] * 3
    found, _ = quarantine.listed(services, WHOLE_COUNTY)
    assert [i.may for i in found] == [("take", "ask", "drop")] * 3
    assert [i.beside is not None for i in found] == [True] * 3
    head = chain_of(services, ready)
    done = quarantine.decide(
        services, [i.row.id for i in found], "take", "", scope=WHOLE_COUNTY, who=WHO
    )
    assert (done.done, done.refused) == (3, {})
    assert chain_of(services, ready) == head
    assert missing(services) == []
    wrong, remarks = proven(services, tmp_path)
    assert (wrong, len(remarks)) == ([], 3)
    assert [o.outcome for o in (await ready.push(*sent)).outcomes] == ["duplicate"] * 3
    assert await ready.outcomes(ready.chained(fact_bytes(case_ids(services, "01")[1]))) == [
        "created"
    ]


def without_taken(line: Line) -> Line:
    return msgspec.structs.replace(line, taken=None)


def with_other_link_before(line: Line) -> Line:
    assert line.taken is not None
    taken = msgspec.structs.replace(line.taken, before=wire.b64(b"\1" * 32))
    return msgspec.structs.replace(line, taken=taken)


def with_other_bytes(line: Line) -> Line:
    data = wire.unb64(line.bytes).replace(b"promised", b"denied")
    return msgspec.structs.replace(line, bytes=wire.b64(data))


def with_other_bytes_and_hash(line: Line) -> Line:
    other = with_other_bytes(line)
    return msgspec.structs.replace(other, sha256=sha256_hex(wire.unb64(other.bytes)))


def with_a_link_made_to_fit(line: Line) -> Line:
    other = with_other_bytes_and_hash(line)
    assert other.taken is not None
    fits = link(wire.unb64(other.taken.before), other.sha256)
    return msgspec.structs.replace(other, link=wire.b64(fits))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without_taken, "verify.chain_broken"),
        (with_other_link_before, "verify.chain_broken"),
        (with_other_bytes, "verify.fact_changed"),
        (with_other_bytes_and_hash, "verify.chain_broken"),
        (with_a_link_made_to_fit, "verify.fact_bad_signature"),
    ],
)
async def test_a_change_to_what_was_taken_beside_the_chain_is_found(
    ready: RawPhone,
    services: Services,
    tmp_path: Path,
    change: Callable[[Line], Line],
    code: str,
) -> None:
    await fork(ready, services)
    decide(services, item(services).row.id, "take")
    assert code in proven(services, tmp_path, change)[0]


async def test_a_fork_whose_signature_covers_other_bytes_is_not_taken(
    ready: RawPhone, services: Services
) -> None:
    stored = services.database.read(lambda c: c.execute(select(t.fact).limit(1)).mappings().one())
    data = fact_bytes(case_ids(services, "01")[0])
    replayed = ready.packed(data, 1, stored["link"], stored["sig"])
    assert codes(await ready.push(replayed)) == ["fact.chain_forked"]
    waits = item(services)
    assert waits.obstacle == "fact.bad_signature"
    assert refusal(services, waits.row.id, "take") == "fact.bad_signature"


async def test_another_content_under_a_stored_id_is_shown_beside_it_and_only_dropped(
    ready: RawPhone, services: Services, tmp_path: Path
) -> None:
    stored = services.database.read(lambda c: c.execute(select(t.fact.c.data)).scalars().first())
    body = {"met": "parent", "outcome": "denied"}
    other = encode(msgspec.structs.replace(decode(stored), body=body))
    assert codes(await ready.push(ready.chained(other))) == ["fact.conflict"]
    waits = item(services)
    assert waits.beside is not None
    assert waits.beside.data == stored
    assert (waits.obstacle, waits.may) == ("fact.conflict", ("drop",))
    assert refusal(services, waits.row.id, "ask") == "quarantine.not_asked"
    decide(services, waits.row.id, "drop", "与在册的重复")
    assert missing(services) == []
    assert proven(services, tmp_path) == ([], [])


@pytest.mark.parametrize("data", [b"\xff\x00 no record", b'{"id":"x"}', b"[" * 300])
async def test_bytes_that_are_no_record_are_dropped_with_a_reason(
    ready: RawPhone, services: Services, tmp_path: Path, data: bytes
) -> None:
    assert codes(await ready.push(ready.chained(data))) == ["fact.unreadable"]
    waits = item(services)
    assert (waits.fact, waits.obstacle, waits.may) == (None, "fact.unreadable", ("drop",))
    with pytest.raises(ProblemError) as refused:
        quarantine.decide(services, [waits.row.id], "drop", " ", scope=WHOLE_COUNTY, who=WHO)
    assert refused.value.code == "quarantine.reason_missing"
    decide(services, waits.row.id, "drop", "读不出")
    assert missing(services) == []
    assert proven(services, tmp_path) == ([], [])


async def test_a_record_of_another_season_may_be_asked_for_or_dropped(
    ready: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0], season="2018")
    assert codes(await ready.push(ready.chained(data))) == ["fact.wrong_season"]
    assert item(services).may == ("ask", "drop")
    decide(services, item(services).row.id, "drop", "是去年的")
    assert missing(services) == []


async def test_a_signature_that_does_not_hold_is_never_taken(
    ready: RawPhone, services: Services
) -> None:
    data = fact_bytes(case_ids(services, "01")[0])
    forged = ready.packed(data, ready.n + 1, link(ready.link, sha256_hex(data)), b"\1" * 64)
    assert codes(await ready.push(forged)) == ["fact.bad_signature"]
    assert item(services).may == ("ask", "drop")
    assert refusal(services, item(services).row.id, "take") == "fact.bad_signature"
    decide(services, item(services).row.id, "drop", "不是这部手机的")
    assert missing(services) == []


async def test_a_record_asked_for_again_is_judged_anew_at_its_own_number(
    ready: RawPhone, services: Services, tmp_path: Path
) -> None:
    case = case_ids(services, "02")[0]
    packed = ready.chained(fact_bytes(case))
    await ready.push(packed)
    row = item(services).row
    decide(services, row.id, "ask")
    assert missing(services) == ["seal.quarantined"], "it has not come yet"
    assert codes(await ready.push(packed)) == ["case.unknown"], "nothing has changed yet"
    assert item(services).row.resolution == ""
    placing.move(services, [case], "01", who="t", reason="归错学校")
    decide(services, row.id, "ask")
    head = chain_of(services, ready)
    assert codes(await ready.push(packed)) == ["created"]
    assert chain_of(services, ready) == head
    resolved, _ = quarantine.listed(services, WHOLE_COUNTY, resolved=True)
    assert [(i.row.resolution, i.may) for i in resolved] == [("arrived", ())]
    assert await ready.outcomes(ready.chained(fact_bytes(case))) == ["created"]
    assert proven(services, tmp_path)[0] == []


async def test_a_record_that_was_asked_for_and_does_not_come_waits_until_it_is_dropped(
    ready: RawPhone, services: Services
) -> None:
    await ready.push(ready.chained(fact_bytes(case_ids(services, "02")[0])))
    row = item(services).row
    decide(services, row.id, "ask")
    asked = item(services)
    assert (asked.row.resolution, asked.may) == ("asked", ("drop", "reopen"))
    assert refusal(services, row.id, "ask") == "quarantine.already_decided"
    assert quarantine.counts(services, "01") == (1, 0)
    assert missing(services) == ["seal.quarantined"]
    decide(services, row.id, "drop", "手机已经换了")
    assert missing(services) == []
    assert quarantine.counts(services, "01") == (0, 1)


async def test_an_asked_record_whose_bytes_are_here_is_taken_without_its_phone(
    ready: RawPhone, services: Services, tmp_path: Path
) -> None:
    case = case_ids(services, "02")[0]
    await ready.push(ready.chained(fact_bytes(case)))
    row = item(services).row
    decide(services, row.id, "ask")
    placing.move(services, [case], "01", who="t", reason="归错学校")
    decide(services, row.id, "take")
    assert await ready.outcomes(ready.chained(fact_bytes(case))) == ["created"]
    assert proven(services, tmp_path)[0] == []


async def test_what_was_dropped_gets_the_reason_for_an_answer_until_it_is_opened_again(
    ready: RawPhone, services: Services
) -> None:
    packed = ready.chained(fact_bytes(case_ids(services, "02")[0]))
    await ready.push(packed)
    row = item(services).row
    decide(services, row.id, "drop", "不是本校的人")
    reply = await ready.push(packed)
    assert codes(reply) == ["fact.dropped"]
    assert "不是本校的人" in (reply.outcomes[0].problem or {})["title"]
    decide(services, row.id, "reopen")
    assert missing(services) == ["seal.quarantined"]
    assert codes(await ready.push(packed)) == ["case.unknown"]
    actions = [n.action for n in services.database.read(audit.listed) if n.ref == row.id]
    assert actions == ["quarantine.reopen", "quarantine.drop"]


@pytest.mark.parametrize("kept", ["decided", "open", "of 0.1"])
async def test_a_decision_that_a_printed_version_relies_on_stays(
    ready: RawPhone, services: Services, kept: str
) -> None:
    """The version keeps what was decided when it was composed; its clock may have been behind."""
    await ready.push(ready.chained(b"{}"))
    row = item(services).row
    folder = "summaries/d/2-a"
    if kept == "open":
        keep_gathered(services, folder)
    decide(services, row.id, "drop")
    if kept == "decided":
        keep_gathered(services, folder)
    made = services.database.write(
        lambda c: summaries.add(
            c,
            season=SEASON,
            unit="01",
            document="d",
            version=2,
            cut_off="",
            as_of="",
            data=b"{}",
            data_hash="",
            folder=folder,
            composed_at="2019-12-01T00:00:00.000+00:00",
        )
    )
    services.database.write(lambda c: summaries.change(c, made.id, state="printed"))
    if kept == "open":
        decide(services, row.id, "reopen")
        assert item(services).row.id == row.id
    else:
        assert refusal(services, row.id, "reopen") == "quarantine.made_since"


async def test_a_version_that_was_never_printed_keeps_no_decision(
    ready: RawPhone, services: Services
) -> None:
    await ready.push(ready.chained(b"{}"))
    row = item(services).row
    decide(services, row.id, "drop")
    version(services, 1, "composed")
    decide(services, row.id, "reopen")
    assert item(services).row.id == row.id


async def test_an_earlier_printed_version_keeps_a_decision_also_while_another_is_drafted(
    ready: RawPhone, services: Services
) -> None:
    await ready.push(ready.chained(b"{}"))
    row = item(services).row
    decide(services, row.id, "drop")
    version(services, 1, "printed")
    version(services, 2, "composed")
    assert refusal(services, row.id, "reopen") == "quarantine.made_since"


async def test_of_two_who_decide_at_once_the_second_is_refused(
    ready: RawPhone, services: Services
) -> None:
    (sent,) = await fork(ready, services)
    row = item(services).row
    before = ledger_size(services)
    decide(services, row.id, "take")
    assert refusal(services, row.id, "drop") == "quarantine.already_decided"
    assert refusal(services, row.id, "reopen") == "quarantine.not_reopened"
    assert ledger_size(services) == before + 1
    assert codes(await ready.push(sent)) == ["duplicate"]


async def test_a_taken_record_reaches_the_review_queue_and_the_phones_of_its_case(
    ready: RawPhone, services: Services
) -> None:
    cursor = (await ready.pages())[-1].next
    await fork(ready, services)
    decide(services, item(services).row.id, "take")
    changes = [c for p in await ready.pages(cursor) for c in p.changes]
    case = case_ids(services, "01")[0]
    assert [c.case.visits for c in changes if c.case and c.ref == case] == [2]
    assert [c.kind for c in changes if c.kind != "case"] == ["again"]
    facts = services.database.read(lambda c: cases.facts_of(c, [case]))[case]
    assert [f.n for f in facts] == [1, -1]
    assert [c.kind for p in await ready.pages() for c in p.changes].count("again") == 1
