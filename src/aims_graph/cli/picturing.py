"""Commands that draw and serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aims_graph.cli.app import AsOf, Data, InWorkspace, RecordFiles, Roles, SystemClass, Trust, app, opened, options
from aims_graph.errors import MissingDependency


@app.command("view")
def view(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET…", help="A provision or a recorded item.")],
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("aims-graph.html"),
    records: RecordFiles = None,
    workspace: InWorkspace = None,
    role: Roles = None,
    system_class: SystemClass = "any",
    as_of: AsOf = None,
    trust: Trust = "double-read",
    data: Data = None,
) -> None:
    """An interactive picture of an answer, in one HTML file that works offline."""
    from aims_graph.ego import around
    from aims_graph.files import write_text
    from aims_graph.view import html

    library = opened(data, records, workspace)
    answer = library.what_else(targets, options(library, as_of, role, system_class, None, trust))
    roles = ", ".join(answer.roles) or "every role"
    caption = f"As of {answer.as_of}; role: {roles}; graph {answer.graph_version}. Not a conformity statement."
    write_text(out, html(around(library.catalogue, answer), caption))
    print(f"Wrote {out}.")


@app.command("serve")
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    data: Data = None,
) -> None:
    """The read-only mapping API and its two pages."""
    try:
        from aims_graph_api.server import run
    except ModuleNotFoundError as error:
        raise MissingDependency(f"the service needs {error.name}.", "pip install 'aims-graph[api]'") from error
    run(data or (), host, port)
