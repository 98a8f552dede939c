"""Reading a file of indicators: its form is told from its content.

Forms: `stix` (2.1 JSON), `misp` (event JSON), `csv` (with a header), `list` (one a line), `text` (anything else).
Bounds: limits.INDICATOR_FILE_BYTES, limits.INDICATOR_OBJECTS; JSON as deep as the decoder goes.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from tocsin import limits
from tocsin.detect.indicators.entry import Entry, Unread
from tocsin.detect.indicators.given import Given
from tocsin.detect.indicators.misp import is_misp, read_misp
from tocsin.detect.indicators.prose import is_list, read_list, read_prose
from tocsin.detect.indicators.stix import is_stix, read_stix
from tocsin.detect.indicators.tables import header_of, read_table
from tocsin.errors import LimitExceeded, UsageError

_BINARY = {b"%PDF": "a PDF", b"PK\x03\x04": "a ZIP or an Office document", b"\x1f\x8b": "a gzip file"}


@dataclass(frozen=True, slots=True)
class FileRead:
    """The form of a file, and what it gives while it is read on."""

    form: str
    found: Iterator[Entry | Unread]


def read_file(data: bytes, given: Given) -> FileRead:
    """Read a file's content. Raises UsageError for what is no text, LimitExceeded for what is too large."""
    if len(data) > limits.INDICATOR_FILE_BYTES:
        raise LimitExceeded(
            f"the file is larger than {limits.INDICATOR_FILE_BYTES // limits.MIB} MiB", "Split it into several files."
        )
    text = _text(data)
    if text.lstrip()[:1] in {"{", "["} and (document := _document(text)) is not None:
        return _read_json(document, given)
    if header_of(text):
        return FileRead("csv", read_table(text, given))
    if is_list(text):
        return FileRead("list", read_list(text, given))
    return FileRead("text", read_prose(text, given))


def _read_json(document: object, given: Given) -> FileRead:
    if is_misp(document):
        return FileRead("misp", read_misp(document, given))
    if is_stix(document):
        return FileRead("stix", read_stix(document, given))
    raise UsageError(
        "this JSON is neither STIX 2.1 nor a MISP event", "Export it as STIX 2.1, or as CSV with a header."
    )


def _document(text: str) -> object | None:
    """The JSON document; None for a text that only begins like one."""
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=dict[str, object] | list[object])
    except msgspec.DecodeError:
        return None
    except RecursionError as error:
        raise LimitExceeded("the JSON is nested too deeply", "No indicator needs that: get the file anew.") from error


def _text(data: bytes) -> str:
    for begin, what in _BINARY.items():
        if data.startswith(begin):
            raise UsageError(f"this is {what}, not text", "Unpack it, or save its text, and import that.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")
