"""When Python looks for values that nobody holds any more: not while much is made that stays."""

from __future__ import annotations

import gc

YOUNG = 10_000  # values that come to life before the collector looks at them: a request leaves few behind


def rest() -> None:
    """Collect nothing for now: going through what is read once and kept is a fifth of the time that a start takes."""
    gc.disable()


def work() -> None:
    """Collect again, and leave alone for good what was made until now: to go through it takes longer than an answer."""
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    gc.enable()
