"""Small written logs of who was who: DHCP server, logons, VPN gateway, proxy, translator, IDS. Names are invented."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alert_captures import SURICATA, changed

DAY = datetime(2026, 1, 2, tzinfo=UTC)
MAC, OTHER_MAC = "00005E005301", "00005E005302"
_PREAMBLE = "\t\tMicrosoft DHCP Service Activity Log\n\n\nEvent ID  Meaning\n00\tThe log was started.\n\n"
_COLUMNS = "ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID\n"


def at(clock: str) -> datetime:
    """A time of the day on which everything happens, UTC."""
    hour, minute = map(int, clock.split(":"))
    return DAY + timedelta(hours=hour, minutes=minute)


def leases(path: Path, *given: tuple[str, int, str, str, str]) -> Path:
    """A Windows DHCP log: time of the day, number (10 new, 11 renewed, 12 released), address, name, MAC."""
    lines = [
        f"{number},{at(clock):%m/%d/%y,%H:%M}:00,Assign,{address},{host},{mac},,0\n"
        for clock, number, address, host, mac in given
    ]
    path.write_text(_PREAMBLE + _COLUMNS + "".join(lines), "utf-8")
    return path


def alert(clock: str, source: str, number: int = 1, **more: object) -> dict[str, object]:
    """An alert of an IDS about an address; every number is another signature and another destination."""
    stamp = f"{at(clock):%Y-%m-%dT%H:%M:%S}.000000+0000"
    made = changed(SURICATA, timestamp=stamp, src_ip=source, alert__signature_id=2027000 + number, flow_id=number)
    return made | {"dest_ip": f"198.51.100.{number}", "tls": {"sni": f"www.evil-{number}.example"}} | more


def process(clock: str, computer: str, user: str = "MIN\\ana", image: str = "whoami") -> dict[str, object]:
    """A process start that Sysmon recorded."""
    return {
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": computer, "User": user,
        "Image": f"C:\\Windows\\System32\\{image}.exe", "CommandLine": image,
        "UtcTime": f"{at(clock):%Y-%m-%d %H:%M:%S}.000",
    }  # fmt: skip


def logon(clock: str, user: str, address: str = "-", **more: str) -> dict[str, object]:
    """A logon that a domain controller recorded (Security 4624)."""
    return {
        "EventID": 4624, "Channel": "Security", "Computer": "DC01.min.example", "TargetUserName": user,
        "TargetDomainName": "MIN", "TargetUserSid": "S-1-5-21-1-2-3-1105", "LogonType": 3, "IpAddress": address,
        "WorkstationName": "-", "TargetLogonId": "0x77", "TimeCreated": f"{at(clock):%Y-%m-%dT%H:%M:%S}.000Z",
    } | more  # fmt: skip


def written(path: Path, records: Sequence[Mapping[str, object]]) -> Path:
    """The records as NDJSON."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def fortigate(clock: str, **fields: str) -> str:
    """A line of a FortiGate."""
    told = "".join(f' {name}="{value}"' for name, value in fields.items())
    nanoseconds = int(at(clock).timestamp()) * 1_000_000_000
    return (
        f'<189>date=2026-01-02 time={clock}:00 devname="FG01" eventtime={nanoseconds} tz="+0000" logid="0100"{told}\n'
    )


def squid(clock: str, client: str, host: str) -> str:
    """A line of Squid's access.log."""
    request = f"TCP_TUNNEL/200 3921 CONNECT {host}:443 - HIER_DIRECT/198.51.100.250 -"
    return f"{at(clock).timestamp():.3f} 120 {client} {request}\n"
