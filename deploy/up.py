"""`banwatch up` and `banwatch demo`: this module starts the processes, shows their progress and decides when to end."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from threading import Event

import msgspec
import structlog
from rich.console import Console

from dashboard.settings import DashboardSettings, PublicSettings
from deploy.access import check_access
from deploy.desk import keys_of_server, reached_at
from deploy.embedded import broker
from deploy.errors import PortTaken
from deploy.local_store import warehouse_part
from deploy.metrics.health import Health
from deploy.metrics.ports import TARGETS, metrics_ports, targets, with_ports
from deploy.metrics.server import exposed
from deploy.optional_dependencies import require
from deploy.processes.shortages import Shortages
from deploy.processes.source import ArchiveOptions
from deploy.settings import Settings
from deploy.source_options import variable
from deploy.supervisor.drain import is_complete, standing
from deploy.supervisor.endpoints import Endpoint, clickhouse_endpoint, kafka_endpoint, require_free
from deploy.supervisor.environments import TRACES, secrets_of, told
from deploy.supervisor.metrics import SupervisorMetrics
from deploy.supervisor.process import BANWATCH, BROKER, ProcessSpec
from deploy.supervisor.recycling import RecyclePolicy, Recycling
from deploy.supervisor.supervisor import Supervisor, exclusive, missing
from deploy.terminal.incidents import report
from deploy.terminal.progress import Screen, SourceProgress
from deploy.writer import writer
from ingest.errors import Unavailable
from ingest.kafka import ConsumerGroup, TopicReplaced
from ingest.settings import IngestSettings
from ingest.sources.archive.source import archive_files, archive_name
from processing import queries
from processing.alerts.settings import AlertSettings
from processing.contract import MEGABYTE, BrokerState
from processing.settings import ProcessingSettings
from processing.shortage import SAID
from processing.store.broker import write_broker_memory
from processing.store.client import Store, StoreFailure
from processing.store.lack import Lack

log = structlog.get_logger()

DONE_ASKED_EVERY = 0.5

ANSWERING_KEYS = frozenset({"BANWATCH_ANSWERS_KEY", "BANWATCH_DESK_KEY"})
"""The secrets of the alerts and of the dashboard that the answers' server needs."""


@dataclass(frozen=True)
class UpOptions:
    """The processes to start. `alone` refuses a broker or a store that this stack has not started."""

    archive: ArchiveOptions | None = None
    sources: tuple[str, ...] = ()
    """Names of the live sources."""
    until_done: bool = False
    dashboard: bool = True
    public: bool = False
    """Whether the public pages are served too."""
    workers: int = 1
    alone: bool = False
    alert: bool = False
    """Whether people are told of incidents of more than a day ago."""


def up(settings: Settings, options: UpOptions, console: Console, stop: Event) -> None:
    """Run the stack until `stop` is set or, with `until_done`, until the archive is counted and scored.

    Raises:
        AlreadyRunning: another stack runs from the same data folder.
        PortTaken, OutOfReach: an address cannot be used.
        SettingsError: the dashboard would be open to others than this machine.
        NotInstalled, BrokerMissing: a required package is not installed.
        SecretUnusable: a generated secret cannot be read or written.
        StackFailed: a process does not start or keeps dying.
        Misconfigured: a setting of a source is wrong.
    """
    no_broker, no_store = missing(settings)
    played = () if options.archive is None else (_name_of(options.archive),)
    with exclusive(settings.data_dir), Screen(console) as screen, ExitStack() as running:
        infrastructure = _infrastructure(settings, options, no_broker=no_broker, no_store=no_store)
        parts = _parts(settings, options, [part.name for part in infrastructure])
        ports = metrics_ports(settings.process, [*infrastructure, *parts])
        shortages = Shortages(screen.line, _where_to_make_room(settings) if no_store else {})
        stack = Supervisor(
            settings,
            with_ports(infrastructure, ports),
            with_ports(parts, ports),
            hear={"watch": screen.line, "archive": _heard(screen, screen.reading)}
            | {name: _heard(screen, screen.state) for name in options.sources}
            | {name: shortages.of(name) for name in _workers(options)},
            say=screen.line,
        )
        health = Health({"supervisor": stack.liveness})
        pages = {TARGETS: partial(targets, ports, lambda: {each.part.name for each in stack.children if each.finished})}
        shown = exposed(settings.process, "up", health, SupervisorMetrics(lambda: stack.children), pages=pages)
        running.enter_context(shown)
        running.callback(stack.stop)
        running.callback(screen.line, "stopping")
        stack.start()
        _say_where(settings, options, screen, ports)
        done = _Done(settings, stack, played)
        recycling = running.enter_context(closing(_recycling(settings, stack, screen.line)))
        if played:
            stack.watch_over(stop, done, recycling.look)
            done.close()
            screen.read_to_the_end()
            if not stop.is_set():
                report(settings, screen.line, told=options.alert)
        if not options.until_done:
            stack.watch_over(stop, lambda: False, recycling.look)


