"""The county's own faces in the data folder's fonts/: what is found, what is used, what is kept.

The bytes of each face used for a print are kept under their digest in printed-fonts/. A document
that is rendered again, to be sealed, is thus the one printed, even if fonts/ has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import get_args

import msgspec

from shared.assets import FONTS
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.records.kind import Label
from shared.season import Season
from sync_server import whole_file
from sync_server.disk_errors import disk_problems
from sync_server.paperwork import font_file, glyphs
from sync_server.paperwork.faces import SANS, SERIF, SUFFIX, Face, Faces, KeptFaces
from sync_server.paperwork.font_file import FontFile, Role
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import seasons

OWN, KEPT = "fonts", "printed-fonts"
"""Folders of the data folder: the county's files, and those used for prints."""
RECORD = "faces.json"
"""In a version's folder: which faces it was printed with; none where the program's were used."""
MOST_FILES = 40
"""Files of the folder that are read; reading one takes up to a second."""
LABELS: dict[Role, Label] = {
    "body": Label("正文", "text"),
    "title": Label("标题", "titles"),
}
ROLES: tuple[Role, ...] = get_args(Role)
_read: dict[tuple[str, int, int], FontFile] = {}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The files of fonts/ and what each is used for.

    Attributes:
        files: Every file, in the order of names.
        used: The file of each part of a page; None where the program's font is used.
        unfound: The names in the season's settings that no file has, by part.
    """

    files: tuple[FontFile, ...]
    used: dict[Role, FontFile | None]
    unfound: dict[Role, str]

    def parts_of(self, file: FontFile) -> tuple[Role, ...]:
        """Return the parts of a page that a file is used for."""
        return tuple(role for role, used in self.used.items() if used is file)


def look(settings: Settings, season: Season | None) -> Found:
    """Read what lies in fonts/ and choose: what the season names, else what is known by name.

    Of several that are known by name the one is taken that lacks the fewest characters, then the
    first by name.
    """
    charset = glyphs.load_charset(FONTS)
    paths = sorted(p for p in settings.path(OWN).iterdir() if p.is_file())
    files = tuple(_read_once(p, charset) for p in paths[:MOST_FILES] if p.name[0] != ".")
    usable = [file for file in files if file.problem is None]
    used: dict[Role, FontFile | None] = {}
    unfound: dict[Role, str] = {}
    for role in ROLES:
        name = named(season, role)
        fits = [f for f in usable if (f.is_named(name) if name else f.fits(role))]
        used[role] = min(fits, key=lambda f: (len(f.lacking), f.file), default=None)
        if name and not fits:
            unfound[role] = name
    return Found(files=files, used=used, unfound=unfound)


def season_now(services: Services) -> Season | None:
    """Return the season that is worked on; None before the first."""
    row = services.database.read(lambda c: seasons.find(c, services.season_id))
    return row.season if row else None


def named(season: Season | None, role: Role) -> str:
    """Return the face that a season's settings name for a part of the page; "" for none."""
    if season is None:
        return ""
    return (season.body_face if role == "body" else season.title_face).strip()


def _read_once(path: Path, charset: frozenset[str]) -> FontFile:
    """Read a file again only after it has changed: it takes up to a second."""
    try:
        state = path.stat()
    except OSError:  # taken away meanwhile
        return font_file.read(path, charset)
    key = (str(path), state.st_size, state.st_mtime_ns)
    if key not in _read:
        if len(_read) > MOST_FILES:
            _read.clear()
        _read[key] = font_file.read(path, charset)
    return _read[key]


def in_use(services: Services) -> KeptFaces | None:
    """Return the faces to print with now, their bytes kept; None for the program's fonts alone.

    Raises:
        ProblemError: fonts.not_found, fonts.same_family, fonts.changing, fonts.unreadable,
            disk.full, disk.broken.
    """
    season = season_now(services)
    settings = services.settings
    if not (settings.data_dir / OWN).is_dir() and not any(named(season, r) for r in ROLES):
        return None
    used = _chosen_and_kept(services, season)
    faces = Faces(**{role: _face(file) for role, file in used.items()})
    return KeptFaces(faces=faces, folder=settings.path(KEPT)) if faces.each else None


def _chosen_and_kept(services: Services, season: Season | None) -> dict[Role, FontFile | None]:
    """Choose the faces and keep their bytes; look again where a file was replaced meanwhile."""
    changed = None
    for _ in range(2):
        found = look(services.settings, season)
        for name in found.unfound.values():
            raise ProblemError("fonts.not_found", name=name)
        chosen = [file for file in found.used.values() if file is not None]
        _check_families(chosen)
        changed = next((file for file in chosen if not _keep(services, file)), None)
        if changed is None:
            return found.used
        _read.clear()
    raise ProblemError("fonts.changing", file=changed.file if changed else OWN)


def _check_families(chosen: Sequence[FontFile]) -> None:
    """Refuse two files of one family: the typesetter would take one of them for both.

    Raises:
        ProblemError: fonts.same_family.
    """
    known = {SERIF: "", SANS: ""}
    for file in chosen:
        if known.setdefault(file.family, file.sha256) != file.sha256:
            raise ProblemError("fonts.same_family", file=file.file, name=file.family)


def _face(file: FontFile | None) -> Face | None:
    if file is None:
        return None
    return Face(family=file.family, file=file.file, sha256=file.sha256, empty=file.empty)


def _keep(services: Services, file: FontFile) -> bool:
    """Keep a file's bytes under their digest, once.

    Returns:
        Whether they are still those that were read: another file may have come with the size and
        the time of the one before, and what that one printed needs its own bytes.

    Raises:
        ProblemError: fonts.unreadable, disk.full, disk.broken.
    """
    settings, name = services.settings, f"{file.sha256}{SUFFIX}"
    place = settings.path(KEPT) / name
    try:
        data = (settings.path(OWN) / file.file).read_bytes()
    except OSError as error:
        raise ProblemError("fonts.unreadable", file=file.file, why=str(error)) from error
    if sha256_hex(data) != file.sha256:
        return False
    with disk_problems():
        if not place.exists() or place.read_bytes() != data:
            whole_file.write(place, data)
        if services.file_store.is_shared:  # what another machine seals needs them too
            services.file_store.put(f"{KEPT}/{name}", data, once=True)
    return True


def record(faces: KeptFaces | None, folder: Path) -> None:
    """Write into a version's folder which faces it was printed with."""
    if faces is not None:
        (folder / RECORD).write_bytes(msgspec.json.encode(faces.faces))


def recorded(services: Services, folder: Path) -> KeptFaces | None:
    """Return the faces that a version was printed with; None for the program's alone."""
    path = folder / RECORD
    if not path.exists():
        return None
    faces = msgspec.json.decode(path.read_bytes(), type=Faces)
    place = services.settings.path(KEPT)
    for name in (f"{face.sha256}{SUFFIX}" for face in faces.each):
        if services.file_store.is_shared and not (place / name).exists():
            with suppress(FileNotFoundError):  # whoever uses it names what is missing
                whole_file.write(place / name, services.file_store.read(f"{KEPT}/{name}"))
    return KeptFaces(faces=faces, folder=place)
