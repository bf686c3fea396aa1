"""The rows of one invented school in week three: people, records of its phones, and what the office did."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Table

from shared.cases import Case, Contract, Person
from shared.digest import GENESIS, canonical, link, sha256_hex
from shared.ids import case_code, uuid7
from sync_server.office.notice_choice import content_of
from sync_server.store import tables as t
from sync_server.store.database import Connection
from sync_server.store.initials import initials
from sync_server.store.units import UnitRow

SEASON = "2019"
AS_OF = "2019-12-09"
CHAIN = "2019-12-02T02:00:00.000+00:00"
"""When the office did what has no moment of its own."""
FIRST_DAY = date(2019, 11, 25)
DAYS = 16
BEGAN_MS = 1_574_640_000_000
ID_PREFIX = 13
"""Characters of an id that say the moment of its making."""
TEACHER_HAS = 40
"""People of a teacher; a large school has at most `MOST_TEACHERS`."""
MOST_TEACHERS = 40
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "样例小雨晓明建国志强丽华文静海燕春梅秋月冬生一鸣子涵雅琴玉兰"
OUTCOMES = (
    *["promised"] * 30,
    *["not_home"] * 16,
    *["hardship"] * 14,
    *["unemployed"] * 10,
    *["unreachable_away"] * 8,
    *["not_aware"] * 6,
    *["illness"] * 5,
    *["claimed_paid"] * 4,
    *["refuses"] * 4,
    *["disability"] * 3,
)
SPECIAL = ("hardship", "illness", "refuses", "disability")
NARRATIVE = "父亲患病住院，全家靠务农收入，今年还不上，想申请还款救助。" * 6
VISITORS = ["甲老师", "乙老师"]


def photo_of(case: str) -> str:
    """The hash of the photo of a person's slip."""
    return hashlib.sha256(f"photo {case}".encode()).hexdigest()


def scan_of(school: str, number: int) -> str:
    """The hash of a scanned page of a school's slips."""
    return hashlib.sha256(f"scan {school} {number}".encode()).hexdigest()


class Rows:
    """Rows by table, to be put in at once."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[Table, list[dict[str, Any]]]] = {}

    def add(self, table: Table, **values: Any) -> None:
        """One row more."""
        self._of.setdefault(table.name, (table, []))[1].append(values)

    def put(self, connection: Connection) -> None:
        """Insert them."""
        for table, rows in self._of.values():
            connection.execute(table.insert(), rows)

    @classmethod
    def of_county(cls, as_of: str) -> Rows:
        """What the county itself has: the repayment file in force."""
        rows = cls()
        rows.add(
            t.snapshot,
            season=SEASON,
            as_of=as_of,
            file_name="f",
            sha256="0",
            imported_at=CHAIN,
            lines=1,
        )
        return rows


class Phone:
    """A teacher's phone; it makes facts in its chain."""

    def __init__(self, school: School, staff: str, number: int) -> None:
        self.id, self.staff, self._school = school.new_id(), staff, school
        self.number, self.n, self.link = number, 0, GENESIS

    def say(
        self, case: str, kind: str, body: dict[str, Any], day: int, photos: Sequence[str] = ()
    ) -> str:
        """Store a fact of a day of the season; its id."""
        school, self.n = self._school, self.n + 1
        at = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(
            days=day, hours=9, minutes=self.n % 600
        )
        when = f"{at.isoformat()}+08:00"
        fact = {
            "id": school.new_id(),
            "season": SEASON,
            "kind": kind,
            "case": case,
            "captured_at": when,
        }
        data = canonical({**fact, "happened_at": when, "body": body, "photos": list(photos)})
        sha256 = sha256_hex(data)
        self.link = link(self.link, sha256)
        received = (at - timedelta(hours=8) + timedelta(minutes=30)).isoformat(
            timespec="milliseconds"
        ) + "+00:00"
        school.rows.add(
            t.fact,
            **{
                "id": fact["id"],
                "season": SEASON,
                "unit": school.code,
                "device": self.id,
                "n": self.n,
            },
            **{
                "link": self.link,
                "sig": bytes(64),
                "sha256": sha256,
                "data": data,
                "kind": kind,
                "case_id": case,
            },
            **{"happened_at": when, "received_at": received, "tray": False},
            seq=school.change("fact", fact["id"]),
        )
        for sha in photos:
            school.rows.add(t.fact_photo, fact_id=fact["id"], sha256=sha, unit=school.code)
        return fact["id"]


