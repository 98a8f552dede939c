"""Incidents as `tocsin incident show --json` prints them, read into what the analyst's rules look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PROGRAMS = ("service_name", "service_cmd_line", "actor_process_file_path", "Image", "ServiceFileName")
NOBODY = frozenset({"", "-", "system", "n/a"})
SHORTEST_NAME = 8  # characters; a shorter one is no name of one attack
SYSTEM = ("c:\\windows\\system32\\", "c:\\windows\\syswow64\\", "c:\\program files")


@dataclass(frozen=True)
class Finding:
    """One finding of an incident, as it was printed."""

    rule: str
    title: str
    level: str
    author: str
    techniques: frozenset[str]
    host: str
    user: str
    role: str
    count: int
    first: datetime
    last: datetime
    programs: frozenset[str]
    said: str  # all of its evidence


@dataclass(frozen=True)
class Seen:
    """One incident, as it was printed."""

    id: str
    title: str
    level: str
    tactics: frozenset[str]
    hosts: frozenset[str]
    by_hand: bool
    findings: tuple[Finding, ...]
    next_step: str


def read(told: Mapping[str, Any]) -> Seen:
    """What `incident show --json` printed."""
    state, shown = told["incident"], told["incident"]["shown"]
    return Seen(
        id=state["id"],
        title=shown["title"],
        level=shown["level"],
        tactics=frozenset(shown["tactics"]),
        hosts=frozenset(host.lower() for host in shown["hosts"]),
        by_hand=state["said"] is not None,
        findings=tuple(map(_finding, told["found"])),
        next_step=next(iter(shown["next_steps"]), "ask who reported it what they see now"),
    )


def _finding(told: Mapping[str, Any]) -> Finding:
    rule = told["rule"]
    fields: list[dict[str, Any]] = [each["fields"] for each in told["evidence"]]
    users = [told["user"], *(each.get("TargetUserName", "") for each in fields)]
    return Finding(
        rule=rule["id"],
        title=rule["title"],
        level=rule["level"],
        author=rule["author"],
        techniques=frozenset(rule["attack"]),
        host=told["host"].lower(),
        user=next((account for user in users if (account := _account(user)) not in NOBODY), ""),
        role=told["role"],
        count=told["count"],
        first=datetime.fromisoformat(told["first"]),
        last=datetime.fromisoformat(told["last"]),
        programs=_programs(fields),
        said="\n".join(str(value).lower() for each in fields for value in each.values()),
    )


def _programs(fields: list[dict[str, Any]]) -> frozenset[str]:
    """Names of programs and services that the system does not have anyway."""
    named = {str(each[name]).lower() for each in fields for name in PROGRAMS if each.get(name)}
    return frozenset(name for name in named if len(name) >= SHORTEST_NAME and not name.startswith(SYSTEM))


def _account(name: str) -> str:
    return name.rpartition("\\")[2].partition("@")[0].lower()
