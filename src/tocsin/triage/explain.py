"""An incident in words: title, why it matters, why its findings belong together, what speaks against it, what next.

Values in the sentences are foreign text as it was read; the sinks make them harmless where they are shown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tocsin.model import LEVELS, OTHERS_STATUS, Finding
from tocsin.triage.accounts import people
from tocsin.triage.causes import names_something
from tocsin.triage.gravity import gravest, gravity, in_title
from tocsin.triage.groups import Kind
from tocsin.triage.progress import rule_tactics
from tocsin.triage.score import Group, level_rank
from tocsin.triage.twins import AUDITD
from tocsin.words.acts import act_of, next_steps, tactic_act
from tocsin.words.cloud_steps import CLOUD_CONTAINMENT
from tocsin.words.dates import utc
from tocsin.words.harmless import if_harmless
from tocsin.words.messages import capitalised, enumeration, first_few, mark, say, say_many

TITLE_ACTS = 3  # acts named in a title
TITLE_NAMES = 2  # hosts or accounts named in a title
NAMED = 3  # shared names in one reason
DOUBTS = 12  # sentences against an incident
STEPS = 6  # proposed next steps
INTRUSION_TACTICS = 3  # from which on a strong incident is treated as an intrusion and not as one act
HIGH = LEVELS.index("high")
FUTURE = timedelta(days=1)  # events later than this after the scan mean a wrong clock

_CLOUD_TABLES = ("aws_", "azure_", "gcp_", "github_", "kubernetes_", "m365_", "okta")

_TWICE = {
    False: (
        mark("Sysmon and the Security log both recorded {n} process start here: it counts once."),
        mark("Sysmon and the Security log both recorded {n} process starts here: each counts once."),
    ),
    True: (
        mark("auditd wrote several records of {n} act here: it counts once."),
        mark("auditd wrote several records of each of {n} acts here: each counts once."),
    ),
}

_REASONS: dict[Kind, tuple[str, str]] = {
    Kind.EPISODE: (mark("All of it is unusual here, and it came too closely together for chance."), ""),
    Kind.EVENTS: (mark("Several rules fired on the same events: they describe one act."), ""),
    Kind.TREE: (mark("The events belong to one process, or to a parent and its children."), ""),
    Kind.SIBLINGS: (mark("The processes were started by the same parent within 30 minutes."), ""),
    Kind.ACCOUNT_HERE: (
        mark("The same account acted on the same host without a pause longer than an hour."),
        mark("Between the acts of {shared} on one host no pause is longer than an hour."),
    ),
    Kind.HOST: (
        mark("It happened on the same host within 15 minutes."),
        mark("It happened on {shared} within 15 minutes."),
    ),
    Kind.ACCOUNT_ACROSS: (
        mark("The same account acted on several hosts within an hour."),
        mark("{shared} acted on several hosts within an hour."),
    ),
    Kind.WAVE: (
        mark("The same rule fired on several hosts at once, and not before or after."),
        mark("“{shared}” fired on several hosts at once, and not before or after."),
    ),
    Kind.THREAD: (mark("Something rare ties what lies far apart."), mark("Something rare ties it: {shared}.")),
    Kind.FOOTHOLD: (
        mark("What was left behind on a host was used there later."),
        mark("What was left behind on a host was used there later: {shared}."),
    ),
    Kind.ACCOUNT_LATER: (
        mark("An account of the intrusion acted again."),
        mark("An account of the intrusion acted again: {shared}."),
    ),
    Kind.RETURN: (
        mark("Intrusions are rare here, and these lie on one host."),
        mark("Intrusions are rare here, and these lie on one host: {shared}."),
    ),
    Kind.NEARBY: (
        mark("Weaker findings came on the same host close to the stronger ones."),
        mark("Weaker findings came on {shared} close to the stronger ones."),
    ),
    Kind.UNTIMED: (mark("Host and account are the same; these events carry no readable time."), ""),
    Kind.AGAIN: (
        mark("The same rule stands alone on one host again and again; it is told once."),
        mark("“{shared}” stands alone on one host again and again; it is told once."),
    ),
    Kind.ALONE: (
        mark("The same rule stands alone on each of these hosts; it is told once instead of for each host."),
        mark("“{shared}” stands alone on each of these hosts; it is told once instead of for each host."),
    ),
    Kind.PEOPLE: (mark("People said that this belongs together."), ""),
    Kind.ROUTINE: (
        mark("The same rule fires so widely that it is told once instead of for each host."),
        mark("“{shared}” fires so widely that it is told once instead of for each host."),
    ),
}


def title(group: Group) -> str:
    """`Credential dumping and log clearing on WS01 by MINISTRY\\a.prifti`."""
    order = sorted(group.telling, key=in_title(group.telling))
    what = capitalised(_acts(order))
    hosts = first_few(_distinct(finding.host for finding in order), TITLE_NAMES)
    told_once = group.joined_by(Kind.ALONE, Kind.ROUTINE)  # many accounts that have nothing to do with each other
    users = "" if told_once else first_few(people(finding.user for finding in order), TITLE_NAMES)
    if hosts and users:
        return say("{what} on {hosts} by {users}", what=what, hosts=hosts, users=users)
    if hosts:
        return say("{what} on {hosts}", what=what, hosts=hosts)
    return say("{what} by {users}", what=what, users=users) if users else what


def joined(group: Group) -> tuple[str, ...]:
    """One sentence for each kind of reason, strongest first."""
    shared: dict[Kind, list[str]] = defaultdict(list)
    for join in group.joins:
        shared[join.kind].append(join.shared)
    reasons = tuple(reason(kind, shared[kind]) for kind in Kind if kind in shared) or (
        (say("Nothing else came near it: it is one finding."),) if len(group.findings) == 1 else ()
    )
    return (*reasons, *_recorded_twice(group))


def _recorded_twice(group: Group) -> list[str]:
    """That several records tell of the same acts."""
    acts: dict[bool, set[str]] = {False: set(), True: set()}
    for finding in group.findings:
        acts[finding.table == AUDITD] |= {min((e.event_id, *e.also)) for e in finding.evidence if e.also}
    return [say_many(*_TWICE[audit], len(events)) for audit, events in acts.items() if events]


def against(group: Group, cause: str, now: datetime, first: datetime | None, last: datetime | None) -> tuple[str, ...]:
    """The likely harmless cause, then what speaks for routine, then what else is known to look like this."""
    doubts = [*_volume_doubts(group), *_steady_doubts(group, first, last), *_rule_doubts(group, cause)]
    sentences = [if_harmless(cause), *doubts]
    if not any(finding.first for finding in group.findings):
        sentences.append(say("None of these events carries a readable time."))
    if any(finding.last and finding.last - now > FUTURE for finding in group.findings):
        sentences.append(say("Some of these events lie in the future: a clock was wrong, so their order may be too."))
    return tuple(_distinct(sentences)[:DOUBTS])


def steps(stages: tuple[str, ...], group: Group) -> tuple[str, ...]:
    """What to do next: first by the gravest tactic."""
    if group.joined_by(Kind.ROUTINE, Kind.ALONE):
        return (say("Look at one host; if it is harmless there, add a filter for it to the rule."),)
    cloud = all(finding.table.startswith(_CLOUD_TABLES) for finding in group.telling)
    contain = _suspension if cloud else _isolation
    by_tactic = (step for tactic in gravest(stages) for step in next_steps(tactic, cloud))
    proposed = [*contain(stages, group), *_at_the_source(group), *by_tactic]
    return tuple(proposed[:STEPS]) or (say("Read the evidence and ask the account's owner what they did."),)


def _isolation(stages: tuple[str, ...], group: Group) -> list[str]:
    """Where a strong finding is part of a whole intrusion: contain it before anything else (impact says so itself)."""
    hosts = _distinct(finding.host for finding in group.strong)
    if "impact" in stages or not hosts or not _is_intrusion(stages, group):
        return []
    sentence = "Take {hosts} off the network but keep the power on; save memory and disk before you change anything."
    return [say(sentence, hosts=first_few(hosts, NAMED))]


def _suspension(stages: tuple[str, ...], group: Group) -> list[str]:
    """The same in a cloud service, where accounts and keys take the place of machines."""
    users = people(finding.user for finding in group.strong)
    return [say(CLOUD_CONTAINMENT, users=first_few(users, NAMED))] if users and _is_intrusion(stages, group) else []


def _at_the_source(group: Group) -> list[str]:
    """Where another product raised an alert: it knows more than it sends."""
    products = _distinct(finding.rule.author for finding in group.telling if finding.rule.status == OTHERS_STATUS)
    sentence = "Open it in {products} too: packets, files and the whole event are there, and here only the alert."
    return [say(sentence, products=first_few(products, NAMED))] if products else []


def _is_intrusion(stages: tuple[str, ...], group: Group) -> bool:
    return len(stages) >= INTRUSION_TACTICS and max(map(level_rank, group.telling)) >= HIGH


def _acts(order: list[Finding]) -> str:
    """One rule speaks by its title; several by what they show."""
    if len({finding.rule.id for finding in order}) == 1:
        return order[0].rule.title
    acts = _distinct(_act(finding) for finding in order)
    if len(acts) > TITLE_ACTS:
        return say("{acts} and more", acts=", ".join(acts[:TITLE_ACTS]))
    return enumeration(acts) or first_few(_distinct(f"“{finding.rule.title}”" for finding in order), TITLE_NAMES)


def _act(finding: Finding) -> str:
    by_technique = next((act for act in map(act_of, finding.rule.attack) if act), "")
    return by_technique or next(map(tactic_act, rule_tactics(finding.rule)), "")


def reason(kind: Kind, shared: Sequence[str]) -> str:
    """Why findings are one story, in a sentence."""
    plain, named = _REASONS[kind]
    names = [name for name, _ in Counter(filter(None, shared)).most_common()]
    return say(named, shared=first_few(names, NAMED)) if named and names else say(plain)


def _volume_doubts(group: Group) -> list[str]:
    doubts = []
    for rule in _distinct(finding.rule.id for finding in group.findings if finding.rule.id in group.routine):
        volume = group.volumes[rule]
        name = next(finding.rule.title for finding in group.findings if finding.rule.id == rule)
        times = say_many("{n} time", "{n} times", volume.hits)
        sentence = mark("“{rule}” fired {times}, on {hosts} of {all} hosts with findings: that looks like routine.")
        doubts.append(say(sentence, rule=name, times=times, hosts=volume.hosts, all=volume.all_hosts))
    return doubts


def _steady_doubts(group: Group, first: datetime | None, last: datetime | None) -> list[str]:
    """Findings that fire also before or after the incident."""
    sentence = mark("“{rule}” fires there on other days too, from {first} to {last}: it may be usual.")
    return [
        say(sentence, rule=finding.rule.title, first=utc(finding.first), last=utc(finding.last))
        for finding in group.findings
        if first and last and finding.first and finding.last and (finding.first < first or finding.last > last)
    ]


def _rule_doubts(group: Group, cause: str) -> list[str]:
    """What the rules say of themselves, without what was named as the cause."""
    doubts = []
    for finding in sorted(group.telling, key=gravity):
        for known in filter(names_something, finding.rule.falsepositives):
            if not cause.startswith(known.strip().rstrip(".")):
                doubts.append(say("“{rule}” is also known from: {known}", rule=finding.rule.title, known=known.strip()))
    return doubts


def _distinct(items: Iterable[str]) -> list[str]:
    """Without repetition and empty ones, in order."""
    return [item for item in dict.fromkeys(items) if item]
