"""What is wrong with data files: those that cannot be loaded, and faults of content.

Files given by name are checked as they would be if they lay in the data folder:
one that is already there is replaced, any other is added. Other people's tables
are checked for references to provisions that do not exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from aims_graph import (
    canonical,
    consistency_answers,
    framework_faults,
    likeness,
    queries,
    references,
    repetition,
    reviews,
    sssom,
    turtle,
)
from aims_graph.catalogue import Catalogue, inspect
from aims_graph.checking import neighbourhood, requirement_rules, shapes
from aims_graph.errors import DataError, InputError, Problem
from aims_graph.files import FOLDERS, DataFile
from aims_graph.indexing.connections import APART
from aims_graph.intake import forms, terms
from aims_graph.model import ANY_OF, BOTH, DOUBLE_READ, PROPOSED, PUBLISHED, Mapping, Source
from aims_graph.vocab import AIMS, NO_TERM_FOUND, RDFS

EXAMPLE_DAY = date(2026, 11, 22)  # the as-of of rule examples that state none
VERDICTS = ("satisfies", "conforms", "complies")
UNKNOWN = "turtle"  # Turtle that states nothing of ours


@dataclass(frozen=True)
class Report:
    """What was checked, and what is wrong with it."""

    broken: tuple[Problem, ...]  # what cannot be loaded
    faults: tuple[Problem, ...]  # of content
    files: int
    tables: tuple[references.Checked, ...] = ()  # other people's

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong, what cannot be loaded first."""
        return (*self.broken, *self.faults)

    @property
    def summary(self) -> str:
        """One line that says what was checked and whether it is sound."""
        files = _counted(self.files, "file")
        if self.problems:
            return f"{_counted(len(self.problems), 'problem')} in {files}."
        if self.tables:
            columns = _counted(sum(t.columns for t in self.tables), "column")
            return f"{files}, {columns}, {_counted(sum(t.references for t in self.tables), 'reference')}: sound."
        return f"{files} {'is' if self.files == 1 else 'are'} sound."


def lint(files: Sequence[DataFile], named: Sequence[DataFile] = (), licensed: Sequence[DataFile] = ()) -> Report:
    """Check `named` files if given, else all `files`.

    `licensed` are texts that the user owns and our words must not repeat.
    """
    tables = [file for file in named if _is_table(file)]
    placed = _placed(files, [file for file in named if not _is_table(file)])
    if licensed and named and not placed:
        raise InputError("--against compares our own words. Give no FILE, or files of ours.")
    for text in licensed:
        likeness.owned_runs(text.text, text.path)  # refuses a text that is too short before all is read
    known = {place: file for place, file in placed.items() if file.kind != UNKNOWN}
    over = {place: replace(file, path=place) for place, file in known.items()}
    files = tuple(file for _, file in sorted(({f.path: f for f in files} | over).items()))
    catalogue, broken = inspect(files)
    faults: list[Problem] = []
    if known or not named:
        broken, faults = _lint_set(catalogue, broken, frozenset(known) if named else None, licensed)
    checked = [references.check(catalogue, file.path, file.text) for file in tables]
    for place in placed.keys() - known.keys():
        broken += _syntax_problems([placed[place]])
        faults += _text_faults([placed[place]])
    broken += [problem for table in checked for problem in table.unread]
    faults += [problem for table in checked for problem in table.faults]
    shown = {place: file.path for place, file in known.items()}
    return Report(_sorted(broken, shown), _sorted(faults, shown), len(named) or len(files), tuple(checked))


