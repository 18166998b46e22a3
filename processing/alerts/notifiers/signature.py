"""Signatures of webhooks by Standard Webhooks 1.0: HMAC-SHA256 over the id, the time and the body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
LEAST_BYTES = 24
MOST_BYTES = 64


def signing_keys(secrets: str) -> tuple[bytes, ...]:
    """Return the keys of one or more secrets with spaces between them, each `whsec_` and base64.

    Raises:
        ValueError: one of them is none. The message does not show it.
    """
    return tuple(_key(secret) for secret in secrets.split())


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not (secret.startswith(PREFIX) and LEAST_BYTES <= len(key) <= MOST_BYTES):
        raise ValueError(f"a signing key is {PREFIX} and the base64 of {LEAST_BYTES} to {MOST_BYTES} random bytes")
    return key


def signed(keys: Iterable[bytes], identifier: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook. `at` is the time of the attempt. Each key signs, so that keys can be changed."""
    seconds = str(int(at.timestamp()))
    content = b".".join((identifier.encode(), seconds.encode(), body))
    signatures = [f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}" for key in keys]
    headers = {"webhook-id": identifier, "webhook-timestamp": seconds}
    return headers | ({"webhook-signature": " ".join(signatures)} if signatures else {})
