"""Sentences about an incident: when a claim came in a language, which one led, and how far a correction came."""

from __future__ import annotations

from markupsafe import Markup, escape

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.markup import filled, moment
from processing.explanation import Correction, Follower, Leads, Reach
from processing.queries import Claim, ClaimInLanguage

MOST_IN_SENTENCE = 3


def about(claim: Claim, words: Words) -> tuple[str, ...]:
    """Return a claim's share of the incident's posts, its posts and its authors."""
    return (
        words.incident_page.claim_share.format(share=words.percent(claim.share, tenths=True)),
        words.colon.format(name=words.posts, value=words.number(claim.posts)),
        words.colon.format(name=words.authors, value=words.number(claim.people)),
    )


def came(each: ClaimInLanguage, first: ClaimInLanguage, words: Words) -> str:
    """Return the time of a language's tenth post, or how much later than the first language's that was.

    It is empty if one of the two has no tenth post.
    """
    if each.tenth_post is None or first.tenth_post is None:
        return ""
    after = each.tenth_post - first.tenth_post
    if not after:
        return moment(each.tenth_post, words)
    return words.incident_page.claim_after.format(duration=words.duration(after))


def led_sentence(found: Leads, words: Words) -> str:
    """Return which languages followed which, those with the most posts, and of which it cannot be decided."""
    page = words.led
    most = sorted(found.followers, key=lambda each: -sum(each.posts))[:MOST_IN_SENTENCE]
    first, *others = (each for each in found.followers if each in most)
    parts = [_followed(page.follows, first, found.leader, words)]
    parts += [_followed(page.follows_too, each, found.leader, words) for each in others]
    said = page.sentence.format(languages=words.separator.join(parts))
    if not found.undecided:
        return said
    undecided = words.separator.join(language_name(words, each) for each in found.undecided)
    return f"{said} {page.undecided.format(languages=undecided)}"


def _followed(sentence: str, follower: Follower, leader: str, words: Words) -> str:
    lag, low, high = (words.duration(each) for each in follower.lag.whole_minutes)
    named = language_name(words, follower.language)
    return sentence.format(language=named, leader=language_name(words, leader), lag=lag, low=low, high=high)


def correction_sentence(found: Correction, words: Words) -> Markup:
    """Return what the correction has come to, and where none was found."""
    page, whole = words.correction, found.whole
    claim, correction = (topic_name(words, each) for each in (found.of.claim, found.of.topic))
    if not found.is_spoken_of:
        return escape(page.too_few(whole.corrections, claim=claim))
    ahead = page.overtaken if whole.reach is Reach.OVERTAKEN else page.not_overtaken
    parts = [
        filled(
            page.denies if found.alone else ahead,
            claim=claim,
            correction=correction,
            share=words.percent(whole.share),
            at=moment(whole.overtaken, words) if whole.overtaken else "",
        )
    ]
    if found.absent:
        absent = words.separator.join(language_name(words, each) for each in found.absent)
        parts.append(filled(page.absent, languages=absent))
    return Markup(" ").join(parts)
