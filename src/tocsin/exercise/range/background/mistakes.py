"""Mistakes of every day: wrong passwords, locked accounts, scripts with an old password, a scanner of our own."""

import numpy as np

from tocsin.exercise.range.actions.sessions import locked_out, logon, refused, ticket_refused
from tocsin.exercise.range.actions.traffic import inside
from tocsin.exercise.range.background.people import with_desk
from tocsin.exercise.range.background.rhythm import OFFICE, Today
from tocsin.exercise.range.columns import Integers, Pool
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND

_FORGET = 0.02  # of the people mistype on a day; more on Mondays
_FORGET_MONDAY = 0.035
_LOCKED_AFTER = 5  # wrong tries
_SCAN_PORTS = (21, 22, 23, 25, 80, 135, 139, 443, 445, 1433, 3306, 3389, 5432, 5985, 8080, 8443)


def wrong_passwords(scene: Scene, today: Today) -> None:
    """People mistype once or twice at their desk; a few go on until they are locked out."""
    chance, member = scene.chance, scene.member
    people = today.at_work(chance, with_desk(scene, member.accounts_of("person")))
    wrong = people[chance.random(len(people)) < (_FORGET_MONDAY if today.weekday == 0 else _FORGET)]
    if not len(wrong):
        return
    tries = np.minimum(chance.geometric(0.62, len(wrong)), 9)
    begin = today.arrivals(chance, wrong)
    who = np.repeat(wrong, tries)
    order = np.arange(len(who)) - np.repeat(np.cumsum(tries) - tries, tries)
    times = np.repeat(begin, tries) + order * 9 * SECOND + chance.integers(0, 5 * SECOND, len(who))
    desks = member.desk_of[who]
    refused(scene, times, desks, who, kind=2, sources=desks)
    locked = tries >= _LOCKED_AFTER
    if locked.any():
        after = begin[locked] + _LOCKED_AFTER * 12 * SECOND
        locked_out(scene, after, member.desk_of[wrong[locked]], wrong[locked])


def old_passwords(scene: Scene, today: Today) -> None:
    """Telephones, mapped drives and scripts that still have an old password try again and again, at their own pace."""
    chance, member = scene.chance, scene.member
    people = with_desk(scene, member.accounts_of("person"))
    week = np.random.default_rng([member.seed, today.day // 5, 95])
    for number in people[week.random(len(people)) < 0.0006].tolist():
        pace = int(week.integers(10, 90)) * MINUTE
        rounds = int(9 * HOUR // pace)
        times = today.midnight + 8 * HOUR + np.arange(rounds) * pace + chance.integers(0, SECOND, rounds)
        if today.presence > 0.5:
            ticket_refused(scene, times, np.full(rounds, member.desk_of[number]), np.full(rounds, number))


def misdirected(scene: Scene, today: Today) -> None:
    """Names that do not exist are tried: typing errors, accounts of people who left, local accounts of devices."""
    chance, member = scene.chance, scene.member
    servers = member.of_role("file-server", "print-server")
    desks = member.of_role("workstation")
    count = int(chance.poisson(1 + len(desks) / 400 * today.presence))
    names = Pool(["scanner", "guest", "administrateur", "kiosk", "temp1", "copier", "backup2", "user", "old.colleague"])
    if count:
        refused(
            scene, today.times(chance, OFFICE, count), servers[chance.integers(0, len(servers), count)], None,
            sources=desks[chance.integers(0, len(desks), count)], reason="unknown", ntlm=True,
            account=names.pick(chance.integers(0, len(names), count)),
        )  # fmt: skip


def own_scanner(scene: Scene, today: Today) -> None:
    """On Wednesday nights the member's own vulnerability scanner tries its servers and a floor of desks."""
    if today.weekday != 2:
        return
    chance, member = scene.chance, scene.member
    scanner = member.one("scanner")
    floor = member.watched("network", "workstation")
    targets = np.concatenate(
        [
            member.of_role("file-server", "database", "web-server", "linux-server", "management"),
            floor[today.day // 7 % 8 :: 8],
        ]
    )
    hosts, ports = np.repeat(targets, len(_SCAN_PORTS)), np.tile(_SCAN_PORTS, len(targets))
    times = np.sort(today.midnight + 23 * HOUR + chance.integers(0, 50 * MINUTE, len(hosts)))
    for port in _SCAN_PORTS:
        mine = ports == port
        state = "SF" if port in (22, 80, 135, 443, 445) else "REJ"
        inside(scene, times[mine], scanner, hosts[mine], port, sent=300, received=900, seconds=0.4, state=state)
    servers = member.of_role("file-server", "database", "management")
    _scanner_logons(scene, today.midnight + 23 * HOUR + np.arange(len(servers)) * 40 * SECOND, servers)


def _scanner_logons(scene: Scene, times: Integers, servers: Integers) -> None:
    """The scanner's own account, and default passwords that it tries once."""
    member = scene.member
    logon(scene, times, servers, member.service("scan"), sources=member.one("scanner"))
    for place, name in enumerate(("admin", "guest")):
        refused(scene, times + (place + 2) * SECOND, servers, None, sources=member.one("scanner"), reason="unknown",
                ntlm=True, account=name)  # fmt: skip
