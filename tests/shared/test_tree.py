"""What must stand nowhere in the project: a real county, a real person's number, a place to download from.

The strings looked for are put together from pieces, so that this file does not hold them itself.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.identity import id_check_digit

ROOT = Path(__file__).parents[2]
NOT_OURS = {".git", ".venv", "out", "build", "dist", "node_modules", "__pycache__", ".hypothesis"}
OUR_AREA = "610599"
STANDARD_VECTORS = {"11010519491231002X", "440524188001010014"}  # examples of GB 11643-1999 itself

PROSE = ("tests/bench/prose.md", "tests/bench/province/prose.md")

_COUNTY = re.compile("|".join(("蒲" + "城", "pu" + "cheng")), re.IGNORECASE)
_AREA_ID = re.compile("(?<![0-9A-Za-z])" + "6105" + "26" + r"[0-9]{9}")
_REGISTRY = re.compile(
    "|".join(
        (
            r"pypi\." + r"(?:org|python\.org|tuna\.)",
            r"python" + r"hosted\.org",
            r"npm" + r"js\.(?:org|com)|npm" + r"mirror\.com",
            r"crates" + r"\.io",
            r"(?:deb|security|ftp|archive|snapshot)\.(?:[a-z]+\.)?debian" + r"\.org",
            r"(?:archive|security|ports)\.ubuntu" + r"\.com",
            r"mirrors?\.[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|cn|org|net|edu)\b",
        )
    ),
    re.IGNORECASE,
)
_EIGHTEEN = re.compile(r"(?<![0-9A-Za-z.])([0-9]{17}[0-9Xx])(?![0-9A-Za-z])")


def _sources(root: Path) -> Iterator[Path]:
    """Every file below root that people or tools wrote for this project."""
    for folder, folders, files in os.walk(root):
        folders[:] = [
            f for f in folders if f not in NOT_OURS and not f.endswith(("_cache", ".egg-info"))
        ]
        yield from (Path(folder) / file for file in sorted(files))


def _text(path: Path) -> str | None:
    """The text of a file, None for a binary one (a NUL byte, or no UTF-8)."""
    data = path.read_bytes()
    if b"\0" in data[:8192]:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _id_numbers(text: str) -> list[str]:
    """Numbers that could be a person's: 18 places, check digit right, neither our invented area nor the standard's."""
    return [
        number
        for number in map(str.upper, _EIGHTEEN.findall(text))
        if id_check_digit(number[:17]) == number[17]
        and not number.startswith(OUR_AREA)
        and number not in STANDARD_VECTORS
    ]


def _findings(text: str) -> list[str]:
    """What a text holds that it must not."""
    patterns = (_COUNTY, _AREA_ID, _REGISTRY)
    return [match[0] for pattern in patterns for match in pattern.finditer(text)] + _id_numbers(
        text
    )


@pytest.fixture(scope="module")
def tree() -> dict[str, str]:
    """Path within the project -> text of every text file."""
    found = ((path.relative_to(ROOT).as_posix(), _text(path)) for path in _sources(ROOT))
    return {name: text for name, text in found if text is not None}


def test_the_search_sees_the_whole_project(tree: dict[str, str]) -> None:
    assert {
        "pyproject.toml",
        "requirements.lock",
        "shared/problems.py",
        "tests/shared/test_tree.py",
    } <= tree.keys()


def test_nothing_in_the_project_names_a_real_county_person_or_registry(
    tree: dict[str, str],
) -> None:
    found = [
        f"{name}:{number}: {what}"
        for name, text in tree.items()
        if _findings(text)  # no pattern goes beyond a line
        for number, line in enumerate(text.splitlines(), 1)
        for what in _findings(line)
    ]
    assert found == []


def test_no_file_is_named_after_the_real_county() -> None:
    assert [path.name for path in _sources(ROOT) if _COUNTY.search(path.name)] == []


_CODE = (".py", ".html", ".typ", ".js", ".css", ".toml")
_EXAMPLE = re.compile(f"2019|青槐|{OUR_AREA}")
_MAY_NAME_THE_EXAMPLE = ("tests/", "docs/", "sync_server/sample/", "demo.py", "pyproject.toml")


def test_no_code_and_no_sentence_names_the_year_or_county_of_the_example(
    tree: dict[str, str],
) -> None:
    looked = {
        name: text
        for name, text in tree.items()
        if name.endswith(_CODE) and not name.startswith(_MAY_NAME_THE_EXAMPLE)
    }
    assert {"shared/clock.py", "sync_server/paperwork/notices.typ"} <= looked.keys()
    found = [
        f"{name}:{number}: {line.strip()}"
        for name, text in looked.items()
        for number, line in enumerate(text.splitlines(), 1)
        if _EXAMPLE.search(line)
    ]
    assert found == [], "a county sees its own year and name only; the example lies in its sample"


_DOCUMENT = re.compile(r"(?<![\w./:*-])((?:[\w.-]+/)*[\w-][\w.-]*\.md)\b(?!\])(?:#([\w-]+))?")
_OWN_ANCHOR = re.compile(r"\]\(#([^)\s]+)\)")
_DECISION = re.compile(r"\bADR\b(?:\s+([0-9]{4}))?")
_NUMBERED = re.compile(r"\bissue [0-9]+")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MODULE = re.compile(r"(?<![\w./-])((?:[\w-]+/)*[\w-]+\.py)\b(?!\.)")


def _anchors(markdown: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", _FENCED.sub("", markdown), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _cited(name: str, path: str, tree: dict[str, str]) -> str | None:
    """The document that `name` means by `path`, from the project's root or beside it."""
    beside = (ROOT / name).parent.joinpath(path).resolve()
    within = beside.relative_to(ROOT).as_posix() if beside.is_relative_to(ROOT) else path
    return next((known for known in (path, within) if known in tree), None)


