"""What is wrong with data files: those that cannot be loaded, and faults of content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from aims_graph import queries, shapes, sssom, turtle
from aims_graph.catalogue import Catalogue, inspect
from aims_graph.errors import Problem
from aims_graph.files import DataFile
from aims_graph.model import ANY_OF, BOTH, DOUBLE_READ, OBLIGATION, PROPOSED, Mapping, Source
from aims_graph.vocab import NO_TERM_FOUND

MAX_SUMMARY_WORDS = 40
EXAMPLE_DAY = date(2026, 11, 22)  # the as-of of rule examples that state none
VERDICTS = ("satisfies", "conforms", "complies")


def lint(files: Sequence[DataFile], named: Sequence[DataFile] = ()) -> tuple[list[Problem], list[Problem]]:
    """(what cannot be loaded, faults of content), of `named` files if given, else of all `files`."""
    catalogue, broken = inspect(files)
    if named:
        return _lint_named(catalogue, named)
    rules, found = shapes.inspect(files)
    broken += found
    for file in files:
        if file.kind == "question":
            broken += queries.parse(file.path, file.text)[1]
        elif file.kind == "alignment":
            problem = turtle.read_into(turtle.Facts(), file.path, file.text)
            broken += [problem] if problem else []
    faults = [*_provision_faults(catalogue), *_row_faults(catalogue), *_text_faults(files)]
    if not broken:
        faults += _rule_faults(catalogue, rules)
    return _sorted(broken), _sorted(faults)


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(set(problems), key=lambda p: (p.path, p.line or 0, p.what))


def _at(source: Source, what: str, fix: str) -> Problem:
    return Problem(source.path, source.line, what, fix)


def _provision_faults(catalogue: Catalogue) -> Iterator[Problem]:
    for provision in catalogue.provisions.values():
        summaries = [provision.summary, *(w.summary for w in provision.wordings)]
        texts = [s for s in summaries if s]
        if provision.force == OBLIGATION and not texts:
            yield _at(provision.source, f"'{provision.id}' has no summary.", "Add aims:summary.")
        for text in texts:
            if len(text.split()) > MAX_SUMMARY_WORDS:
                what = f"the summary of '{provision.id}' has {len(text.split())} words."
                yield _at(provision.source, what, f"Use at most {MAX_SUMMARY_WORDS}.")
        if provision.force == OBLIGATION and provision.modality is None:
            yield _at(provision.source, f"'{provision.id}' has no modality.", "Add aims:modality.")
        if provision.force == OBLIGATION and provision.occurrence is None:
            yield _at(provision.source, f"'{provision.id}' has no occurrence.", "Add aims:occurrence.")
        if provision.conditional and not provision.condition:
            yield _at(provision.source, f"'{provision.id}' is conditional without a condition.", "Say when.")
        for target in provision.refers_to:
            if target not in catalogue.provisions:
                what = f"'{provision.id}' refers to '{target}', which does not exist."
                yield _at(provision.source, what, "Correct or remove the reference.")


def _row_faults(catalogue: Catalogue) -> Iterator[Problem]:
    for file in catalogue.mapping_files:
        yield from _file_faults(catalogue, file)


def _file_faults(catalogue: Catalogue, file: sssom.MappingFile) -> Iterator[Problem]:
    counted = {r.id: r.status for r in catalogue.mappings}
    previous = ""
    for row in file.rows:
        yield from _one_row(catalogue, row)
        if row.status == DOUBLE_READ and counted.get(row.id) == PROPOSED:
            what = f"row '{row.id}' says double-read, but no review fits it as it stands."
            yield _at(row.source, what, "Read it again and run 'aims-graph review compare'.")
        if row.id < previous:
            yield _at(row.source, f"row '{row.id}' is out of order.", "Sort rows by record_id.")
        previous = max(previous, row.id)
    yield from _header_faults(catalogue, file)


def _one_row(catalogue: Catalogue, row: Mapping) -> Iterator[Problem]:
    ends = [catalogue.provisions.get(p) for p in (row.subject, row.object) if p != NO_TERM_FOUND]
    if row.relation.is_set_relation and any(e is not None and e.decomposition == ANY_OF for e in ends):
        what = "a set relation touches a provision of free choice (AnyOf)."
        yield _at(row.source, what, "Map its members instead.")
    if row.rationale and any(word in row.rationale.lower() for word in VERDICTS):
        yield _at(row.source, f"the reason uses one of {', '.join(VERDICTS)}.", "Say what the texts ask.")
    if row.overlap is None and row.relation.value == "intersectsWith":
        yield _at(row.source, "intersectsWith without ext_overlap.", "Say standing, per-occurrence or both.")
    for end in ends:
        if row.overlap is not None and end is not None and not _can_hold(end.occurrence, row.overlap):
            what = f"the overlap is said to be {row.overlap}, but '{end.id}' asks only what is {end.occurrence}."
            yield _at(row.source, what, "Correct ext_overlap, or the occurrence of the provision.")
    if row.overlap is not None and row.relation.value != "intersectsWith":
        yield _at(row.source, "ext_overlap is for intersectsWith only.", "Empty the cell.")


def _can_hold(occurrence: str | None, overlap: str) -> bool:
    """Whether a provision of this occurrence has elements of the kind that are said to be shared."""
    return occurrence in (None, BOTH, overlap)


def _header_faults(catalogue: Catalogue, file: sssom.MappingFile) -> Iterator[Problem]:
    if not file.header:
        return
    curies = file.header.get("curie_map") or {}
    for prefix, namespace in curies.items():
        known = catalogue.prefixes.get(prefix)
        if known is not None and known != namespace:
            yield Problem(file.path, 1, f"prefix '{prefix}' is not '{namespace}'.", f"It is '{known}'.")
    for side in ("subject_source", "object_source"):
        source = file.header.get(side)
        if source not in {e.iri for e in catalogue.editions.values()}:
            yield Problem(file.path, 1, f"{side} '{source}' is no loaded edition.", "Give the edition's IRI.")
    editions = {e.iri: e.id for e in catalogue.editions.values()}
    wanted = (editions.get(file.header.get("subject_source", "")), editions.get(file.header.get("object_source", "")))
    for row in file.rows:
        for side, edition in zip((row.subject, row.object), wanted, strict=True):
            found = catalogue.provisions.get(side)
            if found is not None and edition is not None and found.edition != edition:
                yield _at(row.source, f"'{side}' is not in {edition}.", "Move the row to the file of its pair.")


def _text_faults(files: Iterable[DataFile]) -> Iterator[Problem]:
    for file in files:
        if file.kind in ("reading", "review"):
            continue
        for number, line in enumerate(file.text.splitlines(), 1):
            if line != line.rstrip() and file.kind != "mapping":
                yield Problem(file.path, number, "white space at the end of the line.", "Remove it.")
        if not file.text.endswith("\n"):
            yield Problem(file.path, None, "no line break at the end.", "Add one.")


def _rule_faults(catalogue: Catalogue, rules: shapes.Rules) -> Iterator[Problem]:
    """Each rule cites what exists, lets its passing examples pass and finds its failing ones."""
    known = {p.iri for p in catalogue.provisions.values()} | set(catalogue.facts.values)
    for rule in rules.rules:
        for provision in rule.provisions:
            if provision not in known:
                yield _at(rule.source, f"source '{catalogue.curie(provision)}' does not exist.", "Correct it.")
        for examples, must_fail in ((rule.passing, False), (rule.failing, True)):
            for number, example in enumerate(examples, 1):
                found = shapes.example_results(rules, example, catalogue.prefixes, EXAMPLE_DAY)
                hit = any(shape == rule.iri for shape, _ in found)
                if hit != must_fail:
                    kind = "failing" if must_fail else "passing"
                    what = f"{kind} example {number} of {rule.code} {'passes' if must_fail else 'fails'}."
                    yield _at(rule.source, what, "Correct the example or the rule.")


def _lint_named(catalogue: Catalogue, named: Sequence[DataFile]) -> tuple[list[Problem], list[Problem]]:
    """Files given by name, against what is loaded: also other people's."""
    broken: list[Problem] = []
    faults: list[Problem] = []
    for file in named:
        if file.kind == "mapping":
            parsed, found = sssom.parse(file.path, file.text)
            broken += found
            broken += _unknown_ends(catalogue, parsed)
            faults += _file_faults(catalogue, parsed)
        elif file.kind == "question":
            broken += queries.parse(file.path, file.text)[1]
        elif file.kind in ("reading", "review"):
            continue
        else:
            facts = turtle.Facts()
            problem = turtle.read_into(facts, file.path, file.text)
            broken += [problem] if problem else []
            broken += shapes.inspect([DataFile("shape", file.path, file.text)])[1] if not problem else []
        faults += _text_faults([file])
    return _sorted(broken), _sorted(faults)


def _unknown_ends(catalogue: Catalogue, parsed: sssom.MappingFile) -> Iterator[Problem]:
    from aims_graph.names import Names

    names = Names(catalogue)
    for row in parsed.rows:
        for side, name in (("subject", row.subject), ("object", row.object)):
            if name != NO_TERM_FOUND and name not in catalogue.provisions:
                near = names.near(name)[:3]
                fix = f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else "Check the id."
                yield _at(row.source, f"{side} '{name}' is not a provision.", fix)
