"""What hosts inside do on the internet: people browse, programs call home at their paces, names are looked up.

Pages are popular by Zipf's law; sizes are log-normal with long tails; a page loads parts from content networks with
long names. Programs call home periodically while their machine is on, each host with a phase of its own: harmless
beacons.
"""

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.exercise.range.actions.traffic import connect, lookup
from tocsin.exercise.range.actions.web import EDGE
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.background.rhythm import NIGHT, OFFICE, Today
from tocsin.exercise.range.columns import Column, Integers, Mask, Pick, Pool
from tocsin.exercise.range.internet import at_site, site_address, zipf_codes
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import DAY, HOUR, MINUTE

_VISITS = 9  # pages of a person a day that the sensors of a covered desk note
_HEARD_BY_DNS = 0.6  # the rest comes from the desk's own cache
_FULL_SIZE = 100  # hosts
_DELIVERY_NAMES = 3_000
_SERVERS = (
    *("domain-controller", "file-server", "exchange", "sharepoint", "database", "backup", "management", "jump-host"),
    *("print-server", "web-server", "linux-server", "mail-gateway", "monitoring"),
)


@cache
def sites() -> Any:
    """The data of sites.toml."""
    return tomllib.loads(Path(__file__).with_name("sites.toml").read_text(encoding="utf-8"))


@cache
def pages() -> Pool:
    """What people open, the most popular first."""
    known = sites()["pages"]
    return Pool([*known, *(f"www.site-{number}.example" for number in range(sites()["more_pages"]))])


@cache
def parts() -> Pool:
    """What pages load from elsewhere: few shared names and many long ones of content networks."""
    shapes = sites()["delivery"]
    chance = np.random.default_rng(4_711)
    made = [
        shapes[number % len(shapes)] % tuple(chance.integers(16, 60_000, 2).tolist())
        for number in range(_DELIVERY_NAMES)
    ]
    return Pool([*sites()["parts"], *made])


def covered(member: Member) -> Mask:
    """Hosts whose way out some sensor sees."""
    return member.sees("network") | member.sees("proxy") | member.sees("firewall")


def sizes(chance: np.random.Generator, count: int, median: float, spread: float) -> Integers:
    """Log-normal sizes around a median; at most 4 GB."""
    drawn = chance.lognormal(np.log(median), spread, count)
    return np.minimum(drawn, 4e9).astype(np.int64)


def browsing(scene: Scene, today: Today) -> None:
    """People at covered desks open pages and what these load."""
    chance, member = scene.chance, scene.member
    seen = np.flatnonzero(covered(member) & (member.person_at >= 0))
    here = seen[chance.random(len(seen)) < today.presence]
    counts = chance.poisson(_VISITS * member.busyness[here])
    hosts = np.repeat(here, counts)
    if not len(hosts):
        return
    times = today.times(chance, OFFICE, len(hosts))
    hosts = chance.permutation(hosts)
    opened = pages().pick(zipf_codes(chance, len(pages()), len(hosts)))
    _visit(scene, times, hosts, opened, sizes(chance, len(hosts), 9_000, 1.6))
    more = chance.random(len(hosts)) < 0.6
    loaded = parts().pick(zipf_codes(chance, len(parts()), int(more.sum()), 0.8))
    _visit(scene, times[more] + chance.integers(80_000, 3_000_000, int(more.sum())), hosts[more], loaded,
           sizes(chance, int(more.sum()), 26_000, 1.9))  # fmt: skip


def _visit(scene: Scene, times: Integers, hosts: Integers, names: Pick, received: Integers) -> None:
    chance, count = scene.chance, len(times)
    users = _who(scene.member, hosts)
    answers = at_site(names)
    asked = chance.random(count) < _HEARD_BY_DNS
    lookup(
        scene, times[asked] - chance.integers(4_000, 90_000, int(asked.sum())), hosts[asked],
        names.pool.pick(names.codes[asked]), answers.pool.pick(answers.codes[asked]),
        users=users.pool.pick(users.codes[asked]),
    )  # fmt: skip
    seconds = chance.lognormal(1.2, 1.7, count).clip(0.05, 4_000)
    secure = chance.random(count) < 0.96
    for chosen, port in ((secure, 443), (~secure, 80)):
        if chosen.any():
            connect(
                scene, times[chosen], hosts[chosen], answers.pool.pick(answers.codes[chosen]), port,
                names=names.pool.pick(names.codes[chosen]), sent=sizes(chance, int(chosen.sum()), 1_900, 0.9),
                received=received[chosen], seconds=seconds[chosen], users=users.pool.pick(users.codes[chosen]),
                path="/", agent=EDGE,
            )  # fmt: skip


