"""What programs do on machines with Sysmon: starts and ends, files, registry, libraries, names, connections, drivers.

Sysmon is configured as many are: process starts of people and Windows, files in places that matter, registry run keys
and the like, some libraries, raw reads of disks (defragmentation, antivirus and backups do that every week), drivers
at boot.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import (
    SVCHOST,
    Processes,
    acts,
    ends,
    running,
    start,
)
from tocsin.exercise.range.actions.programs import hashes, resource
from tocsin.exercise.range.actions.upkeep import driver_loaded
from tocsin.exercise.range.alliance import SERVER_ROLES, WINDOWS_ROLES, Member
from tocsin.exercise.range.background.outward import pages
from tocsin.exercise.range.background.rhythm import NIGHT, OFFICE, Today
from tocsin.exercise.range.background.software import software
from tocsin.exercise.range.columns import Integers, Made, Pick, Pool
from tocsin.exercise.range.internet import at_site, zipf_codes
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import HOUR, SECOND

_PERSON_STARTS, _DESK_STARTS, _SERVER_STARTS = 13.0, 11.0, 16.0  # a host a day
_FILES = Pool(
    [
        r"C:\Users\%s\AppData\Local\Temp\~DF%s.TMP",
        r"C:\Users\%s\AppData\Local\Microsoft\Edge\User Data\Default\Cache\Cache_Data\f_%s",
        r"C:\Users\%s\AppData\Roaming\Microsoft\Office\Recent\%s.LNK",
        r"C:\Users\%s\Downloads\%s.pdf",
        r"C:\Users\%s\AppData\Local\Microsoft\Windows\INetCache\IE\%s.js",
        r"C:\Users\%s\Documents\%s.docx",
    ]
)
_FILE_SHARES = (0.32, 0.3, 0.14, 0.08, 0.1, 0.06)
_VALUES = Pool(
    [
        r"HKU\S-1-5-21\SOFTWARE\Microsoft\Office\16.0\Word\File MRU\Item 1",
        r"HKU\S-1-5-21\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\RecentDocs\.docx\MRUListEx",
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\LastOnlineScanTimeForAppCategory",
        r"HKLM\System\CurrentControlSet\Services\W32Time\Config\LastKnownGoodTime",
        r"HKLM\System\CurrentControlSet\Services\bam\State\UserSettings\S-1-5-18\Version",
        r"HKU\S-1-5-21\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\MicrosoftEdgeAutoLaunch",
        r"HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates\SignatureVersion",
        r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection\AllowTelemetry",
    ]
)
_VALUE_SHARES = (0.22, 0.2, 0.14, 0.12, 0.12, 0.03, 0.12, 0.05)
_LIBRARIES = Pool(
    [
        r"C:\Windows\System32\dbghelp.dll",
        r"C:\Windows\System32\taskschd.dll",
        r"C:\Windows\System32\wbem\fastprox.dll",
        r"C:\Windows\System32\samlib.dll",
        r"C:\Windows\System32\vaultcli.dll",
        r"C:\Program Files\Common Files\Microsoft Shared\OFFICE16\MSO.DLL",
        r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\clr.dll",
    ]
)
_DRIVERS = (
    (r"C:\Windows\System32\drivers\srv2.sys", "Microsoft Windows"),
    (r"C:\Windows\System32\drivers\WdFilter.sys", "Microsoft Windows"),
    (r"C:\Windows\System32\drivers\e1d68x64.sys", "Intel Corporation"),
    (r"C:\Windows\System32\drivers\igdkmd64.sys", "Intel Corporation"),
    (r"C:\Windows\System32\drivers\rtkvhd64.sys", "Realtek Semiconductor Corp."),
    (r"C:\Windows\System32\drivers\SysmonDrv.sys", "Microsoft Windows Hardware Compatibility Publisher"),
)
_RAW = Pool(
    [
        r"C:\Windows\System32\Defrag.exe",
        r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.26010.5-0\MsMpEng.exe",
        r"C:\Windows\System32\svchost.exe",
        r"C:\Windows\System32\wbengine.exe",
    ]
)


def covered_desks(member: Member) -> Integers:
    """Desks with Sysmon."""
    return member.watched("sysmon", "workstation")


def _spread(scene: Scene, hosts: Integers, mean: float) -> Integers:
    """Hosts repeated by how often each does something, shuffled."""
    counts = scene.chance.poisson(mean * np.minimum(scene.member.busyness[hosts], 4))
    return scene.chance.permutation(np.repeat(hosts, counts))


def people_work(scene: Scene, today: Today) -> None:
    """People start programs; these write files and values, ask for names, connect, end."""
    chance, member = scene.chance, scene.member
    desks = covered_desks(member)
    hosts = _spread(scene, desks[chance.random(len(desks)) < today.presence], _PERSON_STARTS)
    if not len(hosts):
        return
    people = member.person_at[hosts]
    image, command = software("person").starts(chance, member, people)
    made = start(
        scene, today.times(chance, OFFICE, len(hosts)), hosts, people, image, command, directory="C:\\Users\\Public\\"
    )
    _files(scene, made)
    _registry(scene, made, 0.22)
    _libraries(scene, made, 0.08)
    _names_and_connections(scene, made)
    _deleted(scene, made)
    some = _some(scene, made, 0.6)
    ends(scene, some, chance.lognormal(5.0, 1.8, len(some.times)).clip(1, 30_000))


def _some(scene: Scene, made: Processes, share: float) -> Processes:
    return made.take(np.flatnonzero(scene.chance.random(len(made.times)) < share))


def _later(scene: Scene, made: Processes, seconds: float) -> Integers:
    wait = scene.chance.exponential(seconds, len(made.times)) * SECOND
    return np.asarray(made.times + 50_000 + wait.astype(np.int64), dtype=np.int64)


def _files(scene: Scene, made: Processes) -> None:
    """Files that people's programs make."""
    chance, some = scene.chance, _some(scene, made, 0.45)
    count = len(some.times)
    if not count:
        return
    codes = chance.choice(len(_FILES), size=count, p=_FILE_SHARES)
    before = _FILES.mapped("before", lambda text: text.split("%s")[0])
    between = _FILES.mapped("between", lambda text: text.split("%s")[1])
    after = _FILES.mapped("after", lambda text: text.split("%s")[2])
    account = scene.member.of_account("name", np.asarray(some.who))
    documents = scene.member.documents.pick(chance.integers(0, len(scene.member.documents), count))
    name = Made("%s%s%s%s%s", (before.pick(codes), account, between.pick(codes), documents, after.pick(codes)))
    acts(
        scene,
        some,
        "file_create",
        _later(scene, some, 20),
        TargetFilename=name,
        CreationUtcTime="2026-02-03 08:11:20.123",
    )


