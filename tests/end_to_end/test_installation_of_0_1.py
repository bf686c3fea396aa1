"""An installation of version 0.1 is opened by the present code: its server, its phones, its papers and its files."""

from __future__ import annotations

import asyncio
import html
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from mobile.usecases.phone import Phone
from mobile.usecases.recover import recover
from mobile.usecases.take_photo import photo_bytes
from mobile.usecases.unlock import PhoneLock
from shared import wire
from shared.digest import GENESIS, canonical, link, sha256_hex
from shared.ids import show_case_code
from shared.records.base import decode, encode
from shared.records.registry import KINDS
from sync_server.crypto.keys import signature_holds
from sync_server.office import recovery, review, summaries
from sync_server.services import Services
from sync_server.store import case_use, cases, evidence
from sync_server.store.database import Connection
from sync_server.store.scope import WHOLE_COUNTY
from tests.support import installation
from tests.support.console_browser import Browser, heading
from tests.support.county import SEASON
from tests.support.engines import about_sqlite
from tests.support.installation import (
    GOLDEN,
    PASSWORD,
    PIN,
    Behind,
    do,
    doorstep,
    keys_of,
    opened,
    passphrase,
    ports_before,
    sealed_pdf,
    served,
    services_of,
    settings_of,
    unpack,
)
from tests.support.phone.harness import Screen

pytestmark = about_sqlite("0.1 knew no other: its data folder is opened as it lies")
A, B, C = "01", "02", "03"
ROOT = GOLDEN / "root.pem"
CUT_OFF, LATER = "2019-12-18T10:30+08:00", "2019-12-18T11:30+08:00"
NO = "青特校〔2019〕3号"
KEYS = json.loads((GOLDEN / "cli" / "keys.json").read_bytes())
NOTES = [f"notes[].{name}" for name in ("code", "file", "message", "page", "row")]
"""Members of a verdict since 0.1."""
PURGED = ["rows.notice_batches", "rows.notice_prints"]
"""Counts of a certificate of destruction since 0.1."""
NEW = {
    "": ("composer", "filled_on", "report_no", "contact", "recipient", "figures"),
    "letterhead": ("phone", "sent_to", "copied_to", "copies"),
    "totals": ("deliveries",),
    "rows": ("delivery_outcome", "delivery_received_on"),
    "delivery": ("received_on",),
    "special": ("id_number", "reason_words", "narrative"),
}
"""Members of summary.json that composer 1 did not write or wrote otherwise, by what they are in."""
REPORTS = [
    f"reports[].{name}" for name in ("data_hash", "document", "print", "recipient", "seal_as")
]
"""Members of a roll-up since there is a report for each recipient."""


def paper(name: str) -> bytes:
    return (GOLDEN / "papers" / name).read_bytes()


def sent(name: str) -> bytes:
    return (GOLDEN / "wire" / name).read_bytes()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three folders as they were packed; nobody writes here."""
    folder = tmp_path_factory.mktemp("kept")
    for name in ("server", "phone", "phone-with-pin"):
        unpack(name, folder)
    return folder


@pytest.fixture(scope="module")
def behind(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """What takes the office seconds, each over a copy of its own, side by side."""
    commands, folder = Behind(), tmp_path_factory.mktemp("behind")
    named = [
        f"{e['code']}:{e['ref']}={e['reason']}" for e in json.loads(paper("03-exceptions.json"))
    ]
    (scan,) = kept.glob("server/summaries/610599-2019-02/*/scan/*.jpg")
    for name, arguments in {
        "rollup": ("rollup", "--partial", "--report-no", NO),
        "seal": ("seal", B, "--scan", scan),
        "first": (
            "seal",
            C,
            "--cut-off",
            LATER,
            *(word for e in named for word in ("--except", e)),
        ),
        "again": ("seal", A, "--cut-off", CUT_OFF, "--reason", "补报", "--report-no", NO),
    }.items():
        commands.begin(name, shutil.copytree(kept / "server", folder / name), *arguments)
    yield commands
    commands.close()


@pytest.fixture(scope="module")
def old(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Litestar]:
    """The server, opened to be looked at only."""
    with served(shutil.copytree(kept / "server", tmp_path_factory.mktemp("old") / "server")) as app:
        yield app


@pytest.fixture
def office(old: Litestar) -> Services:
    """What the office's verbs look at."""
    return services_of(old)


