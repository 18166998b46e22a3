"""The rules file: what it may say, and a sentence with line and field for each fault."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from deploy.settings import load
from processing.alerts.channel_tables import channel_options
from processing.alerts.faults import Fault
from processing.alerts.notifiers import KINDS, options_of
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.rule_fields import QuietHours, read_digest, read_span
from processing.alerts.rule_toml import rule_toml
from processing.alerts.rules import AlertRule, Channel, RuleBook, RuleSubject
from processing.alerts.rules_file import RulesError, Secrets, load_rules, read_rules
from processing.alerts.rules_reload import ReloadingRules
from processing.contract import Severity, VerdictName
from processing.reload import Refreshed, ReloadOutcome
from processing.toml_text import TomlText

TOPICS = ["ban", "privacy"]
WHOLE = """
zone = "Europe/Berlin"
report_failures_to = "console"

[channels.console]
kind = "console"

[channels.newsroom]
kind = "console"
language = "ar"
budget = 20

[[rules]]
name = "arabic"
topic = "ban"
languages = ["ar"]
sources = ["bluesky"]
severity = "major"
posts = 50
people = 20
ratio = 2.5
verdicts = ["organic", "concentrated"]
lasting = "10m"
no_data = true
channels = ["newsroom", "console"]
quiet = "22:00-07:00"
repeat = "1h30m"
digest = "08:00"

[[rules]]
name = "rest"
channels = ["console"]
digest = "15m"
"""
FAULTY = """zone = "Europe/Berlni"
report_failures_to = "consol"
colour = 1

[channels.console]
kind = "console"
budget = 0

[channels.newsroom]
kind = "consle"
language = "fr"

[channels.hook]
kind = "console"
tokn = "abc"

[[rules]]
name = "a"
severity = "magor"
topic = "bann"
quite = "22:00-07:00"
verdicts = ["organc"]
channels = [
  "console",
  "newsrom",
]

[[rules]]
name = "a"
posts = "5"
people = -1
channels = []
languages = "ar"
quiet = "22:00"
digest = "7m"
repeat = 4

