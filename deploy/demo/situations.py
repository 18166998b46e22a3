"""The situations that a synthetic post can be about, and the sub-topic that a tagger should find in each."""

from __future__ import annotations

from enum import StrEnum


class Situation(StrEnum):
    """The label of a post, and the name of its phrases in `phrases/*.toml`."""

    INDIA = "india"
    US = "us"
    HONG_KONG = "hongkong"
    EMPLOYER = "employer"
    RETRACTION = "retraction"
    SECURITY = "security"
    COMPANY = "company"
    MIGRATION = "migration"
    APP_STORE = "appstore"
    BAN_CHAT = "banchat"
    BACKGROUND = "background"
    NEAR_MISS = "nearmiss"
    OFF_TOPIC = "offtopic"


SUBTOPIC = {
    Situation.INDIA: "government-ban",
    Situation.US: "government-ban",
    Situation.HONG_KONG: "government-ban",
    Situation.EMPLOYER: "employer-ban",
    Situation.RETRACTION: "retraction",
    Situation.SECURITY: "security-privacy",
    Situation.COMPANY: "company-response",
    Situation.MIGRATION: "migration",
    Situation.APP_STORE: "app-store",
}

BAN_TALK = frozenset({*SUBTOPIC, Situation.BAN_CHAT})
"""The situations that are about a ban of TikTok. The other situations are not, although some sound similar."""
