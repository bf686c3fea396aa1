"""Whatever is stored, every page, feed and list answers, and shows odd things as odd."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from sqlalchemy import String, Text, select, update

from shared.assets import FONTS
from shared.digest import GENESIS
from shared.lifecycle import Review
from shared.readiness import NamedException
from shared.records.base import encode as encode_fact
from sync_server.office import backup, phones, recovery, review
from sync_server.office.summary_inputs import Gathered, gather
from sync_server.sealing.checking import evidence_checks
from sync_server.sealing.making import evidence, render
from sync_server.sealing.making.compose import NotReady, compose
from sync_server.sealing.making.school_view import school_view
from sync_server.sealing.making.workbook import summary_xlsx
from sync_server.sealing.record import Findings
from sync_server.sealing.summary import SchoolSummary, encode
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import audit, reviews, summaries
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.process_tables import kept
from tests.support import every_page, imports, odd
from tests.support.command_line import doorstep
from tests.support.console_browser import people, signed_in
from tests.support.county import SEASON, purge, repaid
from tests.support.devices import RawPhone, case_ids, fact_bytes
from tests.support.engines import on_postgresql
from tests.support.facts import histories
from tests.support.notices import printed
from tests.support.one_app import app_over

LONG_FORM = os.environ.get("HYPOTHESIS_PROFILE") == "long"
NO_PAGE = {"name": "printed.pdf", "token": "0" * 32, "code": "zh", "key": "repay", "n": "0"}
TIMES = ("at", "on", "of", "off")
"""How the names of columns end that hold a moment or a day."""


@pytest.fixture
def office(services: Services, county: list[str]) -> Services:
    people(services)
    return services


async def broken(app: Litestar, phone: RawPhone, values: Mapping[str, str]) -> dict[str, int]:
    """Every page of the admin's and the inspector's, and the phone's feed, that does not answer."""
    browser = await signed_in(app, "admin")
    found = await every_page.answers(app, browser, values)
    codes = {name: status for name, (status, _) in found.items()}
    codes["GET /v1/changes"] = (await phone.ask("GET", "/v1/changes")).status_code
    inspector = await signed_in(app, "auditor")
    for path in ("/inspection", "/cases", f"/cases/{values['case_id']}", "/audit"):
        codes[f"inspected {path}"] = (await inspector.get(path)).status_code
    return {name: code for name, code in codes.items() if code >= 500}


async def test_every_page_answers_whatever_moment_or_day_a_row_holds(
    app: Litestar, office: Services, phone: RawPhone
) -> None:
    values = await _a_row_in_every_table(office, phone)
    columns = [
        column
        for table in t.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | Text)
        and not column.primary_key
        and column.name.rpartition("_")[2] in TIMES
        and column is not t.account.c.disabled_at  # anything in it switches an account off
    ]
    assert len(columns) > 20
    odd_ones = odd.MOMENTS[1:]
    for turn in range(len(odd_ones) if LONG_FORM else 1):
        for place, column in enumerate(columns):
            bad = odd_ones[(place + turn * 5) % len(odd_ones)]
            office.database.write(
                lambda c, column=column, bad=bad: c.execute(
                    update(column.table).values({column.name: odd.storable(bad)})
                )
            )
        assert await broken(app, phone, values) == {}


