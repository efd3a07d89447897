"""The endpoint and the graph store in the OpenAPI document: what they take, by which protocol, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aims_graph_api import problems
from aims_graph_api.header_docs import ENTRY, IF_MATCH, IF_NONE_MATCH, SIGNED, TEXT, UNCHANGED, header_parameters
from aims_graph_api.sparql import asking, graph_store, protocol
from aims_graph_api.sparql.asked import FORM, QUERY, UPDATE
from aims_graph_api.sparql.formats import GRAPHS, ONE_GRAPH, READ, TABLES
from aims_graph_api.sparql.sent_graphs import MULTIPART

Json = dict[str, Any]
Answers = Mapping[int, Json]
JSON: Final = "application/json"
EXAMPLE: Final = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
IRI: Final[Json] = {"type": "string", "format": "iri"}
IRIS: Final[Json] = {"type": "array", "items": IRI}
DAY: Final[Json] = {"type": "string", "format": "date"}
TRUST: Final[Json] = {"type": "string", "enum": list(asking.TRUST)}
TABLE: Final[Json] = {
    "type": "object",
    "description": "SPARQL 1.1 Query Results JSON Format: rows under `results`, or `boolean`.",
    "properties": {"head": {"type": "object"}, "results": {"type": "object"}, "boolean": {"type": "boolean"}},
    "required": ["head"],
}
SCHEMAS: Final[Mapping[str, Json]] = {
    "application/sparql-results+json": TABLE,
    JSON: {"description": "Rows as SPARQL 1.1 Query Results JSON, a graph as JSON-LD, a receipt as of any write."},
    "application/ld+json": {"description": "JSON-LD."},
}
OF_QUERY: Final[Mapping[str, tuple[Json, str]]] = {
    "default-graph-uri": (IRIS, "Graphs that together are the default graph; they win over FROM."),
    "named-graph-uri": (IRIS, "Named graphs that are read; they win over FROM NAMED."),
    "as_of": (DAY, "The day for which law and standards are read, YYYY-MM-DD; today (UTC) where left out."),
    "trust": (TRUST, "Which mapping rows count."),
}
OF_UPDATE: Final[Mapping[str, tuple[Json, str]]] = {
    "using-graph-uri": (IRIS, "Graphs that together are read as the default graph of an update."),
    "using-named-graph-uri": (IRIS, "Named graphs that an update reads."),
}
IF_NEW = ("If-None-Match", "`*`: nothing is changed (412) where the graph is there.")
ASKING = (400, 403, 406, 503)
WRITING = (400, 403, 412, 422, 503)
RECEIPT: Final[Json] = {"$ref": "#/components/schemas/Receipt"}


def paths() -> Json:
    """The addresses of SPARQL, each with its methods."""
    return {asking.PATH: _endpoint(), graph_store.PATH: _graph_store()}


def _endpoint() -> Json:
    results = _contents((*TABLES, *GRAPHS))
    asked = _parameter("query", TEXT, "A query; without it, the description of the service.") | {"example": EXAMPLE}
    form = {
        "type": "object",
        "properties": {"query": TEXT, "update": TEXT, **_properties()},
        "oneOf": [{"required": ["query"]}, {"required": ["update"]}],
        "example": {"query": EXAMPLE},
    }
    bodies: Json = {
        FORM: {"schema": form},
        QUERY: {"schema": TEXT, "example": EXAMPLE},
        UPDATE: {"schema": TEXT, "example": "INSERT DATA { <urn:a> <urn:b> 1 }"},
    }
    return {
        "get": _operation(
            "sparql_query",
            "Query, or describe the service",
            "Run a query by the SPARQL 1.1 Protocol. Without parameters, the SPARQL 1.1 Service Description.",
            {200: _answer("The result, or the description.", results)},
            ASKING,
            parameters=[asked, *_parameters(OF_QUERY)],
        ),
        "post": _operation(
            "sparql_post",
            "Query or update",
            "Run a query or an update by the SPARQL 1.1 Protocol: as a form with `query` or `update`, or as the whole "
            "body, with its parameters in the address. An update needs a key to write; it is answered with a receipt.",
            {200: _answer("The result of a query, or the receipt of an update.", results, ENTRY)},
            (*ASKING, *WRITING, 415),
            parameters=_parameters({**OF_QUERY, **OF_UPDATE}) + header_parameters(*SIGNED),
            requestBody={"required": True, "content": bodies},
        ),
        "options": _options(protocol.METHODS),
    }


def _graph_store() -> Json:
    graph = [
        _parameter("graph", IRI, "The graph, by its name."),
        _parameter("default", TEXT, "The graph without a name.") | {"allowEmptyValue": True},
    ]
    several = {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
    sent = {media_type: {"schema": TEXT} for media_type in READ} | {MULTIPART: {"schema": several}}
    body: Json = {"required": True, "content": sent}
    receipt = {JSON: {"schema": RECEIPT}}
    made, changed = _answer("A new graph.", receipt, ENTRY), _answer("What was changed.", receipt, ENTRY)
    tagged = {"ETag": {"description": "The version of all graphs of the organisation.", "schema": TEXT}}
    how = "By the SPARQL 1.1 Graph Store HTTP Protocol; exactly one of `graph` and `default` names the graph."
    return {
        "get": _operation(
            "graph_read",
            "Read a graph",
            f"Read one graph, of law and standards or, with a key, one of the organisation's own. {how}",
            {
                200: _answer(
                    "The graph; with an ETag where it is the organisation's own.", _contents(ONE_GRAPH), tagged
                ),
                304: UNCHANGED,
            },
            (400, 403, 404, 406, 503),
            parameters=graph + header_parameters(IF_NONE_MATCH),
        ),
        "put": _operation(
            "graph_put",
            "Put a graph in the place of another",
            f"Replace a graph of the organisation, or make it. Needs a key to write. {how}",
            {201: made, 204: {"description": "The graph was replaced.", "headers": ENTRY}},
            (*WRITING, 415),
            parameters=graph + header_parameters(IF_MATCH, IF_NEW, *SIGNED),
            requestBody=body,
        ),
        "post": _operation(
            "graph_post",
            "Add to a graph",
            "Add statements to a graph of the organisation. Where none is named, a new graph is made of them, whose "
            "address is in Location. Needs a key to write. By the SPARQL 1.1 Graph Store HTTP Protocol.",
            {200: changed, 201: made},
            (*WRITING, 415),
            parameters=graph + header_parameters(IF_MATCH, IF_NEW, *SIGNED),
            requestBody=body,
        ),
        "delete": _operation(
            "graph_delete",
            "Delete a graph",
            f"Delete a graph of the organisation. Needs a key to write. {how}",
            {200: changed},
            (*WRITING, 404),
            parameters=graph + header_parameters(IF_MATCH, *SIGNED),
        ),
        "options": _options(graph_store.METHODS),
    }


def _operation(name: str, summary: str, said: str, answers: Answers, refusals: tuple[int, ...], **more: Any) -> Json:
    known = problems.declared(refusals) | dict[int | str, Json](answers.items())
    responses = {str(status): known[status] for status in sorted(known, key=str)}
    return {
        "tags": ["sparql"],
        "operationId": name,
        "summary": summary,
        "description": said,
        **more,
        "responses": responses,
    }


def _options(methods: list[str]) -> Json:
    allow = {"description": f"{', '.join(methods)}.", "schema": TEXT}
    accepted = {"description": "What may be posted.", "schema": TEXT}
    answer = {"description": "The methods there are.", "headers": {"Allow": allow, "Accept-Post": accepted}}
    name = "sparql_options" if methods is protocol.METHODS else "graph_options"
    return _operation(name, "Say what this address takes", "Which methods and formats there are.", {204: answer}, ())


def _answer(said: str, content: Json, headers: Json | None = None) -> Json:
    return {"description": said, "content": content, **({} if headers is None else {"headers": headers})}


def _contents(media_types: Any) -> Json:
    return {media_type: {"schema": SCHEMAS.get(media_type, TEXT)} for media_type in dict.fromkeys(media_types)}


def _properties() -> Json:
    return {name: schema | {"description": said} for name, (schema, said) in {**OF_QUERY, **OF_UPDATE}.items()}


def _parameters(known: Mapping[str, tuple[Json, str]]) -> list[Json]:
    return [_parameter(name, schema, said) for name, (schema, said) in known.items()]


def _parameter(name: str, schema: Json, said: str) -> Json:
    return {"name": name, "in": "query", "required": False, "description": said, "schema": schema}
