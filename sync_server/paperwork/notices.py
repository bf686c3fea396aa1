"""Render 附件3: one sheet a person, the notice above the cut line and the slip below.

One PDF per school, ready to print. Amounts are on the upper part only, which is handed over; the
slip that comes back names the case by code, QR and masked name, so that someone who owes nothing
can sign it (docs/sources.md#two-part-notice).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from shared.cases import Case
from shared.identity import mask_id, mask_name
from shared.ids import show_case_code
from shared.money import in_words, yuan
from shared.paper import slip_mark
from shared.problems import ProblemError
from shared.season import RECEIPT_CODE, Letterhead, Season
from shared.typography import full_width
from sync_server.paperwork import qr_codes, words
from sync_server.paperwork.faces import KeptFaces
from sync_server.paperwork.typeset import Job, typeset

USUAL_NAME = 6
"""Characters of a name that is set with others of its shape; 欧阳 names have four."""
USUAL_NUMBER = 22
"""Characters of a contract number that fits its column in one line."""
USUAL_WORDS = 24
"""Characters of an amount in words (大写) that fits one line."""


def render_notices(
    cases: Sequence[Case],
    season: Season,
    school_name: str,
    issued_on: date,
    fonts_dir: Path,
    *,
    school_phone: str = "",
    school_contact: str = "",
    prints: Mapping[str, int] | None = None,
    demo: bool = False,
    faces: KeptFaces | None = None,
) -> bytes:
    """Render notices of a school as one PDF/A; equal arguments give equal bytes.

    Args:
        cases: the cases, in the order of the sheets.
        season: the season, for its due day and texts.
        school_name: the school's name.
        issued_on: the day printed on the notices.
        fonts_dir: the folder with the paper fonts.
        school_phone: whom a family may call to ask whether these are the school's teachers.
        school_contact: who answers there, such as 联络员张三; "" where nobody is named.
        prints: which print of a person's notice this is, by case id; a second one and later ones
            are marked 补打. 1 where a case is not in it.
        demo: whether every page says that its data are invented.
        faces: the county's own faces.

    Returns:
        The PDF.

    Raises:
        ProblemError: paper.nobody_due, compose.no_code (a case is not assigned to a school yet),
            paper.not_set.
    """
    if not cases:
        raise ProblemError("paper.nobody_due", school=school_name)
    if unplaced := [case for case in cases if not case.code]:
        raise ProblemError(
            "compose.no_code", count=len(unplaced), name=mask_name(unplaced[0].borrower.name)
        )
    pages = {page.key: [full_width(p) for p in page.zh] for page in season.policy}
    numbers = prints or {}
    people = [
        _person(case, number, season, numbers.get(case.id, 1)) for number, case in enumerate(cases)
    ]
    view = {
        "title": f"{school_name}{season.id}年还款通知书",
        "unit": school_name,
        "season": season.id,
        "due_day": words.day(season.due_day.isoformat()),
        "issued_on": words.day(issued_on.isoformat()),
        "telephones": _telephones(season.letterhead),
        "school_phone": school_phone,
        "school_contact": school_contact,
        "privacy": _privacy(season),
        "repay": pages.get("repay", [])[1:],
        "difficulty": pages.get("difficulty", []),
        "demo": demo,
        "people": people,
        "shapes": _shapes(people),
    }
    pictures = tuple(
        (f"slip-{number}.svg", qr_codes.svg(slip_mark(case.code, season.id)))
        for number, case in enumerate(cases)
    )
    made = datetime(issued_on.year, issued_on.month, issued_on.day, tzinfo=UTC)
    job = Job(
        template="notices.typ",
        view=view,
        meta={},
        pictures=pictures,
        created_at=made,
        footnotes=False,
    )
    return typeset(job, fonts_dir, faces=faces)[0]


def _telephones(head: Letterhead) -> str:
    """The bank's telephone, then the centre's; those that are set."""
    own = f"资助中心 {head.phone}" if head.phone else ""
    return "，".join(found for found in (head.hotline, own) if found)


def _privacy(season: Season) -> str:
    """What a family may know of its data: what for, until when, and whom to ask.

    Source: docs/sources.md#privacy-notice.
    """
    head = season.letterhead
    until = season.retain_until
    kept = f"，保存到{words.day(until.isoformat())}" if until else ""
    whom = f"请拨{head.phone}或到{head.centre}" if head.phone else f"请到{head.centre}"
    return (
        f"个人信息告知：姓名、身份证号、电话、地址和贷款信息由{head.centre}依借款合同提供，"
        f"只用于{season.id}年度的还款通知和走访{kept}。查看、更正自己的信息，{whom}。"
    )


def reprint_words(print_number: int) -> str:
    """What a sheet that was printed before says of itself; "" for the first one."""
    return f"补打 第{print_number}次" if print_number > 1 else ""


def _shapes(people: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return, by shape, a person with the longest words that the shape may have."""
    of_shape = {person["shape"]: person for person in people if person["shape"]}
    longest = {"name": "国" * USUAL_NAME, "co_borrower": "国" * USUAL_NAME}
    amount = {"principal": "", "interest": "", "total": ""}
    contract = {"year": "2013", "number": "0" * USUAL_NUMBER, **amount}
    return {
        shape: person
        | longest
        | {"words": "整" * USUAL_WORDS, "contracts": [contract] * len(person["contracts"])}
        for shape, person in of_shape.items()
    }


def _shape(person: dict[str, Any]) -> str:
    """Return what decides the form of a person's sheet; "" where it must be measured alone."""
    contracts = person["contracts"]
    usual = (
        max(len(person["name"]), len(person["co_borrower"])) <= USUAL_NAME
        and len(person["words"]) <= USUAL_WORDS
        and all(c["number"].isascii() and len(c["number"]) <= USUAL_NUMBER for c in contracts)
        and all(c["year"].isascii() and len(c["year"]) <= len("2013") for c in contracts)
    )
    return str(len(contracts)) if usual else ""


def _person(case: Case, number: int, season: Season, print_number: int) -> dict[str, Any]:
    code = show_case_code(case.code)
    person = {
        "code": code,
        "receipt": season.receipt_words.replace(RECEIPT_CODE, code),
        "name": case.borrower.name,
        "masked": mask_name(case.borrower.name),
        "masked_id": words.short_mask(mask_id(case.borrower.id_number)),
        "co_borrower": case.co_borrower.name if case.co_borrower else "",
        "contracts": [
            {
                "year": c.loan_year,
                "number": c.contract_no,
                "principal": yuan(c.principal_fen),
                "interest": yuan(c.interest_fen),
                "total": yuan(c.total_fen),
            }
            for c in case.contracts
        ],
        "principal": yuan(case.principal_fen),
        "interest": yuan(case.interest_fen),
        "total": yuan(case.total_fen),
        "words": in_words(case.total_fen),
        "qr": f"slip-{number}.svg",
        "reprint": reprint_words(print_number),
    }
    return person | {"shape": _shape(person)}
