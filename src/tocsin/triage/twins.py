"""One act that several records tell of is one act: a process start that Sysmon (event 1) and the Security log (event
4688) both recorded, and the records (SYSCALL, EXECVE, PROCTITLE, …) that auditd writes of one event.

Rules:
1. Two records are twins on one host within TWIN_SECONDS when their process ids are equal, and their images where both
   tell one; where a record has no process id, image or command line decides, and neither may differ.
   One record has at most one twin, the nearest in time of the first limits.TWIN_CANDIDATES that may be it.
   Records of auditd are one act when one log gives them the same serial and the same time.
2. In findings of one rule the second record counts no more: it stands beside the first one's evidence (`also`).
3. A finding made of second records only becomes part of the same rule's finding that holds the first ones.
4. Where more hits than evidence are kept, the share of second records among the evidence stands for all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin import limits
from tocsin.model import Evidence, Finding
from tocsin.triage.accounts import Key, host_key
from tocsin.triage.names import merge

TWIN_SECONDS = 5  # both logs stamp at once; a loaded machine writes the second record a little later
SYSMON_START, SECURITY_START = "1", "4688"
AUDITD, AUDIT_SERIAL = "linux_auditd", "audit_id"
_TELLING = ("cmdline", "exe", "comm")  # fields of an audit record; the one with the first of them tells most


@dataclass(frozen=True, slots=True)
class _Start:
    """A record of a process start, texts folded; empty where the record does not tell."""

    event: str
    at: float
    process: str
    image: str
    line: str

    def same(self, other: "_Start") -> bool:
        """Rule 1 but for the time."""
        if self.process and other.process:
            return self.process == other.process and _agree(self.image, other.image)
        known = (self.image and other.image) or (self.line and other.line)
        return bool(known) and _agree(self.image, other.image) and _agree(self.line, other.line)


def count_once(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with each process start counted once in each."""
    first_of = {**_twins(findings), **_audit_twins(findings)}
    if not first_of:
        return list(findings)
    records: dict[str, list[str]] = defaultdict(list)  # all records of an act by its first one
    for second, first in first_of.items():
        records[first].append(second)
    act = {event: (first, *seconds) for first, seconds in records.items() for event in (first, *seconds)}
    joined = _absorbed([_linked(finding, act) for finding in findings], first_of)
    return [_once(finding, first_of) for finding in joined]


def acts(finding: Finding) -> tuple[str, ...]:
    """The finding's event ids with one id for each act, the same id in every finding."""
    named = {id: min((each.event_id, *each.also)) for each in finding.evidence for id in (each.event_id, *each.also)}
    return tuple(dict.fromkeys(named.get(id, id) for id in finding.event_ids))


def _twins(findings: Iterable[Finding]) -> dict[str, str]:
    """The first record's event id for each second record."""
    sysmon: dict[Key, dict[str, _Start]] = defaultdict(dict)
    security: dict[Key, dict[str, _Start]] = defaultdict(dict)
    for finding in findings:
        for evidence in finding.evidence if finding.host else ():
            number = evidence.fields.get("EventID", "")
            place = {SYSMON_START: sysmon, SECURITY_START: security}.get(number)
            if place is not None and evidence.time is not None:
                place[host_key(finding)].setdefault(evidence.event_id, _start(evidence, number))
    return {
        second: first
        for host, records in security.items()
        for second, first in _pairs(list(sysmon[host].values()), list(records.values()))
    }


def _audit_twins(findings: Iterable[Finding]) -> dict[str, str]:
    """The record that tells most of an audit event, for each other record of it."""
    told: dict[tuple[str, str, object], dict[str, int]] = defaultdict(dict)
    for finding in findings:
        for evidence in finding.evidence if finding.table == AUDITD else ():
            serial, log = evidence.fields.get(AUDIT_SERIAL, ""), evidence.event_id.rpartition("-")[0]
            if serial and evidence.time is not None:
                rank = next((n for n, name in enumerate(_TELLING) if name in evidence.fields), len(_TELLING))
                records = told[log, serial, evidence.time]
                records[evidence.event_id] = min(rank, records.get(evidence.event_id, rank))
    return {
        second: first
        for records in told.values()
        for first, *seconds in [sorted(records, key=lambda event: (records[event], event))]
        for second in seconds
    }


