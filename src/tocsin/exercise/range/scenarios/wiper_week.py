"""wiper-week: four wipers of public record within one week, at different members, hosts and hours.

HermeticWiper and WhisperGate at the ministry, CaddyWiper at the power company, ZeroCleare at the operator. Between them
lie the harmless things that look alike: a server is rebuilt, an administrator works on many machines at once.
Which hosts, when within the hours, names of programs and drivers differ by seed. Hosts that were wiped are silent.
"""

from datetime import date

import numpy as np

from tocsin.exercise.range.alliance import Account, Member
from tocsin.exercise.range.columns import Integers
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.scenarios.wiper_kernels import (
    caddy,
    hermetic,
    letters,
    spread_by_policy,
    whisper_gate,
    zero_cleare,
)
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.surprises import rebuilt, restore_test, storm
from tocsin.exercise.range.times import HOUR, MINUTE

_FOLDERS = (r"C:\PerfLogs", r"C:\ProgramData", r"C:\temp")  # where WhisperGate was found
_SERVERS = ("file-server", "database", "print-server", "sharepoint", "backup")
_WIPERS = 4
_DARK = 100 * MINUTE  # after the last restart nobody hears of a host


def plan(plot: Plot) -> None:
    """Four wipers on four days, and two harmless days. A way in of its own, minutes before, is a stage of its own."""
    ministry, energy = plot.alliance.largest, plot.alliance.of_sector("energy")
    operator = plot.alliance.of_sector("telecom")
    storm(plot, ministry, 0)
    _whisper_gate(plot, ministry)
    rebuilt(plot, energy, 2)
    _hermetic(plot, ministry)
    _zero_cleare(plot, operator)
    restore_test(plot, ministry, 4)
    _caddy(plot, energy)


def victims(scene: Scene, part: int, desks: int, servers: int) -> Integers:
    """Hosts for one of the wipers, by its number: some servers, watched desks and others. No two have one in common."""
    member, chance = scene.member, scene.chance
    watched = member.watched("sysmon", "workstation")
    others = member.of_role("workstation")
    own = member.of_role(*_SERVERS)
    own, watched, others = (numbers[numbers % _WIPERS == part] for numbers in (own, watched, others))
    chosen = [chance.permutation(own)[:servers], chance.permutation(watched)[: desks // 2],
              chance.permutation(others)[: desks]]  # fmt: skip
    return np.unique(np.concatenate(chosen))[: desks + servers]


def _admin(scene: Scene) -> Account:
    admins = scene.member.accounts_of("admin")
    return scene.member.accounts[int(admins[scene.chance.integers(0, len(admins))])]


def _begin(plot: Plot, scene: Scene, day: int, clock: str) -> int:
    """Within two hours after a time of a day."""
    return plot.at(scene.member, day, clock) + int(scene.chance.integers(0, 2 * HOUR))


def _dark(plot: Plot, scene: Scene, times: Integers, hosts: Integers) -> None:
    """Wiped hosts are not heard of until the end, unless there is no attack."""
    if plot.attack:
        plot.silence(scene.member, int(times.max()) + _DARK, plot.last_us, hosts=hosts)


def _whisper_gate(plot: Plot, member: Member) -> None:
    scene = plot.stage("whispergate", "WhisperGate: boot records, Defender off, files corrupted",
                       ("T1561.002", "T1562.001", "T1485", "T1021.002", "T1105"), member)  # fmt: skip
    hosts, begin = victims(scene, 0, 8, 2), _begin(plot, scene, 1, "00:30")
    times = np.sort(begin + scene.chance.integers(0, 40 * MINUTE, len(hosts)))
    folder = _FOLDERS[int(scene.chance.integers(0, len(_FOLDERS)))]
    whisper_gate(scene, times, hosts, _admin(scene), folder)
    _dark(plot, scene, times, hosts)


def _hermetic(plot: Plot, member: Member) -> None:
    spread = plot.stage("hermeticwiper-policy", "A policy of the domain brings HermeticWiper to the computers",
                        ("T1484.001", "T1053.005"), member)  # fmt: skip
    scene = plot.stage("hermeticwiper", "HermeticWiper: a driver, shadow copies off, disks are overwritten",
                       ("T1543.003", "T1561.002", "T1490", "T1529"), member)  # fmt: skip
    hosts, begin = victims(scene, 1, 24, 4), _begin(plot, scene, 3, "15:20")
    program = f"{letters(scene.chance, 2)}.exe"
    times = spread_by_policy(spread, begin, _admin(scene), hosts, program, "GlobalUpdate")
    hermetic(scene, times, hosts, program)
    _dark(plot, scene, times, hosts)


def _zero_cleare(plot: Plot, member: Member) -> None:
    scene = plot.stage("zerocleare", "ZeroCleare: VBoxDrv loads ElRawDisk, disks are overwritten",
                       ("T1021.002", "T1543.003", "T1068", "T1561.001", "T1529"), member)  # fmt: skip
    hosts, begin = victims(scene, 2, 12, 3), _begin(plot, scene, 4, "21:30")
    times = np.sort(begin + scene.chance.integers(0, 30 * MINUTE, len(hosts)))
    folder = rf"C:\Users\Public\{letters(scene.chance, 5)}"
    zero_cleare(scene, times, hosts, _admin(scene), folder)
    _dark(plot, scene, times, hosts)


def _caddy(plot: Plot, member: Member) -> None:
    spread = plot.stage("caddywiper-policy", "A policy of the domain brings CaddyWiper to the computers",
                        ("T1484.001", "T1053.005"), member)  # fmt: skip
    scene = plot.stage("caddywiper", "CaddyWiper: files, drives and the layout of the disks",
                       ("T1485", "T1561.002"), member)  # fmt: skip
    hosts, begin = victims(scene, 3, 20, 3), _begin(plot, scene, 5, "10:10")
    program = f"{letters(scene.chance, 6)}.exe"
    task = letters(scene.chance, 8).capitalize()
    times = spread_by_policy(spread, begin, _admin(scene), hosts, program, task)
    caddy(scene, times, hosts, program)
    _dark(plot, scene, times, hosts)


SCENARIO = Scenario(
    id="wiper-week",
    title="A week of wipers",
    about="HermeticWiper, WhisperGate, CaddyWiper and ZeroCleare at three members within a week.",
    source="ESET (HermeticWiper, CaddyWiper), Microsoft MSTIC (WhisperGate), IBM X-Force (ZeroCleare), CISA AA22-057A",
    plan=plan,
    days=7,
    hosts=3_000,
    first=date(2026, 2, 23),
)
