"""What a process that runs people's queries can no longer do: open files or connections, start others, outlive."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Collection

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
PAGE = resource.getpagesize()
_PRCTL = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)  # looked up while libraries can still be opened


def outlive_signals() -> None:
    """Leave it to the service when to end: what a terminal sends to all its processes is not for these."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def die_with(parent: int) -> None:
    """End when the process this one was forked from ends."""
    if _PRCTL is not None:
        _PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before this was said
        os._exit(0)


def keep_only(kept: Collection[int], silent: bool) -> None:
    """Close every descriptor but these; standard input and output lead nowhere, and of a silent process errors too."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2) if silent else (0, 1):
        os.dup2(nowhere, standard)
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, max(resource.getrlimit(resource.RLIMIT_NOFILE)[0], nowhere + 1))


def memory_size(statm: int) -> int:
    """Bytes of address space this process has, read from its open /proc/self/statm."""
    return int(os.pread(statm, 64, 0).split()[0]) * PAGE


def confine(memory: int) -> int:
    """Let this process have so many more bytes, and nothing else of the machine; its open /proc/self/statm.

    No descriptor can be opened any more, so neither a file nor a connection.
    """
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    if _PRCTL is not None:
        _PRCTL(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    most = memory_size(statm) + memory
    for kind, limit in (
        (resource.RLIMIT_AS, most),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    return statm
