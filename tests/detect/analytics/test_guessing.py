"""Guessed passwords: how many, how fast, and what came before."""

from small_window import BEGIN, DAY, HOUR, MINUTE, Row, findings

OUTSIDE, INSIDE = "203.0.113.9", "10.0.0.9"
FACTS: list[Row] = [{"ip": OUTSIDE, "scope": "public"}, {"ip": INSIDE, "scope": "private"}]


def sign_in(at: int, status: str = "Failure", *, src: str = OUTSIDE, account: str = "Ana") -> Row:
    return {
        "time_us": BEGIN + at, "user_name": account, "src_endpoint_ip": src, "status": status, "activity_name": "Logon",
    }  # fmt: skip


def guesses(number: int, apart: int, src: str = OUTSIDE) -> list[Row]:
    return [sign_in(HOUR + count * apart, src=src) for count in range(number)]


def told(rows: list[Row], **more: list[Row]) -> list[tuple[object, object]]:
    found = findings("brute-force", {"authentication": rows, "address_facts": FACTS} | more)
    return [(each["user"], each["level"]) for each in found]


def test_ten_quick_failures_and_a_success_are_a_guessed_password() -> None:
    assert told([*guesses(10, 5_000_000), sign_in(HOUR + 2 * MINUTE, "Success")]) == [("ana", "high")]
    assert told([*guesses(9, 5_000_000), sign_in(HOUR + 2 * MINUTE, "Success")]) == []


def test_slow_failures_are_a_person_or_a_phone() -> None:
    assert told([*guesses(12, 5 * MINUTE), sign_in(HOUR + 70 * MINUTE, "Success")]) == []


def test_who_signed_in_before_is_no_stranger() -> None:
    rows = [*guesses(10, 5_000_000), sign_in(HOUR + 2 * MINUTE, "Success")]
    assert told([*rows, sign_in(0, "Success")]) == []
    before: Row = {
        "user": "ana", "src_ip": OUTSIDE, "outcome": "Success", "activity": "Logon", "first_us": BEGIN - 9 * DAY,
    }  # fmt: skip
    assert told(rows, user_days=[before]) == []


def test_a_success_long_after_or_for_another_account_says_nothing() -> None:
    assert told([*guesses(10, 5_000_000), sign_in(3 * HOUR, "Success")]) == []
    assert told([*guesses(10, 5_000_000), sign_in(HOUR + 2 * MINUTE, "Success", account="bo")]) == []


def test_without_success_only_much_guessing_from_inside_is_told() -> None:
    assert told(guesses(2000, 1_000_000)) == []
    assert told(guesses(50, 1_000_000, INSIDE)) == [("", "medium")]
    assert told(guesses(49, 1_000_000, INSIDE)) == []


def ticket(at: int, service: str, encryption: str = "0x17", account: str = "Jo") -> Row:
    return {
        "time_us": BEGIN + at, "user_name": account, "service_name": service, "encryption": encryption,
        "status": "Success", "activity_name": "Service Ticket", "src_endpoint_ip": INSIDE,
    }  # fmt: skip


def collected(rows: list[Row]) -> list[tuple[object, object, object]]:
    return [
        (each["user"], each["count"], each["level"]) for each in findings("kerberoast-burst", {"authentication": rows})
    ]


def test_weak_tickets_to_four_services_within_minutes_are_collected() -> None:
    assert collected([ticket(n * MINUTE, f"svc{n}") for n in range(4)]) == [("jo", 4, "high")]
    assert collected([ticket(n * MINUTE, f"svc{n}") for n in range(3)]) == []
    assert collected([ticket(n * 15 * MINUTE, f"svc{n}") for n in range(9)]) == []


def test_strong_tickets_need_many_services_and_computers_are_none() -> None:
    assert collected([ticket(n, f"svc{n}", "0x12") for n in range(15)]) == [("jo", 15, "medium")]
    assert collected([ticket(n, f"svc{n}", "0x12") for n in range(14)]) == []
    assert collected([ticket(n, f"FILE{n}$") for n in range(40)]) == []


def test_accounts_without_proof_are_collected_by_source() -> None:
    rows = [ticket(n, "krbtgt", account=f"lab{n}") | {"activity_name": "Authentication Ticket"} for n in range(3)]
    assert collected([row | {"preauth_type": "0"} for row in rows]) == [("", 3, "high")]
    assert collected([row | {"preauth_type": "2"} for row in rows]) == []
    assert collected([row | {"preauth_type": "0"} for row in rows[:2]]) == []
