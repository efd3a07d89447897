"""A graph as it is sent: one body, or several files of a form, in one of the formats that are read."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from functools import partial
from typing import Final

import pyoxigraph as ox
from anyio import to_thread
from fastapi import Request
from starlette.datastructures import UploadFile

from aims_graph.errors import DataError
from aims_graph.nesting import check_nesting
from aims_graph_api.negotiation import media_type_of
from aims_graph_api.problems import BAD_INPUT, MEDIA_TYPE_UNKNOWN, Refused
from aims_graph_api.sparql.formats import READ

logging.getLogger("python_multipart").setLevel(logging.ERROR)  # what is wrong with a body is told to who sent it

MULTIPART: Final = "multipart/form-data"
MOST_PARTS = 1_000  # of one form
LONGEST_REASON = 200  # characters of what a parser says
Graph = ox.NamedNode | ox.DefaultGraph


@dataclass(frozen=True)
class Sent:
    """The statements of a graph, and a hash of the words in which they came."""

    quads: frozenset[ox.Quad]
    digest: str


async def read(request: Request, graph: Graph, base: str) -> Sent:
    """What a request sends for a graph; blank nodes are new ones. `base` is what relative addresses stand against.

    Raises Refused: 415 for a format that is not read, 400 for what is not well written.
    """
    header = request.headers.get("content-type")
    if media_type_of(header)[0] == MULTIPART:
        parts = await _parts(request)
    else:
        parts = [("body", header, await request.body())]
    quads: set[ox.Quad] = set()
    digest = hashlib.sha256()
    for name, kind, content in parts:
        quads |= await to_thread.run_sync(partial(parsed, name, kind, content, graph, base))
        digest.update(hashlib.sha256(content).digest())
    return Sent(frozenset(quads), digest.hexdigest())


async def _parts(request: Request) -> list[tuple[str, str | None, bytes]]:
    found = []
    async with request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS) as form:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                raise Refused(BAD_INPUT, f"'{_short(name)}' is a field, not a file. Send each graph as a file.")
            found.append((name, value.content_type, await value.read()))
    return found


def parsed(name: str, content_type: str | None, content: bytes, graph: Graph, base: str) -> frozenset[ox.Quad]:
    """The statements of one document, in a graph."""
    kind, charset = media_type_of(content_type)
    if kind not in READ:
        said = f"is '{_short(kind)}', which cannot be read here" if kind else "has no Content-Type"
        raise Refused(
            MEDIA_TYPE_UNKNOWN, f"'{_short(name)}' {said}. Send one of: {', '.join(dict.fromkeys(READ.values()))}."
        )
    if charset != "utf-8":
        raise Refused(MEDIA_TYPE_UNKNOWN, f"'{_short(name)}' is in {_short(charset)}. Send it in UTF-8.")
    syntax = ox.RdfFormat.from_media_type(READ[kind])
    assert syntax is not None
    if syntax == ox.RdfFormat.RDF_XML and b"<!ENTITY" in content:  # a few of them can stand for any amount of text
        raise Refused(BAD_INPUT, f"'{_short(name)}' declares entities. Write out what they stand for.")
    try:
        check_nesting(_short(name), content.decode(), syntax)
        found = ox.parse(content, syntax, base_iri=base, without_named_graphs=True, rename_blank_nodes=True)
        return frozenset(ox.Quad(t.subject, t.predicate, t.object, graph) for t in found)
    except DataError as error:
        raise Refused(BAD_INPUT, str(error)) from None
    except UnicodeDecodeError:
        raise Refused(BAD_INPUT, f"'{_short(name)}' is not UTF-8. Send it in UTF-8.") from None
    except (SyntaxError, ValueError) as error:
        said = _short(str(error), LONGEST_REASON).rstrip(".")
        raise Refused(
            BAD_INPUT, f"'{_short(name)}' is not valid {READ[kind]}: {said}. Mend it and send it again."
        ) from None


def _short(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
