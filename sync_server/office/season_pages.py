"""Which policy pages of a season are to be checked, and what is taken from a settings file."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from shared.codes import Code
from shared.policy import SECTIONS, PolicyPage, find
from shared.problems import ProblemError
from shared.season import RETAIN_DAYS, Season, last_day
from sync_server.office import policy_text
from sync_server.office.season_template import must_be_checked

DAY = timedelta(days=1)
MAX_PAGES = 40
Pages = tuple[PolicyPage, ...]
_SECTION = Code("section", "section 只能是 script 或 policy", "section is script or policy")


def unchecked(
    pages: Pages, before: Pages, held: tuple[str, ...], confirmed: str = ""
) -> tuple[str, ...]:
    """Return the keys of the pages that the centre must read, in order.

    A page is to be checked from the moment its text is another one, whoever brought it (a file, an
    earlier edition, the shipped texts), until somebody saves or confirms that very text.

    Args:
        pages: The pages as they are to be.
        before: The pages as they were.
        held: The keys of those that were to be checked.
        confirmed: The key of the page that is being saved or confirmed; "" for none.
    """
    return tuple(
        page.key
        for page in pages
        if page.key != confirmed
        and (page.key in held or (find(before, page.key) != page and must_be_checked(page)))
    )


def as_taken(season: Season, before: Season | None) -> Season:
    """Return settings as they are taken from a form or file.

    What a file says of pages to be checked counts only where it asks for more: it may be another
    season's, or another county's. Without a day until which personal data are kept, the one before
    stays, and a new season gets the proposed one.

    Args:
        season: The settings.
        before: Those in force; None for a new season.
    """
    held = season.unchecked if before is None else (*before.unchecked, *season.unchecked)
    was = before.policy if before else ()
    until = season.retain_until
    if until is None:
        proposed = max(season.due_day + timedelta(days=RETAIN_DAYS), last_day(season) + DAY)
        until = before.retain_until if before else proposed
    pages = unchecked(season.policy, was, held)
    return msgspec.structs.replace(season, unchecked=pages, retain_until=until)


def check(season: Season, before: Season | None) -> None:
    """Refuse changed pages that the page “政策与上门用语” would refuse: too long, empty, too many.

    Raises:
        ProblemError: policy.too_many_pages, season.file_field (names the page).
    """
    if len(season.policy) > MAX_PAGES:
        raise ProblemError("policy.too_many_pages", most=MAX_PAGES)
    for page in season.policy:
        if before is None or find(before.policy, page.key) != page:
            _check_page(page)


def _check_page(page: PolicyPage) -> None:
    field = f"policy.{page.key}"
    if page.section not in SECTIONS:
        raise ProblemError("season.file_field", field=field, why=_SECTION)
    try:
        policy_text.check(page)
    except ProblemError as problem:
        name = problem.values["field"]
        named = {**problem.values, "field": Code(name, *policy_text.FIELDS[name])}
        named_problem = ProblemError(problem.code, **named)
        why = Code(problem.code, named_problem.message("zh"), named_problem.message("en"))
        raise ProblemError("season.file_field", field=field, why=why) from problem
