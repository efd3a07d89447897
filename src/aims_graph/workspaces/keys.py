"""The API keys of an organisation: made, rotated and revoked while a service runs, and never at rest themselves.

A key is `aims_<id>_<secret>`. The id is public; the secret is 256 random bits, of which `keys.json` holds the SHA-256
alone. That is enough: a slow or salted hash defends words that people choose, which can be guessed; nobody tries 2^256
secrets, and no two are equal. Hashes are compared in constant time.

Who made, rotated or revoked which key, and when, stands in the `history` of the same file and not in the audit log,
since a running service holds the log for itself. A backup leaves the file out: an old copy would bring keys back that
were revoked since.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from aims_graph.errors import DataError, InputError, OutputError, Problem
from aims_graph.workspaces.auditlog import sync_folder
from aims_graph.workspaces.workspace import read_settings, stamp

FILE, LOCK = "keys.json", "keys.lock"
FORMAT = 1
SCOPES = ("read", "write", "admin")  # each includes those before it
LONGEST_NAME = 100
_ID, _SECRET_BYTES = 12, 32
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # those that are not taken for another
_KEY = re.compile(r"aims_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_NOBODY = hashlib.sha256(b"").hexdigest()
_OTHERS_WRITE = 0o022


@dataclass(frozen=True)
class Key:
    """What is known of a key at rest; moments are UTC as the audit log writes them."""

    id: str
    name: str  # who or what it is for; writes with it are signed so
    scopes: tuple[str, ...]
    created: str
    hash: str  # SHA-256 of the secret
    expires: str | None = None  # from this moment on it is not taken
    revoked: str | None = None
    rotated_from: str | None = None  # the id of the key whose place it took

    def state(self, now: datetime) -> str:
        """`valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= stamp(now) else "valid"

    def told(self, now: datetime) -> dict[str, Any]:
        """All that may be shown of it: neither secret nor hash."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": list(self.scopes),
            "created": self.created,
            "expires": self.expires,
            "revoked": self.revoked,
            "rotated_from": self.rotated_from,
            "state": self.state(now),
        }


@dataclass(frozen=True)
class Made:
    """A new key with its secret, which nobody can show again."""

    key: Key
    text: str

    def __repr__(self) -> str:
        return f"Made({self.key.id})"


@dataclass(frozen=True)
class Event:
    """One change to the keys: who did what to which, and when."""

    at: str
    who: str
    what: str
    key: str


@dataclass(frozen=True)
class Keyring:
    """The keys of one organisation as its file holds them."""

    keys: tuple[Key, ...] = ()
    history: tuple[Event, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Key]:
        """The keys by their ids."""
        return {key.id: key for key in self.keys}


def included(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with those that they include.

    >>> sorted(included(["write"]))
    ['read', 'write']
    """
    highest = max((SCOPES.index(scope) for scope in scopes), default=-1)
    return frozenset(SCOPES[: highest + 1])


def split(text: str) -> tuple[str, str] | None:
    """The id and the secret of what may be a key; None for anything else."""
    found = _KEY.fullmatch(text)
    return None if found is None else (found[1], found[2])


def fits(key: Key | None, secret: str) -> bool:
    """Whether a secret is that of a key, found out in the same time for any key and for none."""
    wanted = _NOBODY if key is None else key.hash
    return hmac.compare_digest(_hash(secret), wanted) and key is not None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# -- the file --------------------------------------------------------------------------


def read(folder: Path) -> Keyring:
    """The keys of a workspace, none where it has no file of them.

    Raises DataError for a file that cannot be read, is not as it was written, or may be written by other users.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS_WRITE:
                fix = f"Run 'chmod 600 {path}' after a look at who has keys."
                raise DataError([Problem(str(path), None, "other users of this machine may change the keys.", fix)])
            found = json.load(file)
        if found["format"] != FORMAT:
            raise ValueError
        keys = tuple(Key(**{**key, "scopes": tuple(key["scopes"])}) for key in found["keys"])
        return Keyring(keys, tuple(Event(**event) for event in found["history"]))
    except FileNotFoundError:
        return Keyring()
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"the keys cannot be read ({type(error).__name__})."
        fix = "Mend the rights of the file, or remove it and make new keys with 'aims-graph key create'."
        raise DataError([Problem(str(path), None, what, fix)]) from error


@contextmanager
def _changing(folder: Path) -> Iterator[Keyring]:
    """The keys, while nobody else changes them; OutputError where the folder cannot be written."""
    read_settings(folder)
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield read(folder)
    finally:
        os.close(handle)


def _write(folder: Path, ring: Keyring) -> None:
    """Put the keys on disk whole, readable by their owner alone."""
    part = folder / f".{FILE}.part"
    body = {"format": FORMAT, "keys": [asdict(k) for k in ring.keys], "history": [asdict(e) for e in ring.history]}
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  (a handle, for its mode)
            json.dump(body, file, indent=1, ensure_ascii=False)
            file.flush()
            _give_to_owner(folder, handle)
            os.fsync(handle)
        part.replace(folder / FILE)
        sync_folder(folder)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise _unwritable(folder, error) from error


def _give_to_owner(folder: Path, handle: int) -> None:
    """Let the user whose workspace it is read what the superuser wrote."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _unwritable(folder: Path, error: OSError) -> OutputError:
    what = f"the keys of '{folder}' cannot be written ({error.strerror}). Nothing was changed."
    return OutputError(f"{what} Check the rights of the folder and the space on its disk.")


# -- changing --------------------------------------------------------------------------


def make(
    folder: Path, name: str, scopes: Iterable[str], who: str, now: datetime, expires: datetime | None = None
) -> Made:
    """Make a key and put its hash on disk; its text is in what is returned and nowhere else.

    Raises InputError for a name that is none or stands for another valid key, for an unknown scope and for an end that
    is past; DataError and OutputError as reading and writing do.
    """
    wanted = _scopes(scopes)
    _check_end(expires, now)
    with _changing(folder) as ring:
        name = _name(name, ring, now)
        made = _made(ring, name, wanted, now, None if expires is None else stamp(expires))
        event = Event(made.key.created, who, f"made for {', '.join(wanted)}", made.key.id)
        _write(folder, Keyring((*ring.keys, made.key), (*ring.history, event)))
    return made


def rotate(
    folder: Path,
    wanted: str,
    who: str,
    now: datetime,
    grace: timedelta = timedelta(0),
    expires: datetime | None = None,
) -> Made:
    """Put a new key in the place of one, which is taken until the grace is over, and by default no more.

    The new one has the name, the scopes and, unless another is given, the end of the old. Raises InputError for a key
    that is not there or not valid any more.
    """
    _check_end(expires, now)
    with _changing(folder) as ring:
        old = _known(ring, wanted)
        if old.state(now) != "valid":
            raise InputError(f"the key '{old.id}' is {old.state(now)}. Make a new one: aims-graph key create")
        made = _made(ring, old.name, old.scopes, now, old.expires if expires is None else stamp(expires))
        made = Made(replace(made.key, rotated_from=old.id), made.text)
        end = stamp(now + grace)
        left = replace(old, expires=min(end, old.expires or end)) if grace else replace(old, revoked=stamp(now))
        told = f"rotated to {made.key.id}" + (f", taken until {left.expires}" if grace else "")
        keys = (*(left if key is old else key for key in ring.keys), made.key)
        _write(folder, Keyring(keys, (*ring.history, Event(stamp(now), who, told, old.id))))
    return made


def revoke(folder: Path, wanted: str, who: str, now: datetime) -> Key:
    """Let a key not be taken from now on, for good; InputError for a key that is not there or is revoked already."""
    with _changing(folder) as ring:
        old = _known(ring, wanted)
        if old.revoked is not None:
            raise InputError(f"the key '{old.id}' was revoked on {old.revoked}. Nothing was changed.")
        left = replace(old, revoked=stamp(now))
        keys = tuple(left if key is old else key for key in ring.keys)
        _write(folder, Keyring(keys, (*ring.history, Event(stamp(now), who, "revoked", old.id))))
    return left


def _made(ring: Keyring, name: str, scopes: tuple[str, ...], now: datetime, expires: str | None) -> Made:
    made = _new_id()
    while made in ring.by_id:
        made = _new_id()
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return Made(Key(made, name, scopes, stamp(now), _hash(secret), expires), f"aims_{made}_{secret}")


def _new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_ID))


def _known(ring: Keyring, wanted: str) -> Key:
    """The key of an id, also where the whole key was given for it; the error never shows what was given."""
    parts = split(wanted)
    key = ring.by_id.get(wanted if parts is None else parts[0])
    if key is None:
        raise InputError("no key of this workspace has this id. 'aims-graph key list' shows the ids.")
    return key


def _name(name: str, ring: Keyring, now: datetime) -> str:
    text = " ".join(name.split())
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise InputError(f"a key has a name of 1 to {LONGEST_NAME} characters. Say who or what will use it.")
    held = next((key for key in ring.keys if key.name == text and key.state(now) == "valid"), None)
    if held is not None:
        fix = f"Take another name, or put a new key in its place: aims-graph key rotate {held.id}"
        raise InputError(f"the valid key '{held.id}' is named '{text}' already. {fix}")
    return text


def _scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(sorted(set(scopes), key=lambda s: (SCOPES.index(s) if s in SCOPES else -1, s)))
    if not wanted or wanted[0] not in SCOPES:
        shown = f"'{wanted[0]}' is not a scope" if wanted else "a key is for something"
        raise InputError(f"{shown}. Take of {', '.join(SCOPES)}; each includes those before it.")
    return wanted


def _check_end(expires: datetime | None, now: datetime) -> None:
    if expires is not None and expires <= now:
        raise InputError(f"a key that ends on {stamp(expires)} would never be taken. Give a later day.")
