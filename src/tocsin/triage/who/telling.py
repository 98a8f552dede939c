"""What was resolved and what not, in sentences. Values are foreign text; sinks make it harmless where it is shown."""

from collections.abc import Iterable
from datetime import UTC, datetime

from tocsin import limits
from tocsin.model import Finding, NameRole, Outcome
from tocsin.triage.who.claims import Answer, Identity, Reason, Source
from tocsin.triage.who.values import Kind
from tocsin.words.messages import first_few, mark, say, say_many

NAMED = 3  # names in one sentence

_BY = {
    Source.DHCP: mark("DHCP"),
    Source.VPN: mark("VPN session"),
    Source.OWN_LOG: mark("its own log"),
    Source.MACHINE_LOGON: mark("the machine's own logon"),
    Source.DIRECTORY: mark("identifier of the account"),
    Source.ASSET: mark("list of assets"),
    Source.WORKSTATION: mark("name told at a logon, unproven"),
}
_WHY = {
    Reason.UNTOLD: mark("{said} could not be resolved: no log here says who it was."),
    Reason.NO_CLAIM: mark("{said} could not be resolved: no lease, logon or session names it at that time."),
    Reason.PARTLY: mark("{said} was {names} for a part of that time; who it was for the rest is not known."),
    Reason.NO_TIME: mark("{said} could not be resolved: these events carry no readable time."),
    Reason.CONFLICT: mark(
        "{said} could not be resolved: at that time it was {names}, by what sources say; it joins nothing."
    ),
    Reason.CHANGED: mark("{said} changed hands while this went on ({names}): it joins nothing."),
    Reason.SHARED: mark("{said} stands for many machines, and no log tells for which it stood: it joins nothing."),
    Reason.BEYOND: mark("{said} could not be resolved: it is too long ago for what is kept in memory."),
}  # fmt: skip
_SHARED_BY_SEVERAL = mark("{said} stands for many machines, here perhaps for {names}: it joins nothing.")


def told(said: str, answer: Answer) -> str:
    """The sentence of an answer: `10.1.2.3 was WS-014 (DHCP, 2022-07-15 09:12 to 17:40 UTC).`"""
    if not isinstance(answer, Identity):
        names = first_few(answer.names, NAMED)
        several = answer.reason is Reason.SHARED and bool(names)
        return say(_SHARED_BY_SEVERAL if several else _WHY[answer.reason], said=said, names=names)
    by, when = say(_BY[answer.source]), _when(answer.first, answer.last)
    if answer.kind is Kind.ACCOUNT and answer.source is Source.DIRECTORY:
        return say("{said} is {name} ({by}).", said=said, name=answer.name, by=by)
    if answer.through and answer.through == answer.name:
        return say("{said} stood for {inside} (log of the proxy or translator).", said=said, inside=answer.through)
    if answer.through:
        sentence = mark("{said} stood for {inside} (log of the proxy or translator); that was {name} ({by}, {when}).")
        return say(sentence, said=said, inside=answer.through, name=answer.name, by=by, when=when)
    name = vpn_name(answer.name) if answer.kind is Kind.ACCOUNT else answer.name
    return say("{said} was {name} ({by}, {when}).", said=said, name=name, by=by, when=when)


def namings(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What an incident says of who was who, at most limits.INCIDENT_NAMINGS: hosts before accounts before who acted,
    and what is known before what is not.
    """
    found = dict.fromkeys(each for finding in findings for each in finding.namings)
    ordered = sorted(found, key=lambda each: (list(NameRole).index(each.role), list(Outcome).index(each.outcome)))
    sentences = list(dict.fromkeys(each.why for each in ordered))
    more = len(sentences) - limits.INCIDENT_NAMINGS
    if more <= 0:
        return tuple(sentences)
    one, many = "{n} more name was looked up.", "{n} more names were looked up."
    return (*sentences[: limits.INCIDENT_NAMINGS], say_many(one, many, more))


def vpn_name(account: str) -> str:
    """How the machine at the other end of an account's tunnel is called."""
    return say("VPN of {account}", account=account)


def _when(first: datetime | None, last: datetime | None) -> str:
    """`2022-07-15 09:12 to 17:40 UTC`."""
    if first is None or last is None:
        return say("always")
    begin, end = first.astimezone(UTC), last.astimezone(UTC)
    until = end.strftime("%H:%M" if begin.date() == end.date() else "%Y-%m-%d %H:%M")
    return say("{first} to {last} UTC", first=begin.strftime("%Y-%m-%d %H:%M"), last=until)
