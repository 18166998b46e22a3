"""Who has which role, by what an identity provider says of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dashboard.viewer import Role


@dataclass(frozen=True)
class Members:
    """The people of each role: e-mail addresses, domains (`@example.org`), or values of a claim (without `@`).

    A domain stands for the addresses at this domain itself, not below it. All addresses are in lower case.
    """

    operators: frozenset[str]
    viewers: frozenset[str]
    claim: str = ""
    """The claim whose values the lists may name, such as `groups`; none if empty."""

    def role(self, claims: Mapping[str, object]) -> Role | None:
        """Return the role of the person of whom the provider says this, or None if the person has none."""
        known = {*_address_and_domain(claims), *_values(claims.get(self.claim) if self.claim else None)}
        if known & self.operators:
            return Role.OPERATOR
        return Role.VIEWER if known & self.viewers else None


def entries(setting: str) -> frozenset[str]:
    """Return the entries of a list that is separated by commas, with addresses and domains in lower case."""
    listed = [each.strip() for each in setting.split(",") if each.strip()]
    return frozenset(each.lower() if "@" in each else each for each in listed)


def verified_address(claims: Mapping[str, object]) -> str:
    """Return the e-mail address in lower case, or nothing unless the provider has verified it.

    An address beyond ASCII is not taken: several such addresses look the same, or become the same in lower case.
    """
    address = claims.get("email")
    verified = claims.get("email_verified")
    if (verified is not True and verified != "true") or not isinstance(address, str):
        return ""
    user, at, domain = address.strip().rpartition("@")
    return address.strip().lower() if address.isascii() and user and at and domain and "@" not in user else ""


def _address_and_domain(claims: Mapping[str, object]) -> Collection[str]:
    address = verified_address(claims)
    return (address, f"@{address.rpartition('@')[2]}") if address else ()


def _values(claim: object) -> Collection[str]:
    values = claim if isinstance(claim, list) else [claim]
    return [value for value in values if isinstance(value, str) and "@" not in value]
