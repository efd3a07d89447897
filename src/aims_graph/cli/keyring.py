"""Commands for the API keys of an organisation; they work while a service holds its workspace."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from aims_graph.cli.app import Format, InWorkspace, Output, app, day, listing, print_json
from aims_graph.cli.workspacing import held, moment
from aims_graph.errors import InputError

if TYPE_CHECKING:
    from aims_graph.workspaces.keys import Made

key_app = typer.Typer(help="The API keys of a workspace: who may read or write its records over HTTP.")
app.add_typer(key_app, name="key", no_args_is_help=True)

WIDTHS = (12, None, None, 10, 20, 7)
COLUMNS = ("id", "name", "scopes", "created", "expires", "state", "rotated_from")

Id = Annotated[str, typer.Argument(metavar="ID", help="The id of a key, as 'key list' shows it.")]
By = Annotated[str | None, typer.Option("--by", help="Who does this, for the history (default: your login name).")]
Expires = Annotated[
    str | None, typer.Option("--expires", metavar="DAY", help="The last day it is taken (UTC), YYYY-MM-DD.")
]


@key_app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="Who or what it is for; writes with it are signed so.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="read, write or admin; each includes those before it (default: read)."),
    ] = None,
    expires: Expires = None,
    workspace: InWorkspace = None,
    by: By = None,
    format: Output = Format.table,
) -> None:
    """Make a key. It is printed once, alone on its line, and cannot be shown again."""
    from aims_graph.workspaces import keys

    made = keys.make(held(workspace), name, scope or ["read"], _who(by), moment(), _end(expires))
    _tell(made, format)


@key_app.command("list")
def list_(workspace: InWorkspace = None, format: Output = Format.table) -> None:
    """The keys with their scopes and states, never their secrets; as JSON also who changed what and when."""
    from dataclasses import asdict

    from aims_graph.workspaces import keys
    from aims_graph.workspaces.workspace import read_settings

    folder = held(workspace)
    read_settings(folder)
    ring, now = keys.read(folder), moment()
    rows = [key.told(now) for key in ring.keys]
    found = {"keys": rows, "history": [asdict(event) for event in ring.history]}
    if format is not Format.table:
        listing(found, rows, COLUMNS, (None,) * len(COLUMNS), format)
        return
    listing(found, [row | {"created": row["created"][:10]} for row in rows], COLUMNS[:-1], WIDTHS, format)


@key_app.command("rotate")
def rotate(
    key: Id,
    grace: Annotated[
        int, typer.Option("--grace", min=0, max=2160, metavar="HOURS", help="For how long the old key is still taken.")
    ] = 0,
    expires: Expires = None,
    workspace: InWorkspace = None,
    by: By = None,
    format: Output = Format.table,
) -> None:
    """Put a new key in the place of one; it has the same name, scopes and end. It is printed once."""
    from aims_graph.workspaces import keys

    made = keys.rotate(held(workspace), key, _who(by), moment(), timedelta(hours=grace), _end(expires))
    _tell(made, format)


@key_app.command("revoke")
def revoke(key: Id, workspace: InWorkspace = None, by: By = None, format: Output = Format.table) -> None:
    """Let a key not be taken any more: a running service refuses it from the next request on."""
    from aims_graph.workspaces import keys

    now = moment()
    revoked = keys.revoke(held(workspace), key, _who(by), now)
    if format is Format.table:
        print(f"Revoked the key {revoked.id} ({revoked.name}).")
    else:
        told = revoked.told(now)
        listing(told, [told], (*COLUMNS, "revoked"), (None,) * (len(COLUMNS) + 1), format)


def _tell(made: Made, format: Format) -> None:
    """The key alone on a line of standard output, and what it is beside it."""
    told = made.key.told(moment())
    if format is Format.json:
        print_json(told | {"key": made.text})
    elif format is Format.csv:
        listing(told, [told | {"key": made.text}], (*COLUMNS, "key"), (None,) * (len(COLUMNS) + 1), format)
    else:
        print(made.text)
        end = f", until {told['expires']}" if told["expires"] else ""
        about = f"The key {made.key.id} of '{made.key.name}' is for {', '.join(made.key.scopes)}{end}."
        print(f"{about} Keep it now: it cannot be shown again.", file=sys.stderr)


def _who(by: str | None) -> str:
    who = " ".join((by or getpass.getuser()).encode(errors="replace").decode().split())
    if not who:
        raise InputError("--by names nobody. Say who does this.")
    return who


def _end(expires: str | None) -> datetime | None:
    """The moment after the last day."""
    if expires is None:
        return None
    try:
        return datetime.combine(day(expires, "--expires") + timedelta(days=1), time(), UTC)
    except OverflowError:
        raise InputError(f"--expires '{expires}' is too far away. Leave it out for a key without an end.") from None
