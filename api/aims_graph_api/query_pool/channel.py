"""Messages between the service and the processes of its pool: a head of JSON and a body, their lengths before them."""

from __future__ import annotations

import json
import socket
import struct
from asyncio import StreamReader
from typing import Any

LENGTHS = struct.Struct("!II")
CHUNK = 1 << 20

Message = tuple[dict[str, Any], bytes]


def packed(head: dict[str, Any], body: bytes = b"") -> list[bytes]:
    """A message as the pieces that are sent one after the other."""
    text = json.dumps(head).encode()
    start = LENGTHS.pack(len(text), len(body)) + text
    return [start, body] if body else [start]  # after its last byte the other side may close at once


def send(sock: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    """Send a message and wait until it is sent."""
    for piece in packed(head, body):
        sock.sendall(piece)


def receive(sock: socket.socket) -> Message:
    """Wait for a message; EOFError where the other side has closed."""
    head, body = LENGTHS.unpack(exactly(sock, LENGTHS.size))
    return json.loads(exactly(sock, head)), exactly(sock, body)


def exactly(sock: socket.socket, size: int) -> bytes:
    """So many bytes; EOFError where the other side closes before."""
    found = bytearray()
    while len(found) < size:
        piece = sock.recv(min(size - len(found), CHUNK))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def everything(sock: socket.socket) -> bytes:
    """All bytes until the other side closes."""
    found = bytearray()
    while piece := sock.recv(CHUNK):
        found += piece
    return bytes(found)


async def read(reader: StreamReader) -> Message:
    """Wait for a message without holding the service up; asyncio.IncompleteReadError where the other side closes."""
    head, body = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
    return json.loads(await reader.readexactly(head)), await reader.readexactly(body)
