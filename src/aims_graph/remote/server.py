"""A SPARQL 1.1 server over its protocols: query, update, and the Graph Store Protocol."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from aims_graph.errors import MissingDependency, OutputError
from aims_graph.remote.address import VARIABLE, Address

if TYPE_CHECKING:
    import httpx

CONNECT, ANSWER = 5.0, 120.0  # seconds
PAUSES = (0.1, 0.4)  # seconds before a request that changes nothing, or the same again, is sent once more
RESULTS, TRIPLES = "application/sparql-results+json", "application/n-triples"
SHOWN = 200  # characters of what a server said
OK = range(200, 300)
Row = dict[str, Any]  # variable → term; without those that are not bound


class ServerFailed(OutputError, OSError):
    """A server that cannot be reached, or that refuses or fails; as a disk that fails, it may work again later."""


class Server:
    """One server. Its connection is made when it is first asked, and shared by all threads."""

    def __init__(self, address: Address) -> None:
        self.address = address

    @cached_property
    def _client(self) -> httpx.Client:
        try:
            import httpx
        except ImportError as error:
            raise MissingDependency(
                f"{VARIABLE} is set, which needs httpx.", "pip install 'aims-graph[remote]'"
            ) from error
        address, auth = self.address, None
        if address.user is not None:
            way = httpx.DigestAuth if address.digest else httpx.BasicAuth
            auth = way(address.user, address.password)
        return httpx.Client(auth=auth, timeout=httpx.Timeout(ANSWER, connect=CONNECT), trust_env=False)

    def close(self) -> None:
        """Let go of the connections."""
        if "_client" in self.__dict__:
            self._client.close()
            del self._client

    def select(self, text: str, graphs: Sequence[str] = ()) -> tuple[tuple[str, ...], list[Row]]:
        """(variables, rows) of a SELECT on the union of some graphs (IRIs), or on what the text itself names.

        Raises ServerFailed, also where the server says that it cut the answer: Virtuoso tells of rows that it gave up
        looking for, at a limit of time, in a header alone.
        """
        fields: dict[str, Any] = {"query": text}
        if graphs:
            fields["default-graph-uri"] = list(graphs)
        answer = self._send("POST", self.address.query, again=True, data=fields, headers={"Accept": RESULTS})
        try:
            found = json.loads(answer.content)
            names = tuple(found["head"]["vars"])
            rows = [{n: _term(t) for n, t in row.items()} for row in found["results"]["bindings"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._failed(self.address.query, "it gave no SPARQL results in JSON") from error
        state = answer.headers.get("x-sql-state", "")
        if state:
            why = f"its answer is not whole ({state} {_said(answer.headers.get('x-sql-message', ''))}"
            raise self._failed(self.address.query, f"{why.rstrip()}). Raise its limit of time")
        most = answer.headers.get("x-sparql-maxrows", "")
        if most.isdigit() and len(rows) >= int(most):
            raise self._failed(self.address.query, f"it gives no more than {most} rows. Raise its limit of rows")
        return names, rows

    def update(self, text: str) -> None:
        """Carry out an update, sent once; ServerFailed where the server does not say that it did."""
        headers = {"Content-Type": "application/sparql-update"}
        self._send("POST", self.address.update, again=False, content=text.encode(), headers=headers)

    def put(self, graph: str, statements: bytes) -> None:
        """Put N-Triples in the place of a graph."""
        self._send(
            "PUT",
            self.address.graph_store,
            again=True,
            params={"graph": graph},
            content=statements,
            headers={"Content-Type": TRIPLES},
        )

    def _send(self, method: str, url: str, again: bool, **what: Any) -> httpx.Response:
        import httpx

        client = self._client
        for pause in (*PAUSES, None) if again else (None,):
            try:
                answer = client.request(method, url, **what)
            except httpx.HTTPError as error:
                why = f"it cannot be reached ({str(error) or type(error).__name__})"
                failure = self._failed(url, why)
            else:
                if answer.status_code in OK:
                    return answer
                failure = self._failed(url, f"it answered {answer.status_code} {_said(answer.text)}".rstrip())
                if answer.status_code < 500:
                    break
            if pause is not None:
                time.sleep(pause)
        raise failure

    def _failed(self, url: str, why: str) -> ServerFailed:
        return ServerFailed(f"the SPARQL server at '{url}' failed: {why}. See that it runs, and what {VARIABLE} says.")


def graph_names(server: Server, start: str) -> Iterator[str]:
    """The graphs of a server whose names begin so."""
    text = f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), {ox.Literal(start)})) }}"
    for row in server.select(text)[1]:
        yield row["g"].value


def _said(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line[:SHOWN]}…'" if len(line) > SHOWN else f"'{line}'" if line else ""


def _term(found: dict[str, str]) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    kind, value = found["type"], found["value"]
    if kind == "uri":
        return ox.NamedNode(value)
    if kind == "bnode":
        return ox.BlankNode("".join(c if c.isalnum() else "x" for c in value))
    if "xml:lang" in found:
        return ox.Literal(value, language=found["xml:lang"])
    if "datatype" in found:
        return ox.Literal(value, datatype=ox.NamedNode(found["datatype"]))
    return ox.Literal(value)
