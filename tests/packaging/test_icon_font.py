"""The icon font of the web app: every icon that a screen or Flutter draws, where Flutter looks for it, and few others."""

from __future__ import annotations

import io
import json
import re
from importlib.metadata import distribution

import pytest
from fontTools.ttLib import TTFont

from mobile.packaging import icon_font
from mobile.packaging.contents import WEB
from mobile.packaging.flutter_client import CLIENT_FOLDER
from mobile.packaging.python_packages import PackagingError, verified_file
from mobile.packaging.staging import own_files
from tests.support.sites import ROOT

CONSTANT = re.compile(r'\b([A-Za-z_$][\w$]*)=new A\.[\w$]+\((\d{5,6}),"MaterialIcons"')
TABLE = re.compile(r"\[((?:B\.[\w$]+,){5000,}B\.[\w$]+)\]")


def whole_font() -> bytes:
    return verified_file(distribution("flet-web"), CLIENT_FOLDER + icon_font.FONT)


def test_every_icon_is_where_the_client_itself_looks_for_it() -> None:
    """The client's own table says which character each of Flet's names is."""
    sources = own_files(ROOT, WEB).values()
    cut = TTFont(io.BytesIO(icon_font.cut(whole_font(), sources)))
    drawn = cut.getBestCmap()
    script = verified_file(distribution("flet-web"), CLIENT_FOLDER + "main.dart.js").decode()
    characters = {name: int(character) for name, character in CONSTANT.findall(script)}
    table = TABLE.search(script)
    assert table
    constants = [each.removeprefix("B.") for each in table[1].split(",")]
    names = json.loads(
        verified_file(distribution("flet"), "flet/controls/material/icons.json").decode()
    )
    used = {
        n.decode() for text in sources for n in re.findall(rb"\bIcons\.([A-Z][A-Z0-9_]*)", text)
    }
    assert len(used) > 100
    for name in used.union(icon_font.OF_FLUTTER):
        character = characters[constants[names[name] & 0xFFFF]]
        assert drawn.get(character) == icon_font.glyph_of(name), name
    assert len(drawn) < 400


def test_no_icon_is_named_in_a_way_that_the_cut_would_miss() -> None:
    for path, source in own_files(ROOT, WEB).items():
        assert not re.search(rb"Icons\[|getattr\(ft\.(Cupertino)?Icons|CupertinoIcons\.", source), (
            path
        )
        assert not re.search(rb"import .*\bIcons as ", source), path


def test_an_icon_that_the_font_lacks_stops_the_build() -> None:
    with pytest.raises(PackagingError, match="NO_SUCH_ICON"):
        icon_font.cut(whole_font(), [b"ft.Icon(ft.Icons.NO_SUCH_ICON)"])


def test_the_same_sources_give_the_same_font() -> None:
    sources = [b"Icons.ADD Icons.EDIT_OUTLINED"]
    assert icon_font.cut(whole_font(), sources) == icon_font.cut(whole_font(), sources)
