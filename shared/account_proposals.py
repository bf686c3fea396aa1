"""Which accounts the imported tables ask for: liaisons of 附件1, officers of 附件2. Pure.

A proposal is a person. Who is named for several schools in 附件2 is one officer; a liaison has one
school. Two people of one name get two sign-in names; where the tables do not tell whether they are
two, the proposal says so and waits to be ticked by somebody who knows.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from shared import identity, spelling

State = Literal["new", "changed", "elsewhere", "area", "off", "waiting", "exists"]
"""`changed`: the table names this person in place of an account's; `elsewhere`: a liaison of
another school has this name; `area`: the officer's schools are others now; `off`: switched off;
`waiting`: not activated yet."""
Ask = Literal["same_person", "same_name", "told_apart", "unclear"]
"""Why to look twice. `same_person`: one name and telephone at two schools; `same_name`: one name at
two schools, and a telephone is missing; `told_apart`: by their telephones; `unclear`: no name."""
ACTED_ON: frozenset[State] = frozenset({"new", "changed", "elsewhere", "area", "off"})
"""States in which there is something to do."""
LONGEST_PERSON = 20
"""Characters of a person's name; longer texts are something else that stands in the cell."""
LONGEST_SIGN_IN = 30
"""Characters of a name to sign in with that is proposed: one that is typed at every sign-in."""
_NO_NAME = re.compile(
    r"^(?:同[上前]|无|暂无|没有|空缺?|缺|待定|待补|未定|不详|见附[件表].*|本人|姓名)$"
    r"|校长|园长|书记|主任|局长|股长|科长|处长|组长|会计|干事|教师|老师|同志|联络员|联系人|负责人"
    r"|机关|办公室|[处股科]室|教[导务]处|学校|[小中]学|中心校|[助全]中心"
)
"""What stands in a cell for a name: the line above, nobody, a duty, an office."""
_SEVERAL = re.compile(r"[、,，;；/]+")
_COUNTY = re.compile(r"^.{2,9}?[县市区](?=.{3})")
_KIND = re.compile(
    r"(?:中心(?:小学校|小学|学校|完小|校)|九年(?:一贯)?制(?:学校)?|初级中学|高级中学|中学校|中学"
    r"|初中|高中|小学校|小学|完小|教学点|学校)$"
)


class School(msgspec.Struct, frozen=True, kw_only=True):
    """A school as 附件1 and 附件2 have it. `liaison`, `officer`: one name, or several by 、."""

    code: str
    name: str
    liaison: str = ""
    phone: str = ""
    officer: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """An account there is. `schools`: those listed for an officer."""

    name: str
    role: str
    unit: str = ""
    shown: str = ""
    schools: frozenset[str] = frozenset()
    off: bool = False
    waiting: bool = False


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the tables.

    Attributes:
        key: By which a page finds the row again; the same while the tables say the same.
        role: liaison or officer.
        person: The name.
        phone: The telephones, of a liaison.
        units: The schools by code: one of a liaison.
        sign_in: The name to sign in with: the account's, else one that nobody has.
        state: Where it stands.
        account: The account that is the person's, or may be; "" where there is none.
        instead_of: Accounts of this school whose people the table no longer names.
        asks: Why to look twice before it is made.
    """

    key: str
    role: Literal["liaison", "officer"]
    person: str
    phone: str = ""
    units: tuple[str, ...]
    sign_in: str
    state: State
    account: str = ""
    instead_of: tuple[str, ...] = ()
    asks: tuple[Ask, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it can be made without another question."""
        return self.state in ("new", "changed", "area") and not set(self.asks) - {"told_apart"}


class Unnamed(msgspec.Struct, frozen=True, kw_only=True):
    """An account in use whose person the tables do not name; `now`: whom they name instead."""

    account: str
    shown: str
    role: str
    unit: str
    now: tuple[str, ...]


class Proposals(msgspec.Struct, frozen=True, kw_only=True):
    """All rows: liaisons in order of their schools, then officers."""

    rows: tuple[Proposal, ...]
    unnamed: tuple[Unnamed, ...]


class _Person(msgspec.Struct, frozen=True, kw_only=True):
    role: Literal["liaison", "officer"]
    name: str
    units: tuple[str, ...]
    school: str
    phones: frozenset[str] = frozenset()
    phone: str = ""

    @property
    def key(self) -> str:
        return spelling.name_key(self.name)

    @property
    def place(self) -> str:
        return self.units[0] if self.role == "liaison" else ""


