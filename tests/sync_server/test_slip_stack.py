"""A stack of scanned slips: split, read, filed by the code alone; what is not sure waits for a person."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import Connection, func, select

from shared.ids import case_code
from shared.problems import ProblemError
from shared.season import Season
from sync_server.office import off_list, slip_pages, slip_stacks
from sync_server.office.backup import backup
from sync_server.office.job_limits import LIMITS, Limits
from sync_server.office.slip_filing import Known, decide, known_of
from sync_server.office.slip_stacks import Taken
from sync_server.sealing.paper import page_source
from sync_server.sealing.paper.slip_layout import SIGNER_LINE, SLIP_QR
from sync_server.sealing.paper.slip_parts import read_page
from sync_server.sealing.paper.slip_template import empty_slip
from sync_server.sealing.paper.upright_page import PX_PER_MM
from sync_server.sealing.slip_part import SlipPart
from sync_server.services import Services
from sync_server.store import photos, purging
from sync_server.store import slip_stacks as store
from sync_server.store import tables as t
from sync_server.store.scope import WHOLE_COUNTY
from sync_server.store.slip_stacks import CodeRow, PageRow, StackRow
from tests.support import hostile_pdf
from tests.support import slip_stacks as drawn
from tests.support.at_once import at_once
from tests.support.command_line import doorstep, report
from tests.support.county import SEASON, purge
from tests.support.devices import case_ids
from tests.support.engines import on_postgresql
from tests.support.grown import Grown, grown
from tests.support.seal_samples import FONTS, inputs

DPI = 130
"""Enough for a code of 20 mm, and quick to draw."""
FIRST, SECOND, THIRD = (case_code("01", n) for n in (1, 2, 3))
OTHER_SCHOOL = case_code("02", 1)


class Sheets(msgspec.Struct):
    """Printed sheets of school 01, signed but for the third; and one of school 02."""

    of_01: list[Image.Image]
    of_02: Image.Image
    template: Image.Image


@pytest.fixture(scope="module")
def sheets() -> Sheets:
    rng = Random(7)
    ours = list(drawn.printed(drawn.notices(3, "01")[0], DPI))
    for sheet in ours[:2]:
        drawn.signed(sheet, rng, DPI)
    other = next(drawn.printed(drawn.notices(1, "02")[0], DPI))
    return Sheets(ours, other, empty_slip(season(), FONTS))


def season() -> Season:
    return inputs(1, 0).season


def slip(sheet: Image.Image) -> Image.Image:
    return drawn.cut_off(sheet, DPI)


def read(page: Image.Image, sheets: Sheets) -> list[SlipPart]:
    return read_page(page, sheets.template)


def named(parts: list[SlipPart]) -> list[str]:
    return [part.code or part.why for part in parts]


def without_code(page: Image.Image) -> Image.Image:
    """The same slip, its code torn off."""
    torn, k = page.copy(), DPI / 25.4
    box = [
        v * k for v in (SLIP_QR.left - 1, SLIP_QR.top - 1, SLIP_QR.right + 1, SLIP_QR.bottom + 1)
    ]
    ImageDraw.Draw(torn).rectangle(box, fill="white")
    return torn


def pdf(tmp_path: Path, *pages: Image.Image, name: str = "stack.pdf") -> tuple[str, Path]:
    path = tmp_path / name
    path.write_bytes(drawn.pdf_of([page.copy() for page in pages], DPI))
    return name, path


def take(services: Services, *files: tuple[str, Path], unit: str = "01") -> Taken:
    return slip_stacks.take(services, unit, files, who="one")


def take_named(given: tuple[str, Path], services: Services) -> Taken:
    return take(services, given)


def parts_of(services: Services, taken: Taken) -> list[PageRow]:
    return services.database.read(lambda c: store.pages(c, [taken.stack.id]))


def filed(services: Services, unit: str = "01") -> dict[str, list[store.FiledSlip]]:
    ids = case_ids(services, unit)
    found = services.database.read(lambda c: store.filed_of(c, ids))
    return {str(ids.index(case) + 1): slips for case, slips in found.items()}


# what a page shows


def test_the_layout_of_a_printed_slip_is_the_one_that_is_read(sheets: Sheets) -> None:
    line = sheets.template.convert("L").crop(
        (
            int(SIGNER_LINE.left * PX_PER_MM) + 4,
            int((SIGNER_LINE.top - 1) * PX_PER_MM),
            int(SIGNER_LINE.right * PX_PER_MM) - 4,
            int((SIGNER_LINE.top + 1) * PX_PER_MM),
        )
    )
    rows = [max(line.crop((0, y, line.width, y + 1)).tobytes()) for y in range(line.height)]
    assert min(rows) < 200  # a line without a gap, from end to end
    left, top = (round(v * PX_PER_MM) for v in (SLIP_QR.left, SLIP_QR.top))
    assert sheets.template.convert("L").getpixel((left + 1, top + 1)) < 60


@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 10, -10])
def test_a_slip_is_read_however_the_page_lies(sheets: Sheets, degrees: int) -> None:
    page = slip(sheets.of_01[0]).rotate(
        degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white"
    )
    (part,) = read(page, sheets)
    assert (part.code, part.season, part.ink) == (FIRST, SEASON, "signed")
    picture = Image.open(io.BytesIO(part.jpeg))
    assert picture.width > 1.5 * picture.height  # upright


def test_a_slip_that_nobody_signed_is_seen(sheets: Sheets) -> None:
    assert [part.ink for part in read(sheets.of_01[2], sheets)] == ["empty"]


def test_a_thumb_print_counts_as_ink(sheets: Sheets) -> None:
    sheet = drawn.signed(sheets.of_01[2].copy(), Random(3), DPI, thumb=True)
    assert [part.ink for part in read(sheet, sheets)] == ["signed"]


@pytest.mark.parametrize("style", ["grey", "fax", "shadow", "dim", "crumpled"])
def test_a_poor_scan_is_read(sheets: Sheets, style: str) -> None:
    page = drawn.scanned(slip(sheets.of_01[0]).copy(), style, Random(5))
    assert named(read(page, sheets)) == [FIRST]


def test_two_slips_on_an_a3_are_two(sheets: Sheets) -> None:
    assert named(read(drawn.side_by_side(sheets.of_01[:2]), sheets)) == [FIRST, SECOND]


def test_a_blank_back_through_which_the_front_shows_is_blank(sheets: Sheets) -> None:
    assert named(read(drawn.back(sheets.of_01[0], Random(1)), sheets)) == ["blank"]


def test_a_slip_without_a_code_is_left_to_a_person_with_its_picture(sheets: Sheets) -> None:
    (part,) = read(without_code(slip(sheets.of_01[0])), sheets)
    assert (part.code, part.why) == ("", "no_code")
    assert part.jpeg


def test_an_unread_slip_beside_a_read_one_is_noticed(sheets: Sheets) -> None:
    both = drawn.side_by_side([sheets.of_01[0], Image.new("RGB", sheets.of_01[1].size, "white")])
    both.paste(without_code(slip(sheets.of_01[1])), (sheets.of_01[0].width, 600))
    assert named(read(both, sheets)) == [FIRST, "other_code"]


def test_a_slip_with_another_code_glued_on_it_is_nobodys(sheets: Sheets) -> None:
    page, k = slip(sheets.of_01[0]).copy(), DPI / 25.4
    code = slip(sheets.of_01[1]).crop(tuple(round(v * k) for v in (160, 4, 188, 32)))
    page.paste(code, (round(100 * k), round(45 * k)))
    assert named(read(page, sheets)) == ["two_codes", "two_codes"]


def test_a_fax_whose_lines_lie_apart_has_its_true_shape(sheets: Sheets, tmp_path: Path) -> None:
    page = slip(sheets.of_01[0]).convert("L").resize((1080, 256)).convert("1")
    page.save(tmp_path / "fax.tif", dpi=(204, 98), compression="group4")
    (image,) = page_source.pages(tmp_path / "fax.tif", "fax.tif", [1])
    assert image is not None
    assert image.size == (1080, 533)


def test_a_tiff_of_sixteen_bits_with_two_pages_is_read(sheets: Sheets, tmp_path: Path) -> None:
    wide = [
        slip(s).convert("L").convert("I").point(lambda level: level * 257).convert("I;16")
        for s in sheets.of_01[:2]
    ]
    path = tmp_path / "two.tif"
    wide[0].save(path, save_all=True, append_images=wide[1:])
    assert page_source.count(path, "two.tif") == 2
    images = page_source.pages(path, "two.tif", [1, 2])
    assert [named(read(i, sheets)) for i in images if i is not None] == [[FIRST], [SECOND]]


# whose it is


def known(unit: str = "01") -> Known:
    return known_of(
        SEASON,
        unit,
        [
            CodeRow(case_id="a", code=FIRST, season=SEASON, unit="01", person_key="A"),
            CodeRow(case_id="b", code=OTHER_SCHOOL, season=SEASON, unit="02", person_key="B"),
            CodeRow(case_id="z", code=FIRST, season="2018", unit="01", person_key="Z"),
            CodeRow(case_id="y", code=THIRD, season="2018", unit="01", person_key="Y"),
        ],
    )


@pytest.mark.parametrize(
    ("part", "state", "why"),
    [
        (SlipPart(code=FIRST, season=SEASON), "filed", ""),
        (SlipPart(code=FIRST, season="2018"), "set_aside", "other_season"),
        (SlipPart(code=FIRST), "unreadable", "season_unsure"),
        (SlipPart(code=THIRD), "set_aside", "other_season"),
        (SlipPart(code=SECOND, season=SEASON), "set_aside", "unknown_code"),
        (SlipPart(code=OTHER_SCHOOL, season=SEASON), "set_aside", "other_school"),
        (SlipPart(why="two_codes"), "unreadable", "two_codes"),
        (SlipPart(why="blank"), "blank", "blank"),
        (SlipPart(), "unreadable", "no_code"),
    ],
)
def test_a_part_is_filed_only_where_its_code_is_of_this_season_and_school(
    part: SlipPart, state: str, why: str
) -> None:
    decision = decide(part, known(), set())
    assert (decision.state, decision.why) == (state, why)
    assert bool(decision.case_id) == (state == "filed")


def test_the_county_files_slips_of_every_school() -> None:
    part = SlipPart(code=OTHER_SCHOOL, season=SEASON)
    assert decide(part, known(unit=""), set()).case_id == "b"


def test_the_second_slip_of_a_person_is_noticed() -> None:
    taken: set[str] = set()
    part = SlipPart(code=FIRST, season=SEASON)
    assert [decide(part, known(), taken).state for _ in range(2)] == ["filed", "duplicate"]


# a stack from its upload to the people


class TakenOnce(NamedTuple):
    """A stack that was taken, and its file."""

    taken: Taken
    file: bytes


@pytest.fixture(scope="module")
def begun(
    folder_of_two_schools: Path, sheets: Sheets, tmp_path_factory: pytest.TempPathFactory
) -> Grown[TakenOnce]:
    """The first slip, its back, two on an A3, one of school 02, one torn, the first again; read once."""
    first, second, third = sheets.of_01
    given = pdf(
        place := tmp_path_factory.mktemp("stack"),
        slip(first),
        drawn.back(slip(first), Random(2)),
        drawn.side_by_side([second, third]),
        slip(sheets.of_02),
        without_code(slip(first)),
        slip(first),
    )
    file = given[1].read_bytes()
    return grown(
        folder_of_two_schools,
        place / "server",
        lambda services: TakenOnce(take(services, given), file),
    )


@pytest.fixture
def stack(begun: Grown[TakenOnce], tmp_path: Path) -> Taken:
    """The stack, in a folder of the test's own; the file it came as beside it."""
    (tmp_path / "stack.pdf").write_bytes(begun.made.file)
    return begun.made.taken


