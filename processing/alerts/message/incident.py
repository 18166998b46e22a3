"""The message of one step of an incident."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from processing.alerts.height import Peak, came_back_far_higher
from processing.alerts.message.sparkline import sparkline
from processing.alerts.message.wording import MOST_NAMES, Wording
from processing.alerts.news import IncidentNews
from processing.alerts.notification import Fact, Growth, Link, Message, Quote, Step
from processing.contract import EVERYTHING, Doubt, DrivingTerm, Incident, Pulse, VerdictName, highest_pulse
from processing.detection.policy import LONG_WINDOW
from processing.explanation import Correction, Follower, Reach, SharedPost
from processing.explanation.sentences import doubt_sentence, rarity, verdict_sentence
from processing.plain_text import LONGEST_LINE, safe_link

MOST_DOUBTS = 6
MOST_PULSES = 6
MOST_FOLLOWERS = 3
LONGEST_TERM = 60


def incident_message(news: IncidentNews, wording: Wording) -> Message:
    """Return the message of a step. A step that people know the incident by says less than the first."""
    incident, page = news.incident, wording.page(news.incident)
    answer = safe_link(news.acknowledge_url) if _can_be_taken_on(news.step) else None
    return Message(
        language=wording.language,
        title=title(news, wording),
        verdict=verdict_sentence(incident.verdict, incident.evidence, wording.language),
        facts=tuple(_FACTS[news.step](news, wording)),
        sparkline=sparkline(news.picture, wording) if news.picture else "",
        quotes=tuple(_quotes(news, wording)),
        notes=tuple(_notes(news, wording)),
        page=Link(wording.phrases.page, page) if page else None,
        acknowledge=Link(wording.phrases.acknowledge, answer) if answer else None,
        sql=news.picture.query.paste if news.picture else "",
    )


def _can_be_taken_on(step: Step) -> bool:
    return step not in {Step.ACKNOWLEDGED, Step.RESOLVED}


def title(news: IncidentNews, wording: Wording) -> str:
    """Return what is told in one line: the step, the severity, the subject, how far above normal, and when."""
    phrases = wording.phrases
    steps = {
        Step.GREW: phrases.grew,
        Step.REPEATED: phrases.repeated,
        Step.ACKNOWLEDGED: phrases.acknowledged,
        Step.RESOLVED: phrases.closed if news.unknown else phrases.resolved,
    }
    return steps.get(news.step, "{what}").format(what=headline(news.incident, wording))


def headline(incident: Incident, wording: Wording) -> str:
    """Return the incident in one line. What is no surge of people does not look like one.

    Where a sub-topic or one language leads, it is named: the figures are of it alone.
    """
    phrases = wording.phrases
    organic = incident.verdict is VerdictName.ORGANIC
    return phrases.title.format(
        what=phrases.severity[incident.severity] if organic else phrases.not_told[incident.verdict],
        series=_series(incident, wording),
        ratio=wording.number(incident.ratio),
        when=_when(incident, wording),
    )


def _series(incident: Incident, wording: Wording) -> str:
    phrases, series = wording.phrases, wording.topic(incident.topic)
    if incident.lead_topic not in {"", incident.topic}:
        series = phrases.led_by.format(topic=series, lead=wording.topic(incident.lead_topic))
    if incident.lead_language != EVERYTHING:
        series = phrases.spoken.format(topic=series, language=wording.spoken(incident.lead_language))
    return series


def _when(incident: Incident, wording: Wording) -> str:
    if incident.end is None:
        return wording.phrases.since.format(start=wording.moment(incident.start))
    same_day = wording.same_day(incident.start, incident.end)
    end = wording.clock(incident.end) if same_day else wording.moment(incident.end)
    return wording.phrases.over.format(start=wording.local_moment(incident.start), end=end)


def _whole(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    """Everything that is known."""
    yield from _growth(news, wording)
    yield from _pulses(news, wording)
    yield from _corrections(news, wording)
    yield from _size(news, wording)
    yield from _about(news, wording)
    yield _found(news.incident, wording)


def _taken_on(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    """By whom, and in what state the incident is."""
    if news.acknowledgement is not None:
        yield Fact(wording.phrases.by, wording.foreign(news.acknowledgement.by))
        if news.acknowledgement.note:
            yield Fact(wording.phrases.note, wording.foreign(news.acknowledgement.note, LONGEST_LINE))
    yield _found(news.incident, wording)


def _over(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    """How long it lasted and how high it was."""
    incident = news.incident
    yield Fact(wording.phrases.lasted, wording.duration((incident.end or news.at) - incident.start))
    yield Fact(wording.phrases.height, _height(incident, wording))
    yield from _corrections(news, wording)
    yield from _size(news, wording)
    yield from _languages(incident, wording)
    yield from _leads(news, wording)
    yield _found(incident, wording)


_FACTS: Mapping[Step, Callable[[IncidentNews, Wording], Iterator[Fact]]] = {
    Step.OPENED: _whole,
    Step.GREW: _whole,
    Step.REPEATED: _whole,
    Step.ACKNOWLEDGED: _taken_on,
    Step.RESOLVED: _over,
}


def _growth(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    """What has grown since the channel was told: the reason that it is told again."""
    if news.told is None:
        return
    phrases, incident = wording.phrases, news.incident
    named = phrases.severity_in_text
    if Growth.SEVERITY in news.growth:
        rose = phrases.severity_rose.format(before=named[news.told.severity], after=named[incident.severity])
        yield Fact(phrases.changed, rose)
    if Growth.LANGUAGE in news.growth:
        added = [wording.spoken(each) for each in incident.languages if each not in news.told.languages]
        yield Fact(phrases.changed, phrases.new_languages.format(languages=wording.listed(added)))
    if Growth.PULSE in news.growth:
        yield Fact(phrases.changed, _pulse_that_came(incident, news.told, wording))


def _pulse_that_came(incident: Incident, told: Peak, wording: Wording) -> str:
    phrases = wording.phrases
    if _is_of_a_day(incident):
        return phrases.came_back_in_a_day.format(observed=wording.number(incident.window_observed))
    far_higher, highest = came_back_far_higher(incident, told), highest_pulse(incident)
    pulse = highest if far_higher else max(incident.pulses, key=lambda each: each.start, default=highest)
    rise = phrases.came_back if far_higher else phrases.rose_again
    return rise.format(
        start=wording.local_clock(pulse.start),
        observed=wording.number(pulse.observed),
        minutes=wording.minutes,
        peak=wording.clock(pulse.peak),
    )


def _is_of_a_day(incident: Incident) -> bool:
    """Whether its posts make a surge in the window of a day alone: a bin of it has one or two."""
    return incident.window == LONG_WINDOW and incident.window_observed > 0


def _height(incident: Incident, wording: Wording) -> str:
    if not _is_of_a_day(incident):
        return _pulse(highest_pulse(incident), wording)
    return wording.phrases.day_height.format(
        start=wording.weekday(incident.start),
        observed=wording.number(incident.window_observed),
        expected=wording.number(incident.window_expected),
    )


def _pulses(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    """Each rise: when it began, when it was highest, and how high that was; of many, the last."""
    incident, phrases = news.incident, wording.phrases
    if _is_of_a_day(incident):
        yield Fact(phrases.height, _height(incident, wording))
        return
    numbered = list(enumerate(incident.pulses, start=1))[-MOST_PULSES:]
    for number, pulse in numbered:
        corrects = any(each.pulses[number - 1] for each in news.corrections)
        label = (phrases.pulse_corrects if corrects else phrases.pulse).format(number=wording.number(number))
        yield Fact(label, _pulse(pulse, wording))


def _corrections(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    """Whether a correction has overtaken its claim, and in which languages none was found."""
    for each in news.corrections:
        if each.is_spoken_of:
            yield Fact(wording.phrases.correction, _correction(each, news.at, wording))


def _correction(found: Correction, now: datetime, wording: Wording) -> str:
    phrases, whole = wording.phrases, found.whole
    at = ""
    if whole.overtaken:
        worded = wording.clock if wording.same_day(whole.overtaken, now) else wording.moment
        at = worded(whole.overtaken)
    ahead = phrases.overtaken if whole.reach is Reach.OVERTAKEN else phrases.not_overtaken
    sentence = (phrases.denies if found.alone else ahead).format(
        correction=wording.topic(found.of.topic),
        claim=wording.topic(found.of.claim),
        share=wording.percent(whole.share),
        at=at,
    )
    absent = wording.listed([wording.spoken(language) for language in found.absent])
    return phrases.not_arrived.format(sentence=sentence, languages=absent) if found.absent else sentence


def _pulse(pulse: Pulse, wording: Wording) -> str:
    return wording.phrases.pulse_height.format(
        start=wording.weekday(pulse.start),
        peak=wording.clock(pulse.peak),
        observed=wording.number(pulse.observed),
        minutes=wording.minutes,
        expected=wording.number(pulse.expected),
    )


def _size(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    phrases, incident = wording.phrases, news.incident
    observed, expected = wording.number(incident.observed), wording.number(incident.expected)
    yield Fact(phrases.posts, phrases.posts_expected.format(observed=observed, expected=expected))
    if news.picture is not None:
        yield Fact(phrases.people, wording.number(news.picture.people))


def _about(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    incident, told = news.incident, news.told
    yield from _languages(incident, wording)
    yield from _leads(news, wording)
    yield from _terms(incident.terms, () if told is None else told.terms, wording)
    if incident.subtopics:
        listed = wording.listed([wording.topic(each) for each in incident.subtopics])
        yield Fact(wording.phrases.subtopics, listed, told=told is not None and told.subtopics == incident.subtopics)


def _languages(incident: Incident, wording: Wording) -> Iterator[Fact]:
    if incident.languages:
        yield Fact(wording.phrases.languages, wording.listed([wording.spoken(each) for each in incident.languages]))


def _leads(news: IncidentNews, wording: Wording) -> Iterator[Fact]:
    """Which language followed which by how much; of many, those with the most posts."""
    if news.leads is None:
        return
    most = sorted(news.leads.followers, key=lambda each: -sum(each.posts))[:MOST_FOLLOWERS]
    first, *others = (each for each in news.leads.followers if each in most)
    sentences = [_followed(wording.phrases.follows, first, news.leads.leader, wording)]
    sentences += [_followed(wording.phrases.follows_too, each, news.leads.leader, wording) for each in others]
    yield Fact(wording.phrases.led, wording.phrases.separator.join(sentences))


def _followed(sentence: str, follower: Follower, leader: str, wording: Wording) -> str:
    lag, low, high = (wording.duration(each) for each in follower.lag.whole_minutes)
    return sentence.format(
        language=wording.spoken(follower.language), leader=wording.spoken(leader), lag=lag, low=low, high=high
    )


def _terms(terms: Sequence[DrivingTerm], told: Sequence[DrivingTerm], wording: Wording) -> Iterator[Fact]:
    """The terms that drive the incident, one line for each language."""
    for language, group in groupby(terms, key=lambda each: each.language):
        own = list(group)
        label = wording.phrases.terms.format(language=wording.spoken(language))
        listed = wording.listed([wording.foreign(each.term, LONGEST_TERM) for each in own])
        yield Fact(label, listed, told=own == [each for each in told if each.language == language])


def _found(incident: Incident, wording: Wording) -> Fact:
    found = wording.phrases.found_at.format(
        time=wording.clock(incident.detected_at),
        score=f"{incident.score:.1f}",
        rarity=rarity(incident.score, wording.language),
        id=wording.foreign(incident.id, LONGEST_LINE),
    )
    return Fact(wording.phrases.found, found)


def _quotes(news: IncidentNews, wording: Wording) -> Iterator[Quote]:
    """The first and the most shared post, once where they are one."""
    if news.picture is None:
        return
    first, shared = news.picture.first, news.picture.most_shared
    if first is not None and news.step is not Step.RESOLVED:
        yield _quote(wording.phrases.first_post, first, wording)
    if shared is not None and (news.step is Step.RESOLVED or shared != first):
        yield _quote(wording.phrases.most_shared, shared, wording)


def _quote(label: str, post: SharedPost, wording: Wording) -> Quote:
    text, author = wording.foreign(post.text, LONGEST_LINE), wording.foreign(post.author)
    return Quote(label, text, author, safe_link(post.url) or "", post.created_at.astimezone(wording.zone))


def _notes(news: IncidentNews, wording: Wording) -> Iterator[str]:
    if news.incident.synthetic:
        yield wording.phrases.synthetic
    if news.unknown:
        yield wording.phrases.end_unknown
    if news.step is Step.RESOLVED and news.acknowledgement and news.acknowledgement.action == "resolve":
        ended = wording.phrases.ended_by_with if news.acknowledgement.note else wording.phrases.ended_by
        by, note = wording.foreign(news.acknowledgement.by), wording.foreign(news.acknowledgement.note, LONGEST_LINE)
        yield ended.format(by=by, note=note)
    yield from doubts(news.incident.doubted, wording)


def doubts(doubted: Sequence[Doubt], wording: Wording) -> Iterator[str]:
    """Yield a sentence for each language that is not named as one of people."""
    for doubt in doubted[:MOST_DOUBTS]:
        yield doubt_sentence(doubt, wording.spoken(doubt.language), wording.language)
    others = [wording.spoken(doubt.language) for doubt in doubted[MOST_DOUBTS:]]
    if others:
        yield wording.phrases.likewise.format(languages=wording.listed(others, MOST_NAMES))
