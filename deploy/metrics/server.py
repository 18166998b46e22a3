"""Serves `/metrics`, `/healthz` and `/readyz` of a process, from a thread of its own.

A loop that hangs therefore does not keep the answer back that says so. Strange web pages get nothing, as everywhere.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from importlib.metadata import version
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app

from dashboard.host_names import HostNames, foreign_page
from deploy.errors import PortTaken
from deploy.metrics.health import Health, HealthMetrics, ProcessInfo
from deploy.settings import ProcessSettings
from ingest.metrics import Metrics
from processing.store.metrics import STORE

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_PATIENCE_SECONDS = 10
"""A connection that neither sends nor takes anything for so long is closed."""

MOST_CONNECTIONS = 32
"""A client that opens connections without end takes no more threads than these."""

Page = Callable[[str], str]
"""Makes a JSON text, for whoever has asked by some host name."""


class Exposition:
    """The WSGI application. `pages` maps further paths to what makes them."""

    def __init__(
        self, registry: CollectorRegistry, health: Health, names: HostNames, pages: Mapping[str, Page]
    ) -> None:
        self._metrics = make_wsgi_app(registry)
        self._health = health
        self._names = names
        self._pages = pages

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name[:5] == "HTTP_"}
        path = environ.get("PATH_INFO", "")
        if (reason := foreign_page(headers, self._names)) is not None:
            return _text(start_response, HTTPStatus.FORBIDDEN, reason)
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _text(start_response, HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are known here")
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(environ, start_response)
            return answer
        if path in {"/healthz", "/readyz"}:
            faults = self._health.stuck() if path == "/healthz" else self._health.not_ready()
            status = HTTPStatus.SERVICE_UNAVAILABLE if faults else HTTPStatus.OK
            return _text(start_response, status, "\n".join(faults) or "Ok.")
        if path in self._pages:
            host = headers.get("host", "").rpartition(":")[0]
            return _text(start_response, HTTPStatus.OK, self._pages[path](host), "application/json")
        return _text(start_response, HTTPStatus.NOT_FOUND, "Here are /metrics, /healthz and /readyz")


def _text(start_response: StartResponse, status: HTTPStatus, text: str, kind: str = "text/plain") -> list[bytes]:
    body = f"{text}\n".encode()
    start_response(
        f"{status.value} {status.phrase}",
        [
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )
    return [body]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def server_bind(self) -> None:
        """Bind as the base class does, without a question to DNS for the name of the address."""
        TCPServer.server_bind(self)
        host, self.server_port = self.server_address[:2]
        self.server_name = str(host)
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own. Where none is free, close the connection."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._free.release()  # no thread has started
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, in the thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that left, or that was too slow."""


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = _PATIENCE_SECONDS

    def log_message(self, *_: Any) -> None:
        """Log no request."""


@contextmanager
def exposed(
    settings: ProcessSettings,
    process: str,
    health: Health,
    *groups: Metrics,
    pages: Mapping[str, Page] | None = None,
) -> Iterator[None]:
    """Serve the metrics and the health of this process while the context lasts, if a port is set for it.

    `process` is the kind of the process. `groups` are its own metrics; those of every process are added.

    Raises:
        PortTaken: the port cannot be listened on.
    """
    if settings.metrics_port is None:
        yield
        return
    STORE.constant["process"] = process
    registry = CollectorRegistry()
    for group in (ProcessInfo(process, version("banwatch")), HealthMetrics(health), STORE, *groups):
        registry.register(group)
    ProcessCollector(registry=registry)
    application = Exposition(registry, health, HostNames(settings.metrics_host), pages or {})
    with _listening(settings.metrics_host, settings.metrics_port, application):
        yield


@contextmanager
def _listening(host: str, port: int, application: Exposition) -> Iterator[None]:
    try:
        server = make_server(host, port, application, _ServerV6 if ":" in host else _Server, _Handler)
    except OSError as error:
        raise PortTaken(
            f"The metrics cannot be served on {host}:{port}: {os.strerror(error.errno or 0)}. "
            "Stop what holds the port, or set BANWATCH_METRICS_PORT to another one."
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="metrics", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
