"""The sample county and its pictures: exact totals, sound people, the shapes offices send, the same
bytes each time.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import segno
import xlwt
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageOps
from python_calamine import CalamineWorkbook

from shared import identity
from shared.cases import repaid
from shared.ids import case_code
from shared.paper import page_mark, parse_page_mark, slip_mark
from shared.problems import ProblemError
from sync_server.sample import workbook
from sync_server.sample.county import County, Snapshot, make_county, write_county
from sync_server.sample.model import seeded, share_out
from sync_server.sample.pictures import draw_slip, draw_stamped_scan

CODE = case_code("Q17", 23)


def write_xls(path: Path, county: County) -> None:
    """The due list as the bank's old program saves it: no unit row, amounts and numbers as numbers,
    sheet 名单.
    """
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("名单")
    sheet.write_merge(0, 0, 0, len(workbook.DUE_COLUMNS) - 1, workbook.due_title(county))
    for column, header in enumerate(workbook.DUE_COLUMNS):
        sheet.write(1, column, header)
    for row, cells in enumerate([*workbook.due_rows(county), workbook.due_totals(county)], start=2):
        for column, cell in enumerate(cells):
            is_amount = 5 <= column <= 8 and cells[0] != "合计"
            sheet.write(row, column, float(cell) if is_amount else cell)
    book.save(str(path))


def rows_of(path: Path) -> list[list[object]]:
    return [
        list(row) for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    ]


@pytest.fixture(scope="module")
def county() -> County:
    return make_county()


@pytest.fixture(scope="module")
def hamlet(county: County) -> County:
    """The first 300 cases: the same code in a tenth of the time."""
    cases = county.cases[:300]
    numbers = {contract.contract_no for case in cases for contract in case.contracts}
    snapshots = [
        Snapshot(
            day=snapshot.day,
            lines=tuple(line for line in snapshot.lines if line.contract_no in numbers),
        )
        for snapshot in county.snapshots
    ]
    return msgspec.structs.replace(county, cases=cases, snapshots=tuple(snapshots))


@pytest.fixture(scope="module")
def files(county: County, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The lists of the whole county, and its first day's snapshot."""
    folder = tmp_path_factory.mktemp("county")
    first = msgspec.structs.replace(county, snapshots=county.snapshots[:1])
    return {path.name: path for path in write_county(folder, first)}


def test_the_totals_are_those_of_the_notice_to_the_fen(county: County) -> None:
    assert len(county.cases) == 3917
    assert sum(case.principal_fen for case in county.cases) == 445_601_809
    assert sum(case.interest_fen for case in county.cases) == 203_426_877
    assert sum(case.total_fen for case in county.cases) == 649_028_686


def test_another_seed_is_another_county_with_the_same_totals(county: County) -> None:
    other = make_county(7)
    assert [case.borrower for case in other.cases] != [case.borrower for case in county.cases]
    assert (len(other.cases), sum(case.total_fen for case in other.cases)) == (3917, 649_028_686)
    assert other == make_county(7)


def test_everyone_has_one_to_four_contracts_of_years_before_graduation(county: County) -> None:
    numbers = [contract.contract_no for case in county.cases for contract in case.contracts]
    assert 9_000 <= len(numbers) < 10_000
    assert len(set(numbers)) == len(numbers)
    for case in county.cases:
        years = [contract.loan_year for contract in case.contracts]
        assert 1 <= len(years) <= 4
        assert len(set(years)) == len(years)
        assert max(years)[5:] <= case.graduated_on[:4] <= "2019"


def test_no_amount_is_negative_or_more_than_the_balance(county: County) -> None:
    for case in county.cases:
        for contract in case.contracts:
            assert contract.balance_fen is not None
            assert 0 <= contract.principal_fen <= contract.balance_fen
            assert contract.interest_fen > 0


def test_every_id_number_is_sound_unique_and_of_the_unassigned_area(county: County) -> None:
    borrowers = [case.borrower.id_number for case in county.cases]
    parents = {case.co_borrower.id_number for case in county.cases if case.co_borrower}
    assert len(set(borrowers) | parents) == len(borrowers) + len(parents)
    assert not [number for number in [*borrowers, *parents] if identity.check_id(number)]
    assert all(number.startswith("610599") for number in [*borrowers, *parents])
    assert {number[6:10] for number in borrowers} == {str(year) for year in range(1988, 1999)}


