"""P12: kill -9 at every step of what the office does leaves one of the named states, and the repeat succeeds.

The short form kills at steps spread over each run; DOORSTEP_FAULTS=long (`make faults`) at every one.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import func, select

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.app import create_app
from sync_server.cli.serving import Options, planned
from sync_server.office import backup as office_backup
from sync_server.office import connect, import_history, imports, policy, policy_text, purge
from sync_server.office import manifest as m
from sync_server.office.importing.choice import Choice
from sync_server.office.seasons import close_season, open_season
from sync_server.services import Services
from sync_server.store import devices, photos, purging, seasons
from sync_server.store import tables as t
from tests.support.county import SCHOOLS, SEASON, fill
from tests.support.crash import Job, crash_matrix, open_services, reopened, settings_of
from tests.support.devices import TUS, RawPhone, asgi, case_ids, enrol, fact_bytes, working_phone
from tests.support.intake_files import made_id
from tests.support.jpegs import jpeg
from tests.support.one_app import app_over
from tests.support.seasons import NEXT, check_all, make_next

PHOTO, OTHER = jpeg(b"a photo of a slip" * 3000), jpeg(b"a photo on its way" * 3000)
IMPORT = "import.due-list"
NAME = "样例0"
LIST = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"
ROWS = "".join(f"赵样例,{made_id(n)},H{n:03d},100.00,5.50,{SCHOOLS[0]}\n" for n in (1, 2, 3))


class Upload(msgspec.Struct):
    """An upload that lacks its last bytes, and the token of its phone."""

    token: str
    location: str


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Path:
    """A folder with a county at work: records, a photo, an upload under way, a printed notice, a list to import."""
    folder = tmp_path_factory.mktemp("template")
    shutil.copytree(blank, folder / "server")
    (folder / "list.csv").write_text(LIST + ROWS, "utf-8")
    app = create_app(settings_of(folder / "server"))
    services: Services = app.state["services"].in_season()
    services.database.write(fill)
    services.settings.path("tmp", "import-token").joinpath("file").write_bytes(NAME.encode())
    upload = asyncio.run(_work(app, services))
    (folder / "upload.json").write_bytes(msgspec.json.encode(upload))
    services.close()
    return folder


async def _work(app: Litestar, services: Services) -> Upload:
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        phone = await working_phone(http, services)
        case = case_ids(services, "01")[0]
        fact = phone.chained(fact_bytes(case, photos=(sha256_hex(PHOTO), sha256_hex(OTHER))))
        assert await phone.outcomes(fact) == ["created"]
        place = (await phone.create_upload(PHOTO)).headers["Location"]
        assert (await phone.patch(place, 0, PHOTO)).status_code == 204
        place = (await phone.create_upload(OTHER)).headers["Location"]
        await phone.patch(place, 0, OTHER[:1000])
        return Upload(phone.token, place)


def rows(services: Services, table: str) -> int:
    return services.database.read(
        lambda c: c.execute(select(func.count()).select_from(t.metadata.tables[table])).scalar_one()
    )


def acts(services: Services, action: str) -> int:
    """How often the audit trail has an act."""
    query = select(func.count()).where(t.audit.c.action == action)
    return services.database.read(lambda c: int(c.execute(query).scalar_one()))


def state_of(services: Services, season: str = SEASON) -> str:
    return services.database.read(lambda c: seasons.one(c, season).state)


# ---- import and its undo ----


def _import(services: Services, folder: Path) -> dict[str, object]:
    return imports.apply(
        services, "due-list", folder / "list.csv", who="t", choice=Choice(gone="keep")
    )


def importing(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _import(services, folder)


def undoing(folder: Path) -> Job:
    services = open_services(folder / "server")
    run = str(_import(services, folder)["run"])
    return lambda: import_history.undo(services, run, who="t")


def test_an_import_is_done_or_not(template: Path, tmp_path: Path) -> None:
    def check(folder: Path) -> str:
        with reopened(folder / "server") as services:
            found = (
                rows(services, "case_file"),
                rows(services, "import_run"),
                acts(services, IMPORT),
            )
            assert found in ((12, 0, 0), (15, 1, 1)), found
            _import(services, folder)
            assert rows(services, "case_file") == 15
            assert rows(services, "contract") == 15
        return "imported" if found[1] else "as before"

    assert set(crash_matrix("import", importing, template, tmp_path, check)) == {
        "as before",
        "imported",
    }


def test_an_undo_is_done_or_not(template: Path, tmp_path: Path) -> None:
    def check(folder: Path) -> str:
        with reopened(folder / "server") as services:
            (line,), _ = import_history.listed(services)
            undone = bool(line.run.undone_at)
            assert rows(services, "case_file") == (12 if undone else 15)
            if not undone:
                import_history.undo(services, line.run.id, who="t")
            assert (rows(services, "case_file"), acts(services, "import.undo")) == (12, 1)
        return "undone" if undone else "imported"

    found = crash_matrix("undo of an import", undoing, template, tmp_path, check)
    assert set(found) == {"imported", "undone"}


# ---- purge ----


def purging_season(folder: Path) -> Job:
    services = open_services(folder / "server")
    close_season(services, SEASON, who="t")
    return lambda: purge.purge(services, SEASON, who="t", really="演示")


def test_a_purge_is_finished_by_the_next_one_with_one_certificate(
    template: Path, tmp_path: Path
) -> None:
    def check(folder: Path) -> str:
        data = folder / "server"
        with reopened(data) as services:
            pending = services.database.read(lambda c: purging.pending(c, SEASON)) is not None
            certificates = list((data / "certificates-of-destruction").glob("*.json"))
            done = acts(services, "purge.certificate") == 1
            assert (state_of(services), pending, done) in (
                ("closed", False, False),
                ("purged", True, False),
                ("purged", False, True),
            )
            assert rows(services, "case_file") == (0 if pending or done else 12)
            assert len(certificates) == 1 or not done
            if done:
                with pytest.raises(ProblemError, match=r"purge\.nothing"):
                    purge.purge(services, SEASON, who="t", really="演示")
            else:
                purge.purge(services, SEASON, who="t", really="演示")
            assert (acts(services, "purge.rows"), acts(services, "purge.certificate")) == (1, 1)
        (certificate,) = (data / "certificates-of-destruction").iterdir()
        assert msgspec.json.decode(certificate.read_bytes())["rows"]["cases"] == 12
        left = b"".join(p.read_bytes() for p in data.rglob("*") if p.is_file())
        assert PHOTO not in left
        assert NAME.encode() not in left
        return "purged" if done else "under way" if pending else "closed"

    found = crash_matrix("purge", purging_season, template, tmp_path, check)
    assert set(found) >= {"closed", "under way"}


# ---- backup and restore ----


def backing_up(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: office_backup.backup(services, folder / "backup")


def backing_up_again(folder: Path) -> Job:
    services = open_services(folder / "server")
    office_backup.backup(services, folder / "backup")
    _import(services, folder)
    services.settings.path("summaries", "d").joinpath("summary.pdf").write_bytes(b"%PDF")
    services.settings.path("keys").joinpath("serve.json").write_bytes(b"{}")
    return lambda: office_backup.backup(services, folder / "backup")


def cases_of(backup: Path) -> int | None:
    """Cases of a backup that counts as whole, every file of it checked; None for one that does not."""
    if not (backup / m.NAME).exists():
        with pytest.raises(ProblemError, match=r"backup\.(interrupted|unreadable)"):
            m.read_manifest(backup)
        return None
    found = m.read_manifest(backup)
    assert [e.path for e in found.files if m.entry_of(backup, e.path) != e] == []
    return found.counts["case_file"]


@pytest.mark.parametrize(
    ("verb", "prepare", "states"),
    [("backup", backing_up, {None, 12}), ("second backup", backing_up_again, {None, 12, 15})],
)
def test_a_torn_backup_is_never_taken_for_a_whole_one(
    template: Path,
    tmp_path: Path,
    verb: str,
    prepare: Callable[[Path], Job],
    states: set[int | None],
) -> None:
    words = {None: "refused", 12: "whole, the first", 15: "whole, the second"}

    def check(folder: Path) -> str:
        found = cases_of(folder / "backup")
        with reopened(folder / "server") as services:
            office_backup.backup(services, folder / "backup")
            assert cases_of(folder / "backup") == rows(services, "case_file")
        assert [p for p in (folder / "backup").rglob("*") if p.suffix in (".part", ".new")] == []
        return words[found]

    found = crash_matrix(verb, prepare, template, tmp_path, check)
    assert set(found) <= {words[state] for state in states}
    assert len(found) > 1


def restoring(folder: Path) -> Job:
    return lambda: _restore(folder)


def _restore(folder: Path) -> None:
    settings = settings_of(folder / "restored")
    office_backup.restore(folder / "backup", settings.data_dir, now=settings.now(), who="t")


def test_a_restore_leaves_nothing_or_all_and_may_be_begun_anew(
    template: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    shutil.copytree(template / "server", tmp_path / "copy")
    with reopened(tmp_path / "copy") as services:
        office_backup.backup(services, source / "backup")

    def check(folder: Path) -> str:
        place = folder / "restored"
        found = _restored(place)
        if found != "restored":
            _restore(folder)
            assert _restored(place) == "restored"
        assert {p.name for p in place.iterdir()} - MADE_AT_START == RESTORED
        return found

    found = crash_matrix("restore", restoring, source, tmp_path, check)
    assert set(found) >= {"nothing", "unfinished"}


RESTORED = {"doorstep.db", "keys", "photos", "serve.lock", "uploads"}
MADE_AT_START = {"claims", "logs", "sessions", "summaries", "tmp"}


def _restored(place: Path) -> str:
    """What a folder is to whoever opens it."""
    if (place / "restore-under-way").exists():
        with pytest.raises(ProblemError, match=r"backup\.restore_unfinished"):
            open_services(place)
        return "unfinished"
    if not (place / "doorstep.db").exists():
        return "nothing"
    with reopened(place) as services:
        assert rows(services, "case_file") == 12
        assert services.files.read(sha256_hex(PHOTO)) == PHOTO
        assert acts(services, "backup.restore") == 1
    return "restored"


# ---- seasons ----


def switching(folder: Path) -> Job:
    services = open_services(folder / "server")
    make_next(services)
    check_all(services, NEXT)

    def switch() -> None:
        close_season(services, SEASON, who="t")
        open_season(services, NEXT, who="t")

    return switch


def test_between_two_seasons_one_is_open_or_none(template: Path, tmp_path: Path) -> None:
    def check(folder: Path) -> str:
        with reopened(folder / "server") as services:
            found = f"{state_of(services)}, {state_of(services, NEXT)}"
            assert found in ("open, preparing", "closed, preparing", "closed, open")
            changes = services.database.read(lambda c: len(seasons.history(c, SEASON)))
            assert changes == 2 + (found != "open, preparing")
            close_season(services, SEASON, who="t")
            open_season(services, NEXT, who="t")
            assert (state_of(services), state_of(services, NEXT)) == ("closed", "open")
            assert (acts(services, "season.close"), acts(services, "season.open")) == (1, 2)
        return found

    assert len(crash_matrix("season switch", switching, template, tmp_path, check)) == 3


# ---- policy, phones, photos, the first start, the choice of an address ----


def editing_policy(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _edit(services)


def _edit(services: Services) -> None:
    page = services.database.read(lambda c: seasons.get(c, SEASON)).policy[0]
    changed = msgspec.structs.replace(page, title_zh="改过的标题")
    policy.save(services, changed, base=policy_text.fingerprint(page), who="t")


def test_a_policy_page_is_changed_or_not(template: Path, tmp_path: Path) -> None:
    def check(folder: Path) -> str:
        with reopened(folder / "server") as services:
            before = rows(services, "policy_edition")
            title = services.database.read(lambda c: seasons.get(c, SEASON)).policy[0].title_zh
            changed = title == "改过的标题"
            _edit(services)
            assert rows(services, "policy_edition") == before + (not changed)
        return "changed" if changed else "as before"

    found = crash_matrix("policy change", editing_policy, template, tmp_path, check)
    assert set(found) == {"as before", "changed"}


def enrolling(folder: Path) -> Job:
    app = create_app(settings_of(folder / "server"))
    return lambda: asyncio.run(_enrol(app))


async def _enrol(app: Litestar) -> None:
    services = app.state["services"].in_season()
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        await enrol(RawPhone(http), services, "01", "新老师")


def test_an_enrolment_is_done_or_not_and_the_teacher_enrols_again(
    template: Path, tmp_path: Path, routes: Litestar
) -> None:
    def states(services: Services) -> Sequence[str]:
        """Of the phones that came after the template's one."""
        found = services.database.read(lambda c: devices.of_unit(c, SEASON, "01"))
        return [d.state for d in sorted(found, key=lambda d: d.enrolled_at)][1:]

    def check(folder: Path) -> str:
        with reopened(folder / "server") as services:
            found = states(services)
            assert found in ([], ["pending"], ["confirmed"])
            asyncio.run(_enrol(app_over(routes, services)))
            assert states(services) == [*found, "confirmed"]
        return found[0] if found else "as before"

    found = crash_matrix("enrolment", enrolling, template, tmp_path, check)
    assert set(found) >= {"as before", "confirmed"}


