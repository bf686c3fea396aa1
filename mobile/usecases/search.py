"""What finds a case: name, pinyin initials, code, village, words of the address, end of a number.

The list is searched at every keystroke.
"""

from __future__ import annotations

from collections.abc import Sequence

from mobile.usecases.phone import Phone
from mobile.usecases.search_texts import Searched
from shared.case_search import finds, folded, words_of
from shared.wire import CaseState


def matching(phone: Phone, query: str) -> list[CaseState]:
    """Return the cases of this phone that a query finds; all for an empty one."""
    states, words = phone.store.cases.all(), words_of(query)
    if not words:
        return states
    own = _learnt_here(phone)
    return [s for s in states if _has(phone.searched.of(s), words, own.get(s.case.id, ""))]


def _has(searched: Searched, words: Sequence[str], own: str) -> bool:
    return finds(words, f"{searched.text}\n{own}" if own else searched.text, searched.numbers)


def _learnt_here(phone: Phone) -> dict[str, str]:
    """The addresses the teacher recorded, by case: they are found before the office judges them."""
    found: dict[str, str] = {}
    made = [kept.fact for kept in phone.store.facts.all()]
    made += [kept.fact for kept in phone.store.earlier.all()]
    for fact in made:
        if fact.kind == "contact_update" and fact.body.get("field") == "address":
            before = found.get(fact.case, "")
            found[fact.case] = f"{before}\n{folded(str(fact.body.get('value', '')))}"
    return found
