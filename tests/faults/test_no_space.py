"""P5: a disk that is full at any write of what the office does is named, corrupts nothing, and with room again it goes on.

Each verb runs on a file system of its own that has room for so many pages more; afterwards there is room, the state is
looked at and the verb repeated, as after a kill. The short form tries one verb, from day to day another.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults import office_verbs, summary_verbs
from tests.support.crash import Ask, Fault, Verb, agent
from tests.support.full_disk import AMPLE_BYTES, PAGE_BYTES, resize, small_disk, used_bytes
from tests.support.long_form import LONG, amount, counting, dice

ROOMS = amount("ROOMS", short=2, long=40)
"""Sizes of the room for each verb."""
NAMED = ("backup.disk_full", "disk.broken", "disk.full", "disk.low")
ALL = [*office_verbs.VERBS, *summary_verbs.VERBS]
VERBS = ALL if LONG else dice("no space").sample(office_verbs.VERBS, 1)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_disk_that_is_full_is_named_and_with_room_the_work_goes_on(
    request: pytest.FixtureRequest, tmp_path: Path, verb: Verb
) -> None:
    named: Counter[str] = Counter()
    with (
        counting(f"a full disk in {verb.name}") as count,
        small_disk(tmp_path / "disk") as disk,
        agent(verb.prepare) as ask,
    ):
        of_office = verb in office_verbs.VERBS
        folders = request.getfixturevalue("office_folders" if of_office else "summary_folders")
        template = folders / verb.template
        for room_bytes in _rooms(verb, ask, template, disk):
            named[_tried(verb, ask, template, disk, room_bytes)] += 1
        count.tried, count.named = named.total(), dict(named)
    expected = {"done", *(f"refused {code}" for code in NAMED)}
    assert set(named) <= expected, named


def _rooms(verb: Verb, ask: Ask, template: Path, disk: Path) -> Sequence[int]:
    """Sizes from nothing to what the verb needs, at every page where that is few."""
    folder = disk / "measured"
    shutil.copytree(template, folder, symlinks=True)
    before = used_bytes(disk)
    status, text = ask(folder, Fault(room_bytes=AMPLE_BYTES // 2))
    assert status == 0, f"the verb failed with room:\n{text}"
    pages = max(4, (used_bytes(disk) - before) // PAGE_BYTES)
    _emptied(folder, disk)
    sizes = range(pages) if pages <= ROOMS else sorted(dice(verb.name).sample(range(pages), ROOMS))
    return [pages * PAGE_BYTES for pages in sizes]


def _tried(verb: Verb, ask: Ask, template: Path, disk: Path, room_bytes: int) -> str:
    """What the verb said with so much room, once its state is looked at and it is repeated."""
    folder = disk / f"room-{room_bytes}"
    shutil.copytree(template, folder, symlinks=True)
    status, text = ask(folder, Fault(room_bytes=room_bytes))
    resize(disk, AMPLE_BYTES)
    try:
        found = verb.check(folder)
    except BaseException as error:
        error.add_note(f"{verb.name}: room for {room_bytes} bytes; {text}")
        raise
    assert found in verb.states
    _emptied(folder, disk)
    lines = text.splitlines()
    return "done" if status == 0 else lines[-1]


def _emptied(folder: Path, disk: Path) -> None:
    resize(disk, AMPLE_BYTES)
    shutil.rmtree(folder)
