"""Most schools of a large county: copies of a few that the server itself refreshed, written as rows.

`put(file, templates, copies)` adds to a county's SQLite file for each copy what its template has. Ids, codes, names,
contract numbers, photos, hashes and chains are the copy's own; what is kept of people and schools (standings, sums, lists)
is the template's with the same changes, search terms are made by the server's own functions. It is what the server would
have made (tests/sync_server/test_county_copies.py compares). Triggers and indexes are taken away meanwhile and made again by
their own text, so that the schema stays word for word.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from shared.case_search import folded
from shared.cases import Case
from shared.digest import GENESIS, link, sha256_hex
from shared.ids import case_code
from sync_server.store import search_bits
from sync_server.store.notice_contents import content_of
from sync_server.store.school_kept import LINE_CHARS
from sync_server.store.search_bits import BLOCK
from sync_server.store.search_terms import Searched, terms_of
from tests.bench.large_school import SEASON, School, photo_of, scan_of

Columns = dict[str, list[Any]]
"""A table's rows of a school, by column; empty where there are none."""
_CASES = "case_id IN (SELECT id FROM case_file WHERE unit = :unit)"
_FACTS = "fact_id IN (SELECT id FROM fact WHERE unit = :unit)"
_PHOTOS = "sha256 IN (SELECT sha256 FROM fact_photo WHERE unit = :unit)"
_UNITS = (
    *("staff", "change", "feed", "fact_photo", "notice_batch", "slip_batch", "slip_stack"),
    *("device", "summary", "case_standing", "school_kept", "school_list", "school_sum"),
    "school_days",
)
WHICH: dict[str, str] = {
    "unit": "code = :unit",
    **dict.fromkeys(_UNITS, "unit = :unit"),
    "case_file": "unit = :unit ORDER BY code, id",
    "fact": "unit = :unit ORDER BY device, n",
    "search_case": "unit = :unit ORDER BY n",
    **dict.fromkeys(("contract", "notice_print", "slip_line"), _CASES),
    **dict.fromkeys(("photo", "slip"), _PHOTOS),
    "review": _FACTS,
    "slip_page": "stack IN (SELECT id FROM slip_stack WHERE unit = :unit)",
}
"""Table -> which of its rows are a school's."""
_case: msgspec.json.Decoder[Case] = msgspec.json.Decoder(Case)


class Named(NamedTuple):
    """A school by code and number."""

    code: str
    number: int


class Template:
    """A refreshed school, as it is copied; `has`: which of its own words stand in a column, by table and name."""

    def __init__(self, db: sqlite3.Connection, named: Named) -> None:
        self.school, self.rows = School(*named), dict[str, Columns]()
        for table, which in WHICH.items():
            query = f"SELECT * FROM {table} WHERE {which}"  # noqa: S608 - of this module alone
            found = db.execute(query, {"unit": named.code})
            names = [one[0] for one in found.description]
            columns = map(list, zip(*found.fetchall(), strict=True))
            self.rows[table] = dict(zip(names, columns, strict=False))
        self.has = {
            (table, name): [
                place
                for place, word in enumerate(_own_words(self.school))
                if any(isinstance(one, str) and word in one for one in column)
            ]
            for table, columns in self.rows.items()
            for name, column in columns.items()
        }


def _own_words(school: School) -> tuple[str, ...]:
    """What stands in texts of this school alone: the same of each school at the same place."""
    number = school.number
    return (
        school.id_prefix,
        f"HT{number:04d}",
        f"老师{number}之",
        school.row.name,
        f"{SEASON}-{school.code}",
    )


