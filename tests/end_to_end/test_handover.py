"""A teacher without a network for a whole season, over real processes: a file by cable, its answer back, nothing left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sync_server.sample.processes import Phone
from sync_server.services import Services
from sync_server.settings import Settings
from tests.end_to_end.conftest import County
from tests.support.bodies import DELIVERY, STATEMENT, VISIT
from tests.support.command_line import Done, doorstep, doorstep_process
from tests.support.county import CLOCK
from tests.support.ledger import facts_of, photos_of

NewPhone = Callable[..., Phone]


def office(
    data: Path, file: Path, answer: Path, run: Callable[..., Done] = doorstep
) -> tuple[int, dict[str, Any]]:
    """`doorstep handover`: exit code, and what it says to a program."""
    done = run("handover", file, "--answer", answer, "--json", data=data)
    return done.returncode, json.loads(done.stdout)


def season_of_work(phone: Phone, picture: Path) -> int:
    """Record four visits; return how many records that made."""
    cases = [line["id"] for line in phone.ask("cases")]
    for case in cases:
        photo = phone.ask("take_photo", case=case, file=str(picture))["sha256"]
        phone.ask("record", kind="notice_delivery", case=case, body=DELIVERY, photos=[photo])
        phone.ask("record", kind="visit", case=case, body=VISIT)
    phone.ask("record", kind="statement", case=cases[0], body=STATEMENT)
    return 2 * len(cases) + 1


def test_a_season_without_a_network_arrives_by_cable_and_the_answer_empties_the_outbox(
    county: County, new_phone: NewPhone, picture: Path, tmp_path: Path
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    made = season_of_work(phone, picture)
    file, answer = tmp_path / "from-the-phone", tmp_path / "to-the-phone"
    written = phone.ask("write_handover", file=str(file))
    photos = written["photos"]
    assert (written["facts"], photos > 0) == (made, True)
    phone.stop(9)
    assert not phone.ask("outbox")["all_sent"]
    code, taken = office(county.services.settings.data_dir, file, answer, doorstep_process)
    assert (code, taken["created"], taken["refused"], taken["photos"]) == (0, made, 0, photos)
    assert len(facts_of(county.services, unit)) == made
    assert photos_of(county.services, unit) == 4, "a photo at each of four doors"
    report = phone.ask("take_answer", file=str(answer))
    assert (report["sent"], report["photos"], report["again"]) == (made, photos, False)
    assert phone.ask("outbox")["all_sent"]
    got = phone.ask("sync")
    assert (got["ok"], got["sent"], got["complete"]) == (True, 0, True)


def test_a_kill_after_the_answer_keeps_its_outcomes(
    county: County, new_phone: NewPhone, picture: Path, tmp_path: Path
) -> None:
    phone = new_phone(county.school())
    season_of_work(phone, picture)
    file, answer = tmp_path / "f", tmp_path / "a"
    phone.ask("write_handover", file=str(file))
    office(county.services.settings.data_dir, file, answer)
    phone.ask("take_answer", file=str(answer))
    phone.stop(9)
    assert phone.ask("outbox")["all_sent"]


def test_a_file_at_another_countys_server_is_refused(
    county: County, new_phone: NewPhone, picture: Path, tmp_path: Path
) -> None:
    phone = new_phone(county.school())
    season_of_work(phone, picture)
    file, answer = tmp_path / "f", tmp_path / "a"
    phone.ask("write_handover", file=str(file))
    elsewhere = Settings(data_dir=tmp_path / "elsewhere", clock_spec=CLOCK)
    Services.open(elsewhere).close()
    code, report = office(elsewhere.data_dir, file, answer)
    assert (code, report["problems"][0]["code"]) == (1, "handover.other_server")
    assert "登记的那台服务器" in report["problems"][0]["detail"]
    assert not answer.exists()


def test_a_truncated_file_changes_nothing_and_the_complete_one_is_accepted(
    county: County, new_phone: NewPhone, picture: Path, tmp_path: Path
) -> None:
    unit = county.school()
    phone = new_phone(unit)
    made = season_of_work(phone, picture)
    file, torn, answer = tmp_path / "f", tmp_path / "torn", tmp_path / "a"
    phone.ask("write_handover", file=str(file))
    torn.write_bytes(file.read_bytes()[:-1])
    code, report = office(county.services.settings.data_dir, torn, answer)
    assert (code, report["problems"][0]["code"]) == (1, "handover.damaged")
    assert facts_of(county.services, unit) == []
    assert office(county.services.settings.data_dir, file, answer)[1]["created"] == made
