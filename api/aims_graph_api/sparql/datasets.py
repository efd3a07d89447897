"""What a caller may query: law and standards, and with a key the graphs of its organisation."""

from __future__ import annotations

from functools import partial

import pyoxigraph as ox
from fastapi import Request

from aims_graph.workspaces import own_graphs
from aims_graph_api.organisations import Organisation
from aims_graph_api.query_pool.pool import Dataset
from aims_graph_api.serving import allowed, caller_of, in_turn


async def dataset_of(request: Request) -> Dataset:
    """The dataset of a caller; Refused where its key is not for reading."""
    if caller_of(request).organisation is None:
        return Dataset()
    return await dataset_with(allowed(request, "read"))


async def dataset_with(organisation: Organisation) -> Dataset:
    """The dataset of an organisation as of its last entry."""
    entry = await in_turn(organisation, lambda: organisation.entry)
    return Dataset(organisation.name, entry, partial(_quads, organisation))


def _quads(organisation: Organisation) -> bytes:
    """What an organisation keeps, as N-Quads; never older than the entry that it was asked for."""
    with organisation.open() as workspace:
        content = ox.serialize(own_graphs.quads(workspace.store), format=ox.RdfFormat.N_QUADS)
    return content or b""
