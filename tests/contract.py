"""Requests generated from the OpenAPI document, and what must hold of the answer to each."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from random import Random
from typing import Any

from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from aims_graph.library import Library

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok
    from schemathesis.python import asgi
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

Said = Callable[[Any, Any], None]
Headers = Mapping[str, str]
NO_KEY: Headers = {}
PATIENCE = 120.0  # seconds: machines have other things to do too
MEANT = 0.8  # share of the names in requests that are put in place of what was made up, where there are any
DAYS = ("2024-07-12", "2025-02-02", "2026-11-22", "2027-08-02")
PROVISIONS = ("curie", "subject", "object", "provision", "parent", "target", "targets", "from", "to")
EDITIONS = ("framework", "a", "b", "of", "done")
CHANGING = ("PUT", "PATCH", "DELETE")
RISK = {"kind": "Risk", "id": "R-1", "label": "A risk that was seen"}
BODIES: Mapping[tuple[str, str], Sequence[Any]] = {  # by method and last part of the address
    ("POST", "records"): (RISK, [RISK, RISK | {"id": "R-2"}], {"records": [RISK | {"label": "Another"}]}),
    ("POST", "check"): (RISK, [RISK, RISK | {"id": "R-2"}]),
    ("PUT", "{id}"): (RISK, RISK | {"label": "Another"}),
    ("PATCH", "{id}"): ({"label": "A new name"}, {"comment": None}),
    ("POST", "move"): ({"state": "analysed"}, {"state": "closing"}),
}
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@contextmanager
def operations(app: FastAPI) -> Iterator[list[Any]]:
    """Every operation of the document, ready to generate requests for; what runs queries is ended afterwards."""
    try:
        yield list(_operations(app))
    finally:
        asgi._get_portal().call(app.state.serving.pool.close)  # in the loop in which all requests were answered


def _operations(app: FastAPI) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
            assert isinstance(found, Ok), found
            yield found.ok()


@schemathesis.serializer("application/sparql-query", "application/sparql-update")
def as_text(_: Any, value: Any) -> bytes:
    """A body of SPARQL as it is sent."""
    return str(value).encode(errors="replace")


class Names:
    """Names of things that there are, for parameters: what is made up names nothing, and so shows little."""

    def __init__(self, library: Library, records: Sequence[str] = ()) -> None:
        catalogue = library.catalogue
        editions, provisions = sorted(catalogue.editions), sorted(catalogue.provisions)
        rows = [row.id for row in catalogue.mappings]
        self._of: dict[str, Sequence[str]] = {
            **dict.fromkeys(PROVISIONS, provisions),
            **dict.fromkeys(EDITIONS, editions),
            **dict.fromkeys(("as_of", "known_on"), DAYS),
            "role": sorted(catalogue.roles),
            "system_class": sorted(catalogue.system_classes),
            "name": sorted(library.questions),
            **dict.fromkeys(("reject", "accept"), rows),
            "change": [f"{row}=intersectsWith" for row in rows],
            "confidence": [f"{row}=0.5" for row in rows],
            "add": [f"{one} intersectsWith {other}" for one, other in zip(provisions, provisions[::-1], strict=True)],
            "kind": ("Clause", "Article", "Risk", "CorrectiveAction"),
            "graph": ("https://example.org/graph",),
            "q": ("corrective action", "10.2", "human oversight"),
            "record": records,
            "/frameworks/": editions,
            "/records/": [*records, *(RISK["id"] for _ in records)],  # half of them one that requests put in
            "/evidence/": records,
        }

    def put_into(self, case: Any, drawn: Random) -> None:
        """Have a request name what there is, most of the time."""
        bodies = BODIES.get((case.method, case.path.rpartition("/")[2]), ())
        written = bool(bodies) and case.media_type.endswith("json") and drawn.random() < MEANT
        if case.method in CHANGING and drawn.random() < MEANT:
            case.headers["If-Match"] = "*"
            case.headers.pop("If-None-Match", None)
        for sent in (case.path_parameters, case.query, *(() if written else (case.body,))):
            for name in list(sent) if isinstance(sent, MutableMapping) else ():
                known = self._known(case.path, name)
                if known and drawn.random() < MEANT:
                    sent[name] = [drawn.choice(known)] if isinstance(sent[name], list) else drawn.choice(known)
        if written:
            case.body = deepcopy(drawn.choice(bodies))
            if case.method == "PUT":
                case.path_parameters["id"] = case.body["id"]

    def _known(self, path: str, name: str) -> Sequence[str]:
        if name in ("from", "to") and path.endswith(("/changes", "/impact")):
            return DAYS
        if name == "id":
            return next((self._of[part] for part in self._of if part.startswith("/") and part in path), ())
        return self._of.get(name, ())


def ask(
    operation: Any, cases: int, number: int, said: Said, headers: Headers = NO_KEY, names: Names | None = None
) -> None:
    """Send so many generated requests of one operation, half of them against the document, and hold each answer to it.

    `said` is told of each request and its answer; `headers` are sent beside those that are generated; with `names`
    those that keep to the document are mostly about what there is.
    """
    _ask(operation, GenerationMode.POSITIVE, cases - cases // 2, number, said, headers, names)
    if operation.query or operation.body:
        _ask(operation, GenerationMode.NEGATIVE, cases // 2, number, said, headers, None)


def _ask(
    operation: Any,
    mode: GenerationMode,
    cases: int,
    number: int,
    said: Said,
    headers: Headers,
    names: Names | None,
) -> None:

    @seed(number)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(case=operation.as_strategy(generation_mode=mode), drawn=st.integers(0, 2**32))
    def holds(case: Any, drawn: int) -> None:
        if names is not None:
            names.put_into(case, Random(drawn))
        answer = case.call(headers=dict(headers), timeout=PATIENCE)
        said(case, answer)
        case.validate_response(answer, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        holds()


class Asked(Counter[int]):
    """How many answers of each status there were."""

    def __call__(self, _: Any, answer: Any) -> None:
        """Count one."""
        self[answer.status_code] += 1
