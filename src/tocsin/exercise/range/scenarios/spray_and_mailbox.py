"""spray-and-mailbox: a few passwords for many accounts, one fits, then other people's mail is read.

Over a day each account is tried at most three times, hours apart, each try from another address of homes and rented
servers in the country of the member (residential proxies). One account without a second factor is entered. From it
somebody lets a service impersonate, opens mailboxes of others, hides answers with a rule and reads mail in bulk. At the
member with an Exchange of its own the same passwords are tried at Outlook on the web, in vain.
"""

from datetime import date

import numpy as np

from tocsin.exercise.range.actions.mailbox import cmdlet, reads_mail, signs_in
from tocsin.exercise.range.actions.web import CHROME, EDGE
from tocsin.exercise.range.alliance import Account, Member
from tocsin.exercise.range.background.away import refused_at_exchange
from tocsin.exercise.range.background.homes import HOME
from tocsin.exercise.range.columns import Integers, Pool
from tocsin.exercise.range.internet import address
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.surprises import migration, old_service_password, stuck_telephone
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND

_TRIES = 3  # of one account in the day
_AGENTS = Pool([CHROME, EDGE])


def plan(plot: Plot) -> None:
    """A spray of a day at two members, an entry and mailboxes at the first, harmless refusals beside them."""
    cloud = next((one for one in _by_share(plot) if one.logs("m365")), plot.alliance.largest)
    house = next((one for one in _by_share(plot) if one.logs("exchange")), None)
    old_service_password(plot, cloud, 1)
    stuck_telephone(plot, cloud, 2)
    migration(plot, cloud, 5)
    scene = plot.stage("password-spray", "Few passwords for many accounts", ("T1110.003", "T1090.003"), cloud)
    begin = plot.at(cloud, 2, "09:00") + int(scene.chance.integers(0, 10 * HOUR))
    victim = _spray(scene, begin)
    if house is not None and house is not cloud:
        _spray_house(plot.stage("password-spray", "Few passwords for many accounts", ("T1110.003",), house), begin)
    _enters(plot, cloud, victim, begin + 25 * HOUR)


def _by_share(plot: Plot) -> list[Member]:
    return sorted(plot.alliance.members, key=lambda member: -member.share)


def _tries(scene: Scene, begin: int) -> tuple[Integers, Integers]:
    """When which account is tried: every account up to three times, in rounds of hours, in no order."""
    chance = scene.chance
    people = chance.permutation(scene.member.accounts_of("person"))[: int(chance.integers(26, 90))]
    rounds = np.arange(_TRIES)[:, None] * 8 * HOUR + chance.integers(0, 7 * HOUR, (_TRIES, len(people)))
    kept = np.flatnonzero(chance.random(_TRIES * len(people)) < 0.85)
    times, accounts = begin + rounds.ravel()[kept], np.tile(people, _TRIES)[kept]
    order = np.argsort(times, kind="stable")
    return times[order], accounts[order]


def proxies(chance: np.random.Generator, member: Member, count: int) -> Pool:
    """Addresses that change with every try: homes and mobile networks of the country, a few rented servers."""
    kinds = chance.choice(("home", "mobile", "vps"), size=count, p=(0.7, 0.18, 0.12)).tolist()
    country = HOME[member.language]
    numbers = chance.integers(0, 400_000, count).tolist()
    return Pool([address(kind, country, number) for kind, number in zip(kinds, numbers, strict=True)])


def _spray(scene: Scene, begin: int) -> Account:
    """The tries at Entra; gives the account whose password fitted at the end."""
    times, accounts = _tries(scene, begin)
    pool, country = proxies(scene.chance, scene.member, len(times)), HOME[scene.member.language]
    agents = _AGENTS.pick(scene.chance.integers(0, len(_AGENTS), len(times)))
    signs_in(scene, times, accounts, pool.pick(np.arange(len(times))), country=country, error=50126,
             app="Office 365 Exchange Online", agent=agents)  # fmt: skip
    victim = scene.member.accounts[int(accounts[0])]
    last = int(times.max()) + int(scene.chance.integers(5, 40)) * MINUTE
    signs_in(scene, last, victim, address("home", country, int(scene.chance.integers(0, 400_000))), country=country,
             app="Office 365 Exchange Online", agent=CHROME)  # fmt: skip
    return victim


def _spray_house(scene: Scene, begin: int) -> None:
    """The same at Outlook on the web."""
    times, accounts = _tries(scene, begin + int(scene.chance.integers(0, 3 * HOUR)))
    pool = proxies(scene.chance, scene.member, len(times))
    refused_at_exchange(scene, times, accounts, pool.pick(np.arange(len(times))))


def _enters(plot: Plot, member: Member, victim: Account, time: int) -> None:
    """The next day: impersonation and delegation, a rule, then mail of others in bulk."""
    scene = plot.stage("mailbox", "Mailboxes of others are read",
                       ("T1078.004", "T1098.002", "T1564.008", "T1114.002"), member)  # fmt: skip
    chance, country = scene.chance, HOME[member.language]
    outside = address("vps", country, int(chance.integers(0, 60_000)))
    signs_in(scene, time, victim, outside, country=country, app="Microsoft Azure PowerShell", agent=CHROME)
    cmdlet(scene, "New-ManagementRoleAssignment", time + 9 * MINUTE, victim,
           {"Role": "ApplicationImpersonation", "User": victim.name}, target=victim.name,
           addresses=outside)  # fmt: skip
    others = chance.permutation(member.accounts_of("person"))
    owners = others[others != victim.index][: int(chance.integers(4, 12))]
    for place, owner in enumerate(owners.tolist()):
        mailbox = member.accounts[owner]
        cmdlet(scene, "Add-MailboxPermission", time + (14 + 2 * place) * MINUTE, victim,
               {"Identity": mailbox.name, "User": victim.name, "AccessRights": "FullAccess", "AutoMapping": "False"},
               target=mailbox.name, addresses=outside)  # fmt: skip
    word = ("security", "password", "helpdesk", "sign-in")[int(chance.integers(0, 4))]
    cmdlet(scene, "New-InboxRule", time + 50 * MINUTE, victim,
           {"Name": ".", "SubjectOrBodyContainsWords": word, "MoveToFolder": "RSS Subscriptions", "MarkAsRead": "True"},
           target=victim.name, addresses=outside)  # fmt: skip
    if member.logs("m365"):
        _reads(scene, victim, owners, time + HOUR, outside)


def _reads(scene: Scene, victim: Account, owners: Integers, time: int, outside: str) -> None:
    chance = scene.chance
    each = np.repeat(owners, 40)
    times = np.sort(time + chance.integers(0, 6 * HOUR, len(each))) + np.arange(len(each)) % 7 * SECOND
    reads_mail(scene, times, each, outside, items=chance.integers(20, 600, len(each)), access="Sync", by=victim,
               client="Client=WebServices;ExchangeServicesClient/15.00;")  # fmt: skip


SCENARIO = Scenario(
    id="spray-and-mailbox",
    title="A spray and other people's mail",
    about="A slow password spray from changing addresses, one account entered, mailboxes of others read.",
    source="Microsoft MSRC on Midnight Blizzard, January 2024; Mandiant on APT29 and Microsoft 365, August 2022",
    plan=plan,
    days=7,
    hosts=2_500,
    first=date(2026, 3, 16),
)
