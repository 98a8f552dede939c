"""Logons: what the target's Security log, the domain controllers and the sensors on the wire note of them.

    logon(scene, times, targets, accounts, kind=3, sources=desks)            succeeds
    refused(scene, times, targets, accounts, kind=3, sources=…, reason="password")
    tickets(scene, times, sources, accounts, services)                       Kerberos at the domain controller

Domain controllers share the hosts between them. A logon over the network is Kerberos unless `ntlm`; the ticket comes
first.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import Who, account_numbers, label, logon_id, one_each, subject
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.columns import Column, Integers, Made, Pick
from tocsin.exercise.range.scene import Hosts, Scene, Times

_PROCESSES = {
    2: ("User32 ", "Negotiate", r"C:\Windows\System32\svchost.exe"),
    3: ("Kerberos", "Kerberos", "-"),
    4: ("Advapi  ", "Negotiate", r"C:\Windows\System32\svchost.exe"),
    5: ("Advapi  ", "Negotiate", r"C:\Windows\System32\services.exe"),
    7: ("User32 ", "Negotiate", r"C:\Windows\System32\svchost.exe"),
    8: ("Advapi  ", "MICROSOFT_AUTHENTICATION_PACKAGE_V1_0", r"C:\Windows\System32\inetsrv\w3wp.exe"),
    9: ("seclogo", "Negotiate", r"C:\Windows\System32\svchost.exe"),
    10: ("User32 ", "Negotiate", r"C:\Windows\System32\svchost.exe"),
    11: ("User32 ", "Negotiate", r"C:\Windows\System32\svchost.exe"),
}
REASONS = {  # status, sub status, failure reason, Kerberos code
    "password": ("0xc000006d", "0xc000006a", "%%2313", "0x18"),
    "unknown": ("0xc000006d", "0xc0000064", "%%2313", "0x6"),
    "locked": ("0xc0000234", "0x0", "%%2307", "0x12"),
    "expired": ("0xc000006e", "0xc0000071", "%%2309", "0x17"),
    "disabled": ("0xc000006e", "0xc0000072", "%%2310", "0x12"),
}
_SYSTEM_PROCESS = "0x2f4"


def controllers(member: Member, hosts: Hosts, count: int) -> Integers:
    """The domain controller that answers each host."""
    found = member.of_role("domain-controller")
    numbers = np.broadcast_to(np.asarray(one_each(hosts, count)), (count,))
    return np.asarray(found[numbers % len(found)], dtype=np.int64)


def _address(scene: Scene, sources: Hosts | str | Pick | None, what: str, count: int) -> Column:
    if sources is None:
        return "-"
    if isinstance(sources, (str, Pick)):
        return sources
    return scene.member.of_host(what, one_each(sources, count))


def _moments(times: Times) -> Integers:
    return np.atleast_1d(np.asarray(times, dtype=np.int64))


def _ports(scene: Scene, count: int) -> Integers:
    return scene.chance.integers(49_152, 65_535, count)


def logon(
    scene: Scene,
    times: Times,
    targets: Hosts,
    who: Who,
    *,
    kind: int = 3,
    sources: Hosts | str | Pick | None = None,
    ntlm: bool = False,
    name: Column = "",
) -> None:
    """A logon succeeds: 4624, 4672 for administrators, and what the domain controller notes before it.

    `kind` is Windows' logon type: 2 at the keyboard, 3 network, 4 batch, 5 service, 7 unlock, 10 remote desktop, 11
    cached. `sources`: hosts, or addresses as text. `name` is the workstation's name where it lies (NTLM).
    """
    moments = _moments(times)
    count, member, accounts = len(moments), scene.member, account_numbers(who)
    hosts = one_each(targets, count)
    if ntlm:
        ntlm_checked(scene, moments - 3_000, who, sources, name=name)
    elif kind in (3, 10) and not isinstance(sources, (str, Pick)) and sources is not None:
        tickets(scene, moments - 40_000, sources, who, member.of_host("machine", hosts), targets=hosts)
    process, package, image = ("NtLmSsp ", "NTLM", "-") if ntlm else _PROCESSES[kind]
    elevated = "%%1842" if _privileged(member, accounts) else "%%1843"
    scene.note(
        "windows", "logon", moments, hosts, label(member, who),
        SubjectUserSid="S-1-0-0" if kind == 3 else "S-1-5-18",
        SubjectUserName="-" if kind == 3 else member.of_host("machine", hosts),
        SubjectDomainName="-" if kind == 3 else member.netbios, SubjectLogonId="0x0" if kind == 3 else "0x3e7",
        TargetUserSid=member.of_account("sid", accounts), TargetUserName=member.of_account("name", accounts),
        TargetDomainName=member.netbios, TargetLogonId=Made("0x%x", (logon_id(hosts, accounts, moments),)),
        LogonType=str(kind),
        LogonProcessName=process, AuthenticationPackageName=package,
        LmPackageName="NTLM V2" if ntlm else "-", KeyLength="128" if ntlm else "0",
        WorkstationName=name or _address(scene, sources, "name", count) if ntlm or kind != 3 else "-",
        LogonGuid="{00000000-0000-0000-0000-000000000000}", ProcessId="0x0" if kind == 3 else _SYSTEM_PROCESS,
        ProcessName=image,
        IpAddress=_address(scene, sources, "address", count) if kind in (3, 8, 10) else "127.0.0.1" if kind in (2, 7,
        11) else "-",
        IpPort=_ports(scene, count) if kind in (3, 8) else "0", ElevatedToken=elevated,
    )  # fmt: skip
    if _privileged(member, accounts):
        scene.note(
            "windows", "privileges", moments + 500, hosts, label(member, who), **subject(scene, who, hosts, moments)
        )


def _privileged(member: Member, accounts: Integers | int) -> bool:
    """Whether all of them administer."""
    administrators = member.accounts_of("admin")
    return bool(np.isin(np.atleast_1d(np.asarray(accounts)), administrators).all())


def refused(
    scene: Scene,
    times: Times,
    targets: Hosts,
    who: Who,
    *,
    kind: int = 3,
    sources: Hosts | str | Pick | None = None,
    reason: str = "password",
    ntlm: bool = False,
    name: Column = "",
    account: Column | None = None,
) -> None:
    """A logon is refused: 4625 at the target, 4771 or 4776 at the domain controller. `reason` is one of REASONS.

    `account` is the name that was tried where it is nobody's; then `who` is None.
    """
    moments = _moments(times)
    count, member, accounts = len(moments), scene.member, account_numbers(who)
    hosts = one_each(targets, count)
    status, sub_status, text, _ = REASONS[reason]
    tried: Column = account if account is not None else member.of_account("name", accounts)
    if ntlm or isinstance(sources, (str, Pick)) or sources is None:
        ntlm_checked(
            scene,
            moments - 3_000,
            who,
            sources,
            status=sub_status if reason != "locked" else status,
            name=name,
            account=tried,
        )
    elif reason != "unknown":
        ticket_refused(scene, moments - 5_000, sources, who, reason)
    process, package, image = ("NtLmSsp ", "NTLM", "-") if ntlm or kind == 3 else _PROCESSES[kind]
    scene.note(
        "windows", "logon_failure", moments, hosts, tried if isinstance(tried, (str, Pick)) else "",
        SubjectUserSid="S-1-0-0", SubjectUserName="-", SubjectDomainName="-", SubjectLogonId="0x0",
        TargetUserSid="S-1-0-0",
        TargetUserName=tried, TargetDomainName=member.netbios, Status=status, SubStatus=sub_status, FailureReason=text,
        LogonType=str(kind), LogonProcessName=process, AuthenticationPackageName=package,
        WorkstationName=name or _address(scene, sources, "name", count),
        ProcessId="0x0" if kind == 3 else _SYSTEM_PROCESS,
        ProcessName=image, IpAddress="127.0.0.1" if kind in (2, 7) else _address(scene, sources, "address", count),
        IpPort=_ports(scene, count) if kind == 3 else "0",
    )  # fmt: skip


def tickets(
    scene: Scene,
    times: Times,
    sources: Hosts,
    who: Who,
    services: Column,
    *,
    targets: Hosts | None = None,
    encryption: str = "0x12",
    options: str = "0x40810000",
) -> None:
    """Service tickets (4769) at the domain controller of each source. `services` are names as `HOST$` or `svc-sql`."""
    moments = _moments(times)
    count, member = len(moments), scene.member
    accounts = account_numbers(who)
    sids = member.of_host("sid", one_each(targets, count)) if targets is not None else f"{member.sid}-2001"
    scene.note(
        "windows", "ticket_service", moments, controllers(member, sources, count), label(member, who),
        TargetUserName=member.of_account("realm", accounts), TargetDomainName=member.domain.upper(),
        ServiceName=services,
        ServiceSid=sids, TicketEncryptionType=encryption, TicketOptions=options,
        IpAddress=member.of_host("mapped", one_each(sources, count)), IpPort=_ports(scene, count),
        LogonGuid="{00000000-0000-0000-0000-000000000000}",
    )  # fmt: skip


def signs_on(
    scene: Scene, times: Times, sources: Hosts, who: Who, *, preauth: str = "2", encryption: str = "0x12"
) -> None:
    """The ticket-granting ticket (4768) with which an account's day on a host begins. `preauth` "0" is none at all."""
    moments = _moments(times)
    count, member = len(moments), scene.member
    accounts = account_numbers(who)
    scene.note(
        "windows", "ticket_granting", moments, controllers(member, sources, count), label(member, who),
        TargetUserName=member.of_account("name", accounts), TargetDomainName=member.domain.upper(),
        TargetSid=member.of_account("sid", accounts), ServiceName="krbtgt", ServiceSid=f"{member.sid}-502",
        PreAuthType=preauth,
        TicketEncryptionType=encryption, IpAddress=member.of_host("mapped", one_each(sources, count)),
        IpPort=_ports(scene, count), CertIssuerName="", CertSerialNumber="", CertThumbprint="",
    )  # fmt: skip


