"""What one server of a county files in a shared store, another prints, scans, seals, hands out and destroys."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server import temporary
from sync_server.console.web import upload_staging
from sync_server.files.folder_store import FolderStore
from sync_server.office import (
    backup,
    bundle_files,
    bundles,
    county_reports,
    doctor,
    kept_files,
    leftovers,
    notices,
    summaries,
    summary_scans,
    summary_verdicts,
)
from sync_server.office.importing.choice import Choice
from sync_server.sample import office_staff
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import photos
from sync_server.store.photo_objects import PhotoObjects
from tests.support.county import CLOCK, SEASON, fill, purge
from tests.support.jpegs import jpeg
from tests.support.shared_store import FaultyStore, SharedFolder, keys, over
from tests.support.summaries import WHO, all_repaid, composed, scan_of

PHOTO = jpeg(hashlib.shake_256(b"a kept photo").digest(9_000))


class Pair(NamedTuple):
    """Two servers with folders of their own over one database and one store."""

    one: Services
    other: Services
    bucket: FaultyStore
    folders: tuple[Path, Path]


@pytest.fixture
def pair(app_settings: Settings, tmp_path: Path) -> Iterator[Pair]:
    """The second has the keys of the first, as a mounted secret gives them to both."""
    first, second = app_settings.data_dir, tmp_path / "second"
    second.mkdir()
    (second / "keys").symlink_to(first / "keys")
    elsewhere = Settings(data_dir=second, database_url=app_settings.database, clock_spec=CLOCK)
    bucket = FaultyStore(SharedFolder(tmp_path / "bucket"))
    opened = [Services.open(settings).in_season() for settings in (app_settings, elsewhere)]
    shared = [over(services, bucket) for services in opened]
    yield Pair(shared[0], shared[1], bucket, (first, second))
    for services in opened:
        services.close()


def files_below(folder: Path) -> list[str]:
    """What of the county's files lies in a server's own folder."""
    names = (*kept_files.SHARED, "uploads")
    found = [p for name in names for p in (folder / name).rglob("*") if p.is_file()]
    return [p.relative_to(folder).as_posix() for p in found]


def test_a_summary_goes_from_server_to_server_up_to_its_bundle(pair: Pair, tmp_path: Path) -> None:
    one, other, bucket, folders = pair
    all_repaid(one)
    row = composed(one)
    pages = summaries.to_print(other, row.id, who=WHO)
    assert summary_scans.add(one, row.id, scan_of(pages), who=WHO).complete
    sealed = summaries.seal(other, row.id, who=WHO)
    assert summaries.seal(one, row.id, who=WHO) == sealed, "pressed again, elsewhere"
    for services in (one, other):
        leftovers.sweep(services)
        leftovers.sweep_shared(services)
        found = summaries.files(services, row.id)
        assert set(found) == {"printed.pdf", "summary.pdf", "summary.xlsx", "evidence.bin"}
        assert sha256_hex(found["summary.pdf"].read_bytes()) == sealed.sha256
        assert summaries.file_sizes(services, sealed)["summary.pdf"] > 0
    assert summaries.check_file(one, found["summary.pdf"])["ok"]
    summary_verdicts.submit(one, row.id, who=WHO)
    summary_verdicts.record_verdict(other, row.id, "accepted", "", who=WHO)
    report = county_reports.roll_up(other, partial=True, who=WHO)
    office_staff.stamp_and_seal(one, report.id, tmp_path / "report.pdf", who=WHO)
    packed = bundles.make(other, who=WHO)
    leftovers.sweep_shared(one)
    assert (
        sha256_hex(bundles.download(one, packed.sealed_sha256, who=WHO)[1].read_bytes())
        == packed.sha256
    )
    assert kept_files.lost(one).count == 0
    assert [files_below(folder) for folder in folders] == [[], []]
    bucket.delete(bundles.key_of(packed))
    with pytest.raises(ProblemError, match=r"bundle\.gone"):
        bundles.download(one, packed.sealed_sha256, who=WHO)
    seal = next(key for key in keys(bucket, "summaries") if key.endswith("summary.pdf"))
    bucket.delete(seal)
    assert kept_files.lost(other) == kept_files.Lost(count=1, first=(seal,))
    certificate = purge(one, SEASON, who=WHO, really="a test").read_text("utf-8")
    assert "the own folders of other servers" in certificate
    assert keys(bucket, "summaries") == keys(bucket, "bundles") == []
    assert len(keys(bucket, "certificates-of-destruction")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_summary_whose_files_the_store_refused_is_composed_by_the_repeat(
    pair: Pair, when: str
) -> None:
    one, other, bucket, _ = pair
    all_repaid(one)
    getattr(bucket, when)["put_folder"] = 1
    with pytest.raises(ProblemError, match=r"files\.unreachable"):
        composed(one)
    assert summaries.listed(one, "01") == []
    row = composed(other)
    for key in keys(bucket, "summaries"):
        os.utime(bucket.local_path(key), (1, 1))
    leftovers.sweep_shared(one)
    assert bucket.folders("summaries/610599-2019-01") == [row.folder]


def test_a_server_starts_while_the_store_does_not_answer(pair: Pair) -> None:
    one, _, bucket, _ = pair
    one.database.write(lambda c: fill(c, (2, 2)))
    batch = notices.print_notices(one, "01", who=WHO)
    every = ("below", "folders", "put", "read", "exists", "size", "changed_s", "delete", "check")
    bucket.before.update(dict.fromkeys(every, 1000))
    leftovers.sweep(one)
    assert doctor.checks(one)
    bucket.before.clear()
    assert notices.kept_minutes(one, batch.id), "not taken back while nobody could look"


def test_notices_set_by_one_server_are_fetched_from_another_within_the_hour(pair: Pair) -> None:
    one, other, bucket, _ = pair
    one.database.write(lambda c: fill(c, (2, 2)))
    batch = notices.print_notices(one, "01", who=WHO)
    assert notices.kept_minutes(other, batch.id) == temporary.KEPT_S // 60 - 1
    assert notices.fetch(other, "01", batch.id, who=WHO)[1].startswith(b"%PDF")
    leftovers.sweep_temporary(other)
    assert notices.fetch(one, "01", batch.id, who=WHO)[1].startswith(b"%PDF")
    for key in keys(bucket, "tmp"):
        os.utime(bucket.local_path(key), (1, 1))
    leftovers.sweep_temporary(other)
    assert keys(bucket, "tmp") == []
    with pytest.raises(ProblemError, match=r"notices\.expired"):
        notices.fetch(one, "01", batch.id, who=WHO)


def test_notices_taken_back_are_gone_from_the_store(pair: Pair) -> None:
    one, other, bucket, _ = pair
    one.database.write(lambda c: fill(c, (2, 2)))
    batch = notices.print_notices(one, "01", who=WHO)
    assert notices.take_back(other, "01", batch.id, who=WHO) == 2
    assert keys(bucket, "tmp") == []


def test_a_previewed_import_goes_on_at_another_server(pair: Pair) -> None:
    one, other, bucket, _ = pair
    staged = upload_staging.stage(one, "due_list", "名单.csv", b"a,b\n")
    assert upload_staging.path_of(other, staged).read_bytes() == b"a,b\n"
    chosen = Choice(file_name="名单.csv", sheet="2")
    upload_staging.keep_choice(other, staged, chosen)
    assert upload_staging.choice_of(one, staged) == chosen
    upload_staging.keep_difference(one, staged, {"new": 1})
    assert not upload_staging.shown_otherwise(other, staged, {"new": 1})
    assert upload_staging.shown_otherwise(other, staged, {"new": 2})
    upload_staging.keep_report(other, staged, {"applied": True})
    assert upload_staging.report_of(one, staged) == {"applied": True}
    with pytest.raises(ProblemError, match=r"console\.upload_gone"):
        upload_staging.path_of(one, staged)
    upload_staging.discard(one, staged)
    assert keys(bucket, "tmp") == []


def test_a_data_folder_is_copied_into_the_store_and_out_again(pair: Pair, tmp_path: Path) -> None:
    one, other, bucket, (first, _) = pair
    own = FolderStore(first)
    sha256 = sha256_hex(PHOTO)
    own.put(f"photos/{sha256[:2]}/{sha256}", PHOTO)
    own.put("summaries/a/1-a/printed.pdf", b"%PDF")
    own.put("summaries/a/work-1/1-a/printed.pdf", b"half")
    one.database.write(lambda c: photos.keep(c, "", sha256, len(PHOTO), "2019-12-12"))
    assert kept_files.lost(other).first == (f"photos/{sha256[:2]}/{sha256}",)
    made = kept_files.copy_in(one, who=WHO)
    assert (made.files, made.same) == (2, 0)
    assert kept_files.lost(other).count == 0
    own.put("summaries/a/1-a/printed.pdf", b"%PDX")
    again = kept_files.copy_in(one, who=WHO)
    assert (again.files, again.same) == (1, 1)
    assert other.files.read(sha256) == PHOTO
    bucket.put(f"photos/{sha256[:2]}/{sha256}", PHOTO[:-3] + b"xyz")
    with pytest.raises(ProblemError, match=r"files\.damaged"):
        one.files.read(sha256)
    bucket.put(f"photos/{sha256[:2]}/{sha256}", PHOTO)
    out = kept_files.copy_out(other, tmp_path / "out")
    assert out.files == 2
    assert (tmp_path / "out/summaries/a/1-a/printed.pdf").read_bytes() == b"%PDX"


def test_doctor_names_a_store_that_does_not_answer_and_files_that_are_lost(pair: Pair) -> None:
    one, _, bucket, _ = pair

    def words() -> tuple[bool, str]:
        found = next(line for line in doctor.checks(one) if line["what"] == "文件")
        return found["ok"], found["words"]

    assert words()[0]
    one.database.write(lambda c: photos.keep(c, "", "ab" * 32, 9, "2019-12-12"))
    assert words()[0] is False
    assert "photos/ab/abab" in words()[1]
    bucket.before["check"] = 1
    assert "没有应答" in words()[1]


def test_a_backup_says_where_the_files_are(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"files\.elsewhere") as refused:
        backup.backup(pair.one, tmp_path / "backup")
    assert str(tmp_path / "bucket") in str(refused.value)
    assert not (tmp_path / "backup").exists()
    own = over(pair.one, FolderStore(tmp_path))
    with pytest.raises(ProblemError, match=r"files\.none_shared"):
        kept_files.copy_in(own, who=WHO)


def test_what_a_killed_server_left_of_a_bundle_is_swept_once_it_is_old(pair: Pair) -> None:
    one, _, bucket, _ = pair
    for key in ("bundles/a/v1-old.zip", "bundles/a/v1-young.zip"):
        bucket.put(key, b"1")
    os.utime(bucket.local_path("bundles/a/v1-old.zip"), (1, 1))
    bundle_files.sweep(one)
    assert keys(bucket, "bundles") == ["bundles/a/v1-young.zip"]


def test_what_another_server_puts_in_place_now_is_left_alone_until_it_is_old(pair: Pair) -> None:
    one, _, bucket, _ = pair
    bucket.put("summaries/a/1-new/printed.pdf", b"1")
    leftovers.sweep_shared(one)
    assert keys(bucket, "summaries") == ["summaries/a/1-new/printed.pdf"]
    os.utime(bucket.local_path("summaries/a/1-new/printed.pdf"), (1, 1))
    leftovers.sweep_shared(one)
    assert keys(bucket, "summaries") == []


def test_a_purge_leaves_a_photo_that_another_server_is_just_recording(pair: Pair) -> None:
    one, other, bucket, _ = pair
    all_repaid(one)
    coming, left = other.files.put(PHOTO), other.files.put(jpeg(b"of nobody"))
    assert isinstance(one.files, PhotoObjects)
    listed = one.files.every

    def every() -> Iterator[list[str]]:
        for some in listed():
            other.database.write(lambda c: photos.add(c, "d", {coming: 1}, "2019"))
            yield some

    one.files.every = every
    purge(one, SEASON, who=WHO, really="a test")
    assert [key[-64:] for key in keys(bucket, "photos")] == [coming] != [left]


def test_a_purge_takes_what_the_data_folder_still_has_of_before_the_copy(pair: Pair) -> None:
    one, _, _, (folder, _) = pair
    all_repaid(one)
    own = FolderStore(folder)
    document = composed(one).document
    for key in (
        f"summaries/{document}/work-1/printed.pdf",
        f"bundles/{document}/v1-a.zip",
        f"photos/{sha256_hex(PHOTO)[:2]}/{sha256_hex(PHOTO)}",
        "uploads/begun",
        "handover/phone.answer",
    ):
        own.put(key, PHOTO)
    assert files_below(folder)
    purge(one, SEASON, who=WHO, really="a test")
    assert files_below(folder) == [found.key for found in own.below("certificates-of-destruction")]
