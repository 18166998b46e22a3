"""Apache Kafka with TLS and a login, where each user may do only what its access control list (ACL) allows."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    UserScramCredentialUpsertion,
)

from ingest.contract import POSTS_TOPIC, REJECTED_TOPIC
from tests.kafka import server
from tests.support import brokers
from tests.support.waiting import free_port

MECHANISM = "SCRAM-SHA-512"
PROPERTIES = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port},CLIENTS://127.0.0.1:{client_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CLIENTS://127.0.0.1:{client_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
"""Whoever comes by the listener PLAINTEXT has no name, and may do everything: the broker itself, and `admin`."""

Rule = Mapping[str, Any]
"""Rights on one resource, in the form of a `KafkaUser` of Strimzi."""

RESOURCES = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
OPERATIONS = {each.name.replace("_", ""): each for each in ACLOperation}


def topic(name: str, *operations: str) -> Rule:
    return {"resource": {"type": "topic", "name": name}, "operations": operations}


def group(name: str, *operations: str) -> Rule:
    return {"resource": {"type": "group", "name": name}, "operations": operations}


@dataclass
class KafkaWithACLs:
    """A broker that runs."""

    admin: KafkaAdminClient
    bootstrap: str
    """Where users come in."""
    ca_file: Path
    passwords: dict[str, str] = field(default_factory=dict)

    def allow(self, user: str, *rules: Rule) -> None:
        """Make a user who may do what some rules say."""
        self.passwords[user] = secrets.token_urlsafe(16)
        made = UserScramCredentialUpsertion(user, MECHANISM, self.passwords[user])
        assert self.admin.alter_user_scram_credentials([made]) == {user: None}
        acls = [
            ACL(
                f"User:{user}",
                "*",
                OPERATIONS[operation.upper()],
                ACLPermissionType.ALLOW,
                ResourcePattern(RESOURCES[rule["resource"]["type"]], rule["resource"]["name"]),
            )
            for rule in rules
            for operation in rule["operations"]
        ]
        assert not self.admin.create_acls(acls)["failed"]

    def create_topics(self) -> None:
        """Create banwatch's topics as an administrator."""
        topics = {POSTS_TOPIC: {"num_partitions": 2}, REJECTED_TOPIC: {"num_partitions": 1}}
        self.admin.create_topics({name: each | {"replication_factor": 1} for name, each in topics.items()})
        self.admin.wait_for_topics(list(topics))

    def settings(self, user: str) -> dict[str, str]:
        """The environment of a banwatch that logs in as a user."""
        return {
            "BANWATCH_KAFKA_BOOTSTRAP": self.bootstrap,
            "BANWATCH_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "BANWATCH_KAFKA_CA_FILE": str(self.ca_file),
            "BANWATCH_KAFKA_USER": user,
            "BANWATCH_KAFKA_PASSWORD": self.passwords[user],
        }


@contextmanager
def kafka_with_acls(folder: Path) -> Iterator[KafkaWithACLs]:
    """One broker, for as long as the block runs. `server.missing` says whether that is possible here."""
    client_port, ca_file, authority = free_port(), folder / "ca.pem", trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    keystore = server.write_keystore(folder, authority.issue_cert("127.0.0.1"))
    with (
        brokers.apache_kafka(folder, PROPERTIES, client_port=client_port, keystore=keystore) as broker,
        closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin,
    ):
        yield KafkaWithACLs(admin, f"127.0.0.1:{client_port}", ca_file)
