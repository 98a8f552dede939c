"""Who an event is about."""

import numpy as np
import pytest

from tocsin.detect.entities import entity_columns, inside, whom
from tocsin.model import Chunk
from tocsin.telemetry.builder import BatchBuilder


def told(table: str, **fields: str) -> tuple[str, str]:
    builder = BatchBuilder(table)
    builder.add(Chunk(table, (1,), [{name.replace("__", "."): value for name, value in fields.items()}]), "s")
    hosts, users = whom(builder.build(), entity_columns(table), np.array([0], np.int32))
    return hosts.to_pylist()[0], users.to_pylist()[0]


def test_an_attack_from_outside_is_about_the_inside_end_and_by_the_outside_one() -> None:
    assert told("zeek_http", id__orig_h="203.0.113.9", id__resp_h="10.0.0.5") == ("10.0.0.5", "203.0.113.9")
    assert told("eve_alert", src_ip="2001:db8::1", dest_ip="fd00::5") == ("fd00::5", "2001:db8::1")


def test_a_connection_from_inside_is_about_who_opened_it() -> None:
    assert told("zeek_http", id__orig_h="10.0.0.5", id__resp_h="203.0.113.9") == ("10.0.0.5", "")
    assert told("zeek_http", id__orig_h="10.0.0.5", id__resp_h="10.0.0.6") == ("10.0.0.5", "")


def test_the_address_of_a_web_client_is_never_the_host() -> None:
    assert told("web_access", **{"c-ip": "203.0.113.9"}) == ("", "203.0.113.9")


@pytest.mark.parametrize(
    ("text", "private"),
    [("10.1.2.3", True), ("172.32.0.1", False), ("fe80::1", True), ("DC01", None), ("", None), ("1.2.3", None)],
)
def test_private_networks_are_inside(text: str, private: bool | None) -> None:
    assert inside(text) is private
