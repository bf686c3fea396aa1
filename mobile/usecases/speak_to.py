"""Who is spoken to decides what is shown: amounts to borrowers, a script for others.

Each disclosure is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping

from mobile.usecases import learnt, suggested
from mobile.usecases.cover import shown_name
from mobile.usecases.lines import standing_of
from mobile.usecases.phone import Phone
from mobile.usecases.records import record
from mobile.usecases.season import season as season_of
from mobile.usecases.text import Text
from mobile.usecases.views import Amounts, Script
from shared.conduct import SHOWN, may_ask_third_party, may_hear_amounts
from shared.lifecycle import in_force
from shared.policy import find, spoken
from shared.problems import ProblemError
from shared.records.disclosure import Disclosure
from shared.season import Season, china_day, is_overdue
from shared.wire import CaseState

THIRD = ("neighbour", "village_cadre")
FAMILY_PAGE, THIRD_PAGE, DEATH_PAGE = "open-family", "open-neighbour", "death"
"""Keys of the centre's own scripts (shared/policy.py), whose lines are shown."""


async def speak_to(phone: Phone, case_id: str, who: str) -> Amounts | Script:
    """Return what may be said to a person: amounts, or the centre's script.

    Showing amounts records a disclosure. A co-borrower who is not on the list counts as family, and
    after a death the loan is mentioned to nobody.

    Args:
        phone: The phone.
        case_id: The case.
        who: The person (codes PEOPLE).

    Raises:
        ProblemError: case.unknown.

    Source: docs/sources.md#disclosure-by-relation.

    """
    state = _state(phone, case_id)
    season = await season_of(phone)
    if state.deceased or standing_of(phone, state, season).outcome == "death":
        return _script(season, who, DEATH_PAGE, _SORRY, because="deceased")
    if who == "co_borrower" and state.case.co_borrower is None:
        return _script(season, who, FAMILY_PAGE, _KIND, because="no_co_borrower")
    if may_hear_amounts(who):
        await record(phone, case_id, Disclosure(what="amount", to=who))
        return _amounts(phone, state, season)
    earlier = in_force([k.fact for k in phone.store.facts.of(case_id)])
    if who in THIRD and not may_ask_third_party(
        earlier, season.limits, numbers=has_number(phone, state)
    ):
        return _too_early(state, season, who)
    return _script(season, who, THIRD_PAGE if who in THIRD else FAMILY_PAGE, _KIND)


def _amounts(phone: Phone, state: CaseState, season: Season) -> Amounts:
    return Amounts(
        name=shown_name(phone, state.case.borrower.name),
        principal_fen=state.case.principal_fen,
        interest_fen=state.case.interest_fen,
        total_fen=state.case.total_fen,
        repaid_fen=state.repaid.repaid_fen,
        contracts=tuple(
            (c.loan_year, c.principal_fen, c.interest_fen) for c in state.case.contracts
        ),
        due_day=season.due_day.isoformat(),
        as_of=state.repaid.as_of,
        overdue=is_overdue(season, china_day(phone.now())),
        overdue_prior=state.case.overdue_prior,
    )


def _script(
    season: Season, who: str, key: str, kind: Mapping[str, tuple[str, ...]], because: str = ""
) -> Script:
    """The centre's page `key`, or the lines of `kind` (by language) where the centre removed it."""
    page = find(season.policy, key)
    lines = {
        language: (page and spoken(page.lines(language))) or kind[language]
        for language in ("zh", "en")
    }
    return Script(who=who, allowed=True, lines=lines, because=because)


def _too_early(state: CaseState, season: Season, who: str) -> Script:
    """Whom to try first, and how often, before `who` may be asked."""
    failures = season.limits.failures_before_third_party
    first = _EITHER if state.case.co_borrower else _BORROWER
    lines = {
        language: tuple(
            line.format(first=first.in_language(language), failures=failures)
            for line in _EARLY[language]
        )
        for language in ("zh", "en")
    }
    return Script(who=who, allowed=False, lines=lines)


async def reveal(phone: Phone, case_id: str, what: str, index: int = 0) -> str:
    """Return a masked value in full; a disclosure is recorded.

    Args:
        phone: The phone.
        case_id: The case.
        what: `id_number`, `phone`, `co_borrower_phone` or `suggested_phone`.
        index: Which of several numbers, from 0.

    Raises:
        ProblemError: case.unknown; fact.field_missing when there is no such value.

    """
    found = number_of(phone, case_id, what, index)
    await record(phone, case_id, Disclosure(what=what, purpose=SHOWN))
    return found


def number_of(phone: Phone, case_id: str, what: str, index: int) -> str:
    """Return a masked value in full, for a caller that records the disclosure itself.

    Raises:
        ProblemError: as `reveal`.

    """
    state = _state(phone, case_id)
    other = state.case.co_borrower
    found = {
        "id_number": (state.case.borrower.id_number,),
        "phone": own_phones(phone, state),
        "co_borrower_phone": other.phones if other else (),
        suggested.WHAT: suggested.numbers(phone, state),
    }.get(what, ())
    if not 0 <= index < len(found) or not found[index]:
        raise ProblemError("fact.field_missing", field=what)
    return found[index]


def own_phones(phone: Phone, state: CaseState) -> tuple[str, ...]:
    """Return the borrower's numbers: first those learnt on visits, then the bank's."""
    return tuple(number for number, _ in learnt.phones(state, learnt.proposed(phone, state)))


def has_number(phone: Phone, state: CaseState) -> bool:
    """Return whether there is any number of the borrower or the co-borrower."""
    other = state.case.co_borrower
    return bool(own_phones(phone, state) or (other and other.phones))


def _state(phone: Phone, case_id: str) -> CaseState:
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    return state


_KIND = {
    "zh": (
        "您好，我是学校的老师，找这位同学有事。",
        "麻烦请他（她）本人与学校或县资助中心联系，谢谢您。",
    ),
    "en": (
        "Hello, I am a teacher from the school and would like to reach this graduate.",
        "Please ask them to contact the school or the county centre. Thank you.",
    ),
}
"""What is said when the centre has removed its page: nothing of the loan."""
_SORRY = {
    "zh": ("请您节哀，您和家里人多保重。", "今天什么都不谈，我们先走了。"),
    "en": ("Please accept our condolences, and take care of yourselves.", "We will leave you now."),
}
_EITHER = Text("本人或共同借款人", "borrower or co-borrower")
_BORROWER = Text("本人", "borrower")
_EARLY = {
    "zh": (
        "还没有到可以找邻居或村干部打听的时候。",
        "先联系{first}：号码无效，或 {failures} 次没有联系上，才请他人转告。",
    ),
    "en": (
        "It is too early to ask neighbours or village cadres.",
        "Try the {first} first: an invalid number or {failures} failed tries open this.",
    ),
}
