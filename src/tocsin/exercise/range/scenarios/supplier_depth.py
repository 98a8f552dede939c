"""What follows the back door of supplier-update on few hosts: another program, then keys and tokens.

Facts: Microsoft and FireEye on SUNBURST and TEARDROP (December 2020), CISA AA21-008A: a second stage by rundll32, keys
of AD FS read from the directory (event 4662), tokens that nobody signed in for, mail read with them.
"""

import numpy as np

from tocsin.exercise.range.actions.mailbox import operation, reads_mail
from tocsin.exercise.range.actions.processes import Processes, acts, running, start, subject
from tocsin.exercise.range.actions.sessions import logon
from tocsin.exercise.range.actions.traffic import connect, inside, lookup
from tocsin.exercise.range.actions.upkeep import task_created
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.columns import Integers, Pool
from tocsin.exercise.range.internet import address, site_address
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.scenarios.wiper_kernels import letters
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import DAY, HOUR, MINUTE, SECOND

_RUNDLL, _CMD = r"C:\Windows\System32\rundll32.exe", r"C:\Windows\System32\cmd.exe"
_LOOKS = Pool(["whoami /groups", 'net group "Domain Admins" /domain', "nltest /domain_trusts", "ipconfig /all"])
_DKM = "CN=ADFS,CN=Microsoft,CN=Program Data"
_READ_PROPERTY = "%%7684"


def second_stage(scene: Scene, parent: str, domain: str, hosts: Integers, time: int, last: int) -> Integers:
    """Two to four watched hosts: a library started by rundll32, a task, a channel of its own. Gives the hosts."""
    member, chance = scene.member, scene.chance
    watched = hosts[member.sees("sysmon")[hosts]]
    watched = watched if len(watched) else hosts[member.sees("security")[hosts]]
    servers = np.intersect1d(watched, member.any_of("management", "database", "jump-host", "print-server"))
    first = servers[:1] if len(servers) else watched[:1]
    others = chance.permutation(watched[watched != first[0]])[: int(chance.integers(1, 4))]
    chosen = np.concatenate([first, others])
    times = time + np.sort(chance.integers(0, 30 * HOUR, len(chosen)))
    library, export = f"C:\\Windows\\Temp\\{letters(chance, 6)}.dll", letters(chance, 5).capitalize()
    door = running(scene, times, chosen, None, parent)
    acts(scene, door, "file_create", times, TargetFilename=library)
    program = start(scene, times + 3 * SECOND, chosen, None, _RUNDLL, f"rundll32.exe {library},{export}", door)
    task_created(scene, times + 40 * SECOND, chosen, None, f"\\Microsoft\\Windows\\{letters(chance, 8)}", _RUNDLL,
                 f"{library},{export}")  # fmt: skip
    _looks(scene, program)
    _channel(scene, domain, chosen, times, last)
    return chosen


def _looks(scene: Scene, program: Processes) -> None:
    """Some commands through it."""
    count = len(program.times) * 3
    many = program.take(np.arange(count) % len(program.times))
    lines = _LOOKS.pick(scene.chance.integers(0, len(_LOOKS), count))
    spoken = lines.pool.mapped("cmd", lambda line: f"cmd.exe /c {line}")
    start(scene, many.times + scene.chance.integers(MINUTE, 5 * HOUR, count), many.hosts, None, _CMD,
          spoken.pick(lines.codes), many)  # fmt: skip


def _channel(scene: Scene, domain: str, hosts: Integers, times: Integers, last: int) -> None:
    """HTTPS to the second domain, some times a day, with strong jitter."""
    chance, each = scene.chance, 10 + max(last - int(times.min()), 0) // (2 * HOUR)
    calls = times[:, None] + np.cumsum(chance.gamma(1.2, 2.2, (len(hosts), each)) * HOUR, axis=1).astype(np.int64)
    rows, columns = np.nonzero(calls < last)
    order = np.argsort(calls[rows, columns], kind="stable")
    when, where = calls[rows, columns][order], hosts[rows][order]
    if not len(when):
        return
    peer = site_address(domain)
    lookup(scene, when - 40_000, where, domain, peer, ttl="30.000000")
    connect(scene, when, where, peer, 443, names=domain, client="windows",
            sent=chance.lognormal(8.2, 1.2, len(when)).astype(np.int64),
            received=chance.lognormal(8.6, 1.3, len(when)).astype(np.int64), seconds=3.0)  # fmt: skip


def token_theft(plot: Plot, member: Member, host: int, time: int) -> None:
    """From one host: the keys of the federation server are read, then mail with tokens that nobody signed in for."""
    scene = plot.stage("token-theft", "Signing keys are read, mail is read without a sign-in",
                       ("T1552.004", "T1606.002", "T1078.004", "T1114.002"), member)  # fmt: skip
    chance, controller = scene.chance, member.one("domain-controller")
    admins = member.accounts_of("admin")
    admin = member.accounts[int(admins[chance.integers(0, len(admins))])]
    logon(scene, time, controller, admin, kind=3, sources=member.hosts[host])
    inside(scene, time, member.hosts[host], controller, 389, sent=9_000, received=80_000, seconds=20.0)
    parts = ",".join(f"DC={part}" for part in member.domain.split("."))
    times = time + SECOND + np.arange(int(chance.integers(2, 6))) * SECOND
    scene.note(
        "windows", "directory_access", times, controller, admin, **subject(scene, admin, controller.index, times),
        ObjectName=f"CN=CryptoPolicy,{_DKM},{parts}", ObjectType="%{5cb41ed0-0e4c-11d0-a286-00aa003049e2}",
        AccessList=_READ_PROPERTY, AccessMask="0x10",
        Properties=_READ_PROPERTY + " {8d3bca50-1d7e-11d0-a081-00aa006c33ed}",
    )  # fmt: skip
    if member.logs("m365"):
        _reads(scene, time + int(chance.uniform(0.3, 1.5) * DAY))


def _reads(scene: Scene, time: int) -> None:
    """Some mailboxes, over some days, from a rented server; Entra has no sign-in of them there."""
    member, chance = scene.member, scene.chance
    people = chance.permutation(member.accounts_of("person"))[: int(chance.integers(2, 6))]
    outside = address("vps", ("NL", "US", "DE")[int(chance.integers(0, 3))], int(chance.integers(0, 60_000)))
    each = np.repeat(people, int(chance.integers(8, 30)))
    times = np.sort(time + chance.integers(0, 2 * DAY, len(each)))
    reads_mail(scene, times, each, outside, items=chance.integers(5, 90, len(each)), access="Sync")
    operation(scene, "FileDownloaded", times[::5] + MINUTE, each[::5], outside, Workload="SharePoint", RecordType="6",
              ObjectId=f"https://{member.folder}.sharepoint.example/sites/Council/Shared Documents/minutes.docx",
              ItemType="File")  # fmt: skip