[[rules]]
name = "c"
lasting = "1 hour"
digest = "24:00"
quiet = "07:00-07:00"
no_data = "yes"
ratio = "high"
"""
SAID = """
alerts.toml: BANWATCH_ALERT_SECRETS names the channel 'newsroo', which is not in the file; did you mean newsroom?
alerts.toml, line 1, field zone: there is no time zone 'Europe/Berlni'; did you mean Europe/Berlin?
alerts.toml, line 2, field report_failures_to: there is no channel 'consol'; did you mean console?
alerts.toml, line 3, field colour: there is no such field.
alerts.toml, line 7, field budget: the value should be greater than or equal to 1.
alerts.toml, line 10, field kind: there is no kind of channel 'consle'; did you mean console?
alerts.toml, line 11, field language: 'fr' is not one of en, ar.
alerts.toml, line 15, field tokn: there is no such field.
alerts.toml, line 19, field severity: 'magor' is not one of notable, major, extreme; did you mean major?
alerts.toml, line 20, field topic: the taxonomy has no topic 'bann'; did you mean ban?
alerts.toml, line 21, field quite: there is no such field; did you mean quiet?
alerts.toml, line 22, field verdicts: 'organc' is not one of organic, concentrated, collector, \
backfill; did you mean organic?
alerts.toml, line 23, field channels: there is no channel 'newsrom'; did you mean newsroom?
alerts.toml, line 29, field name: there is an earlier rule with the name 'a'.
alerts.toml, line 30, field posts: the value should be a valid integer.
alerts.toml, line 31, field people: the value should be greater than or equal to 0.
alerts.toml, line 32, field channels: the list is empty.
alerts.toml, line 33, field languages: the value is not a list.
alerts.toml, line 34, field quiet: '22:00' is not a range of hours: write it as "22:00-07:00".
alerts.toml, line 35, field digest: windows of 7m do not divide a day evenly: take whole minutes such as 15m, 1h or 6h.
alerts.toml, line 36, field repeat: 4 is no text: the value is written in quotation marks.
alerts.toml, line 38, field channels: this field is missing.
alerts.toml, line 40, field lasting: '1 hour' is not a span of time: write it as "45s", "10m", "1h30m" or "2d".
alerts.toml, line 41, field digest: '24:00' is not a time of day: write it as "08:00".
alerts.toml, line 42, field quiet: quiet hours begin and end at different times of day.
alerts.toml, line 43, field no_data: the value should be a valid boolean.
alerts.toml, line 44, field ratio: the value should be a valid number.
"""


def read(text: str, secrets: Secrets | None = None) -> RuleBook:
    return read_rules(TomlText(text, "alerts.toml"), secrets or {}, TOPICS)


def faults(text: str, secrets: Secrets | None = None) -> list[str]:
    with pytest.raises(RulesError) as caught:
        read(text, secrets)
    assert str(caught.value) == " ".join(caught.value.sentences)
    return list(caught.value.sentences)


def test_a_whole_file_is_read() -> None:
    book = read(WHOLE)
    assert book == RuleBook(
        version=TomlText(WHOLE, "").version,
        zone=ZoneInfo("Europe/Berlin"),
        channels={
            "console": Channel("console", "console", ConsoleOptions()),
            "newsroom": Channel("newsroom", "console", ConsoleOptions(), "ar", 20),
        },
        rules=(
            AlertRule(
                name="arabic",
                channels=("newsroom", "console"),
                topic="ban",
                languages=("ar",),
                sources=("bluesky",),
                severity=Severity.MAJOR,
                posts=50,
                people=20,
                ratio=2.5,
                verdicts=(VerdictName.ORGANIC, VerdictName.CONCENTRATED),
                lasting=timedelta(minutes=10),
                no_data=True,
                quiet=QuietHours(time(22), time(7)),
                repeat=timedelta(minutes=90),
                digest=time(8),
            ),
            AlertRule(name="rest", channels=("console",), digest=timedelta(minutes=15)),
        ),
        report_failures_to="console",
    )


def test_a_rule_is_written_as_the_file_has_it() -> None:
    book = read(WHOLE)
    strange = replace(book.rules[0], name='a "b"\\\n\x7f [c] \u202e', digest=timedelta(hours=6), ratio=12)
    for rule in (*book.rules, strange):
        channels = '[channels.console]\nkind = "console"\n[channels.newsroom]\nkind = "console"\n'
        assert read(channels + rule_toml(rule)).rules == (rule,)


def test_every_fault_of_a_file_is_said_at_once_in_the_order_of_the_file() -> None:
    assert faults(FAULTY, {"newsroo": {"token": SecretStr("x")}}) == SAID.strip().splitlines()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "alerts.toml, field channels: this field is missing."),
        ("rules = []\nchannels = 3", "alerts.toml, line 1, field rules: the list is empty."),
        ("rules = []\nchannels = 3", "alerts.toml, line 2, field channels: the value is not a table."),
        ("rules = [3]", "alerts.toml, line 1, field rules: the value is not a table."),
        ("channels = {a = 3}", "alerts.toml, line 1, field channels.a: the value is not a table."),
        ("[channels.a]", "alerts.toml, line 1, field kind: this field is missing."),
        (
            "[channels.'A b']",
            "alerts.toml, line 1, field channels.A b: the value does not have the form ^[a-z0-9][a-z0-9_-]{0,63}$.",
        ),
    ],
)
def test_what_is_not_a_rules_file_is_refused(text: str, sentence: str) -> None:
    assert sentence in faults(text)


def test_a_file_that_is_no_toml_or_is_missing_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    with pytest.raises(RulesError, match=f"^{path}: the rules file cannot be read: "):
        load_rules(path, {}, TOPICS)
    path.write_text("[channels\n", encoding="utf-8")
    with pytest.raises(RulesError, match=f"^{path}, line 1, column 10: not TOML: "):
        load_rules(path, {}, TOPICS)


def test_the_shipped_rules_tell_the_console_of_major_organic_incidents_and_of_banwatch_itself() -> None:
    book = load_rules(load({}).alerts_file, {}, [])
    surges, itself = book.rules
    assert surges == AlertRule(name=surges.name, channels=("console",), severity=Severity.MAJOR)
    assert itself == AlertRule(name=itself.name, about=RuleSubject.BANWATCH, channels=("console",))
    assert book.report_failures_to == "console"


def test_a_rule_has_no_field_of_what_it_is_not_about() -> None:
    channel = '[channels.a]\nkind = "console"\n[[rules]]\nname = "x"\nchannels = ["a"]\n'
    assert faults(channel + 'about = "banwatch"\ntopic = "ban"\nno_data = true') == [
        "alerts.toml, line 7, field topic: a rule about banwatch has no such field.",
        "alerts.toml, line 8, field no_data: a rule about banwatch has no such field.",
    ]
    assert faults(channel + "hold_critical = true") == [
        "alerts.toml, line 6, field hold_critical: a rule about surges has no such field."
    ]
    assert faults(channel + 'about = "banwach"') == [
        "alerts.toml, line 6, field about: 'banwach' is not one of surges, banwatch; did you mean banwatch?"
    ]
    assert faults(channel + "about = []") == ["alerts.toml, line 6, field about: [] is not one of surges, banwatch."]


def test_the_example_in_the_shipped_rules_has_every_field_and_is_valid() -> None:
    text = load({}).alerts_file.read_text(encoding="utf-8")
    example = "\n".join(line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   "))
    [rule] = read(f"{example}\n[channels.console]\nkind = 'console'\n").rules
    unset = [field for field, value in vars(rule).items() if not value]
    assert unset == ["hold_critical"], "this field is one of rules about banwatch"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_the_registry_has_frozen_options_that_refuse_unknown_fields(kind: str) -> None:
    config = options_of(kind).model_config
    assert (config.get("frozen"), config.get("extra")) == (True, "forbid")


@pytest.mark.parametrize(
    ("text", "span"), [("45s", 45), ("10m", 600), ("1h30m", 5_400), ("2d", 172_800), ("1d2h3m4s", 93_784)]
)
def test_a_span_is_read(text: str, span: int) -> None:
    assert read_span(text) == timedelta(seconds=span)


@pytest.mark.parametrize("text", ["", "0m", "10", "m", "-5m", "1.5h", "30m1h", "10 m", "٣m", "9999999999d"])
def test_what_is_no_positive_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a span of time"):
        read_span(text)


@pytest.mark.parametrize("text", ["7m", "90s", "25h", "2d", "5h"])
def test_windows_that_do_not_divide_a_day_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="do not divide a day evenly"):
        read_digest(text)


class HookOptions(BaseModel):
    """The options of a channel with secrets, whose own checks are careless with them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    token: SecretStr
    spare: SecretStr | None = None
    room: int | str = 0

    @field_validator("url")
    @classmethod
    def _is_https(cls, url: str) -> str:
        if not url.startswith("https://"):
            raise ValueError(f"{url} is not https")
        return url


