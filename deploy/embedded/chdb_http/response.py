"""The parts of a response: headers as ClickHouse writes them, errors, and the mark of an interrupted answer."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

from deploy.embedded.chdb_http.errors import Code, EngineError
from deploy.embedded.chdb_http.settings import DISPLAY_NAME

if TYPE_CHECKING:
    from deploy.embedded.chdb_http.request import Call, Summary

_CONTENT_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "TSVWithNames": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONStrings": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "JSONCompactEachRow": "application/x-ndjson; charset=UTF-8",
    "Pretty": "text/plain; charset=UTF-8",
    "PrettyCompact": "text/plain; charset=UTF-8",
    "Vertical": "text/plain; charset=UTF-8",
    "XML": "application/xml; charset=UTF-8",
}


def headers(call: Call, output_format: str, summary: Summary, elapsed_ns: int) -> dict[str, str]:
    """Return the headers of an answer.

    For a streamed answer, the summary holds the counts at the time of the headers.
    """
    counted = {
        "read_rows": summary.read_rows,
        "read_bytes": summary.read_bytes,
        "written_rows": summary.written_rows,
        "written_bytes": summary.written_bytes,
        "total_rows_to_read": summary.read_rows,
        "result_rows": summary.result_rows,
        "result_bytes": summary.result_bytes,
        "elapsed_ns": elapsed_ns,
    }
    return {
        "Content-Type": _CONTENT_TYPES.get(output_format, "application/octet-stream"),
        "X-Content-Type-Options": "nosniff",
        "X-ClickHouse-Server-Display-Name": DISPLAY_NAME,
        "X-ClickHouse-Query-Id": _one_line(call.query_id),
        "X-ClickHouse-Format": _one_line(output_format),
        "X-ClickHouse-Timezone": _one_line(call.timezone),
        "X-ClickHouse-Summary": json.dumps({name: str(value) for name, value in counted.items()}),
    }


def failure(error: EngineError, version: str) -> Response:
    """Return an error in the form that clients parse."""
    response = PlainTextResponse(f"{_text(error, version)}\n", status_code=error.status)
    response.headers["X-ClickHouse-Exception-Code"] = str(error.code)
    response.headers["X-ClickHouse-Server-Display-Name"] = DISPLAY_NAME
    if error.code == Code.AUTHENTICATION_FAILED:
        response.headers["WWW-Authenticate"] = 'Basic realm="banwatch"'
    return response


def new_tag() -> str:
    """Return sixteen random letters, which distinguish the mark of `broken_off` from data that look like it."""
    return secrets.token_hex(8)


def broken_off(error: EngineError, tag: str, version: str) -> bytes:
    """Return the mark that ends an answer whose query failed after the first bytes (ClickHouse 25.11 and later)."""
    text = _text(error, version).encode()
    return b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (
        tag.encode(),
        text,
        len(text) + 1,
        tag.encode(),
    )


def _text(error: EngineError, version: str) -> str:
    return error.body if "(version " in error.body else f"{error.body} (version {version})"


def _one_line(text: str) -> str:
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)
