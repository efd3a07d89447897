"""The command line: `aims-graph`. Thin over the same functions as the service.

Exit codes: 0 done (an answer, even an empty one), 1 findings (`check`, `lint`,
`review compare`), 2 bad input.
"""

from __future__ import annotations

import sys

from aims_graph.cli.app import app
from aims_graph.errors import AimsGraphError

from aims_graph.cli import asking, keeping, picturing  # noqa: F401  isort: skip  (they add commands)

BAD_INPUT = 2


def main() -> None:
    """Run a command; what is wrong goes to standard error with exit code 2, never a traceback."""
    try:
        app()
    except AimsGraphError as error:
        print(error, file=sys.stderr)
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


__all__ = ["app", "main"]
