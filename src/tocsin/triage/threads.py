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
from dataclasses import dataclass
from itertools import pairwise

from tocsin.model import LEVELS, Finding
from tocsin.triage.accounts import Key, bare_name, host_key, is_person
from tocsin.triage.groups import Groups, Kind
from tocsin.triage.keys import KNOCKING, WEB_SHELL, keys_of, outside, registered
from tocsin.triage.progress import rule_tactics
from tocsin.triage.traces import Trace
from tocsin.words.attack import current
from tocsin.words.dates import duration
from tocsin.words.messages import mark, say

DAY = 86_400  # seconds
MEDIUM, STRONG, CRITICAL = (LEVELS.index(level) for level in ("medium", "high", "critical"))
KEY_HOSTS = 8  # hosts with findings that hold a key; more share it
KEY_SHARE = 0.3  # of the hosts of a scan …
FEW_HOSTS = 2  # … but so many may always hold it, and no more where only medium Sigma rules voice it
KEY_PEOPLE = 8  # different people in the groups of a key; more share it (the office's own address, a gateway)
KEY_PAUSE = 200 * DAY  # an address or a domain changes its owner
LONG_PAUSE = 450 * DAY  # anything else: an intruder was away for a year
INTRUSION_TACTICS = 3
ACCOUNT_HOSTS = 8  # hosts outside intrusions on which an account has voices; more are its home
QUIET_GROUPS = 5  # groups outside intrusions up to which an account's medium findings count too
HABIT = 5  # groups in which one rule fires for one account: its habit
WORK = 20  # groups in which one rule fires for one actor on one host: its work
BUSY_ACCOUNTS = 2  # accounts with strong findings in several groups; more …
BUSY_SHARE = 0.2  # … than this share of all accounts with findings: it is usual here, and says nothing
RARE_ACCOUNTS = 0.05  # share of the accounts with voices that may look like an intruder by their acts alone
INTRUSIONS_ON_HOST = 4  # more intrusions on one host are its noise
RETURN_HOSTS = 2  # hosts with several intrusions; more …
RETURN_SHARE = 0.05  # … than this share of all hosts with findings: intrusions are usual here, and say nothing
_CHANGING = frozenset({"ip", "domain"})
_WEB_SERVERS = ("w3wp.exe", "httpd", "apache2", "nginx", "php-fpm", "tomcat", "php-cgi.exe", "umworkerprocess.exe")
_APP_POOL = "iis apppool\\"

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


@dataclass(frozen=True, slots=True)
class _Voice:
    """A finding that may tie. Times are seconds since 1970."""

    index: int
    first: float
    last: float
    rank: int
    host: Key | None
    account: Key | None
    tactics: frozenset[str]

    @property
    def knocking(self) -> bool:
        return self.tactics <= KNOCKING


class Threads:
    """What the steps share: the voices, and the groups as they are now."""

    def __init__(self, findings: Sequence[Finding], traces: Sequence[Trace], groups: Groups) -> None:
        self.findings, self.traces, self.groups = findings, traces, groups
        self.voices = [
            _Voice(
                index, trace.points[0], trace.points[-1], trace.rank, trace.host,
                trace.account if trace.ties_hosts else None, frozenset(rule_tactics(findings[index].rule)),
            )
            for index, trace in enumerate(traces)
            if trace.rank >= MEDIUM and not trace.routine and trace.points
        ]  # fmt: skip
        self.voice_of = {voice.index: voice for voice in self.voices}

    def by_group(self) -> dict[int, list[_Voice]]:
        """The voices of each group by its representative."""
        members: dict[int, list[_Voice]] = defaultdict(list)
        for voice in self.voices:
            members[self.groups.root(voice.index)].append(voice)
        return members

    def intrusions(self) -> dict[int, list[_Voice]]:
        """The groups that are intrusions."""
        return {root: voices for root, voices in self.by_group().items() if _is_intrusion(voices)}

    def tie(self, voices: Iterable[_Voice], kind: Kind, what: str, pause: float) -> None:
        """Join neighbours in time that are no more than `pause` seconds apart; each run tells how long it is."""
        for run in _runs(sorted(voices, key=lambda voice: (voice.first, voice.index)), pause):
            spent = duration(max(voice.last for voice in run) - run[0].first)
            for one, other in pairwise(run):
                self.groups.join(one.index, other.index, kind, say("{what} over {time}", what=what, time=spent))
            if len({voice.index for voice in run}) > 1:
                self.groups.tied.update(voice.index for voice in run)


