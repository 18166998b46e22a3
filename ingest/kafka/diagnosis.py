"""Questions to a cluster that leave nothing in it: may a producer be idempotent, and what time is it there?"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

from kafka.errors import ClusterAuthorizationFailedError, UnsupportedVersionError, for_code
from kafka.protocol.producer import InitProducerIdRequest

from ingest.contract import KafkaAddress
from ingest.kafka.admin import administer
from ingest.kafka.failures import BrokerRefused, kafka_errors, who

_NO_ID = -1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def require_idempotence(address: KafkaAddress) -> None:
    """Ask for a producer id, as every idempotent producer does first. The broker stores no record.

    Raises:
        BrokerUnavailable: the broker does not answer.
        BrokerRefused: the broker gives no id.
    """
    request = InitProducerIdRequest(
        transactional_id=None, transaction_timeout_ms=0, producer_id=_NO_ID, producer_epoch=_NO_ID, max_version=4
    )
    with kafka_errors(address), closing(administer(address)) as admin:
        manager = admin._manager  # noqa: SLF001 - the library has no public way to send this request alone
        answer = manager.run(manager.send, request)
        if answer.error_code == ClusterAuthorizationFailedError.errno:
            raise BrokerRefused(
                f"Kafka at {address.bootstrap} gives {who(address)} no producer id: a producer needs WRITE on a topic, "
                "and IDEMPOTENT_WRITE on the cluster where the broker is older than 3.0."
            )
        if answer.error_code:
            raise for_code(answer.error_code)


def broker_clock(address: KafkaAddress) -> datetime | None:
    """Return the time of the clock of the controller, or None where the cluster does not tell it.

    The leader of the metadata quorum states its own time as the moment at which it has last fetched (KIP-836).
    """
    with kafka_errors(address), closing(administer(address)) as admin:
        try:
            answer = admin.describe_metadata_quorum()
        except (ClusterAuthorizationFailedError, UnsupportedVersionError):
            return None
    times = [
        voter["last_fetch_timestamp"]
        for topic in answer["topics"]
        for partition in topic["partitions"]
        for voter in partition["current_voters"]
        if voter["replica_id"] == partition["leader_id"]
    ]
    return _EPOCH + timedelta(milliseconds=times[0]) if times and times[0] > 0 else None
