"""The rules by which the scripted analyst decides, from nothing but what `tocsin incident show --json` prints.

They are tried in this order; the first that applies decides.

1. *Part.* Somebody called about a host that an attack holds; or on one host, or by one account, it lies within a
   quarter of an hour of what the attack did there; or it names a program or service that the attack used: a part of it.
2. *Attack.* Of level critical; or of level high, and it destroys or encrypts (the tactic Impact); or three different
   rules of level high on one host within an hour; and the work of the machine does not explain all of it: stays open,
   investigated, with an owner and a next step.
3. *Work.* Every finding is of a technique that belongs to what the assets call the acting machine: benign. A host of
   an attack at which nothing else was seen is split off and judged by itself.
4. *Wide.* One rule of another product alone, on five hosts or more of the queue, at each of them a few times: false.
5. *Crowd.* Many clients at a public site, and nothing of it is aimed at anything: benign.
6. *Look.* What no rule decides stays with the analyst, with the first next step that Tocsin names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.duty_day.seen import Finding, Seen

NEAR = timedelta(minutes=15)
TOGETHER = timedelta(hours=1)
RULES_OF_AN_ATTACK = 3
HOSTS_OF_A_WIDE_RULE, FEW_TIMES = 5, 3
STRONG = frozenset({"high", "critical"})
DESTRUCTION = "impact"
CROWDS = frozenset({"web-flood", "packet-flood"})
WORK = {
    "scanner": {"T1046", "T1190", "T1595"}, "backup": {"T1490", "T1039"}, "jump-host": {"T1021"},
    "management": {"T1569", "T1021", "T1072"}, "monitoring": {"T1046", "T1047"},
    "admin-workstation": {"T1087", "T1021"},
}  # fmt: skip
"""Techniques that a machine's work looks like, by its role in the assets."""


@dataclass(frozen=True)
class Verdict:
    """What the analyst decides: attack, part (`of` another), benign, false, or look; and why."""

    kind: str
    why: str
    of: str = ""


def judge(queue: Sequence[Seen]) -> dict[str, Verdict]:
    """A verdict on each incident."""
    alone = {
        (each.findings[0].rule, each.id)
        for each in queue
        if each.findings and len({f.rule for f in each.findings}) == 1
    }
    wide: dict[str, int] = {}
    for rule, _ in alone:
        wide[rule] = wide.get(rule, 0) + 1
    attacks = [each for each in queue if is_attack(each)]
    verdicts: dict[str, Verdict] = {}
    for each in queue:
        others = (attack for attack in attacks if attack.id != each.id)
        verdicts[each.id] = (
            (_part(each, others) if not is_attack(each) else None)
            or _attack(each) or _work(each) or _wide(each, wide) or _crowd(each)
            or Verdict("look", f"not decided yet; next: {each.next_step}")
        )  # fmt: skip
    return verdicts


def is_attack(seen: Seen) -> bool:
    """Rule 2."""
    if _is_work(seen) or not seen.findings:
        return False
    if seen.level == "critical" or (seen.level in STRONG and DESTRUCTION in seen.tactics):
        return True
    strong = [each for each in seen.findings if each.level in STRONG]
    return any(
        len({b.rule for b in strong if b.host == a.host and timedelta(0) <= b.first - a.first <= TOGETHER})
        >= RULES_OF_AN_ATTACK
        for a in strong
    )


def apart(seen: Seen) -> list[str]:
    """Hosts of an attack where nothing but the work of the machine was seen: they are another story (rule 3)."""
    hosts = {each.host for each in seen.findings}
    work = [host for host in sorted(hosts) if host and all(_explained(f) for f in seen.findings if f.host == host)]
    return work if len(work) < len(hosts) else []


def _part(seen: Seen, attacks: Iterable[Seen]) -> Verdict | None:
    for attack in attacks:
        if seen.by_hand and {_label(host) for host in seen.hosts} & {_label(host) for host in attack.hosts}:
            return Verdict("part", f"the caller's machine is one of {attack.id}", attack.id)
        why = next((why for mine in seen.findings for its in attack.findings if (why := _shared(mine, its))), "")
        if why:
            return Verdict("part", why, attack.id)
    return None


def _shared(mine: Finding, its: Finding) -> str:
    """Why two findings are of one story; empty where nothing says so."""
    same = [name for name in sorted(mine.programs) if name in its.said]
    if same:
        return f"the same program or service: {same[0]}"
    if not (its.first - NEAR <= mine.last and mine.first <= its.last + NEAR):
        return ""
    if mine.user and mine.user == its.user:
        return f"the account {mine.user} at the same time"
    return f"{mine.host} at the same time" if mine.host and mine.host == its.host else ""


def _attack(seen: Seen) -> Verdict | None:
    return (
        Verdict("attack", f"several acts, and no work explains them; next: {seen.next_step}")
        if is_attack(seen)
        else None
    )


def _is_work(seen: Seen) -> bool:
    return bool(seen.findings) and all(map(_explained, seen.findings))


def _explained(each: Finding) -> bool:
    return bool(each.techniques) and all(
        technique.partition(".")[0] in WORK.get(each.role, ()) for technique in each.techniques
    )


def _work(seen: Seen) -> Verdict | None:
    return (
        Verdict("benign", f"ordinary work of this machine ({seen.findings[0].role}), by the assets")
        if _is_work(seen)
        else None
    )


def _wide(seen: Seen, wide: Mapping[str, int]) -> Verdict | None:
    rules = {each.rule for each in seen.findings}
    if len(rules) != 1 or any(each.author == "Tocsin" or each.count > FEW_TIMES for each in seen.findings):
        return None
    if wide.get(seen.findings[0].rule, 0) < HOSTS_OF_A_WIDE_RULE:
        return None
    return Verdict("false", f"the signature “{seen.findings[0].title}” is too wide: many hosts, nothing else at any")


def _crowd(seen: Seen) -> Verdict | None:
    if seen.findings and all(each.rule in CROWDS for each in seen.findings):
        return Verdict("benign", "a crowd at a public site that was announced")
    return None


def _label(host: str) -> str:
    return host.partition(".")[0]
