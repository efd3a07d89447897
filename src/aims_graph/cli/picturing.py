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
    named_folder,
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
        typer.Option(metavar="DIR", help="A folder of workspaces, one an organisation (else AIMS_WORKSPACES)."),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            min=1, max=64, envvar="AIMS_WORKERS", help="Processes that answer; beside several, one more writes."
        ),
    ] = 1,
    read: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="What is read without a key: regulation, closed or open (else AIMS_READ, else regulation).",
        ),
    ] = None,
    metrics: Annotated[
        str,
        typer.Option(
            metavar="WHO", envvar="AIMS_METRICS", help="Who reads /metrics: admin (a key for it) or open (anybody)."
        ),
    ] = "admin",
    access_log: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="A line for each request, or '-' for standard error (else AIMS_ACCESS_LOG, else none)."
        ),
    ] = None,
    rate_key: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Requests of one key, PER_SECOND:AT_ONCE such as 20:200 (else AIMS_RATE_KEY, else no limit).",
        ),
    ] = None,
    rate_anonymous: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="The same of one address without a key (else AIMS_RATE_ANONYMOUS, else no limit).",
        ),
    ] = None,
    rate_failures: Annotated[
        str | None,
        typer.Option(
            metavar="RATE",
            help="Keys from one address that are not taken; 0: no limit (else AIMS_RATE_FAILURES, else 0.2:20).",
        ),
    ] = None,
    trusted_proxies: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Addresses and networks whose X-Forwarded-For and -Proto are believed "
            "(else AIMS_TRUSTED_PROXIES, else none).",
        ),
    ] = None,
    hsts: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS", help="How long browsers are to come by https only (else AIMS_HSTS, else not said)."
        ),
    ] = None,
    cors_origins: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="Origins of pages that may ask from a browser (else AIMS_CORS_ORIGINS, else none).",
        ),
    ] = None,
    prepare: Annotated[
        str | None,
        typer.Option(
            metavar="YES|NO",
            help="Work out what most ask before it is ready (else AIMS_PREPARE, else yes with several workers).",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """The mapping API, its pages, and the records of organisations to those who hold a key.

    An option comes before its AIMS_… variable. Bearer tokens and a remote store are set by variables alone; no secret
    is an option, since options show in lists of processes. docs/operation.md has all settings.
    """
    try:
        from aims_graph_api.processes.server import Settings, Start, run
    except ModuleNotFoundError as error:
        raise MissingDependency(f"the service needs {error.name}.", "pip install 'aims-graph[api]'") from error
    if workspace is not None and workspaces is not None:
        raise InputError("--workspace names one workspace, --workspaces a folder of them. Give one of the two.")
    if workspace is None and workspaces is None:
        workspaces = named_folder("AIMS_WORKSPACES")
        workspace = None if workspaces else named_workspace()
    typed = {
        "read": read,
        "access_log": access_log,
        "rate_key": rate_key,
        "rate_anonymous": rate_anonymous,
        "rate_failures": rate_failures,
        "trusted_proxies": trusted_proxies,
        "hsts": hsts,
        "cors_origins": cors_origins,
        "prepare": prepare,
    }
    settings = Settings.from_environment(options=typed)
    run(Start(host, port, tuple(data or ()), workspace, workspaces, workers, metrics, settings))
