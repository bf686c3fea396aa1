"""Make a week of repayments: seven cumulative snapshots, as the centre sends them from the 11th.

Each school repays at its own pace, about 60 % of its people by the 11th and 84 % by the 17th. A few
pay only a part, and a few payments are in one snapshot and missing in the next (the bank took them
back).
"""

from __future__ import annotations

from collections import defaultdict
from random import Random

from shared.cases import Case, Contract, Repayment
from sync_server.sample.model import Snapshot

DAYS = tuple(f"2019-12-{day}" for day in range(11, 18))
_SHARES_PER_MILLE = (600, 655, 712, 754, 790, 816, 842)
_CHANNELS = ("支付宝",) * 8 + ("提前还款", "POS")

Line = tuple[str, str, Repayment]
"""(first day, end day or "", line): the ISO days of the snapshots that have it.

The end day is that of the first snapshot without it.
"""


def make_snapshots(cases: list[Case], rng: Random) -> tuple[tuple[Snapshot, ...], frozenset[str]]:
    """Make the snapshots of `DAYS`.

    Returns:
        The snapshots, and the ids of the cases whose payment a later one takes back.
    """
    by_school: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_school[case.school].append(case)
    lines: list[Line] = []
    taken_back: set[str] = set()
    for school, pace in zip(sorted(by_school), _paces(len(by_school), rng), strict=True):
        paid, partly = _payers(by_school[school], pace, rng)
        if rng.randrange(3) == 0:
            case, _ = paid.pop()
            taken_back.add(case.id)
            lines += _passing_lines(case, rng)
        for case, day in paid:
            lines += _lines(case, day, rng)
        for case, day in partly:
            lines += _part_lines(case, day, rng)
    order = {
        contract.contract_no: row
        for row, contract in enumerate(c for case in cases for c in case.contracts)
    }
    lines.sort(key=lambda line: (line[0], order[line[2].contract_no]))
    return tuple(_snapshot(day, lines) for day in DAYS), frozenset(taken_back)


def _paces(schools: int, rng: Random) -> list[int]:
    """Spread evenly, per mille from -50 to 50, how far each school is ahead of the county."""
    return rng.sample(
        [100 * index // max(1, schools - 1) - 50 for index in range(schools)], schools
    )


def _payers(
    cases: list[Case], pace: int, rng: Random
) -> tuple[list[tuple[Case, str]], list[tuple[Case, str]]]:
    """Choose who has paid all and who a part, with the day of the first snapshot that shows it."""
    queue = rng.sample(cases, len(cases))
    paid: list[tuple[Case, str]] = []
    for share, day in zip(_SHARES_PER_MILLE, DAYS, strict=True):
        until = round(len(queue) * (share + pace) / 1000)
        paid += [(case, day) for case in queue[len(paid) : until]]
    rest = queue[len(paid) :]
    partly = [(case, rng.choice(DAYS)) for case in rest[: max(1, len(cases) // 80)]]
    return paid, partly


def _paid_on(day: str, rng: Random) -> str:
    """Return the snapshot's day; the first snapshot holds what came in since the 2nd."""
    return f"2019-12-{rng.randrange(2, 12):02d}" if day == DAYS[0] else day


def _lines(case: Case, day: str, rng: Random, gone: str = "") -> list[Line]:
    paid_on, channel = _paid_on(day, rng), rng.choice(_CHANNELS)
    return [
        (
            day,
            gone,
            _line(contract, contract.principal_fen, contract.interest_fen, paid_on, channel),
        )
        for contract in case.contracts
    ]


def _line(
    contract: Contract, principal_fen: int, interest_fen: int, paid_on: str, channel: str
) -> Repayment:
    return Repayment(
        contract_no=contract.contract_no,
        principal_fen=principal_fen,
        interest_fen=interest_fen,
        paid_on=paid_on,
        channel=channel,
    )


def _part_lines(case: Case, day: str, rng: Random) -> list[Line]:
    """Make lines of a partial payment: one contract's interest and half its principal.

    Interest itself is halved when there is no principal.
    """
    contract = rng.choice(case.contracts)
    interest_fen = contract.interest_fen if contract.principal_fen else contract.interest_fen // 2
    return [
        (
            day,
            "",
            _line(
                contract,
                contract.principal_fen // 2,
                interest_fen,
                _paid_on(day, rng),
                _CHANNELS[0],
            ),
        )
    ]


def _passing_lines(case: Case, rng: Random) -> list[Line]:
    """Make lines that are in one or two snapshots of the week only."""
    first = rng.randrange(0, len(DAYS) - 2)
    return _lines(case, DAYS[first], rng, gone=DAYS[first + rng.choice((1, 2))])


def _snapshot(day: str, lines: list[Line]) -> Snapshot:
    standing = (line for since, gone, line in lines if since <= day and (not gone or day < gone))
    return Snapshot(day=day, lines=tuple(standing))
