"""How they come in, look around and spread in albania-2022: the first five stages.

Facts: CISA AA22-264A (21 and 23 September 2022): CVE-2019-0604 about 14 months before, web shells within two months,
RDP, SMB and FTP between machines, VPN accounts in the last two months, Mimikatz and copies of LSASS's memory.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import Processes, acts, running, start
from tocsin.exercise.range.actions.sessions import logon
from tocsin.exercise.range.actions.traffic import inside
from tocsin.exercise.range.actions.upkeep import service_installed
from tocsin.exercise.range.alliance import Account, Host
from tocsin.exercise.range.columns import Integers, Pool
from tocsin.exercise.range.scenarios.albania_intruder import (
    CMD,
    INETSRV,
    LAYOUTS,
    LENGTH,
    POWERSHELL,
    Command,
    Intruder,
)
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import DAY, HOUR, MINUTE, SECOND

_PICKER = "/_layouts/15/Picker.aspx"
_DIALOG = "PickerDialogType=Microsoft.SharePoint.WebControls.ItemPickerDialog,+Microsoft.SharePoint&exercise=invalid"
_PORTS = (445, 3389, 21, 22, 80, 443, 1433, 5985)
_LSASS = r"C:\Windows\System32\lsass.exe"
_MARK = "PCUgZXhlcmNpc2Ugb25seSAlPg=="  # <% exercise only %>
_FIRST_LOOK: tuple[Command, ...] = (
    ("whoami.exe", "whoami"),
    ("hostname.exe", "hostname"),
    ("ipconfig.exe", "ipconfig /all"),
)
_LOOK: tuple[Command, ...] = (
    ("whoami.exe", "whoami /priv"),
    ("net.exe", 'net group "Domain Admins" /domain'),
    ("net.exe", "net user /domain"),
    ("net.exe", "net localgroup administrators"),
    ("nltest.exe", "nltest /dclist:"),
    ("nltest.exe", "nltest /domain_trusts"),
    ("systeminfo.exe", "systeminfo"),
    ("tasklist.exe", "tasklist /svc"),
    ("quser.exe", "quser"),
    ("net.exe", "net view /domain"),
    ("netstat.exe", "netstat -ano"),
    ("ipconfig.exe", "ipconfig /displaydns"),
    ("route.exe", "route print"),
    ("arp.exe", "arp -a"),
)


def initial_access(intruder: Intruder) -> int:
    """Some requests that look, then the exploit, and a first command. Gives the time."""
    plot = intruder.plot
    scene = plot.stage("initial-access", "The public SharePoint server is exploited (CVE-2019-0604)",
                       ("T1190", "T1059.003"), intruder.member)  # fmt: skip
    chance, time = scene.chance, intruder.moment(scene, 4, 7)
    looks = np.sort(time - chance.integers(HOUR, 40 * HOUR, int(chance.integers(3, 9))))
    status, sizes = chance.choice((401, 200, 302), size=len(looks)), chance.integers(300, 14_000, len(looks))
    intruder.posts(scene, looks, _PICKER, method="GET", status=status, sizes=sizes, received=410)
    tries = time + np.arange(int(chance.integers(2, 5))) * int(chance.integers(20, 90)) * SECOND
    last = tries[-1:]
    intruder.posts(scene, tries, _PICKER, query=_DIALOG, status=np.where(tries < last, 500, 200),
                   received=chance.integers(3_000, 9_000, len(tries)))  # fmt: skip
    word = ("whoami", "ipconfig", "hostname", "ver")[int(chance.integers(0, 4))]
    line = f'"cmd.exe" /c {word} > {LAYOUTS}\\{chance.integers(1 << 24):06x}.txt'
    start(scene, last + SECOND, intruder.door, intruder.service, CMD, line, intruder.worker(scene, last),
          directory=INETSRV, integrity="High")  # fmt: skip
    return int(last[0])


def web_shell(intruder: Intruder, entered: int) -> None:
    """Three web shells within two months; then a visit a week, for a year, with a long pause or two."""
    plot = intruder.plot
    scene = plot.stage("web-shell", "Web shells are visited for a year", ("T1505.003", "T1059.003"), intruder.member)
    chance, scale = scene.chance, plot.days / LENGTH
    first = entered + int(chance.uniform(0.6, 4) * DAY)
    waits = np.concatenate([[0.0], np.sort(chance.uniform(1, 50, len(intruder.shells) - 1))]) * scale
    for number, wait in enumerate(waits.tolist()):
        time = first + int(wait * DAY)
        _placed(intruder, scene, time, number)
        intruder.commands(scene, time + int(chance.integers(2, 40)) * MINUTE, _FIRST_LOOK, 2, number)
    times = _weekly(scene, first + 3 * DAY, plot.last_us - int(8 * scale * DAY))
    paths = Pool([f"/_layouts/15/{name}" for name in intruder.shells])
    placed = first + (waits * DAY).astype(np.int64)
    which = (chance.integers(0, 3, len(times)) % np.searchsorted(placed, times).clip(1)).astype(np.int64)
    intruder.posts(scene, times, paths.pick(which), received=chance.integers(300, 700, len(times)),
                   sizes=chance.integers(150, 900, len(times)))  # fmt: skip
    for time in times[chance.random(len(times)) < 0.2].tolist():
        intruder.commands(scene, time + 20 * SECOND, _FIRST_LOOK, 1)


def _placed(intruder: Intruder, scene: Scene, time: int, number: int) -> None:
    """The exploit again, or the shell that is there, writes another."""
    times = np.array([time])
    path = _PICKER if number == 0 else f"/_layouts/15/{intruder.shells[number - 1]}"
    intruder.posts(scene, times, path, query=_DIALOG if number == 0 else "-", received=9_400)
    shell, name = f"{LAYOUTS}\\{intruder.shells[number]}", f"{intruder.folder}\\{number}.txt"
    if scene.chance.random() < 0.5:
        acts(scene, intruder.worker(scene, times), "file_create", times + SECOND, TargetFilename=shell)
        return
    line = f'echo {_MARK} > {name} & certutil -decode {name} "{shell}"'
    parent = start(scene, times + SECOND, intruder.door, intruder.service, CMD, f'"cmd.exe" /c {line}',
                   intruder.worker(scene, times), integrity="High")  # fmt: skip
    decoder = start(scene, times + 2 * SECOND, intruder.door, intruder.service, r"C:\Windows\System32\certutil.exe",
                    f'certutil  -decode {name} "{shell}"', parent, integrity="High")  # fmt: skip
    acts(scene, decoder, "file_create", times + 3 * SECOND, TargetFilename=shell)


def _weekly(scene: Scene, first: int, last: int) -> Integers:
    """About a visit a week; once or twice nobody comes for three to six weeks."""
    chance = scene.chance
    gaps = chance.gamma(9.0, 7 / 9, 80)
    for place in chance.integers(9, 45, int(chance.integers(1, 3))).tolist():
        gaps[place] = chance.uniform(20, 42)
    times = first + np.cumsum(gaps * DAY).astype(np.int64)
    return times[times < last]


def discovery(intruder: Intruder) -> None:
    """Commands in some sessions over weeks, a scan of ports; a year later another scan, from the jump host."""
    plot, member = intruder.plot, intruder.member
    scene = plot.stage("discovery", "Accounts, machines and ports are looked up",
                       ("T1087.002", "T1018", "T1046", "T1033", "T1016", "T1069.002"), member)  # fmt: skip
    chance = scene.chance
    begin = intruder.moment(scene, 18, 5)
    for _ in range(int(chance.integers(3, 6))):
        intruder.commands(scene, begin, _LOOK, int(chance.integers(3, 8)), int(chance.integers(0, 2)))
        begin += int(chance.uniform(1, 6) * DAY * plot.days / LENGTH)
    _scan(intruder, scene, intruder.moment(scene, 26, 12), intruder.door, intruder.service)
    _scan(intruder, scene, intruder.moment(scene, 392, 14), member.one("jump-host"), intruder.admin)


def _scan(intruder: Intruder, scene: Scene, time: int, source: Host, who: Account) -> None:
    """A port scanner, under a name of its own."""
    chance, member = scene.chance, intruder.member
    tool = f"{intruder.folder}\\{intruder.tools[0]}"
    start(scene, time, source, who, tool, tool, integrity="High", build="scanner")
    servers = member.of_role("file-server", "database", "exchange", "print-server", "backup")
    others = chance.permutation(len(member.hosts))[: int(chance.integers(15, 60))]
    targets = np.setdiff1d(np.concatenate([servers, others]), [source.index])
    ports = chance.permutation(len(_PORTS))[: int(chance.integers(3, 7))].tolist()
    minutes = int(chance.integers(4, 45))
    for port in (_PORTS[number] for number in ports):
        times = np.sort(time + SECOND + chance.integers(0, minutes * MINUTE, len(targets)))
        answers = chance.random(len(targets)) < 0.3
        for chosen, state in ((answers, "SF"), (~answers, "S0")):
            if chosen.any():
                inside(scene, times[chosen], source, targets[chosen], port, state=state, sent=60, received=80,
                       seconds=0.05)  # fmt: skip


def lateral_movement(intruder: Intruder) -> None:
    """First with the web server's account over SMB and FTP, then by remote desktop; at the end through the VPN."""
    plot, member = intruder.plot, intruder.member
    scene = plot.stage("lateral-movement", "Remote desktop, SMB and FTP between servers, VPN at the end",
                       ("T1021.001", "T1021.002", "T1570", "T1569.002", "T1078.002", "T1133"), member)  # fmt: skip
    chance, files = scene.chance, member.one("file-server")
    time = intruder.moment(scene, 34, 10)
    _copies(intruder, scene, time, intruder.door, files, intruder.service)
    for hop in chance.permutation(3).tolist():
        time += int(chance.uniform(2, 9) * DAY * plot.days / LENGTH)
        (_transfer, _desktop, _copies)[hop](intruder, scene, time, intruder.door, files, intruder.service)
    for day in np.sort(chance.uniform(80, 330, int(chance.integers(4, 9)))).tolist():
        role = ("exchange", "management", "database", "print-server")[int(chance.integers(0, 4))]
        _desktop(intruder, scene, intruder.moment(scene, day, 1), files, member.one(role), intruder.admin)
    _through_vpn(intruder, scene)


