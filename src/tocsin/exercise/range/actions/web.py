"""Requests to the public web servers, and to Exchange and SharePoint (IIS).

    requests(scene, times, server, clients, paths, agents=…, sizes=…, taken=…)

The web log has every request; Zeek and the firewall see connections, of which a browser uses one for several requests:
`connections` is the share of the requests that open one.
"""

import numpy as np

from tocsin.exercise.range.actions.processes import Who, account_numbers, label, one_each
from tocsin.exercise.range.actions.traffic import moments_of, reached, reals, whole
from tocsin.exercise.range.columns import Column, Integers, Pool, taken
from tocsin.exercise.range.scene import Hosts, Scene, Times

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{_WINDOWS} Chrome/145.0.0.0 Safari/537.36"
EDGE = f"{CHROME} Edg/145.0.0.0"
BROWSERS = Pool(
    [
        CHROME,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 "
        "Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 "
        "Mobile/15E148 Safari/604.1",
        EDGE,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:136.0) Gecko/20100101 Firefox/136.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 "
        "Safari/605.1.15",
        "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 "
        "Chrome/125.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 "
        "Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 "
        "Safari/537.36",
    ]
)
BROWSER_SHARES = (0.27, 0.24, 0.16, 0.1, 0.07, 0.05, 0.05, 0.02, 0.02, 0.02)
ROBOTS = Pool(
    [
        "Mozilla/5.0 (compatible; searchbot/2.1; +http://search.example/bot.html)",
        "Mozilla/5.0 (compatible; indexer/2.0; +https://find.example/about)",
        "statuscheck/4.2 (+https://uptime.example)",
        "python-requests/2.32.3",
        "curl/8.5.0",
        "Mozilla/5.0 (compatible; archive-it/1.0; +https://webarchive.example)",
        "Go-http-client/1.1",
    ]
)


def browsers(chance: np.random.Generator, count: int) -> Column:
    """User agents as visitors of a public site have them."""
    return BROWSERS.pick(chance.choice(len(BROWSERS), size=count, p=BROWSER_SHARES))


def requests(
    scene: Scene,
    times: Times,
    server: Hosts,
    clients: Column,
    paths: Column,
    *,
    method: str = "GET",
    status: Column = 200,
    sizes: Column = 14_000,
    taken_ms: Column = 40,
    agents: Column = "-",
    referer: Column = "-",
    port: int = 443,
    connections: float = 0.2,
    sent: Column = 700,
) -> None:
    """Somebody outside asks a public web server."""
    moments = moments_of(times)
    number = one_each(server, len(moments))
    scene.note(
        "web", "", moments, number, client=clients, method=method, path=paths, status=status, bytes=sizes, agent=agents,
        referer=referer, taken=taken_ms,
    )  # fmt: skip
    opens = np.flatnonzero(scene.chance.random(len(moments)) < connections)
    if len(opens):
        rounds = max(1.0, 1 / connections) if connections else 1.0
        reached(
            scene, moments[opens] - 60_000, taken(clients, opens), _of(number, opens), port,
            sent=(whole(sent, len(moments))[opens] * rounds).astype(np.int64),
            received=(whole(sizes, len(moments))[opens] * rounds).astype(np.int64),
            seconds=reals(taken_ms, len(moments))[opens] / 1_000 + scene.chance.exponential(4.0,
            len(opens)) * (rounds > 1),
        )  # fmt: skip


def _of(hosts: "Integers | int", chosen: Integers) -> "Integers | int":
    return hosts if isinstance(hosts, int) else hosts[chosen]


def mail_web(
    scene: Scene,
    times: Times,
    server: Hosts,
    clients: Column,
    who: Who,
    path: Column,
    *,
    method: str = "POST",
    query: Column = "-",
    status: Column = 200,
    sizes: Column = 6_000,
    received: Column = 1_800,
    taken_ms: Column = 60,
    agents: Column = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
    anonymous: bool = False,
) -> None:
    """A request to Exchange or SharePoint in the member's own house: IIS. `anonymous`: nobody signed in."""
    moments = moments_of(times)
    number = one_each(server, len(moments))
    user: Column = "-" if anonymous or who is None else scene.member.of_account("user", account_numbers(who))
    scene.note(
        "iis", "", moments, number, label(scene.member, who), client=clients, user=user, method=method, path=path,
        query=query, status=status, bytes=sizes, received=received, taken=taken_ms, agent=agents,
    )  # fmt: skip