def _infrastructure(settings: Settings, options: UpOptions, *, no_broker: bool, no_store: bool) -> list[ProcessSpec]:
    """Return the broker and the store, each only if no service answers at its address."""
    if options.dashboard:
        require("streamlit", "and --no-dashboard goes without the page")
        check_access(settings)
        endpoint = Endpoint(settings.dashboard.dashboard_host, settings.dashboard.dashboard_port)
        require_free(endpoint, "BANWATCH_DASHBOARD_PORT")
    if options.public:
        require("jinja2", "and `banwatch up` goes without the public pages if BANWATCH_PUBLIC is not set")
        require_free(Endpoint(settings.public.public_host, settings.public.public_port), "BANWATCH_PUBLIC_PORT")
    kafka = kafka_endpoint(settings.ingest.kafka)
    if options.alone and not no_broker:
        raise PortTaken(_not_alone("Kafka", kafka, "BANWATCH_KAFKA_BOOTSTRAP"))
    if options.alone and not no_store:
        store = clickhouse_endpoint(settings.processing.clickhouse_url)
        raise PortTaken(_not_alone("ClickHouse", store, "BANWATCH_CLICKHOUSE_URL"))
    parts = []
    if no_broker:
        broker.binary()
        parts.append(
            ProcessSpec(BROKER, (*BANWATCH, "broker"), told(os.environ, settings.data_dir) | broker.ENVIRONMENT)
        )
    if no_store:
        parts.append(warehouse_part(settings))
    return parts


def _not_alone(what: str, endpoint: Endpoint, setting: str) -> str:
    return (
        f"A {what} already answers at {endpoint}. The demo would mix synthetic posts into it: stop it, "
        f"or set {setting} to another port of this machine."
    )


def _parts(settings: Settings, options: UpOptions, embedded: Sequence[str]) -> list[ProcessSpec]:
    # A process that uses Kafka starts again after the embedded broker has lost its memory: see ingest.cursors.
    needs = (BROKER,) if BROKER in embedded else ()
    secrets = secrets_of(ProcessingSettings) | secrets_of(IngestSettings)
    counting = told(os.environ, settings.data_dir, secrets, prefix=TRACES)
    parts = [ProcessSpec(name, (*BANWATCH, "process"), counting, needs) for name in _workers(options)]
    alerting = told(os.environ, settings.data_dir, secrets_of(ProcessingSettings) | secrets_of(AlertSettings))
    watching = (*BANWATCH, "watch", *(["--alert"] if options.alert else []))
    parts.append(ProcessSpec("watch", watching, alerting))
    if settings.processing.claims:
        searching = told(os.environ, settings.data_dir, secrets_of(ProcessingSettings))
        parts.append(ProcessSpec("claims", (*BANWATCH, "claims"), searching, expendable=True))
    desk = _desk(settings) if options.dashboard else {}
    if desk or settings.alerts.links is not None:
        answering = told(os.environ, settings.data_dir, secrets_of(ProcessingSettings) | ANSWERING_KEYS) | desk
        parts.append(ProcessSpec("answers", (*BANWATCH, "answers"), answering))
    if options.dashboard:
        reading = told(os.environ, settings.data_dir, secrets_of(DashboardSettings)) | desk
        parts.append(ProcessSpec("dashboard", (*BANWATCH, "dashboard"), reading))
    if options.public:
        reading = told(os.environ, settings.data_dir, secrets_of(PublicSettings))
        parts.append(ProcessSpec("public", (*BANWATCH, "public"), reading))
    if options.archive is not None:
        command = (*BANWATCH, "ingest", "archive", *_arguments(options.archive), "--progress", "json")
        from_input = str(options.archive.path) == "-"
        environment = told(os.environ, settings.data_dir, secrets_of(IngestSettings))
        parts.append(
            ProcessSpec("archive", command, environment, needs, finishes=True, hears_input=from_input, is_source=True)
        )
    return parts + [_source_part(settings, name, needs) for name in options.sources]


