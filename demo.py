"""`make demo`: the main job on a sample county, with real processes, a real cut, a real kill.

The only module that may import both sides. Steps stand in `STEPS`, in order; what each leaves
stands in `report.json`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from rich.console import Console
from rich.progress import track

from shared import money
from shared.clock import VARIABLE, anchored
from shared.problems import ProblemError
from sync_server.office import (
    assignment,
    certs,
    county_reports,
    imports,
    phones,
    summaries,
    summary_verdicts,
    worker_jobs,
)
from sync_server.sample import office_staff, teacher_plan
from sync_server.sample.fault_proxy import FaultProxy
from sync_server.sample.processes import Background, Phone, Process, free_port, wait_until_up
from sync_server.sample.season import open_sample_season
from sync_server.sample.teachers import colleague, kill_mid_visit, run_steps
from sync_server.sealing.making.compose import NotReady
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts, cases, units

CLOCK = "2019-12-12T10:00+08:00"
SLIPS_DAY = date(2019, 11, 29)
"""The day on which the schools bring their slips: the season's last one for them."""
WHO = "演示"
MARK = ".doorstep-demo"
"""What says that a folder is ours to empty."""
PATTERNS = ("应还名单*.xlsx", "附件1*.xlsx", "附件2*.xlsx", "还款情况*12-12*")
CUT_AFTER_BYTES = 150_000
"""More than a push of facts, less than the photo behind it: the cut falls into a photo."""
HERE = Path(__file__).parent
screen = Console()


@dataclass
class Demo:
    """What steps share."""

    out: Path
    data: Path | None
    clock: str
    services: Services
    port: int
    server: Process
    background: Background
    proxy: FaultProxy
    phones: list[Phone] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)
    schools: list[units.UnitRow] = field(default_factory=list)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    app: Process | None = None

    @property
    def files(self) -> Path:
        """Where the county's files are: given, or made by the first step."""
        return self.data or self.out / "county"

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    def start_server(self) -> None:
        """Start the server and wait until it answers."""
        self.server.start()
        wait_until_up(self.url)


def the_county(demo: Demo) -> None:
    """1 样例县与服务器"""
    if demo.data is None:
        from sync_server.sample.county import make_county, write_county

        write_county(demo.files, make_county())
    demo.services.database.write(
        lambda c: accounts.put(c, "admin", demo.password, "admin", "", "县资助中心")
    )
    demo.start_server()
    say(f"服务器 {demo.url}  季节时钟 {CLOCK}")


def the_list(demo: Demo) -> None:
    """2 导入应还名单、附件1、附件2"""
    for kind, pattern in zip(("due-list", "contacts", "areas"), PATTERNS, strict=False):
        file = min(demo.files.glob(pattern))
        report = imports.apply(demo.services, kind, file, who=WHO)
        if report["applied"] is None:
            raise RuntimeError(f"{file.name}: {report['problems'][:3]}")
        say(f"{file.name}: 读 {report['read']} 行,收 {report['accepted']},退 {report['rejected']}")
    season = demo.services.season
    totals = demo.services.database.read(lambda c: cases.totals(c, season))
    amounts = {k: totals[k] for k in ("principal_fen", "interest_fen", "total_fen")}
    demo.report |= {"people": totals["people"], "contracts": totals["contracts"], "due": amounts}
    parts = " + ".join(money.yuan(amounts[k]) for k in ("principal_fen", "interest_fen"))
    say(
        f"{totals['people']} 人,{totals['contracts']} 份合同,"
        f"{parts} = {money.yuan(amounts['total_fen'])}"
    )


def the_phones(demo: Demo) -> None:
    """3 两所最小的学校:看过名单,分给老师,印通知书,登记四部手机"""
    services, season = demo.services, demo.services.season
    sizes: dict[str, tuple[int, units.UnitRow]] = services.database.read(
        lambda c: {
            u.code: (len(cases.rows(c, season, unit=u.code)), u) for u in units.units(c, season)
        }
    )
    demo.schools = [
        row
        for _, row in sorted((v for v in sizes.values() if v[0]), key=lambda v: (v[0], v[1].code))[
            :2
        ]
    ]
    teachers = {
        demo.schools[0].code: ("赵一鸣", "钱二宝", "孙三立"),
        demo.schools[1].code: ("李四方",),
    }
    for unit, names in teachers.items():
        for name in names:
            phone = Phone(
                demo.out / "phones" / f"{unit}-{len(demo.phones) + 1}", name, unit, demo.clock
            )
            issued = phones.issue(services, unit, name, who=WHO)
            phone.ask(
                "enrol",
                url=f"http://127.0.0.1:{demo.proxy.port}",
                code=issued.code,
                device_name="演示手机",
            )
            demo.phones.append(phone)
        office_staff.confirm_all(services, unit, who=WHO)
        moved = assignment.assign_evenly(services, unit, who=WHO)
        printed = office_staff.prepare_school(services, unit, who=WHO)
        say(
            f"{sizes[unit][1].name}: {len(names)} 部手机,{moved} 人分到老师,"
            f"名单已确认,印通知书 {printed} 份"
        )
    officer = office_staff.officer_account(services, demo.schools[0], demo.password)
    say(f"包联同志 {officer.shown} 看得到 {len(officer.schools or ())} 所学校(附件2)")
    for phone in demo.phones:
        got = phone.ask("sync")
        say(
            f"{phone.teacher} 的手机收到 {got['received']} 人,"
            f"核对{'一致' if got['complete'] else '不一致'}"
        )