class Made(NamedTuple):
    """A person as made: the case, whether it is paid, whether a signed slip was recorded, its phone."""

    case: Case
    paid: bool
    signed: bool


class School:
    """A school while its rows are made."""

    def __init__(self, code: str, number: int) -> None:
        self.code, self.number = code, number
        self.rows, self.chance, self.seq = Rows(), random.Random(f"school {number}"), 0
        self._ids = 0
        self.id_prefix = uuid7(BEGAN_MS + number, bytes(10))[:ID_PREFIX]
        """What each id of this school begins with, and none of another's."""
        self.row = UnitRow(
            code=code,
            name=f"第{number}小学",
            leader_name="样分管",
            leader_phone=f"1370000{number:04d}",
            liaison_name=f"联络{number}",
            liaison_phone=f"1360000{number:04d}",
            officer=f"包联{number % 20}",
        )

    def new_id(self) -> str:
        """An id in order of making, and by school."""
        self._ids += 1
        return uuid7(BEGAN_MS + self.number, self._ids.to_bytes(4) + self.chance.randbytes(6))

    def change(self, kind: str, ref: str) -> int:
        """One line of the feed."""
        self.seq += 1
        self.rows.add(t.change, unit=self.code, seq=self.seq, kind=kind, ref=ref, staff="")
        return self.seq


def rows_of(code: str, number: int, people: int) -> Rows:
    """All rows of a school but its lists, which are made of what the store has."""
    school = School(code, number)
    school.rows.add(t.unit, season=SEASON, **msgspec.structs.asdict(school.row))
    phones = list(_phones(school, people))
    made = [_person(school, phones, place) for place in range(1, people + 1)]
    if made:
        _prints(school, [one.case for one in made if not one.paid])
        _slips(school, [one.case.id for one in made if one.signed], [one.case for one in made])
    if school.seq:
        school.rows.add(t.feed, unit=code, head=school.seq)
    for phone in phones:
        state = "pending" if phone.number == 1 and number % 30 == 0 else "confirmed"
        school.rows.add(
            t.device,
            **{
                "id": phone.id,
                "season": SEASON,
                "unit": code,
                "staff": phone.staff,
                "name": f"手机{phone.number}",
            },
            **{
                "public_key": phone.id.encode(),
                "token_hash": sha256_hex(phone.id.encode()),
                "state": state,
            },
            **{
                "enrolled_at": CHAIN,
                "confirmed_at": CHAIN,
                "seen_at": CHAIN,
                "n": phone.n,
                "link": phone.link,
            },
        )
    if number % 10 == 3 and made:
        _draft(school)
    return school.rows


