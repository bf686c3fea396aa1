"""The process that the tests fork, for whatever is to be a process of its own: it has imported everything once."""

from __future__ import annotations

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["pytest", "tests.support.forked", "tests.support.serve", "tests.support.heavy"]
)