def the_doors(demo: Demo) -> None:
    """4 断网走访:送达、签收照片、走访、情况说明、改正、断电恢复"""
    demo.server.stop()
    names = {u.code: u.name for u in demo.schools}
    for number, phone in enumerate(track(demo.phones, "四位老师在村里", console=screen)):
        lines = phone.ask("cases")
        run_steps(
            demo.out / "camera",
            phone,
            teacher_plan.plan(lines, phone.teacher, colleague(phone), number),
            names[phone.unit],
        )
    demo.report["recovered_drafts"] = kill_mid_visit(demo.phones[0])
    visit = next(f for f in demo.phones[0].ask("facts") if f["kind"] == "visit")
    body = {
        "met": "self",
        "outcome": "promised",
        "promise_date": "2019-12-18",
        "visitors": [demo.phones[0].teacher, "周同行"],
    }
    demo.phones[0].ask("correct", fact=visit["id"], reason="承诺日期听错了,是18日", body=body)
    unsent = sum(phone.ask("outbox")["unsent"] for phone in demo.phones)
    say(
        f"服务器停着,四部手机里有 {unsent} 条记录;一部手机在填写走访时被断电,"
        f"恢复了 {demo.report['recovered_drafts']} 份草稿"
    )


def the_sync(demo: Demo) -> None:
    """5 回到学校:同步,一次上传被剪断后续传,一个回答丢失后重发;签收单交中心"""
    demo.start_server()
    resumed = repeated = 0
    for number, phone in enumerate(demo.phones):
        if number == 0:
            demo.proxy.cut_request_after(CUT_AFTER_BYTES)
        elif number == 1:
            demo.proxy.lose_next_answer()
        got = phone.ask("sync")
        if not got["ok"]:
            raise RuntimeError(got["problem"]["zh"])
        resumed, repeated = resumed + got["resumed"], repeated + bool(got["duplicates"])
        say(
            f"{phone.teacher}: 交 {got['sent']} 条、{got['photos']} 张照片,"
            f"续传 {got['resumed']},重发认出 {got['duplicates']}"
        )
    demo.report |= {"resumed_uploads": resumed, "repeated_answers": repeated}
    if not all(phone.ask("outbox")["all_sent"] for phone in demo.phones):
        raise RuntimeError("还有没交上的记录")
    for unit in demo.schools:
        given_by = next(phone.teacher for phone in demo.phones if phone.unit == unit.code)
        slips = office_staff.hand_in_slips(
            demo.services, unit.code, given_by=given_by, day=SLIPS_DAY, who=WHO
        )
        demo.report.setdefault("slips_handed_in", {})[unit.code] = slips
        say(f"{unit.name}: {slips} 张签收单交到中心,点收无误")


def the_repayments(demo: Demo) -> None:
    """6 导入还款情况,已还的人从手机上撤下"""
    file = sorted(demo.files.glob(PATTERNS[-1]))[0]
    done = imports.apply(demo.services, "repayments", file, who=WHO)["applied"]
    before = sum(sum(c["todo"] != "none" for c in phone.ask("cases")) for phone in demo.phones)
    for phone in demo.phones:
        phone.ask("sync")
    after = sum(sum(c["todo"] != "none" for c in phone.ask("cases")) for phone in demo.phones)
    paid = sum(phone.ask("today")["paid"] for phone in demo.phones)
    say(
        f"截至 {done['as_of']} 全县已还 {done['paid']} 人;"
        f"四部手机上 {paid} 人已还·不必再去,待办从 {before} 降到 {after}"
    )


