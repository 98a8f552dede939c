"""Exchange's admin audit as `Search-AdminAuditLog | Export-Csv` writes it: who ran which cmdlet with what.

Every value is quoted, dates are the server's local time in the invariant form, one record stays on one line.
"""

from dataclasses import dataclass

from tocsin.exercise.calendar import ZONE, moment
from tocsin.exercise.output import Folder

NAME = "windows/exchange/admin-audit.csv"
_COLUMNS = (
    "ObjectModified", "CmdletName", "CmdletParameters", "ModifiedProperties", "Caller", "ExternalAccess", "Succeeded",
    "Error", "RunDate", "OriginatingServer", "Identity",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One administrative command."""

    name: str
    object: str
    parameters: str
    caller: str


def _line(values: tuple[str, ...]) -> bytes:
    return ",".join('"' + value.replace('"', '""') + '"' for value in values).encode() + b"\n"


class AdminAudit:
    """The audit of the organisation's Exchange server."""

    def __init__(self, domain: str, folder: Folder) -> None:
        self._domain = domain
        self._folder = folder

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a cmdlet."""
        assert isinstance(payload, Cmdlet)
        file = self._folder.file(NAME, lambda: _line(_COLUMNS))
        local = moment(time_us).astimezone(ZONE).strftime("%m/%d/%Y %H:%M:%S")
        caller = f"{self._domain}/Users/{payload.caller}"
        server = "EXCH01 (15.02.1748.010)"
        identity = f"AAMkADEx{file.records:08d}"
        values = (payload.object, payload.name, payload.parameters, "", caller, "False", "True", "None", local, server)
        return file.name, file.write(_line((*values, identity)))
