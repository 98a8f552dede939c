"""Captures of `web-shell`: the IIS log of a mail server with Sysmon beside it, and a municipal site's Apache log."""

import gzip
import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.captures import PACK

FIRST = datetime(2026, 2, 2, tzinfo=UTC)
DAYS = 45
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/144.0 Safari/537.36"
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-02-02 00:00:00\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
    "sc-status sc-substatus sc-win32-status time-taken\n"
)
Request = tuple[datetime, str]


def attack(folder: Path) -> None:
    """A shell in Exchange's folder for pictures that runs commands; a shell among a site's scripts, once a week."""
    mail = [
        *_mail_visitors(),
        *(_iis(at, "POST", "/aspnet_client/error_page.aspx", "198.51.100.77") for at in _bursts()),
    ]
    _write_iis(folder, mail)
    _write_sysmon(folder, (at + timedelta(seconds=2) for at in _bursts()))
    weekly = (FIRST + timedelta(days=12 + 7 * week, hours=3 + 5 * week % 19, minutes=11) for week in range(4))
    town = [*_town_visitors(), *(_apache(at, "POST", "/inc/lang.php", "203.0.113.190", "-") for at in weekly)]
    _write_apache(folder, town)


def benign(folder: Path) -> None:
    """The same sites with a form for two clerks, a web hook, a release and an interface with accounts."""
    _write_iis(folder, [*_mail_visitors(), *_interface()])
    _write_apache(folder, [*_town_visitors(), *_clerks(), *_hook(), *_release()])


def _bursts() -> list[datetime]:
    start = FIRST + timedelta(days=15, hours=21, minutes=40)
    return [start + timedelta(days=day, minutes=3 * step) for day in (0, 1, 5, 19) for step in range(4)]


def _mail_visitors() -> Iterable[Request]:
    """People read their mail in the browser."""
    chance = random.Random(5)
    for day in range(DAYS):
        for number in range(12):
            at = FIRST + timedelta(days=day, hours=7 + number, seconds=chance.randrange(3600))
            address = f"192.0.2.{chance.randrange(10, 60)}"
            yield _iis(at, "GET", "/owa/auth/logon.aspx", address)
            yield _iis(at + timedelta(seconds=9), "POST", "/owa/auth.owa", address, "user")


def _interface() -> Iterable[Request]:
    """A document system's new account speaks with a new script of the server, on working days."""
    for day in range(20, DAYS):
        for hour in (9, 13, 16):
            yield _iis(
                FIRST + timedelta(days=day, hours=hour, minutes=7), "POST", "/dms/import.ashx", "10.0.8.4", "svc-dms"
            )


def _town_visitors() -> Iterable[Request]:
    """Citizens read pages and send the form for appointments."""
    chance = random.Random(6)
    for day in range(DAYS):
        for number in range(12):
            at = FIRST + timedelta(days=day, hours=6 + number, seconds=chance.randrange(3600))
            address = f"192.0.2.{chance.randrange(60, 250)}"
            yield _apache(at, "GET", chance.choice(("/index.php", "/inc/menu.php", "/news.php")), address, "-")
            yield _apache(at + timedelta(seconds=40), "POST", "/appointment.php", address, "/appointment.php")


def _clerks() -> Iterable[Request]:
    """A new page that two clerks fill in: read before it is sent, reached from the menu."""
    for day in range(20, DAYS):
        for clerk in (21, 22):
            at = FIRST + timedelta(days=day, hours=8 + clerk % 3, minutes=clerk)
            yield _apache(at, "GET", "/office/dogs.php", f"10.0.4.{clerk}", "/office/menu.html")
            for dog in range(3):
                sent = at + timedelta(minutes=2 + dog)
                yield _apache(sent, "POST", "/office/dogs.php", f"10.0.4.{clerk}", "/office/menu.html")


def _hook() -> Iterable[Request]:
    """A payment service calls a new script around the clock."""
    for hour in range(18 * 24, 30 * 24):
        yield _apache(FIRST + timedelta(hours=hour, minutes=17), "POST", "/pay/notify.php", "198.51.100.9", "-")


def _release() -> Iterable[Request]:
    """A new version brings nine scripts on one day, which the vendor's monitor calls daily."""
    for day in range(25, DAYS):
        for number in range(9):
            at = FIRST + timedelta(days=day, hours=5, minutes=number)
            yield _apache(at, "POST", f"/v2/part{number}/service.php", "10.0.9.9", "-")


def _iis(at: datetime, method: str, path: str, client: str, user: str = "-") -> Request:
    agent = BROWSER.replace(" ", "+")
    return at, f"{at:%Y-%m-%d %H:%M:%S} 10.0.2.15 {method} {path} - 443 {user} {client} {agent} - 200 0 0 31"


def _apache(at: datetime, method: str, path: str, client: str, referrer: str) -> Request:
    page = referrer if referrer == "-" else f"https://town.example{referrer}"
    return at, f'{client} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "{method} {path} HTTP/1.1" 200 5120 "{page}" "{BROWSER}"'


def _write_iis(folder: Path, requests: Iterable[Request]) -> None:
    _write(folder / "u_ex.log.gz", IIS, requests)


def _write_apache(folder: Path, requests: Iterable[Request]) -> None:
    _write(folder / "access.log.gz", "", requests)


def _write(file: Path, head: str, requests: Iterable[Request]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    text = head + "".join(line + "\n" for _, line in sorted(requests))
    file.write_bytes(gzip.compress(text.encode(), mtime=0))


def _write_sysmon(folder: Path, times: Iterable[datetime]) -> None:
    commands = ("whoami /all", "net user /domain", "nltest /dclist:", "ipconfig /all")
    lines = [_started(at, commands[number % len(commands)]) for number, at in enumerate(times)]
    (folder / "sysmon.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _started(at: datetime, command: str) -> str:
    return json.dumps({
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": "mail1.town.example",
        "UtcTime": f"{at:%Y-%m-%d %H:%M:%S}.000", "TimeCreated": f"{at:%Y-%m-%dT%H:%M:%S}Z",
        "Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": f'"cmd.exe" /c {command}',
        "ParentImage": "C:\\Windows\\System32\\inetsrv\\w3wp.exe", "User": "NT AUTHORITY\\SYSTEM",
    })  # fmt: skip


if __name__ == "__main__":
    attack(PACK / "web-shell" / "attack")
    benign(PACK / "web-shell" / "benign")
