from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.transport.html import HIDDEN, MOST_LINKS, Anchor, read_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain  text\nhere", "plain text here"),
        ("one<p>two<p>three", "one\ntwo\nthree"),
        ("<p>one</p>two", "one\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("half a <b>wo</b>rd", "half a word"),
        ("x &lt;tag&gt; &amp;&#39;&nbsp;y", "x <tag> &' y"),
        ("<pre><code>first\n  second</code></pre>third", "first\nsecond\nthird"),
        ("seen<script>unseen()</script><style>p{}</style><!-- unseen -->", "seen"),
        ("seen<span hidden>unseen</span><i style='display: none'>unseen</i>", "seen"),
        ("حظر<br>تيك توك", "حظر\nتيك توك"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p", ""),
    ],
)
def test_text_is_what_a_reader_sees(html: str, text: str) -> None:
    assert read_html(html).text == text


def test_a_shortened_link_shows_its_middle_and_keeps_its_whole() -> None:
    reading = read_html(
        '<p>see <a href="https://example.org/a/long/path"><span class="invisible">https://</span>'
        '<span class="ellipsis">example.org/a</span><span class="invisible">/long/path</span></a></p>'
    )
    assert reading.text == "see example.org/a"
    assert reading.links == ("https://example.org/a/long/path",)


def test_links_are_absolute_once_and_few() -> None:
    html = '<a href="/b">b</a> <a href="https://c.org/?x=1&amp;y">c</a> <a href="https://c.org/?x=1&amp;y">c</a>'
    assert read_html(html).links == ("https://c.org/?x=1&y",)
    assert read_html(html, "https://a.org/").links == ("https://a.org/b", "https://c.org/?x=1&y")
    assert read_html('<a href="javascript:alert(1)">x</a><a href="http://[">y</a><a>z</a>').links == ()
    assert len(read_html("".join(f'<a href="http://x/{n}">.</a>' for n in range(500))).links) == MOST_LINKS


def test_what_is_hidden_and_which_links_count_is_for_the_caller_to_say() -> None:
    html = (
        '<p class="a b">x <a href="https://a.org/">a</a></p><p>y <a class="c" href="https://c.org/">c<i>d</i></a></p>'
    )
    assert read_html(html, hidden=HIDDEN | {"b"}) == read_html(html.partition("</p>")[2])
    assert read_html(html, counts=lambda anchor: anchor == Anchor(frozenset(), "a")).links == ("https://a.org/",)
    assert read_html(html, counts=lambda anchor: anchor == Anchor(frozenset({"c"}), "cd")).links == ("https://c.org/",)


def test_nesting_has_no_limit() -> None:
    assert read_html("<div>" * 5_000 + "deep").text == "deep"
    assert read_html("<div>" * 50_000 + "cut").text == ""


@given(st.lists(st.text(alphabet="abcح", min_size=1), min_size=1), st.sampled_from(["<p>", "<br>", "<li>", "</div>"]))
def test_words_of_two_blocks_are_never_glued(words: list[str], block: str) -> None:
    assert read_html("<div>" + f"<p>{block}".join(words)).text.split() == words


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_anything_is_html(html: str) -> None:
    assert read_html(html).text.encode() is not None
