"""What callers say and what they are told, field by field: JSON of people, sessions, tokens.

Whatever is not named here is refused (`forbid_unknown_fields`), and every text has its bound.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from tocsin import limits
from tocsin.node.indicator_asked import Import
from tocsin.node.people.accounts import Account
from tocsin.node.people.tokens import Token
from tocsin.node.store.incident_state import Ruling, Status
from tocsin.node.store.times import moment
from tocsin.node.upkeep.errands import Moment
from tocsin.node.upkeep.keys import Purpose
from tocsin.triage.on_call import Duty

Name = Annotated[str, msgspec.Meta(max_length=limits.ACCOUNT_NAME_CHARACTERS)]
Password = Annotated[str, msgspec.Meta(max_length=limits.PASSWORD_MOST_CHARACTERS)]
Code = Annotated[str, msgspec.Meta(max_length=limits.TOTP_DIGITS)]
Label = Annotated[str, msgspec.Meta(max_length=limits.LABEL_CHARACTERS)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=limits.WHY_CHARACTERS)]
Comment = Annotated[str, msgspec.Meta(max_length=limits.WHY_CHARACTERS)]
Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Word = Annotated[str, msgspec.Meta(max_length=40)]
Text = Annotated[str, msgspec.Meta(max_length=limits.WHY_CHARACTERS)]
Level = Literal["informational", "low", "medium", "high", "critical"]
Words = Annotated[tuple[Word, ...], msgspec.Meta(max_length=20)]


class CloseReason(StrEnum):
    """What people found out about an incident that they close."""

    TRUE = "true"  # an attack
    BENIGN = "benign"  # it happened, and was allowed
    FALSE = "false"  # it did not happen
    DUPLICATE = "duplicate"  # it is a part of another


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller says."""


class Login(Input, frozen=True):
    """Name, password, and the code where the account has codes; `cookie` for a browser."""

    name: Name
    password: Password
    code: Code = ""
    cookie: bool = False


class PasswordChange(Input, frozen=True):
    """The present password and the new one."""

    old: Password
    new: Annotated[str, msgspec.Meta(max_length=limits.PASSWORD_MOST_CHARACTERS + 1)]


class CodeShown(Input, frozen=True):
    """A one-time code; empty where the account has none."""

    code: Code = ""


class UserNew(Input, frozen=True):
    """A new account."""

    name: Name
    role: Word
    organisation: Label = ""
    external_id: Label = ""


class RoleNew(Input, frozen=True):
    """Another role."""

    role: Word


class TokenNew(Input, frozen=True):
    """A new machine token and how many seconds it lives."""

    label: Label
    scopes: Words
    organisation: Label
    network: Label
    sensor: Label
    seconds: int


class Why(Input, frozen=True):
    """Why somebody moves a switch."""

    why: Reason


class SensorMeant(Input, frozen=True):
    """A sensor by its name, with organisation and network where several have that name; and why."""

    sensor: Label
    why: Reason
    organisation: Label | None = None
    network: Label | None = None


class AssignedTo(Input, frozen=True):
    """Whose an incident is: the name or id of an account, or nobody's."""

    owner: Name
    why: Comment = ""


class StatusNew(Input, frozen=True):
    """How far an incident is; a closed one needs a ruling."""

    status: Status
    ruling: Ruling | None = None
    why: Comment = ""


class IncidentNew(Input, frozen=True):
    """An incident that a person opens by hand."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.INCIDENT_TITLE_CHARACTERS)]
    level: Level = "medium"
    hosts: Annotated[tuple[Label, ...], msgspec.Meta(max_length=limits.INCIDENT_NAMES)] = ()
    users: Annotated[tuple[Label, ...], msgspec.Meta(max_length=limits.INCIDENT_NAMES)] = ()
    note: Annotated[str, msgspec.Meta(max_length=limits.NOTE_CHARACTERS)] = ""
    organisation: Label = ""
    why: Comment = ""


class Commented(Input, frozen=True):
    """A decision that needs no more than a reason, or none."""

    why: Comment = ""


class ClosedFor(Input, frozen=True):
    """Why an incident is closed; a duplicate names of which one."""

    reason: CloseReason
    of: Label = ""
    why: Comment = ""


class MergedInto(Input, frozen=True):
    """The incident as a part of which it is told from now on."""

    into: Label
    why: Comment = ""


class SplitOff(Input, frozen=True):
    """Which findings become an incident of their own: ids, or all of these hosts, or of these rules (id or title)."""

    findings: Annotated[tuple[Label, ...], msgspec.Meta(max_length=limits.STATE_ROWS)] = ()
    hosts: Annotated[tuple[Text, ...], msgspec.Meta(max_length=limits.INCIDENT_NAMES)] = ()
    rules: Annotated[tuple[Text, ...], msgspec.Meta(max_length=limits.INCIDENT_NAMES)] = ()
    dry_run: bool = False
    why: Comment = ""


class NoteNew(Input, frozen=True):
    """Something to write down at an incident."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.NOTE_CHARACTERS)]


class ReadersNew(Input, frozen=True):
    """Account names or ids of who alone may see an incident; none opens it to everybody."""

    readers: Annotated[tuple[Word, ...], msgspec.Meta(max_length=limits.INCIDENT_READERS)]
    why: Comment = ""


class UndoneVersion(Input, frozen=True):
    """The version whose change shall not count."""

    version: int
    why: Comment = ""


class ExceptionNew(Input, frozen=True):
    """A choice by its key, whose the exceptions are, until when and why."""

    choice: Word
    owner: Name
    expires: Moment
    why: Reason


