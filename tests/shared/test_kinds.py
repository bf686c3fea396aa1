"""Every kind of record declares all that phone and office need to know of it, in both languages."""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import shared
from shared import codes
from shared.records.kind import Field, Label, RecordKind
from shared.records.registry import KINDS, likely, named, of_form
from shared.records.shapes import Day, Text, Token

CHINESE = re.compile(r"[\u4e00-\u9fff]")
EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def test_the_kinds_of_the_package_are_found() -> None:
    assert set(KINDS) == {
        "contact_attempt",
        "contact_update",
        "correction",
        "disclosure",
        "notice_delivery",
        "statement",
        "visit",
    }


def test_a_label_is_read_in_either_language_and_first_in_chinese() -> None:
    label = Label("备注", "Note")
    assert (label(), label("zh"), label("en")) == ("备注", "备注", "Note")


def test_a_field_has_a_shape_by_its_own_its_codes_or_its_day() -> None:
    label, table = Label("甲", "A"), (codes.Code("a", "甲", "A"),)
    holds = (
        Field(name="a", label=label, shape=Text(most=3)).holds,
        Field(name="a", label=label, table=table).holds,
        Field(name="a", label=label, day=True).holds,
        Field(name="a", label=label, table=table, day=True).holds,
    )
    assert holds == (Text(most=3), Token(table=table), Day(), Day())
    with pytest.raises(TypeError, match="the field mood declares no shape"):
        Field(name="mood", label=label)


@EVERY
def test_a_field_is_found_by_its_name(kind: RecordKind) -> None:
    assert [kind.field(f.name) for f in kind.fields] == list(kind.fields)
    assert kind.field("mood") is None


@EVERY
def test_every_field_of_the_body_is_labelled_once(kind: RecordKind) -> None:
    assert [f.name for f in kind.fields] == [f.name for f in msgspec.structs.fields(kind.body)]


@EVERY
def test_every_label_is_in_both_languages(kind: RecordKind) -> None:
    labels = [kind.label, *(f.label for f in kind.fields)]
    labels += [kind.action] if kind.form else []
    for label in labels:
        assert CHINESE.search(label.zh), label
        assert label.en, label
        assert not CHINESE.search(label.en), label


@EVERY
def test_every_code_table_has_codes_and_none_twice(kind: RecordKind) -> None:
    for field in kind.fields:
        names = [code.code for code in field.table]
        assert all(isinstance(code, codes.Code) for code in field.table)
        assert len(names) == len(set(names))


@EVERY
def test_what_a_kind_declares_of_its_fields_names_fields(kind: RecordKind) -> None:
    named = (*kind.required, *kind.in_words, *kind.own_words, *kind.derived)
    one = (kind.headline, kind.long, kind.supersedes, kind.masked_by)
    for name in (*named, *filter(None, one)):
        assert kind.field(name) is not None, name


@EVERY
def test_the_one_line_words_are_codes_and_days(kind: RecordKind) -> None:
    assert all(f.table or f.day for f in kind.fields if f.name in kind.in_words)


@EVERY
def test_a_flagged_kind_has_the_fields_of_the_flags(kind: RecordKind) -> None:
    held = {f.name for f in kind.fields} >= {"flags", "flag_reason"}
    assert held == kind.flagged


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.form], ids=lambda k: k.form)
def test_a_form_leads_to_its_kind(kind: RecordKind) -> None:
    assert of_form(kind.form) is kind


def test_an_unknown_kind_shows_as_itself() -> None:
    kind = named("hologram")
    assert (kind.label("zh"), kind.label("en"), kind.fields) == ("hologram", "hologram", ())
    assert (kind.reviewed, kind.form) == (False, "")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"met": "self", "outcome": "promised"}, "visit"),
        ({"met": "self", "outcome": "promised", "mood": 5}, "visit"),
        ({"reason": "illness", "narrative": "x"}, "statement"),
        ({"outcome": "signed", "servers": ["x"]}, "notice_delivery"),
        ({"outcome": "no_answer", "to": "family"}, "contact_attempt"),
        ({"field": "phone", "value": "1", "source": "self"}, "contact_update"),
        ({"outcome": "signed"}, ""),
        ({}, ""),
        ({"height_m": 3}, ""),
    ],
)
def test_a_body_alone_gives_its_kind_where_only_one_fits(
    body: dict[str, object], name: str
) -> None:
    assert likely(body).name == name


@pytest.mark.parametrize("packed", ["zip", "compiled"])
def test_the_kinds_are_found_as_a_phone_packs_them(tmp_path: Path, packed: str) -> None:
    place = tmp_path / "app"
    shutil.copytree(Path(shared.__file__).parent, place / "shared")
    if packed == "zip":
        place = Path(shutil.make_archive(str(tmp_path / "app"), "zip", place))
    else:
        compileall.compile_dir(place, quiet=1, legacy=True)
        for source in place.rglob("*.py"):
            source.unlink()
    printed = subprocess.run(
        [sys.executable, "-c", "from shared.records.registry import KINDS; print(*KINDS)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed.split() == list(KINDS)
