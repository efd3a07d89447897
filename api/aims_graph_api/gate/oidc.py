"""Bearer tokens (JWT) of one issuer, verified with the keys that it publishes, and what they say of the caller."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import cryptography  # noqa: F401  (without it pyjwt knows no algorithm of those that are taken)
import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from aims_graph.errors import InputError
from aims_graph.workspaces.keys import included
from aims_graph_api.gate.rates import Clock
from aims_graph_api.organisations import Organisation
from aims_graph_api.problems import UNAVAILABLE, Refused
from aims_graph_api.serving import Caller
from aims_graph_api.settings import Oidc

FRESH, STALE, PAUSE = 300.0, 3600.0, 10.0  # seconds: keys are used; used if no newer can be had; between two attempts
TIMEOUT, LARGEST = 5.0, 1_000_000  # seconds, bytes
LONGEST_TOKEN, LONGEST_NAME = 16_000, 200  # characters
SMALLEST_RSA = 2048  # bits
CONFIGURATION = ".well-known/openid-configuration"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_UNSOUND = (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
_LOG = logging.getLogger("uvicorn.error")

Json = dict[str, Any]
Fetch = Callable[[str], Awaitable[bytes]]


async def fetched(address: str) -> bytes:
    """What is at an address, followed nowhere else; OSError or httpx.HTTPError where it cannot be had."""
    async with (
        httpx.AsyncClient(timeout=TIMEOUT) as client,
        asyncio.timeout(2 * TIMEOUT),
        client.stream("GET", address) as answer,
    ):
        if answer.status_code != 200:
            raise OSError(f"status {answer.status_code}")
        found = b""
        async for part in answer.aiter_bytes():
            found += part
            if len(found) > LARGEST:
                raise OSError(f"more than {LARGEST} bytes")
    return found


class KeySet:
    """The published keys of an issuer by their ids, fetched when they are needed and kept for a while."""

    def __init__(self, oidc: Oidc, fetch: Fetch = fetched, clock: Clock = time.monotonic) -> None:
        self._oidc, self._fetch, self._clock = oidc, fetch, clock
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._at: float | None = None  # when they were fetched
        self._tried: float | None = None
        self._lock = asyncio.Lock()
        self._renewing: asyncio.Task[None] | None = None

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key of an id, or the only one where a token names none; None where there is none such.

        A key that is held and not too old is used while newer ones are fetched. Raises Refused with 503 where no keys
        can be had.
        """
        if self._older_than(STALE) or self._named(key_id) is None:
            async with self._lock:
                if self._older_than(FRESH) or self._named(key_id) is None:
                    await self._renew()
        elif self._older_than(FRESH) and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.create_task(self._renew_old())
        if self._older_than(STALE):
            detail = "Tokens cannot be checked now. Ask again in a moment, or send a key of this service."
            raise Refused(UNAVAILABLE, detail, {"Retry-After": str(int(PAUSE))})
        return self._named(key_id)

    def _named(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _older_than(self, seconds: float) -> bool:
        return self._at is None or self._clock() - self._at > seconds

    async def _renew_old(self) -> None:
        async with self._lock:
            if self._older_than(FRESH):
                await self._renew()

    async def _renew(self) -> None:
        """Fetch the keys, unless that was tried just now: tokens that are made up must not make us ask the issuer."""
        if self._tried is not None and self._clock() - self._tried < PAUSE:
            return
        try:
            found = json.loads(await self._fetch(await self._address()))
            keys = {key.key_id: key for key in map(_usable, found["keys"]) if key is not None}
        except (OSError, httpx.HTTPError, httpx.InvalidURL, *_UNSOUND) as error:
            _LOG.error("The keys of %s cannot be read (%s: %s).", self._oidc.issuer, type(error).__name__, error)
            return
        finally:
            self._tried = self._clock()  # afterwards: an attempt may itself take as long as the pause
        self._keys, self._at = keys, self._clock()

    async def _address(self) -> str:
        """Where the keys are; as the issuer says, where the settings do not."""
        if self._oidc.keys:
            return self._oidc.keys
        told = json.loads(await self._fetch(f"{self._oidc.issuer.rstrip('/')}/{CONFIGURATION}"))
        if told["issuer"] != self._oidc.issuer:
            raise ValueError("the configuration is that of another issuer")
        address = str(told["jwks_uri"])
        if not _is_safe(address):
            raise ValueError("the address of the keys is not https")
        return address


def _usable(described: Json) -> jwt.PyJWK | None:
    """A published key, if it is one to verify with that is strong enough; None for any other."""
    if described.get("use", "sig") != "sig" or described.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        key = jwt.PyJWK(described)
    except _UNSOUND:
        return None  # of a kind that is not known here
    if isinstance(key.key, RSAPublicKey):
        return key if key.key.key_size >= SMALLEST_RSA else None
    return key if isinstance(key.key, EllipticCurvePublicKey | Ed25519PublicKey) else None


def _fits(key: jwt.PyJWK, described: str) -> bool:
    """Whether a key is of the kind that an algorithm needs: one of another kind is never tried with it."""
    public = key.key
    if isinstance(public, EllipticCurvePublicKey):
        return CURVES.get(described) == public.curve.name
    if isinstance(public, RSAPublicKey):
        return described[:2] in ("RS", "PS")
    return described == "EdDSA"


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class Verifier:
    """Finds the callers of bearer tokens.

    Raises InputError for an issuer that could be overheard: its address has to be https.
    """

    def __init__(self, oidc: Oidc, fetch: Fetch = fetched, clock: Clock = time.monotonic) -> None:
        for address in filter(None, (oidc.issuer, oidc.keys)):
            if not _is_safe(address):
                raise InputError(f"the issuer's address '{address}' is not taken. Give one that begins with https://.")
        self._oidc, self._keys = oidc, KeySet(oidc, fetch, clock)
        self._scopes = dict(oidc.scopes)

    async def caller(self, text: str, organisations: Mapping[str, Organisation]) -> Caller | None:
        """The caller of a token; None where it is not sound, not meant for us, or of no organisation served here."""
        claims = await self._claims(text)
        if claims is None:
            return None
        organisation = organisations.get(_text(claims.get(self._oidc.organisation_claim)))
        scopes = {self._scopes[word] for word in _words(claims.get(self._oidc.scope_claim)) if word in self._scopes}
        name = " ".join(_text(claims.get(self._oidc.name_claim)).split())
        if organisation is None or not scopes or not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
            return None
        return Caller(name, organisation, included(scopes), f"token:{name}")

    async def _claims(self, text: str) -> Json | None:
        """What a token says, if it is sound; every claim that limits it is asked for."""
        if len(text) > LONGEST_TOKEN:
            return None
        try:
            header = jwt.get_unverified_header(text)
            algorithm, key_id = header.get("alg"), header.get("kid")
        except _UNSOUND:
            return None
        if algorithm not in self._oidc.algorithms or not (key_id is None or isinstance(key_id, str)):
            return None
        key = await self._keys.key(key_id)
        if key is None or not _fits(key, str(algorithm)):
            return None
        try:
            found: Json = jwt.decode(
                text,
                key.key,
                algorithms=[str(algorithm)],
                audience=self._oidc.audience,
                issuer=self._oidc.issuer,
                leeway=self._oidc.leeway,
                options={"require": ["exp", "iss", "aud"]},
            )
        except _UNSOUND:
            return None
        return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _words(value: object) -> Iterable[str]:
    """The scopes of a token: words with blanks between, or a list."""
    if isinstance(value, str):
        return value.split()
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
