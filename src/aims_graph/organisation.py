"""What records say of the organisation as a whole: which controls apply, and which management systems are one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Entry, Organisation
from aims_graph.records import Records
from aims_graph.vocab import AIMS, DCTERMS

_BEFORE_ALL = date.min  # a statement that names no day is older than any that does


def organisation(records: Records, catalogue: Catalogue, as_of: date) -> Organisation:
    """What the records say on a day."""
    then = records.on(as_of)
    integrated, apart = _systems(then)
    return Organisation(_applicability(then, catalogue), integrated, apart)


def _applicability(records: Records, catalogue: Catalogue) -> tuple[Entry, ...]:
    """The lines of the newest statement that speaks of each edition; a control in and out at once is in neither."""
    lines = list(_lines(records, catalogue))
    newest: dict[str, date] = {}
    for day, entry in lines:
        edition = entry.control.partition(":")[0]
        newest[edition] = max(day, newest.get(edition, day))
    found: dict[str, Entry] = {}
    contradicted: set[str] = set()
    for day, entry in lines:
        if day == newest[entry.control.partition(":")[0]]:
            before = found.setdefault(entry.control, entry)
            if before.included != entry.included:
                contradicted.add(entry.control)
    return tuple(found[control] for control in sorted(found) if control not in contradicted)


def _lines(records: Records, catalogue: Catalogue) -> Iterator[tuple[date, Entry]]:
    """Each line that belongs to a statement, with the day of the statement."""
    facts = records.facts
    statements = set(facts.of_type(f"{AIMS}StatementOfApplicability"))
    for line in facts.of_type(f"{AIMS}ApplicabilityEntry"):
        said = {text in ("true", "1") for text in facts.texts(line, f"{AIMS}included")}
        if len(said) != 1:
            continue
        reason = (facts.text(line, f"{AIMS}reason") or "").strip() or None
        for statement in sorted(statements.intersection(facts.texts(line, f"{AIMS}inStatement"))):
            day = max(facts.days(statement, f"{DCTERMS}issued"), default=_BEFORE_ALL)
            for control in facts.texts(line, f"{AIMS}control"):
                yield day, Entry(catalogue.curie(control), next(iter(said)), reason, records.source(line))


def _systems(records: Records) -> tuple[frozenset[frozenset[str]], frozenset[frozenset[str]]]:
    """Pairs of management systems run as one with one scope, and pairs whose scopes have nothing in common.

    A scope that names two management systems declares them one. They are so as long as no other scope is of one
    of them alone. Two are apart where each has scopes, every such scope says which systems it holds, and none is
    held by both.
    """
    facts = records.facts
    scopes = [
        (frozenset(facts.texts(s, f"{AIMS}managementSystem")), frozenset(facts.texts(s, f"{AIMS}includesSystem")))
        for s in facts.of_type(f"{AIMS}Scope")
    ]
    one: set[frozenset[str]] = set()
    apart: set[frozenset[str]] = set()
    for a, b in combinations(sorted(frozenset().union(*(managed for managed, _ in scopes))), 2):
        of_a, of_b = ([held for managed, held in scopes if system in managed] for system in (a, b))
        if all((a in managed) == (b in managed) for managed, _ in scopes):
            one.add(frozenset((a, b)))
        elif all((*of_a, *of_b)) and not frozenset().union(*of_a) & frozenset().union(*of_b):
            apart.add(frozenset((a, b)))
    return frozenset(one), frozenset(apart)
