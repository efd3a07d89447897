"""The process from which those that run queries are forked: it loads law and standards once, for all of them.

It has one thread. A process that holds a dataset is forked from it for each day and trust, one for each organisation
from that, and workers from these; so what is loaded once is shared, and a worker is there in milliseconds. Each ends
when the one it came from ends.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pyoxigraph as ox

from aims_graph.errors import AimsGraphError
from aims_graph.library import Library
from aims_graph_api.query_pool import channel, confinement
from aims_graph_api.query_pool.evaluating import Held
from aims_graph_api.query_pool.worker import work

LONGEST = 1 << 16  # bytes of an order
NICE = 5


@dataclass(frozen=True)
class Contents:
    """What such a process has loaded: the library, then a dataset."""

    library: Library | None
    held: Held | None = None


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """`python -m aims_graph_api.query_pool.zygote PARENT CONTROL STREAM FOLDER…`: its id, descriptors, data folders."""
    parent, control, stream, *folders = sys.argv[1:] if arguments is None else arguments
    confinement.die_with(int(parent))  # also where the other end of the sockets has been inherited by somebody else
    confinement.outlive_signals()
    _begin(
        socket.socket(fileno=int(control)),
        socket.socket(fileno=int(stream)),
        lambda: Contents(Library.open([Path(f) for f in folders])),
    )


def _begin(control: socket.socket, stream: socket.socket, load: Any) -> NoReturn:
    """Load, tell that it is done or why not, then take orders."""
    try:
        contents = load()
    except (AimsGraphError, OSError, ValueError) as error:
        with _ending_where_nobody_listens():
            channel.send(stream, {"error": str(error)})
        os._exit(1)
    with _ending_where_nobody_listens():
        channel.send(stream, {"pid": os.getpid()})
    stream.close()
    gc.collect()
    gc.freeze()  # so that the collector writes to no page that is shared
    take_orders(control, contents)


@contextmanager
def _ending_where_nobody_listens() -> Iterator[None]:
    """End in good order where whoever was to be told has gone."""
    try:
        yield
    except (BrokenPipeError, ConnectionResetError):
        os._exit(0)


def take_orders(control: socket.socket, contents: Contents) -> NoReturn:
    """Fork and end processes as told, until nobody is there to tell."""
    parent = os.getpid()
    ended: dict[int, int] = {}  # how those children ended of which nobody has asked it yet
    while True:
        with _ending_where_nobody_listens():
            text, descriptors, _, _ = socket.recv_fds(control, LONGEST, 2)
        if not text:
            os._exit(0)
        order = json.loads(text)
        _reap(ended)
        if order["do"] == "end":
            status = ended.pop(order["pid"], None)
            answer = {"pid": order["pid"], "status": _killed(order["pid"]) if status is None else status}
            with _ending_where_nobody_listens():
                control.send(json.dumps(answer).encode())
            continue
        with suppress(OSError):  # no room for a process: who waits for it sees its socket closed
            child = os.fork()
            if child == 0:
                _child(order, descriptors, contents, parent)
            ended.pop(child, None)
        for descriptor in descriptors:
            os.close(descriptor)


def _reap(ended: dict[int, int]) -> None:
    """Note how children ended: by themselves (the exit code), or by a signal (its number, negative)."""
    with suppress(ChildProcessError):  # there are none
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = os.waitstatus_to_exitcode(found[1])


def _killed(child: int) -> int:
    """End a child, which only its parent can do without fear that its number is another's by now."""
    try:
        found, status = os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        return -signal.SIGKILL  # it was none of its children any more
    if not found:
        os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)


def _child(order: dict[str, Any], descriptors: list[int], contents: Contents, parent: int) -> NoReturn:
    try:
        confinement.die_with(parent)
        confinement.keep_only(descriptors, silent=order["do"] == "work")
        sockets = [socket.socket(fileno=d) for d in descriptors]
        if order["do"] == "work":
            assert contents.held is not None
            work(sockets[0], contents.held, order["memory"])
        control, stream = sockets
        _begin(control, stream, lambda: _more(order, contents, stream))
    finally:  # whatever happens, a child must not go on as its parent does
        if (error := sys.exception()) is not None:
            traceback.print_exception(error)
        os._exit(2)


def _more(order: dict[str, Any], contents: Contents, stream: socket.socket) -> Contents:
    """The dataset of a day, or that with the graphs of an organisation."""
    if order["do"] == "date":
        assert contents.library is not None
        os.nice(NICE)
        store = contents.library.store(date.fromisoformat(order["as_of"]), order["trust"])
        names = frozenset(name.value for name in store.named_graphs())
        return Contents(None, Held(store, dict(contents.library.catalogue.prefixes), names))
    assert contents.held is not None
    quads = channel.everything(stream)
    contents.held.store.bulk_extend(ox.parse(quads, format=ox.RdfFormat.N_QUADS))
    return Contents(None, replace(contents.held))


if __name__ == "__main__":
    main()
