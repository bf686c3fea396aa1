"""Unfinished forms, kept per case and form and offered again (恢复未完成的记录?).

A form that corrects a record has a slot of its own: it neither overwrites nor reads a new record's
draft.
"""

from __future__ import annotations

import logging

from mobile.store.drafts import DraftRow
from mobile.usecases.cover import shown_name
from mobile.usecases.phone import Phone
from mobile.usecases.views import CaseView, Draft
from mobile.usecases.words import coded
from shared.problems import ProblemError
from shared.records.registry import of_form
from shared.season import moment_of_ms

log = logging.getLogger("doorstep.drafts")


def slot(form: str, corrects: str = "") -> str:
    """Return the name a draft is kept under.

    `visit`, or `visit@<fact>` while that record is being corrected.
    """
    return f"{form}@{corrects}" if corrects else form


async def save_draft(phone: Phone, case_id: str, form: str, fields: dict[str, object]) -> None:
    """Store a form's fields; durable on return.

    Args:
        phone: The phone.
        case_id: The case.
        form: The form's `slot`.
        fields: The fields as the screen keeps them (JSON values).

    Raises:
        ProblemError: disk.full, disk.broken.

    """
    row = DraftRow(case=case_id, form=form, fields=fields, saved_ms=phone.now_ms())
    await phone.store.drafts.save(row)


async def load_draft(phone: Phone, case_id: str, form: str) -> Draft | None:
    """Return the unfinished form of a case, or None."""
    row = await phone.store.drafts.load(case_id, form)
    return None if row is None else _view(phone, row)


async def list_drafts(phone: Phone) -> tuple[Draft, ...]:
    """Return all unfinished forms, the newest first."""
    return tuple(_view(phone, row) for row in await phone.store.drafts.all())


async def of_case(phone: Phone, view: CaseView) -> tuple[Draft, ...]:
    """Return a case's drafts, the newest first.

    The one that waits for a call's outcome is left out: the case itself asks for it.
    """
    found = [draft for draft in await list_drafts(phone) if draft.case == view.line.id]
    return tuple(d for d in found if view.called is None or d.corrects or d.form != "attempt")


async def drop_draft(phone: Phone, case_id: str, form: str) -> None:
    """Delete a draft: it became a record, or the teacher discarded it."""
    phone.store.drafts.drop(case_id, form)
    try:
        await phone.store.flush()
    except ProblemError as problem:  # its record is saved; at worst the draft is offered once more
        log.warning("draft not forgotten for good: %s", problem.code)


def written(draft: Draft, language: str = "zh", *, covered: bool = False) -> tuple[str, ...]:
    """Return what a form says so far: the choices in one line, then the teacher's own words.

    Those words are left out while names are masked (`covered`).
    """
    kind = of_form(draft.form)
    choices = " · ".join(coded(kind, draft.fields, language))
    names = () if covered else kind.own_words
    own = [str(draft.fields.get(name) or "").strip() for name in names]
    return tuple(line for line in (choices, *own) if line)


def _view(phone: Phone, row: DraftRow) -> Draft:
    state = phone.store.cases.get(row.case)
    name = shown_name(phone, state.case.borrower.name) if state else ""
    saved_at = moment_of_ms(row.saved_ms).isoformat()
    form, _, corrects = row.form.partition("@")
    return Draft(
        case=row.case, form=form, corrects=corrects, name=name, saved_at=saved_at, fields=row.fields
    )
