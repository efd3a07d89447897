"""Over which hops a request came, as far as they are believed: from which address, and whether over TLS."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from aims_graph_api.settings import UNIX

FROM, PROTO = b"x-forwarded-for", b"x-forwarded-proto"
SCHEMES = ("http", "https")


class Addresses:
    """From which address a request comes: the next hop's, or what trusted proxies say of the hop before them."""

    def __init__(self, trusted: Iterable[str]) -> None:
        named = set(trusted)
        self._unix = UNIX in named
        self._networks = [ipaddress.ip_network(name) for name in sorted(named - {UNIX})]

    def of(self, scope: Scope) -> str:
        """The address; of IPv6 the network of 64 bits, since one host has all of it."""
        client = scope.get("client")
        found = client[0] if client else UNIX
        if self._is_trusted(found):
            for hop in _hops(scope):
                address = _read(hop)
                if address is None:
                    break
                found = str(address)
                if not self._is_trusted(found):
                    break
        address = _read(found)
        if isinstance(address, ipaddress.IPv6Address):
            return str(ipaddress.ip_network((address, 64), strict=False))
        return found

    def scheme(self, scope: Scope) -> str:
        """Whether a request was asked over http or https: as it came, or as a trusted proxy says that it came to it."""
        client = scope.get("client")
        said = [value for name, value in scope["headers"] if name == PROTO]
        found = said[-1].rpartition(b",")[2].strip().lower().decode("latin-1") if said else ""
        trusted = self._is_trusted(client[0] if client else UNIX)
        return found if trusted and found in SCHEMES else str(scope["scheme"])

    def _is_trusted(self, hop: str) -> bool:
        if hop == UNIX:
            return self._unix
        address = _read(hop)
        return address is not None and any(address in network for network in self._networks)


def _hops(scope: Scope) -> list[str]:
    """What `X-Forwarded-For` says, the nearest hop first."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == FROM]
    return [hop.strip() for hop in ",".join(values).split(",")][::-1] if values else []


def _read(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


class Schemes:
    """ASGI middleware by which addresses in answers begin as the asker wrote them; what nobody believes is dropped."""

    def __init__(self, app: ASGIApp, addresses: Addresses) -> None:
        self.app, self._addresses = app, addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its scheme, which is all that is left of what was said of it."""
        if scope["type"] == "http" and any(name == PROTO for name, _ in scope["headers"]):
            scheme = self._addresses.scheme(scope)
            kept = [(name, value) for name, value in scope["headers"] if name != PROTO]
            scope["scheme"], scope["headers"] = scheme, [*kept, (PROTO, scheme.encode())]
        await self.app(scope, receive, send)
