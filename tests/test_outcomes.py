"""What is remembered of each provision gives the very answers that are worked out without it, in bounded room."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import httpx
import orjson
import pytest
from conftest import AS_OF, CASES
from fastapi import FastAPI

from aims_graph import trace
from aims_graph.answers import what_else_json
from aims_graph.catalogue import Catalogue
from aims_graph.library import Library
from aims_graph.outcomes import Outcomes
from aims_graph.relations import Degree
from aims_graph.trace import Options
from aims_graph_api.app import create_app
from aims_graph_api.preparing import prepare, prepare_again
from aims_graph_api.routes.writing import Written

WIDE = ("iso42001:10.2", "iso27001:10.2", "mss:10.2", "aiact:art-20.1", "airmf:MANAGE-4.3", "aiact:art-113.d")
EDITIONS = ("iso42001", "mss", "aiact")  # the asker's own, one that is silent unless it is asked for, another


def told(catalogue: Catalogue, name: str, options: Options, outcomes: Outcomes | None = None) -> bytes:
    return orjson.dumps(what_else_json(trace.what_else(catalogue, [name], options, outcomes)))


def get(app: FastAPI, address: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return await client.get(address)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "asked",
    [
        Options(AS_OF),
        Options(AS_OF, roles=("provider",)),
        Options(AS_OF, roles=("deployer", "importer"), system_class="high-risk-annex-iii"),
        Options(AS_OF, trust="accepted"),
        Options(date(2028, 9, 1)),
        Options(date(2020, 2, 29), roles=("provider",)),
    ],
    ids=["everybody", "a role", "roles and a class", "signed rows", "later", "before the law"],
)
def test_what_is_remembered_gives_what_is_worked_out_anew_whatever_options_choose(
    library: Library, asked: Options
) -> None:
    catalogue, outcomes, written = library.catalogue, Outcomes(library.catalogue), Written()
    for name in (*WIDE, *list(catalogue.provisions)[::83]):
        own = catalogue.provisions[name].edition
        for chosen in (
            asked,
            replace(asked, frameworks=(own,)),
            replace(asked, frameworks=("mss", "aiact"), limit=2),
            replace(asked, min_degree=Degree.PARTIAL, limit=3),
        ):
            anew = told(catalogue, name, chosen)
            assert told(catalogue, name, chosen, outcomes) == anew, name
            assert written.what_else(trace.what_else(catalogue, [name], chosen, outcomes)) == anew, name


def test_what_is_prepared_is_at_hand_and_answers_as_it_does_anew(library: Library) -> None:
    catalogue, outcomes, written = library.catalogue, Outcomes(library.catalogue), Written()
    written.prepare(outcomes, Options(AS_OF).context())
    for name in (*WIDE, *list(catalogue.provisions)[::3]):
        found = trace.at_hand(catalogue, name, Options(AS_OF), outcomes)
        assert found is not None, name
        assert written.what_else(found) == told(catalogue, name, Options(AS_OF)), name


def test_a_day_counts_as_any_other_between_two_changes_and_never_across_one(library: Library) -> None:
    catalogue, outcomes = library.catalogue, Outcomes(library.catalogue)
    changes = {p.in_force.start for p in catalogue.provisions.values()} | {
        a.start for p in catalogue.provisions.values() for a in p.applies
    }
    days = sorted({c + timedelta(days=n) for c in changes if c is not None for n in (-1, 0, 1)} | {date.min, date.max})
    for day in days:
        for name in ("aiact:art-20.1", "aiact:art-26.5"):
            assert told(catalogue, name, Options(day), outcomes) == told(catalogue, name, Options(day)), (name, day)
    one = outcomes.of("iso42001:10.2", Options(AS_OF).context())
    assert outcomes.of("iso42001:10.2", Options(AS_OF + timedelta(days=1)).context()) is one


def test_no_more_is_remembered_than_there_is_room_for(library: Library) -> None:
    catalogue, room = library.catalogue, 600
    outcomes, written = Outcomes(catalogue, room), Written(50)
    written.prepare(outcomes, Options(AS_OF).context())
    for name in WIDE:
        for role in ("provider", "deployer"):
            options = Options(AS_OF, roles=(role,))
            assert written.what_else(trace.what_else(catalogue, [name], options, outcomes)) == told(
                catalogue, name, options
            )
            assert all(lines <= room for lines in outcomes.lines)
    assert all(outcomes.lines)
    assert len(written.steps) == 50
    assert len(written.answers) > len(written.triggers) > 0  # many raise the same questions: those are kept once
    del outcomes
    gc.collect()
    assert (len(written.answers), len(written.triggers)) == (0, 0)


def test_what_was_not_asked_about_for_longest_goes_first(library: Library) -> None:
    context = Options(AS_OF).context()
    first, second, third = "iso42001:10.2", "iso27001:10.2", "mss:10.2"
    needed = {name: Outcomes(library.catalogue).of(name, context).lines for name in (first, second, third)}
    outcomes = Outcomes(library.catalogue, sum(needed.values()) - 1)
    kept = outcomes.of(first, context)
    outcomes.of(second, context)
    assert outcomes.of(first, context) is kept
    outcomes.of(third, context)
    assert outcomes.remembered(first, context) is kept
    assert outcomes.remembered(second, context) is None
    assert Outcomes(library.catalogue, needed[first] - 1).remembered(first, context) is None


def test_threads_that_ask_at_once_are_told_the_same(library: Library) -> None:
    catalogue, outcomes, written = library.catalogue, Outcomes(library.catalogue, 600), Written(40)
    wanted = {name: told(catalogue, name, Options(AS_OF)) for name in WIDE}

    def ask(name: str) -> bool:
        return written.what_else(trace.what_else(catalogue, [name], Options(AS_OF), outcomes)) == wanted[name]

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(ask, WIDE * 6))


def test_libraries_of_other_records_share_what_is_remembered_and_are_told_of_their_own(library: Library) -> None:
    records = Library.open(record_files=[CASES / "complete.ttl"]).records
    assert records is not None
    other = library.with_records(records)
    assert other.outcomes is library.outcomes
    for name in WIDE:
        informed = other.informed(Options(AS_OF))
        assert other.what_else([name], Options(AS_OF)) == trace.what_else(library.catalogue, [name], informed)
        assert library.what_else([name], Options(AS_OF)) == trace.what_else(library.catalogue, [name], Options(AS_OF))
    assert other.what_else_at_hand(WIDE[0], Options(AS_OF)) is None  # what is recorded may have a name of that form


def test_data_that_is_read_anew_is_answered_from_at_once(library: Library) -> None:
    app = create_app(Library(library.catalogue), today=lambda: AS_OF)
    address = "/api/v1/provisions/iso42001:10.2/what-else"
    other = Library(library.catalogue.with_mappings(()))
    prepare_again(app, other)
    assert other.outcomes.lines == (0, 0)  # nothing was prepared before
    prepare(app)
    before = get(app, address)
    assert before.content == told(library.catalogue, "iso42001:10.2", Options(AS_OF))
    prepare_again(app, other)
    assert other.outcomes.lines[0] > 0
    app.state.serving.library = other
    after = get(app, address)
    assert after.content == told(other.catalogue, "iso42001:10.2", Options(AS_OF)) != before.content
    assert after.headers["ETag"] != before.headers["ETag"]


def test_midnight_asks_about_another_day(library: Library) -> None:
    days = [date(2026, 8, 1)]
    app = create_app(Library(library.catalogue), today=lambda: days[-1])
    for day in (date(2026, 8, 1), date(2026, 8, 2), date(2030, 1, 1)):
        days.append(day)
        found = get(app, "/api/v1/provisions/iso42001:10.2/what-else").content
        assert found == told(library.catalogue, "iso42001:10.2", Options(day))
