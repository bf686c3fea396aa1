"""A form that was sent after its session had ended, on the page it came from."""

from __future__ import annotations

from html import escape

from shared.records.kind import Label
from sync_server.console.web.form_filling import fill
from sync_server.console.web.formatting import Words
from sync_server.console.web.kept_forms import KeptForm

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


def shown(html: str, here: str, typed: KeptForm, words: Words) -> str:
    """Put what was typed into its form, and list what has no place on the page.

    Args:
        html: The page.
        here: Its path.
        typed: The form.
        words: The page's language.
    """
    html, left = fill(html, here, typed.action, typed.fields)
    listed = "".join(
        f'<div class="field"><textarea readonly rows="2" aria-label="{escape(name)}">\n'
        f"{escape(text, quote=False)}</textarea></div>"
        for name, text in left
    )
    line = words(*(LEFT if left else ALL))
    return html.replace(MAIN, f'{MAIN}<div class="say warn">{line}{listed}</div>', 1)
