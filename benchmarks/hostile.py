"""Input made to break a program: each case ends, or stops with a limit that says its name.

Each runs in a process of its own, with so much memory and so much time of the processor.
`python -m benchmarks.hostile CASE` runs one.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from aims_graph import sssom
from aims_graph.catalogue import Catalogue
from aims_graph.indexing.index import Claims, Index
from aims_graph.inference import MAX_CROSSED, infer
from aims_graph.model import Mapping, Provision
from aims_graph.relations import EQ, INT, Degree
from benchmarks import values
from benchmarks.measuring import Row, Section, Table, spoken

MEMORY = 8 * 1024**3  # bytes of address space
PROCESSOR = 60  # seconds of it
PATIENCE = 500  # seconds, on a machine that has other things to do
EDITIONS = 60


def _names(editions: int, each: int) -> list[str]:
    return [f"e{edition}:{number}" for edition in range(editions) for number in range(each)]


def clique(each: int) -> Catalogue:
    """Provisions of sixty editions, every pair of two editions mapped as equal."""
    names = _names(EDITIONS, each)
    return values.catalogue({n: values.provision(n) for n in names}, tuple(_all_pairs(names, each)))


def _all_pairs(names: list[str], each: int) -> Iterator[Mapping]:
    for i, one in enumerate(names):
        for j in range((i // each + 1) * each, len(names)):
            yield values.row(f"mapping:{i}-{j}", one, EQ, names[j], 0.5 + 0.4 * ((i * 7 + j * 13) % 17) / 17)


def siblings(count: int) -> Catalogue:
    """Two wholes of so many members, exhaustive; each member of the one equals one of the other."""
    provisions: dict[str, Provision] = {}
    for edition in ("a", "b"):
        whole = f"{edition}:0"
        provisions[whole] = values.provision(whole, whole=True, exhaustive=True)
        provisions |= {n: values.provision(n, whole) for i in range(count) for n in (f"{edition}:0.{i}",)}
    rows = tuple(values.row(f"mapping:{i}", f"a:0.{i}", EQ, f"b:0.{i}", 0.999) for i in range(count))
    return values.catalogue(provisions, rows)


def depth(levels: int) -> Catalogue:
    """Wholes with one member each, so many levels down; another framework's provision equals the lowest."""
    names = [f"a:{level}" for level in range(levels)]
    provisions = {
        name: values.provision(name, names[level - 1] if level else None, level < levels - 1, True)
        for level, name in enumerate(names)
    }
    provisions["b:0"] = values.provision("b:0")
    return values.catalogue(provisions, (values.row("mapping:0", "b:0", EQ, names[-1], 0.9),))


