"""The names of the files in an export, and the form of its manifest."""

from __future__ import annotations

import re

README = "README.txt"
INCIDENT = "incident.json"
VERSIONS = "versions.json"
POSTS = "posts.ndjson"
TEXTS = "texts.ndjson"
COUNTS = "counts.csv"
CLAIMS = "claims.ndjson"
CLAIM_POSTS = "claim_posts.ndjson"
METADATA = "ro-crate-metadata.json"
MANIFEST = "manifest-sha256.txt"

SQL_POSTS, SQL_COUNTS, SQL_TEXTS = "sql/posts.sql", "sql/counts.sql", "sql/texts.sql"
SQL_CLAIMS, SQL_CLAIM_POSTS = "sql/claims.sql", "sql/claim_posts.sql"
SQL_OF_FIGURE = re.compile(r"sql/verdict-[a-z_]{1,64}\.sql")

REQUIRED = frozenset({README, INCIDENT, VERSIONS, POSTS, COUNTS, METADATA, MANIFEST, SQL_POSTS, SQL_COUNTS})
TOGETHER = (frozenset({TEXTS, SQL_TEXTS}), frozenset({CLAIMS, CLAIM_POSTS, SQL_CLAIMS, SQL_CLAIM_POSTS}))
"""Files that an export has together or not at all."""
OPTIONAL = frozenset().union(*TOGETHER)

HEADER_OF_COUNTS = "minute,language,posts,authors,backfilled,deleted"

MANIFEST_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
"""The form that `sha256sum --check` reads: the hash, two spaces, the path."""


def manifest(hashes: dict[str, str]) -> bytes:
    """Return the manifest of files whose SHA-256 are given by path."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(hashes.items())).encode()


def is_known(path: str) -> bool:
    """Return whether an export may have a file of this path."""
    return path in REQUIRED or path in OPTIONAL or SQL_OF_FIGURE.fullmatch(path) is not None
