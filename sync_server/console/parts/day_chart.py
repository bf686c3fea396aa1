"""The lines by day as a picture: SVG that runs nothing and asks nobody for anything.

pygal draws it (docs/decisions/0041-the-morning-sheet.md). What it adds for a browser that may run
scripts, one of them from the network, and what names its maker are taken out, so that equal numbers
give equal bytes.
"""

from __future__ import annotations

import sys
from typing import Any

from sync_server.console.web.formatting import Words
from sync_server.office.day_lines import LINES, DayLines

SVG_TYPE = "image/svg+xml"
WIDTH, HEIGHT = 960, 340
COLOURS = ("#8A6D1B", "#1F5C57", "#C8452D", "#43382A")
DASHES = ("", "10,4", "3,3", "12,3,3,3")
MARKS = ("——", "— —", "······", "—·—")
"""So that lines are told apart without colours, too: their dashes, and these before their names."""
FACES = '"Microsoft YaHei UI", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'
LABELS = 9
"""About so many days are written below the line."""
_INK, _SOFT, _PAPER, _GUIDE = "#2A2620", "#5C5345", "#FFFDF8", "#C9BCA4"


def draw(lines: DayLines, words: Words) -> bytes:
    """Return the picture, in the page's language."""
    pygal = _library()
    from pygal.etree import etree
    from pygal.style import Style

    etree.to_etree()  # the same bytes whether lxml is installed or not
    every = max(1, -(-len(lines.days) // LABELS))
    top = max((lines.last(name) for name in LINES), default=0)
    chart = pygal.Line(
        style=Style(
            background=_PAPER,
            plot_background=_PAPER,
            foreground=_INK,
            foreground_strong=_INK,
            foreground_subtle=_SOFT,
            colors=COLOURS,
            font_family=FACES,
            stroke_width="3",
            stroke_opacity="1",
            opacity="1",
            guide_stroke_color=_GUIDE,
            major_guide_stroke_color=_GUIDE,
            label_font_size=14,
            major_label_font_size=14,
            legend_font_size=16,
        ),
        js=(),
        no_prefix=True,
        width=WIDTH,
        height=HEIGHT,
        legend_at_bottom=True,
        legend_at_bottom_columns=4,
        legend_box_size=14,
        show_dots=len(lines.days) == 1,
        show_minor_x_labels=False,
        truncate_label=-1,
        truncate_legend=-1,
        range=(0, max(top, 1)),
        max_scale=6,
        margin=12,
        value_formatter=lambda value: f"{value:,.0f}" if value == int(value) else "",
    )
    chart.x_labels = [words.day(day) for day in lines.days]
    shown = range(len(lines.days) - 1, -1, -every)  # today is always among them
    chart.x_labels_major = [chart.x_labels[at] for at in shown]
    for (name, label), dash, mark in zip(LINES.items(), DASHES, MARKS, strict=True):
        style = {"width": 3, **({"dasharray": dash} if dash else {})}
        chart.add(
            f"{mark} {words(*label)} {lines.last(name):,}",
            list(lines.counts[name]),
            stroke_style=style,
        )
    chart.add_xml_filter(_without_script)
    drawn: bytes = chart.render()
    return drawn


def _library() -> Any:
    """Import pygal where a picture is drawn, so that a server starts without it.

    It adds a finder of plug-ins to Python's imports, in a form that Python 3.11 warns of at every
    later import; none of its plug-ins is used here.
    """
    import pygal

    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != pygal.__name__]
    return pygal


def _without_script(root: Any) -> Any:
    """Take out what runs, comments, and the empty id; texts for a script's tooltips, too."""
    root.attrib.pop("id", None)
    for parent in list(root.iter()):
        for child in list(parent):
            named = child.tag if isinstance(child.tag, str) else ""
            if not named or named.rpartition("}")[2] in ("script", "desc"):
                parent.remove(child)
    return root
