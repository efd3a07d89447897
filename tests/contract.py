"""Requests generated from the OpenAPI document, and what must hold of the answer to each."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings

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


def ask(operation: Any, cases: int, number: int, said: Said, headers: Headers = NO_KEY) -> None:
    """Send so many generated requests of one operation, half of them against the document, and hold each answer to it.

    `said` is told of each request and its answer; `headers` are sent beside those that are generated.
    """
    _ask(operation, GenerationMode.POSITIVE, cases - cases // 2, number, said, headers)
    if operation.query or operation.body:
        _ask(operation, GenerationMode.NEGATIVE, cases // 2, number, said, headers)


def _ask(operation: Any, mode: GenerationMode, cases: int, number: int, said: Said, headers: Headers) -> None:

    @seed(number)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        answer = case.call(headers=dict(headers))
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
