"""Alerts: the files of topics, events and rules, and whether each channel accepts its credentials."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from importlib.util import find_spec

from deploy.doctor.attempt import attempt, findings
from deploy.doctor.finding import Finding, counted, error, ok, warning
from deploy.known_events import load_events
from deploy.settings import Settings
from deploy.source_options import check_words
from processing.alerts.notification import Attempt, Authenticating, Outcome
from processing.alerts.notifiers import open_notifier
from processing.alerts.rules import Channel, RuleBook
from processing.alerts.rules_file import RulesError, load_rules
from processing.alerts.settings import ALERT_SECRETS
from processing.tagging.topics import Taxonomy, load_taxonomy

RULES = "rules of alerts"
CHANNEL_PATIENCE = timedelta(seconds=30)
AT_ONCE = 8


def check_alerts(settings: Settings) -> Iterator[Finding]:
    """Yield the state of the files and of each channel of the rules. Nobody is told anything."""
    yield from findings("known events", lambda: _events(settings))
    taxonomy = attempt("topics", lambda: _taxonomy(settings))
    if isinstance(taxonomy, Finding):
        yield taxonomy
        yield warning(RULES, "They are not checked, because they name topics.", "Mend the file of topics first.")
        return
    yield ok("topics", f"{counted(len(taxonomy.topics), 'topic')} in {', '.join(map(str, settings.topics_files))}.")
    book = attempt(RULES, lambda: _rules(settings, taxonomy))
    match book:
        case Finding():
            yield book
        case RulesError():
            yield from (error(RULES, sentence) for sentence in book.sentences)
        case RuleBook():
            held = f"{counted(len(book.rules), 'rule')} and {counted(len(book.channels), 'channel')}"
            yield ok(RULES, f"{settings.alerts_file} holds {held}.")
            with ThreadPoolExecutor(AT_ONCE) as threads:
                for found in threads.map(_checked, book.channels.values()):
                    yield from found


def _taxonomy(settings: Settings) -> Taxonomy:
    taxonomy = load_taxonomy(*settings.topics_files)
    check_words(taxonomy.sources)
    return taxonomy


def _events(settings: Settings) -> Iterator[Finding]:
    events = load_events(settings.events_file)
    yield ok("known events", f"{settings.events_file} holds {counted(len(events), 'event')}.")


def _rules(settings: Settings, taxonomy: Taxonomy) -> RuleBook | RulesError:
    """Return the rules, or all that is wrong with them."""
    topics = [topic.id for topic in taxonomy.topics]
    try:
        return load_rules(settings.alerts_file, settings.alerts.alert_secrets, topics)
    except RulesError as wrong:
        return wrong


def _checked(channel: Channel) -> tuple[Finding, ...]:
    return findings(f"channel {channel.name}", partial(_channel, channel), CHANNEL_PATIENCE)


def _channel(channel: Channel) -> Iterator[Finding]:
    what = f"channel {channel.name}"
    notifier = open_notifier(channel)  # a missing package is a failure
    if getattr(channel.options, "chart", False) and find_spec("PIL") is None:
        said = "Its messages go without a chart, because pillow is not installed."
        yield warning(what, said, "`pip install 'banwatch[charts]'` brings it.")
    if channel.kind == "console":
        yield ok(what, "It prints in the terminal of `banwatch up`.")
    elif not isinstance(notifier, Authenticating):
        yield ok(
            what, f"Not checked, because {channel.kind} cannot be asked: run `banwatch alerts test {channel.name}`."
        )
    else:
        yield _answered(what, notifier.authenticate())


def _answered(what: str, answer: Attempt) -> Finding:
    detail = answer.detail.rstrip(".")
    match answer.outcome:
        case Outcome.SENT:
            return ok(what, f"It accepts its credentials{detail and f': {detail}'}. Nobody was told anything.")
        case Outcome.AUTH | Outcome.REFUSED:
            remedy = f"Correct the channel in the rules file, or its secrets in {ALERT_SECRETS}."
            return error(what, f"It does not accept its credentials: {detail}.", remedy)
        case _:
            remedy = "Look at the network and at the channel's address. Alerts wait for a channel that is away."
            return warning(what, f"It could not be asked: {detail}.", remedy)
