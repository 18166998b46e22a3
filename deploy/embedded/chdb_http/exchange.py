"""The messages of one request, both ways: what has come in, what has gone out, and how long either may take."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

_DRAIN_SECONDS = 10
_DRAIN_BYTES = 16 * 1024 * 1024


class Exchange:
    """One request's messages. `started` says whether its answer has begun to go out."""

    def __init__(self, receive: Receive, send: Send, stall_seconds: int) -> None:
        self._receive = receive
        self._send = send
        self._stall_seconds = stall_seconds
        self._ended = False
        self.started = False

    async def receive(self) -> Message:
        """The next message of the client."""
        message = await self._receive()
        if not message.get("more_body", False):
            self._ended = True
        return message

    async def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            ClientDisconnect: when the client takes nothing for too long.
        """
        self.started = True
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._send(message)
        except TimeoutError as error:
            raise ClientDisconnect from error

    async def disconnected(self) -> None:
        """Return when the client has left; the body has been read before."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def drain(self) -> None:
        """Read what is left of the body, as far as is reasonable: a client that still sends sees no answer before."""
        left = _DRAIN_BYTES
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._ended and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return
