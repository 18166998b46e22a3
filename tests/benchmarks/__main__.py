"""`make bench`: every figure of speed or quality that the documents quote, printed in one run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks import (
    alerts,
    claims,
    growth,
    language,
    latency,
    pipeline,
    social_sources,
    sources,
    spikes,
    store,
    topics,
)

if __name__ == "__main__":
    spikes.main()
    alerts.main(3)
    pipeline.main()
    latency.main()
    for measure in (store.main, growth.main):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder))
    language.main()
    topics.main()
    sources.main()
    social_sources.main()
    claims.main(())
