"""Requests generated from the OpenAPI document, and what must hold of the answer to each."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.result import Ok
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def operations(app: FastAPI) -> Iterator[Any]:
    """Every operation of the document, ready to generate requests for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for found in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
            assert isinstance(found, Ok), found
            yield found.ok()


def ask(operation: Any, cases: int, number: int, said: Callable[[Any, Any], None]) -> None:
    """Send so many generated requests of one operation, half of them against the document, and hold each answer to it.

    `said` is told of each request and its answer.
    """
    _ask(operation, GenerationMode.POSITIVE, cases - cases // 2, number, said)
    if operation.query or operation.body:
        _ask(operation, GenerationMode.NEGATIVE, cases // 2, number, said)


def _ask(operation: Any, mode: GenerationMode, cases: int, number: int, said: Callable[[Any, Any], None]) -> None:

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
        answer = case.call()
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
