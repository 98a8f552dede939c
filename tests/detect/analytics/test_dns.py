"""The edges of the analytics about DNS: just enough is found, just less is not."""

from pathlib import Path

import pytest
from tools.captures.dns_records import Record, lookup, noise, write

from tocsin.detect.analytics import load_analytics
from tocsin.model import Finding
from tocsin.node.captures import found_in

CLIENT = "10.0.4.23"


def found(folder: Path, id: str, records: list[Record]) -> tuple[Finding, ...]:
    """What the analytic says of these records."""
    write(folder, records)
    return found_in(folder, id)


def carried(names: int, type: str = "A", length: int = 40, client: str = CLIENT) -> list[Record]:
    """A client that asks for so many names below one domain within a few hours."""
    return [
        lookup(number * 60, client, f"{noise(f'{client} {number}', length)}.t.courier.example", (), type)
        for number in range(names)
    ]


def bound(id: str, name: str) -> float:
    """A threshold of the analytic, in its own unit."""
    return next(each.value for each in load_analytics().analytics[id].thresholds if each.name == name)


MIN_NAMES = int(bound("dns-tunnel", "min_names"))


@pytest.mark.parametrize(("names", "type", "expected"), [
    (MIN_NAMES, "A", ["medium"]),
    (MIN_NAMES - 1, "A", []),
    (MIN_NAMES // 2, "TXT", ["high"]),
    (MIN_NAMES // 2 - 1, "TXT", []),
])  # fmt: skip
def test_a_tunnel_has_its_number_of_names(tmp_path: Path, names: int, type: str, expected: list[str]) -> None:
    assert [each.rule.level for each in found(tmp_path, "dns-tunnel", carried(names, type, 60))] == expected


def test_many_short_names_carry_too_little(tmp_path: Path) -> None:
    assert not found(tmp_path, "dns-tunnel", carried(MIN_NAMES * 2, length=4))


def test_a_domain_that_many_clients_know_is_no_tunnel(tmp_path: Path) -> None:
    clients = int(bound("dns-tunnel", "max_clients"))
    others = [record for number in range(clients) for record in carried(1, client=f"10.0.5.{number}")]
    assert found(tmp_path / "few", "dns-tunnel", carried(150) + others[1:])
    assert not found(tmp_path / "many", "dns-tunnel", carried(150) + others)


def test_names_that_come_back_are_no_tunnel(tmp_path: Path) -> None:
    again = [record | {"ts": float(str(record["ts"])) + 9000} for record in carried(150)]
    assert not found(tmp_path, "dns-tunnel", carried(150) + again)


def test_a_tunnel_across_midnight_is_one_finding(tmp_path: Path) -> None:
    late = [record | {"ts": float(str(record["ts"])) + 22.5 * 3600} for record in carried(150)]
    assert len(found(tmp_path, "dns-tunnel", late)) == 1
