"""A write to a workspace: merged with what is there, checked, and then made wholly or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import unquote

import pyoxigraph as ox

from aims_graph.checking.procedures import Procedure
from aims_graph.errors import ChangedSince, InputError, KeyUsed, Problem, UnsoundRecords
from aims_graph.intake import soundness
from aims_graph.intake.forms import language
from aims_graph.intake.meanings import Meanings
from aims_graph.intake.terms import AGENT
from aims_graph.intake.written import plain
from aims_graph.vocab import AIMS, XSD
from aims_graph.workspaces import lifecycle, naming, own_graphs
from aims_graph.workspaces.assessing import Assessment, Assessor, Verdict
from aims_graph.workspaces.auditlog import Change
from aims_graph.workspaces.merging import as_kept, below, merged
from aims_graph.workspaces.own_graphs import Edit
from aims_graph.workspaces.record_store import Overlay, StoreView, line
from aims_graph.workspaces.workspace import Signature, Workspace

Triples = frozenset[ox.Triple]
Places = Mapping[str, tuple[str, int | None]]
REFUSE = ("Violation",)  # severities that keep a case from being closed
UNTOUCHED = Assessment(frozenset(), frozenset())


@dataclass(frozen=True)
class Receipt:
    """What a write did, or would do. Unless it is a trial or there was nothing to do, its entry is on disk."""

    number: int | None  # of the log entry; None if nothing was written
    seal: str | None
    records: tuple[str, ...]  # IRIs of the records that change
    reopened: tuple[str, ...]  # cases that reopen because their problem is back
    found: frozenset[Verdict]  # rules that the touched records break afterwards
    mended: frozenset[Verdict]  # rules that they broke before and break no more
    repeated: bool = False  # the request had been carried out before, and nothing was done now


@dataclass(frozen=True)
class Request:
    """What to write: what is stated of records, and how.

    What is stated of a property takes the place of its values; with `whole`, a record is what is stated of it and
    nothing else. `expect` names the versions (numbers of log entries) that the writer has seen. `places` says where
    each record stands in what was read, for errors. `asked` is what was asked for, where that is less than what comes
    to be stated: such as a change to what a record says.
    """

    stated: tuple[ox.Triple, ...]
    whole: bool = False
    expect: Mapping[str, int] = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    asked: str | None = None

    @property
    def digest(self) -> str:
        """A hash of what is asked for, to know a request again."""
        if self.asked is not None:
            return hashlib.sha256(self.asked.encode()).hexdigest()
        lines = "\n".join(sorted(map(str, self.stated)))
        return hashlib.sha256(f"{self.whole}\n{lines}".encode()).hexdigest()


class Writer:
    """Writes to one open workspace by one set of rules."""

    def __init__(self, workspace: Workspace, assessor: Assessor) -> None:
        self.workspace = workspace
        self.assessor = assessor

    def write(
        self, request: Request, signature: Signature, now: datetime, as_of: date | None = None, trial: bool = False
    ) -> Receipt:
        """Write what a request states of records; a trial checks it and writes nothing.

        Raises UnsoundRecords where an integrity rule or the life of a case forbids it, or a case is closed that lacks
        what its clause demands; ChangedSince where a record is at another version; KeyUsed where its key was used for
        something else; OutputError where it cannot be put on disk. Nothing is changed then.
        """
        self.workspace.ready()
        repeated = self._repeated(signature, request.digest)
        if repeated is not None:
            return repeated
        self._check_versions(request.expect)
        before = self.workspace.store.view()
        added, removed = merged(as_kept(request.stated), before, request.whole)
        return _Step(self, before, added, removed, as_of or now.date(), request.places).make(
            signature, request.digest, now, trial
        )

    def withdraw(
        self,
        records: Collection[str],
        signature: Signature,
        now: datetime,
        as_of: date | None = None,
        expect: Mapping[str, int] | None = None,
    ) -> Receipt:
        """Take records (IRIs) back for a reason: they stay readable as of earlier days.

        Raises UnsoundRecords where records that stay link to them, InputError for an unknown record or a missing
        reason, ChangedSince and KeyUsed as for a write.
        """
        self.workspace.ready()
        if not (signature.why or "").strip():
            raise InputError("a record is withdrawn for a reason. Give it with --reason.")
        digest = hashlib.sha256(repr(sorted(records)).encode()).hexdigest()
        repeated = self._repeated(signature, digest)
        if repeated is not None:
            return repeated
        self._check_versions(expect or {})
        before = self.workspace.store.view()
        for record in records:
            if not before.of(ox.NamedNode(record)):
                raise InputError(f"'{self._name(record)}' is not a record of this workspace.")
        removed = frozenset(t for r in records for t in below(ox.NamedNode(r), before))
        day = as_of or now.date()
        subjects = sorted({t.subject for t in removed if isinstance(t.subject, ox.NamedNode)}, key=str)
        stamps = [t for subject in subjects for t in self._withdrawal(subject, day, signature)]
        step = _Step(self, before, frozenset(), removed, day, {}, (*sorted(removed, key=str), *stamps))
        return step.make(signature, digest, now, trial=False)

    def _withdrawal(self, subject: ox.NamedNode, day: date, signature: Signature) -> Iterator[ox.Triple]:
        literal = ox.Literal(day.isoformat(), datatype=ox.NamedNode(f"{XSD}date"))
        yield ox.Triple(subject, ox.NamedNode(f"{AIMS}withdrawnOn"), literal)
        yield ox.Triple(subject, ox.NamedNode(f"{AIMS}withdrawnReason"), ox.Literal(signature.why or ""))
        yield ox.Triple(subject, ox.NamedNode(f"{AIMS}withdrawnBy"), ox.Literal(signature.who))

    def edit(self, edit: Edit, signature: Signature, now: datetime, as_of: date | None = None) -> Receipt:
        """Make a change to any of the organisation's graphs: of its records as a write does, of others as it is.

        A record of which nothing is left is withdrawn, and that takes a reason. Raises ChangedSince where the
        workspace is not at the entry that the change was worked out on, InputError for a graph that is not the
        organisation's and for a missing reason, DataError for statements that are not about records or not in words
        that exist; otherwise as a write.
        """
        self.workspace.ready()
        digest = hashlib.sha256(edit.asked.encode()).hexdigest()
        repeated = self._repeated(signature, digest)
        if repeated is not None:
            return repeated
        store, day = self.workspace.store, as_of or now.date()
        if edit.on != store.number:
            raise ChangedSince(f"entry {store.number} was written after entry {edit.on} was read. Ask again.")
        kept = own_graphs.kept(edit, store, self.assessor.catalogue)
        added, removed = kept.of(store.graph)
        before = store.view()
        self._check_sound(added, before)
        gone = _gone(removed, Overlay(before, added, removed))
        if gone and not (signature.why or "").strip():
            shown = ", ".join(sorted(self._name(g.value) for g in gone)[:5])
            raise InputError(f"this takes back whole records ({shown}), which is done for a reason. Give one.")
        back = [t for t in sorted(removed, key=str) if t.subject in gone]
        stamps = [t for subject in sorted(gone, key=str) for t in self._withdrawal(subject, day, signature)]
        step = _Step(self, before, added, removed, day, {}, (*back, *stamps), kept.beside(store.graph))
        return step.make(signature, digest, now, trial=False)

    def _check_sound(self, added: Triples, before: StoreView) -> None:
        """DataError where new statements of the records' graph are not about records, or in words that do not exist."""
        if not added:
            return
        base = self.workspace.settings.base
        subjects = {t.subject for t in added}
        people = {t for s in subjects for t in before.of(s) if t.object == ox.NamedNode(AGENT)}
        meanings = Meanings(self.assessor.catalogue, language(self.assessor.catalogue.files)[0], base)
        fix = f"Give what it stands for an address that begins with '{base}'."
        nameless = [
            Problem(base, None, f"{self._name(str(t.subject)[1:-1])}: a record links to a blank node.", fix)
            for t in added
            if str(t.object).startswith(f"<{own_graphs.BLANK}")
        ]
        wrong = soundness.problems(sorted({*added, *people}, key=str), {}, meanings, base)
        if wrong or nameless:
            raise UnsoundRecords([*wrong, *nameless])

    def raised(self, day: date) -> dict[str, Procedure]:
        """The rules that the organisation's own procedures make stricter on a day."""
        return self.assessor.raised(self.workspace.store.about(f"{AIMS}ProcedureRule"), day)

    def _repeated(self, signature: Signature, digest: str) -> Receipt | None:
        number = None if signature.key is None else self.workspace.store.with_key(signature.key)
        if number is None:
            return None
        entry = self.workspace.entry(number)
        if entry.request != digest:
            raise KeyUsed(
                f"the key '{signature.key}' was used on {entry.at} for another request (entry {number}). Use a new key."
            )
        return Receipt(number, entry.seal, (), (), frozenset(), frozenset(), repeated=True)

    def _check_versions(self, expect: Mapping[str, int]) -> None:
        for record, version in sorted(expect.items()):
            now = naming.version(self.workspace.store, record) or 0
            if now != version:
                seen = f"you have seen version {version}, it is at version {now}"
                fix = "Read it again and make your change to that."
                raise ChangedSince(f"'{self._name(record)}' has changed since: {seen}. {fix}")

    def _name(self, record: str) -> str:
        return record.removeprefix(self.workspace.settings.base)


