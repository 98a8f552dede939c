"""What an ordinary week looks like on the ministry's network: one function a habit, drawn by weight.

People read the web through the proxy and use shares and mail; servers ask for names and times, fetch
updates, are watched by the monitoring; visitors and scanners come from outside to the web server; administrators log
in and use sudo.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.exercise.calendar import Slot
from tocsin.exercise.chance import MICROSECONDS, Chance, Wheel
from tocsin.exercise.network.linux import LinuxServer
from tocsin.exercise.network.servers import CombinedFile, Line, SquidFile
from tocsin.exercise.network.wire import Wire
from tocsin.exercise.organisation import Host, Organisation, outside_address
from tocsin.exercise.timeline import Mark, Timeline
from tocsin.exercise.week import Actor

DOMAIN_CONTROLLER, RESOLVER = "DC01", "192.0.2.53"
_PAGES = (
    "/",
    "/en/news",
    "/al/lajme",
    "/gr/nea",
    "/contact",
    "/tenders/2026-14",
    "/search?q=energy",
    "/static/app.css",
)
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/145.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
    "Mozilla/5.0 (compatible; SearchBot/2.1; +http://search.example/bot.html)",
)
_ADMIN_COMMANDS = (
    ["/usr/bin/systemctl", "restart", "nginx"],
    ["/usr/bin/journalctl", "-u", "ssh", "--since", "1 hour ago"],
    ["/usr/bin/apt-get", "update"],
    ["/usr/bin/tail", "-n", "200", "/var/log/syslog"],
    ["/usr/sbin/tcpdump", "-i", "eth0", "-c", "200", "port", "53"],
    ["/usr/bin/crontab", "-l"],
    ["/usr/bin/cat", "/etc/shadow.report"],
)
_JOBS = (
    ("root", "cd / && run-parts --report /etc/cron.hourly"),
    ("root", "/usr/local/bin/backup.sh /srv"),
    ("www-data", "php /var/www/cron.php"),
    ("root", "command -v debian-sa1 > /dev/null && debian-sa1 1 1"),
)
_GUESSED = ("admin", "test", "oracle", "ubuntu", "pi", "user")


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that habits and attack stages may touch."""

    organisation: Organisation
    wire: Wire
    servers: dict[str, LinuxServer]
    proxy: SquidFile
    site: CombinedFile
    timeline: Timeline
    chance: Chance

    def address(self, host: str) -> str:
        """The address of one of our hosts."""
        return self.organisation.host(host).address

    def outsider(self) -> str:
        """Some visitor's address, from a documentation range; some come by IPv6."""
        chance = self.chance
        if chance.happens(0.08):
            return f"2001:db8:{chance.hexadecimal(4)}::{chance.whole(1, 99)}"
        return f"198.51.100.{chance.whole(1, 254)}"

    def visit(
        self, time_us: int, client: str, request: str, status: int, size: int, agent: str, mark: Mark | None = None
    ) -> None:
        """A line in the web server's log."""
        text = f'"{request} HTTP/1.1" {status} {size} "-" "{agent}"'
        self.timeline.add(time_us, self.site, Line(text, client), mark)


Habit = Callable[[Network, int, Host], None]


def read_the_web(network: Network, at: int, host: Host) -> None:
    """Workstation → proxy → site, with the name looked up by the proxy."""
    chance, wire = network.chance, network.wire
    site = chance.pick(network.organisation.web_sites)
    proxy, target = network.address("proxy1"), outside_address(site)
    size, seconds = chance.whole(900, 400_000), chance.between(0.2, 40)
    wire.query(at, proxy, network.address(DOMAIN_CONTROLLER), site, [target])
    wire.connect(at + 5_000, host.address, proxy, 3128, service="http", seconds=seconds, sent=1_800, received=size)
    wire.encrypted(at + 60_000, proxy, target, site, seconds=max(seconds - 0.1, 0.1), sent=1_700, received=size)
    user = host.person.account if host.person else "-"
    text = (
        f"{int(seconds * 1000)} {host.address} TCP_TUNNEL/200 {size} CONNECT {site}:443 {user} HIER_DIRECT/{target} -"
    )
    network.timeline.add(at + 5_000 + int(seconds * MICROSECONDS), network.proxy, Line(text))


