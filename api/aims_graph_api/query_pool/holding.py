"""The pool's processes as the service sees them: those that hold a dataset, and the workers forked from them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aims_graph_api.query_pool import channel
from aims_graph_api.query_pool.channel import Message

LONGEST = 1 << 16
GONE = -signal.SIGKILL  # how a process ended of which nothing is known any more


class Unavailable(Exception):
    """A process of the pool ended before it was of use, or could not be started."""


@dataclass
class Worker:
    """A process that runs queries of one dataset, one at a time."""

    holder: Holder
    pid: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: int = 0
    last: bool = False  # whether it is not to be asked again

    @property
    def usable(self) -> bool:
        """Whether it can be asked again."""
        return not (self.last or self.holder.retired or self.reader.at_eof() or self.writer.is_closing())

    async def ask(self, order: dict[str, Any]) -> Message:
        """Send an order and wait for the answer; OSError or asyncio.IncompleteReadError where the process ends."""
        self.asked += 1
        for piece in channel.packed(order):
            self.writer.write(piece)
        await self.writer.drain()
        head, body = await channel.read(self.reader)
        self.last = head.pop("last", True)
        return head, body

    async def end(self) -> int:
        """End the process; how it ended."""
        try:
            await _close(self.writer)
            return await self.holder.ended(self.pid)
        finally:
            self.holder.leave()


class Holder:
    """A process that holds a dataset, or the library, and forks others from itself as it is told."""

    def __init__(self, parent: Holder | None, control: socket.socket, process: subprocess.Popen[bytes] | None) -> None:
        self.parent, self._control, self._process = parent, control, process
        self.pid = 0
        self.retired = False
        self._users = 0  # workers and holders forked from it
        self._ending: dict[int, asyncio.Future[int]] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(control.fileno(), self._told)

    @staticmethod
    async def first(data: Sequence[Path]) -> Holder:
        """The process that opens the library; Unavailable where it cannot, with its reason."""
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stream, their_stream = socket.socketpair()
        descriptors = (theirs.fileno(), their_stream.fileno())
        with theirs, their_stream:
            process = subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "aims_graph_api.query_pool.zygote",
                    *map(str, (os.getpid(), *descriptors, *data)),
                ],
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # who reads what this process writes does not wait for that one
            )
        holder = Holder(None, _not_blocking(control), process)
        return await holder._begun(stream)

    async def split(self, order: dict[str, Any], content: bytes = b"") -> Holder:
        """Another holder, forked from this one, that loads more; Unavailable where it cannot, with its reason."""
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stream, their_stream = socket.socketpair()
        self._users += 1
        holder = Holder(self, _not_blocking(control), None)
        with theirs, their_stream:
            self._tell(order, theirs.fileno(), their_stream.fileno())
        return await holder._begun(stream, content)

    async def _begun(self, stream: socket.socket, content: bytes = b"") -> Holder:
        """Hand over what is to be loaded, and wait until it is."""
        reader, writer = await asyncio.open_unix_connection(sock=_not_blocking(stream))
        try:
            writer.write(content)
            await writer.drain()
            writer.write_eof()
            head, _ = await channel.read(reader)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.retire()
            raise Unavailable("a process ended while it was loading") from error
        except BaseException:
            self.retire()
            raise
        finally:
            await _close(writer)
        if "error" in head:
            self.retire()
            raise Unavailable(head["error"])
        self.pid = head["pid"]
        return self

    async def worker(self, memory: int) -> Worker:
        """A new worker; Unavailable where none can be started."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._tell({"do": "work", "memory": memory}, theirs.fileno())
            except Unavailable:
                ours.close()
                raise
        self._users += 1
        reader, writer = await asyncio.open_unix_connection(sock=_not_blocking(ours))
        try:
            head, _ = await channel.read(reader)
        except BaseException as error:
            await _close(writer)  # upon which it ends, should it still start
            self.leave()
            if isinstance(error, OSError | asyncio.IncompleteReadError):
                raise Unavailable("a process ended before it could be asked") from error
            raise
        return Worker(self, head["pid"], reader, writer)

    def _tell(self, order: dict[str, Any], *descriptors: int) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], descriptors)
        except OSError as error:
            self.retire()
            raise Unavailable("a process has ended") from error

    def _told(self) -> None:
        """Take what the process says of those that it ended; nothing means that it has ended itself."""
        try:
            text = self._control.recv(LONGEST)
        except BlockingIOError:
            return
        except OSError:
            text = b""
        if not text:
            self.close()
            return
        found = json.loads(text)
        waiting = self._ending.pop(found["pid"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(found["status"])

    async def ended(self, pid: int) -> int:
        """End a process forked from this one; how it ended, GONE where this one has ended too."""
        if self.closed:
            return GONE
        waiting: asyncio.Future[int] = self._loop.create_future()
        self._ending[pid] = waiting
        try:
            self._tell({"do": "end", "pid": pid})
        except Unavailable:
            return GONE
        return await waiting

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked of it any more."""
        return self._control.fileno() < 0

    def leave(self) -> None:
        """One of those forked from it has ended."""
        self._users -= 1
        if self.retired and self._users == 0:
            self.close()

    def retire(self) -> None:
        """Fork no more from it; it ends when the last of those forked from it has ended."""
        self.retired = True
        if self._users == 0:
            self.close()

    def close(self) -> None:
        """End it now, and all those forked from it."""
        if self.closed:
            return
        self.retired = True
        self._loop.remove_reader(self._control.fileno())
        self._control.close()  # upon which it ends, and all those forked from it
        for waiting in self._ending.values():
            if not waiting.done():
                waiting.set_result(GONE)
        self._ending.clear()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self.parent is not None:
            self.parent.forget(self)

    def forget(self, child: Holder) -> None:
        """A holder forked from this one has ended; it is reaped."""
        if child.pid and not self.closed:
            try:
                self._tell({"do": "end", "pid": child.pid})
            except Unavailable:
                return
        self.leave()


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close, whatever has become of the other side."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _not_blocking(sock: socket.socket) -> socket.socket:
    sock.setblocking(False)
    return sock
