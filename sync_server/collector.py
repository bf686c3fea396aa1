"""Python's collector of cycles, held while thousands of lasting objects are made at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held() -> Iterator[None]:
    """Look for no garbage meanwhile; what was made is not looked through afterwards either.

    Modules and routes last as long as the process: a full collection would walk over 150,000 of
    their objects each time, and whatever is asked in that moment would wait.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def release() -> None:
    """Unfreeze and collect what is no longer referenced, such as an app that was replaced."""
    gc.unfreeze()
    gc.collect()
