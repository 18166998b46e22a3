"""This module reads the fields of a multipart form. Clients send long queries and parameters as forms."""

from __future__ import annotations

import re

from deploy.embedded.chdb_http.bounds import MOST_FIELDS
from deploy.embedded.chdb_http.errors import Code, EngineError

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_FIELD_NAME = re.compile(rb';[ \t]*name="([^"\r\n]{0,1000})"', re.IGNORECASE)
_FILE_NAME = re.compile(rb";[ \t]*filename\*?=", re.IGNORECASE)
_DISPOSITION = b"content-disposition:"


def form_fields(content_type: str, raw: bytes) -> dict[str, str]:
    """Return the fields of a form, in one pass over its bytes.

    Raises:
        EngineError: the form has no boundary, has too many fields, or carries files (external tables).
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise EngineError(Code.SYNTAX_ERROR, "The multipart form names no boundary")
    mark = b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1")
    parts = (b"\r\n" + raw).split(mark, MOST_FIELDS + 2)
    if len(parts) > MOST_FIELDS + 2:
        raise EngineError(Code.QUERY_IS_TOO_LARGE, f"The form has more than {MOST_FIELDS} fields")
    return dict(field for part in parts[1:] if (field := _field(part)) is not None)


def _field(part: bytes) -> tuple[str, str] | None:
    """Return the name and the text of one part, or None for the end of the form and for a part without a name."""
    head, found, value = part.partition(b"\r\n\r\n")
    disposition = next((line for line in head.split(b"\r\n") if line.lower().startswith(_DISPOSITION)), b"")
    if _FILE_NAME.search(disposition):
        raise EngineError(Code.NOT_IMPLEMENTED, "External tables are not supported: use a temporary table")
    name = _FIELD_NAME.search(disposition)
    if not found or name is None:
        return None
    return name[1].decode("utf-8", "replace"), value.decode("utf-8", "replace")
