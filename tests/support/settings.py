"""What every installation of the tests and benchmarks has. This module loads none of the libraries of tests."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITER_PASSWORD = "for tests"
