"""What a form module declares: its kind of record and plain functions for the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import flet as ft

from mobile.ui.app.state import App
from mobile.ui.forms.form_context import FormContext
from mobile.ui.forms.open_form import Form
from shared.conduct import PHONE
from shared.records.base import Body
from shared.records.kind import RecordKind


class Subject(NamedTuple):
    """What the conduct rules judge.

    Attributes:
        who: Whom the teachers met or called.
        visitors: Who went.
        channel: Of an attempt (codes CHANNELS) or a delivery (codes METHODS).
        proof: The flags of a proof that is missing; asked about when the record is saved.

    """

    who: str = ""
    visitors: tuple[str, ...] = ()
    channel: str = PHONE
    proof: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FormSpec:
    """One form. Its fields carry the names of the body's fields.

    Attributes:
        kind: The kind of record it makes; its name, drafts and labels come from there.
        icon: Stands for the form and its records.
        defaults: The fields of a new form.
        questions: The controls, from app, form, context and the form's own path.
        body_of: The record, from form and context.
        missing: The words of the questions still to be answered.
        subject: What the conduct rules judge; needed where the kind is flagged.
        companions: The field that says who went; remembered for the next form.
        renamed: Former name of a field -> its present name, for drafts older than the change.
    """

    kind: RecordKind
    icon: ft.IconData
    defaults: Callable[[FormContext], dict[str, Any]]
    questions: Callable[[App, Form, FormContext, str], list[ft.Control]]
    body_of: Callable[[Form, FormContext], Body]
    missing: Callable[[App, Form, FormContext], list[str]]
    subject: Callable[[Form], Subject] = lambda _: Subject()
    companions: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The form's name: its path, and what its drafts are kept under."""
        return self.kind.form

    @property
    def place(self) -> int:
        """Its position among the actions of a case."""
        return self.kind.place

    def up_to_date(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a draft under their present names.

        Where it has both names, the present one wins.
        """
        former = {self.renamed[k]: v for k, v in fields.items() if k in self.renamed}
        return {**former, **{k: v for k, v in fields.items() if k not in self.renamed}}
