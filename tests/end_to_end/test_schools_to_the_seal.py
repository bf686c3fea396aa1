"""A school renamed by a list and another merged into it: list, phones, summary, seal, roll-up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shared.cases import Repayment
from sync_server.office import certs, county_reports, imports, schools, summaries
from sync_server.office.importing.choice import Choice
from sync_server.sample.processes import Phone
from sync_server.sealing.checking import verify
from sync_server.sealing.summary import CountySummary, SchoolSummary
from sync_server.store import cases, repayments, units
from sync_server.store.database import Connection
from tests.end_to_end.conftest import SCHOOLS, County
from tests.support.bodies import VISIT
from tests.support.county import SEASON
from tests.support.intake_files import write_xlsx
from tests.support.summaries import sealed_version

NEW_NAME = "槐花镇中心校"
HEADER = ("序号", "学校", "分管领导", "职务", "联系电话", "联络员", "职务", "联系电话", "备注")


def contacts(folder: Path, names: list[str]) -> Path:
    rows = [[n, name, "", "", "", "", "", "", ""] for n, name in enumerate(names)]
    return write_xlsx(folder / "附件1.xlsx", [HEADER, *rows])


def listed(county: County, folder: Path, was: str, now: str) -> None:
    """Import 附件1 of all schools, in which one has another name."""
    known = county.services.database.read(lambda c: units.units(c, SEASON))
    path = contacts(folder, [now if u.code == was else u.name for u in known])
    asked = imports.apply(county.services, "contacts", path, who="t")
    assert asked["applied"] is None
    assert asked["schools"][0]["written"] == now
    choice = Choice(schools={now: f"rename:{was}"})
    assert imports.apply(county.services, "contacts", path, who="t", choice=choice)["applied"]


def repay(county: County, units_: tuple[str, ...]) -> None:
    def job(connection: Connection) -> None:
        lines = [
            Repayment(
                contract_no=contract.contract_no,
                principal_fen=contract.principal_fen,
                interest_fen=contract.interest_fen,
                paid_on="2019-12-10",
            )
            for unit in units_
            for row in cases.rows(connection, SEASON, unit=unit)
            for contract in cases.case_of(row).contracts
        ]
        repayments.store_snapshot(
            connection, SEASON, "2019-12-11", lines, file_name="f", sha256="0", now="2019-12-11"
        )

    county.services.database.write(job)


def test_a_renamed_and_a_merged_school_from_the_list_to_the_roll_up(
    county: County, new_phone: Callable[..., Phone], tmp_path: Path
) -> None:
    services = county.services
    stays, gone = county.school(), county.school()
    one, other = new_phone(stays, "甲"), new_phone(gone, "乙")
    listed(county, tmp_path, stays, NEW_NAME)
    known = services.database.read(lambda c: units.units(c, SEASON))
    assert len(known) == SCHOOLS, "no second school"
    for phone in (one, other):
        phone.ask("record", kind="visit", case=phone.ask("cases")[0]["id"], body=VISIT)
    assert one.ask("sync")["sent"] == 1
    assert one.ask("today")["school"] == NEW_NAME
    schools.merge(services, gone, stays, who="t", confirmed=True)
    assert other.ask("sync")["sent"] == 1
    assert other.ask("today")["school"] == NEW_NAME
    repay(county, (stays,))
    sealed = sealed_version(services, stays)
    summary = summaries.document(sealed)
    assert isinstance(summary, SchoolSummary)
    assert (summary.unit.name, len(summary.rows)) == (NEW_NAME, 8)
    assert {row.case[:2] for row in summary.rows} == {stays, gone}, "codes on paper stay"
    path, root = summaries.files(services, sealed.id)["summary.pdf"], certs.root_pem(services)
    verdict = verify.verify(path, root)
    assert (verdict.ok, verdict.unit_name, verdict.unit_code) == (True, NEW_NAME, stays)
    report = summaries.document(county_reports.roll_up(services, partial=True, who="t"))
    assert isinstance(report, CountySummary)
    assert [(row.code, row.name, row.totals.people) for row in report.rows] == [
        (stays, NEW_NAME, 8)
    ]
    assert len(report.missing) == SCHOOLS - 2
    assert gone not in {unit.code for unit in report.missing}
    # phones go on after the seal
    other.ask("record", kind="visit", case=other.ask("cases")[1]["id"], body=VISIT)
    got = other.ask("sync")
    assert (got["sent"], got["rejected"], got["complete"]) == (1, 0, True)
