"""Sprays: one list of accounts, few tries each, from few networks or from ever new ones."""

from collections.abc import Sequence

import pytest
from small_window import BEGIN, DAY, HOUR, MINUTE, Row, findings

SPRAYING = "203.0.113.7"


def refused(at: int, account: int, src: str, detail: str = "wrong password") -> Row:
    return {
        "time_us": BEGIN + at, "user_name": f"user{account}", "src_endpoint_ip": src, "status": "Failure",
        "status_detail": detail, "activity_name": "Logon", "table_name": "azure_signin",
    }  # fmt: skip


def signed_in(account: int, src: str, at: int) -> Row:
    """A row of the long memory."""
    return {
        "user": f"user{account}", "src_ip": src, "outcome": "Success", "activity": "Logon", "first_us": BEGIN + at,
        "last_us": BEGIN + at,
    }  # fmt: skip


def public(rows: list[Row]) -> list[Row]:
    return [{"ip": ip, "scope": "public"} for ip in sorted({str(row["src_endpoint_ip"]) for row in rows})]


def sprayed(rows: list[Row], memory: Sequence[Row] = (), id: str = "password-spray") -> list[object]:
    tables = {"authentication": rows, "address_facts": public(rows)}
    return [each["level"] for each in findings(id, {**tables, "user_days": list(memory)} if memory else tables)]


@pytest.mark.parametrize(("accounts", "levels"), [(20, ["medium"]), (19, [])])
def test_twenty_accounts_from_one_network_are_a_spray(accounts: int, levels: list[str]) -> None:
    assert sprayed([refused(number * MINUTE, number, SPRAYING) for number in range(accounts)]) == levels


@pytest.mark.parametrize(("unknown", "level"), [(17, "medium"), (18, "low")])
def test_a_list_of_names_that_do_not_exist_is_the_internets_noise(unknown: int, level: str) -> None:
    rows = [refused(n * MINUTE, n, SPRAYING, "invalid user" if n < unknown else "wrong") for n in range(20)]
    assert sprayed(rows) == [level]


def test_the_same_list_from_inside_is_none() -> None:
    rows = [refused(number * MINUTE, number, "10.0.0.5", "0xc0000064") for number in range(20)]
    found = findings(
        "password-spray", {"authentication": rows, "address_facts": [{"ip": "10.0.0.5", "scope": "private"}]}
    )
    assert [each["level"] for each in found] == ["medium"]


@pytest.mark.parametrize(("days", "levels"), [(-6, []), (-9, ["medium"]), (9, ["medium"])])
def test_a_network_where_people_signed_in_within_a_week_is_no_spraying_one(days: int, levels: list[str]) -> None:
    rows = [refused(number * MINUTE, number, SPRAYING) for number in range(20)]
    assert sprayed(rows, [signed_in(100 + number, SPRAYING, days * DAY) for number in range(5)]) == levels


def roaming(accounts: int, pause: int = 8 * HOUR, tries: int = 2) -> list[Row]:
    """Each account from a network of its own at each try."""
    return [
        refused(number * MINUTE + place * pause, number, f"198.{18 + place}.{number}.9")
        for number in range(accounts)
        for place in range(tries)
    ]


@pytest.mark.parametrize(
    ("rows", "levels"),
    [
        (roaming(20), ["medium"]),
        (roaming(20, tries=3), ["medium"]),
        (roaming(19), []),
        (roaming(20, pause=30 * MINUTE), []),  # people try again at once
        (roaming(20, pause=25 * HOUR), []),
        (roaming(20, pause=2 * HOUR, tries=5), []),  # telephones go on
    ],
)
def test_accounts_that_are_refused_again_from_elsewhere_are_a_spray(rows: list[Row], levels: list[str]) -> None:
    assert sprayed(rows, id="distributed-spray") == levels


def test_networks_of_the_account_itself_are_none_of_it() -> None:
    own = [signed_in(number, f"198.19.{number}.200", -40 * DAY) for number in range(20)]
    assert sprayed(roaming(20), own, id="distributed-spray") == []
    assert sprayed(roaming(20), own[:0], id="distributed-spray") == ["medium"]


def test_an_account_counts_once_in_a_day() -> None:
    assert sprayed(roaming(10) + [{**row, "time_us": row["time_us"] + 9 * HOUR} for row in roaming(10)],  # type: ignore[operator]
                   id="distributed-spray") == []  # fmt: skip
