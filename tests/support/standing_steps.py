"""Whatever may happen to a county's people, as steps of a property test over one connection."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from shared import codes
from shared.cases import Repayment
from shared.lifecycle import Review
from shared.records.base import Fact, encode
from shared.season import Season
from sync_server.store import (
    cases,
    on_list,
    purging,
    repayments,
    reviews,
    school_merge,
    seasons,
    slip_batches,
    units,
)
from sync_server.store import tables as t
from sync_server.store.ids import new_id
from tests.support import facts as made_up
from tests.support.county import SEASON

PHOTOS = tuple(letter * 64 for letter in "abcde")
PLACES = (*((33.0 + n / 1000, 107.0) for n in range(4)), (33.2, 107.3))
AT = ("2019-12-10T10:00:00+08:00", "2019-12-12T10:00:00+08:00", "2019-12-20T09:00:00+08:00")


def _body(draw: st.DrawFn, kind: str) -> dict[str, object]:
    pick = lambda *values: draw(st.sampled_from(values))  # noqa: E731
    place = pick(*PLACES, None)
    position = (
        {} if place is None else {"position": {"latitude_deg": place[0], "longitude_deg": place[1]}}
    )
    if kind == "visit":
        outcome = pick("promised", "claimed_paid", "unreachable_away", "death")
        return {
            "met": pick("self", "nobody"),
            "outcome": outcome,
            "promise_date": "2019-12-18",
            "visitors": [pick("甲", "乙")],
            "flags": pick([], [], [], [], [], ["late_hour"]),
            **position,
        }
    if kind == "notice_delivery":
        return {"outcome": pick("signed", "refused", "acknowledged", "nobody_home"), **position}
    if kind == "statement":
        return {"reason": pick("death", "claimed_paid", "illness"), "narrative": "x"}
    return {"outcome": pick("invalid_number", "promised"), "channel": "phone"}


class County:
    """A county in one transaction; a step is a method that begins with `do_`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.n = 0

    def _some(self, column: object) -> list[str]:
        return list(self.connection.execute(select(column).order_by(column)).scalars())

    def _case(self, draw: st.DrawFn) -> str:
        return draw(st.sampled_from(self._some(t.case_file.c.id)))

    def _of(self, case_id: str) -> list[Fact]:
        return [f.fact for f in cases.whole_facts_of(self.connection, [case_id]).get(case_id, [])]

    def _put(self, fact: Fact, received_at: str) -> None:
        known = select(t.fact.c.id).where(t.fact.c.id == fact.id)
        if self.connection.execute(known).first() is not None:
            return
        self.n += 1
        data = encode(fact)
        row = {
            **{"id": fact.id, "season": SEASON, "unit": "01", "device": "d", "n": self.n},
            **{"link": b"", "sig": b"", "sha256": f"{self.n:064}", "data": data},
            **{"kind": fact.kind, "case_id": fact.case, "happened_at": fact.happened_at},
            **{"received_at": received_at, "seq": self.n, "tray": False, "visited_by": ""},
        }
        self.connection.execute(t.fact.insert(), row)
        photos = [
            {"fact_id": fact.id, "sha256": sha, "unit": "01"} for sha in dict.fromkeys(fact.photos)
        ]
        if photos:
            self.connection.execute(t.fact_photo.insert(), photos)

    def do_record(self, draw: st.DrawFn) -> None:
        """A record as teachers make them."""
        kind = draw(
            st.sampled_from(
                ("visit", "notice_delivery", "notice_delivery", "statement", "contact_attempt")
            )
        )
        photos = draw(st.lists(st.sampled_from(PHOTOS), max_size=1))
        at = draw(st.sampled_from(AT))
        came = draw(st.sampled_from((at, at, at, at, *AT)))
        self._put(
            Fact(
                **{"id": new_id(), "season": SEASON, "kind": kind, "case": self._case(draw)},
                **{"captured_at": at, "happened_at": at, "body": _body(draw, kind)},
                photos=tuple(photos) if kind == "notice_delivery" else (),
            ),
            came,
        )

    def do_correct(self, draw: st.DrawFn) -> None:
        """A correction of a record: other words, other photos, or it never happened."""
        case_id = self._case(draw)
        before = self._of(case_id)
        if not before:
            return
        of = draw(st.sampled_from([f for f in before if f.photos] or before))
        withdraw = draw(st.booleans())
        body: dict[str, object] = {"corrects": of.id, "withdraw": withdraw, "reason": "x"}
        if not withdraw:
            body["body"] = _body(draw, of.kind if of.kind != "correction" else "visit")
            body["keeps_photos"] = draw(st.booleans())
        at = draw(st.sampled_from(AT))
        photos = draw(st.lists(st.sampled_from(PHOTOS), max_size=1))
        self._put(
            Fact(
                **{"id": new_id(), "season": SEASON, "kind": "correction", "case": case_id},
                **{"captured_at": at, "happened_at": at, "body": body},
                photos=tuple(photos),
            ),
            draw(st.sampled_from(AT)),
        )

    def do_odd_records(self, draw: st.DrawFn) -> None:
        """What a ledger takes, odd as it may look."""
        case_id = self._case(draw)
        for fact in draw(made_up.histories(case_id, 2)):
            self._put(fact, draw(st.sampled_from(AT)))

    def do_review(self, draw: st.DrawFn) -> None:
        """A verdict, or one that is taken back."""
        found = self._some(t.fact.c.id)
        if found:
            verdict = draw(st.sampled_from(("accepted", "returned", reviews.TAKEN_BACK)))
            at = draw(st.sampled_from(("2019-12-13", "2019-12-14T01:00:00Z", "2019-12-14T17:00Z")))
            one = Review(fact=draw(st.sampled_from(found)), verdict=verdict, by="x", at=at)
            reviews.add_review(self.connection, one)

    def do_repayments(self, draw: st.DrawFn) -> None:
        """A file of repayments, or the last one taken back."""
        as_of = draw(st.sampled_from(("2019-12-11", "2019-12-15")))
        contracts = self._some(t.contract.c.contract_no)
        lines = [
            Repayment(
                contract_no=one,
                principal_fen=draw(st.sampled_from((50_00, 100_00))),
                interest_fen=0,
                paid_on="2019-12-10",
            )
            for one in draw(st.lists(st.sampled_from(contracts), max_size=4, unique=True))
        ]
        repayments.store_snapshot(
            self.connection, SEASON, as_of, lines, file_name="f", sha256=new_id(), now="n"
        )

    def do_assign(self, draw: st.DrawFn) -> None:
        """Somebody gets another teacher."""
        teacher = draw(st.sampled_from(("s1", "s2", "")))
        cases.assign(self.connection, SEASON, [self._case(draw)], teacher)

    def do_list(self, draw: st.DrawFn) -> None:
        """Somebody is taken off the list, or put back."""
        case_id = self._case(draw)
        if draw(st.booleans()):
            on_list.take_out(self.connection, SEASON, [case_id], "moved", "2019-12-12")
        else:
            on_list.put_back(self.connection, case_id)

    def do_move(self, draw: st.DrawFn) -> None:
        """A list names another school, village, code or amount."""
        c, case_id = t.case_file.c, self._case(draw)
        body = self.connection.execute(select(c.body).where(c.id == case_id)).scalar_one()
        body = body.replace("甲村", "乙村") if draw(st.booleans()) else body.replace("乙村", "甲村")
        unit = draw(st.sampled_from(("01", "02", "")))
        code = draw(st.sampled_from(("", "X1")))
        here = update(t.case_file).where(c.id == case_id)
        self.connection.execute(here.values(unit=unit, body=body))
        if code and self.connection.execute(select(c.id).where(c.code == code)).first() is None:
            self.connection.execute(here.values(code=code))

    def do_merge(self, draw: st.DrawFn) -> None:
        """A school ceases."""
        gone, into = (units.unit(self.connection, SEASON, code) for code in ("02", "01"))
        if gone and into and not gone.merged_into and draw(st.integers(0, 3)) == 0:
            school_merge.merge(self.connection, SEASON, gone, into, at="2019-12-12", who="x")

    def do_settings(self, draw: st.DrawFn) -> None:
        """The centre edits the season."""
        season = seasons.get(self.connection, SEASON)
        reasons = tuple(
            msgspec.structs.replace(one, group=draw(st.sampled_from(("promised", "special"))))
            if one.code == "promised"
            else one
            for one in codes.REASONS
        )
        limits = msgspec.structs.replace(
            season.limits, late_after_days=draw(st.sampled_from((0, 3, 30)))
        )
        changed = msgspec.structs.replace(season, reasons=reasons, limits=limits)
        if draw(st.booleans()):
            changed = msgspec.structs.replace(changed, full_id_numbers=not season.full_id_numbers)
        self._save(changed)

    def _save(self, season: Season) -> None:
        seasons.save(self.connection, season)

    def do_look(self, draw: st.DrawFn) -> None:
        """A photo is read: its code, its sharpness, what shot it is."""
        shown = sorted({*self._some(t.fact_photo.c.sha256), PHOTOS[0]})
        sha, all_codes = draw(st.sampled_from(shown)), self._some(t.case_file.c.code)
        self.connection.execute(t.slip.delete().where(t.slip.c.sha256 == sha))
        code = draw(st.sampled_from(("", "X1", *all_codes)))
        row = {"sha256": sha, "case_code": code, "read_at": "n"}
        row |= {
            "sharpness": draw(st.sampled_from((-2, -1, 10, 90_000))),
            "same": draw(st.sampled_from(("", "s"))),
        }
        self.connection.execute(t.slip.insert(), row)

    def do_file(self, draw: st.DrawFn) -> None:
        """A scanned slip is filed, moved to another person, or unfiled."""
        page = t.slip_page
        found = self._some(page.c.id)
        case_id = draw(st.sampled_from(("", self._case(draw))))
        state = draw(st.sampled_from(("filed", "keyed", "unreadable", "duplicate")))
        if found and draw(st.booleans()):
            one = draw(st.sampled_from(found))
            change = update(page).where(page.c.id == one)
            self.connection.execute(change.values(case_id=case_id, state=state))
            return
        self.connection.execute(
            page.insert(),
            {
                **{"id": new_id(), "season": SEASON, "stack": "s", "number": 1, "part": 1},
                **{"case_id": case_id, "state": state},
            },
        )

    def do_batch(self, draw: st.DrawFn) -> None:
        """Slips are put into a batch, ticked, received, and all of it undone."""
        c = self.connection
        open_ones = [b.id for b in slip_batches.listed(c, SEASON, "01")]
        if not open_ones or draw(st.integers(0, 3)) == 0:
            slip_batches.add(c, season=SEASON, unit="01", state="draft")
            return
        batch, case_id = draw(st.sampled_from(open_ones)), self._case(draw)
        step = draw(st.sampled_from(("add", "tick", "untick", "remove", "state")))
        if step == "add":
            slip_batches.add_lines(c, batch, [case_id], on_sheet=True)
        elif step == "tick":
            ids = [line.case_id for line in slip_batches.lines(c, [batch])]
            slip_batches.tick(c, batch, ids, at="n", by="x")
        elif step == "untick":
            slip_batches.untick(c, batch, [case_id])
        elif step == "remove":
            slip_batches.remove_lines(c, batch, [case_id])
        else:
            state = draw(st.sampled_from(("draft", "brought", "received", "discarded")))
            c.execute(update(t.slip_batch).where(t.slip_batch.c.id == batch).values(state=state))

    def do_remove(self, draw: st.DrawFn) -> None:
        """Somebody without a record leaves the season for good, as when a list is taken back."""
        case_id = self._case(draw)
        if not self._of(case_id) and len(self._some(t.case_file.c.id)) > 4:
            self.connection.execute(t.case_file.delete().where(t.case_file.c.id == case_id))

    def do_purge(self, draw: st.DrawFn) -> None:
        """What facts held is destroyed."""
        if draw(st.integers(0, 7)) == 0:
            purging._empty_facts(self.connection, SEASON)


STEPS = sorted(name for name in dir(County) if name.startswith("do_"))