async def test_every_page_answers_over_facts_that_no_ledger_would_take_today(
    app: Litestar, office: Services, phone: RawPhone
) -> None:
    case = case_ids(office, "01")[0]
    ids = odd.store(office, phone, odd.every_sort(case, thin=1 if LONG_FORM else 16))
    values = _places(case, ids[0], phone)
    assert await broken(app, phone, values) == {}
    browser = await signed_in(app, "one")
    for at in range(1, 4):
        for show in ("waiting", "received", "accepted", "returned"):
            page = await browser.get(f"/schools/01/review?show={show}&at={at}")
            assert page.status_code == 200, (show, at)
    for fact_id in ids[:: len(ids) // 8]:
        for verdict in ("accepted", "returned"):
            review.review(office, fact_id, verdict, "再看看", who="t")
    assert (await browser.get(f"/cases/{case}")).status_code == 200


@settings(
    max_examples=settings.default.max_examples // 33,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_every_page_answers_over_facts_in_any_order(
    app: Litestar, office: Services, phone: RawPhone, data: st.DataObject
) -> None:
    own = case_ids(office, "01")
    made = data.draw(odd.facts([*own, "no case"]))
    office.database.write(lambda c: (c.execute(t.fact_photo.delete()), c.execute(t.fact.delete())))
    ids = odd.store(office, phone, made)
    assert await broken(app, phone, _places(own[0], ids[0], phone)) == {}
    summary, _ = _composed(office)
    assert school_view(summary, "0" * 64)["rows"]
    assert summary_xlsx(summary)


@settings(
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # a smaller example costs minutes
    max_examples=settings.default.max_examples // 33,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_every_page_and_the_printed_one_answer_over_whatever_the_ledger_accepts(
    app: Litestar, office: Services, phone: RawPhone, data: st.DataObject
) -> None:
    own = case_ids(office, "01")
    made = [fact for case in own for fact in data.draw(histories(case))]
    _forget_facts(office, phone)
    outcomes = await phone.outcomes(*(phone.chained(encode_fact(fact)) for fact in made))
    assert set(outcomes) <= {"created", "rejected"}
    assert "created" in outcomes
    stored = next(fact for fact, found in zip(made, outcomes, strict=True) if found == "created")
    assert await broken(app, phone, _places(own[0], stored.id, phone)) == {}
    assert (await phone.pages())[-1].scope_count is not None
    summary, _ = _composed(office)
    assert render.render_summary(encode(summary), summary_xlsx(summary), FONTS).pdf


def _forget_facts(office: Services, phone: RawPhone) -> None:
    """Begin anew: the next example's facts may have the same ids."""

    def job(connection: Connection) -> None:
        for table in (t.fact_photo, t.fact, t.quarantine):
            connection.execute(table.delete())
        connection.execute(update(t.device).values(n=0, link=GENESIS))

    office.database.write(job)
    phone.n, phone.link = 0, GENESIS


def _composed(office: Services) -> tuple[SchoolSummary, Gathered]:
    """The school's summary as of now, everything that is missing taken as an exception."""
    now = office.settings.now()
    found = office.database.read(
        lambda c: gather(c, SEASON, "01", cut_off=now, exceptions=(), reason="", demo=True)
    )
    try:
        return compose(found.inputs), found
    except NotReady as refusal:
        named = [NamedException(code=m.code, ref=m.ref, reason="r") for m in refusal.items]
    inputs = msgspec.structs.replace(found.inputs, exceptions=tuple(named))
    return compose(inputs), msgspec.structs.replace(found, inputs=inputs)


def _problems_of_evidence(
    tmp_path: Path, summary: SchoolSummary, behind: Gathered
) -> list[tuple[str, int | None]]:
    """What a verifier finds in the evidence of a summary, after its way over the disk."""
    key = ec.generate_private_key(ec.SECP256R1())
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, kind)
    kept = msgspec.json.decode(msgspec.json.encode(behind), type=Gathered)
    path = tmp_path / "evidence.bin"
    evidence.write_evidence(path, public, kept.inputs, kept.chains, kept.devices, ())
    found = Findings()
    contents = evidence_checks._read(path, key, found)
    assert contents.inputs is not None
    evidence_checks.chains(contents.lines, contents.devices, set(), found)
    tree = msgspec.json.decode(encode(summary))
    evidence_checks.recompose(contents, contents.inputs, tree, found)
    return [(item.code, item.row) for item in found.items]


def _places(case: str, fact: str, phone: RawPhone) -> dict[str, str]:
    return {
        **NO_PAGE,
        "unit": "01",
        "case_id": case,
        "fact_id": fact,
        "season_id": SEASON,
        "device_id": phone.device,
        "sha256": "a" * 64,
        "run_id": "none",
        "summary_id": "none",
    }


async def test_the_pages_show_an_odd_record_as_it_stands_with_a_mark(
    app: Litestar, office: Services, phone: RawPhone
) -> None:
    case = case_ids(office, "01")[0]
    body = {"met": 5, "outcome": "promised", "promise_date": "=1+1"}
    odd.store(office, phone, [odd.envelope(case, body=body, happened_at="9999-12-31T23:59:59Z")])
    browser = await signed_in(app, "one")
    for path in (f"/cases/{case}", "/schools/01/review"):
        text = (await browser.get(path)).text
        assert "9999-12-31T23:59:59Z(日期不正常)" in text
        assert "=1+1(日期不正常)" in text
        assert "内容不正常" in text
    office.database.write(lambda c: c.execute(update(t.fact).values(data=b"no fact")))
    assert "读不出的记录" in (await browser.get(f"/cases/{case}")).text


