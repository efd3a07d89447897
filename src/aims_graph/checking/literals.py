"""Literals as they are written: rdflib otherwise writes "01" as "1", and logs a trace for each that is ill-formed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

_LOCK = RLock()


@contextmanager
def literally() -> Iterator[None]:
    """While this lasts, rdflib keeps the words of literals; one at a time, because the switch is rdflib's own."""
    import rdflib

    log = logging.getLogger("rdflib.term")
    with _LOCK:
        before = rdflib.NORMALIZE_LITERALS, log.disabled
        rdflib.NORMALIZE_LITERALS, log.disabled = False, True
        try:
            yield
        finally:
            rdflib.NORMALIZE_LITERALS, log.disabled = before
