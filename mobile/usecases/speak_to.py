"""您在和谁说话? Amounts for borrower and co-borrower, a kind sentence for everyone else; every look is recorded."""

from __future__ import annotations

from mobile.usecases.phone import Phone
from mobile.usecases.save import save
from mobile.usecases.season import season as season_of
from mobile.usecases.views import Amounts, Script
from shared.conduct import SHOWN, may_ask_third_party, may_hear_amounts
from shared.facts import Disclosure
from shared.identity import parse_phones
from shared.lifecycle import in_force
from shared.policy import find, spoken
from shared.problems import ProblemError
from shared.season import china_day, due_word
from shared.wire import CaseState

THIRD = ("neighbour", "village_cadre")
FAMILY_PAGE, THIRD_PAGE = "open-family", "open-neighbour"
"""The centre's own door scripts (shared/policy.py): what is said here is what stands in its pages."""


async def speak_to(phone: Phone, case_id: str, who: str) -> Amounts | Script:
    """What may be said to `who` (codes PEOPLE): amounts, or the centre's script for those who owe nothing.

    Unlocking amounts writes a disclosure. Raises: ProblemError case.unknown.
    """
    state = _state(phone, case_id)
    season = await season_of(phone)
    if may_hear_amounts(who):
        await save(phone, case_id, Disclosure(what="amount", to=who))
        day = china_day(phone.now())
        return Amounts(
            name=state.case.borrower.name,
            principal_fen=state.case.principal_fen,
            interest_fen=state.case.interest_fen,
            total_fen=state.case.total_fen,
            repaid_fen=state.repaid.repaid_fen,
            contracts=tuple((c.loan_year, c.principal_fen, c.interest_fen) for c in state.case.contracts),
            due_day=season.due_day.isoformat(),
            as_of=state.repaid.as_of,
            words=due_word(season, day),
            overdue_prior=state.case.overdue_prior,
        )
    earlier = in_force([k.fact for k in phone.store.facts.of(case_id)])
    if who in THIRD and not may_ask_third_party(earlier, season.limits):
        return Script(who=who, allowed=False, lines_zh=_EARLY_ZH, lines_en=_EARLY_EN)
    page = find(season.policy, THIRD_PAGE if who in THIRD else FAMILY_PAGE)
    return Script(
        who=who,
        allowed=True,
        lines_zh=(page and spoken(page.lines("zh"))) or _KIND_ZH,
        lines_en=(page and spoken(page.lines("en"))) or _KIND_EN,
    )


async def reveal(phone: Phone, case_id: str, what: str, index: int = 0) -> str:
    """A masked thing in full: id_number, phone (by index) or co_borrower_phone; writes a disclosure.

    Raises: ProblemError case.unknown, fact.field_missing when there is no such thing.
    """
    found = number_of(phone, case_id, what, index)
    await save(phone, case_id, Disclosure(what=what, purpose=SHOWN))
    return found


def number_of(phone: Phone, case_id: str, what: str, index: int) -> str:
    """A masked thing in full, for a caller that records the look. Raises: as `reveal`."""
    state = _state(phone, case_id)
    other = state.case.co_borrower
    found = {
        "id_number": (state.case.borrower.id_number,),
        "phone": own_phones(state),
        "co_borrower_phone": other.phones if other else (),
    }.get(what, ())
    if not 0 <= index < len(found) or not found[index]:
        raise ProblemError("fact.field_missing", field=what)
    return found[index]


def own_phones(state: CaseState) -> tuple[str, ...]:
    """The borrower's numbers: first what a visit brought home and the office accepted, then the bank's."""
    return tuple(dict.fromkeys((*new_phones(state), *state.case.borrower.phones)))


def new_phones(state: CaseState) -> tuple[str, ...]:
    """Numbers that a visit brought home and the office accepted."""
    return tuple(dict.fromkeys(parse_phones(state.contact.get("phone", ""))))


def _state(phone: Phone, case_id: str) -> CaseState:
    state = phone.store.cases.get(case_id)
    if state is None:
        raise ProblemError("case.unknown", case=case_id)
    return state


_KIND_ZH = ("您好,我是学校的老师,找这位同学有事。", "麻烦请他(她)本人与学校或县资助中心联系,谢谢您。")
"""When the centre has taken its page out: something is said at every door, and nothing of the loan at this one."""
_KIND_EN = (
    "Hello, I am a teacher from the school and would like to reach this graduate.",
    "Please ask them to contact the school or the county centre. Thank you.",
)
_EARLY_ZH = (
    "还没有到可以找邻居或村干部打听的时候。",
    "先联系本人或共同借款人:号码无效,或三次没有联系上,才请他人转告。",
)
_EARLY_EN = (
    "It is too early to ask neighbours or village cadres.",
    "Try the borrower or co-borrower first: an invalid number or three failed tries open this.",
)
