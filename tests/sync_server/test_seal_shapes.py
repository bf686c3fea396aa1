"""A properly sealed file whose summary.json is of another shape: what is wrong is named, what is
new is tolerated.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.digest import canonical, sha256_hex
from sync_server.sealing.checking import sealed_file
from sync_server.sealing.checking.sealed_file import PdfContents
from sync_server.sealing.checking.standing import SignedBy
from sync_server.sealing.checking.verify import open_sealed
from sync_server.sealing.making.compose import compose
from sync_server.sealing.record import Findings
from tests.support.seal_samples import SCHOOL, inputs, keys, seal_summary

Change = Callable[[Any], object]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("shapes")
    keys_dir = keys(folder / "keys", SCHOOL)
    sealed = seal_summary(folder / "Q03", keys_dir, compose(inputs(4, 2)))
    return open_sealed(sealed.pdf, (keys_dir / "root.pem").read_bytes()).attachments


def found(files: dict[str, bytes], data: bytes) -> set[tuple[str, str, int | None, str]]:
    """What is noted of these attachments with `data` as summary.json, recorded by seal.json as it
    is.
    """
    seal = json.loads(files["seal.json"])
    seal["data_hash"] = sha256_hex(data)
    for item in seal["attachments"]:
        if item["name"] == "summary.json":
            item |= {"sha256": sha256_hex(data), "size_bytes": len(data)}
    carried = PdfContents(
        files={**files, "summary.json": data, "seal.json": canonical(seal)},
        pages=seal["pages"],
        signed=SignedBy(code="Q03"),
    )
    findings = Findings()
    sealed_file.contents(Path("summary.pdf"), carried, findings)
    return {(p.code, p.file, p.row, p.message) for p in findings.items}


def changed(files: dict[str, bytes], change: Change) -> set[tuple[str, str, int | None]]:
    summary = json.loads(files["summary.json"])
    change(summary)
    return {(code, file, row) for code, file, row, _ in found(files, canonical(summary))}


JSON_UNREADABLE = ("verify.unreadable", "summary.json", None)
XLSX_UNREADABLE = ("verify.unreadable", "summary.xlsx", None)
TOTALS_WRONG = ("verify.totals_wrong", "summary.json", None)
HEAD_CHANGED = ("verify.attachment_changed", "seal.json", None)

UNREADABLE: dict[str, Change] = {
    "no rows": lambda s: s.pop("rows"),
    "rows that are not a list": lambda s: s.update(rows=7),
    "a row that is not an object": lambda s: s["rows"].append("x"),
    "a row without an amount": lambda s: s["rows"][1].pop("total_fen"),
    "an amount in words": lambda s: s["rows"][1].update(total_fen="many"),
    "no totals": lambda s: s.pop("totals"),
}
MISCOUNTED: dict[str, tuple[Change, str]] = {
    "a part that is missing": (lambda s: s["totals"].pop("unpaid"), "unpaid"),
    "a number that is a truth": (
        lambda s: s["totals"]["unpaid"]["other"].update(people=False),
        "unpaid.other.people",
    ),
    "an amount with a point": (lambda s: s["totals"].update(total_fen=1.0), "total_fen"),
    "a number of a later version": (lambda s: s["totals"].update(later=1), "later"),
}
LATER: dict[str, Change] = {
    "in the summary": lambda s: s.update(later={"a": 1}),
    "in a row": lambda s: s["rows"][0].update(later=1),
    "in a statement": lambda s: s["statements"][0].update(later=1),
    "in a visit": lambda s: s["statements"][0]["visits"][0].update(later=1),
    "in the letterhead": lambda s: s["letterhead"].update(later="x"),
}
SCHEMAS: dict[str, tuple[Change, str]] = {
    "later": (lambda s: s.update(schema=2), "verify.schema_unknown"),
    "in words": (lambda s: s.update(schema="1"), "verify.schema_unknown"),
    "missing": (lambda s: s.pop("schema"), "verify.attachment_changed"),
}


def test_the_file_as_sealed_has_nothing_wrong(files: dict[str, bytes]) -> None:
    assert found(files, files["summary.json"]) == set()


@pytest.mark.parametrize("case", UNREADABLE)
def test_rows_and_totals_of_a_bad_shape_make_table_and_data_unreadable(
    files: dict[str, bytes], case: str
) -> None:
    assert changed(files, UNREADABLE[case]) == {JSON_UNREADABLE, XLSX_UNREADABLE}


@pytest.mark.parametrize("case", MISCOUNTED)
def test_a_total_of_another_shape_is_named_by_its_path(files: dict[str, bytes], case: str) -> None:
    change, path = MISCOUNTED[case]
    assert TOTALS_WRONG in changed(files, change)
    summary = json.loads(files["summary.json"])
    change(summary)
    messages = {message for _, _, _, message in found(files, canonical(summary))}
    assert f"合计“{path}”与各行之和不相等" in messages


@pytest.mark.parametrize("case", LATER)
def test_fields_of_a_later_version_are_tolerated(files: dict[str, bytes], case: str) -> None:
    assert changed(files, LATER[case]) == set()


@pytest.mark.parametrize("case", SCHEMAS)
def test_another_schema_is_named_and_nothing_else(files: dict[str, bytes], case: str) -> None:
    change, code = SCHEMAS[case]
    assert changed(files, change) == {(code, "summary.json", None)}


def test_an_unknown_kind_is_reported_against_the_seal(files: dict[str, bytes]) -> None:
    wrong = changed(files, lambda s: s.update(kind="village_summary"))
    assert wrong == {HEAD_CHANGED, JSON_UNREADABLE, XLSX_UNREADABLE}


def test_a_changed_head_is_named_although_a_row_cannot_be_read(files: dict[str, bytes]) -> None:
    def change(summary: Any) -> None:
        summary["document"] = "Q99-2019"
        summary["rows"][1].pop("total_fen")

    assert changed(files, change) == {HEAD_CHANGED, JSON_UNREADABLE, XLSX_UNREADABLE}


@pytest.mark.parametrize("data", [b"", b"{", b"7", b"[]", b"{}", b'"x"'])
def test_what_is_no_summary_at_all_is_named(files: dict[str, bytes], data: bytes) -> None:
    assert {(code, file) for code, file, _, _ in found(files, data)} == {
        ("verify.attachment_changed", "summary.json")
    }
