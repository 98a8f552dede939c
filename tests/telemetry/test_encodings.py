"""Encodings, lines and blocks of lines."""

import pytest
from contents import Bytes
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.model import Reject
from tocsin.telemetry.encodings import decoded_bytes, detect_encoding, head_of, line_blocks, text_lines

TEXT = "first ä line\r\nsecond\n\nlast without end"
LINES = ["first ä line", "second", "", "last without end"]
MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff", "cp1252": b""}


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("encoding", MARKS)
def test_every_encoding_gives_the_same_lines_with_exact_offsets(encoding: str, marked: bool) -> None:
    data = (MARKS[encoding] if marked else b"") + TEXT.encode(encoding)
    head = head_of(Bytes(data))
    assert (head.encoding, head.text) == (encoding, TEXT)
    lines = [line for line in text_lines(Bytes(data), encoding) if not isinstance(line, Reject)]
    assert [line[2] for line in lines] == LINES
    assert [line[0] for line in lines] == [1, 2, 3, 4]
    for _, offset, text in lines:
        assert data[offset:].startswith(text.encode(encoding))


def test_a_character_cut_by_the_head_does_not_make_it_a_legacy_code_page() -> None:
    data = b"x" * (limits.SNIFF_BYTES - 1) + "ä and more".encode()
    assert head_of(Bytes(data)).encoding == "utf-8"


def test_a_few_broken_bytes_do_not_make_utf8_a_legacy_code_page() -> None:
    assert detect_encoding("Zürich Genève Málaga \udcff".encode("utf-8", "surrogateescape")) == "utf-8"
    assert detect_encoding("Zürich".encode("cp1252")) == "cp1252"


def test_nul_characters_are_kept() -> None:
    assert list(text_lines(Bytes(b"a\x00b\n"), "utf-8")) == [(1, 0, "a\x00b")]


def test_broken_bytes_become_replacement_characters() -> None:
    assert list(text_lines(Bytes(b"a\xffb\n"), "utf-8")) == [(1, 0, "a\ufffdb")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_an_overlong_line_is_one_reject_and_the_next_line_is_read(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LINE_BYTES", 1_000)
    data = ("short\n" + "x" * 5_000 + "\nafter\n").encode(encoding)
    items = list(line_blocks(Bytes(data), encoding, 64))
    rejects = [item for item in items if isinstance(item, Reject)]
    assert [(reject.position, reject.offset) for reject in rejects] == [(2, len("short\n".encode(encoding)))]
    last = items[-1]
    assert not isinstance(last, Reject)
    assert (last.data, last.first_line) == (b"after\n", 3)
    assert data[last.offset :] == "after\n".encode(encoding)


def test_a_line_over_the_real_bound_is_rejected_in_bounded_memory() -> None:
    data = b"x" * (limits.LINE_BYTES + 1) + b"\nafter\n"
    kinds = [type(item) is Reject or item[2] for item in text_lines(Bytes(data), "utf-8")]
    assert kinds == [True, "after"]


def test_all_bytes_come_decoded_without_mark() -> None:
    assert decoded_bytes(Bytes("\ufeffä".encode("utf-16-le")), "utf-16-le") == "ä".encode()


@given(st.text(alphabet="ab\n\r\x00é\u0a0a\U0001f514", max_size=200), st.sampled_from(list(MARKS)), st.integers(2, 64))
def test_blocks_joined_are_the_text_whatever_their_size(text: str, encoding: str, size: int) -> None:
    data = text.encode(encoding, "replace")
    expected = data.decode(encoding)
    blocks = [block for block in line_blocks(Bytes(data), encoding, size) if not isinstance(block, Reject)]
    assert b"".join(block.data for block in blocks).decode() == expected.removeprefix("\ufeff")
    line = 1
    for block in blocks:
        assert block.first_line == line
        assert data[block.offset :].startswith(block.data.decode().encode(encoding))
        line += block.data.count(b"\n")


@given(st.binary(max_size=500))
def test_any_bytes_can_be_told_and_cut_into_lines(data: bytes) -> None:
    encoding = head_of(Bytes(data)).encoding
    numbers = [item[0] for item in text_lines(Bytes(data), encoding) if not isinstance(item, Reject)]
    assert numbers == list(range(1, len(numbers) + 1))
