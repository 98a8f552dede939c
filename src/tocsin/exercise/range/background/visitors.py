"""What comes from outside: visitors of the public sites, robots, the noise of the internet's scanners, mail.

Public sites are visited by the rhythm of people at home; robots and uptime checks never sleep. The noise: ports that
somebody tries all day long, probes for known holes that get 404, passwords guessed at whatever answers SSH.
"""

from functools import lru_cache

import numpy as np

from tocsin.exercise.range.actions.remote import vpn_refused, vpn_session
from tocsin.exercise.range.actions.servers import says, ssh_refused
from tocsin.exercise.range.actions.traffic import inside, reached
from tocsin.exercise.range.actions.web import ROBOTS, browsers, requests
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.background.homes import ABROAD, HOME, homes, travellers
from tocsin.exercise.range.background.outward import sizes
from tocsin.exercise.range.background.rhythm import EVEN, EVENING, Today
from tocsin.exercise.range.columns import Integers, Made, Pick, Pool
from tocsin.exercise.range.internet import COUNTRIES, address, visitors, zipf_codes
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import HOUR, MINUTE, SECOND

_PROBES = Pool(
    [
        *(
            "/wp-login.php",
            "/.env",
            "/xmlrpc.php",
            "/phpmyadmin/index.php",
            "/.git/config",
            "/vendor/phpunit/phpunit/phpunit.xsd",
        ),
        *(
            "/cgi-bin/luci",
            "/boaform/admin/formLogin",
            "/actuator/health",
            "/owa/auth/logon.aspx",
            "/solr/admin/info/system",
        ),
        *(
            "/admin/",
            "/backup.zip",
            "/config.json",
            "/manager/html",
            "/robots.txt",
            "/.well-known/security.txt",
            "/server-status",
        ),
    ]
)
_PORTS = (23, 22, 3389, 445, 8080, 5060, 1433, 5900, 6379, 2375, 8443, 21, 5555, 9200, 27017, 3306, 161, 7547)
_GUESSED = Pool(
    ["root", "admin", "test", "ubuntu", "oracle", "postgres", "user", "git", "pi", "ftpuser", "deploy", "support"]
)
_STATUSES = (200, 304, 302, 404, 403, 500)
_STATUS_SHARES = (0.865, 0.06, 0.035, 0.032, 0.005, 0.003)


@lru_cache(maxsize=32)
def public_paths(member: Member) -> Pool:
    """The public site's pages, the most popular first, in the member's language where it has words."""
    words = [
        word.lower().replace(" ", "-").replace("'", "") for word in (*member.tongue.documents, *member.tongue.subjects)
    ]
    news = [f"/news/{2025 + number // 160}/{number}-{words[number % len(words)]}" for number in range(320)]
    fixed = [
        "/",
        "/index.html",
        "/css/site.css",
        "/js/app.js",
        "/img/logo.svg",
        "/contact",
        "/search?q=form",
        "/services",
        "/api/menu",
    ]
    files = [f"/documents/{words[number % len(words)]}-{number}.pdf" for number in range(160)]
    return Pool([*fixed, *news, *files])


@lru_cache(maxsize=32)
def regulars(member: Member) -> Pool:
    """Addresses of the people who visit the public site in the member's country."""
    chance = np.random.default_rng([member.seed, 99])
    return visitors(chance, member.language, 40 + 4 * len(member.hosts))


def public_site(scene: Scene, today: Today) -> None:
    """Visitors of the public site: people by their rhythm, robots all day."""
    chance, member = scene.chance, scene.member
    server = member.of_role("web-server")
    people = int(chance.poisson(2 + 0.24 * len(member.hosts)))
    visits = np.repeat(np.arange(people), 1 + chance.geometric(0.3, people))
    begin = today.times(chance, EVENING, people)
    who = zipf_codes(chance, len(regulars(member)), people, 0.6)
    agents = browsers(chance, people)
    assert isinstance(agents, Pick)
    stay = (chance.lognormal(3.2, 1.4, len(visits)).clip(0.2, 2_400) * 1e6).astype(np.int64)
    _asked(
        scene,
        begin[visits] + stay,
        server[visits % len(server)],
        regulars(member).pick(who[visits]),
        agents.pool.pick(agents.codes[visits]),
    )
    robots = int(chance.poisson(1 + 0.09 * len(member.hosts)))
    clients = Pool([address("cloud", "US", 7_000 + number) for number in range(60)])
    codes = zipf_codes(chance, len(clients), robots)
    _asked(
        scene,
        today.times(chance, EVEN, robots),
        server[codes % len(server)],
        clients.pick(codes),
        ROBOTS.pick(codes % len(ROBOTS)),
    )


