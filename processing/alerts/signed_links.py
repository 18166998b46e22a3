"""Links by which whoever was alerted answers without a login: the link is the permission, for one incident and a time.

A link carries the incident, the second at which it expires and an HMAC-SHA256 of both. Mail scanners and chat previews
follow every link, so a link only shows a page; the button on this page sends the answer.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from pydantic import SecretStr

from processing.setting_types import split_keys, strong_keys, web_address

PATH = "/incident"
VALID_FOR = timedelta(days=7)


@dataclass(frozen=True)
class SignedLinks:
    """Links below the address `base`, signed by the first of the `keys`. A link of an older key is still good."""

    base: str
    keys: tuple[SecretStr, ...]

    def link(self, incident: str, now: datetime) -> str:
        """Return the address at which an incident can be answered for the next week."""
        expires = int((now + VALID_FOR).timestamp())
        query = urlencode(
            {"id": incident, "expires": expires, "signature": _signature(self.keys[0], incident, expires)}
        )
        return f"{self.base.rstrip('/')}{PATH}?{query}"

    def permits(self, incident: str, expires: str, signature: str, now: datetime) -> bool:
        """Return whether these are the values of a link that was made here and has not expired."""
        if not (expires.isascii() and expires.isdecimal() and len(expires) <= 12 and signature.isascii()):
            return False
        good = [hmac.compare_digest(_signature(key, incident, int(expires)), signature) for key in self.keys]
        return any(good) and int(expires) > now.astimezone(UTC).timestamp()


def signed_links(base: str, key: SecretStr) -> SignedLinks | None:
    """Return the links that the settings make possible, or None where an address or a key is missing.

    `key` may hold several keys, separated by commas, with the newest first.

    Raises:
        ValueError: the address is none of the web, or a key is too short to be safe.
    """
    keys = split_keys(strong_keys(key))
    return SignedLinks(web_address(base), keys) if base and keys else None


def _signature(key: SecretStr, incident: str, expires: int) -> str:
    signed = f"answer\n{expires}\n{incident}".encode()
    return hmac.new(key.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()
