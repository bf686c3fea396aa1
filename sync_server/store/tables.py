"""The tables. Times are UTC ISO text, days ISO text, money integer fen."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from sync_server.store.tally import Progress

metadata = MetaData()


def _text(name: str, **options: object) -> Column[str]:
    return Column(name, String, nullable=False, server_default="", **options)  # type: ignore[arg-type]


meta = Table(
    "meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False)
)

season = Table(
    "season",
    metadata,
    Column("id", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("state", String, nullable=False, server_default="preparing"),
    Column("file", Text, nullable=False, server_default=""),
)

season_change = Table(
    "season_change",
    metadata,
    Column("season", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _text("at"),
    _text("who"),
    _text("what"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("fields", Text, nullable=False),
)

unit = Table(
    "unit",
    metadata,
    Column("season", String, primary_key=True),
    Column("code", String, primary_key=True),
    _text("name"),
    _text("leader_name"),
    _text("leader_duty"),
    _text("leader_phone"),
    _text("liaison_name"),
    _text("liaison_duty"),
    _text("liaison_phone"),
    _text("officer"),
    _text("townships"),
    _text("retired_at"),
    _text("merged_into"),
    UniqueConstraint("season", "name"),
)

school_name = Table(
    "school_name",
    metadata,
    Column("code", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _text("name"),
    _text("kind"),
    _text("since"),
    _text("until"),
    _text("who"),
    _text("run"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("name"),
    _text("role"),
    _text("merged_into"),
    _text("left_at"),
    _text("offered"),
    _text("before"),
    UniqueConstraint("season", "unit", "name"),
)

assignment = Table(
    "assignment",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("at"),
    _text("who"),
    _text("how"),
    _text("plan"),
    _text("undone_at"),
    _text("undone_by"),
    Index("assignment_by_unit", "season", "unit"),
)

assignment_move = Table(
    "assignment_move",
    metadata,
    Column("assignment", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    _text("season"),
    _text("before"),
    _text("after"),
)

case_file = Table(
    "case_file",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("person_key"),
    _text("code"),
    _text("unit"),
    _text("unit_name"),
    _text("assignee"),
    Column("body", Text, nullable=False),
    Column("principal_fen", BigInteger, nullable=False),
    Column("interest_fen", BigInteger, nullable=False),
    Column("contracts", Integer, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("paid", Boolean, nullable=False),
    Column("repaid_fen", BigInteger, nullable=False, server_default="0"),
    _text("repaid_as_of"),
    _text("paid_on"),
    _text("contact"),
    _text("initials"),
    Column("written", Text, nullable=False, server_default=""),
    _text("off_list"),
    _text("off_list_at"),
    _text("notice_printed_at"),
    _text("placing"),
    UniqueConstraint("season", "person_key"),
    Index("case_by_unit", "season", "unit", "assignee"),
    Index("case_by_initials", "season", "initials"),
)

notice_batch = Table(
    "notice_batch",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    Column("number", Integer, nullable=False),
    _text("at"),
    _text("who"),
    _text("printed_at"),
    _text("fetched_at"),
    Column("people", Integer, nullable=False, server_default="0"),
    Column("choice", Text, nullable=False, server_default=""),
    UniqueConstraint("season", "unit", "number"),
)

notice_print = Table(
    "notice_print",
    metadata,
    Column("batch", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    _text("season"),
    Column("n", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("content", Text, nullable=False, server_default=""),
    UniqueConstraint("case_id", "n"),
)

contract = Table(
    "contract",
    metadata,
    Column("season", String, primary_key=True),
    Column("contract_no", String, primary_key=True),
    _text("case_id"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("season", String, primary_key=True),
    Column("as_of", String, primary_key=True),
    _text("file_name"),
    _text("sha256"),
    _text("imported_at"),
    Column("lines", Integer, nullable=False),
    Column("kind", String, nullable=False, server_default="cumulative"),
)

repayment = Table(
    "repayment",
    metadata,
    Column("season", String, primary_key=True),
    Column("as_of", String, primary_key=True),
    Column("contract_no", String, primary_key=True),
    Column("principal_fen", BigInteger, nullable=False),
    Column("interest_fen", BigInteger, nullable=False),
    _text("paid_on"),
    _text("channel"),
    Column("payments", Text, nullable=False, server_default=""),
)

import_run = Table(
    "import_run",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("kind"),
    _text("file_name"),
    _text("sha256"),
    _text("at"),
    _text("who"),
    Column("report", Text, nullable=False),
    Column("choice", Text, nullable=False, server_default="{}"),
    Column("difference", Text, nullable=False, server_default="{}"),
    Column("undo", Text, nullable=False, server_default=""),
    _text("undone_at"),
    _text("undone_by"),
    Index("import_run_by_season", "season", "at"),
)

school_list = Table(
    "school_list",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _text("digest"),
    Column("people", Integer, nullable=False),
    Column("due_fen", BigInteger, nullable=False),
    Column("lines", Text, nullable=False),
    _text("import_run"),
    _text("import_at"),
    _text("given_at"),
    _text("given_by"),
    _text("seen_at"),
    _text("seen_by"),
    _text("confirmed_at"),
    _text("confirmed_by"),
    _text("receipt_at"),
    _text("receipt_by"),
    Index("school_list_steps", "season", "unit", "version", "digest", "seen_at", "confirmed_at"),
)

school_kept = Table(
    "school_kept",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    _text("digest"),
    Column("people", Integer, nullable=False, server_default="0"),
    Column("due_fen", BigInteger, nullable=False, server_default="0"),
    Column("unpaid", Integer, nullable=False, server_default="0"),
    Column("unprinted", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("lines", Text, nullable=False, server_default=""),
)
"""A school's list and notices now (store/school_kept.py); of one that is due it is not true."""

