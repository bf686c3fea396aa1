"""The office withdraws and renews certificates; a key that is withdrawn is gone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from shared.problems import ProblemError
from sync_server.office import certificate_list, certs, doctor, summaries, withdrawals
from sync_server.sealing import certificates, renewal, withdrawn
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import tables as t
from sync_server.store import withdrawn_lists
from tests.support.command_line import doorstep, report
from tests.support.county import fill
from tests.support.summaries import WHO, all_repaid, sealed_version


def with_school(services: Services) -> str:
    """A school with its certificate: the serial number."""
    services.database.write(lambda c: fill(c, (2, 2)))
    certs.ensure(services, "01")
    return serial(services)


def serial(services: Services) -> str:
    return {one.code: one.serial for one in certificate_list.held(services)}["01"]


def test_withdrawn_its_key_is_destroyed_and_the_next_seal_has_another(services: Services) -> None:
    before = with_school(services)
    listed = withdrawals.withdraw(services, "01", reason="stolen", note="电脑被盗", who=WHO)
    assert listed.number == 2
    assert [f"{one.serial:x}" for one in listed.entries] == [before]
    keys = certs.folder(services)
    assert not (keys / "01.key").exists()
    assert (keys / f"01-{before}.replaced").exists()
    certs.ensure(services, "01")
    assert serial(services) != before
    assert (keys / "01.key").exists()


def test_pressed_twice_withdraws_once_and_never_the_next_one(services: Services) -> None:
    before = with_school(services)
    for _ in range(2):
        withdrawals.withdraw(services, "01", reason="lost", serial=before, who=WHO)
    withdrawals.withdraw(services, "01", reason="lost", who=WHO)
    certs.ensure(services, "01")
    listed = withdrawals.withdraw(services, "01", reason="lost", serial=before, who=WHO)
    assert (listed.number, len(listed.entries)) == (2, 1)
    assert (certs.folder(services) / "01.key").exists()


def test_every_certificate_of_the_key_is_withdrawn(services: Services) -> None:
    first = with_school(services)
    second = certificate_list.renew(services, "01", who=WHO).serial
    listed = withdrawals.withdraw(services, "01", reason="stolen", who=WHO)
    assert {f"{one.serial:x}" for one in listed.entries} == {first, second}


def test_lists_only_grow_and_are_numbered(services: Services) -> None:
    with_school(services)
    certs.ensure(services, "02")
    withdrawals.withdraw(services, "01", reason="lost", who=WHO)
    listed = withdrawals.withdraw(services, "02", reason="closed", who=WHO)
    assert len(listed.entries) == 2
    rows = services.database.read(withdrawn_lists.every)
    assert [row.number for row in rows] == [3, 2, 1]


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("certs.reason", {"reason": "because"}),
        ("certs.since", {"reason": "lost", "since": timedelta(days=1)}),
    ],
)
def test_a_withdrawal_names_what_is_wrong(
    services: Services, code: str, values: dict[str, object]
) -> None:
    with_school(services)
    if ahead := values.get("since"):
        values = {**values, "since": services.settings.real_now() + ahead}
    with pytest.raises(ProblemError) as refused:
        withdrawals.withdraw(services, "01", who=WHO, **values)
    assert refused.value.code == code


@pytest.mark.parametrize("code", ["county", "root", "09"])
def test_what_is_no_units_certificate_is_not_withdrawn(services: Services, code: str) -> None:
    with_school(services)
    with pytest.raises(ProblemError, match=r"certs\.missing"):
        withdrawals.withdraw(services, code, reason="lost", who=WHO)


def test_renewed_with_its_key_or_another_old_seals_verify(services: Services) -> None:
    all_repaid(services)
    row = sealed_version(services)
    sealed = summaries.files(services, row.id)["summary.pdf"]
    keys, secret = certs.folder(services), certs.passphrase(services)
    public = certificates.load_key(keys / "01.key", secret).public_key()
    certificate_list.renew(services, "01", who=WHO)
    assert certificates.load_key(keys / "01.key", secret).public_key() == public
    certificate_list.renew(services, "01", new_key=True, who=WHO)
    assert certificates.load_key(keys / "01.key", secret).public_key() != public
    certificate_list.renew(services, "county", who=WHO)
    assert summaries.check_file(services, sealed)["ok"]
    withdrawals.withdraw(services, "01", reason="stolen", who=WHO)
    assert summaries.check_file(services, sealed)["ok"]  # its key was another one


def test_what_the_server_sealed_itself_stays_good_when_the_key_is_stolen_later(
    services: Services,
) -> None:
    all_repaid(services)
    row = sealed_version(services)
    sealed = summaries.files(services, row.id)["summary.pdf"]
    withdrawals.withdraw(services, "01", reason="stolen", who=WHO)
    found = summaries.check_file(services, sealed)
    assert found["ok"] or found["problems"][0]["code"] == "verify.withdrawn"


def test_the_county_is_renewed_with_the_root_only(services: Services) -> None:
    with_school(services)
    (certs.folder(services) / "root.key").unlink()
    with pytest.raises(ProblemError, match=r"certs\.missing"):
        certificate_list.renew(services, "county", who=WHO)
    with pytest.raises(ProblemError, match=r"certs\.county_key"):
        certificate_list.renew(services, "county", new_key=True, who=WHO)


def test_a_certificate_near_its_end_is_named_by_doctor_and_renewed_by_command(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_school(services)
    soon = services.settings.real_now() + timedelta(days=365 * 3) - renewal.WITHIN

    def later(_: Settings) -> datetime:
        return soon + timedelta(hours=1)

    assert not certificate_list.due(services)
    monkeypatch.setattr(Settings, "real_now", later)
    assert {one.code for one in certificate_list.due(services)} == {"01"}
    (line,) = [one for one in doctor.checks(services) if one["what"] == "证书"]
    assert line["ok"] is False
    data = services.settings.data_dir
    services.close()
    assert list(report(doorstep("certs", "renew", "--json", data=data))["renewed"]) == ["01"]
    assert report(doorstep("certs", "renew", "--json", data=data))["renewed"] == {}


def test_the_commands_withdraw_list_and_hand_out(services: Services) -> None:
    with_school(services)
    data = services.settings.data_dir
    services.close()
    asked = ("certs", "revoke", "01", "--reason", "stolen", "--since", "2026-11-01T09:00")
    assert report(doorstep(*asked, "--json", data=data)) == {"number": 2, "withdrawn": 1}
    (gone,) = json.loads(doorstep("certs", "list", "--json", data=data).stdout)["withdrawn"]
    assert gone["since"] == "2026-11-01T01:00:00+00:00"
    assert report(doorstep("certs", "withdrawn", data, "--json", data=data))["file"].endswith(
        ".crl"
    )


def entry_of(listed: withdrawn.Withdrawn, serial_hex: str) -> withdrawn.Entry:
    return next(one for one in listed.entries if f"{one.serial:x}" == serial_hex)


def test_what_was_thought_lost_becomes_stolen_and_never_less(services: Services) -> None:
    before = with_school(services)
    first = withdrawals.withdraw(services, "01", reason="lost", who=WHO)
    since = entry_of(first, before).since - timedelta(days=3)
    for reason, day in (("stolen", None), ("stolen", since), ("closed", None), ("lost", None)):
        listed = withdrawals.withdraw(services, "01", reason=reason, since=day, who=WHO)
    assert listed.number == first.number + 2, "what says nothing graver is no new list"
    (entry,) = listed.entries
    assert (entry.reason, entry.since) == ("stolen", since)
    assert entry.listed_at == entry_of(first, before).listed_at


def test_a_key_that_was_replaced_is_withdrawn_without_the_present_one(services: Services) -> None:
    before = with_school(services)
    after = certificate_list.renew(services, "01", new_key=True, who=WHO).serial
    for _ in range(2):
        listed = withdrawals.withdraw(services, "01", reason="stolen", earlier=True, who=WHO)
    assert [f"{one.serial:x}" for one in listed.entries] == [before]
    assert serial(services) == after
    assert (certs.folder(services) / "01.key").exists()


def test_after_a_restore_the_list_that_was_handed_out_is_taken_back(services: Services) -> None:
    before = with_school(services)
    keys = certs.folder(services)
    saved = {path.name: path.read_bytes() for path in keys.glob("01.*")}
    withdrawals.withdraw(services, "01", reason="stolen", who=WHO)
    handed_out = withdrawals.current(services)
    services.database.write(
        lambda c: c.execute(t.withdrawn_list.delete().where(t.withdrawn_list.c.number > 1))
    )
    for name, data in saved.items():
        (keys / name).write_bytes(data)
    certs.ensure(services, "01")
    assert serial(services) == before, "the restored server knows of no withdrawal"
    for _ in range(2):
        listed = withdrawals.take(services, handed_out, who=WHO)
    assert listed.number == 3
    assert [f"{one.serial:x}" for one in listed.entries] == [before]
    assert not (keys / "01.key").exists()
    with pytest.raises(ProblemError, match=r"verify\.list_invalid"):
        withdrawals.take(services, handed_out[:-1] + b"x", who=WHO)


def test_a_list_is_taken_back_by_command(services: Services) -> None:
    with_school(services)
    withdrawals.withdraw(services, "01", reason="lost", who=WHO)
    data = services.settings.data_dir
    (data / "kept.crl").write_bytes(withdrawals.current(services))
    services.close()
    asked = ("certs", "take-list", str(data / "kept.crl"), "--json")
    assert report(doorstep(*asked, data=data)) == {"number": 2, "withdrawn": 1}


def test_a_county_made_anew_after_a_lost_key_begins_a_list_of_its_own(services: Services) -> None:
    """What docs/lost-key.md says to do, file by file."""
    all_repaid(services)
    row = sealed_version(services)
    old = summaries.files(services, row.id)["summary.pdf"]
    withdrawals.withdraw(services, "01", reason="stolen", who=WHO)
    keys, away = certs.folder(services), services.settings.path("away")
    for path in [*keys.glob("county.*"), *keys.glob("[0-9]*")]:
        path.rename(away / path.name)
    assert certs.ensure(services, "")
    certs.ensure(services, "01")
    notes = [one["code"] for one in summaries.check_file(services, old)["notes"]]
    assert "verify.withdrawn_later" in notes, "the old county's list still counts for old files"
    certs.ensure(services, "02")
    listed = withdrawals.withdraw(services, "02", reason="lost", who=WHO)
    assert (listed.number, len(listed.entries)) == (4, 1)
    county = certificates.load_certificate(keys / "county.pem")
    assert withdrawn.read(withdrawals.current(services), county) == listed


@pytest.mark.parametrize("days", [365 * 3 + 1, -2])
def test_what_does_not_hold_at_the_next_seal_is_renewed_with_its_key(
    services: Services, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Nobody renewed it in time, or it was made while the clock was ahead."""
    before = with_school(services)
    key = (certs.folder(services) / "01.key").read_bytes()
    then = services.settings.real_now() + timedelta(days=days)
    monkeypatch.setattr(Settings, "real_now", lambda _: then)
    certs.ensure(services, "01")
    assert serial(services) != before
    assert (certs.folder(services) / "01.key").read_bytes() == key
    assert renewal.holds(certs.folder(services), "01", then)
    certs.ensure(services, "01")
    assert len(list(certs.folder(services).glob("01-*.replaced"))) == 1
