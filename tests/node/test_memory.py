"""An account is what it does, and a finding knows since when such logs are there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scans import event, run, write_events

from tocsin.lake.catalog import Catalog
from tocsin.model import AccountRole
from tocsin.node.memory import account_roles, beginnings

ACCOUNTS = ("svc", "seated", "clock", "admin", "remote", "anna", "nobody")


def logon(day: int, user: str, kind: int, host: str = "SRV1", id: int = 4624, hour: int = 3) -> dict[str, object]:
    who = {"SubjectUserName": user, "SubjectDomainName": "MIN"} if id == 4672 else {"TargetUserName": user}
    return {
        "EventID": id,
        "Channel": "Security",
        "Computer": host,
        "LogonType": kind,
        "TimeCreated": f"2026-01-{day:02d}T{hour:02d}:00:00.000000Z",
        **who,
    }


def events() -> Iterator[dict[str, object]]:
    for day in range(5, 8):
        yield logon(day, "svc", 5)
        yield logon(day, "seated", 5)
        yield from (logon(day, "clock", 3, hour=hour) for hour in range(18))
        yield logon(day, "admin", 0, f"SRV{day}", 4672)
        yield logon(day, "remote", 10, f"SRV{day}")
        yield from (logon(day, "anna", 2, f"WS{day}", hour=hour) for hour in range(8, 18))
    yield logon(7, "seated", 2)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    run(tmp_path, write_events(tmp_path / "security.json", list(events())))
    opened = Catalog(tmp_path / "lake")
    yield opened
    opened.close()


def test_what_an_account_did_says_what_it_is(catalog: Catalog) -> None:
    assert account_roles(catalog, ACCOUNTS) == {
        "svc": AccountRole.SERVICE,
        "clock": AccountRole.SERVICE,
        "admin": AccountRole.ADMINISTRATOR,
        "remote": AccountRole.ADMINISTRATOR,
    }


def test_nobody_is_asked_for_nothing(catalog: Catalog) -> None:
    assert account_roles(catalog, ()) == {}


def test_the_memory_of_a_table_begins_with_its_first_event(catalog: Catalog) -> None:
    assert beginnings(catalog) == {"windows": datetime(2026, 1, 5, 0, tzinfo=UTC)}


def test_a_scan_hands_both_to_its_findings(tmp_path: Path) -> None:
    served = [event(n) | {"UtcTime": f"2026-01-09 03:00:0{n}.000", "User": "MIN\\svc"} for n in range(3)]
    report = run(tmp_path, write_events(tmp_path / "all.json", [*events(), *served])).report
    found = [finding for incident in report.incidents for finding in incident.findings]
    assert {(each.account_role, each.since) for each in found} >= {
        (AccountRole.SERVICE, datetime(2026, 1, 5, tzinfo=UTC))
    }
    assert all(incident.cause == "a job of MIN\\svc, an account that runs services and scheduled tasks"
               for incident in report.incidents)  # fmt: skip
