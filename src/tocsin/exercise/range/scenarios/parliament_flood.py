"""parliament-flood: a public site is flooded for about eighteen minutes, in a week in which three crowds also come.

As a crowd-sourced tool does it (DDoSia): a list of real paths with random parameters, from rented servers whose
addresses rotate, with few user agents; before it a flood of first packets (SYN), beside it answers that nobody asked
for (reflection of NTP, DNS, memcached). What was one to four Gbit/s and up to 680,000 packets a second is scaled down
in records: the shape stays, each record stands for many. When phases come, which paths and sources: differ by seed.
"""

from datetime import date

import numpy as np

from tocsin.exercise.range.actions.traffic import reached
from tocsin.exercise.range.actions.web import BROWSERS, ROBOTS, requests
from tocsin.exercise.range.actions.wire import Wire, conn_log, firewall_log, uids
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.background.visitors import public_paths
from tocsin.exercise.range.columns import Column, Integers, Made, Pick, Pool
from tocsin.exercise.range.internet import COUNTRIES, address
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.surprises import crowd
from tocsin.exercise.range.times import MINUTE

_REQUESTS, _SYNS, _REFLECTED = 330_000, 60_000, 30_000
_SOURCES, _TURNS = 900, 6  # rented servers, and how often another part of them takes over
_REFLECTORS = ((123, 468), (53, 3_200), (11_211, 1_400))  # port, bytes of an answer
_CROWDS = (
    (0, "19:00", 3.0, "Session on the budget", ("/live", "/agenda/budget", "/votes"), 2),
    (2, "08:30", 6.0, "Registration for open day", ("/visit", "/visit/register", "/visit/map"), 1),
    (5, "12:00", 4.0, "Vote of confidence", ("/live", "/votes", "/api/votes.json", "/members"), 3),
)


def plan(plot: Plot) -> None:
    """Three crowds and a flood of three phases."""
    member = plot.alliance.of_sector("parliament", "ministry")
    for day, clock, hours, title, pages, peaks in _CROWDS:
        people = 9 * len(member.hosts)
        crowd(plot, member, title, day, clock, hours, people, pages, peaks=peaks, capacity=people / 400)
    scene = plot.stage("syn-flood", "First packets without end", ("T1498.001", "T1499.001"), member)
    minutes = float(scene.chance.uniform(15, 21))
    begin = plot.at(member, 3, "10:00") + int(scene.chance.integers(0, 5 * 60)) * MINUTE
    _syn(scene, begin, minutes / 4)
    flood = plot.stage("http-flood", "Requests from rented servers", ("T1499.002", "T1583.003"), member)
    _requests(flood, begin + 2 * MINUTE, minutes)
    back = plot.stage("reflection", "Answers that nobody asked for", ("T1498.002",), member)
    _reflection(back, begin + int(back.chance.integers(3, 9)) * MINUTE, minutes / 3)


def rising(chance: np.random.Generator, begin: int, minutes: float, count: int) -> Integers:
    """Times of a flood: up within the first eighth, a plateau in waves, down at once."""
    share = np.where(chance.random(count) < 0.06, chance.power(2.0, count) / 8, chance.uniform(0.125, 1, count))
    waves = share + 0.012 * np.sin(share * 40 * np.pi)
    return np.sort(begin + (waves.clip(0, 1) * minutes * MINUTE).astype(np.int64))


def _rented(chance: np.random.Generator, count: int) -> Pool:
    kinds, places = chance.integers(0, 3, count).tolist(), chance.choice(len(COUNTRIES), count).tolist()
    numbers = chance.integers(0, 60_000, count).tolist()
    names = ("hosting", "vps", "vps")
    return Pool([address(names[kind], COUNTRIES[place], number) for kind, place, number in zip(kinds, places, numbers,
                 strict=True)])  # fmt: skip


