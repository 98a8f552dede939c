"""What an approved action is on paper, and its undo. Tocsin hands it out and touches no system.

Rules:
1. nftables: a table of its own for each action, so that loading it again replaces it and removing it leaves nothing
   (`nft -f FILE`). Every element has the time that is left, so that it ends by itself even where nobody undoes it.
2. RPZ: the whole zone of all written actions that stand (draft-vixie-dnsop-dns-rpz-00: `CNAME .` is NXDOMAIN), because
   a server has one. Its serial is the second of writing. The undo is the zone without this action's names.
3. Suricata: rules with numbers of Tocsin's own range; three for a domain (DNS, TLS, HTTP). The undo is a list for
   `disable.conf` of suricata-update; RPZ and Suricata do not expire by themselves.
4. Isolating and disabling are instructions for those who run the systems, as text or JSON.
5. Comments have ids and times, no names and no reasons: such files travel.
6. A value from which a person's name was erased (`tocsin privacy erase`) is in no list any more; the others stay.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from tocsin.errors import SinkError, UsageError
from tocsin.sinks import json, nftables, rpz, suricata
from tocsin.sinks.networks import network
from tocsin.sinks.terminal import safe
from tocsin.triage.actions import Action, ActionKind, Form, is_network
from tocsin.words.dates import machine, utc
from tocsin.words.messages import say

ZONE = "rpz.tocsin"
_ZONE_HEAD = "$TTL 300\n@ IN SOA localhost. hostmaster.localhost. {serial} 3600 600 86400 300\n@ IN NS localhost.\n"
RULES_OF_A_DOMAIN = 3
_SERIALS = 2**32  # RFC 1982
_DOMAIN_RULES = (  # protocol, buffer, what is before the content; Suricata user guide, "dotprefix"
    ("dns", "dns.query"),
    ("tls", "tls.sni"),
    ("http", "http.host"),
)


def check_form(form: Form, values: Iterable[str]) -> None:
    """UsageError or SinkError for a value that the form cannot hold."""
    for value in values:
        if form is Form.NFTABLES and not is_network(value):
            raise UsageError("nftables holds addresses and no domains", "Propose domains apart, `--as rpz`.")
        if form is Form.RPZ and is_network(value):
            raise UsageError("a policy zone holds domains here", "Propose addresses apart, `--as nftables`.")
        if form is Form.RPZ:
            rpz.owner(value, ZONE, wildcard=True)  # too long for the zone: said now, and not when it is written


def can_stand(form: Form, value: str) -> bool:
    """Whether a value that was proposed can still be written. Rule 6."""
    if form is Form.NFTABLES:
        return is_network(value)
    try:
        return form is not Form.RPZ or bool(rpz.owner(value, ZONE, wildcard=True))
    except SinkError:
        return False


def numbers_needed(action_form: Form, values: Sequence[str]) -> int:
    """How many Suricata numbers an action takes."""
    if action_form is not Form.SURICATA:
        return 0
    return sum(1 if is_network(value) else RULES_OF_A_DOMAIN for value in values)


def artefact(action: Action, now: datetime, standing: Iterable[Action] = ()) -> str:
    """The file. `standing` are the other actions that are written as a policy zone and have not ended."""
    match action.form:
        case Form.NFTABLES:
            return _nftables(action, now)
        case Form.RPZ:
            return _zone([action, *standing], now)
        case Form.SURICATA:
            return _suricata(action)
        case Form.JSON:
            return json.dumps(_instruction(action, undo=False)) + "\n"
        case Form.TEXT:
            return _text(action, undo=False)


def undo(action: Action, now: datetime, standing: Iterable[Action] = ()) -> str:
    """The file that takes it back."""
    match action.form:
        case Form.NFTABLES:
            name = _table(action)
            return f"{_head('#', action, undo=True)}add table inet {name}\ndelete table inet {name}\n"
        case Form.RPZ:
            return _zone(list(standing), now)
        case Form.SURICATA:
            numbers = range(action.sid, action.sid + numbers_needed(action.form, action.values))
            return _head("#", action, undo=True) + "".join(f"1:{number}\n" for number in numbers)
        case Form.JSON:
            return json.dumps(_instruction(action, undo=True)) + "\n"
        case Form.TEXT:
            return _text(action, undo=True)


def _head(mark: str, action: Action, *, undo: bool = False) -> str:
    what = say("undo of {id}", id=action.id) if undo else action.id
    return f"{mark} Tocsin {what}, incident {safe(action.incident)}, until {utc(action.until)}\n"


def _table(action: Action) -> str:
    return "tocsin_" + action.id.lower().replace("-", "_")


def _nftables(action: Action, now: datetime) -> str:
    name, seconds = _table(action), max(int((action.until - now).total_seconds()), 1)
    found = [network(value) for value in action.values if can_stand(Form.NFTABLES, value)]
    four = collapse_addresses([each for each in found if isinstance(each, IPv4Network)])
    six = collapse_addresses([each for each in found if isinstance(each, IPv6Network)])
    sets = _set("block4", "ipv4_addr", four, seconds) + _set("block6", "ipv6_addr", six, seconds)
    chains = "".join(_chain(hook) for hook in ("input", "forward", "output"))
    again = f"add table inet {name}\ndelete table inet {name}\n"
    return f"{_head('#', action)}{again}table inet {name} {{\n{sets}{chains}}}\n"


def _set(name: str, kind: str, networks: Iterable[IPv4Network | IPv6Network], seconds: int) -> str:
    elements = [f"    {nftables.element(each)} timeout {seconds}s" for each in networks]
    listed = "    elements = {\n  " + ",\n  ".join(elements) + "\n    }\n" if elements else ""
    return f"  set {name} {{\n    type {kind}\n    flags interval, timeout\n{listed}  }}\n"


def _chain(hook: str) -> str:
    rules = "".join(
        f"    {family} {end} @{name} counter drop\n"
        for family, name in (("ip", "block4"), ("ip6", "block6"))
        for end in ("saddr", "daddr")
    )
    return f"  chain {hook} {{\n    type filter hook {hook} priority -10; policy accept;\n{rules}  }}\n"


def _zone(actions: Sequence[Action], now: datetime) -> str:
    lines = [_ZONE_HEAD.format(serial=int(now.timestamp()) % _SERIALS)]
    for action in sorted(actions, key=lambda each: each.id):
        lines.append(rpz.comment(f"{action.id} until {machine(action.until)}") + "\n")
        lines += map(_name_lines, action.values)
    return "".join(lines)


def _name_lines(value: str) -> str:
    """A name and what is below it; a comment where it is no name any more. Rule 6."""
    if not can_stand(Form.RPZ, value):
        return rpz.comment(say("A name was taken out: a person's data was erased.")) + "\n"
    return f"{rpz.owner(value, ZONE)} CNAME .\n{rpz.owner(value, ZONE, wildcard=True)} CNAME .\n"


def _suricata(action: Action) -> str:
    lines, number = [_head("#", action)], action.sid
    for value in action.values:
        for rule in _rules(action, value):
            lines.append(f"{rule} sid:{number}; rev:1;)\n")
            number += 1
    return "".join(lines)


def _rules(action: Action, value: str) -> list[str]:
    told = suricata.message(f"Tocsin {action.id} {value}")
    if is_network(value):
        return [f"drop ip any any <> {suricata.address(value)} any (msg:{told};"]
    content = suricata.content(f".{value}")
    return [
        f"drop {protocol} any any -> any any (msg:{told}; {buffer}; dotprefix; content:{content}; nocase; endswith;"
        if buffer != "http.host"  # that buffer is in lower case, and takes no nocase
        else f"drop {protocol} any any -> any any (msg:{told}; {buffer}; dotprefix; content:{content}; endswith;"
        for protocol, buffer in _DOMAIN_RULES
    ]


def _instruction(action: Action, *, undo: bool) -> dict[str, object]:
    return {
        "action": action.id, "incident": action.incident, "do": _verb(action, undo=undo), "values": list(action.values),
        "until": machine(action.until), "approved": [machine(each.time) for each in action.approvals],
        "steps": _steps(action, undo=undo),
    }  # fmt: skip


def _verb(action: Action, *, undo: bool) -> str:
    verbs = {
        (ActionKind.ISOLATE, False): "isolate", (ActionKind.ISOLATE, True): "reconnect",
        (ActionKind.DISABLE_ACCOUNT, False): "disable-account", (ActionKind.DISABLE_ACCOUNT, True): "enable-account",
    }  # fmt: skip
    return verbs[action.kind, undo]


def _steps(action: Action, *, undo: bool) -> list[str]:
    if action.kind is ActionKind.ISOLATE:
        return _CONNECT if undo else _ISOLATE
    return _ENABLE if undo else _DISABLE


_ISOLATE = [
    say("Call the owner of the system before you do it: what stops when it is gone?"),
    say("Leave it switched on: memory is evidence, and wipers act at the next start."),
    say("Take it off the network at the switch port, the hypervisor or the endpoint agent; leave responders a way in."),
    say("Write down the time, what you did and who was there, and tell the CERT."),
]
_CONNECT = [
    say("Ask the CERT whether the evidence is saved and the cause is gone."),
    say("Give it back to the network in the way in which it was taken off."),
    say("Look after it for a day: does it call out again?"),
    say("Write down the time and tell the CERT."),
]
_DISABLE = [
    say("Call the person by a way that the account cannot read; do not write to the mailbox."),
    say("Disable the account, do not delete it: its mailbox and logs are evidence."),
    say("End all sessions and revoke tokens: a disabled account can go on with those that it has."),
    say("Remove forwarding rules, consents and second factors that the person does not know; note each first."),
    say("Write down the time and tell the CERT."),
]
_ENABLE = [
    say("Ask the CERT whether the way in is closed."),
    say("Give a new password and a new second factor to the person, face to face or by a known number."),
    say("Enable the account, and look at its sign-ins for a week."),
    say("Write down the time and tell the CERT."),
]


def _text(action: Action, *, undo: bool) -> str:
    what = {
        "isolate": say("ISOLATE these systems"), "reconnect": say("CONNECT these systems again"),
        "disable-account": say("DISABLE these accounts"), "enable-account": say("ENABLE these accounts again"),
    }[_verb(action, undo=undo)]  # fmt: skip
    values = "".join(f"  {safe(value)}\n" for value in action.values)
    steps = "".join(f"  [ ] {number}. {step}\n" for number, step in enumerate(_steps(action, undo=undo), 1))
    times = ", ".join(utc(each.time) for each in action.approvals) or say("not yet")
    return (
        f"{what}\n\n{values}\n{steps}\n"
        + say("Action {id} of incident {incident}; approved: {times}; it ends at {until}.",
              id=action.id, incident=safe(action.incident), times=times, until=utc(action.until.astimezone(UTC)))
        + "\n"
    )  # fmt: skip
