"""Jobs over an uploaded stack of slips that run in a subprocess: files in and out, no database.

A stack is read in pieces. What was read of each page lies in a file of its own, so that a page that
ends the process, or takes too long, costs that page alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shared.problems import ProblemError
from shared.season import Season
from sync_server.disk_errors import raise_if_system
from sync_server.office.subprocess_call import Progress
from sync_server.sealing.slip_part import SlipPart

if TYPE_CHECKING:
    from PIL import Image

TEMPLATE = "template.png"
MOST_STACK_PAGES = 1200
"""The most pages of one stack: a large school's slips, scanned on both sides."""


class SourcePage(msgspec.Struct, frozen=True):
    """A page to read: its number in the stack, its file by number, the page in the file."""

    number: int
    file: int
    page_in_file: int


class Counted(msgspec.Struct, frozen=True):
    """How many pages a file has; or the code of the problem why it has none."""

    pages: int = 0
    problem: str = ""


def prepare(
    files: Sequence[tuple[Path, str]], season: Season, fonts: Path, folder: Path
) -> list[Counted]:
    """Draw an empty slip as it is printed, to find its labels on the scanned ones; then count.

    Args:
        files: The files of the stack, each with its name.
        season: The season, for the words on the slip.
        fonts: The folder with the paper fonts.
        folder: Where the slip goes.

    Raises:
        ProblemError: slips.too_many_pages.
    """
    from sync_server.sealing.paper.slip_template import empty_slip

    if not (folder / TEMPLATE).exists():
        empty_slip(season, fonts).save(folder / TEMPLATE)
    return count_pages(files)


def count_pages(files: Sequence[tuple[Path, str]]) -> list[Counted]:
    """Count the pages of files, each with its name.

    Raises:
        ProblemError: slips.too_many_pages.
    """
    from sync_server.sealing.paper import page_source

    found = []
    for path, name in files:
        try:
            found.append(Counted(page_source.count(path, name)))
        except ProblemError as problem:
            found.append(Counted(problem=problem.code))
        check_count(found)
    return found


def check_count(counted: Sequence[Counted]) -> None:
    """Refuse more pages than one stack may have. Raises ProblemError slips.too_many_pages."""
    if sum(found.pages for found in counted) > MOST_STACK_PAGES:
        raise ProblemError("slips.too_many_pages", limit=MOST_STACK_PAGES)


def read_pages(
    report: Progress,
    files: Sequence[tuple[Path, str]],
    wanted: Sequence[SourcePage],
    folder: Path,
    done: int,
    total: int,
) -> None:
    """Read some pages and write what each shows to the folder.

    Args:
        report: Takes how many pages of the stack are read.
        files: The files of the stack, each with its name.
        wanted: The pages, in their order.
        folder: Where the template is and the results go.
        done: How many pages of the stack were read before.
        total: How many pages it has.
    """
    from PIL import Image

    from sync_server.sealing.paper import page_source

    template = Image.open(folder / TEMPLATE).convert("RGB")
    for number, (path, name) in enumerate(files):
        of_file = [page for page in wanted if page.file == number]
        if not of_file:
            continue
        images = page_source.pages(path, name, [page.page_in_file for page in of_file])
        for page, image in zip(of_file, images, strict=True):
            found = _parts(image, template)
            result_of(folder, page.number).write_bytes(msgspec.msgpack.encode(found))
            done += 1
            report(done, total)


def _parts(image: Image.Image | None, template: Image.Image) -> list[SlipPart]:
    """What a page shows; one that cannot be read, such as one of a single dot's width, is broken.

    Whatever its shape makes the readers raise costs that page alone.
    """
    from sync_server.sealing.paper.slip_parts import read_page

    if image is None:
        return [SlipPart(why="broken")]
    try:
        return read_page(image, template)
    except Exception as error:
        raise_if_system(error)
        return [SlipPart(why="broken")]


def result_of(folder: Path, number: int) -> Path:
    """Return where the result of a page lies."""
    return folder / f"page-{number:05d}"


def parts_of(folder: Path, number: int) -> list[SlipPart] | None:
    """Return what was read of a page; None where it was not read to its end."""
    try:
        data = result_of(folder, number).read_bytes()
        return msgspec.msgpack.decode(data, type=list[SlipPart])
    except (FileNotFoundError, msgspec.DecodeError):
        return None