def _requests(scene: Scene, begin: int, minutes: float) -> None:
    """Each turn another part of the servers asks; the site soon answers 503 and late."""
    member, chance = scene.member, scene.chance
    times = rising(chance, begin, minutes, _REQUESTS)
    turn = (times - begin) * _TURNS // int(minutes * MINUTE + 1)
    part = _SOURCES // _TURNS
    clients = _rented(chance, _SOURCES).pick(turn % _TURNS * part + chance.integers(0, part, _REQUESTS))
    agents = Pool([*BROWSERS.texts[:3], ROBOTS.texts[-1]])
    lately = times > begin + 2 * MINUTE
    status = np.where(lately & (chance.random(_REQUESTS) < 0.8), 503, 200)
    served = status == 200
    servers = member.of_role("web-server")
    requests(
        scene, times, servers[np.arange(_REQUESTS) % len(servers)], clients, _paths(member, chance), status=status,
        sizes=np.where(served, chance.lognormal(9.4, 0.8, _REQUESTS).astype(np.int64), 320),
        agents=Pick(agents, chance.choice(4, _REQUESTS, p=(0.5, 0.2, 0.2, 0.1))),
        taken_ms=np.where(served, 900, 4_000) + chance.integers(0, 2_600, _REQUESTS), connections=0.06,
    )  # fmt: skip


def _paths(member: Member, chance: np.random.Generator) -> Made:
    """A few pages that cost the site much, each with a random parameter."""
    known = public_paths(member)
    wanted = Pool(["/search", *(known.texts[number] for number in chance.integers(0, len(known), 6).tolist())])
    return Made("%s?q=%08x", (wanted.pick(chance.integers(0, len(wanted), _REQUESTS)),
                chance.integers(0, 1 << 32, _REQUESTS)))  # fmt: skip


def _syn(scene: Scene, begin: int, minutes: float) -> None:
    """Senders are made up, evenly over all networks; nobody completes a connection."""
    chance, member = scene.chance, scene.member
    times = rising(chance, begin, minutes, _SYNS)
    numbers = chance.integers(0, 1 << 24, 20_000).tolist()
    senders = Pool([f"{241 + n % 7}.{n // 7 % 256}.{n // 1_792 % 256}.{n // 65_536 % 256}" for n in numbers])
    servers = member.of_role("web-server")
    port = 443 if chance.random() < 0.7 else 80
    reached(scene, times, senders.pick(chance.integers(0, len(senders), _SYNS)), servers[np.arange(_SYNS) %
            len(servers)], port, sent=0, received=0, seconds=5.0, state="S0")  # fmt: skip


def _reflection(scene: Scene, begin: int, minutes: float) -> None:
    """Large datagrams from servers of others, by their well known ports."""
    chance, member = scene.chance, scene.member
    server = member.one("web-server")
    senders = _rented(chance, 1_200)
    order = chance.permutation(len(_REFLECTORS))[: int(chance.integers(2, 4))]
    count = _REFLECTED // len(order)
    for place in order.tolist():
        port, size = _REFLECTORS[place]
        times = rising(chance, begin, minutes, count)
        ends: dict[str, Column] = {
            "uid": uids(chance, count), "orig_h": senders.pick(chance.integers(0, len(senders), count)), "orig_p": port,
            "resp_h": server.address, "resp_p": chance.integers(1_024, 65_535, count),
        }  # fmt: skip
        sent = np.asarray(size * chance.integers(20, 220, count), dtype=np.int64)
        wire = Wire(scene, times, server.index, "", ends, sent, np.zeros(count, dtype=np.int64),
                    chance.uniform(0.5, 4.0, count), "udp", "SF")  # fmt: skip
        conn_log(wire, "-", from_inside=False, to_inside=True)
        firewall_log(wire, inbound=True)


SCENARIO = Scenario(
    id="parliament-flood",
    title="A parliament's site is flooded",
    about="Eighteen minutes of requests, first packets and reflected answers; three crowds in the same week.",
    source="Sekoia and Avast on DDoSia (2022 to 2024); NETSCOUT threat intelligence reports; RFC 4732",
    plan=plan,
    days=7,
    hosts=900,
    first=date(2026, 3, 9),
)