class ReasonGiven(Input, frozen=True):
    """Why somebody ends something."""

    why: Reason


class EventExplained(Input, frozen=True):
    """A rule by its id or title, and an event by its id."""

    rule: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.WHY_CHARACTERS)]
    event: Label


class KeyPurpose(Input, frozen=True):
    """What a key signs."""

    purpose: Purpose


class SoughtValue(Input, frozen=True):
    """A value that a person could be known by."""

    value: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.WHY_CHARACTERS)]


class ErasedValue(SoughtValue, frozen=True):
    """A value that is to go, and the reason."""

    why: Reason


class HuntAsked(Input, frozen=True):
    """One question to the lake: `sql`, or `indicators`, or `rules` (name → text)."""

    sql: Annotated[str, msgspec.Meta(max_length=limits.HUNT_QUERY_CHARACTERS)] = ""
    indicators: Annotated[tuple[str, ...], msgspec.Meta(max_length=limits.INDICATORS)] = ()
    rules: Annotated[dict[str, str], msgspec.Meta(max_length=limits.HUNT_RULE_FILES)] = {}
    since: Moment | None = None
    until: Moment | None = None
    rows: Annotated[int, msgspec.Meta(ge=1, le=limits.HUNT_ROWS)] = limits.HUNT_ROWS
    seconds: Annotated[int, msgspec.Meta(ge=1, le=limits.API_HUNT_SECONDS)] = limits.HUNT_SECONDS


class IndicatorsSent(Input, frozen=True):
    """A file of indicators, packed with zlib and written in base64, and what is said of it."""

    packed: Annotated[str, msgspec.Meta(max_length=limits.API_INDICATORS_BYTES)]
    asked: Import = Import()


class IndicatorsGone(Input, frozen=True):
    """The source, or the value, that is removed."""

    what: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.INDICATOR_BYTES)]


class RulesOffered(Input, frozen=True):
    """Rule files (name below their folder → text), how many days to look back, and whether refused ones stay out."""

    files: Annotated[dict[str, str], msgspec.Meta(max_length=limits.RULE_SET_FILES)]
    days: Annotated[int, msgspec.Meta(ge=1, le=limits.RULE_REVIEW_DAYS)] = limits.RULE_REVIEW_DAYS_USUAL
    without_refused: bool = False


class RulesReviewed(Input, frozen=True):
    """The digests of the present set and of the reviewed one, as the review told them."""

    before: Digest
    after: Digest


class AssetsNew(Input, frozen=True):
    """A list of assets: the name of its file, its text, and whether it is only asked what it would change."""

    name: Label
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.API_ASSETS_BYTES)]
    dry_run: bool = False


class ConstituentsNew(Input, frozen=True):
    """A list of constituents: its file's name, its text; `remove` those that it does not hold any more."""

    name: Label
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.API_CONSTITUENTS_BYTES)]
    dry_run: bool = False
    remove: bool = False


class MarkNew(Input, frozen=True):
    """TLP and PAP for an incident, such as `TLP:AMBER+STRICT PAP:RED`."""

    marking: Word
    why: Comment = ""


class TellingAsked(Input, frozen=True):
    """The digest of what is to be sent, as it was shown."""

    digest: Digest
    why: Comment = ""


class Delivery(StrEnum):
    """How mails leave: sent by the node, or as files that somebody else sends."""

    MAIL = "mail"
    FILE = "file"


class TellingReleased(Input, frozen=True):
    """The digest of what may go out, and how."""

    digest: Digest
    by: Delivery = Delivery.MAIL


class OnCallChange(Input, frozen=True):
    """The whole on-call list, or with `person` only that person's duties (none: off the list)."""

    duties: Annotated[tuple[Duty, ...], msgspec.Meta(max_length=limits.CALL_DUTIES)]
    person: Label | None = None


class NoticeTested(Input, frozen=True):
    """Who of the on-call list gets a test; empty is whoever is on call now."""

    person: Label = ""


class TicketAnswer(Input, frozen=True):
    """What a ticket system says of an incident. `id` is the message's own, the same when it is sent again."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.LABEL_CHARACTERS)]
    incident: Label
    number: Label = ""
    note: Annotated[str, msgspec.Meta(max_length=limits.TICKET_TEXT_CHARACTERS)] = ""
    acknowledge: bool = False
    close: Ruling | None = None
    why: Comment = ""


class User(msgspec.Struct, frozen=True):
    """An account as it is shown."""

    id: str
    name: str
    role: str
    active: bool
    stage: str
    organisation: str
    external_id: str
    created: datetime
    created_by: str
    reset: datetime | None
    reset_by: str

    @classmethod
    def of(cls, account: Account) -> "User":
        """The account, without anything secret."""
        return cls(
            account.id, account.name, account.role, account.active, account.stage, account.organisation,
            account.external_id, moment(account.created_us), account.created_by,
            moment(account.reset_us) if account.reset_us else None, account.reset_by,
        )  # fmt: skip


class MachineToken(msgspec.Struct, frozen=True):
    """A machine token as it is shown."""

    id: str
    label: str
    scopes: list[str]
    organisation: str
    network: str
    sensor: str
    created: datetime
    created_by: str
    expires: datetime
    revoked: datetime | None

    @classmethod
    def of(cls, token: Token) -> "MachineToken":
        """The token, without its secret."""
        return cls(
            token.id, token.label, sorted(token.scopes), token.organisation, token.network, token.sensor,
            moment(token.created_us), token.created_by, moment(token.expires_us),
            moment(token.revoked_us) if token.revoked_us else None,
        )  # fmt: skip
