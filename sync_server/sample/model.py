"""The structs of the sample county, made by `county.make_county`."""

from __future__ import annotations

from random import Random

import msgspec

from shared.cases import Case, Repayment

COUNTY = "青槐县"
AREA_CODE = "610599"
SEASON = "2019"


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a school's staff as 附件1 names them."""

    name: str
    post: str
    phone: str


class School(msgspec.Struct, frozen=True, kw_only=True):
    """A central school of a township, or a county school; `officer` is the centre's 包联人."""

    name: str
    township: str
    officer: str
    leader: Staff
    liaison: Staff


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything repaid until the end of `day` (ISO), one line a contract."""

    day: str
    lines: tuple[Repayment, ...]


class County(msgspec.Struct, frozen=True, kw_only=True):
    """A whole sample season.

    `cases` are in the order of the bank's list; their `id` is a running number (intake gives the
    real ones), their `school` a name of `schools`, their `code` empty. `taken_back` are the case
    ids whose payment a later snapshot takes back.
    """

    season: str
    schools: tuple[School, ...]
    cases: tuple[Case, ...]
    snapshots: tuple[Snapshot, ...]
    taken_back: frozenset[str]


def seeded(*parts: int | str) -> Random:
    """Return a generator that gives the same numbers for the same parts on every Python."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - a sample must repeat; nothing secret hangs on it


def share_out(total: int, weights: list[int], rng: Random) -> list[int]:
    """Split `total` in proportion to `weights`, to the last unit; a weight of 0 gets 0.

    What rounding leaves is given as single units to rows drawn at random, so that no row is
    conspicuous.

    Args:
        total: what to split.
        weights: the proportions.
        rng: the source of everything random.

    Returns:
        A share for each weight.

    Raises:
        ValueError: when all weights are 0.
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("nothing to share among")
    shares = [total * weight // whole for weight in weights]
    takers = [index for index, weight in enumerate(weights) if weight]
    for index in rng.sample(takers, total - sum(shares)):
        shares[index] += 1
    return shares
