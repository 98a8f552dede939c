"""The scope of an address."""

import pytest

from tocsin.lake.facts import scope


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", "private"),
        ("100.64.0.1", "private"),
        ("127.0.0.1", "private"),
        ("fe80::1", "private"),
        ("fd00::1", "private"),
        ("::ffff:192.168.1.1", "private"),
        ("203.0.113.7", "public"),
        ("240.1.2.3", "public"),
        ("2001:db8::1", "public"),
        ("224.0.0.251", "special"),
        ("255.255.255.255", "special"),
        ("0.0.0.0", "special"),
        ("ff02::fb", "special"),
        ("ws01.ministry.example", None),
    ],
)
def test_an_address_has_its_scope(address: str, expected: str | None) -> None:
    assert scope(address) == expected
