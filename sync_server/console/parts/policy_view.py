"""What the policy pages show: texts in force, editions, names and labels."""

from __future__ import annotations

import msgspec

from shared.policy import POLICY, SCRIPT, PolicyPage, find, is_note, note_words
from shared.problems import ProblemError
from shared.records.kind import Label
from sync_server.console.web.access import Req, get_services
from sync_server.console.web.formatting import Words
from sync_server.console.web.rendering import language, notify
from sync_server.office import policy_text
from sync_server.office.policy_text import FIELDS
from sync_server.store import accounts, seasons
from sync_server.store import policy as store
from sync_server.store.database import Connection
from sync_server.store.policy import Edition

NAMES = {
    SCRIPT: Label("上门怎么说", "What to say at a door"),
    POLICY: Label("政策（附件4）", "Policy (附件4)"),
}
WHAT = {
    "save": Label("改", "Changed"),
    "add": Label("新加", "Added"),
    "move": Label("移动", "Moved"),
    "remove": Label("删去", "Removed"),
    "restore": Label("恢复", "Restored"),
    "import": Label("从文件导入", "Imported from a file"),
}
ON_PHONE = {
    "refused": Label("“拒签”“拒绝还款”时一点就到", "one tap away when somebody refuses"),
    "death": Label("走访结果选“已去世”时一点就到", "one tap away when a death is recorded"),
    "cannot-write": Label("选“不会写字·按手印”时一点就到", "one tap away when they cannot write"),
    "paid": Label("选“对方称已还”时一点就到", "one tap away when they say it is paid"),
    "hardship": Label(
        "选“家庭经济困难”“重大疾病”时一点就到", "one tap away for hardship or illness"
    ),
    "repay": Label("也印在通知书上", "also printed on the notice"),
    "difficulty": Label("也印在通知书上", "also printed on the notice"),
}
"""Where else than in the phone's list a page turns up."""


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """The texts in force and their history.

    `newest` is the newest edition, `names` by account, `shipped` what the season began with,
    `unchecked` the keys of pages the centre has not read yet for this season.
    """

    pages: store.Pages
    shipped: store.Pages
    unchecked: tuple[str, ...]
    texts_from: str
    editions: list[Edition]
    newest: int
    names: dict[str, str]

    def of(self, section: str) -> list[PolicyPage]:
        """Return the pages of a section in their order."""
        return [p for p in self.pages if p.section == section]

    def fingerprint(self, found: PolicyPage) -> str:
        """Return a page's fingerprint, by which a form detects that it changed."""
        return policy_text.fingerprint(found)

    def is_edited(self, found: PolicyPage) -> bool:
        """Whether a shipped page reads otherwise now."""
        shipped = find(self.shipped, found.key)
        return shipped is not None and shipped != found

    def is_own(self, found: PolicyPage) -> bool:
        """Whether the centre added the page."""
        return find(self.shipped, found.key) is None

    @property
    def removed(self) -> list[PolicyPage]:
        """Shipped pages that were taken out."""
        return [p for p in self.shipped if find(self.pages, p.key) is None]

    def title(self, edition: Edition, t: Words) -> str:
        """What an edition was made to: a page, or all of them."""
        if edition.page:
            return f"“{edition.title}”"
        return (
            t("成第 {n} 版", "to edition {n}", n=edition.title)
            if edition.title != "0"
            else t("成随附的文字", "as shipped")
        )

    def is_note(self, line: str) -> bool:
        """Return whether a line is for the teacher, not to be said."""
        return is_note(line)

    def words(self, line: str) -> str:
        """Return a line without the brackets of a note."""
        return note_words(line)


async def load(request: Req) -> PolicyView:
    """Read all of it in one transaction."""
    season = get_services(request).season

    def job(connection: Connection) -> PolicyView:
        now = seasons.get(connection, season)
        return PolicyView(
            pages=now.policy,
            shipped=store.shipped(connection, season),
            unchecked=now.unchecked,
            texts_from=now.texts_from,
            editions=store.editions(connection, season),
            newest=store.newest(connection, season),
            names=accounts.shown_names(connection),
        )

    return await get_services(request).read(job)


def notify_saved(request: Req, draft: PolicyPage, before: PolicyPage | None) -> None:
    """Say what was saved, and what the writer may want to check again."""
    notify(
        request,
        "已保存“{title}”,下次同步时到老师手机上",
        "“{title}” is saved and reaches phones with their next sync",
        title=draft.title_zh,
    )
    pause = Words(language(request))("、", ", ")
    if words := policy_text.harsh_words(draft):
        notify(
            request,
            "里面有“{words}”,在门口说容易伤人,建议换个说法",
            "It says “{words}”, which can hurt at a door; please put it differently",
            tone="bad",
            words=pause.join(words),
        )
    if words := policy_text.loan_words(draft):
        notify(
            request,
            "这一页是说给不该知道贷款的人听的,里面却有“{words}”",
            "This is said to people who must not hear of the loan, yet it says “{words}”",
            tone="bad",
            words=pause.join(words),
        )
    if before is not None and draft.en and before.zh != draft.zh and before.en == draft.en:
        notify(
            request,
            "中文改了,英文没有改:请看看英文还对不对",
            "The Chinese was changed, the English was not: see whether it still holds",
            tone="bad",
        )


def in_page_words(request: Req, problem: ProblemError, names: dict[str, str]) -> ProblemError:
    """Return the problem with field, name and moment in the page's language."""
    words, values = Words(language(request)), dict(problem.values)
    if values.get("field") in FIELDS:
        values["field"] = words.label(FIELDS, values["field"])
    if "at" in values:
        values |= {"at": words.moment(values["at"]), "who": names.get(values["who"], values["who"])}
    return ProblemError(problem.code, **values)
