"""Why, why only in part, and why not: the edge that lowered a claim, the parts that are missing, what stopped it."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import islice, pairwise
from typing import Any

import networkx as nx
import pytest
from conftest import CASES, ROOT, Run
from test_random_worlds import answered, made
from worlds import TODAY, C, F, N, P, ask, case, catalogue, context, edition, members, provision, row, trigger

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, start_at
from aims_graph.explaining import Explanation, explain, explanation_json
from aims_graph.indexing import hops, whys
from aims_graph.indexing.connections import APART, DENIED, lost
from aims_graph.indexing.hops import ASSUMED, Hop, crossings, retrace, take
from aims_graph.inference import Inference, infer
from aims_graph.library import Library
from aims_graph.relations import EQ, INT, NONE, SUB, SUP, TRANSFER, Degree, Edge, Relation
from aims_graph.shortfalls import shortfalls
from aims_graph.tables import tables, weighing_tables
from aims_graph.trace import Options
from aims_graph.vocab import NO_TERM_FOUND

OPTIONS = Options(TODAY)
WORLDS = 40


def told(known: Catalogue, start: str, end: str, **stated: Any) -> Explanation:
    return explain(known, start, end, Options(TODAY, **stated))


def edge(hop: Hop | None) -> tuple[str, str, str]:
    assert hop is not None
    return (hop.start, hop.relation, hop.end)


# -- a proof walked again --------------------------------------------------------------


@pytest.mark.parametrize("of_case", [False, True], ids=["hypothetical", "of one case"])
def test_every_proof_walked_again_leaves_what_it_left(of_case: bool) -> None:
    rules: Counter[str] = Counter()
    for world in islice(made(of_case), WORLDS):
        for starts, found in answered(world):
            for derivation in (d for claim in found.claims.values() for d in claim.derivations):
                steps = [s for s in derivation.steps if s.rule not in ASSUMED]
                walked, _ = retrace(world.catalogue, derivation, world.context(starts))
                told_ = [(h.end, h.degree, tuple(g for g in h.guards if g != hops.JOINT)) for h in walked]
                assert told_ == [(s.conclusion, s.degree, s.guards) for s in steps]
                assert [(h.start, *h.together_with) for h in walked] == [s.premises for s in steps]
                rules.update(s.rule for s in steps)
    assert {"mapping", "part", "whole", "any-of", "joint"} <= set(rules)
    assert of_case or rules["all-parts"]  # a case of one of these few worlds rarely covers every part


@pytest.mark.parametrize("of_case", [False, True], ids=["hypothetical", "of one case"])
def test_what_lowers_a_claim_is_the_relation_alone_or_guards_that_are_named(of_case: bool) -> None:
    by = Counter[str]()
    for world in islice(made(of_case), WORLDS):
        for starts, found in answered(world):
            for claim in found.claims.values():
                for hop in retrace(world.catalogue, claim.best, world.context(starts))[0]:
                    if hop.degree < hop.before:
                        assert set(hop.lowered_by) <= set(hop.guards)
                        assert whys.why(hop)
                        by["guard" if hop.lowered_by else "relation"] += 1
                    else:
                        assert (hop.lowered_by, whys.why(hop)) == ((), "")
                    alone = hop.relation == hops.ALL_PARTS or TRANSFER[Edge(hop.relation)][hop.before] > hop.degree
                    if hop.row is not None and hop.row.joint is None and hop.degree < hop.before and alone:
                        assert hop.lowered_by, "the relation alone would have left more"
    assert min(by["guard"], by["relation"]) > 100


def test_every_guard_and_every_relation_that_lowers_has_its_words() -> None:
    source = (ROOT / "src" / "aims_graph" / "guards.py").read_text(encoding="utf-8")
    fired = set(re.findall(r'Fired\(\s*"([a-z-]+)"', source))
    beside = {hops.JOINT, hops.EDITION, DENIED, "conditional", "informative", "any-of", "as-appropriate"}
    assert len(fired) >= 14
    assert (fired | beside) - set(whys.GUARDS) == set()
    lowering = {e for e, left in TRANSFER.items() if any(left[d] < d for d in Degree)}
    assert lowering - set(whys.RELATIONS) == set()


# -- why only in part ------------------------------------------------------------------


def test_a_partial_claim_names_the_relation_that_made_it_so() -> None:
    known = catalogue(
        [provision(f"{e}:x") for e in "abcd"], [row("a:x", EQ, "b:x"), row("b:x", INT, "c:x"), row("c:x", SUB, "d:x")]
    )
    found = told(known, "a:x", "d:x")
    assert found.degraded_at is not None
    assert edge(found.degraded_at) == ("b:x", "intersectsWith", "c:x")
    assert (found.degraded_at.before, found.degraded_at.degree, found.degraded_at.lowered_by) == (F, P, ())
    assert "In part from b:x intersectsWith c:x on: the two share some elements, not all." in found.sentence
    assert explanation_json(found)["degraded_at"]["rationale"] == "They ask for the same thing."


@pytest.mark.parametrize(
    ("editions", "guard"),
    [
        ([edition("b", bindingness="law")], "legal-effect"),
        ([edition("a", managed="one"), edition("b", managed="other")], "twins"),
    ],
)
def test_a_partial_claim_names_the_guard_that_made_it_so(editions: list[Any], guard: str) -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x")], editions)
    found = told(known, "a:x", "b:x").degraded_at
    assert found is not None
    assert (found.before, found.degree, found.lowered_by) == (F, P, (guard,))


def test_a_guard_that_only_flags_is_not_blamed() -> None:
    provisions = [provision("a:x", modality="should"), provision("b:x")]
    found = told(catalogue(provisions, [row("a:x", INT, "b:x")]), "a:x", "b:x").degraded_at
    assert found is not None
    assert (found.guards, found.lowered_by) == (("modality",), ())


def test_a_guard_that_only_flags_is_not_blamed_beside_what_lowers() -> None:
    provisions = [provision("a:m1", modality="should"), provision("a:m2"), provision("b:c")]
    group = [row(name, SUP, "b:c", id=name, joint="g") for name in ("a:m1", "a:m2")]
    found = told(catalogue(provisions, group), "a:m1", "b:c").stopped_at
    assert found is not None
    assert (found.guards, found.lowered_by) == (("modality", "joint"), ("joint",))
    whole = [provision("a:x", modality="should"), provision("b:w", decomposition="AllOf")]
    part = provision("b:p", parent="b:w", conditional=True, condition="where it applies")
    found = told(catalogue([*whole, part], [row("a:x", EQ, "b:w")]), "a:x", "b:p").stopped_at
    assert found is not None
    assert (found.guards, found.lowered_by) == (("modality", "conditional"), ("conditional",))


def test_a_full_claim_has_nothing_missing() -> None:
    known = catalogue([provision("a:x"), *members("b:w", "p", "q", exhaustive=True)], [row("a:x", EQ, "b:w")])
    found = told(known, "a:x", "b:w")
    assert (found.degraded_at, found.missing_parts, found.blocked) == (None, (), ())
    assert found.sentence == "If all of a:x is done, b:w is full: one proof."


def test_a_partial_whole_names_each_part_that_does_not_follow_with_its_degree() -> None:
    provisions = [provision("a:x"), *members("b:w", "p", "q", "r", "s", exhaustive=True)]
    rows = [
        row("a:x", EQ, "b:p"),
        row("a:x", SUP, "b:q"),
        row("a:x", INT, "b:r"),
        row("a:x", Relation.CROSSWALK, "b:s"),
    ]
    found = told(catalogue(provisions, rows), "a:x", "b:w")
    (shortfall,) = found.missing_parts
    assert (shortfall.whole, shortfall.parts, shortfall.full) == ("b:w", 4, 2)
    assert [(m.provision, m.degree) for m in shortfall.missing] == [("b:r", P), ("b:s", C)]
    assert found.sentence.endswith("2 of 4 parts of b:w follow in full; missing: b:r (partial), b:s (candidate).")


def test_a_whole_on_the_way_names_its_missing_parts_too() -> None:
    provisions = [provision("a:x"), *members("b:w", "p", "q", exhaustive=True), provision("c:x")]
    known = catalogue(provisions, [row("a:x", EQ, "b:p"), row("b:w", EQ, "c:x")])
    found = told(known, "a:x", "c:x")
    assert [(s.whole, s.full, s.parts) for s in found.missing_parts] == [("b:w", 1, 2)]
    assert [(m.provision, m.degree) for m in found.missing_parts[0].missing] == [("b:q", N)]
    assert edge(found.degraded_at) == ("b:p", "whole", "b:w")


def test_parts_that_all_follow_without_making_the_whole_are_told_why() -> None:
    parts = [provision("a:x"), *members("b:w", "p", "q")]
    rows = [row("a:x", EQ, "b:p"), row("a:x", EQ, "b:q")]
    said = told(catalogue(parts, rows), "a:x", "b:w").sentence
    assert said.endswith("2 of 2 parts of b:w follow in full. These parts are not declared to be all of it.")
    parts = [provision("a:x"), *members("b:w", "p", "q", exhaustive=True)]
    rows = [row("a:x", EQ, "b:p"), row("a:x", EQ, "b:q", rationale_kind="functional")]
    said = told(catalogue(parts, rows), "a:x", "b:w").sentence
    assert said.endswith("2 of 2 parts of b:w follow in full. Their proofs cannot stand in one.")


@pytest.mark.parametrize(
    ("decomposition", "says"), [("AnyOf", "One part of these"), ("AsAppropriate", "recorded reason")]
)
def test_what_a_choice_lacks_is_told(decomposition: str, says: str) -> None:
    provisions = [provision("a:x"), *members("b:w", "p", "q", decomposition=decomposition)]
    known = catalogue(provisions, [row("a:x", EQ, "b:p")])
    found = infer(known, ["a:x"], context())
    claim = found.claims["b:w"]
    listed = shortfalls(known, found, claim, context())
    assert [says in s.sentence for s in listed] == [True]


def test_a_part_that_can_never_follow_says_so() -> None:
    provisions = [provision("a:x"), *members("b:w", "p", exhaustive=True)]
    provisions += [
        provision("b:may", parent="b:w", force="permission"),
        provision("b:if", parent="b:w", conditional=True, condition="where there is one"),
    ]
    (shortfall,) = told(catalogue(provisions, [row("a:x", INT, "b:w")]), "a:x", "b:w").missing_parts
    assert {m.provision: m.why for m in shortfall.missing} == {
        "b:p": None,
        "b:may": "states no duty of an organisation",
        "b:if": "conditional: where there is one",
    }


# -- why not ---------------------------------------------------------------------------


def test_the_connection_shown_carries_the_claim_furthest_not_the_shortest_way() -> None:
    names = [f"{e}:x" for e in "abcdz"]
    rows = [row(x, EQ, y) for x, y in pairwise(names[:4])]
    rows += [row("d:x", EQ, "z:x", status="proposed"), row("a:x", Relation.CROSSWALK, "m:x"), row("m:x", EQ, "z:x")]
    known = catalogue([provision(n) for n in (*names, "m:x", "n:x")], rows)
    found = told(known, "a:x", "z:x")
    assert found.claim is not None
    assert found.claim.degree is C
    assert [edge(h) for h in found.hops] == [(x, "equalTo", y) for x, y in pairwise(names)]
    assert edge(found.stopped_at) == ("d:x", "equalTo", "z:x")
    assert found.stopped_at is not None
    assert (found.stopped_at.lowered_by, found.stopped_at.degree) == (("trust",), C)
    assert "only a candidate is left: the row is not admitted" in found.sentence


def test_rows_that_block_for_different_reasons_are_each_listed() -> None:
    provisions = [provision("a:x", binds=["provider"]), provision("b:x"), provision("c:x"), provision("d:x")]
    provisions.append(provision("z:x", binds=["deployer"]))
    rows = [row("a:x", EQ, "b:x"), row("a:x", INT, "c:x"), row("a:x", EQ, "d:x", rationale_kind="functional")]
    rows += [
        row("b:x", EQ, "z:x", status="rejected"),
        row("c:x", INT, "z:x"),
        row("d:x", EQ, "z:x", 0.8),
        row("a:x", Relation.CROSSWALK, "z:x"),
    ]
    found = told(catalogue(provisions, rows), "a:x", "z:x")
    listed = {h.start: (h.degree, h.guards, h.lowered_by) for h in found.blocked}
    assert listed == {
        "a:x": (C, ("role",), ()),
        "b:x": (N, ("trust", "role"), ("trust",)),
        "c:x": (C, ("role",), ()),
        "d:x": (C, ("role", "rationale"), ("role", "rationale")),
    }
    assert [h.degree for h in found.blocked] == [C, C, C, N]


def test_a_row_that_judges_them_unrelated_and_so_denies_a_candidate_is_named() -> None:
    provisions = [provision("a:x"), *members("b:w", "p")]
    rows = [row("a:x", Relation.CROSSWALK, "b:p"), row("a:x", NONE, "b:w")]
    found = told(catalogue(provisions, rows), "a:x", "b:p")
    assert found.claim is None
    assert "at the edge a:x unrelatedTo b:w nothing is left: the two are judged to share nothing" in found.sentence
    assert [edge(h) for h in found.blocked] == [("a:x", "unrelatedTo", "b:w"), ("a:x", "crosswalk", "b:p")]
    assert [h.degree for h in found.blocked] == [N, N]
    assert found.blocked[1].lowered_by == ("unrelated",)
    assert [edge(h) for h in found.hops] == [("a:x", "unrelatedTo", "b:w"), ("b:w", "part", "b:p")]


def test_a_judged_absence_that_nobody_admits_denies_nothing() -> None:
    rows = [row("a:x", Relation.CROSSWALK, "b:p"), row("a:x", NONE, "b:p", id="n", status="proposed", mapping_set="m")]
    found = told(catalogue([provision("a:x"), provision("b:p")], rows), "a:x", "b:p")
    assert found.claim is not None
    assert found.claim.degree is C
    assert [h.degree for h in found.blocked] == [C, N]


def test_where_only_a_judged_absence_joins_them_it_is_what_stops_the_claim() -> None:
    known = catalogue([provision("a:x"), provision("b:x"), provision("c:x")], [row("a:x", NONE, "b:x")])
    found = told(known, "a:x", "b:x")
    assert edge(found.stopped_at) == ("a:x", "unrelatedTo", "b:x")
    assert "nothing is left: the two are judged to share nothing" in found.sentence
    assert (
        told(known, "a:x", "c:x").sentence
        == "No chain of parts and mapping rows leads from a:x to c:x: nothing is said. "
        "No mapping row stands at c:x, its parts or a whole around it: nobody has judged them."
    )


def test_where_nothing_is_said_the_rows_at_the_end_are_told() -> None:
    things = [provision("a:x"), provision("b:x"), provision("c:x"), provision("c:y")]
    known = catalogue(things, [row("b:x", EQ, "c:x"), row("c:y", NONE, NO_TERM_FOUND)])
    assert told(known, "a:x", "c:x").sentence.endswith("the wholes around it lead to b only.")
    assert told(known, "a:x", "c:y").sentence.endswith("say that there is no counterpart.")


def test_a_provision_is_no_answer_to_itself() -> None:
    known = catalogue([provision("a:x")])
    assert told(known, "a:x", "a:x").sentence == "a:x is the question itself."


@pytest.mark.parametrize(
    ("whole", "member", "reason"),
    [
        ({"decomposition": "AllOf"}, {"conditional": True}, "conditional"),
        ({"decomposition": "AnyOf"}, {}, "any-of"),
        ({"decomposition": "AsAppropriate"}, {}, "as-appropriate"),
        ({"decomposition": None}, {}, "informative"),
    ],
)
def test_a_whole_that_says_nothing_of_its_member_says_why(
    whole: dict[str, Any], member: dict[str, Any], reason: str
) -> None:
    provisions = [provision("a:x"), provision("b:w", **whole), provision("b:p", parent="b:w", **member)]
    provisions.append(provision("b:q", parent="b:w"))
    reached = "b:q" if reason == "any-of" else "b:w"  # a row says nothing of a free choice
    found = told(catalogue(provisions, [row("a:x", EQ, reached)]), "a:x", "b:p").stopped_at
    assert found is not None
    assert (found.relation, found.guards[-1], found.degree) == ("part", reason, N)
    assert whys.why(found) == whys.GUARDS[reason]


def test_a_row_of_a_joint_group_alone_is_stopped_by_its_group() -> None:
    rows = [row("a:x", EQ, "b:z", joint="g"), row("a:y", EQ, "b:z", joint="g")]
    known = catalogue([provision("a:x"), provision("a:y"), provision("b:z"), provision("c:z")], rows)
    found = told(known, "a:x", "b:z")
    assert found.degraded_at is not None
    assert found.degraded_at.lowered_by == ("joint",)
    further = catalogue(known.provisions.values(), [*rows, row("b:z", SUP, "c:z")])
    assert edge(told(further, "a:x", "c:z").stopped_at) == ("b:z", "supersetOf", "c:z")


def _fewest_left(known: Catalogue, start: str, end: str, asked: Context) -> int | None:
    """Over every simple connection: how few edges are left where a claim walked along it alone is lost."""
    graph: nx.Graph[str] = nx.Graph()
    for provision_ in known.provisions.values():
        for crossing in crossings(known, provision_, asked):
            if crossing.row is None or crossing.row.relation not in APART:
                graph.add_edge(provision_.id, crossing.target.id)
    used = start_at(known, known.provisions[start], asked)
    if used is None or start not in graph or end not in graph:
        return None
    best: int | None = None
    for path in nx.all_simple_paths(graph, start, end, cutoff=5):
        states, here = [(F, used)], 0
        while states and here < len(path) - 1:
            passed = [
                take(known, x, degree, state, asked)
                for degree, state in states
                for x in crossings(known, known.provisions[path[here]], asked)
                if x.target.id == path[here + 1]
            ]
            states = [(hop.degree, after) for hop, after in passed if hop.degree >= P]
            here += bool(states)
        best = min(len(path) - 1 - here, len(path) if best is None else best)
    return best


def test_no_simple_connection_carries_a_claim_nearer_than_the_one_shown() -> None:
    compared = 0
    for world in islice(made(of_case=False), 6):
        asked = world.context({})
        for start in list(world.nodes)[::4]:
            found = infer(world.catalogue, [start], asked)
            for end in world.nodes:
                if end not in found.claims or found.claims[end].degree < P:
                    compared += _compare(world.catalogue, found, (start, end), asked)
    assert compared > 200


def _compare(known: Catalogue, found: Inference, ends: tuple[str, str], asked: Context) -> bool:
    fewest = _fewest_left(known, *ends, asked)
    apart = lost(known, found, ends[1], asked)
    if apart.stopped_at is None:
        assert fewest is None
        return False
    names = [ends[0], *(h.end for h in apart.connection)]
    at = apart.connection.index(apart.stopped_at)
    assert apart.stopped_at.relation == "unrelatedTo" or fewest is None or len(apart.connection) - at <= fewest
    assert len(set(names)) == len(names), "the connection comes back to a provision"
    assert all(h.degree >= P for h in apart.connection[:at])
    assert all(h.degree < P for h in (*apart.connection[at:], *apart.blocked))
    assert apart.stopped_at == apart.blocked[0]
    return True


def test_a_limit_of_the_search_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aims_graph.inference.MAX_OF_PROVISION", 1)
    rows = [row("a:x", INT, "b:x", id="one"), row("a:x", INT, "b:x", id="two", mapping_set="other")]
    found = told(catalogue([provision("a:x"), provision("b:x")], rows), "a:x", "b:x")
    assert found.limited == ("b:x",)
    assert "Not every proof was kept of b:x" in found.sentence


# -- of a recorded case ----------------------------------------------------------------


def test_a_case_claim_is_explained_from_its_record(records: Library) -> None:
    options = Options(context().as_of.replace(month=11, day=22))
    found = explanation_json(records.explain("CA-7", "aiact:art-20.1", options))
    answers = {a.provision: a for a in records.what_else(["CA-7"], options).answers}
    assert found["from"] == "CA-7"
    assert found["degree"] == answers["aiact:art-20.1"].degree.word
    assert found["derivations"][0][0]["rule"] == "record"
    assert found["degraded_at"]["from"].startswith("iso42001:10.2")
    assert found["sentence"].startswith("Content of Article 20(1) is partly covered by the record of CA-7: ")
    nothing = records.explain("CA-7", "aiact:art-50.1", options)
    assert nothing.claim is None


def test_explaining_agrees_with_the_answer_for_every_provision_of_a_case(records: Library) -> None:
    options = Options(context().as_of.replace(month=11, day=22))
    answers = {a.provision: a.degree for a in records.what_else(["NC-3"], options).answers}
    sample = list(answers)[::4]
    assert len(sample) >= 5
    for name in sample:
        found = records.explain("NC-3", name, options)
        assert found.claim is not None
        assert found.claim.degree is answers[name]
        assert (found.stopped_at is None) == (answers[name] >= P)


def test_a_case_that_is_partly_recorded_itself_says_so() -> None:
    provisions = [provision("a:x"), provision("b:x")]
    known = catalogue(provisions, [row("a:x", EQ, "b:x")])
    asked = context(case=case({"a:x": P}))
    found = infer(known, ["a:x"], asked)
    (hop,) = retrace(known, found.claims["b:x"].best, asked)[0]
    assert (hop.before, hop.degree) == (P, P)


def test_an_unrecorded_question_stops_a_case_claim_and_is_named() -> None:
    known = catalogue([provision("a:x"), provision("b:x")], [row("a:x", EQ, "b:x")], triggers=[trigger("b:t", "b:x")])
    asked = context(case=case({"a:x": F}, {"a:t": "yes"}))
    found = lost(known, infer(known, ["a:x"], asked), "b:x", asked).stopped_at
    assert found is not None
    assert (found.degree, found.lowered_by) == (C, ("trigger",))


def test_a_record_that_covers_nothing_starts_no_claim(run: Run, tmp_path: Any) -> None:
    text = (CASES / "complete.ttl").read_text(encoding="utf-8")
    prefixes = "\n".join(line for line in text.splitlines() if line.startswith("@prefix"))
    bare = 'ex:NC-9 a aims:Nonconformity ; dcterms:identifier "NC-9" ; aims:detectedOn "2026-11-01"^^xsd:date .'
    (tmp_path / "bare.ttl").write_text(f"{prefixes}\n{bare}\n", encoding="utf-8")
    options = ("--records", tmp_path / "bare.ttl", "--as-of", "2026-11-22", "--format", "json")
    found = json.loads(run("explain", "NC-9", "aiact:art-20.1", *options).out)
    assert found["degree"] is None
    assert found["sentence"] == "The record of NC-9 covers no element of any provision, so no claim starts from it."


# -- as people see it ------------------------------------------------------------------

ASKED = [
    ("iso42001:10.2", "aiact:art-20.1"),
    ("iso42001:10.2", "iso27001:10.2"),
    ("iso42001:10.2", "airmf:MANAGE-4.2"),
    ("iso42001:10.2.a", "iso27001-2013:10"),
    ("iso42001:10", "iso27001:10"),
    ("aiact:art-4", "nistrmf:M-7"),
]


@pytest.mark.parametrize(("start", "end"), ASKED, ids=["-to-".join(a) for a in ASKED])
def test_an_explanation_reads_in_80_columns_without_a_verdict(run: Run, start: str, end: str) -> None:
    ran = run("explain", start, end, "--as-of", "2026-11-22")
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if len(line) > 80 or line != line.rstrip()] == []
    assert not re.search(r"\b(satisfies|conforms|complies)\b", ran.out, re.I)
    assert "As of 2026-11-22" in ran.out


def test_the_table_shows_parts_rows_and_reasons(run: Run) -> None:
    partly = run("explain", "iso42001:10.2", "iso27001:10.2", "--as-of", "2026-11-22").out
    assert "Only in part from here on" in partly
    assert "Parts of iso27001:10.2 that do not follow in full" in partly
    stopped = run("explain", "iso42001:10.2", "airmf:MANAGE-4.2", "--as-of", "2026-11-22").out
    assert "The connection that carries it furthest" in stopped
    assert "Every edge that stops it there" in stopped
    assert "proposed, " in stopped


def test_why_a_claim_is_partial_stands_before_a_few_proofs_and_all_are_shown_if_asked_for(run: Run) -> None:
    asked = ("explain", "iso42001:10.2", "iso27001:10.2", "--as-of", "2026-11-22")
    few, every = run(*asked).out, run(*asked, "--all").out
    assert few.index("Parts of iso27001:10.2") < few.index("Proof 1")
    left_out = int(re.findall(r"and (\d+) more proofs \(--all shows them\)", few)[0])
    assert len(re.findall(r"^Proof \d+$", few, re.M)) == 3
    assert len(re.findall(r"^Proof \d+$", every, re.M)) == 3 + left_out
    assert "more proofs" not in every


def test_an_explanation_names_the_rows_and_how_it_was_asked(run: Run, library: Library) -> None:
    asked = ("explain", "iso42001:10.2", "aiact:art-20.1", "--as-of", "2026-11-22", "--role", "provider")
    found = json.loads(run(*asked, "--format", "json").out)
    assert (found["roles"], found["system_class"], found["trust"]) == (["provider"], "any", "double-read")
    assert found["notice"] == "Not a conformity statement."
    table = " ".join(run(*asked).out.split())
    assert "role: provider · system class: any · trust: double-read" in table
    ids = [step["mapping"] for steps in found["derivations"][:1] for step in steps if step["mapping"]]
    assert ids
    assert all(name in table for name in ids)


def test_an_id_in_a_table_of_parts_stands_on_one_line_and_conditions_before_it(run: Run) -> None:
    parts = run("explain", "iso42001:10.2.doc-actions", "iso42001:10.2", "--as-of", "2026-11-22").out
    assert "iso42001:10.2.doc-actions" in parts
    table = weighing_tables.explanation(
        {
            **explanation_json(Library.open().explain("iso42001:10.2", "iso27001:10.2", Options(TODAY))),
            "conditions": ["it rains"],
        }
    )
    text = tables.text(table)
    assert text.index("Only where it rains.") < text.index("Parts of iso27001:10.2")


def test_a_text_not_yet_in_force_says_from_when_it_is(run: Run) -> None:
    ran = run("explain", "iso42001:10.2", "iso27001:10.2", "--as-of", "2020-01-01")
    assert "not in force on 2020-01-01 (only from 2023-12-18)" in " ".join(ran.out.split())


def test_an_unknown_record_or_provision_names_those_there_are(run: Run) -> None:
    ran = run("explain", "CA-99", "aiact:art-20.1", "--records", CASES / "complete.ttl")
    assert (ran.code, "CA-7" in ran.err) == (2, True)
    assert run("explain", "CA-7", "aiact:art-20.1").code == 2
    assert run("explain", "iso42001:10.2", "aiact:art-999").code == 2


def test_a_claim_that_comes_from_nothing_asked_is_never_explained_as_one() -> None:
    known = catalogue([provision("a:x", force="permission"), provision("b:x")], [row("a:x", EQ, "b:x")])
    found = told(known, "a:x", "b:x")
    assert (found.claim, found.hops, found.blocked) == (None, (), ())
    assert ask(known, "a:x").refused == ("a:x",)


def test_a_record_that_covers_its_own_clause_in_part_says_that_it_lies_in_the_record() -> None:
    library = Library.open(record_files=[CASES / "incomplete.ttl"])
    found = library.explain("CA-7", "iso42001:10.2", Options(TODAY.replace(month=11, day=22)))
    assert found.degraded_at is None
    assert "In part, because the record itself covers only some of its elements." in found.sentence
    (shortfall,) = found.missing_parts
    assert 0 < shortfall.full < shortfall.parts
