"""Which case each person of a newer list is: the contract decides, and nothing known is erased.

A contract known from an earlier list keeps its case, with its id and code; a corrected ID number or
name is taken only when somebody confirmed it. Two cases of one person become one only if at most
one of them has a record, a printed notice or a seal; a contract stands in one case always. A case
moves to the school that a newer list names, unless its notice was printed or a summary names it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, select

from shared import identity, spelling
from shared.cases import Case, Contract, Person
from shared.ids import show_case_code
from sync_server.store import school_names, units
from sync_server.store import tables as t
from sync_server.store.case_use import Bound, CaseUse


class ImportedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a due list.

    `key`: the sound ID number, else the contract number. `rows`: where in the file.
    `overdue_given`: whether the list says anything about being overdue. `written`: what normalising
    changed, as the file has it, by field.
    """

    key: str
    school_name: str
    case: Case
    rows: tuple[int, ...] = ()
    overdue_given: bool = False
    written: dict[str, str] = {}


class IdentityNote(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody should confirm or look at; `code` is a problem's. `rows`: of the file."""

    code: str
    rows: tuple[int, ...] = ()
    values: dict[str, str] = {}


class PlannedCase(msgspec.Struct, kw_only=True):
    """What becomes of one case.

    `row` is None for a new one. `person` is whose it is; its contracts are `contracts`, by number.
    `corrected`: the person's ID number or name differs from the known. `absorbed`: ids of cases
    that become this one. `move_to`: the code of the school that this list names, other than the
    earlier one did; `bound`: why the case stays where it is all the same. `number_is_of_another`:
    the list states the known ID number for somebody else, so the case does not keep it.
    """

    person: ImportedPerson
    row: RowMapping | None
    contracts: dict[str, Contract] = {}
    corrected: bool = False
    absorbed: tuple[str, ...] = ()
    move_to: str = ""
    bound: Bound = ""
    number_is_of_another: bool = False

    @property
    def back(self) -> bool:
        """Whether the person was off the list and is named again."""
        return self.row is not None and bool(self.row["off_list"] and self.contracts)


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that are one person by the newer list; `join`: whether they may become one."""

    person: ImportedPerson
    rows: tuple[RowMapping, ...]
    join: bool


class Plan(msgspec.Struct, kw_only=True):
    """A whole list's plan, in the list's order. `keys`: those of all cases the season has.

    `gone`: the cases of people whom the list leaves out, in order of code.
    """

    cases: list[PlannedCase] = []
    notes: list[IdentityNote] = []
    keys: set[str] = set()
    together: list[Together] = []
    gone: list[RowMapping] = []


def plan(
    connection: Connection,
    season: str,
    people: Sequence[ImportedPerson],
    *,
    accept: bool,
    also_named: Collection[str] = (),
) -> Plan:
    """Plan an import; nothing is written.

    Args:
        connection: The store.
        season: The season.
        people: The people of the list.
        accept: Whether corrected identities were confirmed.
        also_named: ID numbers and contracts that the list names in rows that are not imported;
            whose they are is not gone.

    Returns:
        The plan, with notes on every identity that needs a look.
    """
    return _Planner(connection, season, people, accept, frozenset(also_named)).run()


class _Planner:
    def __init__(
        self,
        connection: Connection,
        season: str,
        people: Sequence[ImportedPerson],
        accept: bool,
        also_named: frozenset[str],
    ) -> None:
        self._connection, self._people, self._accept = connection, people, accept
        self._also_named, self._use = also_named, CaseUse(connection)
        self._units = {u.name: u.code for u in units.units(connection, season)}
        self._names = school_names.known(connection, season)
        query = select(t.case_file).where(t.case_file.c.season == season)
        self._rows = {r["id"]: r for r in connection.execute(query).mappings()}
        self._known = {i: msgspec.json.decode(r["body"], type=Case) for i, r in self._rows.items()}
        self._by_key = self._cases_by_key()
        self._homes = self._contract_homes(season)
        self._plan = Plan(keys={r["person_key"] for r in self._rows.values()})
        self._stated = {_sound(p.case.borrower.id_number) for p in people} - {""}

    def _cases_by_key(self) -> dict[str, list[str]]:
        """The cases of each ID number, as corrected; else the case of each key."""
        numbers: dict[str, list[str]] = {}
        for case_id, case in self._known.items():
            numbers.setdefault(_sound(case.borrower.id_number), []).append(case_id)
        numbers.pop("", None)
        return {r["person_key"]: [i] for i, r in self._rows.items()} | numbers

    def _case_by_key(self, person: ImportedPerson) -> str | None:
        """The case of this ID number or contract: where two have it, the one of this name."""
        found = self._by_key.get(person.key, [])
        named = [c for c in found if _same_name(self._known[c].borrower, person.case.borrower)]
        return next(iter(named or found), None)

    def _contract_homes(self, season: str) -> dict[str, list[str]]:
        """The cases of each contract, by its one spelling; an earlier import may have left two."""
        homes: dict[str, list[str]] = {}
        for case_id, case in self._known.items():
            for contract in case.contracts:
                homes.setdefault(spelling.contract_no(contract.contract_no), []).append(case_id)
        query = select(t.contract).where(t.contract.c.season == season)
        for r in self._connection.execute(query).mappings():
            own = homes.setdefault(spelling.contract_no(r["contract_no"]), [])
            if r["case_id"] in self._known and not own:
                own.append(r["case_id"])
        return homes

    def run(self) -> Plan:
        claims = [self._claims(person) for person in self._people]
        owners: dict[str, int] = {}
        for place in sorted(range(len(claims)), key=lambda n: min(_numbers(self._people[n]))):
            for case_id in claims[place]:
                other = owners.get(case_id)
                if other is None or (self._is(place, case_id) and not self._is(other, case_id)):
                    owners[case_id] = place
        own = [[c for c in claimed if owners[c] == n] for n, claimed in enumerate(claims)]
        planned = [self._cases_of(n, own[n], claims[n]) for n in range(len(own))]
        self._plan.cases = [case for cases in planned for case in cases]
        self._give_contracts(planned)
        self._find_gone(owners)
        self._plan.cases = [c for c in self._plan.cases if c.contracts or c.row is not None]
        self._find_moves()
        return self._plan

    def _claims(self, person: ImportedPerson) -> list[str]:
        """The known cases that may be this person's: by contract, and by ID number and name."""
        found = [c for number in _numbers(person) for c in self._homes.get(number, ())]
        by_key = self._case_by_key(person)
        if by_key is not None and by_key not in found:
            if _same_name(self._known[by_key].borrower, person.case.borrower):
                found.append(by_key)
            else:
                self._note("intake.id_known_otherwise", person, case=self._code(by_key))
        return list(dict.fromkeys(found))

    def _is(self, place: int, case_id: str) -> bool:
        return not _corrects(self._known[case_id].borrower, self._people[place].case.borrower)

    def _cases_of(self, place: int, own: list[str], claims: list[str]) -> list[PlannedCase]:
        person = self._people[place]
        if not own:
            if claims:
                self._note("intake.contract_of_another", person, case=self._code(claims[0]))
            return [PlannedCase(person=person, row=None, contracts={})]
        by_key = self._case_by_key(person)
        used = [c for c in own if len(own) > 1 and self._use.used(self._rows[c])]
        keeper = next(iter(used), by_key if by_key in own else min(own))
        others = [c for c in own if c != keeper]
        joined = bool(others) and len(used) < 2
        if others:
            codes = "、".join(self._code(c) for c in own)
            self._note("intake.cases_join" if joined else "intake.cases_apart", person, codes=codes)
            rows = tuple(self._rows[c] for c in own)
            self._plan.together.append(Together(person=person, rows=rows, join=joined))
        planned = [self._planned(place, keeper)]
        if joined and self._accept:
            planned[0].absorbed = tuple(others)
        else:
            planned += [self._planned(place, c) for c in others]
        return planned

    def _planned(self, place: int, case_id: str) -> PlannedCase:
        person, known = self._people[place], self._known[case_id]
        corrected = not self._is(place, case_id)
        if corrected:
            was, now = _shown(known.borrower), _shown(person.case.borrower)
            case = self._code(case_id)
            self._note("intake.identity_corrected", person, case=case, was=was, now=now)
        return PlannedCase(
            person=person,
            row=self._rows[case_id],
            contracts={},
            corrected=corrected,
            number_is_of_another=self._is_of_another(known.borrower.id_number, person),
        )

    def _is_of_another(self, known: str, person: ImportedPerson) -> bool:
        """Whether the list states a case's known ID number, and not for the person it is now."""
        number = _sound(known)
        return number in self._stated and number != _sound(person.case.borrower.id_number)

    def _give_contracts(self, planned: Sequence[Sequence[PlannedCase]]) -> None:
        """Give each contract of the list to one case: its known one, else its person's."""
        by_id = {c.row["id"]: c for c in self._plan.cases if c.row is not None}
        by_id |= {gone: c for c in self._plan.cases for gone in c.absorbed}
        for own, person in zip(planned, self._people, strict=True):
            for contract in person.case.contracts:
                homes = self._homes.get(spelling.contract_no(contract.contract_no), [])
                known = [by_id[c] for c in homes if c in by_id]
                mine = [c for c in own if c in known]
                if mine:
                    home = mine[0]
                elif known and not self._accept:
                    home = known[0]
                else:
                    home = own[0]
                if known and not mine and own[0].row is not None:
                    other = next(c for c in homes if c in by_id)
                    self._note("intake.contract_of_another", person, case=self._code(other))
                home.contracts[contract.contract_no] = contract

    def _find_gone(self, owners: Mapping[str, int]) -> None:
        """Find the people on the list until now whom this one leaves out."""
        if not self._people:
            return
        gone = [
            row
            for case_id, row in self._rows.items()
            if case_id not in owners and not row["off_list"] and not self._named(case_id)
        ]
        self._plan.gone = sorted(gone, key=lambda row: (row["code"], row["id"]))
        if gone:
            codes = [self._code(row["id"]) for row in self._plan.gone]
            shown = "、".join(codes[:10]) + ("……" if len(codes) > 10 else "")
            values = {"count": str(len(gone)), "codes": shown}
            self._plan.notes.append(IdentityNote(code="intake.people_gone", values=values))

    def _named(self, case_id: str) -> bool:
        """Whether a row that is not imported names this person: its ID number or a contract."""
        case = self._known[case_id]
        keys = {_sound(case.borrower.id_number), self._rows[case_id]["person_key"]}
        keys |= {spelling.contract_no(c.contract_no) for c in case.contracts}
        return not self._also_named.isdisjoint(keys - {""})

    def _find_moves(self) -> None:
        """Find the cases that this list gives to another school than the list before it did."""
        for one in self._plan.cases:
            row, name = one.row, one.person.school_name
            target = self._units.get(name, "")
            if row is None or not one.contracts or not row["unit"] or not target:
                continue
            before = row["unit_name"]  # perhaps by the name that the school had then
            if target not in (row["unit"], self._names.code(before)) and name != before:
                one.move_to, one.bound = target, self._use.bound(row)

    def _code(self, case_id: str) -> str:
        return show_case_code(str(self._rows[case_id]["code"])) or identity.mask_name(
            self._known[case_id].borrower.name
        )

    def _note(self, code: str, person: ImportedPerson, **values: str) -> None:
        self._plan.notes.append(IdentityNote(code=code, rows=person.rows, values=values))


def newer(one: PlannedCase, *, accept: bool) -> Case:
    """Return a case as it will be: while a correction waits, only its contracts change."""
    if one.row is None:
        contracts = tuple(one.contracts.values())
        return msgspec.structs.replace(one.person.case, contracts=contracts)
    old = msgspec.json.decode(one.row["body"], type=Case)
    case = old if one.corrected and not accept else kept(old, one.person)
    if accept and one.corrected and one.number_is_of_another:
        stated = one.person.case.borrower.id_number
        case = msgspec.structs.replace(
            case, borrower=msgspec.structs.replace(case.borrower, id_number=stated)
        )
    return msgspec.structs.replace(case, contracts=kept_contracts(old, one.contracts))


def kept(old: Case, person: ImportedPerson) -> Case:
    """Return the case as the newer list has it, with what was known where the list is silent."""
    new = person.case
    return msgspec.structs.replace(
        new,
        id=old.id,
        borrower=_kept_values(old.borrower, new.borrower),
        co_borrower=_kept_person(old.co_borrower, new.co_borrower),
        address=old.address if not new.address or _hides(new, old) else new.address,
        township=new.township or old.township,
        village=new.village or old.village,
        college=new.college or old.college,
        graduated_on=new.graduated_on or old.graduated_on,
        overdue_prior=new.overdue_prior if person.overdue_given else old.overdue_prior,
    )


def kept_contracts(old: Case, contracts: Mapping[str, Contract]) -> tuple[Contract, ...]:
    """Return a case's contracts with year and balance as known where the list is silent.

    The same ones keep their order: rows in another order change nothing.
    """
    known = {spelling.contract_no(c.contract_no): c for c in old.contracts}
    same = known.keys() == contracts.keys()
    return tuple(
        msgspec.structs.replace(
            c,
            loan_year=c.loan_year or before.loan_year,
            balance_fen=before.balance_fen if c.balance_fen is None else c.balance_fen,
        )
        if (before := known.get(c.contract_no))
        else c
        for c in ([contracts[number] for number in known] if same else contracts.values())
    )


def _kept_person(old: Person | None, new: Person | None) -> Person | None:
    if old is None or new is None:
        return new or old
    if new.name and old.name and not _same_name(old, new):
        return new
    return _kept_values(old, new)


def _kept_values(old: Person, new: Person) -> Person:
    """Return a person as the newer list has them; what it hides or garbles stays as known."""
    number, phones = new.id_number, new.phones
    known = _sound(old.id_number)
    if not number or (known and _sound(number) in ("", known)):
        number = known or old.id_number
    garbled = not any(map(spelling.is_phone, phones))
    if old.phones and (garbled or set(phones) == set(old.phones)):
        phones = old.phones
    masked = spelling.fits_masked(new.name, old.name)
    name = old.name if masked or not new.name else new.name
    return Person(name=name, id_number=number, phones=phones)


def _hides(new: Case, old: Case) -> bool:
    """Whether a newer address has stars where the known one has words."""
    return "*" in spelling.fold(new.address) and "*" not in old.address


def _corrects(old: Person, new: Person) -> bool:
    """Whether a newer list says something else than is known; silence says nothing."""
    if (old.name, old.id_number) == (new.name, new.id_number):
        return False
    was, now = spelling.id_number(old.id_number), spelling.id_number(new.id_number)
    other_id = bool(now) and (_sound(now) or now) != (_sound(was) or was)
    if _sound(was) and not _sound(now):
        other_id = False
    return other_id or (bool(new.name) and not _same_name(old, new))


def _sound(number: str) -> str:
    return identity.whole_id(number)


def _same_name(one: Person, other: Person) -> bool:
    if one.name == other.name or spelling.fits_masked(other.name, one.name):
        return True
    return spelling.name_key(one.name) == spelling.name_key(other.name)


def _shown(person: Person) -> str:
    """A person as reports name one: masked."""
    return " ".join(
        filter(None, (identity.mask_name(person.name), identity.mask_id(person.id_number)))
    )


def _numbers(person: ImportedPerson) -> list[str]:
    return [spelling.contract_no(c.contract_no) for c in person.case.contracts]