def _pairs(firsts: list[_Start], seconds: list[_Start]) -> Iterator[tuple[str, str]]:
    """Second and first records that are twins, nearest first, each once."""
    close: list[tuple[float, str, str]] = []
    of_process: dict[tuple[int, str], list[_Start]] = defaultdict(list)
    of_slot: dict[int, list[_Start]] = defaultdict(list)
    for start in firsts:
        slot = int(start.at // TWIN_SECONDS)
        of_process[slot, start.process].append(start)
        of_slot[slot].append(start)
    for start in seconds:
        slot = int(start.at // TWIN_SECONDS)
        for near in (slot - 1, slot, slot + 1):
            told = (*of_process.get((near, start.process), ()), *of_process.get((near, ""), ()))
            for other in (told if start.process else of_slot.get(near, ()))[: limits.TWIN_CANDIDATES]:
                if abs(other.at - start.at) <= TWIN_SECONDS and start.same(other):
                    close.append((abs(other.at - start.at), start.event, other.event))
    taken: set[str] = set()
    for _, second, first in sorted(close):
        if second not in taken and first not in taken:
            taken |= {second, first}
            yield second, first


def _start(evidence: Evidence, number: str) -> _Start:
    fields = evidence.fields
    own = ("ProcessId", "Image") if number == SYSMON_START else ("NewProcessId", "NewProcessName")
    process, image = (fields.get(name, "") for name in own)
    assert evidence.time is not None
    line = " ".join(fields.get("CommandLine", "").casefold().split())
    return _Start(evidence.event_id, evidence.time.timestamp(), _number(process), image.casefold(), line)


def _number(text: str) -> str:
    """A process id, which Security writes in hexadecimal and Sysmon does not."""
    try:
        return str(int(text, 0))
    except ValueError:
        return ""


def _agree(one: str, other: str) -> bool:
    return not one or not other or one == other


def _linked(finding: Finding, act: Mapping[str, tuple[str, ...]]) -> Finding:
    """The finding whose evidence names the other records of its acts."""
    if not any(each.event_id in act for each in finding.evidence):
        return finding
    others = [
        tuple(event for event in act.get(each.event_id, ()) if event != each.event_id) for each in finding.evidence
    ]
    evidence = [replace(each, also=also) if also else each for each, also in zip(finding.evidence, others, strict=True)]
    return replace(finding, evidence=tuple(evidence))


def _absorbed(findings: list[Finding], first_of: Mapping[str, str]) -> list[Finding]:
    """Rule 3."""
    holder: dict[tuple[str, Key, str], int] = {}
    for index, finding in enumerate(findings):
        for event in finding.event_ids:
            holder.setdefault((finding.rule.id, host_key(finding), event), index)
    kept: dict[int, Finding] = dict(enumerate(findings))
    for index, finding in enumerate(findings):
        if not finding.evidence or any(each.event_id not in first_of for each in finding.evidence):
            continue
        first = first_of[finding.evidence[0].event_id]
        into = holder.get((finding.rule.id, host_key(finding), first), index)
        if into != index and into in kept:
            kept[into] = merge(kept[into], finding)
            del kept[index]
    return list(kept.values())


def _once(finding: Finding, first_of: Mapping[str, str]) -> Finding:
    """Rules 2 and 4."""
    held = set(finding.event_ids)
    second = {each.event_id for each in finding.evidence if first_of.get(each.event_id) in held}
    if not second:
        return finding
    kept = [each for each in finding.evidence if each.event_id not in second]
    repeats = (
        len(second) if len(finding.evidence) >= finding.count else finding.count * len(second) // len(finding.evidence)
    )
    return replace(finding, repeats=max(repeats, finding.repeats), evidence=tuple(kept)[: limits.EVIDENCE_EVENTS])
