"""Three brokers of Apache Kafka (KRaft; each is a controller too), with what can happen to each."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import trustme
from pydantic import SecretStr

from ingest.contract import KafkaAddress, KafkaSecurity
from ingest.errors import Failure
from ingest.kafka import probe
from ingest.kafka.admin import administer
from tests.kafka import server
from tests.support.cluster.network import CLIENTS, PEERS, Network, network
from tests.support.mortal import started
from tests.support.waiting import eventually

NODES = 3
CLIENT_PORT, PEER_PORT, CONTROLLER_PORT = 9092, 9094, 9093
USER = "banwatch"
PATIENCE = timedelta(seconds=300)
PROBE_TIMEOUT = timedelta(seconds=2)
HEAP_MB = 320

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=CLIENTS://{client}:{client_port},PEERS://{peer}:{peer_port},CONTROLLER://{peer}:{controller_port}
advertised.listeners=CLIENTS://{client}:{client_port},PEERS://{peer}:{peer_port}
listener.security.protocol.map=CLIENTS:SASL_SSL,PEERS:SSL,CONTROLLER:SSL
inter.broker.listener.name=PEERS
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.peers.ssl.client.auth=required
listener.name.controller.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
log.dirs={data}
log.cleaner.dedupe.buffer.size=4194304
log.index.size.max.bytes=65536
auto.create.topics.enable=false
min.insync.replicas=2
offsets.topic.num.partitions=3
offsets.topic.replication.factor=3
"""


@dataclass
class Node:
    """One broker, with a disk of its own."""

    number: int
    folder: Path
    network: Network
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where clients reach it."""
        return f"{self.network.address(CLIENTS, self.number)}:{CLIENT_PORT}"

    @property
    def data(self) -> Path:
        """The folder of its log."""
        return self.folder / "data"

    def java(self, *words: str) -> list[str]:
        """A command that runs in its namespace."""
        return [*self.network.within(self.number), *server.java(HEAP_MB), *words]

    def start(self) -> None:
        """Start the process. It is not up yet."""
        with (self.folder / "kafka.log").open("ab") as log:
            self.process = started(
                self.java("kafka.Kafka", str(self.folder / "server.properties")), stdout=log, stderr=log
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: signal.Signals) -> None:
        """End the process, and wait until it has ended."""
        self.signal(number)
        self.wait()

    def wait(self) -> None:
        """Wait until the process has ended."""
        assert self.process is not None
        self.process.wait(PATIENCE.total_seconds())


@dataclass
class KafkaCluster:
    """A cluster that runs."""

    nodes: list[Node]
    network: Network
    ca_file: Path
    password: SecretStr = field(default_factory=lambda: SecretStr(secrets.token_urlsafe(16)))

    @property
    def bootstrap(self) -> str:
        """The addresses of all brokers."""
        return ",".join(node.endpoint for node in self.nodes)

    @property
    def address(self) -> KafkaAddress:
        """As a client of banwatch knows it."""
        return KafkaAddress(self.bootstrap, security=self.security)

    @property
    def security(self) -> KafkaSecurity:
        """TLS and a login by SCRAM."""
        return KafkaSecurity("SASL_SSL", ca_file=self.ca_file, user=USER, password=self.password)

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a banwatch that uses it."""
        return {
            "BANWATCH_KAFKA_BOOTSTRAP": self.bootstrap,
            "BANWATCH_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "BANWATCH_KAFKA_CA_FILE": str(self.ca_file),
            "BANWATCH_KAFKA_USER": USER,
            "BANWATCH_KAFKA_PASSWORD": self.password.get_secret_value(),
        }

    def busiest(self) -> Node:
        """The broker that leads the most partitions of the posts."""
        leaders = Counter(partition["leader_id"] for partition in self._partitions())
        return self.nodes[leaders.most_common(1)[0][0] - 1]

    def wait_until_whole(self) -> None:
        """Wait until every broker knows all others, and every replica of the posts is in sync."""
        self.wait_until_up()
        eventually(self._is_in_sync, PATIENCE)

    def wait_until_up(self) -> None:
        """Wait until every broker knows all others."""
        eventually(lambda: all(self._knows(node) == NODES for node in self.nodes), PATIENCE)

    def _knows(self, node: Node) -> int:
        try:
            found = probe(KafkaAddress(node.endpoint, security=self.security), PROBE_TIMEOUT)
        except Failure:
            return 0
        return 0 if found is None else found.brokers

    def _is_in_sync(self) -> bool:
        try:
            return all(len(each["isr_nodes"]) == NODES for each in self._partitions())
        except Failure:
            return False

    def _partitions(self) -> list[dict[str, Any]]:
        with closing(administer(self.address)) as admin:
            (topic,) = admin.describe_topics([self.address.posts_topic])
        return list(topic["partitions"])


@contextmanager
def kafka_cluster(folder: Path, disk_mb: int = 96) -> Iterator[KafkaCluster]:
    """Three brokers, each with a disk of this size, for as long as the block runs.

    `server.missing` and `network.missing` say whether that is possible here.
    """
    with ExitStack() as parts:
        made = parts.enter_context(network(NODES))
        nodes = [Node(number, folder / f"broker-{number}", made) for number in range(1, NODES + 1)]
        authority = trustme.CA()
        cluster = KafkaCluster(nodes, made, folder / "ca.pem")
        folder.mkdir(exist_ok=True)
        authority.cert_pem.write_to_path(cluster.ca_file)
        for node in nodes:
            node.data.mkdir(parents=True)
            _mount(node.data, disk_mb, parts)
            _configure(node, authority, cluster.ca_file)
        _format(cluster)
        for node in nodes:
            node.start()
            parts.callback(_kill, node)
        cluster.wait_until_up()
        yield cluster


def _mount(data: Path, size_mb: int, parts: ExitStack) -> None:
    """A small file system, which a test can fill."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(data)]
    subprocess.run(mount, check=True, capture_output=True)
    parts.callback(subprocess.run, ["umount", "--lazy", str(data)], check=True)


def _configure(node: Node, authority: trustme.CA, ca_file: Path) -> None:
    client, peer = (node.network.address(kind, node.number) for kind in (CLIENTS, PEERS))
    keystore = server.write_keystore(node.folder, authority.issue_cert(client, peer))
    voters = ",".join(
        f"{number}@{node.network.address(PEERS, number)}:{CONTROLLER_PORT}" for number in range(1, NODES + 1)
    )
    (node.folder / "server.properties").write_text(
        PROPERTIES.format(
            node=node.number,
            voters=voters,
            client=client,
            peer=peer,
            client_port=CLIENT_PORT,
            peer_port=PEER_PORT,
            controller_port=CONTROLLER_PORT,
            keystore=keystore,
            truststore=ca_file,
            data=node.data,
        ),
        encoding="utf-8",
    )


def _format(cluster: KafkaCluster) -> None:
    """Format all stores at once, with the user."""
    scram = f"SCRAM-SHA-512=[name={USER},password={cluster.password.get_secret_value()}]"
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id", server.CLUSTER_ID, "--add-scram", scram, "--config"]
    running = [
        subprocess.Popen(node.java(*tool, str(node.folder / "server.properties")), stdout=subprocess.PIPE, stderr=-2)
        for node in cluster.nodes
    ]
    for each in running:
        said, _ = each.communicate(timeout=PATIENCE.total_seconds())
        assert each.returncode == 0, said.decode()


def _kill(node: Node) -> None:
    assert node.process is not None
    if node.process.poll() is None:
        os.kill(node.process.pid, signal.SIGKILL)
        node.process.wait()
