"""Administrators and service accounts: sign-ons, remote desktops, tools, changes to accounts, services.

Administrators work in bursts: on some days one of them touches many servers within an hour.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import start
from tocsin.exercise.range.actions.sessions import logon, signs_on, tickets
from tocsin.exercise.range.actions.traffic import inside
from tocsin.exercise.range.actions.upkeep import (
    account_event,
    joins_group,
    service_installed,
    service_state,
    task_started,
)
from tocsin.exercise.range.alliance import SERVER_ROLES, WINDOWS_ROLES
from tocsin.exercise.range.background.rhythm import NIGHT, OFFICE, Today
from tocsin.exercise.range.background.software import software
from tocsin.exercise.range.columns import Integers, Pool
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND

_WINDOWS_SERVERS = tuple(role for role in SERVER_ROLES if role in WINDOWS_ROLES)
_STATES = Pool(["running", "stopped"])
_STATE_SERVICES = Pool(
    [
        *(
            "Windows Update",
            "WMI Performance Adapter",
            "Background Intelligent Transfer Service",
            "Windows Modules Installer",
        ),
        *("Software Protection", "Volume Shadow Copy", "Microsoft Software Shadow Copy Provider", "Print Spooler"),
        *("Windows Error Reporting Service", "Network Setup Service", "Portable Device Enumerator Service"),
    ]
)
_TASKS = Pool(
    [
        *(
            r"\Microsoft\Windows\Defrag\ScheduledDefrag",
            r"\Microsoft\Windows\UpdateOrchestrator\Schedule Scan",
            r"\Backup\Nightly",
        ),
        *(
            r"\Monitoring\Health",
            r"\Inventory\Collect",
            r"\Logs\Rotate",
            r"\Microsoft\Windows\Windows Defender\Windows Defender Cleanup",
        ),
    ]
)
_SMALL_INSTALLS = (
    ("MicrosoftEdgeElevationService",
    r'"C:\Program Files (x86)\Microsoft\Edge\Application\145.0.3712.58\elevation_service.exe"', "auto start"),
    ("GoogleChromeElevationService",
    r'"C:\Program Files\Google\Chrome\Application\145.0.7632.77\elevation_service.exe"', "demand start"),
    ("MpKslDrv", r"C:\ProgramData\Microsoft\Windows Defender\Definition Updates\MpKslDrv.sys", "system start"),
    ("AdobeARMservice", r'"C:\Program Files (x86)\Common Files\Adobe\ARM\1.0\armsvc.exe"', "auto start"),
    ("ZoomCptService", r'"C:\Program Files\Common Files\Zoom\Support\CptService.exe" -user_path', "demand start"),
    ("PrinterVendorAgent", r'"C:\Program Files\PrinterVendor\Agent\pvagent.exe"', "auto start"),
)  # fmt: skip


def administrators(scene: Scene, today: Today) -> None:
    """Administrators sign on with their second account, reach servers, run tools."""
    chance, member = scene.chance, scene.member
    admins = member.accounts_of("admin")
    owners = np.array([member.accounts[number].owner for number in admins.tolist()], dtype=np.int64)
    shown = chance.random(len(admins)) < max(today.presence, 0.2)
    admins, owners = admins[shown], owners[shown]
    if not len(admins):
        return
    arrivals = today.arrivals(chance, owners) + chance.integers(5, 90, len(admins)) * MINUTE
    paws = member.desk_of[admins]
    signs_on(scene, arrivals, paws, admins)
    logon(scene, arrivals + 700_000, paws, admins, kind=2)
    rounds = np.repeat(np.arange(len(admins)), chance.poisson(chance.lognormal(0.9, 0.8, len(admins))).clip(0, 60))
    _reach_servers(scene, today, admins[rounds], paws[rounds], arrivals[rounds])
    _tools(scene, today, admins, paws, arrivals)


def _reach_servers(scene: Scene, today: Today, admins: Integers, paws: Integers, arrivals: Integers) -> None:
    chance, servers = scene.chance, scene.member.of_role(*_WINDOWS_SERVERS)
    targets = servers[chance.integers(0, len(servers), len(admins))]
    times = today.during(chance, arrivals)
    desktop = chance.random(len(admins)) < 0.55
    for chosen, kind, port in ((desktop, 10, 3389), (~desktop, 3, 445)):
        if chosen.any():
            logon(scene, times[chosen], targets[chosen], admins[chosen], kind=kind, sources=paws[chosen])
            inside(scene, times[chosen] - 200_000, paws[chosen], targets[chosen], port, sent=90_000, received=700_000,
                   seconds=chance.lognormal(5.5, 1.2, int(chosen.sum())))  # fmt: skip


def _tools(scene: Scene, today: Today, admins: Integers, paws: Integers, arrivals: Integers) -> None:
    chance = scene.chance
    rounds = np.repeat(np.arange(len(admins)), chance.poisson(5, len(admins)))
    if len(rounds):
        image, command = software("admin").starts(chance, scene.member, admins[rounds])
        times = today.during(chance, arrivals[rounds])
        start(scene, times, paws[rounds], admins[rounds], image, command, integrity="High")


def accounts_change(scene: Scene, today: Today) -> None:
    """The help desk resets passwords and unlocks; people change their own; joiners and leavers; groups."""
    chance, member = scene.chance, scene.member
    people, admins = member.accounts_of("person"), member.accounts_of("admin")
    if not len(admins):
        return
    by = member.accounts[int(admins[today.day % len(admins)])]
    mean = len(people) / 900 * today.presence
    for kind, share in (
        ("password_reset", 1.0),
        ("user_unlocked", 0.8),
        ("user_changed", 1.5),
        ("user_disabled", 0.12),
        ("user_enabled", 0.1),
    ):
        count = int(chance.poisson(mean * share))
        if count:
            chosen = people[chance.integers(0, len(people), count)]
            account_event(scene, kind, today.times(chance, OFFICE, count), by, chosen)
    for _ in range(int(chance.poisson(mean * 0.15))):
        someone = member.accounts[int(people[chance.integers(0, len(people))])]
        joins_group(
            scene, today.times(chance, OFFICE, 1), by, someone, "VPN Users" if chance.random() < 0.7 else "Project X"
        )


def services(scene: Scene, today: Today) -> None:
    """Service accounts log on by night and day, services stop and start, tasks run, small software brings services."""
    chance, member = scene.chance, scene.member
    servers = member.of_role(*_WINDOWS_SERVERS)
    for purpose, kind, rounds, role in (
        ("backup", 3, 2, "backup"), ("monitor", 3, 6, "monitoring"), ("sql", 5, 1, "database"),
        ("scan", 3, 0, "scanner"),
        ("sync", 4, 3, "management"), ("deploy", 3, 1, "management"),
    ):  # fmt: skip
        targets = member.of_role("database") if purpose == "sql" else servers
        chosen = np.repeat(targets, chance.poisson(rounds / member.setting.pace, len(targets)))
        if not len(chosen):
            continue
        account = member.service(purpose)
        times = today.times(chance, NIGHT, len(chosen))
        source = member.one(role)
        logon(scene, times, chosen, account, kind=kind, sources=source if kind == 3 else None)
    _machine_tickets(scene, today, servers)
    _upkeep(scene, today, servers)


def _machine_tickets(scene: Scene, today: Today, servers: Integers) -> None:
    """Applications ask for tickets to databases with their own accounts."""
    chance, member = scene.chance, scene.member
    web, count = member.service("web"), int(scene.chance.poisson(max(6, len(servers) / 2) / member.setting.pace))
    sources = servers[chance.integers(0, len(servers), count)]
    databases = member.any_of("database")
    targets = databases[chance.integers(0, len(databases), count)]
    tickets(scene, today.times(chance, NIGHT, count), sources, web, member.of_host("machine", targets), targets=targets)


def _upkeep(scene: Scene, today: Today, servers: Integers) -> None:
    chance, member = scene.chance, scene.member
    chosen = np.repeat(servers, chance.poisson(2.0 / member.setting.pace, len(servers)))
    if len(chosen):
        names = _STATE_SERVICES.pick(chance.integers(0, len(_STATE_SERVICES), len(chosen)))
        states = _STATES.pick(chance.integers(0, 2, len(chosen)))
        service_state(scene, today.times(chance, NIGHT, len(chosen)), chosen, names, states)
    chosen = np.repeat(servers, chance.poisson(1.5 / member.setting.pace, len(servers)))
    if len(chosen) and member.sees("system").any():
        names = _TASKS.pick(chance.integers(0, len(_TASKS), len(chosen)))
        task_started(scene, today.times(chance, NIGHT, len(chosen)), chosen, names, r"C:\Windows\System32\svchost.exe")
    desks = member.of_role("workstation")
    for name, path, begin in _SMALL_INSTALLS:
        count = int(chance.poisson(len(desks) / 2_500 * max(today.presence, 0.1)))
        if count:
            where = desks[chance.integers(0, len(desks), count)]
            kind = "kernel mode driver" if path.endswith(".sys") else "user mode service"
            service_installed(
                scene, today.times(chance, OFFICE, count), where, None, name, path, kind=kind, begin=begin
            )


def backups(scene: Scene, today: Today) -> None:
    """Nightly backups: servers send much to the backup server from one o'clock on; shadow copies."""
    chance, member = scene.chance, scene.member
    sources = member.of_role("file-server", "database", "exchange", "sharepoint")
    vault = member.one("backup")
    begin = (
        today.midnight + HOUR + (np.arange(len(sources)) * 11 * MINUTE) + chance.integers(0, 4 * MINUTE, len(sources))
    )
    sizes = chance.lognormal(24.2, 0.7, len(sources)).astype(np.int64)
    if today.weekday == 5:
        sizes = sizes * 6  # a full one on Saturdays
    inside(scene, begin, sources, vault, 445, sent=sizes, received=sizes // 200, seconds=sizes / 9e7)
    logon(scene, begin - 2 * SECOND, sources, member.service("backup"), kind=3, sources=vault)
    start(
        scene, begin + SECOND, sources, None, r"C:\Windows\System32\VSSVC.exe", r"C:\Windows\system32\vssvc.exe",
    )  # fmt: skip
    service_state(scene, begin + 3 * SECOND, sources, "Volume Shadow Copy", "running")
