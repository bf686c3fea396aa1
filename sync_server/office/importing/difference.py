"""What a newer due list changes, person by person: plain values, names and numbers masked.

Made from the plan before anything is written; shown in the preview, kept with the import, written
as a workbook (`difference_book`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from shared import identity, money, spelling
from shared.cases import Case, Contract, Person
from shared.ids import show_case_code
from shared.records.kind import Label
from sync_server.store.case_plan import Plan, PlannedCase, Together, newer
from sync_server.store.case_use import Bound
from sync_server.store.cases import case_of
from sync_server.store.database import RowMapping

GROUPS: dict[str, Label] = {
    "new": Label("新增", "new"),
    "changed": Label("有变化", "changed"),
    "corrected": Label("更正身份", "identity corrected"),
    "moved": Label("换了学校", "another school"),
    "gone": Label("不在新名单里", "gone from the list"),
    "back": Label("重新列入", "on the list again"),
    "joined": Label("合成一份", "become one case"),
    "apart": Label("同一人、各自保留", "one person, kept apart"),
}
"""What a list may do to a person; the names are those of `Difference`."""

FIELDS: dict[str, Label] = {
    "name": Label("姓名", "name"),
    "id_number": Label("身份证号", "ID number"),
    "phones": Label("电话", "phones"),
    "co_name": Label("共同借款人", "co-borrower"),
    "co_id_number": Label("共同借款人身份证号", "co-borrower's ID number"),
    "co_phones": Label("共同借款人电话", "co-borrower's phones"),
    "address": Label("住址", "address"),
    "township": Label("乡镇", "township"),
    "village": Label("村", "village"),
    "college": Label("毕业院校", "college"),
    "graduated_on": Label("毕业时间", "graduated"),
    "overdue_prior": Label("往年逾期", "overdue from before"),
    "school": Label("学校", "school"),
    "contract_added": Label("新增合同", "contract added"),
    "contract_gone": Label("不再有的合同", "contract gone"),
    "loan_year": Label("贷款学年", "loan year"),
    "principal": Label("应还本金", "principal due"),
    "interest": Label("应还利息", "interest due"),
    "balance": Label("贷款余额", "balance"),
}
"""What may differ."""

STAYS: dict[str, Label] = {
    "printed": Label("已打印通知书,不转", "its notice was printed: it stays"),
    "sealed": Label("已列入汇总,不转", "a summary names it: it stays"),
}
"""Why a case stays in its school."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One value that differs, as it is shown: masked, amounts in yuan.

    `field`: one of FIELDS. `contract`: whose amount it is, "" for what is the person's.
    """

    field: str
    was: str = ""
    now: str = ""
    contract: str = ""


class DifferenceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a group.

    Attributes:
        case: The id of the case, "" for a new one.
        code: Its code; those of several cases joined by 、.
        name: Masked.
        school: The name of the school.
        contracts: How many contracts the person has.
        total_fen: What they come to.
        paid: Whether everything is repaid.
        rows: Where in the file.
        changes: What differs.
        waits: Whether it is done only when confirmed, and is not confirmed yet.
        stays: Why the case stays in its school although the list names another.
    """

    case: str = ""
    code: str = ""
    name: str = ""
    school: str = ""
    contracts: int = 0
    total_fen: int = 0
    paid: bool = False
    rows: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
    waits: bool = False
    stays: Bound = ""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a list changes, by group; `counts`: how many lines each has, and `same` the rest."""

    counts: dict[str, int] = {}
    new: tuple[DifferenceLine, ...] = ()
    changed: tuple[DifferenceLine, ...] = ()
    corrected: tuple[DifferenceLine, ...] = ()
    moved: tuple[DifferenceLine, ...] = ()
    gone: tuple[DifferenceLine, ...] = ()
    back: tuple[DifferenceLine, ...] = ()
    joined: tuple[DifferenceLine, ...] = ()
    apart: tuple[DifferenceLine, ...] = ()

    @property
    def has_lines(self) -> bool:
        """Whether any group has a line: a list that changes nothing has no difference."""
        return any(self.group(name) for name in GROUPS)

    def group(self, name: str) -> tuple[DifferenceLine, ...]:
        """Return the lines of one of GROUPS."""
        lines: tuple[DifferenceLine, ...] = getattr(self, name)
        return lines


def difference(
    plan: Plan, schools: Mapping[str, str], *, accept_identity: bool, accept_moves: bool
) -> Difference:
    """Return what a planned import changes. Pure.

    Args:
        plan: The plan.
        schools: The name of each school by its code.
        accept_identity: Whether corrected identities and joined cases were confirmed.
        accept_moves: Whether cases may go to another school.
    """
    groups: dict[str, list[DifferenceLine]] = {name: [] for name in GROUPS}
    same = 0
    for one in plan.cases:
        group, line = _line(one, schools, accept_identity)
        if group:
            groups[group].append(line)
        same += not group
        if one.row is not None and one.move_to:
            groups["moved"].append(_moved(one, one.row, schools, accept_moves))
    groups["gone"] = [_known(row, schools) for row in plan.gone]
    for found in plan.together:
        line = _together(found, schools, accept_identity)
        groups["joined" if found.join else "apart"].append(line)
    counts = {name: len(lines) for name, lines in groups.items()}
    return Difference(
        counts={**counts, "same": same},
        **{name: tuple(lines) for name, lines in groups.items()},
    )


def _line(one: PlannedCase, schools: Mapping[str, str], accept: bool) -> tuple[str, DifferenceLine]:
    """Return the group and line of a planned case; no group for one that stays as it is."""
    rows = one.person.rows
    if one.row is None:
        case = newer(one, accept=accept)
        line = DifferenceLine(
            name=identity.mask_name(case.borrower.name),
            school=identity.mask_numbers(one.person.school_name),
            contracts=len(case.contracts),
            total_fen=case.total_fen,
            rows=rows,
        )
        return "new", line
    # A correction shows all that it would bring, so that it is confirmed knowingly.
    changes = tuple(_changes(case_of(one.row), newer(one, accept=accept or one.corrected)))
    school = one.person.school_name
    if school and not one.row["unit"]:  # no move: the person was in no school
        changes += tuple(_change("school", one.row["unit_name"], school, identity.mask_numbers))
    line = msgspec.structs.replace(_known(one.row, schools), rows=rows, changes=changes)
    if one.back:
        return "back", msgspec.structs.replace(line, waits=one.corrected and not accept)
    if one.corrected:
        return "corrected", msgspec.structs.replace(line, waits=not accept)
    return "changed" if changes else "", line


def _moved(
    one: PlannedCase, row: RowMapping, schools: Mapping[str, str], accept: bool
) -> DifferenceLine:
    was, now = schools.get(row["unit"], ""), schools.get(one.move_to, "")
    return msgspec.structs.replace(
        _known(row, schools),
        rows=one.person.rows,
        changes=(Change(field="school", was=was, now=now),),
        waits=not accept and not one.bound,
        stays=one.bound,
    )


def _together(found: Together, schools: Mapping[str, str], accept: bool) -> DifferenceLine:
    known = [_known(row, schools) for row in found.rows]
    return msgspec.structs.replace(
        known[0],
        code="、".join(show_case_code(line.code) for line in known),
        contracts=sum(line.contracts for line in known),
        total_fen=sum(line.total_fen for line in known),
        rows=found.person.rows,
        waits=found.join and not accept,
    )


def _known(row: RowMapping, schools: Mapping[str, str]) -> DifferenceLine:
    case = case_of(row)
    return DifferenceLine(
        case=case.id,
        code=show_case_code(case.code),
        name=identity.mask_name(case.borrower.name),
        school=schools.get(case.school) or identity.mask_numbers(row["unit_name"]),
        contracts=len(case.contracts),
        total_fen=case.total_fen,
        paid=row["paid"],
    )


def _changes(old: Case, new: Case) -> Iterator[Change]:
    yield from _of_person("", old.borrower, new.borrower)
    yield from _of_person("co_", old.co_borrower, new.co_borrower)
    for field, mask in _OF_CASE.items():
        yield from _change(field, getattr(old, field), getattr(new, field), mask)
    if old.overdue_prior != new.overdue_prior:
        was, now = ("是" if case.overdue_prior else "否" for case in (old, new))
        yield Change(field="overdue_prior", was=was, now=now)
    known = {spelling.contract_no(c.contract_no): c for c in old.contracts}
    listed = {spelling.contract_no(c.contract_no): c for c in new.contracts}
    for number in dict.fromkeys((*known, *listed)):
        yield from _of_contract(number, known.get(number), listed.get(number))


def _of_person(prefix: str, old: Person | None, new: Person | None) -> Iterator[Change]:
    was, now = old or Person(name=""), new or Person(name="")
    yield from _change(f"{prefix}name", was.name, now.name, identity.mask_name)
    yield from _change(f"{prefix}id_number", was.id_number, now.id_number, identity.mask_id)
    phones = ("、".join(was.phones), "、".join(now.phones))
    yield from _change(f"{prefix}phones", *phones, identity.mask_phone)


def _of_contract(number: str, old: Contract | None, new: Contract | None) -> Iterator[Change]:
    if old is None or new is None:
        field = "contract_added" if new else "contract_gone"
        was, now = (money.yuan(c.total_fen) if c else "" for c in (old, new))
        yield Change(field=field, contract=number, was=was, now=now)
        return
    pairs = {
        "loan_year": tuple(identity.mask_numbers(c.loan_year) for c in (old, new)),
        "principal": (money.yuan(old.principal_fen), money.yuan(new.principal_fen)),
        "interest": (money.yuan(old.interest_fen), money.yuan(new.interest_fen)),
        "balance": (_balance(old), _balance(new)),
    }
    for field, (was, now) in pairs.items():
        if was != now:
            yield Change(field=field, contract=number, was=was, now=now)


def _balance(contract: Contract) -> str:
    return "" if contract.balance_fen is None else money.yuan(contract.balance_fen)


def _change(field: str, was: str, now: str, mask: Callable[[str], str]) -> Iterator[Change]:
    if was != now:
        shown_was, shown_now = masked_pair(was, now, mask)
        yield Change(field=field, was=shown_was, now=shown_now)


def masked_pair(was: str, now: str, mask: Callable[[str], str]) -> tuple[str, str]:
    """Mask two values that differ; where their masks are equal, show only what differs."""
    masked = mask(was), mask(now)
    if masked[0] != masked[1]:
        return masked
    shortest = min(len(was), len(now))
    start = next((n for n in range(shortest) if was[n] != now[n]), shortest)
    left = shortest - start
    end = next((n for n in range(left) if was[-1 - n] != now[-1 - n]), left)

    def starred(text: str) -> str:
        return "*" * start + text[start : len(text) - end] + "*" * end

    return starred(was), starred(now)


_OF_CASE: dict[str, Callable[[str], str]] = {
    "address": identity.mask_address,
    "township": identity.mask_numbers,
    "village": identity.mask_numbers,
    "college": identity.mask_numbers,
    "graduated_on": identity.mask_numbers,
}