def test_every_phone_is_well_formed_and_of_a_block_nobody_had(county: County) -> None:
    people = [
        person for case in county.cases for person in (case.borrower, case.co_borrower) if person
    ]
    staff = [
        person.phone for school in county.schools for person in (school.leader, school.liaison)
    ]
    phones = [*(phone for person in people for phone in person.phones), *staff]
    assert all(identity.is_strict_mobile(phone) for phone in phones)
    assert {phone[:6] for phone in phones} == {"192000", "193000"}


def test_every_address_reads_back_as_its_township_and_village(county: County) -> None:
    for case in county.cases:
        assert identity.split_address(case.address) == (case.township, case.village)


def test_twenty_four_schools_the_two_smallest_with_the_rare_names(county: County) -> None:
    sizes = Counter(case.school for case in county.cases)
    assert set(sizes) == {school.name for school in county.schools}
    assert len(sizes) == 24
    smallest = {name for name, _ in sizes.most_common()[-2:]}
    assert [sizes[name] for name in sorted(smallest, key=sizes.__getitem__)] == [61, 65]
    there = {case.borrower.name for case in county.cases if case.school in smallest}
    assert {
        "王㛃",
        "李䶮",
        "张𬱖",
        "刘堃",
        "陈喆",
        "阿依古丽·买买提",
        "欧阳静宜",
        "司马明远",
    } <= there


def test_some_brothers_and_sisters_share_an_address_and_a_co_borrower(county: County) -> None:
    doors = Counter((case.address, case.co_borrower) for case in county.cases)
    assert 20 < sum(1 for people in doors.values() if people > 1) < 150


@given(
    total=st.integers(0, 10**9),
    weights=st.lists(st.integers(0, 10**6), min_size=1).filter(any),
    seed=st.integers(),
)
def test_shares_add_up_and_stay_within_one_unit_of_proportion(
    total: int, weights: list[int], seed: int
) -> None:
    shares = share_out(total, weights, seeded(seed))
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < sum(weights)
        assert weight or not share


def test_the_same_county_writes_the_same_bytes_and_reports_progress(
    hamlet: County, tmp_path: Path
) -> None:
    seen: list[tuple[str, int, int]] = []
    first = write_county(
        tmp_path / "a", hamlet, lambda name, done, of: seen.append((name, done, of))
    )
    second = write_county(tmp_path / "b", hamlet)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert seen == [(path.name, done, 11) for done, path in enumerate(first, start=1)]


def test_the_due_list_has_the_shape_offices_send(county: County, files: dict[str, Path]) -> None:
    title, unit, header, first, *_, last = rows_of(files["应还名单-2019.xlsx"])
    assert title[0] == "青槐县2019年国家开发银行生源地信用助学贷款应还本息学生名单"
    assert unit[0] == "单位:元"
    assert header[5:7] == ["应还本金\n(元)", "应还利息\n(元)"]
    assert [type(cell) for cell in first[2:9]] == [str] * 7
    assert last[:9] == ["合计", "", "", "", "", "4456018.09", "2034268.77", "6490286.86", ""]


def test_the_csv_is_gb18030_beyond_gbk_and_equals_the_workbook(
    files: dict[str, Path],
) -> None:
    data = files["应还名单-2019.csv"].read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("gbk")
    header, *rows = csv.reader(io.StringIO(data.decode("gb18030"), newline=""))
    assert header[5:7] == ["应还本金(元)", "应还利息(元)"]
    book = rows_of(files["应还名单-2019.xlsx"])[3:-1]
    assert [row[1:] for row in rows] == [row[1:] for row in book]


def test_the_old_excel_file_names_the_same_people_and_amounts(
    hamlet: County, tmp_path: Path
) -> None:
    write_xls(tmp_path / "应还名单-2019.xls", hamlet)
    old, new = rows_of(tmp_path / "应还名单-2019.xls")[2:-1], list(workbook.due_rows(hamlet))
    assert [row[1:5] + row[9:] for row in old] == [row[1:5] + row[9:] for row in new]
    assert [f"{row[7]:.2f}" for row in old] == [row[7] for row in new]


