"""What goes up as a folder: readable by any program, within a recipient's rights, checked from anywhere."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import openpyxl
import pypdfium2
import pytest

from shared.digest import sha256_hex
from shared.problems import ProblemError
from sync_server.sealing import bundle_contents as names
from sync_server.sealing.bundle import Packed, may_have_school_files
from sync_server.sealing.bundle_zip import LIMIT_BYTES
from sync_server.sealing.checking import verify
from sync_server.sealing.checking.folder import check_folder
from sync_server.sealing.summary import CountySummary
from tests.support.bundles import COLUMNS, LONG_NAME, WHY, County, county
from tests.support.command_line import doorstep, report
from tests.support.seal_samples import NAMES, NARRATIVE, keys

WINDOWS = re.compile(r'[<>:"\\|?*\x00-\x1f]|[. ]$')


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> County:
    return county(tmp_path_factory.mktemp("sealed"))


@pytest.fixture(scope="module")
def packed(
    sealed: County, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Packed, Path]]:
    """The zips for province and bank."""
    folder = tmp_path_factory.mktemp("packed")
    return {
        key: (sealed.pack(key, folder / f"{key}.zip"), folder / f"{key}.zip")
        for key in ("province", "bank")
    }


@pytest.fixture
def unpacked(packed: dict[str, tuple[Packed, Path]], tmp_path: Path) -> dict[str, Path]:
    """The folders, far from where the county keeps anything."""
    for made, path in packed.values():
        with zipfile.ZipFile(path) as file:
            file.extractall(tmp_path)
        assert (tmp_path / made.name).is_dir()
    return {key: tmp_path / made.name for key, (made, _) in packed.items()}


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def words_of(pdf: Path | bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_bounded() for page in document)


def everything(folder: Path, root: bytes) -> Iterator[tuple[str, str]]:
    """Every text in the folder: of pages, sheets, files inside sealed files."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".pdf":
            yield path.name, words_of(path).replace("\r\n", "")
            found = verify.open_sealed(path, root)
            for name, data in found.attachments.items():
                if name.endswith((".json", ".xlsx")):  # scans are pictures of the same pages
                    text = sheets(data) if name.endswith("xlsx") else data.decode()
                    yield f"{path.name}/{name}", text
        elif path.suffix == ".xlsx":
            yield path.name, sheets(path.read_bytes())
        elif path.is_file():
            yield path.name, path.read_bytes().decode(errors="ignore")