def the_seals(demo: Demo) -> None:
    """7 汇总:先缺什么就退,再补齐、打印、盖样章、封存、上报;县汇总 2/24"""
    services = demo.services
    refused = 0
    for unit in demo.schools:
        try:
            summaries.compose(services, unit.code, who=WHO)
        except NotReady as missing:
            refused += 1
            say(f"{unit.name}: 还不能汇总,缺 {len(missing.items)} 项,如:{missing.items[0].words}")
    demo.report["refused_first"] = refused
    for phone in demo.phones:
        run_steps(
            demo.out / "camera",
            phone,
            teacher_plan.plan_remaining(phone.ask("cases"), phone.teacher, colleague(phone)),
            "",
        )
        phone.ask("sync")
    for unit in demo.schools:
        office_staff.accept_all(services, unit.code, who=WHO)
        demo.report.setdefault("schools", []).append(seal_school(demo, unit))
    row = county_reports.roll_up(services, partial=True, who=WHO)
    row = office_staff.stamp_and_seal(demo.services, row.id, demo.out / "county.pdf", who=WHO)
    absent = [unit.code for unit in summaries.missing(row)]
    demo.report["county"] = {
        "pdf": str(demo.out / "county.pdf"),
        "data_hash": row.data_hash,
        "missing": absent,
    }
    (demo.out / "root.pem").write_bytes(certs.root_pem(services))
    say(f"县级汇总已封存,{len(absent)} 所学校未报,已写明")


def seal_school(demo: Demo, unit: units.UnitRow) -> dict[str, Any]:
    """Compose, print, stamp, seal and hand in a school's summary; what the report says of it."""
    folder = demo.out / "schools" / unit.code
    folder.mkdir(parents=True, exist_ok=True)
    row = summaries.compose(demo.services, unit.code, who=WHO)
    row = office_staff.stamp_and_seal(demo.services, row.id, folder / "summary.pdf", who=WHO)
    summary_verdicts.submit(demo.services, row.id, who=WHO)
    for name, path in summaries.files(demo.services, row.id).items():
        if name != "printed.pdf":
            shutil.copy2(path, folder / name)
    totals = msgspec.to_builtins(summaries.document(row).totals)
    found = demo.services.database.read(lambda c: cases.rows(c, row.season, unit=unit.code))
    facts = demo.services.database.read(lambda c: cases.facts_of(c, [r["id"] for r in found]))
    photos = {p for many in facts.values() for f in many for p in f.fact.photos}
    paid = sum(r["paid"] for r in found)
    say(
        f"{unit.name} 已封存、上报:{len(found)} 人,{sum(map(len, facts.values()))} 条记录,"
        f"{len(photos)} 张照片"
    )
    return {
        "code": unit.code,
        "name": unit.name,
        "people": len(found),
        "facts": sum(map(len, facts.values())),
        "photos": len(photos),
        "paid": paid,
        "unpaid": len(found) - paid,
        "pdf": str(folder / "summary.pdf"),
        "sha256": row.sha256,
        "data_hash": row.data_hash,
        "totals": totals,
    }


def the_check(demo: Demo) -> None:
    """8 核验:每一份都完整;翻转一个字节,指出来"""
    root = (demo.out / "root.pem").read_bytes()
    key, secret = certs.folder(demo.services) / "evidence.key", certs.passphrase(demo.services)
    for school in demo.report["schools"]:
        pdf = Path(school["pdf"])
        verdict = worker_jobs.verify_file(pdf, root, pdf.parent / "evidence.bin", key, secret)
        must(verdict, pdf)
    must(
        worker_jobs.verify_file(demo.out / "county.pdf", root, children=children(demo)),
        demo.out / "county.pdf",
    )
    source = Path(demo.report["schools"][0]["pdf"])
    data = bytearray(source.read_bytes())
    offset = len(data) // 2
    data[offset] ^= 1
    copy = demo.out / "tampered.pdf"
    copy.write_bytes(data)
    problems = worker_jobs.verify_file(copy, root)["problems"]
    if not problems:
        raise RuntimeError("翻转的字节没有被发现")
    demo.report["tamper"] = {"file": str(copy), "offset": offset, "problem": problems[0]["code"]}
    say(f"翻转 {copy.name} 第 {offset} 字节 → {problems[0]['code']}:{problems[0]['message']}")


def children(demo: Demo) -> Path:
    """Copy the schools' sealed files into one folder for the county."""
    folder = demo.out / "children"
    folder.mkdir(exist_ok=True)
    for school in demo.report["schools"]:
        shutil.copy2(school["pdf"], folder / f"{school['code']}.pdf")
    return folder


def must(verdict: dict[str, Any], path: Path) -> None:
    """Print a verdict. Raises RuntimeError if the file does not verify."""
    if not verdict["ok"]:
        raise RuntimeError(f"{path.name}: {verdict['problems']}")
    say(f"✓ {path.parent.name}/{path.name}  {verdict['unit']}  数据 {verdict['data_hash'][:16]}…")


def say(words: str) -> None:
    """Print a line under the present step."""
    screen.print(f"   {words}", highlight=False, soft_wrap=True)


STEPS: tuple[Callable[[Demo], None], ...] = (
    the_county,
    the_list,
    the_phones,
    the_doors,
    the_sync,
    the_repayments,
    the_seals,
    the_check,
)


