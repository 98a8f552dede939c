"""The edges of the analytics about data that leaves: just enough is found, just less is not."""

import json
from pathlib import Path

import pytest
from tools.captures import mailbox_pull
from tools.captures.archive_then_upload import RAR, connected, started
from tools.captures.mailbox_pull import MB, request
from tools.captures.zeek_records import Record, flow, write

from tocsin.detect.analytics import load_analytics
from tocsin.model import Finding
from tocsin.node.captures import found_in

HOUR, DAY = 3600, 86400
CLIENT, RARE = "10.0.4.23", "240.8.1.20"


def bound(id: str, name: str) -> float:
    """A threshold of the analytic, in its own unit."""
    return next(each.value for each in load_analytics().analytics[id].thresholds if each.name == name)


def found(folder: Path, id: str, records: list[Record]) -> tuple[Finding, ...]:
    """What the analytic says of these connections."""
    write(folder, records, "conn.log")
    return found_in(folder, id)


BYTES, FACTOR, DAYS = (int(bound("data-leaving", each)) for each in ("min_bytes", "factor", "min_days"))
MONDAY = 6 * DAY  # the captures begin on a Tuesday; whole weeks before it are remembered as weeks
USUAL = BYTES // (2 * FACTOR)


def usual(days: int, sent: int = USUAL) -> list[Record]:
    """So many days on which the client works from eight to seventeen and sends so much to a cloud."""
    return [
        flow(MONDAY + day * DAY + hour * HOUR, CLIENT, "203.0.113.9", sent // 10, 0)
        for day in range(-days, 0)
        for hour in range(8, 18)
    ]


def sent(amount: int, hour: int = 12, came: int = 0, server: str = RARE) -> list[Record]:
    """So much to a rare address on the Monday."""
    return [flow(MONDAY + hour * HOUR + 60 * part, CLIENT, server, amount // 4, came // 4) for part in range(4)]


@pytest.mark.parametrize(("days", "amount", "hour", "came", "expected"), [
    (DAYS, BYTES, 12, 0, ["medium"]),
    (DAYS, BYTES - 4, 12, 0, []),
    (DAYS - 1, BYTES, 12, 0, []),
    (DAYS, BYTES, 12, BYTES // 2, []),
    (DAYS, BYTES // 2, 2, 0, ["high"]),
    (DAYS, BYTES // 2, 12, 0, []),
])  # fmt: skip
def test_much_to_a_rare_place_is_found(
    tmp_path: Path, days: int, amount: int, hour: int, came: int, expected: list[str]
) -> None:
    records = usual(days) + sent(amount, hour, came)
    assert [each.rule.level for each in found(tmp_path, "data-leaving", records)] == expected


def test_who_always_sends_much_is_measured_by_that(tmp_path: Path) -> None:
    assert not found(tmp_path, "data-leaving", usual(DAYS, BYTES) + sent(FACTOR * BYTES - 400))
    assert found(tmp_path / "more", "data-leaving", usual(DAYS, BYTES) + sent(FACTOR * BYTES))


def test_what_three_hosts_know_is_not_rare(tmp_path: Path) -> None:
    others = [flow(MONDAY - number * DAY, f"10.0.5.{number}", "240.8.1.99", 100, 100) for number in (1, 2)]
    assert found(tmp_path / "two", "data-leaving", usual(DAYS) + sent(BYTES) + others[:1])
    assert not found(tmp_path / "three", "data-leaving", usual(DAYS) + sent(BYTES) + others)


def test_what_stays_inside_does_not_leave(tmp_path: Path) -> None:
    assert not found(tmp_path, "data-leaving", usual(DAYS) + sent(10 * BYTES, server="10.9.9.9"))


UPLOAD, WITHIN, HABIT = (int(bound("archive-then-upload", each)) for each in ("min_bytes", "within", "habit_days"))
SECRET, PLAIN = r"rar.exe a -hpx1 C:\p.rar D:\plans", r"rar.exe a C:\p.rar D:\plans"


def packed(folder: Path, line: str, flows: list[Record], day: int = 0) -> list[str]:
    """The levels of what is found when a host packs on a day at nine and these connections were seen."""
    events = [connected(day * DAY, "fs1", CLIENT, "203.0.113.9"), started(day * DAY + 9 * HOUR, "fs1", RAR, line)]
    write(folder, flows, "conn.log")
    (folder / "sysmon.json").write_text("".join(json.dumps(each) + "\n" for each in events), encoding="utf-8")
    return [each.rule.level for each in found_in(folder, "archive-then-upload")]


@pytest.mark.parametrize(("line", "amount", "hours", "expected"), [
    (SECRET, UPLOAD, WITHIN, ["high"]),
    (SECRET, UPLOAD - 1, WITHIN, []),
    (SECRET, UPLOAD, WITHIN + 1, []),
    (SECRET, UPLOAD, -1, []),
    (SECRET.replace(" a ", " x "), UPLOAD, WITHIN, []),
    (PLAIN, UPLOAD, WITHIN, []),
])  # fmt: skip
def test_an_upload_follows_an_archive(tmp_path: Path, line: str, amount: int, hours: int, expected: list[str]) -> None:
    flows = [flow((9 + hours) * HOUR, CLIENT, RARE, amount, 0)]
    assert packed(tmp_path, line, flows) == expected


@pytest.mark.parametrize(("earlier", "expected"), [(HABIT, []), (HABIT - 1, ["medium"])])
def test_a_nightly_upload_is_a_habit(tmp_path: Path, earlier: int, expected: list[str]) -> None:
    first = [flow(0, CLIENT, "203.0.113.9", 1000, 1000)]
    nights = [flow((7 + night) * DAY, CLIENT, RARE, UPLOAD // 3, 0) for night in range(earlier)]
    last = [flow(20 * DAY + 10 * HOUR, CLIENT, RARE, UPLOAD, 0)]
    assert packed(tmp_path, PLAIN, first + nights + last, day=20) == expected


PULL, POSTS, OWN, PEERS = (
    int(bound("mailbox-pull", each)) for each in ("min_bytes", "min_requests", "own_factor", "min_peers")
)
THIEF = "240.12.1.9"
EWS = "/ews/exchange.asmx"


def pulled(folder: Path, lines: list[tuple[float, str]]) -> list[str]:
    """Who pulled a mailbox, by a log of IIS."""
    mailbox_pull.write(folder, lines)
    return [each.user for each in found_in(folder, "mailbox-pull")]


def readers(number: int, megabytes: int = 1) -> list[tuple[float, str]]:
    """So many people outside who read their mail on each of five days."""
    return [
        request(day * DAY + 9 * HOUR + person, f"user{person}", f"240.14.{person}.8", EWS, megabytes * MB)
        for day in range(5)
        for person in range(number)
    ]


@pytest.mark.parametrize(("amount", "people", "day", "client", "expected"), [
    (PULL, PEERS, 4, THIEF, ["thief"]),
    (PULL - 10, PEERS, 4, THIEF, []),
    (PULL, PEERS - 1, 4, THIEF, []),
    (PULL, PEERS, 2, THIEF, []),
    (PULL, PEERS, 4, "10.0.4.9", []),
])  # fmt: skip
def test_a_new_account_is_measured_by_others(
    tmp_path: Path, amount: int, people: int, day: int, client: str, expected: list[str]
) -> None:
    lines = [request(day * DAY + 10 * HOUR + n, "thief", client, EWS, amount // 10) for n in range(10)]
    assert pulled(tmp_path, readers(people) + lines) == expected


@pytest.mark.parametrize(("amount", "expected"), [(OWN * PULL, ["anna"]), (OWN * PULL - 10, [])])
def test_a_known_account_is_measured_by_itself(tmp_path: Path, amount: int, expected: list[str]) -> None:
    days = [request(day * DAY + 9 * HOUR, "anna", THIEF, EWS, PULL) for day in range(3)]
    lines = [request(4 * DAY + 10 * HOUR + n, "anna", THIEF, EWS, amount // 10) for n in range(10)]
    assert pulled(tmp_path, readers(PEERS) + days + lines) == expected


@pytest.mark.parametrize(
    ("posts", "method", "expected"), [(POSTS, "POST", 1), (POSTS - 1, "POST", 0), (POSTS, "GET", 0)]
)
def test_without_bytes_requests_are_counted(tmp_path: Path, posts: int, method: str, expected: int) -> None:
    lines = [request(4 * DAY + n, "", THIEF, EWS, 0, method) for n in range(posts)]
    assert len(pulled(tmp_path, readers(PEERS) + lines)) == expected


def test_flows_to_the_mail_server_count_where_the_web_log_has_no_account(tmp_path: Path) -> None:
    flows = [flow(4 * DAY + n * 60, THIEF, "10.0.0.25", 1000, PULL // 10, 993) for n in range(10)]
    write(tmp_path, flows, "conn.log")
    assert pulled(tmp_path, readers(PEERS)) == [""]
