"""Forms that a browser sends, bounded before they are read."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

LARGEST_FORM = 8 * 1024
"""Bytes of a form at most."""

_MOST_FIELDS = 10
_WITHIN_SECONDS = 20


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form, the first value of each.

    Raises:
        ValueError: the form is too large, too slow or not whole; the message is a sentence for a person.
    """
    body = b""
    try:
        async with asyncio.timeout(_WITHIN_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_FORM:
                    raise ValueError("The form is too large.")
    except ClientDisconnect as error:
        raise ValueError("The form ended early.") from error
    except TimeoutError as error:
        raise ValueError("The form did not come in time.") from error
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS, keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}
