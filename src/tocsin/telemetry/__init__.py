"""One reader a format: bytes in, chunks of events and rejects out."""

from tocsin.telemetry.reader import Content, Head, ReadContext, Reader

__all__ = ["Content", "Head", "ReadContext", "Reader"]
