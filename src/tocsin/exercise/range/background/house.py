"""What members run themselves: Exchange and SharePoint on IIS, Linux servers, machines of the field."""

import numpy as np

from tocsin.exercise.range.actions.field import heartbeat, polls, session, uptime_text, writes
from tocsin.exercise.range.actions.servers import cron, executed, says, ssh_login, ssh_refused, sudo
from tocsin.exercise.range.actions.traffic import inside
from tocsin.exercise.range.actions.web import CHROME, mail_web
from tocsin.exercise.range.background.cloud import administration
from tocsin.exercise.range.background.homes import home_addresses
from tocsin.exercise.range.background.outward import sizes
from tocsin.exercise.range.background.rhythm import EVEN, NIGHT, OFFICE, Today
from tocsin.exercise.range.columns import Column, Integers, Pick, Pool, taken
from tocsin.exercise.range.internet import zipf_codes
from tocsin.exercise.range.scene import Scene
from tocsin.exercise.range.times import DAY, HOUR, MINUTE, SECOND

_MAIL_PATHS = (
    ("/mapi/emsmdb/", "MailboxId=%s", "POST", 0.5),
    ("/Microsoft-Server-ActiveSync/default.eas", "Cmd=Sync&DeviceType=iPhone", "POST", 0.22),
    ("/EWS/Exchange.asmx", "-", "POST", 0.1),
    ("/owa/service.svc", "action=GetItem&app=Mail", "POST", 0.12),
    ("/autodiscover/autodiscover.xml", "-", "POST", 0.03),
    ("/owa/", "-", "GET", 0.03),
)
_MAIL_AGENTS = Pool(
    [
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
        "Apple-iPhone14C5/2202.87",
        "Microsoft Office/16.0 (Windows NT 10.0; MAPI)",
        CHROME,
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
        CHROME,
    ]
)
_PAGES = Pool(
    [
        *("/SitePages/Home.aspx", "/_layouts/15/start.aspx", "/_api/web/lists", "/_vti_bin/client.svc/ProcessQuery"),
        *(
            "/Shared%20Documents/Forms/AllItems.aspx",
            "/_layouts/15/WopiFrame.aspx",
            "/Style%20Library/site.css",
            "/_api/contextinfo",
        ),
    ]
)


def own_mail(scene: Scene, today: Today) -> None:
    """Outlook, telephones and browsers at the member's own Exchange; its administrators' cmdlets."""
    chance, member = scene.chance, scene.member
    if not member.logs("iis"):
        return
    people = today.at_work(chance, member.accounts_of("person"))
    people = np.repeat(
        people, chance.poisson(1.5 * np.minimum(member.busyness[np.maximum(member.desk_of[people], 0)], 4))
    )
    codes = chance.choice(len(_MAIL_PATHS), size=len(people), p=[row[3] for row in _MAIL_PATHS])
    paths, queries = (
        Pool([row[0] for row in _MAIL_PATHS]),
        Pool([row[1].replace("%s", member.domain) for row in _MAIL_PATHS]),
    )
    posts = codes != len(_MAIL_PATHS) - 1
    times = today.during(chance, today.arrivals(chance, people))
    clients = home_addresses(scene, people, 0.3)
    server = member.one("exchange")
    for group, method in ((posts, "POST"), (~posts, "GET")):
        if group.any():
            mail_web(
                scene, times[group], server, taken(clients, group), people[group], paths.pick(codes[group]),
                method=method,
                query=queries.pick(codes[group]), sizes=sizes(chance, int(group.sum()), 5_000, 1.5),
                received=sizes(chance, int(group.sum()), 1_800, 0.9), taken_ms=sizes(chance, int(group.sum()), 45, 1.1),
                agents=_MAIL_AGENTS.pick(codes[group]),
                status=chance.choice((200, 401, 302), size=int(group.sum()), p=(0.93, 0.05, 0.02)),
            )  # fmt: skip
    if member.logs("exchange"):
        administration(scene, today)