def tie_threads(
    findings: Sequence[Finding], traces: Sequence[Trace], groups: Groups, callers: Callers = nobody_asked
) -> None:
    """All four rules."""
    threads = Threads(findings, traces, groups)
    _by_key(threads, callers)
    for step in (_by_foothold, _by_account, _by_host):
        step(threads)


def _by_key(threads: Threads, callers: Callers) -> None:
    """Rule 1."""
    hosts: dict[Place, set[Key]] = defaultdict(set)
    voiced: dict[Place, list[_Voice]] = defaultdict(list)
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


def _is_rare(threads: Threads, voices: Sequence[_Voice], hosts: int, most: int) -> bool:
    """Whether a key of these voices, held on so many hosts, may tie; `most` is for keys that are voiced strongly."""
    sure = any(voice.rank >= STRONG or threads.findings[voice.index].message for voice in voices)
    few = hosts <= (most if sure else FEW_HOSTS)
    return len(voices) > 1 and few and len(_people(threads, voices)) <= KEY_PEOPLE


def _heard(threads: Threads, named: Sequence[frozenset[Place]]) -> dict[int, list[tuple[Place, _Voice]]]:
    """The keys that each voice may tie by: those of strong ones, of ones as strong as their group, of no mere knocking.

    Where several knocked at one door, a key is heard only if all of them hold it: one source, not the crowd.
    """
    heard: dict[int, list[tuple[Place, _Voice]]] = {}
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


def _people(threads: Threads, voices: Iterable[_Voice]) -> set[str]:
    """One person for each group: the key of many people's groups is nobody's."""
    person_of: dict[int, str] = {}
    for voice in voices:
        user = threads.findings[voice.index].user
        if is_person(user) and not outside(user):
            person_of.setdefault(threads.groups.root(voice.index), bare_name(user))
    return set(person_of.values())


def _by_foothold(threads: Threads) -> None:
    """Rule 2."""
    footholds: dict[tuple[Key, str], list[_Voice]] = defaultdict(list)
    acts: dict[tuple[Key, str], list[_Voice]] = defaultdict(list)
    for voice in threads.voices:
        if voice.host is None:
            continue
        finding = threads.findings[voice.index]
        holds = "persistence" in voice.tactics and (voice.rank >= STRONG or finding.message or _is_shell(finding))
        for actor in _actors(finding):
            if holds:
                footholds[voice.host, actor].append(voice)
            if voice.rank >= STRONG:
                acts[voice.host, actor].append(voice)
    for place in sorted(footholds.keys() & acts.keys()):
        earliest = min(voice.first for voice in footholds[place])
        later = [voice for voice in acts[place] if voice.first >= earliest]
        others = {tactic for voice in later for tactic in voice.tactics} - {"persistence"}
        if others and not _frequent(threads, later):
            host = threads.findings[later[0].index].host
            threads.tie({*footholds[place], *later}, Kind.FOOTHOLD, host, LONG_PAUSE)


def _actors(finding: Finding) -> set[str]:
    """Who acted, as far as a later act of the same can be told: a person, an application pool, the web server."""
    actors = {bare_name(finding.user)} if is_person(finding.user) and not outside(finding.user) else set()
    if finding.user.casefold().startswith(_APP_POOL) or _is_shell(finding) or _by_web_server(finding):
        actors.add("*web server")
    return actors


def _is_shell(finding: Finding) -> bool:
    return any(current(technique) == WEB_SHELL for technique in finding.rule.attack)


def _by_web_server(finding: Finding) -> bool:
    """Whether a web server caused the finding's events."""
    named = ("parentimage", "parentprocessname", "image")
    paths = [v for e in finding.evidence for n, v in e.fields.items() if n.casefold() in named]
    return any(path.casefold().endswith(_WEB_SERVERS) for path in paths)


def _frequent(threads: Threads, voices: Sequence[_Voice]) -> bool:
    """Whether one rule alone makes most of many acts: somebody's work, not an intruder's."""
    groups: dict[str, set[int]] = defaultdict(set)
    for voice in voices:
        groups[threads.findings[voice.index].rule.id].add(threads.groups.root(voice.index))
    return max(map(len, groups.values()), default=0) > WORK


