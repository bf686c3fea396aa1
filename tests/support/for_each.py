"""One test over many rows of a table: it names every row that is wrong, as a test a row would, at a thousandth of the cost.

For tables of hundreds of rows whose check takes microseconds; collecting and reporting a test takes milliseconds, in
every worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Row = TypeVar("Row")


def for_each(
    rows: Iterable[Row], name: Callable[[Row], str] = str
) -> Callable[[Callable[[Row], None]], Callable[[], None]]:
    """Turn a test of one row into a test of all of them; `name`: what a row is called where it fails."""
    every = list(rows)

    def over(test: Callable[[Row], None]) -> Callable[[], None]:
        def all_of_them() -> None:
            failed = {}
            for row in every:
                try:
                    test(row)
                except Exception as error:
                    failed[name(row)] = error
            assert every, "a table without rows"
            if failed:
                words = "\n".join(f"{row}: {error!r}" for row, error in failed.items())
                raise AssertionError(f"{len(failed)} of {len(every)} rows\n{words}")

        all_of_them.__name__, all_of_them.__doc__ = test.__name__, test.__doc__
        all_of_them.__module__ = test.__module__
        return all_of_them

    return over