def _lint_set(
    catalogue: Catalogue, broken: list[Problem], only: Collection[str] | None, licensed: Sequence[DataFile]
) -> tuple[list[Problem], list[Problem]]:
    """(what cannot be loaded, faults of content) of all files of a catalogue, or of `only` those at some places.

    What cannot be loaded elsewhere is told too where nothing else is: it keeps the files from being checked.
    """
    files = catalogue.files
    chosen = [file for file in files if only is None or file.path in only]
    rules, found = shapes.inspect((*files, *(() if broken else requirement_rules.files(catalogue))))
    unformed = [] if broken else forms.inspect(files, terms.load(files))[1]
    broken = [*broken, *found, *unformed, *_syntax_problems(files)]
    faults = [*_row_faults(catalogue), *_text_faults(chosen)]
    if licensed:
        ours = [*likeness.our_texts(catalogue), *(likeness.Said(r.code, r.message, r.source) for r in rules.rules)]
        faults += [problem for text in licensed for problem in likeness.repeated(ours, text.text, text.path)]
    if not broken:
        wanted = [rule for rule in rules.rules if only is None or rule.source.path in only]
        faults += [*framework_faults.faults(catalogue), *_rule_faults(catalogue, rules, wanted), *_form_faults(chosen)]
        faults += consistency_answers.faults(catalogue)
    if only is None:
        return broken, faults
    return [p for p in broken if p.path in only] or broken, [p for p in faults if p.path in only]


def _syntax_problems(files: Iterable[DataFile]) -> Iterator[Problem]:
    """What is wrong with the form of those files that no catalogue is made of."""
    for file in files:
        if file.kind == "question":
            yield from queries.parse(file.path, file.text)[1]
        elif file.kind == "reading":
            yield from reviews.read_reading(file.path, file.text)[1]
        elif file.kind in ("alignment", UNKNOWN):
            problem = turtle.read_into(turtle.Facts(), file.path, file.text)
            yield from [problem] if problem else []


def _sorted(problems: Iterable[Problem], shown: dict[str, str]) -> tuple[Problem, ...]:
    """The problems by place, those of files given by name under the path that was given."""
    named = {replace(p, path=shown.get(p.path, p.path)) for p in problems}
    return tuple(sorted(named, key=lambda p: (p.path, p.line or 0, p.what)))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# -- files given by name -----------------------------------------------------------------


def _is_table(file: DataFile) -> bool:
    """Whether a file is somebody's table of references and not one of ours."""
    return file.kind == "table" or (file.kind == "mapping" and not _folder(file) and not sssom.is_ours(file.text))


def _placed(files: Sequence[DataFile], named: Iterable[DataFile]) -> dict[str, DataFile]:
    """The files by the place each has, or would have, in a data folder, with the kind that they have there."""
    placed: dict[str, DataFile] = {}
    for file in (replace(one, kind=_kind(one)) for one in named):
        place = _place(files, file)
        if place in placed:
            raise InputError(f"'{placed[place].path}' and '{file.path}' are both {place}. Check one at a time.")
        placed[place] = file
    return placed


def _place(files: Sequence[DataFile], file: DataFile) -> str:
    """The path in a data folder: where the file lies, where one of the same content lies, or where it would lie."""
    if folder := _folder(file):
        return f"{folder}/{Path(file.path).name}"
    own = _identity(file)
    same = (other.path for other in files if own and other.kind == file.kind and _identity(other) == own)
    return next(same, f"{FOLDERS[file.kind][0]}/{Path(file.path).name}" if file.kind in FOLDERS else file.path)


def _folder(file: DataFile) -> str | None:
    """The folder of the file's kind, if the file lies in one."""
    folder = FOLDERS.get(file.kind, ("",))[0]
    return folder if folder and Path(file.path).resolve().parent.as_posix().endswith(f"/{folder}") else None


def _identity(file: DataFile) -> str | None:
    """What makes a file the same as another: the mapping set, the edition or the rule that it states first."""
    if file.kind == "mapping":
        return sssom.parse(file.path, file.text)[0].id or None
    if file.kind in ("framework", "shape"):
        return next(iter(turtle.subject_lines(file.text)), None)
    return None


def _kind(file: DataFile) -> str:
    """The kind of a file; that of Turtle which lies in no data folder is told by what it states."""
    if file.kind != UNKNOWN:
        return file.kind
    facts = turtle.Facts()
    if turtle.read_into(facts, file.path, file.text):
        return UNKNOWN
    if any(True for kind in (shapes.EVIDENCE, shapes.INTEGRITY) for _ in facts.of_type(AIMS + kind)):
        return "shape"
    said = {prop for properties in facts.values.values() for prop in properties}
    if f"{AIMS}inEdition" in said or any(True for _ in facts.of_type(f"{AIMS}Edition")):
        return "framework"
    return "label" if said == {f"{RDFS}label"} else UNKNOWN


