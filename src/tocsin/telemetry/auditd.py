"""The Linux audit log, as auditd writes it and as `ausearch -i` interprets it: one row a record line.

Rules (audit-documentation, "Audit record fields"; auparse's untrusted strings):
1. Fields keep their names: type, a0, exe, comm, key, name, …; the serial is `audit_id`. `node=` becomes `node`.
2. Untrusted strings are quoted, or in upper-case hex when they hold blanks or control characters: hex is decoded for
   those fields only (SYSCALL's a0…a3 are numbers and stay). NUL in `proctitle` becomes a blank. What does not decode to
   UTF-8 stays as it is.
3. `msg='…'` of user space records is unfolded into the row; a name that the record itself uses gets the prefix `msg_`.
4. Enriched logs name a thing twice, `syscall=59 … SYSCALL=execve`; columns are blind to case. The name is `syscall` and
   `arch`, the number `syscall_number`, `arch_number`; of ids the number stays (`uid`), the name is `uid_name`.
   Unenriched x86-64 and AArch64 records get the names of the calls that rules ask for.
5. Long arguments in pieces (`a1[0]=…`) are joined. An EXECVE row gets `cmdline`, its arguments joined with blanks, and
   from the SYSCALL and CWD records of the same event exe, comm, pid, ppid, uid, auid, euid, gid, ses, tty, key and cwd.
6. Time is the record's own epoch stamp, in interpreted logs a date in the host's zone.
7. Behind a syslog prefix the sender is `node` where the record names none. rsyslog writes the mark before the names of
   enriched logs as `#035`; others lose it.
8. The kernel writes the number of a record's type (`type=1400 audit(…):`, `UNKNOWN[1327]`): it becomes the name.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tocsin.telemetry.audit_names import record_type, socket_fields, syscall_name
from tocsin.telemetry.key_values import pairs, put
from tocsin.telemetry.line_reader import LineReader, Parsed, Row, graded, share, timed
from tocsin.telemetry.reader import CERTAIN, Content, ReadContext
from tocsin.telemetry.syslog_line import read_envelope
from tocsin.telemetry.times import EventClock

TABLE = "linux_auditd"
OPEN_EVENTS = 64  # events whose records may still arrive: CPUs interleave them
OPEN_ROWS = 32  # the last rows of a growing log, whose events may not be complete
EVENT_COMMANDS = 8  # EXECVE records of one event that are completed; the kernel writes one
UNTRUSTED = frozenset(
    (
        *("acct", "cmd", "comm", "cwd", "data", "dir", "exe", "file", "grp", "invalid_context", "key", "name"),
        *("new_group", "ocomm", "path", "proctitle", "vm", "watch"),
    )
)
FROM_SYSCALL = ("exe", "comm", "pid", "ppid", "uid", "auid", "euid", "gid", "ses", "tty", "key")
NAMED_FIELDS = frozenset(("syscall", "arch"))
# What stands before the names in enriched logs: the mark, rsyslog's form of it, or nothing where it was lost.
_ENRICHMENT = re.compile(
    '\x1d|#035|(?<=[\'")0-9a-zA-Z])(?=(?:ARCH|SYSCALL|AUID|UID|OUID|GID|OGID|ID|SADDR|EUID|SUID|FSUID)=["{a-z])'
)

_RECORD = re.compile(
    r"(.{0,200}?\s)??(?:node=(\S{1,255}) )?type=([A-Za-z0-9_\[\]]{1,64}) "
    r"(?:msg=)?audit\(([^()]{1,40}):(\d{1,20})\) ?: ?(.*)",
    re.ASCII | re.DOTALL,
)
_HEX = re.compile(r"(?:[0-9A-F]{2})+", re.ASCII)
_ARGUMENT = re.compile(r"a(\d{1,5})(?:\[(\d{1,5})\])?", re.ASCII)
_FIELD = re.compile(r"(?:^|(?<=\s))([A-Za-z_][\w\-\[\]]{0,63})=([^\s\"'][^\s]*|\"[^\"]*\"|'[^']*'|)", re.ASCII)
_INTERPRETED_FIELD = re.compile(r"(?:^|(?<= ))([A-Za-z_][\w\-\[\]]{0,63})=", re.ASCII)
_INTERPRETED_ARGUMENT = re.compile(r"(?:^|(?<= ))(argc|a\d{1,5})=", re.ASCII)


@dataclass(slots=True)
class _Event:
    """What is known so far of one event."""

    shared: Row = field(default_factory=dict)
    commands: list[Row] = field(default_factory=list)

    def take(self, row: Row) -> None:
        kind = row["type"]
        if kind == "SYSCALL":
            self.shared.update((name, row[name]) for name in FROM_SYSCALL if name in row)
        elif kind == "CWD" and "cwd" in row:
            self.shared["cwd"] = row["cwd"]
        elif kind == "EXECVE" and len(self.commands) < EVENT_COMMANDS:
            self.commands.append(row)
        for command in self.commands:
            for name, value in self.shared.items():
                command.setdefault(name, value)


def is_audit(line: str) -> bool:
    """Whether a line holds an audit record; cheap, for lines of all kinds."""
    return "type=" in line and "audit(" in line


@dataclass
class AuditParser:
    """Lines to rows; remembers the events whose records are still arriving."""

    clock: EventClock
    table: str = TABLE
    settled: bool = True
    open_rows: int = 0
    _last: str = ""
    _events: "OrderedDict[str, _Event]" = field(default_factory=OrderedDict)

    def parse(self, line: str) -> Parsed:
        if not line.strip() or line.startswith("----"):  # ausearch draws a line between events
            return None
        match = _RECORD.fullmatch(line)
        if match is None:
            return "no audit record: type= and msg=audit(…) are missing"
        prefix, node, kind, stamp, serial, body = match.groups()
        kind = record_type(kind)
        row: Row = {"type": kind, "audit_id": serial}
        node = node or _sender(prefix)
        if node:
            row["node"] = node
        row.update(record_fields(kind, body, interpreted=not stamp[:1].isdigit() or "/" in stamp or "-" in stamp))
        event = f"{node}:{stamp}:{serial}"
        self.settled, self._last = event != self._last, event
        self.open_rows = OPEN_ROWS
        self._event(event).take(row)
        return timed(row, self.clock.read(stamp))

    def _event(self, name: str) -> _Event:
        event = self._events.get(name)
        if event is None:
            event = self._events[name] = _Event()
            if len(self._events) > OPEN_EVENTS:
                self._events.popitem(last=False)
        return event


def _sender(prefix: str | None) -> str | None:
    """The host of a syslog prefix."""
    envelope = read_envelope(prefix.strip()) if prefix else None
    return str(envelope.fields["host"]) if envelope is not None and "host" in envelope.fields else None


def record_fields(kind: str, body: str, interpreted: bool) -> Row:
    """The fields of one record, decoded and named by the rules above."""
    if interpreted:
        row = _interpreted(kind, body)
    else:
        named = "UID=" in body or "ARCH=" in body or "ID=" in body or "SADDR=" in body  # names are in capitals
        plain, *names = _ENRICHMENT.split(body, maxsplit=1) if named else [body]
        row = _raw(kind, plain)
        _enrich(row, names[0] if names else "")
        if kind == "SOCKADDR":
            row.update(socket_fields(str(row.get("saddr", ""))))
    if kind == "EXECVE":
        _join_arguments(row)
    return row


def _raw(kind: str, body: str) -> Row:
    row: Row = {}
    outer, inner = _unfolded(body)
    for match in _FIELD.finditer(outer):
        put(row, match[1], _value(kind, match[1], match[2]))
    for key, value in _user_fields(kind, inner):
        put(row, f"msg_{key}" if key in row else key, value)
    return row


def _unfolded(body: str) -> tuple[str, str]:
    """What stands before `msg='…'` at the end of a record, and what stands in it."""
    outer, mark, inner = body.partition("msg='")
    inner = inner.rstrip()
    return (outer, inner[:-1]) if mark and inner.endswith("'") else (body, "")


def _user_fields(kind: str, text: str) -> Iterator[tuple[str, str]]:
    """`op=PAM:authentication acct="root" …`; words before the first pair are the operation."""
    first = _FIELD.search(text)
    words = text[: first.start() if first else len(text)].strip(" :,")
    if words:
        yield "message", words
    for match in _FIELD.finditer(text):
        yield match[1], _value(kind, match[1], match[2])


def _value(kind: str, key: str, value: str) -> str:
    """Quotes taken off; hex of untrusted strings decoded."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    untrusted = key in UNTRUSTED or (kind == "EXECVE" and _ARGUMENT.fullmatch(key))
    return _decoded(value) if untrusted and _HEX.fullmatch(value) else value


