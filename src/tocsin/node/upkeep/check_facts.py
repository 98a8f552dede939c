"""What is known of a node's state when it is checked: values only, so that every judgement can be tested."""

from dataclasses import dataclass, field
from datetime import datetime

from tocsin.node.inputs.losses import Loss
from tocsin.node.store.incident_check import Checked
from tocsin.node.store.outbox import Trouble
from tocsin.node.store.sensors import Quiet
from tocsin.node.store.switches import SwitchState


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """`synchronised` is what the kernel says, None where it does not; `newest` the last time that the ledger tells."""

    synchronised: bool | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A file of TLS certificates, the node's own or of authorities, and when all of them are good.

    `problem` is why it cannot be read, as the end of a sentence.
    """

    file: str
    not_before: datetime | None = None
    not_after: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key that signs now, and since when by the ledger; None where the ledger does not reach back."""

    id: str
    purpose: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PeopleFacts:
    """Active accounts that can be used, with a second factor, and those that cannot yet."""

    admins: int = 0
    leads: int = 0
    unready: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """A part and its version; `problem` where Tocsin does not work with it."""

    part: str
    version: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """Bytes: free on the disk; held by the lake, original lines and journal; written on each of the last days."""

    free: int = 0
    lake: int = 0
    daily: tuple[int, ...] = ()  # of the lake
    raw: int = 0
    raw_daily: tuple[int, ...] = ()
    journal: int = 0


@dataclass(frozen=True, slots=True)
class SensorFacts:
    """A sensor as people know it. Counts are of its last day."""

    name: str
    received: datetime | None = None
    events: int = 0
    rejected: int = 0
    dropped: int = 0
    quiet: Quiet = Quiet.NOT
    judged: datetime | None = None  # when the running node judged that
    rate: str = ""  # against its rhythm, for people
    gap_since: datetime | None = None  # of an open gap
    ahead_seconds: float = 0.0  # of its clock
    late_minutes: int = 0  # by which its events usually come late


@dataclass(frozen=True, slots=True)
class WitnessFacts:
    """`waiting` are checkpoints that no witness has yet."""

    configured: bool = False
    every_minutes: int = 60
    entries: int = 0
    last: datetime | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """The ways that are configured, what does not arrive by them, and how many are on call now."""

    ways: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    on_call: int = 0


@dataclass(frozen=True, slots=True)
class ExceptionFacts:
    """An exception that stands. `waits`: nobody has agreed as the second person."""

    id: str
    expires: datetime
    owner: str
    owner_active: bool = True
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is judged, at one moment. `problems` are parts that could not be looked at: (part, why)."""

    now: datetime
    problems: tuple[tuple[str, str], ...] = ()
    clock: ClockFacts = field(default_factory=ClockFacts)
    certificates: tuple[CertificateFacts, ...] = ()
    keys: tuple[KeyFacts, ...] = ()
    keep_days: int = 0
    keep_raw: bool = True  # original lines of what is sent
    journal_most: int = 0  # bytes that the journal may come to hold
    people: PeopleFacts = field(default_factory=PeopleFacts)
    versions: tuple[Version, ...] = ()
    disk: DiskFacts = field(default_factory=DiskFacts)
    silent_minutes: int = 30
    sensors: tuple[SensorFacts, ...] = ()  # in service
    retired: tuple[str, ...] = ()  # sensors that people have taken out of service
    heard_again: tuple[tuple[str, datetime], ...] = ()  # sensors that sent though they were retired, and when first
    losses: tuple[Loss, ...] = ()  # at the inputs, in the last day
    stopped: tuple[SwitchState, ...] = ()  # switches that are off
    history: Checked = field(default_factory=Checked)  # of incidents
    exceptions: tuple[ExceptionFacts, ...] = ()  # that stand
    backup: datetime | None = None
    witness: WitnessFacts = field(default_factory=WitnessFacts)
    open_paths: tuple[str, ...] = ()  # that others than the owner may touch
    outbound: tuple[str, ...] = ()
    notices: NoticeFacts = field(default_factory=NoticeFacts)
    webhook_shown: bool = False  # the configuration holds a webhook's URL with what may be a secret
