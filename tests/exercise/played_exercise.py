"""A scenario for tests: a week of a small alliance in which every stream gets a planted record that says so."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from tocsin.exercise.range import Plot, Scenario, Truth
from tocsin.exercise.range.actions.field import heartbeat, polls
from tocsin.exercise.range.actions.mailbox import cmdlet, operation, signs_in
from tocsin.exercise.range.actions.processes import acts, start
from tocsin.exercise.range.actions.servers import executed, says
from tocsin.exercise.range.actions.sessions import logon, refused
from tocsin.exercise.range.actions.traffic import connect, lookup, reached
from tocsin.exercise.range.actions.upkeep import service_installed, task_created
from tocsin.exercise.range.actions.web import mail_web, requests
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.columns import Pool
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND

MARK = "planted-7f3a"  # stands in every planted record
FLOOD = 20_000
DAYS = 7
HOSTS = 260


@dataclass(frozen=True)
class Played:
    """A range exercise on disk."""

    folder: Path
    truth: Truth


def plan(plot: Plot) -> None:
    """One stage of everything, one flood, one crowd, one silence."""
    for member in plot.alliance.members:
        everything(plot.stage("everything", "One record of each kind", ("T1059",), member), plot.at(member, 2, "11:00"))
    ministry = plot.alliance.largest
    flood = plot.stage("flood", "Many requests", ("T1498.001",), ministry)
    begin = plot.at(ministry, 4, "00:58")  # 23:58 UTC
    times = np.sort(begin + flood.chance.integers(0, 4 * MINUTE, FLOOD))
    clients = Pool([f"244.1.2.{number}" for number in range(200)])
    paths = clients.pick(flood.chance.integers(0, 200, FLOOD))
    requests(flood, times, ministry.one("web-server"), paths, f"/{MARK}", connections=0.0)
    dark = ministry.of_role("workstation")[40:60]
    plot.surprise("Dark desks", ministry, begin, begin + HOUR)
    plot.silence(ministry, plot.first_us, plot.last_us, hosts=dark)


def everything(scene: Scene, at: int) -> None:
    """A record of every stream that the member has, with the mark in it."""
    member = scene.member
    admin = member.accounts[int(member.accounts_of("admin")[0])]
    server, outside = member.one("file-server"), "244.8.8.8"
    shell = start(scene, at, server, admin, r"C:\Windows\System32\cmd.exe", f"cmd.exe /c echo {MARK}")
    acts(scene, shell, "file_create", at + SECOND, TargetFilename=rf"C:\{MARK}.txt")
    logon(scene, at, server, admin, sources=member.hosts[admin.host])
    refused(scene, at, server, None, sources=outside, reason="unknown", account=MARK, ntlm=True)
    service_installed(scene, at, server, admin, MARK, rf"C:\{MARK}.exe")
    task_created(scene, at, server, admin, rf"\{MARK}", rf"C:\{MARK}.exe")
    _network(scene, at, server.index, outside)
    _clouds(scene, at, member, outside)
    linux = member.one("linux-server")
    says(scene, at, linux, "test", MARK)
    executed(scene, at, linux, "root", ["/bin/echo", MARK])
    heartbeat(scene, at, member.one("station"), MARK)


def _network(scene: Scene, at: int, server: int, outside: str) -> None:
    member = scene.member
    names = f"{MARK}.example"
    lookup(scene, at, server, names, outside)
    connect(scene, at, server, outside, 443, names=names)
    connect(scene, at, server, outside, 80, names=names, path=f"/{MARK}")
    connect(scene, at, int(member.of_role("workstation")[-1]), outside, 443, names=names)
    reached(scene, at, outside, member.one("web-server"), 443)
    requests(scene, at, member.one("web-server"), outside, f"/{MARK}")
    mail_web(scene, at, member.one("exchange"), outside, None, f"/{MARK}", anonymous=True)
    for protocol in ("modbus", "dnp3", "s7comm", "enip"):
        polls(scene, at, member.one("hmi"), member.one("plc"), protocol)


def _clouds(scene: Scene, at: int, member: Member, outside: str) -> None:
    admin = member.accounts[int(member.accounts_of("admin")[0])]
    signs_in(scene, at, None, outside, account=f"{MARK}@example.example", error=50034)
    operation(scene, "FileAccessed", at, admin, outside, Workload="SharePoint", ObjectId=MARK)
    cmdlet(scene, "New-InboxRule", at, admin, {"Name": MARK}, target=MARK)


REHEARSAL = Scenario(
    id="rehearsal",
    title="Rehearsal",
    about="For tests.",
    source="none",
    plan=plan,
    days=DAYS,
    hosts=HOSTS,
    first=date(2026, 3, 23),
)
