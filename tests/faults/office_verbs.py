"""The verbs of the office that are killed and meet full disks, but for those about summaries: VERBS lists them.

Each has a function that prepares it in a child, and one that looks at what a fault left and repeats it.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from functools import cache
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
from sync_server.office import (
    backup_log,
    backup_plan,
    backup_runs,
    connect,
    import_history,
    imports,
    jobs,
    phones,
    policy,
    policy_text,
    purge,
)
from sync_server.office import manifest as m
from sync_server.office.backup_log import Run
from sync_server.office.importing.choice import Choice
from sync_server.office.restore import restore
from sync_server.office.restore import verify as check_backup
from sync_server.office.seasons import close_season, open_season
from sync_server.services import Services
from sync_server.store import devices, photos, purging, seasons
from sync_server.store import jobs as stored_jobs
from sync_server.store import tables as t
from tests.support.county import SCHOOLS, SEASON, fill
from tests.support.crash import Job, Verb, open_services, reopened, settings_of
from tests.support.devices import TUS, RawPhone, asgi, case_ids, fact_bytes, working_phone
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


def county(folder: Path, blank: Path) -> Path:
    """Make a folder with a county at work: records, a photo, an upload under way, a printed notice, a list to import."""
    folder.mkdir()
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


def imported_or_not(folder: Path) -> str:
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


def undone_or_not(folder: Path) -> str:
    with reopened(folder / "server") as services:
        (line,), _ = import_history.listed(services)
        undone = bool(line.run.undone_at)
        assert rows(services, "case_file") == (12 if undone else 15)
        if not undone:
            import_history.undo(services, line.run.id, who="t")
        assert (rows(services, "case_file"), acts(services, "import.undo")) == (12, 1)
    return "undone" if undone else "imported"


# ---- purge ----


def purging_season(folder: Path) -> Job:
    services = open_services(folder / "server")
    close_season(services, SEASON, who="t")
    return lambda: purge.purge(services, SEASON, who="t", really="演示")


def purged_with_one_certificate(folder: Path) -> str:
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


# ---- backup and restore ----


class Ample(msgspec.Struct):
    """A disk with room for everything, until it is written to."""

    total: int = 10**13
    free: int = 10**13


def _with_room(folder: Path) -> Services:
    services = open_services(folder / "server")
    services.disk_usage = lambda _: Ample()  # else the backup is refused before it begins
    return services


def backing_up(folder: Path) -> Job:
    services = _with_room(folder)
    return lambda: office_backup.backup(services, folder / "backup")


def backing_up_again(folder: Path) -> Job:
    services = _with_room(folder)
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


WORDS = {None: "refused", 12: "whole, the first", 15: "whole, the second"}


def backed_up_whole_or_refused(folder: Path) -> str:
    found = cases_of(folder / "backup")
    with reopened(folder / "server") as services:
        office_backup.backup(services, folder / "backup")
        assert cases_of(folder / "backup") == rows(services, "case_file")
    assert [p for p in (folder / "backup").rglob("*") if p.suffix in (".part", ".new")] == []
    return WORDS[found]


def backing_up_by_schedule(folder: Path) -> Job:
    services = _with_room(folder)
    place = folder / "backups"
    place.mkdir()
    backup_plan.choose(services, backup_plan.Plan(folder=str(place), keep=2), who="t")
    assert _scheduled(services).state == "verified"
    return lambda: _scheduled(services)


def _scheduled(services: Services) -> Run:
    """A run of the schedule; one that its log names as failed is a refusal."""
    run = backup_runs.run(services, who="t", scheduled=True)
    if run.refusal is not None:
        raise run.refusal
    return run


def last_good_backup_is_whole(folder: Path) -> str:
    data, place = folder / "server", folder / "backups"
    with reopened(data) as services:
        assert backup_runs.under_way(data) is None
        before = [run.folder for run in backup_log.read(data) if run.state == "verified"]
        check_backup(Path(before[-1]))
        assert _scheduled(services).state == "verified"
    log = backup_log.read(data)
    good = [run.folder for run in log if run.state == "verified"]
    assert [run for run in log if run.state == "running"] == []
    assert sorted(map(str, place.glob("doorstep-2*"))) == sorted(good)
    return f"{len(before)} good"


# ---- a job of the queue ----


def working(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _work_on_something(services)


def _work_on_something(services: Services) -> str:
    return jobs.run(services, jobs.Job(kind="import", who="t"), sha256_hex, b"a file")


def no_job_left_at_work(folder: Path) -> str:
    with reopened(folder / "server") as services:
        assert services.database.read(stored_jobs.live) == []
        query = select(t.job.c.state).order_by(t.job.c.id)
        found = services.database.read(lambda c: list(c.execute(query).scalars()))
        assert _work_on_something(services) == sha256_hex(b"a file")
        assert services.database.read(stored_jobs.live) == []
    assert list((folder / "server" / "claims").iterdir()) == []
    return found[0] if found else "not queued"


def restoring(folder: Path) -> Job:
    return lambda: _restore(folder)


def _restore(folder: Path) -> None:
    settings = settings_of(folder / "restored")
    restore(folder / "backup", settings.data_dir, now=settings.now(), who="t")


def restored_or_begun_anew(folder: Path) -> str:
    place = folder / "restored"
    found = _restored(place)
    if found != "restored":
        _restore(folder)
        assert _restored(place) == "restored"
    assert {p.name for p in place.iterdir()} - MADE_AT_START == RESTORED
    return found


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


SWITCHED = {"open, preparing", "closed, preparing", "closed, open"}


def one_season_open_or_none(folder: Path) -> str:
    with reopened(folder / "server") as services:
        found = f"{state_of(services)}, {state_of(services, NEXT)}"
        assert found in SWITCHED
        changes = services.database.read(lambda c: len(seasons.history(c, SEASON)))
        assert changes == 2 + (found != "open, preparing")
        close_season(services, SEASON, who="t")
        open_season(services, NEXT, who="t")
        assert (state_of(services), state_of(services, NEXT)) == ("closed", "open")
        assert (acts(services, "season.close"), acts(services, "season.open")) == (1, 2)
    return found


# ---- policy, phones, photos, the first start, the choice of an address ----


def editing_policy(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: _edit(services)


def _edit(services: Services) -> None:
    page = services.database.read(lambda c: seasons.get(c, SEASON)).policy[0]
    changed = msgspec.structs.replace(page, title_zh="改过的标题")
    policy.save(services, changed, base=policy_text.fingerprint(page), who="t")


def policy_changed_or_not(folder: Path) -> str:
    with reopened(folder / "server") as services:
        before = rows(services, "policy_edition")
        title = services.database.read(lambda c: seasons.get(c, SEASON)).policy[0].title_zh
        changed = title == "改过的标题"
        _edit(services)
        assert rows(services, "policy_edition") == before + (not changed)
    return "changed" if changed else "as before"


def _named(answer: httpx.Response) -> None:
    """Raise the problem that an answer names."""
    if answer.is_error:
        raise ProblemError(answer.json()["code"])


def enrolling(folder: Path) -> Job:
    app = create_app(settings_of(folder / "server"))
    return lambda: asyncio.run(_enrol(app))


async def _enrol(app: Litestar) -> None:
    services = app.state["services"].in_season()
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        code = phones.issue(services, "01", "新老师", who="t").code
        answer = await http.post("/v1/enrol", content=RawPhone(http).enrol_request(code))
        _named(answer)
        phones.confirm(services, msgspec.json.decode(answer.content)["device"], who="t")


def _states(services: Services) -> Sequence[str]:
    """Of the phones that came after the template's one."""
    found = services.database.read(lambda c: devices.of_unit(c, SEASON, "01"))
    return [d.state for d in sorted(found, key=lambda d: d.enrolled_at)][1:]


