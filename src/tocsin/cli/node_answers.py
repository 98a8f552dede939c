"""What the command line takes out of the node's answers (docs/api.md). Further fields are the future's: ignored."""

from datetime import datetime

from msgspec import Struct


class Person(Struct, frozen=True):
    """An account."""

    id: str
    name: str
    role: str
    active: bool
    stage: str
    organisation: str = ""
    external_id: str = ""
    created: datetime | None = None


class Session(Struct, frozen=True):
    """A session of one's own, without anything that opens it."""

    form: str
    begun: datetime
    seen: datetime
    this: bool


class Token(Struct, frozen=True):
    """A machine token without its secret."""

    id: str
    label: str
    scopes: list[str]
    organisation: str
    network: str
    sensor: str
    expires: datetime
    revoked: datetime | None = None


class Asked(Struct, frozen=True):
    """A request to start something again."""

    actor: str
    time: datetime
    why: str


class Switch(Struct, frozen=True):
    """How a switch stands."""

    switch: str
    stopped: bool
    actor: str = ""
    time: datetime | None = None
    why: str = ""
    request: Asked | None = None
    by: str = ""
    """The name of the account, where it may be known."""
