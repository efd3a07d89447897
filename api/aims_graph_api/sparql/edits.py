"""Changes of an organisation's graphs over HTTP: made like any write, answered with the same receipt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from fastapi import Request

from aims_graph.errors import ChangedSince, InputError
from aims_graph.workspaces.own_graphs import Edit
from aims_graph.workspaces.writing import Receipt, Writer
from aims_graph_api.answering import PRIVATE, VARY
from aims_graph_api.organisations import Organisation
from aims_graph_api.record_routes.record_requests import moment, signature, with_entry
from aims_graph_api.record_routes.write import Write, Written
from aims_graph_api.serving import serving_of


class MovedOn(Exception):
    """Something else was written after the graphs were read on which a change was worked out."""


def write(request: Request, organisation: Organisation, as_of: date | None = None) -> Write:
    """A request to change graphs, signed."""
    catalogue, now = serving_of(request).library.catalogue, moment()
    return Write(request, organisation, catalogue, signature(request, None), as_of or request.app.state.today(), now)


def make(writing: Write, worked_out: Callable[[Writer], Edit]) -> Written:
    """Make a change, unless its request was carried out before; raises MovedOn, and Refused as any write."""

    def act(writer: Writer) -> Receipt:
        edit = worked_out(writer)
        try:
            return writer.edit(edit, writing.signature, writing.now, writing.day)
        except ChangedSince:
            raise MovedOn from None
        except InputError as error:
            if type(error) is InputError and "for a reason" in str(error):
                raise InputError(f"{error} Send it in the header X-Reason.") from None
            raise

    return writing.made(act)


def headers(request: Request, written: Written) -> dict[str, str]:
    """The headers of the answer to a change."""
    return with_entry(request, {"Cache-Control": PRIVATE, "Vary": VARY}, written.receipt.number)
