"""The county that the verbs of the office begin with, and what a check counts in it."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from functools import cache
from pathlib import Path

import httpx
import msgspec
from litestar import Litestar
from sqlalchemy import func, select

from shared.digest import sha256_hex
from sync_server.app import create_app
from sync_server.office import imports
from sync_server.office.importing.choice import Choice
from sync_server.services import Services
from sync_server.store import seasons
from sync_server.store import tables as t
from tests.support.county import SCHOOLS, SEASON, fill
from tests.support.crash import settings_of
from tests.support.devices import asgi, case_ids, fact_bytes, working_phone
from tests.support.intake_files import made_id
from tests.support.jpegs import jpeg

PHOTO, OTHER = jpeg(b"a photo of a slip" * 3000), jpeg(b"a photo on its way" * 3000)
IMPORT = "import.due-list"
NAME = "样例0"
LIST = "姓名,身份证号,合同编号,应还本金,应还利息,学校\n"
ROWS = "".join(f"赵样例,{made_id(n)},H{n:03d},100.00,5.50,{SCHOOLS[0]}\n" for n in (1, 2, 3))


class Ample(msgspec.Struct):
    """A disk with room for everything, until it is written to."""

    total: int = 10**13
    free: int = 10**13


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


@cache
def routes() -> Litestar:
    """The server's routes, over a folder nobody uses."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_of(Path(folder) / "server"))
        app.state["services"].close()
        return app


def import_list(services: Services, folder: Path) -> dict[str, object]:
    return imports.apply(
        services, "due-list", folder / "list.csv", who="t", choice=Choice(gone="keep")
    )