def test_a_stack_is_filed_with_its_ink_and_the_rest_is_named(
    services: Services, stack: Taken
) -> None:
    assert {case: [s.ink for s in slips] for case, slips in filed(services).items()} == {
        "1": ["signed"],
        "2": ["signed"],
        "3": ["empty"],
    }
    assert [(p.number, p.part, p.state, p.why) for p in parts_of(services, stack)] == [
        (1, 1, "filed", ""),
        (2, 1, "blank", "blank"),
        (3, 1, "filed", ""),
        (3, 2, "filed", ""),
        (4, 1, "set_aside", "other_school"),
        (5, 1, "unreadable", "no_code"),
        (6, 1, "duplicate", ""),
    ]
    assert (stack.filed, stack.open, stack.stack.pages) == (3, 1, 6)
    assert filed(services, "02") == {}


def test_the_pictures_are_kept_as_photos_are_and_the_upload_is_not(
    services: Services, stack: Taken, disk: Path
) -> None:
    hashes = {p.sha256 for p in parts_of(services, stack) if p.sha256}
    assert services.database.read(lambda c: photos.stored_of(c, sorted(hashes))) == hashes
    assert all(services.files.read(sha).startswith(b"\xff\xd8") for sha in hashes)
    assert list(services.settings.path("tmp").glob("slips*")) == []
    if not on_postgresql():  # it has its own backup, and its files are copied by themselves
        made = backup(services, disk / "copy")
        assert hashes <= {entry.path[-64:] for entry in made.files}
    late = "2030-01-01T00:00:00.000+00:00"
    names = photos.QuarantineNames()
    assert services.database.write(lambda c: photos.forget_unnamed(c, late, names)) == 0


