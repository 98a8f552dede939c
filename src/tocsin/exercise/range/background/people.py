"""People come to work: sign-on at the domain, logon at the desk, tickets for file, mail and print servers.

What is thinned out: of a desk's Security log only interactive and refused logons, privileges and account changes are
forwarded (as with Windows Event Forwarding by subscription), of a domain controller's tickets the first of each
service a day.
"""

import numpy as np

from tocsin.exercise.range.actions.sessions import logon, signs_on, tickets
from tocsin.exercise.range.background.rhythm import Today
from tocsin.exercise.range.columns import Integers
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND


def desks_of(scene: Scene, people: Integers) -> Integers:
    """Where each sits; people without a desk are left out by `with_desk`."""
    return scene.member.desk_of[people]


def with_desk(scene: Scene, people: Integers) -> Integers:
    """Those who have a desk."""
    return people[scene.member.desk_of[people] >= 0]


def office_day(scene: Scene, today: Today) -> None:
    """Everybody's sign-on and logon, and unlocking after lunch."""
    chance, member = scene.chance, scene.member
    people = today.at_work(chance, with_desk(scene, member.accounts_of("person")))
    if not len(people):
        return
    arrivals, desks = today.arrivals(chance, people), desks_of(scene, people)
    signs_on(scene, arrivals, desks, people)
    cached = chance.random(len(people)) < 0.03  # the network was not up yet
    at = arrivals + 300_000 + chance.exponential(1.5 * SECOND, len(people)).astype(np.int64)
    logon(scene, at[~cached], desks[~cached], people[~cached], kind=2)
    logon(scene, at[cached], desks[cached], people[cached], kind=11)
    _elsewhere(scene, today, people, arrivals)
    late = chance.random(len(people)) < 0.25
    back = arrivals[late] + 4 * HOUR + chance.integers(0, HOUR, int(late.sum()))
    logon(scene, back, desks[late], people[late], kind=7)
    _services(scene, arrivals, desks, people)


def _elsewhere(scene: Scene, today: Today, people: Integers, arrivals: Integers) -> None:
    """Some sign on at another desk: meeting rooms, a colleague's machine."""
    chance, desks = scene.chance, scene.member.of_role("workstation")
    some = chance.random(len(people)) < 0.015
    if some.any():
        where = desks[chance.integers(0, len(desks), int(some.sum()))]
        times = today.during(chance, arrivals[some])
        signs_on(scene, times, where, people[some])
        logon(scene, times + SECOND, where, people[some], kind=2)


def _services(scene: Scene, arrivals: Integers, desks: Integers, people: Integers) -> None:
    """The first tickets of the day: file server by department, mail, print."""
    chance, member = scene.chance, scene.member
    for role, share, minutes in (("file-server", 0.8, 6), ("exchange", 0.6, 3), ("print-server", 0.2, 150)):
        servers = member.of_role(role)
        chosen = chance.random(len(people)) < share
        if not len(servers) or not chosen.any():
            continue
        targets = servers[people[chosen] % len(servers)]
        wait = (chance.exponential(minutes, int(chosen.sum())) * MINUTE).astype(np.int64)
        times = arrivals[chosen] + 20 * SECOND + wait
        tickets(scene, times, desks[chosen], people[chosen], member.of_host("machine", targets), targets=targets)
