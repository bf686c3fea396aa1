"""deploy/, judged by linters. No container engine runs here, and no systemd: images are not built, units not started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.deploy import DEPLOY, SCRIPTS, UNITS, clean, program, run

MOST_EXPOSED = 20
"""Tenths, as `systemd-analyze security` counts: 0 is nothing, 100 everything."""


def test_the_container_file_passes_its_linter() -> None:
    clean(run(program("hadolint"), "--failure-threshold", "info", DEPLOY / "Containerfile"))


def test_the_compose_file_is_one_by_its_schema() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    clean(run(program("check-jsonschema"), *schema, DEPLOY / "compose.yaml"))


def test_the_scripts_pass_their_linter() -> None:
    clean(run(program("shellcheck"), *(DEPLOY / name for name in SCRIPTS)))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_sound_and_closed_by_systemds_own_judgement(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    text = unit.read_text("utf-8")
    installed = str(Path(sys.executable).with_name("doorstep"))
    here.write_text(text.replace("/opt/doorstep/bin/doorstep", installed))
    analyze = program("systemd-analyze")
    found = run(analyze, "verify", "--recursive-errors=no", here)
    clean(found)
    assert unit.name not in found.stderr, found.stderr
    clean(run(analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSED}", here))