def open_demo(out: Path, data: Path | None) -> Demo:
    """Return a demo over a folder, emptied of an earlier demo. Raises RuntimeError if not ours."""
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise RuntimeError(f"{out} 里有别的文件,不会清空它;请用 OUT= 换一个空目录")
    if data is not None:
        for pattern in PATTERNS:
            if not any(data.glob(pattern)):
                raise RuntimeError(f"{data} 里没有 {pattern}")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).touch()
    port, app_port = free_port(8350), free_port(8550)
    clock = anchored(CLOCK, datetime.now(UTC))
    settings = Settings(
        data_dir=out / "server",
        clock_spec=clock,
        public_url=f"http://127.0.0.1:{port}",
        app_url=f"http://127.0.0.1:{app_port}",
    )
    server = Process(
        "-m",
        "sync_server.cli",
        "serve",
        "--port",
        str(port),
        "--data",
        str(settings.data_dir),
        **{
            VARIABLE: clock,
            "DOORSTEP_URL": settings.public_url,
            "DOORSTEP_APP_URL": settings.app_url,
        },
    )
    background = Background()
    proxy = FaultProxy(port)
    background.run(proxy.start())
    services = Services.open(settings)
    services = services.for_season(open_sample_season(services, who=WHO))
    return Demo(out, data, clock, services, port, server, background, proxy)


def the_web_app(demo: Demo) -> None:
    """Build the installable app and say where it is; the server serves it from build/app/."""
    say("正在打包手机网页版(第一次约半分钟)…")
    if subprocess.run(
        [sys.executable, "-m", "mobile.packaging", "app"], cwd=HERE, check=False
    ).returncode:
        say("手机网页版没有打成包,请用下面的手机预览")
        return
    phone = demo.phones[-1]
    code = phones.issue(demo.services, phone.unit, phone.teacher, who=WHO).code
    say(
        f"手机网页版  {demo.url}/app/?{urlencode({'clock': demo.clock})}  "
        f"({phone.teacher} 换手机,登记码 {code})"
    )


def serve(demo: Demo) -> None:
    """Keep console and phone app open until q or the end of input (s: stop or start the server)."""
    phone = demo.phones[0]
    for each in demo.phones:
        each.stop()
    app_port = demo.services.settings.app_url.rsplit(":", 1)[1]
    demo.app = Process(
        str(HERE / "main.py"),
        **{
            VARIABLE: demo.clock,
            "DOORSTEP_PHONE_DIR": str(phone.directory),
            "DOORSTEP_APP_PORT": app_port,
        },
    )
    demo.app.log = demo.out / "app.log"
    demo.app.start()
    screen.rule("现在可以自己试")
    the_web_app(demo)
    say(f"办公页面  {demo.url}/  账号 admin 或 officer  口令 {demo.password}")
    say(f"手机预览  {demo.services.settings.app_url}/  ({phone.teacher} 的手机,已登记)")
    say("s 回车:停/启同步服务器(试试断网走访)   q 回车:结束")
    while (line := sys.stdin.readline()) and (key := line.strip().lower()) != "q":
        if key == "s":
            if demo.server.running:
                demo.server.stop()
                say("服务器停了:手机照样能记,写完回来按 s")
            else:
                demo.start_server()
                say("服务器起来了:在手机上点“上交 → 立即同步”")


def main() -> int:
    """Run every step; exit 0 when all held."""
    data = os.environ.get("DATA")
    try:
        demo = open_demo(
            Path(os.environ.get("OUT", "out/demo")).resolve(),
            Path(data).resolve() if data else None,
        )
    except RuntimeError as error:
        screen.print(f"[red]{error}[/]", soft_wrap=True)
        return 2
    demo.report = {"schema": 1, "season": demo.services.season, "timings_s": {}}
    try:
        for step in STEPS:
            screen.rule(str(step.__doc__), align="left")
            started = time.monotonic()
            step(demo)
            demo.report["timings_s"][step.__name__] = round(time.monotonic() - started, 2)
        (demo.out / "report.json").write_text(
            json.dumps(demo.report, ensure_ascii=False, indent=1), "utf-8"
        )
        screen.rule("留下的文件", align="left")
        for path in sorted(
            p
            for p in demo.out.glob("**/*")
            if p.suffix in (".pdf", ".xlsx", ".bin", ".pem", ".json")
        ):
            if not {"server", "phones", "county", "children"} & set(
                path.relative_to(demo.out).parts
            ):
                say(str(path))
        if sys.stdout.isatty() and os.environ.get("SERVE", "1") != "0":
            serve(demo)
    except (RuntimeError, ProblemError, OSError) as error:
        screen.print(f"[red]没有走完:{error}[/]", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        screen.print("停下了")
        return 130
    finally:
        for process in (*demo.phones, demo.server, *([demo.app] if demo.app else [])):
            process.stop()
        demo.services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
