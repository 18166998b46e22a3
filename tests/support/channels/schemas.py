"""What PagerDuty, Alertmanager and its webhook document of the JSON they take, as JSON Schema.

PagerDuty: PagerDuty/developer-docs, docs/events-API-v2/02-Trigger-Events.md (fields, their limits, what is required).
Alertmanager: `postableAlerts` in api/v2/openapi.yaml of prometheus/alertmanager.
The webhook: `Message` in notify/webhook/webhook.go and `Data` and `Alert` in template/template.go of the same, and
prometheus.io/docs/alerting/latest/configuration, "webhook_config".
"""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
FILLED = {"type": "string", "minLength": 1}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"}
LABELS = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"},
    "additionalProperties": FILLED,
    "minProperties": 1,
}
"""Alertmanager takes no alert without a label, and drops labels with an empty value."""


def closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


PAGERDUTY_PAYLOAD = closed(
    {
        "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
        "source": FILLED,
        "severity": {"enum": ["critical", "error", "warning", "info"]},
        "timestamp": MOMENT,
        "component": TEXT,
        "group": TEXT,
        "class": TEXT,
        "custom_details": {"type": "object"},
    },
    ["summary", "source", "severity"],
)

PAGERDUTY = closed(
    {
        "routing_key": FILLED,
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
        "payload": PAGERDUTY_PAYLOAD,
        "images": {"type": "array"},
        "links": {
            "type": "array",
            "items": closed({"href": {"type": "string", "format": "uri"}, "text": TEXT}, ["href"]),
        },
        "client": TEXT,
        "client_url": TEXT,
    },
    ["routing_key", "event_action", "dedup_key"],
) | {"if": {"properties": {"event_action": {"const": "trigger"}}}, "then": {"required": ["payload"]}}

ALERTMANAGER = {
    "type": "array",
    "minItems": 1,
    "items": closed(
        {
            "labels": LABELS,
            "annotations": {"type": "object", "additionalProperties": TEXT},
            "startsAt": MOMENT,
            "endsAt": MOMENT,
            "generatorURL": {"type": "string", "format": "uri"},
        },
        ["labels"],
    ),
}

_WEBHOOK_ALERT = {
    "status": {"enum": ["firing", "resolved"]},
    "labels": LABELS,
    "annotations": {"type": "object", "additionalProperties": TEXT},
    "startsAt": MOMENT,
    "endsAt": MOMENT,
    "generatorURL": TEXT,
    "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
}

_WEBHOOK = {
    "version": {"const": "4"},
    "groupKey": FILLED,
    "truncatedAlerts": {"type": "integer", "minimum": 0},
    "receiver": FILLED,
    "status": {"enum": ["firing", "resolved"]},
    "alerts": {"type": "array", "minItems": 1, "items": closed(_WEBHOOK_ALERT, list(_WEBHOOK_ALERT))},
    "groupLabels": LABELS,
    "commonLabels": LABELS,
    "commonAnnotations": {"type": "object", "additionalProperties": TEXT},
    "externalURL": TEXT,
}

ALERTMANAGER_WEBHOOK = closed(_WEBHOOK, list(_WEBHOOK))

STANDARD_WEBHOOK = closed(
    {"type": {"type": "string", "pattern": r"^[a-z_]+(\.[a-z_]+)*$"}, "timestamp": MOMENT, "data": {"type": "object"}},
    ["type", "timestamp", "data"],
)
