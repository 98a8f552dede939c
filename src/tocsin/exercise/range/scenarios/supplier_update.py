"""supplier-update: a signed update of one product carries a back door to many hosts of several members.

As with SolarWinds Orion (2020) and the 3CX desktop program (2023): an ordinary update of a known product, signed by its
maker, on servers and desks of all customers within days. For one to four weeks nothing happens. Then the product's own
process asks for names below a domain that nobody knew, a few times a day, with jitter, and speaks HTTPS to it. On few
hosts a second stage follows; at one member the keys that sign tokens are read, and mail is read without a sign-in.

An earlier update of the same product, its daily calls and another rollout are the harmless relatives.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from tocsin.exercise.range.actions.processes import acts, running, start
from tocsin.exercise.range.actions.programs import hashes
from tocsin.exercise.range.actions.traffic import connect, lookup
from tocsin.exercise.range.actions.upkeep import service_state
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.columns import Integers, Made, Pool
from tocsin.exercise.range.internet import site_address
from tocsin.exercise.range.scenario import Plot, Scenario
from tocsin.exercise.range.scenarios.supplier_depth import second_stage, token_theft
from tocsin.exercise.range.scenarios.wiper_kernels import letters
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.surprises import patch_day, patch_tuesdays, rollout, storm
from tocsin.exercise.range.times import DAY, HOUR, MINUTE, SECOND

LENGTH = 70  # days
_PRODUCTS = (
    ("Meridian Network Console", "MeridianSvc", "Meridian.Core.Transport.dll", 0.12),
    ("VoiceBridge Desktop", "VoiceBridge", "vbmedia.dll", 0.6),
    ("Atlas Inventory", "AtlasAgent", "Atlas.Collector.Plugins.dll", 0.45),
    ("PrintFlow Client", "PrintFlow", "pfspool64.dll", 0.5),
)  # name, service and program, library, share of the desks
_SERVERS = ("management", "jump-host", "database", "print-server", "file-server", "admin-workstation")
_WORDS = ("cloud", "sync", "api", "data", "static", "edge", "media", "telemetry", "storage", "office", "azure-like")
_REGIONS = ("eu-west-1", "eu-central-1", "us-east-2", "neu", "weu")
_WAITS = (8.0, 20.0)  # days until the first sign of life; each host adds up to a week


@dataclass(frozen=True, slots=True, eq=False)
class Supplied:
    """The product, and what its back door does. The same at all members."""

    name: str
    service: str
    library: str
    share: float  # of the desks
    domains: tuple[str, ...]  # for first signs of life; the last one for what follows
    hours: float  # between two of them
    jitter: float  # share of that
    wait: float  # days

    @property
    def path(self) -> str:
        """Its program."""
        return rf"C:\Program Files\{self.name}\{self.service}.exe"

    @property
    def home(self) -> str:
        """The name that it has always called."""
        return f"updates.{self.name.split()[0].lower()}-software.example"


def plan(plot: Plot) -> None:
    """Updates at all members, signs of life weeks later, depth at one or two."""
    chance, scale = plot.chance, plot.days / LENGTH
    product = _product(chance)
    released = float(chance.uniform(11, 16))
    _ordinary(plot, product)
    for member in plot.alliance.members:
        hosts = _with_it(product, member)
        _harmless(plot, product, member, hosts, 3 * scale)
        scene = plot.stage("trojan-update", f"A signed update of {product.name} brings a back door",
                           ("T1195.002", "T1553.002", "T1072"), member)  # fmt: skip
        begin = plot.first_us + int((released + scene.chance.uniform(0, 5)) * scale * DAY)
        times = _updated(scene, product, hosts, _office_hours(scene, begin, len(hosts), 3 * scale), "bad")
        _signs_of_life(plot, product, member, hosts, times)
    second_at = plot.first_us + int((released + 8 + product.wait + 7 + chance.uniform(1, 6)) * scale * DAY)
    deep = sorted(plot.alliance.members, key=lambda member: -member.share)[:2]
    for number, member in enumerate(deep):
        hosts = _with_it(product, member)
        scene = plot.stage("second-stage", "On few hosts another program follows",
                           ("T1105", "T1218.011", "T1053.005", "T1071.001"), member)  # fmt: skip
        chosen = second_stage(scene, product.path, product.domains[-1], hosts, second_at + number * DAY // 2,
                              plot.last_us)  # fmt: skip
        if number == 0:
            token_theft(plot, member, int(chosen[0]), second_at + int(4 * scale * DAY))


def _product(chance: np.random.Generator) -> Supplied:
    name, service, library, share = _PRODUCTS[int(chance.integers(0, len(_PRODUCTS)))]
    words = chance.permutation(len(_WORDS)).tolist()
    domains = tuple(f"{letters(chance, 3)}{_WORDS[word]}.example" for word in words[: int(chance.integers(2, 6))])
    return Supplied(name, service, library, share, domains, float(chance.uniform(2, 11)),
                    float(chance.uniform(0.15, 0.6)), float(chance.uniform(*_WAITS)))  # fmt: skip


def _with_it(product: Supplied, member: Member) -> Integers:
    """Hosts that have the product: some servers, a share of the desks; always the same ones."""
    desks = member.of_role("workstation")
    chosen = desks[desks * 2_654_435_761 % 1_009 < product.share * 1_009]
    watched = np.union1d(member.watched("sysmon", "workstation")[:3], member.watched("network", "workstation")[:4])
    return np.asarray(np.unique(np.concatenate([member.any_of(*_SERVERS), chosen, watched])), dtype=np.int64)


def _ordinary(plot: Plot, product: Supplied) -> None:
    """Patch days, a storm, another product that comes new and calls a new name."""
    for member in plot.alliance.members:
        for day in patch_tuesdays(plot):
            patch_day(plot, member, day)
    largest = plot.alliance.largest
    storm(plot, largest, 0.3)
    rollout(plot, largest, "Paperless Desk", 0.35, 14)
    rollout(plot, plot.alliance.of_sector("energy", "telecom"), "Grid Viewer", 0.5, 10, share=0.4)


def _office_hours(scene: Scene, begin: int, count: int, days: float) -> Integers:
    """Times over some days from `begin` on, in the day's hours."""
    chance = scene.chance
    day = begin // DAY * DAY + (chance.beta(1.5, 2.5, count) * max(days, 1)).astype(np.int64) * DAY
    return np.asarray(day + (8 * HOUR + chance.beta(2, 2, count) * 8 * HOUR).astype(np.int64), dtype=np.int64)