def options(written: dict[str, object], **secrets: str) -> tuple[BaseModel | None, list[Fault]]:
    found: list[Fault] = []
    given = {field: SecretStr(value) for field, value in secrets.items()}
    return channel_options(HookOptions, ("channels", "hook"), written, given, found), found


def test_secrets_join_what_the_table_says() -> None:
    made, found = options({"url": "https://a"}, token="t0ken")
    assert (made, found) == (HookOptions(url="https://a", token=SecretStr("t0ken")), [])
    made, found = options({}, url="https://a?key=1", token="t0ken", spare="sp4re")
    assert found == []
    assert isinstance(made, HookOptions)
    assert made.url == "https://a?key=1"


@pytest.mark.parametrize(
    ("written", "secrets", "field", "message"),
    [
        (
            {"url": "https://a", "token": "t0ken"},
            {},
            "token",
            "the value is secret and may stand only in BANWATCH_ALERT_SECRETS",
        ),
        (
            {"url": "https://a", "spare": "sp4re"},
            {"token": "t0ken"},
            "spare",
            "the value is secret and may stand only in BANWATCH_ALERT_SECRETS",
        ),
        (
            {"url": "https://a"},
            {},
            "token",
            'the secret is missing: set BANWATCH_ALERT_SECRETS to JSON such as {"hook": {"token": "..."}}',
        ),
        (
            {"url": "https://a"},
            {"token": "t0ken", "url": "https://b"},
            "url",
            "the field stands in the file and in BANWATCH_ALERT_SECRETS",
        ),
        (
            {"url": "https://a"},
            {"token": "t0ken", "tokn": "x"},
            "tokn",
            "in BANWATCH_ALERT_SECRETS, there is no such field; did you mean token?",
        ),
        ({}, {"token": "t0ken", "url": "http://s3cret"}, "url", "in BANWATCH_ALERT_SECRETS, *** is not https"),
    ],
)
def test_a_secret_in_the_wrong_place_is_a_fault_that_does_not_say_it(
    written: dict[str, object], secrets: dict[str, str], field: str, message: str
) -> None:
    _, found = options(written, **secrets)
    assert found == [Fault(("channels", "hook", field), message)]


