"""A downloaded backup file: only its passphrase opens it, and what is inside is trusted in nothing."""

from __future__ import annotations

import io
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from shared.problems import ProblemError
from sync_server.office import backup_file
from sync_server.office import manifest as m
from sync_server.office.backup import backup
from sync_server.office.restore import SIDE
from sync_server.sealing.making.encrypted_stream import EncryptingWriter
from sync_server.services import Services
from sync_server.settings import Settings
from tests.support.command_line import doorstep, report
from tests.support.county import CLOCK
from tests.support.engines import about_sqlite

pytestmark = about_sqlite("a backup by us is one of its file; PostgreSQL has its own means")

NOW = datetime(2019, 12, 20, 2, tzinfo=UTC)
PASSPHRASE = "a few unrelated words"


@pytest.fixture(scope="module")
def made(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup, as a folder."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(blank, folder / "server")
    services = Services.open(Settings(data_dir=folder / "server", clock_spec=CLOCK))
    backup(services, folder / "backup")
    services.close()
    return folder / "backup"


@pytest.fixture(scope="module")
def packed(made: Path) -> bytes:
    return b"".join(backup_file.pieces(made, m.read_manifest(made), PASSPHRASE))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "downloaded"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "restored"


def refused(file: Path, place: Path, data: bytes, passphrase: str = PASSPHRASE) -> str:
    """The code of the refusal; no file of the backup is in its place, nor anything decrypted."""
    file.write_bytes(data)
    with pytest.raises(ProblemError) as caught:
        backup_file.restore_file(file, passphrase, place, now=NOW, who="t")
    assert not place.exists() or (place / "restore-under-way").exists()
    assert not (place / m.DATABASE).exists()
    assert not (place / SIDE).exists()
    return caught.value.code


def by_hand(plain: bytes) -> bytes:
    """A file made by somebody who knows the passphrase and the format."""
    salt, out = os.urandom(backup_file.SALT_BYTES), io.BytesIO()
    out.write(backup_file.MAGIC + salt)
    writer = EncryptingWriter(out, backup_file._key(PASSPHRASE, salt).public_key())
    writer.write(plain)
    writer.close()
    return out.getvalue()


def plain_of(made: Path, change: dict[str, object] | None = None) -> bytes:
    """What is inside, its manifest changed by hand."""
    manifest = msgspec.json.decode((made / m.NAME).read_bytes())
    if change:
        manifest["files"].append({**manifest["files"][-1], **change})
    text = msgspec.json.encode(manifest)
    files = [made / f["path"] for f in msgspec.json.decode((made / m.NAME).read_bytes())["files"]]
    return len(text).to_bytes(8) + text + b"".join(f.read_bytes() for f in files)


def test_a_file_restores_what_the_folder_holds(
    packed: bytes, made: Path, file: Path, place: Path
) -> None:
    file.write_bytes(packed)
    found = backup_file.restore_file(file, PASSPHRASE, place, now=NOW, who="t")
    assert found == m.read_manifest(made)
    keys = [e for e in found.files if e.path.startswith("keys/")]
    assert [m.entry_of(place, e.path) for e in keys] == keys != []
    assert not (place / "restoring").exists()


def test_full_width_letters_of_an_input_method_are_the_same_passphrase(
    packed: bytes, file: Path, place: Path
) -> None:
    file.write_bytes(packed)
    wide = PASSPHRASE.replace("a few", "\uff41 \uff46\uff45\uff57")
    backup_file.restore_file(file, wide, place, now=NOW, who="t")


def test_another_passphrase_opens_nothing(packed: bytes, file: Path, place: Path) -> None:
    assert refused(file, place, packed, PASSPHRASE + "!") == "backup.passphrase"
    assert not place.exists()


def test_the_command_line_restores_a_downloaded_file(
    packed: bytes, file: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(packed)
    monkeypatch.setenv("DOORSTEP_BACKUP_PASSPHRASE", "not this one")
    done = doorstep("restore", file, "--json", data=place)
    assert (done.returncode, report(done)["problems"][0]["code"]) == (1, "backup.passphrase")
    monkeypatch.setenv("DOORSTEP_BACKUP_PASSPHRASE", PASSPHRASE)
    done = doorstep("restore", file, "--json", data=place)
    assert (done.returncode, report(done)["data"]) == (0, str(place))


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_refused(
    packed: bytes, file: Path, place: Path, cut: float
) -> None:
    kept = int(len(packed) * cut)
    assert refused(file, place, packed[:kept]) in ("backup.passphrase", "backup.damaged")


@pytest.mark.parametrize("at", [0, 10, 40, 200, -1])
def test_a_changed_byte_is_noticed(packed: bytes, file: Path, place: Path, at: int) -> None:
    data = bytearray(packed)
    data[at] ^= 1
    assert refused(file, place, bytes(data)) in ("backup.passphrase", "backup.unreadable")


def test_another_file_is_unreadable(file: Path, place: Path) -> None:
    for data in (b"", b"DSBK1\n", b"PK\3\4" + bytes(100)):
        assert refused(file, place, data) == "backup.unreadable"


def test_a_file_made_by_hand_the_same_way_is_accepted(made: Path, file: Path, place: Path) -> None:
    file.write_bytes(by_hand(plain_of(made)))
    backup_file.restore_file(file, PASSPHRASE, place, now=NOW, who="t")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"path": "../stolen"}, "backup.bad_name"),
        ({"path": "keys/more"}, "backup.damaged"),
        ({"path": "keys/more", "size_bytes": 1 << 60}, "disk.full"),
    ],
)
def test_a_manifest_that_promises_what_is_not_there_is_refused(
    made: Path, file: Path, place: Path, change: dict[str, object], code: str
) -> None:
    assert refused(file, place, by_hand(plain_of(made, change))) == code


def test_more_bytes_than_the_manifest_names_are_refused(
    made: Path, file: Path, place: Path
) -> None:
    assert refused(file, place, by_hand(plain_of(made) + b"more")) == "backup.unreadable"


def test_a_length_beyond_all_manifests_is_not_read(file: Path, place: Path) -> None:
    assert refused(file, place, by_hand(b"\xff" * 8 + b"{}")) == "backup.unreadable"


def test_a_backup_that_changes_while_it_is_sent_gives_no_whole_file(
    made: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "changing"))
    found = m.read_manifest(folder)
    os.truncate(folder / found.files[-1].path, 1)
    with pytest.raises(ProblemError, match=r"backup\.damaged"):
        list(backup_file.pieces(folder, found, PASSPHRASE))
