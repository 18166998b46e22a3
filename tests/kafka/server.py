"""Apache Kafka 4 for tests: one node (KRaft), on 127.0.0.1, out of the jars that `tests.prepare` fetched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

JARS = Path(__file__).parent / "target" / "jars"
CLUSTER_ID = "YmFud2F0Y2gtdGVzdHM0MA"  # 16 bytes as base64, as the storage tool wants it

JVM = ["-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


def missing() -> str | None:
    """Why Kafka cannot be started here, or None."""
    if shutil.which("java") is None:
        return "Apache Kafka needs Java, and there is no `java` here"
    if not any(JARS.glob("kafka_2.13-4*.jar")):
        return f"Apache Kafka's jars are not in {JARS}: run `python -m tests.prepare` where Maven is installed"
    return None


def start(folder: Path, port: int, controller_port: int) -> subprocess.Popen[bytes]:
    """Format an empty store in `folder` and start the broker; probe its port to learn when it is ready.

    Its log is `folder/kafka.log`.
    """
    properties = folder / "server.properties"
    properties.write_text(
        PROPERTIES.format(port=port, controller_port=controller_port, data=folder / "data"), encoding="utf-8"
    )
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(properties)]
    subprocess.run([*java(), *tool], check=True, capture_output=True, timeout=60)
    with (folder / "kafka.log").open("wb") as log:
        return subprocess.Popen([*java(), "kafka.Kafka", str(properties)], stdout=log, stderr=log)


def java(heap_mb: int = 384) -> list[str]:
    """The words before the name of a class of Kafka."""
    return ["java", f"-Xmx{heap_mb}m", *JVM, "-cp", f"{JARS}/*"]
