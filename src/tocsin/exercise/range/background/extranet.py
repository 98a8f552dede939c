"""Exchange and SharePoint as the internet sees them: colleagues at home, partners with an account, scanners.

Only where a member runs both itself for everybody (`Setting.own_mail`); elsewhere SharePoint is for the house.
"""

import numpy as np

from tocsin.exercise.range.actions.traffic import reached
from tocsin.exercise.range.actions.web import ROBOTS, browsers, mail_web
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.background.homes import homes
from tocsin.exercise.range.background.outward import sizes
from tocsin.exercise.range.background.rhythm import EVEN, Today
from tocsin.exercise.range.background.visitors import scanners
from tocsin.exercise.range.columns import Integers, Pick, Pool
from tocsin.exercise.range.internet import visitors, zipf_codes
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import SECOND

_VISITS = 0.12  # of a person in the house a day
_PARTNERS = 0.4  # of the visits
_PROBES = 1.5  # rounds of scanners a day
_PAGES = Pool(
    [
        *(
            "/SitePages/Home.aspx",
            "/_layouts/15/start.aspx",
            "/_api/web/lists",
            "/Shared%20Documents/Forms/AllItems.aspx",
        ),
        *("/_layouts/15/Upload.aspx", "/_layouts/15/listform.aspx", "/_api/contextinfo", "/_layouts/15/viewlsts.aspx"),
    ]
)
_POSTED = (4, 5, 6)  # places of pages that people post to
_TRIED = Pool(
    [
        *("/owa/auth/logon.aspx", "/ecp/", "/autodiscover/autodiscover.json", "/EWS/Exchange.asmx", "/aspnet_client/"),
        *("/_layouts/15/error.aspx", "/_vti_bin/shtml.dll", "/_layouts/15/Picker.aspx", "/_vti_pvt/service.cnf"),
        *("/owa/auth/x.js", "/rpc/", "/_vti_inf.html", "/favicon.ico", "/_layouts/15/ToolPane.aspx", "/"),
    ]
)


def extranet(scene: Scene, today: Today) -> None:
    """Visits of people at home and of partners at SharePoint, and what scanners try at both servers."""
    if not today.member.setting.own_mail or not scene.member.logs("iis"):
        return
    _visits(scene, today)
    _scanned(scene, today)


def _visits(scene: Scene, today: Today) -> None:
    chance, member = scene.chance, scene.member
    people = today.at_work(chance, member.accounts_of("person"))
    people = np.repeat(people, chance.poisson(_VISITS, len(people)))
    if not len(people):
        return
    clients = _clients(member).pick(np.where(chance.random(len(people)) < _PARTNERS, people, people + _half(member)))
    times = today.during(chance, today.arrivals(chance, people))
    codes = zipf_codes(chance, len(_PAGES), len(people), 0.6)
    for group, method in ((np.isin(codes, _POSTED), "POST"), (~np.isin(codes, _POSTED), "GET")):
        _asked(scene, times[group], clients, people, np.flatnonzero(group), codes, method)


def _asked(
    scene: Scene, times: Integers, clients: Pick, people: Integers, mine: Integers, codes: Integers, method: str
) -> None:
    chance, count, server = scene.chance, len(mine), scene.member.one("sharepoint")
    if not count:
        return
    addresses, answered = clients.pool.pick(clients.codes[mine]), sizes(chance, count, 12_000, 1.4)
    received = sizes(chance, count, 60_000 if method == "POST" else 900, 1.1)
    mail_web(scene, times, server, addresses, people[mine], _PAGES.pick(codes[mine]), method=method, sizes=answered,
             received=received, taken_ms=sizes(chance, count, 80, 1.0), agents=browsers(chance, count),
             status=chance.choice((200, 302, 401), size=count, p=(0.86, 0.06, 0.08)))  # fmt: skip
    reached(scene, times - SECOND, addresses, server, 443, sent=received, received=answered)


def _half(member: Member) -> int:
    return len(member.accounts)


def _clients(member: Member) -> Pool:
    """A partner's address for each account, then everybody's home."""
    chance = np.random.default_rng([member.seed, 95])
    partners = visitors(chance, member.language, max(len(member.accounts) // 4, 3), abroad=0.2)
    return Pool([*(partners.texts[number % len(partners)] for number in range(_half(member))), *homes(member).texts])


def _scanned(scene: Scene, today: Today) -> None:
    """A scanner asks for some paths within a minute; nothing is there for it."""
    chance, member = scene.chance, scene.member
    sources = scanners(member)
    for role in ("sharepoint", "exchange"):
        rounds = int(chance.poisson(_PROBES))
        if not rounds:
            continue
        tries = np.repeat(np.arange(rounds), chance.geometric(0.2, rounds))
        begin, who = today.times(chance, EVEN, rounds), zipf_codes(chance, len(sources), rounds, 0.8)
        times = np.sort(begin[tries] + chance.integers(0, 60 * SECOND, len(tries)))
        mail_web(scene, times, member.one(role), sources.pick(who[tries]), None,
                 _TRIED.pick(chance.integers(0, len(_TRIED), len(tries))), method="GET", anonymous=True,
                 status=chance.choice((401, 403, 404, 302, 200), size=len(tries), p=(0.4, 0.1, 0.35, 0.12, 0.03)),
                 sizes=chance.integers(200, 2_000, len(tries)), received=chance.integers(180, 500, len(tries)),
                 taken_ms=chance.integers(1, 40, len(tries)), agents=ROBOTS.pick(who[tries] % len(ROBOTS)))  # fmt: skip
        reached(scene, begin, sources.pick(who), member.one(role), 443, sent=2_000, received=9_000, seconds=30.0)
