"""Services, scheduled tasks, drivers, accounts, updates, event logs on Windows machines.

Each leaves what the member's sensors note: 7045 and 4697 for a service, 4698 and TaskScheduler's 106 for a task.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import Who, account_numbers, label, one_each, subject
from tocsin.exercise.range.actions.programs import hashes
from tocsin.exercise.range.actions.sessions import controllers
from tocsin.exercise.range.actions.traffic import moments_of
from tocsin.exercise.range.alliance import SERVER_ROLES, Account, Member
from tocsin.exercise.range.columns import Column, Made
from tocsin.exercise.range.scene import Hosts, Scene, Times

_TASK = (
    '<?xml version="1.0" encoding="UTF-16"?>\r\n<Task version="1.2"><Triggers><CalendarTrigger><ScheduleByDay>'
    "<DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger></Triggers><Principals><Principal><UserId>{user}</UserId>"
    "</Principal></Principals><Actions><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions></Task>"
)


def service_installed(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    who: Who,
    name: Column,
    path: Column,
    *,
    kind: str = "user mode service",
    begin: str = "auto start",
    account: Column = "LocalSystem",
) -> None:
    """A service is installed: System 7045, and Security 4697 on servers."""
    moments = moments_of(times)
    numbers = one_each(hosts, len(moments))
    scene.note(
        "windows", "service_installed", moments, numbers, label(scene.member, who),
        ServiceName=name, ImagePath=path, ServiceType=kind, StartType=begin, AccountName=account,
    )  # fmt: skip
    servers = np.isin(np.broadcast_to(np.asarray(numbers), (len(moments),)), scene.member.of_role(*SERVER_ROLES))
    if servers.all():
        scene.note(
            "windows", "service_audit", moments, numbers, label(scene.member, who),
            **subject(scene, who, numbers, moments),
            ServiceName=name, ServiceFileName=path, ServiceType="0x1" if "driver" in kind else "0x10",
            ServiceStartType={"boot start": "0", "system start": "1", "auto start": "2"}.get(begin, "3"),
            ServiceAccount=account,
        )  # fmt: skip


def service_state(scene: Scene, times: Times, hosts: Hosts, name: Column, state: Column) -> None:
    """A service is `running` or `stopped` (System 7036)."""
    moments = moments_of(times)
    scene.note(
        "windows", "service_state", moments, one_each(hosts, len(moments)), "", param1=name, param2=state, Binary=""
    )


def task_created(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    who: Who,
    name: Column,
    command: str,
    arguments: str = "",
    runs_as: str = "S-1-5-18",
) -> None:
    """A scheduled task is made: Security 4698 and TaskScheduler 106. `name` begins with a backslash."""
    moments = moments_of(times)
    numbers = one_each(hosts, len(moments))
    content = _TASK.format(user=runs_as, command=command, arguments=arguments)
    scene.note(
        "windows", "task_created", moments, numbers, label(scene.member, who), **subject(scene, who, numbers, moments),
        TaskName=name, TaskContent=content,
    )  # fmt: skip
    context = scene.member.tongue.system if who is None else scene.member.of_account("user", account_numbers(who))
    scene.note(
        "windows", "task_registered", moments, numbers, label(scene.member, who), TaskName=name, UserContext=context
    )


def task_started(scene: Scene, times: Times, hosts: Hosts, name: Column, action: Column) -> None:
    """A task runs (TaskScheduler 200)."""
    moments = moments_of(times)
    scene.note(
        "windows", "task_started", moments, one_each(hosts, len(moments)), "", TaskName=name, ActionName=action,
        TaskInstanceId="{00000000-0000-0000-0000-000000000000}", EnginePID="1840",
    )  # fmt: skip


def driver_loaded(
    scene: Scene,
    times: Times,
    hosts: Hosts,
    path: str,
    *,
    signature: str = "Microsoft Windows",
    signed: bool = True,
    build: str = "",
) -> None:
    """A driver is loaded (Sysmon 6)."""
    moments = moments_of(times)
    scene.note(
        "windows", "driver_load", moments, one_each(hosts, len(moments)), "", ImageLoaded=path,
        Hashes=hashes(path, build),
        Signed=str(signed).lower(), Signature=signature if signed else "-",
        SignatureStatus="Valid" if signed else "Unavailable",
    )  # fmt: skip


def log_cleared(scene: Scene, times: Times, hosts: Hosts, who: Who, channel: str = "Security") -> None:
    """An event log is cleared: Security 1102 or System 104."""
    moments = moments_of(times)
    numbers = one_each(hosts, len(moments))
    by = subject(scene, who, numbers, moments)
    if channel == "Security":
        scene.note("windows", "security_log_cleared", moments, numbers, label(scene.member, who), **by)
        return
    scene.note(
        "windows", "log_cleared", moments, numbers, label(scene.member, who),
        SubjectUserName=by["SubjectUserName"], SubjectDomainName=by["SubjectDomainName"], Channel=channel,
    )  # fmt: skip


def account_event(scene: Scene, kind: str, times: Times, by: Account, who: Who, *, host: Hosts | None = None) -> None:
    """Something is done to an account at a domain controller.

    `kind`: user_enabled, user_disabled, user_unlocked, user_changed, user_deleted, password_reset, password_changed.
    """
    moments = moments_of(times)
    member, accounts = scene.member, account_numbers(who)
    at = controllers(member, by.host if host is None else host, len(moments))
    scene.note(
        "windows", kind, moments, at, label(member, who), TargetUserName=member.of_account("name", accounts),
        TargetDomainName=member.netbios, TargetSid=member.of_account("sid", accounts),
        **subject(scene, by, at, moments),
    )  # fmt: skip


def user_created(scene: Scene, times: Times, by: Account, name: str, display: str, sid: str = "") -> None:
    """An account is made (4720)."""
    moments = moments_of(times)
    member = scene.member
    at = controllers(member, by.host, len(moments))
    scene.note(
        "windows", "user_created", moments, at, name, TargetUserName=name, TargetDomainName=member.netbios,
        TargetSid=sid or f"{member.sid}-31001", SamAccountName=name, DisplayName=display,
        UserPrincipalName=f"{name}@{member.domain}", PrimaryGroupId="513", OldUacValue="0x0", NewUacValue="0x15",
        UserAccountControl="%%2080 %%2082 %%2084", **subject(scene, by, at, moments),
    )  # fmt: skip


def joins_group(
    scene: Scene, times: Times, by: Account, who: Account | str, group: str, *, local_to: Hosts | None = None
) -> None:
    """Somebody is put into a group: 4728 of the domain, 4732 of a machine (`local_to`). `who`: or a new name."""
    moments = moments_of(times)
    member = scene.member
    name = who if isinstance(who, str) else who.name
    sid = f"{member.sid}-31001" if isinstance(who, str) else who.sid
    at = controllers(member, by.host, len(moments)) if local_to is None else one_each(local_to, len(moments))
    parts = ",".join(f"DC={part}" for part in member.domain.split("."))
    scene.note(
        "windows", "global_group_member" if local_to is None else "group_member", moments, at, name,
        MemberName=f"CN={name},OU=Users,{parts}", MemberSid=sid, TargetUserName=group,
        TargetDomainName=member.netbios if local_to is None else "Builtin",
        TargetSid=_group_sid(member, group) if local_to is None else "S-1-5-32-544", **subject(scene, by, at, moments),
    )  # fmt: skip


def _group_sid(member: Member, group: str) -> str:
    """The domain administrators have a number of their own, whatever they are called."""
    known = {member.tongue.domain_admins: 512, "Enterprise Admins": 519, "Schema Admins": 518}
    return f"{member.sid}-{known.get(group, 30_000 + sum(group.encode()) % 900)}"


def update_installed(scene: Scene, times: Times, hosts: Hosts, title: Column) -> None:
    """Windows Update has installed something (System 19)."""
    moments = moments_of(times)
    scene.note(
        "windows", "update_installed", moments, one_each(hosts, len(moments)), "", updateTitle=title,
        updateGuid="{5f4b8c7e-0000-4000-8000-000000000001}", updateRevisionNumber="200",
        serviceGuid="{7971f918-a847-4430-9279-4a52d1efe18d}",
    )  # fmt: skip


def restarted(
    scene: Scene, times: Times, hosts: Hosts, who: Who, reason: str = "Operating System: Service pack (Planned)"
) -> None:
    """A restart is asked for (System 1074)."""
    moments = moments_of(times)
    numbers = one_each(hosts, len(moments))
    computer = scene.member.of_host("name", numbers)
    user = scene.member.tongue.system if who is None else scene.member.of_account("user", account_numbers(who))
    scene.note(
        "windows", "restart", moments, numbers, label(scene.member, who),
        param1=Made(r"C:\Windows\system32\svchost.exe (%s)", (computer,)), param2=computer, param3=reason,
        param4="0x80020010",
        param5="restart", param6="", param7=user,
    )  # fmt: skip
