"""What the records touch: cases, controls at work, evidence, audit conclusions and waivers, by provision.

Nothing here is ever a claim about a provision as a whole: records speak of
occurrences, and cases that nobody wrote down may exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from aims_graph.cases import CaseRecord
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, is_over
from aims_graph.evidence import evidence
from aims_graph.inference import infer
from aims_graph.model import EvidenceRequirement, Finding
from aims_graph.records import Records
from aims_graph.relations import Degree
from aims_graph.vocab import AIMS, DCTERMS, RDFS

NO_RECORD, IN_PART, STALE, RECORDED = "no-record", "recorded-in-part", "stale-evidence", "recorded"
CASE, CONTROL, EVIDENCE, CONCLUSION = "case", "control", "evidence", "conclusion"


@dataclass(frozen=True)
class Touch:
    """That one record speaks of a provision."""

    record: str  # as people name it
    kind: str  # case control evidence conclusion
    degree: Degree  # how much of the provision a case covers for itself; none for the other kinds
    stale: str | None = None  # why it no longer counts
    says: str | None = None  # in the organisation's own words


@dataclass(frozen=True)
class Waiver:
    """A gap that somebody left open until a day; it changes nothing else."""

    record: str
    until: date
    by: str | None


@dataclass(frozen=True)
class Recorded:
    """What records say of each provision, and until when gaps were left open."""

    cases: int
    touches: dict[str, tuple[Touch, ...]]
    waivers: dict[str, Waiver]

    def state(self, provision: str) -> str:
        """No record, recorded in part, recorded by each record that speaks of it, or stale."""
        found = self.touches.get(provision, ())
        if any(t.stale is not None for t in found):
            return STALE
        told = [t for t in found if t.kind == CASE]
        if not found:
            return NO_RECORD
        return RECORDED if told and all(t.degree is Degree.FULL for t in told) else IN_PART


def read(
    catalogue: Catalogue,
    records: Records,
    cases: Iterable[CaseRecord],
    findings: Iterable[Finding],
    context: Context,
) -> Recorded:
    """What the records touch as of the day of the context, across frameworks for each case."""
    day = context.as_of
    records = records.on(day)
    found: dict[str, list[Touch]] = defaultdict(list)
    cases = tuple(cases)
    for case in cases:
        for provision, degree in _covered_for(catalogue, case, context).items():
            found[provision].append(Touch(case.case, CASE, degree))
    for told in (
        _controls(catalogue, records),
        _conclusions(catalogue, records),
        _weak(records, findings),
        _evidence(catalogue, records, day),
    ):
        for provision, touch in told:
            found[provision].append(touch)
    ordered = {p: tuple(sorted(dict.fromkeys(t), key=lambda t: (t.kind, t.record))) for p, t in sorted(found.items())}
    return Recorded(len(cases), ordered, _waivers(catalogue, records, day))


def _covered_for(catalogue: Catalogue, case: CaseRecord, context: Context) -> dict[str, Degree]:
    """How much of each provision is covered for one case; of its own clause also what is not covered at all.

    What was done for a period that is over covers nothing any more.
    """
    facts = case.facts(catalogue.curie(case.case_iri))
    starts = [p for p, degree in case.degrees.items() if degree >= Degree.PARTIAL]
    claims = infer(catalogue, starts, replace(context, case=facts)).claims
    over = (p for p in case.degrees if is_over(catalogue, catalogue.provisions[p], facts))
    claimed = {p: c.degree for p, c in claims.items() if c.degree >= Degree.PARTIAL}
    return case.degrees | dict.fromkeys(over, Degree.NONE) | claimed


def _controls(catalogue: Catalogue, records: Records) -> Iterator[tuple[str, Touch]]:
    facts = records.facts
    for node in facts.of_type(f"{AIMS}ControlImplementation"):
        for control in facts.texts(node, f"{AIMS}control"):
            yield (
                catalogue.curie(control),
                Touch(records.label(node), CONTROL, Degree.NONE, says=facts.text(node, f"{AIMS}implementationStatus")),
            )


def _conclusions(catalogue: Catalogue, records: Records) -> Iterator[tuple[str, Touch]]:
    """What named persons concluded over all cases; read, never derived."""
    facts = records.facts
    for node in facts.of_type(f"{AIMS}AuditConclusion"):
        said = [facts.text(node, f"{AIMS}{prop}") for prop in ("periodFrom", "periodTo", "sample")]
        words = facts.text(node, f"{RDFS}label") or ", ".join(s for s in said if s) or None
        for provision in facts.texts(node, f"{AIMS}concludesOn"):
            yield catalogue.curie(provision), Touch(records.label(node), CONCLUSION, Degree.NONE, says=words)


def _weak(records: Records, findings: Iterable[Finding]) -> Iterator[tuple[str, Touch]]:
    """Evidence that a rule calls late or weak, at the provision that the rule enforces."""
    items = set(records.facts.of_type(f"{AIMS}EvidenceItem"))
    for finding in findings:
        if finding.severity == "Warning" and finding.focus in items:
            yield finding.provision, Touch(finding.focus_label, EVIDENCE, Degree.NONE, stale=finding.name)


# -- evidence --------------------------------------------------------------------------


def _evidence(catalogue: Catalogue, records: Records, day: date) -> Iterator[tuple[str, Touch]]:
    """Evidence items of a kind that a provision demands; `dcterms:type` of an item names the kind."""
    items = evidence.by_kind(catalogue, records)
    for requirement in catalogue.evidence.values():
        for provision in requirement.required_by:
            yield from ((provision, touch) for touch in _held(records, requirement, items, day))


def _held(
    records: Records, requirement: EvidenceRequirement, items: dict[str, list[str]], day: date
) -> Iterator[Touch]:
    """The newest item of each kind on a list that is held whole and fresh, else on any list, each with its fault."""
    lists = [[evidence.newest(records, items.get(kind.id, ())) for kind in one] for one in requirement.lists]
    faults = {i: evidence.outdated(records, i, requirement, day) for one in lists for i in one if i is not None}
    enough = [one for one in lists if one and all(i is not None and faults[i] is None for i in one)]
    for item in dict.fromkeys(i for one in enough[:1] or lists for i in one if i is not None):
        title, fault = records.facts.text(item, f"{DCTERMS}title"), faults[item]
        yield Touch(records.label(item), EVIDENCE, Degree.NONE, stale=None if fault is None else fault.says, says=title)


def _waivers(catalogue: Catalogue, records: Records, day: date) -> dict[str, Waiver]:
    """Waivers that still run on the day, the longest for each provision."""
    facts = records.facts
    found: dict[str, Waiver] = {}
    for node in facts.of_type(f"{AIMS}Waiver"):
        until = max(facts.days(node, f"{AIMS}expiresOn"), default=None)
        if until is None or until < day:
            continue
        person = facts.text(node, f"{AIMS}approvedBy")
        by = None if person is None else facts.text(person, f"{RDFS}label") or records.label(person)
        for provision in facts.texts(node, f"{AIMS}waives"):
            name = catalogue.curie(provision)
            if name not in found or found[name].until < until:
                found[name] = Waiver(records.label(node), until, by)
    return found
