"""All forms, found by themselves: every module of this package with a `FORM`.

The modules are imported at the first call, not when this one is: they import others of this
package.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import flet as ft

import mobile.ui.forms
from mobile.ui.app.state import App
from mobile.ui.forms.open_form import Form
from mobile.ui.forms.spec import FormSpec

OTHER_ICONS = {"correction": ft.Icons.EDIT_OUTLINED}
"""Kinds of record without a form of their own."""


@cache
def forms() -> tuple[FormSpec, ...]:
    """The forms in the order of a case's actions.

    pkgutil also finds modules in a zip file and in a browser.
    """
    package = mobile.ui.forms
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    found = [getattr(module, "FORM", None) for module in modules]
    specs = [form for form in found if isinstance(form, FormSpec)]
    return tuple(sorted(specs, key=lambda form: (form.place, form.name)))


def form_named(name: str) -> FormSpec | None:
    """The form of that name; None when this version has none."""
    return next((form for form in forms() if form.name == name), None)


def open_form(app: App, case: str, name: str, corrects: str = "") -> Form:
    """The open form of a case: the same object for every screen that shows a part of it."""
    spec = form_named(name)
    return app.forms.get(
        (case, name, corrects),
        Form,
        lambda: Form(
            app.phone,
            case,
            name,
            corrects,
            _on_unsaved=lambda _: app.forms.report_unsaved(),
            _up_to_date=spec.up_to_date if spec else dict,
        ),
    )


def icon_of(kind: str, otherwise: ft.IconData) -> ft.IconData:
    """The icon of a kind of record, or `otherwise`."""
    own = next((form.icon for form in forms() if form.kind.name == kind), None)
    return own or OTHER_ICONS.get(kind, otherwise)
