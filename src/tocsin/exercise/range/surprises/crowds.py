"""Crowds: many people come to a public site at once, for a good reason.

A crowd differs from day to day visitors in number only: people with browsers, from homes and telephones of the
country, most of them new, each reading a few pages and looking again at the one that all want. Under load answers
take longer and some fail.
"""

import numpy as np

from tocsin.exercise.range.actions.web import browsers, requests
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.background.outward import sizes
from tocsin.exercise.range.background.visitors import public_paths
from tocsin.exercise.range.columns import Pick, Pool
from tocsin.exercise.range.internet import visitors, zipf_codes
from tocsin.exercise.range.scenario import Plot
from tocsin.exercise.range.times import HOUR, SECOND


def crowd(
    plot: Plot,
    member: Member,
    title: str,
    day: float,
    clock: str,
    hours: float,
    people: int,
    pages: tuple[str, ...],
    *,
    peaks: int = 1,
    capacity: float = 40.0,
) -> None:
    """A crowd comes at a local time for some hours. `pages` are what all want, `capacity` requests a second go well.

    `peaks` is how often the crowd swells, for example when results come in.
    """
    begin = plot.at(member, day, clock)
    scene = plot.surprise(title, member, begin, begin + int(hours * HOUR), [member.one("web-server").name])
    chance = scene.chance
    arrivals = np.sort(begin + (_waves(chance, people, peaks) * hours * HOUR).astype(np.int64))
    visits = np.repeat(np.arange(people), chance.geometric(0.22, people))
    again = chance.lognormal(4.0, 1.2, len(visits)).clip(0.5, 5_400) * SECOND
    times = arrivals[visits] + np.where(np.r_[True, visits[1:] != visits[:-1]], 0, again).astype(np.int64)
    clients = visitors(chance, member.language, people, abroad=0.09)
    agents = browsers(chance, people)
    assert isinstance(agents, Pick)
    wanted = Pool([*pages, *public_paths(member).texts])
    popular = chance.random(len(visits)) < 0.8
    codes = np.where(
        popular,
        chance.integers(0, len(pages), len(visits)),
        len(pages) + zipf_codes(chance, len(wanted) - len(pages), len(visits)),
    )
    load = _load(times, capacity)
    status = np.where(
        chance.random(len(visits)) < (load - 1).clip(0, 0.5) * 0.2,
        503,
        chance.choice((200, 304, 302), size=len(visits), p=(0.8, 0.17, 0.03)),
    )
    servers = member.of_role("web-server")
    requests(
        scene, times, servers[visits % len(servers)], Pick(clients, visits), wanted.pick(codes), status=status,
        sizes=np.where(status == 200, sizes(chance, len(visits), 11_000, 1.1), 320),
        agents=agents.pool.pick(agents.codes[visits]),
        taken_ms=(chance.lognormal(3.5, 0.8, len(visits)) * (1 + 3 * (load - 0.6).clip(0, 4))).astype(np.int64) + 1,
    )  # fmt: skip


def _waves(chance: np.random.Generator, people: int, peaks: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Shares of the time at which people arrive: a steep rise and a long tail for each peak."""
    peak = chance.integers(0, peaks, people)
    return np.asarray(((peak + chance.beta(1.8, 4.5, people)) / peaks).clip(0, 1))


def _load(
    times: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]", capacity: float
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Requests of each one's ten seconds beside what the site can take."""
    slots = times // (10 * SECOND)
    _, inverse, counts = np.unique(slots, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] / (10 * capacity))
