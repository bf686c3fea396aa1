"""Which school each name of a file is; what is not certain is asked about before anything happens.

Choices: a code (the name is another spelling of that school's), `rename:CODE` (that school has this
name from now on), NEW. Nothing is made or united silently: a name that is like a known one's, or
that may be the new name of a school that the file leaves out, waits for its choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from shared.problems import ProblemError
from shared.school_names import Names
from sync_server.intake.report import ERROR, WARNING, RowProblem
from sync_server.office.importing.choice import Choice
from sync_server.office.importing.prepared import ImportRun
from sync_server.store import audit, school_names, units
from sync_server.store.database import Connection
from sync_server.store.units import UnitRow

NEW = "new"
RENAMED = "rename:"
MOST_MISSING = 8
"""Schools left out of a file that are named as what an unknown one may have been."""
_SHOWN = 10


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen for a written name: the code it is of; `how`: NEW, RENAMED, or a spelling."""

    how: str
    code: str = ""


class SchoolsOfFile:
    """The names of a file, matched with the schools of a season."""

    def __init__(
        self, connection: Connection, run: ImportRun, written: Iterable[str], choice: Choice
    ) -> None:
        self._run = run
        self.rows = {u.code: u for u in units.every_unit(connection, run.season)}
        self.names: Names = school_names.known(connection, run.season)
        self.written = [name for name in dict.fromkeys(written) if name]
        self.found = {name: code for name in self.written if (code := self.names.code(name))}
        meant = {name: self._read(text) for name, text in choice.schools.items()}
        self.chosen = {
            name: meant[name] for name in self.written if name in meant and name not in self.found
        }

    def _read(self, text: str) -> Meant:
        """Read a choice. Raises: ProblemError unit.unknown."""
        if text == NEW:
            return Meant(how=NEW)
        how, code = (RENAMED, text[len(RENAMED) :]) if text.startswith(RENAMED) else ("", text)
        row = self.rows.get(code)
        if row is None or row.merged_into:
            raise ProblemError("unit.unknown", unit=code[:40])
        return Meant(how=how, code=code)

    def here(self) -> list[UnitRow]:
        """The schools at work."""
        return [row for row in self.rows.values() if not row.is_gone]

    def missing(self) -> list[str]:
        """Codes of the schools the file leaves out, where it names at least half of all.

        A file with other schools only is another part of a list: no school in it is renamed.
        """
        named = set(self.found.values())
        left = [row.code for row in self.here() if row.code not in named]
        return left if named and len(left) <= len(named) else []

    def unknown(self) -> list[str]:
        """The names that no school has for certain."""
        return [name for name in self.written if name not in self.found]

    def candidates(self, name: str) -> list[str]:
        """Codes of the schools that an unknown name may be: those like it, those left out."""
        near = self.names.near(name)
        return [*near, *(c for c in self.missing()[:MOST_MISSING] if c not in near)]

    def present_name(self, written: str) -> str:
        """Return the present name of the school that a written name is; "" where it is open."""
        code = self.found.get(written) or self.code_chosen(written)
        if code:
            return self.rows[code].name
        meant = self.chosen.get(written)
        return written if meant is not None and meant.how == NEW else ""

    def name_afterwards(self, written: str) -> str:
        """Return what the school of a written name is called once the choices are done."""
        code = self.found.get(written) or self.code_chosen(written)
        renamed = [n for n, m in self.chosen.items() if m.how == RENAMED and m.code == code]
        return renamed[-1] if renamed else self.present_name(written)

    def code_chosen(self, written: str) -> str:
        """Return the code that was chosen for a name, "" for none."""
        meant = self.chosen.get(written)
        return meant.code if meant else ""

    def question(self, name: str, candidates: Sequence[str], **more: Any) -> dict[str, Any]:
        """Return an unknown name for the preview with the schools that it may be."""
        meant = self.chosen.get(name)
        return {
            "written": name,
            **more,
            "alike": [{"code": c, "name": self.rows[c].name} for c in candidates],
            "chosen": "" if meant is None else (meant.how if meant.how == NEW else meant.code),
            "how": "" if meant is None else meant.how,
        }

    def by_other_names(self) -> list[RowProblem]:
        """Name the schools that are recognised by a name that is not their present one."""
        return [
            of_file(
                "intake.school_old_name",
                WARNING,
                school=name,
                name=self.rows[code].name,
                unit=code,
            )
            for name, code in self.found.items()
            if not self.names.is_present(name)
        ]

    def apply(self, connection: Connection) -> None:
        """Do what was chosen: rename, keep a spelling. Part of the import, and undone with it."""
        run = self._run
        for name, meant in self.chosen.items():
            if meant.how == RENAMED:
                before = school_names.rename(
                    connection,
                    run.season,
                    meant.code,
                    name,
                    at=run.now,
                    who=run.who,
                    run=run.id,
                )
                audit.note(
                    connection,
                    at=run.now,
                    who=run.who,
                    action="school.rename",
                    ref=run.id,
                    unit=meant.code,
                    detail=f"{before} → {name}",
                )
            elif meant.code:
                school_names.note(
                    connection,
                    meant.code,
                    name,
                    school_names.SPELLING,
                    at=run.now,
                    who=run.who,
                    run=run.id,
                )


def undecided(schools: SchoolsOfFile, ask_all: bool) -> list[dict[str, Any]]:
    """Return the names of a file of schools that must be asked about, chosen ones too.

    Args:
        schools: The names of the file.
        ask_all: Whether every unknown name is asked about, for a file that makes no schools.
    """
    found = []
    for name in schools.unknown():
        candidates = schools.candidates(name)
        if candidates or (ask_all and schools.here()):
            found.append(schools.question(name, candidates))
    return found


def problems(schools: SchoolsOfFile, asked: Sequence[dict[str, Any]]) -> list[RowProblem]:
    """Return what is to be said of the names of a file of schools."""
    waiting = [one for one in asked if not one["chosen"]]
    names = {one["written"] for one in waiting}
    fresh = [n for n in schools.unknown() if n not in names and not schools.code_chosen(n)]
    found = [
        of_file(
            "intake.school_undecided",
            ERROR,
            school=one["written"],
            alike="、".join(f"{a['name']}({a['code']})" for a in one["alike"]) or "别的学校",
        )
        for one in waiting
    ]
    if fresh and schools.here():
        some = "、".join(fresh[:_SHOWN]) + ("……" if len(fresh) > _SHOWN else "")
        found.append(of_file("intake.schools_added", WARNING, count=str(len(fresh)), schools=some))
    of_code: dict[str, list[str]] = {}
    for name in schools.written:
        if code := schools.found.get(name) or schools.code_chosen(name):
            of_code.setdefault(code, []).append(name)
    found += [
        of_file("intake.schools_one", WARNING, schools="、".join(several), unit=code)
        for code, several in of_code.items()
        if len(several) > 1
    ]
    found += [
        of_file("intake.school_back", WARNING, school=schools.rows[code].name)
        for code in dict.fromkeys(schools.found.values())
        if schools.rows[code].retired_at
    ]
    return [*found, *schools.by_other_names()]


def of_file(code: str, level: str, **values: str) -> RowProblem:
    """Return a problem of the file as a whole."""
    return RowProblem(row=None, column="", code=code, level=level, values=values)
