"""Golden answers: sorted TSV, reviewed like code, rewritten by `make golden`."""

from __future__ import annotations

from pathlib import Path

import pages
from conftest import AS_OF, CASES, ROOT

from aims_graph import asked
from aims_graph.library import Library

GOLDEN = ROOT / "tests" / "golden"
RECORDS = CASES / "incomplete.ttl"


def text(library: Library, question: str) -> str:
    """The answer of a question to its own example values, as sorted TSV."""
    found = library.questions[question]
    values = {p.name: p.example for p in found.parameters}
    rows = asked.ask(library, question, values, AS_OF, "double-read")
    lines = ["\t".join(asked.text(c, rows.prefixes).replace("\n", " ") for c in row) for row in rows.rows]
    return "\n".join(["\t".join(rows.columns), *sorted(lines)]) + "\n"


def open_library() -> Library:
    """The shipped data with the incomplete case; paths are relative to the project, as in the goldens."""
    return Library.open(record_files=[RECORDS.relative_to(Path.cwd())])


def main() -> None:
    """Rewrite every golden answer and every generated page."""
    GOLDEN.mkdir(exist_ok=True)
    library = open_library()
    for question in library.questions:
        (GOLDEN / f"{question}.tsv").write_text(text(library, question), encoding="utf-8")
    pages.rewrite()


if __name__ == "__main__":
    main()
