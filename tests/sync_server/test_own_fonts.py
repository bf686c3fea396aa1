"""A county's own faces: found by name, used for what they have, kept with what was printed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from litestar import Litestar

from shared.assets import FONTS
from shared.problems import ProblemError
from shared.season import Season
from sync_server.office import doctor, fonts, summaries
from sync_server.office.backup import backup
from sync_server.office.backup_names import is_usable
from sync_server.office.seasons import change
from sync_server.office.summary_files import folder_of
from sync_server.paperwork import font_file, glyphs
from sync_server.paperwork.faces import Face, Faces, KeptFaces
from sync_server.sealing import seal
from sync_server.sealing.making.compose import compose
from sync_server.services import Services
from sync_server.store import seasons
from tests.support.console_browser import people, signed_in
from tests.support.own_fonts import BODY, POSTSCRIPT, TITLE, families_of, put
from tests.support.seal_samples import inputs
from tests.support.summaries import WHO, all_repaid, composed, stamped_version

CHARSET = glyphs.load_charset(FONTS)
UNSEEN = "0123456789]"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("own")
    return {family: put(folder, family) for family in (BODY, TITLE)}


@pytest.fixture
def county(services: Services, made: dict[str, Path]) -> Services:
    """A server whose county has put both faces into fonts/."""
    all_repaid(services)
    for path in made.values():
        os.link(path, services.settings.path(fonts.OWN) / path.name)
    return services


def with_faces(services: Services, **faces: str) -> Season:
    season = services.database.read(lambda c: seasons.get(c, services.season))
    return msgspec.structs.replace(season, **faces)


def test_faces_are_known_by_their_names(county: Services) -> None:
    found = fonts.look(county.settings, None)
    assert {role: f.family for role, f in found.used.items() if f} == {
        "body": BODY,
        "title": TITLE,
    }
    assert all("㛃" in file.lacking for file in found.files)


def test_a_summary_is_set_in_them_and_seals_the_same_pages_when_they_are_gone(
    county: Services,
) -> None:
    row = stamped_version(county)
    pages = (folder_of(county, row) / "printed.pdf").read_bytes()
    assert set(POSTSCRIPT.values()) < families_of(pages)
    for path in county.settings.path(fonts.OWN).iterdir():
        path.unlink()
    assert summaries.seal(county, row.id, who=WHO).sha256
    assert fonts.in_use(county) is None


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_without_the_faces_it_was_printed_with_it_is_not_sealed(
    county: Services, damage: str
) -> None:
    folder = folder_of(county, composed(county))
    kept = fonts.recorded(county, folder)
    assert kept is not None
    assert len(kept.faces.each) == 2
    path = next(kept.folder.iterdir())
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    with pytest.raises(ProblemError) as refused:
        kept.copy_to(folder / "faces")
    assert refused.value.code == f"fonts.kept_{damage}"
    assert refused.value.values["file"] == str(path)


def test_the_bytes_of_a_face_are_kept_once(county: Services) -> None:
    first, again = fonts.in_use(county), fonts.in_use(county)
    assert first == again
    assert first is not None
    assert sorted(p.stem for p in first.folder.iterdir()) == sorted(
        face.sha256 for face in first.faces.each
    )


def test_the_season_names_the_face(county: Services) -> None:
    name = "方正小标宋简体.otf"
    found = fonts.look(county.settings, with_faces(county, body_face=name))
    assert {f.family for f in found.used.values() if f} == {TITLE}


def test_a_face_that_the_season_names_and_nobody_put_there_stops_the_print(
    county: Services,
) -> None:
    named = with_faces(county, title_face="华文中宋")
    change(county, county.season, lambda _: named, who=WHO)
    with pytest.raises(ProblemError) as refused:
        fonts.in_use(county)
    assert (refused.value.code, refused.value.values["name"]) == ("fonts.not_found", "华文中宋")


def test_of_two_faces_the_one_that_lacks_less_is_used(county: Services) -> None:
    put(county.settings.path(fonts.OWN), "方正仿宋_GBK", lacks="")
    used = fonts.look(county.settings, None).used["body"]
    assert used is not None
    assert used.family == "方正仿宋_GBK"


@pytest.mark.parametrize("flags", [0x0002, 0x0104, 0x0200])
def test_a_licence_that_forbids_embedding_is_named(tmp_path: Path, flags: int) -> None:
    problem = font_file.read(put(tmp_path, BODY, fs_type=flags), CHARSET).problem
    assert problem is not None
    assert problem.code == "fonts.embedding"
    assert f"{BODY}.otf" in problem.message()


def test_files_that_are_no_fonts_for_us_are_named(tmp_path: Path) -> None:
    (tmp_path / "说明.txt").write_text("字体许可")
    (tmp_path / "断了.ttf").write_bytes((FONTS / "NotoSansSC-subset.otf").read_bytes()[:3000])
    (tmp_path / "simsun.ttc").write_bytes(b"ttcf\0\1\0\0" + bytes(100))
    with (tmp_path / "大.ttf").open("wb") as file:
        file.truncate(200 * 2**20)
    (tmp_path / "empty.otf").touch()
    found = {path.name: font_file.read(path, CHARSET).problem for path in tmp_path.iterdir()}
    assert {name: problem and problem.code for name, problem in found.items()} == {
        "说明.txt": "fonts.not_font",
        "断了.ttf": "fonts.not_font",
        "simsun.ttc": "fonts.collection",
        "大.ttf": "fonts.too_large",
        "empty.otf": "fonts.not_font",
    }
    assert all(name in problem.message() for name, problem in found.items() if problem)


def test_a_glyph_without_strokes_comes_from_our_own_face() -> None:
    face = Face(family=BODY, file="f", sha256="0", empty="ﾠ㛃-]^\\")
    given = KeptFaces(faces=Faces(body=face), folder=Path()).for_template()
    assert given == {"body": [{"name": BODY, "empty": r"ﾠ㛃\x{2d}\x{5d}\x{5e}\x{5c}"}], "title": []}


async def test_the_page_and_doctor_say_what_is_found(county: Services, app: Litestar) -> None:
    people(county)
    (county.settings.path(fonts.OWN) / "坏.ttf").write_bytes(b"no font")
    text = (await (await signed_in(app, "admin")).get("/fonts")).text
    assert all(word in text for word in (BODY, TITLE, "坏.ttf", "不能用", "在用", "缺 2 个字"))
    line = next(c for c in doctor.checks(county) if c["what"] == "自备字体")
    assert line["ok"] is False
    assert f"{TITLE}.otf" in line["words"]
    assert "坏.ttf" in line["words"]


def test_a_backup_holds_the_faces_and_what_was_printed_with(
    county: Services, tmp_path: Path
) -> None:
    composed(county)
    backup(county, tmp_path / "backup")
    names = {
        p.relative_to(tmp_path / "backup").as_posix() for p in (tmp_path / "backup").rglob("*")
    }
    assert f"fonts/{TITLE}.otf" in names
    assert len([n for n in names if n.startswith("printed-fonts/")]) == 2
    assert all(is_usable(n) for n in names if n.startswith(("fonts/", "printed-fonts/")))


def without_strokes(font: TTFont) -> None:
    """Figures and a bracket that draw nothing, as the blank between Chinese."""
    for table in font["cmap"].tables:
        for character in UNSEEN:
            table.cmap[ord(character)] = table.cmap[0x3000]


def of_height(capitals: int, ascent: int, descent: int) -> Callable[[TTFont], None]:
    """What a face says of its height, in thousandths."""

    def edit(font: TTFont) -> None:
        font["OS/2"].sCapHeight = capitals
        font["hhea"].ascent = font["OS/2"].sTypoAscender = ascent
        font["hhea"].descent = font["OS/2"].sTypoDescender = descent

    return edit


def page_1(folder: Path, path: Path) -> tuple[seal.Expected, bytes]:
    """What a scan of a summary in this face must show, and its first page in pixels."""
    file = font_file.read(path, CHARSET)
    (folder / f"{file.sha256}.ttf").write_bytes(path.read_bytes())
    face = Face(family=file.family, file=file.file, sha256=file.sha256, empty=file.empty)
    kept = KeptFaces(faces=Faces(body=face), folder=folder)
    printed = seal.print_summary(compose(inputs(3, 1)), FONTS, kept)
    page = pypdfium2.PdfDocument(printed.rendered.pdf)[0]
    return printed.expected, page.render(scale=1).to_pil().tobytes()


def test_figures_that_a_face_draws_without_strokes_are_printed_in_ours(tmp_path: Path) -> None:
    unseen = put(tmp_path, BODY, "unseen.otf", edit=without_strokes)
    lacking = put(tmp_path, BODY, "lacking.otf", lacks=UNSEEN + "㛃")
    assert set(font_file.read(unseen, CHARSET).empty) >= set(UNSEEN)
    assert page_1(tmp_path, unseen) == page_1(tmp_path, lacking)


@pytest.mark.parametrize("height", [(0, 0, 0), (3000, 6000, -4000)])
def test_lines_keep_their_distance_whatever_a_face_says_of_its_height(
    tmp_path: Path, height: tuple[int, int, int]
) -> None:
    usual = put(tmp_path, BODY, "usual.otf")
    odd = put(tmp_path, BODY, "odd.otf", edit=of_height(*height))
    assert page_1(tmp_path, odd) == page_1(tmp_path, usual)


def test_a_file_replaced_under_its_size_and_time_leaves_what_the_one_before_printed(
    services: Services, made: dict[str, Path]
) -> None:
    path = services.settings.path(fonts.OWN) / f"{BODY}.otf"
    path.write_bytes(made[BODY].read_bytes())
    before, state = fonts.in_use(services), path.stat()
    data = bytearray(path.read_bytes())
    data[data.index(b"Noto")] ^= 0x20
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    after = fonts.in_use(services)
    assert before is not None
    assert after is not None
    assert before.faces != after.faces
    for kept, name in ((before, "before"), (after, "after")):
        kept.copy_to(services.settings.data_dir / name)


def test_two_files_of_one_family_for_text_and_titles_are_refused(
    services: Services, made: dict[str, Path]
) -> None:
    folder = services.settings.path(fonts.OWN)
    (folder / f"{BODY}.otf").write_bytes(made[BODY].read_bytes())
    put(folder, BODY, "other.otf", lacks="㛃䶮")
    change(
        services,
        services.season,
        lambda season: msgspec.structs.replace(season, title_face="other.otf"),
        who=WHO,
    )
    with pytest.raises(ProblemError, match=r"fonts\.same_family") as raised:
        fonts.in_use(services)
    assert raised.value.values["file"] == "other.otf"
