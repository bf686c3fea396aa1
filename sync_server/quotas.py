"""How much a phone may send, and how much of the disk is kept for phones' records.

Every figure of docs/protocol.md#quotas stands here. The largest sizes of single things that phone
and server agree on stand in shared/wire.py, shared/bounds.py and shared/handover.py.
"""

from __future__ import annotations

from datetime import timedelta

from shared.wire import MAX_PHOTO_BYTES

DAY_PHOTOS = 5000
"""Photos a phone may begin to upload on a day of the server: five times those of a hard season,
because a phone that was offline all season sends them in one evening.

Source: docs/sources.md#a-season-of-one-phone.
"""
DAY_PHOTO_BYTES = 2_000_000_000
"""Bytes of these photos, as announced: 5,000 of 400 KB. Source: docs/sources.md#photo-size."""

UNNAMED_PHOTOS = 200
"""Photos of a phone that no record names, stored at a time. Records are sent before their photos:
there are any only while records cannot be sent.

Source: docs/sources.md#unnamed-photos.
"""
UNNAMED_BYTES = 100_000_000
"""Bytes of photos that no record names, of one phone at a time."""
UNNAMED_FOR = timedelta(days=30)
"""How long a photo that no record names is kept: the records of a phone that needs a new key wait
for its liaison.

Source: docs/sources.md#unnamed-photos.
"""

UNFINISHED_UPLOADS = 32
"""Unfinished uploads of a phone at a time; the app begins one after the other."""
UNFINISHED_BYTES = 16 * MAX_PHOTO_BYTES
"""Announced bytes of these uploads."""
UNFINISHED_FOR = timedelta(days=7)
"""How long an unfinished upload can be resumed; after it, the photo is sent from its first byte.
Source: docs/sources.md#unfinished-uploads.
"""

DAY_REFUSED = 200
"""Records of a phone that are set apart (quarantined) on a day until its liaison has looked at it:
two days of hard work. A wrong setting may refuse a whole season's at once; then the liaison lets it
go on, so many at a time. Source: docs/sources.md#a-season-of-one-phone.
"""
DAYS_REFUSED_SHOWN = 7
"""Days for which a phone with records set apart is shown to its school."""
SHOWN_REFUSED = 50
"""Records of a phone set apart on a day from which its school is asked to look at it."""
DAY_REFUSED_BYTES = 16 * 1024 * 1024
"""Bytes of these records."""
WAITING_REFUSED = 5000
"""Records of a phone that are set apart and wait for the centre's decision, at a time."""
ALL_REFUSED_BYTES = 1_000_000_000
"""Bytes of the records set apart of all phones, until their season is purged."""

KEPT_BYTES = 2_000_000_000
"""Free bytes of the disk below which only records are accepted: the records of a large county's
season. Source: docs/sources.md#disk-head-room.
"""
KEPT_SHARE = 10
"""On a disk that has less than ten times KEPT_BYTES, a tenth of it is kept."""
RESERVE_BYTES = 256_000_000
"""Free bytes below which records are refused, too, so that the database can finish what it writes
and the office can still work. Source: docs/sources.md#disk-head-room.
"""
RESERVE_SHARE = 50
"""On a disk that has less than fifty times RESERVE_BYTES, a fiftieth of it is the reserve."""
SIGN_IN_BYTES = 64_000_000
"""Bytes of the file that is deleted on a full disk, so that the office can sign in and clean up: a
quarter of RESERVE_BYTES, of a smaller disk a fiftieth. Source: docs/sources.md#disk-head-room.
"""
SIGN_IN_LEAST_BYTES = 1_000_000
"""Free bytes below which a sign-in deletes it: a session, and some pages of the database."""
