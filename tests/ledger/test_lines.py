"""Exports and witness lines: what is written is read back, and what is hostile is told."""

import io
from dataclasses import replace

import pytest
from chains import KEY, LEDGERS, NODE, TRUST, chained, signed
from hypothesis import example, given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import LimitExceeded
from tocsin.ledger.chain import head_of
from tocsin.ledger.checkpoint import Checkpoint, sign
from tocsin.ledger.entry import Draft, Entry, Kind
from tocsin.ledger.lines import Damaged, line_of, merged, read_export, read_line
from tocsin.ledger.verify import verify_stream
from tocsin.ledger.witness import MARKER, read_witness, witness_line
from tocsin.model import Reject

ENTRIES = chained([Draft(Kind.LOGIN, "account:anna", f"session:{number}", {"totp": True}) for number in range(4)])
POINT = sign(KEY, NODE, head_of(ENTRIES[-1]), ENTRIES[-1].time)


def exported(entries: list[Entry], points: list[Checkpoint]) -> bytes:
    return "".join(f"{line_of(item)}\n" for item in merged(entries, points)).encode()  # type: ignore[arg-type]


@given(LEDGERS)
def test_an_export_is_read_back(entries: list[Entry]) -> None:
    file = io.BytesIO(exported(entries, signed(entries, 2)))
    items = list(read_export(file))
    assert [item for item in items if isinstance(item, Entry)] == entries
    assert [item for item in items if isinstance(item, Checkpoint)] == signed(entries, 2)
    assert verify_stream(items, TRUST).holds


@given(LEDGERS, st.integers(0, 2**32), st.integers(0, 255))
def test_any_byte_that_changes_in_an_export_is_found(entries: list[Entry], place: int, byte: int) -> None:
    content = bytearray(exported(entries, signed(entries, 2)))
    place %= len(content)
    if content[place] == byte:
        return
    content[place] = byte
    line = bytes(content[:place]).count(b"\n")
    verdict = verify_stream(read_export(io.BytesIO(bytes(content))), TRUST)
    if bytes(content).splitlines() == exported(entries, signed(entries, 2)).splitlines():
        return
    if place == len(content) - 1 and byte in b"\r\t ":
        return
    assert verdict.fault is not None
    assert verdict.fault.sequence <= line + 1


@given(st.binary(max_size=200))
@example(b"")
@example(b"[" * 100_000)
@example(b'{"type":"entry"}')
@example(b'{"type":1}')
@example(b'{"type":"entry","type":"checkpoint"}')
@example(line_of(ENTRIES[0]).encode().replace(b'"sequence":1', b'"sequence":1e0'))
@example(line_of(ENTRIES[0]).encode().replace(b'"sequence":1', b'"sequence":' + b"9" * 5000))
@example(line_of(ENTRIES[0]).encode().replace(b"{", b"{ ", 1))
@example(line_of(POINT).encode().replace(b"2026-", b"20260-"))
@example(b'{"type":"other"}')
def test_a_hostile_line_is_damaged_and_no_error(line: bytes) -> None:
    assert isinstance(read_line(line), Damaged)


def test_a_line_without_end_is_damaged_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEDGER_LINE_BYTES", 1_000)
    content = b"x" * 5_000 + b"\n" + exported(ENTRIES[:1], [])
    assert [type(item) for item in read_export(io.BytesIO(content))] == [Damaged, Entry]
    assert [type(item) for item in read_export(io.BytesIO(b"x" * 5_000))] == [Damaged]


@pytest.mark.parametrize(
    "before",
    ["", "<134>1 2026-11-30T09:15:00Z node tocsin 17 - - ", "Nov 30 09:15:00 node tocsin[17]: ", f"{MARKER}{MARKER}"],
)
def test_a_witness_line_is_read_behind_whatever_syslog_puts_before_it(before: str) -> None:
    for end in ("\n", "\r\n", ""):
        file = io.BytesIO(f"{before}{witness_line(POINT)}{end}".encode())
        assert list(read_witness(file)) == [POINT]


def test_lines_of_other_programs_do_not_matter_and_broken_ones_are_told() -> None:
    broken = witness_line(POINT)[:-3]
    lines = ["sshd: hello", broken, "\x00\xff", witness_line(POINT), MARKER, MARKER + line_of(ENTRIES[0])]
    found = list(read_witness(io.BytesIO("\n".join(lines).encode())))
    assert [item.position for item in found if isinstance(item, Reject)] == [2, 5, 6]
    assert [item for item in found if isinstance(item, Checkpoint)] == [POINT]
    assert next(item.offset for item in found if isinstance(item, Reject)) == len("sshd: hello\n")


@given(st.binary(max_size=300))
def test_hostile_witness_lines_are_rejects(content: bytes) -> None:
    file = io.BytesIO(MARKER.encode() + content.replace(b"\n", b"") + b"\n" + witness_line(POINT).encode())
    first, second = read_witness(file)
    assert isinstance(first, Reject)
    assert len(first.sample) <= limits.REJECT_SAMPLE_CHARACTERS
    assert second == POINT


def test_a_witness_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    long = MARKER.encode() + b"x" * 20_000 + b"\n"
    content = long + b"y" * 20_000 + b"\n" + witness_line(POINT).encode()
    assert [type(item) for item in read_witness(io.BytesIO(content))] == [Reject, Checkpoint]
    monkeypatch.setattr(limits, "WITNESS_LINES", 2)
    with pytest.raises(LimitExceeded) as told:
        list(read_witness(io.BytesIO(content)))
    assert told.value.advice()


def test_the_checkpoints_of_a_witness_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WITNESS_CHECKPOINTS", 2)
    assert verify_stream(ENTRIES, TRUST, signed(ENTRIES)[:2] * 3).holds
    with pytest.raises(LimitExceeded):
        verify_stream(ENTRIES, TRUST, signed(ENTRIES))


def test_a_checkpoint_fits_into_one_line_of_syslog() -> None:
    longest = replace(POINT, node="n" * limits.LEDGER_TEXT_CHARACTERS, sequence=2**53)
    assert len(witness_line(longest)) < 1_024  # RFC 3164 §4.1
