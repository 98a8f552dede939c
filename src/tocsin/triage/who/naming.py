"""Findings learn who their names were (pure): host, account, and the machine that acted.

Rules:
1. A host that is an address is resolved at every known moment of the finding. It is a machine only if all moments say
   the same one. If they differ it was several; if some say nothing, it is not resolved.
2. An account is resolved by its identifier, so a renamed one is one account under its newest name.
3. What the log said stays in `host` and `user`; `machine` and `account` say who it was, and joins go by these.
4. The machine that acted is told, and joins nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from tocsin import limits
from tocsin.model import Finding, NameRole, Naming, Outcome
from tocsin.triage.accounts import is_person
from tocsin.triage.keys import outside
from tocsin.triage.traces import moments_of
from tocsin.triage.who.claims import Answer, Identity, Reason, Unresolved
from tocsin.triage.who.directory import Directory
from tocsin.triage.who.telling import told, vpn_name
from tocsin.triage.who.values import Kind, all_one, is_sid, plain

SOURCES = ("src_endpoint_ip", "id.orig_h", "src_ip", "IpAddress", "SourceIp", "ClientIP", "c-ip")
"""Fields of evidence that name the machine that acted: of the views, Zeek, Suricata, Windows, Microsoft 365, IIS."""
_TOWARDS = (
    "dst_endpoint_ip", "dst_endpoint_hostname", "id.resp_h", "dest_ip", "DestinationIp", "DestinationHostname", "dst",
    "query", "QueryName", "server_name", "host", "tls.sni", "http.hostname", "cs-host", "r-dns",
)  # fmt: skip


def name_findings(findings: Iterable[Finding], directory: Directory) -> list[Finding]:
    """The findings with who their names were. Naming them again gives the same."""
    return [_named(finding, directory) for finding in findings]


def _named(finding: Finding, directory: Directory) -> Finding:
    namings = tuple(dict.fromkeys(_namings(finding, directory)))[: limits.FINDING_NAMINGS]
    names = {each.role: each.name for each in namings if each.outcome is Outcome.RESOLVED}
    host, account = names.get(NameRole.HOST, ""), names.get(NameRole.ACCOUNT, "")
    if (host, account, namings) == (finding.machine, finding.account, finding.namings):
        return finding
    return replace(finding, machine=host, account=account, namings=namings)


def _namings(finding: Finding, directory: Directory) -> Iterator[Naming]:
    if plain(Kind.ADDRESS, finding.host):
        yield from _host(finding, finding.host, NameRole.HOST, directory)
    if is_person(finding.user) and not plain(Kind.ADDRESS, finding.user):
        yield from _account(finding, directory)
    for address in actors(finding):
        yield from _host(finding, address, NameRole.ACTOR, directory)


def actors(finding: Finding) -> list[str]:
    """The addresses inside that its evidence names as the source, other than its host."""
    named = (each.fields.get(name, "") for each in finding.evidence for name in SOURCES)
    inside = (text for text in named if plain(Kind.ADDRESS, text) and not outside(text))
    host = plain(Kind.ADDRESS, finding.host)
    return [text for text in dict.fromkeys(inside) if plain(Kind.ADDRESS, text) != host][: limits.FINDING_NAMINGS]


def towards(finding: Finding) -> frozenset[str]:
    """Where its evidence went to: addresses and names."""
    named = (each.fields.get(name, "").casefold() for each in finding.evidence for name in _TOWARDS)
    return frozenset(plain(Kind.ADDRESS, text) or text for text in named if text)


def _host(finding: Finding, said: str, role: NameRole, directory: Directory) -> Iterator[Naming]:
    """Rule 1. Of the outside only what is shared or known is told."""
    answer = _over_time(finding, said, directory)
    if isinstance(answer, Identity):
        if not _is_itself(answer):
            name = vpn_name(answer.name) if answer.kind is Kind.ACCOUNT else answer.name
            yield Naming(role, said, Outcome.RESOLVED, name, told(said, answer))
            if answer.kind is Kind.ACCOUNT and role is NameRole.HOST and not is_person(finding.user):
                yield Naming(NameRole.ACCOUNT, said, Outcome.RESOLVED, answer.name, told(said, answer))
        return
    shared = directory.is_shared(said, finding.organisation, finding.network)
    if role is NameRole.ACTOR or (outside(said) and answer.reason is Reason.UNTOLD):
        return
    joinless = {Reason.CONFLICT: Outcome.AMBIGUOUS, Reason.CHANGED: Outcome.AMBIGUOUS}
    outcome = Outcome.SHARED if shared else joinless.get(answer.reason, Outcome.UNRESOLVED)
    yield Naming(role, said, outcome, "", told(said, answer))


def _is_itself(identity: Identity) -> bool:
    """Whether nothing more is known than that an address is one fixed machine."""
    return identity.kind is Kind.ADDRESS and not identity.through


def _over_time(finding: Finding, said: str, directory: Directory) -> Answer:
    """One answer for all known moments of a finding."""
    place = (Kind.ADDRESS, said, finding.organisation, finding.network)
    aims = towards(finding) if directory.is_shared(*place[1:]) else frozenset()
    moments: list[datetime | None] = [*sorted(moments_of(finding))] or [None]
    answers = [directory.resolve(*place, moment, aims) for moment in moments]
    if all(each is answers[0] for each in answers):
        return answers[0]
    known = [each for each in answers if isinstance(each, Identity)]
    known = [each for each in known if not _is_itself(each)] or known  # one fixed machine: its name at any time is its
    unknown = [each for each in answers if isinstance(each, Unresolved)]
    names = tuple(dict.fromkeys(each.name for each in known))
    if len({each.kind for each in known}) > 1 or not all_one(
        {plain(each.kind, each.name) or each.name for each in known}
    ):
        return Unresolved(Reason.CHANGED, names)
    if not unknown:
        return known[0]
    worst = next((each for each in unknown if each.reason is Reason.CONFLICT), unknown[0])
    return Unresolved(Reason.PARTLY, names) if known and worst.reason is Reason.NO_CLAIM else worst


def _account(finding: Finding, directory: Directory) -> Iterator[Naming]:
    """Rule 2; an account that is called as it always was needs no word."""
    user = finding.user.strip()
    kind = Kind.SID if is_sid(user) else Kind.ACCOUNT
    if kind is Kind.ACCOUNT and not plain(kind, user):
        return
    answer = directory.resolve(kind, user, finding.organisation, finding.network, finding.first)
    if isinstance(answer, Identity):
        if plain(Kind.ACCOUNT, answer.name) != plain(kind, user):
            yield Naming(NameRole.ACCOUNT, user, Outcome.RESOLVED, answer.name, told(user, answer))
    elif answer.reason is Reason.CONFLICT or kind is Kind.SID:
        outcome = Outcome.AMBIGUOUS if answer.reason is Reason.CONFLICT else Outcome.UNRESOLVED
        yield Naming(NameRole.ACCOUNT, user, outcome, "", told(user, answer))
