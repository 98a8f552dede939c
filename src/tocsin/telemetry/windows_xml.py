"""Windows events as XML: `wevtutil qe /f:xml`, Event Viewer's export, `evtx_dump`, rendered events of collectors.

Rules:
1. The text is cut at `<Event …>` and `</Event>`, so a root element, none, or several documents in a row are all one;
   a broken event costs its own reject. Positions are ordinals of events.
2. Document type declarations never reach the parser, so no entity can expand; one outside the events is a reject.
3. Characters that XML forbids (wevtutil writes them as they are) become U+FFFD.
4. Names are those of `windows_names`; unnamed `Data` become a list; what the collector rendered is `Message` and
   `RenderingInfo_*`.

Format: Windows Event Schema (http://schemas.microsoft.com/win/2004/08/events/event), XML 1.0 §2.2.
"""

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from tocsin import limits
from tocsin.model import Chunk, Reject
from tocsin.telemetry.encodings import UTF8
from tocsin.telemetry.reader import CERTAIN, CHUNK_BYTES, CHUNK_ROWS, LIKELY, NO, Content, Head, ReadContext
from tocsin.telemetry.windows_names import rename

TABLE = "windows"
TIME_FIELDS = ("SystemTime", "UtcTime")

_NAMESPACE = "schemas.microsoft.com/win/2004/08/events/event"
_READ_BYTES = 256 * limits.KIB
_BEGIN = re.compile(r"<Event(?=[\s>])")
_END = "</Event>"
_DUMPED = re.compile(r"Record \d{1,20}\r?\n(?=<)", re.ASCII)  # evtx_dump writes this before each event
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MARK_CHARACTERS = 16  # kept at a block's end, so that a mark cut in two is still found
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
    "|&#x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|[dD][89a-fA-F]..|[fF]{3}[efEF]);|&#0*(?:[0-8]|1[124-9]|2[0-9]|3[01]);"
)

Row = dict[str, object]


class _Found(NamedTuple):
    """One event's text, or why there is none, and how many bytes of UTF-8 lie before it."""

    text: str
    offset: int | None
    reason: str = ""


class WindowsXmlReader:
    """`windows-xml`: events as XML text."""

    name = "windows-xml"
    title = "Windows events as XML"
    lines = False
    appends = True  # ordinals of records, which stay when records are appended

    def sniff(self, head: Head) -> int:
        """Certain by the event schema's namespace, likely by the element names."""
        text = head.text.lstrip()
        if not (text.startswith("<") or _DUMPED.match(text)) or not _BEGIN.search(text):
            return NO
        return CERTAIN if _NAMESPACE in text else LIKELY if "<System>" in text else NO

    def read(self, content: Content, context: ReadContext) -> Iterator[Chunk | Reject]:
        """All events in order."""
        positions: list[int] = []
        rows: list[Row] = []
        size = 0
        for position, found in enumerate(_events(content, context.encoding), 1):
            row = found.reason or _row(found.text)
            if isinstance(row, str):
                yield Reject(position, found.offset, row, found.text[: limits.REJECT_SAMPLE_CHARACTERS])
                continue
            positions.append(position)
            rows.append(row)
            size += len(found.text)
            if len(rows) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                yield Chunk(TABLE, positions, rows, TIME_FIELDS, None, size)
                positions, rows, size = [], [], 0
        if rows:
            yield Chunk(TABLE, positions, rows, TIME_FIELDS, None, size)


