"""Programs start on Windows machines and do things: Sysmon where it covers the host, else Security 4688 on servers.

    shell = start(scene, times, hosts, account, r"C:\\Windows\\System32\\cmd.exe", "cmd.exe /c …", parent=…)
    acts(scene, shell, "file_create", TargetFilename=…)      # any Sysmon kind that a process is behind
    wide = start(scene, times, hosts, None, …)               # None: Windows itself (SYSTEM)

Ids link without state: a process GUID is of host, start and process id; a logon id of host, account and day
(`logon_id`), so what 4624 says of a session and what a program in it leaves carry the same number.
"""

from dataclasses import dataclass

import numpy as np

from tocsin.exercise.range.actions.programs import RESOURCE, hashes, resource
from tocsin.exercise.range.alliance import SERVER_ROLES, Account, Host, Member
from tocsin.exercise.range.columns import Column, Integers, Made, Pick, mapped, taken
from tocsin.exercise.range.scene import Hosts, Scene, Times
from tocsin.exercise.range.times import DAY
from tocsin.exercise.range.windows_form import guid, windows_kinds

EXPLORER = r"C:\Windows\explorer.exe"
SERVICES = r"C:\Windows\System32\services.exe"
SVCHOST = r"C:\Windows\System32\svchost.exe"
SYSTEM_FOLDER = "C:\\Windows\\System32\\"
SYSTEM_SID = "S-1-5-18"
SYSTEM_LOGON = 0x3E7
Who = Account | Integers | None  # an account, one a record (numbers), or Windows itself


def one_each(value: Hosts, count: int) -> Integers | int:
    """Host numbers: one for all or one a record."""
    return value.index if isinstance(value, Host) else value


def account_numbers(who: Who) -> Integers | int:
    """Account numbers, -1 for Windows itself."""
    return who.index if isinstance(who, Account) else -1 if who is None else who


def label(member: Member, who: Who) -> str | Pick:
    """How the ground truth and Security events call whoever it is; empty for Windows itself."""
    if who is None:
        return ""
    column = member.of_account("name", account_numbers(who))
    assert isinstance(column, (str, Pick))
    return column


def user(member: Member, who: Who) -> Column:
    """`DOMAIN\\name`, or what the member's Windows calls itself."""
    return member.tongue.system if who is None else member.of_account("user", account_numbers(who))


