"""Who sends: by address, certificate or token, and never anybody else."""

import pytest

from tocsin.errors import ConfigError
from tocsin.lake.catalog import Origin
from tocsin.node.inputs.sender import (
    Certificate,
    SenderRule,
    Senders,
    plain_address,
    read_by,
    sender_of,
    token_sender,
)

PRINT = "ab" * 32


def rule(**known: str) -> SenderRule:
    return SenderRule("Ministry", "office", "firewall", **known)


def test_an_address_of_the_range_is_the_sender_and_no_other_is() -> None:
    senders = Senders("syslog", [rule(address="192.0.2.0/24"), rule(address="2001:db8::/32")])
    assert senders.of("192.0.2.7") is not None
    assert senders.of("2001:db8::1") is not None
    assert senders.of("198.51.100.1") is None
    assert not senders.may_come("198.51.100.1")


def test_the_first_rule_that_fits_decides() -> None:
    one = SenderRule("A", "n", "s", address="192.0.2.7")
    all_others = SenderRule("B", "n", "s", address="192.0.2.0/24")
    found = Senders("syslog", [one, all_others]).of("192.0.2.7")
    assert found is not None and found.origin == Origin("A", "n", "s")


def test_all_that_a_rule_names_has_to_fit() -> None:
    senders = Senders("syslog", [rule(address="192.0.2.7", fingerprint=PRINT)])
    assert senders.of("192.0.2.7", Certificate(PRINT)) is not None
    assert senders.of("192.0.2.7") is None
    assert senders.of("192.0.2.7", Certificate("cd" * 32)) is None
    assert senders.of("192.0.2.8", Certificate(PRINT)) is None


def test_a_name_of_the_certificate_is_enough_where_the_rule_says_so() -> None:
    senders = Senders("syslog", [rule(name="FW.example")])
    assert senders.of("192.0.2.7", Certificate(PRINT, frozenset({"fw.example"}))) is not None
    assert senders.of("192.0.2.7", Certificate(PRINT, frozenset({"other.example"}))) is None
    assert senders.may_come("192.0.2.7")


def test_a_fingerprint_may_have_colons_and_capitals() -> None:
    senders = Senders("syslog", [rule(fingerprint=":".join(["AB"] * 32))])
    assert senders.of("192.0.2.7", Certificate(PRINT)) is not None


@pytest.mark.parametrize("known", [{}, {"token": "x"}, {"address": "300.1.1.1"}, {"fingerprint": "12"}])
def test_a_rule_that_lets_anybody_in_or_cannot_be_read_is_refused(known: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as told:
        Senders("syslog", [rule(**known)])
    assert told.value.advice()


def test_an_address_inside_ipv6_counts_as_ipv4() -> None:
    assert plain_address("::ffff:192.0.2.7") == "192.0.2.7"
    assert plain_address("fe80::1%eth0") == "fe80::1"


def test_a_token_says_who_and_a_rule_for_it_says_which_reader() -> None:
    origin = Origin("Ministry", "office", "zeek-1")
    rules = [SenderRule("", "", "", reader="zeek-json", token="t1")]
    assert token_sender("push", origin, "t1", rules) == sender_of("push", origin, "zeek-json")
    assert token_sender("push", origin, "t2", rules) == sender_of("push", origin)


def test_ways_sensors_and_readers_are_streams_of_their_own() -> None:
    one = sender_of("push", Origin("A", "n", "s"))
    others = [
        sender_of("otlp", one.origin), sender_of("push", Origin("A", "n", "t")), read_by(one, "syslog"),
        sender_of("push", Origin("A", "ns", "")),
    ]  # fmt: skip
    assert len({one.id, *(each.id for each in others)}) == 5
    assert read_by(read_by(one, "syslog"), "") == one