class Copy:
    """The rows of one copy, by table."""

    def __init__(self, template: Template, named: Named) -> None:
        self.school = now = School(*named)
        people = template.rows["case_file"]
        self._pairs = list(zip(_own_words(template.school), _own_words(now), strict=True))
        keys = zip(people.get("code", ()), people.get("person_key", ()), strict=True)
        self._codes = {old: case_code(now.code, int(key.partition("-")[2])) for old, key in keys}
        cases = [(old, old.replace(*self._pairs[0])) for old in people.get("id", ())]
        self._photos = {photo_of(old): photo_of(new) for old, new in cases}
        self._photo_before = {new: photo_of(old) for old, new in cases}
        self.rows = {
            table: {
                name: self._column(name, column, template.has[table, name])
                for name, column in columns.items()
            }
            for table, columns in template.rows.items()
        }
        self._people()
        self._facts()
        self._kept()
        if found := self.rows["search_case"]:
            olds = template.rows["search_case"]["code"]
            for name in ("text", "shown"):
                each = zip(found[name], olds, found["code"], strict=True)
                found[name] = [text.replace(folded(old), folded(new)) for text, old, new in each]

    def _column(self, name: str, column: list[Any], has: Iterable[int]) -> list[Any]:
        """A column with what changes alike in all tables; one without is the template's own."""
        if name == "unit":
            return [self.school.code] * len(column)
        if name in ("code", "sha256"):
            now = self._codes if name == "code" else self._photos
            return [now.get(one, one) for one in column]
        for place in has:
            before, after = self._pairs[place]
            column = [one.replace(before, after) for one in column]
        return column

    def _people(self) -> None:
        school, t = self.school, self.rows
        t["unit"] |= {name: [value] for name, value in msgspec.structs.asdict(school.row).items()}
        if people := t["case_file"]:
            places = (key.partition("-")[2] for key in people["person_key"])
            people["person_key"] = [f"{school.code}-{place}" for place in places]
        contents = {
            case: msgspec.json.encode(content_of(_case.decode(body), school.row)).decode()
            for case, body in zip(people.get("id", ()), people.get("body", ()), strict=True)
        }
        if prints := t["notice_print"]:
            prints["content"] = [contents[case] for case in prints["case_id"]]
        if devices := t["device"]:
            devices["public_key"] = [one.encode() for one in devices["id"]]
            devices["token_hash"] = [sha256_hex(one.encode()) for one in devices["id"]]
        if pages := t["slip_page"]:
            pages["sha256"] = [scan_of(school.code, number) for number in pages["number"]]

    def _facts(self) -> None:
        rows, devices = self.rows["fact"], self.rows["device"]
        before, after = (one.encode() for one in self._pairs[0])
        pictured = set(self.rows["fact_photo"].get("fact_id", ()))
        links, last, shas, datas = list[bytes](), dict[str, bytes](), list[str](), list[bytes]()
        of_each = (rows.get(name, ()) for name in ("id", "case_id", "device", "data"))
        for fact, case, device, old in zip(*of_each, strict=True):
            data = old.replace(before, after)
            if fact in pictured:
                data = data.replace(self._photo_before[case].encode(), photo_of(case).encode())
            shas.append(hashlib.sha256(data).hexdigest())
            last[device] = link(last.get(device, GENESIS), shas[-1])
            links.append(last[device])
            datas.append(data)
        if rows:
            rows |= {"data": datas, "sha256": shas, "link": links}
        if devices:
            devices["link"] = [last.get(one, GENESIS) for one in devices["id"]]

    def _kept(self) -> None:
        t = self.rows
        if standings := t["case_standing"]:
            standings["body"] = [
                body.replace(self._photo_before[case], photo_of(case))
                for case, body in zip(standings["case_id"], standings["body"], strict=True)
            ]
        people = t["case_file"]
        if not people:
            return
        each = zip(people["id"], people["code"], people["body"], strict=True)
        lines = {i: sha256_hex(f"{code}\n{body}".encode())[:LINE_CHARS] for i, code, body in each}
        digest = sha256_hex(msgspec.json.encode(lines, order="deterministic"))
        for table in ("school_kept", "school_list"):
            count = len(t[table].get("unit", ()))
            same = {"lines": msgspec.json.encode(lines).decode(), "digest": digest}
            t[table] |= {name: [value] * count for name, value in same.items()}


class _Index:
    """Search terms of the copies; people are numbered on from those whom the server numbered."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db, self._terms = db, dict[str, list[int]]()
        self._next = int(db.execute("SELECT next FROM search_season").fetchone()[0])
        begun = (self._next // BLOCK,)
        for term, kept in db.execute("SELECT term, cases FROM search_term WHERE block = ?", begun):
            self._terms[term] = sorted(search_bits.unpacked(kept))
        db.execute("DELETE FROM search_term WHERE block = ?", begun)

    def add(self, copy: Copy) -> None:
        """Number the people of a copy, and put their terms."""
        rows = copy.rows["search_case"]
        first, count = self._next, len(rows.get("case_id", ()))
        if not count:
            return
        rows["n"] = list(range(first, first + count))
        for each in zip(*(rows[name] for name in Searched.__struct_fields__), strict=True):
            one = Searched(**dict(zip(Searched.__struct_fields__, each, strict=True)))
            place = self._next % BLOCK
            for term in terms_of(one):
                self._terms.setdefault(term, []).append(place)
            self._next += 1
            if self._next % BLOCK == 0:
                self._write(self._next // BLOCK - 1)

    def close(self) -> None:
        """Write what is left."""
        if self._terms:
            self._write(self._next // BLOCK)
        self._db.execute("UPDATE search_season SET next = ?", (self._next,))

    def _write(self, block: int) -> None:
        packed = search_bits.packed
        rows = ((SEASON, term, block, packed(n)) for term, n in sorted(self._terms.items()))
        insert = "INSERT INTO search_term (season, term, block, cases) VALUES (?, ?, ?, ?)"
        self._db.executemany(insert, rows)
        self._terms = {}


def put(file: Path, templates: Sequence[Named], copies: Iterable[tuple[Named, Named]]) -> None:
    """Add copies of refreshed schools to a county that nobody has open.

    Args:
        file: The county's SQLite file.
        templates: The schools that are copied.
        copies: Each with the one of `templates` that it is a copy of.
    """
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
            db.execute(f"PRAGMA {pragma}")
        found = {named: Template(db, named) for named in templates}
        made = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql <> ''"
        schema = db.execute(f"{made} ORDER BY rowid").fetchall()
        for kind, name, _ in schema:
            db.execute(f"DROP {kind} {name}")
        db.execute("BEGIN")
        index = _Index(db)
        for named, of in copies:
            copy = Copy(found[of], named)
            index.add(copy)
            for table, columns in copy.rows.items():
                if columns:
                    names = ", ".join(f'"{name}"' for name in columns)
                    places = ", ".join("?" * len(columns))
                    insert = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - as above
                    db.executemany(insert, zip(*columns.values(), strict=True))
        index.close()
        db.execute("COMMIT")
        for _, _, sql in schema:
            db.execute(sql)
        db.execute("PRAGMA journal_mode=WAL")