def propose(schools: Sequence[School], accounts: Sequence[Known]) -> Proposals:
    """Return a row for each person whom the tables name.

    Args:
        schools: The schools of the season.
        accounts: Every account, those switched off too.
    """
    ordered = sorted(schools, key=lambda school: school.code)
    people = [*_liaisons(ordered), *_officers(ordered)]
    found = _matched(people, accounts)
    moved = _elsewhere(people, found, accounts)
    unnamed = _unnamed(people, {*found.values(), *moved.values()}, accounts)
    asks = _asks(people)
    lacking = [n for n in range(len(people)) if n not in found]
    names = suggested([people[n] for n in lacking], [a.name for a in accounts])
    sign_in = dict(zip(lacking, names, strict=True))
    by_name = {account.name: account for account in accounts}
    here, rows = frozenset(school.code for school in schools), []
    for n, person in enumerate(people):
        account = by_name.get(found.get(n, ""))
        gone = tuple(u.account for u in unnamed if person.role == u.role and u.unit in person.units)
        rows.append(
            Proposal(
                key=f"{person.role}.{person.place}.{person.key}",
                role=person.role,
                person=person.name,
                phone=person.phone,
                units=person.units,
                sign_in=account.name if account else sign_in[n],
                state=_state(person, account, here, n in moved, bool(gone)),
                account=account.name if account else moved.get(n, ""),
                instead_of=gone if person.role == "liaison" else (),
                asks=asks[n],
            )
        )
    return Proposals(rows=tuple(rows), unnamed=unnamed)


def _liaisons(schools: Iterable[School]) -> list[_Person]:
    """Return the liaisons; of two in a cell each has the number at the same place."""
    found = []
    for school in schools:
        names = names_in(school.liaison)
        numbers = spelling.phones(school.phone)
        each = len(names) > 1 and len(names) == len(numbers)
        for n, name in enumerate(names):
            own = numbers[n : n + 1] if each else numbers if len(names) == 1 else ()
            found.append(
                _Person(
                    role="liaison",
                    name=name,
                    units=(school.code,),
                    school=school.name,
                    phones=frozenset(own),
                    phone="、".join(own),
                )
            )
    return found


def _officers(schools: Iterable[School]) -> list[_Person]:
    """Return the officers, each with every school that names the person."""
    areas: dict[str, list[School]] = defaultdict(list)
    shown: dict[str, str] = {}
    for school in schools:
        for name in names_in(school.officer):
            key = spelling.name_key(name)
            areas[key].append(school)
            shown.setdefault(key, name)
    return [
        _Person(
            role="officer",
            name=shown[key],
            units=tuple(school.code for school in area),
            school=area[0].name,
        )
        for key, area in areas.items()
    ]


def names_in(cell: str) -> list[str]:
    """Return the people named in a cell, each once."""
    found: dict[str, str] = {}
    for part in _SEVERAL.split(cell):
        name = spelling.name(part)
        if key := spelling.name_key(name):
            found.setdefault(key, name)
    return list(found.values())


def _matched(people: Sequence[_Person], accounts: Sequence[Known]) -> dict[int, str]:
    """Return the account of each person that has one, by place; no account is two people's."""
    taken: set[str] = set()
    found: dict[int, str] = {}
    for n, person in enumerate(people):
        fitting = [
            account
            for account in accounts
            if account.name not in taken
            and person.key == _person_of(account)
            and _fits(person, account)
        ]
        best = min(fitting, key=lambda a: (a.off, a.role != person.role, a.name), default=None)
        if best is not None:
            taken.add(best.name)
            found[n] = best.name
    return found


def _person_of(account: Known) -> str:
    return spelling.name_key(account.shown or account.name)


def _fits(person: _Person, account: Known) -> bool:
    """Whether an account is one for this person's work; an admin sees an officer's schools too."""
    if person.role == "officer":
        return account.role in ("officer", "admin")
    return account.role == "liaison" and account.unit in person.units


def _elsewhere(
    people: Sequence[_Person], found: Mapping[int, str], accounts: Sequence[Known]
) -> dict[int, str]:
    """Return accounts of a person's name at other schools, where no table names them."""
    taken, moved = set(found.values()), dict[int, str]()
    for n, person in enumerate(people):
        if n in found or person.role != "liaison":
            continue
        for account in accounts:
            free = account.role == "liaison" and not account.off and account.name not in taken
            if free and person.key == _person_of(account):
                taken.add(account.name)
                moved[n] = account.name
                break
    return moved