def test_contacts_and_areas_name_every_school_and_the_areas_add_up(
    county: County, files: dict[str, Path]
) -> None:
    names = [school.name for school in county.schools]
    contacts, areas = (
        rows_of(files["附件1-催收联系表.xlsx"]),
        rows_of(files["附件2-包联辖区划分表.xlsx"]),
    )
    assert contacts[2][:4] == ["序号", "学校", "分管领导", "职务"]
    assert areas[2] == ["序号", "包联人", "学校", "负责乡镇(街道)", "学生人数", "应还金额"]
    assert [row[1] for row in contacts[3:]] == [row[2] for row in areas[3:]] == names
    assert sum(int(str(row[4]).removesuffix(".0")) for row in areas[3:]) == 3917
    assert sum(int(str(row[5]).replace(".", "")) for row in areas[3:]) == 649_028_686


def test_snapshots_grow_every_day_except_for_what_the_bank_took_back(county: County) -> None:
    owner = {contract.contract_no: case.id for case in county.cases for contract in case.contracts}
    days = [{line.contract_no: line for line in snapshot.lines} for snapshot in county.snapshots]
    gone: set[str] = set()
    for before, after in pairwise(days):
        gone |= {owner[number] for number in before.keys() - after.keys()}
        assert all(after[number] == before[number] for number in before.keys() & after.keys())
        assert len(after) > len(before)
    assert gone == county.taken_back
    assert 1 <= len(gone) <= 24


def test_three_in_five_have_paid_by_the_11th_and_five_in_six_by_the_17th(county: County) -> None:
    paid: dict[str, int] = defaultdict(int)
    for snapshot in county.snapshots:
        lines = {line.contract_no: line for line in snapshot.lines}
        paid[snapshot.day] = sum(repaid(case, lines, snapshot.day).paid for case in county.cases)
    assert list(paid) == [f"2019-12-{day}" for day in range(11, 18)]
    assert 0.58 < paid["2019-12-11"] / 3917 < 0.62
    assert 0.82 < paid["2019-12-17"] / 3917 < 0.86


def test_payments_are_dated_in_time_never_too_much_and_some_are_partial(county: County) -> None:
    due = {contract.contract_no: contract for case in county.cases for contract in case.contracts}
    partial = 0
    for snapshot in county.snapshots:
        for line in snapshot.lines:
            assert "2019-12-02" <= line.paid_on <= snapshot.day
            assert 0 < line.total_fen <= due[line.contract_no].total_fen
            partial += line.total_fen < due[line.contract_no].total_fen
    assert partial > 20


def test_a_snapshot_file_names_its_day_and_lists_each_contract(
    county: County, files: dict[str, Path]
) -> None:
    title, unit, header, *rows = rows_of(files["还款情况-2019-12-11.xlsx"])
    assert (title[0], unit[0]) == ("截至2019年12月11日还款情况", "单位:元")
    assert header == [
        "序号",
        "姓名",
        "身份证号",
        "合同编号",
        "已还本金",
        "已还利息",
        "还款日期",
        "还款方式",
    ]
    assert [row[3] for row in rows] == [line.contract_no for line in county.snapshots[0].lines]
    assert {row[7] for row in rows} == {"支付宝", "提前还款", "POS"}


def slip(seed: int, *, sharp: bool = True) -> bytes:
    return draw_slip(
        CODE,
        seed=seed,
        name_masked="欧阳*",
        school="青槐县特殊教育学校",
        notice_no="2019-0023",
        sharp=sharp,
    )


def read_small(jpeg: bytes) -> list[str]:
    """The codes on a picture shrunk the way phones shrink it: upright, 1600 px on the long side."""
    image = Image.open(io.BytesIO(jpeg))
    image.draft("RGB", (1600, 1200))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((1600, 1600))
    return [found.text for found in zxingcpp.read_barcodes(upright)]


