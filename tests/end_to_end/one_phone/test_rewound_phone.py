"""A phone put back to an older state, and a copied folder: they go on, nothing is lost, nothing doubled."""

from __future__ import annotations

import dataclasses
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from mobile.bootstrap.native import native_ports
from mobile.sync.client import Server
from mobile.sync.push import push
from mobile.sync.rewound import mark_chain_broken
from mobile.sync.schedule import Retry
from mobile.usecases import handover, outbox, renew, sign_out, take_photo
from mobile.usecases.recover import recover
from mobile.usecases.save import join_due
from mobile.usecases.today import today
from mobile.usecases.unlock import PhoneLock
from shared.digest import GENESIS
from shared.problems import ProblemError
from sync_server.office import handover as office_handover
from sync_server.office import recovery
from sync_server.store import devices
from sync_server.store import tables as t
from sync_server.store.database import new_epoch
from tests.support.copied_phone import TEACHER, UNIT, Copied, Office
from tests.support.county import CLOCK, SEASON


async def test_a_phone_put_back_notices_and_keeps_its_records_waiting(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    report = await phone.sync()
    assert (report.ok, report.problem_code) == (False, "device.rewound")
    assert phone.states() == {
        **dict.fromkeys(made[:2], "sent"),
        **dict.fromkeys(made[4:], "waiting"),
    }
    box = await outbox.outbox(phone.phone)
    assert (box.rewound, box.rejected, box.unsent, box.all_sent) == (True, 0, 2, False)
    assert sorted(office.ledger()) == sorted(made[:4])


async def test_it_notices_with_nothing_to_send_too(phone: Copied) -> None:
    await phone.record()
    kept = await phone.keep("kept")
    await phone.record()
    await phone.sync()
    await phone.put_back(kept)
    report = await phone.sync()
    assert (report.ok, report.sent, report.duplicates) == (True, 1, 1)
    assert (await outbox.outbox(phone.phone)).rewound


async def test_a_new_key_sends_what_the_office_lacks_and_nothing_twice(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    await phone.sync()
    report = await phone.renew()
    assert (report.ok, report.sent, report.rejected) == (True, 2, 0)
    office.whole(made)
    more = await phone.record(2)
    await phone.restart()
    assert (await phone.sync()).sent == 2
    office.whole(made + more)
    assert not (await outbox.outbox(phone.phone)).rewound


async def test_a_phone_put_back_goes_on_recording_until_it_has_its_key(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    await phone.sync()
    made += await phone.record(2)
    await phone.restart()
    made += await phone.record(1)
    assert not (await phone.sync()).ok
    assert (await today(phone.phone)).unsent == 5
    assert (await phone.renew()).sent == 5
    office.whole(made)


async def test_records_that_waited_when_it_was_kept_arrive_once(
    phone: Copied, office: Office
) -> None:
    made = await phone.record(3)
    await phone.restart()
    kept = await phone.keep("kept")
    made += await phone.record(1)
    await phone.sync()
    await phone.put_back(kept)
    made += await phone.record(1)
    await phone.sync()
    assert list(phone.states().values()).count("waiting") == 1
    assert (await phone.renew()).sent == 1
    office.whole(made)


async def test_a_copied_folder_and_the_original_both_go_on(phone: Copied, office: Office) -> None:
    made = await phone.record(2)
    await phone.sync()
    other = await phone.copy("other")
    for _ in range(2):
        made += await phone.record(2) + await other.record(1)
    assert (await other.sync()).sent == 2
    assert not (await phone.sync()).ok
    assert (await phone.renew()).sent == 4
    made += await phone.record(1) + await other.record(1)
    assert ((await phone.sync()).sent, (await other.sync()).sent) == (1, 1)
    other.phone.store.close()
    office.whole(made)


async def test_a_record_that_both_copies_still_had_to_send_leaves_no_gap_for_either(
    phone: Copied, office: Office
) -> None:
    """The copy sends it under its new key; the original's number for it counts all the same."""
    shared = await phone.record(2)
    other = await phone.copy("other")
    mine, theirs = await phone.record(1), await other.record(1)
    await mark_chain_broken(phone.phone.store)
    assert (await phone.renew()).sent == 3
    assert (await other.sync()).sent == 3
    late = await other.record(1)
    assert (await other.sync()).sent == 1
    other.phone.store.close()
    office.whole(shared + mine + theirs + late)


async def test_a_phone_put_back_twice_gets_a_key_each_time(phone: Copied, office: Office) -> None:
    made = await phone.rewound()
    await phone.sync()
    await phone.renew()
    kept = await phone.keep("kept-again")
    made += await phone.record(1)
    await phone.sync()
    await phone.put_back(kept)
    made += await phone.record(1)
    assert not (await phone.sync()).ok
    assert (await phone.renew()).sent == 1
    office.whole(made)
    found = office.services.database.read(lambda c: devices.of_unit(c, SEASON, UNIT))
    assert [d.replaces for d in found] == ["", found[0].id, found[1].id]


async def test_a_phone_put_back_twice_before_the_liaison_came_takes_a_key_each_time(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    await phone.sync()
    kept = await phone.keep("kept-again")
    await renew.renew(phone.phone)
    await phone.put_back(kept)
    await renew.renew(phone.phone)
    found = office.services.database.read(lambda c: devices.of_unit(c, SEASON, UNIT))
    for _ in range(devices.MAX_RENEWALS):
        await renew.renew(phone.phone)
    assert office.services.database.read(lambda c: len(devices.of_unit(c, SEASON, UNIT))) == 3
    assert [d.replaces for d in found] == ["", found[0].id, found[0].id]
    office.confirm()
    made += await phone.record(1)
    await phone.restart()
    assert (await phone.sync()).sent == 3
    office.whole(made)


async def test_put_back_to_before_its_new_key_it_takes_another(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    await phone.sync()
    kept = await phone.keep("kept-again")
    await phone.renew()
    await phone.put_back(kept)
    made += await phone.record(1)
    assert (await phone.renew()).sent == 3
    office.whole(made)


async def test_enrolling_again_with_a_code_takes_a_new_key(phone: Copied, office: Office) -> None:
    made = await phone.rewound()
    await phone.sync()
    key = await phone.phone.vault.public_key()
    await phone.enrol_again()
    assert await phone.phone.vault.public_key() != key
    assert (await phone.sync()).sent == 2
    office.whole(made)


async def test_a_phone_that_enrols_with_an_older_state_notices_at_once(
    phone: Copied, office: Office
) -> None:
    kept = await phone.keep("kept")
    made = await phone.record(1)
    await phone.sync()
    await phone.put_back(kept)
    await phone.enrol_again()
    assert (await outbox.outbox(phone.phone)).rewound
    made += await phone.record(1)
    assert (await phone.renew()).sent == 1
    office.whole(made)


async def test_records_an_earlier_version_took_for_refused_are_sent(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    store = phone.phone.store
    for fact in made[4:]:
        await store.facts.mark_rejected(fact, {"code": "fact.chain_forked"})
    await phone.sync()
    assert [phone.states()[fact] for fact in made[4:]] == ["waiting", "waiting"]
    assert (await phone.renew()).sent == 2
    office.whole(made)


async def test_what_was_set_apart_is_resolved_when_it_arrives(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    await phone.sync()
    assert sorted(office.set_apart()) == sorted(made[4:])
    await phone.renew()
    office.whole(made)


async def test_it_signs_out_once_the_office_has_everything(phone: Copied, office: Office) -> None:
    made = await phone.rewound()
    await phone.sync()
    with pytest.raises(ProblemError, match=r"sign_out\.unsent"):
        await sign_out.sign_out(phone.phone)
    await phone.renew()
    await sign_out.sign_out(phone.phone)
    assert phone.states() == {}
    await phone.restart()
    await phone.enrol()
    made += await phone.record(1)
    assert (await phone.sync()).sent == 1
    office.whole(made)


async def test_a_photo_the_other_copy_never_sent_is_uploaded(
    phone: Copied, office: Office, tmp_path: Path
) -> None:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(out, "JPEG")
    case = phone.phone.store.cases.all()[0].case.id
    taken = await take_photo.take_photo(phone.phone, out.getvalue(), case_id=case)
    made = await phone.record(1, (taken.sha256,))
    await phone.restart()
    kept = await phone.keep("kept")
    # the other copy handed the record in and lost its photo on the way
    enrolment = await phone.phone.store.meta.enrolment()
    assert enrolment is not None
    async with Server(enrolment.url, enrolment.token, phone.phone.transport) as server:
        store, vault = phone.phone.store, phone.phone.vault
        await push(store, vault, enrolment, server, Retry(lambda: 0.0), lambda *_: None)
    made += await phone.record(1)
    await phone.restart()
    await phone.put_back(kept)
    made += await phone.record(1)
    assert (await phone.sync()).photos == 1
    assert made[0] in office.ledger()


async def test_by_hand_over_file_it_notices_and_hands_in_under_its_new_key(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    first = await by_file(phone, office)
    assert (first.sent, first.rejected) == (0, 0)
    assert (await outbox.outbox(phone.phone)).rewound
    assert sorted(office.set_apart()) == sorted(made[4:])
    await renew.renew(phone.phone)
    office.confirm()
    second = await by_file(phone, office)
    assert (second.sent, second.again) == (2, False)
    office.whole(made)


async def by_file(phone: Copied, office: Office) -> handover.TakenReport:
    """The file to the office, and its answer back."""
    file = await handover.make_handover(phone.phone)
    taken = office_handover.receive(
        office.services, io.BytesIO(file.data), who="t", allowed=lambda _: True
    )
    return await handover.take_answer(phone.phone, taken.answer)


async def test_a_server_restored_from_before_gets_what_was_sent_under_the_earlier_key_too(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    await phone.sync()
    await phone.renew()
    office.services.database.write(
        lambda c: (
            c.execute(t.fact.delete()),
            c.execute(t.quarantine.delete()),
            c.execute(t.device.update().values(n=0, link=GENESIS)),
        )
    )
    office.services.database.epoch = office.services.database.write(new_epoch)
    report = await phone.sync()
    assert (report.ok, report.sent) == (True, 4)
    office.whole(made[:2] + made[4:])


async def test_new_records_join_after_those_that_are_signed_anew(
    phone: Copied, office: Office
) -> None:
    made = await phone.rewound()
    await phone.sync()
    await renew.renew(phone.phone)
    made += await phone.record(1)
    assert await join_due(phone.phone, everything=True) == 0
    office.confirm()
    assert (await phone.sync()).sent == 3
    numbers = {k.id: k.n for k in phone.phone.store.facts.all()}
    assert [numbers[fact] for fact in made[4:]] == [1, 2, 3]
    office.whole(made)


async def test_another_teachers_code_takes_a_new_key_and_what_was_sent_stays_the_firsts(
    phone: Copied, office: Office
) -> None:
    await phone.record(1)
    await phone.sync()
    first = office.services.database.read(lambda c: devices.of_unit(c, SEASON, UNIT))[0]
    await phone.enrol_again("乙")
    found = office.services.database.read(lambda c: devices.of_unit(c, SEASON, UNIT))
    assert found[0] == first
    assert (len(found), found[1].n) == (2, 0)
    assert found[1].staff != first.staff


async def test_another_teachers_code_waits_until_the_firsts_records_are_handed_in(
    phone: Copied, office: Office
) -> None:
    await phone.record(1)
    with pytest.raises(ProblemError) as refused:
        await phone.enrol_again("乙")
    assert refused.value.code == "enrol.other_teacher"
    assert TEACHER in refused.value.message()
    assert (await phone.sync()).sent == 1


async def test_a_phone_with_a_pin_is_put_back_renewed_locked_and_recovered(
    phone: Copied, office: Office, tmp_path: Path
) -> None:
    phone_lock = await locked(phone, first=True)
    await phone_lock.set_pin(PIN)
    await phone_lock.escrow_data_key()
    await phone_lock.close()
    shutil.copytree(phone.folder, kept := tmp_path / "kept")
    phone_lock = await locked(phone)
    made = await phone.record(1)
    await phone.sync()
    await phone_lock.close()
    shutil.rmtree(phone.folder)
    shutil.copytree(kept, phone.folder)
    phone_lock = await locked(phone)
    made += await phone.record(1)
    await phone.sync()
    assert (await phone.renew()).sent == 1
    await phone_lock.escrow_data_key()
    device = await phone.phone.store.meta.enrolment()
    assert device is not None
    await phone_lock.close()
    phone_lock = await PhoneLock.at(
        dataclasses.replace(native_ports(phone.folder, CLOCK), transport=office.transport())
    )
    code = recovery.issue(office.services, device.device, who="t").code
    phone.phone = await recover(phone_lock, code=code, new_pin="739204")
    made += await phone.record(1)
    assert (await phone.sync()).sent == 1
    office.whole(made)


PIN = "280415"


async def locked(phone: Copied, *, first: bool = False) -> PhoneLock:
    """The phone's lock, opened by its PIN; `first`: before there is one."""
    if first:
        phone.phone.store.close()
    phone_lock = await PhoneLock.at(native_ports(phone.folder, CLOCK))
    phone.phone = phone_lock.phone or await phone_lock.unlock(PIN)
    phone.phone.transport = phone.office.transport()
    return phone_lock
