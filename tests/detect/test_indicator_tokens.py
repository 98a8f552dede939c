"""What of a text is compared with indicators: each kind against a plain implementation of the same rules."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_support import naive_tokens

from tocsin import limits
from tocsin.detect.indicators.tokens import TOKENS, digests, texts

WORDS = st.sampled_from(
    [
        "203.0.113.7",
        "2001:db8::1",
        "::ffff:9.9.9.9",
        "evil.example",
        "www.Evil.Example",
        "a",
        "f" * 32,
        "e3" * 32,
        "SYSTEM",
        "DOM\\Anna",
        "anna@evil.example",
        "C:\\Temp\\x.exe",
        "/tmp/x.sh",
        "http",
        "://",
        ":",
        ".",
        "/",
        "?",
        "=",
        "@",
        "-",
        "_",
        " ",
        ",",
        '"',
        "[",
        "]",
        "<",
        ">",
        "%",
        "#",
        "ü",
        "İ",
        "x.y",
        "443",
    ]
)
TEXTS = st.lists(WORDS, max_size=6).map("".join) | st.text(max_size=20)


def found(kind: str, values: list[str]) -> list[set[str]]:
    held = texts(pa.array(values, pa.string()))
    tokens = TOKENS[kind](held)
    by_value: list[set[str]] = [set() for _ in values]
    for start, end, owner in zip(tokens.start, tokens.end, tokens.owner, strict=True):
        by_value[owner].add(held.data[start:end].tobytes().decode())
    return by_value


@pytest.mark.parametrize(
    "text", ["7.113.0.203.in-addr.arpa", "host.203.0.113.7", "ü.203.0.113.7", "203.0.113.7.example"]
)
def test_an_address_that_is_part_of_a_name_is_none(text: str) -> None:
    assert found("ip", [text]) == [set()]


@pytest.mark.parametrize("kind", ["ip", "domain", "hash", "file", "account", "service", "task"])
@given(values=st.lists(TEXTS, max_size=5))
def test_tokens_of_all_values_together_are_those_of_each_alone(kind: str, values: list[str]) -> None:
    lower = texts(pa.array(values, pa.string()))
    plain = [lower.data[a:b].tobytes().decode() for a, b in zip(lower.offsets, lower.offsets[1:], strict=False)]
    assert found(kind, values) == [naive_tokens(kind, value) - {""} for value in plain]


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("ip", "from 203.0.113.7:443 to x", {"203.0.113.7"}),
        ("ip", "ip-203.0.113.7.host.example", set()),
        ("domain", "http://a.evil.example:80/file.com?x=foo.org", {"a.evil.example", "evil.example"}),
        ("domain", "first.last@evil.example", {"evil.example"}),
        ("hash", f"SHA256={'a' * 64},MD5={'b' * 32}", {"a" * 64, "b" * 32}),
        ("file", "C:\\Temp\\Evil.exe", {"c:\\temp\\evil.exe", "evil.exe"}),
        ("account", "DOM\\Anna", {"dom\\anna", "anna"}),
    ],
)
def test_of_a_text_only_whole_values_are_compared(kind: str, text: str, wanted: set[str]) -> None:
    assert found(kind, [text]) == [wanted]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=8, unique_by=lambda text: text.lower()))
def test_different_texts_have_different_numbers_wherever_they_stand(values: list[str]) -> None:
    def numbers(order: list[str]) -> dict[str, int]:
        held = texts(pa.array(order, pa.string()))
        known = digests(held, held.offsets[:-1], held.offsets[1:], 3).tolist()
        return dict(zip(order, known, strict=True))

    forward = numbers(values)
    assert numbers(values[::-1]) == forward
    lower = {
        held.data[a:b].tobytes()
        for held in [texts(pa.array(values))]
        for a, b in zip(held.offsets, held.offsets[1:], strict=False)
    }
    assert len(set(forward.values())) == len(lower)


def test_a_text_longer_than_any_indicator_is_not_compared() -> None:
    assert found("service", ["x" * limits.INDICATOR_BYTES, "x" * (limits.INDICATOR_BYTES + 1)]) == [
        {"x" * limits.INDICATOR_BYTES},
        set(),
    ]
