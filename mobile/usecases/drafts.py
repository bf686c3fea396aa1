"""Unfinished forms: kept per case and form, offered again as 恢复未完成的记录?

A form that corrects a record has a place of its own (`slot`): it neither overwrites nor reads what is begun anew.
"""

from __future__ import annotations

import logging
from datetime import datetime

from mobile.store.drafts import DraftRow
from mobile.usecases.phone import Phone
from mobile.usecases.views import CaseView, Draft
from mobile.usecases.words import coded
from shared.identity import mask_name
from shared.problems import ProblemError
from shared.records.registry import of_form
from shared.season import CST

log = logging.getLogger("doorstep.drafts")


def slot(form: str, corrects: str = "") -> str:
    """The name a draft is kept under: `visit`, or `visit@<fact>` while that record is being corrected."""
    return f"{form}@{corrects}" if corrects else form


async def save_draft(phone: Phone, case_id: str, form: str, fields: dict[str, object]) -> None:
    """Keep a form (by its `slot`) as it stands; durable on return."""
    row = DraftRow(case=case_id, form=form, fields=fields, saved_ms=phone.now_ms())
    await phone.store.drafts.save(row)


async def load_draft(phone: Phone, case_id: str, form: str) -> Draft | None:
    """The unfinished form of a case, if there is one."""
    row = await phone.store.drafts.load(case_id, form)
    return None if row is None else _view(phone, row)


async def list_drafts(phone: Phone) -> tuple[Draft, ...]:
    """All unfinished forms, the newest first."""
    return tuple(_view(phone, row) for row in await phone.store.drafts.all())


async def of_case(phone: Phone, view: CaseView) -> tuple[Draft, ...]:
    """Those of one case, the newest first; not the one that waits for a call's outcome, which the case asks for."""
    found = [draft for draft in await list_drafts(phone) if draft.case == view.line.id]
    return tuple(d for d in found if view.called is None or d.corrects or d.form != "attempt")


async def drop_draft(phone: Phone, case_id: str, form: str) -> None:
    """Forget a draft: it became a record, or the teacher said so."""
    phone.store.drafts.drop(case_id, form)
    try:
        await phone.store.flush()
    except ProblemError as problem:  # what it became is saved; at worst it is offered once more
        log.warning("draft not forgotten for good: %s", problem.code)


def written(draft: Draft, language: str = "zh") -> tuple[str, ...]:
    """What a form says so far, to be read without it: the choices in one line, then the teacher's own words."""
    kind = of_form(draft.form)
    choices = " · ".join(coded(kind, draft.fields, language))
    own = [str(draft.fields.get(name) or "").strip() for name in kind.own_words]
    return tuple(line for line in (choices, *own) if line)


def _view(phone: Phone, row: DraftRow) -> Draft:
    state = phone.store.cases.get(row.case)
    name = mask_name(state.case.borrower.name) if state else ""
    saved_at = datetime.fromtimestamp(row.saved_ms / 1000, CST).isoformat()
    form, _, corrects = row.form.partition("@")
    return Draft(
        case=row.case, form=form, corrects=corrects, name=name, saved_at=saved_at, fields=row.fields
    )