def _harmless(plot: Plot, product: Supplied, member: Member, hosts: Integers, day: float) -> None:
    """The update before, and the calls home that it has always made, once a day."""
    begin = plot.first_us + int(day * DAY)
    scene = plot.surprise(f"Ordinary update of {product.name}", member, begin, begin + 4 * DAY)
    _updated(scene, product, hosts, _office_hours(scene, begin, len(hosts), 3), "good")
    use = plot.usual("calls its maker", member)
    days = np.arange(plot.days)
    each = np.repeat(hosts, len(days))
    times = plot.first_us + np.tile(days * DAY, len(hosts)) + (each * 7_919 % 600 + 420) * MINUTE
    times = times + use.chance.integers(0, 10 * MINUTE, len(times))
    kept = use.chance.random(len(times)) < np.where(np.tile((days + plot.first_day + 3) % 7 < 5, len(hosts)), 0.9, 0.3)
    _speaks(use, product, times[kept], each[kept], product.home)


def _speaks(scene: Scene, product: Supplied, times: Integers, hosts: Integers, name: str) -> None:
    address = site_address(name)
    lookup(scene, times - 40_000, hosts, name, address)
    connect(scene, times, hosts, address, 443, names=name, client="dotnet", sent=1_600, received=2_400, seconds=0.8)
    program = running(scene, times, hosts, None, product.path)
    acts(scene, program, "dns_query", times - 30_000, QueryName=name, QueryResults=f"::ffff:{address};")


