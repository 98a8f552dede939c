"""Alerts of each member's own SIEM, in the form of Wazuh: usual ones of some days, those of the day, and the answers.

Every rule here is made up. What is harmless is harmless for a reason that an analyst can find: the assets say what the
machine does, or one signature strikes everywhere at once. Three stories are attacks: a password that was guessed and
used, a mail that was opened, and what this SIEM saw of the encryption itself.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.duty_day.last_days import DAYS_AFTER, DAYS_BEFORE, LAST_DAY
from tocsin.exercise.range.alliance import Alliance, Host, Member

DAY = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, tzinfo=UTC)
LOW, HIGH = 4, 13  # Wazuh's levels that are low and high
USUAL = (("Login session opened", 3600), ("Web server 400 error code", 5400), ("Package list was refreshed", 21_600))
"""Rules of every day, and after how many seconds they come again."""
ROLE_RULES = {
    "scanner": ("A host probed many ports of servers", "Attack patterns were sent to a web server"),
    "backup": ("Shadow copies were removed", "Thousands of files were read over a share"),
    "management": ("A service was installed on many machines", "Software was started from an administrative share"),
    "monitoring": ("WMI was asked on many machines", "SNMP was tried with many names"),
    "jump-host": ("A remote desktop session at an odd hour",),
    "admin-workstation": ("The directory was read as a whole", "A remote shell was opened to a server"),
}
"""What the work of a machine looks like to a SIEM, by its role in the assets."""
TECHNIQUES = {
    "A host probed many ports of servers": "T1046", "Attack patterns were sent to a web server": "T1190",
    "Shadow copies were removed": "T1490", "Thousands of files were read over a share": "T1039",
    "A service was installed on many machines": "T1569.002",
    "Software was started from an administrative share": "T1021.002", "WMI was asked on many machines": "T1047",
    "SNMP was tried with many names": "T1046", "A remote desktop session at an odd hour": "T1021.001",
    "The directory was read as a whole": "T1087.002", "A remote shell was opened to a server": "T1021.006",
}  # fmt: skip
WIDE = "Trojan downloader in a browser's update"
WIDE_HOSTS = 14
GUESSED = (
    ("sshd: many failed passwords from one address", "T1110.001"),
    ("sshd: a password fitted after many failures", "T1078"),
    ("A user was added and may use sudo", "T1136.001"), ("A crontab of root was changed", "T1053.003"),
)  # fmt: skip
OPENED = (
    ("A document started a script interpreter", "T1204.002"), ("A script fetched a program from a new domain", "T1105"),
    ("A program calls a new domain every minute", "T1071.001"),
)  # fmt: skip
GUESSER, CALLED = "203.0.113.77", "update-cdn.example.net"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert, and what it truly is: usual, benign, false or attack."""

    time: datetime
    level: int
    title: str
    host: str
    truth: str
    technique: str = ""
    source: str = ""
    user: str = ""
    message: str = ""

    def line(self) -> str:
        """As Wazuh writes it."""
        rule: dict[str, object] = {"level": self.level, "description": self.title, "id": str(_number(self.title))}
        if self.technique:
            rule["mitre"] = {"id": [self.technique]}
        data = {name: text for name, text in (("srcip", self.source), ("dstuser", self.user)) if text}
        return json.dumps({
            "timestamp": f"{self.time:%Y-%m-%dT%H:%M:%S}.000+0000", "rule": rule,
            "agent": {"id": "1", "name": self.host}, "manager": {"name": "siem"},
            "id": f"{self.time.timestamp():.0f}.{_number(self.title + self.host)}",
            "full_log": self.message or f"{self.title} on {self.host}", "data": data,
        })  # fmt: skip


def alerts_of(member: Member, alliance: Alliance, seed: int, wide: int = WIDE_HOSTS) -> list[Alert]:
    """All alerts of one member, in order of time; the signature that is too wide strikes so many desks."""
    chance = np.random.default_rng([seed, 77, member.number])
    told = [*_usual(member, chance), *_of_roles(member, chance)]
    if member is alliance.largest:
        told += [*_wide(member, chance, wide), *_opened(member, chance)]
    if member is alliance.members[1]:
        told += _guessed(member, chance)
    return sorted(told, key=lambda alert: (alert.time, alert.host, alert.title))


def named(member: Member, host: Host) -> str:
    """The host's full name."""
    return f"{host.name}.{member.domain}"


def _number(text: str) -> int:
    return 100_000 + sum(ord(sign) * (place + 1) for place, sign in enumerate(text)) % 90_000


def _usual(member: Member, chance: np.random.Generator) -> Iterator[Alert]:
    hosts = [each for each in member.hosts if each.role in ("linux-server", "web-server", "mail-gateway", "firewall")]
    for host in hosts:
        for title, pause in USUAL:
            moment = DAY - timedelta(days=DAYS_BEFORE)
            while moment < DAY + timedelta(days=1 + DAYS_AFTER):
                yield Alert(moment, LOW, title, named(member, host), "usual")
                moment += timedelta(seconds=pause * float(chance.uniform(0.8, 1.2)))


def _of_roles(member: Member, chance: np.random.Generator) -> Iterator[Alert]:
    """The ordinary work of machines, some of it at night."""
    for host in member.hosts:
        for title in ROLE_RULES.get(host.role, ()):
            moment = DAY + timedelta(minutes=float(chance.uniform(0, 17 * 60)))
            for again in range(int(chance.integers(1, 6))):
                again_at = moment + timedelta(seconds=40 * again)
                yield Alert(again_at, HIGH, title, named(member, host), "benign", TECHNIQUES[title])


def _wide(member: Member, chance: np.random.Generator, count: int) -> Iterator[Alert]:
    """A signature that is too wide strikes desks all day long."""
    desks = chance.permutation(member.of_role("workstation"))[:count].tolist()
    for number, desk in enumerate(desks):
        moment = DAY + timedelta(hours=4 + 11 * number / count, minutes=float(chance.uniform(0, 20)))
        yield Alert(moment, HIGH, WIDE, named(member, member.hosts[desk]), "false", "T1204.002")


def _opened(member: Member, chance: np.random.Generator) -> Iterator[Alert]:
    """Somebody opens a mail's document."""
    desk = member.hosts[int(chance.permutation(member.of_role("workstation"))[-1])]
    yield from _story(OPENED, named(member, desk), DAY + timedelta(hours=8.2), member, desk, f"to {CALLED}")


def _guessed(member: Member, chance: np.random.Generator) -> Iterator[Alert]:
    """A password fits at a Linux server of the second member, and is used."""
    server = member.one("linux-server")
    begin = DAY + timedelta(hours=1.5 + float(chance.uniform(0, 1)))
    yield from _story(GUESSED, named(member, server), begin, member, server, f"from {GUESSER}", GUESSER)


def _story(
    steps: Sequence[tuple[str, str]], host: str, begin: datetime, member: Member, at: Host, told: str, source: str = ""
) -> Iterator[Alert]:
    user = member.accounts[at.person].name if at.person >= 0 else "deploy"
    for number, (title, technique) in enumerate(steps):
        moment = begin + timedelta(minutes=3 * number)
        yield Alert(moment, HIGH, title, host, "attack", technique, source, user, f"{title} {told} ({user})")
