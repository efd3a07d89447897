"""What-else answers as JSON text; what is the same in many answers is written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import orjson

from aims_graph.answers import WhatElse, step_json, trigger_json, what_else_json

T = TypeVar("T")
MOST = 20_000  # things of a kind that are kept in writing; beyond that it begins anew


class Parts(Generic[T]):
    """Things of one kind in writing, by identity: they are held, so that it stays theirs."""

    def __init__(self, as_json: Callable[[T], Any]) -> None:
        self._as_json = as_json
        self._known: dict[int, tuple[T, orjson.Fragment]] = {}

    def __call__(self, part: T) -> orjson.Fragment:
        """The text of one thing."""
        found = self._known.get(id(part))
        if found is None:
            if len(self._known) >= MOST:
                self._known = {}
            found = self._known[id(part)] = (part, orjson.Fragment(orjson.dumps(self._as_json(part))))
        return found[1]


class Written:
    """The edges of proofs and the questions that events raise, which many answers share."""

    def __init__(self) -> None:
        self._steps, self._triggers = Parts(step_json), Parts(trigger_json)

    def what_else(self, answer: WhatElse) -> bytes:
        """A whole answer: the text of `what_else_json`."""
        return orjson.dumps(what_else_json(answer, self._steps, self._triggers))
