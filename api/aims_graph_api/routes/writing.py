"""What-else answers as JSON text; what is the same in many answers is written once.

What an outcome has to tell is kept in writing as one text, as long as the outcome is remembered: an answer takes its
parts from there. Kept too are the texts of steps of proofs, which many outcomes share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import orjson

from aims_graph.answers import (
    Answer,
    TriggerLine,
    WhatElse,
    answer_json,
    step_json,
    told_steps,
    trigger_json,
    what_else_json,
)
from aims_graph.chain import Context
from aims_graph.chosen import Chosen, Kept
from aims_graph.model import Step
from aims_graph.outcomes import Outcomes

T = TypeVar("T")
MOST = 50_000  # steps that are kept in writing; then the oldest go
PLACE = b"\0"  # stands where text is put in; no JSON text holds this byte
HELD = orjson.Fragment(PLACE)


class Parts(Generic[T]):
    """Things of one kind in writing, by identity: they are held, so that it stays theirs."""

    def __init__(self, write: Callable[[T], bytes], most: int = MOST) -> None:
        self._write, self._most = write, most
        self._known: dict[int, tuple[T, bytes]] = {}
        self._lock = Lock()

    def listed(self, parts: Sequence[T]) -> bytes:
        """The text of a list of them, without its brackets."""
        return b",".join([self._kept(part) for part in parts])

    def _kept(self, part: T) -> bytes:
        found = self._known.get(id(part))
        if found is not None:
            return found[1]
        found = part, self._write(part)
        with self._lock:  # threads write too
            while len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[id(part)] = found
        return found[1]

    def __len__(self) -> int:
        return len(self._known)


class Text:
    """Things in writing, one after the other with a comma between, and where each begins."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._whole = memoryview(b",".join(parts))
        self._starts = tuple(accumulate((len(part) + 1 for part in parts), initial=0))

    def listed(self, places: Sequence[int]) -> list[memoryview | bytes]:
        """What a list of those at some places consists of, without its brackets."""
        whole, starts = self._whole, self._starts
        found: list[memoryview | bytes] = []
        for first, last in _runs(places):
            if found:
                found.append(b",")
            found.append(whole[starts[first] : starts[last + 1] - 1])
        return found


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each run of places that follow each other.

    >>> list(_runs([0, 1, 2, 5, 7, 8])), list(_runs(range(3))), list(_runs([]))
    ([(0, 2), (5, 5), (7, 8)], [(0, 2)], [])
    """
    if not places:
        return
    if isinstance(places, range):  # what is not chosen from
        yield places[0], places[-1]
        return
    first = last = places[0]
    for place in places[1:]:
        if place != last + 1:
            yield first, last
            first = place
        last = place
    yield first, last


class Texts(Generic[T]):
    """What is kept of one kind, in writing, as long as it is kept."""

    def __init__(self, write: Callable[[T], bytes]) -> None:
        self._write = write
        self._known: WeakKeyDictionary[Kept[T], Text] = WeakKeyDictionary()
        self._lock = Lock()

    def of(self, kept: Kept[T]) -> Text:
        """All of it in writing."""
        found = self._known.get(kept)
        if found is None:
            found = Text([self._write(thing) for thing in kept.things])
            with self._lock:
                self._known[kept] = found
        return found

    def listed(self, things: Sequence[T]) -> list[memoryview | bytes]:
        """What a list of things consists of in writing, without its brackets."""
        if isinstance(things, Chosen):
            return self.of(things.kept).listed(things.places)
        return [b",".join([self._write(thing) for thing in things])]

    def __len__(self) -> int:
        return len(self._known)


class Written:
    """The answers, the edges of their proofs, and the questions that events raise, which many requests share."""

    def __init__(self, most: int = MOST) -> None:
        self.steps: Parts[Step] = Parts(lambda step: orjson.dumps(step_json(step)), most)
        self.triggers: Texts[TriggerLine] = Texts(lambda line: orjson.dumps(trigger_json(line)))
        self.answers = Texts(self._answer)

    def what_else(self, answer: WhatElse) -> bytes:
        """A whole answer: the text of `what_else_json`."""
        before, between, after = orjson.dumps(what_else_json(answer, _held, _held)).split(PLACE)
        answers, triggers = self.answers.listed(answer.answers), self.triggers.listed(answer.triggers)
        return b"".join([before, b"[", *answers, b"]", between, b"[", *triggers, b"]", after])

    def prepare(self, outcomes: Outcomes, context: Context) -> None:
        """Work out what follows from each provision in a context, and write the answers, as far as there is room."""
        for outcome in outcomes.prepare(context):
            self.answers.listed(outcome.answers(range(len(outcome.prospects))))
            self.triggers.of(outcome.triggers)

    def _answer(self, answer: Answer) -> bytes:
        before, _, after = orjson.dumps(answer_json(answer, _held)).partition(PLACE)
        return b"%b[%b]%b" % (before, self.steps.listed(told_steps(answer.derivation)), after)


def _held(_: Any) -> orjson.Fragment:
    """What stands for text that is put in."""
    return HELD
