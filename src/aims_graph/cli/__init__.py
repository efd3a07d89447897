"""The command line: `aims-graph`. Thin over the same functions as the service.

Exit codes: 0 done (an answer, even an empty one), 1 findings (`check`, `lint`,
`fmt --check`, `review compare`, `review conflicts`, `add`, `import`, `move`,
`log verify`, `evidence verify`, `doctor`), 2 bad input, and nothing changed.
"""

from __future__ import annotations

import io
import os
import sys

from aims_graph.cli.app import app, hints
from aims_graph.errors import AimsGraphError

from aims_graph.cli import asking, browsing, checking, crosswalking, evidencing  # noqa: F401  isort: skip  (they add commands)
from aims_graph.cli import keeping, keyring, picturing, planning, ruling, weighing, workspacing  # noqa: F401  isort: skip

BAD_INPUT = 2


def main() -> None:
    """Run a command; what is wrong goes to standard error with exit code 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our glyphs still gets the words
    try:
        app(prog_name="aims-graph")
        sys.stdout.flush()
    except AimsGraphError as error:
        print(error, *hints(error), sep="\n", file=sys.stderr)
        sys.exit(BAD_INPUT)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(f"The output cannot be written ({error.strerror}).", file=sys.stderr)
        os._exit(BAD_INPUT)  # what is left in the buffer cannot be written either


__all__ = ["app", "main"]
