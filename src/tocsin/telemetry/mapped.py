"""Readers made from mapping files, and the generic ones for text that nobody described.

Rules:
1. A mapped row has the mapping's fields; from a syslog prefix host and program (`syslog_host` where the format has its
   own host), and in regex form the whole `message`.
2. Values behind the named columns become c<place>; missing ones at the end are absent. Empty values are absent.
3. Alerts (a mapping's section `[alert]`) have beside their own fields those of `alert_mapping`; one record of a
   delimited alert may run over several lines.
4. The time comes from the mapping's time fields, else from the syslog prefix.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import re2

from tocsin import limits
from tocsin.telemetry.alert_mapping import alert_fields
from tocsin.telemetry.delimited import join_quoted, split
from tocsin.telemetry.generic import GENERIC_READERS
from tocsin.telemetry.json_fields import json_fields
from tocsin.telemetry.key_values import collected, pairs
from tocsin.telemetry.line_reader import TIME_KEY, LineReader, Parsed, Row, graded, timed
from tocsin.telemetry.mapping import TextMapping, load_mapping
from tocsin.telemetry.reader import LIKELY, Content, ReadContext
from tocsin.telemetry.syslog_line import Envelope, read_envelope
from tocsin.telemetry.syslog_times import syslog_clock
from tocsin.telemetry.times import EventClock

SURE = LIKELY + 10  # before syslog, in whose lines these formats travel
BODY = "body"
_LENT = {"host": "syslog_host", "program": "syslog_program"}


def mapped_row(mapping: TextMapping, line: str, envelope: Envelope | None) -> Row | None:
    """The row of a line in this format, None when it is none. (RE2 is asked in bytes: its wrapper is slow on text.)"""
    data = line.encode("utf-8", "replace")
    found = mapping.recognise.search(data)
    if found is None:
        return None
    group = mapping.recognise.groupindex.get(BODY)
    if group is None:
        body = line if envelope is None else envelope.message
    else:
        body = data[found.start(group) :].decode("utf-8", "replace")
    fields = _fields(mapping, body)
    if fields is None:
        return None
    row: Row = {mapping.rename.get(key, key): value for key, value in fields.items()}
    if envelope is not None:
        _lend(row, envelope.fields)
    return row if mapping.alert is None else row | alert_fields(mapping.alert, row)


def mapping_of(line: str) -> TextMapping | None:
    """The shipped mapping that recognises a line; all are asked in one pass."""
    found = _ALL.Match(line.encode("utf-8", "replace"))
    return MAPPINGS[min(found)] if found else None


def row_time(mapping: TextMapping, row: Mapping[str, object], clock: EventClock) -> int | None:
    """The first time that the mapping names and the row holds."""
    for names in mapping.time_fields:
        parts = [str(value) for name in names if (value := row.get(mapping.rename.get(name, name))) is not None]
        text = " ".join(parts)
        time = clock.read(_converted(mapping.time_format, text) if mapping.time_format else text) if parts else None
        if time is not None:
            return time
    return None


def mapped_reader(mapping: TextMapping) -> LineReader:
    """The reader for a mapping."""
    quoted = mapping.alert is not None and mapping.form == "delimited"
    join = join_quoted(mapping.delimiter) if quoted else None
    return LineReader(mapping.name, mapping.title, partial(_score, mapping), partial(_parser, mapping), join)


def shipped_mappings() -> tuple[TextMapping, ...]:
    """The mappings that come with Tocsin."""
    return tuple(load_mapping(path) for path in sorted((Path(__file__).parent / "mappings").glob("*.toml")))


@dataclass
class _MappedParser:
    mapping: TextMapping
    clock: EventClock
    table: str
    settled: bool = True

    def parse(self, line: str) -> Parsed:
        if not line.strip() or _is_header(self.mapping, line):
            return None
        envelope = read_envelope(line)
        row = mapped_row(self.mapping, line, envelope)
        if row is None:
            return f"not a line of {self.mapping.title}"
        time = row_time(self.mapping, row, self.clock)
        if time is None and envelope is not None:
            time = self.clock.read(envelope.time)
        return timed(row, time)


def _is_header(mapping: TextMapping, line: str) -> bool:
    """Whether a line of one layout holds nothing but the names of its columns."""
    names = mapping.layouts.get("", ())
    return bool(names) and [cell.strip() for cell in split(line, mapping.delimiter)] == list(names)


def _fields(mapping: TextMapping, body: str) -> Row | None:
    """The fields of a body, None where it is not of the mapping's form."""
    if mapping.form == "key-value":
        return collected(pairs(body))
    if mapping.form == "json":
        return json_fields(body)
    if mapping.form == "delimited":
        return _columns(mapping, split(body, mapping.delimiter)[: limits.RECORD_FIELDS])
    data = body.encode("utf-8", "replace")
    for pattern in mapping.patterns:
        match = pattern.search(data)
        if match is not None:
            groups = {name: value.decode("utf-8", "replace").strip() for name, value in match.groupdict(b"").items()}
            named = {name: value for name, value in groups.items() if value and name != TIME_KEY}
            return {**named, "message": body}
    return {"message": body}


def _columns(mapping: TextMapping, values: Sequence[str]) -> Row:
    chosen = values[mapping.selector - 1] if 0 < mapping.selector <= len(values) else ""
    names = mapping.layouts.get(chosen, ())
    extra = (f"c{place}" for place in range(len(names) + 1, len(values) + 1))
    return {name: value for name, value in zip((*names, *extra), values, strict=False) if value}


def _lend(row: Row, fields: Row) -> None:
    """Sender and program of the syslog prefix, never over the format's own fields."""
    taken = {name.lower() for name in row}
    for name, other in _LENT.items():
        if name in fields:
            row[other if name in taken else name] = fields[name]


def _converted(form: str, text: str) -> str:
    """ISO 8601 text of a time in the mapping's own format; the text itself when it does not fit."""
    try:
        return datetime.strptime(text, form).isoformat()
    except ValueError:
        return text


def _parser(mapping: TextMapping, content: Content, context: ReadContext) -> _MappedParser:
    own = context if mapping.zone is None else replace(context, zone=mapping.zone)
    return _MappedParser(mapping, syslog_clock(content, own), mapping.table)


def _score(mapping: TextMapping, lines: Sequence[str]) -> int:
    """JSON that merely carries such a line is JSON, unless the mapping is for JSON."""
    text = [line for line in lines if mapping.form == "json" or not line.startswith("{")]
    return graded(
        sum(1 for line in text if mapping.recognise.search(line.encode("utf-8", "replace"))) / len(lines), SURE
    )


def _joined(mappings: Sequence[TextMapping]) -> re2.Set:
    """One expression set of all marks of recognition."""
    every = re2.Set.SearchSet()
    for mapping in mappings:
        every.Add(mapping.recognise.pattern)
    every.Compile()
    return every


MAPPINGS = shipped_mappings()
_ALL = _joined(MAPPINGS)
READERS = (*map(mapped_reader, MAPPINGS), *GENERIC_READERS)
