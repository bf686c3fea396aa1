"""Take a stack of scanned slips: read in pieces, then filed in one transaction.

Nothing is filed until all of it is read. The upload is not kept; of each slip its upright picture
is, among the photos.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from shared.assets import FONTS
from shared.digest import sha256_hex
from shared.problems import ProblemError
from shared.season import Season
from sync_server import temporary, whole_file
from sync_server.office import disk_room, jobs, slip_jobs
from sync_server.office.jobs import ENDED_EARLY, Job
from sync_server.office.slip_filing import decide, known_of
from sync_server.office.slip_jobs import Counted, SourcePage
from sync_server.sealing.slip_part import SlipPart
from sync_server.services import Services
from sync_server.store import audit, photos, seasons, slip_stacks
from sync_server.store.database import Connection
from sync_server.store.ids import new_id, new_ids
from sync_server.store.slip_stacks import FILED, PageRow, StackFile, StackRow

MOST_STACK_BYTES = 600_000_000
"""All files of one stack together: 265 sheets in colour at 300 dpi, both sides, take 300 MB.

Source: docs/sources.md#slips-in-a-stack.
"""
MOST_STACK_FILES = 900
"""Files of one stack: a phone's photographs of a large school's slips."""
PIECE_PAGES = 25
"""Pages that one job reads: others get their turn in between, and a hostile page ends one job."""
MOST_BROKEN = 3
"""After so many pages of a file that ended their job, the rest of the file is not read."""
READ_BYTES = 1024 * 1024
Progress = Callable[[int, int], None]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a stack.

    Attributes:
        stack: It.
        again: Whether the same files were filed before, and nothing was done now.
        filed: How many slips were filed.
        open: How many parts wait for a person.
        counts: How many parts are in each state.
        problems: The files that could not be opened, with the problem of each.
    """

    stack: StackRow
    again: bool
    counts: dict[str, int]
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def filed(self) -> int:
        """How many slips were filed by their code."""
        return self.counts.get("filed", 0)

    @property
    def open(self) -> int:
        """How many parts wait for a person."""
        return self.counts.get("unreadable", 0)


def take(
    services: Services,
    unit: str,
    files: Sequence[tuple[str, Path]],
    *,
    who: str,
    progress: Progress | None = None,
) -> Taken:
    """Read a stack and file its slips; the same files a second time change nothing.

    Args:
        services: The server's services.
        unit: The school; "" for slips of the whole county.
        files: Name and place of each file; they stay where they are.
        who: Who does it, for the audit trail.
        progress: Takes how many pages are read, of how many.

    Raises:
        ProblemError: console.no_file, slips.too_many_files, slips.too_large, slips.too_many_pages,
            slips.unreadable and slips.heic where no file can be opened, disk.low, season.closed and
            the others of Services.change, and those of jobs.run.
    """
    _check(services, files)
    given = [StackFile(name=name, sha256=_sha256(path), pages=0) for name, path in files]
    digest = sha256_hex("".join(sorted(one.sha256 for one in given)).encode())
    before = services.database.read(
        lambda c: slip_stacks.same_stack(c, services.season, unit, digest)
    )
    if before is not None:
        return _result(services, before, again=True)
    with temporary.folder_for("slips") as folder:
        reading = _Reading(services, unit, files, folder, who, progress)
        counted = reading.count()
        reading.read()
        stack = StackRow(
            id=new_id(),
            season=services.season,
            unit=unit,
            at=services.settings.now_text(),
            who=who,
            state="filed",
            digest=digest,
            files=msgspec.json.encode(
                [
                    msgspec.structs.replace(one, pages=found.pages)
                    for one, found in zip(given, counted, strict=True)
                ]
            ).decode(),
            pages=sum(found.pages for found in counted),
        )
        filed = _file(services, stack, list(reading.parts()), folder)
    if filed.id != stack.id:
        return _result(services, filed, again=True)
    bad = [(n, c.problem) for (n, _), c in zip(files, counted, strict=True) if c.problem]
    return msgspec.structs.replace(_result(services, stack, again=False), problems=tuple(bad))


