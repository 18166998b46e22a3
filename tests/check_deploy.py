"""`make check-deploy`: deploy/ by the tools that other people check such files with.

hadolint and the schemas of Kubernetes come with the locked tools. kustomize and docker compose are used where they are
installed; what is absent is said. The exit status is 1 if a tool found a fault.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

from tests.conftest import ROOT

TOOLS = ROOT / ".venv" / "tools" / "bin"
DEPLOY = ROOT / "deploy"
OPERATORS = ("strimzi.io", "altinity.com")
"""Kinds of these groups are described by the operators' own schemas, which are not at hand."""


class Absent(Exception):
    """A tool is not installed here."""


def image() -> str:
    return _run(TOOLS / "hadolint", "--failure-threshold", "style", DEPLOY / "container" / "Containerfile")


def compose() -> str:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        raise Absent("docker compose")
    return _run(
        "docker", "compose", "--file", DEPLOY / "compose" / "compose.yaml", "--profile", "*", "config", "--quiet"
    )


def manifests() -> str:
    """The overlays as kustomize builds them."""
    overlays = sorted((DEPLOY / "kubernetes" / "overlays").iterdir())
    return "\n".join(_valid(overlay.name, _built(overlay)) for overlay in overlays)


def _built(overlay: Path) -> str:
    if (kustomize := shutil.which("kustomize")) is None:
        raise Absent("kustomize")
    return _run(kustomize, "build", overlay)


def _valid(name: str, built: str) -> str:
    documents = list(yaml.safe_load_all(built))
    native = [each for each in documents if not each["apiVersion"].split("/")[0].endswith(OPERATORS)]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump_all(native, file)
        file.flush()
        _run(TOOLS / "kubernetes-validate", "--strict", file.name)
    return f"{name}: {len(native)} objects of {len(documents)} have schemas, and follow them"


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} found a fault:\n{done.stdout}{done.stderr}")
    return done.stdout


CHECKS: dict[str, Callable[[], str]] = {"image": image, "compose": compose, "kubernetes": manifests}


def results() -> Iterator[str]:
    for name, check in CHECKS.items():
        try:
            yield f"{name}: ok\n{check()}".rstrip()
        except Absent as tool:
            yield f"{name}: not checked, {tool} is not installed"


if __name__ == "__main__":
    for line in results():
        sys.stdout.write(f"{line}\n")
