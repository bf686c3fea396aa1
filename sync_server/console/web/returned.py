"""A form that was sent after its session had ended, on the page it came from."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from shared.records.kind import Label
from sync_server.console.web.form_filling import fill
from sync_server.console.web.formatting import Words

MAIN = '<main class="main" id="main" tabindex="-1">'
"""After it stands what a page has to say first."""
ALL = Label(
    "登录过期以前填写的内容已放回表里,还没有保存:请核对后再保存。选的文件要重新选。",
    "What you typed before your session ended is in its form again and not sent: "
    "check and send it. Choose files again.",
)
LEFT = Label(
    "登录过期以前填写的内容还没有保存,这一页放不下的列在这里,可以复制。选的文件要重新选。",
    "What you typed before your session ended was not sent. "
    "What has no place on this page is listed here to copy. Choose files again.",
)


def shown(html: str, here: str, typed: Mapping[str, Any], words: Words) -> str:
    """Put what was typed into its form, and list what has no place on the page.

    Args:
        html: The page.
        here: Its path.
        typed: A kept form, as the session holds it.
        words: The page's language.
    """
    fields = [(str(name), str(value)) for name, value in typed["fields"]]
    html, left = fill(html, here, str(typed["action"]), fields)
    listed = "".join(
        f'<div class="field"><textarea readonly rows="2" aria-label="{escape(name)}">\n'
        f"{escape(text, quote=False)}</textarea></div>"
        for name, text in left
    )
    line = words(*(LEFT if left else ALL))
    return html.replace(MAIN, f'{MAIN}<div class="say warn">{line}{listed}</div>', 1)
