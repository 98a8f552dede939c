"""What a finding shares with others over months: keys, texts of the form `kind:value`.

Rules:
1. An analytic names its keys itself (`Finding.keys`); of a Sigma rule they are read from the fields of its evidence.
2. Only what may be specific is a key. Addresses inside (RFC 1918, RFC 4193, RFC 6598, loopback, link-local, multicast)
   belong to whoever has them today; the server end of a name query or of mail delivery is everybody's; programs of the
   operating system, names inside the organisation's own domain and an administrator's service tools say nothing.
   The ranges for documentation (RFC 5737, RFC 3849) count as outside: exercises are written with them.
3. Of a command or a script the addresses and domains of its links are keys, and the programs that it names outside the
   folders of the system; of a message in words only the addresses.
4. A web script has one key more, `script:name`, by which the file on disk and the page in the web log meet. A page has
   a key where the rule speaks of a web shell, a script has one unless the rule only tells of knocking at the door.
Whether a key is rare is not decided here but over the whole scan (triage.threads).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network

from tocsin import limits
from tocsin.model import Evidence, Finding
from tocsin.triage.accounts import bare_name
from tocsin.triage.progress import rule_tactics
from tocsin.triage.shared_names import EVERYBODYS, PLATFORMS
from tocsin.words.attack import current

KINDS = frozenset({"ip", "domain", "uri", "script", "file", "hash", "service", "task", "account"})
WEB_SHELL = "T1505.003"
ACCOUNT_MADE = "4720"
KNOCKING = frozenset({"reconnaissance", "resource-development", "initial-access", "credential-access"})
"""Tactics of those who are still outside, or try names and passwords at the door."""
_SERVICE_MADE = frozenset({"7045", "4697"})
_TASK_MADE = frozenset({"4698", "4702", "106", "140"})
_NOT_OURS_TO_KNOW = frozenset({"53", "853", "25", "465", "587"})  # ports of name queries and mail delivery

_SOURCES = frozenset(
    {"sourceip", "ipaddress", "id.orig_h", "src_ip", "srcip", "src", "c-ip", "clientip", "client_ip", "addr",
     "sourceipaddress", "callerip", "client.ipaddress", "srcaddr", "sourcenetworkaddress", "clientipaddress",
     "protopayload.requestmetadata.callerip"}
)  # fmt: skip
_DESTINATIONS = frozenset(
    {"destinationip", "id.resp_h", "dest_ip", "dst_ip", "dstip", "dst", "dstaddr", "destaddress", "remoteip"}
)
_PORTS = ("destinationport", "id.resp_p", "dest_port", "dport", "dp", "dstport")
_NAMES = frozenset(
    {"queryname", "query", "destinationhostname", "server_name", "tls.sni", "dns.rrname", "http.hostname", "cs-host"}
)
_PAGES = frozenset({"cs-uri-stem", "cs-uri", "c-uri", "uri", "http.url", "url"})
_WRITTEN = frozenset({"targetfilename"})
_RUN = frozenset({"image", "newprocessname", "imageloaded", "parentimage", "sourceimage", "imagepath", "exe"})
_HASHES = ("sha256", "sha1", "md5")  # strongest first; an import hash belongs to a family, not to a file

_INSIDE = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
_COMMANDS = frozenset(
    {"commandline", "parentcommandline", "scriptblocktext", "imagepath", "servicefilename", "cmdline", "details",
     "taskcontent", "cmdletparameters", "command"}
)  # fmt: skip
_MESSAGES = frozenset({"message", "msg"})
_SYSTEM_PATH = re.compile(
    r"(?:\\\?\?\\)?(?:[a-z]:\\windows|%systemroot%|%windir%|\\systemroot)\\(?!temp\\)|[a-z]:\\program files|"
    r"%comspec%|/(?:usr|bin|sbin|lib|lib64|opt|snap)/|system$"
)
_LINK = re.compile(r"\b(?:https?|ftps?|wss?)://(?:[^/\s@\"']{1,80}@)?([\w.-]{4,253})")
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]{1,2}\d)")
_PROGRAM = re.compile(
    r"(?:[a-z]:|%\w{2,30}%|\\\\[\w.$-]{1,64}\\[\w$]{1,64})(?:\\[^\\/:*?\"<>|\s]{1,80}){1,12}\."
    r"(?:exe|dll|sys|ps1|bat|cmd|vbs|js|hta|aspx?|ashx|jsp|php)\b|"
    r"/(?:tmp|var/tmp|dev/shm)(?:/[^\s/;|&\"']{1,80}){1,12}"
)
_DEVICE = re.compile(r"\\\\\.\\|\\device\\|/dev/|/proc/|/sys/")
_SCRIPT = re.compile(r"([^\\/:*?\"<>|]{1,100}\.(?:aspx?|ashx|asmx|jspx?|php\d?|phtml|cfm))$")
_COMMON_SCRIPTS = frozenset({"default", "index", "logon", "login", "error", "home", "main", "global", "web", "auth"})
_TOOL_SERVICES = frozenset({"psexesvc", "remcomsvc", "paexec", "csexecsvc", "winexesvc"})
_SYSTEM_TASKS = "\\microsoft\\"
_DIGEST = re.compile(r"[0-9a-f]{32,128}")
_HASH_PART = re.compile(r"(sha256|sha1|md5)=([0-9a-f]{32,64})")
_NAME = re.compile(r"(?=.{4,253}$)(?:[\w-]{1,63}\.){1,20}[a-z][\w-]{1,62}", re.ASCII)
_ADDRESS_CHARACTERS = 45
_REMEMBERED = 100_000  # addresses kept in memory
_SECOND_LEVEL = 3  # characters: `co.uk`, `com.gr`, `gov.ua` are suffixes, `ministry.al` is not


def keys_of(finding: Finding) -> tuple[str, ...]:
    """The distinct keys of a finding, bounded by limits.FINDING_KEYS."""
    found = dict.fromkeys(_named(finding))
    for event in finding.evidence:
        found |= dict.fromkeys(_read(finding, event))
    if outside(finding.user):
        found[f"ip:{finding.user.strip()}"] = None
    return tuple(found)[: limits.FINDING_KEYS]


@lru_cache(maxsize=_REMEMBERED)
def outside(text: str) -> bool:
    """Whether a text is an address that belongs to somebody outside."""
    try:
        address = ip_address(text.strip()) if len(text) <= _ADDRESS_CHARACTERS else None
    except ValueError:
        return False
    return address is not None and not any(
        address.version == network.version and address in network for network in _INSIDE
    )


def registered(name: str) -> str:
    """`mail.evil.co.uk` → `evil.co.uk`: the part that somebody registered, as near as one comes without a list."""
    labels = name.rstrip(".").split(".")
    country = len(labels[-1]) == 2 and len(labels) > 2 and len(labels[-2]) <= _SECOND_LEVEL
    return ".".join(labels[-3:] if country else labels[-2:])


def _named(finding: Finding) -> Iterator[str]:
    """The analytic's own keys, in one spelling."""
    for key in finding.keys:
        kind, _, value = key.partition(":")
        if kind.casefold() in KINDS:
            yield from _told(kind.casefold(), value)