def sheets(data: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(data))
    cells = (cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    return "|".join(str(cell) for cell in cells if cell is not None)


def test_the_folder_for_the_province_has_what_the_notice_asks_for(
    unpacked: dict[str, Path],
) -> None:
    assert files_of(unpacked["province"]) == {
        names.NOTE,
        names.REPORT,
        names.WORKBOOK,
        names.REGISTER,
        "各校/01 青槐县柳林镇中心校.pdf",
        f"各校/02 {LONG_NAME}（阅读副本，不是封存件）.pdf",
        f"核验/大文件分卷/02 {LONG_NAME}.pdf.001",
        f"核验/大文件分卷/02 {LONG_NAME}.pdf.002",
        names.ROOT,
        names.HOW,
        names.CONTENTS,
    }


def test_the_banks_folder_has_no_schools_file_and_says_why(unpacked: dict[str, Path]) -> None:
    folder = unpacked["bank"]
    assert files_of(folder) == {
        names.NOTE,
        names.REPORT,
        names.WORKBOOK,
        names.REGISTER,
        "各校/01 青槐县柳林镇中心校 逐人表.xlsx",
        names.ROOT,
        names.HOW,
        names.CONTENTS,
    }
    assert "不提供给本报送对象" in words_of(folder / names.REGISTER).replace("\r\n", "")


def test_nothing_in_the_banks_folder_tells_a_narrative_a_reason_of_health_or_a_whole_name(
    unpacked: dict[str, Path], sealed: County
) -> None:
    hidden = (NARRATIVE[:10], "长期患病", WHY[:6], "重大疾病", '"illness"', "A1", *NAMES[:5])
    for name, text in everything(unpacked["bank"], sealed.root):
        if name.endswith((".pem", names.CONTENTS.rpartition("/")[2])):
            continue
        found = [word for word in hidden if word in text]
        assert not found, (name, found)
    province = "".join(text for _, text in everything(unpacked["province"], sealed.root))
    assert NARRATIVE[:10] in province


def test_sealed_files_go_in_byte_for_byte(unpacked: dict[str, Path], sealed: County) -> None:
    for key, folder in unpacked.items():
        assert (folder / names.REPORT).read_bytes() == sealed.reports[key].pdf.read_bytes()
    school = unpacked["province"] / "各校/01 青槐县柳林镇中心校.pdf"
    assert school.read_bytes() == sealed.schools[0].pdf.read_bytes()


def test_the_workbook_has_the_recipients_own_columns(unpacked: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(unpacked["bank"] / names.WORKBOOK)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert list(rows[2]) == [column.header for column in COLUMNS]
    assert rows[3][1] in ("青槐县柳林镇中心校", LONG_NAME)


def test_a_recipients_form_of_people_goes_along_alone_and_without_reasons_of_health(
    unpacked: dict[str, Path],
) -> None:
    book = openpyxl.load_workbook(unpacked["bank"] / "各校/01 青槐县柳林镇中心校 逐人表.xlsx")
    assert len(book.worksheets) == 1
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert list(rows[2]) == ["合同编号", "应还合计", "原因"]
    reasons = {row[2] for row in rows[3:]}
    assert "不列" in reasons
    assert "重大疾病" not in reasons


def test_every_file_is_smaller_than_20_mb_and_the_parts_are_the_sealed_file(
    unpacked: dict[str, Path], sealed: County
) -> None:
    big = sealed.schools[1].pdf.read_bytes()
    assert len(big) > LIMIT_BYTES
    folder = unpacked["province"]
    assert all(p.stat().st_size < LIMIT_BYTES for p in folder.rglob("*") if p.is_file())
    parts = sorted((folder / names.PARTS).iterdir())
    assert b"".join(part.read_bytes() for part in parts) == big


def test_the_smaller_copy_says_on_every_page_that_it_is_no_sealed_file(
    unpacked: dict[str, Path], sealed: County
) -> None:
    copy = next((unpacked["province"] / names.SCHOOLS).glob("02*"))
    document = pypdfium2.PdfDocument(copy)
    original = pypdfium2.PdfDocument(sealed.schools[1].pdf)
    assert len(document) == len(original)
    digest = sealed.schools[1].files.sha256
    for page in document:
        text = page.get_textpage().get_text_bounded()
        assert "阅读副本，不是封存件" in text
        assert digest in re.sub(r"\s", "", text)
    verdict = verify.verify(copy, sealed.root)
    assert not verdict.ok


def test_the_commands_on_paper_put_the_parts_together(
    unpacked: dict[str, Path], sealed: County
) -> None:
    folder = unpacked["province"]
    text = (folder / names.HOW).read_text("utf-8-sig")
    command = next(line for line in text.splitlines() if " cat " in line).partition(": ")[2]
    subprocess.run(["sh", "-c", command], check=True, cwd=folder / names.PARTS)
    joined = folder / names.PARTS / f"02 {LONG_NAME}.pdf"
    assert sha256_hex(joined.read_bytes()) == sealed.schools[1].files.sha256
    assert verify.verify(joined, sealed.root).ok


def test_equal_sealed_files_give_an_equal_zip(
    sealed: County, packed: dict[str, tuple[Packed, Path]], tmp_path: Path
) -> None:
    for key, (made, path) in packed.items():
        again = sealed.pack(key, tmp_path / f"{key}.zip")
        assert again == made
        assert (tmp_path / f"{key}.zip").read_bytes() == path.read_bytes()
        assert made.sha256 == sha256_hex(path.read_bytes())


def test_names_are_utf_8_and_fit_every_system(packed: dict[str, tuple[Packed, Path]]) -> None:
    for made, path in packed.values():
        with zipfile.ZipFile(path) as file:
            assert file.testzip() is None
            assert len(file.infolist()) == made.files
            for info in file.infolist():
                assert info.flag_bits & 0x800
                parts = info.filename.split("/")
                assert parts[0] == made.name
                assert not any(WINDOWS.search(part) for part in parts)
                assert all(len(part.encode()) < 255 for part in parts)
                assert len(info.filename) < 180


@pytest.mark.skipif(not shutil.which("unzip"), reason="needs unzip")
def test_another_program_unpacks_the_same_files(
    packed: dict[str, tuple[Packed, Path]], unpacked: dict[str, Path], tmp_path: Path
) -> None:
    made, path = packed["province"]
    out = tmp_path / "other"
    command = ["unzip", "-q", "-O", "UTF-8", str(path), "-d", str(out)]
    tried = subprocess.run(command, env={"LANG": "C.UTF-8"}, capture_output=True)
    if tried.returncode:  # an unzip without -O
        subprocess.run(
            ["unzip", "-q", str(path), "-d", str(out)], env={"LC_ALL": "C.UTF-8"}, check=True
        )
    theirs, ours = out / made.name, unpacked["province"]
    assert files_of(theirs) == files_of(ours)
    for name in files_of(ours):
        assert (theirs / name).read_bytes() == (ours / name).read_bytes()


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler")
def test_another_reader_reads_the_explanation(unpacked: dict[str, Path]) -> None:
    note = unpacked["province"] / names.NOTE
    text = subprocess.run(["pdftotext", str(note), "-"], capture_output=True, check=True).stdout
    plain = re.sub(r"\s", "", text.decode())
    for words in ("01汇总（盖章）.pdf", "02汇总表.xlsx", "签名有效性未知", "不是公章的电子印章"):
        assert words in plain
    assert "https://zizhu.example/check" in plain
    assert "大文件分卷" in plain


def test_verify_tells_of_every_file_what_it_is_and_that_it_is_whole(
    unpacked: dict[str, Path], sealed: County
) -> None:
    for key, apart in (("province", 0), ("bank", 2)):
        verdict = check_folder(unpacked[key], sealed.root)
        assert verdict.ok, verdict.as_json()
        assert {file.path for file in verdict.files} == files_of(unpacked[key])
        assert all(file.words for file in verdict.files)
        assert [one.code for one in verdict.notes].count("verify.bundle_apart") == apart


def test_the_printed_command_runs_as_it_is_printed(
    unpacked: dict[str, Path], sealed: County, tmp_path: Path
) -> None:
    folder = unpacked["bank"]
    text = (folder / names.HOW).read_text("utf-8-sig")
    (command,) = re.findall(r"doorstep (verify .+? --trust root\.pem)", text)
    assert command.replace(" ", "") in re.sub(r"\s", "", words_of(folder / names.NOTE))
    (folder.parent / "root.pem").write_bytes(sealed.root)
    verb, *given = shlex.split(command)
    asked = doorstep(verb, *(str(folder.parent / g) if g[0] != "-" else g for g in given))
    assert asked.returncode == 0, asked.stderr


def test_whoever_gives_the_zip_is_told_to_unpack_it(sealed: County, tmp_path: Path) -> None:
    sealed.pack("bank", tmp_path / "b.zip")
    asked = doorstep(
        "verify", str(tmp_path / "b.zip"), "--trust", str(sealed.keys_dir / "root.pem")
    )
    assert asked.returncode == 2
    assert "请先解压" in re.sub(r"[\s│]", "", asked.stderr)


def test_without_a_trusted_root_its_fingerprint_is_to_be_compared(
    unpacked: dict[str, Path],
) -> None:
    verdict = check_folder(unpacked["bank"], None)
    assert verdict.ok
    note = next(one for one in verdict.notes if one.code == "verify.bundle_root")
    printed = re.sub(r"\s", "", words_of(unpacked["bank"] / names.NOTE))
    digits = re.search(r"[0-9a-f]{64}", re.sub(r"\s", "", note.message))
    assert digits
    assert digits.group() in printed


def test_the_command_line_checks_a_folder_without_a_data_folder(
    unpacked: dict[str, Path], sealed: County, tmp_path: Path
) -> None:
    trust = tmp_path / "trusted.pem"
    trust.write_bytes(sealed.root)
    folder = unpacked["province"]
    done = doorstep("verify", folder, "--trust", trust, "--json")
    assert done.returncode == 0
    found = report(done)
    assert found["ok"]
    assert (found["recipient"], found["version"]) == ("省学生资助管理中心", 1)
    shown = doorstep("verify", folder, "--trust", trust)
    assert "学校的封存件" in shown.stdout
    (folder / names.NOTE).write_bytes(b"%PDF-1.7 another note")
    done = doorstep("verify", folder, "--trust", trust, "--json")
    assert done.returncode == 1
    wrong = [file for file in report(done)["files"] if not file["ok"]]
    assert [(f["path"], f["problems"][0]["code"]) for f in wrong] == [
        (names.NOTE, "verify.bundle_changed")
    ]


def codes(folder: Path, root: bytes) -> dict[str, list[str]]:
    verdict = check_folder(folder, root)
    found = {f.path: [p.code for p in f.problems] for f in verdict.files if f.problems}
    if verdict.problems:
        found[""] = [p.code for p in verdict.problems]
    return found


def test_what_was_changed_is_missing_or_added_is_named(
    unpacked: dict[str, Path], sealed: County
) -> None:
    folder = unpacked["province"]
    school = folder / "各校/01 青槐县柳林镇中心校.pdf"
    data = bytearray(school.read_bytes())
    data[len(data) // 2] ^= 1
    school.write_bytes(data)
    part = f"核验/大文件分卷/02 {LONG_NAME}.pdf.002"
    (folder / part).unlink()
    (folder / "各校/03 另一所学校.pdf").write_bytes(b"%PDF")
    (folder / "Thumbs.db").write_bytes(b"windows")
    found = codes(folder, sealed.root)
    assert found["各校/01 青槐县柳林镇中心校.pdf"] == ["verify.bundle_changed"]
    assert found["各校/03 另一所学校.pdf"] == ["verify.bundle_unknown"]
    assert found[part] == ["verify.bundle_missing"]
    assert "Thumbs.db" not in found


def test_a_list_that_was_changed_is_not_believed(unpacked: dict[str, Path], sealed: County) -> None:
    folder = unpacked["bank"]
    tree = json.loads((folder / names.CONTENTS).read_bytes())
    note = b"%PDF-1.7 another note"
    (folder / names.NOTE).write_bytes(note)
    for entry in tree["contents"]["files"]:
        if entry["path"] == names.NOTE:
            entry.update(sha256=sha256_hex(note), size_bytes=len(note))
    (folder / names.CONTENTS).write_bytes(json.dumps(tree).encode())
    assert codes(folder, sealed.root) == {"": ["verify.bundle_list"]}


def test_the_root_of_another_county_trusts_nothing(
    unpacked: dict[str, Path], tmp_path: Path
) -> None:
    other = (keys(tmp_path / "other-keys") / "root.pem").read_bytes()
    assert codes(unpacked["bank"], other) == {"": ["verify.bundle_list"]}


def test_a_sealed_file_that_is_not_the_one_rolled_up_is_not_packed(
    sealed: County, tmp_path: Path
) -> None:
    packing = sealed.packing("province")
    swapped = tuple(
        msgspec.structs.replace(one, path=packing.schools[0].path) for one in packing.schools
    )
    with pytest.raises(ProblemError, match=r"bundle\.child_gone"):
        sealed.pack("province", tmp_path / "b.zip", schools=swapped)


def test_a_school_sealed_elsewhere_is_named_as_not_enclosed(sealed: County, tmp_path: Path) -> None:
    packing = sealed.packing("province")
    made = sealed.pack("province", tmp_path / "b.zip", schools=packing.schools[:1])
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        file.extractall(tmp_path)
    verdict = check_folder(tmp_path / made.name, sealed.root)
    assert verdict.ok
    assert [one.code for one in verdict.notes] == ["verify.list_missing", "verify.bundle_apart"]
    assert "别处" in verdict.notes[1].message


def test_the_list_of_withdrawn_certificates_has_its_place(sealed: County, tmp_path: Path) -> None:
    made = sealed.pack("bank", tmp_path / "b.zip", withdrawn=b"{}")
    with zipfile.ZipFile(tmp_path / "b.zip") as file:
        assert file.read(f"{made.name}/{names.WITHDRAWN}") == b"{}"


def test_full_id_numbers_in_schools_files_keep_them_from_a_recipient_that_gets_masked_ones(
    sealed: County,
) -> None:
    summary = sealed.reports["province"].summary
    assert isinstance(summary, CountySummary)
    assert may_have_school_files(summary, full_id_numbers=False)
    assert not may_have_school_files(summary, full_id_numbers=True)