def test_a_purge_destroys_slips_and_pictures(services: Services, stack: Taken) -> None:
    hashes = {p.sha256 for p in parts_of(services, stack) if p.sha256}
    purge(services, SEASON, who="admin", really="演示")
    assert not any(services.files.has(sha) for sha in hashes)
    assert parts_of(services, stack) == []
    assert services.database.read(lambda c: store.stacks(c, SEASON, WHOLE_COUNTY)) == []
    assert services.database.read(lambda c: purging.pending(c, SEASON)) is None


def test_a_purge_destroys_the_pictures_of_a_withdrawn_stack(
    services: Services, stack: Taken
) -> None:
    hashes = {p.sha256 for p in parts_of(services, stack) if p.sha256}
    slip_pages.withdraw(services, stack.stack.id, "01", who="one")
    purge(services, SEASON, who="admin", really="演示")
    assert services.database.read(photos.hashes) == set()
    assert not any(services.files.has(sha) for sha in hashes)


def test_the_same_stack_taken_twice_at_once_is_filed_once(
    services: Services, county: list[str], sheets: Sheets, tmp_path: Path
) -> None:
    given = pdf(tmp_path, slip(sheets.of_01[0]))
    found = at_once(services, partial(take_named, given))
    assert sorted(one.again for one in found) == [False, True, True]
    assert len({one.stack.id for one in found}) == 1
    (stack,) = services.database.read(lambda c: store.stacks(c, SEASON, "01"))
    assert [p.state for p in parts_of(services, found[0])] == ["filed"]
    query = select(func.count()).where(t.audit.c.action == "slips.file")
    assert services.database.read(lambda c: c.execute(query).scalar_one()) == 1
    assert stack.pages == 1


