"""What-else answers as JSON text; what is the same in many answers is written once.

Kept are the texts of each answer, of each step of a proof, which many answers share, and of each question. The answer
to a request is put together of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

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
from aims_graph.model import Step
from aims_graph.outcomes import Outcomes

T = TypeVar("T")
MOST = 50_000  # things of a kind that are kept in writing; then the oldest go
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
        known = self._known
        try:
            return b",".join([known[id(part)][1] for part in parts])
        except KeyError:
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


class Written:
    """The answers, the edges of their proofs, and the questions that events raise, which many requests share."""

    def __init__(self, most: int = MOST) -> None:
        self.steps: Parts[Step] = Parts(lambda step: orjson.dumps(step_json(step)), most)
        self.triggers: Parts[TriggerLine] = Parts(lambda line: orjson.dumps(trigger_json(line)), most)
        self.answers: Parts[Answer] = Parts(self._answer, most)

    def what_else(self, answer: WhatElse) -> bytes:
        """A whole answer: the text of `what_else_json`."""
        before, between, after = orjson.dumps(what_else_json(answer, _held, _held)).split(PLACE)
        answers, triggers = self.answers.listed(answer.answers), self.triggers.listed(answer.triggers)
        return b"%b[%b]%b[%b]%b" % (before, answers, between, triggers, after)

    def prepare(self, outcomes: Outcomes, context: Context) -> None:
        """Work out what follows from each provision in a context, and write the answers, as far as there is room."""
        for outcome in outcomes.prepare(context):
            self.answers.listed([outcome.answer(prospect.provision) for prospect in outcome.prospects])
            self.triggers.listed(outcome.triggers)

    def _answer(self, answer: Answer) -> bytes:
        before, _, after = orjson.dumps(answer_json(answer, _held)).partition(PLACE)
        return b"%b[%b]%b" % (before, self.steps.listed(told_steps(answer.derivation)), after)


def _held(_: object) -> orjson.Fragment:
    """What stands for text that is put in."""
    return HELD