def enrolled_or_again(folder: Path) -> str:
    with reopened(folder / "server") as services:
        found = _states(services)
        assert found in ([], ["pending"], ["confirmed"])
        asyncio.run(_enrol(app_over(_routes(), services)))
        assert _states(services) == [*found, "confirmed"]
    return found[0] if found else "as before"


def ending_upload(folder: Path) -> Job:
    app = create_app(settings_of(folder / "server"))
    upload = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload)
    return lambda: _named(asyncio.run(_send(app, upload, 1000)))


async def _send(app: Litestar, upload: Upload, offset: int) -> httpx.Response:
    headers = {
        **TUS,
        "Authorization": f"Bearer {upload.token}",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
    }
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        return await http.patch(upload.location, content=OTHER[offset:], headers=headers)


async def _offset(app: Litestar, upload: Upload) -> int | None:
    headers = {**TUS, "Authorization": f"Bearer {upload.token}"}
    async with httpx.AsyncClient(transport=asgi(app), base_url="http://server") as http:
        reply = await http.head(upload.location, headers=headers)
        return int(reply.headers["Upload-Offset"]) if reply.is_success else None


def stored_or_sent_on(folder: Path) -> str:
    upload = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload)
    with reopened(folder / "server") as services:
        stored = bool(services.database.read(lambda c: photos.stored_of(c, [sha256_hex(OTHER)])))
        app = app_over(_routes(), services)
        offset = asyncio.run(_offset(app, upload))
        assert (offset is None) == stored
        if offset is not None:
            assert asyncio.run(_send(app, upload, offset)).status_code == 204
        assert services.files.read(sha256_hex(OTHER)) == OTHER
        assert rows(services, "photo") == 2
        assert list((folder / "server" / "uploads").iterdir()) == []
    return "stored" if stored else "more held" if offset != 1000 else "as before"