# -- faults of content -------------------------------------------------------------------


def _at(source: Source, what: str, fix: str) -> Problem:
    return Problem(source.path, source.line, what, fix)


def _row_faults(catalogue: Catalogue) -> Iterator[Problem]:
    yield from _repetitions(catalogue)
    for file in catalogue.mapping_files:
        yield from _label_faults(catalogue, file)
        yield from _file_faults(catalogue, file)


def _repetitions(catalogue: Catalogue) -> Iterator[Problem]:
    """Reasons of the project's positive rows that are not specific, because another pair has nearly the same."""
    rows = [
        row
        for file in catalogue.mapping_files
        for row in file.rows
        if row.status != PUBLISHED and NO_TERM_FOUND not in (row.subject, row.object) and row.relation not in APART
    ]
    for row, other, share in repetition.repeated(catalogue, rows):
        what = f"the reason is nearly that of {other.source} ({100 * share:.0f} % of its runs of words)."
        yield _at(row.source, what, "Name what these two provisions share, and what each has alone.")


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


def _label_faults(catalogue: Catalogue, file: sssom.MappingFile) -> Iterator[Problem]:
    places = {row.id: row.source for row in file.rows}
    for record in file.records:
        for side in ("subject", "object"):
            found = catalogue.provisions.get(record.get(f"{side}_id", ""))
            said = record.get(f"{side}_label")
            if found is not None and said and said != found.title and record["record_id"] in places:
                what = f"{side}_label '{said}' is not the title of '{found.id}'."
                yield _at(places[record["record_id"]], what, f"It is '{found.title}'.")


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
    for row in file.rows:
        for side, edition in zip((row.subject, row.object), catalogue.sides_of(file), strict=True):
            found = catalogue.provisions.get(side)
            if found is not None and edition is not None and found.edition != edition:
                yield _at(row.source, f"'{side}' is not in {edition}.", "Move the row to the file of its pair.")


def _text_faults(files: Iterable[DataFile]) -> Iterator[Problem]:
    for file in files:
        for number, line in enumerate(file.text.splitlines(), 1):
            if line != line.rstrip() and not file.path.endswith(".tsv"):  # an empty last cell ends a row with a tab
                yield Problem(file.path, number, "white space at the end of the line.", "Remove it.")
        if not file.text.endswith("\n"):
            yield Problem(file.path, None, "no line break at the end.", "Add one.")


def _form_faults(files: Iterable[DataFile]) -> Iterator[Problem]:
    for file in files:
        try:
            wanted = canonical.formatted(file)
        except DataError as error:
            yield from error.problems
            continue
        if wanted != file.text:
            pairs = zip(wanted.split("\n"), file.text.split("\n"), strict=False)
            line = next((n for n, (one, other) in enumerate(pairs, 1) if one != other), None)
            yield Problem(file.path, line, "not in canonical form.", "Run 'aims-graph fmt'.")


def _rule_faults(catalogue: Catalogue, rules: shapes.Rules, wanted: Iterable[shapes.Rule]) -> Iterator[Problem]:
    """Each rule cites what exists, looks only at what ways lead to, and its examples pass or fail as they should."""
    wanted = tuple(wanted)
    for rule, fault in neighbourhood.unbounded(rules.turtle, {rule.iri: rule for rule in wanted}):
        fix = "Join every triple pattern to $this, and write whole IRIs in the query."
        yield _at(rule.source, f"{rule.code} {fault}.", fix)
    known = {p.iri for p in catalogue.provisions.values()} | set(catalogue.facts.values)
    for rule in wanted:
        for provision in rule.provisions:
            if provision not in known:
                yield _at(rule.source, f"source '{catalogue.curie(provision)}' does not exist.", "Correct it.")
        for examples, must_fail in ((rule.passing, False), (rule.failing, True)):
            for number, example in enumerate(examples, 1):
                if shapes.breaks(rules, rule, example, catalogue.prefixes, EXAMPLE_DAY) != must_fail:
                    kind = "failing" if must_fail else "passing"
                    what = f"{kind} example {number} of {rule.code} {'passes' if must_fail else 'fails'}."
                    yield _at(rule.source, what, "Correct the example or the rule.")
