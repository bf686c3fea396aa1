"""The explanation that lies on top of a bundle, and the register of the schools' sealed files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from sync_server.paperwork import words
from sync_server.paperwork.typeset import Job, typeset

LIMIT_WORDS = "20 MB"
YELLOW = (
    "用 Adobe、WPS 等软件打开盖章的 PDF，上方可能出现黄色提示，如“签名有效性未知”"
    "“至少一个签名有问题”。这是因为签名用的是我县自己的证书，不在这些软件自带的信任名单里；"
    "不表示文件有错，也不用安装任何东西。",
    "文件里的签名是系统签名，不是公章的电子印章。有法律意义的是扫描页上的红章和纸质原件；"
    "系统签名只证明：封存以后，数据、页面和扫描件一个字节也没有变过。",
    "如果提示是红色的，写着“签名无效”“文档已被更改或损坏”，请不要采用这份文件，向我单位再要一份。",
)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A heading with sentences, then a table: `widths` are shares, `size` its letters in points."""

    heading: str = ""
    lines: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    size: float = 9.5


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What both sheets say of the bundle.

    Attributes:
        name: The name of folder and zip.
        unit: Who sends it.
        phone: Its telephone, "" where none is set.
        recipient: To whom, "" where the report names nobody.
        season: The season's id.
        document: The report's document and version, in words.
        cut_off: As of when (ISO).
        sealed_at: When it was sealed (ISO).
        demo: Whether its data are invented.
        fingerprint: Of the root certificate, sha256 in hex.
        check_url: The county's page for checking a file, "" where there is none.
        missing: The schools that did not report.
        electronic: Whose sealed files stand on a file sealed electronically, with its mark.
        papers_awaited: The schools whose stamped paper the county does not have yet.
    """

    name: str
    unit: str
    phone: str
    recipient: str
    season: str
    document: str
    cut_off: str
    sealed_at: str
    demo: bool
    fingerprint: str
    check_url: str
    missing: tuple[str, ...]
    electronic: tuple[str, ...] = ()
    papers_awaited: tuple[str, ...] = ()


def render_note(
    about: About,
    files: Sequence[tuple[str, str]],
    split: Sequence[str],
    cut: Sequence[tuple[str, int, int]],
    fonts_dir: Path,
) -> bytes:
    """Render 00 说明; equal arguments give equal bytes.

    Args:
        about: The bundle.
        files: Name and meaning of what lies in it.
        split: The names of the sealed files that lie in parts.
        cut: Of those, whose copy for reading shows the first pages only: name, how many of how
            many.
        fonts_dir: The folder with the paper fonts.
    """
    to = f"报送{about.recipient}" if about.recipient else "上报"
    first = (
        f"这是{about.unit}{about.season}年生源地信用助学贷款工作{to}的材料，文号 {about.document}，"
        f"数据截至{words.moment(about.cut_off)}，封存于{words.moment(about.sealed_at)}。"
    )
    missing = f"未报单位{len(about.missing)}个：{'、'.join(about.missing)}。"
    electronic = (
        f"下列封存件以加盖电子公章的文件代替盖章扫描件，原件附在各自的 PDF 里："
        f"{'、'.join(about.electronic)}。标明未核验的，请用 OFD 阅读器打开原件核对。"
    )
    more = (*((missing,) if about.missing else ()), *((electronic,) if about.electronic else ()))
    parts = [
        Part(lines=(first, *more, *_papers(about))),
        Part(heading="一、里面有什么", heads=("文件", "是什么"), widths=(5, 6), rows=tuple(files)),
        *([_split_part(split, cut)] if split else []),
        Part(heading="二、打开 PDF 时的黄色提示", lines=YELLOW),
        Part(heading="三、怎样核验", lines=tuple(how_to_check(about))),
    ]
    title = f"{about.unit}报送材料说明"
    return _render(about, title, parts, fonts_dir, across=False)


def _papers(about: About) -> tuple[str, ...]:
    """Return whose stamped paper is still to come; nothing where none is known to be."""
    if not about.papers_awaited:
        return ()
    names = "、".join(about.papers_awaited)
    return (
        f"盖章的纸质原件待交的单位{len(about.papers_awaited)}个：{names}"
        "（扫描件在各校封存件里，核验不受影响）。",
    )


def _split_part(split: Sequence[str], cut: Sequence[tuple[str, int, int]]) -> Part:
    short = tuple(
        f"{name}有{pages}页，阅读副本只有前{shown}页；后面的请看接起来的原件。"
        for name, shown, pages in cut
    )
    names = "、".join(split)
    return Part(
        lines=(
            f"{names}超过 {LIMIT_WORDS}：先看同名的“阅读副本”（图缩小了，不是封存件，"
            "不能用来核验）；封存件本身一个字节不少，分成几卷放在“核验”里的“大文件分卷”，按序号接起来就是原件，"
            "命令写在“怎样核验.txt”里；核验程序自己会接。",
            *short,
        )
    )


def how_to_check(about: About) -> list[str]:
    """Return the ways of checking, a sentence each."""
    online = (
        f"打开 {about.check_url} ，把一份封存件（汇总，或“各校”里的一份）放进去"
        if about.check_url
        else "请我单位打开本县的核验网页（/check），把一份封存件放进去"
    )
    phone = f"（电话 {about.phone}）" if about.phone else ""
    return [
        f"不装程序：{online}，当场出结果，网站不留文件。",
        "整个文件夹：解压以后，在装有本程序（上门 Doorstep）的电脑上，"
        "到放着这个文件夹和 root.pem 的地方运行 "
        f'doorstep verify "{about.name}" --trust root.pem ，'
        "不用联网，逐个文件说明是什么、是否完整。",
        "root.pem 请用以前从我单位当面拿到的那一份；只有包里“核验”中的这一份时，"
        f"请打电话给我单位{phone}逐组核对指纹：{words.grouped(about.fingerprint, 64)}。",
    ]


def how_text(about: About, split: Sequence[tuple[str, int]]) -> str:
    """Return 怎样核验.txt: the same in plain text, with the commands that join parts.

    Args:
        about: The bundle.
        split: The path of each sealed file that lies in parts, and how many there are.
    """
    lines = [f"{about.name}：怎样核验", ""]
    lines += [f"{n}. {line}" for n, line in enumerate(how_to_check(about), 1)]
    if split:
        lines += ["", "大文件的分卷怎样接起来（在“大文件分卷”里打开命令行，一行一个文件）："]
    for name, count in split:
        pieces = [f'"{name}.{n:03d}"' for n in range(1, count + 1)]
        lines += [
            f'Windows: copy /b {"+".join(pieces)} "{name}"',
            f'Linux、macOS: cat {" ".join(pieces)} > "{name}"',
        ]
    return "\r\n".join(lines) + "\r\n"


def render_register(
    about: About,
    rows: Sequence[tuple[str, str, str, str]],
    withheld: str,
    fonts_dir: Path,
) -> bytes:
    """Render the register of the schools' sealed files.

    Args:
        about: The bundle.
        rows: School, document and version, sha256 of the sealed file (hex), where it is.
        withheld: Why the files are not in the bundle; "" where they are.
        fonts_dir: The folder with the paper fonts.
    """
    lines = ["县级汇总由下列各校的封存件逐份核验后相加而成。每份封存件由它的 sha256 唯一确定。"]
    if withheld:
        lines.append(
            f"各校封存件不在本包：{withheld}。以后拿到一份，比一比 sha256 就知道是不是同一份。"
        )
    part = Part(
        lines=tuple(lines),
        heads=("序号", "学校", "文号和版本", "封存件的 sha256", "在哪里"),
        widths=(2, 9, 8, 17, 9),
        rows=tuple(
            (str(n), school, document, words.grouped(sha256, 64), where)
            for n, (school, document, sha256, where) in enumerate(rows, 1)
        ),
        size=8.5,
    )
    return _render(about, "各校封存件登记", [part], fonts_dir, across=True)


def _render(
    about: About, title: str, parts: Sequence[Part], fonts_dir: Path, *, across: bool
) -> bytes:
    view: dict[str, Any] = {
        "title": title,
        "unit": about.unit,
        "foot": about.document,
        "demo": about.demo,
        "across": across,
        "parts": [msgspec.to_builtins(part) for part in parts],
    }
    job = Job(
        template="bundle_note.typ",
        view=view,
        meta={},
        created_at=datetime.fromisoformat(about.sealed_at),
        footnotes=False,
    )
    return typeset(job, fonts_dir)[0]