def open_a_share(network: Network, at: int, host: Host) -> None:
    """A document on the file server."""
    document = network.chance.pick(network.organisation.documents)
    department = host.person.department if host.person else "IT Operations"
    network.wire.share(at, host.address, network.address("FS01"), "Common", f"{department}\\{document}.docx")


def read_mail(network: Network, at: int, host: Host) -> None:
    """Outlook to Exchange."""
    chance = network.chance
    received = chance.whole(2_000, 900_000)
    network.wire.encrypted(
        at, host.address, network.address("EXCH01"), "mail.energy.velmora.example",
        seconds=chance.between(2, 300), sent=chance.whole(900, 60_000), received=received,
    )  # fmt: skip


def ask_for_names(network: Network, at: int, host: Host) -> None:
    """Names of our own and of the outside; some do not exist."""
    chance = network.chance
    names = ("FS01.energy.velmora.example", "EXCH01.energy.velmora.example", "wpad.energy.velmora.example")
    name = chance.pick(names) if chance.happens(0.6) else chance.pick(network.organisation.web_sites)
    answers = [] if name.startswith("wpad") else [outside_address(name)]
    network.wire.query(at, host.address, network.address(DOMAIN_CONTROLLER), name, answers)


def resolve_outside(network: Network, at: int, _host: Host) -> None:
    """The domain controller asks the provider's resolver."""
    name = network.chance.pick(network.organisation.web_sites)
    source = network.address(DOMAIN_CONTROLLER)
    network.wire.query(at, source, RESOLVER, name, [outside_address(name)], type_=network.chance.pick(("A", "AAAA")))


def set_the_clock(network: Network, at: int, host: Host) -> None:
    """NTP to the outside."""
    network.wire.connect(
        at, host.address, outside_address("time.velmora.example"), 123, protocol="udp", service="ntp", seconds=0.03,
        sent=48, received=48,
    )  # fmt: skip


def fetch_updates(network: Network, at: int, host: Host) -> None:
    """Packages from the mirror, unencrypted but signed, as distributions do."""
    chance = network.chance
    uri = f"/ubuntu/pool/main/{chance.pick('abcdlmops')}/pkg{chance.whole(1, 400)}_1.{chance.whole(0, 9)}_amd64.deb"
    network.wire.web(
        at, host.address, outside_address("mirror.example"), "mirror.example", uri,
        agent="Debian APT-HTTP/1.3 (2.7.14)", received=chance.whole(20_000, 3_000_000),
        mime="application/vnd.debian.binary-package",
    )  # fmt: skip


def watch_servers(network: Network, at: int, host: Host) -> None:
    """The monitoring looks at a server: regular, short, harmless, and much like a beacon."""
    target = network.chance.pick(network.organisation.windows_servers)
    network.wire.connect(at, host.address, target.address, 443, service="ssl", seconds=0.08, sent=420, received=900)


def visit_the_site(network: Network, at: int, _host: Host) -> None:
    """Somebody reads the ministry's pages."""
    chance = network.chance
    client, page, agent = network.outsider(), chance.pick(_PAGES), chance.pick(_AGENTS)
    status = 404 if chance.happens(0.05) else 200
    size = chance.whole(800, 60_000)
    web = network.address("www1")
    if ":" not in client:
        network.wire.web(at, client, web, "www.energy.velmora.example", page, agent=agent, status=status, received=size)
    network.visit(at + 90_000, client, f"GET {page}", status, size, agent)


def knock_from_outside(network: Network, at: int, _host: Host) -> None:
    """The background noise of the internet: single probes that the firewall drops."""
    chance = network.chance
    port = chance.pick((23, 445, 3389, 8080, 5900, 1433, 6379))
    source, target = f"198.51.100.{chance.whole(1, 254)}", network.address("www1")
    one = network.wire.connect(at, source, target, port, state="S0", seconds=0, sent=0, received=0, denied=True)
    if chance.happens(0.1):
        network.wire.alert(one, at + 3_000, 900, "SCAN single probe of a common port", 3)