def _texts(content: Content, encoding: str) -> Iterator[str]:
    """The content as text, block by block."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with content.open() as stream:
        while data := stream.read(_READ_BYTES):
            yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def _events(content: Content, encoding: str) -> Iterator[_Found]:
    """All events as text, and a reason for what stands in the way of one."""
    cutter = _Cutter(exact=encoding == UTF8)
    for text in _texts(content, encoding):
        yield from cutter.feed(text)
    yield from cutter.finish()


class _Cutter:
    """Text in, whole events out, in bounded memory."""

    def __init__(self, exact: bool) -> None:
        self._exact = exact  # offsets are known only where bytes and characters can be told apart
        self._held = ""
        self._offset = 0

    def feed(self, text: str) -> Iterator[_Found]:
        """Steps: find a begin, look at what lies before it, find its end, hand the event on; keep the rest."""
        self._held += text
        while begin := _BEGIN.search(self._held):
            yield from self._between(begin.start())
            end = self._held.find(_END)
            if end < 0:
                break
            yield _Found(self._held[: end + len(_END)], self._place())
            self._drop(end + len(_END))
        if not begin:
            yield from self._between(len(self._held) - _MARK_CHARACTERS)
        elif len(self._held) > limits.LINE_BYTES:
            yield _Found(self._held, self._place(), f"event longer than {limits.LINE_BYTES} characters")
            self._drop(len(self._held))

    def finish(self) -> Iterator[_Found]:
        """What the end of the file leaves over."""
        if _BEGIN.match(self._held):
            yield _Found(self._held, self._place(), "event is cut off by the end of the file")

    def _between(self, end: int) -> Iterator[_Found]:
        """Pass over the text before an event, which may not declare anything."""
        if end <= 0:
            return
        if _DOCTYPE.search(self._held, 0, end):
            yield _Found(self._held[:end].lstrip(), self._place(), "document type declarations are refused")
        self._drop(end)

    def _drop(self, end: int) -> None:
        if self._exact:
            self._offset += len(self._held[:end].encode("utf-8", "replace"))
        self._held = self._held[end:]

    def _place(self) -> int | None:
        return self._offset if self._exact else None


def _row(text: str) -> Row | str:
    """One event as a flat row, or the reason why it is none."""
    try:
        event = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        repaired = _FORBIDDEN.sub("\ufffd", text)
        if repaired != text:
            return _row(repaired)
        return f"not well-formed XML: {error}"
    row: Row = {}
    for part in event:
        name = _local(part)
        if name == "System":
            _system(part, row)
        elif name == "EventData":
            _event_data(part, row)
        elif name in ("UserData", "ProcessingErrorData", "DebugData"):
            for inner in part:
                _tree(inner, f"UserData.{_local(inner)}", row)
        elif name == "RenderingInfo":
            _rendering(part, row)
        else:
            _tree(part, name, row)
    return row if "EventID" in row else "event without System/EventID"


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element) -> str:
    """The text of a leaf; the line break and indent that a pretty-printer put into an empty one are not text."""
    text = element.text or ""
    return "" if text.startswith("\n") and not text.strip() else text


def _put(row: Row, name: str, value: str) -> None:
    """Set a field; a second value of the same name makes it a list."""
    old = row.get(name)
    if old is None:
        row[name] = value
    elif isinstance(old, list):
        old.append(value)
    else:
        row[name] = [old, value]


def _system(part: ElementTree.Element, row: Row) -> None:
    for element in part:
        name = _local(element)
        for key, value in element.attrib.items():
            row[rename(f"System.{name}.#attributes.{key}")] = value
        if element.text and element.text.strip():
            row[rename(f"System.{name}")] = element.text


def _event_data(part: ElementTree.Element, row: Row) -> None:
    if "Name" in part.attrib:
        row[rename("EventData.#attributes.Name")] = part.attrib["Name"]
    for element in part:
        name = element.attrib.get("Name") or _local(element)
        if len(element):
            _tree(element, f"EventData.{name}", row)
        else:
            _put(row, rename(f"EventData.{name}"), _text(element))


def _rendering(part: ElementTree.Element, row: Row) -> None:
    for element in part:
        if not len(element):
            _put(row, rename(f"RenderingInfo.{_local(element)}"), element.text or "")
        for inner in element:
            _put(row, rename(f"RenderingInfo.{_local(element)}"), inner.text or "")


def _tree(element: ElementTree.Element, path: str, row: Row) -> None:
    """Leaves and attributes below an element under their dotted names; deeper than allowed they are left as text."""
    waiting = [(element, path, 0)]
    while waiting:
        node, here, depth = waiting.pop()
        for key, value in node.attrib.items():
            _put(row, rename(f"{here}.#attributes.{key.rpartition('}')[2]}"), value)
        if depth >= limits.JSON_DEPTH:
            _put(row, rename(here), "".join(node.itertext()))
            continue
        text = _text(node)
        if text or not (len(node) or node.attrib):
            _put(row, rename(here), text)
        for inner in reversed(node):
            waiting.append((inner, f"{here}.{_local(inner)}", depth + 1))


READERS = (WindowsXmlReader(),)
