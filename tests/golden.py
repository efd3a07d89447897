"""Golden answers: sorted TSV, reviewed like code, rewritten by `make golden`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pages
from conftest import AS_OF, CASES, ROOT

from aims_graph import asked
from aims_graph.library import Library

GOLDEN = ROOT / "tests" / "golden"
DOCUMENT = GOLDEN / "openapi.json"
RECORDS = CASES / "incomplete.ttl"


def text(library: Library, question: str) -> str:
    """The answer of a question to its own example values, as sorted TSV."""
    found = library.questions[question]
    values = {p.name: p.example for p in found.parameters}
    rows = asked.ask(library, question, values, AS_OF, "double-read")
    lines = ["\t".join(asked.text(c, rows.prefixes).replace("\n", " ") for c in row) for row in rows.rows]
    return "\n".join(["\t".join(rows.columns), *sorted(lines)]) + "\n"


def document(library: Library) -> str:
    """The OpenAPI document of the service over the shipped data, without its examples, which tests compute anew."""
    from aims_graph_api import create_app

    found = create_app(library, today=lambda: AS_OF).openapi()
    return json.dumps(_without_examples(found), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _without_examples(found: Any) -> Any:
    if isinstance(found, list):
        return [_without_examples(item) for item in found]
    if not isinstance(found, dict):
        return found
    return {name: _without_examples(value) for name, value in found.items() if name not in ("example", "examples")}


def open_library() -> Library:
    """The shipped data with the incomplete case; paths are relative to the project, as in the goldens."""
    return Library.open(record_files=[RECORDS.relative_to(Path.cwd())])


def main() -> None:
    """Rewrite every golden answer and every generated page."""
    GOLDEN.mkdir(exist_ok=True)
    library = open_library()
    for question in library.questions:
        (GOLDEN / f"{question}.tsv").write_text(text(library, question), encoding="utf-8")
    DOCUMENT.write_text(document(Library.open()), encoding="utf-8")
    pages.rewrite()


if __name__ == "__main__":
    main()