def _copies(intruder: Intruder, scene: Scene, time: int, source: Host, target: Host, who: Account) -> None:
    """A tool is copied over SMB and started as a service."""
    tool = intruder.tools[int(scene.chance.integers(1, 3))]
    path = f"{intruder.folder}\\{tool}"
    inside(scene, time, source, target, 445, sent=int(scene.chance.integers(200_000, 3_000_000)), received=9_000,
           seconds=float(scene.chance.uniform(3, 40)))  # fmt: skip
    logon(scene, time + SECOND, target, who, kind=3, sources=source, ntlm=bool(scene.chance.random() < 0.5))
    system = running(scene, time, target, None, "System")
    acts(scene, system, "file_create", time + 2 * SECOND, TargetFilename=path)
    service_installed(scene, time + 5 * SECOND, target, who, tool.removesuffix(".exe"), path, begin="demand start")
    run = start(scene, time + 6 * SECOND, target, None, path, path, build="agent")
    start(scene, time + 8 * SECOND, target, None, CMD, "cmd.exe /c net user & quser", run)


def _transfer(intruder: Intruder, scene: Scene, time: int, source: Host, target: Host, who: Account) -> None:
    """Files go by FTP."""
    size = int(scene.chance.lognormal(16, 1))
    inside(scene, time, source, target, 21, service="ftp", sent=900, received=2_400, seconds=90.0)
    inside(scene, time + 4 * SECOND, source, target, int(scene.chance.integers(50_000, 60_000)), service="ftp-data",
           sent=size, received=0, seconds=40.0)  # fmt: skip
    start(scene, time - SECOND, source, who, r"C:\Windows\System32\ftp.exe",
          f"ftp -s:{intruder.folder}\\c.txt {target.address}", integrity="High")  # fmt: skip