def test_a_picture_that_expires_while_its_stack_is_filed_is_there(
    services: Services,
    county: list[str],
    sheets: Sheets,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = pdf(tmp_path, slip(sheets.of_01[0]))
    slip_pages.withdraw(services, take(services, given).stack.id, "01", who="one")

    def expired_first(job: Callable[[Connection], StackRow]) -> StackRow:
        services.database.write(lambda c: c.execute(t.photo.delete()))
        services.files.keep_only(set())
        return services.database.write(job)

    check = services.change
    changes = iter((check, expired_first))
    monkeypatch.setattr(services, "change", lambda job: next(changes)(job))
    (page,) = parts_of(services, take(services, given))
    assert services.files.has(page.sha256)
    assert services.database.read(photos.hashes) == {page.sha256}


def waiting(services: Services, taken: Taken) -> PageRow:
    return next(p for p in parts_of(services, taken) if p.state == "unreadable")


def test_a_torn_slip_is_keyed_once_its_name_was_shown(services: Services, stack: Taken) -> None:
    page, shown = waiting(services, stack), "01-0004-" + case_code("01", 4)[-1]
    (found,) = slip_pages.look_up(services, page.id, shown.lower(), "01")
    assert (found.case.borrower.name, found.has_slip) == ("样例3", False)
    assert "4" not in filed(services)
    slip_pages.key(services, page.id, shown, "01", who="one")
    assert [s.sha256 for s in filed(services)["4"]] == [page.sha256]


def test_several_codes_are_keyed_for_one_picture(services: Services, stack: Taken) -> None:
    codes = " ".join(case_code("01", n) for n in (4, 5))
    slip_pages.key(services, waiting(services, stack).id, codes, "01", who="one")
    assert sorted(filed(services)) == ["1", "2", "3", "4", "5"]


def test_a_keyed_code_of_another_school_or_of_nobody_is_refused(
    services: Services, stack: Taken
) -> None:
    page = waiting(services, stack).id
    for text, code in (
        (OTHER_SCHOOL, "slips.other_school"),
        (case_code("01", 99), "slips.code_unknown"),
        ("01-0001-X", "case.code_invalid"),
        (" ", "slips.no_code"),
    ):
        with pytest.raises(ProblemError) as refused:
            slip_pages.key(services, page, text, "01", who="one")
        assert refused.value.code == code


def test_a_picture_is_decided_about_once(services: Services, stack: Taken) -> None:
    page, code = waiting(services, stack).id, case_code("01", 4)
    slip_pages.key(services, page, code, "01", who="one")
    with pytest.raises(ProblemError) as refused:
        slip_pages.key(services, page, code, "01", who="other")
    assert refused.value.code == "slips.page_done"


def test_a_filing_is_taken_back_and_keyed_anew(services: Services, stack: Taken) -> None:
    page = parts_of(services, stack)[0]
    slip_pages.undo(services, page.id, "01", who="one")
    assert "1" not in filed(services)
    slip_pages.key(services, page.id, case_code("01", 6), "01", who="one")
    assert "6" in filed(services)


def test_the_second_slip_can_take_the_place_of_the_first(services: Services, stack: Taken) -> None:
    second = next(p for p in parts_of(services, stack) if p.state == "duplicate")
    slip_pages.use_instead(services, second.id, "01", who="one")
    states = [p.state for p in parts_of(services, stack)]
    assert (states[0], states[-1]) == ("duplicate", "keyed")
    assert len(filed(services)["1"]) == 1


def test_a_page_that_is_no_slip_is_set_aside(services: Services, stack: Taken) -> None:
    page = waiting(services, stack)
    slip_pages.not_a_slip(services, page.id, "01", who="one")
    assert services.database.read(lambda c: store.waiting(c, SEASON, "01")) == 0


def test_the_same_files_again_change_nothing(
    services: Services, stack: Taken, tmp_path: Path
) -> None:
    again = take(services, ("renamed.pdf", tmp_path / "stack.pdf"))
    assert (again.again, again.stack.id) == (True, stack.stack.id)
    assert len(services.database.read(lambda c: store.stacks(c, SEASON, "01"))) == 1


def test_a_withdrawn_stack_files_nobody_and_may_come_again(
    services: Services, stack: Taken, tmp_path: Path
) -> None:
    assert slip_pages.withdraw(services, stack.stack.id, "01", who="one") == 3
    assert filed(services) == {}
    assert take(services, ("stack.pdf", tmp_path / "stack.pdf")).filed == 3


def test_another_school_does_nothing_with_a_stack(services: Services, stack: Taken) -> None:
    page = waiting(services, stack).id
    attempts: list[Callable[[], object]] = [
        lambda: slip_pages.look_up(services, page, OTHER_SCHOOL, "02"),
        lambda: slip_pages.undo(services, page, "02", who="two"),
        lambda: slip_pages.withdraw(services, stack.stack.id, "02", who="two"),
    ]
    for attempt in attempts:
        with pytest.raises(ProblemError) as refused:
            attempt()
        assert refused.value.code in ("slips.page_unknown", "slips.stack_unknown")


def test_the_slip_of_somebody_who_is_off_the_list_is_kept(
    services: Services, county: list[str], sheets: Sheets, tmp_path: Path
) -> None:
    gone = case_ids(services, "01")[0]
    services.change(lambda c: off_list.on_list.take_out(c, SEASON, [gone], "已还清", "now"))
    assert take(services, pdf(tmp_path, slip(sheets.of_01[0]))).filed == 1


def test_a_broken_page_and_a_broken_file_leave_the_rest(
    services: Services, county: list[str], sheets: Sheets, tmp_path: Path
) -> None:
    (tmp_path / "no.pdf").write_bytes(b"%PDF-1.7\nnothing")
    photo = tmp_path / "cut.jpg"
    out = io.BytesIO()
    slip(sheets.of_01[1]).save(out, "JPEG")
    photo.write_bytes(out.getvalue()[: len(out.getvalue()) // 3])
    taken = take(
        services,
        ("no.pdf", tmp_path / "no.pdf"),
        ("cut.jpg", photo),
        pdf(tmp_path, slip(sheets.of_01[0])),
    )
    assert taken.filed == 1
    assert [(p.place, p.why) for p in parts_of(services, taken) if p.state == "unreadable"] == [
        ("cut.jpg · 1", "broken"),
        ("no.pdf", "broken"),
    ]


def test_a_stack_in_which_no_file_opens_is_refused_by_name(
    services: Services, county: list[str], tmp_path: Path
) -> None:
    for data, code in ((b"hello", "slips.unreadable"), (b"\0\0\0\x18ftypheic", "slips.heic")):
        (tmp_path / "a.heic").write_bytes(data)
        with pytest.raises(ProblemError) as refused:
            take(services, ("a.heic", tmp_path / "a.heic"))
        assert refused.value.code == code
    assert services.database.read(lambda c: store.stacks(c, SEASON, WHOLE_COUNTY)) == []


def test_a_million_pages_are_refused_before_any_is_read(
    services: Services, county: list[str], tmp_path: Path
) -> None:
    (tmp_path / "many.pdf").write_bytes(hostile_pdf.million_pages())
    with pytest.raises(ProblemError) as refused:
        take(services, ("many.pdf", tmp_path / "many.pdf"))
    assert refused.value.code == "slips.too_many_pages"


def test_hostile_pages_cost_themselves_alone(
    services: Services,
    county: list[str],
    sheets: Sheets,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = Limits(wall_s=600, cpu_s=4, memory_mib=768, file_mib=64, of_file=True)
    monkeypatch.setitem(LIMITS, "stack", small)
    given = [pdf(tmp_path, slip(sheets.of_01[0]))]
    for data in (hostile_pdf.endless_drawings(), hostile_pdf.nested_flate(1024)):
        path = tmp_path / f"{len(given)}.pdf"
        path.write_bytes(data)
        given.append((path.name, path))
    given.append(pdf(tmp_path, slip(sheets.of_01[1]), name="last.pdf"))
    taken = take(services, *given)
    assert [(p.place, p.state) for p in parts_of(services, taken)] == [
        ("stack.pdf · 1", "filed"),
        ("1.pdf · 1", "blank"),
        ("2.pdf · 1", "unreadable"),
        ("last.pdf · 1", "filed"),
    ]


@pytest.mark.parametrize("size", [(1, 100_000), (100_000, 1), (30_000, 2100)])
def test_a_page_of_any_shape_leaves_the_rest(
    services: Services,
    county: list[str],
    sheets: Sheets,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    strip = tmp_path / "strip.png"
    Image.new("L", size, 0).save(strip)
    taken = take(services, (strip.name, strip), pdf(tmp_path, slip(sheets.of_01[0])))
    assert taken.filed == 1
    strip_page = parts_of(services, taken)[0]
    assert strip_page.place == "strip.png · 1"
    assert strip_page.state in ("blank", "unreadable")


def test_the_command_line_files_a_stack(
    services: Services, county: list[str], sheets: Sheets, tmp_path: Path
) -> None:
    _, path = pdf(tmp_path, slip(sheets.of_01[0]))
    data = services.settings.data_dir
    done = report(doorstep("slips", path, "--school", "01", "--json", data=data))
    assert (done["filed"], done["unreadable"]) == (1, 0)


def test_a_stack_sent_twice_at_once_is_filed_once(
    services: Services, county: list[str], sheets: Sheets, tmp_path: Path
) -> None:
    given = pdf(tmp_path, slip(sheets.of_01[0]))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: take(services, given), range(2)))
    assert sorted(taken.again for taken in both) == [False, True]
    assert both[0].stack == both[1].stack
    assert len(services.database.read(lambda c: store.stacks(c, SEASON, "01"))) == 1