def ticket_refused(scene: Scene, times: Times, sources: Hosts, who: Who, reason: str = "password") -> None:
    """Kerberos pre-authentication fails (4771) at the domain controller."""
    moments = _moments(times)
    count, member = len(moments), scene.member
    accounts = account_numbers(who)
    scene.note(
        "windows", "preauth_failed", moments, controllers(member, sources, count), label(member, who),
        TargetUserName=member.of_account("name", accounts), TargetSid=member.of_account("sid", accounts),
        ServiceName=f"krbtgt/{member.netbios}", Status=REASONS[reason][3],
        IpAddress=member.of_host("mapped", one_each(sources, count)), IpPort=_ports(scene, count),
    )  # fmt: skip


def ntlm_checked(
    scene: Scene,
    times: Times,
    who: Who,
    sources: Hosts | str | Pick | None,
    *,
    status: str = "0x0",
    name: Column = "",
    account: Column | None = None,
) -> None:
    """The domain controller checks NTLM credentials (4776). `account` is a name that is nobody's."""
    moments = _moments(times)
    count, member = len(moments), scene.member
    tried: Column = account if account is not None else member.of_account("name", account_numbers(who))
    known = not isinstance(sources, (str, Pick)) and sources is not None
    host: Hosts = sources if known else 0  # type: ignore[assignment]  # hosts, as `known` says
    scene.note(
        "windows", "ntlm", moments, controllers(member, host, count), tried if isinstance(tried, (str, Pick)) else "",
        TargetUserName=tried, Workstation=name or (_address(scene, host, "name", count) if known else "-"),
        Status=status,
    )  # fmt: skip


def locked_out(scene: Scene, times: Times, sources: Hosts, who: Who) -> None:
    """An account is locked (4740) by the domain controller."""
    moments = _moments(times)
    count, member = len(moments), scene.member
    found = controllers(member, sources, count)
    scene.note(
        "windows", "locked_out", moments, found, label(member, who),
        TargetUserName=member.of_account("name", account_numbers(who)),
        TargetDomainName=member.of_host("name", one_each(sources, count)),
        TargetSid=member.of_account("sid", account_numbers(who)), SubjectUserSid="S-1-5-18",
        SubjectUserName=member.of_host("machine", found), SubjectDomainName=member.netbios, SubjectLogonId="0x3e7",
    )  # fmt: skip