def ending_upload(folder: Path) -> Job:
    app = create_app(settings_of(folder / "server"))
    upload = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload)
    return lambda: asyncio.run(_send(app, upload, 1000))


async def _send(app: Litestar, upload: Upload, offset: int) -> int:
    headers = {
        **TUS,
        "Authorization": f"Bearer {upload.token}",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
    }
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        reply = await http.patch(upload.location, content=OTHER[offset:], headers=headers)
        return reply.status_code


async def _offset(app: Litestar, upload: Upload) -> int | None:
    headers = {**TUS, "Authorization": f"Bearer {upload.token}"}
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        reply = await http.head(upload.location, headers=headers)
        return int(reply.headers["Upload-Offset"]) if reply.is_success else None


def test_a_photo_is_stored_or_its_phone_goes_on_sending(
    template: Path, tmp_path: Path, routes: Litestar
) -> None:
    def check(folder: Path) -> str:
        upload = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload)
        with reopened(folder / "server") as services:
            stored = bool(
                services.database.read(lambda c: photos.stored_of(c, [sha256_hex(OTHER)]))
            )
            app = app_over(routes, services)
            offset = asyncio.run(_offset(app, upload))
            assert (offset is None) == stored
            if offset is not None:
                assert asyncio.run(_send(app, upload, offset)) == 204
            assert services.files.read(sha256_hex(OTHER)) == OTHER
            assert rows(services, "photo") == 2
            assert list((folder / "server" / "uploads").iterdir()) == []
        return "stored" if stored else f"{offset} bytes held"

    found = crash_matrix("end of an upload", ending_upload, template, tmp_path, check)
    assert set(found) >= {"1000 bytes held", "stored"}