def _check(services: Services, files: Sequence[tuple[str, Path]]) -> None:
    """Refuse what is too much before anything is read, and a season that takes no changes."""
    if not files:
        raise ProblemError("console.no_file")
    if len(files) > MOST_STACK_FILES:
        raise ProblemError("slips.too_many_files", limit=MOST_STACK_FILES)
    if sum(path.stat().st_size for _, path in files) > MOST_STACK_BYTES:
        raise ProblemError("slips.too_large", limit_mb=MOST_STACK_BYTES // 1_000_000)
    disk_room.check(services)
    services.change(lambda _: None)


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            found.update(chunk)
    return found.hexdigest()


class _Reading:
    """The reading of one stack, piece by piece."""

    def __init__(
        self,
        services: Services,
        unit: str,
        files: Sequence[tuple[str, Path]],
        folder: Path,
        who: str,
        progress: Progress | None,
    ) -> None:
        self._services, self._folder = services, folder
        self._files = [(path, name) for name, path in files]
        self._job = Job(kind="stack", unit=unit, who=who)
        self._progress = progress or (lambda done, of: None)
        self._pages: list[SourcePage] = []
        self._unread: set[int] = set()

    def count(self) -> list[Counted]:
        """Count the pages of every file, and draw the empty slip.

        Raises:
            ProblemError: the problem of a file where none can be opened, slips.too_many_pages.
        """
        season = self._services.database.read(lambda c: seasons.get(c, self._services.season))
        counted = self._counted(self._files, season)
        slip_jobs.check_count(counted)
        if not any(found.pages for found in counted):
            raise ProblemError(counted[0].problem, file=self._files[0][1])
        for file, found in enumerate(counted):
            first = len(self._pages)
            self._pages += [SourcePage(first + n, file, n) for n in range(1, found.pages + 1)]
        return counted

    def _counted(self, files: list[tuple[Path, str]], season: Season) -> list[Counted]:
        """Count; of files that end the job, only the one that does is unreadable."""
        try:
            given = (files, season, FONTS, self._folder)
            return jobs.run(self._services, self._job, slip_jobs.prepare, *given)
        except ProblemError as problem:
            if problem.code not in ENDED_EARLY:
                raise
            if len(files) == 1:
                return [Counted(problem="slips.unreadable")]
            half = len(files) // 2
            return [*self._counted(files[:half], season), *self._counted(files[half:], season)]

    def read(self) -> None:
        """Read every page; one that ends its job is passed over, and the others are read."""
        ended: dict[int, int] = {}
        for first in range(0, len(self._pages), PIECE_PAGES):
            waiting = self._pages[first : first + PIECE_PAGES]
            while waiting := [p for p in waiting if not self._is_read(p, ended)]:
                try:
                    self._read_piece(waiting)
                except ProblemError as problem:
                    if problem.code not in ENDED_EARLY:
                        raise
                    left = [
                        p for p in waiting if slip_jobs.parts_of(self._folder, p.number) is None
                    ]
                    if left:
                        self._unread.add(left[0].number)
                        ended[left[0].file] = ended.get(left[0].file, 0) + 1

    def _is_read(self, page: SourcePage, ended: dict[int, int]) -> bool:
        if ended.get(page.file, 0) >= MOST_BROKEN:
            self._unread.add(page.number)
        done = slip_jobs.parts_of(self._folder, page.number) is not None
        return done or page.number in self._unread

    def _read_piece(self, waiting: list[SourcePage]) -> None:
        job = msgspec.structs.replace(self._job, pages=len(waiting))
        jobs.run_reporting(
            self._services,
            job,
            self._progress,
            slip_jobs.read_pages,
            self._files,
            waiting,
            self._folder,
            waiting[0].number - 1,
            len(self._pages),
        )

    def parts(self) -> Iterator[tuple[int, str, int, SlipPart]]:
        """Yield page, its place in words, number of the part, and the part.

        A file that cannot be opened is one broken page after the others.
        """
        broken = [SlipPart(why="broken")]
        for page in self._pages:
            name = self._files[page.file][1]
            found = slip_jobs.parts_of(self._folder, page.number) or broken
            for number, part in enumerate(found, 1):
                yield page.number, f"{name} · {page.page_in_file}", number, part
        opened = {page.file for page in self._pages}
        shut = [name for file, (_, name) in enumerate(self._files) if file not in opened]
        for number, name in enumerate(shut, len(self._pages) + 1):
            yield number, name, 1, broken[0]


def _file(
    services: Services,
    stack: StackRow,
    found: list[tuple[int, str, int, SlipPart]],
    folder: Path,
) -> StackRow:
    """Store the pictures, then stack and pages in one transaction.

    Returns:
        The stack; the one of the same files that somebody else filed while this one was read.
    """
    total = sum(len(part.jpeg) for *_, part in found)
    disk_room.check(services, total)
    hashes, pictures = [], dict[str, bytes]()
    for *_, part in found:
        sha = sha256_hex(part.jpeg) if part.jpeg else ""
        hashes.append(sha)
        if sha and sha not in pictures:
            pictures[sha] = part.jpeg
            _store(services, folder, part.jpeg, sha)

    def job(connection: Connection) -> StackRow:
        same = (stack.season, stack.unit, stack.digest)
        if before := slip_stacks.same_stack(connection, *same):
            return before
        codes = {part.code for *_, part in found}
        rows = slip_stacks.with_codes(connection, codes)
        known = known_of(stack.season, stack.unit, rows)
        taken = set(slip_stacks.filed_of(connection, [r.case_id for r in known.cases.values()]))
        pages = []
        for (number, place, part_number, part), sha, page_id in zip(
            found, hashes, new_ids(len(found)), strict=True
        ):
            decision = decide(part, known, taken)
            pages.append(
                PageRow(
                    id=page_id,
                    season=stack.season,
                    stack=stack.id,
                    number=number,
                    part=part_number,
                    place=place,
                    sha256=sha,
                    code=part.code,
                    case_id=decision.case_id,
                    ink=part.ink,
                    state=decision.state,
                    why=decision.why,
                    who="",
                    at=stack.at,
                )
            )
        slip_stacks.add(connection, stack, pages)
        photos.lock_files(connection)
        for sha, jpeg in pictures.items():  # it expired meanwhile, with one of the same hash
            _store(services, folder, jpeg, sha)
        sizes = {sha: len(jpeg) for sha, jpeg in pictures.items()}
        photos.add(connection, "", sizes, stack.at)
        filed = sum(page.state in FILED for page in pages)
        audit.note(
            connection,
            at=stack.at,
            who=stack.who,
            action="slips.file",
            ref=stack.id,
            unit=stack.unit,
            detail=f"{filed}/{len(pages)}",
        )
        return stack

    return services.change(job)


def _store(services: Services, folder: Path, jpeg: bytes, sha256: str) -> None:
    if services.files.has(sha256):
        return
    path = folder / f"{sha256}.jpg"
    with whole_file.private(path) as file:
        file.write(jpeg)
    services.files.store(path, sha256)


def _result(services: Services, stack: StackRow, *, again: bool) -> Taken:
    found = services.database.read(lambda c: slip_stacks.counts(c, [stack.id])).get(stack.id, {})
    by_state: dict[str, int] = {}
    for (state, _), count in found.items():
        by_state[state] = by_state.get(state, 0) + count
    return Taken(stack=stack, again=again, counts=by_state)
