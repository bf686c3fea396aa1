"""Something masked was shown or read out; the office can see who saw what."""

from __future__ import annotations

from shared import codes, conduct
from shared.records.base import Body
from shared.records.kind import Field, Label, RecordKind


class Disclosure(Body, frozen=True, kw_only=True):
    """What was shown, to whom and why. Codes: shared.conduct DISCLOSED and PURPOSES, PEOPLE.

    A number handed to the dialler is one too: `to` is whom it rings, `purpose` is call.
    """

    what: str
    to: str = ""
    purpose: str = ""


KIND = RecordKind(
    name="disclosure",
    body=Disclosure,
    label=Label("查看信息", "Looked up"),
    fields=(
        Field(name="what", label=Label("内容", "What"), table=conduct.DISCLOSED),
        Field(name="to", label=Label("对象", "With"), table=codes.PEOPLE),
        Field(name="purpose", label=Label("用途", "Purpose"), table=conduct.PURPOSES),
    ),
    listed=False,
    undoable=False,
)