def intranet(scene: Scene, today: Today) -> None:
    """SharePoint in the house."""
    chance, member = scene.chance, scene.member
    if not member.logs("iis") or not len(member.of_role("sharepoint")):
        return
    people = today.at_work(chance, member.accounts_of("person"))
    people = np.repeat(people, chance.poisson(0.5, len(people)))
    people = people[member.desk_of[people] >= 0]
    if not len(people):
        return
    count = len(people)
    clients = member.of_host("address", member.desk_of[people])
    mail_web(
        scene, today.during(chance, today.arrivals(chance, people)), member.one("sharepoint"), clients, people,
        _PAGES.pick(zipf_codes(chance, len(_PAGES), count)), method="GET", sizes=sizes(chance, count, 9_000, 1.4),
        received=900,
        taken_ms=sizes(chance, count, 60, 1.0), status=chance.choice((200, 304, 401), size=count, p=(0.8, 0.12, 0.08)),
        agents=CHROME,
    )  # fmt: skip


_CRON = Pool(
    [
        *(
            "/usr/lib/sa/sa1 1 1",
            "/usr/bin/test -x /etc/init.d/anacron",
            "/opt/inventory/collect.sh",
            "/usr/local/bin/check-certs",
        ),
        *(
            "cd / && run-parts --report /etc/cron.hourly",
            "/usr/bin/certbot renew -q",
            "/opt/backup/dump.sh >/dev/null 2>&1",
        ),
    ]
)
_RUN: tuple[tuple[str, list[str], float], ...] = (
    ("root", ["/usr/bin/run-parts", "--report", "/etc/cron.hourly"], 3.0),
    ("root", ["/usr/bin/sadc", "-F", "-L", "-S", "DISK", "60"], 4.0),
    ("root", ["/bin/sh", "-c", "/opt/inventory/collect.sh"], 2.0),
    ("www-data", ["/usr/bin/php", "/var/www/app/cron.php"], 2.0),
    ("postgres", ["/usr/bin/pg_dump", "-Fc", "app"], 0.5),
    ("root", ["/usr/bin/apt-get", "-qq", "update"], 0.5),
    ("nagios", ["/usr/lib/nagios/plugins/check_disk", "-w", "10%"], 3.0),
)
_SUDO = Pool(
    [
        *(
            "/usr/bin/systemctl restart nginx",
            "/usr/bin/tail -f /var/log/syslog",
            "/usr/bin/apt-get upgrade",
            "/bin/ls /root",
        ),
        *("/usr/bin/journalctl -u app", "/usr/bin/vi /etc/nginx/nginx.conf", "/usr/sbin/ufw status"),
    ]
)


