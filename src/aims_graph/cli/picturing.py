"""Commands that draw and serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aims_graph.cli.app import (
    AsOf,
    Data,
    InWorkspace,
    RecordFiles,
    Roles,
    SystemClass,
    Trust,
    app,
    named_workspace,
    opened,
    options,
)
from aims_graph.errors import InputError, MissingDependency


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
    workspace: InWorkspace = None,
    workspaces: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="AIMS_WORKSPACES", help="A folder of workspaces, one an organisation, by its name."
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            min=1, max=64, envvar="AIMS_WORKERS", help="Processes that answer; beside several, one more writes."
        ),
    ] = 1,
    data: Data = None,
) -> None:
    """The mapping API, its pages, and the records of organisations to those who hold a key."""
    try:
        from aims_graph_api.server import Start, run, workspaces_in
    except ModuleNotFoundError as error:
        raise MissingDependency(f"the service needs {error.name}.", "pip install 'aims-graph[api]'") from error
    if workspace is not None and workspaces is not None:
        raise InputError("--workspace names one workspace, --workspaces a folder of them. Give one of the two.")
    one = workspace or (None if workspaces else named_workspace())
    folders = workspaces_in(workspaces) if workspaces is not None else [one] if one is not None else []
    run(Start(host, port, tuple(data or ()), tuple(folders), workers))
