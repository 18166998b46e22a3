"""Sources: whether each configured one can start, and whether its network can be reached from here."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from deploy.doctor.attempt import PATIENCE, findings
from deploy.doctor.finding import Finding, counted, error, ok, warning
from deploy.source_options import SourceSettingsError, live_source, source_settings, variable
from ingest.source import SourceSettings
from ingest.sources import SOURCES
from processing.tagging.topics import SourceWords, TaxonomyError, load_taxonomy

REACHED_WITHIN = timedelta(seconds=5)
AT_ONCE = 16
NAMED = 5
"""Hosts that are named in one sentence. There are dozens of feeds."""

PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def check_sources(topics_files: Sequence[Path] = ()) -> Iterator[Finding]:
    """Yield the state of each source that has settings or needs none. A source without settings is off.

    `topics_files` are the files of the taxonomy, which gives words to sources.
    """
    off, words = [], _words(topics_files)
    for name in SOURCES:
        try:
            settings = source_settings(name)
        except SourceSettingsError as wrong:
            yield from (error(name, sentence) for sentence in wrong.sentences)
            continue
        if settings.starts_with_up or settings.model_fields_set:
            yield from findings(name, partial(_source, name, settings, words), 2 * PATIENCE)
        else:
            off.append(name)
    if off:
        yield ok("others", f"No settings, and therefore off: {', '.join(off)}.")


def _words(topics_files: Sequence[Path]) -> tuple[SourceWords, ...] | None:
    """Return what the taxonomy gives to sources; None if it is broken, which is told where the topics are checked."""
    try:
        return load_taxonomy(*topics_files).sources if topics_files else ()
    except TaxonomyError:
        return None


def _source(name: str, settings: SourceSettings, words: Sequence[SourceWords] | None) -> Iterator[Finding]:
    if words is None:
        yield warning(name, "It is not checked, because the taxonomy is broken.", "Mend the file of topics first.")
        return
    live_source(name, source_settings(name, taxonomy=words))  # a missing credential or package is a failure
    if not settings.starts_with_up:
        given = ", ".join(sorted(variable(name, field) for field in settings.model_fields_set))
        yield warning(name, f"It is off, although {given} is set.", f"Start it with `banwatch up --source {name}`.")
        return
    hosts = sorted({_host(address) for address in settings.addresses})
    with ThreadPoolExecutor(AT_ONCE) as threads:
        reasons = dict(zip(hosts, threads.map(_unreachable, hosts), strict=True))
    away = [f"{host} ({reason})" for host, reason in reasons.items() if reason]
    if not away:
        yield ok(name, f"Its settings can be used, and {counted(len(hosts), 'host')} can be reached.")
        return
    more = f" and {len(away) - NAMED} more" if len(away) > NAMED else ""
    said = f"{len(away)} of {counted(len(hosts), 'host')} cannot be reached from here: {', '.join(away[:NAMED])}{more}."
    yield warning(
        name, said, "The source tries again by itself. Look at the network, the proxy and its address settings."
    )


def _host(address: str) -> str:
    """Return `scheme://host:port` of an address. What else it holds may be secret."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.port or PORTS.get(parts.scheme, 443)}"


def _unreachable(host: str) -> str:
    """Return why no connection to a host, or to the proxy before it, can be made; nothing if one can."""
    parts = urlsplit(host)
    scheme, name, port = parts.scheme.replace("ws", "http"), parts.hostname or "", parts.port
    proxy = getproxies().get(scheme)
    if proxy and not proxy_bypass(name):
        through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        name, port = through.hostname or "", through.port or PORTS["http"]
    try:
        socket.create_connection((name, port), REACHED_WITHIN.total_seconds()).close()
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""
