"""The image, compose.yaml and the manifests of Kubernetes, as far as they can be tried without a container engine."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.access import check_access
from deploy.cli import COMMANDS
from deploy.desk import keys_of_server
from deploy.settings import PREFIX, STAGES, known_names, load
from deploy.supervisor.environments import secrets_of
from ingest.contract import POSTS_TOPIC, REJECTED_TOPIC
from ingest.sources import SOURCES
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "container" / "Containerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
KUBERNETES = DEPLOY / "kubernetes"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
OURS = f"banwatch:{VERSION}"
SECRETS = frozenset().union(*map(secrets_of, STAGES))
DEFAULTS = {name: field.default for stage in STAGES for name, field in stage.model_fields.items()}
SHARED = {"path": "./config/settings.env", "required": False}
"""Settings for every process, in a file that the user may make."""
OF_STORE = {"writer", "reader", "clickhouse"}


def documents(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(folder.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            yield path, document


MANIFESTS = list(documents(KUBERNETES))
WORKLOADS = {
    document["metadata"]["name"]: document
    for path, document in MANIFESTS
    if document["kind"] in {"Deployment", "StatefulSet"} and ".patch." not in path.name
}


def ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in SERVICES.items() if service["image"] == OURS}


def secrets_given(service: dict[str, Any]) -> list[str]:
    """The files of secrets that a service of compose reads."""
    return [file for file in service.get("env_file", []) if file != SHARED]


def commands() -> dict[str, list[str]]:
    """The command of each process, by the place that starts it."""
    composed = {f"compose {name}": service["command"] for name, service in ours().items()}
    return composed | {f"kubernetes {name}": container(each)["args"] for name, each in WORKLOADS.items()}


def container(workload: dict[str, Any]) -> dict[str, Any]:
    [found] = workload["spec"]["template"]["spec"]["containers"]
    return dict(found)


def found_at(value: Any, key: str) -> Iterator[Any]:
    """Everything that stands under a key, however deep."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name == key)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from found_at(each, key)


def of_manifests(key: str) -> list[Any]:
    """The entries of all lists that stand under a key in the manifests."""
    return [entry for _, document in MANIFESTS for entries in found_at(document, key) for entry in entries]


def plain_variables() -> dict[str, str]:
    """Every variable that a file of deploy/ sets to a value for everybody to read."""
    composed = [pair for service in SERVICES.values() for pair in service.get("environment", {}).items()]
    literal = [each.split("=", 1) for each in of_manifests("literals")]
    valued = [(each["name"], each["value"]) for each in of_manifests("env") if "value" in each]
    baked = re.findall(r"^(?:ENV|   ) (\w+)=(\S+)", CONTAINERFILE, re.MULTILINE)
    return {name: str(value) for name, value in (*composed, *literal, *valued, *baked)}


def test_every_variable_is_a_setting_and_none_is_a_secret() -> None:
    names = {name for name in plain_variables() if name.startswith(PREFIX)}
    assert len(names) > 10
    assert names <= known_names()
    assert not names & SECRETS
    assert not any(re.search("PASSWORD|SECRET|TOKEN", name) for name in plain_variables())


def test_every_command_is_one_and_every_source_has_a_process() -> None:
    for place, command in commands().items():
        assert command[0] in COMMANDS, place
        assert command[0] != "ingest" or command[1] in SOURCES, place
    read = {command[1] for place, command in commands().items() if command[0] == "ingest" and "compose" in place}
    assert read == SOURCES.keys() - {"archive"}


def test_every_image_has_the_tag_of_a_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += [image for _, document in MANIFESTS for image in found_at(document, "image")]
    images += re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    assert all(re.fullmatch(r"[a-z./-]+:v?\d+\.\d+\.\d+[\w.-]*", image) for image in images), images
    assert {image for image in images if image.startswith("banwatch:")} == {OURS}
    assert f'version="{VERSION}"' in CONTAINERFILE
    assert {each["newTag"] for each in of_manifests("images")} == {VERSION}


def test_no_container_has_more_than_it_needs() -> None:
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"].keys() == {"memory", "pids"}, name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    assert all(service["read_only"] for service in ours().values())
    assert "\nUSER 10001:10001\n" in CONTAINERFILE


