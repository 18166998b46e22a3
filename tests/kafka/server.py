"""Apache Kafka 4 for tests: one node (KRaft), on 127.0.0.1, out of the jars that `tests.prepare` fetched."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from trustme import LeafCert

from tests.support.mortal import started

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


def start(
    folder: Path, port: int, controller_port: int, properties: str = "", **blanks: object
) -> subprocess.Popen[bytes]:
    """Format an empty store in `folder` and start the broker; probe its port to learn when it is ready.

    Its log is `folder/kafka.log`. `properties` are further ones, which prevail. In them the ports are blanks, beside
    `blanks`.
    """
    file = folder / "server.properties"
    own = {"port": port, "controller_port": controller_port, "data": folder / "data"}
    file.write_text((PROPERTIES + properties).format(**own, **blanks), encoding="utf-8")
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(file)]
    subprocess.run([*java(), *tool], check=True, capture_output=True, timeout=60)
    with (folder / "kafka.log").open("wb") as log:
        return started([*java(), "kafka.Kafka", str(file)], stdout=log, stderr=log)


def java(heap_mb: int = 384) -> list[str]:
    """The words before the name of a class of Kafka."""
    return ["java", f"-Xmx{heap_mb}m", *JVM, "-cp", f"{JARS}/*"]


def write_keystore(folder: Path, issued: LeafCert) -> Path:
    """Write a certificate and its key as a listener of Kafka wants them: as PEM, the key in the form PKCS#8."""
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    keystore = folder / "keystore.pem"
    keystore.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    )
    return keystore