@pytest.fixture
def untouched(kept: Path, tmp_path: Path) -> Path:
    """The server's data folder as 0.1 left it, to work on."""
    return shutil.copytree(kept / "server", tmp_path / "server")


@pytest.fixture(scope="module")
def moved_up(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after the present code has opened it once: nobody writes here."""
    folder = shutil.copytree(kept / "server", tmp_path_factory.mktemp("moved-up") / "server")
    Services.open(settings_of(folder)).close()
    return folder


@pytest.fixture
def data(moved_up: Path, tmp_path: Path) -> Path:
    """A server's data folder that was moved up already, to work on."""
    return shutil.copytree(moved_up, tmp_path / "server")


@pytest.fixture
def app(data: Path, routes: Litestar) -> Iterator[Litestar]:
    with served(data, routes) as made:
        yield made


@pytest.fixture
def services(app: Litestar) -> Services:
    return services_of(app)


@pytest.fixture
async def alone(kept: Path, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone without a PIN, and no network."""
    phone_lock = await PhoneLock.at(
        ports_before(shutil.copytree(kept / "phone", tmp_path / "phone"))
    )
    yield opened(phone_lock)
    await phone_lock.close()


@pytest.fixture
async def phone(kept: Path, tmp_path: Path, app: Litestar) -> AsyncIterator[Phone]:
    """The same before its server."""
    phone_lock = await PhoneLock.at(
        ports_before(shutil.copytree(kept / "phone", tmp_path / "phone"), app)
    )
    yield opened(phone_lock)
    await phone_lock.close()


@pytest.fixture
async def locked(kept: Path, tmp_path: Path, app: Litestar) -> AsyncIterator[PhoneLock]:
    """The phone with a PIN, before its server."""
    folder = shutil.copytree(kept / "phone-with-pin", tmp_path / "phone-with-pin")
    phone_lock = await PhoneLock.at(ports_before(folder, app))
    yield phone_lock
    await phone_lock.close()


# the server's folder


def stored(services: Services) -> list[Any]:
    """Every fact of the ledger."""

    def job(connection: Any) -> list[Any]:
        found = [r["id"] for r in cases.rows(connection, SEASON)]
        return [f for many in cases.facts_of(connection, found).values() for f in many]

    return services.database.read(job)


def test_the_data_folder_opens_with_everything_it_held(office: Services) -> None:
    assert office.database.read(lambda c: cases.totals(c, SEASON))["people"] == 24
    assert Counter(f.fact.kind for f in stored(office)) == {
        "notice_delivery": 24,
        "visit": 16,
        "contact_attempt": 3,
        "contact_update": 3,
        "statement": 5,
        "disclosure": 3,
        "correction": 4,
    }
    assert {f.fact.kind for f in stored(office)} == KINDS.keys()
    assert [(r.document, r.version, r.state) for r in summaries.listed(office, WHOLE_COUNTY)] == [
        ("610599-2019", 1, "printed"),
        ("610599-2019-01", 1, "submitted"),
        ("610599-2019-02", 1, "stamped"),
    ]


def test_opening_it_a_second_time_changes_no_row(untouched: Path) -> None:
    with served(untouched) as once:
        before, epoch = stored(services_of(once)), services_of(once).database.epoch
    with served(untouched) as again:
        assert (stored(services_of(again)), services_of(again).database.epoch) == (before, epoch)


def test_key_files_are_readable_by_the_owner_only(untouched: Path) -> None:
    secret = [
        p for p in (untouched / "keys").iterdir() if p.suffix != ".pem" or p.name == "receipts.pem"
    ]
    assert len(secret) == 7
    assert {p.stat().st_mode & 0o777 for p in secret} == {0o600}


def test_every_fact_encodes_to_its_stored_bytes(office: Services) -> None:
    rows = stored(office)
    assert rows
    assert all(encode(decode(row.data)) == row.data for row in rows)
    assert all(sha256_hex(row.data) == row.sha256 for row in rows)


def test_every_phones_chain_on_the_server_verifies(office: Services) -> None:
    found = office.database.read(lambda c: {f.device for f in stored(office)})
    for device in found:
        last = GENESIS
        for entry in office.database.read(lambda c, d=device: evidence.chains(c, [d])):
            last = link(last, entry.sha256)
            assert entry.link == last


def test_photos_are_whole_and_readable(office: Services) -> None:
    hashes = {sha for row in stored(office) for sha in row.fact.photos}
    held = [sha for sha in hashes if office.files.path(sha).exists()]
    assert len(held) == 5
    assert all(sha256_hex(office.files.read(sha)) == sha for sha in held)


# the console


async def _cookies(app: Litestar) -> httpx.Cookies:
    browser = Browser(app)
    assert (await browser.sign_in("admin", PASSWORD)).status_code == 303
    return browser.http.cookies


@pytest.fixture(scope="module")
def cookies(old: Litestar) -> httpx.Cookies:
    """Those of the admin, signed in."""
    return asyncio.run(_cookies(old))


@pytest.fixture
def browser(old: Litestar, cookies: httpx.Cookies) -> Browser:
    """The admin's window."""
    made = Browser(old)
    made.http.cookies = cookies
    return made


@pytest.mark.parametrize(
    ("name", "lands", "sees"),
    [
        ("admin", "/audit", "操作记录"),
        ("officer", "/my-schools", "我负责的学校"),
        ("liaison-01", "/schools/01", "青槐县特殊教育学校"),
        ("liaison-02", "/schools/02", "青槐县第二高级中学"),
    ],
)
async def test_an_account_signs_in_with_its_password(
    old: Litestar, name: str, lands: str, sees: str
) -> None:
    browser = Browser(old)
    assert (await browser.sign_in(name, "another password")).status_code != 303
    assert (await browser.sign_in(name, PASSWORD)).status_code == 303
    answer = await browser.get(lands)
    assert (answer.status_code, heading(answer)) == (200, sees)


async def test_a_liaison_still_sees_only_their_own_school(old: Litestar) -> None:
    browser = Browser(old)
    await browser.sign_in("liaison-01", PASSWORD)
    assert (await browser.get("/schools/02")).status_code in (403, 404)
    assert (await browser.get("/audit")).status_code in (403, 404)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", ("1 人还没有归到学校", "柳泉镇中心校", "已上报")),
        ("/county", ("已封存 1 所", "21,268.86", "扫描件已齐")),
        ("/schools/01", ("青槐县特殊教育学校", "赵一鸣", "1 条退回的记录等老师改正")),
        ("/schools/03", ("异常记录", "吴待确认")),
        ("/schools/01/assignment", ("周霞", "西马庄村")),
        ("/schools/01/review?show=received", ("照片还在手机里", "已收")),
        ("/schools/01/review?show=returned", ("请写清见到的是谁", "签名看不清")),
        ("/schools/01/summary", (sha256_hex(paper("01-summary.json")), "已封存", "证据包")),
        ("/schools/02/summary", ("扫描件已齐", "7,230.88")),
        ("/schools/01/phones", ("赵一鸣的手机", "在用", "王未登记")),
        ("/schools/03/phones", ("周丢机", "已停用", "待确认")),
        ("/cases", ("01-0001-0", "周霞", "承诺还款")),
        ("/unplaced", ("冯玉兰", "青槐县河东小学")),
        ("/imports", ("33,180.45", "11,734.30")),
        ("/policy", ("改过", "请您节哀")),
        ("/policy/pages/death", ("今天什么都不谈,先告辞",)),
        ("/policy/editions/1", ("见到邻居或村干部",)),
        ("/accounts", ("样例officer", "liaison-02")),
        ("/audit", ("封存", "收交接文件", "发恢复码", "改政策与上门用语")),
        ("/check", ("核验盖章汇总件",)),
    ],
)
async def test_a_page_shows_what_was_there(
    browser: Browser, path: str, words: tuple[str, ...]
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    text = html.unescape(answer.text)
    assert [w for w in words if w not in text and w.replace(",", "，") not in text] == []


async def test_a_case_shows_its_records_corrections_and_photo(
    browser: Browser, office: Services
) -> None:
    rows = stored(office)
    first = next(r.fact.case for r in rows if r.fact.body.get("reason") == "承诺日期听错了")
    answer = await browser.get(f"/cases/{first}")
    assert answer.status_code == 200
    assert [
        w for w in ("承诺还款", "承诺日期听错了", "某某饭店", "已改正") if w not in answer.text
    ] == []
    case, photo = next((r.fact.case, r.fact.photos[0]) for r in rows if r.fact.photos)
    picture = await browser.get(f"/cases/{case}/photos/{photo}")
    assert (picture.status_code, sha256_hex(picture.content)) == (200, photo)


async def test_the_sealed_files_can_be_downloaded(
    browser: Browser, office: Services, kept: Path
) -> None:
    (row,) = summaries.listed(office, A)
    answer = await browser.get(f"/schools/01/summary/{row.id}/files/summary.pdf")
    assert (answer.status_code, answer.content) == (200, sealed_pdf(kept / "server").read_bytes())


# the command line and the papers


def test_doctor_reports_no_problem(untouched: Path) -> None:
    result = doorstep("doctor", data=untouched)
    assert keys_of(result.value) == KEYS["doctor"]
    assert {c["what"] for c in result.value if c["ok"]} >= {"字体", "证书", "HTTPS"}


def verify(file: Path, data: Path) -> Any:
    """`doorstep verify` with everything there is to check against."""
    beside, key = sealed_pdf(data).with_name("evidence.bin"), data / "keys" / "evidence.key"
    return doorstep(
        "verify",
        file,
        "--trust",
        ROOT,
        "--evidence",
        beside,
        "--key",
        key,
        DOORSTEP_PASSPHRASE=passphrase(data),
    )


def test_the_sealed_summary_verifies_with_its_evidence(kept: Path) -> None:
    result = verify(sealed_pdf(kept / "server"), kept / "server")
    assert (result.code, result.value["problems"]) == (0, [])
    assert result.value["data_hash"] == sha256_hex(paper("01-summary.json"))
    assert keys_of(result.value) == sorted([*KEYS["verify"], *NOTES])
    # Rows and table are as another composer made them; everything else is checked.
    # No list of withdrawn certificates lies beside it.
    noted = {n["code"] for n in result.value["notes"]}
    assert noted == {"verify.other_composer", "verify.list_missing"}


def test_one_flipped_byte_of_it_does_not_verify(kept: Path, tmp_path: Path) -> None:
    data = bytearray(sealed_pdf(kept / "server").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "flipped.pdf").write_bytes(data)
    result = verify(tmp_path / "flipped.pdf", kept / "server")
    assert (result.code, result.value["ok"]) == (1, False)
    refused = KEYS["verify_refused"]
    assert keys_of(result.value) in (refused, sorted([*refused, *NOTES]))


@pytest.mark.parametrize(("unit", "name"), [(A, "01"), (B, "02"), ("", "county")])
def test_a_composed_summary_has_the_bytes_it_had(office: Services, unit: str, name: str) -> None:
    (row,) = summaries.listed(office, unit)
    assert row.data == paper(f"{name}-summary.json")
    assert row.data_hash == sha256_hex(row.data)
    assert (office.settings.data_dir / row.folder / "summary.json").read_bytes() == row.data
    assert canonical(json.loads(row.data)) == row.data


def test_who_stood_on_a_printed_notice_or_in_a_summary_is_known_and_keeps_the_code(
    office: Services,
) -> None:
    def on_paper(connection: Connection, unit: str) -> set[tuple[bool, tuple[str, ...]]]:
        ids = [r["id"] for r in cases.rows(connection, "2019", unit=unit)]
        built = case_use.built_on(connection, "2019", ids)
        assert set(built) == set(ids)
        return {(bool(b.printed_at), tuple(s.state for s in b.summaries)) for b in built.values()}

    read = office.database.read
    assert [read(lambda c, u=unit: on_paper(c, u)) for unit in (A, B, C)] == [
        {(False, ("submitted",))},
        {(False, ("stamped",))},
        {(True, ())},
    ]


def test_the_list_imported_again_changes_nothing(data: Path) -> None:
    result = doorstep("import", "due-list", GOLDEN / "lists" / "应还名单-2019.xlsx", data=data)
    assert (result.value["rejected"], result.value["applied"]) == (
        0,
        {"new": 0, "changed": 0, "same": 24, "unplaced": 1},
    )
    assert keys_of(result.value) == KEYS["import"]


def test_the_commands_about_phones_answer_a_program_with_the_same_names(data: Path) -> None:
    assert keys_of(doorstep("enrol", C, data=data).value) == KEYS["enrol_list"]
    assert keys_of(doorstep("enrol", C, "新老师", data=data).value) == KEYS["enrol_code"]
    assert doorstep("assign", A, data=data).value == {"assigned": 0}


def test_a_backup_of_it_restores_and_opens(untouched: Path, tmp_path: Path) -> None:
    made = doorstep("backup", tmp_path / "backup", data=untouched)
    assert (made.code, keys_of(made.value)) == (0, KEYS["backup"])
    again = doorstep("restore", tmp_path / "backup", data=tmp_path / "again")
    assert (again.code, keys_of(again.value)) == (0, KEYS["restore"])
    with served(untouched) as one, served(tmp_path / "again") as other:
        assert stored(services_of(one)) == stored(services_of(other))


def test_its_season_is_open_with_the_calendar_and_texts_it_had(untouched: Path) -> None:
    found = doorstep("season", "show", data=untouched).value
    assert (found["id"], found["state"], found["unchecked"]) == ("2019", "open", [])
    assert found["fields"]["due_day"] == "2019-12-20"
    assert found["fields"]["letterhead.centre"] == "青槐县学生资助管理中心"


def test_its_season_is_destroyed_with_a_certificate(data: Path) -> None:
    assert doorstep("season", "close", "2019", data=data).code == 0
    result = doorstep("purge", "--season", "2019", "--really", "样例", data=data)
    assert result.code == 0
    # Tables that came later are counted beside those of 0.1, which keep their names.
    assert set(KEYS["purge"]) <= set(keys_of(result.value))
    assert (result.value["rows"]["facts"], result.value["rows"]["cases"]) == (58, 24)
    assert not list((data / "photos").glob("*/*"))


# the phone


async def test_the_phone_opens_with_its_list_and_todays_work(alone: Phone) -> None:
    lines = await do(alone, "cases")
    assert [(line["code"], line["village"]) for line in lines if line["code"] == "0100010"] == [
        ("0100010", "西马庄村")
    ]
    assert len(lines) == 9
    today = await do(alone, "today")
    assert (today["teacher"], today["school"], today["returned"][0][1]["comment"]) == (
        "赵一鸣",
        "青槐县特殊教育学校",
        "请写清见到的是谁。",
    )
    assert any(
        page["zh"][0] == "请您节哀。"
        for page in await do(alone, "policy")
        if page["key"] == "death"
    )


async def test_its_facts_keep_their_bytes_and_their_chain(alone: Phone) -> None:
    kept = alone.store.facts.all()
    assert Counter(k.state for k in kept) == {"sent": 32, "waiting": 7}
    assert all(encode(decode(k.data)) == k.data for k in kept)
    key, last = await alone.vault.public_key(), GENESIS
    for number, fact in enumerate(sorted(kept, key=lambda k: k.n or 0), 1):
        last = link(last, fact.sha256)
        assert (fact.n, fact.link) == (number, last)
        assert signature_holds(key, last, fact.sig)


async def test_its_history_has_words_for_every_kind_of_record_in_both_languages(
    alone: Phone,
) -> None:
    lines = [
        line
        for case in await do(alone, "cases")
        for line in (await do(alone, "case", case=case["id"]))["history"]
    ]
    assert {line["kind"] for line in lines} == KINDS.keys() - {"disclosure"}
    for line in lines:
        assert line["words"]["zh"] != line["words"]["en"]
        assert not line["words"]["zh"].isascii()
        assert line["words"]["en"].replace("·", "").isascii()


async def test_its_photos_open(alone: Phone) -> None:
    rows = alone.store.photos.all()
    assert Counter(row.state for row in rows) == {"sent": 4, "waiting": 2}
    for row in rows:
        assert sha256_hex(await photo_bytes(alone, row.sha256)) == row.sha256


DRAFTS = {
    "deliver": (
        ("不会写字·按手印", "共同借款人", "转交"),
        {"在场见证人姓名": "村会计", "补充一句（可不填）": "雨天"},
    ),
    "visit": (("其他家人", "承诺还款", "明天"), {"在这里改或接着写": "院里有狗,从后门进。"}),
    "attempt": (("挂断", "微信", "本人"), {"补充一句（可不填）": "第二次"}),
    "update": (("住址", "村干部"), {"新住址": "青槐县东街3号"}),
    "statement": (
        ("残疾/丧失劳动能力", "变更就学信息", "申请还款救助"),
        {"说明全文": "因工伤失去部分劳动能力,正在办理残疾证。"},
    ),
    "correction": (("其他家人", "赵一鸣（我）"), {}),
}
"""Form -> what is chosen in it, and what stands in its fields by their labels."""


async def draft_of(phone: Phone, form: str) -> str:
    """The address of the form with the newest draft of that name."""
    found = await do(phone, "drafts")
    is_correction = form == "correction"
    (draft,) = [
        d
        for d in found
        if bool(d["corrects"]) == is_correction
        and (is_correction or d["form"] == form)
        and not d["fields"].get("called")
    ]
    above = f"/cases/{draft['case']}" + (f"/correct/{draft['corrects']}" if is_correction else "")
    return f"{above}/{draft['form']}"


@pytest.mark.parametrize("form", DRAFTS)
async def test_an_unfinished_form_comes_back_into_its_fields(alone: Phone, form: str) -> None:
    chosen, typed = DRAFTS[form]
    screen = await Screen.open(alone, await draft_of(alone, form))
    await screen.see("正在改正一条记录" if form == "correction" else "上次没写完的")
    assert [words for words in chosen if words not in screen.chosen()] == []
    for label, words in typed.items():
        field = screen.field(label)
        assert field is not None, label
        assert field.value == words
    screen.check()
    await screen.close()


async def test_the_missing_outcome_of_a_call_is_asked_for(alone: Phone) -> None:
    (draft,) = [d for d in await do(alone, "drafts") if d["fields"].get("called")]
    called = (await do(alone, "case", case=draft["case"]))["called"]
    assert called == {"to": "self", "at": "2019-12-18T11:00:30+08:00"}


async def test_it_hands_in_what_was_unsent_and_both_sides_have_everything(
    phone: Phone, services: Services
) -> None:
    before = await do(phone, "outbox")
    assert (before["unsent"], before["photos_unsent"]) == (7, 2)
    got = await do(phone, "sync")
    assert (got["ok"], got["sent"], got["duplicates"], got["rejected"]) == (True, 7, 0, 0)
    assert (got["photos"], got["resumed"], got["complete"]) == (2, 1, True)
    assert (await do(phone, "outbox"))["all_sent"]
    held = {row.sha256 for row in stored(services)}
    assert {kept.sha256 for kept in phone.store.facts.all()} <= held
    assert len(held) == 65
    for row in phone.store.photos.all():
        assert services.files.path(row.sha256).exists()


async def test_a_change_at_the_office_comes_with_its_next_sync(
    phone: Phone, services: Services
) -> None:
    item = next(i for i in review.queue(services, A) if i.review is None)
    review.review(services, item.fact.fact.id, "returned", "照片太暗。", who="liaison-01")
    assert (await do(phone, "sync"))["received"] >= 1
    returned = {line["problem"]["zh"] for line in (await do(phone, "outbox"))["returned"]}
    assert returned == {"请写清见到的是谁。", "照片太暗。"}


async def test_the_phone_with_a_pin_opens_with_it_and_syncs(locked: PhoneLock) -> None:
    assert locked.phone is None
    phone = await locked.unlock(PIN)
    assert Counter(k.state for k in phone.store.facts.all()) == {
        "sent": 14,
        "waiting": 1,
        "rejected": 1,
    }
    assert len(await do(phone, "drafts")) == 1
    (refused,) = [
        line for line in (await do(phone, "outbox"))["lines"] if line["state"] == "rejected"
    ]
    assert (refused["problem"]["zh"][:2], refused["problem"]["en"].isascii()) == ("签名", True)
    got = await do(phone, "sync")
    assert (got["ok"], got["sent"], got["complete"]) == (True, 2, True), (
        "the server asks for the refused one again"
    )
    assert (await do(phone, "outbox"))["all_sent"]


async def test_a_forgotten_pin_is_recovered_through_the_office(
    locked: PhoneLock, services: Services
) -> None:
    way_in = locked.ring.office
    assert way_in is not None
    code = recovery.issue(services, way_in.device, who="liaison-02").code
    phone = await recover(locked, code=code, new_pin="739204")
    assert len(phone.store.facts.all()) == 16


# files and requests


def test_the_hand_over_file_is_taken_by_the_server(data: Path, tmp_path: Path) -> None:
    file = GOLDEN / "wire" / "handover.doorstep"
    result = doorstep("handover", file, "--answer", tmp_path / "answer", data=data)
    assert (result.code, keys_of(result.value)) == (0, KEYS["handover"])
    counts = {
        k: result.value[k]
        for k in ("created", "duplicates", "refused", "gaps", "photos", "photos_refused")
    }
    assert counts == {
        "created": 7,
        "duplicates": 0,
        "refused": 0,
        "gaps": 0,
        "photos": 2,
        "photos_refused": 0,
    }
    again = doorstep("handover", file, "--answer", tmp_path / "answer", data=data)
    assert (again.value["created"], again.value["duplicates"]) == (0, 7)


async def test_the_answer_to_it_is_taken_by_the_phone(alone: Phone) -> None:
    report = await do(alone, "take_answer", file=str(GOLDEN / "wire" / "handover-answer.doorstep"))
    assert (report["sent"], report["photos"], report["again"]) == (7, 2, False)
    assert (await do(alone, "outbox"))["all_sent"]


SHAPES: dict[str, type] = {
    "push_request": wire.PushRequest,
    "push_reply": wire.PushReply,
    "missing_request": wire.MissingRequest,
    "missing_reply": wire.MissingReply,
    "changes_reply": wire.ChangesPage,
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_message_between_phone_and_server_decodes_and_encodes_unchanged(name: str) -> None:
    data = sent(f"{name}.json")
    assert msgspec.json.encode(msgspec.json.decode(data, type=SHAPES[name])) == data


async def test_the_pushed_request_is_accepted_as_it_was_sent(app: Litestar, phone: Phone) -> None:
    enrolment = await phone.store.meta.enrolment()
    assert enrolment is not None
    headers = {"Authorization": f"Bearer {enrolment.token}"}
    async with installation.client(app) as http:
        answer = await http.post("/v1/facts", content=sent("push_request.json"), headers=headers)
    assert answer.status_code == 200
    reply = msgspec.json.decode(answer.content, type=wire.PushReply)
    then = msgspec.json.decode(sent("push_reply.json"), type=wire.PushReply)
    assert reply.outcomes == then.outcomes


async def test_the_phone_makes_the_same_facts_of_its_store(alone: Phone) -> None:
    asked = msgspec.json.decode(sent("push_request.json"), type=wire.PushRequest)
    waiting = [k for k in alone.store.facts.all() if k.state == "waiting"]
    assert [(wire.b64(k.data), k.n, wire.b64(k.link)) for k in waiting] == [
        (f.bytes, f.n, f.link) for f in asked.facts
    ]


# what takes the office seconds


def composed(behind: Behind, name: str) -> bytes:
    """The summary.json beside the pages to print."""
    result = behind.result(name)
    assert result.code == 0, result.value
    return Path(result.value["print"]).with_name("summary.json").read_bytes()


SAID_NOW = {"内容有冲突,放进了异常记录": "因内容冲突被隔离", "通过复核": "通过审核"}


def as_then(value: Any, inside: str = "") -> Any:
    """What of a summary.json composed now composer 1 wrote too."""
    if isinstance(value, list):
        return [as_then(item, inside) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: as_then(inner, key) for key, inner in value.items() if key not in NEW.get(inside, ())
    }
    if inside == "exceptions" and kept["case"]:  # composer 4 writes the code in its words as tables
        kept["words"] = kept["words"].replace(show_case_code(kept["case"]), kept["case"])
    if inside == "exceptions":  # composer 5 says 异常记录 and 复核
        for words, before in SAID_NOW.items():
            kept["words"] = kept["words"].replace(words, before)
    return kept


def test_pages_that_0_1_printed_and_stamped_are_to_be_printed_and_stamped_again(
    behind: Behind,
) -> None:
    result = behind.result("seal")
    assert (result.code, [p["code"] for p in result.value["problems"]]) == (
        1,
        ["scan.sealed_pages_differ"],
    )
    assert result.value["problems"][0]["detail"] == "请重新生成、打印、签字盖章,再封存"


def test_a_school_composed_for_the_first_time_gives_the_same_numbers(behind: Behind) -> None:
    data, then = composed(behind, "first"), json.loads(paper("03-summary.json"))
    now = json.loads(data)
    assert as_then(now) == as_then(then)
    assert then["composer"] < now["composer"]
    assert sum(now["totals"]["deliveries"].values()) == now["totals"]["people"]
    assert behind.result("first").value["data_hash"] == sha256_hex(data)
    assert keys_of(behind.result("first").value) == KEYS["seal"]


def test_the_sealed_school_composes_a_new_version_of_the_same_rows(
    behind: Behind, kept: Path
) -> None:
    now, then = json.loads(composed(behind, "again")), json.loads(paper("01-summary.json"))
    sealed = sha256_hex(sealed_pdf(kept / "server").read_bytes())
    assert now["report_no"] == NO
    assert as_then(now) == as_then(
        {**then, "version": 2, "reason": "补报", "previous_seal": sealed}
    )


def test_the_county_rolls_up_partially_to_the_same_sums(behind: Behind) -> None:
    result = behind.result("rollup")
    assert result.value["missing"] == [B, C]
    assert keys_of(result.value) == sorted([*KEYS["rollup"], *REPORTS])
    now = json.loads(composed(behind, "rollup"))
    assert now["report_no"] == NO
    assert as_then(now) == as_then({**json.loads(paper("county-summary.json")), "version": 2})


def test_the_seal_file_reads_as_it_did(kept: Path) -> None:
    assert sealed_pdf(kept / "server").with_name("seal.json").read_bytes() == paper("01-seal.json")
