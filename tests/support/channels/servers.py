"""Local channels that speak each protocol: what they hold, and what they answer by their documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.support.channels.receiver import Received, Reply, says

TOKEN = "t0ken-that-nobody-may-see"
CHANNEL = "C0123456789"
ROOM = "!room:here.example"
PIECE = 2


@dataclass
class SlackServer:
    """One channel of Slack: messages by their id, the newest last, with threads, metadata and files."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    uploaded: list[bytes] = field(default_factory=list)
    upload_url: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    """An error by method, once each."""

    def __call__(self, asked: Received) -> Reply:
        if asked.path == "/upload/chart":
            self.uploaded.append(asked.body)
            return Reply(200, b"OK")
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return says({"ok": False, "error": "invalid_auth"})
        method = asked.path.rsplit("/", 1)[-1]
        if error := self.errors.pop(method, None):
            return says({"ok": False, "error": error})
        return says(self._answer(method, asked))

    def _answer(self, method: str, asked: Received) -> dict[str, Any]:
        match method:
            case "auth.test":
                return {"ok": True, "user": "banwatch", "team": "Newsroom"}
            case "chat.postMessage":
                message = asked.json | {"ts": f"1700000000.{len(self.messages) + 1:06}"}
                self.messages.append(message)
                return {"ok": True, "channel": CHANNEL, "ts": message["ts"]}
            case "chat.update":
                return self._update(asked.json)
            case "conversations.history":
                return self._page([each for each in self.messages if "thread_ts" not in each], asked.form)
            case "conversations.replies":
                root = asked.form["ts"]
                return self._page(
                    [each for each in self.messages if root in {each["ts"], each.get("thread_ts")}], asked.form
                )
            case "files.getUploadURLExternal":
                return {"ok": True, "upload_url": self.upload_url, "file_id": "F1"}
            case "files.completeUploadExternal":
                self.files.append(asked.json)
                return {"ok": True, "files": [{"id": "F1"}]}
        return {"ok": False, "error": "unknown_method"}

    def _update(self, edit: dict[str, Any]) -> dict[str, Any]:
        message = next((each for each in self.messages if each["ts"] == edit["ts"]), None)
        if message is None:
            return {"ok": False, "error": "message_not_found"}
        message.update(edit)
        return {"ok": True, "ts": edit["ts"]}

    @staticmethod
    def _page(messages: list[dict[str, Any]], asked: dict[str, str]) -> dict[str, Any]:
        """Pages of two messages, the newest first. Metadata is only for those who ask for it."""
        shown = [dict(each) for each in reversed(messages)]
        for each in shown:
            if asked.get("include_all_metadata") != "true":
                each.pop("metadata", None)
        begun = int(asked.get("cursor", 0))
        cursor = str(begun + PIECE) if begun + PIECE < len(shown) else ""
        metadata = {"response_metadata": {"next_cursor": cursor}}
        return {"ok": True, "messages": shown[begun : begun + PIECE], **metadata}


@dataclass
class TelegramServer:
    """One chat of Telegram."""

    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    photos: list[bytes] = field(default_factory=list)

    def __call__(self, asked: Received) -> Reply:
        if not asked.path.startswith(f"/bot{TOKEN}/"):
            return says({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        match asked.path.rsplit("/", 1)[-1]:
            case "getChat":
                return says({"ok": True, "result": {"id": asked.json["chat_id"], "type": "supergroup"}})
            case "sendMessage":
                number = len(self.messages) + 1
                self.messages[number] = asked.json
                return says({"ok": True, "result": {"message_id": number}})
            case "editMessageText":
                return self._edit(asked.json)
            case "sendPhoto":
                self.photos.append(asked.body)
                return says({"ok": True, "result": {"message_id": 99}})
        return says({"ok": False, "error_code": 404, "description": "Not Found"}, 404)

    def _edit(self, edit: dict[str, Any]) -> Reply:
        old = self.messages.get(edit["message_id"])
        if old is None:
            return _bad("Bad Request: message to edit not found")
        if (old["text"], old["entities"]) == (edit["text"], edit["entities"]):
            return _bad("Bad Request: message is not modified: specified new message content is the same")
        old |= edit
        return says({"ok": True, "result": {"message_id": edit["message_id"]}})


def _bad(description: str) -> Reply:
    return says({"ok": False, "error_code": 400, "description": description}, 400)


@dataclass
class MatrixServer:
    """One room of Matrix. A repeated transaction is answered with the event that it made."""

    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Contents by the path of their transaction."""
    media: list[bytes] = field(default_factory=list)

    def __call__(self, asked: Received) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return says({"errcode": "M_UNKNOWN_TOKEN", "error": "Unrecognised access token"}, 401)
        if (asked.method, asked.path) == ("GET", "/_matrix/client/v3/account/whoami"):
            return says({"user_id": "@banwatch:here.example", "is_guest": False})
        if asked.path == "/_matrix/media/v3/upload":
            self.media.append(asked.body)
            return says({"content_uri": "mxc://here.example/chart"})
        if not asked.path.startswith(f"/_matrix/client/v3/rooms/{ROOM}/send/m.room.message/") or asked.method != "PUT":
            return says({"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}, 404)
        self.events.setdefault(asked.path, asked.json)
        return says({"event_id": f"$event{list(self.events).index(asked.path) + 1}"})

    def contents(self) -> list[dict[str, Any]]:
        return list(self.events.values())


@dataclass
class PagerDutyServer:
    """Events of PagerDuty."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, asked: Received) -> Reply:
        if asked.json["routing_key"] != TOKEN:
            errors = ["'routing_key' is invalid"]
            return says({"status": "invalid event", "message": "Event object is invalid", "errors": errors}, 400)
        self.events.append(asked.json)
        return says({"status": "success", "message": "Event processed", "dedup_key": asked.json["dedup_key"]}, 202)


@dataclass
class AlertmanagerServer:
    """Alerts of an Alertmanager: one for each set of labels, as it was sent last."""

    alerts: dict[tuple[tuple[str, str], ...], dict[str, Any]] = field(default_factory=dict)

    def __call__(self, asked: Received) -> Reply:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, b"Unauthorized")
        if (asked.method, asked.path) == ("GET", "/api/v2/status"):
            return says({"cluster": {"status": "ready"}, "uptime": "2026-11-25T12:00:00Z"})
        if asked.path != "/api/v2/alerts":
            return Reply(404)
        for alert in asked.json:
            if not all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name) for name in alert["labels"]):
                return says("invalid label set", 400)
            self.alerts[tuple(sorted(alert["labels"].items()))] = alert
        return Reply(200)


@dataclass
class WebhookServer:
    """A receiver of webhooks that remembers ids, as the specification says."""

    taken: dict[str, Received] = field(default_factory=dict)

    def __call__(self, asked: Received) -> Reply:
        if TOKEN not in asked.path:
            return Reply(401)
        self.taken.setdefault(asked.headers["webhook-id"], asked)
        return Reply(204)


def messages_held(server: Any) -> int:
    """How many messages people see of one conversation's first step."""
    match server:
        case SlackServer() | TelegramServer():
            return len(server.messages)
        case MatrixServer():
            return len(server.events)
        case PagerDutyServer():
            return len({event["dedup_key"] for event in server.events})
        case AlertmanagerServer():
            return len(server.alerts)
        case WebhookServer():
            return len(server.taken)
    raise TypeError(server)
