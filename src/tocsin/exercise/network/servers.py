"""What Linux servers note: auditd, sshd and cron by syslog, squid's access log, the web server's combined log."""

from dataclasses import dataclass

from tocsin.exercise.calendar import MICROSECONDS, local_second
from tocsin.exercise.output import DayNames, Folder

_FIRST_SERIAL = 40_000


@dataclass(frozen=True, slots=True)
class Line:
    """A line whose time the log writes in its own way."""

    text: str
    program: str = ""


class SyslogFile:
    """`auth.log` or `syslog` of one host, RFC 3164: local time without year or zone."""

    def __init__(self, host: str, name: str, folder: Folder) -> None:
        self._host = host
        self._name = f"network/linux/{host}/{name}"
        self._folder = folder

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a Line."""
        assert isinstance(payload, Line)
        local = local_second(time_us // MICROSECONDS)
        stamp = f"{local:%b} {local.day:>2} {local:%H:%M:%S}"
        file = self._folder.file(self._name)
        return file.name, file.write(f"{stamp} {self._host} {payload.program}: {payload.text}\n".encode())


class AuditFile:
    """`audit.log` of one host: one record a line, the records of an event share time and serial."""

    def __init__(self, host: str, folder: Folder) -> None:
        self._name = f"network/linux/{host}/audit.log"
        self._folder = folder
        self._serial = _FIRST_SERIAL
        self._event = ""

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a Line: its program is the record type, its text begins with a name of the event it belongs to."""
        assert isinstance(payload, Line)
        event, _, rest = payload.text.partition(" ")
        if event != self._event:
            self._event = event
            self._serial += 1
        when = f"{time_us // MICROSECONDS}.{time_us // 1_000 % 1_000:03d}"
        file = self._folder.file(self._name)
        return file.name, file.write(f"type={payload.program} msg=audit({when}:{self._serial}): {rest}\n".encode())


class SquidFile:
    """Squid's native access log: seconds with milliseconds first."""

    def __init__(self, host: str, folder: Folder) -> None:
        self._days = DayNames(f"network/squid/{host}/access-%Y%m%d.log")
        self._folder = folder

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a Line whose text begins with the elapsed milliseconds."""
        assert isinstance(payload, Line)
        elapsed, _, rest = payload.text.partition(" ")
        when = f"{time_us // MICROSECONDS}.{time_us // 1_000 % 1_000:03d}"
        file = self._folder.file(self._days.name(time_us))
        return file.name, file.write(f"{when} {elapsed:>6} {rest}\n".encode())


class CombinedFile:
    """Apache's combined log: the client first, the local time with its offset in brackets."""

    def __init__(self, host: str, folder: Folder) -> None:
        self._days = DayNames(f"network/web/{host}/access-%Y%m%d.log")
        self._folder = folder

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a Line: its program is the client, its text the request and what follows."""
        assert isinstance(payload, Line)
        when = local_second(time_us // MICROSECONDS).strftime("%d/%b/%Y:%H:%M:%S %z")
        file = self._folder.file(self._days.name(time_us))
        return file.name, file.write(f"{payload.program} - - [{when}] {payload.text}\n".encode())