def test_each_process_gets_the_secrets_that_it_needs_and_no_others() -> None:
    given = {name: {Path(file).stem for file in secrets_given(service)} for name, service in SERVICES.items()}
    for name, workload in WORKLOADS.items():
        sources = [each["secretRef"]["name"] for each in container(workload)["envFrom"] if "secretRef" in each]
        given[f"kubernetes {name}"] = set(sources)
    of_command = commands()
    for place, files in given.items():
        command = of_command.get(place) or of_command.get(f"compose {place}", [""])
        if command[0] in {"dashboard", "public"}:
            assert files & OF_STORE == {"reader"}, place
        elif command[0] in {"process", "watch", "claims", "answers", "migrate"}:
            assert files & OF_STORE == {"writer"}, place
        elif command[0] == "ingest":
            assert not files - {command[1]}, place
    assert given["dashboard"] == given["kubernetes dashboard"]


def test_every_process_of_compose_reads_the_same_settings_and_files() -> None:
    for name, service in ours().items():
        assert "./config:/config:ro" in service["volumes"], name
        assert SHARED in service["env_file"], name


def test_metrics_are_where_probes_and_prometheus_look() -> None:
    port = int(plain_variables()["BANWATCH_METRICS_PORT"])
    [probed] = [document for path, document in MANIFESTS if path.name == "probes.patch.yaml"]
    assert {"name": "metrics", "containerPort": port} in container(probed)["ports"]
    assert {each["path"] for each in found_at(probed, "httpGet")} == {"/healthz", "/readyz"}
    [job] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    [looked_up] = job["dns_sd_configs"]
    assert looked_up["port"] == port
    assert set(looked_up["names"]) == ours().keys() - {"setup"}


def test_pages_listen_where_their_ports_are() -> None:
    for name in ("dashboard", "answers", "public"):
        [port] = container(WORKLOADS[name])["ports"]
        assert port["containerPort"] == DEFAULTS[f"{name}_port"]
        assert SERVICES[name]["environment"][f"BANWATCH_{name.upper()}_HOST"] == "0.0.0.0"
    assert SERVICES["dashboard"]["ports"] == [f"127.0.0.1:8501:{DEFAULTS['dashboard_port']}"]


def test_every_manifest_is_in_a_kustomization_and_the_patches_reach_every_process() -> None:
    for path in KUBERNETES.rglob("kustomization.yaml"):
        kustomization = yaml.safe_load(path.read_text("utf-8"))
        named = {*kustomization.get("resources", []), *(patch["path"] for patch in kustomization.get("patches", []))}
        targets = [patch["target"] for patch in kustomization.get("patches", [])]
        assert all(target.keys() <= {"kind", "name", "labelSelector"} for target in targets), path
        there = {each.name for each in path.parent.glob("*.yaml")} - {"kustomization.yaml"}
        assert there == {name for name in named if name.endswith(".yaml")}, path
        assert all((path.parent / name).exists() for name in named), path
    for name, workload in WORKLOADS.items():
        assert workload["metadata"]["labels"]["banwatch/process"] == name
        assert container(workload)["name"] == "banwatch"
        selected, labels = (
            workload["spec"]["selector"]["matchLabels"],
            workload["spec"]["template"]["metadata"]["labels"],
        )
        assert selected.items() <= labels.items(), name
    base = yaml.safe_load((KUBERNETES / "base" / "kustomization.yaml").read_text("utf-8"))
    [migrated] = [each["target"] for each in base["patches"] if each["path"] == "migrated.patch.yaml"]
    writers = {name for name, each in WORKLOADS.items() if "writer" in found_at(container(each), "name")}
    assert set(re.findall(r"\w+", migrated["labelSelector"].partition(" in ")[2])) == writers
    assert WORKLOADS["watch"]["spec"]["replicas"] == 1
    assert WORKLOADS["watch"]["spec"]["strategy"] == {"type": "Recreate"}


