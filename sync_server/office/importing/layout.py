"""Read a file as somebody chose, or as files of its shape were read before."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from shared.assets import FONTS
from shared.problems import ProblemError, Where
from shared.season import china_day
from sync_server import temporary, whole_file
from sync_server.intake.describe import LAYOUTS, Shape
from sync_server.intake.parsed import KINDS, Options, Parsed, decode, encode, read_encoded
from sync_server.intake.report import Progress, no_progress, refused
from sync_server.office import jobs
from sync_server.office.importing.choice import Choice
from sync_server.office.jobs import ENDED_EARLY, Job
from sync_server.paperwork.glyphs import load_charset
from sync_server.services import Services
from sync_server.store import import_shapes, school_names, units
from sync_server.store.database import Connection


def read(
    services: Services,
    kind: str,
    path: Path,
    choice: Choice,
    *,
    kept: Path | None = None,
    progress: Progress = no_progress,
) -> Parsed:
    """Read a file in a process of its own.

    Args:
        services: The server's services.
        kind: One of KINDS.
        path: The file.
        choice: How to read it.
        kept: Where the result is kept; it is taken from there while the file's bytes and all that
            it was read with are the same.
        progress: Takes how many rows of how many were read.

    Raises:
        ProblemError: intake.unknown_kind.
    """
    if kind not in KINDS:
        raise ProblemError("intake.unknown_kind", kind=kind)
    options = _options(services, kind, path, choice)
    if kept is None:
        return _read(services, kind, path, options, progress)
    with staged(kept):
        return _read_or_kept(services, kind, path, options, kept, progress)


@contextlib.contextmanager
def staged(kept: Path | None) -> Iterator[None]:
    """Keep an upload from being swept while it is read or imported; a file of one's own needs none.

    Raises:
        ProblemError: console.upload_gone.
    """
    with contextlib.ExitStack() as stack:
        if kept is not None:
            try:
                stack.enter_context(temporary.in_use(kept.parent))
            except FileNotFoundError as error:
                raise ProblemError("console.upload_gone") from error
        yield


def _read_or_kept(
    services: Services, kind: str, path: Path, options: Options, kept: Path, progress: Progress
) -> Parsed:
    key = hashlib.sha256(msgspec.json.encode((kind, options)))
    key.update(path.read_bytes())
    found = _kept(kept, key.digest())
    if found is None:
        found = _read(services, kind, path, options, progress)
        with contextlib.suppress(OSError):  # cancelled meanwhile: the folder is gone
            whole_file.write(kept, key.digest() + encode(found))
    return found


def _read(
    services: Services, kind: str, path: Path, options: Options, progress: Progress
) -> Parsed:
    """Read a file as a job; one whose reader was ended is a report that says so."""
    job = Job(kind="import")
    try:
        return decode(
            jobs.run_reporting(services, job, progress, read_encoded, kind, path, options)
        )
    except ProblemError as problem:
        if problem.code not in ENDED_EARLY:
            raise
        if problem.code in ("work.interrupted", "work.file_crash"):
            problem = ProblemError("intake.worker_died", Where(file=path.name))
        return Parsed(report=refused(problem))


def _kept(path: Path, key: bytes) -> Parsed | None:
    try:
        data = path.read_bytes()
        return decode(data[len(key) :]) if data.startswith(key) else None
    except (OSError, msgspec.DecodeError):
        return None


def _options(services: Services, kind: str, path: Path, choice: Choice) -> Options:
    season = services.season

    def look(connection: Connection) -> tuple[tuple[str, ...], dict[str, import_shapes.Shape]]:
        if kind == "areas":  # a school that 附件1 does not have is asked about
            return (), import_shapes.known(connection, kind)
        found = [u.name for u in units.every_unit(connection, season)]
        found += [row.name for row in school_names.history(connection)]
        names = tuple(dict.fromkeys(found))
        return names, import_shapes.known(connection, kind)

    names, shapes = services.database.read(look)
    return Options(
        season=season,
        sheet=choice.sheet,
        header_row=choice.header_row,
        mapping=choice.mapping,
        shapes={s: Shape(sheet=one.sheet, mapping=one.mapping) for s, one in shapes.items()},
        known_characters="".join(sorted(load_charset(FONTS))),
        known_schools=names or None,
        file_name=choice.file_name or path.name,
        today=china_day(services.settings.now()).isoformat(),
        repayment_kind=choice.repayment_kind,
        as_of=choice.as_of,
    )


def remember(connection: Connection, kind: str, parsed: Parsed, choice: Choice, now: str) -> None:
    """Remember what was chosen for a file that was imported, for the next one of its shape."""
    description = parsed.description
    chosen = choice.sheet or choice.header_row or choice.mapping
    if not chosen or description is None or not description.signature:
        return
    shape = import_shapes.Shape(sheet=choice.sheet, mapping=choice.mapping)
    import_shapes.remember(connection, kind, description.signature, shape, now)


def mapping_of(kind: str, given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return field -> letters from pairs of any known name of a field and letters.

    Args:
        kind: One of KINDS.
        given: Names and letters as somebody wrote them.

    Raises:
        ProblemError: intake.mapping_field, intake.column_twice.
    """
    layout = LAYOUTS[kind][0]
    mapping: dict[str, str] = {}
    for name, letters in given:
        field = layout.field_of(name)
        if mapping.get(field, letters) != letters:
            columns = f"{mapping[field]}、{letters}"
            raise ProblemError("intake.column_twice", field=layout.title(field), columns=columns)
        mapping[field] = letters
    return mapping