def starting(folder: Path) -> Job:
    return lambda: open_services(folder / "fresh")


def test_a_first_start_leaves_keys_that_open(template: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    def check(folder: Path) -> str:
        keys = folder / "fresh" / "keys"
        made = sorted(p.name for p in keys.glob("*") if p.suffix != ".new")
        with reopened(folder / "fresh") as services:
            assert len(services.settings.secret("passphrase")) == 43
            public = services.receipts.public()
        with reopened(folder / "fresh") as services:
            assert services.receipts.public() == public
        return ", ".join(made) or "no key"

    found = crash_matrix("first start", starting, empty, tmp_path, check)
    assert set(found) >= {"no key", "passphrase, receipts.pem"}


def choosing_address(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: connect.wireless(services, "10.0.0.5", who="t", port=8443)


def test_how_phones_connect_is_chosen_or_not_and_the_server_starts(
    template: Path, tmp_path: Path
) -> None:
    def check(folder: Path) -> str:
        data = folder / "server"
        chosen = planned(data, Options()).settings.public_url
        with reopened(data) as services:
            connect.wireless(services, "10.0.0.5", who="t", port=8443)
        assert planned(data, Options()).settings.public_url == "https://10.0.0.5:8443"
        return {"": "as before", "https://10.0.0.5:8350": "certificate made"}.get(chosen, chosen)

    found = crash_matrix("choice of an address", choosing_address, template, tmp_path, check)
    assert set(found) <= {"as before", "certificate made", "https://10.0.0.5:8443"}
    assert len(found) > 1
