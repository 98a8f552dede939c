"""Mishaps: what goes wrong in a month without anybody meaning harm."""

import numpy as np

from tocsin.exercise.range.actions.sessions import locked_out, refused, ticket_refused
from tocsin.exercise.range.actions.traffic import inside
from tocsin.exercise.range.actions.upkeep import account_event
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.surprises.works import administrator
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND


def old_service_password(plot: Plot, member: Member, day: float, hours: float = 6.0) -> None:
    """A service's password is changed, one server has the old one: it tries twice a minute until somebody notices."""
    begin = plot.at(member, day, "16:40")
    server, target = member.one("management"), member.one("database")
    scene = plot.surprise(
        "Service account with an old password", member, begin, begin + int(hours * HOUR), [server.name]
    )
    service = member.service("sql")
    account_event(scene, "password_reset", begin, administrator(member), service)
    rounds = int(hours * 120)
    times = begin + MINUTE + np.arange(rounds) * 30 * SECOND + scene.chance.integers(0, 2 * SECOND, rounds)
    refused(scene, times, target, service, kind=3, sources=server)
    locked_out(scene, times[11], server, service)
    account_event(scene, "user_unlocked", begin + int(hours * HOUR) - MINUTE, administrator(member), service)


def wrong_scan(plot: Plot, member: Member, day: float) -> None:
    """The vulnerability scanner runs at noon instead of by night, over all networks, with a wrong password."""
    begin = plot.at(member, day, "12:05")
    scanner = member.one("scanner")
    scene = plot.surprise("Misconfigured vulnerability scanner", member, begin, begin + 2 * HOUR, [scanner.name])
    chance = scene.chance
    targets = np.concatenate(
        [member.of_role("file-server", "database", "management", "print-server"), member.of_role("workstation")[:400]]
    )
    times = np.sort(begin + chance.integers(0, 100 * MINUTE, len(targets)))
    for port, state in ((135, "SF"), (139, "REJ"), (445, "SF"), (3389, "SF"), (5985, "REJ"), (8080, "S0")):
        inside(scene, times + port * 1_000, scanner, targets, port, state=state, sent=400, received=700, seconds=0.3)
    some = targets[chance.random(len(targets)) < 0.5]
    refused(
        scene,
        np.sort(begin + chance.integers(0, 100 * MINUTE, len(some))),
        some,
        member.service("scan"),
        sources=scanner,
        ntlm=True,
    )


def after_holidays(plot: Plot, member: Member, day: float) -> None:
    """The morning after the holidays: one in twelve has forgotten the password."""
    begin = plot.at(member, day, "07:50")
    scene = plot.surprise("Forgotten passwords after holidays", member, begin, begin + 2 * HOUR)
    chance = scene.chance
    people = member.accounts_of("person")
    people = people[(member.desk_of[people] >= 0) & (chance.random(len(people)) < 0.08)]
    if not len(people):
        return
    tries = np.repeat(people, chance.integers(1, 4, len(people)))
    times = begin + (chance.beta(2, 4, len(tries)) * 2 * HOUR).astype(np.int64)
    desks = member.desk_of[tries]
    refused(scene, times, desks, tries, kind=2, sources=desks)


def stuck_telephone(plot: Plot, member: Member, day: float, days: int = 3) -> None:
    """Somebody's telephone keeps the old password for days and locks the account again and again."""
    begin = plot.at(member, day, "08:15")
    people = member.accounts_of("person")
    someone = int(people[len(people) // 3])
    desk = max(int(member.desk_of[someone]), 0)
    scene = plot.surprise("Telephone with an old password", member, begin, begin + days * 24 * HOUR)
    rounds = days * 24 * 4
    times = begin + np.arange(rounds) * 15 * MINUTE + scene.chance.integers(0, 40 * SECOND, rounds)
    ticket_refused(scene, times, np.full(rounds, desk), np.full(rounds, someone))
    locks = times[10::24]
    locked_out(scene, locks + SECOND, np.full(len(locks), desk), np.full(len(locks), someone))
