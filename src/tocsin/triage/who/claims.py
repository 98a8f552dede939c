"""What a source says about a name: who it was, from when to when.

Rules:
1. A claim holds in one organisation and network only.
2. `first` and `last` bound it, the end excluded; None is open. A claim without both holds always.
3. How strong a claim is, is its source's: what a server or a machine's own log says is strong; what a client only
   says of itself is weak, and counts where nothing strong is there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from tocsin.triage.who.values import Kind, plain

EVER = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


class Source(StrEnum):
    """Who says so, the most telling first."""

    DHCP = "dhcp"
    VPN = "vpn"
    OWN_LOG = "own log"  # a machine's own log names the address that it used
    MACHINE_LOGON = "machine logon"  # the machine's own account proved itself from the address
    DIRECTORY = "directory"  # identifier and name of an account in one event
    ASSET = "asset"
    WORKSTATION = "workstation"  # a client told its name at a logon


STRONG = frozenset(Source) - {Source.WORKSTATION}
_ORDER = {source: rank for rank, source in enumerate(Source)}


@dataclass(frozen=True, slots=True)
class Claim:
    """`value` (of `kind`) was `named` (of kind `means`) from `first` to `last`, says `source`."""

    organisation: str
    network: str
    kind: Kind
    value: str  # as `plain` writes it
    means: Kind
    named: str  # as the source writes it
    first: datetime | None
    last: datetime | None
    source: Source

    @property
    def strong(self) -> bool:
        """Rule 3."""
        return self.source in STRONG

    @property
    def meant(self) -> str:
        """What it means, to be compared."""
        return plain(self.means, self.named)

    def holds(self, time: datetime | None) -> bool:
        """Whether it says something about a moment; about an unknown one only what holds always does."""
        if time is None:
            return self.first is None and self.last is None
        return (self.first or EVER) <= time < (self.last or NEVER)

    @property
    def order(self) -> tuple[object, ...]:
        """A total order, the newest end last."""
        return (
            self.last or NEVER, self.first or EVER, -_ORDER[self.source], self.organisation, self.network, self.kind,
            self.value, self.means, self.named,
        )  # fmt: skip


class Reason(StrEnum):
    """Why a name could not be resolved."""

    UNTOLD = "untold"  # no source says anything about it at any time
    NO_CLAIM = "no claim"  # some say something, but not about that time
    PARTLY = "partly"  # they say who it was for a part of the time only
    NO_TIME = "no time"
    CONFLICT = "conflict"  # two say different things about that time
    CHANGED = "changed"  # it was one and then another while it happened
    SHARED = "shared"  # it stands for many, and no log tells for whom it stood
    BEYOND = "beyond"  # older than what fits into the directory's bounds


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a name was. `through` is the inside address that a shared one stood for."""

    kind: Kind
    name: str
    source: Source
    first: datetime | None = None
    last: datetime | None = None
    through: str = ""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """That a name has no answer, and why; `names` are those it may have been."""

    reason: Reason
    names: tuple[str, ...] = ()


Answer = Identity | Unresolved
