"""The settings that a reader's request may carry, with their bounds. No limit is ever raised.

`readonly = 1` allows no settings, and then clients fail that set one with every request. Grafana sets a row limit, JDBC
a detail of a format, and other clients a time-out. The gateway therefore sets harmless settings before it makes a
connection read-only. The engine still refuses a `SET` or a SETTINGS clause in a reader's query.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.errors import Code, EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.embedded.chdb_http.settings import ReaderLimits

_MOST_BLOCK_ROWS = 65_536
_MOST_THREADS = 64
# Two settings name a file: `output_format_schema` one to write, `output_format_orc_writer_time_zone_name` one to read.
_FREE = re.compile(
    r"output_format_(?!schema|orc_writer)\w+|date_time_output_format|date_time_input_format|limit|offset|extremes"
    r"|join_use_nulls|group_by_use_nulls|aggregate_functions_null_for_empty|prefer_column_name_to_alias"
    r"|format_csv_delimiter|http_write_exception_in_output_format|http_headers_progress_interval_ms"
    r"|send_progress_in_http_headers|use_client_time_zone"
)
# Settings that clients send by default and that have no effect here. They are accepted and not passed on.
_IGNORED = re.compile(
    r"log_comment|log_queries|log_profile_events|send_logs_level|connect_timeout\w*|http_\w*timeout|receive_timeout"
    r"|send_timeout|cancel_http_readonly_queries_on_client_close|enable_http_compression|http_zlib_compression_level"
    r"|allow_experimental_\w+_type|async_insert|wait_for_async_insert|insert_\w+|max_insert_\w+|use_query_cache"
)
# The engine opens the file that follows `file:` in a time zone's name, and waits for ever if the file is a pipe.
_TIME_ZONE = re.compile(r"[\w+-]+(?:/[\w+-]+)*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def limits_as_settings(limits: ReaderLimits) -> dict[str, str]:
    """Return the limits under the engine's names for them."""
    return {
        "max_execution_time": str(limits.seconds),
        "max_memory_usage": str(limits.memory_bytes),
        "max_rows_to_read": str(limits.read_rows),
        "max_bytes_to_read": str(limits.read_bytes),
        "max_result_rows": str(limits.result_rows),
        "max_result_bytes": str(limits.result_bytes),
        "max_temporary_data_on_disk_size_for_query": str(limits.disk_bytes),
    }


def allowance(asked: Mapping[str, str], limits: ReaderLimits) -> dict[str, str]:
    """Return the settings of a reader's request that are applied.

    A higher limit, or none, becomes the configured limit.

    Raises:
        EngineError: READONLY for a setting that a reader may not change.
    """
    most = limits_as_settings(limits) | {"max_block_size": str(_MOST_BLOCK_ROWS), "max_threads": str(_MOST_THREADS)}
    given = {}
    for name, value in asked.items():
        if name in most:
            given[name] = _clamped(name, value, most[name])
        elif name == "readonly" and value in {"1", "2"}:
            continue
        elif _FREE.fullmatch(name) or (name == "session_timezone" and _TIME_ZONE.fullmatch(value)):
            given[name] = value
        elif not _IGNORED.fullmatch(name):
            raise EngineError(Code.READONLY, f"Cannot modify '{name}' setting in readonly mode: it is not a reader's.")
    return given


def _clamped(name: str, value: str, most: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise EngineError(Code.READONLY, f"Cannot modify '{name}' setting in readonly mode: it takes a number.")
    return value if 0 < float(value) <= float(most) else most
