"""Bodies unpacked and judged: what goes in comes out, and what is hostile ends early."""

import asyncio
import gzip
import json
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from receiving import parts_of

from tocsin import limits
from tocsin.node.inputs.answers import NotTaken
from tocsin.node.inputs.body import read_body
from tocsin.node.inputs.lines import judged, nests_too_deep
from tocsin.node.inputs.shares import Shares

PACKERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "identity": bytes,
}


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def read(*parts: bytes, shares: Shares | None = None, **headers: str) -> bytes:
    async def whole() -> bytes:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with (shares or Shares()).hold("s") as hold:
            return await read_body(parts_of(*parts), named, hold)

    return asyncio.run(whole())


@pytest.mark.parametrize("encoding", PACKERS)
@given(data=st.binary(max_size=3_000), cut=st.integers(0, 3_000))
def test_what_was_packed_comes_out_however_it_is_cut(encoding: str, data: bytes, cut: int) -> None:
    packed = PACKERS[encoding](data)
    assert read(packed[:cut], packed[cut:], content_encoding=encoding) == data


def test_members_after_each_other_are_one_body() -> None:
    for encoding in ("gzip", "zstd"):
        packed = b"".join(PACKERS[encoding](part) for part in (b"a\n" * 5_000, b"b\n", b"c\n"))
        assert read(packed, content_encoding=encoding) == b"a\n" * 5_000 + b"b\nc\n"


def test_deflate_without_its_container_is_read_too() -> None:
    assert read(raw_deflate(b"hello\n" * 100), content_encoding="deflate") == b"hello\n" * 100


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@given(data=st.binary(min_size=1, max_size=300), at=st.integers(0, 10_000), value=st.integers(0, 255))
def test_damage_is_told_and_never_more_than_an_error(encoding: str, data: bytes, at: int, value: int) -> None:
    packed = bytearray(PACKERS[encoding](data))
    packed[at % len(packed)] = value
    try:
        read(bytes(packed), content_encoding=encoding)
    except NotTaken as error:
        assert error.status in (400, 413)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_packed_body_that_is_cut_is_refused(encoding: str) -> None:
    packed = PACKERS[encoding](b"".join(b"%d\n" % number for number in range(5_000)))
    with pytest.raises(NotTaken) as told:
        read(packed[:-5], content_encoding=encoding)
    assert told.value.status == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_refused_by_its_ratio_long_before_it_is_unpacked(encoding: str) -> None:
    packed = PACKERS[encoding](bytes(64 * limits.MIB))
    with pytest.raises(NotTaken) as told:
        read(packed, content_encoding=encoding)
    assert told.value.status == 413


def test_a_body_is_bounded_as_it_is_declared_as_it_comes_and_as_it_unpacks() -> None:
    over = limits.PUSH_PACKED_BYTES + 1
    for parts, headers in (
        ((b"",), {"content_length": str(over)}),
        ((b"",), {"content_length": "9" * 5_000}),
        ((bytes(limits.MIB),) * 17, {}),
        ((gzip.compress(b"%0500d" % 7 * (limits.PUSH_BODY_BYTES // 500 + 1), 0)[:over],), {"content_encoding": "gzip"}),
    ):
        with pytest.raises(NotTaken) as told:
            read(*parts, **headers)
        assert told.value.status == 413
        assert told.value.advice()


def test_a_zstd_window_over_the_bound_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    engine = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(NotTaken) as told:
        read(engine.compress(b"x" * 1_000) + engine.flush(), content_encoding="zstd")
    assert told.value.status == 400


def test_an_unknown_encoding_says_which_are_known() -> None:
    for encoding in ("br", "gzip, gzip", "compress"):
        with pytest.raises(NotTaken) as told:
            read(b"x", content_encoding=encoding)
        assert told.value.status == 415
        assert "zstd" in told.value.headers["Accept-Encoding"]


def test_a_body_over_the_senders_share_says_when_to_come_back() -> None:
    with pytest.raises(NotTaken) as told:
        read(bytes(1_000), shares=Shares(most=1_000, share=500))
    assert told.value.status == 429
    assert int(told.value.headers["Retry-After"]) == limits.INPUT_RETRY_SECONDS


# --- lines


@given(st.lists(st.binary(max_size=50).filter(lambda line: b"\n" not in line), max_size=20))
def test_lines_are_taken_byte_by_byte_without_the_empty_ones(lines: list[bytes]) -> None:
    found = judged(b"\n".join(lines))
    kept = [line for line in lines if line.strip(b" \t\r")]
    assert found.data == b"".join(line + b"\n" for line in kept)
    assert (found.lines, found.left_out) == (len(kept), 0)


def test_a_line_over_a_bound_is_left_out_and_counted_and_the_others_are_taken() -> None:
    deep = b"[" * (limits.JSON_DEPTH + 1)
    found = judged(b"\n".join([b'{"a":1}', b"x" * (limits.INPUT_LINE_BYTES + 1), deep, b'{"b":2}']))
    assert found.data == b'{"a":1}\n{"b":2}\n'
    assert (found.lines, found.too_long, found.too_deep) == (2, 1, 1)


def test_too_many_lines_are_refused() -> None:
    with pytest.raises(NotTaken) as told:
        judged(b"x\n" * (limits.PUSH_LINES + 1))
    assert told.value.status == 413


@given(st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=20))
def test_depth_is_found_as_a_parser_finds_it(value: object) -> None:
    def depth(each: object) -> int:
        return 1 + max(map(depth, each), default=0) if isinstance(each, list) else 0

    text = json.dumps(value).encode()
    for most in range(6):
        assert nests_too_deep(text, most) == (depth(value) > most)


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=5), min_size=1), max_size=5))
def test_an_array_becomes_a_line_for_each_record(records: list[dict[str, str]]) -> None:
    found = judged(json.dumps(records, indent=1).encode(), may_be_array=True)
    assert [json.loads(line) for line in found.data.splitlines()] == records


@pytest.mark.parametrize("body", [b"[1, 2", b"[" * 100_000, b'[{"a": tru}]'])
def test_an_array_that_cannot_be_taken_apart_is_refused(body: bytes) -> None:
    with pytest.raises(NotTaken) as told:
        judged(body, may_be_array=True)
    assert told.value.status == 400
