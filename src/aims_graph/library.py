"""Everything loaded once, the rest on demand: what each interface opens before it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from aims_graph import __version__, catalogue, files, snapshot, trace
from aims_graph.answers import WhatElse
from aims_graph.chain import NOTHING_RECORDED, Context, Organisation
from aims_graph.errors import NO_RECORDS, InputError, UnknownName
from aims_graph.indexing import closure
from aims_graph.indexing.index import Index
from aims_graph.model import Finding
from aims_graph.names import Names
from aims_graph.outcomes import Outcomes
from aims_graph.trace import Options
from aims_graph.vocab import STRM

if TYPE_CHECKING:  # what a plain question does not need is imported when it is asked for
    import pyoxigraph as ox

    from aims_graph import cases, queries, records
    from aims_graph.checking import shapes
    from aims_graph.explaining import Explanation
    from aims_graph.intake import forms
    from aims_graph.records import Records


INDEXES_KEPT = 8  # of different days, roles and so on; the oldest goes first
RULES_KEPT = 4  # of different data; the oldest go first
_RULES: dict[str, shapes.Rules] = {}  # digest of the data files → their rules


@dataclass(frozen=True)
class Library:
    """The data folders as loaded; records are optional and never leave this object."""

    catalogue: catalogue.Catalogue
    records: records.Records | None = None
    _indexes: dict[Context, Index] = field(default_factory=dict, init=False, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    @staticmethod
    def open(data: Sequence[Path] = (), record_files: Sequence[Path] = (), workspace: Path | None = None) -> Library:
        """Read the shipped data, what is laid over it, and records: from files, or from a workspace.

        InputError where both are given.
        """
        loaded = snapshot.load(files.read_all(files.data_roots(data)))
        if record_files and workspace is not None:
            raise InputError("records come from files or from a workspace, not from both. Leave out --records.")
        if workspace is not None:
            from aims_graph.workspaces import workspace_records

            return Library(loaded, workspace_records.read(workspace))
        if not record_files:
            return Library(loaded)
        from aims_graph import records

        return Library(loaded, records.read(record_files, loaded))

    def with_records(self, found: Records) -> Library:
        """The same data with other records; what the data alone gave is shared."""
        other = replace(self, records=found)
        other.__dict__.update(names=self.names, outcomes=self.outcomes)
        return other

    @cached_property
    def names(self) -> Names:
        """The resolver of typed names."""
        return Names(self.catalogue)

    @cached_property
    def rules(self) -> shapes.Rules:
        """The evidence rules: those of the shape files and those made from evidence requirements.

        Libraries of the same data share them, and what is compiled of them.
        """
        from aims_graph.checking import requirement_rules, shapes

        found = _RULES.get(self.catalogue.digest)
        if found is None:
            made = requirement_rules.files(self.catalogue)
            found = replace(shapes.load((*self.catalogue.files, *made)), catalogue=self.catalogue)
            if len(_RULES) >= RULES_KEPT:
                _RULES.pop(next(iter(_RULES)))
            _RULES[self.catalogue.digest] = found
        return found

    @cached_property
    def forms(self) -> tuple[forms.Form, ...]:
        """The forms in which records are written into tables."""
        from aims_graph.intake import forms

        return forms.language(self.catalogue.files)[1]

    @cached_property
    def questions(self) -> dict[str, queries.Question]:
        """The saved questions by name."""
        from aims_graph import queries

        return queries.load(self.catalogue.files)

    def index(self, context: Context) -> Index:
        """The claims of a context, compiled the first time; what it remembers serves every later question."""
        found = self._indexes.get(context)
        if found is None:
            with self._lock:  # threads of a service share it
                found = self._indexes.get(context)
                if found is None:
                    if len(self._indexes) >= INDEXES_KEPT:
                        self._indexes.pop(next(iter(self._indexes)))
                    found = self._indexes[context] = Index(self.catalogue, context)
        return found

    @cached_property
    def outcomes(self) -> Outcomes:
        """What follows from each provision alone, as far as it was asked about."""
        return Outcomes(self.catalogue)

    def store(self, as_of: date, trust: str = "double-read") -> ox.Store:
        """The dataset that questions and free SPARQL read, with what follows as of a day.

        InputError where a limit of the search may have left out some of what follows.
        """
        from aims_graph import cases, graph
        from aims_graph.graph import Fact

        context = Context(as_of=as_of, trust=trust, organisation=self.organisation(as_of))
        iri = self.catalogue.iri
        asserted = (
            Fact(iri(a), STRM + relation, iri(b)) for a, relation, b in closure.asserted(self.catalogue, context)
        )
        covered = closure.covers(self.catalogue, context).items()
        derived = [Fact(iri(whole), f"{STRM}covers", iri(part)) for whole, parts in covered for part in parts]
        derived += [Fact(*f) for case in self.cases(as_of) for f in cases.derived_facts(self.catalogue, case)]
        found = None if self.records is None else self.records.on(as_of).facts
        return graph.dataset(self.catalogue, asserted, derived, found)

    def dataset_names(self, as_of: date, trust: str = "double-read") -> tuple[str, str]:
        """Names for the two parts of the dataset at a server: of law and standards, and of what holds on a day.

        Each tells what is in it: other data, records, days or programs have other names.
        """
        from aims_graph.remote import datasets

        law = (__version__, self.catalogue.digest)
        found = self.records
        places = () if found is None else sorted(map(repr, found.facts.place.items()))
        texts = () if found is None else (part for text in found.texts for part in text)
        return datasets.name(law), datasets.name((*law, as_of.isoformat(), trust, *texts, *places))

    def statements(self, as_of: date, trust: str = "double-read") -> tuple[bytes, ...]:
        """What a reasoner is given: the ontology, the editions and the relations of admitted rows, as Turtle."""
        context = Context(as_of=as_of, trust=trust)
        iri = self.catalogue.iri
        links = closure.asserted(self.catalogue, context)
        lines = "".join(f"<{iri(a)}> <{STRM}{relation}> <{iri(b)}> .\n" for a, relation, b in links)
        read = [f.text for f in self.catalogue.files if f.kind in ("ontology", "framework")]
        return tuple(text.encode() for text in (*read, lines))

    def cases(self, as_of: date) -> tuple[cases.CaseRecord, ...]:
        """Every recorded case with its elements as of a day."""
        if self.records is None:
            return ()
        from aims_graph import cases

        return cases.read_cases(self.catalogue, self.rules, self.records, as_of)

    @cached_property
    def _organisations(self) -> dict[date, Organisation]:
        return {}

    def organisation(self, as_of: date) -> Organisation:
        """What the records say of the organisation as a whole on a day; read once a day that is asked about."""
        if self.records is None:
            return NOTHING_RECORDED
        if as_of not in self._organisations:
            from aims_graph import organisation

            self._organisations[as_of] = organisation.organisation(self.records, self.catalogue, as_of)
        return self._organisations[as_of]

    def informed(self, options: Options) -> Options:
        """The options with what the records say of the organisation as a whole on the day."""
        if self.records is None:
            return options
        return replace(options, organisation=self.organisation(options.as_of))

    def what_else(self, targets: Sequence[str], options: Options) -> WhatElse:
        """The main question for typed names: provisions, or one recorded action or evidence item."""
        if self.records is not None:
            found = {t: r for t in targets if (r := self.records.find(t)) is not None}
            if found and len(targets) > 1:
                raise InputError(f"'{next(iter(found))}' is a record. Records are asked about one at a time.")
            if found:
                from aims_graph import casetrace

                (record,) = found.values()
                return casetrace.what_else_record(
                    self.catalogue, self.rules, self.records, record, self.informed(options)
                )
        try:
            ids = [self.names.resolve(t) for t in targets]
        except UnknownName as error:
            raise self._with_records(error) from None
        return trace.what_else(self.catalogue, tuple(dict.fromkeys(ids)), self.informed(options), self.outcomes)

    def what_else_at_hand(self, target: str, options: Options) -> WhatElse | None:
        """The same for a provision by its id, if the options only have to choose; None where more is to be done."""
        if self.records is not None or target not in self.catalogue.provisions:
            return None
        return trace.at_hand(self.catalogue, target, options, self.outcomes)

    def explain(self, start: str, end: str, options: Options) -> Explanation:
        """Why one typed name, a provision or a recorded item, counts towards a provision, or why not."""
        from aims_graph import explaining

        options = self.informed(options)
        target = self.names.resolve(end)
        record = None if self.records is None else self.records.find(start)
        if self.records is not None and record is not None:
            return explaining.explain_record(self.catalogue, self.rules, self.records, record, target, options)
        try:
            return explaining.explain(self.catalogue, self.names.resolve(start), target, options)
        except UnknownName as error:
            raise self._with_records(error) from None

    def _with_records(self, error: UnknownName) -> UnknownName:
        """The error where a record could stand too: with those there are, or saying that none is loaded."""
        if self.records is None:
            strange = not self._names_an_edition(error.text)
            return UnknownName(error.text, error.candidates, NO_RECORDS) if strange else error
        known = self.records.identifiers()
        return UnknownName(error.text, (*error.candidates, *known)[:5], "provision or record")

    def _names_an_edition(self, text: str) -> bool:
        return text.partition(":")[0] in self.catalogue.editions or bool(self.names.editions_in(text))

    def findings(self, as_of: date) -> tuple[Finding, ...]:
        """What the evidence rules say of the records."""
        if self.records is None:
            return ()
        then = self.records.on(as_of)
        return then.remembered(("findings", as_of), self.rules, lambda: self._findings(then, as_of))

    def _findings(self, found: Records, as_of: date) -> tuple[Finding, ...]:
        from aims_graph import cases
        from aims_graph.checking import shapes

        labels = {iri: found.label(iri) for iri in found.facts.values}
        curies = self.catalogue.curies
        under = {case: cases.standards(self.catalogue, found, case) for case in found.cases()}
        return shapes.findings(self.rules, [text for _, text in found.texts], as_of, labels, curies, under)
