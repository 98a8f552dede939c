"""Who comes back: rules 2 to 4 of triage.threads (a foothold, an account, a host)."""

from collections import defaultdict
from collections.abc import Sequence

from tocsin.model import Finding
from tocsin.triage.accounts import Key, bare_name, is_person
from tocsin.triage.groups import Kind
from tocsin.triage.keys import WEB_SHELL, outside
from tocsin.triage.voices import INTRUSION_TACTICS, LONG_PAUSE, STRONG, Threads, Voice, is_intrusion
from tocsin.words.attack import current

ACCOUNT_HOSTS = 8  # hosts outside intrusions on which an account has voices; more are its home
QUIET_GROUPS = 5  # groups outside intrusions up to which an account's medium findings count too
HABIT = 5  # groups in which one rule fires for one account: its habit
WORK = 20  # groups in which one rule fires for one actor on one host: its work
BUSY_ACCOUNTS = 2  # accounts with strong findings in several groups; more …
BUSY_SHARE = 0.2  # … than this share of all accounts with findings: it is usual here, and says nothing
RARE_ACCOUNTS = 0.05  # share of the accounts with voices that may look like an intruder by their acts alone
INTRUSIONS_ON_HOST = 4  # more intrusions on one host are its noise
RETURN_HOSTS = 2  # hosts with several intrusions; more …
RETURN_SHARE = 0.05  # … than this share of all hosts with findings, of …
FEW_INTRUSIONS = 4  # … more intrusions than this: they are usual here, and say nothing
_WEB_SERVERS = ("w3wp.exe", "httpd", "apache2", "nginx", "php-fpm", "tomcat", "php-cgi.exe", "umworkerprocess.exe")
_APP_POOL = "iis apppool\\"


def by_foothold(threads: Threads) -> None:
    """Rule 2."""
    footholds: dict[tuple[Key, str], list[Voice]] = defaultdict(list)
    acts: dict[tuple[Key, str], list[Voice]] = defaultdict(list)
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


def _frequent(threads: Threads, voices: Sequence[Voice]) -> bool:
    """Whether one rule alone makes most of many acts: somebody's work, not an intruder's."""
    groups: dict[str, set[int]] = defaultdict(set)
    for voice in voices:
        groups[threads.findings[voice.index].rule.id].add(threads.groups.root(voice.index))
    return max(map(len, groups.values()), default=0) > WORK


def by_account(threads: Threads) -> None:
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


def _acts(threads: Threads) -> dict[Key, list[Voice]]:
    """The voices of each account without its habits; the same name of two domains is one person over months."""
    groups: dict[tuple[Key, str], set[int]] = defaultdict(set)
    acts: dict[Key, list[tuple[Voice, str]]] = defaultdict(list)
    for voice in threads.voices:
        finding = threads.findings[voice.index]
        if voice.account is not None and not outside(finding.user):
            account = (*voice.account[:2], bare_name(finding.user))
            groups[account, finding.rule.id].add(threads.groups.root(voice.index))
            acts[account].append((voice, finding.rule.id))
    kept = {a: [voice for voice, rule in told if len(groups[a, rule]) < HABIT] for a, told in acts.items()}
    return {account: voices for account, voices in kept.items() if voices}


def _returns(threads: Threads, voices: Sequence[Voice]) -> bool:
    """Whether an account acted strongly in several groups."""
    return len({threads.groups.root(voice.index) for voice in voices if voice.rank >= STRONG}) > 1


def _alone_an_intrusion(threads: Threads, voices: Sequence[Voice]) -> bool:
    """Whether the strong acts of one account, taken together, are an intrusion by several rules."""
    strong = [voice for voice in voices if voice.rank >= STRONG]
    rules = {threads.findings[voice.index].rule.id for voice in strong}
    return is_intrusion(strong) and len(rules) >= INTRUSION_TACTICS


def by_host(threads: Threads) -> None:
    """Rule 4."""
    lying: dict[Key, dict[int, Voice]] = defaultdict(dict)
    for root, voices in threads.intrusions().items():
        for voice in voices:
            if voice.host is not None and voice.rank >= STRONG:
                lying[voice.host].setdefault(root, voice)
    again = {host: voices_of for host, voices_of in lying.items() if len(voices_of) > 1}
    fleet = {trace.host for trace in threads.traces if trace.host}
    returning = {root for voices_of in again.values() for root in voices_of}
    if len(again) > max(RETURN_HOSTS, int(RETURN_SHARE * len(fleet))) and len(returning) > FEW_INTRUSIONS:
        return
    for _, voices_of in sorted(again.items()):
        if len(voices_of) <= INTRUSIONS_ON_HOST:
            name = threads.findings[next(iter(voices_of.values())).index].host
            threads.tie(voices_of.values(), Kind.RETURN, name, LONG_PAUSE)
