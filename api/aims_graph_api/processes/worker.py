"""The program of one process among several, `python -m aims_graph_api.processes.worker`; told what to be."""

from __future__ import annotations

import pickle
import signal
import sys

from aims_graph.errors import AimsGraphError
from aims_graph_api import collector

BAD_INPUT = 2


def main() -> None:
    """Read the orders and follow them; what is wrong goes to standard error, with exit code 2."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to read anew
    collector.rest()  # until it is ready: others wait for what this process does
    from aims_graph_api.processes import serving_process

    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as told:
        orders = pickle.load(told)  # noqa: S301  (written by the supervisor)
    try:
        serving_process.follow(orders)
    except AimsGraphError as error:
        print(error, file=sys.stderr)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
