"""Failures that several processes can meet at their start."""

from __future__ import annotations

from ingest.errors import Failure


class PortTaken(Failure):
    """Another program uses an address; the message names the address and the setting that changes it."""