def _asked(scene: Scene, times: Integers, servers: Integers, clients: Pick, agents: Pick) -> None:
    """Requests with ordinary paths, statuses, sizes and times."""
    chance, count = scene.chance, len(times)
    if not count:
        return
    paths = public_paths(scene.member)
    requests(
        scene, times, servers, clients, paths.pick(zipf_codes(chance, len(paths), count)),
        status=chance.choice(_STATUSES, size=count, p=_STATUS_SHARES), sizes=sizes(chance, count, 9_000, 1.3),
        taken_ms=chance.lognormal(3.4, 0.9, count).astype(np.int64) + 1, agents=agents,
    )  # fmt: skip


@lru_cache(maxsize=32)
def scanners(member: Member) -> Pool:
    """Addresses that scan the internet: rented servers everywhere, a few that come every day."""
    chance = np.random.default_rng([member.seed, 98])
    kinds = chance.integers(0, 3, 1_500)
    return Pool(
        [
            address(("hosting", "vps", "home")[kind], COUNTRIES[country], number)
            for kind, country, number in zip(
                kinds.tolist(),
                chance.integers(0, 32, 1_500).tolist(),
                chance.integers(0, 400_000, 1_500).tolist(),
                strict=True,
            )
        ]
    )


def noise(scene: Scene, today: Today) -> None:
    """Scanners try ports (denied at the firewall), known holes on the web server, passwords over SSH."""
    chance, member = scene.chance, scene.member
    sources = scanners(member)
    count = int(chance.poisson(4 + 0.37 * len(member.hosts)))
    times, codes = today.times(chance, EVEN, count), zipf_codes(chance, len(sources), count, 0.8)
    ports = np.array(_PORTS)[zipf_codes(chance, len(_PORTS), count, 0.9)]
    gate = member.one("firewall")
    scene.note(
        "firewall", "deny", times, gate, source=sources.pick(codes), source_port=chance.integers(1_024, 65_535, count),
        target=member.public, target_port=ports, protocol="tcp", inbound=True, service="tcp",
    )  # fmt: skip
    probes = int(chance.poisson(1 + 0.022 * len(member.hosts)))
    who = zipf_codes(chance, len(sources), probes, 0.8)
    burst = np.repeat(np.arange(probes), chance.geometric(0.25, probes))
    begin = today.times(chance, EVEN, probes)
    requests(
        scene, begin[burst] + chance.integers(0, 40_000_000, len(burst)), member.one("web-server"),
        sources.pick(who[burst]),
        _PROBES.pick(chance.integers(0, len(_PROBES), len(burst))),
        status=chance.choice((404, 403, 301), size=len(burst), p=(0.8, 0.12, 0.08)),
        sizes=chance.integers(150, 700, len(burst)), taken_ms=chance.integers(1, 12, len(burst)),
        agents=ROBOTS.pick(who[burst] % len(ROBOTS)),
        connections=0.5,
    )  # fmt: skip
    guesses = int(chance.poisson(1 + 0.022 * len(member.hosts)))
    whom = zipf_codes(chance, len(sources), guesses, 1.0)
    ssh_refused(
        scene, today.times(chance, EVEN, guesses), member.one("mail-gateway"),
        _GUESSED.pick(chance.integers(0, len(_GUESSED), guesses)),
        sources.pick(whom), known=False,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _mail_servers() -> Pool:
    return Pool([address("office", COUNTRIES[number % 16], 600 + number) for number in range(260)])


def mail(scene: Scene, today: Today) -> None:
    """Mail in and out through the gateway: connections and postfix's lines."""
    chance, member = scene.chance, scene.member
    gateway = member.one("mail-gateway")
    count = int(chance.poisson((1 + 0.23 * len(member.hosts)) * max(today.presence, 0.2)))
    if not count:
        return
    servers = _mail_servers()
    codes = zipf_codes(chance, len(servers), count)
    times = today.times(chance, EVENING, count)
    weight = sizes(chance, count, 34_000, 1.7)
    reached(
        scene,
        times,
        servers.pick(codes),
        gateway,
        25,
        sent=weight,
        received=400,
        seconds=chance.lognormal(0.3, 0.8, count),
    )
    people = member.accounts_of("person")
    recipient = member.of_account("mail", people[chance.integers(0, len(people), count)])
    queue = Made("%010X", (chance.integers(1 << 36, 1 << 40, count),))
    text = Made(
        "%s: to=<%s>, relay=127.0.0.1[127.0.0.1]:10025, delay=%.2f, dsn=2.0.0, status=sent (250 2.0.0 Ok)",
        (queue, recipient, np.round(chance.lognormal(-0.2, 0.8, count), 2)),
    )
    says(scene, times + 900_000, gateway, "postfix/smtp[2214]", text)


def probes(scene: Scene, today: Today) -> None:
    """Monitoring: an uptime service outside asks the public site every five minutes; our own asks servers inside."""
    chance, member = scene.chance, scene.member
    pace = member.setting.pace
    rounds = 24 * 12 // pace
    times = today.midnight + np.arange(rounds) * 5 * pace * MINUTE + chance.integers(0, 1_500_000, rounds)
    if len(member.hosts) > 200:
        requests(
            scene, times[::4], member.one("web-server"), address("cloud", "IE", 911), "/health", sizes=17, taken_ms=3,
            agents="statuscheck/4.2 (+https://uptime.example)", connections=1.0,
        )  # fmt: skip
    watcher = member.one("monitoring")
    servers = member.of_role("file-server", "database", "web-server", "linux-server", "proxy")
    if not member.logs("zeek_conn"):
        return
    chosen = np.repeat(servers, 24 // pace)
    minute = np.repeat(servers * 7_919 % 3_500, 24 // pace) * SECOND
    when = today.midnight + np.tile(np.arange(24 // pace), len(servers)) * HOUR * pace + minute
    seconds = chance.lognormal(-4, 0.5, len(chosen))
    inside(
        scene, when, watcher, chosen, 10_050, sent=92, received=chance.integers(60, 400, len(chosen)), seconds=seconds
    )


def remote_access(scene: Scene, today: Today) -> None:
    """People work from home and on the way: long sessions through the VPN, travellers' from abroad, wrong passwords."""
    chance, member = scene.chance, scene.member
    people = today.at_work(chance, member.accounts_of("person"))
    home = people[chance.random(len(people)) < 0.04]
    if len(home):
        country = HOME[member.language]
        times = today.during(chance, today.arrivals(chance, home))
        wrong = chance.random(len(home)) < 0.05
        names = member.of_account("name", home[wrong])
        vpn_refused(scene, times[wrong] - 20 * SECOND, names, homes(member).pick(home[wrong]), country=country)
        _sessions(scene, times, home, homes(member).pick(home), country)
    away, places, addresses = travellers(today)
    for place in np.unique(places).tolist():
        mine = np.flatnonzero((places == place) & (chance.random(len(places)) < 0.5 * today.presence))
        if len(mine):
            times = today.during(chance, today.arrivals(chance, away[mine]))
            _sessions(scene, times, away[mine], addresses.pool.pick(addresses.codes[mine]), ABROAD[place])


def _sessions(scene: Scene, times: Integers, people: Integers, addresses: Pick, country: str) -> None:
    chance, count = scene.chance, len(people)
    vpn_session(
        scene, times, people, addresses, country=country, seconds=chance.lognormal(8.3, 0.9, count).clip(60, 40_000),
        sent=sizes(chance, count, 4e6, 1.4), received=sizes(chance, count, 3e7, 1.5),
    )  # fmt: skip
