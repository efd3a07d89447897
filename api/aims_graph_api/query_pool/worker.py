"""The process that runs the queries of one organisation, one at a time, with nothing else within its reach."""

from __future__ import annotations

import os
import socket
from typing import Any, NoReturn

from aims_graph.errors import ForbiddenQuery, QueryError
from aims_graph_api.query_pool import channel, confinement, evaluating, updating
from aims_graph_api.query_pool.channel import Message
from aims_graph_api.query_pool.evaluating import Held
from aims_graph_api.query_pool.results import TooMuch

NICE = 5  # the service goes first where processors are scarce; still a tenth of one is left where all are busy
ACTS = {"query": evaluating.query, "update": updating.update}


def work(sock: socket.socket, held: Held, memory: int) -> NoReturn:
    """Answer what comes over a socket until it is closed; after much growth the answer is the last."""
    os.nice(NICE)
    statm = confinement.confine(memory)
    start = confinement.memory_size(statm)
    channel.send(sock, {"pid": os.getpid()})
    while True:
        try:
            order, _ = channel.receive(sock)
        except EOFError:
            os._exit(0)
        head, body = answered(held, order)
        head["last"] = confinement.memory_size(statm) - start > memory // 4
        channel.send(sock, head, body)


def answered(held: Held, order: dict[str, Any]) -> Message:
    """The answer, or what is wrong, as a message."""
    try:
        return ACTS[order["act"]](held, order)
    except ForbiddenQuery as error:
        return {"error": "forbidden", "detail": str(error)}, b""
    except QueryError as error:
        return {"error": "query", "detail": str(error)}, b""
    except TooMuch as error:
        return {"error": "too much", "detail": str(error)}, b""
    except MemoryError:
        return {"error": "memory", "detail": ""}, b""
