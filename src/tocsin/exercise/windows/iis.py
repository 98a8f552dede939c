"""IIS logs in W3C extended format: times in UTC, fields split by blanks, blanks inside written as `+`.

One file a day and server, as IIS itself rolls them (u_exYYMMDD.log).
"""

from dataclasses import dataclass

from tocsin.exercise.calendar import MICROSECONDS
from tocsin.exercise.ground_truth import second_text
from tocsin.exercise.output import DayNames, Folder

_FIELDS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
    "sc-status sc-substatus sc-win32-status time-taken"
)
_HEADER = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: {start}\n#Fields: {fields}\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One web request as IIS notes it; texts are written as they are, blanks become `+`."""

    method: str
    path: str
    query: str
    user: str
    client: str
    agent: str
    referer: str
    status: int
    milliseconds: int


class WebLog:
    """The IIS log of one server."""

    def __init__(self, host: str, address: str, folder: Folder) -> None:
        self._address = address
        self._folder = folder
        self._days = DayNames(f"windows/iis/{host}/W3SVC1/u_ex%y%m%d.log")

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a request."""
        assert isinstance(payload, Request)
        time = second_text(time_us // MICROSECONDS).replace("T", " ")
        one = payload
        parts = (
            time, self._address, one.method, one.path, one.query, "443", one.user, one.client, one.agent, one.referer,
            str(one.status), "0", "0", str(one.milliseconds),
        )  # fmt: skip
        line = " ".join([parts[0], *(part.replace(" ", "+") for part in parts[1:])])
        file = self._folder.file(self._days.name(time_us), lambda: _HEADER.format(start=time, fields=_FIELDS).encode())
        return file.name, file.write(line.encode() + b"\n")