school_kept_due = Table(
    "school_kept_due",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
)
"""Schools whose kept list or notices may be wrong, put here by triggers (migration 0032)."""

school_days = Table(
    "school_days",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("days", Text, nullable=False, server_default="{}"),
    Column("statements", Text, nullable=False, server_default="{}"),
)
"""How far a school's people were on each day (store/school_days.py); not true of a due one."""

school_days_due = Table(
    "school_days_due",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
)
"""Schools whose kept days may be wrong, put here by triggers (migration 0035)."""

import_shape = Table(
    "import_shape",
    metadata,
    Column("kind", String, primary_key=True),
    Column("signature", String, primary_key=True),
    Column("choice", Text, nullable=False),
    _text("used_at"),
)

device = Table(
    "device",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("staff"),
    _text("name"),
    Column("public_key", LargeBinary, nullable=False, unique=True),
    _text("token_hash"),
    _text("state"),
    _text("enrolled_at"),
    _text("confirmed_at"),
    _text("seen_at"),
    Column("n", Integer, nullable=False),
    Column("link", LargeBinary, nullable=False),
    _text("replaces"),
    _text("kind"),
    _text("epoch"),
    _text("fetched_at"),
    Index("device_by_token", "token_hash", unique=True),
    Index("device_by_school", "season", "unit"),
)

device_season = Table(
    "device_season",
    metadata,
    Column("device", String, primary_key=True),
    Column("season", String, primary_key=True),
    _text("unit"),
    _text("staff"),
    _text("state"),
    _text("confirmed_at"),
    Index("device_season_by_season", "season", "unit"),
)

