"""The records of a workspace as a file: RDF, plain JSON, or a workbook that can be read back."""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.intake import record_export, record_sheets, templates
from aims_graph.vocab import PREFIXES

RDF_FORMATS = {"turtle": ox.RdfFormat.TURTLE, "jsonld": ox.RdfFormat.JSON_LD}
JSON, WORKBOOK = "json", "xlsx"


def written(triples: Sequence[ox.Triple], format: str, catalogue: Catalogue, base: str) -> bytes:
    """Records in a format: turtle, jsonld, json or xlsx. MissingDependency where nothing can write a workbook.

    A workbook carries what its columns hold; `left_out` says what they do not.
    """
    if format == JSON:
        return record_export.to_json(triples, catalogue, base).encode()
    if format == WORKBOOK:
        return templates.workbook(record_sheets.to_tables(triples, catalogue, base).tables)
    prefixes = {**PREFIXES, **catalogue.prefixes}
    return ox.serialize(triples, format=RDF_FORMATS[format], prefixes=prefixes) or b""


def left_out(triples: Sequence[ox.Triple], catalogue: Catalogue, base: str) -> tuple[ox.Triple, ...]:
    """The statements that a workbook does not carry."""
    return record_sheets.to_tables(triples, catalogue, base).left_out
