"""Captures of `mailbox-bulk-access`: Microsoft 365's record of messages that were read, and a mail server's IIS log."""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.captures import PACK

FIRST = datetime(2026, 2, 2, tzinfo=UTC)
DAYS = 14
PEOPLE = 14
FIELDS = (
    "#Software: Microsoft Internet Information Services 10.0\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "sc-status sc-bytes time-taken\n"
)
Record = dict[str, object]


def attack(folder: Path) -> None:
    """An account that may act as any mailbox reads fifteen of them in a night; one address pulls 720 MB through EWS."""
    at = FIRST + timedelta(days=11, hours=1)
    pulled = [
        _read(at + timedelta(minutes=number), "svc-sync", f"person{number % 15}", 20, "198.51.100.7")
        for number in range(90)
    ]
    _write_records(folder, [*_everyday(), *pulled])
    night = FIRST + timedelta(days=12, hours=2)
    rows = [
        _answer(night + timedelta(seconds=20 * number), "198.51.100.9", "person3", 9_000_000) for number in range(80)
    ]
    _write_answers(folder, [*_webmail(), *rows])


def benign(folder: Path) -> None:
    """A backup that reads everything each night, a day after a holiday, a gateway in front of many people."""
    backup = [
        _read(FIRST + timedelta(days=day, hours=1, minutes=box), "svc-backup", f"person{box}", 110, "10.0.9.9")
        for day in range(DAYS)
        for box in range(PEOPLE)
    ]
    back = FIRST + timedelta(days=12, hours=9)
    holiday = [
        _read(back + timedelta(minutes=3 * number), "person2", "person2", 90, "192.0.2.12") for number in range(12)
    ]
    _write_records(folder, [*_everyday(), *backup, *holiday])
    gateway = [
        _answer(
            FIRST + timedelta(days=day, hours=10, minutes=number), "10.0.0.2", f"person{number % PEOPLE}", 14_000_000
        )
        for day in range(DAYS)
        for number in range(45)
    ]
    _write_answers(folder, [*_webmail(), *gateway])


def _everyday() -> Iterable[Record]:
    """Everybody reads some mail a day."""
    for day in range(DAYS):
        for person in range(PEOPLE):
            for part in range(4):
                at = FIRST + timedelta(days=day, hours=8 + 2 * part, minutes=person)
                yield _read(at, f"person{person}", f"person{person}", 6 + (person + day) % 9, f"192.0.2.{10 + person}")


def _webmail() -> Iterable[tuple[datetime, str]]:
    for day in range(DAYS):
        for person in range(PEOPLE):
            at = FIRST + timedelta(days=day, hours=9, minutes=person)
            yield _answer(at, f"192.0.2.{10 + person}", f"person{person}", 1_500_000 + 90_000 * person)


def _read(at: datetime, user: str, mailbox: str, messages: int, address: str) -> Record:
    return {
        "CreationTime": f"{at:%Y-%m-%dT%H:%M:%S}", "Id": f"{user}-{mailbox}-{at:%d%H%M}", "OrganizationId": "5f1c",
        "Operation": "MailItemsAccessed", "RecordType": 50, "ResultStatus": "Succeeded", "UserType": 0, "Version": 1,
        "Workload": "Exchange", "ClientIPAddress": address, "UserId": f"{user}@town.example",
        "MailboxOwnerUPN": f"{mailbox}@town.example", "ClientInfoString": "Client=WebServices;ExchangeWebServices",
        "OperationCount": messages,
    }  # fmt: skip


def _answer(at: datetime, address: str, user: str, size: int) -> tuple[datetime, str]:
    return at, (
        f"{at:%Y-%m-%d %H:%M:%S} 10.0.2.15 POST /EWS/Exchange.asmx - 443 TOWN\\{user} {address} "
        f"ExchangeServicesClient/15.0 200 {size} 210"
    )


def _write_records(folder: Path, records: Iterable[Record]) -> None:
    ordered = sorted(records, key=lambda record: str(record["CreationTime"]))
    _write(folder / "m365.jsonl.gz", "".join(json.dumps(record) + "\n" for record in ordered))


def _write_answers(folder: Path, answers: Iterable[tuple[datetime, str]]) -> None:
    _write(folder / "u_ex.log.gz", FIELDS + "".join(line + "\n" for _, line in sorted(answers)))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    attack(PACK / "mailbox-bulk-access" / "attack")
    benign(PACK / "mailbox-bulk-access" / "benign")
