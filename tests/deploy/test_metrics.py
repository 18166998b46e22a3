"""What a process shows of itself: every metric is declared and bounded, and its health is answered beside its loops."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection, create_server

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from deploy.docs.metrics import GROUPS, page
from deploy.embedded.chdb_http.metrics import WarehouseMetrics
from deploy.errors import PortTaken
from deploy.metrics.health import ALIVE_WITHIN, Health
from deploy.metrics.ports import metrics_ports, targets, with_ports
from deploy.metrics.server import MOST_CONNECTIONS, exposed
from deploy.settings import ProcessSettings, SettingsError
from deploy.supervisor.process import ProcessSpec
from ingest.collector_metrics import CollectorMetrics
from ingest.liveness import Liveness
from ingest.metrics import Metrics
from ingest.progress import CollectorStats
from ingest.source import Item, PartStatus, Watermark
from tests.conftest import NOON, ROOT, a_post
from tests.support.metered import metered
from tests.support.waiting import eventually, free_port

RULES = ROOT / "deploy" / "prometheus" / "banwatch.rules.yml"
BOARD = ROOT / "deploy" / "grafana" / "boards" / "banwatch.json"
DECLARED = {each.name: each for group in GROUPS.values() for each in group.declared}


def test_the_page_of_the_metrics_is_made_of_the_code() -> None:
    written = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert written == page(), "run `python -m deploy.docs.metrics > docs/metrics.md`"


def test_every_metric_has_a_name_of_its_own_in_the_form_of_prometheus() -> None:
    assert len(DECLARED) == sum(len(group.declared) for group in GROUPS.values())
    for name, each in DECLARED.items():
        assert re.fullmatch(r"banwatch_[a-z_]+", name)
        assert name.endswith("_total") is (each.kind == "counter"), name
        assert each.meaning.endswith("."), name
        assert each.kind != "histogram" or name.endswith("_seconds"), name


@pytest.mark.parametrize("title", GROUPS)
def test_a_label_has_no_value_but_the_declared_ones(title: str) -> None:
    group = GROUPS[title]
    for metric in group.collect():
        for sample in metric.samples:
            bare = re.sub(r"_(bucket|sum|count)$", "", sample.name)
            declared = DECLARED.get(sample.name) or DECLARED[bare]
            for label, value in sample.labels.items():
                if label not in group.constant and label != "le":
                    assert value in declared.labels[label], sample


def test_a_collector_shows_what_it_counts_and_no_word_of_its_network() -> None:
    stats = CollectorStats(NOON)
    stats.taken(Item(a_post(text="words of a stranger"), {}), NOON)
    stats.taken(Watermark(NOON, NOON, {}, idle=True), NOON)
    stats.part(PartStatus("the name of a stranger", "a fault of a stranger"))
    shown = metered(CollectorMetrics("example", lambda: stats))
    assert shown["banwatch_source_posts_total"] == 1
    assert shown["banwatch_source_failing_parts"] == 1
    assert shown["banwatch_source_idle"] == 1
    assert shown["banwatch_source_covered_until_timestamp_seconds"] == NOON.timestamp()
    assert shown["banwatch_source_state,listening"] == 1
    assert shown["banwatch_source_state,silent"] == 0
    assert "stranger" not in generate_latest(registry_of(CollectorMetrics("example", lambda: stats))).decode()


def test_what_is_not_known_yet_is_absent_and_not_zero() -> None:
    assert "banwatch_watch_watermark_timestamp_seconds" not in metered(GROUPS["The watch"])
    assert "banwatch_worker_lag_seconds" not in metered(GROUPS["A worker"])


def test_a_disk_that_cannot_be_asked_takes_no_other_metric_away(tmp_path: Path) -> None:
    group = WarehouseMetrics()
    group.directory = tmp_path / "gone"
    assert "banwatch_warehouse_disk_free_bytes" not in metered(group)
    group.directory = tmp_path
    assert metered(group)["banwatch_warehouse_disk_free_bytes"] > 0


@pytest.mark.parametrize("path", [RULES, BOARD], ids=lambda path: path.name)
def test_rules_and_board_ask_for_metrics_that_exist(path: Path) -> None:
    asked = set(re.findall(r"\bbanwatch_\w+", path.read_text("utf-8")))
    bare = {re.sub(r"_(bucket|sum|count)$", "", name) if name not in DECLARED else name for name in asked}
    assert len(bare) > 10
    assert bare <= DECLARED.keys()


def test_every_rule_has_a_summary_an_action_and_a_severity() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
    for rule in rules:
        assert rule["annotations"].keys() == {"summary", "action"}, rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}, rule["alert"]


def registry_of(*groups: Metrics) -> CollectorRegistry:
    registry = CollectorRegistry()
    for group in groups:
        registry.register(group)
    return registry


class Clock:
    """A monotonic clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def shown(health: Health, *groups: Metrics) -> Iterator[int]:
    port = free_port()
    with exposed(ProcessSettings(metrics_port=port), "worker", health, *groups):
        yield port


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_loop_that_hangs_turns_health_red_and_one_that_waits_only_readiness() -> None:
    clock = Clock()
    loop = Liveness(clock)
    health = Health({"worker": loop})
    with shown(health) as port:
        assert (get(port, "/healthz")[0], get(port, "/readyz")[0]) == (200, 503), "it starts"
        loop.turned(ready=True)
        assert (get(port, "/healthz")[0], get(port, "/readyz")[0]) == (200, 200)
        clock.now += ALIVE_WITHIN - 1
        loop.turned(ready=False)
        clock.now += ALIVE_WITHIN - 1
        assert (get(port, "/healthz")[0], get(port, "/readyz")[0]) == (200, 503), "it waits for the store"
        loop.turned(ready=True)
        clock.now += ALIVE_WITHIN + 1
        assert get(port, "/healthz") == (503, "The loop worker has not turned for 301 s.\n")
        assert get(port, "/readyz")[0] == 503
        status, text = get(port, "/metrics")
        assert status == 200
        assert 'banwatch_loop_still_seconds{loop="worker"} 301.0' in text
        assert 'banwatch_process_info{process="worker",version="' in text
        assert 'banwatch_store_failures_total{failure="refused",process="worker"}' in text
        assert "process_resident_memory_bytes" in text


