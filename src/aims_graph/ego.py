"""The neighbourhood of one provision as a picture's content: nodes, edges, places. No drawing here.

One block for each framework, at most `MAX_NODES` neighbours; what does not fit is
counted under its parent ("+12 more in A.8"). Places are computed, so that the
picture is the same every time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from aims_graph.answers import Answer, WhatElse
from aims_graph.catalogue import Catalogue
from aims_graph.model import Step
from aims_graph.relations import Degree

MAX_NODES = 25
MAX_PARENTS = 3  # of a framework, under which answers that do not fit are counted by name
ROW_HEIGHT = 64
COLUMN_WIDTH = 340
OFF_LINE = 11  # keeps the centre off every row: labels of exactly level lines are misplaced
CENTRE = "centre"


@dataclass(frozen=True)
class Node:
    """A box of the picture; x and y are its centre in pixels."""

    id: str
    label: str
    title: str
    framework: str
    degree: str  # full, partial, candidate, centre or more
    x: int
    y: int


@dataclass(frozen=True)
class Link:
    """A line between two boxes, labelled with the relation it stands for."""

    start: str
    end: str
    label: str
    title: str
    degree: str


@dataclass(frozen=True)
class Picture:
    """What is drawn: the blocks in order, their nodes and the links."""

    heading: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    blocks: tuple[tuple[str, int, int], ...]  # (framework label, x, y) of each block's heading
    width: int
    height: int


def around(catalogue: Catalogue, answer: WhatElse, maximum: int = MAX_NODES) -> Picture:
    """The picture of one what-else answer, the targets in the middle."""
    shown, hidden = _chosen(catalogue, answer.answers, maximum)
    blocks = _blocks(shown, hidden)
    columns = _two_columns(blocks)
    height = max(2, *(_rows(column) for column in columns)) * ROW_HEIGHT
    middle = height // 2 + OFF_LINE
    nodes = [Node(CENTRE, _centre_label(catalogue, answer), "", "", CENTRE, 0, middle)]
    links: list[Link] = []
    headings: list[tuple[str, int, int]] = []
    for side, column in zip((-1, 1), columns, strict=True):
        y = (height - _rows(column) * ROW_HEIGHT) // 2
        for framework, answers, more in column:
            label = catalogue.editions[framework].label
            headings.append((label, side * COLUMN_WIDTH, y))
            for found in answers:
                y += ROW_HEIGHT
                nodes.append(_node(found, framework, side * COLUMN_WIDTH, y))
                links.append(_link(found))
            for parent, count in more:
                y += ROW_HEIGHT
                text = f"+{count} more in {parent}"
                nodes.append(Node(f"more:{framework}:{parent}", text, text, framework, "more", side * COLUMN_WIDTH, y))
            y += ROW_HEIGHT
    heading = f"What {' and '.join(answer.target_labels)} also counts towards"
    return Picture(heading, tuple(nodes), tuple(links), tuple(headings), 4 * COLUMN_WIDTH, height + ROW_HEIGHT)


def _centre_label(catalogue: Catalogue, answer: WhatElse) -> str:
    named = [catalogue.provisions[t].notation if t in catalogue.provisions else t for t in answer.targets]
    editions = {catalogue.edition_of(t).label for t in answer.targets if t in catalogue.provisions}
    return "\n".join([*sorted(editions), *named])


def _chosen(
    catalogue: Catalogue, answers: Sequence[Answer], maximum: int
) -> tuple[list[Answer], dict[str, Counter[str]]]:
    """The first answers of each framework in turn up to the maximum; the rest counted by parent."""
    queues: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        queues[answer.framework].append(answer)
    taken: list[Answer] = []
    while len(taken) < maximum and any(queues.values()):
        for queue in queues.values():
            if queue and len(taken) < maximum:
                taken.append(queue.pop(0))
    hidden: dict[str, Counter[str]] = defaultdict(Counter)
    for framework, queue in queues.items():
        for answer in queue:
            parent = catalogue.provisions[answer.provision].parent
            name = catalogue.provisions[parent].notation if parent else catalogue.editions[framework].label
            hidden[framework][name] += 1
    return taken, hidden


def _counted(hidden: Counter[str]) -> list[tuple[str, int]]:
    """What does not fit, by parent; the smaller parents together."""
    named = hidden.most_common(MAX_PARENTS)
    rest = hidden.total() - sum(count for _, count in named)
    return sorted(named) + ([("other parts", rest)] if rest else [])


Block = tuple[str, list[Answer], list[tuple[str, int]]]


def _blocks(shown: list[Answer], hidden: dict[str, Counter[str]]) -> list[Block]:
    frameworks = dict.fromkeys([a.framework for a in shown] + list(hidden))
    return [(f, [a for a in shown if a.framework == f], _counted(hidden.get(f, Counter()))) for f in frameworks]


def _two_columns(blocks: list[Block]) -> tuple[list[Block], list[Block]]:
    """Blocks in order, cut where the two columns differ least in rows."""
    cut = min(range(len(blocks) + 1), key=lambda i: (abs(_rows(blocks[:i]) - _rows(blocks[i:])), -i))
    return blocks[:cut], blocks[cut:]


def _rows(blocks: list[Block]) -> int:
    """Rows that blocks take, each with one for its heading."""
    return sum(len(answers) + len(more) + 1 for _, answers, more in blocks)


def _node(answer: Answer, framework: str, x: int, y: int) -> Node:
    title = f"{answer.notation} {answer.title}: {answer.degree.word}. {answer.statement}"
    return Node(
        answer.provision, f"{answer.notation}\n{_short(answer.title)}", title, framework, answer.degree.word, x, y
    )


def _short(title: str, most: int = 34) -> str:
    return title if len(title) <= most else title[: most - 1].rsplit(" ", 1)[0] + "…"


def _link(answer: Answer) -> Link:
    steps = [s for s in answer.derivation.steps if s.premises]
    mapped = [s for s in steps if s.mapping is not None]
    label = " → ".join(_relation(s) for s in (mapped or steps))
    reasons = " ".join(s.mapping.rationale or "" for s in mapped if s.mapping)
    degree = answer.degree.word if answer.degree >= Degree.PARTIAL else "candidate"
    return Link(CENTRE, answer.provision, label, reasons, degree)


def _relation(step: Step) -> str:
    return step.relation or step.rule
