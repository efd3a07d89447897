"""Generated requests against the OpenAPI document: whatever is sent, what comes back is what the document says."""

from __future__ import annotations

import contract
from conftest import AS_OF

from aims_graph.library import Library
from aims_graph_api import create_app

CASES = 4  # of each operation
HEAVY = ("/review/", "/weak-points", "/impact", "/what-if", "/gaps", "/plan", "/coverage", "/crosswalks/")


def test_generated_requests_get_what_the_document_says(library: Library) -> None:
    asked = contract.Asked()
    for operation in contract.operations(create_app(library, today=lambda: AS_OF)):
        if not any(part in operation.path for part in HEAVY):  # these take their time; the soak run asks them
            contract.ask(operation, CASES, 20261122, asked)
    assert asked.total() >= 100
    assert {200, 404, 422} <= asked.keys()
