"""A journal with an intake in a test, and certificates for syslog over TLS."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tocsin import clock, limits
from tocsin.lake.catalog import Origin
from tocsin.node.inputs.counters import Counts
from tocsin.node.inputs.intake import Intake
from tocsin.node.inputs.sender import SenderRule, sender_of
from tocsin.node.journal.records import JournalRecords, Stream
from tocsin.node.journal.writer import Journal

LOCAL = SenderRule("Ministry", "office", "firewall", address="127.0.0.1")
SECONDS = 10.0


def stream_for(way: str, sensor: str = "s1", reader: str = "") -> Stream:
    return sender_of(way, Origin("Ministry", "office", sensor), reader)


@asynccontextmanager
async def intake_in(folder: Path, most_bytes: int = limits.JOURNAL_BYTES) -> AsyncIterator[Intake]:
    journal = Journal(folder, most_bytes)
    try:
        yield Intake(journal)
    finally:
        journal.close()


def text(folder: Path, stream: Stream | None = None) -> bytes:
    """What is durable, all of it or of one stream."""
    records = JournalRecords(folder)
    found = b"".join(
        (folder / each.file).read_bytes()[: each.committed]
        for each in records.segments()
        if stream is None or each.stream == stream.id
    )
    records.close()
    return found


def streams(folder: Path) -> dict[str, Stream]:
    records = JournalRecords(folder)
    found = records.streams()
    records.close()
    return found


def read_all(folder: Path) -> None:
    """Let the lake have read everything."""
    records = JournalRecords(folder)
    records.note_read([(each.stream, each.number, each.committed) for each in records.segments()])
    records.close()


def counts(intake: Intake, sensor: str | None = None) -> Counts:
    """The one entry of a sensor, or of nobody listed; empty before anything was counted."""
    found = [
        each for each in intake.counters.snapshot() if (each.sender == "" if sensor is None else sensor in each.name)
    ]
    assert len(found) <= 1
    return found[0] if found else Counts("", "", "")


async def until(done: Callable[[], bool]) -> None:
    """Wait for something that is about to be."""
    async with asyncio.timeout(SECONDS):
        while not done():
            await asyncio.sleep(0.005)


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run a test's coroutine."""

    async def whole() -> None:
        async with asyncio.timeout(60):
            await work()

    asyncio.run(whole())


async def parts_of(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


class Authority:
    """Signs certificates for a test."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name = folder, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = self._write(f"{name}.crt", self._signed(self._name, self._key, [], authority=True))

    def certificate(self, name: str, others: Iterable[str] = ()) -> tuple[Path, Path]:
        """Files of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signed = self._signed(subject, key, [*others])
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._write(f"{name}.crt", signed), self._write(f"{name}.key", private)

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, names: list[str], *, authority: bool = False
    ) -> bytes:
        now = clock.now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name(each) for each in names]), critical=False
            )
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def _write(self, name: str, data: bytes) -> Path:
        (self._folder / name).write_bytes(data)
        return self._folder / name


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)
