"""Documentation that is generated: commands, questions, terms, the agreement table. `make golden` rewrites it."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from unittest.mock import patch

import w3c_shacl
from conftest import AS_OF, ROOT

from aims_graph import rereadings, reviewing, traceability
from aims_graph.cli import app, main
from aims_graph.coverage import coverage, coverage_json
from aims_graph.files import read_all
from aims_graph.library import Library
from aims_graph.vocab import AIMS, RDFS, SKOS, STRM

DOCS = ROOT / "docs"
START, END = "<!-- agreement:start -->", "<!-- agreement:end -->"
JUDGED_START, JUDGED_END = "<!-- judged:start -->", "<!-- judged:end -->"
COUNTS = "<!-- counts:start -->", "<!-- counts:end -->"


def helped(*arguments: str) -> str:
    """The help text of a command at 80 columns."""
    out = io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.suppress(SystemExit),
        patch.object(sys, "argv", ["aims-graph", *arguments, "--help"]),
        patch.dict("os.environ", {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}),
    ):
        main()
    return "\n".join(line.rstrip() for line in out.getvalue().strip().splitlines())


def commands() -> str:
    """docs/commands.md: the help of every command, and of every group of commands."""
    names: list[tuple[str, ...]] = [(c.name or "",) for c in app.registered_commands]
    for group in app.registered_groups:
        typer = group.typer_instance
        assert typer is not None
        names += [(group.name or "",), *((group.name or "", c.name or "") for c in typer.registered_commands)]
    blocks = [f"## aims-graph {' '.join(n)}\n\n```\n{helped(*n)}\n```\n" for n in sorted(names)]
    return "# Commands\n\nGenerated from the program.\n\n" + "\n".join(blocks)


def questions() -> str:
    """docs/questions.md: every saved question."""
    lines = ["# Saved questions", "", "Generated from `queries/`. Ask one with `aims-graph ask NAME`.", ""]
    for question in Library.open().questions.values():
        lines += [f"## {question.name}", "", question.summary, "", question.answers, ""]
        for p in question.parameters:
            default = "" if p.default is None else f", default `{p.default}`"
            lines.append(f"- `{p.name}` ({p.type}): {p.about}. For example `{p.example}`{default}.")
        lines += [""] if question.parameters else []
    return "\n".join(lines)


def terms() -> str:
    """docs/terms.md: every term of the ontology with its definition."""
    facts = Library.open().catalogue.facts
    lines = ["# Terms", "", "Generated from `ontology/aims.ttl`.", "", "| term | meaning |", "|---|---|"]
    for iri in sorted(facts.values):
        for prefix, namespace in (("aims", AIMS), ("strm", STRM)):
            if iri.startswith(namespace) and facts.text(iri, f"{RDFS}label"):
                meaning = (facts.text(iri, f"{SKOS}definition") or "").replace("|", "\\|")
                lines.append(f"| `{prefix}:{iri[len(namespace) :]}` | {meaning} |")
    return "\n".join(lines) + "\n"


def agreement() -> str:
    """docs/mapping-quality.md with the table of agreement as the readings give it."""
    lines = [
        "| pair | pairs read twice | same | agreement | kappa | rows | double-read | of them settled |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for found in reviewing.outcomes(read_all([ROOT])):
        kappa = "" if found.kappa is None else f"{found.kappa:.2f}"
        cells = (found.pairs, found.same, f"{found.agreement:.2f}", kappa, found.rows, found.double_read, found.settled)
        lines.append(f"| {found.pair} | {' | '.join(map(str, cells))} |")
    agreed = _between((DOCS / "mapping-quality.md").read_text(encoding="utf-8"), (START, END), lines)
    return _between(agreed, (JUDGED_START, JUDGED_END), judged())


def judged() -> list[str]:
    """What was judged between frameworks, one line a direction."""
    catalogue = Library.open().catalogue
    found = coverage_json(catalogue, coverage(catalogue, AS_OF), AS_OF)["directions"]
    lines = [
        "| duties of | against | duties | related | look-alikes only | no counterpart | not judged | read twice |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for line in found:
        absent = f"{line['no_counterpart']} ({100 * line['no_counterpart'] / line['duties']:.0f} %)"
        cells = (line["from"], line["to"], line["duties"], line["related"], line["unrelated"], absent)
        lines.append(f"| {' | '.join(map(str, (*cells, line['not_judged'], line['read_twice'])))} |")
    return lines


def _between(text: str, marks: tuple[str, str], lines: list[str]) -> str:
    before, rest = text.split(marks[0])
    return before + marks[0] + "\n" + "\n".join(lines) + "\n" + marks[1] + rest.split(marks[1])[1]


def contents() -> str:
    """docs/framework-quality.md with the counts of summaries, what they rest on, and their second reading."""
    catalogue = Library.open().catalogue
    readings = rereadings.read(catalogue.files)[0]
    lines = [
        "| edition | provisions | summaries | text read | title and public sources | read again | with the text "
        "| corrected | unsure |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for edition in sorted(catalogue.editions.values(), key=lambda e: e.id):
        held = [p for p in catalogue.provisions.values() if p.edition == edition.id]
        bases = [p.basis or next((w.basis for w in p.wordings if w.summary), None) for p in held]
        again = [readings[p.id] for p in held if p.id in readings]
        cells = (
            edition.label,
            len(held),
            sum(b is not None for b in bases),
            bases.count("text-read"),
            bases.count("title-and-public-sources"),
            len(again),
            sum(r.text_read for r in again),
            sum(r.outcome == "corrected" for r in again),
            sum(r.outcome == "unsure" for r in again),
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return _between((DOCS / "framework-quality.md").read_text(encoding="utf-8"), COUNTS, lines)


def traced() -> str:
    """docs/traceability.md: which rules ask for what each provision demands."""
    library = Library.open()
    return traceability.page(library.catalogue, library.rules)


PAGES = {
    "commands.md": commands,
    "questions.md": questions,
    "terms.md": terms,
    "mapping-quality.md": agreement,
    "framework-quality.md": contents,
    "shacl-conformance.md": w3c_shacl.page,
    "traceability.md": traced,
}


def readme() -> str:
    """README.md with the version of the graph as it is; the answers it shows are edited by hand."""
    version = Library.open().catalogue.version
    return re.sub(r"graph [0-9a-f]{12}", f"graph {version}", (ROOT / "README.md").read_text(encoding="utf-8"))


def rewrite() -> None:
    """Write every generated page."""
    (ROOT / "README.md").write_text(readme(), encoding="utf-8")
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
