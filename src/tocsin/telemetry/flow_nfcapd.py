"""Binary NetFlow/IPFIX files of nfcapd, read through the program `nfdump` when it is installed.

Rules:
1. nfdump runs once on the file, without a shell, in UTC, for at most `limits.NFDUMP_SECONDS`.
2. Columns carry the names of nfdump's CSV, so that both forms share the table `flow_netflow`; times keep their
   milliseconds, which `-o csv` drops.
3. What nfdump says on its error channel becomes a reject: a cut file gives its whole blocks and that reject.

Format: nfdump(1), file layout version 1 and 2 (magic 0xA50C).
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from datetime import UTC
from pathlib import Path
from typing import BinaryIO

from tocsin import limits
from tocsin.errors import SourceError
from tocsin.model import Chunk, Reject
from tocsin.telemetry.flow_csv import NFDUMP, split_row
from tocsin.telemetry.reader import CERTAIN, CHUNK_ROWS, NO, Content, Head, ReadContext
from tocsin.telemetry.times import NO_TIME, parse_times

PROGRAM = "nfdump"

_MAGIC, _VERSIONS = b"\x0c\xa5", (b"\x01\x00", b"\x02\x00")
_COLUMNS = (
    *("ts", "te", "td", "sa", "da", "sp", "dp", "pr", "flg", "fwd", "stos", "ipkt", "ibyt", "opkt", "obyt"),
    *("in", "out", "sas", "das", "smk", "dmk", "dtos", "dir", "nh", "nhb", "svln", "dvln", "ra"),
)
_FORMAT = "fmt:" + ",".join(f"%{column}" for column in _COLUMNS)
_PROTOCOLS = {"1": "ICMP", "2": "IGMP", "6": "TCP", "17": "UDP", "47": "GRE", "50": "ESP", "58": "ICMP6", "132": "SCTP"}
_NOTHING = "No matching flows"
_COPY_BYTES = 1 * limits.MIB


class NfcapdReader:
    """`nfcapd`: binary flow files."""

    name = "nfcapd"
    title = "NetFlow/IPFIX of nfcapd (binary)"
    lines = False

    def sniff(self, head: Head) -> int:
        """Certain by the magic and a known layout version."""
        return CERTAIN if head.data[:2] == _MAGIC and head.data[2:4] in _VERSIONS else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All flows in the order of the file. Raises SourceError when nfdump is not installed or takes too long."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise SourceError(
                f"{content.name}: binary NetFlow needs the program nfdump, which is not installed",
                "Install it (Debian: apt install nfdump), or convert the file elsewhere with `nfdump -r FILE -o csv`.",
            )
        with ExitStack() as stack:
            path = content.path or _copied(content, stack)
            yield from _flows(program, path, content, stack)


def _copied(content: Content, stack: ExitStack) -> Path:
    """A temporary file with the bytes: nfdump reads files only."""
    file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="nfcapd-"))  # noqa: SIM115  # the stack closes it
    with content.open() as stream:
        shutil.copyfileobj(stream, file, _COPY_BYTES)
    file.flush()
    return Path(file.name)


def _flows(program: str, path: Path, content: Content, stack: ExitStack) -> Iterator[Chunk | Reject]:
    """Steps: start nfdump with a time limit, read its lines, tell what it complained about."""
    errors: BinaryIO = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
    process = subprocess.Popen(
        [program, "-6", "-q", "-N", "-r", str(path.absolute()), "-o", _FORMAT],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": os.defpath},
    )
    timer = threading.Timer(limits.NFDUMP_SECONDS, process.kill)
    timer.start()
    stack.callback(_end, process, timer)
    position = yield from _chunks(process, content.size)
    overdue = not timer.is_alive()
    code = process.wait()
    errors.seek(0)
    said = errors.read(limits.REJECT_SAMPLE_CHARACTERS).decode("utf-8", "replace").strip()
    if overdue:
        raise SourceError(f"nfdump took longer than {limits.NFDUMP_SECONDS} seconds: the rest is not read")
    if said or code:
        yield Reject(position + 1, None, f"nfdump ended with code {code}: {said or 'no reason given'}")


def _end(process: subprocess.Popen[bytes], timer: threading.Timer) -> None:
    timer.cancel()
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _chunks(process: subprocess.Popen[bytes], size: int) -> Generator[Chunk | Reject, None, int]:
    """Rows of nfdump's lines; returns the number of lines read."""
    positions: list[int] = []
    rows: list[dict[str, object]] = []
    position = 0
    assert process.stdout is not None
    for position, line in enumerate(process.stdout, 1):
        values = split_row(line.decode("utf-8", "replace"), ",")
        if len(values) == len(_COLUMNS):
            positions.append(position)
            rows.append(dict(zip(_COLUMNS, values, strict=True)))
        elif _NOTHING.encode() not in line:
            sample = line[: limits.REJECT_SAMPLE_CHARACTERS].decode("utf-8", "replace")
            yield Reject(position, None, f"nfdump wrote {len(values)} columns, not {len(_COLUMNS)}", sample)
        if len(rows) >= CHUNK_ROWS:
            yield _chunk(positions, rows, 0)
            positions, rows = [], []
    if rows:
        yield _chunk(positions, rows, size)
    return position


def _chunk(positions: list[int], rows: list[dict[str, object]], size: int) -> Chunk:
    """Rows with protocol names and their time, which is UTC whatever the zone of the source."""
    times = parse_times([str(row["ts"]) for row in rows], UTC)
    for row, time in zip(rows, times.tolist(), strict=True):
        row["pr"] = _PROTOCOLS.get(str(row["pr"]), row["pr"])
        if time != NO_TIME:
            row["_time_us"] = time
    return Chunk(NFDUMP.table, positions, rows, NFDUMP.time_fields, None, size)


READERS = (NfcapdReader(),)
