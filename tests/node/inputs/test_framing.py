"""Messages out of streams: whatever the pieces are, the same messages; whatever the bytes are, an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.node.inputs.framing import Framer, one_line

MESSAGE = st.binary(min_size=1, max_size=60).map(lambda data: b"<34>" + data)
MOST = 100


def fed(data: bytes, cuts: list[int], most: int = limits.SYSLOG_MESSAGE_BYTES) -> tuple[Framer, list[bytes], int]:
    """The lines of a stream that comes in pieces, and how many messages were too long."""
    framer, lines, too_long, at = Framer(most), [], 0, 0
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        framed = framer.feed(data[at:cut])
        assert framed.data.count(b"\n") == framed.lines
        lines += framed.data.splitlines(keepends=True) if b"\r" not in framed.data else [framed.data]
        too_long, at = too_long + framed.too_long, cut
    return framer, lines, too_long


@given(st.lists(MESSAGE, max_size=8), st.lists(st.integers(0, 999), max_size=8))
def test_counted_messages_come_out_whole_however_the_stream_is_cut(messages: list[bytes], cuts: list[int]) -> None:
    framer, lines, _ = fed(b"".join(b"%d %b" % (len(each), each) for each in messages), cuts)
    assert b"".join(lines) == b"".join(one_line(each) + b"\n" for each in messages)
    assert not framer.damaged and not framer.unfinished


@given(st.lists(MESSAGE, max_size=8), st.lists(st.integers(0, 999), max_size=8))
def test_lines_come_out_whole_however_the_stream_is_cut(messages: list[bytes], cuts: list[int]) -> None:
    plain = [each.replace(b"\n", b" ") for each in messages]
    framer, lines, _ = fed(b"".join(each + b"\n" for each in plain), cuts)
    assert b"".join(lines) == b"".join(one_line(each) + b"\n" for each in plain)
    assert not framer.damaged and not framer.unfinished


@given(st.binary(max_size=400), st.lists(st.integers(0, 999), max_size=8))
def test_any_bytes_give_the_same_however_they_are_cut_and_no_line_is_over_the_bound(
    data: bytes, cuts: list[int]
) -> None:
    framer, lines, too_long = fed(data, cuts, most=20)
    whole, once, too_long_once = fed(data, [], most=20)
    assert b"".join(lines) == b"".join(once)
    assert (too_long, framer.damaged) == (too_long_once, whole.damaged)
    escaped = 4  # `#012` for one byte
    assert all(len(line) <= 20 * escaped + 1 for line in b"".join(lines).splitlines(keepends=True))


@given(st.binary(max_size=100))
def test_a_message_becomes_one_line(message: bytes) -> None:
    line = one_line(message)
    assert b"\n" not in line and b"\r" not in line and b"\x00" not in line


def test_line_ends_inside_a_message_are_written_as_rsyslog_does() -> None:
    assert one_line(b"a\nb\r\nc\x00d\r\n") == b"a#012b#015#012c#000d"


@pytest.mark.parametrize("size", [b"0 x", b"999999999 x", b"12x3 hello"])
def test_a_length_that_cannot_be_read_ends_the_stream(size: bytes) -> None:
    framer = Framer()
    assert framer.feed(b"5 hello").lines == 1
    assert framer.feed(size).lines == 0
    assert framer.damaged


def test_a_counted_message_over_the_bound_is_passed_over_and_the_next_one_is_read() -> None:
    framer = Framer(MOST)
    first = framer.feed(b"%d " % (MOST + 1) + b"x" * 50)
    second = framer.feed(b"x" * (MOST + 1 - 50) + b"5 hello")
    assert (first.too_long, second.too_long, second.data) == (1, 0, b"hello\n")


def test_a_line_over_the_bound_is_passed_over_and_counted_once() -> None:
    framer = Framer(MOST)
    framed = [framer.feed(b"<1>" + b"x" * MOST), framer.feed(b"x" * 10 * MOST), framer.feed(b"x\nnext\n")]
    assert [each.too_long for each in framed] == [1, 0, 0]
    assert framed[2].data == b"next\n"
    assert not framer.unfinished


def test_the_memory_of_an_endless_line_is_bounded() -> None:
    framer = Framer(MOST)
    for _ in range(100):
        framer.feed(b"<1>" + b"x" * MOST)
    assert len(framer._rest) <= MOST


def test_a_first_line_that_begins_with_a_date_is_a_line() -> None:
    framer = Framer()
    assert framer.feed(b"2026-08-07T10:00:00Z host app: hello\nnext\n").data.count(b"\n") == 2


def test_a_line_end_between_counted_messages_is_passed_over() -> None:
    assert Framer().feed(b"5 hello\n5 world\n").data == b"hello\nworld\n"


def test_a_message_that_has_not_ended_is_unfinished() -> None:
    for begun in (b"<34>hello", b"10 hello", b"10"):
        framer = Framer()
        framer.feed(begun)
        assert framer.unfinished
