"""Works: patch days, rollouts, administrators' storms, migrations, restores, rebuilding, maintenance."""

import numpy as np

from tocsin.exercise.range.actions.mailbox import cmdlet, reads_mail
from tocsin.exercise.range.actions.processes import acts, start
from tocsin.exercise.range.actions.programs import hashes
from tocsin.exercise.range.actions.sessions import logon, tickets
from tocsin.exercise.range.actions.traffic import connect, inside, lookup
from tocsin.exercise.range.actions.upkeep import (
    driver_loaded,
    joins_group,
    log_cleared,
    restarted,
    service_installed,
    service_state,
    task_created,
    update_installed,
    user_created,
)
from tocsin.exercise.range.alliance import Account, Member
from tocsin.exercise.range.columns import Integers, Made, Pool
from tocsin.exercise.range.internet import site_address
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import DAY, HOUR, MINUTE, SECOND, date_of

_SERVERS = (
    *("domain-controller", "file-server", "exchange", "sharepoint", "database", "backup", "management", "jump-host"),
    "print-server",
)
_TUESDAY = 1


def administrator(member: Member, which: int = 0) -> Account:
    """One of the administrators."""
    admins = member.accounts_of("admin")
    return member.accounts[int(admins[which % len(admins)])]


def patch_tuesdays(plot: Plot) -> list[int]:
    """Days of the exercise (0 is the first) that are the second Tuesday of a month."""
    found = []
    for number in range(plot.days):
        day = date_of(plot.first_day + number)
        if day.weekday() == _TUESDAY and 8 <= day.day <= 14:
            found.append(number)
    return found


def patch_day(plot: Plot, member: Member, day: int) -> None:
    """Windows updates: pilots the day after, desks within three days, servers on the weekend; restarts follow."""
    begin = plot.at(member, day + 1, "09:00")
    scene = plot.surprise("Patch day", member, begin, begin + 6 * DAY)
    chance = scene.chance
    desks, servers = member.of_role("workstation"), member.of_role(*_SERVERS)
    ring = chance.choice(4, size=len(desks), p=(0.06, 0.34, 0.4, 0.2))
    at_desks = begin + ring * DAY + (chance.beta(2, 3, len(desks)) * 9 * HOUR).astype(np.int64)
    weekend = plot.at(member, day + (5 - _TUESDAY), "21:00")
    at_servers = weekend + np.arange(len(servers)) * 6 * MINUTE + chance.integers(0, 4 * MINUTE, len(servers))
    hosts, times = np.concatenate([desks, servers]), np.concatenate([at_desks, at_servers])
    month = date_of(plot.first_day + day)
    update_installed(scene, times, hosts, f"{month:%Y-%m} Cumulative Update for Windows (KB50{month:%m%d}1)")
    worker = start(scene, times - 4 * MINUTE, hosts, None, _TIWORKER, f"{_TIWORKER} -Embedding", build=f"{month:%Y%m}")
    acts(scene, worker, "registry_value", times - MINUTE, TargetObject=_PENDING, Details="DWORD (0x00000001)")
    restart = times + chance.integers(5 * MINUTE, 9 * HOUR, len(hosts))
    restarted(scene, restart, hosts, None)
    after = chance.random(len(hosts)) < 0.5
    driver_loaded(
        scene,
        restart[after] + 2 * MINUTE,
        hosts[after],
        r"C:\Windows\System32\drivers\tcpip.sys",
        build=f"{month:%Y%m}",
    )


_TIWORKER = r"C:\Windows\WinSxS\amd64_microsoft-windows-servicingstack_10.0.19041\TiWorker.exe"
_PENDING = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending"


def rollout(
    plot: Plot, member: Member, product: str, day: float, days: int, *, share: float = 0.7, period: int = 4 * 60
) -> None:
    """New software comes to desks over days: a service, a task, a driver, a new name that it calls every few hours."""
    begin = plot.at(member, day, "08:30")
    scene = plot.surprise(f"Rollout of {product}", member, begin, begin + days * DAY)
    chance, word = scene.chance, product.replace(" ", "")
    desks = member.of_role("workstation")
    chosen = desks[chance.random(len(desks)) < share]
    times = (
        begin
        + (chance.beta(1.6, 2.2, len(chosen)) * days).astype(np.int64) * DAY
        + (chance.beta(2, 2, len(chosen)) * 8 * HOUR).astype(np.int64)
    )
    if not len(chosen):
        return
    path = rf"C:\Program Files\{product}\{word}Agent.exe"
    installer = start(
        scene,
        times,
        chosen,
        None,
        r"C:\Windows\System32\msiexec.exe",
        rf"msiexec.exe /i \\{member.domain}\NETLOGON\{word}.msi /qn",
    )
    acts(
        scene,
        installer,
        "file_create",
        times + 20 * SECOND,
        TargetFilename=path,
        CreationUtcTime="2026-02-20 10:00:00.000",
    )
    service_installed(scene, times + 30 * SECOND, chosen, None, f"{word}Agent", f'"{path}"', begin="auto start")
    task_created(scene, times[::20] + 40 * SECOND, chosen[::20], None, rf"\{word}\Update", path, "/update")
    driver_loaded(
        scene,
        times + MINUTE,
        chosen,
        rf"C:\Windows\System32\drivers\{word.lower()}flt.sys",
        signature=f"{product} Ltd.",
    )
    _calls(scene, f"telemetry.{word.lower()}.example", times + 2 * MINUTE, chosen, period, plot)