def _read(finding: Finding, event: Evidence) -> Iterator[str]:
    """The keys in the fields of one event."""
    fields = {name.casefold(): value for name, value in event.fields.items() if value}
    number = fields.get("eventid", "")
    shared_service = any(fields.get(port) in _NOT_OURS_TO_KNOW for port in _PORTS)
    shell = any(current(technique) == WEB_SHELL for technique in finding.rule.attack)
    inside = not KNOCKING.issuperset(rule_tactics(finding.rule))
    for name, value in fields.items():
        if name in _SOURCES or (name in _DESTINATIONS and not shared_service):
            yield from _told("ip", value)
        elif name in _NAMES:
            yield from _told("domain", value)
        elif name in _WRITTEN or (name in _RUN and not _SYSTEM_PATH.match(value.casefold().strip('"'))):
            yield from _told("file", value)
        elif name in _PAGES and shell:
            yield from _told("uri", value)
        elif name in _PAGES and inside:
            yield from _script(value.strip().casefold().partition("?")[0])
        if name in _COMMANDS:
            yield from _commanded(value.casefold())
        elif name in _MESSAGES:
            yield from (key for address in _ADDRESS.findall(value) for key in _told("ip", address))
    yield from _made(fields, number)
    yield from _hash(fields)


def _commanded(text: str) -> Iterator[str]:
    """Rule 3."""
    for host in _LINK.findall(text):
        yield from _told("domain", host)
    for address in _ADDRESS.findall(text):
        yield from _told("ip", address)
    for program in _PROGRAM.findall(text):
        if not _SYSTEM_PATH.match(program):
            yield from _told("file", program)


def _made(fields: Mapping[str, str], number: str) -> Iterator[str]:
    """A service, a task or an account that the event says was made."""
    if number in _SERVICE_MADE:
        yield from _told("service", fields.get("servicename", ""))
    if number in _TASK_MADE:
        yield from _told("task", fields.get("taskname", ""))
    if number == ACCOUNT_MADE:
        yield from _told("account", fields.get("targetusername", ""))


def _hash(fields: Mapping[str, str]) -> Iterator[str]:
    """The strongest digest that the event tells."""
    told = dict(_HASH_PART.findall(fields.get("hashes", fields.get("hash", "")).casefold()))
    told |= {name: fields[name].casefold() for name in _HASHES if name in fields}
    yield from (f"hash:{told[name]}" for name in _HASHES[:1] if _DIGEST.fullmatch(told.get(name, "")))
    if _HASHES[0] not in told:
        yield from (f"hash:{told[name]}" for name in _HASHES[1:] if _DIGEST.fullmatch(told.get(name, "")))


def _told(kind: str, text: str) -> Iterable[str]:
    """The keys of one value, in one spelling; none where it is too common to be specific."""
    value = text.strip().strip('"').casefold()[: limits.EVIDENCE_CHARACTERS]
    if kind == "ip":
        return [f"ip:{value}"] if outside(value) else []
    if kind == "domain":
        return _domain(value.rstrip("."))
    if kind in {"file", "uri"}:
        path = value.partition("?")[0] if kind == "uri" else value
        return [] if not path or _DEVICE.match(path) else [f"{kind}:{path}", *_script(path)]
    if kind == "account":
        value = bare_name(value)
    refused = {"service": value in _TOOL_SERVICES, "task": value.startswith(_SYSTEM_TASKS)}
    return [f"{kind}:{value}"] if value.strip("-") and not refused.get(kind, False) else []


def _domain(name: str) -> list[str]:
    """The registered part of a name; on a platform the whole name, of what is everybody's nothing."""
    part = registered(name) if _NAME.fullmatch(name) else ""
    if not part or part in EVERYBODYS:
        return []
    return [f"domain:{name if part in PLATFORMS else part}"]


def _script(path: str) -> list[str]:
    """Rule 3."""
    match = _SCRIPT.search(path)
    common = match is None or match[1].partition(".")[0] in _COMMON_SCRIPTS
    return [] if match is None or common else [f"script:{match[1]}"]
