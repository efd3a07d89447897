"""The OpenAPI document: the routes as declared, with examples and vocabularies taken from the data that is loaded."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi

import aims_graph
from aims_graph import lists, planned, weighing
from aims_graph.answers import what_else_json
from aims_graph.consistency_answers import Asked, conflicts_json
from aims_graph.coverage import coverage, coverage_json
from aims_graph.explaining import explanation_json
from aims_graph.gaps import gaps_json
from aims_graph.history import history, history_json
from aims_graph.impact import impact_json
from aims_graph.library import Library
from aims_graph.matrix import crosswalk_json
from aims_graph.model import Edition
from aims_graph.residuals import residual_json
from aims_graph.showing import find_json, framework_json, frameworks_json, questions_json, show_json
from aims_graph.suppositions import Wanted
from aims_graph.trace import Options
from aims_graph.vocab import BASE
from aims_graph.weak_points import weak_points_json
from aims_graph.what_if import what_if_json
from aims_graph_api.header_docs import IF_NONE_MATCH, VERSIONED, header_parameters
from aims_graph_api.paging import Pages
from aims_graph_api.record_routes import record_examples
from aims_graph_api.routes.questions import VALUES
from aims_graph_api.routes.what_else import NDJSON
from aims_graph_api.schemas.responses import Problem
from aims_graph_api.sparql import documented

TITLE = "aims-graph"
SUMMARY = "What else does this count towards, how surely, why, and what is missing?"
ABOUT = (
    "Law and standards are read without a key unless the service is closed; an organisation's records need a key of "
    "it. Every answer carries its proof down to the line of a data file, the day it is for and how many of "
    "the mapping rows it stands on an accountable person signed. No answer is a conformity statement. "
    "Every error is `application/problem+json` (RFC 9457). What is read by GET also answers HEAD."
)
SCHEMES = {  # how a caller says who it is
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of an organisation, or an OpenID Connect token where the service takes them.",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A key of an organisation."},
}
CHANGES, WHAT_IF, IMPACT = "/frameworks/{id}/changes", "/what-if", "/impact"
GAPS, RESIDUAL = "/gaps", "/residual"
MAPPINGS, MAPPING, PROVISIONS, RULES = "/mappings", "/mappings/{id}", "/provisions", "/rules"
STATEMENTS = "/statements/{rest}"
QUESTION = "/questions/{name}"
CROSSWALK, COVERAGE = "/crosswalks/{a}/{b}", "/coverage"
EXAMPLE_START = date(2026, 7, 1)
EXAMPLE_DAY = date(2026, 11, 22)
Json = dict[str, Any]


@dataclass(frozen=True)
class Examples:
    """Values for each parameter, and the answers to them; all from the data, so that each one works."""

    library: Library
    prefix: str = ""

    @cached_property
    def pair(self) -> tuple[str, str]:
        """The ends of the first mapping row that carries an answer; where none does, the first and last provision."""
        catalogue = self.library.catalogue
        for row in catalogue.mappings:
            if row.subject in catalogue.provisions and row.object in catalogue.provisions:
                found = self.library.what_else([row.subject], self.options)
                if any(a.provision == row.object for a in found.answers):
                    return row.subject, row.object
        ids = list(catalogue.provisions)
        return ids[0], ids[-1]

    @property
    def options(self) -> Options:
        """How the examples are asked."""
        return Options(EXAMPLE_DAY, limit=1)

    @cached_property
    def parameters(self) -> Json:
        """An example for each parameter by name."""
        catalogue = self.library.catalogue
        start, end = self.pair
        return {
            "id": catalogue.provisions[start].edition,
            "curie": start,
            "from": start,
            "to": end,
            "q": catalogue.provisions[start].title,
            "a": catalogue.provisions[start].edition,
            "b": self.framework,
            "as_of": EXAMPLE_DAY.isoformat(),
        }

    def parameters_of(self, path: str) -> Json:
        """The examples for a path: `from` and `to` are days where changes are asked for, else provisions."""
        days = {"from": EXAMPLE_START.isoformat(), "to": EXAMPLE_DAY.isoformat()}
        own: dict[str, Json] = {
            CHANGES: days,
            IMPACT: days | {"target": [self.parameters["id"]]},
            WHAT_IF: {"from": [self.pair[0]]} | ({} if self.row is None else {"reject": [self.row]}),
            GAPS: {"target": [self.pair[0]], "framework": [self.framework]},
            RESIDUAL: {"done": [self.pair[0]], "of": self.pair[1]},
            MAPPING: {} if self.row is None else {"id": self.row},
            QUESTION: self._question,
            STATEMENTS: {"rest": self.library.catalogue.provisions[self.pair[0]].iri.removeprefix(BASE)},
        }
        return self.parameters | own.get(path, {})

    @property
    def _question(self) -> Json:
        """The first saved question that takes values, with those that it gives itself as an example."""
        known = self.library.questions.values()
        found = next((q for q in known if q.parameters), next(iter(known), None))
        if found is None:
            return {}
        return {"name": found.name, VALUES: {p.name: p.example for p in found.parameters}}

    @property
    def framework(self) -> str:
        """The framework in which the pair ends."""
        return self.library.catalogue.provisions[self.pair[1]].edition

    @cached_property
    def row(self) -> str | None:
        """The mapping row that joins the pair; None where no row does."""
        rows = self.library.catalogue.rows_at.get(self.pair[0], ())
        return next((r.id for r in rows if self.pair[1] in (r.subject, r.object)), None)

    @cached_property
    def answers(self) -> dict[str, Json]:
        """An answer for each path; a saved question's rows depend on it, so it has none."""
        catalogue, (start, end) = self.library.catalogue, self.pair
        edition, title = catalogue.edition_of(start), catalogue.provisions[start].title
        else_ = what_else_json(self.library.what_else([start], self.options))
        weighed = self._weighed(edition.id, start) if self.row is not None else {}
        return weighed | {
            GAPS: self._gaps(start),
            COVERAGE: coverage_json(catalogue, coverage(catalogue, EXAMPLE_DAY), EXAMPLE_DAY),
            RESIDUAL: residual_json(catalogue, planned.find_residual(self.library, [start], end, self.options)),
            "/frameworks": frameworks_json(catalogue, EXAMPLE_DAY),
            "/frameworks/{id}": framework_json(catalogue, edition, EXAMPLE_DAY),
            CHANGES: _changes(self.library, edition),
            "/provisions/{curie}": show_json(catalogue, self.library.rules, start, EXAMPLE_DAY),
            "/provisions/{curie}/what-else": else_,
            "/what-else": else_,
            "/explain": explanation_json(self.library.explain(start, end, self.options)),
            "/review/conflicts": conflicts_json(catalogue, Asked(Options(EXAMPLE_DAY))),
            **self._listed(),
            "/search": find_json(catalogue, self.library.names, title, 1),
            "/questions": questions_json(self.library.questions),
        }

    def _listed(self) -> dict[str, Json]:
        """The first page of each list, with one line."""
        catalogue, on = self.library.catalogue, EXAMPLE_DAY
        rows = lists.rows(catalogue, lists.Rows(as_of=on))
        provisions = lists.provisions(catalogue, lists.Provisions(as_of=on))
        shown = next((r for r in catalogue.mappings if r.id == self.row), None)
        version = {"graph_version": catalogue.version}
        found: dict[str, Json] = {
            MAPPINGS: self._page(MAPPINGS, "mappings", len(rows), [lists.row_json(catalogue, r) for r in rows[:1]]),
            PROVISIONS: self._page(
                PROVISIONS, "provisions", len(provisions), [lists.provision_line(p, on) for p in provisions[:1]]
            ),
        }
        return found if shown is None else found | {MAPPING: lists.row_json(catalogue, shown) | version}

    def _page(self, path: str, name: str, total: int, lines: list[Json]) -> Json:
        query = f"as_of={EXAMPLE_DAY}&limit=1".encode()
        asked = Request({"type": "http", "path": self.prefix + path, "query_string": query, "headers": []})
        further = Pages(asked, self.library).next(1 if total > 1 else None)
        return {"total": total, name: lines, "next": further, "graph_version": self.library.catalogue.version}

    def _gaps(self, start: str) -> Json:
        asked = replace(self.options, frameworks=(self.framework,))
        return gaps_json(self.library.catalogue, planned.find_gaps(self.library, [start], asked))

    def _weighed(self, edition: str, start: str) -> dict[str, Json]:
        """Answers that weigh claims: what if the row of the pair were wrong, what an edition's changes touch."""
        library, wanted = self.library, Wanted(reject=(self.row or "",))
        days = (EXAMPLE_START, EXAMPLE_DAY)
        return {
            WHAT_IF: what_if_json(library.catalogue, weighing.what_if(library, wanted, [start], self.options)),
            "/weak-points": weak_points_json(weighing.weak_points(library, self.options)),
            IMPACT: impact_json(library.catalogue, weighing.impact(library, [edition], days, self.options)),
            CROSSWALK: crosswalk_json(weighing.crosswalk(library, edition, self.framework, self.options)),
        }