def _lost(name: str, text: str, tree: dict[str, str]) -> list[str]:
    """What the text of the file `name` cites and the tree does not hold."""
    found = [match[0] for match in _NUMBERED.finditer(text)]
    found += [f"#{own}" for own in _OWN_ANCHOR.findall(text) if own not in _anchors(text)]
    for match in _DOCUMENT.finditer(text):
        document = _cited(name, match[1], tree)
        if document is None or (match[2] and match[2] not in _anchors(tree[document])):
            found.append(match[0])
    for match in _DECISION.finditer(text):
        if not any(known.startswith(f"docs/decisions/{match[1]}-") for known in tree):
            found.append(match[0])
    return found


def test_every_document_and_anchor_that_is_cited_exists(tree: dict[str, str]) -> None:
    found = {
        name: lost
        for name, text in tree.items()
        # the prose of docs/benchmarks.md and docs/scale.md is read in that folder, where its links hold
        if name not in ("tests/shared/test_tree.py", *PROSE)
        if (lost := _lost(name, text, tree))
    }
    assert found == {}


def test_every_module_named_in_the_documents_exists(tree: dict[str, str]) -> None:
    ends = {f"/{name}"[at:] for name in tree for at in _slashes(f"/{name}")}
    found = {
        name: lost
        for name, text in tree.items()
        if name.startswith("docs/") or name == "mobile/packaging/README.md"
        if (lost := [path for path in _MODULE.findall(text) if f"/{path}" not in ends])
    }
    assert found == {}


def _slashes(path: str) -> list[int]:
    return [at for at, sign in enumerate(path) if sign == "/"]


@pytest.mark.parametrize(
    "line",
    [
        "as nowhere.md says",
        "as docs/here.md#other says",
        "[below](#other)",
        "(issue 4)",
        "ADR 9999",
        "(ADR: something)",
    ],
)
def test_a_citation_of_what_is_not_there_is_seen(line: str) -> None:
    tree = {"docs/here.md": "# Title\n", "docs/decisions/0001-first.md": ""}
    assert _lost("docs/other.md", line, tree) != []


def test_a_citation_of_what_is_there_is_left_alone() -> None:
    tree = {"docs/here.md": "# The `title`: one\n", "docs/decisions/0001-first.md": ""}
    line = "docs/here.md#the-title-one, [here](here.md), https://example.cn/a.md and ADR 0001"
    assert _lost("docs/other.md", line, tree) == []


def _looks_for_assets(text: str) -> bool:
    """Whether a module finds the assets or what was built by its own place."""
    if "__file__" not in text:  # nor is it a name in its tree, whose making takes long
        return False
    nodes = list(ast.walk(ast.parse(text)))
    by_place = any(isinstance(node, ast.Name) and node.id == "__file__" for node in nodes)
    words = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return by_place and not words.isdisjoint({"assets", "build"})


def test_one_module_knows_where_the_assets_lie(tree: dict[str, str]) -> None:
    found = [
        name
        for name, text in tree.items()
        if name.startswith(("mobile/", "shared/", "sync_server/")) and name.endswith(".py")
        if not name.startswith("mobile/packaging/")  # the tree's own tool, not in the wheel
        if _looks_for_assets(text)
    ]
    assert found == ["shared/assets.py"]


def _borrowed(text: str) -> list[str]:
    """The test modules that a module imports from."""
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module or ''}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found += [name for name in names if any(x.startswith("test_") for x in name.split("."))]
    return found


def test_no_test_imports_from_another_test_module(tree: dict[str, str]) -> None:
    found = {
        name: borrowed
        for name, text in tree.items()
        if name.startswith("tests/") and name.endswith(".py") and (borrowed := _borrowed(text))
    }
    assert found == {}, "what two test modules share belongs in tests/support"


@pytest.mark.parametrize(
    "line",
    [
        "from tests.sync_server.test_cli import report",
        "from tests.sync_server import test_cli",
        "import tests.sync_server.test_cli",
        "def late():\n    from .test_cli import report",
    ],
)
def test_an_import_from_a_test_module_is_seen(line: str) -> None:
    assert _borrowed(line) != []


def _sound(first17: str) -> str:
    return first17 + id_check_digit(first17)


@pytest.mark.parametrize(
    "planted",
    [
        "在" + "蒲" + "城" + "县",
        "PU" + "CHENG county",
        "ID " + _sound("6105" + "26" + "19900101001"),
        "ID " + "6105" + "26" + "900101001",
        "--index-url https://" + "pypi" + ".org/simple",
        "https://files." + "python" + "hosted.org/x.whl",
        "https://registry." + "npm" + "js.org/x",
        "deb http://deb." + "debian" + ".org/debian bookworm",
        "deb http://" + "mirrors." + "example.com/debian",
        f"某人{_sound('110101' + '19900307' + '001')}的合同",
        _sound("110105" + "19491231" + "010").lower(),
    ],
)
def test_the_search_finds_what_is_planted(planted: str) -> None:
    assert _findings(planted)


@pytest.mark.parametrize(
    "allowed",
    [
        "青槐县 " + _sound(OUR_AREA + "19980101002"),
        *sorted(STANDARD_VECTORS),
        "--hash=sha256:ab6105" + "26" + "123456789cd",
        "0.30000000000000000" + "4",
        "a contract 610599201736099525",
    ],
)
def test_the_search_leaves_alone_what_is_allowed(allowed: str) -> None:
    assert _findings(allowed) == []
