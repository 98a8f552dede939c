"""Mail in albania-2022: mailboxes are searched for months, then fetched by thousands of requests in some nights.

Facts: CISA AA22-264A: one to six months after the entry a compromised Exchange account searches mailboxes
(New-MailboxSearch, Get-Recipient), a new account is made and put into Organization Management; about eight months after
it thousands of HTTP POSTs to Exchange, 70 to 160 MB to the servers, 3 to 20 GB from them. Microsoft (8 September 2022):
mail was taken from October 2021 to January 2022.
"""

import numpy as np

from tocsin.exercise.range.actions.mailbox import cmdlet
from tocsin.exercise.range.actions.sessions import logon
from tocsin.exercise.range.actions.traffic import reached
from tocsin.exercise.range.actions.upkeep import user_created
from tocsin.exercise.range.actions.web import mail_web
from tocsin.exercise.range.alliance import Account
from tocsin.exercise.range.columns import Integers
from tocsin.exercise.range.scenarios.albania_intruder import Intruder
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND

_ROLE = "Organization Management"
_NEW_NAMES = ("HealthMailbox-a7", "svc-journal", "exchsync", "mailarchive", "systemmailbox3", "backup.mail")
_WORDS = ("kind:email", "subject:password OR VPN", "subject:contract", "received>=2020-11-01", "from:minister",
          "attachment:pdf", "body:confidential")  # fmt: skip
_DOORS = (
    ("/EWS/Exchange.asmx", "-", "ExchangeServicesClient/15.00.0913.015"),
    ("/owa/service.svc", "action=GetItem&app=Mail", ""),
    ("/mapi/emsmdb/", "MailboxId=%s", "Microsoft Office/15.0 (Windows NT 6.1; Microsoft Outlook 15.0.4420; Pro)"),
)
_SHELL_AGENT = "Microsoft WinRM Client"
_MEGABYTE = 1_000_000
_SENT, _TAKEN = (70, 160), (3_000, 20_000)  # megabytes in all
_AT_ONCE = 48 * _MEGABYTE  # the largest answer


def mailbox_theft(intruder: Intruder) -> None:
    """A new account with rights, then searches for months."""
    plot, member = intruder.plot, intruder.member
    scene = plot.stage("mailbox-theft", "An Exchange account searches mailboxes for months",
                       ("T1087.003", "T1098.002", "T1136.002", "T1114.002"), member)  # fmt: skip
    chance, time = scene.chance, intruder.moment(scene, 100, 10)
    name = _NEW_NAMES[int(chance.integers(0, len(_NEW_NAMES)))]
    _remote_shell(intruder, scene, time, 3)
    user_created(scene, time + 4 * MINUTE, intruder.admin, name, name)
    mailbox = {"Name": name, "UserPrincipalName": f"{name}@{member.domain}"}
    _run(intruder, scene, time + 4 * MINUTE, "New-Mailbox", mailbox, name)
    owner = intruder.guests[0].name
    rest = [
        ("Add-RoleGroupMember", {"Identity": _ROLE, "Member": name}),
        ("New-ManagementRoleAssignment", {"Role": "ApplicationImpersonation", "User": name}),
        ("Add-MailboxPermission", {"Identity": owner, "User": name, "AccessRights": "FullAccess"}),
    ]
    for place in chance.permutation(3)[: int(chance.integers(2, 4))].tolist():
        time += int(chance.uniform(0.5, 30) * MINUTE) + 5 * MINUTE
        cmdlet_name, parameters = rest[place]
        _run(intruder, scene, time, cmdlet_name, parameters, parameters.get("Identity", name))
    for number, day in enumerate(np.sort(chance.uniform(112, 184, int(chance.integers(6, 14)))).tolist()):
        _search(intruder, scene, intruder.moment(scene, day, 1), number)


def _remote_shell(intruder: Intruder, scene: Scene, time: int, requests: int) -> None:
    """Exchange's PowerShell over HTTP, from the SharePoint server."""
    exchange = intruder.member.one("exchange")
    logon(scene, time, exchange, intruder.admin, kind=3, sources=intruder.door)
    times = time + SECOND + np.arange(requests) * 7 * SECOND
    mail_web(scene, times, exchange, intruder.door.address, intruder.admin, "/powershell/",
             query="clientApplication=ManagementShell;PSVersion=5.1.14393.4350", agents=_SHELL_AGENT,
             sizes=scene.chance.integers(3_000, 90_000, requests), received=4_200)  # fmt: skip