def _calls(scene: Scene, name: str, installed: Integers, hosts: Integers, period: int, plot: Plot) -> None:
    """From then on, in working hours, each calls home."""
    chance = scene.chance
    rounds = int((plot.last_us - installed.min()) // (period * MINUTE)) + 1
    grid = installed[:, None] + np.arange(rounds)[None, :] * period * MINUTE
    hour = grid // HOUR % 24
    rows, columns = np.nonzero((grid < plot.last_us) & (hour >= 7) & (hour < 17) & (grid // DAY % 7 < 5))
    if not len(rows):
        return
    times = grid[rows, columns] + chance.integers(0, 8 * MINUTE, len(rows))
    address = site_address(name)
    lookup(scene, times - 40_000, hosts[rows], name, address)
    connect(scene, times, hosts[rows], address, 443, names=name, sent=2_100, received=900, client="dotnet", seconds=0.4)


def storm(plot: Plot, member: Member, day: float, clock: str = "14:10", *, machines: int = 120) -> None:
    """An administrator touches many machines within an hour: logons, a remote tool's service, a command on each."""
    begin = plot.at(member, day, clock)
    admin = administrator(member, 1)
    scene = plot.surprise("Administrator's storm", member, begin, begin + HOUR, [member.hosts[admin.host].name])
    chance = scene.chance
    every = np.concatenate([member.of_role(*_SERVERS), member.of_role("workstation")])
    hosts = chance.permutation(every)[:machines]
    times = np.sort(begin + chance.integers(0, 50 * MINUTE, len(hosts)))
    logon(scene, times, hosts, admin, kind=3, sources=member.hosts[admin.host])
    inside(scene, times - 200_000, member.hosts[admin.host], hosts, 445, sent=140_000, received=9_000, seconds=20.0)
    service_installed(
        scene, times + 2 * SECOND, hosts, admin, "PSEXESVC", r"%SystemRoot%\PSEXESVC.exe", begin="demand start"
    )
    command = r"cmd.exe /c reg add HKLM\SOFTWARE\Policies\Print /v Restrict /t REG_DWORD /d 1 /f"
    shell = start(scene, times + 3 * SECOND, hosts, None, r"C:\Windows\System32\cmd.exe", command)
    start(
        scene,
        times + 4 * SECOND,
        hosts,
        None,
        r"C:\Windows\System32\reg.exe",
        command.removeprefix("cmd.exe /c "),
        shell,
    )
    service_state(scene, times + 9 * SECOND, hosts, "PSEXESVC", "stopped")


def onboarding(plot: Plot, member: Member, day: float, people: int) -> None:
    """New colleagues: many accounts are made in a morning and put into groups, one into the administrators'."""
    begin = plot.at(member, day, "09:20")
    admin = administrator(member)
    scene = plot.surprise("Onboarding of new colleagues", member, begin, begin + 2 * HOUR)
    for number in range(people):
        name = f"new.colleague{number + 1}"
        time = begin + number * 50 * SECOND + int(scene.chance.integers(0, 20 * SECOND))
        user_created(scene, time, admin, name, f"New Colleague {number + 1}", f"{member.sid}-{40_000 + number}")
        joins_group(scene, time + 8 * SECOND, admin, name, "VPN Users")
    joins_group(scene, begin + 2 * HOUR - MINUTE, admin, administrator(member, 1), member.tongue.domain_admins)


def restore_test(plot: Plot, member: Member, day: float, files: int = 4_000) -> None:
    """A restore is tried: thousands of files come to a file server within an hour and go; shadow copies are tidied."""
    begin = plot.at(member, day, "19:30")
    server, vault = member.one("file-server"), member.one("backup")
    scene = plot.surprise("Restore test", member, begin, begin + 2 * HOUR, [server.name, vault.name])
    chance, service = scene.chance, member.service("backup")
    times = np.sort(begin + chance.integers(0, HOUR, files))
    inside(scene, begin, vault, server, 445, sent=90_000_000_000, received=2_000_000, seconds=3_500.0)
    copier = start(
        scene,
        begin - SECOND,
        server,
        service,
        r"C:\Program Files\Backup\restore.exe",
        r"restore.exe /job:test /to:E:\Restore",
        integrity="High",
    )
    many = copier.take(np.zeros(files, dtype=np.int64))
    number = chance.integers(0, len(member.documents), files)
    name = Made(r"E:\Restore\%d\%s.docx", (np.arange(files), member.documents.pick(number)))
    acts(scene, many, "file_create", times, TargetFilename=name, CreationUtcTime="2025-11-04 16:20:00.000")
    gone = np.sort(begin + HOUR + chance.integers(0, 20 * MINUTE, files // 2))
    acts(scene, copier.take(np.zeros(files // 2, dtype=np.int64)), "file_delete", gone, Hashes=hashes("document"),
         TargetFilename=Made(r"E:\Restore\%d\%s.docx", (np.arange(files // 2),
         member.documents.pick(number[: files // 2]))))  # fmt: skip
    start(scene, begin + 90 * MINUTE, server, administrator(member), r"C:\Windows\System32\vssadmin.exe",
          "vssadmin delete shadows /for=E: /oldest", integrity="High")  # fmt: skip


def rebuilt(plot: Plot, member: Member, day: float) -> None:
    """An old server is taken down and built anew: its disk is overwritten, its logs are cleared, services come back."""
    begin = plot.at(member, day, "10:00")
    server = member.hosts[int(member.of_role("database", "file-server")[-1])]
    admin = administrator(member, 2)
    scene = plot.surprise("Server rebuilt", member, begin, begin + 5 * HOUR, [server.name])
    logon(scene, begin, server, admin, kind=10, sources=member.hosts[admin.host])
    wipe = start(
        scene, begin + 6 * MINUTE, server, admin, r"C:\Windows\System32\cipher.exe", r"cipher /w:D:\ ", integrity="High"
    )
    acts(
        scene,
        wipe.take(np.zeros(3, dtype=np.int64)),
        "raw_disk",
        begin + np.arange(7, 10) * MINUTE,
        Device=r"\Device\HarddiskVolume4",
    )
    log_cleared(scene, begin + HOUR, server, admin, "Security")
    log_cleared(scene, begin + HOUR + 3 * SECOND, server, admin, "System")
    restarted(scene, begin + HOUR + MINUTE, server, admin, "Operating System: Reconfiguration (Planned)")
    names = Pool(["MSSQLSERVER", "SQLSERVERAGENT", "BackupAgent", "MonitoringAgent"])
    after = begin + 4 * HOUR + np.arange(4) * 3 * MINUTE
    service_installed(
        scene,
        after,
        np.full(4, server.index),
        admin,
        names.pick([0, 1, 2, 3]),
        r"C:\Program Files\Services\service.exe",
    )


def migration(plot: Plot, member: Member, day: float, mailboxes: int = 300) -> None:
    """Mailboxes are moved on a weekend: a service account may impersonate, reads hundreds of them in a night."""
    if not member.logs("m365"):
        return
    begin = plot.at(member, day, "21:00")
    scene = plot.surprise("Mailbox migration", member, begin, begin + 9 * HOUR)
    chance, admin, service = scene.chance, administrator(member), member.service("sync")
    cmdlet(scene, "New-ManagementRoleAssignment", begin, admin,
           {"Role": "ApplicationImpersonation", "User": service.name, "Name": "Migration weekend"},
           target=service.name)  # fmt: skip
    people = chance.permutation(member.accounts_of("person"))[:mailboxes]
    owners = np.repeat(people, 4)
    times = np.sort(begin + HOUR + chance.integers(0, 7 * HOUR, len(owners)))
    reads_mail(scene, times, owners, member.public, items=chance.integers(200, 2_000, len(owners)), access="Sync",
               client="Client=WebServices;ExchangeWebServicesProxy/CrossSite/EXCH/15.02;", by=service)  # fmt: skip
    cmdlet(
        scene, "Remove-ManagementRoleAssignment", begin + 9 * HOUR - MINUTE, admin, {"Identity": "Migration weekend"}
    )


def maintenance(plot: Plot, member: Member, day: float, *, share: float = 0.35, hours: float = 2.0) -> None:
    """A building is without power by plan: its desks and switches are silent for some hours of a night."""
    begin = plot.at(member, day, "22:00")
    end = begin + int(hours * HOUR)
    desks = member.of_role("workstation")
    dark = desks[: round(len(desks) * share)]
    plot.surprise(
        "Planned power maintenance", member, begin, end, [member.hosts[int(number)].name for number in dark[:20]]
    )
    plot.silence(member, begin, end, hosts=dark)


def audit_week(plot: Plot, member: Member, day: float) -> None:
    """Auditors list all accounts and service principals: many tickets to many services from one machine in an hour."""
    begin = plot.at(member, day, "11:00")
    admin = administrator(member, 3)
    scene = plot.surprise("Directory audit", member, begin, begin + HOUR, [member.hosts[admin.host].name])
    targets = member.of_role(*_SERVERS)
    times = begin + np.arange(len(targets)) * 20 * SECOND
    tickets(scene, times, np.full(len(targets), admin.host), admin, member.of_host("machine", targets), targets=targets)
    start(scene, begin, admin.host, admin, r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
          'powershell.exe -NoProfile -Command "Get-ADComputer -Filter * -Properties * | Export-Csv computers.csv"',
          integrity="High")  # fmt: skip
