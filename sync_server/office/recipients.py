"""Recipients of the county's reports and their forms: read, show with sample rows, set.

Settings of a season like all others: each change leaves a line of its history.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from shared import codes, recipients
from shared.money import yuan
from shared.problems import ProblemError
from shared.recipients import PEOPLE, Recipient, TemplateColumn, form_faults
from shared.season import Season
from shared.season_fields import WHOLE
from sync_server.intake.template import TemplateFound, read_template
from sync_server.office import jobs, seasons
from sync_server.office.jobs import Job
from sync_server.office.sample_summaries import county, school
from sync_server.sealing.making.workbook import tables_of
from sync_server.sealing.report_to import template_of
from sync_server.services import Services
from sync_server.store.seasons import FieldChange

_WORDS = re.compile(r"[a-z][a-z0-9]*")


class SampleTable(msgspec.Struct, frozen=True, kw_only=True):
    """A form as a recipient will see it, over invented people or schools."""

    titles: tuple[str, ...]
    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


def read_form(
    services: Services,
    season: Season,
    form: str,
    path: Path,
    *,
    sheet: str = "",
    header_row: int = 0,
    who: str,
) -> TemplateFound:
    """Read a recipient's empty form in a process of its own.

    Args:
        services: The server's services.
        season: The season; its year in a title becomes {年度}.
        form: PEOPLE or UNITS.
        path: The file.
        sheet: The name of its sheet; "" to find it.
        header_row: The row of its headings, from 1; 0 to find it.
        who: Who asks, for the queue.

    Raises:
        ProblemError: template.*, intake.*, and those of jobs.run.
    """
    job = Job(kind="import", who=who)
    found = jobs.run(services, job, read_template, path, form, sheet, header_row)
    titles = tuple(title.replace(season.id, "{年度}") for title in found.titles)
    return msgspec.structs.replace(found, titles=titles)


def sample_table(season: Season, recipient: Recipient, form: str) -> SampleTable | None:
    """Return a form over three invented rows and their sums; None if it has none or a wrong one."""
    template = template_of(recipient, form)
    if template is None or any(form_faults(form, template.columns, template.titles)):
        return None
    if form == PEOPLE:
        made = msgspec.structs.replace(school(season), templates=(template,))
        table = tables_of(made)[-1]
    else:
        table = tables_of(msgspec.structs.replace(county(season), template=template))[0]
    kinds = [column.kind for column in table.columns]
    return SampleTable(
        titles=tuple(str(line[0]) for line in table.cells[: len(table.titles)]),
        headings=tuple(column.title for column in table.columns),
        lines=tuple(
            tuple(_shown(cell, kind) for cell, kind in zip(line, kinds, strict=True))
            for line in (*table.lines, table.sums)
        ),
    )


def _shown(cell: str | int, kind: str) -> str:
    return yuan(cell) if kind == "fen" and isinstance(cell, int) else str(cell)


def with_form(
    recipient: Recipient,
    form: str,
    columns: Sequence[TemplateColumn],
    titles: Sequence[str],
) -> Recipient:
    """Return a recipient with another form; blanks at the ends of words are dropped."""
    stripped = tuple(
        TemplateColumn(
            header=column.header.strip(), field=column.field, constant=column.constant.strip()
        )
        for column in columns
    )
    return recipient.with_form(form, stripped, tuple(t.strip() for t in titles if t.strip()))


def set_form(
    services: Services,
    season_id: str,
    key: str,
    form: str,
    columns: Sequence[TemplateColumn],
    titles: Sequence[str],
    *,
    who: str,
    base: int | None = None,
) -> tuple[FieldChange, ...]:
    """Set a recipient's form; without columns, remove it.

    Raises:
        ProblemError: rollup.recipient_unknown, and those of seasons.change.
    """
    return _change(
        services,
        season_id,
        key,
        lambda one: with_form(one, form, columns, titles if columns else ()),
        who=who,
        base=base,
    )


def add(services: Services, season_id: str, key: str, name: str, *, who: str) -> None:
    """Add a recipient that gets figures only.

    Args:
        services: The server's services.
        season_id: The season.
        key: Its short name in letters and digits; "" for a numbered one.
        name: What it is called.
        who: Who does it.

    Raises:
        ProblemError: those of seasons.change.
    """

    def edit(season: Season) -> Season:
        named = key.strip().lower() or _free_key(season.recipients)
        if not _WORDS.fullmatch(named) or recipients.find(season.recipients, named):
            raise ProblemError(
                "season.key_invalid", field=codes.find(WHOLE, "recipients"), key=named[:40]
            )
        one = Recipient(key=named, name=name.strip())
        return msgspec.structs.replace(season, recipients=(*season.recipients, one))

    seasons.change(services, season_id, edit, who=who)


def _free_key(known: Sequence[Recipient]) -> str:
    taken = {one.key for one in known}
    return next(key for n in range(1, 100) if (key := f"r{n}") not in taken)


def remove(services: Services, season_id: str, key: str, *, who: str) -> None:
    """Remove a recipient; its sealed reports stay, and the page still lists them.

    Raises:
        ProblemError: those of seasons.change.
    """

    def edit(season: Season) -> Season:
        left = tuple(one for one in season.recipients if one.key != key)
        return msgspec.structs.replace(season, recipients=left)

    seasons.change(services, season_id, edit, who=who)


def of_key(season: Season, key: str) -> Recipient:
    """Return a season's recipient by its key. Raises: ProblemError rollup.recipient_unknown."""
    found = recipients.find(season.recipients, key)
    if found is None:
        raise ProblemError("rollup.recipient_unknown", recipient=key[:40])
    return found


def _change(
    services: Services,
    season_id: str,
    key: str,
    edit: Callable[[Recipient], Recipient],
    *,
    who: str,
    base: int | None,
) -> tuple[FieldChange, ...]:
    def edited(season: Season) -> Season:
        of_key(season, key)
        changed = tuple(edit(one) if one.key == key else one for one in season.recipients)
        return msgspec.structs.replace(season, recipients=changed)

    return seasons.change(services, season_id, edited, who=who, base=base)
