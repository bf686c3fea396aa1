"""A school gets a signed receipt with the county's acceptance; it goes with the acceptance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.problems import ProblemError
from sync_server.office import certs, receipts, summaries, summary_verdicts, withdrawals
from sync_server.sealing import receipt
from sync_server.services import Services
from sync_server.store import receipts as stored
from tests.support.command_line import doorstep, report
from tests.support.county import fill
from tests.support.summaries import WHO, all_repaid, sealed_version, version


def accepted(services: Services) -> str:
    services.database.write(lambda c: fill(c, (2, 2)))
    row = version(services, 1, "submitted")
    summary_verdicts.record_verdict(services, row.id, "accepted", "", who=WHO)
    return row.id


def test_acceptance_gives_a_receipt_of_the_sealed_file(services: Services) -> None:
    summary = accepted(services)
    found = receipts.of_summary(services, summary)
    assert found is not None
    stated = receipt.read(found.body, certs.root_pem(services))
    row = services.database.read(lambda c: stored.of_file(c, found.sha256))
    assert row == [found]
    assert stated is not None
    assert (stated.sha256, stated.version, stated.number) == (found.sha256, 1, 1)
    assert stated.unit
    assert not stated.withdrawn_at


def test_a_return_gives_no_receipt(services: Services) -> None:
    services.database.write(lambda c: fill(c, (2, 2)))
    row = version(services, 1, "submitted")
    summary_verdicts.record_verdict(services, row.id, "returned", "少一人", who=WHO)
    assert receipts.of_summary(services, row.id) is None
    with pytest.raises(ProblemError) as refused:
        receipts.take(services, row.id, who=WHO)
    assert refused.value.code == "receipt.none"


def test_accepted_twice_is_one_receipt(services: Services) -> None:
    summary = accepted(services)
    summary_verdicts.record_verdict(services, summary, "accepted", "", who=WHO)
    assert services.database.read(stored.next_number) == 2


def test_a_verdict_taken_back_withdraws_the_receipt_and_the_next_has_another_number(
    services: Services,
) -> None:
    summary = accepted(services)
    first = receipts.of_summary(services, summary)
    summary_verdicts.take_back(services, summary, who=WHO)
    gone = receipts.of_summary(services, summary)
    assert first is not None
    assert gone is not None
    stated = receipt.read(gone.file, certs.root_pem(services))
    assert stated is not None
    assert stated.withdrawn_at
    assert stated.number == first.number == 1
    assert gone.body == first.body
    summary_verdicts.record_verdict(services, summary, "accepted", "", who=WHO)
    again = receipts.of_summary(services, summary)
    assert again is not None
    assert again.number == 2
    assert not again.withdrawn_at


def test_without_the_countys_key_nothing_is_accepted(services: Services) -> None:
    services.database.write(lambda c: fill(c, (2, 2)))
    row = version(services, 1, "submitted")
    code = certs.ensure(services, "")
    (certs.folder(services) / f"{code}.key").unlink()
    with pytest.raises(ProblemError, match=r"certs\.missing"):
        summary_verdicts.record_verdict(services, row.id, "accepted", "", who=WHO)
    assert summaries.listed(services, "01")[0].state == "submitted"
    assert receipts.of_summary(services, row.id) is None


def test_one_accepted_by_an_earlier_version_gets_its_receipt_when_asked(
    services: Services,
) -> None:
    services.database.write(lambda c: fill(c, (2, 2)))
    row = version(services, 1, "accepted")
    assert receipts.of_summary(services, row.id) is None
    made = receipts.take(services, row.id, who=WHO)
    assert receipts.take(services, row.id, who=WHO) == made


def test_the_receipt_beside_a_sealed_file_is_checked_and_shown(
    services: Services, tmp_path: Path
) -> None:
    all_repaid(services)
    row = sealed_version(services)
    sealed = summaries.files(services, row.id)["summary.pdf"]
    summary_verdicts.submit(services, row.id, who=WHO)
    summary_verdicts.record_verdict(services, row.id, "accepted", "", who=WHO)
    assert "verify.receipt" in notes(summaries.check_file(services, sealed))

    out, root = tmp_path / "out", tmp_path / "root.pem"
    out.mkdir()
    root.write_bytes(certs.root_pem(services))
    (out / "summary.pdf").write_bytes(sealed.read_bytes())
    services.close()
    assert "verify.receipt" not in notes(verified(out / "summary.pdf", root))
    asked = doorstep("receipt", "01", "--out", out, data=services.settings.data_dir)
    assert asked.returncode == 0, asked.stderr
    found = verified(out / "summary.pdf", root)
    assert found["ok"]
    assert "verify.receipt" in notes(found)

    (name,) = out.glob("*receipt.json")
    other = json.loads(name.read_bytes())
    other["receipt"]["version"] = 7
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(other))
    found = verified(out / "summary.pdf", root, "--receipt", str(bad))
    assert [one["code"] for one in found["problems"]] == ["verify.receipt_invalid"]


def notes(verdict: dict[str, object]) -> list[str]:
    return [one["code"] for one in verdict.get("notes", ())]


def verified(path: Path, root: Path, *more: str) -> dict[str, object]:
    return dict(report(doorstep("verify", path, "--trust", root, "--json", *more)))


def test_a_withdrawn_receipt_is_on_the_list_and_the_next_one_is_not(services: Services) -> None:
    summary = accepted(services)
    kept = receipts.of_summary(services, summary)
    assert kept is not None
    summary_verdicts.take_back(services, summary, who=WHO)
    listed = withdrawals.of_now(services)
    assert listed is not None
    assert listed.receipt(kept.sha256, kept.number) is not None
    summary_verdicts.record_verdict(services, summary, "accepted", "", who=WHO)
    second = receipts.of_summary(services, summary)
    assert second is not None
    assert listed.receipt(second.sha256, second.number) is None
