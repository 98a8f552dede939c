"""Reads text samples with single readers, for the tests of text formats."""

from datetime import UTC, datetime

from tocsin.model import Chunk, Reject
from tocsin.telemetry import auditd, cef, dhcp, dns_server, exchange, iis, journald, mapped, squid, syslog, weblog
from tocsin.telemetry.content import SourceContent
from tocsin.telemetry.reader import ReadContext, Reader

MODULES = (auditd, cef, dhcp, dns_server, exchange, iis, journald, squid, syslog, weblog, mapped)
READERS: tuple[Reader, ...] = tuple(reader for module in MODULES for reader in module.READERS)
BY_NAME = {reader.name: reader for reader in READERS}


def content_of(data: bytes, name: str = "sample.log") -> SourceContent:
    return SourceContent(name, len(data), data=data)


def context() -> ReadContext:
    return ReadContext(modified=datetime(2020, 12, 1, tzinfo=UTC))


def read(reader: str, text: str, told: ReadContext | None = None) -> list[Chunk | Reject]:
    return list(BY_NAME[reader].read(content_of(text.encode()), told or context()))


def rows(found: list[Chunk | Reject]) -> list[dict[str, object]]:
    return [dict(row) for chunk in found if isinstance(chunk, Chunk) for row in chunk.rows]


def rejects(found: list[Chunk | Reject]) -> list[Reject]:
    return [item for item in found if isinstance(item, Reject)]
