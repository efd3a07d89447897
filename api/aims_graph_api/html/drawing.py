"""The neighbourhood of a provision as boxes and curves of an SVG: where each stands and what it says, no markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aims_graph.ego import CENTRE, Link, Node, Picture

SIDE = 470  # from the middle to the middle of a column
BOX_WIDTH, BOX_HEIGHT = 250, 46
CENTRE_WIDTH = 220
BLOCK_PADDING = 12
MARGIN = 24
LONGEST_LINE = 34  # characters that fit a box
LONGEST_LABEL = 30  # characters that fit between the centre and a box
MORE = "more"


@dataclass(frozen=True)
class Box:
    """A provision, or a count of those left out; x and y are its upper left corner."""

    href: str | None
    lines: tuple[str, ...]
    title: str
    degree: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Where lines of text are centred."""
        return self.x + self.width // 2

    def baseline(self, number: int) -> int:
        """Where a line of text stands."""
        return self.y + self.height // 2 + 5 + round((number - (len(self.lines) - 1) / 2) * 17)


@dataclass(frozen=True)
class Curve:
    """A line from the centre to a box, with the relation beside the box."""

    path: str
    label: str
    title: str
    degree: str
    x: int
    y: int
    anchor: str  # start or end: on which side of the label the box is


@dataclass(frozen=True)
class Block:
    """The frame around the provisions of one framework."""

    label: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Drawing:
    """Everything to draw, in the coordinates of the view box."""

    heading: str
    blocks: tuple[Block, ...]
    curves: tuple[Curve, ...]
    boxes: tuple[Box, ...]
    left: int
    top: int
    width: int
    height: int


def draw(picture: Picture, href: Callable[[str], str], centre: str) -> Drawing:
    """Lay a picture out; `href` is the address of a provision, `centre` that of the one in the middle."""
    boxes = tuple(_box(node, href, centre) for node in picture.nodes)
    places = {node.id: box for node, box in zip(picture.nodes, boxes, strict=True)}
    blocks = tuple(_blocks(picture))
    shapes: list[Block | Box] = [*blocks, *boxes]
    top = min(s.y for s in shapes) - MARGIN
    bottom = max(s.y + s.height for s in shapes) + MARGIN
    left = -SIDE - BOX_WIDTH // 2 - BLOCK_PADDING - 2
    return Drawing(
        heading=picture.heading,
        blocks=blocks,
        curves=tuple(_curve(link, places[CENTRE], places[link.end]) for link in picture.links),
        boxes=boxes,
        left=left,
        top=top,
        width=-2 * left,
        height=bottom - top,
    )


def _box(node: Node, href: Callable[[str], str], centre: str) -> Box:
    lines = tuple(clip(line, LONGEST_LINE) for line in node.label.split("\n"))
    address = {CENTRE: centre, MORE: None}.get(node.degree, href(node.id))
    width = CENTRE_WIDTH if node.degree == CENTRE else BOX_WIDTH
    height = max(BOX_HEIGHT, 18 * len(lines) + 12)
    x = _side(node.x) * SIDE - width // 2
    return Box(address, lines, node.title or " ".join(lines), node.degree, x, node.y - height // 2, width, height)


def _side(x: int) -> int:
    return (x > 0) - (x < 0)


def _curve(link: Link, start: Box, end: Box) -> Curve:
    """A curve that leaves and arrives level, so that labels beside the boxes stay apart."""
    to_the_right = end.x > start.x
    x1, x2 = (start.x + start.width, end.x) if to_the_right else (start.x, end.x + end.width)
    y1, y2 = start.y + start.height // 2, end.y + end.height // 2
    half = (x1 + x2) // 2
    gap = BLOCK_PADDING + 6
    label_x, anchor = (x2 - gap, "end") if to_the_right else (x2 + gap, "start")
    path = f"M{x1} {y1}C{half} {y1} {half} {y2} {x2} {y2}"
    return Curve(
        path, clip(link.label, LONGEST_LABEL), f"{link.label}. {link.title}", link.degree, label_x, y2 - 6, anchor
    )


def _blocks(picture: Picture) -> list[Block]:
    """A frame from each framework's heading down to its last box."""
    frames = []
    for label, x, y in picture.blocks:
        below = sorted(other for _, column, other in picture.blocks if column == x and other > y)
        ends = [n.y for n in picture.nodes if n.x == x and n.y > y and (not below or n.y < below[0])]
        left = _side(x) * SIDE - BOX_WIDTH // 2 - BLOCK_PADDING
        bottom = max([y, *ends]) + BOX_HEIGHT // 2 + BLOCK_PADDING
        frames.append(Block(clip(label, LONGEST_LINE), left, y - 6, BOX_WIDTH + 2 * BLOCK_PADDING, bottom - y + 6))
    return frames


def clip(text: str, most: int) -> str:
    """Text of at most so many characters, with an ellipsis where some are left out.

    >>> clip("Nonconformity", 6)
    'Nonco…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
