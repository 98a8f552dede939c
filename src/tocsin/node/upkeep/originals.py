"""The original bytes of an event: the line of a log as it came in, or why there is none.

Rules:
1. An event's id is its source's id and its record; for readers of lines the record is the number of the line.
2. What was sent is packed away by source (`raw/`), or still in the journal's segment. A watched file stays where it is:
   its line counts only when the file still begins with the content that the lake has read (BLAKE3 of that many bytes).
3. Without an original there is the parsed row and the reason, never a guess. A line is bounded as readers bound it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard
from blake3 import blake3

from tocsin import limits
from tocsin.lake.catalog import SourceRecord
from tocsin.node.journal.records import JOURNAL, JournalRecords
from tocsin.node.live.segments import raw_file, segment_source
from tocsin.node.service.config import NodeFolder
from tocsin.telemetry.json_reader import JsonReader
from tocsin.telemetry.reader import FollowingReader
from tocsin.telemetry.registry import READERS
from tocsin.words.messages import say

_PIECE_BYTES = limits.MIB
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # byte order marks of UTF-16: a line end is not one byte


@dataclass(frozen=True, slots=True)
class Original:
    """An event's line with its line end, and the file it is from; or why there is none."""

    record: int
    data: bytes = b""
    file: str = ""
    why_not: str = ""


def originals(folder: NodeFolder, source: SourceRecord, records: Sequence[int]) -> list[Original]:
    """The originals of some records of one source, in the order of their numbers."""
    wanted = sorted(set(records))
    reader = next((each for each in READERS if each.name == source.reader), None)
    if reader is None or not reader.lines or not isinstance(reader, FollowingReader):
        return [Original(record, why_not=say("this format has no lines")) for record in wanted]
    found = _lines_of(folder, source, wanted)
    return [_checked(each) for each in found] if isinstance(reader, JsonReader) else found


def _lines_of(folder: NodeFolder, source: SourceRecord, wanted: Sequence[int]) -> list[Original]:
    packed = raw_file(folder.path, source.id)
    if packed.is_file():
        with packed.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as lines:
            return _picked(lines, wanted, packed.relative_to(folder.path).as_posix())
    segment = _segments(folder).get(source.id)
    if segment is not None and segment.is_file():
        with segment.open("rb") as lines:
            return _picked(lines, wanted, segment.relative_to(folder.path).as_posix())
    return _watched(source, wanted)


def _checked(original: Original) -> Original:
    """A file of JSON may be one document over many lines: then a record is no line."""
    if original.why_not:
        return original
    try:
        json.loads(original.data)
    except (ValueError, RecursionError):
        return Original(original.record, why_not=say("the file is a document, in which records are no lines"))
    return original


def _watched(source: SourceRecord, wanted: Sequence[int]) -> list[Original]:
    try:
        with Path(source.name).open("rb") as file:
            if not _begins_with(file, source):
                return [
                    Original(each, why_not=say("the file is packed, or no longer what was read")) for each in wanted
                ]
            file.seek(0)
            return _picked(file, wanted, source.name)
    except (OSError, ValueError):  # ValueError: a name with a NUL
        return [Original(each, why_not=say("the file is no longer there")) for each in wanted]


def _begins_with(file: IO[bytes], source: SourceRecord) -> bool:
    hasher, left = blake3(), source.digest_size
    while left and (piece := file.read(min(left, _PIECE_BYTES))):
        hasher.update(piece)
        left -= len(piece)
    return not left and hasher.hexdigest() == source.digest


def _picked(file: IO[bytes], wanted: Sequence[int], name: str) -> list[Original]:
    """The wanted lines; one pass over the file in bounded memory."""
    found: dict[int, Original] = {}
    last = max(wanted, default=0)
    for number, line in enumerate(_lines(file), 1):
        if number == 1 and line.startswith(_WIDE):
            return [Original(each, why_not=say("the file is in UTF-16")) for each in wanted]
        if number in wanted:
            found[number] = Original(number, line, name)
        if number >= last:
            break
    return [found.get(each) or Original(each, why_not=say("the file has no such line")) for each in wanted]


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends; of one that is too long only its beginning."""
    held = b""
    while piece := file.read(_PIECE_BYTES):
        *whole, held = (held + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(held) > limits.LINE_BYTES:
            yield _beginning(held)
            held = _rest(file)
    if held:
        yield held


def _beginning(line: bytes) -> bytes:
    return line[: limits.LINE_BYTES]


def _rest(file: IO[bytes]) -> bytes:
    """What follows the end of an overlong line."""
    while piece := file.read(_PIECE_BYTES):
        _, ended, rest = piece.partition(b"\n")
        if ended:
            return rest
    return b""


def _segments(folder: NodeFolder) -> dict[str, Path]:
    if not (folder.journal / JOURNAL).is_file():
        return {}
    records = JournalRecords(folder.journal)
    try:
        segments = records.segments()
        return {segment_source(records.nonce, each): folder.journal / each.file for each in segments}
    finally:
        records.close()
