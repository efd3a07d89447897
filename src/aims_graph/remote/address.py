"""Where a SPARQL server is, and how it is spoken to, as the environment names it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from aims_graph.errors import InputError

VARIABLE, USER, PASSWORD = "AIMS_STORE", "AIMS_STORE_USER", "AIMS_STORE_PASSWORD"
SCHEMES = ("sparql+http", "sparql+https")
WAYS = ("basic", "digest")  # of showing a password
_PARTS = {"query": "query", "update": "update", "graph-store": "store", "auth": "basic"}
_EXAMPLE = "sparql+http://localhost:7878"


@dataclass(frozen=True)
class Address:
    """The three endpoints of a server, and who asks; a password is never shown."""

    query: str
    update: str
    graph_store: str
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)
    digest: bool = False  # how the password is shown


def named(environment: Mapping[str, str] | None = None) -> Address | None:
    """The server that the environment names, if any; InputError if it names none that can be used."""
    given = os.environ if environment is None else environment
    text = given.get(VARIABLE, "").strip()
    return read(text, given.get(USER), given.get(PASSWORD, "")) if text else None


def read(text: str, user: str | None = None, password: str = "") -> Address:
    """An address as people write it; InputError says what is wrong with it, and never repeats a password.

    Without a query part the endpoints are `query`, `update` and `store` below the address.

    >>> read("sparql+http://localhost:7878").graph_store
    'http://localhost:7878/store'
    >>> read("sparql+https://host:8890/?query=/sparql&update=/sparql-auth&graph-store=/crud&auth=digest").update
    'https://host:8890/sparql-auth'
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _unusable("it is no address") from None
    if parts.scheme not in SCHEMES:
        raise _unusable(f"it does not begin with {' or '.join(f'{s}://' for s in SCHEMES)}")
    if not parts.hostname:
        raise _unusable("it names no host")
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    strange = sorted(said.keys() - _PARTS.keys())
    if strange:
        raise _unusable(f"it says '{strange[0]}', which is not one of {', '.join(_PARTS)}")
    said = {**_PARTS, **said}
    if said["auth"] not in WAYS:
        raise _unusable(f"auth is {' or '.join(WAYS)}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = f"{host}:{port}" if port else host
    base = f"{parts.scheme.removeprefix('sparql+')}://{place}{parts.path.rstrip('/')}/"
    ends = {part: urljoin(base, said[part]) for part in ("query", "update", "graph-store")}
    if any(urlsplit(end).netloc != place for end in ends.values()):
        raise _unusable("an endpoint is on another host; give the path alone")
    return Address(
        ends["query"],
        ends["update"],
        ends["graph-store"],
        unquote(parts.username) if parts.username else user,
        unquote(parts.password) if parts.password else password,
        said["auth"] == "digest",
    )


def _unusable(why: str) -> InputError:
    return InputError(f"{VARIABLE} names no server: {why}. For example: {_EXAMPLE}")
