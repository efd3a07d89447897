"""What changed between two days, at the unit of the amending act, and what lint says of changes nobody accounts for."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date

import pytest
from conftest import AS_OF, DATA, Run

from aims_graph.history import history, history_json
from aims_graph.library import Library

KINDS = ("replaced", "inserted", "deleted", "partly-replaced", "partly-inserted", "heading-replaced")


def test_the_diff_lists_every_amended_unit_with_finer_changes_beneath(run: Run) -> None:
    ran = run("frameworks", "diff", "aiact", "--from", "2026-07-01", "--to", AS_OF, "--format", "json")
    found = json.loads(ran.out)
    assert len(found["changes"]) == 81
    assert found["unlisted"] == []
    assert Counter(c["change"] for c in found["changes"]) == Counter(
        {
            "replaced": 28,
            "inserted": 38,
            "deleted": 4,
            "partly-replaced": 7,
            "partly-inserted": 2,
            "heading-replaced": 2,
        }
    )
    by_unit = {c["provision"]: c for c in found["changes"]}
    assert [c["provision"] for c in by_unit["aiact:art-10.5"]["within"]] == [
        f"aiact:art-10.5.{letter}" for letter in "abcdef"
    ]
    assert {c["provision"] for c in by_unit["aiact:art-57"]["within"]} >= {"aiact:art-57.1", "aiact:art-57.10"}
    assert all(c["effect"] and c["enacted_by"] and c["source"] for c in found["changes"])


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [("2026-07-27", "2026-11-22", 0), ("2026-07-26", "2026-07-27", 81), ("2024-08-01", "2026-07-26", 0)],
)
def test_a_change_belongs_to_its_day(library: Library, start: str, end: str, count: int) -> None:
    edition = library.catalogue.editions["aiact"]
    found = history(library.catalogue, edition, date.fromisoformat(start), date.fromisoformat(end))
    assert len(found.changes) == count


def test_an_amendment_of_a_standard_and_the_end_of_an_edition_are_changes_too(library: Library) -> None:
    catalogue = library.catalogue
    found = history(catalogue, catalogue.editions["iso27001"], date(2024, 1, 1), date(2024, 12, 31))
    assert [(c.amendment.unit, c.amendment.effective) for c in found.changes] == [
        ("iso27001:4.1", date(2024, 2, 23)),
        ("iso27001:4.2", date(2024, 2, 23)),
    ]
    ended = history_json(
        catalogue, history(catalogue, catalogue.editions["iso27001-2013"], date(2025, 1, 1), date(2025, 12, 31))
    )
    assert ended["edition"] == [{"change": "is no longer in force", "effective": "2025-11-01"}]


def test_the_table_is_read_as_a_person_reads_it(run: Run) -> None:
    ran = run("frameworks", "diff", "AI Act", "--from", "2026-07-01", "--to", AS_OF)
    assert "aiact:art-10.5" in ran.out
    assert "81 changes: " in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "\n0 changes: none.\n" in run("frameworks", "diff", "aiact", "--from", "2026-08-01", "--to", AS_OF).out
    listed = run("frameworks", "diff", "aiact", "--from", "2026-07-01", "--to", AS_OF, "--format", "csv").out
    rows = list(csv.DictReader(listed.splitlines()))
    assert len([r for r in rows if not r["within"]]) == 81
    assert len(rows) > 81


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--from", "2026-07-01", "--to", "2026-01-01"), "lies after"),
        (("--from", "July", "--to", "2026-01-01"), "--from 'July' is not a date"),
        (("--from", "2026-07-01", "--to", "soon"), "--to 'soon' is not a date"),
    ],
)
def test_days_that_cannot_be_are_refused(run: Run, options: tuple[str, ...], says: str) -> None:
    ran = run("frameworks", "diff", "aiact", *options)
    assert ran.code == 2
    assert says in ran.err


def test_counts_are_of_the_text_of_the_day(run: Run) -> None:
    def counts(day: str) -> dict[str, int]:
        listed = json.loads(run("frameworks", "--as-of", day, "--format", "json").out)["frameworks"]
        return dict(next(f["counts"] for f in listed if f["id"] == "aiact"))

    assert (counts("2026-07-26")["Article"], counts("2026-07-27")["Article"]) == (113, 119)
    assert (counts("2026-07-26")["Annex"], counts("2026-07-27")["Annex"]) == (13, 14)


def test_today_is_a_day_like_any_other(run: Run) -> None:
    ran = run("frameworks", "diff", "aiact", "--from", "2026-07-01", "--to", "today", "--format", "json")
    assert len(json.loads(ran.out)["changes"]) >= 81


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_ends_of_the_calendar_are_days(run: Run, day: str) -> None:
    assert run("frameworks", "diff", "aiact", "--from", day, "--to", day).code == 0
    assert run("frameworks", "--as-of", day).code == 0
    assert run("show", "aiact:art-20", "--as-of", day).code == 0


def test_a_text_of_another_day_says_so(run: Run) -> None:
    assert "Not in force on 2026-07-26." in run("show", "aiact:art-99.6a", "--as-of", "2026-07-26").out
    shown = run("show", "aiact:art-99.6a", "--as-of", AS_OF).out
    assert "Not in force" not in shown
    assert f"As of {AS_OF} · graph " in shown


@pytest.mark.parametrize("option", [("--as-of", "2026-01-01"), ("--format", "json"), ("--data", DATA)])
def test_options_before_the_subcommand_are_refused_not_ignored(run: Run, option: tuple[object, ...]) -> None:
    ran = run("frameworks", *option, "diff", "aiact", "--from", "2026-07-01")
    assert ran.code == 2
    assert "options stand after 'diff'" in ran.err
