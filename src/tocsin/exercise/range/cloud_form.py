"""Cloud logs as JSON lines, and Exchange's admin audit as CSV.

m365: the unified audit log; the kind is the operation. entra: sign-ins as Microsoft Graph writes them. A field whose
name ends in `!` holds JSON as it is (`Parameters!`), others are texts or numbers; dotted names of entra make objects
inside. exchange: `Search-AdminAuditLog | Export-Csv`, times in UTC; the kind is the cmdlet; fields `object`,
`parameters`, `caller`, `server`, `error`.
"""

import zlib
from collections.abc import Mapping

import numpy as np

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Column, Line, Made
from tocsin.exercise.range.times import CLOCK, DAY, SECOND, day_text, stamp
from tocsin.exercise.range.windows_form import escape_json

AUDIT_HEADER = (
    '"ObjectModified","CmdletName","CmdletParameters","ModifiedProperties","Caller","ExternalAccess","Succeeded","Error",'
    '"RunDate","OriginatingServer","Identity"\n'
)
_EXCHANGE_OPERATIONS = ("MailItemsAccessed", "Send", "MailboxLogin", "SoftDelete", "HardDelete", "MoveToDeletedItems")
_RECORD_TYPES = {"MailItemsAccessed": 50, "Send": 2, "MailboxLogin": 2, "FileAccessed": 6, "UserLoggedIn": 15}
_MULTIPLIER = 0x9E3779B97F4A7C15  # odd, spreads times over ids


def tenant(member: Member) -> str:
    """The tenant's id, always the same for a member."""
    number = zlib.crc32(member.domain.encode())
    return f"{number:08x}-{number % 65_521:04x}-4{number % 4_093:03x}-9{number % 4_091:03x}-{number * 40_503:012x}"


def unique_id(batch: Batch, salt: int = 0) -> Made:
    """An id of its own for each record, from its time and place."""
    place = np.arange(len(batch), dtype=np.uint64)
    mixed = (batch.times.astype(np.uint64) + place * np.uint64(1_000_003) + np.uint64(salt)) * np.uint64(_MULTIPLIER)
    high, low = (mixed >> np.uint64(32)).astype(np.int64), (mixed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return Made(
        "%08x-%04x-4%03x-a%03x-%04x%08x", (high, low >> 16, low & 0xFFF, high & 0xFFF, low & 0xFFFF, high ^ low)
    )


def m365_lines(member: Member, batch: Batch) -> list[str]:
    """The unified audit log."""
    exchange = batch.kind in _EXCHANGE_OPERATIONS
    workload = batch.values.get("Workload", "Exchange" if exchange else "AzureActiveDirectory")
    line = Line(escape_json)
    line.text('{"CreationTime":"').value(stamp(batch.times, digits=0, end="")).text('","Id":"').value(unique_id(batch))
    line.text(f'","Operation":"{batch.kind}","OrganizationId":"{tenant(member)}","RecordType":')
    line.text(str(batch.values.get("RecordType", _RECORD_TYPES.get(batch.kind, 1))))
    line.text(',"ResultStatus":"').value(batch.values.get("ResultStatus", "Succeeded")).text(
        '","UserType":0,"Version":1'
    )
    line.text(',"Workload":"').value(workload).text('"')
    _members(line, {name: one for name, one in batch.values.items() if name not in _HEAD})
    return line.text("}\n").lines(len(batch))


_HEAD = ("Workload", "RecordType", "ResultStatus")


def _members(line: Line, values: Mapping[str, Column]) -> None:
    """`,"name":value` for each; objects for dotted names that follow each other."""
    inside = ""
    for name, column in values.items():
        parent, _, short = name.rpartition(".")
        if parent != inside:
            line.text("}" if inside else "")
            line.text(f',"{parent}":{{' if parent else ",")
        else:
            line.text(",")
        inside = parent
        _member(line, short, column)
    line.text("}" if inside else "")


def _member(line: Line, name: str, column: Column) -> None:
    number = isinstance(column, (int, float, np.ndarray))
    if name.endswith("!"):
        escape, line.escape = line.escape, _as_it_is
        line.text(f'"{name[:-1]}":').value(column)
        line.escape = escape
    elif number:
        line.text(f'"{name}":').value(column)
    else:
        line.text(f'"{name}":"').value(column).text('"')


def _as_it_is(text: str) -> str:
    return text


def entra_lines(member: Member, batch: Batch) -> list[str]:
    """Sign-ins of Microsoft Entra ID."""
    line = Line(escape_json)
    line.text('{"id":"').value(unique_id(batch)).text('","createdDateTime":"').value(stamp(batch.times, digits=0))
    line.text(f'","tenantId":"{tenant(member)}","correlationId":"').value(unique_id(batch, 77)).text('"')
    _members(line, batch.values)
    return line.text("}\n").lines(len(batch))


def _escape_csv(text: str) -> str:
    return text.replace('"', '""').replace("\n", " ")


def exchange_lines(member: Member, batch: Batch) -> list[str]:
    """Exchange's admin audit."""
    get = batch.values.get
    run = Made("%s %s", (day_text("%m/%d/%Y", batch.times // DAY), CLOCK.pick(batch.times // SECOND % 86_400)))
    error = get("error", "None")
    line = Line(_escape_csv)
    line.text('"').value(get("object", "")).text(f'","{batch.kind}","').value(get("parameters", "")).text('","","')
    line.value(Made(f"{member.domain}/Users/%s", (get("caller", member.tongue.administrator),))).text('","False","')
    line.text("True" if error == "None" else "False").text('","').value(error).text('","').value(run).text('","')
    line.value(Made("%s (15.02.1748.010)", (get("server", member.of_host("name", batch.hosts)),)))
    return line.text('","').value(unique_id(batch)).text('"\n').lines(len(batch))
