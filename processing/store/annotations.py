"""What operators write on the page beside their answers to alerts: notes beside incidents, and kept queries.

Each write may be repeated: the result is the same.
"""

from __future__ import annotations

import hashlib

import msgspec

from processing.store.client import Store
from processing.store.versions import moment_of, take_version


def annotate(store: Store, incident: str, by: str, text: str) -> None:
    """Write a note beside an incident. The same note of the same person is one note."""
    at = moment_of(take_version(store))
    name = hashlib.sha256(msgspec.json.encode((incident, by, text))).hexdigest()[:16]
    store.insert(
        "annotation_versions", ["incident", "id", "by", "text", "at"], [[incident], [name], [by], [text], [at]]
    )


def save_query(store: Store, name: str, sql: str, by: str) -> None:
    """Keep a query under a name, in place of the one with this name."""
    at = moment_of(take_version(store))
    store.insert("saved_query_versions", ["name", "sql", "by", "at"], [[name], [sql], [by], [at]])


def forget_query(store: Store, name: str, by: str) -> None:
    """Remove a kept query. Its former versions stay in the table, with who removed it."""
    save_query(store, name, "", by)
