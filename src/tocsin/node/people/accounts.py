"""A person's account, and what a role is for.

Rules:
1. An account has one role. Who has two duties has two accounts, so a duty is chosen at login and seen in the ledger.
2. An account is known by its id everywhere but here: the name is personal data and stays out of the ledger.
3. An account whose password was given by somebody else can only change it (Stage.PASSWORD); one without a second
   factor can only set it up (Stage.SECOND_FACTOR); only then it is READY. For an account of an OpenID Connect issuer
   the issuer sees to both.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from tocsin import limits
from tocsin.errors import UsageError

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


class Role(StrEnum):
    """What a person is here for."""

    ANALYST = "analyst"  # works on incidents
    LEAD = "lead"  # an analyst who assigns, restricts and decides
    RELEASER = "releaser"  # decides what leaves
    AUDITOR = "auditor"  # reads what an audit needs, changes nothing
    ADMIN = "admin"  # people and configuration
    LEADER = "leader"  # reads briefings
    PARTNER = "partner"  # a person of another organisation


class Stage(StrEnum):
    """How far an account is on its way to being usable."""

    PASSWORD = "password"  # the password was given and has to be changed
    SECOND_FACTOR = "second factor"  # one-time codes have to be set up
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account as the node knows it, without its secrets."""

    id: str
    name: str
    role: Role
    active: bool
    created_us: int
    created_by: str = ""
    """Account id of who made it; empty for the first two."""
    reset_us: int = 0
    """When somebody last gave it a new password; 0 for never."""
    reset_by: str = ""
    must_change: bool = False
    has_totp: bool = False
    external_id: str = ""
    """How the OpenID Connect issuer names this person; empty without one."""
    organisation: str = ""
    """The only organisation whose incidents it sees; empty for all of this node."""

    @property
    def stage(self) -> Stage:
        """Rule 3."""
        if self.must_change:
            return Stage.PASSWORD
        return Stage.READY if self.has_totp or self.external_id else Stage.SECOND_FACTOR

    @property
    def actor(self) -> str:
        """How the ledger names this account."""
        return f"account:{self.id}"


def account_name(text: str) -> str:
    """The name if it can be one; raises UsageError."""
    if len(text) > limits.ACCOUNT_NAME_CHARACTERS or not _NAME.fullmatch(text):
        raise UsageError(
            "this is no account name",
            f"Use lower-case letters, digits, dots and dashes, at most {limits.ACCOUNT_NAME_CHARACTERS} characters.",
        )
    return text


def role_named(text: str) -> Role:
    """The role of that name; raises UsageError."""
    try:
        return Role(text)
    except ValueError as error:
        raise UsageError("there is no such role", f"Roles are: {', '.join(Role)}.") from error
