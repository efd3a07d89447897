"""Gaps: every duty of the day is covered or has one reason; what applies later and what records show stands apart."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duty_worlds as d
import pytest
import worlds as w
from conftest import AS_OF, CASES, Run

from aims_graph import planned, recorded, records
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Entry, Organisation
from aims_graph.errors import InputError
from aims_graph.explaining import explain
from aims_graph.gaps import Gap, Gaps, gaps, gaps_json
from aims_graph.indexing import duties
from aims_graph.inference import infer
from aims_graph.library import Library
from aims_graph.model import EvidenceRequirement, EvidenceType, Interval, Mapping, Source
from aims_graph.periods import later
from aims_graph.recorded import IN_PART, NO_RECORD, RECORDED, STALE, Recorded, Touch
from aims_graph.relations import EQ, INT, NONE, Degree, Relation
from aims_graph.trace import Options
from aims_graph.vocab import AIMS, NO_TERM_FOUND

EX = "@prefix ex: <https://example.org/records/> .\n@prefix b: <https://example.org/b/> .\n"
PREFIXES = EX + (
    "@prefix aims: <https://w3id.org/aims-graph/ontology#> .\n@prefix dcterms: <http://purl.org/dc/terms/> .\n"
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
)


def _gaps(known: Catalogue, *done: str, every: bool = False, held: Recorded | None = None, **asked: Any) -> Gaps:
    return gaps(known, [d.thing(known, n) for n in done], Options(w.TODAY, **asked), held, every)


def _lines(found: Gaps) -> dict[str, Gap]:
    return {g.provision: g for g in found.gaps}


# -- every duty, once ------------------------------------------------------------------


def test_every_duty_is_covered_open_for_one_reason_or_later() -> None:
    seen: Counter[str] = Counter()
    for seed in range(120):
        random = Random(seed)
        known, asked = d.random_catalogue(seed), d.options(random)
        context = asked.context()
        names = random.sample(list(known.provisions), random.randint(1, 4))
        named = [d.thing(known, n) for n in names]
        asked = replace(asked, frameworks=("a", "b", "c"))
        found, each = (gaps(known, named, asked, every=every) for every in (False, True))
        claims = infer(known, names, context).claims
        open_ones = [p for g in found.gaps for p in g.duties]
        waiting = {x.provision for x in found.later}
        asked_of = duties.of(known, tuple(known.provisions), context)
        covered = {p for p in asked_of - waiting if d.covered(known, claims, p, asked.roles)}
        assert len(open_ones) == len(set(open_ones)), seed
        assert set(open_ones) | covered | waiting == asked_of, seed
        assert not set(open_ones) & (covered | waiting), seed
        assert [g.duties for g in each.gaps] == [(g.provision,) for g in each.gaps]
        assert {g.provision for g in each.gaps} == set(open_ones)
        assert each.frameworks == found.frameworks
        for counted in found.frameworks:
            mine = [g for g in each.gaps if g.provision[0] == counted.framework]
            assert dict(counted.reasons) == Counter(g.reason for g in mine)
            assert counted.duties == counted.covered + len(mine)
        for gap in each.gaps:
            degree = claims[gap.provision].degree if gap.provision in claims else Degree.NONE
            assert (gap.reason == "partial") == (degree is Degree.PARTIAL)
            assert gap.degree is degree
            if gap.reason == "candidate-only":
                assert degree is Degree.CANDIDATE
            if gap.reason in ("no-path", "no-counterpart"):
                assert degree is Degree.NONE
            seen[gap.reason] += 1
    reasons = {"partial", "candidate-only", "no-path", "unrelated", "trust", "role", "conditional"}
    assert {r for r in reasons if seen[r] < 5} == set(), seen


def test_a_line_for_a_whole_counts_its_reasons_and_takes_the_nearest() -> None:
    for seed in range(60):
        known = d.random_catalogue(seed)
        found, each = (_gaps(known, "a", every=every) for every in (False, True))
        reasons = {g.provision: g.reason for g in each.gaps}
        ranks = [g.reason for g in each.gaps if g.provision[0] == "b"]
        assert ranks == sorted(ranks, key=ranks.index)
        for gap in found.gaps:
            inside = [reasons[p] for p in gap.duties]
            assert dict(gap.reasons) == Counter(inside)
            assert gap.reason == gap.reasons[0][0]
            assert sum(m.duties for m in gap.missing) == len(gap.duties) - (gap.provision in gap.duties)


# -- each reason -----------------------------------------------------------------------


def _one(*rows: Mapping, **stated: Any) -> Gap | None:
    """The gap at `b:1` when `a:1` is done."""
    provisions = [w.provision("a:1"), w.provision("b:1", **stated), w.provision("c:1")]
    return _lines(_gaps(w.catalogue(provisions, rows), "a:1", roles=("provider",), frameworks=("b",))).get("b:1")


def test_what_is_covered_is_no_gap() -> None:
    assert _one(w.row("a:1", EQ, "b:1")) is None


@pytest.mark.parametrize(
    ("row", "reason", "says"),
    [
        (w.row("a:1", INT, "b:1"), "partial", "share some elements"),
        (w.row("a:1", Relation.CROSSWALK, "b:1"), "candidate-only", "One row away: a:1 crosswalk b:1"),
        (w.row("a:1", EQ, "b:1", status="proposed"), "trust", "not read twice alike"),
        (w.row("a:1", NONE, "b:1"), "unrelated", "a:1 and b:1 were judged to share nothing"),
        (w.row("a:1", INT, "b:1", rationale_kind="syntactic"), "rationale", "a:1 intersectsWith b:1 leads here, but"),
        (w.row("a:1", Relation.CONTRARY, "b:1"), "candidate-only", "work against each other"),
        (w.row("a:1", EQ, "c:1"), "no-path", "not judged"),
    ],
)
def test_the_reason_is_the_edge_that_comes_nearest(row: Mapping, reason: str, says: str) -> None:
    gap = _one(row)
    assert gap is not None
    assert gap.reason == reason
    assert says in gap.sentence
    assert bool(gap.why.near) == (reason != "no-path")


def test_a_guard_on_the_way_is_the_reason() -> None:
    gap = _one(w.row("a:1", EQ, "b:1"), decomposition="AnyOf")
    assert gap is not None
    assert gap.reason == "any-of"


def test_trust_in_signed_rows_only_is_named_as_such() -> None:
    known = w.catalogue([w.provision("a:1"), w.provision("b:1")], [w.row("a:1", EQ, "b:1")])
    gap = _lines(_gaps(known, "a:1", trust="accepted"))["b:1"]
    assert gap.reason == "trust"
    assert "not signed by a person" in gap.sentence


def test_role_and_class_are_named_where_the_chain_has_none_left() -> None:
    provisions = [w.provision("a:1", binds=("deployer",)), w.provision("b:1", binds=("provider",))]
    known = w.catalogue(provisions, [w.row("a:1", EQ, "b:1")])
    gap = _lines(_gaps(known, "a:1"))["b:1"]
    assert (gap.reason, gap.why.near[0].lowered_by) == ("role", ("role",))
    provisions = [
        w.provision("a:1", system_classes=("gpai",)),
        w.provision("b:1", system_classes=("high-risk-annex-i",)),
    ]
    known = w.catalogue(provisions, [w.row("a:1", EQ, "b:1")])
    assert _lines(_gaps(known, "a:1"))["b:1"].reason == "scope"


def test_duties_of_others_are_not_listed() -> None:
    provisions = [
        w.provision("a:1"),
        w.provision("b:1", binds=("deployer",)),
        w.provision("b:2", addressees=("authority",)),
        w.provision("b:3", force="prohibition"),
        w.provision("b:4", system_classes=("gpai",)),
        w.provision("b:5", in_force=Interval(start=date(2030, 1, 1))),
        w.provision("b:6"),
    ]
    found = _gaps(w.catalogue(provisions), "a:1", roles=("provider",), system_class="high-risk-annex-i")
    assert [g.provision for g in found.gaps] == ["b:6"]


def test_a_control_that_a_statement_leaves_out_is_no_duty() -> None:
    place = Source("records.ttl", 1)
    control = w.provision("b:1", kind="AnnexControl", conditional=True)
    known = w.catalogue([w.provision("a:1"), control, replace(control, id="b:2")])
    entries = (Entry("b:1", False, "No such use.", place), Entry("b:2", True, None, place))
    found = _gaps(known, "a:1", organisation=Organisation(applicability=entries))
    assert [g.provision for g in found.gaps] == ["b:2"]
    assert [g.provision for g in _gaps(known, "a:1", every=True).gaps] == ["b:1", "b:2"]


def test_a_judged_absence_is_not_the_same_as_no_judgement() -> None:
    provisions = [w.provision("a:1"), w.provision("a:2"), *(w.provision(f"b:{n}") for n in (1, 2)), w.provision("c:1")]
    rows = [
        w.row("a:2", EQ, "b:2", mapping_set="https://example.org/a-b", status="proposed"),
        w.row(NO_TERM_FOUND, Relation.NO_RELATIONSHIP, "b:1", mapping_set="https://example.org/a-b"),
    ]
    lines = _lines(_gaps(w.catalogue(provisions, rows), "a:1"))
    assert {p: g.reason for p, g in lines.items()} == {"b:1": "no-counterpart", "b:2": "no-path", "c:1": "no-path"}
    lines = _lines(_gaps(w.catalogue(provisions, rows), "c:1", frameworks=("b",)))
    assert lines["b:1"].reason == "no-path"  # nobody judged it against this framework


def test_a_whole_judged_unrelated_tells_of_its_parts_where_one_thing_is_done() -> None:
    provisions = [w.provision("a:1"), w.provision("a:2"), *w.members("b:1", "1.1")]
    known = w.catalogue(provisions, [w.row("a:1", NONE, "b:1")])
    assert {g.reason for g in _gaps(known, "a:1", every=True).gaps} == {"unrelated"}
    assert {g.provision: g.reason for g in _gaps(known, "a:1", "a:2", every=True).gaps} == {
        "b:1": "unrelated",
        "b:1.1": "no-path",
    }


def test_a_part_that_is_asked_only_sometimes_does_not_follow_from_a_part_of_its_whole() -> None:
    whole, one, other = w.members("b:1", "1.1", "1.2")
    provisions = [w.provision("a:1"), whole, one, replace(other, conditional=True, condition="where it applies")]
    covered = w.catalogue(provisions, [w.row("a:1", EQ, "b:1")])
    assert _gaps(covered, "a:1").gaps == ()  # of a whole that is full nothing is open
    other_way = w.catalogue(provisions, [w.row("a:1", EQ, "b:1.2")])
    assert _lines(_gaps(other_way, "a:1"))["b:1"].reason == "conditional"


def test_a_part_asked_only_sometimes_is_told_so_where_its_whole_is_covered_in_part() -> None:
    whole, one, other = w.members("b:1", "1.1", "1.2")
    provisions = [w.provision("a:1"), w.provision("a:2"), whole, one, replace(other, conditional=True)]
    in_part = w.row("a:1", INT, "b:1")

    def why(*rows: Mapping) -> dict[str, str]:
        return {g.provision: g.reason for g in _gaps(w.catalogue(provisions, rows), "a:1", every=True).gaps}

    assert why(in_part) == {"b:1": "partial", "b:1.1": "no-path", "b:1.2": "conditional"}
    (edge,) = _lines(_gaps(w.catalogue(provisions, [in_part]), "a:1", every=True))["b:1.2"].why.near
    assert (edge.start, edge.relation, edge.end, edge.lowered_by) == ("b:1", "part", "b:1.2", ("conditional",))
    stop = explain(w.catalogue(provisions, [in_part]), "a:1", "b:1.2", Options(w.TODAY)).stopped_at
    assert stop is not None
    assert (stop.start, stop.end, stop.lowered_by) == (edge.start, edge.end, edge.lowered_by)  # both say the same
    assert why(in_part, w.row("a:1", Relation.CROSSWALK, "b:1.2"))["b:1.2"] == "candidate-only"
    assert why(in_part, w.row("a:1", NONE, "b:1.2"))["b:1.2"] == "unrelated"  # what was judged says more
    absent = w.row(NO_TERM_FOUND, Relation.NO_RELATIONSHIP, "b:1.2", mapping_set="https://example.org/a-b")
    about = w.row("a:2", EQ, "b:1.1", mapping_set="https://example.org/a-b", status="proposed")
    assert why(in_part, absent, about)["b:1.2"] == "no-counterpart"


def test_the_condition_of_what_is_covered_is_told() -> None:
    known = w.catalogue(
        [w.provision("a:1"), w.provision("b:1")],
        [w.row("a:1", INT, "b:1", condition="b:when")],
        triggers=[w.trigger("b:when", "b:1", condition="a fault is found")],
    )
    found = _gaps(known, "a:1")
    assert _lines(found)["b:1"].conditions == ("a fault is found",)
    assert gaps_json(known, found)["gaps"][0]["conditions"] == ["a fault is found"]


def test_a_whole_is_one_line_and_with_all_each_duty_has_its_own() -> None:
    provisions = [w.provision("a:1"), *w.members("b:1", "1.1", "1.2", force=None), w.provision("b:2")]
    known = w.catalogue(provisions, [w.row("a:1", INT, "b:2")])
    found = _gaps(known, "a:1")
    assert [(g.provision, g.reason, g.duties) for g in found.gaps] == [
        ("b:2", "partial", ("b:2",)),
        ("b:1", "no-path", ("b:1.1", "b:1.2")),
    ]
    assert [g.provision for g in _gaps(known, "a:1", every=True).gaps] == ["b:2", "b:1.1", "b:1.2"]


def test_a_duty_not_yet_applicable_is_never_a_gap() -> None:
    soon = w.applies(date(2027, 1, 1), "gpai")
    provisions = [w.provision("a:1"), w.provision("b:1", applies=(soon,)), w.provision("b:2", applies=(soon,))]
    known = w.catalogue(provisions, [w.row("a:1", INT, "b:1")])
    found = _gaps(known, "a:1")
    assert found.gaps == ()
    assert [(x.provision, x.degree) for x in found.later] == [("b:1", Degree.PARTIAL), ("b:2", Degree.NONE)]
    assert found.frameworks[0].duties == 0
    then = gaps(known, [d.thing(known, "a:1")], Options(date(2027, 1, 1)))
    assert [g.provision for g in then.gaps] == ["b:1", "b:2"]
    other = _gaps(known, "a:1", system_class="high-risk-annex-i")
    assert [g.provision for g in other.gaps] == ["b:1", "b:2"]  # no date is set for that class


def test_nothing_to_hold_duties_against_is_bad_input() -> None:
    with pytest.raises(InputError, match="nothing is named as done"):
        _gaps(w.catalogue([w.provision("a:1")]))


def test_what_starts_nothing_is_said() -> None:
    gone = Interval(end=date(2020, 1, 1))
    provisions = [w.provision("a:1", binds=("deployer",)), w.provision("b:1"), w.provision("c:1", in_force=gone)]
    found = _gaps(w.catalogue(provisions), "a:1", "c", roles=("provider",), frameworks=("b",))
    assert [n.partition(" ")[0] for n in found.notes] == ["1", "c"]
    assert "binds deployer, not provider" in found.notes[0]
    assert found.notes[1] == f"c holds no duty in force on {w.TODAY} for what was asked (1 not in force)."


def test_a_framework_asked_for_that_holds_no_duty_is_said_once() -> None:
    gone = Interval(end=date(2020, 1, 1))
    known = w.catalogue([w.provision("a:1"), w.provision("b:1"), w.provision("c:1", in_force=gone)])
    said = f"Framework c holds no duty in force on {w.TODAY} for what was asked (1 not in force)."
    assert _gaps(known, "a:1", frameworks=("c",)).notes == (said,)
    assert gaps(known, [duties.framework(known, "c")], Options(w.TODAY, frameworks=("b", "c"))).notes == (said,)
    assert _gaps(known, "a:1").notes == ()  # nobody named it
    assert _gaps(known, frameworks=("c",), held=_held()).notes[0] == said


# -- records ---------------------------------------------------------------------------


def _held(**touches: tuple[Touch, ...]) -> Recorded:
    return Recorded(2, {name.replace("_", ":"): t for name, t in touches.items()}, {})


FULL_1, FULL_2, PART = (
    Touch("NC-1", "case", Degree.FULL),
    Touch("NC-2", "case", Degree.FULL),
    Touch("NC-2", "case", Degree.PARTIAL),
)
OLD, NEW = (
    Touch("EV-1", "evidence", Degree.NONE, stale="valid until 2026-01-01"),
    Touch("EV-2", "evidence", Degree.NONE),
)


def test_records_never_cover_a_duty_but_are_told_apart() -> None:
    provisions = [w.provision(f"b:{n}") for n in range(1, 6)]
    held = _held(b_1=(FULL_1, FULL_2), b_2=(FULL_1, PART), b_3=(NEW,), b_4=(FULL_1, OLD))
    found = _gaps(w.catalogue(provisions), held=held)
    assert {g.provision: g.reason for g in found.gaps} == {
        "b:4": "stale-evidence",
        "b:2": "recorded-in-part",
        "b:3": "recorded-in-part",
        "b:5": "no-record",
    }
    assert [p for p, _ in found.recorded] == ["b:1"]
    assert (found.frameworks[0].covered, found.frameworks[0].recorded) == (0, 1)
    assert "never cover a provision as a whole" in found.notes[-1]
    assert held.state("b:1") == RECORDED
    assert {held.state(f"b:{n}") for n in (2, 3)} == {IN_PART}
    assert (held.state("b:4"), held.state("b:5")) == (STALE, NO_RECORD)


def test_stale_evidence_is_a_gap_also_where_the_duty_would_be_covered() -> None:
    provisions = [w.provision("a:1"), w.provision("b:1"), w.provision("b:2")]
    known = w.catalogue(provisions, [w.row("a:1", EQ, "b:1"), w.row("a:1", EQ, "b:2")])
    found = _gaps(known, "a:1", held=_held(b_1=(OLD,), b_2=(PART,)))
    assert [(g.provision, g.reason) for g in found.gaps] == [("b:1", "stale-evidence")]
    assert found.recorded == ()
    assert found.frameworks[0].covered == 1


def _on_file(known: Catalogue, tmp_path: Path, text: str, day: date = w.TODAY) -> Recorded:
    path = tmp_path / "records.ttl"
    path.write_text(PREFIXES + text, encoding="utf-8")
    found = records.read([path], replace(known, record_classes=frozenset({f"{AIMS}EvidenceItem"})))
    return recorded.read(known, found, (), (), Options(day).context())


def _asking(freshness: str | None, *lists: tuple[str, ...]) -> Catalogue:
    """A catalogue whose one duty `b:1` demands evidence of these kinds."""
    place = Source("b.ttl", 9)
    kinds = {n: EvidenceType(n, n) for one in lists for n in one}
    asked = EvidenceRequirement(
        id="b:evidence-1",
        required_by=("b:1",),
        label="Reports",
        lists=tuple(tuple(kinds[n] for n in one) for one in lists),
        retention=None,
        retained_from=None,
        retention_rule=None,
        freshness=freshness,
        freshness_rule=None,
        informative=False,
        note=None,
        source=place,
    )
    known = w.catalogue([w.provision("a:1"), w.provision("b:1")])
    return replace(known, evidence={asked.id: asked}, evidence_types=kinds)


def _item(name: str, kind: str, issued: str, more: str = "") -> str:
    return (
        f'ex:{name} a aims:EvidenceItem ; dcterms:type {kind} ; dcterms:title "T" ; '
        f'dcterms:issued "{issued}"^^xsd:date {more}.\n'
    )


def test_evidence_is_as_fresh_as_the_text_asks(tmp_path: Path) -> None:
    known = _asking("P1Y", ("b:report",))
    text = _item("EV-1", "b:report", "2025-05-01")
    assert _on_file(known, tmp_path, text).state("b:1") == STALE  # fresh until 1 May 2026, asked on 1 June
    assert _on_file(known, tmp_path, text, date(2026, 5, 1)).state("b:1") == IN_PART
    renewed = text + _item("EV-2", "b:report", "2025-06-01")
    found = _on_file(known, tmp_path, renewed)
    assert [t.record for t in found.touches["b:1"]] == ["EV-2"]  # the newest counts
    assert found.state("b:1") == IN_PART
    assert _on_file(known, tmp_path, renewed, date(2026, 6, 2)).state("b:1") == STALE
    assert _on_file(known, tmp_path, renewed, date(2025, 5, 2)).touches["b:1"][0].record == "EV-1"


def test_evidence_is_stale_after_its_own_last_day(tmp_path: Path) -> None:
    known = _asking(None, ("b:report",))
    text = _item("EV-1", "b:report", "2020-01-01", '; aims:validUntil "2026-05-31"^^xsd:date ')
    found = _on_file(known, tmp_path, text)
    assert found.touches["b:1"][0].stale == "valid until 2026-05-31"
    assert _on_file(known, tmp_path, text, date(2026, 5, 31)).state("b:1") == IN_PART


def test_one_list_that_is_held_whole_and_fresh_is_enough(tmp_path: Path) -> None:
    known = _asking("P1Y", ("b:report", "b:log"), ("b:letter",))
    old = _item("EV-1", "b:report", "2020-01-01") + _item("EV-2", "b:log", "2026-01-01")
    assert _on_file(known, tmp_path, old).state("b:1") == STALE
    both = old + _item("EV-3", "b:letter", "2026-01-01")
    found = _on_file(known, tmp_path, both)
    assert [t.record for t in found.touches["b:1"]] == ["EV-3"]
    assert found.state("b:1") == IN_PART


def test_controls_conclusions_and_waivers_are_read(tmp_path: Path) -> None:
    known = _asking(None)
    text = (
        'ex:CI-1 a aims:ControlImplementation ; aims:control b:1 ; aims:implementationStatus "running" .\n'
        'ex:AC-1 a aims:AuditConclusion ; aims:concludesOn b:1 ; aims:sample "all" .\n'
        'ex:W-1 a aims:Waiver ; aims:waives b:1 ; aims:expiresOn "2026-06-01"^^xsd:date ; aims:approvedBy ex:x .\n'
        'ex:W-2 a aims:Waiver ; aims:waives a:1 ; aims:expiresOn "2026-05-31"^^xsd:date .\n'
        'ex:x rdfs:label "Head"@en .\nex:e a aims:EvidenceItem .\n'
    )
    found = _on_file(known, tmp_path, "@prefix a: <https://example.org/a/> .\n" + text)
    assert [(t.record, t.kind, t.says) for t in found.touches["b:1"]] == [
        ("AC-1", "conclusion", "all"),
        ("CI-1", "control", "running"),
    ]
    assert found.state("b:1") == IN_PART  # a person's conclusion is shown, not turned into a claim
    assert {p: (x.until, x.by) for p, x in found.waivers.items()} == {"b:1": (w.TODAY, "Head")}
    line = _lines(_gaps(known, held=found))["b:1"]
    assert [p for p, _ in line.waivers] == ["b:1"]
    assert line.reason == "recorded-in-part"


def test_a_duration_ends_within_the_calendar() -> None:
    assert later(date(2024, 1, 31), "P1M1D") == date(2024, 3, 1)
    assert later(date(2024, 1, 1), "P9000Y") == later(date(9999, 12, 30), "P9D") == date.max
    with pytest.raises(ValueError, match="is not a duration"):
        later(date(2024, 1, 1), "P1H")


def test_the_worked_case_shows_what_each_duty_still_lacks(records: Library) -> None:
    asked = Options(AS_OF, roles=("provider",), frameworks=("iso42001", "airmf"))
    found = planned.find_gaps(records, (), asked)
    assert found.cases == 1
    on_file = {p for p, _ in found.recorded}
    assert {"iso42001:10.2", "iso42001:10.2.d"} <= on_file
    lines = _lines(found)
    assert lines["airmf:MANAGE-4"].reason == "recorded-in-part"
    open_case = Library.open(record_files=[CASES / "incomplete.ttl"])
    lacking = _lines(planned.find_gaps(open_case, (), asked))["iso42001:10.2"]
    assert (lacking.reason, [m.provision for m in lacking.missing][:2]) == (
        "recorded-in-part",
        ["iso42001:10.2.b", "iso42001:10.2.d"],
    )
    after = planned.find_gaps(records, (), replace(asked, as_of=date(2027, 12, 1)))
    results = _lines(after)["iso42001:10.2.doc-results"]
    assert results.reason == "stale-evidence"  # they count until 4 November 2027


# -- the command -----------------------------------------------------------------------


def test_the_command_answers_for_a_whole_framework(run: Run) -> None:
    ran = run("gaps", "iso42001", "--role", "provider", "--as-of", "2026-11-22", "--format", "json")
    found = json.loads(ran.out)
    assert [f["framework"] for f in found["frameworks"]] == ["aiact", "airmf", "csf2", "iso27001", "nistrmf"]
    later = {x["provision"] for x in found["not_yet_applicable"]}
    open_ones = [p for g in found["gaps"] for p in g["duties"]]
    assert "aiact:art-20.1" in later
    assert not later.intersection(open_ones)
    for framework in found["frameworks"]:
        mine = [p for p in open_ones if p.partition(":")[0] == framework["framework"]]
        assert sum(framework["gaps"].values()) == len(mine) == framework["duties"] - framework["covered"]
    for gap in found["gaps"]:
        if gap["reason"] in ("partial", "candidate-only", "trust"):
            assert gap["near"]
            assert all(re.fullmatch(r"\S+:\d+", n["source"]) for n in gap["near"])


def test_the_tables_fit_and_give_no_verdict(run: Run, tmp_path: Path) -> None:
    case = CASES / "complete.ttl"
    for arguments in (
        ("iso42001:10.2",),
        ("--records", case),
        ("iso42001:10.2", "--all"),
        ("iso42001", "--records", case),
    ):
        ran = run("gaps", *arguments, "--role", "provider", "--as-of", "2026-11-22")
        assert ran.code == 0, ran.err
        assert max(map(len, ran.out.splitlines())) <= 80
        assert not re.search(r"\b(satisfies|conforms|complies)\b", ran.out, re.I)
        assert "Not a conformity statement." in " ".join(ran.out.split())
        assert "no gap" in ran.out
    left_open = tmp_path / "waiver.ttl"
    left_open.write_text(
        PREFIXES + "@prefix airmf: <https://w3id.org/aims-graph/nist-ai-rmf/1.0/> .\n"
        'ex:W-1 a aims:Waiver ; aims:waives airmf:MANAGE-4 ; aims:expiresOn "2026-12-31"^^xsd:date .\n'
    )
    out = run("gaps", "--records", left_open, "--framework", "airmf", "--as-of", "2026-11-22").out
    assert "airmf:MANAGE-4 is left open until 2026-12-31 (W-1)" in " ".join(out.split())
    csv = run("gaps", "-", "--framework", "airmf", "--as-of", "2026-11-22", "--format", "csv", stdin="iso42001:10.2\n")
    assert csv.out.splitlines()[1].startswith("airmf:MANAGE-2,airmf,")


def test_an_annual_report_of_the_law_goes_stale(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.ttl"
    prefix = "@prefix aiact: <https://w3id.org/aims-graph/eu-ai-act/2024-1689/> .\n"
    path.write_text(PREFIXES + prefix + _item("EV-1", "aiact:doc-annual-use-report", "2028-01-15"))
    asked = ("gaps", "--records", path, "--framework", "aiact", "--role", "deployer", "--as-of")
    found = json.loads(run(*asked, "2029-01-15", "--format", "json", "--all").out)["gaps"]
    assert {g["provision"]: g["reason"] for g in found}["aiact:art-26.10"] == "recorded-in-part"
    late = run(*asked, "2029-01-16")
    assert "EV-1: issued 2028-01-15, fresh until 2029-01-15 (P1Y)" in " ".join(late.out.split())


def test_where_no_duty_is_held_against_anything_the_table_says_why(run: Run) -> None:
    ran = run("gaps", "iso42001", "--framework", "iso27001-2013", "--as-of", "2026-11-22")
    words = " ".join(ran.out.split())
    assert words.startswith(
        "There is no duty to hold anything against. "
        "ISO/IEC 27001:2013 holds no duty in force on 2026-11-22 for what was asked ("
    )
    assert "not covered" not in words


@pytest.mark.parametrize(
    "arguments", [(), ("iso42001:10.9",), ("iso42001", "--role", "king"), ("iso42001", "--framework", "x")]
)
def test_bad_input_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run("gaps", *arguments)
    assert (ran.code, ran.out) == (2, "")