def _run(intruder: Intruder, scene: Scene, time: int, name: str, parameters: dict[str, str], target: str) -> None:
    cmdlet(scene, name, time, intruder.admin, parameters, target=target)


def _search(intruder: Intruder, scene: Scene, time: int, number: int) -> None:
    """One or a few searches in a sitting; some are removed afterwards, some lead to an export."""
    chance, member = scene.chance, intruder.member
    people = member.accounts_of("person")
    _remote_shell(intruder, scene, time, int(chance.integers(2, 6)))
    for turn in range(int(chance.integers(1, 4))):
        owner = member.accounts[int(people[chance.integers(0, len(people))])]
        when, title = time + (1 + turn * 3) * MINUTE, f"s{number}{turn}"
        word = _WORDS[int(chance.integers(0, len(_WORDS)))]
        _run(intruder, scene, when, "New-MailboxSearch",
             {"Name": title, "SourceMailboxes": owner.name, "SearchQuery": word, "TargetMailbox": intruder.admin.name,
              "StartDate": "11/01/2020"}, title)  # fmt: skip
        if chance.random() < 0.3:
            _run(intruder, scene, when + MINUTE, "New-MailboxExportRequest",
                 {"Mailbox": owner.name, "FilePath": rf"\\{member.one('file-server').name}\c$\PerfLogs\{title}.pst"},
                 owner.name)  # fmt: skip
        if chance.random() < 0.5:
            _run(intruder, scene, when + 40 * MINUTE, "Remove-MailboxSearch", {"Identity": title}, title)


def exfiltration(intruder: Intruder) -> None:
    """Some sittings over two months, each hundreds of requests with large answers."""
    plot, member = intruder.plot, intruder.member
    scene = plot.stage("exfiltration", "Mail leaves by thousands of requests to Exchange",
                       ("T1114.002", "T1048.002", "T1071.001"), member)  # fmt: skip
    chance = scene.chance
    path, query, agent = _DOORS[int(chance.integers(0, len(_DOORS)))]
    days = np.sort(chance.uniform(205, 272, int(chance.integers(4, 10))))
    shares = chance.dirichlet(np.full(len(days), 3.0))
    requests, sent = int(chance.integers(2_000, 5_000)), int(chance.uniform(*_SENT)) * _MEGABYTE
    taken = int(chance.uniform(*_TAKEN)) * _MEGABYTE
    owner = intruder.guests[int(chance.integers(0, len(intruder.guests)))]
    for day, share in zip(days.tolist(), shares.tolist(), strict=True):
        time, count = intruder.moment(scene, day, 1), max(int(requests * share), 1)
        times = np.sort(time + chance.integers(0, int(chance.uniform(1.5, 9) * HOUR), count))
        up, down = _parts(chance, int(sent * share), count), _parts(chance, int(taken * share), count)
        asked = query.replace("%s", member.domain)
        _fetches(intruder, scene, times, owner, up, np.minimum(down, _AT_ONCE), path, asked, agent or intruder.agent)


def _parts(chance: np.random.Generator, total: int, count: int) -> Integers:
    """Log-normal sizes that make up the total."""
    weights = chance.lognormal(0, 0.9, count)
    return np.asarray(total * weights / weights.sum(), dtype=np.int64) + 200


def _fetches(
    intruder: Intruder, scene: Scene, times: Integers, owner: Account, sent: Integers, taken: Integers, path: str,
    query: str, agent: str,
) -> None:  # fmt: skip
    """A connection carries a dozen requests."""
    exchange, count = intruder.member.one("exchange"), len(times)
    mail_web(scene, times, exchange, intruder.server(times), owner, path, query=query, sizes=taken, received=sent,
             taken_ms=taken // 9_000 + 40, agents=agent)  # fmt: skip
    groups = np.arange(0, count, 12)
    ends = np.append(groups[1:], count) - 1
    reached(scene, times[groups] - SECOND, intruder.server(times[groups]), exchange, 443,
            sent=np.add.reduceat(sent, groups), received=np.add.reduceat(taken, groups),
            seconds=(times[ends] - times[groups]) / SECOND + 4.0)  # fmt: skip
