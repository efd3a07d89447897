"""Values put for the parameters of a query as whole terms, on its tokens, so that every engine reads the same.

What a parameter stands for must be known in every part of a query, in OPTIONAL and UNION too, where a block of VALUES
beside them is not. So the text that is sent holds the term wherever the query has the variable. A term is written by
the library, and takes the place of one token: nothing in it can end a string or begin another clause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from aims_graph.sparql_text import tokens

_LISTS = {"SELECT": "projection", "GROUP": "groups", "ORDER": "order"}
_ENDS = ("WHERE", "HAVING", "LIMIT", "OFFSET")
_HEADS = (*_LISTS, "BY", "DISTINCT", "REDUCED")


def bound(text: str, values: Mapping[str, ox.NamedNode | ox.Literal]) -> str:
    """A query with terms for some of its variables, which it then no longer projects, groups or sorts by.

    Where that leaves nothing to project or group by, a number stands there: without groups, an answer that holds
    nothing would have one row. Virtuoso 7 groups by a number only where it is the value of a variable.

    >>> bound("SELECT ?x ?y WHERE { ?x ?p ?y } ORDER BY ?x ?y", {"x": ox.NamedNode("urn:a")})
    'SELECT  ?y WHERE { <urn:a> ?p ?y } ORDER BY  ?y'
    >>> bound("SELECT ?x WHERE { ?x ?p ?y } GROUP BY ?x ORDER BY ?x", {"x": ox.NamedNode("urn:a")})
    'SELECT  (1 AS ?put0) WHERE { { <urn:a> ?p ?y } BIND(1 AS ?one) } GROUP BY ?one '
    """
    query = _Query(values)
    for kind, part in tokens(text):
        query.take(kind, part)
    query.end_list()
    return "".join(query.parts)


@dataclass
class _Query:
    """A query while it is read: what is sent of it so far, and the list that is being read."""

    values: Mapping[str, ox.NamedNode | ox.Literal]
    parts: list[str] = field(default_factory=list)
    region: str = "body"
    depth: int = 0  # of brackets in a list
    start: int = 0  # of the list, among the parts
    left: bool = False  # whether the list still names anything
    gone: bool = False  # whether something was taken out of it

    def take(self, kind: str, part: str) -> None:
        """Read one token."""
        word = part.upper() if kind == "word" else ""
        if kind == "comment":
            self.parts.append(" ")
            return
        if word in _LISTS and (self.region, self.depth) != ("projection", 1):
            self.end_list()
            self.region, self.depth, self.start = _LISTS[word], 0, len(self.parts)
            self.left = self.gone = False
        elif word in _ENDS or part in ("{", "}"):
            self.end_list()
        elif self.region != "body" and part in ("(", ")"):
            self.depth += 1 if part == "(" else -1
        name = part[1:] if kind == "word" and part[0] in "?$" else ""
        if name not in self.values:
            self.parts.append(part)
            self.left = self.left or not (part.isspace() or word in _HEADS)
        elif self.region == "body" or self.depth:
            self.parts.append(f"{self.values[name]}")
        else:
            self.gone = True

    def end_list(self) -> None:
        """Leave a list, and see that there is something in it."""
        if self.region != "body" and self.gone and not self.left:
            if self.region == "projection":
                self.parts.append(f"(1 AS ?put{self.start}) ")  # a name of its own in every list
            else:
                del self.parts[self.start :]
            if self.region == "groups":
                self._group_by_one()
        self.region = "body"

    def _group_by_one(self) -> None:
        """Put all that the pattern before finds into one group, if it finds anything."""
        ends = [n for n, part in enumerate(self.parts) if part in ("{", "}")]
        open_, close, depth = 0, ends[-1], 0
        for n in reversed(ends):
            depth += 1 if self.parts[n] == "}" else -1
            if depth == 0:
                open_ = n
                break
        self.parts[close] = "} BIND(1 AS ?one) }"
        self.parts[open_] = "{ {"
        self.parts.append("GROUP BY ?one ")