def guess_a_password(network: Network, at: int, _host: Host) -> None:
    """One of the many bots that try a name and leave."""
    source = f"198.51.100.{network.chance.whole(1, 254)}"
    network.wire.shell(at, source, network.address("jump1"), False, network.chance.between(1, 4))
    network.servers["jump1"].login_fails(at + 700_000, network.chance.pick(_GUESSED), False, source)


def administer(network: Network, at: int, host: Host) -> None:
    """An administrator logs in with a key and uses sudo."""
    chance = network.chance
    if host.person is None:
        return
    server = network.servers[chance.pick(("jump1", "www1", "git1", "proxy1"))]
    account = host.person.account
    seconds = chance.between(60, 1_800)
    network.wire.shell(at, host.address, server.host.address, True, seconds)
    session = server.login(at + 800_000, account, host.address, "publickey")
    for index in range(chance.whole(1, 4)):
        when = at + 5_000_000 + int(seconds / 5 * index * MICROSECONDS)
        server.sudo(when, account, chance.pick(_ADMIN_COMMANDS), session)


def run_jobs(network: Network, at: int, host: Host) -> None:
    """Cron on a server."""
    account, command = network.chance.pick(_JOBS)
    server = network.servers[host.name]
    server.cron(at, account, command)
    server.execute(at + 20_000, account, ["/bin/sh", "-c", command], directory="/")


def back_up(network: Network, at: int, host: Host) -> None:
    """At night servers send much to one place, inside."""
    chance = network.chance
    network.wire.connect(
        at, host.address, network.address("WSUS01"), 873, service="-", seconds=chance.between(30, 900),
        sent=chance.whole(50_000_000, 900_000_000), received=chance.whole(10_000, 90_000),
    )  # fmt: skip


_OF_PEOPLE: Sequence[tuple[float, Habit]] = ((10, read_the_web), (4, open_a_share), (3, read_mail), (5, ask_for_names))
_OF_ADMINISTRATORS: Sequence[tuple[float, Habit]] = ((1, administer),)
_OF_SERVERS: Sequence[tuple[float, Habit]] = (
    (4, ask_for_names), (1, set_the_clock), (1, fetch_updates), (2, run_jobs), (0.3, back_up),
)  # fmt: skip
_OF_SPECIAL: dict[str, Sequence[tuple[float, Habit]]] = {
    "monitoring": ((8, watch_servers),),
    "web": ((14, visit_the_site), (5, knock_from_outside)),
    "jump": ((2, guess_a_password),),
    "proxy": ((2, resolve_outside),),
}
_SERVER_RATE, _ADMINISTRATOR_RATE, _ALWAYS_OPEN = 0.7, 0.15, 0.15


def actors(network: Network) -> tuple[Actor, ...]:
    """Everybody and everything with habits."""
    made = []
    for host in network.organisation.workstations:
        made.append(_person(network, host, _OF_PEOPLE, 1.0))
        if host.person and host.person.administration:
            made.append(_person(network, host, _OF_ADMINISTRATORS, _ADMINISTRATOR_RATE))
    for host in network.organisation.linux_servers:
        made.append(_server(network, host, (*_OF_SERVERS, *_OF_SPECIAL.get(host.role, ()))))
    return tuple(made)


def _acting(network: Network, host: Host, habits: Sequence[tuple[float, Habit]]) -> Callable[[int], None]:
    wheel = Wheel([weight for weight, _ in habits])
    return lambda at: habits[wheel.spin(network.chance)][1](network, at, host)


def _person(network: Network, host: Host, habits: Sequence[tuple[float, Habit]], rate: float) -> Actor:
    shift = host.person.shift if host.person else 0.0
    return Actor(lambda slot: rate * slot.people(shift), _acting(network, host, habits))


def _server(network: Network, host: Host, habits: Sequence[tuple[float, Habit]]) -> Actor:
    def rate(slot: Slot) -> float:
        return _SERVER_RATE * (slot.machines() + sum(weight for weight, _ in habits) * _ALWAYS_OPEN * slot.people(0))

    return Actor(rate, _acting(network, host, habits))
