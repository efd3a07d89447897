"""What the routes of SPARQL share: who asks, where, on which dataset, and in whose processes it runs."""

from __future__ import annotations

import re
from typing import Final

import pyoxigraph as ox
from fastapi import Request

from aims_graph.errors import InputError
from aims_graph.sparql_text import tokens
from aims_graph_api.answering import PRIVATE, PUBLIC, VARY
from aims_graph_api.query_pool.pool import Answer, Pool
from aims_graph_api.serving import caller_of, serving_of
from aims_graph_api.sparql.asked import Asked
from aims_graph_api.sparql.datasets import dataset_of
from aims_graph_api.sparql.leaving import while_there

PATH: Final = "/sparql"
CLIENT_LEFT: Final = 499  # nobody reads it but the access log
TRUST: Final = ("double-read", "accepted")
_ABSOLUTE: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")


def base_of(request: Request) -> str:
    """The address of the endpoint as the client has it, against which relative addresses stand."""
    return str(request.url.replace(path=PATH, query="", fragment=""))


def kept(request: Request) -> dict[str, str]:
    """Who may keep what is answered, and on what of the request it depends."""
    public = caller_of(request).organisation is None
    return {"Cache-Control": PUBLIC if public else PRIVATE, "Vary": VARY}


def based(request: Request, text: str) -> str:
    """A query or update whose relative addresses stand against that of the endpoint, unless it says otherwise."""
    if all(_ABSOLUTE.match(part) for kind, part in tokens(text) if kind == "iri"):
        return text
    try:
        return f"BASE {ox.NamedNode(base_of(request))} {text}"
    except ValueError:
        return text


async def run(request: Request, found: Asked, media_type: str) -> Answer:
    """The result of a query on the dataset of its caller."""
    if found.trust is not None and found.trust not in TRUST:
        raise InputError(f"'{found.trust}' is no kind of trust. Take one of: {', '.join(TRUST)}.")
    dataset = await dataset_of(request)
    return await while_there(
        request,
        pool_of(request).query(
            dataset,
            based(request, found.text),
            media_type,
            default_graphs=found.default_graphs,
            named_graphs=found.named_graphs,
            as_of=found.as_of or request.app.state.today(),
            trust=found.trust or TRUST[0],
        ),
    )


def pool_of(request: Request) -> Pool:
    """The processes that run queries."""
    found = serving_of(request).pool
    assert found is not None
    return found