def test_a_field_of_several_types_is_named_as_it_stands_in_the_file() -> None:
    _, found = options({"url": "https://a", "room": 1.5}, token="t0ken")
    assert {fault.key for fault in found} == {("channels", "hook", "room")}


def test_a_file_that_changes_is_read_again_and_a_broken_one_is_told_of_once(tmp_path: Path) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(WHOLE, encoding="utf-8")
    held = ReloadingRules(path, {}, lambda: TOPICS)
    first = held.rules
    path.write_text(WHOLE.replace('"major"', '"magor"'), encoding="utf-8")
    refreshed = held.refresh()
    assert refreshed.outcome is ReloadOutcome.KEPT
    assert refreshed.sentence.startswith(f"{path}, line 18, field severity: 'magor' is not one of ")
    assert refreshed.sentence.endswith(f"The rules {first.version} stay in use.")
    assert held.refresh() == Refreshed(ReloadOutcome.UNCHANGED)
    assert held.rules is first
    path.write_text(WHOLE.replace('"major"', '"extreme"'), encoding="utf-8")
    assert held.refresh() == Refreshed(
        ReloadOutcome.REPLACED, f"The rules {held.rules.version}, with 2 rules, replace {first.version}."
    )
    assert held.rules.rules[0].severity is Severity.EXTREME


def test_rules_for_a_topic_that_comes_later_are_in_use_once_it_is_there(tmp_path: Path) -> None:
    rules, topics = tmp_path / "alerts.toml", tmp_path / "topics.txt"
    rules.write_text(WHOLE, encoding="utf-8")
    topics.write_text(" ".join(TOPICS), encoding="utf-8")
    held = ReloadingRules(rules, {}, lambda: topics.read_text("utf-8").split(), (topics,))
    rules.write_text(WHOLE.replace('topic = "ban"', 'topic = "strike"', 1), encoding="utf-8")
    assert held.refresh().outcome is ReloadOutcome.KEPT
    topics.write_text(" ".join([*TOPICS, "strike"]), encoding="utf-8")
    assert held.refresh().outcome is ReloadOutcome.REPLACED
    assert held.rules.rules[0].topic == "strike"


def test_there_have_to_be_first_rules(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read"):
        ReloadingRules(tmp_path / "alerts.toml", {}, lambda: TOPICS)
