"""Three brokers of Apache Kafka, four workers and every fault: what is lost or doubled, and how long counting stands.

`python -m tests.benchmarks.cluster`, as root (network namespaces, a small disk), with the jars that `tests.prepare`
fetches. All processes share the machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from deploy import logs
from tests.kafka import server
from tests.support.cluster import network
from tests.support.cluster.brokers import kafka_cluster
from tests.support.cluster.faults import FAULTS
from tests.support.cluster.trial import Outcome, trial

DISK_MB = 1_024
ROW = "{:<16} {:>9} {:>5} {:>8} {:>11} {:>13}"


def main() -> None:
    """Print a row for each fault; the status says whether anything was lost or doubled."""
    logs.configure()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=5_000, help="posts a second")
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    asked = parser.parse_args()
    if reason := server.missing() or network.missing():
        sys.exit(reason)
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        folder = Path(name)
        with kafka_cluster(folder / "kafka", DISK_MB) as cluster, trial(cluster, folder, asked.rate) as running:
            print(ROW.format("fault", "posts", "lost", "doubled", "standstill", "longest wait"), flush=True)
            outcomes = [tell(running.under(fault, FAULTS[fault])) for fault in asked.faults]
            sent, stored, counted = running.finish()
            print(
                f"{sent:,} posts sent in {running.running.runs} runs, {stored:,} stored, {counted:,} counted",
                flush=True,
            )
    sys.exit(0 if sent == stored == counted and not any(each.lost or each.doubled for each in outcomes) else 1)


def tell(outcome: Outcome) -> Outcome:
    """Print the row of a fault."""
    print(
        ROW.format(
            outcome.fault,
            f"{outcome.posts:,}",
            f"{outcome.lost:,}",
            f"{outcome.doubled:,}",
            f"{outcome.standstill:.1f} s",
            f"{outcome.wait:.1f} s",
        ),
        flush=True,
    )
    return outcome


if __name__ == "__main__":
    main()
