"""The planning questions for names as people type them: gaps, what is left, and plans."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from aims_graph import gaps, planning, recorded, residuals
from aims_graph.errors import AimsGraphError, InputError, UnknownName
from aims_graph.files import read_text
from aims_graph.indexing import duties
from aims_graph.library import Library
from aims_graph.relations import Degree
from aims_graph.trace import Options

DIGITS = 30  # of a cost, on either side of the point


def find_gaps(library: Library, done: Iterable[str], options: Options, every: bool = False) -> gaps.Gaps:
    """Which duties are not covered when some things are done, or by the records that are loaded."""
    things = _named(library, done)
    options = library.informed(options)
    found = None
    if library.records is not None:
        day = options.as_of
        known = library.cases(day), library.findings(day)
        found = recorded.read(library.catalogue, library.records, *known, options.context())
    return gaps.gaps(library.catalogue, things, options, found, every)


def find_residual(library: Library, done: Iterable[str], of: str, options: Options) -> residuals.Residual:
    """What is left of one thing when others are done."""
    things, (whole,) = _named(library, done), _named(library, [of])
    return residuals.residual(library.catalogue, things, whole, library.informed(options))


@dataclass(frozen=True)
class Wish:
    """What a plan is asked for: duties to close, actions to choose from, what is done, what actions cost."""

    targets: Sequence[str]
    sources: Sequence[str]
    done: Sequence[str]
    costs: planning.Costs
    degree: Degree
    seconds: float


def find_plan(library: Library, wish: Wish, options: Options) -> planning.Plan:
    """The cheapest actions that close the targets."""
    options = library.informed(options)
    return planning.plan(
        library.catalogue,
        _named(library, wish.targets),
        options,
        sources=tuple(library.names.edition(s) for s in wish.sources),
        done=_named(library, wish.done),
        costs=wish.costs,
        degree=wish.degree,
        seconds=wish.seconds,
        index=library.index(options.context()),
    )


def _named(library: Library, texts: Iterable[str]) -> list[duties.Named]:
    return list(dict.fromkeys(_thing(library, text) for text in texts))


def _thing(library: Library, text: str) -> duties.Named:
    """The provision or framework that a text names; InputError for a record, which counts without being named."""
    try:
        return duties.named(library.catalogue, library.names, text)
    except UnknownName:
        if library.records is None or library.records.find(text) is None:
            raise
    raise InputError(
        f"'{text}' is a record. Name a provision or a framework: records that are loaded count as they are."
    )


def at_least_one(names: Sequence[str]) -> Sequence[str]:
    """The names; InputError where there is none."""
    if not names:
        raise InputError("no target was given. Name a provision or a framework.")
    return names


def at_least_two(names: Sequence[str]) -> Sequence[str]:
    """The names; InputError where there are fewer than two."""
    if len(names) < 2:
        raise InputError("two names are needed: what is done, and last what is asked about.")
    return names


# -- costs -------------------------------------------------------------------------------


def costs(library: Library, texts: Sequence[str], each: str) -> planning.Costs:
    """Costs from `ID=NUMBER` and from files with an id and a number on each line (CSV or TSV); later ones win."""
    stated: dict[str, Decimal] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        stated |= stated_costs(library, {name: value}, f"cost '{text}'") if equals else _from_file(library, Path(text))
    return planning.Costs(stated, each)


def stated_costs(library: Library, values: Mapping[str, object], where: str) -> dict[str, Decimal]:
    """Costs by names as people type them; InputError for what is no cost."""
    return {library.names.resolve(name): _cost(str(value), where) for name, value in values.items()}


def _cost(text: str, where: str) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise InputError(f"{where}: '{text.strip()}' is no cost. Give a number, 0 or more.")
    if abs(found.adjusted()) > DIGITS or abs(int(found.as_tuple().exponent)) > DIGITS:
        raise InputError(f"{where}: a cost has at most {DIGITS} digits before and after the point. Round it.")
    return found


def _from_file(library: Library, path: Path) -> dict[str, Decimal]:
    lines = read_text(path).splitlines()
    found: dict[str, Decimal] = {}
    for line, cells in enumerate(csv.reader(lines, delimiter="\t" if any("\t" in x for x in lines) else ","), 1):
        if not any(cell.strip() for cell in cells) or (line == 1 and _is_header(cells)):
            continue
        where = f"{path}:{line}"
        if len(cells) < 2:
            raise InputError(f"{where}: a line of costs holds an id and a number. For example: ID,3")
        try:
            found |= stated_costs(library, {cells[0]: cells[1]}, where)
        except InputError:
            raise
        except AimsGraphError as error:
            raise InputError(f"{where}: {error}") from error
    return found


def _is_header(cells: Sequence[str]) -> bool:
    """Whether the first line names its columns: plain words without an id or a number."""
    text = "".join(cells)
    return ":" not in text and not any(letter.isdigit() for letter in text)
