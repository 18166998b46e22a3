"""The sentences of the page "Posts"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PostsWords:
    """The sentences of the page."""

    title: str = "Posts"
    note: str = "As their authors wrote them, unverified. Deleted posts are not shown."
    words: str = "Words"
    words_example: str = "words “a whole phrase”"
    words_help: str = (
        "A post must have all words. A word is found anywhere in a text, also inside a longer word or a hashtag. "
        "Words in quotation marks are found as a phrase of whole words in this order. Case, accents, Arabic vowel "
        "signs and tatweel make no difference, nor do the forms of hamza and alef, of ya, kaf and ta marbuta. Word "
        "stems and translations are not looked for. The first 100 characters are used."
    )
    source: str = "Source"
    every_source: str = "All sources"
    order: str = "Order"
    order_newest: str = "Newest first"
    order_shared: str = "Most shared first"
    shared_help: str = "Shares are the authors who repeat a post in this time, or more reposts that its network told."
    found: str = "Posts found: {count}."
    found_shared: str = "Posts that were shared: {count}."
    found_more: str = "Posts found: more than {count}. The first {count} can be paged through."
    deleted: str = "Deleted since and not shown: {count}."
    stopped: str = (
        "Posts found: at least {count}. The search stopped after {seconds} seconds: it has read the texts from the "
        "newest back to {reached}. Set an earlier end, or fewer posts by another filter, to search the rest."
    )
    too_long: str = "This took longer than {seconds} seconds and was stopped. Choose a shorter time or another filter."
    nothing: str = "No post matches. Choose a longer time, fewer words or another filter."
    no_text: str = "The text is not kept: the post is off the subject, or its time of keeping is over."
    ask_in_sql: str = "Open this search in SQL"
    pages: str = "Page {page} of {pages}"
