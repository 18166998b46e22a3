"""Who wrote the posts of a series, and in whose words."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from processing.queries.asked import Query, Value
from processing.queries.reader import Reader
from processing.spikes.verdict import Concentration
from processing.spikes.voices import Utterance, listen

MOST_COMPARED = 2_000
"""Posts whose texts are compared with one another; of more, these are chosen by a hash of their names."""

USUAL = timedelta(hours=6)
"""How long before a rise we look for what is usual of a server."""

IN_SCOPE = (
    "has(topics, {topic:String}) AND ({language:String} = '*' OR language = {language:String}) AND NOT deleted "
    "AND created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')}"
)
"""The posts of a series in a range."""

_DOMAIN = (
    "multiIf(position(author, '://') > 0, domain(author), position(author, '@') > 0, splitByChar('@', author)[-1], '')"
)
"""The server of an author such as `name@domain` or `https://domain/users/name`; empty where none is named."""

_REPOST = "(repost_of != '' OR startsWith(text, 'RT @'))"

_LETTERS = r"lowerUTF8(trimBoth(replaceRegexpAll(text, 'https?://\\S+|@\\S+|[^\\p{L}\\p{M}]+', ' ')))"
_SIGNATURE = ", ".join(
    f"ngramMinHashUTF8(letters, {length}, 1).{place}" for length in (3, 4, 5, 6, 7, 8) for place in (1, 2)
)
_LONG_ENOUGH = 40
"""Bytes of letters: 40 Latin ones, 20 Arabic, 13 Chinese. Below it, people say the same by chance."""


class Scope(msgspec.Struct, frozen=True):
    """A series in a range of time."""

    topic: str
    language: str
    start: datetime
    end: datetime

    @property
    def parameters(self) -> dict[str, Value]:
        """As the queries here name them."""
        return {"topic": self.topic, "language": self.language, "start": self.start, "end": self.end}


def concentration(reader: Reader, scope: Scope) -> Concentration:
    """Who wrote the posts of a scope."""
    [(posts, authors, texts, reposts, top, top_ten, domain, domain_posts)] = speakers_query(scope).rows(reader)
    said = texts_query(scope).rows(reader)
    compared = listen([Utterance(author, bool(is_repost), tuple(signature)) for author, is_repost, signature in said])
    whole, read = max(posts, 1), max(compared.posts, 1)
    return Concentration(
        posts=posts,
        authors=authors,
        texts=texts,
        top_author=top / whole,
        top_ten_authors=top_ten / whole,
        reposts=reposts / whole,
        compared=compared.posts,
        voices=compared.voices / read,
        copies=compared.copies / read,
        domain=domain,
        domain_share=domain_posts / whole,
        domain_before=_domain_before(reader, scope, domain) if domain else 0.0,
    )


def speakers_query(scope: Scope) -> Query:
    """Posts, authors, texts, reposts, posts of the top author and the top ten, the top server and its posts."""
    return Query(
        f"""
        WITH
            written AS
            (
                SELECT if(author = '', concat('-', id), author) AS who, {_DOMAIN} AS server, text,
                    {_REPOST} AS is_repost
                FROM posts
                WHERE {IN_SCOPE}
            ),
            by_author AS (SELECT who, count() AS posts FROM written GROUP BY who ORDER BY posts DESC, who),
            by_server AS
            (
                SELECT server, count() AS posts FROM written WHERE server != '' GROUP BY server
                ORDER BY posts DESC, server LIMIT 1
            )
        SELECT
            (SELECT count() FROM written) AS posts,
            (SELECT count() FROM by_author) AS authors,
            (SELECT uniqExact(text) FROM written) AS texts,
            (SELECT countIf(is_repost) FROM written) AS reposts,
            (SELECT max(posts) FROM by_author) AS top_author,
            (SELECT sum(posts) FROM (SELECT posts FROM by_author LIMIT 10)) AS top_ten_authors,
            (SELECT any(server) FROM by_server) AS top_server,
            (SELECT sum(posts) FROM by_server) AS top_server_posts
        """,  # noqa: S608 - the parts are constants of this file
        scope.parameters,
    )


def texts_query(scope: Scope) -> Query:
    """Author, whether it is a repost, and the signature of the text, of the posts that are compared."""
    return Query(
        f"""
        WITH {_LETTERS} AS letters
        SELECT if(author = '', concat('-', id), author) AS who, {_REPOST} AS is_repost,
            if(length(letters) >= {{long_enough:UInt32}}, [{_SIGNATURE}], []) AS signature
        FROM posts
        WHERE {IN_SCOPE}
        ORDER BY cityHash64(source, id)
        LIMIT {{most:UInt32}}
        """,  # noqa: S608 - the parts are constants of this file
        {**scope.parameters, "long_enough": _LONG_ENOUGH, "most": MOST_COMPARED},
    )


def _domain_before(reader: Reader, scope: Scope, domain: str) -> float:
    """The server's share of everything that named a server in the hours before, on any subject."""
    [(own, all_named)] = reader.query(
        f"""
        SELECT countIf(server = {{domain:String}}), count()
        FROM
        (
            SELECT {_DOMAIN} AS server FROM posts
            WHERE created_at >= {{start:DateTime('UTC')}} AND created_at < {{end:DateTime('UTC')}}
        )
        WHERE server != ''
        """,  # noqa: S608 - the parts are constants of this file
        {"domain": domain, "start": scope.start - USUAL, "end": scope.start},
    )
    return float(own) / all_named if all_named else 0.0