def _who(member: Member, hosts: Integers) -> Pick:
    """Who sits at each host."""
    column = member.of_account("name", np.maximum(member.person_at[hosts], 0))
    assert isinstance(column, Pick)
    return column


@dataclass(frozen=True, slots=True)
class _Caller:
    """A program that calls home."""

    name: str
    period: float  # minutes; 0 where it has none
    jitter: float
    share: float
    servers: float
    daily: float
    client: str
    port: int
    sent: int
    received: int
    wake: bool


@cache
def _callers() -> tuple[_Caller, ...]:
    return tuple(
        _Caller(
            row["name"], row["period"], row.get("jitter", 0.0), row["share"], row["servers"], row.get("daily", 0),
            row["client"], row.get("port", 443), row["sent"], row["received"], row["wake"],
        )
        for row in sites()["machine"]
    )  # fmt: skip


def calling_home(scene: Scene, today: Today) -> None:
    """Update checks, telemetry, licences, cloud sync: many at a fixed pace."""
    made = [_calls(scene, today, place, caller) for place, caller in enumerate(_callers())]
    names = Pool([caller.name for caller in _callers()])
    for client, port in sorted({(caller.client, caller.port) for caller in _callers()}):
        mine = [
            (place, times, hosts)
            for place, (times, hosts) in enumerate(made)
            if (_callers()[place].client, _callers()[place].port) == (client, port) and len(times)
        ]
        if mine:
            _calls_made(scene, names, client, port, mine)


def _calls(scene: Scene, today: Today, place: int, caller: _Caller) -> tuple[Integers, Integers]:
    """(times, hosts) of a program's calls today."""
    chance, member = scene.chance, scene.member
    installed = _installed(member, place, caller) & covered(member)
    desk = member.person_at >= 0
    awake = ~desk | (
        chance.random(len(desk)) < (max(today.presence, 0.12) if not caller.wake else max(today.presence, 0.3))
    )
    hosts = np.flatnonzero(installed & awake)
    if not caller.period:
        counts = chance.poisson(caller.daily / member.setting.pace * np.minimum(member.busyness[hosts], 3))
        chosen = np.repeat(hosts, counts)
        hours = NIGHT if caller.wake and not desk[chosen].any() else OFFICE
        return today.times(chance, hours, len(chosen)), chance.permutation(chosen)
    return _periodic(chance, today, caller, hosts, desk[hosts])


@lru_cache(maxsize=512)
def _installed(member: Member, place: int, caller: _Caller) -> Mask:
    """Which hosts run it: always the same ones."""
    numbers = np.arange(len(member.hosts), dtype=np.int64)
    draw: NDArray[np.float64] = (numbers * 2_654_435_761 + place * 40_503 * 7_919) % 10_007 / 10_007
    servers = np.zeros(len(numbers), dtype=bool)
    servers[member.of_role(*_SERVERS)] = True
    fewer = min(1.0, len(numbers) / _FULL_SIZE)  # small members pay for fewer services
    return (draw < caller.share) & (member.person_at >= 0) | (draw < caller.servers * fewer) & servers


