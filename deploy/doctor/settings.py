"""The settings: all their faults at once."""

from __future__ import annotations

import os
from collections.abc import Iterator

from deploy.access import check_access
from deploy.doctor.attempt import attempt
from deploy.doctor.finding import Finding, counted, error, ok, warning
from deploy.settings import PREFIX, Settings, SettingsError, faults, load

LOGIN = "dashboard's access"


def read_settings() -> tuple[Settings | None, tuple[Finding, ...], frozenset[str]]:
    """Return the settings, what is wrong with them, and the variables that cannot be used.

    These are taken out of this process's environment, so that everything else can still be checked. The settings are
    None if even that leaves none that fit together.
    """
    wrong = tuple(dict.fromkeys(faults(os.environ)))
    found = [error(fault.variable or "settings together", fault.sentence) for fault in wrong]
    unusable = frozenset(fault.variable for fault in wrong)
    for variable in unusable:
        os.environ.pop(variable, None)
    try:
        settings = load(os.environ)
    except SettingsError:
        rest = error("rest", "Nothing that needs these settings can be checked before that is mended.")
        return None, (*found, rest), unusable
    if wrong:
        rest = ok("rest", "What follows is checked with the defaults of these settings, and nothing is changed.")
        return settings, (*found, rest), unusable
    return settings, (ok("settings", _how_many()),), unusable


def _how_many() -> str:
    given = sum(name.startswith(PREFIX) for name in os.environ)
    return f"Set by environment variables and valid: {counted(given, 'setting')}. The others have their defaults."


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Yield how settings fit together that are each valid."""
    refused = attempt(LOGIN, lambda: check_access(settings))
    yield refused if isinstance(refused, Finding) else ok(LOGIN, "The settings say who may come to the dashboard.")
    given = settings.alerts
    if bool(given.answers_url) != bool(given.answers_key.get_secret_value()):
        missing = "BANWATCH_ANSWERS_KEY" if given.answers_url else "BANWATCH_ANSWERS_URL"
        yield warning(
            "links in alerts", f"Alerts carry no links, because {missing} is not set.", f"Set {missing}, too."
        )
