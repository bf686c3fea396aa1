"""The order of test files among several workers: long ones first, so that no worker ends with one alone.

A file goes whole to a worker (`--dist loadfile`), in the order given here. Files that start Chromium alternate with
the others: two of them at once fill two cores, and their waits have deadlines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

import pytest

LONG_S = {
    "tests/browser/test_notice_clauses.py": 240,
    "tests/browser/test_season_2026.py": 200,
    "tests/browser/test_browser_ports.py": 190,
    "tests/browser/test_offline_app.py": 100,
    "tests/browser/test_whole_day.py": 165,
    "tests/browser/test_installed_app.py": 220,
    "tests/browser/test_next_year.py": 155,
    "tests/browser/test_print_views.py": 115,
    "tests/browser/test_small_screens.py": 130,
    "tests/browser/test_old_chromium.py": 85,
    "tests/browser/test_new_phone.py": 57,
    "tests/browser/test_whom_and_where.py": 55,
    "tests/browser/test_bare_server.py": 27,
    "tests/browser/test_list_speed.py": 65,
    "tests/browser/test_every_page.py": 400,
    "tests/browser/test_way_back.py": 60,
    "tests/sync_server/test_expired_forms.py": 20,
    "tests/browser/test_school_without_phones.py": 60,
    "tests/browser/test_sixty_seconds.py": 50,
    "tests/browser/test_enrol_page.py": 45,
    "tests/browser/test_pinyin.py": 40,
    "tests/browser/test_connect_page.py": 40,
    "tests/browser/test_driver.py": 35,
    "tests/browser/test_sealed_elsewhere.py": 35,
    "tests/mobile/test_ports_contract.py": 30,
    "tests/sync_server/test_odd_records.py": 30,
    "tests/packaging/test_site.py": 27,
    "tests/sync_server/test_hostile_texts.py": 25,
    "tests/sync_server/test_slips.py": 25,
    "tests/sync_server/test_counts_agree.py": 40,
    "tests/sync_server/test_page_tables.py": 40,
    "tests/sync_server/test_bulletins.py": 30,
    "tests/sync_server/test_sealed_elsewhere.py": 40,
    "tests/sync_server/test_sealed_elsewhere_office.py": 45,
    "tests/sync_server/test_bundles.py": 35,
    "tests/sync_server/test_publicity.py": 35,
    "tests/sync_server/test_bundle.py": 25,
    "tests/sync_server/test_spot_checks.py": 40,
    "tests/sync_server/test_console_spot_checks.py": 25,
    "tests/sync_server/test_school_lists.py": 20,
    "tests/sync_server/test_console_hand_in.py": 13,
    "tests/sync_server/test_slip_batches.py": 20,
    "tests/end_to_end/test_season.py": 25,
    "tests/sync_server/test_workers.py": 25,
    "tests/sync_server/test_several_replicas.py": 25,
    "tests/packaging/test_wheel.py": 25,
    "tests/end_to_end/test_connect.py": 25,
    "tests/browser/test_camera.py": 22,
    "tests/sync_server/test_sample.py": 22,
    "tests/sync_server/test_console_pages.py": 22,
    "tests/end_to_end/test_installation_of_0_1.py": 21,
    "tests/sync_server/test_paper_layout.py": 18,
    "tests/faults/test_crash_office.py": 18,
    "tests/end_to_end/one_phone/test_rewound_phone.py": 20,
    "tests/sync_server/test_attempts.py": 25,
    "tests/faults/test_kill_renewal.py": 9,
    "tests/faults/test_kill_server.py": 9,
    "tests/sync_server/test_seasons.py": 20,
    "tests/sync_server/test_database.py": 20,
    "tests/mobile/ui/test_calls.py": 13,
    "tests/end_to_end/test_handover.py": 12,
    "tests/faults/test_kill_summary.py": 18,
    "tests/sync_server/test_summaries_at_once.py": 15,
    "tests/end_to_end/test_set_apart.py": 12,
    "tests/sync_server/test_import_undo.py": 12,
    "tests/sync_server/test_private_logs.py": 12,
    "tests/sync_server/test_system_folder.py": 12,
    "tests/sync_server/test_console_policy.py": 12,
    "tests/sync_server/test_data_folder.py": 12,
    "tests/mobile/ui/test_case.py": 7,
    "tests/faults/test_pressed_twice.py": 12,
    "tests/shared/test_bounds.py": 10,
    "tests/sync_server/test_copies_machine.py": 11,
    "tests/sync_server/test_first_start.py": 9,
    "tests/faults/test_recover.py": 8,
    "tests/faults/test_random_steps.py": 8,
    "tests/sync_server/test_season_file.py": 8,
}
"""Seconds of the longest files, setup and teardown included, as measured on two busy cores (--durations=0)."""
NEED_THE_SITE = frozenset(
    f"tests/browser/test_{name}.py" for name in ("browser_ports", "offline_app", "installed_app")
)
"""Files that wait until the web app is built: half a minute, in the first of them."""
OF_A_TEST_S = {
    "tests/shared/": 0.02,
    "tests/mobile/ui/": 0.3,
    "tests/mobile/": 0.1,
    "tests/sync_server/": 0.2,
    "tests/": 0.6,
}
"""What a test of any other file takes, by the first folder that holds it."""
LATE_S = 15
"""How long a worker may go on alone before the summary says so."""


def seconds_of(file: str, tests: int) -> float:
    """What a file will take."""
    of_a_test_s = next(s for folder, s in OF_A_TEST_S.items() if file.startswith(folder))
    return LONG_S.get(file, of_a_test_s * tests)


PRINTED = "printed at the end"
"""The property of a test under which it records what the run is to print."""


class Balance:
    """When each worker ended, and which files took much longer or less than the order believes."""

    def __init__(self) -> None:
        self.ended_at: dict[str, float] = {}
        self.took_s: dict[str, float] = {}

    def heard(self, worker: str, report: pytest.TestReport) -> None:
        """A part of a test has ended in a worker."""
        file = report.nodeid.partition("::")[0]
        self.ended_at[worker] = max(self.ended_at.get(worker, 0.0), report.stop)
        self.took_s[file] = self.took_s.get(file, 0.0) + report.duration

    def lines(self) -> Iterator[str]:
        """What is worth to be said at the end of a run by several workers."""
        if len(self.ended_at) < 2:
            return
        last = max(self.ended_at.values())
        alone_s = last - sorted(self.ended_at.values())[-2]
        waits = ", ".join(f"{name} {last - at:.0f} s" for name, at in sorted(self.ended_at.items()))
        yield f"workers ended before the last one: {waits}"
        if alone_s > LATE_S:
            worst = sorted(
                self.took_s.items(), key=lambda found: found[1] - LONG_S.get(found[0], 0)
            )
            for file, took_s in worst[-5:]:
                yield f"  {took_s:.0f} s, tests/support/order.py says {LONG_S.get(file, 0)}: {file}"


def long_first(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """The same tests, file after file."""
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    ordered = sorted(files, key=lambda file: -seconds_of(file, len(files[file])))
    seen = [file for file in ordered if file.startswith("tests/browser/")]
    unseen = [file for file in ordered if file not in seen]
    # while the first builds the web app, the next one does without it
    other = next((n for n, file in enumerate(seen) if file not in NEED_THE_SITE), 0)
    seen[1:1] = [seen.pop(other)] if other > 1 else []
    for pair in zip_longest(seen, unseen):
        for file in filter(None, pair):
            yield from files[file]
