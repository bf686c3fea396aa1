"""Signing out: refused while anything is unsent; otherwise no data is left, whatever step is killed."""

from __future__ import annotations

import pytest

from mobile.ports.api import Disk
from mobile.store.deletion import CHAINS, chains
from mobile.store.meta import ChainHead, Enrolment
from mobile.usecases import settings
from mobile.usecases.drafts import save_draft
from mobile.usecases.enrol import enrolled
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.retention import delete_expired
from mobile.usecases.sign_out import check, resume_chain, sign_out
from shared.problems import ProblemError, details
from tests.mobile.conftest import Bench, case_state
from tests.support.phone.records import VISIT, photo, sent_visit


@pytest.fixture
async def done(bench: Bench) -> Bench:
    """An enrolled phone whose work is all acknowledged, with an unfinished form."""
    await bench.enrol()
    await bench.brief()
    await sent_visit(bench.phone, "case-1", await photo(bench.phone, b"a slip"))
    await save_draft(bench.phone, "case-1", "visit", {"note": "half a sentence"})
    await settings.put(bench.phone, "companions.last", ["冯老师"])
    return bench


async def assert_empty(phone: Phone) -> None:
    assert await enrolled(phone) is None
    assert (phone.store.facts.all(), phone.store.cases.all(), phone.store.photos.all()) == (
        [],
        [],
        [],
    )
    assert await phone.store.drafts.all() == []
    assert phone.store.meta.every_key() == [CHAINS]


async def test_with_everything_acknowledged_nothing_is_left(done: Bench) -> None:
    now = await check(done.phone)
    assert (now.free, now.cases, now.drafts) == (True, 1, 1)
    await sign_out(done.phone)
    await assert_empty(done.phone)
    await assert_empty(await done.again())
    assert list((done.directory / "photos").iterdir()) == []


@pytest.mark.parametrize("state", ["pending", "waiting"])
async def test_an_unsent_record_is_never_deleted(done: Bench, state: str) -> None:
    facts, line = done.phone.store.facts, await record(done.phone, "case-1", VISIT)
    if state != "pending":
        await facts.join(line.fact)
    now = await check(done.phone)
    assert (now.free, now.records, now.refused) == (False, 1, 0)
    with pytest.raises(ProblemError) as refused:
        await sign_out(done.phone)
    assert refused.value.code == "sign_out.unsent"
    assert "1 条记录" in refused.value.message()
    phone = await done.again()
    assert phone.store.facts.get(line.fact)
    assert await enrolled(phone)


async def test_a_refused_record_is_named_and_does_not_block_signing_out(
    done: Bench,
) -> None:
    facts, line = done.phone.store.facts, await record(done.phone, "case-1", VISIT)
    await facts.join(line.fact)
    await facts.mark_rejected(line.fact, details(ProblemError("fact.wrong_season")))
    now = await check(done.phone)
    assert (now.free, now.records, now.refused) == (True, 0, 1)
    await sign_out(done.phone)
    await assert_empty(await done.again())


async def test_a_photo_that_waits_is_never_deleted(done: Bench) -> None:
    sha256 = await photo(done.phone, b"waits")
    line = await record(done.phone, "case-1", VISIT, (sha256,))
    await done.sent(line.fact)
    with pytest.raises(ProblemError):
        await sign_out(done.phone)
    assert await done.phone.store.photos.read(sha256) == b"waits"


class DeadDisk:
    """The disk of a phone that is killed at the first removal."""

    def __init__(self, disk: Disk) -> None:
        self.write, self.read, self.free_bytes = disk.write, disk.read, disk.free_bytes
        self.quota_bytes, self.promised = disk.quota_bytes, disk.promised

    async def remove(self, name: str) -> None:
        raise SystemExit(name)


async def test_killed_after_the_commit_it_is_signed_out_and_the_files_follow(done: Bench) -> None:
    done.phone.store.photos._disk = DeadDisk(done.phone.store.photos._disk)
    with pytest.raises(SystemExit):
        await sign_out(done.phone)
    phone = await done.again()
    assert len(list((done.directory / "photos").iterdir())) == 1
    await assert_empty(phone)
    await delete_expired(phone)
    assert list((done.directory / "photos").iterdir()) == []


async def test_killed_before_the_commit_everything_is_as_it_was(done: Bench) -> None:
    done.phone.store.db.execute(
        "CREATE TRIGGER killed BEFORE DELETE ON meta WHEN old.id = 'enrolment' BEGIN SELECT RAISE(ABORT, 'killed'); END"
    )
    with pytest.raises(Exception, match="killed"):
        await sign_out(done.phone)
    phone = await done.again()
    assert await enrolled(phone)
    assert (
        len(phone.store.facts.all())
        == len(phone.store.cases.all())
        == len(phone.store.photos.all())
        == 1
    )
    assert len(await phone.store.drafts.all()) == 1


async def test_no_byte_of_the_old_list_is_left_in_the_database(done: Bench) -> None:
    cells = [bytes(row["body"]) for row in done.phone.store.db.table("case_file").rows]
    assert all(cell[20:60] in done.raw() for cell in cells)
    await sign_out(done.phone)
    assert not any(cell[20:60] in done.raw() for cell in cells)


async def test_back_at_the_same_server_the_chain_continues_where_it_stopped(done: Bench) -> None:
    before = await done.phone.store.meta.chain_head()
    assert before.n == 1
    await sign_out(done.phone)
    await resume_chain(done.phone, "AA")
    assert await (await done.again()).store.meta.chain_head() == before


async def test_the_chain_continues_although_the_app_was_started_anew_in_between(
    done: Bench,
) -> None:
    before = await done.phone.store.meta.chain_head()
    await sign_out(done.phone)
    phone = await done.again()
    await resume_chain(phone, "AA")
    assert await phone.store.meta.chain_head() == before


async def test_signed_out_again_the_newer_end_of_the_chain_is_remembered(done: Bench) -> None:
    await sign_out(done.phone)
    await done.enrol()
    await done.give(case_state(1))
    await resume_chain(done.phone, "AA")
    await sent_visit(done.phone)
    await sign_out(done.phone)
    assert {key: head.n for key, head in (await chains(done.phone.store)).items()} == {"AA": 2}


async def test_at_another_server_a_new_chain_begins_and_the_old_one_is_remembered(
    done: Bench,
) -> None:
    await sign_out(done.phone)
    await resume_chain(done.phone, "BB")
    assert await done.phone.store.meta.chain_head() == ChainHead()
    assert (await chains(done.phone.store))["AA"].n == 1


async def test_enrolling_again_without_signing_out_leaves_the_chain_alone(done: Bench) -> None:
    before = await done.phone.store.meta.chain_head()
    await resume_chain(done.phone, "AA")
    assert await done.phone.store.meta.chain_head() == before
    assert (await done.phone.store.meta.get("enrolment", Enrolment)) is not None
