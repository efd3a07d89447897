"""Work for a client who may leave before it is done: then it is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from fastapi import Request

Done = TypeVar("Done")


class Left(Exception):
    """The client of a request has left; nobody is there to be answered."""


async def while_there(request: Request, work: Coroutine[Any, Any, Done]) -> Done:
    """Do what a client waits for; once it leaves, cancel that and raise Left. The body must have been read."""
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise Left
        return doing.result()
    finally:
        for task in (doing, leaving):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(doing, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