def _decoded(value: str) -> str:
    """The text behind hex, or the hex itself when it is no UTF-8."""
    try:
        return bytes.fromhex(value).decode("utf-8").rstrip("\0").replace("\0", " ")
    except UnicodeDecodeError:
        return value


def _enrich(row: Row, names: str) -> None:
    """Put names beside numbers without two spellings of one column."""
    if "syscall" in row:
        name = syscall_name(str(row.get("arch", "")), str(row["syscall"]))
        if name and not names:
            row["syscall_number"], row["syscall"] = row["syscall"], name
    for key, value in pairs(names):
        low = key.lower()
        if low in NAMED_FIELDS:
            row[f"{low}_number"], row[low] = row.get(low), value
        elif low != "saddr":
            row[f"{low}_name"] = value


def _interpreted(kind: str, body: str) -> Row:
    """`ausearch -i`: plain values that may hold blanks, each up to the next ` name=`."""
    row: Row = {}
    if kind == "PROCTITLE":
        return {"proctitle": body.strip().removeprefix("proctitle=")}
    body = "".join(_unfolded(body))
    names = list((_INTERPRETED_ARGUMENT if kind == "EXECVE" else _INTERPRETED_FIELD).finditer(body))
    ends = [*(name.start() for name in names[1:]), len(body)]
    for name, end in zip(names, ends, strict=False):  # without names the end stands alone
        put(row, name[1], body[name.end() : end].strip().strip('"'))
    return row


def _join_arguments(row: Row) -> None:
    """Pieces to whole arguments, and all arguments to `cmdline`."""
    arguments: dict[int, list[tuple[int, str]]] = {}
    for key in list(row):
        match = _ARGUMENT.fullmatch(key)
        if match is not None:
            piece = str(row.pop(key) if match[2] else row[key])
            arguments.setdefault(int(match[1]), []).append((int(match[2] or 0), piece))
    whole = {number: "".join(piece for _, piece in sorted(pieces)) for number, pieces in arguments.items()}
    for number, text in sorted(whole.items()):
        row[f"a{number}"] = text
    if whole:
        row["cmdline"] = " ".join(text for _, text in sorted(whole.items()))


def _parser(content: Content, context: ReadContext) -> AuditParser:
    return AuditParser(EventClock(context))


def _score(lines: Sequence[str]) -> int:
    return graded(share(lines, lambda line: line == "----" or _RECORD.fullmatch(line)), CERTAIN)


READERS = (LineReader("auditd", "Linux audit log", _score, _parser),)