def logon_id(hosts: Integers | int, who: Integers | int, times: Integers) -> Integers:
    """The number of an account's session on a host on a day; Windows' own for -1."""
    host, account, day = np.asarray(hosts), np.asarray(who), times // DAY
    number = 0x20000 + (host * 7_919 + account * 104_729 + day * 1_299_709) % 0x3FFFFFF
    return np.asarray(np.where(account < 0, SYSTEM_LOGON, number), dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Processes:
    """Programs that started, one a time."""

    times: Integers
    hosts: Integers | int
    who: Who
    image: str | Pick
    command: Column
    pid: Integers
    guid: Made

    def take(self, chosen: Integers) -> "Processes":
        """The chosen ones; the same one may be chosen again."""
        image, made = taken(self.image, chosen), taken(self.guid, chosen)
        assert isinstance(image, (str, Pick)) and isinstance(made, Made)
        hosts = self.hosts if isinstance(self.hosts, int) else self.hosts[chosen]
        who = self.who[chosen] if isinstance(self.who, np.ndarray) else self.who
        return Processes(self.times[chosen], hosts, who, image, taken(self.command, chosen), self.pid[chosen], made)


def running(scene: Scene, times: Times, hosts: Hosts, who: Who, image: str | Pick, command: Column = "") -> Processes:
    """Programs that have been running for long: nothing notes them, but what they do may be noted (`acts`).

    The same host, image and day give the same process.
    """
    moments = np.atleast_1d(np.asarray(times, dtype=np.int64))
    numbers = one_each(hosts, len(moments))
    spread = image.codes * 52 if isinstance(image, Pick) else len(image) * 52
    pid = np.asarray(
        900 + (np.asarray(numbers) * 36 + spread) % 9_000 // 4 * 4 + np.zeros(len(moments)), dtype=np.int64
    )
    begun = moments // DAY * DAY - 3_600_000_000
    return Processes(moments, numbers, who, image, command or image, pid, guid(numbers, begun, pid))


def start(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    who: Who,
    image: str | Pick,
    command: Column,
    parent: Processes | None = None,
    *,
    directory: Column = SYSTEM_FOLDER,
    integrity: str = "",
    build: str = "",
) -> Processes:
    """Programs start. Without a parent, people's are started by Explorer and Windows' own by the service manager.

    `build` stands for the version of the file: another one has other hashes.
    """
    moments = np.atleast_1d(np.asarray(times, dtype=np.int64))
    numbers = one_each(hosts, len(moments))
    pid = scene.chance.integers(700, 16_000, len(moments)) * 4
    made = Processes(moments, numbers, who, image, command, pid, guid(numbers, moments, pid))
    origin = parent or running(scene, moments, hosts, who, SERVICES if who is None else EXPLORER)
    level = integrity or ("System" if who is None else "Medium")
    _sysmon(scene, made, origin, directory, level, build)
    _security(scene, made, origin, level)
    return made


def _sysmon(scene: Scene, made: Processes, parent: Processes, directory: Column, level: str, build: str) -> None:
    accounts = account_numbers(made.who)
    fields = {
        name: mapped(made.image, name, lambda image, place=place: resource(image)[place])  # type: ignore[misc]
        for place, name in enumerate(RESOURCE)
    }
    scene.note(
        "windows", "process_create", made.times, made.hosts, label(scene.member, made.who),
        ProcessGuid=made.guid, ProcessId=made.pid, Image=made.image, **fields,
        CommandLine=made.command, CurrentDirectory=directory, User=user(scene.member, made.who),
        LogonGuid=guid(made.hosts, made.times // DAY * DAY, logon_id(made.hosts, accounts, made.times)),
        LogonId=Made("0x%x", (logon_id(made.hosts, accounts, made.times),)),
        TerminalSessionId="0" if made.who is None else "1", IntegrityLevel=level,
        Hashes=mapped(made.image, f"hashes {build}", lambda image: hashes(image, build)),
        ParentProcessGuid=parent.guid, ParentProcessId=parent.pid, ParentImage=parent.image,
        ParentCommandLine=parent.command, ParentUser=user(scene.member, parent.who),
    )  # fmt: skip


_LABELS = {"Low": "S-1-16-4096", "Medium": "S-1-16-8192", "High": "S-1-16-12288", "System": "S-1-16-16384"}


def _security(scene: Scene, made: Processes, parent: Processes, level: str) -> None:
    """4688, which the range's members forward from servers without Sysmon only."""
    member = scene.member
    servers = np.zeros(len(member.hosts), dtype=bool)
    servers[member.of_role(*SERVER_ROLES, "admin-workstation", "hmi")] = True
    wanted = servers & ~member.sees("sysmon")
    chosen = np.flatnonzero(np.broadcast_to(wanted[made.hosts], len(made.times)))
    if not len(chosen) or not member.sees("security").any():
        return
    made, parent = made.take(chosen), parent.take(chosen)
    scene.note(
        "windows", "process_audit", made.times, made.hosts, label(member, made.who),
        **subject(scene, made.who, made.hosts, made.times),
        NewProcessId=Made("0x%x", (made.pid,)), NewProcessName=made.image, ProcessId=Made("0x%x", (parent.pid,)),
        CommandLine=made.command, ParentProcessName=parent.image, MandatoryLabel=_LABELS[level],
    )  # fmt: skip


def subject(scene: Scene, who: Who, hosts: Integers | int, times: Integers) -> dict[str, Column]:
    """The four Subject fields of Security events: who, in which session. Windows itself appears as the machine."""
    member, accounts = scene.member, account_numbers(who)
    name = member.of_host("machine", hosts) if who is None else member.of_account("name", accounts)
    return {
        "SubjectUserSid": SYSTEM_SID if who is None else member.of_account("sid", accounts),
        "SubjectUserName": name,
        "SubjectDomainName": member.netbios,
        "SubjectLogonId": Made("0x%x", (logon_id(hosts, accounts, times),)),
    }


def acts(scene: Scene, by: Processes, kind: str, times: Times | None = None, **values: Column) -> None:
    """What processes do, as Sysmon notes it: file_create, registry_value, dns_query, network_connection, image_load …

    Without times it happens within seconds after the start.
    """
    if times is None:
        times = by.times + (scene.chance.exponential(1.5, len(by.times)) * 1_000_000).astype(np.int64) + 20_000
    own: dict[str, Column] = {
        "ProcessGuid": by.guid,
        "ProcessId": by.pid,
        "Image": by.image,
        "User": user(scene.member, by.who),
    }
    fields = windows_kinds()[kind].fields
    given = {name: column for name, column in own.items() if name in fields} | values
    scene.note("windows", kind, times, by.hosts, label(scene.member, by.who), **given)


def ends(scene: Scene, by: Processes, seconds: Column) -> None:
    """The processes end after so many seconds."""
    moments = by.times + (np.asarray(seconds, dtype=float) * 1_000_000).astype(np.int64)
    acts(scene, by, "process_end", moments)