@pytest.fixture(scope="module")
def lying() -> bytes:
    """A slip photographed with the phone held across; seed 3."""
    return slip(3)


def test_a_slip_photo_is_12_megapixels_and_its_code_reads_when_shrunk(lying: bytes) -> None:
    image = Image.open(io.BytesIO(lying))
    assert (image.format, image.size, image.getexif()[0x0112]) == ("JPEG", (4000, 3000), 1)
    assert read_small(lying) == [slip_mark(CODE)]


def test_a_photo_of_an_upright_phone_has_that_in_exif_and_reads_too() -> None:
    upright = slip(4)
    image = Image.open(io.BytesIO(upright))
    assert (image.size, image.getexif()[0x0112]) == ((4000, 3000), 6)
    assert read_small(upright) == [slip_mark(CODE)]


def test_a_slip_photo_carries_who_made_it_when_and_where(lying: bytes) -> None:
    exif = Image.open(io.BytesIO(lying)).getexif()
    assert exif[0x010F]
    assert exif[0x0132].startswith("2019:12:12 ")
    gps = exif.get_ifd(0x8825)
    assert (gps[1], gps[3]) == ("N", "E")
    assert 34.9 <= gps[2][0] + gps[2][1] / 60 < 35
    assert 109.5 <= gps[4][0] + gps[4][1] / 60 < 109.6


def test_the_same_seed_draws_the_same_slip(lying: bytes) -> None:
    assert slip(3) == lying


def test_a_blurred_slip_does_not_read() -> None:
    assert read_small(slip(3, sharp=False)) == []


def test_a_slip_for_no_case_is_refused() -> None:
    with pytest.raises(ProblemError, match=r"case\.code_invalid"):
        draw_slip("Q170024X", seed=1, name_masked="王*", school="青槐县特殊教育学校", notice_no="1")


def page_png() -> bytes:
    """An empty A4 page at 150 dpi with nothing but its page mark, 20 mm wide, at the top right."""
    px_per_mm = 150 / 25.4
    page = Image.new("RGB", (1240, 1754), "white")
    code = segno.make(page_mark("SUM-Q17", 1, 1, 3, "ab" * 32), error="m", micro=False)
    drawn = io.BytesIO()
    code.save(drawn, kind="png", scale=4, border=0)
    side = round(20 * px_per_mm)
    page.paste(
        Image.open(drawn).convert("RGB").resize((side, side)),
        (round(178 * px_per_mm), round(12 * px_per_mm)),
    )
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def red_box(scan: bytes) -> tuple[float, float, float, float]:
    """Where red ink is on a scan: left, top, right, bottom in mm."""
    red, green, _ = Image.open(io.BytesIO(scan)).convert("RGB").split()
    box = ImageChops.subtract(red, green).point(lambda level: 255 * (level > 60)).getbbox()
    assert box
    left, top, right, bottom = (side * 25.4 / 150 for side in box)
    return left, top, right, bottom


def test_a_stamped_scan_bears_a_42_mm_red_stamp_where_asked_and_its_code_still_reads() -> None:
    scan = draw_stamped_scan(page_png(), seed=1, stamp_xy_mm=(140, 230))
    left, top, right, bottom = red_box(scan)
    assert (right - left, bottom - top) == pytest.approx((42, 42), abs=1)
    # turned by up to 1.5 degrees
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((140, 230), abs=5)
    assert parse_page_mark(read_small(scan)[0]).doc == "SUM-Q17"
    assert scan == draw_stamped_scan(page_png(), seed=1, stamp_xy_mm=(140, 230))


def test_a_stamp_is_a_specimen_whatever_words_are_asked_for() -> None:
    scan = draw_stamped_scan(
        page_png(), seed=2, stamp_xy_mm=(100, 100), signatures_xy_mm=(), text=""
    )
    middle = Image.open(io.BytesIO(scan)).convert("RGB").crop((535, 560, 645, 610))
    red, green, _ = middle.split()
    inked = ImageChops.subtract(red, green).point(lambda level: 255 * (level > 60)).histogram()[255]
    assert inked > 0.2 * middle.width * middle.height  # 样章 is there
