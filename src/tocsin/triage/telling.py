"""What each affected constituent is told of an incident: one mail for each, made of its own rows alone.

Rules:
1. A mail is built from the rows of its constituent (triage.constituents) and from nothing else of the incident: neither
   its title, its level and its sentences nor its counts. What a row still says of others is left out (`foreign`).
2. It is marked with the strictest of the node's marking, the incident's and those of the logs and rules behind its
   rows. A row whose marking cannot be read, or that the constituent may not have, is left out, and that is told with
   its reason to whoever looks at the mails; where all are so, nothing is sent.
3. The label stands in the subject, before the text and after it (TLP 2.0 §3); what TLP and PAP allow is said in words.
4. It is written in the constituent's language; where that is not spoken here, in English, and the mail says so. Names
   of rules and contents of logs stay as they are.
5. The digest covers everything that is sent and to whom: what is released is what was shown.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.errors import UsageError
from tocsin.model import Finding
from tocsin.policy.markings import Audience, Marking, Reach, Tlp, may_go_to, received_marking, strictest
from tocsin.sinks import mail
from tocsin.triage.constituents import Constituent, Directory, Machines
from tocsin.triage.foreign import Veil, everybody
from tocsin.triage.telling_words import Letter, letter_text
from tocsin.words.catalogues import ENGLISH, catalogue_of
from tocsin.words.messages import say, speaking


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. `rows` is how many findings of the constituent it is made of."""

    constituent: str
    to: tuple[str, ...]
    subject: str
    text: str
    marking: str
    rows: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A constituent that is affected and is not told, and why. With `rows` only so many findings are left out."""

    constituent: str
    reason: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Telling:
    """The mails of one incident. Rows that nobody or two claim are counted and told to nobody."""

    incident: str
    mails: tuple[Mail, ...]
    refusals: tuple[Refusal, ...] = ()
    unclaimed: int = 0
    disputed: int = 0

    @property
    def digest(self) -> str:
        """Rule 5."""
        return digest_of(self.incident, self.mails)


@dataclass(frozen=True, slots=True)
class SourceMarking:
    """What the logs of an organisation, or of one network of it, are marked with."""

    organisation: str
    network: str
    marking: Marking


@dataclass(frozen=True, slots=True)
class Sender:
    """Who tells: the node's name for people, the marking of node and incident, and those of logs."""

    name: str
    marking: Marking
    sources: tuple[SourceMarking, ...] = ()


def digest_of(incident: str, mails: Sequence[Mail]) -> str:
    """SHA-256 over all that is sent, and to whom."""
    content = [[m.constituent, list(m.to), m.subject, m.text, m.marking, sorted(m.headers.items())] for m in mails]
    return hashlib.sha256(json.dumps([incident, content], ensure_ascii=True).encode()).hexdigest()


def tell(
    incident: str, rows: Sequence[Finding], directory: Directory, sender: Sender, machines: Machines | None = None
) -> Telling:
    """The mails about an incident with these rows; `machines` are who some hosts were then."""
    shares, names = directory.shares(rows, machines or {}), everybody(directory, rows)
    mails: list[Mail] = []
    refusals: list[Refusal] = []
    for id, own in shares.rows.items():
        veil, whom = Veil(directory, id, own, names), directory.constituents[id]
        told, kept, why = _parted(own, whom, sender, veil)
        if told and kept:
            refusals.append(Refusal(id, why, kept))
        made = _mail(incident, whom, told or own, sender, veil)
        (mails if isinstance(made, Mail) else refusals).append(made)  # type: ignore[arg-type]
    return Telling(incident, tuple(mails), tuple(refusals), shares.unclaimed, shares.disputed)


def marking_of(rows: Sequence[Finding], sender: Sender, veil: Veil) -> Marking:
    """Rule 2. Whose logs they are is not bound by the label that he gave them. Raises UnknownMarking."""
    found = [received_marking(said) for said in sorted({row.rule.marking for row in rows}) if said]
    for row in rows:
        for source in sender.sources:
            if source.organisation == row.organisation and source.network in ("", row.network):
                own = veil.has_logs_of(row)
                found.append(Marking(source.marking.tlp, source.marking.pap, Tlp.CLEAR if own else source.marking.tlp))
    return strictest(sender.marking, *found)


def _parted(own: Sequence[Finding], whom: Constituent, sender: Sender, veil: Veil) -> tuple[list[Finding], int, str]:
    """Rule 2: the rows that it may have, how many it may not, and why not the first of these."""
    told: list[Finding] = []
    reasons: list[str] = []
    for row in own:
        try:
            permission = may_go_to(marking_of([row], sender, veil), Audience(whom.name, Reach.CLIENTS, whom.limit))
            why = "" if permission.allowed else permission.reason
        except UsageError as error:
            why = _unreadable(error)
        if why:
            reasons.append(why)
        else:
            told.append(row)
    return told, len(reasons), next(iter(reasons), "")


def _unreadable(error: UsageError) -> str:
    return say("A rule behind it is marked with what is no marking: {error}.", error=error)


def _mail(incident: str, whom: Constituent, own: Sequence[Finding], sender: Sender, veil: Veil) -> Mail | Refusal:
    try:
        marking = marking_of(own, sender, veil)
    except UsageError as error:
        return Refusal(whom.id, _unreadable(error))
    if not whom.contacts:
        return Refusal(whom.id, say("{name} has no contact.", name=whom.name))
    permission = may_go_to(marking, Audience(whom.name, Reach.CLIENTS, whom.limit))
    if not permission.allowed:
        return Refusal(whom.id, permission.reason)
    spoken = catalogue_of(whom.language)
    catalogue = spoken or ENGLISH
    with speaking(catalogue):
        letter = Letter(incident, sender.name, whom.name, marking, own, "" if spoken else whom.language)
        subject = say("{label}: findings that concern {name} ({incident})", label=marking.tlp.label, name=whom.name,
                      incident=incident)  # fmt: skip
        text = letter_text(letter, veil)
    headers = {"Content-Language": catalogue.language}
    to = tuple(mail.address(each) for each in whom.contacts)
    return Mail(whom.id, to, mail.header(subject), mail.body(text), str(marking), len(own), headers)
