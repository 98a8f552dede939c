"""What four wipers of public record leave in logs. Only their traces are here: nothing of this wipes anything.

    spread_by_policy(…)   a policy of the domain copies a program to its members and starts it by a scheduled task
    hermetic, whisper_gate, caddy, zero_cleare      what the program does on each host

Sources: ESET on HermeticWiper and CaddyWiper, Microsoft MSTIC on WhisperGate, IBM X-Force on ZeroCleare;
CISA AA22-057A.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import Processes, acts, start
from tocsin.exercise.range.actions.programs import hashes
from tocsin.exercise.range.actions.sessions import logon
from tocsin.exercise.range.actions.traffic import connect, inside, lookup
from tocsin.exercise.range.actions.upkeep import (
    driver_loaded,
    restarted,
    service_installed,
    service_state,
    task_created,
)
from tocsin.exercise.range.alliance import Account
from tocsin.exercise.range.columns import Column, Integers, Made, Pool
from tocsin.exercise.range.internet import site_address
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import MINUTE, SECOND

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
_CMD = r"C:\Windows\System32\cmd.exe"


def letters(chance: np.random.Generator, count: int) -> str:
    """Random small letters."""
    return "".join(_LETTERS[number] for number in chance.integers(0, 26, count).tolist())


def spread_by_policy(scene: Scene, time: int, admin: Account, hosts: Integers, program: str, task: str) -> Integers:
    """An administrator's account puts the program into a policy; gives the times at which the hosts' tasks start it."""
    chance, controller = scene.chance, scene.member.one("domain-controller")
    logon(scene, time, controller, admin, kind=10, sources=scene.member.hosts[admin.host])
    name = (
        f"C:\\Windows\\SYSVOL\\domain\\Policies\\{{31B2F340-016D-11D2-945F-{chance.integers(1 << 47):012X}}}\\Machine\\"
    )
    shell = start(scene, time + 2 * MINUTE, controller, admin, _POWERSHELL,
                  f'powershell.exe -NoProfile -Command "Import-Module GroupPolicy; New-GPO -Name {task}"',
                  integrity="High")  # fmt: skip
    acts(scene, shell, "file_create", time + 3 * MINUTE, TargetFilename=f"{name}{program}")
    acts(scene, shell, "file_create", time + 4 * MINUTE,
         TargetFilename=f"{name}Preferences\\ScheduledTasks\\ScheduledTasks.xml")  # fmt: skip
    times = np.sort(time + 10 * MINUTE + chance.integers(0, 25 * MINUTE, len(hosts)))
    inside(scene, times - 20 * SECOND, hosts, controller, 445, sent=4_000, received=140_000, seconds=1.4)
    task_created(scene, times - 8 * SECOND, hosts, None, f"\\{task}", f"C:\\Windows\\Temp\\{program}")
    return times


def raw_writes(scene: Scene, by: Processes, devices: tuple[str, ...], seconds: float) -> None:
    """Each process opens each device for raw access, within so many seconds."""
    count = len(by.times)
    number = np.repeat(np.arange(count), len(devices))
    pool = Pool(devices).pick(np.tile(np.arange(len(devices)), count))
    many = by.take(number)
    wait = scene.chance.integers(SECOND, int(seconds * SECOND), len(number))
    acts(scene, many, "raw_disk", many.times + wait, Device=pool)


def overwrites(scene: Scene, by: Processes, files: int, folder: str, ending: Column, minutes: int) -> None:
    """Each process writes over or renames that many documents below a folder; `ending` is what names get at the end."""
    number = np.repeat(np.arange(len(by.times)), files)
    many, documents = by.take(number), scene.member.documents
    chosen = documents.pick(scene.chance.integers(0, len(documents), len(number)))
    wait = np.sort(scene.chance.integers(4 * SECOND, minutes * MINUTE, len(number)))
    if ending == "":
        acts(scene, many, "file_delete", many.times + wait, Hashes=hashes("document"),
             TargetFilename=Made(folder + r"\%s.docx", (chosen,)))  # fmt: skip
        return
    acts(scene, many, "file_create", many.times + wait, TargetFilename=Made(folder + r"\%s%s", (chosen, ending)))


def hermetic(scene: Scene, times: Integers, hosts: Integers, program: str) -> None:
    """HermeticWiper: crash dumps off, a driver of EaseUS as a service, shadow copies off, raw disks, restart."""
    chance = scene.chance
    wiper = start(scene, times, hosts, None, f"C:\\Windows\\Temp\\{program}", program, build="hermetic")
    driver = letters(chance, 2) + "dr"
    path = f"C:\\Windows\\System32\\drivers\\{driver}.sys"
    acts(scene, wiper, "registry_value", times + SECOND, EventType="SetValue", Details="DWORD (0x00000000)",
         TargetObject=r"HKLM\System\CurrentControlSet\Control\CrashControl\CrashDumpEnabled")  # fmt: skip
    acts(scene, wiper, "file_create", times + 2 * SECOND, TargetFilename=path.removesuffix(".sys"))
    acts(scene, wiper, "file_create", times + 2 * SECOND + 300_000, TargetFilename=path)
    service_installed(scene, times + 3 * SECOND, hosts, None, driver, path, kind="kernel mode driver",
                      begin="demand start", account="")  # fmt: skip
    driver_loaded(scene, times + 4 * SECOND, hosts, path, signature="CHENGDU YIWO Tech Development Co., Ltd.")
    scene.note("windows", "service_start_type", times + 5 * SECOND, hosts, "", param1="Volume Shadow Copy",
               param2="demand start", param3="disabled", param4="VSS")  # fmt: skip
    service_state(scene, times + 6 * SECOND, hosts, "Volume Shadow Copy", "stopped")
    raw_writes(scene, wiper, (r"\Device\Harddisk0\DR0", r"\Device\HarddiskVolume1", r"\Device\HarddiskVolume2",
                              r"\Device\HarddiskVolume3"), 240)  # fmt: skip
    restarted(scene, times + int(chance.integers(8, 35)) * MINUTE, hosts, None, "Other (Unplanned)")


_SLEEP = "UwB0AGEAcgB0AC0AUwBsAGUAZQBwACAALQBzACAAMQAwAA=="  # Start-Sleep -s 10


def whisper_gate(scene: Scene, times: Integers, hosts: Integers, admin: Account, folder: str) -> None:
    """WhisperGate: from a remote shell; the boot record; a loader that stops Defender; files with new endings."""
    source = scene.member.hosts[admin.host]
    logon(scene, times - 3 * SECOND, hosts, admin, kind=3, sources=source, ntlm=True)
    inside(scene, times - 3 * SECOND, source, hosts, 445, sent=620_000, received=8_000, seconds=30.0)
    for stage in ("stage1", "stage2"):
        shell = start(scene, times + (stage == "stage2") * 40 * SECOND, hosts, admin, _CMD,
                      rf"cmd.exe /Q /c start {folder}\{stage}.exe 1> \\127.0.0.1\ADMIN$\__{times[0] // SECOND} 2>&1",
                      integrity="High")  # fmt: skip
        program = start(scene, shell.times + SECOND, hosts, admin, rf"{folder}\{stage}.exe", rf"{folder}\{stage}.exe",
                        shell, integrity="High", build="whisper")  # fmt: skip
        if stage == "stage1":
            raw_writes(scene, program, (r"\Device\Harddisk0\DR0",), 5)
        else:
            _loader(scene, program, admin)
    restarted(scene, times + 90 * MINUTE, hosts, admin, "Other (Unplanned)")


def _loader(scene: Scene, loader: Processes, admin: Account) -> None:
    hosts, times, chance = loader.hosts, loader.times, scene.chance
    temp = f"C:\\Users\\{admin.name}\\AppData\\Local\\Temp\\"
    for wait in (1, 12):
        start(scene, times + wait * SECOND, hosts, admin, _POWERSHELL, f"powershell -enc {_SLEEP}", loader)
    name, address = "cdn.chatfiles.example", site_address("cdn.chatfiles.example")
    lookup(scene, times + 25 * SECOND, hosts, name, address)
    connect(scene, times + 25 * SECOND + 80_000, hosts, address, 443, names=name, sent=900, received=290_000,
            client="dotnet")  # fmt: skip
    script = f"{temp}{letters(chance, 12).capitalize()}.vbs"
    acts(scene, loader, "file_create", times + 28 * SECOND, TargetFilename=script)
    acts(scene, loader, "file_create", times + 29 * SECOND, TargetFilename=f"{temp}AdvancedRun.exe")
    start(scene, times + 30 * SECOND, hosts, admin, r"C:\Windows\System32\wscript.exe", f'"WScript.exe" "{script}"',
          loader)  # fmt: skip
    start(scene, times + 31 * SECOND, hosts, admin, _POWERSHELL,
          r"powershell.exe Set-MpPreference -ExclusionPath 'C:\'", loader)  # fmt: skip
    for wait, program, words in (
        (34, r"C:\Windows\System32\sc.exe", "stop WinDefend"),
        (38, _POWERSHELL, r"rmdir 'C:\ProgramData\Microsoft\Windows Defender' -Recurse"),
    ):
        start(scene, times + wait * SECOND, hosts, admin, f"{temp}AdvancedRun.exe",
              f'"{temp}AdvancedRun.exe" /EXEFilename "{program}" /WindowState 0 /CommandLine "{words}" /RunAs 8 /Run',
              loader, integrity="High")  # fmt: skip
        start(scene, times + (wait + 1) * SECOND, hosts, None, program, f'"{program}" {words}', loader)
    _corrupter(scene, loader, admin, temp)


def _corrupter(scene: Scene, loader: Processes, admin: Account, temp: str) -> None:
    chance, begin = scene.chance, loader.times + 50 * SECOND
    tool = start(scene, begin, loader.hosts, admin, f"{temp}InstallUtil.exe", f"{temp}InstallUtil.exe", loader,
                 integrity="High")  # fmt: skip
    endings = Pool([f".{number:04x}" for number in chance.integers(0, 1 << 16, 40 * len(begin)).tolist()])
    overwrites(scene, tool, 40, r"C:\Users\Public\Documents", endings.pick(np.arange(40 * len(begin))), 12)
    start(scene, begin + 14 * MINUTE, loader.hosts, admin, _CMD,
          f'cmd.exe /min /C ping 192.0.2.111 -n 5 -w 10 > Nul & Del /f /q "{temp}InstallUtil.exe"', tool)  # fmt: skip


def caddy(scene: Scene, times: Integers, hosts: Integers, program: str) -> None:
    """CaddyWiper: people's files, then the other drives, then the layout of the physical drives. Nothing restarts."""
    wiper = start(scene, times, hosts, None, f"C:\\Windows\\Temp\\{program}", program, build="caddy")
    overwrites(scene, wiper, 30, r"C:\Users\Public\Documents", "", 5)
    overwrites(scene, wiper, 12, "D:", "", 9)
    raw_writes(scene, wiper, tuple(rf"\Device\Harddisk{number}\DR{number}" for number in range(3)), 600)


