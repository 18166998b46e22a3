from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.contract import KafkaAddress
from tests.support import brokers


@pytest.fixture
def log_address() -> Iterator[KafkaAddress]:
    """An embedded broker of the test's own."""
    with brokers.tansu() as running:
        yield KafkaAddress(running.bootstrap)
