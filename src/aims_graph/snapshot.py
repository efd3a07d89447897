"""The catalogue as built once: a later start reads it back.

A snapshot is named by a hash of every data file, of the code that builds it and
of the Python version, so it can be absent but never stale. It lies in
`AIMS_CACHE` (an absolute path; else `$XDG_CACHE_HOME/aims-graph`, else
`~/.cache/aims-graph`); `AIMS_CACHE=off` builds anew each time. Only a file that
belongs to the user and that nobody else can write is read, and reading creates
only the values named in `_KNOWN`: it runs no code.
"""

from __future__ import annotations

import gc
import hashlib
import io
import os
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aims_graph import catalogue, model
from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.files import DataFile

KEPT = 4  # snapshots of a kind in the folder; the oldest go first
_CODE = ("build", "catalogue", "model", "relations", "reviews", "sssom", "turtle", "vocab")  # what decides its content
_MAKERS = {"patterns": ("checking/query_patterns",)}  # kind of thing remembered, to what decides its content
_KNOWN = {
    ("aims_graph.catalogue", "Catalogue"),
    ("aims_graph.checking.query_patterns", "Pattern"),
    ("aims_graph.relations", "Relation"),
    ("builtins", "frozenset"),
    ("datetime", "date"),
    *(("aims_graph.model", name) for name in vars(model) if name[0].isupper()),
}


def load(files: Sequence[DataFile]) -> Catalogue:
    """The catalogue of these files, from a snapshot if there is one; raises as `catalogue.load` does."""
    folder = _folder()
    if folder is None:
        return catalogue.load(files)
    digest = catalogue.digest(files)
    path = folder / f"{_key(digest)}.catalogue"
    found = _read(path)
    if isinstance(found, Catalogue):
        loaded = replace(found, files=tuple(files))
    else:
        loaded = catalogue.load(files)
        _write(path, replace(loaded, files=()))
    loaded.__dict__["digest"] = digest  # computed once
    return loaded


def remembered(kind: str, content: str, make: Callable[[], Any]) -> Any:
    """What is made from a content, from the folder of snapshots if it was made before; plain values only.

    `kind` is the ending of its file, and names the part of the program that makes it.
    """
    folder = _folder()
    if folder is None:
        return make()
    path = folder / f"{_key(hashlib.sha256(content.encode()).hexdigest(), *_MAKERS[kind])}.{kind}"
    found = _read(path)
    if found is None:
        found = make()
        _write(path, found)
    return found


def _folder() -> Path | None:
    named = os.environ.get("AIMS_CACHE", "")
    if named.lower() == "off":
        return None
    if named:
        if not Path(named).is_absolute():
            raise InputError(f"AIMS_CACHE '{named}' is not an absolute path. Give one, or 'off'.")
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        home = Path(base) if base else Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return home / "aims-graph" if home.is_absolute() and home != Path("/.cache") else None


def _key(what: str, *makers: str) -> str:
    found = hashlib.sha256(f"{sys.implementation.cache_tag} {what}".encode())
    for module in makers or _CODE:
        found.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return found.hexdigest()[:32]


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a catalogue")
        return super().find_class(module, name)


def _is_ours(path: Path) -> bool:
    """Whether a folder or file belongs to this user, and nobody else can write to it."""
    if not hasattr(os, "geteuid"):
        return True
    found = path.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(path: Path) -> object:
    collecting = gc.isenabled()
    gc.disable()  # thousands of values come to life at once, and none of them is garbage
    try:
        if not (_is_ours(path.parent) and _is_ours(path)):
            return None
        found: object = _Reader(io.BytesIO(path.read_bytes())).load()
    except Exception:  # noqa: BLE001  whatever is wrong with a snapshot, building anew mends it
        return None
    finally:
        if collecting:
            gc.enable()
    return found


def _write(path: Path, built: object) -> None:
    """Write the whole file or nothing; a folder that cannot be written to only costs time."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            pickle.dump(built, part, pickle.HIGHEST_PROTOCOL)
        try:
            Path(part.name).replace(path)
        finally:
            Path(part.name).unlink(missing_ok=True)
        ages = sorted(path.parent.glob(f"*{path.suffix}"), key=lambda p: p.stat().st_mtime)
        for old in ages[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
