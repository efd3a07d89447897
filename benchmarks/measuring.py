"""Timing in turns: what is compared is measured in one run, alternately, and told with its spread.

Work of one thread is timed by the processor's clock for this process, so that
what else the machine does is in no figure; whole commands, parallel work, and
calls too short for that clock, by the clock on the wall.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TypeVar

REPEATS = 5  # calls of one side before it is the other's turn
T = TypeVar("T")
Clock = Callable[[], int]  # nanoseconds
CPU: Clock = time.process_time_ns
WALL: Clock = time.perf_counter_ns


@dataclass(frozen=True)
class Spread:
    """Times of one piece of work, in microseconds."""

    median: float
    low: float  # a quarter took less
    high: float  # a quarter took more
    p99: float  # the longest of a hundred; of fewer rounds, the longest
    rounds: int


@dataclass(frozen=True)
class Row:
    """One line of the main table: how much longer the first takes than the second, and whether that is enough."""

    name: str
    ratio: float
    first: Spread | None
    second: Spread | None
    wanted: str  # in words; empty where nothing is asked
    met: bool | None  # None where nothing is asked
    note: str

    def as_json(self) -> dict[str, object]:
        """The line as results.json keeps it; times in milliseconds."""
        found: dict[str, object] = {"name": self.name, "ratio": digits(self.ratio)}
        for side, times in (("first", self.first), ("second", self.second)):
            if times is not None:
                found[f"{side}_ms"] = digits(times.median / 1000)
                found[f"{side}_spread_ms"] = [digits(times.low / 1000), digits(times.high / 1000)]
                found[f"{side}_p99_ms"] = digits(times.p99 / 1000)
                found[f"{side}_rounds"] = times.rounds
        return found | {"wanted": self.wanted, "met": self.met, "note": self.note}


@dataclass(frozen=True)
class Table:
    """A further table: how something grows, or what is counted."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    about: str = ""


@dataclass
class Section:
    """What one part of the benchmark found."""

    rows: list[Row] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    peak_mb: float = 0.0  # most memory of the process that measured it
    seconds: float = 0.0

    def as_json(self) -> dict[str, object]:
        """All of it, for the process that started this one."""
        return asdict(self)

    @staticmethod
    def read(found: dict[str, list[dict[str, object]]]) -> Section:
        """The reverse of `as_json`."""
        rows = [_row(line) for line in found["rows"]]
        tables = [_table(line) for line in found["tables"]]
        return Section(rows, tables, float(str(found["peak_mb"])), float(str(found["seconds"])))


def _row(found: dict[str, object]) -> Row:
    sides = {side: Spread(**found[side]) if found[side] else None for side in ("first", "second")}  # type: ignore[arg-type]
    return Row(**{**found, **sides})  # type: ignore[arg-type]


def _table(found: dict[str, object]) -> Table:
    lines = tuple(tuple(line) for line in found["lines"])  # type: ignore[attr-defined]
    return Table(str(found["title"]), tuple(found["columns"]), lines, str(found["about"]))  # type: ignore[arg-type]


def spread(seconds: Sequence[float]) -> Spread:
    """Median, quartiles and the 99th of a hundred."""
    times = sorted(s * 1e6 for s in seconds)
    if len(times) == 1:
        return Spread(times[0], times[0], times[0], times[0], 1)
    low, middle, high = statistics.quantiles(times, n=4, method="inclusive")
    return Spread(middle, low, high, times[min(len(times) - 1, int(len(times) * 0.99))], len(times))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without the collector of cyclic garbage, on both sides alike."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def timed(work: Callable[[], T], clock: Clock = CPU) -> tuple[T, float]:
    """What a piece of work gives, and the seconds it took."""
    began = clock()
    found = work()
    return found, (clock() - began) / 1e9


def fastest(ways: dict[str, Callable[[], object]]) -> tuple[str, str]:
    """The name of the way that takes least, and what each took, in words."""
    times = {name: timed(work)[1] for name, work in ways.items()}
    told = ", ".join(f"{name} {spoken(seconds * 1e6)}" for name, seconds in times.items())
    return min(times, key=lambda name: times[name]), told


def in_turns(
    rounds: int, first: Callable[[], object], second: Callable[[], object], clock: Clock = CPU
) -> tuple[Spread, Spread]:
    """Two pieces of work, one after the other, so many times."""
    one, two = [], []
    for _ in range(rounds):
        with undisturbed():
            one.append(timed(first, clock)[1])
            two.append(timed(second, clock)[1])
    return spread(one), spread(two)


def calls(ask: Callable[[T], object], arguments: Sequence[T], clock: Clock = CPU) -> list[float]:
    """Seconds of each call, less what reading the clock takes."""
    free, found = _cost(clock), []
    for argument in arguments:
        began = clock()
        ask(argument)
        found.append(max(1, clock() - began - free) / 1e9)
    return found


def calls_in_turns(
    first: Callable[[T], object],
    second: Callable[[T], object],
    arguments: Sequence[T],
    repeats: int = REPEATS,
    short: bool = False,
) -> tuple[Spread, Spread]:
    """Each argument asked of both in turn, so many times in a row; with 1, always after the other's work.

    `short`: calls of the second are too short for the processor's clock.
    """
    one: list[float] = []
    two: list[float] = []
    with undisturbed():
        for argument in arguments:
            again = [argument] * repeats
            one += calls(first, again)
            two += calls(second, again, WALL if short else CPU)
    return spread(one), spread(two)


@cache
def _cost(clock: Clock) -> int:
    """What reading a clock takes."""
    found = []
    for _ in range(201):
        began = clock()
        found.append(clock() - began)
    return sorted(found)[100]


def compared(name: str, first: Spread, second: Spread, note: str, at_least: float | None = None) -> Row:
    """The line of a pair: how much longer the first takes, and whether it is as much as wanted."""
    value = first.median / second.median
    wanted = "" if at_least is None else f"at least {at_least:,g}"
    return Row(name, value, first, second, wanted, None if at_least is None else value >= at_least, note)


def bounded(name: str, first: Spread, second: Spread, note: str, at_most: float) -> Row:
    """The line of a pair whose ratio must stay small."""
    value = first.median / second.median
    return Row(name, value, first, second, f"at most {at_most:g}", value <= at_most, note)


def limited(name: str, measured: Spread, most_ms: float, note: str) -> Row:
    """The line of a time that must stay under a limit, nearly always: how often the 99th of a hundred fits into it."""
    value = most_ms * 1000 / measured.p99
    return Row(name, value, None, measured, f"p99 ≤ {most_ms:g} ms", value >= 1, note)


def digits(value: float) -> float:
    """Four digits."""
    return float(f"{value:.4g}")


def spoken(microseconds: float) -> str:
    """A time as people say it.

    >>> spoken(0.25), spoken(1234.0), spoken(2_500_000.0)
    ('0.25 µs', '1.23 ms', '2.5 s')
    """
    for most, unit, size in ((1e3, "µs", 1.0), (1e6, "ms", 1e3)):
        if microseconds < most:
            return f"{microseconds / size:.3g} {unit}"
    return f"{microseconds / 1e6:.3g} s"