def _deleted(scene: Scene, made: Processes) -> None:
    """Temporary files go again (Sysmon 26; 23 on servers)."""
    some = _some(scene, made, 0.06)
    count = len(some.times)
    if not count:
        return
    account = scene.member.of_account("name", np.asarray(some.who))
    number = scene.chance.integers(0, 1 << 24, count)
    acts(
        scene, some, "file_delete_noted", _later(scene, some, 60), Hashes=hashes("temporary"),
        TargetFilename=Made(r"C:\Users\%s\AppData\Local\Temp\~DF%06x.TMP", (account, number)),
    )  # fmt: skip


def _registry(scene: Scene, made: Processes, share: float) -> None:
    some = _some(scene, made, share)
    count = len(some.times)
    if count:
        value = _VALUES.pick(scene.chance.choice(len(_VALUES), size=count, p=_VALUE_SHARES))
        acts(scene, some, "registry_value", _later(scene, some, 30), TargetObject=value, Details="Binary Data")


def _libraries(scene: Scene, made: Processes, share: float) -> None:
    some = _some(scene, made, share)
    count = len(some.times)
    if not count:
        return
    loaded = _LIBRARIES.pick(zipf_codes(scene.chance, len(_LIBRARIES), count))
    version = {
        name: loaded.pool.mapped(name, lambda image, place=place: resource(image)[place]).pick(loaded.codes)  # type: ignore[misc]  # bound
        for place, name in enumerate(("FileVersion", "Description", "Product", "Company", "OriginalFileName"))
    }
    digest = loaded.pool.mapped("hashes", hashes).pick(loaded.codes)
    acts(scene, some, "image_load", _later(scene, some, 1), ImageLoaded=loaded, Hashes=digest, **version)


