"""The county adds up its schools: verified, newest, to the fen, the missing named; and verify
checks every level again.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2
import pytest

from shared.problems import ProblemError
from sync_server.sample.season import season_2019
from sync_server.sealing import certificates
from sync_server.sealing.checking import verify
from sync_server.sealing.making.compose import compose
from sync_server.sealing.rollup import ParentUnit, roll_up
from sync_server.sealing.summary import CountySummary, Unit
from tests.support.seal_samples import (
    COUNTY,
    NOW,
    PASSPHRASE,
    SCHOOL,
    SIBLING,
    Sealed,
    changed,
    inputs,
    keys,
    seal_summary,
)

REGISTRY = {f"Q{n:02d}": f"青槐县第{n}中心校" for n in range(1, 25)} | dict([SCHOOL, SIBLING])
BOTH = dict([SCHOOL, SIBLING])
PARENT = ParentUnit(unit=Unit(code=COUNTY[0], name=COUNTY[1]), document="610599-2019", version=1)


@pytest.fixture(scope="module")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys(tmp_path_factory.mktemp("rollup") / "keys")


@pytest.fixture(scope="module")
def root(keys_dir: Path) -> bytes:
    return (keys_dir / "root.pem").read_bytes()


@pytest.fixture(scope="module")
def schools(keys_dir: Path) -> tuple[Sealed, Sealed]:
    one = seal_summary(keys_dir.parent / "Q03", keys_dir, compose(inputs(9, 2)))
    two = seal_summary(
        keys_dir.parent / "Q04", keys_dir, compose(inputs(6, 1, unit=SIBLING, seed=4))
    )
    return one, two


@pytest.fixture(scope="module")
def county(schools: tuple[Sealed, Sealed], keys_dir: Path, root: bytes) -> Sealed:
    summary = rolled(schools, root, partial=True, registry=REGISTRY)
    return seal_summary(keys_dir.parent / "county", keys_dir, summary)


def rolled(
    schools: tuple[Sealed, ...],
    root: bytes,
    *,
    partial: bool = False,
    registry: dict[str, str] = BOTH,
) -> CountySummary:
    paths = [school.pdf for school in schools]
    return roll_up(
        paths, registry, season_2019(), partial=partial, trust_root_pem=root, parent=PARENT
    )


def test_sums_equal_their_parts_to_the_fen(schools: tuple[Sealed, Sealed], root: bytes) -> None:
    sums = rolled(schools, root).totals
    parts = [school.summary.totals for school in schools]
    assert sums.total_fen == parts[0].total_fen + parts[1].total_fen
    special = [p.unpaid.special for p in parts]
    assert sums.unpaid.special.people == sum(s.people for s in special)
    assert sums.unpaid.special.fen == sum(s.fen for s in special)
    assert sums.people == 15


def test_every_childs_file_is_named_by_hash(schools: tuple[Sealed, Sealed], root: bytes) -> None:
    rows = rolled(schools, root).rows
    assert [(r.code, r.file_sha256, r.data_hash) for r in rows] == [
        (code, school.files.sha256, school.files.data_hash)
        for code, school in zip(("Q03", "Q04"), schools, strict=True)
    ]


def test_the_order_of_files_changes_nothing(schools: tuple[Sealed, Sealed], root: bytes) -> None:
    assert rolled(schools[::-1], root) == rolled(schools, root)


def test_missing_schools_are_refused_by_name_or_named_when_partial(
    schools: tuple[Sealed, Sealed], root: bytes
) -> None:
    with pytest.raises(ProblemError, match=r"rollup\.missing.*22.*青槐县第1中心校"):
        rolled(schools, root, registry=REGISTRY)
    assert len(rolled(schools, root, registry=REGISTRY, partial=True).missing) == 22


def test_the_newest_version_counts(
    schools: tuple[Sealed, Sealed], keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    given_inputs = inputs(9, 2, version=2, reason="补报", previous_seal=schools[0].files.sha256)
    newer = seal_summary(tmp_path / "newer", keys_dir, compose(given_inputs))
    summary = rolled((*schools, newer), root)
    assert [r.version for r in summary.rows] == [2, 1]


def test_the_same_file_twice_is_one_and_two_files_of_a_version_are_refused(
    schools: tuple[Sealed, Sealed], keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    assert rolled((*schools, schools[0]), root) == rolled(schools, root)
    again = seal_summary(tmp_path / "again", keys_dir, compose(inputs(9, 2, seed=5)))
    with pytest.raises(ProblemError, match=r"rollup\.two_of_a_version"):
        rolled((*schools, again), root)


def test_a_changed_child_is_refused_by_name(
    schools: tuple[Sealed, Sealed], root: bytes, tmp_path: Path
) -> None:
    bad = tmp_path / "Q03-改.pdf"
    bad.write_bytes(schools[0].files.pdf[:-1])
    with pytest.raises(ProblemError, match=r"rollup\.child_invalid: Q03-改\.pdf"):
        roll_up(
            [bad, schools[1].pdf],
            BOTH,
            season_2019(),
            partial=True,
            trust_root_pem=root,
            parent=PARENT,
        )


def test_a_school_that_is_not_in_the_registry_or_of_another_season_is_foreign(
    schools: tuple[Sealed, Sealed], root: bytes
) -> None:
    with pytest.raises(ProblemError, match=r"rollup\.foreign"):
        rolled(schools, root, registry=dict([SCHOOL]))
    other = msgspec.structs.replace(season_2019(), id="2020")
    with pytest.raises(ProblemError, match=r"rollup\.foreign"):
        roll_up([schools[0].pdf], BOTH, other, partial=True, trust_root_pem=root, parent=PARENT)


def test_nothing_to_roll_up_is_reported(root: bytes) -> None:
    with pytest.raises(ProblemError, match=r"rollup\.none"):
        rolled((), root)


def test_the_county_is_sealed_and_verifies_down_to_its_schools(county: Sealed, root: bytes) -> None:
    assert verify.verify(county.pdf, root, children=county.folder.parent).problems == ()


def test_the_countys_page_names_the_missing_and_masks_people(county: Sealed) -> None:
    document = pypdfium2.PdfDocument(county.files.pdf)
    try:
        text = "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    finally:
        document.close()
    flat = "".join(text.split())
    assert "已汇总2个，缺22个：" in flat
    assert "青槐县第24中心校" in flat
    assert "欧阳㛃" not in flat
    assert "欧阳*" in flat
    assert "重大疾病" not in flat


def test_a_child_that_was_changed_or_taken_away_is_named(
    county: Sealed, root: bytes, tmp_path: Path
) -> None:
    for name in ("Q03", "Q04"):
        shutil.copytree(county.folder.parent / name, tmp_path / name)
    (tmp_path / "Q04" / "summary.pdf").unlink()
    changed = bytearray((tmp_path / "Q03" / "summary.pdf").read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / "Q03" / "summary.pdf").write_bytes(changed)
    found = {(p.code, p.row) for p in verify.verify(county.pdf, root, children=tmp_path).problems}
    assert found == {("verify.child_changed", 1), ("verify.child_missing", 2)}


def test_an_unreadable_file_in_the_folder_is_named(
    county: Sealed, root: bytes, tmp_path: Path
) -> None:
    shutil.copytree(county.folder.parent / "Q04", tmp_path / "Q04")
    (tmp_path / "Q03.pdf").write_bytes(b"%PDF-1.7 torn")
    found = {(p.code, p.file) for p in verify.verify(county.pdf, root, children=tmp_path).problems}
    assert found == {("verify.unreadable", "Q03.pdf"), ("verify.child_missing", "")}


def test_a_county_that_adds_wrongly_is_named_though_properly_sealed(
    county: Sealed, schools: tuple[Sealed, Sealed], keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    def add_one_yuan(tree: Any) -> None:
        for totals in (tree["rows"][0]["totals"], tree["totals"]):
            totals["principal_fen"] += 100
            totals["total_fen"] += 100

    wrong = changed(rolled(schools, root), add_one_yuan)
    sealed = seal_summary(tmp_path / "county", keys_dir, wrong)
    assert verify.verify(sealed.pdf, root).ok
    found = {
        (p.code, p.row)
        for p in verify.verify(sealed.pdf, root, children=county.folder.parent).problems
    }
    assert found == {("verify.child_sums", 1)}


def test_a_province_rolls_up_counties_and_verify_walks_two_levels(
    county: Sealed, keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    certificates.issue_unit(keys_dir, "610000", "省资助中心(样例)", PASSPHRASE, NOW)
    above = ParentUnit(
        unit=Unit(code="610000", name="省资助中心(样例)"), document="610000-2019", version=1
    )
    summary = roll_up(
        [county.pdf],
        dict([COUNTY]),
        season_2019(),
        partial=False,
        trust_root_pem=root,
        parent=above,
    )
    assert summary.totals == county.summary.totals
    sealed = seal_summary(tmp_path / "province", keys_dir, summary)
    assert verify.verify(sealed.pdf, root, children=county.folder.parent).problems == ()


def test_a_person_who_moved_counts_once_or_the_roll_up_stops(
    schools: tuple[Sealed, Sealed], keys_dir: Path, root: bytes, tmp_path: Path
) -> None:
    old, new = inputs(9, 2), inputs(6, 1, unit=SIBLING, seed=4)
    moved = old.cases[-1]
    offset = len(new.facts)
    facts = tuple(
        msgspec.structs.replace(f, device="phone-2", seq=offset + f.seq)
        for f in old.facts
        if f.fact.case == moved.id
    )
    with_moved = msgspec.structs.replace(
        new,
        cases=(*new.cases, moved),
        facts=new.facts + facts,
        repaid=new.repaid | {k: v for k, v in old.repaid.items() if k == moved.id},
        stored_photos=new.stored_photos | old.stored_photos,
    )
    taker = seal_summary(tmp_path / "taker", keys_dir, compose(with_moved))
    with pytest.raises(ProblemError, match=r"rollup\.case_twice: 1 人.*Q03-0009-") as refused:
        rolled((schools[0], taker), root)
    assert all(name in str(refused.value) for name in (SCHOOL[1], SIBLING[1]))
    without = msgspec.structs.replace(
        inputs(9, 2, version=2, reason="转走一人", previous_seal=schools[0].files.sha256),
        cases=old.cases[:-1],
    )
    giver = seal_summary(tmp_path / "giver", keys_dir, compose(without))
    totals = rolled((schools[0], giver, taker), root).totals
    assert totals.people == 15
    assert totals.total_fen == rolled(schools, root).totals.total_fen
