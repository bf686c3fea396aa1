"""The verbs of the office that are killed and meet full disks, but for those about summaries: VERBS lists them.

Each has a function that prepares it in a child, and one that looks at what a fault left and repeats it."""

from __future__ import annotations

import shutil
from pathlib import Path

from sync_server.office import backup as office_backup
from tests.faults.account_verbs import (
    made_whole_or_made_on,
    making_accounts,
    printing_slips,
    slips_of_one_print,
)
from tests.faults.backup_verbs import (
    WORDS,
    backed_up_whole_or_refused,
    backing_up,
    backing_up_again,
    backing_up_by_schedule,
    last_good_backup_is_whole,
    no_job_left_at_work,
    restored_or_begun_anew,
    restoring,
    working,
)
from tests.faults.bulletin_verbs import issued_once_or_not, issuing
from tests.faults.list_verbs import (
    SWITCHED,
    carried_whole_or_not,
    imported_or_not,
    importing,
    making,
    one_season_open_or_none,
    purged_with_one_certificate,
    purging_season,
    switching,
    undoing,
    undone_or_not,
)
from tests.faults.notice_verbs import printed_with_its_file_or_not, printing
from tests.faults.office_county import (
    county,
)
from tests.faults.paper_verbs import typed_in_or_not, typing_in
from tests.faults.phone_verbs import (
    address_chosen_or_not,
    choosing_address,
    editing_policy,
    ending_upload,
    enrolled_or_again,
    enrolling,
    keys_that_open,
    policy_changed_or_not,
    starting,
    stored_or_sent_on,
)
from tests.faults.school_list_verbs import given_to_all_or_to_none, giving_out
from tests.faults.school_verbs import merged_or_not, merging
from tests.faults.slip_verbs import received_once_or_waiting, receiving
from tests.faults.spot_check_verbs import drawing, drawn_with_its_people_or_not
from tests.faults.stack_verbs import filed_with_pictures_or_not, filing, scan
from tests.faults.standing_verbs import (
    indexed_anew_or_not,
    indexing_anew,
    judged_anew_or_not,
    judging_anew,
)
from tests.support.crash import Verb, reopened


def templates(root: Path, blank: Path) -> None:
    """Make the folders that the verbs begin with."""
    made = county(root / "county", blank)
    (root / "nothing").mkdir()
    (root / "backup").mkdir()
    shutil.copytree(made, root / "scanned")
    scan(root / "scanned")
    shutil.copytree(made / "server", root / "copy")
    with reopened(root / "copy") as services:
        office_backup.backup(services, root / "backup" / "backup")


BACKUPS = set(WORDS.values())
KEYS = {"no key", "passphrase", "receipts.pem", "passphrase, receipts.pem"}
ADDRESSES = {"as before", "certificate made", "https://10.0.0.5:8443"}
HELD = {"stored", "as before", "more held"}
VERBS = [
    Verb("import", importing, imported_or_not, {"as before", "imported"}),
    Verb("undo of an import", undoing, undone_or_not, {"imported", "undone"}),
    Verb("purge", purging_season, purged_with_one_certificate, {"closed", "under way", "purged"}),
    Verb("backup", backing_up, backed_up_whole_or_refused, BACKUPS),
    Verb("second backup", backing_up_again, backed_up_whole_or_refused, BACKUPS, sample=3),
    Verb(
        "backup of the schedule",
        backing_up_by_schedule,
        last_good_backup_is_whole,
        {"1 good", "2 good"},
        sample=3,
    ),
    Verb("job of the queue", working, no_job_left_at_work, {"not queued", "failed", "done"}),
    Verb("batch of notices", printing, printed_with_its_file_or_not, {"as before", "printed"}),
    Verb(
        "accounts of the tables",
        making_accounts,
        made_whole_or_made_on,
        {"0 made", "1 made", "2 made", "3 made"},
        sample=3,
    ),
    Verb(
        "slips of accounts",
        printing_slips,
        slips_of_one_print,
        {"as before", "printed"},
        sample=3,
    ),
    Verb("issue of a bulletin", issuing, issued_once_or_not, {"as before", "issued"}),
    Verb("drawing of a spot check", drawing, drawn_with_its_people_or_not, {"as before", "drawn"}),
    Verb("search index made anew", indexing_anew, indexed_anew_or_not, {"as before", "indexed"}),
    Verb("standings judged anew", judging_anew, judged_anew_or_not, {"as before", "judged"}),
    Verb("lists of schools", giving_out, given_to_all_or_to_none, {"as before", "given"}),
    Verb(
        "restore",
        restoring,
        restored_or_begun_anew,
        {"nothing", "unfinished", "restored"},
        "backup",
    ),
    Verb("merge of schools", merging, merged_or_not, {"as before", "merged"}),
    Verb("season switch", switching, one_season_open_or_none, SWITCHED, sample=3),
    Verb("season made from another", making, carried_whole_or_not, {"as before", "made"}, sample=3),
    Verb("policy change", editing_policy, policy_changed_or_not, {"as before", "changed"}),
    Verb(
        "receipt of slips", receiving, received_once_or_waiting, {"brought", "received"}, sample=3
    ),
    Verb("stack of slips", filing, filed_with_pictures_or_not, {"as before", "filed"}, "scanned"),
    Verb("enrolment", enrolling, enrolled_or_again, {"as before", "pending", "confirmed"}),
    Verb("end of an upload", ending_upload, stored_or_sent_on, HELD),
    Verb("record from paper", typing_in, typed_in_or_not, {"as before", "typed in"}),
    Verb("first start", starting, keys_that_open, KEYS, "nothing"),
    Verb("choice of an address", choosing_address, address_chosen_or_not, ADDRESSES),
]