def _names_and_connections(scene: Scene, made: Processes) -> None:
    """Browsers and office programs ask for names and connect (Sysmon 22 and 3)."""
    chance, some = scene.chance, _some(scene, made, 0.5)
    count = len(some.times)
    if not count:
        return
    sites = pages().pick(zipf_codes(chance, len(pages()), count))
    addresses = at_site(sites)
    times = _later(scene, some, 2)
    answer = Made("::ffff:%s;", (addresses,))
    acts(scene, some, "dns_query", times, QueryName=sites, QueryResults=answer)
    connections(scene, some, times + 40_000, addresses, sites)


def connections(scene: Scene, made: Processes, times: Integers, addresses: Pick, names: Pick, port: int = 443) -> None:
    """Sysmon 3 for each process."""
    member, count = scene.member, len(times)
    acts(
        scene, made, "network_connection", times, SourceIp=member.of_host("address", made.hosts),
        SourceHostname=member.of_host("computer", made.hosts), SourcePort=scene.chance.integers(49_152, 65_535, count),
        DestinationIp=addresses, DestinationHostname=names, DestinationPort=str(port),
        DestinationPortName="https" if port == 443 else "-",
    )  # fmt: skip


def machines_work(scene: Scene, today: Today) -> None:
    """Windows itself, on desks that are on and on servers."""
    chance, member = scene.chance, scene.member
    desks = covered_desks(member)
    on = desks[chance.random(len(desks)) < max(today.presence, 0.15)]
    servers, pace = _servers(member), member.setting.pace
    for kind, hosts, hours in (
        ("desk", _spread(scene, on, _DESK_STARTS / pace), OFFICE),
        ("server", _spread(scene, servers, _SERVER_STARTS / pace), NIGHT),
    ):
        if not len(hosts):
            continue
        image, command = software(kind).starts(chance, member, np.zeros(len(hosts), dtype=np.int64))
        parent = None
        times = today.times(chance, hours, len(hosts))
        if kind == "desk":
            parent = running(
                scene, times, hosts, None, SVCHOST, r"C:\Windows\system32\svchost.exe -k netsvcs -p -s Schedule"
            )
        made = start(scene, times, hosts, None, image, command, parent)
        _registry(scene, made, 0.12)
        some = _some(scene, made, 0.35)
        ends(scene, some, chance.lognormal(3.0, 1.5, len(some.times)).clip(1, 30_000))
    _disks(scene, today, on, servers)
    _boots(scene, today, on)


def _servers(member: Member) -> Integers:
    """Windows servers that note program starts: by Sysmon, or by 4688 where there is none."""
    roles = [role for role in SERVER_ROLES if role in WINDOWS_ROLES]
    return member.of_role(*roles)


def _disks(scene: Scene, today: Today, desks: Integers, servers: Integers) -> None:
    """Raw reads of disks: antivirus, system services, defragmentation, backups."""
    chance = scene.chance
    hosts = np.concatenate([desks[chance.random(len(desks)) < 0.12], servers[chance.random(len(servers)) < 0.4]])
    if not len(hosts):
        return
    chosen = np.repeat(hosts, chance.integers(1, 4, len(hosts)))
    image = _RAW.pick(chance.choice(len(_RAW), size=len(chosen), p=(0.25, 0.4, 0.25, 0.1)))
    reader = running(scene, today.times(chance, NIGHT, len(chosen)), chosen, None, image)
    device = Pool([r"\Device\HarddiskVolume1", r"\Device\HarddiskVolume3", r"\Device\Harddisk0\DR0"])
    acts(
        scene,
        reader,
        "raw_disk",
        reader.times,
        Device=device.pick(chance.choice(3, size=len(chosen), p=(0.3, 0.6, 0.1))),
    )


def _boots(scene: Scene, today: Today, desks: Integers) -> None:
    """Drivers at boot, on desks that were switched on anew."""
    chance = scene.chance
    booted = desks[chance.random(len(desks)) < 0.06]
    if not len(booted):
        return
    times = today.times(chance, OFFICE, len(booted)) - HOUR // 2
    for path, signature in _DRIVERS:
        driver_loaded(scene, times + chance.integers(0, 9 * SECOND, len(booted)), booted, path, signature=signature)