def _recycling(settings: Settings, stack: Supervisor, say: Callable[[str], None]) -> Recycling:
    """Return the watch over the memory of the embedded broker. It does nothing where the stack has none."""
    limit = settings.ingest.broker_memory_mb * MEGABYTE

    def note(state: BrokerState, held: int) -> None:
        try:
            with Store(writer(settings)) as store:
                write_broker_memory(store, state, held=held, limit=limit)
        except StoreFailure as error:
            log.warning("broker's state not stored", state=state, reason=str(error))

    if stack.pid(BROKER) is not None:
        note(BrokerState.STARTED, 0)
    return Recycling(stack, settings.ingest.kafka, settings.ingest.kafka_group, RecyclePolicy(limit), say, note)


def _desk(settings: Settings) -> dict[str, str]:
    """Return what the answers' server and the dashboard are told of each other; nothing if settings say where it is.

    A server for this stack alone listens on a port of its own, so that two stacks run side by side.

    Raises:
        SecretUnusable: the kept key cannot be read or written.
    """
    if "desk_url" in settings.dashboard.model_fields_set or not keys_of_server(settings):
        return {}
    host, port = settings.alerts.answers_host, settings.alerts.answers_port
    if settings.alerts.links is None and "answers_port" not in settings.alerts.model_fields_set:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
    return {"BANWATCH_ANSWERS_PORT": str(port), "BANWATCH_DESK_URL": f"http://{reached_at(host)}:{port}"}


def _where_to_make_room(settings: Settings) -> dict[str, str]:
    full = SAID[Lack.DISK].format(url=settings.processing.clickhouse_url)
    return {full: f" Its data lie in {settings.store_dir}."}


def _workers(options: UpOptions) -> list[str]:
    return [f"worker-{number}" for number in range(1, options.workers + 1)]


def _source_part(settings: Settings, name: str, needs: tuple[str, ...]) -> ProcessSpec:
    environment = told(os.environ, settings.data_dir, secrets_of(IngestSettings), prefix=variable(name, ""))
    command = (*BANWATCH, "ingest", name, "--progress", "json")
    return ProcessSpec(name, command, environment, needs, expendable=True, is_source=True)


def _arguments(archive: ArchiveOptions) -> list[str]:
    arguments = [str(archive.path), "--speed", "max" if archive.speed is None else str(archive.speed)]
    arguments += ["--shift-to-now"] if archive.shift_to_now else []
    return arguments if archive.columns is None else [*arguments, "--columns", archive.columns]


def _name_of(archive: ArchiveOptions) -> str:
    return archive_name(archive_files(archive.path), archive.columns)


def _heard(screen: Screen, show: Callable[[SourceProgress], None]) -> Callable[[str], None]:
    """Return a function that reads an ingester's progress from its lines. Any other line is printed."""

    def hear(line: str) -> None:
        try:
            reading = msgspec.json.decode(line, type=SourceProgress)
        except msgspec.DecodeError:
            screen.line(line)
        else:
            show(reading)

    return hear


def _say_where(settings: Settings, options: UpOptions, screen: Screen, ports: Mapping[str, int]) -> None:
    if options.dashboard:
        host, port = settings.dashboard.dashboard_host, settings.dashboard.dashboard_port
        screen.line(f"dashboard   http://{host}:{port}")
    if options.public:
        screen.line(f"public      http://{settings.public.public_host}:{settings.public.public_port}")
    screen.line(f"ClickHouse  {settings.processing.clickhouse_url}  (banwatch sql, or any HTTP client, as `reader`)")
    screen.line(f"Kafka       {settings.ingest.kafka_bootstrap}")
    if ports:
        host = settings.process.metrics_host
        screen.line(f"metrics     http://{host}:{ports['up']}/metrics ({TARGETS} lists those of every process)")
    screen.line(f"logs        {settings.data_dir / 'logs'}")


class _Done:
    """Checks, at most twice a second, whether the archive is counted and scored."""

    def __init__(self, settings: Settings, stack: Supervisor, sources: Sequence[str]) -> None:
        self._settings = settings
        self._stack = stack
        self._sources = sources
        self._group: ConsumerGroup | None = None
        self._reader: queries.Reader | None = None
        self._ask_at = time.monotonic()

    def close(self) -> None:
        """Close the connections before the services that they lead to end."""
        if self._group is not None:
            self._group.close()
            self._group = None

    def __call__(self) -> bool:
        now = time.monotonic()
        if now < self._ask_at or not self._stack.finished(["archive"]):
            return False
        self._ask_at = now + DONE_ASKED_EVERY
        try:
            self._group = self._group or ConsumerGroup(self._settings.ingest.kafka, self._settings.ingest.kafka_group)
            self._reader = self._reader or queries.connect(self._settings.reader)
            return is_complete(standing(self._group, self._reader, self._sources), self._settings.processing.bin_width)
        except (Unavailable, TopicReplaced):
            self.close()  # the client would ask the coordinator that it knows, also once another one has taken over
            return False