def starting(folder: Path) -> Job:
    return lambda: open_services(folder / "fresh")


def keys_that_open(folder: Path) -> str:
    keys = folder / "fresh" / "keys"
    made = sorted(p.name for p in keys.glob("*") if p.suffix != ".new")
    with reopened(folder / "fresh") as services:
        assert len(services.settings.secret("passphrase")) == 43
        public = services.receipts.public()
    with reopened(folder / "fresh") as services:
        assert services.receipts.public() == public
    return ", ".join(made) or "no key"


def choosing_address(folder: Path) -> Job:
    services = open_services(folder / "server")
    return lambda: connect.wireless(services, "10.0.0.5", who="t", port=8443)


def address_chosen_or_not(folder: Path) -> str:
    data = folder / "server"
    chosen = planned(data, Options()).settings.public_url
    with reopened(data) as services:
        connect.wireless(services, "10.0.0.5", who="t", port=8443)
    assert planned(data, Options()).settings.public_url == "https://10.0.0.5:8443"
    return {"": "as before", "https://10.0.0.5:8350": "certificate made"}.get(chosen, chosen)


# ---- the folders, and the list ----


@cache
def _routes() -> Litestar:
    """The server's routes, over a folder nobody uses."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_of(Path(folder) / "server"))
        app.state["services"].close()
        return app


def templates(root: Path, blank: Path) -> None:
    """Make the folders that the verbs begin with."""
    made = county(root / "county", blank)
    (root / "nothing").mkdir()
    (root / "backup").mkdir()
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
    Verb(
        "restore",
        restoring,
        restored_or_begun_anew,
        {"nothing", "unfinished", "restored"},
        "backup",
    ),
    Verb("season switch", switching, one_season_open_or_none, SWITCHED, sample=3),
    Verb("policy change", editing_policy, policy_changed_or_not, {"as before", "changed"}),
    Verb("enrolment", enrolling, enrolled_or_again, {"as before", "pending", "confirmed"}),
    Verb("end of an upload", ending_upload, stored_or_sent_on, HELD),
    Verb("first start", starting, keys_that_open, KEYS, "nothing"),
    Verb("choice of an address", choosing_address, address_chosen_or_not, ADDRESSES),
]