def _periodic(
    chance: np.random.Generator, today: Today, caller: _Caller, hosts: Integers, desk: Mask
) -> tuple[Integers, Integers]:
    """A call each period since midnight, each host with its own phase; desks only while they are on."""
    period = caller.period * today.member.setting.pace * MINUTE
    phase = hosts * 7_919 * 1_000_003 % int(period)
    first = -(-(today.midnight - phase) // int(period)) * int(period) + phase
    rounds = int(DAY // period) + 1
    grid = first[:, None] + np.arange(rounds)[None, :] * int(period)
    grid = grid + (chance.uniform(-caller.jitter, caller.jitter, grid.shape) * period).astype(np.int64)
    if caller.wake:
        begin, end = np.where(desk, 7.2, 0.0), np.where(desk, 19.5, 24.0)
    else:
        begin, end = np.full(len(hosts), 7.4), np.full(len(hosts), 18.0)
    start = today.midnight + ((begin + chance.normal(0, 0.4, len(hosts)) * desk) * HOUR).astype(np.int64)
    stop = today.midnight + ((end + chance.normal(0, 0.7, len(hosts)) * desk) * HOUR).astype(np.int64)
    on = (grid >= start[:, None]) & (grid < stop[:, None])
    rows, columns = np.nonzero(on)
    return grid[rows, columns], hosts[rows]


def _calls_made(scene: Scene, names: Pool, client: str, port: int, made: list[tuple[int, Integers, Integers]]) -> None:
    """Lookups and connections of all programs that use the same client and port."""
    chance = scene.chance
    codes = np.concatenate([np.full(len(times), place) for place, times, _ in made])
    times = np.concatenate([times for _, times, _ in made])
    hosts = np.concatenate([hosts for _, _, hosts in made])
    base = np.array([(caller.sent, caller.received) for caller in _callers()], dtype=float)[codes]
    count = len(times)
    addresses = names.mapped("address", site_address).pick(codes)
    asked = chance.random(count) < 0.25
    lookup(scene, times[asked] - 30_000, hosts[asked], names.pick(codes[asked]), addresses.pool.pick(codes[asked]))
    connect(
        scene, times, hosts, addresses, port, names=names.pick(codes), client=client,
        sent=(base[:, 0] * chance.lognormal(0, 0.12, count)).astype(np.int64),
        received=(base[:, 1] * chance.lognormal(0, 0.3, count)).astype(np.int64),
        seconds=chance.lognormal(-0.6, 0.9, count), path="/status", agent="Windows-Agent/10.0",
    )  # fmt: skip


_DNSBL = Pool([f"{a}.{b}.113.203.zen.blocklist.example" for a in range(1, 60) for b in range(3)])
_HASHES = Pool(
    [
        f"{number * 2_654_435_761 % (1 << 40):010x}{number * 40_503 % (1 << 28):07x}.f.av-lookup.example"
        for number in range(1_500)
    ]
)
_MISSES = Pool(["wpad", "isatap", "printer01", "oldserver", "intranet2", "_ldap._tcp.dc._msdcs", "fileserver.local"])


def odd_names(scene: Scene, today: Today) -> None:
    """Lookups that are no visits: reverse names, block lists, hashes in names, search suffixes, directory services."""
    member = scene.member
    if not member.logs("zeek_dns"):
        return
    gateways, servers = (
        member.of_role("mail-gateway"),
        member.of_role("monitoring", "proxy", "linux-server", "web-server"),
    )
    desks = np.flatnonzero(member.sees("network") & (member.person_at >= 0))
    busy = max(len(desks), 20) / member.setting.pace
    _ask(scene, today, NIGHT, gateways, busy * 1.2, _DNSBL, code="NXDOMAIN")
    _ask(scene, today, NIGHT, gateways, busy * 0.5, _HASHES, answers="127.0.0.2")
    _ask(scene, today, OFFICE, desks, busy * 1.4 * today.presence, _suffixed(member), code="NXDOMAIN")
    _ask(scene, today, OFFICE, desks, busy * 2.0 * today.presence, _directory(member), type_="SRV", answers="-")
    _ask(scene, today, NIGHT, servers, busy * 1.2, _reverse(member), type_="PTR", answers="-")


def _ask(
    scene: Scene, today: Today, hours: tuple[float, ...], hosts: Integers, mean: float, names: Pool,
    *, type_: str = "A", code: str = "NOERROR", answers: Column = "-",
) -> None:  # fmt: skip
    count = int(scene.chance.poisson(mean)) if len(hosts) else 0
    if count:
        chosen = hosts[scene.chance.integers(0, len(hosts), count)]
        asked = names.pick(zipf_codes(scene.chance, len(names), count, 0.7))
        lookup(scene, today.times(scene.chance, hours, count), chosen, asked, answers, type_=type_, code=code)


def _suffixed(member: Member) -> Pool:
    return _MISSES.mapped(member.domain, lambda name: f"{name}.{member.domain}")


@cache
def _directory(member: Member) -> Pool:
    sites_of = (
        "_ldap._tcp.dc._msdcs",
        "_kerberos._tcp.dc._msdcs",
        "_ldap._tcp",
        "_kerberos._tcp.Default-First-Site-Name._sites",
    )
    return Pool([f"{name}.{member.domain}" for name in sites_of])


@cache
def _reverse(member: Member) -> Pool:
    addresses = [host.address for host in member.hosts[:400]]
    return Pool([".".join(reversed(address.split("."))) + ".in-addr.arpa" for address in addresses])


def clocks(scene: Scene, today: Today) -> None:
    """NTP: servers every hour, or at the member's slower pace, to few peers."""
    chance, member = scene.chance, scene.member
    small = len(member.hosts) < _FULL_SIZE
    askers = ("firewall",) if small else ("domain-controller", "linux-server", "web-server", "firewall")
    hosts = member.of_role(*askers)
    if not len(hosts):
        return
    pace = HOUR * member.setting.pace
    rounds = DAY // pace
    times = today.midnight + np.arange(rounds)[None, :] * pace + (hosts * 7_919 * 1_009 % HOUR)[:, None]
    times = times + chance.normal(0, 4e6, times.shape).astype(np.int64)
    peers = Pool([site_address(f"{number}.pool.ntp.example") for number in range(4)])
    flat = np.repeat(hosts, rounds)
    connect(
        scene, times.ravel(), flat, peers.pick((flat + np.arange(len(flat))) % 4), 123, sent=48, received=48,
        seconds=0.03, protocol="udp",
    )  # fmt: skip
