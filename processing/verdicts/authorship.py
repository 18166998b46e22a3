"""Who wrote the posts of a series, and in whose words."""

from __future__ import annotations

from collections.abc import Sequence

from processing.queries.reader import Reader
from processing.queries.scopes import Scope, in_any, posts_of_each
from processing.queries.statement import Statement
from processing.store.client import Row
from processing.verdicts.near_duplicates import Utterance, Voices, letters_of, listen
from processing.verdicts.reference import SERVER, servers_before
from processing.verdicts.verdict import Concentration

MOST_COMPARED = 1_000
"""Posts of a scope whose texts are compared with one another; of more, these are chosen by a hash of their names."""

_MOST_LETTERS = 2_000

_WHO = "if(author = '', concat('-', id), author)"
_REPOST = "(repost_of != '' OR startsWith(text, 'RT @'))"

_NOBODY: Row = (0, 0, 0, 0, 0, 0, "", 0)


def concentrations(
    reader: Reader, scopes: Sequence[Scope], wholes: Sequence[Scope] | None = None
) -> list[Concentration]:
    """Who wrote the posts of each scope. A text is a copy, too, that others posted in the `whole` it is part of."""
    speakers = {row[0]: row[1:] for row in speakers_query(scopes).rows(reader)}
    voices = _voices(reader, scopes, wholes or scopes)
    named = [(scope.start, scope.language, speakers.get(number, _NOBODY)[6]) for number, scope in enumerate(scopes)]
    before = servers_before(reader, [each for each in named if each[2]])
    return [
        _concentration(speakers.get(number, _NOBODY), voices[number], before.get(named[number], 0.0))
        for number in range(len(scopes))
    ]


def _concentration(speakers: Row, compared: Voices, domain_before: float) -> Concentration:
    posts, authors, texts, reposts, top, top_ten, domain, domain_posts = speakers
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
        domain_before=domain_before,
    )


def _voices(reader: Reader, scopes: Sequence[Scope], wholes: Sequence[Scope]) -> list[Voices]:
    """Of each scope, its posts compared with one another and with those of its whole."""
    asked = list(dict.fromkeys((*scopes, *wholes)))
    found: dict[Scope, dict[int, Utterance]] = {each: {} for each in asked}
    for post, (numbers, author, is_repost, text) in enumerate(texts_query(asked).rows(reader)):
        said = Utterance(author, "" if is_repost else letters_of(text))
        for number in numbers:
            found[asked[number]][post] = said
    return [
        listen(tuple(found[scope].values()), [said for post, said in found[whole].items() if post not in found[scope]])
        for scope, whole in zip(scopes, wholes, strict=True)
    ]


def speakers_query(scopes: Sequence[Scope]) -> Statement:
    """By scope: posts, authors, texts, reposts, posts of the top author and of the top ten, the top server and its."""
    source, parameters = posts_of_each(scopes)
    return Statement(
        f"""
        WITH
            by_author AS
            (
                SELECT scope.number AS number, {_WHO} AS who, any({SERVER}) AS server, count() AS written,
                    countIf({_REPOST}) AS repeated, groupUniqArray(cityHash64(text)) AS said
                FROM {source}
                GROUP BY number, who
            ),
            sumMapIf(map(server, written), server != '') AS servers,
            arraySort(each -> (-toInt64(each.2), each.1), arrayZip(mapKeys(servers), mapValues(servers)))[1] AS top
        SELECT
            number,
            sum(written) AS posts,
            count() AS authors,
            uniqExactArray(said) AS texts,
            sum(repeated) AS reposts,
            max(written) AS top_author,
            arraySum(arraySlice(arrayReverseSort(groupArray(written)), 1, 10)) AS top_ten_authors,
            top.1 AS top_server,
            top.2 AS top_server_posts
        FROM by_author
        GROUP BY number
        ORDER BY number
        """,  # noqa: S608 - the parts are constants of this folder
        parameters,
    )


def texts_query(scopes: Sequence[Scope]) -> Statement:
    """Of the posts that are compared: the scopes they are of, author, whether it is a repost, text."""
    source, parameters = posts_of_each(scopes)
    posts_in_any, _ = in_any(scopes)
    return Statement(
        f"""
        WITH
            chosen AS
            (
                SELECT hash, arraySort(groupArray(number)) AS numbers
                FROM
                (
                    SELECT scope.number AS number, cityHash64(source, id) AS hash
                    FROM {source}
                    ORDER BY hash LIMIT {{most:UInt32}} BY number
                )
                GROUP BY hash
            )
        SELECT chosen.numbers AS scopes, {_WHO} AS who, {_REPOST} AS is_repost,
            leftUTF8(text, {{letters:UInt32}}) AS said
        FROM posts INNER JOIN chosen ON cityHash64(source, id) = chosen.hash
        WHERE {posts_in_any}
        ORDER BY chosen.hash
        """,  # noqa: S608 - the parts are constants of this folder
        {**parameters, "letters": _MOST_LETTERS, "most": MOST_COMPARED},
    )
