"""What the node is fed, and what it is told before: logs, lists of assets and constituents, and the answers to them."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.duty_day.last_days import CROWD_A_HOST, alliance, last_days
from benchmarks.duty_day.siem import WIDE_HOSTS, Alert, alerts_of, named
from tocsin.exercise.range import play
from tocsin.exercise.range.alliance import Member

SIEM_FILE = "siem/alerts.json"
ASSETS, CONSTITUENTS = "assets.csv", "constituents.csv"
VITAL = ("domain-controller", "hmi", "plc")
IMPORTANT = ("exchange", "sharepoint", "database", "file-server", "backup", "web-server")
MISSIONS = {"ministry": "Services of the state", "energy": "Power for the capital"}
LANGUAGES = ("en", "de", "fr", "el")


@dataclass(frozen=True)
class Size:
    """`scale` multiplies hosts, `wide` is how many desks one signature strikes, `crowd` how many come for each host."""

    scale: float = 1.0
    wide: int = WIDE_HOSTS
    crowd: int = CROWD_A_HOST


@dataclass(frozen=True)
class Fed:
    """The folders of the logs by the name of their organisation, and where the answers are."""

    folders: Mapping[str, Path]
    lists: Path
    planted: Mapping[str, Sequence[tuple[int, int]]]  # file below the exercise → first and last record, both included
    alerts: Mapping[str, Sequence[Alert]]  # file below the exercise → what each of its lines is
    crowds: Sequence[Mapping[str, object]]
    victim: str  # a host that is encrypted, whose owner calls
    records: int


def write(folder: Path, seed: int, size: Size) -> Fed:
    """Write all of it below a folder that is new."""
    logs = folder / "logs"
    truth = play(last_days(size.crowd), logs, seed=seed, scale=size.scale)
    members = alliance(seed, size.scale)
    alerts: dict[str, list[Alert]] = {}
    for member in members.members:
        told = alerts_of(member, members, seed, size.wide)
        path = logs / member.folder / SIEM_FILE
        path.parent.mkdir(parents=True)
        path.write_text("".join(f"{alert.line()}\n" for alert in told), "utf-8")
        alerts[f"{member.folder}/{SIEM_FILE}"] = told
    _write_lists(folder, members.members)
    planted: dict[str, list[tuple[int, int]]] = {}
    for entry in truth.planted:
        ranges = entry["ranges"]
        assert isinstance(ranges, list)
        planted.setdefault(str(entry["file"]), []).extend((first, last) for first, last in ranges)
    desks = sorted(str(each["host"]) for each in truth.planted if "W0" in str(each["host"]))
    return Fed(
        {member.name: logs / member.folder for member in members.members}, folder, planted, alerts,
        [each for each in truth.benign if each["title"] != "Patch day"], desks[0],
        truth.events + sum(map(len, alerts.values())),
    )  # fmt: skip


def _write_lists(folder: Path, members: Sequence[Member]) -> None:
    with (folder / ASSETS).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("key", "owner", "domain", "mission", "criticality", "role"))
        for member in members:
            for host in member.hosts:
                grave = "vital" if host.role in VITAL else "high" if host.role in IMPORTANT else "medium"
                mission = MISSIONS.get(member.sector, "")
                rows.writerow((named(member, host), member.name, "cyber", mission, grave, host.role))
    with (folder / CONSTITUENTS).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ("id", "name", "organisations", "netblocks", "domains", "contacts", "language", "sector", "limit")
        )
        for member in members:
            language = member.language if member.language in LANGUAGES else "en"
            rows.writerow((
                member.folder, member.name, member.name, f"{member.public}/32", member.domain, f"soc@{member.domain}",
                language, member.sector, "TLP:AMBER",
            ))  # fmt: skip


def summary(fed: Fed) -> str:
    """What was fed, in numbers."""
    by_truth: dict[str, int] = {}
    for told in fed.alerts.values():
        for alert in told:
            by_truth[alert.truth] = by_truth.get(alert.truth, 0) + 1
    return json.dumps({"records": fed.records, "alerts of the SIEMs": by_truth, "encrypted desk": fed.victim})
