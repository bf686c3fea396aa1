"""Limits of a subprocess: CPU time, memory, files written, open files, and its end with its parent.

POSIX: `resource`, set by the subprocess itself. Windows: a job object, made by its parent
(office/windows_job.py). A limit that a system does not have is reported as not checked.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from threading import Thread

from sync_server.office.job_limits import MIB, Limits

GRACE_S = 5
"""CPU seconds between the signal that names the limit and the one nobody can ignore."""
_SET_PDEATHSIG = 1
_SIGKILL = 9


def limit_this_process(limits: Limits, nice: int) -> tuple[str, ...]:
    """Set the limits of this process.

    Args:
        limits: What it may take.
        nice: How far it steps back (POSIX).

    Returns:
        The names of the limits that this system cannot set; on Windows the parent sets them.
    """
    _end_with_parent()
    if sys.platform == "win32":
        return ()
    import resource

    os.nice(nice)
    memory = limits.memory_mib * MIB
    wanted = {
        "cpu": ("RLIMIT_CPU", limits.cpu_s, limits.cpu_s + GRACE_S),
        # not RLIMIT_AS: allocators of many threads reserve far more addresses than they use
        "memory": ("RLIMIT_DATA", memory, memory),
        "file": ("RLIMIT_FSIZE", limits.file_mib * MIB, limits.file_mib * MIB),
        "open_files": ("RLIMIT_NOFILE", limits.open_files, limits.open_files),
        "core": ("RLIMIT_CORE", 0, 0),  # a dump would hold names and ID numbers
    }
    missing = []
    for name, (limit, soft, hard) in wanted.items():
        try:
            which = getattr(resource, limit)
            _, most = resource.getrlimit(which)
            if most != resource.RLIM_INFINITY:
                soft, hard = min(soft, most), min(hard, most)
            resource.setrlimit(which, (soft, hard))
        except (AttributeError, ValueError, OSError):
            missing.append(name)
    if not sys.platform.startswith("linux"):
        missing.append("memory")  # elsewhere the system counts what nobody allocates by
    return tuple(dict.fromkeys(missing))


@contextmanager
def limited(process: BaseProcess, limits: Limits) -> Iterator[tuple[str, ...]]:
    """Limit a started subprocess from outside, where its system does that; it ends with us.

    Yields:
        The names of the limits that could not be set.
    """
    if sys.platform != "win32":
        yield ()
        return
    from sync_server.office import windows_job

    with windows_job.containing(process.pid or 0, limits) as missing:
        yield missing


def _end_with_parent() -> None:
    """End this process once its parent is gone, even a killed one that ends no process itself."""
    parent = parent_process()
    if parent is None:
        return
    Thread(target=_wait_for_end, args=(parent.sentinel,), daemon=True).start()
    # a library that computes without a pause gives no thread a turn: there the kernel ends it
    if sys.platform.startswith("linux") and os.getppid() == parent.pid:
        import ctypes

        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent.pid:  # gone in between
            os._exit(1)


def _wait_for_end(parent: int) -> None:
    wait([parent])
    os._exit(1)