def linux_day(scene: Scene, today: Today) -> None:
    """Cron, logins of administrators and scripts, sudo, daemons' lines, programs as auditd sees them."""
    chance, member = scene.chance, scene.member
    servers = member.watched("linux")
    if not len(servers):
        return
    pace = member.setting.pace
    chosen = np.repeat(servers, 24 // pace)
    hours = (
        today.midnight
        + np.tile(np.arange(24 // pace) * HOUR * pace, len(servers))
        + 17 * MINUTE
        + chance.integers(0, 2 * SECOND, len(chosen))
    )
    cron(scene, hours, chosen, "root", _CRON.pick(chance.integers(0, len(_CRON), len(chosen))))
    _logins(scene, today, servers)
    for account, arguments, rate in _RUN:
        where = np.repeat(servers, chance.poisson(rate / pace, len(servers)))
        if len(where):
            executed(scene, today.times(chance, NIGHT, len(where)), where, account, arguments)
    where = np.repeat(servers, chance.poisson(6 / pace, len(servers)))
    lines = Pool(
        [
            "Reloading.",
            "Started Daily apt download activities.",
            "logrotate.service: Succeeded.",
            "Started Session of user root.",
        ]
    )
    if len(where):
        says(
            scene,
            today.times(chance, EVEN, len(where)),
            where,
            "systemd[1]",
            lines.pick(chance.integers(0, len(lines), len(where))),
        )


def _logins(scene: Scene, today: Today, servers: Integers) -> None:
    chance, member = scene.chance, scene.member
    admins = member.accounts_of("admin")
    count = int(chance.poisson(len(servers) * 0.9 * max(today.presence, 0.2)))
    if count:
        who = admins[chance.integers(0, len(admins), count)]
        names = member.of_account("name", who)
        assert isinstance(names, Pick)
        addresses = member.of_host("address", member.desk_of[who])
        times, where = today.times(chance, OFFICE, count), servers[chance.integers(0, len(servers), count)]
        wrong = chance.random(count) < 0.07
        ssh_refused(
            scene, times[wrong] - 7 * SECOND, where[wrong], names.pool.pick(names.codes[wrong]), taken(addresses, wrong)
        )
        ssh_login(scene, times, where, names, addresses, method="password")
        inside(
            scene,
            times - SECOND,
            member.desk_of[who],
            where,
            22,
            sent=9_000,
            received=48_000,
            seconds=chance.lognormal(6, 1.2, count),
        )
        sudo(scene, times + 40 * SECOND, where, names, _SUDO.pick(chance.integers(0, len(_SUDO), count)))
    scripts = np.repeat(servers, 4)
    backup = member.one("backup")
    at: Integers = today.midnight + 2 * HOUR + np.arange(len(scripts)) * 47 * SECOND
    ssh_login(scene, at, scripts, "backup", backup.address)


_PROTOCOLS = ("modbus", "dnp3", "s7comm", "enip")


def control_rooms(scene: Scene, today: Today) -> None:
    """Control rooms poll controllers all day at a fixed pace and set values by the operators' shifts."""
    chance, member = scene.chance, scene.member
    masters, controllers = member.of_role("hmi"), member.of_role("plc")
    if not len(controllers) or not member.logs("zeek_modbus"):
        return
    for place, protocol in enumerate(_PROTOCOLS):
        mine = controllers[controllers % len(_PROTOCOLS) == place]
        if not len(mine):
            continue
        rounds = 48 // member.setting.pace
        targets = np.repeat(mine, rounds)
        pace = DAY // rounds
        times = today.midnight + np.tile(np.arange(rounds) * pace, len(mine)) + targets * 7_919 * 1_000 % pace
        times = times + chance.normal(0, 2e5, len(times)).astype(np.int64)
        polls(scene, times, masters[targets % len(masters)], targets, protocol)
        daily = today.midnight + (mine * 7_919 % 60) * MINUTE
        session(scene, daily, masters[mine % len(masters)], mine, protocol, 86_000.0, 400_000)
        operated = np.repeat(mine, chance.poisson(0.8 if today.weekday < 5 else 0.25, len(mine)))
        if len(operated):
            writes(
                scene, today.times(chance, OFFICE, len(operated)), masters[operated % len(masters)], operated, protocol
            )


def fleet(scene: Scene, today: Today) -> None:
    """Modems and ground stations report at a pace; some are off for a while, some restart."""
    chance, member = scene.chance, scene.member
    modems = member.of_role("modem", "station")
    if not len(modems):
        return
    offline = chance.random(len(modems)) < 0.02
    on = modems[~offline]
    pace = member.setting.heartbeat * MINUTE
    rounds = int(DAY // pace)
    machines = np.repeat(on, rounds)
    times: Integers = today.midnight + np.tile(np.arange(rounds) * pace, len(on)) + machines * 7_919 * 1_009_000 % pace
    times = times + chance.normal(0, pace / 180, len(times)).astype(np.int64)
    kept = chance.random(len(times)) > 0.01
    heartbeat(scene, times[kept], machines[kept], uptime_text(scene, times[kept], machines[kept]))
    restarted = on[chance.random(len(on)) < 0.01]
    if len(restarted):
        text: Column = "event reboot reason=power-cycle fw=4.2.17"
        heartbeat(scene, today.times(chance, EVEN, len(restarted)), restarted, text)
