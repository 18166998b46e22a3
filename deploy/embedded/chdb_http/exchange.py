"""The messages of one request in both directions, with time limits for receiving and sending."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

_DRAIN_SECONDS = 10
_DRAIN_BYTES = 16 * 1024 * 1024


class Exchange:
    """The messages of one request. `started` says whether the answer has begun."""

    def __init__(self, receive: Receive, send: Send, stall_seconds: int) -> None:
        self._receive = receive
        self._send = send
        self._stall_seconds = stall_seconds
        self._ended = False
        self.started = False

    async def receive(self) -> Message:
        """Return the client's next message."""
        message = await self._receive()
        if not message.get("more_body", False):
            self._ended = True
        return message

    async def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            ClientDisconnect: the client accepts no data for too long.
        """
        self.started = True
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._send(message)
        except TimeoutError as error:
            raise ClientDisconnect from error

    async def disconnected(self) -> None:
        """Return when the client has left. The caller has read the body before."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def drain(self) -> None:
        """Read the remaining body within limits of time and size. A client that still sends sees no answer before."""
        left = _DRAIN_BYTES
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._ended and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return
