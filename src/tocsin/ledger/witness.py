"""The witness: checkpoints kept where the node's root cannot change them, in another machine's syslog or on a disk.

Rules:
1. A line is the marker, a blank and the checkpoint's JSON (lines.py). What stands before the marker is the syslog
   server's own, and other lines between are other programs': neither matters.
2. Anybody can write to a syslog server. A line with the marker that holds no checkpoint is a reject, counted and told;
   whether a checkpoint is the node's, its signature says.
3. RFC 5424 §6.1 lets a receiver cut after 2,048 bytes; a line of ours has about 500.
"""

from collections.abc import Iterator
from typing import IO

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.ledger.checkpoint import Checkpoint
from tocsin.ledger.lines import line_of, read_line, skip_line
from tocsin.model import Reject

MARKER = "tocsin-checkpoint "


def witness_line(checkpoint: Checkpoint) -> str:
    """What is sent to a witness, without a line end."""
    return MARKER + line_of(checkpoint)


def read_witness(file: IO[bytes]) -> Iterator[Checkpoint | Reject]:
    """The checkpoints of a witness and the lines that should have been some. LimitExceeded where there is no end."""
    position, offset = 0, 0
    while line := file.readline(limits.WITNESS_LINE_BYTES + 1):
        position += 1
        if position > limits.WITNESS_LINES:
            raise LimitExceeded(
                f"the witness has more than {limits.WITNESS_LINES:,} lines", "Give the lines of this node only."
            )
        at = offset
        offset += len(line)
        if len(line) > limits.WITNESS_LINE_BYTES:
            offset += skip_line(file, line)
            if MARKER.encode() in line:
                yield _reject(position, at, f"longer than {limits.WITNESS_LINE_BYTES} bytes", line)
        elif MARKER.encode() in line:
            yield _checkpoint(position, at, line)


def _checkpoint(position: int, offset: int, line: bytes) -> Checkpoint | Reject:
    item = read_line(line[line.rindex(MARKER.encode()) + len(MARKER) :].rstrip())
    if isinstance(item, Checkpoint):
        return item
    return _reject(position, offset, "no checkpoint after the marker", line)


def _reject(position: int, offset: int, reason: str, line: bytes) -> Reject:
    return Reject(position, offset, reason, line.decode(errors="replace")[: limits.REJECT_SAMPLE_CHARACTERS])
