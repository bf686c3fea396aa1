"""P17: work on a summary killed at each of its steps: what is left is a named state whose files are whole, and goes on.

The short form kills at the last step and another one, from day to day another; `make faults` at every one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.summary_verbs import VERBS
from tests.support.crash import Verb, crash_matrix


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_what_a_kill_leaves_is_a_named_state_with_whole_files_and_goes_on(
    summary_folders: Path, tmp_path: Path, verb: Verb
) -> None:
    crash_matrix(verb, summary_folders / verb.template, tmp_path)