def _phones(school: School, people: int) -> Iterator[Phone]:
    for number in range(1, min(MOST_TEACHERS, max(2, people // TEACHER_HAS)) + 1):
        staff = school.new_id()
        name = f"老师{school.number}之{number}"
        school.rows.add(
            t.staff, id=staff, season=SEASON, unit=school.code, name=name, role="teacher"
        )
        yield Phone(school, staff, number)


def _person(school: School, phones: Sequence[Phone], place: int) -> Made:
    draw = school.chance
    phone = phones[place % len(phones)]
    case = _case(school, phone, place)
    paid, partly = draw.random() < 0.3, draw.random() < 0.05
    delivered, visited = draw.random() < 0.6, draw.random() < 0.4
    record = _delivered(school, phone, case.id) if delivered else "none"
    if visited and case.assignee:
        _visited(school, phone, case.id)
    if draw.random() < 0.03:
        body = {"field": "phone", "value": f"1350000{place:04d}", "source": "family"}
        phone.say(case.id, "contact_update", body, draw.randrange(DAYS))
    repaid_fen = case.total_fen if paid else case.total_fen // 3 if partly else 0
    school.rows.add(
        t.case_file,
        **{
            "id": case.id,
            "season": SEASON,
            "person_key": f"{school.code}-{place}",
            "code": case.code,
        },
        **{"unit": school.code, "unit_name": school.row.name, "assignee": case.assignee},
        body=msgspec.json.encode(
            msgspec.structs.replace(case, code="", school="", assignee="")
        ).decode(),
        **{
            "principal_fen": case.principal_fen,
            "interest_fen": case.interest_fen,
            "contracts": len(case.contracts),
        },
        **{
            "paid": paid,
            "repaid_fen": repaid_fen,
            "repaid_as_of": AS_OF,
            "paid_on": "2019-12-05" if paid else "",
        },
        **{"initials": initials(case.borrower.name), "notice_printed_at": "" if paid else CHAIN},
        version=school.change("case", case.id),
        contact="",
    )
    for one in case.contracts:
        school.rows.add(t.contract, season=SEASON, contract_no=one.contract_no, case_id=case.id)
    return Made(case, paid, record == "signed")


def _case(school: School, phone: Phone, place: int) -> Case:
    draw, key = school.chance, f"{school.number:04d}{place:05d}"
    name = draw.choice(SURNAMES) + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2))))
    contracts = tuple(
        Contract(
            contract_no=f"HT{key}{n}",
            loan_year=str(2014 + n),
            principal_fen=draw.randrange(2_000_00, 8_000_00),
            interest_fen=draw.randrange(50_00, 400_00),
        )
        for n in range(draw.choice((1, 1, 2, 3)))
    )
    return Case(
        id=school.new_id(),
        season=SEASON,
        code=case_code(school.code, place),
        school=school.code,
        borrower=Person(
            name=name,
            id_number=f"6105991995{1 + place % 12:02d}{1 + place % 28:02d}{place % 10_000:04d}",
            phones=(f"138{draw.randrange(10**8):08d}",),
        ),
        co_borrower=Person(name="样" + name[1:], phones=(f"139{draw.randrange(10**8):08d}",))
        if place % 4
        else None,
        address=f"样例镇第{place % 7}村{place}号",
        township=f"第{school.number % 20}镇",
        village=f"第{place % 7}村",
        college="样例大学",
        graduated_on="2018-06-30",
        contracts=contracts,
        assignee=phone.staff if draw.random() < 0.98 else "",
    )


def _delivered(school: School, phone: Phone, case: str) -> str:
    """A record of the delivery, of most with a photo of the slip; what it says."""
    draw, day = school.chance, school.chance.randrange(DAYS - 2)
    outcome = draw.choices(("signed", "acknowledged", "refused", "not_home"), (85, 8, 4, 3))[0]
    body: dict[str, Any] = {"outcome": outcome, "servers": VISITORS}
    if outcome in ("signed", "acknowledged"):
        body["signer_relation"] = draw.choice(("self", "family"))
    elif outcome == "refused":
        body |= {"reason": "对金额有疑问", "witness": "样见证"}
    if outcome == "acknowledged":
        body["method"] = "message"
    photos = [photo_of(case)] if outcome != "not_home" else []
    if draw.random() < 0.01:
        body |= {"flags": ["alone"], "flag_reason": "路上偶遇"}
    phone.say(case, "notice_delivery", body, day, photos)
    for sha in photos[: draw.random() < 0.97]:
        school.rows.add(t.photo, sha256=sha, size_bytes=200_000, device=phone.id, received_at=CHAIN)
        school.rows.add(t.slip, sha256=sha, case_code="", read_at=CHAIN, sharpness=400, same="")
    return outcome


def _visited(school: School, phone: Phone, case: str) -> None:
    """One or two visits; of special circumstances a statement, of which most are judged."""
    draw, day = school.chance, school.chance.randrange(DAYS - 4)
    outcome = draw.choice(OUTCOMES)
    body: dict[str, Any] = {
        "met": "nobody" if outcome == "not_home" else draw.choice(("self", "family")),
        "outcome": outcome,
        "visitors": VISITORS,
        "position": {
            "latitude_deg": 34.5 + draw.randrange(20) / 1000,
            "longitude_deg": 109.1,
            "crs": "WGS84",
        },
    }
    if outcome == "promised":
        body["promise_date"] = "2019-12-18"
    if outcome == "claimed_paid":
        body["note"] = "说 12 月 1 日已还 3,200 元"
    visit = phone.say(case, "visit", body, day)
    if draw.random() < 0.3:
        phone.say(case, "visit", body, day + 3)
    if draw.random() < 0.02:
        better = {"corrects": visit, "reason": "记错了", "body": {**body, "note": "听错了"}}
        phone.say(case, "correction", better, day + 1)
    if outcome in SPECIAL and draw.random() < 0.7:
        told = {"reason": outcome, "narrative": NARRATIVE, "handling": "repayment_relief"}
        fact = phone.say(case, "statement", told, day + 2)
        verdict = draw.choices(("accepted", "returned", ""), (7, 1, 2))[0]
        if verdict:
            comment = "请写明原因" if verdict == "returned" else ""
            values = {
                "verdict": verdict,
                "comment": comment,
                "by": "中心",
                "at": CHAIN,
                "batch": "",
            }
            school.rows.add(t.review, id=school.new_id(), fact_id=fact, **values)


