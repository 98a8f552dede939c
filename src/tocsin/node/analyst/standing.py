"""What the node said and what it would say now: which findings stand, grow, are new or are gone. Pure.

Rules:
1. Two findings are the same when they are of one rule, organisation, network, host and user and their times overlap or
   lie no further apart than the pause that ends an occasion.
2. A finding that was told and is not found again is gone, if all of it lies in what was looked at. One that began
   before that was seen in part: it stands, and what was found anew is added to it.
3. A finding keeps the id under which it was told first; the id is made of what it is and of its first event.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from blake3 import blake3

from tocsin import limits
from tocsin.model import Finding
from tocsin.node.store.findings import Place, StoredFinding, place_of
from tocsin.triage.names import MERGE_PAUSE

ID_CHARACTERS = 24
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Settled:
    """What to keep, and the ids of what is gone."""

    put: tuple[StoredFinding, ...]
    gone: tuple[str, ...]


def settle(told: Sequence[StoredFinding], found: Iterable[Finding], since: datetime | None, now: datetime) -> Settled:
    """Compare what was told of some places with what is found there, looking at everything since a time (None: all)."""
    before: dict[Place, list[StoredFinding]] = defaultdict(list)
    for stored in told:
        before[place_of(stored.finding)].append(stored)
    put: list[StoredFinding] = []
    kept: set[str] = set()
    for finding in found:
        same = [each for each in before[place_of(finding)] if each.id not in kept and _meet(each.finding, finding)]
        oldest = min(same, key=lambda each: (_episode(each.finding) != _episode(finding), each.seen), default=None)
        if oldest is None:
            put.append(StoredFinding(finding_id(finding), finding, now))
            continue
        kept.add(oldest.id)
        whole = _joined(oldest.finding, finding) if _is_partly(oldest.finding, since) else finding
        if oldest.gone or whole != oldest.finding:
            put.append(replace(oldest, finding=whole, gone=False))
    kept.update(each.id for each in put)
    gone = [each.id for each in told if each.id not in kept and not each.gone and not _is_partly(each.finding, since)]
    return Settled(tuple(put), tuple(gone))


def finding_id(finding: Finding) -> str:
    """The id under which a finding is told."""
    first = finding.event_ids[0] if finding.event_ids else f"{finding.first} {finding.message}"
    place = place_of(finding)
    text = "\x00".join((place.rule, place.organisation, place.network, place.host, place.user, first))
    return "F-" + blake3(text.encode()).hexdigest()[:ID_CHARACTERS]


def _episode(finding: Finding) -> str:
    """A burst and the habit that it interrupts are told apart: each keeps its id."""
    return finding.unusual.episode if finding.unusual else ""


def _meet(one: Finding, other: Finding) -> bool:
    first, last = (one.first or _NEVER) - MERGE_PAUSE, (one.last or _ALWAYS.replace(year=9998)) + MERGE_PAUSE
    return (other.first or _NEVER) <= last and (other.last or _ALWAYS) >= first


def _is_partly(finding: Finding, since: datetime | None) -> bool:
    """Whether some of a finding lies before what was looked at."""
    return since is not None and (finding.first or _NEVER) < since


def _joined(old: Finding, new: Finding) -> Finding:
    """A finding with what was found anew; the counts of a part that was seen twice are not added."""
    ids = tuple(dict.fromkeys((*old.event_ids, *new.event_ids)))[: limits.FINDING_EVENT_IDS]
    more = len(set(new.event_ids) - set(old.event_ids))
    events = {event.event_id: event for event in (*old.evidence, *new.evidence)}
    return replace(
        new,
        count=max(old.count + more, new.count),
        first=min(filter(None, (old.first, new.first)), default=None),
        last=max(filter(None, (old.last, new.last)), default=None),
        opened=min(filter(None, (old.opened, new.opened)), default=None),
        event_ids=ids,
        evidence=tuple(events.values())[: limits.EVIDENCE_EVENTS],
    )