enrol_code = Table(
    "enrol_code",
    metadata,
    Column("code_hash", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("staff"),
    _text("expires_at"),
    _text("used_at"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("code_hash", String, primary_key=True),
    _text("season"),
    _text("device"),
    _text("expires_at"),
    _text("used_at"),
    _text("point"),
    Index("recovery_code_by_device", "device"),
)

fact = Table(
    "fact",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("device"),
    Column("n", Integer, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    _text("sha256"),
    Column("data", LargeBinary, nullable=False),
    _text("kind"),
    _text("case_id"),
    _text("happened_at"),
    _text("received_at"),
    Column("seq", BigInteger, nullable=False),
    Column("tray", Boolean, nullable=False),
    _text("visited_by"),
    UniqueConstraint("device", "n"),
    Index("fact_by_case", "case_id", "seq"),
    Index("fact_by_unit", "unit", "seq"),
    Index("fact_by_arrival", "season", "received_at", "unit"),
    Index(
        "fact_of_corrections",
        "season",
        "unit",
        "received_at",
        sqlite_where=text("kind = 'correction'"),
        postgresql_where=text("kind = 'correction'"),
    ),
    Index(
        "fact_from_paper",
        "case_id",
        sqlite_where=text("visited_by <> ''"),
        postgresql_where=text("visited_by <> ''"),
    ),
    Index(
        "fact_in_tray",
        "season",
        "unit",
        sqlite_where=text("tray"),
        postgresql_where=text("tray"),
    ),
    Index(
        "fact_in_tray_by_case",
        "case_id",
        sqlite_where=text("tray"),
        postgresql_where=text("tray"),
    ),
)

keyed_form = Table(
    "keyed_form",
    metadata,
    Column("unit", String, primary_key=True),
    Column("request", String, primary_key=True),
    _text("season"),
    _text("fact_id"),
)

fact_photo = Table(
    "fact_photo",
    metadata,
    Column("fact_id", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    _text("unit"),
    Index("fact_photo_by_hash", "sha256"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("device"),
    Column("n", Integer, nullable=False),
    Column("link", LargeBinary, nullable=False),
    Column("sig", LargeBinary, nullable=False),
    _text("fact_id"),
    _text("sha256"),
    Column("data", LargeBinary, nullable=False),
    _text("code"),
    _text("received_at"),
    _text("settled_at"),
    _text("resolution"),
    _text("resolved_by"),
    Column("resolved_reason", Text, nullable=False, server_default=""),
    UniqueConstraint("device", "sha256"),
    Index("quarantine_by_school", "season", "unit", "settled_at"),
    Index("quarantine_by_hash", "sha256"),
)

photo = Table(
    "photo",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    _text("device"),
    _text("received_at"),
    Index("photo_by_device", "device"),
)

slip = Table(
    "slip",
    metadata,
    Column("sha256", String, primary_key=True),
    _text("case_code"),
    _text("read_at"),
    Column("sharpness", Integer, nullable=False, server_default="-1"),
    _text("same"),
    Index("slip_by_same", "same"),
    Index("slip_by_code", "case_code"),
)

slip_stack = Table(
    "slip_stack",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("at"),
    _text("who"),
    _text("state"),
    _text("digest"),
    Column("files", Text, nullable=False, server_default="[]"),
    Column("pages", Integer, nullable=False),
    Index("slip_stack_by_season", "season", "unit"),
)

slip_page = Table(
    "slip_page",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("stack"),
    Column("number", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    _text("place"),
    _text("sha256"),
    _text("code"),
    _text("case_id"),
    _text("ink"),
    _text("state"),
    _text("why"),
    _text("who"),
    _text("at"),
    Index("slip_page_by_stack", "stack", "number", "part"),
    Index("slip_page_by_case", "case_id"),
    Index("slip_page_by_hash", "sha256"),
    Index("slip_page_by_state", "season", "state"),
)

slip_batch = Table(
    "slip_batch",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    Column("number", Integer, nullable=False),
    _text("state"),
    Column("without_sheet", Boolean, nullable=False),
    _text("created_at"),
    _text("created_by"),
    _text("brought_at"),
    _text("brought_by"),
    _text("received_on"),
    _text("received_at"),
    _text("received_by"),
    _text("given_by"),
    Column("late", Boolean, nullable=False),
    Column("receipts", Integer, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("season", "unit", "number"),
    Index("slip_batch_by_state", "season", "state", "unit"),
)

slip_line = Table(
    "slip_line",
    metadata,
    Column("batch", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("on_sheet", Boolean, nullable=False),
    _text("ticked_at"),
    _text("ticked_by"),
    Index("slip_line_by_case", "case_id"),
    Index(
        "slip_line_not_ticked",
        "batch",
        "case_id",
        sqlite_where=text("ticked_at = ''"),
        postgresql_where=text("ticked_at = ''"),
    ),
)

upload = Table(
    "upload",
    metadata,
    Column("id", String, primary_key=True),
    _text("device"),
    _text("sha256"),
    Column("size_bytes", BigInteger, nullable=False),
    _text("created_at"),
    # what lies in parts of a shared store (photo_objects.py), who is sending now (upload_claims.py)
    Column("held_bytes", BigInteger, nullable=False, server_default="0"),
    Column("parts", String, nullable=False, server_default=""),
    Column("claim", String, nullable=False, server_default=""),
    Column("claim_until", String, nullable=False, server_default=""),
    UniqueConstraint("device", "sha256"),
)

feed = Table(
    "feed",
    metadata,
    Column("unit", String, primary_key=True),
    Column("head", BigInteger, nullable=False),
)

change = Table(
    "change",
    metadata,
    Column("unit", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _text("kind"),
    _text("ref"),
    _text("staff"),
)

review = Table(
    "review",
    metadata,
    Column("id", String, primary_key=True),
    _text("fact_id"),
    _text("verdict"),
    _text("comment"),
    _text("by"),
    _text("at"),
    _text("batch"),
    Index("review_by_fact", "fact_id"),
    Index("review_by_batch", "batch"),
)

summary = Table(
    "summary",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("document"),
    Column("version", Integer, nullable=False),
    _text("state"),
    _text("cut_off"),
    _text("as_of"),
    Column("data", LargeBinary, nullable=False),
    _text("data_hash"),
    _text("exceptions"),
    _text("reason"),
    _text("folder"),
    _text("sha256"),
    _text("composed_at"),
    _text("sealed_at"),
    _text("submitted_at"),
    _text("verdict"),
    _text("comment"),
    _text("scan"),
    Column("confirmed_stamps", Text, nullable=False, server_default=""),
    _text("stands_on"),
    Column("declared", Text, nullable=False, server_default=""),
    UniqueConstraint("document", "version"),
    Index("summary_by_unit", "season", "unit", "version", "state", "sha256"),
)

account = Table(
    "account",
    metadata,
    Column("name", String, primary_key=True),
    _text("password_hash"),
    _text("role"),
    _text("unit"),
    _text("shown"),
    _text("disabled_at"),
    _text("session_mark"),
)

account_link = Table(
    "account_link",
    metadata,
    Column("token_hash", String, primary_key=True),
    _text("account"),
    _text("made_at"),
    _text("made_by"),
    _text("expires_at"),
    _text("used_at"),
    _text("ended_at"),
    Index("account_link_by_account", "account"),
)

account_school = Table(
    "account_school",
    metadata,
    Column("account", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Index("account_school_by_unit", "unit"),
)

job = Table(
    "job",
    metadata,
    Column("id", String, primary_key=True),
    _text("kind"),
    _text("season"),
    _text("unit"),
    _text("ref"),
    _text("who"),
    _text("state"),
    _text("claim"),
    _text("queued_at"),
    _text("started_at"),
    _text("ended_at"),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("problem", Text, nullable=False, server_default=""),
    Index("job_by_state", "state", "queued_at"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("failures", BigInteger, nullable=False, server_default="0"),
    _text("last_at"),
    _text("blocked_until"),
)

device_day = Table(
    "device_day",
    metadata,
    Column("device", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("photo_bytes", BigInteger, nullable=False, server_default="0"),
    Column("photos", BigInteger, nullable=False, server_default="0"),
    Column("quarantined", BigInteger, nullable=False, server_default="0"),
    Column("quarantined_bytes", BigInteger, nullable=False, server_default="0"),
)

policy_edition = Table(
    "policy_edition",
    metadata,
    Column("season", String, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _text("at"),
    _text("who"),
    _text("what"),
    _text("page"),
    _text("title"),
    Column("body", Text, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String, primary_key=True),
    _text("at"),
    _text("who"),
    _text("unit"),
    _text("action"),
    _text("ref"),
    _text("detail"),
    Index("audit_by_action", "action", "at"),
)

kept_contact = Table(
    "kept_contact",
    metadata,
    Column("season", String, primary_key=True),
    Column("mark", String, primary_key=True),
    Column("body", Text, nullable=False),
)

suggested_contact = Table(
    "suggested_contact",
    metadata,
    Column("season", String, primary_key=True),
    Column("case_id", String, primary_key=True),
    Column("body", Text, nullable=False),
)

bulletin = Table(
    "bulletin",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    Column("number", Integer, nullable=False),
    _text("request"),
    _text("number_text"),
    _text("issued_at"),
    _text("issued_by"),
    _text("withdrawn_at"),
    _text("withdrawn_by"),
    _text("withdrawn_reason"),
    UniqueConstraint("season", "number"),
    UniqueConstraint("season", "request"),
)
"""`id` is that of its row in `summary`, which has its data, files and state."""

late_school = Table(
    "late_school",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    Column("n", Integer, nullable=False),
    _text("state"),
    _text("at"),
    _text("who"),
    Column("grounds", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    _text("talk_on"),
    _text("held_on"),
    Column("with_whom", Text, nullable=False, server_default=""),
    Column("agreed", Text, nullable=False, server_default=""),
    _text("printed_at"),
    _text("printed_state"),
    UniqueConstraint("season", "unit", "n"),
)
"""`printed_state`: the state in which it last stood on a printed list."""

bundle = Table(
    "bundle",
    metadata,
    Column("sealed_sha256", String, primary_key=True),
    _text("season"),
    _text("document"),
    Column("version", Integer, nullable=False, server_default="0"),
    _text("name"),
    _text("sha256"),
    Column("size_bytes", BigInteger, nullable=False, server_default="0"),
    Column("files", Integer, nullable=False, server_default="0"),
    _text("made_at"),
    _text("who"),
)

bulletin_moment = Table(
    "bulletin_moment",
    metadata,
    Column("bulletin", String, primary_key=True),
    _text("season"),
    Column("heads", Text, nullable=False),
)
"""`heads`: JSON, the head of every school's feed when the bulletin was counted."""

spot_check = Table(
    "spot_check",
    metadata,
    Column("id", String, primary_key=True),
    _text("season"),
    _text("unit"),
    _text("bulletin"),
    _text("bulletin_sha256"),
    Column("size", Integer, nullable=False),
    Column("frame", Text, nullable=False),
    _text("frame_sha256"),
    _text("drawn_at"),
    _text("drawn_by"),
    _text("printed_at"),
    Column("questions", Text, nullable=False, server_default=""),
    UniqueConstraint("bulletin", "unit"),
)
"""`frame`: the canonical bytes that were drawn from (shared/spot_check.py).

`questions`: JSON, those of the season at the drawing; "" of one drawn before they were kept."""

spot_check_person = Table(
    "spot_check_person",
    metadata,
    Column("spot_check", String, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("season"),
    _text("case_id"),
    _text("code"),
    Column("recorded", Text, nullable=False),
)

spot_check_step = Table(
    "spot_check_step",
    metadata,
    Column("spot_check", String, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    _text("season"),
    _text("kind"),
    _text("verdict"),
    Column("note", Text, nullable=False, server_default=""),
    _text("inspectors"),
    _text("seen_on"),
    _text("at"),
    _text("who"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("season", String, nullable=False),
    Column("summary", String, nullable=False),
    Column("sha256", String, nullable=False),
    _text("made_at"),
    Column("body", LargeBinary, nullable=False),
    _text("withdrawn_at"),
    Column("withdrawal", LargeBinary),
    Index("receipt_by_summary", "summary"),
    Index("receipt_by_sha256", "sha256"),
)

withdrawn_list = Table(
    "withdrawn_list",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("made_at"),
    _text("who"),
    _text("code"),
    _text("reason"),
    _text("note"),
    Column("body", LargeBinary, nullable=False),
)

original_paper = Table(
    "original_paper",
    metadata,
    Column("id", String, primary_key=True),
    Column("season", String, nullable=False),
    Column("summary", String, nullable=False),
    Column("pages", Integer, nullable=False),
    _text("day"),
    _text("who"),
    _text("at"),
    _text("undone_at"),
    _text("undone_by"),
    _text("undone_reason"),
    Index("original_paper_by_summary", "summary"),
)

morning_look = Table(
    "morning_look",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("at_school", Boolean, nullable=False),
    _text("first_at"),
)
"""Who looked at a school's morning sheet on a day (China): the school itself, or its officer."""

RECORD_CODES = ("signed", "acknowledged", "refused", "undelivered", "none")
PAPER_CODES = ("none", "at_school", "handed_in")
PHOTO_CODES = ("none", "message", "on_phone", "slip")
COUNTED = (
    *(name for name in Progress.__struct_fields__ if name != "people"),
    *("waiting", "claimed"),
)
"""What is added up of each case: the fields of store/tally.Progress, and two more."""
BY_CODE = {
    **{f"record_{code}": ("delivery_record", code) for code in RECORD_CODES},
    **{f"paper_{code}": ("paper", code) for code in PAPER_CODES},
    **{f"photo_{code}": ("photo", code) for code in PHOTO_CODES},
}
"""People by a code of theirs: the column of the sum, that of the case, the code."""


def _counts(*names: str) -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names]


case_standing = Table(
    "case_standing",
    metadata,
    Column("case_id", String, primary_key=True),
    *map(_text, ("season", "unit", "off_list", "assignee", "code", "basis")),
    *map(_text, ("stage", "group", "delivery_record", "paper", "photo", "promised_on")),
    *_counts(*COUNTED, "own_waiting", "slips_late"),
    *map(_text, ("village", "place", "near")),
    Column("body", Text, nullable=False),
    Index("standing_by_unit", "season", "unit", "off_list", "code", "case_id"),
    Index("standing_by_village", "season", "unit", "village"),
    Index(
        "standing_by_promise",
        "season",
        "unit",
        "promised_on",
        sqlite_where=text("promised_on <> ''"),
        postgresql_where=text("promised_on <> ''"),
    ),
    Index(
        "standing_of_nobody",
        "season",
        "unit",
        sqlite_where=text("assignee = ''"),
        postgresql_where=text("assignee = ''"),
    ),
)
"""Where a case stands, kept (store/standing_rows.py); `body`: JSON of shared.lifecycle.Standing.

`basis`: what it was judged by (store/standing_basis.py). Nothing here is true of a case that is in
`standing_due`. `waiting` is `own_waiting` and the records that wait only because they are far from
their village; `place` is where the case's first record was made, `near` where those were that wait
if that is far. Never read by what is printed or sealed."""

school_sum = Table(
    "school_sum",
    metadata,
    Column("season", String, primary_key=True),
    Column("unit", String, primary_key=True),
    _text("basis"),
    *_counts("people", *COUNTED, "slips_late", *BY_CODE),
)
"""The kept standings of a school's people on the list, added up; `basis` "" where they differ."""

standing_due = Table("standing_due", metadata, Column("case_id", String, primary_key=True))
"""Cases whose kept standing may be wrong, put here by triggers (store/standing_triggers.py).

`season:<id>`: the settings of a season changed."""

search_season = Table(
    "search_season",
    metadata,
    Column("season", String, primary_key=True),
    Column("next", Integer, nullable=False),
    _text("maker"),
)
"""`next`: the number of the next case that gets terms; `maker`: the version of what made them."""

search_case = Table(
    "search_case",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("season", String, nullable=False),
    Column("n", Integer, nullable=False),
    *map(_text, ("code", "unit", "assignee")),
    Column("off_list", Boolean, nullable=False),
    *(Column(n, Text, nullable=False, server_default="") for n in ("text", "shown", "numbers")),
    Index("search_case_by_number", "season", "n", unique=True),
    Index("search_case_in_order", "season", "code", "case_id", "n"),
)
"""What a case is found by (store/search_terms.py), and its number in the sets of `search_term`."""

search_term = Table(
    "search_term",
    metadata,
    Column("season", String, primary_key=True),
    Column("term", String, primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("cases", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Which cases have a term, by blocks of their numbers (store/search_bits.py)."""

search_due = Table(
    "search_due",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("season", String, nullable=False),
    Index("search_due_by_season", "season"),
)
"""Cases whose terms may be wrong, put here by triggers (store/search_triggers.py)."""

STANDING_FILTERS = {
    "undelivered": "paid = 0 AND delivered = 0",
    "acknowledged": "delivery_record = 'acknowledged'",
    "paper_at_school": "paper = 'at_school'",
    "paper_handed_in": "paper = 'handed_in'",
    "paper_none": "paper = 'none'",
    "untouched": "untouched = 1",
    "promised": "promised = 1",
    "special": "special = 1",
    "unexplained": "special = 1 AND explained = 0",
    "unreachable": "unreachable = 1",
    "returned": "returned > 0",
    "paid": "paid = 1",
}
"""What the list of cases is filtered by (store/case_filters.py): each filter has an index of its
own people, in the list's order."""
for _name, _where in STANDING_FILTERS.items():
    _which = text(f"off_list = '' AND {_where}")
    Index(
        f"standing_{_name}",
        *(case_standing.c[n] for n in ("season", "basis", "code", "case_id", "unit", "assignee")),
        sqlite_where=_which,
        postgresql_where=_which,
    )