def _prints(school: School, unpaid: Sequence[Case]) -> None:
    """One print of everybody's notice."""
    batch = school.new_id()
    moments = {"at": CHAIN, "printed_at": CHAIN, "fetched_at": CHAIN}
    of = {"season": SEASON, "unit": school.code, "number": 1, "who": "bench", "people": len(unpaid)}
    school.rows.add(t.notice_batch, id=batch, **of, **moments)
    for position, case in enumerate(unpaid, 1):
        content = msgspec.json.encode(content_of(case, school.row)).decode()
        row = {"batch": batch, "case_id": case.id, "season": SEASON, "n": 1, "position": position}
        school.rows.add(t.notice_print, **row, content=content)


def _slips(school: School, signed: Sequence[str], people: Sequence[Case]) -> None:
    """A batch that the centre received, one at its desk at every fifth school, and scans of some slips."""
    cut = len(signed) * 7 // 10
    _batch(school, 1, "received", signed[:cut])
    if school.number % 5 == 0:
        _batch(school, 2, "brought", signed[cut : cut + len(signed) // 10])
    stack, chosen = school.new_id(), people[:: max(1, len(people) // 6)]
    of = {"season": SEASON, "unit": school.code, "at": CHAIN, "who": "bench", "state": "filed"}
    school.rows.add(t.slip_stack, id=stack, digest=stack, pages=len(chosen) + 1, **of)
    for number, case in enumerate([*chosen, None], 1):
        picture = scan_of(school.code, number)
        state, code, case_id = ("filed", case.code, case.id) if case else ("unreadable", "", "")
        found = {
            "sha256": picture,
            "code": code,
            "case_id": case_id,
            "state": state,
            "ink": "signed",
        }
        where = {
            "season": SEASON,
            "stack": stack,
            "number": number,
            "part": 1,
            "place": f"扫描.pdf 第 {number} 页",
        }
        school.rows.add(t.slip_page, id=school.new_id(), at=CHAIN, **where, **found)


def _batch(school: School, number: int, state: str, cases: Sequence[str]) -> None:
    batch, received = school.new_id(), state == "received"
    done = (
        {"received_on": "2019-12-02", "received_at": CHAIN, "received_by": "bench"}
        if received
        else {}
    )
    made = {"created_at": CHAIN, "created_by": "bench", "brought_at": CHAIN, "brought_by": "bench"}
    nothing = dict.fromkeys(("received_on", "received_at", "received_by"), "")
    of = {"id": batch, "season": SEASON, "unit": school.code, "number": number, "state": state}
    school.rows.add(
        t.slip_batch,
        without_sheet=False,
        late=received,
        receipts=received,
        **of,
        **made,
        **nothing | done,
    )
    for line, case in enumerate(cases, 1):
        ticked = received and line % 30 != 0
        at = (
            {"ticked_at": CHAIN, "ticked_by": "bench"}
            if ticked
            else {"ticked_at": "", "ticked_by": ""}
        )
        school.rows.add(t.slip_line, batch=batch, case_id=case, line=line, on_sheet=True, **at)


def _draft(school: School) -> None:
    """A summary that is composed and not printed; its bytes only take room."""
    of = {
        "season": SEASON,
        "unit": school.code,
        "document": f"{SEASON}-{school.code}",
        "version": 1,
    }
    data = school.chance.randbytes(20_000)
    values = {
        "state": "composed",
        "cut_off": CHAIN,
        "as_of": AS_OF,
        "data_hash": sha256_hex(data),
        "composed_at": CHAIN,
    }
    school.rows.add(t.summary, id=school.new_id(), data=data, **of, **values)