def _changes(library: Library, edition: Edition) -> Json:
    return history_json(library.catalogue, history(library.catalogue, edition, EXAMPLE_START, EXAMPLE_DAY))


def document(app: FastAPI, library: Library, prefix: str) -> Json:
    """The OpenAPI 3.1 document of the service."""
    found = get_openapi(
        title=TITLE,
        version=aims_graph.__version__,
        openapi_version="3.1.0",
        summary=SUMMARY,
        description=ABOUT,
        routes=app.routes,
    )
    found = deepcopy(found)  # parts of it belong to the routes
    found["components"]["securitySchemes"] = SCHEMES
    found["security"] = [{}, *({name: []} for name in SCHEMES)]  # {}: what is open is asked without any
    schemas = found["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema()
    _name_vocabularies(found, library)
    examples = Examples(library, prefix)
    for path, operations in found["paths"].items():
        for operation in operations.values():
            _name_answer(operation, schemas)
            _name_validators(operation)
            route = path.removeprefix(prefix)
            _add_examples(operation, examples.parameters_of(route), examples.answers.get(route))
    schemas["Planning"]["examples"] = [{"targets": [examples.pair[1]], "as_of": EXAMPLE_DAY.isoformat()}]
    schemas["Together"]["examples"] = [{"targets": [examples.pair[0]], "as_of": EXAMPLE_DAY.isoformat(), "limit": 1}]
    record_examples.add(found["paths"], prefix)
    found["paths"] |= documented.paths()
    return found


def _name_answer(operation: Json, schemas: Json) -> None:
    """Describe the answer by what its schema says it is."""
    for answer in (a for status, a in operation["responses"].items() if status in ("200", "201")):
        for media in answer.get("content", {}).values():
            if "$ref" in media.get("schema", {}):
                answer["description"] = schemas[media["schema"]["$ref"].rpartition("/")[2]]["description"]


def _name_validators(operation: Json) -> None:
    """Say by which headers a caller keeps an answer, and asks whether it still holds."""
    responses = operation["responses"]
    if "304" not in responses:
        return
    for status in ("200", "304"):
        responses[status]["headers"] = responses[status].get("headers", {}) | VERSIONED
    given = operation.setdefault("parameters", [])
    given += [p for p in header_parameters(IF_NONE_MATCH) if p["name"] not in [g["name"] for g in given]]


def _add_examples(operation: Json, examples: Json, answer: Json | None) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in examples:
            parameter["example"] = examples[parameter["name"]]
    if answer is not None:
        content = operation["responses"]["200"]["content"]
        content["application/json"]["example"] = answer
        if NDJSON in content:
            content[NDJSON]["example"] = json.dumps(answer, ensure_ascii=False) + "\n"


def _name_vocabularies(found: Json, library: Library) -> None:
    """Say which roles and classes of system exist, in queries and bodies alike."""
    roles, classes = sorted(library.catalogue.roles), sorted(library.catalogue.system_classes)
    queries = [p for ops in found["paths"].values() for op in ops.values() for p in op.get("parameters", ())]
    named = [(p["name"], p["schema"]) for p in queries]
    bodies = [found["components"]["schemas"][name] for name in ("Planning", "Together")]
    named += [item for body in bodies for item in body["properties"].items()]
    for name, schema in named:
        if name == "role":
            schema["items"]["enum"] = roles
        elif name == "system_class":
            schema["enum"] = classes
