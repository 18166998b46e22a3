"""Start Streamlit's server for the page, in this process, and end with it."""

from __future__ import annotations

from pathlib import Path

from streamlit.web import bootstrap

from dashboard.settings import DashboardSettings

SCRIPT = Path(__file__).with_name("app.py")

# Streamlit runs the script by path, again for every visitor, and hands it no arguments. It does so in this
# process, where modules are shared: so the launcher leaves the settings here and the script picks them up.
# That keeps them built once, in deploy; the script reading the environment again would be a second truth.
_given: list[DashboardSettings] = []


def leave(settings: DashboardSettings) -> None:
    """Put the settings where the script picks them up."""
    _given[:] = [settings]


def given() -> DashboardSettings:
    """The settings that the server was started with.

    Raises:
        RuntimeError: nobody has started it.
    """
    if not _given:
        raise RuntimeError("The dashboard has no settings: start it with `banwatch dashboard`.")
    return _given[0]


def options(settings: DashboardSettings) -> dict[str, object]:
    """Streamlit's own options. They win over any configuration file and variable of the machine."""
    return {
        "server.address": settings.dashboard_host,
        "server.port": settings.dashboard_port,
        "server.headless": True,
        "server.showEmailPrompt": False,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.enableStaticServing": False,
        "browser.gatherUsageStats": False,
        "logger.hideWelcomeMessage": True,  # it looks up the machine's public address
        "logger.level": "warning",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "global.developmentMode": False,
        "runner.magicEnabled": False,
        # A theme of each kind and no base: the page is as light or dark as the reader's system.
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#56B4E9",
    }


def run(settings: DashboardSettings) -> None:
    """Serve the page until SIGTERM or SIGINT. Call it in the main thread of a process of its own.

    Raises:
        SystemExit: the port is taken.
    """
    leave(settings)
    flags = options(settings)
    bootstrap.load_config_options(flags)
    bootstrap.run(str(SCRIPT), is_hello=False, args=[], flag_options=flags)
