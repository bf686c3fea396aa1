"""Change the core in one place at a time and see whether a test fails (`make mutants`, long form).

mutmut makes the changes and runs the tests; this module gives it one group of modules with the tests that belong to
them after another (groups.toml), counts, and fails below the floor. `PART="standing money"` runs these groups only,
`AGAIN=1` goes on where the last run was ended, or asks only about the changes that it did not catch
and those whose tests took too long, which a busy machine can make happen.

What is left over and changes nothing that a caller could see stands in equivalent.toml with its reason: named by
module, function and the changed lines, so that an entry survives changes elsewhere in the file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

FLOOR_PERCENT = 90
"""Least share of the changes with an effect that a test must catch, in every group."""
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "mutants"
READ_ONLY = ("assets", "docs", "demo.py", "main.py", "README.md", "Makefile")
"""What tests read beside the code."""
ENVIRONMENT = {"HYPOTHESIS_PROFILE": "mutants", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
CAUGHT = ("killed", "timeout", "segfault")
"""A change that makes a loop endless or ends the process is noticed as well."""

Change = tuple[str, str, str]
"""Module, function (with its class), and the changed lines: `was -> is`."""


@dataclass
class Count:
    """What became of the changes of a group."""

    caught: int = 0
    equivalent: list[Change] = field(default_factory=list)
    left: dict[str, Change] = field(default_factory=dict)
    unfinished: int = 0
    timed_out: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """Share of those caught among those with an effect."""
        return 100 * self.caught / max(1, self.caught + len(self.left) + self.unfinished)

    def row(self, group: str) -> str:
        """A row of the table."""
        every = self.caught + len(self.equivalent) + len(self.left) + self.unfinished
        state = f"{self.percent:.1f}" + (" (not run to the end)" if self.unfinished else "")
        return f"| {group} | {every} | {self.caught} | {len(self.equivalent)} | {len(self.left)} | {state} |"


def main() -> int:
    """Run the groups asked for, print what was not caught and the table of every group that has run.

    Returns:
        1 when a group is below the floor or the tool failed, else 0.
    """
    groups = tomllib.loads((HERE / "groups.toml").read_text("utf-8"))
    wanted = os.environ.get("PART", "").split() or list(groups)
    failed = [name for name in wanted if not _run(name, groups[name])]
    counts = {name: _count(name) for name in groups if (BUILD / name).exists()}
    for name in wanted:
        for module, function, lines in counts[name].left.values():
            _show(f"not caught: {module} {function}\n  {lines}")
        for module, function, lines in _outdated(groups[name], counts[name]):
            _show(f"to be deleted from equivalent.toml: {module} {function}\n  {lines}")
    head = "| group | changes | caught | without effect | not caught | % |\n|---|---|---|---|---|---|\n"
    table = head + "\n".join(count.row(name) for name, count in counts.items()) + "\n"
    BUILD.with_suffix(".md").write_text(table, "utf-8")
    _show(f"\n{table}")
    low = [name for name in wanted if counts[name].percent < FLOOR_PERCENT]
    for name in low:
        _show(f"{name}: below {FLOOR_PERCENT} %")
    for name in failed:
        _show(f"{name}: mutmut failed")
    return 1 if low or failed else 0


def _show(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _run(name: str, group: dict[str, list[str]]) -> bool:
    """Let mutmut change the modules of a group in a folder of its own; whether it came to its end."""
    folder = BUILD / name
    again = "AGAIN" in os.environ and folder.exists()
    before = _count(name) if again else Count()
    unsure = [*before.left, *before.timed_out]
    if again and not (unsure or before.unfinished):
        return True
    if not again:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    project: dict[str, Any] = tomlkit.parse((ROOT / "pyproject.toml").read_text("utf-8")).unwrap()
    settings = project["tool"]["mutmut"]
    settings["only_mutate"] = group["modules"]
    settings["pytest_add_cli_args_test_selection"] = group["tests"]
    (folder / "pyproject.toml").write_text(tomlkit.dumps(project), "utf-8")
    if not again:
        _lay_out(folder, settings["source_paths"])
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1"]
    if not before.unfinished:
        command += unsure
    environment = os.environ | ENVIRONMENT
    log = folder / "log.txt"
    with log.open("w") as out:
        code = subprocess.run(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT
        ).returncode
    if code:
        _show(log.read_text("utf-8")[-2000:])
    return code == 0


def _lay_out(folder: Path, source_paths: list[str]) -> None:
    """Lay out a project that mutmut copies into `mutants`; what it need not copy lies there already."""
    (folder / "mutants").mkdir()
    for path in (*source_paths, "tests"):
        (folder / path).symlink_to(ROOT / path)
    for path in READ_ONLY:
        (folder / "mutants" / path).symlink_to(ROOT / path)


def _count(name: str) -> Count:
    """Count what mutmut noted in the folder of a group."""
    known = _equivalent()
    count = Count()
    for mutant, module, exit_code in _results(BUILD / name):
        status = status_by_exit_code[exit_code]
        if status in CAUGHT:
            count.caught += 1
            count.timed_out += [mutant] if status == "timeout" else []
        elif status in ("not checked", "check was interrupted by user"):
            count.unfinished += 1
        else:
            change = _change(BUILD / name, mutant, module)
            if change in known:
                count.equivalent.append(change)
            else:
                count.left[mutant] = change
    return count


def _results(folder: Path) -> Iterator[tuple[str, str, int | None]]:
    """Every change of a group: its name, its module and how the tests ended."""
    for meta in sorted((folder / "mutants").rglob("*.py.meta")):
        module = str(meta.relative_to(folder / "mutants")).removesuffix(".meta")
        for mutant, exit_code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
            yield mutant, module, exit_code


def _change(folder: Path, mutant: str, module: str) -> Change:
    """What a change is, in words that survive other changes of the file."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        diff = get_diff_for_mutant(mutant, path=module).splitlines()[2:]
    finally:
        os.chdir(before)
    was = " ".join(line[1:].strip() for line in diff if line.startswith("-"))
    now = " ".join(line[1:].strip() for line in diff if line.startswith("+"))
    function, owner = orig_function_and_class_names_from_key(mutant)
    return module, f"{owner}.{function}" if owner else function, f"{was} -> {now}"


def _equivalent() -> set[Change]:
    """The changes of which somebody has shown that they change nothing."""
    listed = tomllib.loads((HERE / "equivalent.toml").read_text("utf-8"))
    return {
        (module, function, change)
        for module, functions in listed.items()
        for function, changes in functions.items()
        for change in changes
    }


def _outdated(group: dict[str, list[str]], count: Count) -> set[Change]:
    """The listed changes of a group's modules that are caught now, or that mutmut no longer makes."""
    listed = {change for change in _equivalent() if change[0] in group["modules"]}
    return set() if count.unfinished else listed - set(count.equivalent)


if __name__ == "__main__":
    sys.exit(main())
