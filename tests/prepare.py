"""Fetch what the tests need beside Python: `python -m tests.prepare [chromium] [kafka] [promtool]`, or all of it.

It may be run any number of times, says one line for each thing, and never fails: what is not there is a reason
for the tests that need it to be skipped, and they say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.kafka import server
from tests.support import promtool

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def main(names: Sequence[str]) -> None:
    for name in names or PARTS:
        print(f"{name}: {PARTS[name]()}")


def kafka() -> str:
    """Copy Kafka's jars from Maven Central into tests/kafka/target."""
    if server.missing() is None:
        return f"already in {server.JARS}"
    absent = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if absent:
        return f"absent, its tests will be skipped: {' and '.join(absent)} not installed"
    pom = Path(__file__).parent / "kafka" / "pom.xml"
    failure = _run(["mvn", "--quiet", "--batch-mode", "--file", str(pom), "package"])
    return f"absent, its tests will be skipped: {failure}" if failure else f"fetched into {server.JARS}"


def chromium() -> str:
    """Install Debian's Chromium where that is possible."""
    if installed := next(filter(None, map(shutil.which, CHROMIUM)), None):
        return f"already at {installed}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return "absent, its tests will be skipped: it takes root and apt-get to install it"
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"]
    # An update that fails (one mirror of several is away) need not stop the installation.
    update = _run(["apt-get", "update", "--quiet"])
    failure = _run(install)
    return f"absent, its tests will be skipped: {update or failure}" if failure else "installed"


def fetch_promtool() -> str:
    """Take promtool, the checker of Prometheus, out of Debian's package, which is not installed."""
    if promtool.missing() is None:
        return f"already at {promtool.path()}"
    if absent := [tool for tool in ("apt-get", "dpkg") if shutil.which(tool) is None]:
        return f"absent, its test will be skipped: {' and '.join(absent)} not installed"
    with tempfile.TemporaryDirectory() as folder:
        download = ["apt-get", "download", "--quiet", "prometheus"]
        failure = _run(download, folder) and (_run(["apt-get", "update", "--quiet"]) or _run(download, folder))
        failure = failure or _run(["dpkg", "--extract", *map(str, Path(folder).glob("*.deb")), "unpacked"], folder)
        if failure:
            return f"absent, its test will be skipped: {failure}"
        promtool.FETCHED.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder, "unpacked", "usr", "bin", "promtool"), promtool.FETCHED)
    return f"fetched to {promtool.FETCHED}"


def _run(command: list[str], folder: str | None = None) -> str | None:
    """Run quietly; None, or the last line of what went wrong."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=600, env=environment, cwd=folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired, OSError) as error:
        said = str(getattr(error, "stderr", None) or getattr(error, "stdout", None) or error)
        return (said.strip() or repr(error)).splitlines()[-1]
    return None


PARTS: dict[str, Callable[[], str]] = {"chromium": chromium, "kafka": kafka, "promtool": fetch_promtool}

if __name__ == "__main__":
    main(sys.argv[1:])
