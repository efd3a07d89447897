"""Commands that draw and serve."""

from __future__ import annotations

from dataclasses import replace
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
    read: Annotated[
        str | None,
        typer.Option(help="What is read without a key: regulation, closed or open (else AIMS_READ, else regulation)."),
    ] = None,
    metrics: Annotated[
        str, typer.Option(envvar="AIMS_METRICS", help="Who reads /metrics: admin (a key for it) or open (anybody).")
    ] = "admin",
    data: Data = None,
) -> None:
    """The mapping API, its pages, and the records of organisations to those who hold a key."""
    try:
        from aims_graph_api.processes.server import Settings, Start, run
    except ModuleNotFoundError as error:
        raise MissingDependency(f"the service needs {error.name}.", "pip install 'aims-graph[api]'") from error
    if workspace is not None and workspaces is not None:
        raise InputError("--workspace names one workspace, --workspaces a folder of them. Give one of the two.")
    one = workspace or (None if workspaces else named_workspace())
    settings = Settings.from_environment()
    settings = settings if read is None else replace(settings, read=read)
    run(Start(host, port, tuple(data or ()), one, workspaces, workers, metrics, settings))
