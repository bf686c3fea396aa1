"""P17: kill -9 at every step of what the office does leaves one of the named states, and the repeat succeeds.

The short form kills at the last step and another one, from day to day another; `make faults` at every one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.office_verbs import VERBS
from tests.support.crash import Verb, crash_matrix


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_kill_leaves_a_named_state_and_the_repeat_succeeds(
    office_folders: Path, tmp_path: Path, verb: Verb
) -> None:
    crash_matrix(verb, office_folders / verb.template, tmp_path)
