"""How a service is run: who may read, how much, through which proxy, and what is written of it."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from aims_graph.errors import InputError
from aims_graph.workspaces.keys import SCOPES

REGULATION, CLOSED, OPEN = "regulation", "closed", "open"
READ = (REGULATION, CLOSED, OPEN)
UNIX = "unix"  # the other end of a Unix socket, among trusted proxies
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+")

Value = TypeVar("Value")


@dataclass(frozen=True)
class Rate:
    """So many requests a second over time, and so many at once."""

    a_second: float
    at_once: int

    @staticmethod
    def read(text: str) -> Rate | None:
        """A rate as it is typed, `PER_SECOND` or `PER_SECOND:AT_ONCE`; None for 0, which is no limit.

        Raises ValueError for anything else.

        >>> Rate.read("20:200"), Rate.read("0.5"), Rate.read("0")
        (Rate(a_second=20.0, at_once=200), Rate(a_second=0.5, at_once=1), None)
        """
        first, colon, second = text.partition(":")
        a_second = float(first)
        at_once = int(second) if colon else max(1, int(a_second))
        if not 0 <= a_second < float("inf") or at_once < 1:
            raise ValueError(text)
        return Rate(a_second, at_once) if a_second else None


@dataclass(frozen=True)
class Oidc:
    """Whose bearer tokens are taken beside keys, and what their claims say of the caller."""

    issuer: str  # its `iss`, exactly
    audience: str  # what `aud` must hold
    keys: str = ""  # address of its key set (JWKS); read from the issuer's configuration where left out
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    leeway: int = 60  # seconds by which clocks may differ
    organisation_claim: str = "aims_organisation"  # the name of a workspace folder
    scope_claim: str = "scope"  # words with blanks between, or a list
    scopes: tuple[tuple[str, str], ...] = (("aims:read", "read"), ("aims:write", "write"), ("aims:admin", "admin"))
    name_claim: str = "sub"  # who it is, in the audit log

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience:
            raise InputError("tokens of an issuer need both its address and the audience. Give both, or neither.")
        for algorithm in self.algorithms:
            if algorithm not in ALGORITHMS:
                fix = f"Take of {', '.join(ALGORITHMS)}: those that need no shared secret."
                raise InputError(f"tokens signed with '{algorithm}' are not taken. {fix}")
        for _, scope in self.scopes:
            if scope not in SCOPES:
                raise InputError(f"'{scope}' is not a scope. Take of {', '.join(SCOPES)}.")


@dataclass(frozen=True)
class Settings:
    """The settings of a service; left as they are, anybody reads law and standards, and nobody records without a key.

    Raises InputError for a value that cannot be used.
    """

    read: str = REGULATION  # who reads what without a key
    rate_key: Rate | None = None  # of one key or token; None for no limit
    rate_anonymous: Rate | None = None  # of one address without a key
    rate_failures: Rate | None = Rate(0.2, 20)  # keys that are wrong, from one address
    cors_origins: tuple[str, ...] = ()  # pages of which other origins may ask from a browser
    hsts: int = 0  # seconds for which browsers are told to come by https only; 0 where it is not served by https
    trusted_proxies: tuple[str, ...] = ()  # addresses and networks that are believed, `unix` among them
    access_log: str = ""  # a file, `-` for standard error, nothing for none
    prepare: bool | None = None  # whether to work out before it is ready what most ask; None where several answer
    oidc: Oidc | None = None

    def __post_init__(self) -> None:
        if self.read not in READ:
            raise InputError(f"reading '{self.read}' is not known. Take of {', '.join(READ)}.")
        for origin in self.cors_origins:
            if not _ORIGIN.fullmatch(origin):
                fix = "Name each one, such as https://tools.example.org; '*' is not taken."
                raise InputError(f"'{origin}' is not the origin of a page. {fix}")
        for proxy in self.trusted_proxies:
            _usable("the trusted proxy", proxy, lambda text: text == UNIX or ipaddress.ip_network(text), _NETWORK)

    @staticmethod
    def from_environment(
        environment: Mapping[str, str] | None = None, options: Mapping[str, str | None] | None = None
    ) -> Settings:
        """The settings that `AIMS_…` variables make, and options where they are given: they come before the variables.

        Raises InputError that names the one which cannot be used.

        >>> Settings.from_environment({"AIMS_READ": "open", "AIMS_HSTS": "60"}, {"read": "closed"}).read
        'closed'
        """
        given = os.environ if environment is None else environment
        found: dict[str, object] = {}
        for name, reading in _READINGS.items():
            variable, typed = f"AIMS_{name.upper()}", (options or {}).get(name)
            text = given.get(variable) if typed is None else typed
            if text:
                named = variable if typed is None else f"--{name.replace('_', '-')}"
                found[name] = _usable(named, text, reading, _FORMS.get(variable))
        return Settings(**found, oidc=_oidc(given))  # type: ignore[arg-type]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`VALUE=SCOPE` words; ValueError for a word without both."""
    pairs = tuple(word.rpartition("=") for word in _words(text))
    if not all(value and scope for value, _, scope in pairs):
        raise ValueError(text)
    return tuple((value, scope) for value, _, scope in pairs)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(text)
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


_READINGS: dict[str, Callable[[str], object]] = {
    "read": str,
    "rate_key": Rate.read,
    "rate_anonymous": Rate.read,
    "rate_failures": Rate.read,
    "cors_origins": _words,
    "hsts": _whole,
    "trusted_proxies": _words,
    "access_log": str,
    "prepare": _yes_or_no,
}
_OIDC: dict[str, Callable[[str], object]] = {
    "issuer": str,
    "audience": str,
    "keys": str,
    "algorithms": _words,
    "leeway": _whole,
    "organisation_claim": str,
    "scope_claim": str,
    "scopes": _pairs,
    "name_claim": str,
}


def _oidc(given: Mapping[str, str]) -> Oidc | None:
    found: dict[str, object] = {}
    for name, reading in _OIDC.items():
        variable = f"AIMS_OIDC_{name.upper()}"
        if given.get(variable):
            found[name] = _usable(variable, given[variable], reading, _FORMS.get(variable))
    return Oidc(**{"issuer": "", "audience": "", **found}) if found else None  # type: ignore[arg-type]


def _usable(name: str, text: str, reading: Callable[[str], Value], form: str | None) -> Value:
    try:
        return reading(text)
    except ValueError:
        raise InputError(f"{name} '{text}' cannot be used. {form or 'Write it as the manual shows.'}") from None


_NETWORK = "Write an address or a network, such as 10.0.0.0/8, or 'unix'."
_RATE = "Write PER_SECOND:AT_ONCE, such as 20:200, or 0 for no limit."
_FORMS = {
    "AIMS_RATE_KEY": _RATE,
    "AIMS_RATE_ANONYMOUS": _RATE,
    "AIMS_RATE_FAILURES": _RATE,
    "AIMS_HSTS": "Write a number of seconds.",
    "AIMS_PREPARE": "Write yes or no.",
    "AIMS_OIDC_LEEWAY": "Write a number of seconds.",
    "AIMS_OIDC_SCOPES": "Write VALUE=SCOPE words, such as 'records.read=read records.write=write'.",
}
