"""Generated requests against the OpenAPI document: whatever is sent, what comes back is what the document says."""

from __future__ import annotations

from pathlib import Path

import contract
from conftest import AS_OF
from running import made

from aims_graph.library import Library
from aims_graph_api import create_app
from aims_graph_api.organisations import Organisation

CASES = 4  # of each operation
HEAVY = ("/review/", "/weak-points", "/impact", "/what-if", "/gaps", "/plan", "/coverage", "/crosswalks/")


def test_generated_requests_get_what_the_document_says(library: Library) -> None:
    asked = contract.Asked()
    with contract.operations(create_app(library, today=lambda: AS_OF)) as operations:
        assert {"/sparql", "/sparql/graph-store"} <= {operation.path for operation in operations}
        for operation in operations:
            if not any(part in operation.path for part in HEAVY):  # these take their time; the soak run asks them
                contract.ask(operation, CASES, 20261122, asked)
    assert asked.total() >= 100
    assert {200, 404, 422} <= asked.keys()


def test_generated_requests_with_a_key_get_what_the_document_says_of_sparql(tmp_path: Path, library: Library) -> None:
    key = made(tmp_path, "acme")
    organisation = Organisation("acme", tmp_path / "acme", library)
    asked = contract.Asked()
    try:
        app = create_app(library, today=lambda: AS_OF, organisations={"acme": organisation})
        with contract.operations(app) as operations:
            for operation in operations:
                if operation.path.startswith("/sparql"):
                    contract.ask(operation, 3 * CASES, 20261122, asked, {"Authorization": f"Bearer {key}"})
    finally:
        organisation.close()
    assert {200, 201, 204, 400} <= asked.keys()
    assert not {401, 403} & asked.keys()
