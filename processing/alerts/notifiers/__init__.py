"""The registry of the kinds of channels. A kind's module is imported only if a channel of the kind is configured.

The module of a kind has the kind's name. It holds the class of the channel's options, and `open_<kind>(name, options)`,
which makes the notifier.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from pydantic import BaseModel

KINDS: dict[str, str] = {
    "alertmanager": "AlertmanagerOptions",
    "matrix": "MatrixOptions",
    "pagerduty": "PagerDutyOptions",
    "slack": "SlackOptions",
    "telegram": "TelegramOptions",
    "webhook": "WebhookOptions",
}
"""The class of each kind's options."""


def options_of(kind: str) -> type[BaseModel]:
    """Return the class of the options of a kind.

    Raises:
        KeyError: there is no such kind.
    """
    return cast("type[BaseModel]", getattr(import_module(f"{__name__}.{kind}"), KINDS[kind]))
