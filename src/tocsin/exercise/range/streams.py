"""The streams that a member may collect: which file each goes to, in which form.

A stream is a source kind with files of its own: `windows`, `zeek_conn` and the other logs of Zeek, `web` (public
sites), `iis` (Exchange and SharePoint), `proxy`, `firewall`, `linux` (auditd: `audit`, syslog: `syslog`), `station`
(syslog of machines of the field), `m365`, `entra`, `exchange` (admin audit). File names carry the period that they
hold.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.exercise.range import cloud_form, firewall_form, linux_form, web_form, windows_form, zeek_form
from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.times import date_of

Render = Callable[[Member, Batch], list[str]]


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a stream goes. `{period}` in the path is the day, week, month or quarter."""

    name: str
    path: str
    render: Render


def _zeek(name: str) -> Stream:
    log = name.removeprefix(zeek_form.PREFIX)
    return Stream(name, f"zeek/{log}.{{period}}.log", zeek_form.zeek_lines)


_STREAMS = (
    Stream("windows", "windows/forwarded-{period}.json", windows_form.windows_lines),
    *(
        _zeek(f"zeek_{name}")
        for name in ("conn", "dns", "http", "ssl", "ssh", "smb_files", "smb_mapping", "files", "rdp")
    ),
    *(_zeek(f"zeek_{name}") for name in ("modbus", "dnp3", "s7comm", "enip")),
    Stream("web", "web/access-{period}.log", web_form.access_lines),
    Stream("iis", "iis/u_ex{period}.log", web_form.iis_lines),
    Stream("proxy", "proxy/access-{period}.log", web_form.squid_lines),
    Stream("firewall", "firewall/traffic-{period}.log", firewall_form.firewall_lines),
    Stream("linux", "linux/messages-{period}.log", linux_form.linux_lines),
    Stream("audit", "linux/audit-{period}.log", linux_form.linux_lines),
    Stream("station", "station/messages-{period}.log", linux_form.syslog_lines),
    Stream("m365", "m365/audit-{period}.json", cloud_form.m365_lines),
    Stream("entra", "entra/signins-{period}.json", cloud_form.entra_lines),
    Stream("exchange", "exchange/admin-audit-{period}.csv", cloud_form.exchange_lines),
)
STREAMS = {stream.name: stream for stream in _STREAMS}


def header(stream: Stream, member: Member, day: int) -> str:
    """What stands at the top of a file that begins on that day."""
    if stream.name.startswith(zeek_form.PREFIX) and not zeek_form.is_json(member):
        return zeek_form.zeek_header(stream.name, f"{date_of(day):%Y-%m-%d}-00-00-00")
    if stream.name == "iis":
        return (
            "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
            f"#Date: {date_of(day):%Y-%m-%d} 00:00:00\n#Fields: {web_form.IIS_FIELDS}\n"
        )
    return cloud_form.AUDIT_HEADER if stream.name == "exchange" else ""


@dataclass(frozen=True, slots=True)
class Rotation:
    """How often files begin anew, so that a long run stays below a bound of files."""

    name: str

    def period(self, day: int) -> str:
        """The name of the period that the day (since 1970) is in."""
        date = date_of(day)
        if self.name == "day":
            return f"{date:%Y%m%d}"
        if self.name == "week":
            year, week, _ = date.isocalendar()
            return f"{year}w{week:02d}"
        return f"{date:%Y%m}" if self.name == "month" else f"{date.year}q{(date.month + 2) // 3}"


def rotation(streams: int, first_day: int, days: int, most: int) -> Rotation:
    """The shortest period with which so many streams stay below `most` files; quarters when none does."""
    for name in ("day", "week", "month"):
        candidate = Rotation(name)
        if streams * len({candidate.period(day) for day in range(first_day, first_day + days)}) <= most:
            return candidate
    return Rotation("quarter")
