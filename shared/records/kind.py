"""What a kind of record declares about itself, as data that phone and office read."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from shared.codes import Code
from shared.records.base import Body
from shared.records.shapes import Day, Many, Place, Shape, Text, Token
from shared.season import Season


class Label(NamedTuple):
    """The words for one thing in both languages."""

    zh: str
    en: str

    def __call__(self, language: str = "zh") -> str:
        """Return the words in `zh` or `en`."""
        return self.zh if language == "zh" else self.en


NO_WORDS = Label("", "")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a record.

    Attributes:
        table: The codes the field holds; empty for free text.
        of_season: Whether the season's own reasons replace `table`, where a season is at hand.
        day: Whether it holds a day (ISO 8601).
        shown: Whether the office sees it as a line of the record.
        shape: What it may hold; follows from `table` and `day`, every other field declares it.

    """

    name: str
    label: Label
    table: tuple[Code, ...] = ()
    of_season: bool = False
    day: bool = False
    shown: bool = True
    shape: Shape | None = None

    def __post_init__(self) -> None:
        """Refuse a field without a shape: what enters the ledger is bounded by it."""
        if self.shape is None and not self.day and not self.table:
            raise TypeError(f"the field {self.name} declares no shape")

    @cached_property
    def holds(self) -> Shape:
        """What it may hold."""
        return self.shape or (Day() if self.day else Token(table=self.table))

    @property
    def most_characters(self) -> int | None:
        """The longest text it takes; None where it holds something else."""
        return self.holds.most if isinstance(self.holds, Text) else None


NAME = Text(most=100, lines=False)
"""A person's name, also a long one with several parts."""
NAMES = Many(of=NAME, most=30)
REASON = Text(most=1000)
"""A sentence or two."""
LONG = Text(most=4000)
"""A note or a narrative: two printed pages at most."""
FLAGS = (
    Field(
        name="flags",
        label=Label("提示", "Flags"),
        shown=False,
        shape=Many(of=Token(), most=20),
    ),
    Field(name="flag_reason", label=Label("说明理由", "Why"), shape=REASON),
)
"""Fields of every kind that the conduct rules judge: codes FLAGS, and the teacher's reason."""
POSITION = Field(name="position", label=Label("位置", "Position"), shown=False, shape=Place())
NOTE = Field(name="note", label=Label("备注", "Note"), shape=LONG)


class Known(NamedTuple):
    """What a form knows besides its answers.

    Attributes:
        season: The season's settings.
        teacher: The name of the teacher who went.
        photos: sha256 of the photos taken, without the scan of the sheet.

    """

    season: Season
    teacher: str = ""
    photos: tuple[str, ...] = ()


Answers = Mapping[str, Any]
"""The answers of a form by the names of the body's fields."""


def always(answers: Answers, known: Known) -> bool:
    """Return that a question is asked in every case."""
    return True


def never(answers: Answers, known: Known) -> bool:
    """Return that a question may stay open."""
    return False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """How a form asks for one field: on the phone, on the office's page and on the printed sheet.

    Attributes:
        field: The field's name.
        ask: The question.
        asked: Whether the answers before it call for it; a record has no other answers.
        condition: `asked` in words, where it is not always asked.
        needed: Whether a record cannot be saved without it.
        offered: The codes that may be chosen, from the answers and the season; None for all.
        sentences: Sentences offered for a text.
        begins: The answer that a new form begins with.
        party: Whether it names those who went: a new form begins with the teacher and whoever
            came along last time.
        otherwise: What the record has where it is not asked; None for the field's default.

    """

    field: str
    ask: Label
    asked: Callable[[Answers, Known], bool] = always
    condition: Label = NO_WORDS
    needed: Callable[[Answers, Known], bool] = never
    offered: Callable[[Answers, Season], tuple[str, ...]] | None = None
    sentences: tuple[Label, ...] = ()
    begins: str = ""
    party: bool = False
    otherwise: Callable[[Known], object] | None = None


def nothing_more(body: Body, photos: tuple[str, ...], season: Season) -> tuple[str, ...]:
    """Return no further required fields."""
    return ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordKind:
    """One kind of record.

    Attributes:
        name: The kind as it stands in the envelope.
        body: The struct of its body.
        label: What a record of this kind is called.
        action: What the button says that begins one; "" where no form makes it.
        fields: Every field of the body, in the body's order.
        form: The name of its form: its path, and the slot of its drafts on phones. "" where no form
            makes it.
        draft: What an unfinished form is called; `label` where it is not given.
        required: Fields without which a phone does not save it.
        headline: The field read first; its value stands beside the label.
        in_words: The coded and dated fields that make the one-line words, in order.
        long: The field that holds a text of several lines.
        own_words: Fields the teacher types freely, shown when a draft has lost its form.
        derived: Fields the program fills in; a correction computes them anew.
        reviewed: Whether the office accepts or returns it.
        judged: Whether every one of them waits for a verdict, not only one with a finding.
        timed: Whether its form asks when it happened.
        photos: Whether it takes photos.
        photo_field: The field that lists its photos too; one of `derived`.
        listed: Whether it stands in a case's history, where it can be corrected.
        undoable: Whether it can be taken back within the undo time.
        flagged: Whether the conduct rules are asked before it is saved; its body then has the
            fields FLAGS.
        supersedes: The field that takes the id of the case's last record of this kind.
        masked_by: The field whose code says how lists mask the headline.
        masks: That code -> how the headline is masked.
        also_required: Names of further required fields, from the body, its photos and the season.

    """

    name: str
    body: type[Body]
    label: Label
    fields: tuple[Field, ...]
    action: Label = NO_WORDS
    form: str = ""
    place: int = 99
    questions: tuple[Question, ...] = ()
    draft: Label | None = None
    required: tuple[str, ...] = ()
    headline: str = ""
    in_words: tuple[str, ...] = ()
    long: str = ""
    own_words: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    reviewed: bool = False
    judged: bool = False
    timed: bool = False
    photos: bool = False
    photo_field: str = ""
    listed: bool = True
    undoable: bool = True
    flagged: bool = False
    supersedes: str = ""
    masked_by: str = ""
    masks: Mapping[str, Callable[[str], str]] = dataclasses.field(default_factory=dict)
    also_required: Callable[[Any, tuple[str, ...], Season], tuple[str, ...]] = nothing_more

    def field(self, name: str) -> Field | None:
        """Return the field of that name; None where this version does not know it."""
        return next((f for f in self.fields if f.name == name), None)
