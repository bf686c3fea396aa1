"""Names of files in a bundle: every system takes them, and none leads out of its folder."""

from __future__ import annotations

import pytest

from sync_server.sealing import bundle_contents as names


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("甲/乙:丙*学校?", "甲／乙：丙＊学校？"),
        ("学校.. ", "学校"),
        ("学\x00\u202e校\n一", "学 校 一"),
        ("字" * 60, "字" * 49 + "…"),
        ("", "_"),
        ("..", "_"),
    ],
)
def test_any_name_becomes_a_file_name(name: str, made: str) -> None:
    assert names.file_name(name) == made
    assert names.is_inside(f"各校/{made}")


@pytest.mark.parametrize("path", ["../a", "/a", "a//b", "C:/a", "a\\b", "各校/..", "a/ "])
def test_a_list_names_nothing_outside_its_folder(path: str) -> None:
    assert not names.is_inside(path)
