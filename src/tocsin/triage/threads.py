"""Groups that lie months apart become one story where something rare ties them: the long memory of triage.

Only voices tie: findings of level medium or stronger whose rule is not routine and whose times are known. In order:
1. A key (triage.keys) ties the groups in which it is voiced, when it is rare: on few hosts, a small share of a fleet,
   not the companion of many people, and not called by many hosts in the logs of traffic. In a group that holds strong
   findings, a medium one that only tells of knocking at the door (reconnaissance, initial access, guessed passwords)
   has no voice: the noise around a public server never binds its incidents together. An account that a finding names as
   a key, or tells the making of, is also held by the strong findings that this account caused.
2. A foothold (strong persistence, a web shell) ties the later strong findings of another tactic that the same account,
   or a child of the web server, causes on that host.
3. An account that acted strongly in an intrusion, or whose strong acts alone make one as hardly anybody's do, ties its
   other strong findings, and where it was quiet otherwise all its voices. What it does again and again is its habit and
   does not count; nor does an account that is at home on many hosts, and nobody's where most come back like that.
4. A host on which several intrusions lie ties them, unless intrusions are frequent there.
An intrusion is a group with a strong voice and several tactics, or with critical damage.
Every join says what ties and over how long. Each step looks at neighbours in time only: the work grows with n log n.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from tocsin.model import Finding
from tocsin.triage.accounts import Key, bare_name, host_key, is_person
from tocsin.triage.groups import Groups, Kind
from tocsin.triage.keys import keys_of, outside, registered
from tocsin.triage.returns import by_account, by_foothold, by_host
from tocsin.triage.traces import Trace
from tocsin.triage.voices import DAY, LONG_PAUSE, STRONG, Threads, Voice
from tocsin.words.messages import mark, say

KEY_HOSTS = 8  # hosts with findings that hold a key; more share it
KEY_SHARE = 0.3  # of the hosts of a scan …
FEW_HOSTS = 2  # … but so many may always hold it, and no more where only medium Sigma rules voice it
KEY_PEOPLE = 8  # different people in the groups of a key; more share it (the office's own address, a gateway) …
NAMED_PEOPLE = 50  # … unless an analytic names it: who tries the passwords of many gets into the mail of some
KEY_PAUSE = 200 * DAY  # an address or a domain changes its owner
_CHANGING = frozenset({"ip", "domain"})

_NAMES = {
    "ip": mark("the address {value}"), "domain": mark("the domain {value}"), "uri": mark("the page {value}"),
    "script": mark("the web script {value}"), "file": mark("the file {value}"),
    "hash": mark("a file with the hash {value}"), "service": mark("the service {value}"),
    "task": mark("the task {value}"), "account": mark("the account {value}"),
}  # fmt: skip

Callers = Callable[[Collection[str]], Mapping[str, int]]
"""How many hosts call each of these addresses and domains (`ip:…`, `domain:…`), as far as logs of traffic tell."""
Place = tuple[str, str, str]
"""A key in its organisation and, where it means something only there, in its network."""


def nobody_asked(_keys: Collection[str]) -> Mapping[str, int]:
    """Where there are no logs of traffic to ask."""
    return {}


def tie_threads(
    findings: Sequence[Finding], traces: Sequence[Trace], groups: Groups, callers: Callers = nobody_asked
) -> None:
    """All four rules."""
    threads = Threads(findings, traces, groups)
    _by_key(threads, callers)
    for step in (by_foothold, by_account, by_host):
        step(threads)


def _by_key(threads: Threads, callers: Callers) -> None:
    """Rule 1."""
    hosts: dict[Place, set[Key]] = defaultdict(set)
    voiced: dict[Place, list[Voice]] = defaultdict(list)
    own = _own_domains(threads.findings)
    named = [frozenset(_places(finding, own)) for finding in threads.findings]
    heard = _heard(threads, named)
    accounts = {place for places in named for place in places if place[2].startswith("account:")}
    for index, (finding, places) in enumerate(zip(threads.findings, named, strict=True)):
        acting = (finding.organisation, finding.network, f"account:{bare_name(finding.user)}")
        caused = acting in accounts and threads.traces[index].rank >= STRONG
        for place in places | {acting} if caused else places:
            hosts[place].add(host_key(finding))
        for place, voice in heard.get(index, ()):
            voiced[place].append(voice)
        if caused and index in heard:
            voiced[acting].append(threads.voice_of[index])
    fleet = {trace.host for trace in threads.traces if trace.host}
    most = min(KEY_HOSTS, max(FEW_HOSTS, int(KEY_SHARE * len(fleet))))
    rare = {place: voices for place, voices in voiced.items() if _is_rare(threads, voices, len(hosts[place]), most)}
    called = callers({place[2] for place in rare if place[2].partition(":")[0] in _CHANGING})
    for place, voices in sorted(rare.items()):
        if called.get(place[2], 0) <= KEY_HOSTS:
            kind, _, value = place[2].partition(":")
            what = say(_NAMES[kind], value=value)
            threads.tie(voices, Kind.THREAD, what, KEY_PAUSE if kind in _CHANGING else LONG_PAUSE)


def _is_rare(threads: Threads, voices: Sequence[Voice], hosts: int, most: int) -> bool:
    """Whether a key of these voices, held on so many hosts, may tie; `most` is for keys that are voiced strongly."""
    named = any(threads.findings[voice.index].message for voice in voices)
    sure = named or any(voice.rank >= STRONG for voice in voices)
    few = hosts <= (most if sure else FEW_HOSTS)
    return len(voices) > 1 and few and len(_people(threads, voices)) <= (NAMED_PEOPLE if named else KEY_PEOPLE)


def _heard(threads: Threads, named: Sequence[frozenset[Place]]) -> dict[int, list[tuple[Place, Voice]]]:
    """The keys that each voice may tie by: those of strong ones, of ones as strong as their group, of no mere knocking.

    Where several knocked at one door, a key is heard only if all of them hold it: one source, not the crowd.
    """
    heard: dict[int, list[tuple[Place, Voice]]] = {}
    for voices in threads.by_group().values():
        needed = min(STRONG, max(voice.rank for voice in voices))
        knocking = [named[voice.index] for voice in voices if voice.knocking and voice.rank >= needed]
        common = frozenset.intersection(*knocking) if knocking else frozenset()
        for voice in voices:
            if voice.rank >= needed or not voice.knocking:
                places = named[voice.index] & common if voice.knocking else named[voice.index]
                heard[voice.index] = [(place, voice) for place in places]
    return heard


def _places(finding: Finding, own: frozenset[str]) -> list[Place]:
    """The keys of a finding where they are known."""
    return [
        (finding.organisation, "" if key.partition(":")[0] in {*_CHANGING, "hash"} else finding.network, key)
        for key in keys_of(finding)
        if key not in own
    ]


def _own_domains(findings: Iterable[Finding]) -> frozenset[str]:
    """`domain:ministry.example` where hosts of that domain have findings, and the hosts' own outside addresses."""
    names = {finding.host.strip().casefold() for finding in findings}
    domains = {f"domain:{registered(name)}" for name in names if "." in name and not name.replace(".", "").isdigit()}
    return frozenset(domains | {f"ip:{name}" for name in names if outside(name)})


def _people(threads: Threads, voices: Iterable[Voice]) -> set[str]:
    """One person for each group: the key of many people's groups is nobody's."""
    person_of: dict[int, str] = {}
    for voice in voices:
        user = threads.findings[voice.index].user
        if is_person(user) and not outside(user):
            person_of.setdefault(threads.groups.root(voice.index), bare_name(user))
    return set(person_of.values())