@pytest.mark.parametrize("clock", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00"])
async def test_a_server_whose_clock_is_at_an_end_of_the_calendar_answers(
    routes: Litestar, app_settings: Settings, county: list[str], clock: str
) -> None:
    services = Services.open(dataclasses.replace(app_settings, clock_spec=clock)).in_season()
    people(services)
    browser = await signed_in(app := app_over(routes, services), "admin")
    values = {**_places(case_ids(services, "01")[0], "none", RawPhone()), "device_id": "none"}
    found = await every_page.answers(app, browser, values)
    services.close()
    assert {name: status for name, (status, _) in found.items() if status >= 500} == {}


READING = (
    ("enrol", "01"),
    ("import", "history"),
    ("repayments", "changes"),
    ("season", "show"),
    ("season", "list"),
    ("rollup",),
)
"""Commands that list what is stored, or are refused."""


async def test_the_command_line_lists_odd_rows_as_they_stand(
    office: Services, phone: RawPhone
) -> None:
    await _a_row_in_every_table(office, phone)
    text = "[/bold]\x1b[2J"
    for column in (t.device.c.name, t.import_run.c.file_name, t.import_run.c.at):
        change = update(column.table).values({column.name: text})
        office.database.write(lambda c, change=change: c.execute(change))
    printed = {words: doorstep(*words, data=office.settings.data_dir) for words in READING}
    assert [words for words, done in printed.items() if "internal" in done.stderr] == []
    assert "[/bold]\ufffd[2J" in printed["enrol", "01"].stdout
    assert "[/bold]\ufffd[2J" in printed["import", "history"].stdout


async def test_a_session_from_a_clock_that_was_ahead_is_over(
    app: Litestar, office: Services
) -> None:
    browser = await signed_in(app, "admin")
    assert (await browser.get("/accounts")).status_code == 200
    _a_year_ahead(office)
    answer = await browser.get("/accounts")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def _a_year_ahead(office: Services) -> None:
    """Let every session have been used a year from now."""
    for file in office.settings.path("sessions").iterdir():
        file.write_bytes(_later(file.read_bytes()))

    def in_database(connection: Connection) -> None:
        for key, body in connection.execute(select(kept.c.key, kept.c.body)).all():
            connection.execute(update(kept).where(kept.c.key == key).values(body=_later(body)))

    if on_postgresql():
        office.database.write(in_database)


def _later(session: bytes) -> bytes:
    seen = int(re.search(rb'"seen":(\d+)', session)[1])
    return session.replace(b"%d" % seen, b"%d" % (seen + 365 * 24 * 3600))


async def _a_row_in_every_table(office: Services, phone: RawPhone) -> dict[str, str]:
    case = case_ids(office, "01")[0]
    facts = [fact_bytes(case), fact_bytes(case, "later"), fact_bytes("no case")]
    await phone.push(*(phone.chained(data) for data in facts))
    fact = odd.store(office, phone, [odd.envelope(case, "contact_update")])[0]
    repaid(office, "2019-12-11", {"C00000": 100_00})
    run_id = imports.repaid(office, "2019-12-12", {"C00001": 100_00})
    phones.issue(office, "01", "乙", who="t")
    recovery.issue(office, phone.device, who="t")

    def job(c: Any) -> str:
        reviews.add_review(c, Review(fact=fact, verdict="odd", comment="x", by="t", at="n"))
        audit.note(c, at="n", who="t", action="review.accepted", ref=fact)
        texts = {"season": SEASON, "unit": "01", "data_hash": "0" * 64, "data": b"{}"}
        made = summaries.add(c, **texts, document="d", version=1, cut_off="", as_of="")
        return made.id

    return {
        **_places(case, fact, phone),
        "run_id": run_id,
        "batch_id": printed(office, "01").id,
        "summary_id": office.database.write(job),
    }


async def test_paper_evidence_backup_and_purge_take_what_is_stored(
    app: Litestar, office: Services, phone: RawPhone, tmp_path: Path
) -> None:
    every = odd.every_sort(case_ids(office, "01")[0], thin=1 if LONG_FORM else 8)
    odd.store(office, phone, every)
    summary, behind = _composed(office)
    pages = render.render_summary(encode(summary), summary_xlsx(summary), FONTS)
    assert pages.pages > 1
    assert _problems_of_evidence(tmp_path, summary, behind) == []
    if not on_postgresql():  # it has its own backup
        assert backup.backup(office, tmp_path / "backup").files
    assert purge(office, SEASON, who="t", really="样例").exists()