def _by_account(threads: Threads) -> None:
    """Rule 3."""
    acts = _acts(threads)
    intrusions = threads.intrusions()
    alone = {account for account, voices in acts.items() if _alone_an_intrusion(threads, voices)}
    few = len(alone) <= max(1, int(RARE_ACCOUNTS * len(acts)))
    everybody = {trace.account for trace in threads.traces if trace.account}
    busy = sum(_returns(threads, voices) for voices in acts.values())
    if busy > max(BUSY_ACCOUNTS, int(BUSY_SHARE * len(everybody))):
        return
    for account, voices in sorted(acts.items()):
        roots = {voice.index: threads.groups.root(voice.index) for voice in voices}
        known = any(voice.rank >= STRONG and roots[voice.index] in intrusions for voice in voices)
        elsewhere = [voice for voice in voices if roots[voice.index] not in intrusions]
        if (known or (few and account in alone)) and len({voice.host for voice in elsewhere}) <= ACCOUNT_HOSTS:
            quiet = len({roots[voice.index] for voice in elsewhere}) <= QUIET_GROUPS
            kept = [voice for voice in voices if quiet or voice.rank >= STRONG]
            threads.tie(kept, Kind.ACCOUNT_LATER, threads.findings[voices[0].index].user, LONG_PAUSE)


def _acts(threads: Threads) -> dict[Key, list[_Voice]]:
    """The voices of each account without its habits; the same name of two domains is one person over months."""
    groups: dict[tuple[Key, str], set[int]] = defaultdict(set)
    acts: dict[Key, list[tuple[_Voice, str]]] = defaultdict(list)
    for voice in threads.voices:
        finding = threads.findings[voice.index]
        if voice.account is not None and not outside(finding.user):
            account = (*voice.account[:2], bare_name(finding.user))
            groups[account, finding.rule.id].add(threads.groups.root(voice.index))
            acts[account].append((voice, finding.rule.id))
    kept = {a: [voice for voice, rule in told if len(groups[a, rule]) < HABIT] for a, told in acts.items()}
    return {account: voices for account, voices in kept.items() if voices}


def _returns(threads: Threads, voices: Sequence[_Voice]) -> bool:
    """Whether an account acted strongly in several groups."""
    return len({threads.groups.root(voice.index) for voice in voices if voice.rank >= STRONG}) > 1


def _alone_an_intrusion(threads: Threads, voices: Sequence[_Voice]) -> bool:
    """Whether the strong acts of one account, taken together, are an intrusion by several rules."""
    strong = [voice for voice in voices if voice.rank >= STRONG]
    rules = {threads.findings[voice.index].rule.id for voice in strong}
    return _is_intrusion(strong) and len(rules) >= INTRUSION_TACTICS


def _by_host(threads: Threads) -> None:
    """Rule 4."""
    lying: dict[Key, dict[int, _Voice]] = defaultdict(dict)
    for root, voices in threads.intrusions().items():
        for voice in voices:
            if voice.host is not None and voice.rank >= STRONG:
                lying[voice.host].setdefault(root, voice)
    again = {host: voices_of for host, voices_of in lying.items() if len(voices_of) > 1}
    fleet = {trace.host for trace in threads.traces if trace.host}
    if len(again) > max(RETURN_HOSTS, int(RETURN_SHARE * len(fleet))):
        return
    for _, voices_of in sorted(again.items()):
        if len(voices_of) <= INTRUSIONS_ON_HOST:
            name = threads.findings[next(iter(voices_of.values())).index].host
            threads.tie(voices_of.values(), Kind.RETURN, name, LONG_PAUSE)


def _is_intrusion(voices: Sequence[_Voice]) -> bool:
    strong = [voice for voice in voices if voice.rank >= STRONG]
    tactics = {tactic for voice in voices for tactic in voice.tactics}
    wrecked = any(voice.rank == CRITICAL and "impact" in voice.tactics for voice in voices)
    return bool(strong) and (len(tactics) >= INTRUSION_TACTICS or wrecked)


def _runs(voices: Sequence[_Voice], pause: float) -> Iterable[list[_Voice]]:
    """Stretches without a pause longer than `pause`."""
    run: list[_Voice] = []
    until = 0.0
    for voice in voices:
        if run and voice.first - until > pause:
            yield run
            run = []
        until = max(voice.last, until) if run else voice.last
        run.append(voice)
    if run:
        yield run
