"""The clock for sources whose lines are syslog lines, perhaps without a year."""

from collections.abc import Iterator

from tocsin.model import Reject
from tocsin.telemetry.encodings import text_lines
from tocsin.telemetry.reader import Content, ReadContext
from tocsin.telemetry.syslog_line import time_text
from tocsin.telemetry.times import EventClock


def syslog_clock(content: Content, context: ReadContext) -> EventClock:
    """A clock that looks through the content's syslog times once it meets one without a year."""
    return EventClock(context, lambda: _times(content, context))


def _times(content: Content, context: ReadContext) -> Iterator[str]:
    for line in text_lines(content, context.encoding):
        if not isinstance(line, Reject):
            yield time_text(line[2])