class _Step:
    """One change on its way: what it comes to, whether it may be made, and making it."""

    def __init__(
        self,
        writer: Writer,
        before: StoreView,
        added: Triples,
        removed: Triples,
        day: date,
        places: Places,
        taken_back: Iterable[ox.Triple] = (),
        beside: tuple[Iterable[ox.Quad], Iterable[ox.Quad]] = ((), ()),
    ) -> None:
        self._writer, self._assessor = writer, writer.assessor
        self._before, self._day, self._places = before, day, places
        self._taken_back = taken_back
        self._beside = tuple(tuple(line(q) for q in quads) for quads in beside)
        self.reopened = tuple(lifecycle.reopened(self._cases(added, removed), Overlay(before, added, removed)))
        for case in self.reopened:
            after = Overlay(before, added, removed)
            old = {t for t in after.of(ox.NamedNode(case)) if t.predicate.value == lifecycle.STATE}
            removed, added = removed | (old - added), (added - old) | {_state(case, lifecycle.REOPENED)}
        self.added, self.removed = added, removed
        self.after = Overlay(before, added, removed)
        self.records = tuple(sorted({t.subject.value for t in (*added, *removed)}))  # type: ignore[union-attr]

    def _cases(self, added: Triples, removed: Triples) -> list[str]:
        nodes = {t.subject.value for t in (*added, *removed) if isinstance(t.subject, ox.NamedNode)}
        return lifecycle.cases_in(nodes, Overlay(self._before, added, removed))

    def make(self, signature: Signature, request: str, now: datetime, trial: bool) -> Receipt:
        if not (self.added or self.removed or any(self._beside)):
            return Receipt(None, None, (), (), frozenset(), frozenset())
        assessed = UNTOUCHED  # what stands beside the records is checked by no rule
        if self.added or self.removed:
            assessed = self._assessor.assess([*self.added, *self.removed], self._before, self.after, self._day)
            self._refuse(assessed)
        store = self._writer.workspace.store
        found = assessed.broken - (assessed.of(self._assessor.integrity) if assessed.broken else frozenset())
        known = frozenset((rule, node) for node in {n for _, n in assessed.touched} for rule in store.broken(node))
        mended = (known & assessed.touched) - found
        if trial:
            return Receipt(None, None, self.records, self.reopened, found, mended)
        entry = self._writer.workspace.commit(self._change(), signature, request, now, (mended, found - known))
        return Receipt(entry.number, entry.seal, self.records, self.reopened, found, mended)

    def _change(self) -> Change:
        store = self._writer.workspace.store
        added = [line(ox.Quad(t.subject, t.predicate, t.object, store.graph)) for t in self.added]
        back = {ox.Quad(t.subject, t.predicate, t.object, store.withdrawn) for t in self._taken_back}
        added += [line(quad) for quad in back if quad not in store.store]
        removed = [line(ox.Quad(t.subject, t.predicate, t.object, store.graph)) for t in self.removed]
        new, gone = self._beside
        return Change(tuple(sorted([*added, *new])), tuple(sorted([*removed, *gone])))

    def _refuse(self, assessed: Assessment) -> None:
        """UnsoundRecords with everything that forbids the change."""
        problems = [*self._faults(assessed), *self._steps(), *self._closing()]
        if problems:
            raise UnsoundRecords(sorted(problems, key=lambda p: (p.path, p.line or 0, p.what)))

    def _faults(self, assessed: Assessment) -> Iterator[Problem]:
        rules = self._assessor.rules.by_iri()
        for shape, node in sorted(assessed.of(self._assessor.integrity)):
            what, _, fix = rules[shape].message.partition(". ")
            lost = self._lost(node)
            told = f"; not recorded: {', '.join(lost)}" if lost else ""
            yield self._problem(node, f"{what}. (rule {rules[shape].code}{told})", fix)

    def _lost(self, node: str) -> list[str]:
        """What a record links to in this workspace of which nothing is recorded, as it was written."""
        base = self._writer.workspace.settings.base
        links = {t.object for t in self.after.of(ox.NamedNode(node)) if isinstance(t.object, ox.NamedNode)}
        lost = [link.value for link in links if link.value.startswith(base) and not self.after.of(link)]
        return sorted(f"'{plain(unquote(link.removeprefix(base)))}'" for link in lost)

    def _steps(self) -> Iterator[Problem]:
        cases = self._cases(self.added, self.removed)
        kept = [case for case in cases if case not in self.reopened]
        for case, why in lifecycle.refused_steps(self._assessor.catalogue, kept, self._before, self.after):
            yield self._problem(case, f"the case {why[0]}", why[1])

    def _closing(self) -> Iterator[Problem]:
        rules = self._assessor.rules.by_iri()
        raised = self._writer.raised(self._day)
        for case in lifecycle.closing(self._cases(self.added, self.removed), self._before, self.after):
            found = self._assessor.of_records(lifecycle.belonging(case, self.after), self.after, self._day)
            for shape, node in sorted(found):
                rule = rules[shape]
                severity = raised[shape].severity if shape in raised else rule.severity
                if severity in REFUSE and shape not in self._assessor.integrity:
                    what, _, fix = rule.message.partition(". ")
                    closed = "" if node == case else f"{self._writer._name(case)} "
                    yield self._problem(node, f"{closed}cannot be closed yet: {what}. (rule {rule.code})", fix)

    def _problem(self, node: str, what: str, fix: str) -> Problem:
        path, number = self._places.get(node, (str(self._writer.workspace.folder), None))
        return Problem(path, number, f"{self._writer._name(node)}: {what}", fix)


def _gone(removed: Triples, after: Overlay) -> frozenset[ox.NamedNode]:
    """The records of which nothing is left, and what lay below them; what lost its place below a record is none."""
    empty = {t.subject for t in removed if isinstance(t.subject, ox.NamedNode) and not after.of(t.subject)}
    return frozenset(node for node in empty if not any(after.of(owner) for owner in _owners(node)))


def _owners(node: ox.NamedNode) -> Iterator[ox.NamedNode]:
    """The addresses that one lies below, nearest first."""
    owner = node.value
    while "/" in owner.partition("://")[2]:
        owner = owner.rpartition("/")[0]
        if not owner.endswith("/"):
            yield ox.NamedNode(owner)


def _state(case: str, state: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(case), ox.NamedNode(lifecycle.STATE), ox.NamedNode(state))
