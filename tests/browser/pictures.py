"""`make pictures`: runs the demonstration, then takes the README's pictures from the running app, console and PDF."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser

from shared.clock import VARIABLE
from sync_server.sample.processes import ROOT, Process, free_port, wait_until_up
from sync_server.services import Services
from sync_server.settings import Settings
from sync_server.store import accounts
from tests.support.browser.driver import AppProcess, Screen, chromium, context_of

OUT = ROOT / "out" / "pictures"
DEST = ROOT / "docs" / "pictures"
CLOCK = "2019-12-12T10:20+08:00"
CODE = re.compile(r"\d\d-\d{4}-\w")
"""A case code, which every row of the list has."""
GAP_PX = 24
GROUND = (233, 226, 212)


def side_by_side(pictures: list[Path], dest: Path, height_px: int) -> None:
    """Several pictures in a row on a quiet ground."""
    opened = [Image.open(p).convert("RGB") for p in pictures]
    sized = [
        i.resize((round(i.width * height_px / i.height), height_px), Image.Resampling.LANCZOS)
        for i in opened
    ]
    width = sum(i.width for i in sized) + GAP_PX * (len(sized) + 1)
    sheet = Image.new("RGB", (width, height_px + 2 * GAP_PX), GROUND)
    left = GAP_PX
    for picture in sized:
        sheet.paste(picture, (left, GAP_PX))
        left += picture.width + GAP_PX
    sheet.save(dest, optimize=True)


def phone(browser: Browser) -> None:
    """Today, a case spoken to its borrower, a visit form."""
    folder = min((OUT / "phones").iterdir())
    app = AppProcess(folder, clock=CLOCK).start()
    try:
        context = context_of(browser)
        screen = Screen(context.new_page(), app.url).open()
        screen.see("接下来").page.mouse.move(2, 2)  # nothing looks pointed at
        screen.page.wait_for_timeout(1500)
        shots = [screen.shot(OUT / "today.png")]
        screen.page.get_by_text(CODE).first.click(force=True)
        screen.see("要记什么？").tap("共同借款人").page.wait_for_timeout(1500)
        shots.append(screen.shot(OUT / "case.png"))
        screen.tap("上门走访").see("见到了谁？").tap("本人").page.wait_for_timeout(1000)
        shots.append(screen.shot(OUT / "visit.png"))
        side_by_side(shots, DEST / "phone.png", 760)
    finally:
        app.stop()


def console(browser: Browser) -> None:
    """The county's overview."""
    settings = Settings(data_dir=OUT / "server")
    password = secrets.token_urlsafe(12)
    services = Services.open(settings)
    services.database.write(lambda c: accounts.put(c, "admin", password, "admin", "", "县资助中心"))
    services.close()
    port = free_port(8450)
    server = Process(
        "-m",
        "sync_server.cli",
        "serve",
        "--port",
        str(port),
        "--data",
        str(settings.data_dir),
        **{VARIABLE: CLOCK},
    )
    server.start()
    try:
        wait_until_up(f"http://127.0.0.1:{port}", 180)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.goto(f"http://127.0.0.1:{port}/")
        page.fill("input[name=name]", "admin")
        page.fill("input[type=password]", password)
        page.press("input[type=password]", "Enter")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=OUT / "console.png")
        side_by_side([OUT / "console.png"], DEST / "console.png", 700)
    finally:
        server.stop()


def sealed() -> None:
    """Page 1, the last statements, and the stamped page of a sealed summary."""
    pdf_path = max((OUT / "schools").glob("*/summary.pdf"))
    with pypdfium2.PdfDocument(pdf_path) as pdf:
        wanted = (0, len(pdf) - 2, len(pdf) - 1)
        shots = []
        for number in wanted:
            shots.append(OUT / f"page-{number + 1}.png")
            pdf[number].render(scale=110 / 72).to_pil().save(shots[-1])
    side_by_side(shots, DEST / "sealed.png", 760)


def main() -> int:
    """Everything anew; the demonstration's own output stays on screen."""
    DEST.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, str(ROOT / "demo.py")],
        check=True,
        env={**os.environ, "OUT": str(OUT), "SERVE": "0"},
    )
    with chromium() as browser:
        phone(browser)
        console(browser)
    sealed()
    return 0


if __name__ == "__main__":
    sys.exit(main())