def _desktop(intruder: Intruder, scene: Scene, time: int, source: Host, target: Host, who: Account) -> None:
    """A remote desktop session of some time, with a look at the machine."""
    chance, length = scene.chance, float(scene.chance.lognormal(7.4, 0.8))
    inside(scene, time - SECOND, source, target, 3389, sent=400_000, received=9_000_000, seconds=length)
    logon(scene, time, target, who, kind=10, sources=source)
    shell = start(scene, time + int(chance.integers(30, 300)) * SECOND, target, who, CMD, f'"{CMD}"', integrity="High")
    program, line = _LOOK[int(chance.integers(0, len(_LOOK)))]
    start(scene, shell.times + 20 * SECOND, target, who, f"C:\\Windows\\System32\\{program}", line, shell,
          integrity="High")  # fmt: skip


def _through_vpn(intruder: Intruder, scene: Scene) -> None:
    """In the last two months two accounts come through the VPN from rented servers; from there to the jump host."""
    member, chance = intruder.member, scene.chance
    for day in np.sort(chance.uniform(366, 421, int(chance.integers(7, 15)))).tolist():
        time = intruder.moment(scene, day, 1)
        guest = intruder.guests[int(chance.integers(0, len(intruder.guests)))]
        which = int(chance.integers(0, len(intruder.servers)))
        intruder.dials(scene, time, guest, which, float(chance.lognormal(8.3, 0.7)))
        if chance.random() < 0.6:
            target = member.one("print-server" if chance.random() < 0.4 else "file-server")
            _desktop(intruder, scene, time + 4 * MINUTE, member.one("jump-host"), target, intruder.admin)


