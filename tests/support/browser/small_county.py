"""A school of three people as an office would set it up: real files imported, a phone enrolled and confirmed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from shared.clock import anchored
from shared.identity import id_check_digit
from sync_server.office import assignment, imports, phones
from sync_server.sample.processes import Process, free_port, wait_until_up
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import devices
from tests.support.county import with_season
from tests.support.forked import ForkedCommand, ForkedPhone

CLOCK = "2019-12-12T10:00+08:00"
SCHOOL, TEACHER = "柳泉镇中心校", "赵一鸣"
HEADER = (
    "学生姓名",
    "身份证号码",
    "贷款合同号",
    "贷款学年",
    "应还本金(元)",
    "应还利息(元)",
    "应还合计",
    "联系电话",
    "共同借款人",
    "家庭住址",
    "包联学校",
)
PEOPLE = (("欧阳静宜", "A100"), ("李䶮", "A200"), ("阿依古丽·买买提", "A300"))


def _id(number: int) -> str:
    body = f"61059919950{number + 1}12{number:03d}"[:17].ljust(17, "1")
    return body + id_check_digit(body)


def write_list(path: Path) -> Path:
    """A due list of three people with one contract each."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for column, words in enumerate(HEADER):
            sheet.write_string(0, column, words)
        for row, (name, contract) in enumerate(PEOPLE, 1):
            cells = (
                name,
                _id(row),
                f"610599{contract}",
                "2016-2017",
                "1000.00",
                "200.50",
                "1200.50",
                "19200001111",
                "王某",
                f"青槐县柳泉镇东李洼村{row}组",
                SCHOOL,
            )
            for column, words in enumerate(cells):
                sheet.write_string(row, column, words)
    return path


@dataclass
class SmallCounty:
    """Server process, its services seen from outside, and a phone's folder that is enrolled and has its list."""

    services: Services
    server: Process
    port: int
    phone_folder: Path
    clock: str
    unit: str = "01"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_server(self) -> None:
        self.server.start()
        wait_until_up(self.url, 180)

    def close(self) -> None:
        self.server.stop()
        self.services.close()


def set_up(folder: Path) -> SmallCounty:
    """From nothing to a phone with its list, through the same verbs the console calls."""
    port = free_port(18350 + os.getpid() % 1000)
    clock = anchored(CLOCK, datetime.now(UTC))
    settings = Settings(
        data_dir=folder / "server", clock_spec=clock, public_url=f"http://127.0.0.1:{port}"
    )
    services = with_season(Services.open(settings))
    imports.apply(services, "due-list", write_list(folder / "应还名单.xlsx"), who="测试")
    _contacts(services, folder)
    server = ForkedCommand(
        "serve",
        "--port",
        str(port),
        "--data",
        str(settings.data_dir),
        DOORSTEP_CLOCK=clock,
        DOORSTEP_URL=settings.public_url,
    )
    county = SmallCounty(services, server, port, folder / "phone", clock)
    county.start_server()
    phone = ForkedPhone(county.phone_folder, TEACHER, county.unit, clock)
    phone.ask(
        "enrol", url=county.url, code=phones.issue(services, county.unit, TEACHER, who="测试").code
    )
    for device in services.database.read(lambda c: devices.of_unit(c, "2019", county.unit)):
        phones.confirm(services, device.id, who="测试")
    assignment.assign_evenly(services, county.unit, who="测试")
    got = phone.ask("sync")
    phone.stop()
    if got["received"] != len(PEOPLE):
        raise RuntimeError(f"the phone got {got}")
    return county


def _contacts(services: Services, folder: Path) -> None:
    path = folder / "附件1.xlsx"
    rows = (
        ("序号", "学校", "分管领导", "职务", "联系电话", "联络员", "职务", "联系电话", "备注"),
        ("1", SCHOOL, "田某", "副校长", "19300001111", "史某", "教师", "19300002222", ""),
    )
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(rows):
            for column, words in enumerate(cells):
                sheet.write_string(row, column, words)
    report = imports.apply(services, "contacts", path, who="测试")
    if report["applied"] is None:
        raise RuntimeError(str(report))
