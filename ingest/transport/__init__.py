"""Shared tools of the sources: HTTP, HTML, threads and files. This package knows no source."""
