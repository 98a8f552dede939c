"""The last days of albania-2022: files are encrypted, and when people notice, disks are wiped.

Facts: CISA AA22-264A: RDP to a print server, from there a program (Mellona.exe) that carries the encryptor (GoXml.exe)
and a script (win.bat) to a list of machines; notes How_To_Unlock_MyFiles.txt; then cl.exe, a ZeroCleare kind of wiper
with the raw disk driver rwdsk.sys; a program that switches Defender off. These are traces: nothing encrypts or wipes.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import acts, running, start
from tocsin.exercise.range.actions.sessions import logon
from tocsin.exercise.range.actions.traffic import inside
from tocsin.exercise.range.actions.upkeep import driver_loaded, log_cleared, restarted, service_installed, service_state
from tocsin.exercise.range.columns import Integers, Made, Pool
from tocsin.exercise.range.scenarios.albania_entry import defender_off
from tocsin.exercise.range.scenarios.albania_intruder import CMD, LENGTH, Intruder
from tocsin.exercise.range.scenarios.wiper_kernels import letters, overwrites, raw_writes
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import DAY, HOUR, MINUTE, SECOND

_DAY = 424  # 15 July 2022
_ROLES = ("file-server", "database", "exchange", "backup", "management", "sharepoint")
_NOTES = ("How_To_Unlock_MyFiles.txt", "How_To_Unlock_MyFiles.txt", "READ_ME_Unlock.txt", "Unlock_Instructions.txt")
_CARRIERS, _ENCRYPTORS = ("Mellona.exe", "Mellon.exe", "deploy.exe"), ("GoXml.exe", "GoXml64.exe", "xmlsvc.exe")
_WIPERS, _DRIVERS = ("cl.exe", "clnr.exe", "dskmgr.exe"), ("rwdsk", "rwdisk", "elrwdsk")
_STOPPED = Pool(["Volume Shadow Copy", "MSSQLSERVER", "Windows Backup", "Print Spooler"])
_DARK = 100 * MINUTE  # after the last restart nobody hears of a host


def ransomware_and_wiper(intruder: Intruder) -> None:
    """Encryption from the print server by day; hours or a day later the wiper on other machines."""
    plot, member = intruder.plot, intruder.member
    scene = plot.stage(
        "ransomware-and-wiper",
        "Files are encrypted from the print server, then disks are wiped",
        ("T1486", "T1561.002", "T1562.001", "T1570", "T1021.002", "T1543.003", "T1491.001"),
        member,
    )
    chance = scene.chance
    day = plot.first_us + int(_DAY * plot.days / LENGTH) * DAY
    begin = day + int(chance.integers(3 * HOUR, 17 * HOUR))
    hosts = _victims(scene)
    half = max(2, len(hosts) * 2 // 3)
    last = _encrypts(intruder, scene, begin, hosts[:half])
    wiped = begin + int(chance.uniform(5, 40) * HOUR)
    last = max(last, _wipes(intruder, scene, wiped, hosts[half // 2 :]))
    if plot.attack:
        plot.silence(member, last + _DARK, plot.last_us, hosts=hosts[half // 2 :])


def _victims(scene: Scene) -> Integers:
    """Servers and desks, in no order; those with Sysmon among them."""
    member, chance = scene.member, scene.chance
    servers = chance.permutation(member.of_role(*_ROLES))[:5]
    watched = chance.permutation(member.watched("sysmon", "workstation"))[:4]
    others = chance.permutation(member.of_role("workstation"))[: int(chance.integers(12, 40))]
    return np.asarray(chance.permutation(np.unique(np.concatenate([servers, watched, others]))), dtype=np.int64)


def _encrypts(intruder: Intruder, scene: Scene, begin: int, hosts: Integers) -> int:
    """Through the VPN to the print server; a carrier copies the encryptor to each machine and starts it."""
    member, chance, admin = intruder.member, scene.chance, intruder.admin
    base, note = member.one("print-server"), _NOTES[int(chance.integers(0, len(_NOTES)))]
    carrier, encryptor = (names[int(chance.integers(0, len(names)))] for names in (_CARRIERS, _ENCRYPTORS))
    script, folder = f"{letters(chance, 3)}.bat", intruder.folder
    intruder.dials(scene, begin - HOUR, intruder.guests[0], len(intruder.servers) - 1, float(chance.uniform(7e3, 2e4)))
    logon(scene, begin - 40 * MINUTE, base, admin, kind=10, sources=member.one("jump-host"))
    shell = start(scene, begin - 30 * MINUTE, base, admin, CMD, f'"{CMD}"', integrity="High")
    defender_off(scene, shell, begin - 20 * MINUTE, base, admin)
    start(scene, begin, base, admin, f"{folder}\\{carrier}", f"{carrier} {folder}\\list.txt", shell, integrity="High",
          build="carrier")  # fmt: skip
    times = np.sort(begin + 5 * SECOND + chance.integers(0, int(chance.integers(8, 50)) * MINUTE, len(hosts)))
    inside(scene, times, base, hosts, 445, sent=1_900_000, received=9_000, seconds=3.0)
    logon(scene, times + SECOND, hosts, admin, kind=3, sources=base)
    system = running(scene, times, hosts, None, "System")
    for wait, name in ((2, encryptor), (3, script)):
        acts(scene, system, "file_create", times + wait * SECOND, TargetFilename=f"C:\\ProgramData\\{name}")
    service_installed(scene, times + 4 * SECOND, hosts, admin, letters(chance, 8), f"C:\\ProgramData\\{script}",
                      begin="demand start")  # fmt: skip
    _files(scene, times + 5 * SECOND, hosts, encryptor, script, note)
    return int(times.max()) + HOUR


def _files(scene: Scene, times: Integers, hosts: Integers, encryptor: str, script: str, note: str) -> None:
    """On each machine: services stop, documents get another ending, notes appear in every folder."""
    chance = scene.chance
    batch = start(scene, times, hosts, None, CMD, f'cmd.exe /c "C:\\ProgramData\\{script}"')
    service_state(scene, times + SECOND, hosts, _STOPPED.pick(chance.integers(0, len(_STOPPED), len(hosts))), "stopped")
    path = f"C:\\ProgramData\\{encryptor}"
    program = start(
        scene, times + 2 * SECOND, hosts, None, path, f"{path} {letters(chance, 6)}", batch, build="encryptor"
    )
    overwrites(scene, program, int(chance.integers(40, 160)), r"C:\Users\Public\Documents",
               (".lck", ".lock", f".{letters(chance, 4)}")[int(chance.integers(0, 3))], 25)  # fmt: skip
    again = program.take(np.repeat(np.arange(len(times)), 5))
    folders = Pool([r"C:\Users\Public", r"C:\Users\Public\Documents", r"C:\Users\Public\Desktop", "D:", "C:"])
    acts(scene, again, "file_create", again.times + chance.integers(4, 1_500, len(again.times)) * SECOND,
         TargetFilename=Made(f"%s\\{note}", (folders.pick(np.arange(len(again.times)) % 5),)))  # fmt: skip


def _wipes(intruder: Intruder, scene: Scene, begin: int, hosts: Integers) -> int:
    """The wiper comes over shares, loads a driver for raw disks, writes over them; some logs are cleared first."""
    member, chance, admin = intruder.member, scene.chance, intruder.admin
    base = member.one("domain-controller" if chance.random() < 0.5 else "print-server")
    hosts = hosts[hosts != base.index]
    wiper, driver = (names[int(chance.integers(0, len(names)))] for names in (_WIPERS, _DRIVERS))
    times = np.sort(begin + chance.integers(0, int(chance.integers(6, 60)) * MINUTE, len(hosts)))
    inside(scene, times, base, hosts, 445, sent=900_000, received=8_000, seconds=2.0)
    logon(scene, times + SECOND, hosts, admin, kind=3, sources=base)
    shell = start(scene, times + 2 * SECOND, hosts, admin, CMD, f'cmd.exe /c "C:\\Windows\\Temp\\{wiper}" in',
                  integrity="High")  # fmt: skip
    path = f"C:\\Windows\\System32\\drivers\\{driver}.sys"
    acts(scene, shell, "file_create", times + 3 * SECOND, TargetFilename=path)
    service_installed(scene, times + 4 * SECOND, hosts, admin, driver, path, kind="kernel mode driver",
                      begin="demand start", account="")  # fmt: skip
    driver_loaded(scene, times + 5 * SECOND, hosts, path, signature="EldoS Corporation", build="raw")
    wipe = start(scene, times + 8 * SECOND, hosts, admin, f"C:\\Windows\\Temp\\{wiper}", f"{wiper} wp", shell,
                 integrity="High", build="wiper")  # fmt: skip
    raw_writes(scene, wipe, (r"\Device\Harddisk0\DR0", r"\Device\HarddiskVolume2", r"\Device\HarddiskVolume3"), 300)
    if chance.random() < 0.6:
        log_cleared(scene, times + 2 * MINUTE, hosts, admin)
    restarted(scene, times + 14 * MINUTE, hosts, admin, "Other (Unplanned)")
    return int(times.max()) + 14 * MINUTE