def _state(
    person: _Person,
    account: Known | None,
    here: frozenset[str],
    elsewhere: bool,
    changed: bool,
) -> State:
    """Where a person stands. An officer's schools of other seasons, not `here`, do not count."""
    if account is None:
        if elsewhere:
            return "elsewhere"
        return "changed" if changed and person.role == "liaison" else "new"
    if account.off:
        return "off"
    if account.role == "officer" and account.schools & here != frozenset(person.units):
        return "area"
    return "waiting" if account.waiting else "exists"


def _unnamed(
    people: Sequence[_Person], used: set[str], accounts: Sequence[Known]
) -> tuple[Unnamed, ...]:
    """Return the accounts that the tables leave out, where they name somebody in their place."""
    of_school: dict[str, list[str]] = defaultdict(list)
    for person in people:
        if person.role == "liaison":
            of_school[person.units[0]].append(person.name)
    officers = tuple(person.name for person in people if person.role == "officer")
    found = []
    for account in accounts:
        now = tuple(of_school[account.unit]) if account.role == "liaison" else officers
        if account.off or account.name in used or account.role == "admin" or not now:
            continue
        found.append(
            Unnamed(
                account=account.name,
                shown=account.shown or account.name,
                role=account.role,
                unit=account.unit,
                now=now if account.role == "liaison" else (),
            )
        )
    return tuple(found)


def _asks(people: Sequence[_Person]) -> list[tuple[Ask, ...]]:
    """Return why to look twice at each person: at the name itself, and at others who have it."""
    alike: dict[str, list[_Person]] = defaultdict(list)
    for person in people:
        alike[person.key].append(person)
    found = []
    for person in people:
        asks: set[Ask] = set()
        if not is_a_name(person.name):
            asks.add("unclear")
        for other in alike[person.key]:
            if other is person or "officer" in (other.role, person.role):
                continue
            if not (person.phones and other.phones):
                asks.add("same_name")
            elif person.phones & other.phones:
                asks.add("same_person")
            else:
                asks.add("told_apart")
        found.append(tuple(sorted(asks)))
    return found


def is_a_name(text: str) -> bool:
    """Whether a text may be a person's name: not masked, not long, nothing else in it.

    A Chinese name without a dot has two or three characters, with a surname of two also four:
    longer ones may be two people whose blank a table lost, or a name with a duty.
    """
    bare = re.sub(r"[·\s]", "", text)
    if not bare.isalpha() or len(text) > LONGEST_PERSON or spelling.is_masked_name(text):
        return False
    if bare.isascii() or "·" in text:
        return len(bare) > 1
    longest = 4 if bare[:2] in identity.COMPOUND_SURNAMES else 3
    return 1 < len(bare) <= longest and not _NO_NAME.search(bare)


def suggested(people: Sequence[_Person], taken: Iterable[str]) -> list[str]:
    """Return a readable name to sign in with for each, that nobody has and no other gets.

    The person's name; with the short name of the school where two share it, then with the whole
    one, then with a number. Names that look alike count as one.

    Args:
        people: Who needs a name.
        taken: The names there are.
    """
    used = {spelling.name_key(name) for name in taken}
    forms = [
        (person.name, person.name + short_name(person.school), person.name + person.school)
        for person in people
    ]
    keys = [[spelling.name_key(form) for form in each] for each in forms]
    wanted = [Counter(each[level] for each in keys) for level in range(3)]
    found = []
    for n, each in enumerate(forms):
        free = [
            level
            for level in range(3)
            if keys[n][level] not in used
            and wanted[level][keys[n][level]] == 1
            and (not level or len(each[level]) <= LONGEST_SIGN_IN)
        ]
        name = each[free[0]] if free else _numbered(each[1][:LONGEST_SIGN_IN], used)
        used.add(spelling.name_key(name))
        found.append(name)
    return found


def _numbered(name: str, used: set[str]) -> str:
    number = 2
    while spelling.name_key(f"{name}{number}") in used:
        number += 1
    return f"{name}{number}"


def short_name(school: str) -> str:
    """Return a school's name without its county and its kind: the town of 某县某镇中心校."""
    bare = _COUNTY.sub("", spelling.school(school))
    return _KIND.sub("", bare) or bare
