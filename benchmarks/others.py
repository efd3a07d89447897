"""Other ways of answering, on the same made-up data: how long they take, and which of their claims do not follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from aims_graph.indexing.index import Index
from aims_graph.relations import Degree
from benchmarks import measuring, published, truth, values, worlds
from benchmarks.measuring import Section, Table
from benchmarks.published import Claims, Rival

SEED = 20261122


def measure(quick: bool) -> Section:
    """All of it."""
    world = worlds.world(1_000, 3_000, 5, SEED)
    truth.check(world)
    index = Index(values.of(world), values.CONTEXT)
    mapped = sorted({end for row in world.rows for end in (row.subject, row.object)})
    starts = mapped[:: 4 if quick else 1]
    ours = _ours(world, index)
    section = Section()
    lines = [_judged(world, starts, Rival("ours", ours, "the best proof of each claim"))]
    for rival in published.all_of(world):
        first, second = measuring.calls_in_turns(rival.asking, ours, starts, repeats=1)
        section.rows.append(measuring.compared(f"claims_{rival.name}_vs_ours", first, second, rival.differs))
        lines.append(_judged(world, starts, rival))
    columns = ("answered by", "claims", "full", "do not follow", "false here", "left out")
    about = (
        f"Claims on provisions of other frameworks from {len(starts)} provisions, all rows being true. Do not follow: "
        "not in the closure of rows and hierarchy under the transfer rules. False here: untrue of the very sets from "
        "which the rows were read, so no reading of the rows can defend it. Left out: in that closure, and not claimed "
        "(ours: chains that visit a framework twice)."
    )
    section.tables.append(Table("What others claim on the same data", columns, tuple(lines), about))
    section.tables.append(_numbers(world, index, starts))
    differences = tuple((r.name, r.differs) for r in published.all_of(world))
    section.tables.append(Table("What each answers differently", ("answered by", "difference"), differences))
    return section


def _ours(world: worlds.World, index: Index) -> Callable[[int], Claims]:
    names = world.names
    numbers = {name: number for number, name in enumerate(names)}

    def ask(start: int) -> Claims:
        return {numbers[c.provision]: c.degree for c in index.claims(names[start]).values()}

    return ask


def _judged(world: worlds.World, starts: list[int], rival: Rival) -> tuple[str, ...]:
    edges, framework = truth.links(world), world.framework.tolist()
    counted: Counter[str] = Counter()
    for start in starts:
        follows = truth.entailed(world, edges, start)
        claimed = rival.asking(start)
        for end, degree in claimed.items():
            if framework[end] != framework[start]:
                counted["claims"] += 1
                counted["full"] += degree is Degree.FULL
                counted["do not follow"] += degree > follows.get(end, Degree.NONE)
                counted["false here"] += truth.is_false(world, start, end, degree)
        missing = (end for end, degree in follows.items() if degree > claimed.get(end, Degree.NONE))
        counted["left out"] += sum(framework[end] != framework[start] for end in missing)
    return (rival.name, *(f"{counted[c]:,}" for c in ("claims", "full", "do not follow", "false here", "left out")))


def _numbers(world: worlds.World, index: Index, starts: list[int]) -> Table:
    """What adding up chains makes of confidence, beside the best proof of the same claim."""
    believed, numbers = published.noisy_or_beliefs(world), {name: n for n, name in enumerate(world.names)}
    pairs = [
        (believed(start).get(numbers[claim.provision], 0.0), claim.confidence)
        for start in starts[::5]
        for claim in index.claims(world.names[start]).values()
        if claim.rows and claim.confidence is not None
    ]
    above = [(added, best) for added, best in pairs if added > best + 1e-9]
    mean = sum(added for added, _ in above) / len(above), sum(best for _, best in above) / len(above)
    line = (f"{len(pairs):,}", f"{len(above):,}", f"{mean[0]:.3f}", f"{mean[1]:.3f}")
    about = "Of claims that follow. Chains that no relation composes, and rows counted twice, raise the number."
    columns = ("claims", "number raised", "mean, all chains added up", "mean of the best proof")
    return Table("What adding up chains does to confidence", columns, (line,), about)