def test_strange_pages_and_other_requests_get_nothing() -> None:
    with shown(Health(), GROUPS["A worker"]) as port:
        for headers in ({"Host": "rebound.example"}, {"Origin": "http://x.example"}, {"Sec_Fetch_Site": "cross-site"}):
            assert get(port, "/metrics", **headers)[0] == 403, headers
        assert get(port, "/metrics", "POST")[0] == 405
        assert get(port, "/")[0] == 404
        assert get(port, "/targets")[0] == 404, "only `up` knows of others"
        assert get(port, "/metrics")[0] == 200


def test_nobody_is_asked_for_the_name_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: str = "") -> str:
        raise AssertionError("DNS is asked")

    monkeypatch.setattr("socket.getfqdn", ask)
    with shown(Health()) as port:
        assert get(port, "/healthz")[0] == 200


def test_connections_above_the_limit_are_closed_and_later_ones_are_served() -> None:
    with shown(Health()) as port, ExitStack() as idle:
        for _ in range(MOST_CONNECTIONS):
            idle.enter_context(create_connection(("127.0.0.1", port), timeout=20))
        with create_connection(("127.0.0.1", port), timeout=20) as one_more:
            assert one_more.recv(1) == b""
        idle.close()
        eventually(lambda: served_at(port))


def served_at(port: int) -> bool:
    try:
        return get(port, "/metrics")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def test_no_port_is_opened_unless_one_is_set_and_a_taken_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_METRICS_PORT", "")
    assert ProcessSettings().metrics_port is None
    with create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        taken = exposed(ProcessSettings(metrics_port=port), "worker", Health())
        with pytest.raises(PortTaken, match=f"127.0.0.1:{port}.*BANWATCH_METRICS_PORT"):
            taken.__enter__()


def test_up_gives_its_processes_the_ports_that_follow_and_lists_those_that_run() -> None:
    parts = [ProcessSpec(name, (), {"PATH": "/bin"}) for name in ("broker", "worker-1", "archive")]
    port = free_port()
    ports = metrics_ports(ProcessSettings(metrics_port=port), parts)
    assert ports == {"up": port, "worker-1": port + 1, "archive": port + 2}
    environments = [part.environment for part in with_ports(parts, ports)]
    told = [given.get("BANWATCH_METRICS_PORT") for given in environments]
    assert told == [None, str(port + 1), str(port + 2)]
    assert all(given["PATH"] == "/bin" for given in environments)
    assert json.loads(targets(ports, lambda: {"archive"}, "here")) == [
        {"targets": [f"here:{port}", f"here:{port + 1}"]}
    ]
    assert metrics_ports(ProcessSettings(), parts) == {}
    with pytest.raises(SettingsError, match="too high"):
        metrics_ports(ProcessSettings(metrics_port=65_534), parts)
    with create_server(("127.0.0.1", port + 1)), pytest.raises(PortTaken, match="BANWATCH_METRICS_PORT"):
        metrics_ports(ProcessSettings(metrics_port=port), parts)


def test_the_board_draws_each_panel_from_one_source_that_the_reader_chooses() -> None:
    board = json.loads(BOARD.read_text("utf-8"))
    drawn = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert {target["datasource"]["uid"] for panel in drawn for target in panel["targets"]} == {"${datasource}"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
