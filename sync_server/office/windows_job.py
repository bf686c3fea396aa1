"""A job object of Windows around one subprocess: memory and CPU limits, and its end with us.

The kernel closes our handle when this process ends, however it ends, and with the last handle it
ends the subprocess. Structures and constants: Microsoft, "Job Objects" (winnt.h, jobapi2.h).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sync_server.office.job_limits import MIB, Limits

log = logging.getLogger("doorstep.jobs")

if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    EXTENDED_LIMIT_INFORMATION = 9
    LIMIT_PROCESS_TIME = 0x2
    LIMIT_ACTIVE_PROCESS = 0x8
    LIMIT_PRIORITY_CLASS = 0x20
    LIMIT_PROCESS_MEMORY = 0x100
    LIMIT_KILL_ON_JOB_CLOSE = 0x2000
    BELOW_NORMAL_PRIORITY_CLASS = 0x4000
    PROCESS_SET_QUOTA = 0x100
    PROCESS_TERMINATE = 0x1
    TICKS = 10_000_000
    """100-nanosecond intervals in a second."""

    class _Basic(ctypes.Structure):
        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _Extended(ctypes.Structure):
        _fields_ = (
            ("BasicLimitInformation", _Basic),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    def _kernel() -> ctypes.WinDLL:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.argtypes = (ctypes.c_void_p, wintypes.LPCWSTR)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.OpenProcess.argtypes = (wintypes.DWORD, wintypes.BOOL, wintypes.DWORD)
        kernel.OpenProcess.restype = wintypes.HANDLE
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        kernel.SetInformationJobObject.argtypes = (
            wintypes.HANDLE,
            ctypes.c_int,
            ctypes.c_void_p,
            wintypes.DWORD,
        )
        kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
        return kernel

    def _information(limits: Limits) -> _Extended:
        found = _Extended()
        basic = found.BasicLimitInformation
        basic.LimitFlags = (
            LIMIT_PROCESS_TIME
            | LIMIT_ACTIVE_PROCESS
            | LIMIT_PRIORITY_CLASS
            | LIMIT_PROCESS_MEMORY
            | LIMIT_KILL_ON_JOB_CLOSE
        )
        basic.PerProcessUserTimeLimit = limits.cpu_s * TICKS
        basic.ActiveProcessLimit = 1
        basic.PriorityClass = BELOW_NORMAL_PRIORITY_CLASS
        found.ProcessMemoryLimit = limits.memory_mib * MIB
        return found

    @contextmanager
    def containing(pid: int, limits: Limits) -> Iterator[tuple[str, ...]]:
        """Put a subprocess into a job object of its own.

        Yields:
            The names of the limits that this system does not set.
        """
        kernel = _kernel()
        job = kernel.CreateJobObjectW(None, None)
        process = kernel.OpenProcess(PROCESS_SET_QUOTA | PROCESS_TERMINATE, False, pid)
        information = _information(limits)
        is_set = (
            job
            and process
            and kernel.SetInformationJobObject(
                job,
                EXTENDED_LIMIT_INFORMATION,
                ctypes.byref(information),
                ctypes.sizeof(information),
            )
            and kernel.AssignProcessToJobObject(job, process)
        )
        try:
            yield ("file", "open_files") if is_set else ("cpu", "memory", "file", "open_files")
        finally:
            for handle in (process, job):
                if handle:
                    kernel.CloseHandle(handle)
