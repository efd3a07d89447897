"""What a change touches: units, rows, claims, evidence, rules, questions, references and records."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from conftest import AS_OF, CASES, Run
from test_random_worlds import made
from worlds import TODAY, F, N, P, catalogue, edition, members, provision, row, trigger

from aims_graph import affected as touching
from aims_graph import asked as questions
from aims_graph import weighing
from aims_graph.catalogue import Catalogue
from aims_graph.checking.shapes import Rules
from aims_graph.errors import InputError
from aims_graph.impact import Impact, affected_by, impact, impact_json
from aims_graph.indexing import reach
from aims_graph.indexing.index import Index
from aims_graph.library import Library
from aims_graph.model import Amendment, EvidenceRequirement, Interval, Source, Wording
from aims_graph.relations import EQ, INT, Relation
from aims_graph.tables import tables, weighing_tables
from aims_graph.trace import Options

OPTIONS = Options(TODAY)
NO_RULES = Rules((), "")
DAYS = (date(2026, 1, 1), date(2026, 12, 31))


def of(known: Catalogue, *names: str, between: tuple[date, date] | None = None) -> Impact:
    """The impact of a framework (by its prefix) or of provisions."""
    editions = [n for n in names if n in known.editions]
    affected = affected_by(known, editions, [n for n in names if n not in known.editions], between)
    return impact(Index(known, OPTIONS.context()), NO_RULES, affected, OPTIONS, between)


def amended(known: Catalogue, unit: str, change: str, day: date = TODAY, **stated: Any) -> Catalogue:
    """The same with one amendment."""
    one = Amendment(f"{unit}-amended", unit, change, day, "Act 1", "What it does.", Source("a.ttl", 1))
    return replace(known, amendments={**known.amendments, one.id: replace(one, **stated)})


def whole() -> Catalogue:
    """`a:w` with parts `a:p` and `a:q`, rows at the whole and at one part."""
    provisions = [*members("a:w", "p", "q", exhaustive=True), provision("b:x"), provision("c:x"), provision("d:x")]
    rows = [
        row("a:p", EQ, "b:x", id="part", mapped_on=date(2026, 1, 1)),
        row("a:w", INT, "c:x", id="whole", mapped_on=date(2026, 7, 1)),
        row("c:x", EQ, "d:x", id="elsewhere", mapped_on=None),
    ]
    return catalogue(provisions, rows)


def rows_of(found: Impact) -> dict[str, tuple[tuple[str, ...], bool, bool | None]]:
    return {r.row.id: (r.at.names, r.at.whole_only, r.read_again) for r in found.rows}


# -- what changes ----------------------------------------------------------------------


def test_a_provision_changes_with_its_parts_and_touches_the_wholes_around_it() -> None:
    known = catalogue([*members("a:w", "p"), provision("a:p.1", parent="a:p")])
    affected = touching.of_provisions(known, ["a:p"])
    assert (set(affected.inside), set(affected.around)) == ({"a:p", "a:p.1"}, {"a:w"})
    assert affected.at(["a:w", "a:p.1"]) == (("a:p.1",), False)
    assert affected.at(["a:w"]) == (("a:w",), True)
    assert affected.at(["b:x"]) == ((), True)


@pytest.mark.parametrize("change", ["replaced", "inserted", "deleted"])
def test_an_amended_unit_changes_with_all_its_parts(change: str) -> None:
    affected = affected_by(amended(whole(), "a:w", change), ["a"], [], DAYS)
    assert set(affected.inside) == {"a:w", "a:p", "a:q"}
    assert [(u.id, u.change, u.effective, u.enacted_by) for u in affected.units] == [("a:w", change, TODAY, "Act 1")]


def test_a_heading_that_is_replaced_touches_nothing_beside_itself() -> None:
    affected = affected_by(amended(whole(), "a:w", "heading-replaced"), ["a"], [], DAYS)
    assert [u.id for u in affected.units] == ["a:w"]
    assert (affected.inside, affected.around) == ({}, {})


def test_a_unit_amended_in_part_touches_the_parts_that_are_named_else_all() -> None:
    known = amended(whole(), "a:w", "partly-replaced")
    assert set(affected_by(known, ["a"], [], DAYS).inside) == {"a:w", "a:p", "a:q"}
    finer = Wording(None, "Another text.", Interval(TODAY, None), "Act 1", None, Source("a.ttl", 2))
    changed = replace(known.provisions["a:q"], wordings=(finer,))
    known = replace(known, provisions={**known.provisions, "a:q": changed})
    assert set(affected_by(known, ["a"], [], DAYS).inside) == {"a:w", "a:q"}
    assert set(affected_by(amended(known, "a:w", "replaced"), ["a"], [], DAYS).inside) == {"a:w", "a:p", "a:q"}


def test_a_change_that_no_amendment_accounts_for_is_still_a_change() -> None:
    known = whole()
    new = replace(known.provisions["a:q"], in_force=Interval(TODAY, None))
    affected = affected_by(replace(known, provisions={**known.provisions, "a:q": new}), ["a"], [], DAYS)
    assert [(u.id, u.change, u.effective, u.enacted_by) for u in affected.units] == [("a:q", "inserted", TODAY, None)]


def test_the_end_of_an_edition_touches_all_of_it() -> None:
    known = catalogue([provision("a:x"), provision("b:x")], editions=[edition("a", in_force=Interval(None, TODAY))])
    affected = affected_by(known, ["a"], [], DAYS)
    assert [(u.id, u.change, u.effective) for u in affected.units] == [("a", "is no longer in force", date(2026, 6, 2))]
    assert set(affected.inside) == {"a:x"}


def test_only_changes_between_the_days_count_and_the_later_day_wins() -> None:
    known = amended(whole(), "a:p", "replaced", date(2026, 3, 1))
    assert affected_by(known, ["a"], [], (date(2026, 3, 1), date(2026, 12, 31))).units == ()
    again = amended(known, "a:w", "replaced", date(2026, 9, 1))
    affected = affected_by(again, ["a"], [], DAYS)
    assert affected.since(["a:p"]) == date(2026, 9, 1)
    assert affected.since(["b:x"]) is None


@pytest.mark.parametrize(
    ("editions", "provisions", "between", "says"),
    [
        ([], [], None, "nothing is named"),
        (["a", "b"], [], None, "a framework stands alone"),
        (["a"], ["b:x"], None, "a framework stands alone"),
        ([], ["b:x"], DAYS, "days go with a framework"),
        (["a"], [], DAYS[::-1], "lies after"),
    ],
)
def test_what_cannot_be_asked_is_refused(editions: list[str], provisions: list[str], between: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        affected_by(whole(), editions, provisions, between)


# -- rows ------------------------------------------------------------------------------


def test_a_row_judged_before_the_change_is_to_be_read_again() -> None:
    found = of(amended(whole(), "a:p", "replaced"), "a", between=DAYS)
    assert rows_of(found) == {"part": (("a:p",), False, True), "whole": (("a:w",), True, False)}
    undated = whole()
    rows = tuple(replace(r, mapped_on=None) for r in undated.mappings)
    found = of(amended(replace(undated, mappings=rows), "a:p", "replaced"), "a", between=DAYS)
    assert [r.read_again for r in found.rows] == [True, True]


def test_where_a_change_is_only_supposed_no_row_is_older_than_it() -> None:
    assert rows_of(of(whole(), "a:p")) == {"part": (("a:p",), False, None), "whole": (("a:w",), True, None)}
    assert set(rows_of(of(whole(), "c"))) == {"whole", "elsewhere"}


def test_rows_of_every_status_are_listed_and_so_are_judged_absences() -> None:
    rows = [
        row("a:x", EQ, "b:x", id="old", status="rejected"),
        row("a:x", Relation.NO_RELATIONSHIP, "sssom:NoTermFound", id="none"),
    ]
    known = catalogue([provision("a:x"), provision("b:x")], rows)
    assert set(rows_of(of(known, "a:x"))) == {"old", "none"}


# -- claims ----------------------------------------------------------------------------


def claims_of(found: Impact) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {(c.start, c.provision): (c.degree, c.left) for c in found.claims}


def test_claims_through_what_changes_are_listed_with_what_is_left_of_them() -> None:
    rows = [
        row("a:x", EQ, "b:x", 0.9, id="one"),
        row("b:x", EQ, "c:x", 0.9, id="two"),
        row("a:x", INT, "c:x", 0.5, id="beside"),
    ]
    known = catalogue([provision(f"{e}:x") for e in "abcd"], rows)
    found = of(known, "b:x")
    assert claims_of(found) == {
        ("a:x", "b:x"): (F, N),
        ("a:x", "c:x"): (F, P),
        ("b:x", "a:x"): (F, N),
        ("b:x", "c:x"): (F, N),
        ("c:x", "a:x"): (F, P),
        ("c:x", "b:x"): (F, N),
    }
    through = {(c.start, c.provision): (c.through, c.rows) for c in found.claims}
    assert through["a:x", "c:x"] == (("b:x",), ("one", "two"))


def test_a_claim_that_stands_on_a_row_at_a_whole_around_the_change_is_in_doubt() -> None:
    found = of(whole(), "a:q")
    told = {(c.start, c.provision): c for c in found.claims}
    assert (told["a:w", "c:x"].through, told["a:w", "c:x"].rows, told["a:w", "c:x"].left) == ((), ("whole",), N)
    assert ("a:p", "b:x") not in told


def _passes(known: Catalogue, index: Index, ends: tuple[str, str], inside: Iterable[str]) -> bool:
    proof = index.derivation([ends[0]], ends[1])
    assert proof is not None
    names = {ends[0], *(s.conclusion for s in proof.steps), *(p for s in proof.steps for p in s.premises)}
    rows = {same.id for r in proof.rows for same in reach.together(known, r)}
    at = {r.id for r in known.mappings if {r.subject, r.object} & set(inside)}
    return bool(names & set(inside) or rows & at)


def test_exactly_the_claims_whose_proof_passes_through_are_listed() -> None:
    listed = compared = 0
    for world in islice(made(of_case=False), 15):
        known = world.catalogue
        index = Index(known, world.context({}))
        for name in list(world.nodes)[::5]:
            affected = touching.of_provisions(known, [name])
            found = impact(index, NO_RULES, affected, OPTIONS)
            told = {(c.start, c.provision) for c in found.claims}
            around = {r.row.id for r in found.rows if r.at.whole_only}
            for start in reach.starts(index):
                for end, best in reach.beyond(known, start, index.claims(start)).items():
                    passes = _passes(known, index, (start, end), affected.inside)
                    same = {s.id for r in known.mappings if r.id in around for s in reach.together(known, r)}
                    assert ((start, end) in told) == (passes or bool(same & set(best.rows)))
                    compared += 1
            listed += len(told)
            assert all(c.left <= c.degree for c in found.claims)
    assert listed > 100
    assert compared > listed


# -- what hangs on a text --------------------------------------------------------------


def test_evidence_questions_references_and_suggestions_are_found_where_they_point() -> None:
    provisions = [
        *members("a:w", "p", "q"),
        provision("a:r", refers_to=("a:p",)),
        provision("a:s", refers_to=("a:w",)),
        provision("a:u", refers_to=("a:q",)),
        provision("b:act", kind="SuggestedAction", suggested_for=("a:p",)),
    ]
    known = catalogue(provisions, triggers=[trigger("a:t", "a:p"), trigger("a:other", "a:q")])
    asks = EvidenceRequirement(
        "a:e", ("a:p",), "A record", (), None, None, None, None, None, False, None, Source("a.ttl", 1)
    )
    known = replace(known, evidence={"a:e": asks, "a:f": replace(asks, id="a:f", required_by=("a:q",))})
    found = of(known, "a:p")
    assert [(e.id, at.names) for e, at in found.evidence] == [("a:e", ("a:p",))]
    assert [(t.id, at.names) for t, at in found.triggers] == [("a:t", ("a:p",))]
    assert [(p.id, at.names, at.whole_only) for p, at in found.references] == [
        ("a:r", ("a:p",), False),
        ("a:s", ("a:w",), True),
    ]
    assert [p.id for p, _ in found.suggested_actions] == ["b:act"]
    assert found.records is None


def test_rules_that_enforce_a_clause_are_found(library: Library) -> None:
    found = weighing.impact(library, ["iso42001:10.2"], None, Options(AS_OF))
    codes = {rule.code for rule, _ in found.rules}
    iris = {library.catalogue.provisions[p].iri for p in found.affected.inside}
    assert codes >= {r.code for r in library.rules.rules if iris & set(r.provisions)}
    assert len(codes) > 10


def test_the_saved_question_lists_the_same_things(library: Library) -> None:
    for name in ("aiact:art-72", "iso42001:10.2", "airmf:MANAGE-4.3"):
        found = weighing.impact(library, [name], None, Options(AS_OF))
        table = questions.ask(library, "impact", {"provision": name}, AS_OF, "double-read")
        cells = [dict(zip(table.columns, line, strict=True)) for line in table.rows]
        said: dict[str, set[str]] = {}
        for cell in cells:
            kind, what = cell["kind"], cell["what"]
            assert kind is not None
            assert what is not None
            said.setdefault(kind.value, set()).add(library.catalogue.curie(what.value))
        own = {p.id for p in library.catalogue.provisions.values() if p.id in found.affected.inside}
        assert said.get("mapping row", set()) == {r.row.id for r in found.rows if not r.at.whole_only}
        assert said.get("evidence asked for", set()) == {e.id for e, at in found.evidence if not at.whole_only}
        asked = {t.id for t, at in found.triggers if set(t.sets_off) & own}
        assert said.get("question that sets it off", set()) == asked
        pointing = {p.id for p, at in found.references if not at.whole_only}
        assert said.get("reference", set()) - own == pointing


# -- the law as it changed -------------------------------------------------------------


def test_the_amendments_of_july_2026_touch_what_they_amend(library: Library) -> None:
    days = (date(2026, 7, 1), AS_OF)
    found = weighing.impact(library, ["AI Act"], days, Options(AS_OF))
    told = impact_json(library.catalogue, found)
    assert told["counts"]["units"] == 81
    assert "aiact:art-72.3" in found.affected.inside
    assert "aiact:art-75" not in found.affected.inside  # its heading was replaced, beside finer changes
    assert {(c["from"], c["to"]) for c in told["claims"]} >= {("aiact:art-72.3", "airmf:MANAGE-4.1")}
    assert told["counts"]["read_again"] == 0  # every row is younger than the amendments
    older = tuple(replace(r, mapped_on=date(2026, 7, 26)) for r in library.catalogue.mappings)
    then = Library(replace(library.catalogue, mappings=older))
    assert impact_json(then.catalogue, weighing.impact(then, ["aiact"], days, Options(AS_OF)))["counts"][
        "read_again"
    ] == len(found.rows)


def test_an_edition_as_a_whole_takes_all_its_claims_along(library: Library) -> None:
    found = weighing.impact(library, ["nistrmf"], None, Options(AS_OF))
    assert {u.change for u in found.affected.units} == {"whole edition"}
    index = library.index(Options(AS_OF).context())
    every = {
        (start, end)
        for start in reach.starts(index)
        for end in reach.beyond(library.catalogue, start, index.remembered(start))
        if "nistrmf" in (library.catalogue.provisions[start].edition, library.catalogue.provisions[end].edition)
    }
    told = {(c.start, c.provision) for c in found.claims}
    assert every
    assert every <= told
    assert all(c.left is N for c in found.claims if (c.start, c.provision) in every)


# -- records ---------------------------------------------------------------------------


def test_records_that_name_what_changes_and_cases_handled_under_it_are_touched(records: Library) -> None:
    found = weighing.impact(records, ["iso42001:10.2"], None, Options(AS_OF)).records
    assert found is not None
    told = {r.record: r for r in found}
    assert told["NC-3"].handled_under
    assert (told["CA-7"].kind, told["CA-7"].case, told["CA-7"].names) == ("CorrectiveAction", "NC-3", ())
    named = weighing.impact(records, ["iso42001:A.6.2.6"], None, Options(AS_OF)).records
    assert named is not None
    assert [(r.record, r.names) for r in named if r.kind == "Nonconformity"] == [("NC-3", ("iso42001:A.6.2.6",))]


def test_answered_questions_are_touched_with_what_they_set_off(records: Library) -> None:
    found = weighing.impact(records, ["aiact:art-20.1"], None, Options(AS_OF)).records
    assert found is not None
    assert {(r.kind, r.case) for r in found if r.names} >= {("TriggerAnswer", "NC-3")}


def test_records_of_a_later_day_are_not_touched(records: Library) -> None:
    found = weighing.impact(records, ["iso42001:10.2"], None, Options(date(2026, 1, 1))).records
    assert found is not None
    assert "NC-3" not in {r.record for r in found}


# -- as people see it ------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("impact", "AI Act", "--from", "2026-07-01"),
        ("impact", "nistrmf"),
        ("impact", "iso42001:10.2", "aiact:art-20.1", "--records", str(CASES / "complete.ttl")),
    ],
    ids=" ".join,
)
def test_the_command_prints_what_the_function_says(run: Run, command: tuple[str, ...]) -> None:
    command = (*command, "--as-of", str(AS_OF))
    table = run(*command).out
    assert [line for line in table.splitlines() if len(line) > 80 or line != line.rstrip()] == []
    assert ("Records: " in table) == ("--records" in command)
    found = json.loads(run(*command, "--format", "json").out)
    lists = ("units", "rows", "claims", "evidence", "rules", "triggers", "references", "suggested_actions", "records")
    assert all(found["counts"][name] == len(found[name]) for name in lists)
    lines = list(csv.DictReader(run(*command, "--format", "csv").out.splitlines()))
    assert len(lines) == sum(found["counts"][name] for name in lists)


def test_a_limit_cuts_the_lists_and_says_so_and_never_the_counts(run: Run) -> None:
    found = json.loads(run("impact", "nistrmf", "--limit", 2, "--as-of", AS_OF, "--format", "json").out)
    assert found["truncated"]
    assert len(found["rows"]) == 2 < found["counts"]["rows"]


def test_what_is_not_touched_is_one_line_and_many_places_are_counted(run: Run) -> None:
    told = run("impact", "airmf:MANAGE-4.3", "--as-of", AS_OF).out
    assert "None of these: references from elsewhere." in told
    prepared = " ".join(run("impact", "nistrmf:P-1", "--as-of", AS_OF).out.split())
    assert "None of these: questions that set it off, references from elsewhere, suggested actions." in prepared
    assert ": 0" not in told
    at = ["aiact:art-3.49", *(f"aiact:art-73.{n}" for n in range(1, 12))]
    found = json.loads(run("impact", "airmf:MANAGE-4.3", "--as-of", AS_OF, "--format", "json").out)
    found["triggers"] = [{**found["triggers"][0], "at": at}]
    said = " ".join(tables.text(weighing_tables.impact(found)).split())
    assert "[aiact:art-3.49, aiact:art-73.1, aiact:art-73.2, aiact:art-73.3 and 8 more]" in said


def test_days_between_which_nothing_changed_say_so(run: Run) -> None:
    told = run("impact", "aiact", "--from", "2026-11-01", "--to", "2026-11-02", "--as-of", AS_OF).out
    assert told.startswith("Nothing changed after 2026-11-01, up to 2026-11-02, so nothing is touched.")


def test_rows_to_read_again_are_marked_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    from aims_graph.tables import weighing_tables
    from aims_graph.tables.tables import show

    known = amended(whole(), "a:p", "replaced")
    found = impact_json(known, of(known, "a", between=DAYS))
    show(weighing_tables.impact(found))
    said = " ".join(capsys.readouterr().out.split())
    assert "Mapping rows there: 2, of which 1 were judged before the change: read these again" in said
    assert "a:p equalTo b:x · double-read · judged 2026-01-01: read again" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("iso42001:10.9",), "'iso42001:10.9' is not a known provision"),
        (("aiact", "nistrmf"), "a framework stands alone"),
        (("iso42001:10.2", "--from", "2026-01-01"), "days go with a framework"),
        (("aiact", "--to", "2026-01-01"), "needs a first day"),
        (("aiact", "--from", "2027-01-01", "--to", "2026-01-01"), "lies after"),
        (("aiact", "--from", "July"), "--from 'July' is not a date"),
        (("aiact", "--role", "boss"), "'boss' is not a known role"),
    ],
)
def test_bad_input_says_what_is_wrong(run: Run, arguments: tuple[str, ...], says: str) -> None:
    ran = run("impact", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_record_of_several_cases_is_touched_by_what_it_names_itself(tmp_path: Path) -> None:
    text = (CASES / "complete.ttl").read_text(encoding="utf-8")
    prefixes = "\n".join(line for line in text.splitlines() if line.startswith("@prefix"))
    cases = "\n".join(
        f'ex:{n} a aims:Nonconformity ; dcterms:identifier "{n}" ; aims:detectedOn "2026-11-01"^^xsd:date .'
        for n in ("NC-8", "NC-9")
    )
    action = (
        'ex:CA-8 a aims:CorrectiveAction ; dcterms:identifier "CA-8" ; '
        "aims:correctiveActionFor ex:NC-8, ex:NC-9 ; dcterms:relation aiact:art-4 ."
    )
    (tmp_path / "several.ttl").write_text(f"{prefixes}\n{cases}\n{action}\n", encoding="utf-8")
    library = Library.open(record_files=[tmp_path / "several.ttl"])
    found = weighing.impact(library, ["aiact:art-4"], None, Options(AS_OF)).records
    assert found is not None
    assert [(r.record, r.case, r.names) for r in found] == [("CA-8", None, ("aiact:art-4",))]
