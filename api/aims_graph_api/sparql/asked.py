"""What a request at the endpoint asks, read from its address and body by the SPARQL 1.1 Protocol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from urllib.parse import parse_qsl

import pyoxigraph as ox
from fastapi import Request

from aims_graph.errors import QueryError
from aims_graph.sparql_text import MAX_SIZE, tokens
from aims_graph_api.negotiation import media_type_of, sent_as
from aims_graph_api.parameters import day
from aims_graph_api.problems import BAD_INPUT, MEDIA_TYPE_UNKNOWN, Refused

FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
MOST_FIELDS = 1_000  # of one request
_OWN_DATASET: Final = frozenset({"USING", "WITH"})
_GRAPHS: Final = {
    "query": ("default-graph-uri", "named-graph-uri"),
    "update": ("using-graph-uri", "using-named-graph-uri"),
}
"""The parameters that make up the dataset of each operation: of the default graph, and of named graphs."""

Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """One operation, the graphs it is about (None where the request does not say), and as of when."""

    operation: Literal["query", "update"]
    text: str
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    as_of: date | None = None
    trust: str | None = None

    def __str__(self) -> str:
        """All of it as text, to know the request again."""
        return "\n".join((self.operation, repr(self.default_graphs), repr(self.named_graphs), self.text))


async def read(request: Request) -> Asked | None:
    """What a request asks; None for a GET that asks nothing, which is after the description of the service.

    Raises Refused: 400 for nothing, too much or what is not UTF-8, 415 for a body in another format.
    """
    given = fields(request.scope["query_string"], "address")
    if request.method in ("GET", "HEAD"):
        return _of_address(given)
    body = await request.body()
    kind = sent_as(request, QUERY, UPDATE, FORM)
    _, charset = media_type_of(request.headers.get("content-type"))
    if charset != "utf-8":
        raise Refused(MEDIA_TYPE_UNKNOWN, f"A body in {charset} cannot be read here. Send it in UTF-8.")
    texts = [name for name, _ in given if name in _GRAPHS]
    if texts:
        raise Refused(BAD_INPUT, f"'{texts[0]}' stands in the address of a POST. Put it into the body.")
    if kind == FORM:
        return _operation(given + fields(body, "body"))
    return _made("query" if kind == QUERY else "update", _decoded(body, "body"), given)


def _of_address(given: Fields) -> Asked | None:
    names = {name for name, _ in given}
    if "update" in names:
        raise Refused(BAD_INPUT, f"An update changes data, which GET does not. Send it by POST as {UPDATE}.")
    if "query" not in names and names.isdisjoint((*_GRAPHS["query"], *_GRAPHS["update"])):
        return None
    return _operation(given)


def _operation(given: Fields) -> Asked:
    texts: list[tuple[Literal["query", "update"], str]] = []
    for name, value in given:
        if name in ("query", "update"):
            texts.append(("query" if name == "query" else "update", value))
    if len(texts) != 1:
        what = "Nothing is asked" if not texts else "More than one thing is asked"
        raise Refused(BAD_INPUT, f"{what}. Send one 'query' or one 'update'.")
    return _made(*texts[0], given)


def _made(operation: Literal["query", "update"], text: str, given: Fields) -> Asked:
    other = "update" if operation == "query" else "query"
    strange = [name for name, _ in given if name in _GRAPHS[other]]
    if strange:
        raise Refused(BAD_INPUT, f"'{strange[0]}' is for a {other}, and this is a {operation}. Leave it out.")
    if not text.strip():
        raise Refused(BAD_INPUT, f"The {operation} is empty. Send its text.")
    if len(text) > MAX_SIZE:
        raise QueryError(f"the text has {len(text)} characters; at most {MAX_SIZE} are read. Shorten it.")
    default, named = (_addresses(name, given) for name in _GRAPHS[operation])
    own = default is not None or named is not None
    if operation == "update" and own and any(k == "word" and p.upper() in _OWN_DATASET for k, p in tokens(text)):
        detail = (
            "The update says by USING or WITH which graphs it reads, and the request by its parameters. Say it once."
        )
        raise Refused(BAD_INPUT, detail)
    as_of = _single("as_of", given)
    on = None if as_of is None else day(as_of, "as_of")
    return Asked(operation, text, default, named, on, _single("trust", given))


def _addresses(name: str, given: Fields) -> tuple[str, ...] | None:
    found = tuple(dict.fromkeys(value for key, value in given if key == name))
    for value in found:
        address(value, name)
    return found or None


def _single(name: str, given: Fields) -> str | None:
    found = [value for key, value in given if key == name]
    if len(found) > 1:
        raise Refused(BAD_INPUT, f"'{name}' is said {len(found)} times. Say it once.")
    return found[0] if found else None


def address(text: str, where: str) -> ox.NamedNode:
    """A full IRI; Refused (400) for anything else."""
    try:
        return ox.NamedNode(text)
    except ValueError:
        shown = text if len(text) <= 100 else f"{text[:99]}…"
        detail = f"{where}: '{shown}' is no full address. Write one that begins with https://, urn: or the like."
        raise Refused(BAD_INPUT, detail) from None


def fields(content: bytes, where: str) -> Fields:
    """Names and values as a form holds them."""
    try:
        return parse_qsl(_decoded(content, where), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise _not_utf8(where) from None
    except ValueError:
        raise Refused(BAD_INPUT, f"The {where} has more than {MOST_FIELDS} fields. Leave some out.") from None


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _not_utf8(where) from None


def _not_utf8(where: str) -> Refused:
    return Refused(BAD_INPUT, f"The {where} is not UTF-8. Encode it as UTF-8, then percent-encode it where it must be.")
