"""A running `banwatch up`, as Prometheus sees it."""

from __future__ import annotations

import random
import socket
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deploy.docs.metrics import GROUPS
from ingest.contract import encode
from tests.conftest import WRITER_PASSWORD, a_post
from tests.support.stacks import Installation
from tests.support.waiting import PORTS, eventually

PROCESSES = {"up", "warehouse", "worker", "watch", "claims", "answers", "dashboard", "public", "collector"}
ON_SUBJECT = "The government will ban TikTok tomorrow"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def free_ports(most: int) -> int:
    """The first of some ports in a row that nothing held a moment ago."""
    while True:
        first = random.choice(PORTS)
        try:
            for port in range(first, first + most):
                with socket.socket() as listener:
                    listener.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first


def ask(address: str, **headers: str) -> httpx.Response:
    return httpx.get(address, headers=headers, timeout=20, trust_env=False)


def addresses(base: int) -> list[str]:
    [listed] = ask(f"http://127.0.0.1:{base}/targets").json()
    return [f"http://{target}" for target in listed["targets"]]


def lives(address: str) -> bool:
    try:
        return ask(f"{address}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def scrape(address: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(ask(f"{address}/metrics").text)
        for sample in family.samples
    }


def total(samples: Samples, name: str, **labels: str) -> float:
    wanted = labels.items()
    return sum(value for (found, given), value in samples.items() if found == name and wanted <= dict(given).items())


def everything(base: int) -> Samples:
    """What all processes show; series of the same name and labels in several processes are added."""
    found: Samples = {}
    for address in addresses(base):
        with suppress(httpx.TransportError):  # the archive is at its end
            for key, value in scrape(address).items():
                found[key] = found.get(key, 0.0) + value
    return found


def test_every_process_shows_what_it_did_and_that_it_lives(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = free_ports(16)
    monkeypatch.setenv("BANWATCH_METRICS_PORT", str(base))
    posts = [encode(a_post(id=str(n), text=ON_SUBJECT, author=f"somebody-{n}")) for n in range(120)]
    archive = tmp_path / "posts.ndjson"
    archive.write_bytes(b"\n".join([*posts, b"no post at all"]))
    arguments = ("up", "--archive", str(archive), "--public", "--workers", "2", "--source", "hackernews")
    monkeypatch.setenv("BANWATCH_HACKERNEWS_BASE_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("BANWATCH_HACKERNEWS_SEARCH_URL", "http://127.0.0.1:9/")
    installation.settings["BANWATCH_CLAIMS"] = "1"
    with closing(installation.start(*arguments)) as running:
        assert running.says("metrics "), running.said
        eventually(lambda: all(map(lives, addresses(base))))
        # A worker that joins while another reads takes partitions of it, whose records are read and written again.
        eventually(lambda: total(everything(base), "banwatch_worker_written_posts_total") >= 120)
        eventually(lambda: total(everything(base), "banwatch_up_running", child="archive") == 1)
        eventually(lambda: total(everything(base), "banwatch_worker_batches_total", outcome="committed") >= 1)
        eventually(lambda: total(everything(base), "banwatch_worker_assigned_partitions") == 4)
        shown = everything(base)
        assert total(shown, "banwatch_worker_records_total", kind="post") >= 120
        assert total(shown, "banwatch_worker_tagged_posts_total") >= 120
        assert total(shown, "banwatch_worker_stage_seconds_count", stage="recount") >= 1
        assert total(shown, "banwatch_store_request_seconds_count", process="worker", request="insert") >= 2
        assert total(shown, "banwatch_up_resident_memory_bytes", child="broker") > 1e6
        assert total(shown, "banwatch_warehouse_disk_free_bytes") > 0
        assert ask(f"{installation.public_url}/healthz").status_code == 200
        assert ask(f"{installation.dashboard_url}/nothing", host="strange.example").status_code == 403
        shown = everything(base)
        assert total(shown, "banwatch_http_requests_total", process="public", status="2xx") == 1
        assert total(shown, "banwatch_http_requests_total", process="dashboard", status="4xx") == 1
        eventually(lambda: total(everything(base), "banwatch_watch_scored_until_timestamp_seconds") > 0)
        eventually(lambda: total(everything(base), "banwatch_worker_lag_messages") == 0)
        assert {dict(labels)["process"] for name, labels in shown if name == "banwatch_process_info"} == PROCESSES
        declared = {each.name for group in GROUPS.values() for each in group.declared}
        own = {name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name, _ in shown}
        assert {name for name in own if name.startswith("banwatch_")} <= declared

        for address in addresses(base):
            assert lives(address), address
        ready = {address: ask(f"{address}/readyz") for address in addresses(base)}
        waiting = [answer.text for answer in ready.values() if answer.status_code == 503]
        assert waiting == ["The loop collector does not do its work yet.\n"], "its network is away"
        assert WRITER_PASSWORD not in "".join(ask(f"{address}/metrics").text for address in addresses(base))
        assert "somebody" not in "".join(ask(f"{address}/metrics").text for address in addresses(base))
