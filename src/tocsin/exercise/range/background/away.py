"""Sign-ins to mail from outside: browsers at home, and the passwords that are refused there.

Telephones keep an old password for a day and try it wherever they are; people mistype at home and on the way. With an
Exchange of its own the member sees them in IIS and in the Security log of that server (4624 and 4625 of type 8, which
name account and address); with Microsoft 365 among the sign-ins.
"""

import numpy as np

from tocsin.exercise.range.actions.mailbox import signs_in
from tocsin.exercise.range.actions.sessions import logon, refused
from tocsin.exercise.range.actions.web import CHROME, mail_web
from tocsin.exercise.range.background.homes import HOME, homes
from tocsin.exercise.range.background.rhythm import Today
from tocsin.exercise.range.columns import Integers, Pick, Pool
from tocsin.exercise.range.internet import address
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import MINUTE, SECOND

_AT_HOME = 0.08  # of the people open Outlook on the web there on a day
_MISTYPE = 0.05  # of them, once or twice
_OLD_PASSWORD = 0.0015  # of the people have a telephone with an old password on a day
_ON_THE_WAY = 0.003  # of the people are refused on the way, give up, and try elsewhere at times
_OWA = "/owa/auth.owa"
_EAS = "/Microsoft-Server-ActiveSync/default.eas"
_TELEPHONE = "Apple-iPhone16C1/2202.80"


def away(scene: Scene, today: Today) -> None:
    """Everything of a day."""
    member = scene.member
    own = member.logs("iis") and len(member.of_role("exchange")) > 0
    if not own and not member.logs("m365"):
        return
    people = today.at_work(scene.chance, member.accounts_of("person"))
    if own:
        _at_home(scene, today, people)
    _telephones(scene, today, people, own)
    _on_the_way(scene, today, people, own)


def refused_at_exchange(
    scene: Scene, times: Integers, people: Integers, addresses: Pick, path: str = _OWA, status: int = 302,
    agent: str = CHROME,
) -> None:  # fmt: skip
    """The answer in IIS (Outlook on the web redirects back to its form) and 4625 of type 8 in the Security log."""
    server = scene.member.one("exchange")
    mail_web(scene, times, server, addresses, people, path, status=status, sizes=600, agents=agent, anonymous=True)
    refused(scene, times + 20_000, server, people, kind=8, sources=addresses, name=server.name)


def _at_home(scene: Scene, today: Today, people: Integers) -> None:
    chance, server = scene.chance, scene.member.one("exchange")
    chosen = people[chance.random(len(people)) < _AT_HOME]
    if not len(chosen):
        return
    times = today.during(chance, today.arrivals(chance, chosen), 14.0)
    from_ = homes(scene.member).pick(chosen)
    wrong = np.flatnonzero(chance.random(len(chosen)) < _MISTYPE)
    if len(wrong):
        number = np.repeat(wrong, chance.geometric(0.7, len(wrong)))
        before = times[number] - chance.integers(20 * SECOND, 3 * MINUTE, len(number))
        refused_at_exchange(scene, before, chosen[number], homes(scene.member).pick(chosen[number]))
    mail_web(scene, times, server, from_, chosen, _OWA, status=302, sizes=900, agents=CHROME, anonymous=True)
    logon(scene, times + 20_000, server, chosen, kind=8, sources=from_, name=server.name)
    mail_web(scene, times + SECOND, server, from_, chosen, "/owa/", method="GET", sizes=48_000, agents=CHROME)


def _telephones(scene: Scene, today: Today, people: Integers, own: bool) -> None:
    """Each tries at its own pace, from another mobile address whenever it has moved."""
    chance = scene.chance
    chosen = people[chance.random(len(people)) < _OLD_PASSWORD]
    for person in chosen.tolist():
        pace = int(chance.integers(15, 100)) * MINUTE
        rounds = int(chance.integers(4, 10))
        times = today.arrivals(chance, np.array([person])) + np.arange(rounds) * pace
        places = np.sort(chance.integers(0, max(rounds // 2, 2), rounds))
        pool = _mobile(scene, int(places.max()) + 1)
        _refused(scene, times, np.full(rounds, person), pool.pick(places), own)


def _on_the_way(scene: Scene, today: Today, people: Integers, own: bool) -> None:
    """One or two places a person, one or two tries in each."""
    chance = scene.chance
    chosen = people[chance.random(len(people)) < _ON_THE_WAY]
    for person in chosen.tolist():
        tries = int(chance.integers(1, 4))
        times = np.sort(today.during(chance, today.arrivals(chance, np.full(tries, person)), 12.0))
        places = np.sort(chance.integers(0, 2, tries))
        _refused(scene, times, np.full(tries, person), _mobile(scene, 2).pick(places), own)


def _mobile(scene: Scene, count: int) -> Pool:
    country = HOME[scene.member.language]
    return Pool([address("mobile", country, number) for number in scene.chance.integers(0, 400_000, count).tolist()])


def _refused(scene: Scene, times: Integers, people: Integers, addresses: Pick, own: bool) -> None:
    """A telephone's mail program is refused, by the own Exchange or by Entra."""
    if own:
        refused_at_exchange(scene, times, people, addresses, _EAS, 401, _TELEPHONE)
        return
    signs_in(scene, times, people, addresses, country=HOME[scene.member.language], error=50126,
             app="Office 365 Exchange Online", client="Exchange ActiveSync", agent=_TELEPHONE)  # fmt: skip
