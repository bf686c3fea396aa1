"""What somebody may see of people who only inspects: numbers, states, days, and masked names.

A connection says whether it reads for such a reader (`Database.for_inspection`). Whatever gives out
people, records, verdicts or the audit trail asks it, so no page can forget to mask: what it never
got it cannot show. Standings and counts are made from the whole records first (ADR 0039).

Left out rather than masked are free texts, telephones, addresses beyond the village, colleges, and
the reason of somebody in special circumstances: it may tell of an illness or of custody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping

from shared import codes
from shared.cases import Case, Contract, Person
from shared.identity import mask_address, mask_id, mask_name, mask_numbers
from shared.lifecycle import Review, Standing, VisitLine
from shared.records.base import Fact
from shared.records.kind import Field, RecordKind
from shared.records.registry import likely, named
from shared.season import moment_of

_OPTION: Final = "doorstep_inspects"
HIDDEN: Final = "–"
"""What stands where a text was left out that a page asks for: that there is one may be seen."""
_UNRECOGNISED = "***"
_LONGEST_VILLAGE = 8
_CODE_ONLY = re.compile(r"[a-z][a-z_]*|[0-9]{1,6}")
"""What of an audit line's detail says nothing about anybody: a code, or how many."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STAFF = frozenset({"visitors", "servers"})
"""Fields that name those who went."""
_RECORDS = frozenset({"corrects", "supersedes"})
"""Fields that name other records."""
_RECORD_ID = re.compile(r"[0-9a-f-]{36}")


def inspects(connection: Connection) -> bool:
    """Whether a connection reads for somebody who only inspects."""
    return bool(connection.get_execution_options().get(_OPTION))


def set_inspecting(connection: Connection) -> None:
    """Let a connection read for somebody who only inspects, from now on."""
    connection.execution_options(**{_OPTION: True})


def name(connection: Connection, case: Case) -> str:
    """Return a borrower's name as the reader may see it."""
    whole = case.borrower.name
    return mask_name(whole) if inspects(connection) else whole


def case_row(row: RowMapping) -> Mapping[str, Any]:
    """Return a case's row without what an inspection does not need."""
    whole = msgspec.json.decode(row["body"], type=Case)
    return {
        **row,
        "body": msgspec.json.encode(case(whole)).decode(),
        "contact": "",
        "written": "",
        "initials": "",
        "off_list": HIDDEN if row["off_list"] else "",
    }


def case(whole: Case) -> Case:
    """Return a case without what an inspection does not need."""
    return msgspec.structs.replace(
        whole,
        borrower=_person(whole.borrower),
        co_borrower=_person(whole.co_borrower) if whole.co_borrower else None,
        address="",
        township=_place(whole.township),
        village=_place(whole.village),
        college="",
        graduated_on="",
        contracts=tuple(_contract(one) for one in whole.contracts),
    )


def _person(person: Person) -> Person:
    return Person(name=mask_name(person.name), id_number=_end(person.id_number))


def _contract(contract: Contract) -> Contract:
    return msgspec.structs.replace(contract, contract_no=_end(contract.contract_no))


def _end(number: str) -> str:
    """Stars and the last four of a number; of what ends in anything else, stars."""
    found = mask_id(number)
    return found if re.fullmatch(r"[0-9X*]*", found) else "*" * len(found)


def _place(text: str) -> str:
    """A township or village as the list writes it; what says more than that is cut or hidden."""
    found = mask_address(text)
    short = len(text) <= _LONGEST_VILLAGE and not any(c.isdigit() for c in text)
    return text if found == _UNRECOGNISED and short else found


def standing(found: Standing) -> Standing:
    """Return where a case stands, without why, and without who signed or went in full."""
    visits = tuple(_visit(line) for line in found.visits)
    return msgspec.structs.replace(found, outcome=_reason(found.outcome), visits=visits)


def _visit(line: VisitLine) -> VisitLine:
    visitors = tuple(mask_name(name) for name in line.visitors)
    return msgspec.structs.replace(line, outcome=_reason(line.outcome), visitors=visitors)


def _reason(code: str) -> str:
    """A reason's code where it does not tell of somebody's circumstances; else ""."""
    row = next((one for one in codes.REASONS if one.code == code), None)
    return code if row and not row.sensitive and row.group != "special" else ""


def fact(found: Fact) -> Fact:
    """Return a record with its codes and days, and nothing that somebody typed."""
    body = dict(_body(named(found.kind), found.body))
    inner = found.body.get("body")
    if found.kind == "correction" and isinstance(inner, Mapping):
        body["body"] = dict(_body(likely(inner), inner))
    paper = found.paper and msgspec.structs.replace(
        found.paper, keyed_by=account(found.paper.keyed_by)
    )
    when = _when(found.happened_at)
    return msgspec.structs.replace(found, body=body, paper=paper, happened_at=when)


def _body(kind: RecordKind, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields that the kind knows; what is left out of one is empty, as if it was not filled in.

    So a body without an envelope is still known by its fields for what it is.
    """
    return {
        field.name: _value(field, field.name, body[field.name])
        for field in kind.fields
        if field.name in body
    }


def _value(field: Field, name: str, said: object) -> object:
    """What is left of one field; "" for nothing."""
    if isinstance(said, bool):
        return said
    if name in _RECORDS:
        return said if _RECORD_ID.fullmatch(str(said)) else ""
    if name in _STAFF and isinstance(said, list | tuple):
        return [mask_name(str(one)) for one in said]
    if name == "flags" and isinstance(said, list | tuple):
        return [str(one) for one in said if _CODE_ONLY.fullmatch(str(one))]
    if not isinstance(said, str):
        return ""
    if field.of_season:
        return _reason(said)
    if field.day:
        return _when(said)
    return said if any(said == one.code for one in field.table) else ""


def _when(text: str) -> str:
    """A day or moment; what is neither may be anything."""
    return text if moment_of(text) or _DAY.fullmatch(text) else ""


def review(found: Review) -> Review:
    """Return a verdict without its words, which may name somebody; that there are some is told."""
    return msgspec.structs.replace(found, comment=HIDDEN if found.comment else "")


def detail(text: str) -> str:
    """What of an audit line's detail is a code or a number; file names and reasons are left out."""
    return text if _CODE_ONLY.fullmatch(text) else HIDDEN if text else ""


def typed(connection: Connection, text: str) -> str:
    """Return what somebody typed: that there is something is told, and not what."""
    return HIDDEN if text and inspects(connection) else text


def who(connection: Connection, text: str) -> str:
    """Return by whom something was done, as the reader may see it."""
    return account(text) if inspects(connection) else text


def account(text: str) -> str:
    """Return what an account is called; a telephone or ID number in it is masked."""
    return mask_numbers(text)