def credential_access(intruder: Intruder) -> None:
    """Defender is switched off, LSASS is read on the file server; a year later again on the print server."""
    member = intruder.member
    scene = intruder.plot.stage("credential-access", "Defender off, credentials from LSASS and the registry",
                                ("T1003.001", "T1003.002", "T1562.001"), member)  # fmt: skip
    _credentials(intruder, scene, intruder.moment(scene, 62, 12), member.one("file-server"), intruder.service)
    _credentials(intruder, scene, intruder.moment(scene, 408, 10), member.one("print-server"), intruder.admin)


def _credentials(intruder: Intruder, scene: Scene, time: int, host: Host, who: Account) -> None:
    chance, folder = scene.chance, intruder.folder
    shell = start(scene, time, host, who, CMD, f'"{CMD}"', integrity="High")
    defender_off(scene, shell, time + 20 * SECOND, host, who)
    ways = chance.permutation(3)[: int(chance.integers(1, 4))].tolist()
    for way in ways:
        time += int(chance.integers(2, 30)) * MINUTE
        if way == 0:
            path = f"{folder}\\{intruder.tools[3]}"
            tool = start(scene, time, host, who, path, f"{path} exit", shell, integrity="High", build="reader")
            _reads_lsass(scene, tool, host, "0x1010", r"C:\Windows\System32\KERNELBASE.dll+2c13e|UNKNOWN(00000A2C)")
        elif way == 1:
            dump = f"{folder}\\{chance.integers(1 << 20):05x}.dmp"
            line = rf"rundll32.exe C:\windows\System32\comsvcs.dll, MiniDump {chance.integers(500, 900)} {dump} full"
            tool = start(scene, time, host, who, r"C:\Windows\System32\rundll32.exe", line, shell, integrity="High")
            _reads_lsass(scene, tool, host, "0x1fffff", r"C:\Windows\System32\dbgcore.DLL+6cf1")
            acts(scene, tool, "file_create", time + 2 * SECOND, TargetFilename=dump)
        else:
            for hive in ("SAM", "SYSTEM"):
                start(scene, time, host, who, r"C:\Windows\System32\reg.exe",
                      f"reg save HKLM\\{hive} {folder}\\{hive[:2].lower()}.hiv", shell, integrity="High")  # fmt: skip
                time += 9 * SECOND


def _reads_lsass(scene: Scene, tool: Processes, host: Host, access: str, trace: str) -> None:
    member, lsass = scene.member, running(scene, tool.times, host, None, _LSASS)
    account = tool.who
    assert isinstance(account, Account)
    scene.note(
        "windows", "process_access", tool.times + SECOND, host, account, SourceProcessGUID=tool.guid,
        SourceProcessId=tool.pid, SourceThreadId="4412", SourceImage=tool.image, TargetProcessGUID=lsass.guid,
        TargetProcessId=lsass.pid, TargetImage=_LSASS, GrantedAccess=access,
        CallTrace=rf"C:\Windows\SYSTEM32\ntdll.dll+9d104|{trace}", SourceUser=f"{member.netbios}\\{account.name}",
        TargetUser=member.tongue.system,
    )  # fmt: skip


def defender_off(scene: Scene, shell: Processes, time: int, host: Host, who: Account) -> None:
    """Defender is switched off by PowerShell or in the registry."""
    if scene.chance.random() < 0.5:
        line = "Set-MpPreference -DisableRealtimeMonitoring $true"
        start(scene, time, host, who, POWERSHELL, f"powershell.exe -c {line}", shell, integrity="High")
        scene.note("windows", "script_block", time + SECOND, host, who, ScriptBlockText=line,
                   ScriptBlockId=f"7c1f7f6e-0000-4000-8000-{scene.chance.integers(1 << 47):012x}")  # fmt: skip
        return
    key = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender"
    tool = start(scene, time, host, who, r"C:\Windows\System32\reg.exe",
                 f'reg add "{key}" /v DisableAntiSpyware /t REG_DWORD /d 1 /f', shell, integrity="High")  # fmt: skip
    acts(scene, tool, "registry_value", time + SECOND // 2, TargetObject=f"{key}\\DisableAntiSpyware",
         Details="DWORD (0x00000001)")  # fmt: skip
