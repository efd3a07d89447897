"""Several processes behind one address: it starts them, starts anew what dies, and ends them in good order.

It loads no data and answers nothing itself, so that little can happen to it. Each process ends by itself when its
standard input does, which the supervisor holds open: none outlives it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aims_graph.errors import InputError
from aims_graph_api.processes.orders import Orders
from aims_graph_api.processes.server import Start

FRONT, WRITER = "front", "writer"
COMMAND = (sys.executable, "-P", "-m", "aims_graph_api.processes.worker")
FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}  # glibc keeps what threads free for each arena: with many it grows for hours
DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before another attempt, after one more death in a row
WELL = 60.0  # seconds after which a process that dies is not said to die again
LIMIT = 30.0  # seconds for a process to end in good order
LONGEST_SOCKET = 100  # bytes: what an address of a Unix socket can hold
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
BAD_INPUT = 2


@dataclass
class Place:
    """What one process does, whichever it is at the moment."""

    role: str
    process: subprocess.Popen[bytes] | None = None
    pipe: int | None = None  # on which it says that it is ready
    ready: bool = False
    again: bool = False  # the data is to be read anew once it is ready
    started: float = 0.0
    deaths: int = 0  # in a row
    due: float = 0.0  # when it is to be started


@dataclass
class Supervisor:
    """Keeps the processes of one service."""

    start: Start
    listening: socket.socket
    ready: Callable[[], None]
    folder: Path = field(init=False)
    _told: list[int] = field(default_factory=list, init=False)
    _proven: bool = field(default=False, init=False)  # one has been ready
    _announced: bool = field(default=False, init=False)

    def run(self) -> None:
        """Keep all processes until a signal says to end; SystemExit(2) where the first of them cannot start."""
        roles = [*([WRITER] if self.start.holds_records else ()), *[FRONT] * self.start.workers]
        self.places = [Place(role) for role in roles]
        with tempfile.TemporaryDirectory(prefix="aims-graph-", ignore_cleanup_errors=True) as folder:
            self.folder = Path(folder)
            if len(os.fsencode(self.folder)) > LONGEST_SOCKET - len(WRITER):
                raise InputError(f"the path of '{folder}' is too long for a socket. Set TMPDIR to a shorter one.")
            (self.folder / "metrics").mkdir()
            with self._signals() as woken, selectors.DefaultSelector() as selector:
                selector.register(woken, selectors.EVENT_READ)
                self._selector = selector
                try:
                    self._keep()
                finally:
                    self._end()

    # -- keeping -----------------------------------------------------------------------

    @contextlib.contextmanager
    def _signals(self) -> Iterator[int]:
        reading, writing = os.pipe()
        for end in (reading, writing):
            os.set_blocking(end, False)
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, lambda n, _: self._told.append(n)) for number in SIGNALS}
        try:
            yield reading
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            os.close(reading)
            os.close(writing)

    def _keep(self) -> None:
        while True:
            now = time.monotonic()
            wanted = self.places if self._proven else self.places[:1]  # what is wrong with the data is said once
            for place in wanted:
                if place.process is None and place.due <= now:
                    self._begin(place)
            waiting = [place.due for place in wanted if place.process is None]
            self._wait(max(0.0, min(waiting) - time.monotonic()) if waiting else None)
            told, self._told[:] = list(self._told), []
            if signal.SIGTERM in told or signal.SIGINT in told:
                return
            if signal.SIGHUP in told:
                for place in self.places:
                    self._reload(place)
            self._bury()

    def _wait(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 4096)
            else:
                self._heard(key.data)

    def _begin(self, place: Place) -> None:
        reading, writing = os.pipe()
        shared = None if place.role == WRITER else self.listening.fileno()
        orders = Orders(self.start, self.folder, shared, writing)
        place.process = subprocess.Popen(  # noqa: S603  (this program)
            COMMAND,
            stdin=subprocess.PIPE,
            pass_fds=[writing, *([] if shared is None else [shared])],
            start_new_session=True,  # so that an interrupt from the keyboard comes here alone
            env={**FEW_ARENAS, **os.environ, "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics")},
        )
        os.close(writing)
        place.pipe, place.ready, place.started = reading, False, time.monotonic()
        self._selector.register(reading, selectors.EVENT_READ, place)
        assert place.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is dead already, which will be seen
            place.process.stdin.write(pickle.dumps(orders))
            place.process.stdin.flush()

    def _heard(self, place: Place) -> None:
        """What a process says: that it is ready, or nothing, when it has died before."""
        assert place.pipe is not None
        place.ready = os.read(place.pipe, 1) == b"r"
        self._deafen(place)
        self._proven = self._proven or place.ready
        if place.ready and place.again:
            self._reload(place)
        if not self._announced and all(p.ready for p in self.places):
            self._announced = True
            self.ready()

    def _deafen(self, place: Place) -> None:
        if place.pipe is not None:
            self._selector.unregister(place.pipe)
            os.close(place.pipe)
            place.pipe = None

    def _reload(self, place: Place) -> None:
        place.again = not place.ready
        if place.ready and place.process is not None:
            place.process.send_signal(signal.SIGHUP)

    def _bury(self) -> None:
        for place in self.places:
            if place.process is None or place.process.poll() is None:
                continue
            code = place.process.returncode
            self._forget(place)
            what = "the process that writes" if place.role == WRITER else "a process that answers"
            if not self._announced:
                if code != BAD_INPUT:  # else it has said why
                    print(f"{what} ended before it was ready ({_how(code)}).", file=sys.stderr, flush=True)
                raise SystemExit(BAD_INPUT)
            now = time.monotonic()
            place.deaths = 1 if now - place.started > WELL else place.deaths + 1
            delay = DELAYS[min(place.deaths, len(DELAYS)) - 1]
            place.due = now + delay
            print(f"{what} ended ({_how(code)}); it is started anew in {delay} s.", file=sys.stderr, flush=True)

    def _forget(self, place: Place) -> None:
        assert place.process is not None and place.process.stdin is not None
        for left in (self.folder / "metrics").glob(f"gauge_live*_{place.process.pid}.db"):
            left.unlink(missing_ok=True)  # what it was doing, it does no more
        with contextlib.suppress(BrokenPipeError):
            place.process.stdin.close()
        self._deafen(place)
        place.process, place.ready = None, False

    # -- ending ------------------------------------------------------------------------

    def _end(self) -> None:
        """End those that answer, then the one that writes: it finishes what was passed on to it."""
        self.listening.close()
        for role in (FRONT, WRITER):
            self._end_all([p.process for p in self.places if p.role == role and p.process is not None])
        for place in self.places:
            if place.process is not None:
                self._forget(place)

    def _end_all(self, running: list[subprocess.Popen[bytes]]) -> None:
        for process in running:
            process.send_signal(signal.SIGTERM)
        limit = time.monotonic() + LIMIT
        while any(process.poll() is None for process in running):
            self._wait(min(0.5, max(0.0, limit - time.monotonic())))
            told, self._told[:] = list(self._told), []
            for process in running:
                if time.monotonic() > limit:
                    process.kill()
                elif signal.SIGTERM in told or signal.SIGINT in told:
                    process.send_signal(signal.SIGTERM)  # asked twice: at once, but for a write that is under way


def _how(code: int) -> str:
    """How a process ended.

    >>> _how(-9), _how(1)
    ('signal SIGKILL', 'exit code 1')
    """
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
