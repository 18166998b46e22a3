"""One post. Its text is shown as plain text only."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import element, moment
from processing.plain_text import displayable, safe_link
from processing.queries import StoredPost

LONGEST_ADDRESS = 80


def article(post: StoredPost, words: Words, root: str) -> Markup:
    """Return one post as HTML. `dir=auto` gives each text the direction of its own first letter.

    The `root` of the watch list is not named, because every post of the list has it.
    """
    topics = [topic_name(words, topic) for topic in post.topics if topic != root]
    shares = [words.colon.format(name=words.reposts, value=words.number(post.reposts))] if post.reposts else []
    about = (moment(post.created_at, words), language_name(words, post.language), post.source, *topics, *shares)
    return element(
        "article",
        element("header", *(element("bdi", part) for part in about)),
        element("p", displayable(post.text), css="bw-text", dir="auto", lang=post.language)
        if post.text
        else element("p", words.posts_page.no_text, css="bw-note"),
        address(post.url, words),
        css="bw-post",
    )


def address(url: str, words: Words) -> Markup:
    """Return a link if the address opens a web page, else the address as plain text."""
    link = safe_link(url)
    if link is None:
        return element("footer", element("bdi", displayable(url, LONGEST_ADDRESS))) if url else Markup()
    host = displayable(urlsplit(link).hostname or "", LONGEST_ADDRESS)
    return element(
        "footer",
        element("a", words.read_at.format(host=host), href=link, target="_blank", rel="noopener noreferrer nofollow"),
    )