def _updated(scene: Scene, product: Supplied, hosts: Integers, times: Integers, build: str) -> Integers:
    """The maker's own updater stops the service, writes the library, starts it again. Gives the times."""
    order = np.argsort(times, kind="stable")
    at, where = times[order], hosts[order]
    updater = start(scene, at, where, None, r"C:\Windows\System32\msiexec.exe",
                    rf'msiexec.exe /update "C:\Windows\Installer\{product.service}.msp" /qn')  # fmt: skip
    service_state(scene, at + 5 * SECOND, where, product.name, "stopped")
    folder = rf"C:\Program Files\{product.name}"
    for wait, file in ((9, f"{product.service}.exe"), (11, product.library)):
        acts(scene, updater, "file_create", at + wait * SECOND, TargetFilename=rf"{folder}\{file}")
    service_state(scene, at + 20 * SECOND, where, product.name, "running")
    again = start(scene, at + 21 * SECOND, where, None, product.path, f'"{product.path}" --service',
                  build=f"{product.name} {build}")  # fmt: skip
    acts(scene, again, "image_load", at + 22 * SECOND, ImageLoaded=rf"{folder}\{product.library}", Product=product.name,
         Company=f"{product.name.split()[0]} Software", Hashes=hashes(product.library, build),
         Signature=f"{product.name.split()[0]} Software Ltd.")  # fmt: skip
    return times


def _signs_of_life(plot: Plot, product: Supplied, member: Member, hosts: Integers, updated: Integers) -> None:
    """From one to four weeks after the update on: a name of its own for each question, now and then a connection."""
    scene = plot.stage("beacons", f"{product.name} asks for names below a new domain",
                       ("T1071.001", "T1071.004", "T1568.002", "T1029"), member)  # fmt: skip
    chance, scale = scene.chance, plot.days / LENGTH
    first = updated + ((product.wait + chance.uniform(0, 7, len(hosts))) * scale * DAY).astype(np.int64)
    rounds = int(max(plot.last_us - int(first.min()), 0) / (product.hours * HOUR)) + 1
    steps = product.hours * HOUR * (1 + product.jitter * chance.uniform(-1, 1, (len(hosts), rounds)))
    grid = first[:, None] + np.cumsum(steps, axis=1).astype(np.int64) - int(product.hours * HOUR / 2)
    rows, columns = np.nonzero((grid < plot.last_us) & (chance.random(grid.shape) < 0.93))
    if len(rows):
        _asks(scene, product, grid[rows, columns], hosts[rows], columns)


def _asks(scene: Scene, product: Supplied, times: Integers, hosts: Integers, turns: Integers) -> None:
    order = np.argsort(times, kind="stable")
    times, hosts, turns = times[order], hosts[order], turns[order]
    chance, region = scene.chance, _REGIONS[int(scene.chance.integers(0, len(_REGIONS)))]
    ids = Pool([letters(chance, 12) for _ in range(int(hosts.max()) + 1)])
    domains = product.domains[:-1]
    which = hosts % len(domains)
    domain = Pool(domains).pick(which)
    name = Made(f"%s%03x.{region}.%s", (ids.pick(hosts), turns * 37 % 4_093, domain))
    answer = Pool([site_address(one) for one in domains]).pick(which)
    lookup(scene, times - 50_000, hosts, name, answer, ttl="60.000000")
    program = running(scene, times, hosts, None, product.path)
    acts(scene, program, "dns_query", times - 40_000, QueryName=name, QueryResults=Made("::ffff:%s;", (answer,)))
    speaks = np.flatnonzero(chance.random(len(times)) < 0.7)
    connect(scene, times[speaks], hosts[speaks], answer.pool.pick(which[speaks]), 443,
            names=domain.pool.pick(which[speaks]), client="dotnet",
            sent=chance.integers(500, 900, len(speaks)), received=chance.integers(250, 1_400, len(speaks)),
            seconds=chance.uniform(0.2, 1.5, len(speaks)))  # fmt: skip


SCENARIO = Scenario(
    id="supplier-update",
    title="An update of a supplier",
    about="A signed update on many hosts of all members; weeks later quiet beacons, depth on few hosts, stolen tokens.",
    source="FireEye and Microsoft on SUNBURST, December 2020; CISA AA20-352A; CrowdStrike and Mandiant on 3CX, 2023",
    plan=plan,
    days=LENGTH,
    hosts=260,
    first=date(2026, 3, 2),
)
