"""The edges of the analytics about DNS: just enough is found, just less is not."""

from pathlib import Path

import pytest
from tools.captures.zeek_records import Record, lookup, noise, write

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


@pytest.mark.parametrize(("type", "expected"), [("A", 0), ("TXT", 1)])
def test_of_a_resolver_only_text_types_count(tmp_path: Path, type: str, expected: int) -> None:
    domains = int(bound("dns-tunnel", "resolver_domains"))
    others = [lookup(number, CLIENT, f"www.site{number}.example") for number in range(domains)]
    assert len(found(tmp_path, "dns-tunnel", carried(150, type) + others)) == expected


def test_a_tunnel_across_midnight_is_one_finding(tmp_path: Path) -> None:
    late = [record | {"ts": float(str(record["ts"])) + 22.5 * 3600} for record in carried(150)]
    assert len(found(tmp_path, "dns-tunnel", late)) == 1


def resolved(names: int) -> list[Record]:
    """An office with so many names that resolve, all like words."""
    return [
        lookup(number, f"10.0.5.{number % 20}", f"{word(number)}.example", ("192.0.2.1",)) for number in range(names)
    ]


def dead(names: int, random: bool) -> list[Record]:
    """One client that asks for so many names that do not exist, without meaning or like words."""
    made = [
        noise(f"dead {number}", 12, "bcdfghjklmnpqrstvwxz") if random else word(40_000 + number)
        for number in range(names)
    ]
    return [lookup(40 + n, CLIENT, f"{each}.example", (), "A", "NXDOMAIN") for n, each in enumerate(made)]


def word(number: int) -> str:
    """Something that can be spoken."""
    syllables = ("ba", "de", "fi", "go", "la", "me", "ni", "po", "ra", "tu")
    return "".join(syllables[int(digit)] for digit in f"{number:05}")


MIN_MODEL, MIN_MISSING, PLAIN = (int(bound("dga", each)) for each in ("min_model", "min_missing", "plain_missing"))


@pytest.mark.parametrize(("names", "missing", "random", "expected"), [
    (MIN_MODEL, MIN_MISSING, True, ["high"]),
    (MIN_MODEL, MIN_MISSING - 1, True, []),
    (MIN_MODEL - 1, MIN_MISSING, True, []),
    (MIN_MODEL, PLAIN, False, ["medium"]),
    (MIN_MODEL, PLAIN - 1, False, []),
    (10, PLAIN, True, ["medium"]),
])  # fmt: skip
def test_generated_names_are_many_and_read_unlike_the_own(
    tmp_path: Path, names: int, missing: int, random: bool, expected: list[str]
) -> None:
    records = resolved(names) + dead(missing, random)
    assert [each.rule.level for each in found(tmp_path, "dga", records)] == expected


@pytest.mark.parametrize(("syllables", "expected"), [(9, ["medium"]), (6, [])])
def test_names_of_several_words_are_much_longer_than_usual(tmp_path: Path, syllables: int, expected: list[str]) -> None:
    long = [f"{(word(number * 7) * 2)[: 2 * syllables]}.example" for number in range(MIN_MISSING)]
    records = resolved(MIN_MODEL) + [
        lookup(40 + n, CLIENT, f"{each}", (), "A", "NXDOMAIN") for n, each in enumerate(long)
    ]
    assert [each.rule.level for each in found(tmp_path, "dga", records)] == expected


def test_a_client_whose_names_mostly_exist_generates_none(tmp_path: Path) -> None:
    living = [record | {"id.orig_h": CLIENT} for record in resolved(MIN_MODEL)]
    assert not found(tmp_path, "dga", living + dead(MIN_MISSING, random=True))


DAY = 86400
NETWORKS, HISTORY = int(bound("fast-flux", "min_networks")), int(bound("fast-flux", "min_history"))


def moving(networks: int, hours: int, clients: int = 1, after: int = HISTORY) -> list[Record]:
    """A name that so many clients ask for, in a new network each time, some days after the memory began."""
    start = lookup(0, "10.0.5.1", "www.intranet.example", ("192.0.2.80",))
    return [start] + [
        lookup(
            after * DAY + 1 + number * hours * 3600 // networks,
            f"10.0.4.{number % clients}",
            "a.flux.example",
            (f"240.{number}.0.1",),
        )
        for number in range(networks)
    ]


@pytest.mark.parametrize(("networks", "hours", "clients", "after", "expected"), [
    (NETWORKS, 6, 1, HISTORY, 1),
    (NETWORKS - 1, 6, 1, HISTORY, 0),
    (NETWORKS, 2, 1, HISTORY, 0),
    (NETWORKS, 6, 11, HISTORY, 0),
    (NETWORKS, 6, 1, HISTORY - 1, 0),
])  # fmt: skip
def test_a_new_name_moves_over_networks_for_hours(
    tmp_path: Path, networks: int, hours: int, clients: int, after: int, expected: int
) -> None:
    assert len(found(tmp_path, "fast-flux", moving(networks, hours, clients, after))) == expected


def test_a_moving_name_that_is_known_for_long_is_not_flux(tmp_path: Path) -> None:
    known = [lookup(DAY * (HISTORY + 1), CLIENT, "b.flux.example"), *moving(NETWORKS, 6, after=2 * HISTORY + 3)]
    assert not found(tmp_path, "fast-flux", known)


CLIENTS, MEMORY = int(bound("new-domain-many-hosts", "min_clients")), int(bound("new-domain-many-hosts", "min_history"))


def wave(clients: int, days: int, minutes: float, network: str = "10.0.4") -> list[Record]:
    """So many days of memory, then so many clients that ask for a new name within some minutes of an hour."""
    office = [lookup(day * DAY, "10.0.5.1", "www.intranet.example", ("192.0.2.80",)) for day in range(days)]
    return office + [
        lookup(days * DAY + number * minutes * 60 / clients, f"{network}.{number}", "a.new.example", ("192.0.2.81",))
        for number in range(clients)
    ]


@pytest.mark.parametrize(("clients", "days", "minutes", "network", "expected"), [
    (CLIENTS, MEMORY, 50, "10.0.4", 1),
    (CLIENTS - 1, MEMORY, 50, "10.0.4", 0),
    (CLIENTS, MEMORY - 1, 50, "10.0.4", 0),
    (CLIENTS, MEMORY, 150, "10.0.4", 0),
    (CLIENTS, MEMORY, 50, "203.0.113", 0),
])  # fmt: skip
def test_a_wave_of_own_hosts_reaches_a_new_domain(
    tmp_path: Path, clients: int, days: int, minutes: float, network: str, expected: int
) -> None:
    assert len(found(tmp_path, "new-domain-many-hosts", wave(clients, days, minutes, network))) == expected