def test_kafka_has_the_topics_and_lets_the_group_read() -> None:
    topics = {document["metadata"]["name"] for _, document in MANIFESTS if document["kind"] == "KafkaTopic"}
    assert topics == {POSTS_TOPIC, REJECTED_TOPIC}
    resources = [acl["resource"] for acl in of_manifests("acls")]
    assert {each["name"] for each in resources if each["type"] == "group"} == {DEFAULTS["kafka_group"]}
    assert {each["name"] for each in resources if each["type"] == "topic"} == topics
    [worker] = [each for _, each in MANIFESTS if each["kind"] == "KafkaUser" and each["metadata"]["name"] == "worker"]
    readable = [acl["resource"] for acl in worker["spec"]["authorization"]["acls"] if "Read" in acl["operations"]]
    assert {each["name"] for each in readable if each["type"] == "topic"} == topics, "a worker subscribes to both"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder of secrets as deploy/secrets.sh makes it."""
    script = shutil.copy(DEPLOY / "secrets.sh", tmp_path)
    subprocess.run([script], check=True, capture_output=True)
    return tmp_path / "secrets"


def read(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))  # type: ignore[misc]


def test_made_up_secrets_are_private_and_stay(secrets: Path) -> None:
    before = {file.name: file.read_text("utf-8") for file in secrets.iterdir()}
    assert {Path(file).name for service in SERVICES.values() for file in secrets_given(service)} == before.keys()
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets.iterdir()} == {0o600}
    values = [value for file in secrets.iterdir() if file.name != "clickhouse.env" for value in read(file).values()]
    assert len(values) == len(set(values)) > 4
    assert all(len(value) == 40 for value in values)
    subprocess.run([secrets.parent / "secrets.sh"], check=True, capture_output=True)
    assert {file.name: file.read_text("utf-8") for file in secrets.iterdir()} == before


@pytest.mark.parametrize("name", sorted(ours()))
def test_a_process_accepts_the_settings_that_compose_gives_it(
    name: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [each for each in os.environ if each.startswith(PREFIX)]:
        monkeypatch.delenv(variable)
    given = SERVICES[name].get("environment", {})
    for file in secrets_given(SERVICES[name]):
        given = given | read(secrets / Path(file).name)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    settings = load(os.environ)
    if name == "dashboard":
        check_access(settings)
    if name == "answers":
        assert [key.get_secret_value() for key in keys_of_server(settings)] == [given["BANWATCH_DESK_KEY"]]


def test_the_two_users_of_the_store_have_the_passwords_of_its_processes(secrets: Path) -> None:
    given = read(secrets / "clickhouse.env")
    for user in ("writer", "reader"):
        assert given[f"{user.upper()}_PASSWORD"] in read(secrets / f"{user}.env").values()


[SETUP] = [document for _, document in MANIFESTS if document["kind"] == "Job"]


@pytest.mark.parametrize(
    "script",
    [(DEPLOY / "compose" / "clickhouse-users.sh").read_text("utf-8"), container(SETUP)["args"][0]],
    ids=["compose", "kubernetes"],
)
def test_the_store_gets_its_two_users_with_any_passwords_and_no_command_has_them(script: str, tmp_path: Path) -> None:
    client = tmp_path / "clickhouse-client"
    client.write_text('#!/bin/sh\necho "arguments: $*"\nexec cat\n')
    client.chmod(0o700)
    (tmp_path / "users.sql").write_text((DEPLOY / "clickhouse" / "users.sql").read_text("utf-8"))
    for name in ("database.sql", "quorum.sql"):
        (tmp_path / name).write_text("SELECT 1;\n")
    given = {f"{user}_PASSWORD": f"{user} & / $1 \\\\ secret" for user in ("CLICKHOUSE", "WRITER", "READER")}
    environment = given | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CLICKHOUSE_USER": "admin"}
    script = re.sub(r"/(banwatch|users|setup)/(?=\w+\.sql)", f"{tmp_path}/", script)
    ran = subprocess.run(["bash", "-euc", script], env=environment, check=True, capture_output=True, text=True)
    assert "BY 'replace" not in ran.stdout
    for user in ("writer", "reader"):
        password = given[f"{user.upper()}_PASSWORD"]
        assert f"USER IF NOT EXISTS {user} IDENTIFIED WITH sha256_password BY '{password}'" in ran.stdout
    commands = [line for line in ran.stdout.splitlines() if line.startswith("arguments: ")]
    assert commands
    assert not any("secret" in line for line in commands)
    assert "sed" not in script


def test_what_is_installed_in_the_image_is_locked() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    image = (DEPLOY / "container" / "requirements.lock").read_text("utf-8")
    pinned = re.findall(r"^([\w.-]+==\S+)", image, re.MULTILINE)
    assert len(pinned) > 50
    assert set(pinned) <= set(re.findall(r"^([\w.-]+==\S+)", lock, re.MULTILINE))
    assert not {"chdb", "pytest", "playwright"} & {each.split("==")[0] for each in pinned}
