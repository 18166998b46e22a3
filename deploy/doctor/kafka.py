"""Kafka: where it answers, its topics, the right to produce, the workers' group, and its clock."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from threading import Event

from deploy.doctor.attempt import PATIENCE, attempt, findings
from deploy.doctor.clocks import Clock, judged
from deploy.doctor.finding import Finding, Status, counted, error, ok, warning
from deploy.embedded import broker
from deploy.settings import Settings
from deploy.supervisor.endpoints import ANSWER_TIMEOUT, PINGS, kafka_answers
from ingest.contract import KafkaAddress
from ingest.kafka import (
    Aspect,
    Cluster,
    ConsumerGroup,
    Difference,
    Topic,
    WantedTopic,
    broker_clock,
    differences,
    probe,
    read_topics,
    repair,
    require_idempotence,
    wanted_topics,
)
from ingest.retry import retry_while_unavailable

ADDRESS, ADVERTISED = "address", "advertised addresses"
SETTLED_WITHIN = timedelta(seconds=30)
SOME_NEED = frozenset({"READ", "WRITE"})
"""The rights of a topic that some processes need. Each of them lets the user see the topic too."""

WHO_NEEDS = (
    "Workers need READ of both topics and WRITE on the rejected records; sources need WRITE. "
    "Allow what this user's processes need with kafka-acls.sh --add."
)

WHY = {
    Aspect.TOPIC: "The topic does not exist.",
    Aspect.PARTITIONS: "So many workers can share the posts, and no more.",
    Aspect.REPLICAS: "Posts are lost with the disks of as many brokers.",
    Aspect.CLEANUP: "Kafka refuses progress and rejected records in a compacted topic, because they have no key.",
    Aspect.RETENTION: "What the workers have not read by then is lost.",
    Aspect.LARGEST: "A source ends with the first post that is larger.",
    Aspect.IN_SYNC: "Too few replicas lose what was acknowledged, and more than there are stop all producing.",
}


def check_kafka(settings: Settings, clock: Clock, *, fix: bool) -> Iterator[Finding]:
    """Yield the state of Kafka. `fix` creates topics and ends differences; nothing is reduced or deleted."""
    address = settings.ingest.kafka
    cluster = attempt(ADDRESS, lambda: probe(address, PINGS * ANSWER_TIMEOUT) if kafka_answers(address) else None)
    match cluster:
        case Finding():
            yield cluster
            return
        case None:
            yield from findings(ADDRESS, lambda: _nobody(settings))
            return
    yield ok(ADDRESS, _who(address, cluster))
    yield from findings(ADDRESS, lambda: _bootstrap(address))
    reached = findings(ADVERTISED, lambda: _advertised(cluster))
    yield from reached
    if any(each.status is Status.ERROR for each in reached):
        return  # every other request goes to these addresses
    yield from findings("topics", lambda: _topics(settings, cluster, fix=fix), 3 * PATIENCE)
    yield from findings("idempotence", lambda: _idempotence(address), 2 * SETTLED_WITHIN)
    yield from findings("workers' group", lambda: _group(settings, cluster))
    if not cluster.memory_only:
        yield from findings("Kafka's clock", lambda: _clock(address, clock))


def _nobody(settings: Settings) -> Iterator[Finding]:
    """Yield what `up` would do where nothing answers on this machine."""
    bootstrap = settings.ingest.kafka_bootstrap
    broker.binary()
    if "kafka_bootstrap" in settings.ingest.model_fields_set:
        said = f"No Kafka answers at {bootstrap}, which BANWATCH_KAFKA_BOOTSTRAP names."
        remedy = "`banwatch up` would start the embedded broker there. If a Kafka runs elsewhere, correct the setting."
        yield warning(ADDRESS, said, remedy)
    else:
        yield ok(ADDRESS, f"No Kafka answers at {bootstrap}: `banwatch up` starts the embedded broker there.")


def _who(address: KafkaAddress, cluster: Cluster) -> str:
    if cluster.memory_only:
        return f"The embedded broker answers at {address.bootstrap}. It keeps posts in memory until it ends."
    brokers = counted(cluster.brokers, "broker")
    return f"Kafka answers at {address.bootstrap}: {brokers}, cluster {cluster.cluster_id}."


def _bootstrap(address: KafkaAddress) -> Iterator[Finding]:
    """Yield the addresses of the bootstrap at which nobody answers, where another one does."""
    for endpoint in address.endpoints:
        if reason := _refused(endpoint):
            said = f"{endpoint} of BANWATCH_KAFKA_BOOTSTRAP does not answer: {reason}."
            yield warning(ADDRESS, said, "Start that broker, or correct the setting.")


def _advertised(cluster: Cluster) -> Iterator[Finding]:
    """Yield whether brokers answer where they say that clients reach them: clients use the bootstrap only at first."""
    away = {endpoint: reason for endpoint in cluster.advertised if (reason := _refused(endpoint))}
    for endpoint, reason in away.items():
        said = f"A broker says that clients reach it at {endpoint}, and from here they do not: {reason}."
        yield error(ADVERTISED, said, "Correct `advertised.listeners` of the broker, or the name or the firewall.")
    if not away:
        yield ok(ADVERTISED, f"Brokers answer where they say that they do: {', '.join(cluster.advertised)}.")


def _refused(endpoint: str) -> str:
    """Return why nobody answers at an address; nothing if somebody does."""
    host, _, port = endpoint.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_TIMEOUT.total_seconds()).close()
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""


def _topics(settings: Settings, cluster: Cluster, *, fix: bool) -> Iterator[Finding]:
    ingest = settings.ingest
    address = ingest.kafka
    wanted = wanted_topics(address, cluster, ingest.kafka_partitions, ingest.replication, ingest.kafka_retention)
    found = read_topics(address, cluster, tuple(each.name for each in wanted))
    for each in wanted:
        topic = found.get(each.name)
        if topic is not None and topic.is_hidden:
            yield error(_name(each), "The user may not see it, so Kafka does not say whether it exists.", WHO_NEEDS)
            continue
        different = tuple(differences(topic, each))
        for difference in different:
            yield from findings(_name(each), partial(_difference, address, each, difference, fix=fix))
        if topic is not None:
            yield from _rights(topic, cluster)
            if not different:
                yield ok(_name(each), _described(topic))


def _name(topic: WantedTopic | Topic) -> str:
    return f"topic {topic.name}"


def _described(topic: Topic) -> str:
    layout = f"It has {counted(topic.partitions, 'partition')} with {counted(topic.replicas, 'replica')}"
    return f"{layout}, and its settings are as banwatch needs them." if topic.settings else f"{layout}."


def _difference(address: KafkaAddress, wanted: WantedTopic, difference: Difference, *, fix: bool) -> Iterator[Finding]:
    """Yield a difference, or that it is mended."""
    what, aspect = _name(wanted), difference.aspect
    if fix and difference.repairable:
        repair(address, wanted, difference)
        yield ok(what, _mended(difference))
    elif aspect is Aspect.TOPIC:
        yield error(what, WHY[aspect], "`banwatch up` creates it, and so does `banwatch doctor --fix`.")
    else:
        bad = error if aspect in {Aspect.CLEANUP, Aspect.IN_SYNC} else warning
        said = f"{aspect} is {difference.found} and should be {difference.wanted}. {WHY[aspect]}"
        yield bad(what, said, _remedy(difference))


def _mended(difference: Difference) -> str:
    if difference.aspect is Aspect.TOPIC:
        return f"It is created, with partitions: {difference.wanted}."
    return f"{difference.aspect} was {difference.found} and is {difference.wanted} now."


def _remedy(difference: Difference) -> str:
    if difference.repairable:
        return "`banwatch doctor --fix` changes it."
    if difference.aspect is Aspect.REPLICAS:
        return "Move replicas to more brokers with kafka-reassign-partitions.sh; banwatch moves no data."
    return "Lower it with kafka-configs.sh, or add replicas; banwatch reduces nothing."


def _rights(topic: Topic, cluster: Cluster) -> Iterator[Finding]:
    """Yield the rights that the user lacks, where the broker says them."""
    if topic.rights is not None and (missing := SOME_NEED - topic.rights):
        yield warning(_name(topic), f"The user may not {' or '.join(sorted(missing))} it.", WHO_NEEDS)
    if not (topic.settings or cluster.memory_only):
        said = "Its settings are not checked, because the user may not see them."
        yield warning(_name(topic), said, "Allow DESCRIBE_CONFIGS with kafka-acls.sh --add.")


def _idempotence(address: KafkaAddress) -> Iterator[Finding]:
    # A cluster that has just started has no ids to give for a moment.
    retry_while_unavailable(lambda: require_idempotence(address), Event(), within=SETTLED_WITHIN)
    yield ok("idempotence", "The broker gives a producer its id, so that what is sent twice is stored once.")


def _group(settings: Settings, cluster: Cluster) -> Iterator[Finding]:
    what, name, address = "workers' group", settings.ingest.kafka_group, settings.ingest.kafka
    topic = read_topics(address, cluster, (address.posts_topic,)).get(address.posts_topic)
    if topic is None or topic.is_hidden:
        yield ok(what, "There is no topic of posts to read yet, or the user may not see it.")
        return
    with ConsumerGroup(address, name) as group:
        state = group.state()
        lag = 0 if state is None else group.lag()
        partitions = len(group.end_offsets())
    if state is None:
        unseen = ", or the user may not DESCRIBE the group" if address.security.logs_in else ""
        yield ok(what, f"No worker has read posts in the group {name} yet{unseen}.")
        return
    left = f"Not counted yet: {counted(lag, 'record')}."
    if not state.members:
        said = f"No worker reads posts in the group {name}. {left}"
        yield (warning if lag else ok)(
            what, said, *(["Start one: `banwatch up`, or `banwatch process`."] if lag else [])
        )
    elif state.name in {"PreparingRebalance", "CompletingRebalance"}:
        yield warning(what, f"The group {name} is dealing out partitions. {left}", "Look again in a minute.")
    elif state.members > partitions:
        idle = state.members - partitions
        said = f"{state.members} workers share {partitions} partitions, so {idle} have nothing to do."
        yield warning(
            what, f"{said} {left}", "End those, or set BANWATCH_KAFKA_PARTITIONS and run `banwatch doctor --fix`."
        )
    else:
        yield ok(what, f"{counted(state.members, 'worker')} in the group {name} ({state.name}). {left}")


def _clock(address: KafkaAddress, clock: Clock) -> Iterator[Finding]:
    before = clock()
    there = broker_clock(address)
    if there is None:
        yield ok("Kafka's clock", "Not checked: this Kafka does not tell its time to this user.")
    else:
        yield judged("Kafka's clock", "Kafka's controller", before, there, clock())
