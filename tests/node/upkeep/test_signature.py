"""Signed requests are believed in their minutes, with the right secret and the right bytes only."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from node_folders import NOW

from tocsin import limits
from tocsin.errors import ConfigError, Denied
from tocsin.node.upkeep.signature import SIGNATURE, TIMESTAMP, check_secret, check_signature, signed

SECRET = "0123456789abcdef0123456789abcdef"
BODY = b'{"id":"m-1"}'


def test_the_signature_is_the_one_that_the_page_describes() -> None:
    headers = signed(SECRET, NOW, BODY)
    seconds = str(int(NOW.timestamp()))
    mac = hmac.new(SECRET.encode(), seconds.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert headers == {"X-Tocsin-Timestamp": seconds, "X-Tocsin-Signature": f"sha256={mac}"}


@given(st.binary(max_size=200), st.integers(-limits.SIGNATURE_SECONDS, limits.SIGNATURE_SECONDS))
def test_what_was_signed_is_believed_in_these_minutes(body: bytes, off: int) -> None:
    check_signature(SECRET, signed(SECRET, NOW, body), body, NOW + timedelta(seconds=off))


@pytest.mark.parametrize(
    "change",
    [
        {"secret": SECRET + "x"}, {"body": BODY + b" "}, {"late": limits.SIGNATURE_SECONDS + 1},
        {"late": -limits.SIGNATURE_SECONDS - 1}, {TIMESTAMP: ""}, {TIMESTAMP: "1e9"}, {TIMESTAMP: "9" * 13},
        {SIGNATURE: ""}, {SIGNATURE: "sha256="}, {SIGNATURE: "sha1=00"}, {SIGNATURE: "sha256=é"},
        {TIMESTAMP: str(int(NOW.timestamp()) + 1)},
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_the_same_words(change: dict[str, object]) -> None:
    headers = signed(SECRET, NOW, BODY) | {name: str(value) for name, value in change.items() if name.startswith("X-")}
    late = timedelta(seconds=int(str(change.get("late", 0))))
    with pytest.raises(Denied, match="not signed as it should be"):
        check_signature(str(change.get("secret", SECRET)), headers, bytes(change.get("body", BODY)), NOW + late)  # type: ignore[call-overload]


def test_without_headers_nothing_is_believed() -> None:
    with pytest.raises(Denied):
        check_signature(SECRET, {}, BODY, NOW)


def test_a_short_secret_is_refused() -> None:
    assert check_secret(SECRET, "key") == SECRET
    with pytest.raises(ConfigError, match="key: the secret has less than 32 characters"):
        check_secret(SECRET[:-1], "key")