def many_rows(rows: int, provisions: int) -> Catalogue:
    """So many overlaps between provisions of fifty editions."""
    names = _names(50, provisions // 50)
    pairs = ((i % len(names), (i * 7919 + i // len(names) * 104729 + 1) % len(names)) for i in range(rows))
    made = tuple(values.row(f"mapping:{i}", names[a], INT, names[b], 0.9) for i, (a, b) in enumerate(pairs))
    return values.catalogue({n: values.provision(n) for n in names}, made)


# -- the cases ---------------------------------------------------------------------------


def _asked(known: Catalogue, *starts: str) -> str:
    index = Index(known, values.CONTEXT)
    found = index.claims(*starts)
    return f"{len(found):,} claims; {_limits(found)}"


def _limits(*answers: Claims) -> str:
    limited: set[str] = set().union(*(claims.limited for claims in answers))
    return f"limit named at {len(limited):,} provisions" if limited else "no limit met"


def _searched(known: Catalogue, *starts: str) -> str:
    found = infer(known, starts, values.CONTEXT)
    full = sum(claim.degree is Degree.FULL for claim in found.claims.values())
    kept = " ".join(found.limits(found.limited)).partition(" (")[2].partition(")")[0]
    named = [kept] * bool(kept) + [f"ended after {MAX_CROSSED:,} edges"] * found.stopped
    return f"{len(found.claims):,} claims, {full:,} full; {', '.join(named) or 'no limit met'}"


def _whole_of_siblings() -> str:
    index = Index(siblings(10_000), values.CONTEXT)
    claims = index.claims("a:0"), index.claims(*(f"a:0.{i}" for i in range(9_999)))
    whole, apart = (found["b:0"] for found in claims)
    proof = index.derivation(("a:0",), "b:0")
    if (whole.degree, apart.degree) != (Degree.FULL, Degree.PARTIAL) or proof is None:
        raise AssertionError("the whole is full from all members and partial from all but one")
    return f"full by {len(whole.rows):,} rows in {len(proof.steps):,} steps; {_limits(*claims)}"


def _depths() -> str:
    known = depth(1_000)
    index = Index(known, values.CONTEXT)
    claims = index.claims("b:0")
    top = claims["a:0"]
    proof = index.derivation(("b:0",), "a:0")
    if top.degree is not Degree.FULL or proof is None or len(known.descendants("a:0")) != len(known.ancestors("a:999")):
        raise AssertionError("the top is full by its one line of members")
    return f"top full in {len(proof.steps):,} steps; {_limits(claims)}"


def _lines_of_a_file() -> str:
    head = "".join(f"#{key}: {value}\n" for key, value in _HEADER.items())
    said = ("semapv:ManualMappingCuration", "0.9", "agent:a", "2026-06-01", "semantic", _REASON, "double-read")
    line = "\t".join(("mapping:{0}", "a:{0}", "strm:intersectsWith", "b:{0}", *said))
    text = head + "\t".join(sssom.REQUIRED) + "\n" + "\n".join(line.format(i) for i in range(1_000_000))
    parsed, problems = sssom.parse("hostile.sssom.tsv", text)
    if problems or len(parsed.rows) != 1_000_000:
        raise AssertionError(f"{len(parsed.rows)} rows, {problems[:1]}")
    return f"{len(parsed.rows):,} rows read"


_REASON = "They ask for the same thing here."
_HEADER = {
    "curie_map": "{a: https://example.org/a/, b: https://example.org/b/}",
    "mapping_set_id": "https://example.org/m",
    "license": "https://example.org/license",
    "subject_source": "https://example.org/a/",
    "object_source": "https://example.org/b/",
}


def _rows_in_memory() -> str:
    known = many_rows(1_000_000, 100_000)
    index = Index(known, values.CONTEXT)
    answers = [index.claims(start) for start in index.starts[::1000]]
    found = sum(map(len, answers))
    return f"{len(known.mappings):,} rows; {found:,} claims from 100 starts; {_limits(*answers)}"


CASES: dict[str, tuple[str, Callable[[], str]]] = {
    "pairs": ("60 editions, every pair equal, index", lambda: _asked(clique(1), "e0:0")),
    "pairs-searched": ("60 editions, every pair equal, full search", lambda: _searched(clique(1), "e0:0")),
    "pairs-5": ("60 editions of 5 provisions, 44,250 rows, index", lambda: _asked(clique(5), "e0:0")),
    "pairs-20": ("60 editions of 20 provisions, 708,000 rows, index", lambda: _asked(clique(20), "e0:0")),
    "pairs-5-searched": ("60 editions of 5 provisions, 44,250 rows, full search", lambda: _searched(clique(5), "e0:0")),
    "siblings": ("10,000 members, all needed, index", _whole_of_siblings),
    "siblings-searched": ("10,000 members, all needed, full search", lambda: _searched(siblings(10_000), "a:0")),
    "depth": ("1,000 levels, index", _depths),
    "depth-searched": ("1,000 levels, full search", lambda: _searched(depth(1_000), "b:0")),
    "rows": ("1,000,000 rows in memory, index", _rows_in_memory),
    "lines": ("1,000,000 lines of a mapping file", _lines_of_a_file),
}
SKIPPED_WHEN_QUICK = ("pairs-20", "siblings-searched", "rows", "lines")


def measure(quick: bool) -> Section:
    """Each case in its own process."""
    outcomes = {name: _apart(name) for name in CASES if not (quick and name in SKIPPED_WHEN_QUICK)}
    ended = sum(o.ended for o in outcomes.values())
    note = f"{ended} of {len(outcomes)} end or name the limit that stops them, in {PROCESSOR} s of processor and 8 GB"
    row = Row("hostile_inputs_that_end", ended / len(outcomes), None, None, "1", ended == len(outcomes), note)
    about = f"Each in a process that may take {PROCESSOR} s of the processor and 8 GB, start and input included."
    lines = tuple((CASES[name][0], o.said, o.took, o.peak) for name, o in outcomes.items())
    return Section([row], [Table("Hostile input", ("input", "outcome", "processor", "peak"), lines, about)])


class Outcome(NamedTuple):
    """How one case went."""

    said: str
    took: str
    peak: str
    ended: bool


def _apart(name: str) -> Outcome:
    command = [sys.executable, "-m", "benchmarks.hostile", name]
    try:
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return Outcome(f"DID NOT END in {PATIENCE} s", "", "", False)
    if ran.returncode == -signal.SIGXCPU:
        return Outcome("DID NOT END", f"> {PROCESSOR} s", "", False)
    if ran.returncode:
        last = ran.stderr.strip().splitlines()[-1:] or [f"killed by signal {-ran.returncode}"]
        return Outcome(f"FAILED: {last[0][:80]}", "", "", False)
    said, took, peak = ran.stdout.strip().split("\t")
    return Outcome(said, took, peak, True)


def main() -> None:
    """Run one case here, within the memory and the time of the processor allowed."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR + 5))
    outcome = CASES[sys.argv[1]][1]()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{outcome}\t{spoken((used.ru_utime + used.ru_stime) * 1e6)}\t{used.ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
