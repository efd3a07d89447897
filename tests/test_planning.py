"""Plans: exact against brute force, proved, monotone, with what cannot be closed and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from random import Random

import duty_worlds as d
import pytest
import worlds as w
from conftest import Run

from aims_graph import hitting
from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.hitting import Problem, cheapest
from aims_graph.indexing import duties
from aims_graph.indexing import index as indexes
from aims_graph.indexing.cones import Cones
from aims_graph.indexing.index import Index
from aims_graph.inference import infer
from aims_graph.model import Interval
from aims_graph.planning import PARTS, Costs, Plan, plan, plan_json
from aims_graph.relations import EQ, INT, SUP, Degree
from aims_graph.trace import Options

HOUR = 3600.0
FREE = Costs({})


# -- the search alone ------------------------------------------------------------------


def _monotone(random: Random) -> tuple[Problem, Callable[[frozenset[str]], frozenset[str]]]:
    """A random problem whose targets are closed by random smallest sets of actions."""
    actions = [f"a{i}" for i in range(random.randint(2, 8))]
    smallest = {
        f"t{i}": [
            frozenset(random.sample(actions, min(len(actions), random.choice((1, 1, 1, 2, 2, 3, 4)))))
            for _ in range(random.randint(1, 5))
        ]
        for i in range(random.randint(1, 6))
    }

    def closed(done: frozenset[str]) -> frozenset[str]:
        return frozenset(t for t, sets in smallest.items() if any(s <= done for s in sets))

    costs = {a: random.choice((0, 1, 1, 1, 2, 3, 7)) for a in actions}
    closers = {
        t: {a: random.choice((0, 3_000, 9_000)) for a in actions if t in closed(frozenset({a}))} for t in smallest
    }
    return Problem(costs, closers, dict.fromkeys(smallest, frozenset(actions)), closed), closed


def _best(problem: Problem, closed: Callable[[frozenset[str]], frozenset[str]]) -> tuple[object, tuple[str, ...]]:
    """By looking at every set: cost, number, confidence and order decide, in this order of weight."""
    names = list(problem.costs)

    def rank(actions: tuple[str, ...]) -> tuple[int, int, int, list[int]]:
        sure = sum(max((c for a, c in problem.closers[t].items() if a in actions), default=0) for t in problem.closers)
        return problem.cost(actions), len(actions), -sure, [names.index(a) for a in actions]

    sets = (s for k in range(len(names) + 1) for s in combinations(names, k))
    best = min((s for s in sets if closed(frozenset(s)) >= problem.closers.keys()), key=rank)
    return rank(best), best


def test_the_search_finds_what_looking_at_every_set_finds() -> None:
    several = 0
    for seed in range(150):
        problem, closed = _monotone(Random(seed))
        found = cheapest(problem, HOUR)
        _, best = _best(problem, closed)
        assert found.chosen == best, seed
        assert found.proved
        assert found.ordered
        several += found.cuts > len(problem.closers)
    assert several > 30  # many needed cuts beyond the first of each target


def test_without_time_the_bound_is_below_and_the_set_above_the_least_cost() -> None:
    proved, open_ = 0, 0
    for seed in range(150):
        problem, closed = _monotone(Random(seed))
        found = cheapest(problem, 0)
        _, best = _best(problem, closed)
        least = problem.cost(best)
        assert found.bound <= least <= found.cost, seed
        assert closed(frozenset(found.chosen)) >= problem.closers.keys()
        assert found.solves == 0
        assert not found.ordered
        proved, open_ = proved + found.proved, open_ + (not found.proved)
    assert proved > 20
    assert open_ > 20


def test_time_that_runs_out_later_keeps_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, closed = _monotone(Random(1))
    full = cheapest(problem, HOUR)
    seen = set()
    for steps in range(1, 2 * full.solves + 8):
        clock = iter(range(10_000))
        monkeypatch.setattr("aims_graph.programme.monotonic", lambda clock=clock: float(next(clock)))
        monkeypatch.setattr("aims_graph.hitting.monotonic", lambda: 0.0)
        found = cheapest(problem, steps)  # the clock moves one second a solve
        assert closed(frozenset(found.chosen)) >= problem.closers.keys()
        assert found.bound <= full.cost <= found.cost
        seen.add((found.proved, found.ordered))
    assert {(True, False), (True, True)} <= seen


# -- plans over catalogues -------------------------------------------------------------


def _closed(
    known: Catalogue, starts: Iterable[str], targets: Iterable[str], degree: Degree, asked: Options
) -> set[str]:
    claims = infer(known, tuple(starts), asked.context()).claims
    return {t for t in targets if t in claims and claims[t].degree >= degree}


def _alone(known: Catalogue, action: str, degree: Degree, asked: Options) -> dict[str, int]:
    """What one action closes alone, with its confidence in ten thousandths."""
    claims = infer(known, [action], asked.context()).claims.items()
    return {p: int(10_000 * (c.best_confidence or 0.0) + 1e-6) for p, c in claims if c.degree >= degree}


@pytest.mark.parametrize("degree", [Degree.FULL, Degree.PARTIAL])
def test_a_plan_is_the_best_of_all_sets_of_actions(degree: Degree) -> None:
    jointly, compared, unclosable = 0, 0, 0
    for seed in range(100):
        random = Random(seed)
        known, asked = d.random_catalogue(seed), d.options(random)
        order = {name: i for i, name in enumerate(known.provisions)}
        done = [d.thing(known, random.choice(list(order)))] if random.random() < 0.4 else []
        before = tuple(p for n in done for p in n.provisions)
        possible = duties.of(known, [p for p in order if p[0] == "a"], asked.context()) - set(before)
        stated = {a: Decimal(random.choice(("1", "1", "1.5", "2"))) for a in sorted(possible)}
        targets = [d.thing(known, t) for t in (("c", "b") if seed % 2 else ("c:1", "b:1.0", "b:2"))]
        found = plan(known, targets, asked, sources=("a",), done=done, costs=Costs(stated), degree=degree)

        wanted = [c.provision for c in found.closings]
        alone = {a: _alone(known, a, degree, asked) for a in possible}

        def rank(chosen: tuple[str, ...]) -> tuple[Decimal, int, int, list[int]]:
            sure = sum(max((alone[a].get(t, 0) for a in chosen), default=0) for t in wanted)  # noqa: B023
            cost = sum((stated[a] for a in chosen), Decimal())  # noqa: B023
            return cost, len(chosen), -sure, [order[a] for a in chosen]  # noqa: B023

        names = sorted(possible, key=order.__getitem__)
        sets = [s for k in range(len(names) + 1) for s in combinations(names, k)]
        good = [s for s in sets if _closed(known, (*before, *s), wanted, degree, asked) == set(wanted)]
        assert tuple(a.provision for a in found.actions) == min(good, key=rank), seed
        assert found.cost == found.bound == rank(min(good, key=rank))[0]
        assert found.proved
        assert found.ordered
        everything = _closed(known, [*before, *possible], order, degree, asked)
        assert not {u.provision for u in found.unclosable} & everything
        compared += bool(found.actions)
        unclosable += len(found.unclosable)
        jointly += any(len(c.by) > 1 for c in found.closings)
    assert compared > 55
    assert unclosable > 60
    if degree is Degree.FULL:
        assert jointly > 5


@pytest.mark.parametrize("degree", [Degree.FULL, Degree.PARTIAL])
def test_what_lies_outside_the_cone_adds_nothing(degree: Degree) -> None:
    alone, together = 0, 0
    for seed in range(50):
        random = Random(seed)
        known, asked = d.random_catalogue(seed), d.options(random)
        context = asked.context()
        cones = Cones(known, context)
        starts = [p for p in known.provisions if random.random() < 0.5]
        claims = _closed(known, starts, known.provisions, degree, asked)
        for target in duties.of(known, tuple(known.provisions), context):
            cone = cones.of(target, degree)
            inside = [s for s in starts if s in cone.starts]
            assert (target in claims) == bool(_closed(known, inside, [target], degree, asked)), (seed, target)
            if not cone.together:
                each = any(_closed(known, [s], [target], degree, asked) for s in inside)
                assert (target in claims) == each, (seed, target)
                alone += each
            together += cone.together
    assert alone > 100
    assert together > 100


def test_more_actions_close_no_less() -> None:
    for seed in range(25):
        random = Random(seed)
        known, asked = d.random_catalogue(seed), d.options(random)
        names = random.sample(list(known.provisions), len(known.provisions))
        for degree in (Degree.FULL, Degree.PARTIAL):
            before: set[str] = set()
            for count in range(len(names) + 1):
                now = _closed(known, names[:count], known.provisions, degree, asked)
                assert before <= now, seed
                before = now


@pytest.fixture
def pair() -> Catalogue:
    """A whole in `b` whose two parts follow from two different provisions of `a`."""
    provisions = [w.provision("a:1"), w.provision("a:2"), *w.members("b:1", "1.1", "1.2", exhaustive=True)]
    return w.catalogue(provisions, [w.row("a:1", EQ, "b:1.1"), w.row("a:2", SUP, "b:1.2")])


def _plan(known: Catalogue, *targets: str, **asked: object) -> Plan:
    named = [d.thing(known, t) for t in targets]
    return plan(known, named, Options(w.TODAY), **asked)  # type: ignore[arg-type]


def test_two_actions_close_a_whole_that_neither_closes_alone(pair: Catalogue) -> None:
    found = _plan(pair, "b:1", sources=("a",))
    assert [(a.provision, a.closes) for a in found.actions] == [("a:1", ("b:1",)), ("a:2", ("b:1",))]
    (closing,) = found.closings
    assert closing.claim.degree is Degree.FULL
    assert closing.by == ("a:1", "a:2")
    assert closing.claim.best.steps[-1].rule == "all-parts"
    assert (int(found.cost), int(found.bound), found.proved) == (2, 2, True)


def test_where_inference_ends_first_the_proof_is_that_of_the_index(
    pair: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _plan(pair, "b:1", sources=("a",))
    monkeypatch.setattr("aims_graph.inference.MAX_CROSSED", 0)
    found = _plan(pair, "b:1", "b:1.1", sources=("a",), done=[d.thing(pair, "a:1")])
    assert [(c.provision, c.by) for c in found.already] == [("b:1.1", ("a:1",))]
    (closing,) = found.closings
    assert (closing.provision, closing.claim.degree, closing.by) == ("b:1", Degree.FULL, ("a:1", "a:2"))
    assert closing.claim.best.steps == whole.closings[0].claim.best.steps
    assert (closing.claim.confidence, closing.claim.bounded) == (whole.closings[0].claim.confidence, True)
    assert found.proved
    assert any(n.startswith("The search ended after 0 edges") for n in found.notes)


def test_what_is_done_already_costs_nothing(pair: Catalogue) -> None:
    found = _plan(pair, "b", "b:1", sources=("a",), done=[d.thing(pair, "a:1")])
    assert [a.provision for a in found.actions] == ["a:2"]
    assert [c.provision for c in found.already] == ["b:1.1"]
    assert {c.provision: c.by for c in found.closings} == {"b:1.2": ("a:2",), "b:1": ("a:1", "a:2")}


def test_a_target_may_close_itself_unless_its_framework_is_left_out(pair: Catalogue) -> None:
    assert [a.provision for a in _plan(pair, "b:1").actions] == ["b:1"]
    dear = Costs({"b:1": Decimal("2.5")})
    assert [a.provision for a in _plan(pair, "b:1", costs=dear).actions] == ["a:1", "a:2"]
    parts = _plan(pair, "b", costs=Costs({}, PARTS))
    assert (int(parts.cost), len(parts.actions)) == (2, 1)  # the whole costs as much as its parts: fewer actions


def test_costs_may_have_decimals(pair: Catalogue) -> None:
    found = _plan(pair, "b:1", costs=Costs({"b:1": Decimal("0.31"), "a:1": Decimal("0.1"), "a:2": Decimal("0.2")}))
    assert [a.provision for a in found.actions] == ["a:1", "a:2"]
    assert found.cost == found.bound == Decimal("0.3")
    with pytest.raises(InputError, match="Round them"):
        _plan(pair, "b:1", costs=Costs({"b:1": Decimal("1000000"), "a:1": Decimal("0.0001")}))


def test_a_surer_action_wins_among_equals_and_then_the_first() -> None:
    provisions = [w.provision(n) for n in ("a:1", "a:2", "a:3", "b:1")]
    rows = [w.row("a:1", EQ, "b:1", 0.6), w.row("a:2", EQ, "b:1", 0.8), w.row("a:3", EQ, "b:1", 0.8)]
    found = _plan(w.catalogue(provisions, rows), "b:1", sources=("a",))
    assert [a.provision for a in found.actions] == ["a:2"]


def test_a_target_that_nothing_closes_is_listed_with_its_reason() -> None:
    provisions = [
        w.provision("a:1"),
        *(w.provision(f"b:{n}") for n in range(1, 4)),
        w.provision("b:4", force="prohibition"),
        w.provision("b:5", applies=(w.applies(w.TODAY.replace(year=2030)),)),
    ]
    rows = [w.row("a:1", EQ, "b:1", status="proposed"), w.row("a:1", INT, "b:2"), w.row("a:1", EQ, "b:5")]
    found = _plan(w.catalogue(provisions, rows), "b", "b:4", sources=("a",))
    why = {u.provision: u.reason for u in found.unclosable}
    assert why == {"b:4": "no-duty", "b:1": "trust", "b:2": "partial", "b:3": "no-path"}
    assert [c.provision for c in found.closings] == ["b:5"]
    assert [(x.provision, x.degree) for x in found.later] == [("b:5", Degree.FULL)]
    (waiting,) = plan_json(w.catalogue(provisions, rows), found)["not_yet_applicable"]
    assert (waiting["provision"], waiting["applies"]) == ("b:5", [{"system_class": "any", "from": "2030-06-01"}])
    assert found.wanted == 4


def test_nothing_to_close_is_a_proved_plan_of_no_actions(pair: Catalogue) -> None:
    found = _plan(pair, "a:1", sources=("b",), degree=Degree.FULL, done=[d.thing(pair, "a:1")])
    assert (len(found.actions), int(found.cost), found.proved, found.ordered, found.gap) == (0, 0, True, True, 0.0)


def test_a_time_limit_reports_bound_and_gap() -> None:
    """Three targets of which any one action closes two: two are needed, and cuts that share none show one."""
    provisions = [w.provision(n) for n in ("a:1", "a:2", "a:3", "b:1", "b:2", "b:3")]
    closes = (("a:1", "b:1"), ("a:1", "b:2"), ("a:2", "b:2"), ("a:2", "b:3"), ("a:3", "b:3"), ("a:3", "b:1"))
    known = w.catalogue(provisions, [w.row(s, SUP, o) for s, o in closes])
    found = _plan(known, "b", sources=("a",), seconds=0)
    assert (int(found.cost), int(found.bound), found.proved, found.gap) == (2, 1, False, 0.5)
    assert plan_json(known, found)["gap"] == 0.5
    whole = _plan(known, "b", sources=("a",))
    assert (int(whole.cost), int(whole.bound), whole.proved, whole.gap) == (2, 2, True, 0.0)
    with pytest.raises(InputError, match="less than nothing"):
        _plan(known, "b", seconds=-1)


def test_a_limit_of_the_index_takes_the_proof_away_from_the_plans_that_met_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "MAX_CROSSED", 4)
    provisions = [w.provision(n) for n in ("a:1", "b:1", "s:1", *(f"n{i}:1" for i in range(4)))]
    known = w.catalogue(provisions, [w.row("a:1", EQ, "b:1"), *(w.row("s:1", EQ, f"n{i}:1") for i in range(4))])
    index = Index(known, Options(w.TODAY).context())
    limited = _plan(known, "n1:1", sources=("s",), index=index)
    assert (int(limited.cost), limited.proved, int(limited.bound), limited.gap) == (1, False, 0, 1.0)
    assert "left claims out at n0:1, n1:1, n2:1, n3:1" in limited.notes[0]
    whole = _plan(known, "b:1", sources=("a",), index=index)
    assert (int(whole.cost), whole.proved, int(whole.bound), whole.notes) == (1, True, 1, ())


def test_a_framework_without_duties_cannot_be_closed(pair: Catalogue) -> None:
    ended = w.provision("c:1", in_force=Interval(end=w.TODAY.replace(year=2020)))
    gone = w.catalogue([*pair.provisions.values(), ended])
    (open_one,) = _plan(gone, "c").unclosable
    assert (open_one.provision, open_one.reason) == ("c", "no-duty")
    assert open_one.sentence == f"c holds no duty in force on {w.TODAY} for what was asked (1 not in force)."


def test_what_holds_no_duty_says_what_it_holds(pair: Catalogue) -> None:
    defined = [
        w.provision("c:1", force=None),
        *(w.provision(f"c:1.{n}", parent="c:1", force="definition") for n in (1, 2)),
    ]
    (open_one,) = _plan(w.catalogue([*pair.provisions.values(), *defined]), "c:1").unclosable
    assert "Framework c, 1 holds no duty" in open_one.sentence
    assert "(2 definitions)" in open_one.sentence


def test_a_framework_named_as_done_that_starts_nothing_is_said(pair: Catalogue) -> None:
    ended = w.provision("c:1", in_force=Interval(end=w.TODAY.replace(year=2020)))
    gone = w.catalogue([*pair.provisions.values(), ended])
    assert "c holds no duty in force" in _plan(gone, "b:1", done=[d.thing(gone, "c")]).notes[0]


def test_two_runs_differ_in_nothing_but_their_time(pair: Catalogue) -> None:
    said = [plan_json(pair, _plan(pair, "b:1", "b")) for _ in range(2)]
    assert all(s.pop("seconds") >= 0 for s in said)
    assert said[0] == said[1]


def test_a_plan_does_not_depend_on_the_order_of_rows() -> None:
    for seed in range(20):
        known = d.random_catalogue(seed)
        turned = w.catalogue(known.provisions.values(), reversed(known.mappings), known.editions.values())
        plans = [_plan(k, "c", "b", sources=("a", "b"), degree=Degree.PARTIAL) for k in (known, turned)]
        assert [a.provision for a in plans[0].actions] == [a.provision for a in plans[1].actions], seed


def test_cuts_keep_what_the_oracle_said() -> None:
    """An oracle is asked about each set once."""
    problem, closed = _monotone(Random(7))
    asked: list[frozenset[str]] = []

    def counting(actions: frozenset[str]) -> frozenset[str]:
        asked.append(actions)
        return closed(actions)

    hitting.cheapest(Problem(problem.costs, problem.closers, problem.together, counting), HOUR)
    assert asked
    assert len(asked) == len(set(asked))


# -- the command -----------------------------------------------------------------------


def _said(run: Run, *arguments: object) -> dict[str, object]:
    ran = run("plan", *arguments, "--as-of", "2026-11-22", "--format", "json")
    assert ran.code == 0, ran.err
    found: dict[str, object] = json.loads(ran.out)
    return found


def test_the_command_plans_over_the_shipped_graph(run: Run) -> None:
    found = _said(run, "aiact:art-20.1", "airmf:MANAGE-4.3", "--from", "iso42001", "--degree", "partial")
    assert [a["provision"] for a in found["actions"]] == ["iso42001:10.2"]  # type: ignore[attr-defined]
    assert found["optimum_proved"]
    assert {c["degree"] for c in found["closes"]} == {"partial"}  # type: ignore[attr-defined]
    on_law = _said(run, "aiact:art-20.1", "--from", "iso42001")
    assert [(u["id"], u["reason"]) for u in on_law["cannot_be_closed"]] == [("aiact:art-20.1", "partial")]  # type: ignore[attr-defined]


def test_costs_are_read_from_pairs_and_files(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "costs.csv"
    file.write_text("provision,cost\niso42001:10.2,3\nCSF 2.0 GV.OC-01,1.5\n")
    asked = ("airmf:MANAGE-4.3", "--from", "iso42001", "--degree", "partial")
    dear = _said(run, *asked, "--cost", file)
    assert dear["cost"] == 1
    assert "iso42001:10.2" not in [a["provision"] for a in dear["actions"]]  # type: ignore[attr-defined]
    assert "1 costs are stated of what can close no target here: csf2:GV.OC-01." in str(dear["notes"])
    cheap = _said(run, *asked, "--cost", file, "--cost", "iso42001:10.2=0.5")
    assert cheap["cost"] == 0.5
    assert [a["provision"] for a in cheap["actions"]] == ["iso42001:10.2"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("iso42001:10.2,three\n", "costs.csv:1: 'three' is no cost"),
        ("id,cost\niso42001:10.2,four\n", "costs.csv:2: 'four' is no cost"),
        ("iso42001:10.2\n", "costs.csv:1: a line of costs holds an id and a number"),
        ("iso42001:10.9,1\n", "costs.csv:1: 'iso42001:10.9' is not a known provision"),
    ],
)
def test_a_wrong_cost_is_named_with_its_line(run: Run, tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "costs.csv"
    file.write_text(text)
    ran = run("plan", "airmf:MANAGE-4.3", "--cost", file)
    assert ran.code == 2
    assert says in ran.err


@pytest.mark.parametrize("cost", ["iso42001:10.2=-1", "iso42001:10.2=NaN", "iso42001:10.2=much"])
def test_a_cost_is_a_number_of_nothing_or_more(run: Run, cost: str) -> None:
    ran = run("plan", "airmf:MANAGE-4.3", "--cost", cost)
    assert (ran.code, ran.out) == (2, "")
    assert "is no cost" in ran.err


@pytest.mark.parametrize("cost", ["1e1000000", "1e31", "0e31", "1e-31", f"1.{'0' * 5_000}1", "9" * 40])
def test_a_cost_has_no_more_digits_than_anybody_needs(run: Run, cost: str) -> None:
    ran = run("plan", "airmf:MANAGE-4.3", "--cost", f"iso42001:10.2={cost}")
    assert (ran.code, ran.out) == (2, "")
    assert "at most 30 digits before and after the point" in " ".join(ran.err.split())


def test_the_table_fits_and_says_what_is_proved(run: Run) -> None:
    ran = run("plan", "mss", "--from", "iso42001", "--time-limit", "0", "--each", "parts", "--as-of", "2026-11-22")
    assert "Not proved in time: no plan costs less than" in ran.out
    ran = run("plan", "iso27001:10.2", "--from", "mss", "--as-of", "2026-11-22")
    assert "1 action closes 1 of 1 duty (full), at a cost of 1." in ran.out
    assert "Proved: no plan costs less (HiGHS" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    rows = run("plan", "iso27001:10.2", "--from", "mss", "--as-of", "2026-11-22", "--format", "csv").out.splitlines()
    assert rows[1].startswith("mss:10.2,1.0,iso27001:10.2,full,")


@pytest.mark.parametrize(
    ("asked", "opening"),
    [
        (("iso42001:10.2", "--done", "iso42001:10.2"), "The duty is closed already; nothing to do."),
        (("iso42001:10.2", "iso42001:10.1", "--done", "iso42001"), "All 2 duties are closed already; nothing to do."),
        (
            ("aiact:art-20.1", "iso42001:10.2", "--done", "iso42001:10.2", "--from", "mss"),
            "1 of 2 duties is closed already. No action considered closes any of the 1 left (full). 1 can be covered",
        ),
        (("aiact:art-3",), "There is no duty to plan for. EU AI Act, Article 3 holds no duty in force on 2026-11-22"),
        (("iso27001-2013",), "There is no duty to plan for. ISO/IEC 27001:2013 holds no duty in force on 2026-11-22"),
        (
            ("aiact:art-20",),
            "1 action closes 1 of 1 duty (full), at a cost of 1. 1 of the actions is of the duties' own framework: "
            "--from FRAMEWORK takes actions of another one only.",
        ),
    ],
)
def test_the_opening_says_what_came_of_it(run: Run, asked: tuple[str, ...], opening: str) -> None:
    ran = run("plan", *asked, "--as-of", "2026-11-22")
    assert ran.code == 0
    assert " ".join(ran.out.split()).startswith(opening)
    assert "Cannot be closed" not in ran.out or "1 left" in opening


def test_conditions_and_dates_of_what_a_plan_closes_are_shown(run: Run) -> None:
    asked = ("plan", "aiact:art-20", "--from", "iso42001", "--degree", "partial", "--as-of", "2026-11-22")
    ran = run(*asked, "--role", "provider")
    words = " ".join(ran.out.split())
    assert "only where the nonconformity concerns a high-risk system placed on the market" in words
    assert "Asked for, in force, not yet applicable aiact: 1 duty from 2027-12-02 (high-risk-annex-iii)" in words
    assert "--from FRAMEWORK" not in ran.out
    assert "the nonconformity concerns a high-risk system" in run(*asked, "--format", "csv").out
    done = run("plan", "aiact:art-20", "--done", "iso42001:10.2", "--degree", "partial", "--as-of", "2026-11-22")
    words = " ".join(done.out.split())
    assert words.startswith("The duty is closed already; nothing to do. Closed already ◐ aiact:art-20")
    assert "from iso42001:10.2" in words
    assert "only where the nonconformity" in words


def test_no_target_is_bad_input(run: Run) -> None:
    assert run("plan", "-", stdin="\n").code == 2
