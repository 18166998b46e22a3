"""The sentences of logging in, and of what a role permits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AccessWords:
    """The sentences of logging in, and of what a role permits."""

    log_in: str = "Log in"
    log_in_by_provider: str = "Log in with your organisation’s account"
    or_shared: str = "Or with your team’s password"
    your_name: str = "Your name"
    name_explained: str = "It stands beside what you write, so that the others know who it was."
    shared: str = "Password"
    wrong: str = "This is not the password."
    name_missing: str = "Enter your name, in at most 100 characters."
    too_many: str = "Too many wrong passwords. Try again in {duration}."
    form_too_old: str = "This form was open for too long. Try again."
    no_access: str = "You are logged in as {name}, and this account has no access. Ask whoever runs banwatch."
    provider_failed: str = "The login did not succeed. Try again; if it fails again, ask whoever runs banwatch."
    log_out: str = "Log out"
    log_out_question: str = "Do you want to log out?"
    logged_out: str = "You are logged out."
    ended: str = "Your login has ended. Log in again."
    role_viewer: str = "may read"
    role_operator: str = "operator"
    anonymous: str = "not logged in"

    needs_operator: str = "Only operators can write. You may read everything."
    needs_desk: str = (
        "Nothing can be written from here: the answers’ server is not set up. Whoever runs banwatch finds how in "
        "`docs/access.md`."
    )
    needs_name: str = "Enter your name above first, so that the others know who wrote it."
    desk_away: str = "The answers’ server does not answer, so nothing is certain to be written. Try again in a minute."
    desk_foreign: str = (
        "The answers’ server does not accept this dashboard: their keys or clocks differ. Whoever runs banwatch finds "
        "help in `docs/access.md`."
    )
    desk_no_incident: str = "There is no such surge any more."
    desk_invalid: str = "A field is empty or too long."