def zero_cleare(scene: Scene, times: Integers, hosts: Integers, admin: Account, folder: str) -> None:
    """ZeroCleare: a batch file over the share; a vulnerable VBoxDrv loads ElRawDisk, which writes over the disks."""
    source = scene.member.hosts[admin.host]
    logon(scene, times - 4 * SECOND, hosts, admin, kind=3, sources=source)
    inside(scene, times - 4 * SECOND, source, hosts, 445, sent=900_000, received=8_000, seconds=12.0)
    shell = start(scene, times, hosts, admin, _CMD, rf'cmd.exe /c "{folder}\ClientUpdate.bat"', integrity="High")
    loader = start(scene, times + 2 * SECOND, hosts, admin, rf"{folder}\soy.exe", rf"{folder}\soy.exe", shell,
                   integrity="High", build="zero")  # fmt: skip
    for wait, name, path, signature in (
        (3, "VBoxDrv", rf"{folder}\saddrv.sys", "innotek GmbH"),
        (6, "elrawdsk", rf"{folder}\elrawdsk.sys", ""),
    ):
        acts(scene, loader, "file_create", times + (wait - 1) * SECOND, TargetFilename=path)
        service_installed(scene, times + wait * SECOND, hosts, admin, name, path, kind="kernel mode driver",
                          begin="demand start", account="")  # fmt: skip
        driver_loaded(scene, times + wait * SECOND + 400_000, hosts, path, signature=signature, signed=bool(signature))
    wiper = start(scene, times + 9 * SECOND, hosts, admin, rf"{folder}\ClientUpdate.exe",
                  rf"{folder}\ClientUpdate.exe {letters(scene.chance, 6)}", shell, integrity="High")  # fmt: skip
    raw_writes(scene, wiper, (r"\Device\Harddisk0\DR0", r"\Device\HarddiskVolume2"), 90)
    restarted(scene, times + 12 * MINUTE, hosts, admin, "Other (Unplanned)")
