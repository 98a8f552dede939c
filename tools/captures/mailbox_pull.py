"""Captures of `mailbox-pull`: the IIS log of an Exchange server with bytes, five days."""

from datetime import UTC, datetime
from pathlib import Path

from tools.captures import PACK
from tools.captures.zeek_records import DAY as BEGIN

HOUR, DAY = 3600, 86400
MB = 1_000_000
DAYS, PEOPLE = 5, 14
FIELDS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "sc-status sc-bytes cs-bytes time-taken"
)
Line = tuple[float, str]


def attack(folder: Path) -> None:
    """On the fifth day a service account pulls 1.3 GB by EWS from an address that it never used."""
    pulled = [
        request(4 * DAY + 2 * HOUR + number * 20, "svc-scan", "240.12.1.9", "/ews/exchange.asmx", 5 * MB)
        for number in range(260)
    ]
    write(folder, _people() + pulled)


def benign(folder: Path) -> None:
    """People at home, an account that always fetches much, and a client inside that makes a copy."""
    lines = _people()
    for day in range(DAYS):
        lines += [
            request(day * DAY + 3 * HOUR + n * 60, "archive", "240.13.1.7", "/ews/exchange.asmx", 6 * MB)
            for n in range(150)
        ]
    lines += [request(4 * DAY + HOUR + n * 30, "backup", "10.0.0.40", "/ews/exchange.asmx", 9 * MB) for n in range(200)]
    write(folder, lines)


def request(second: float, account: str, client: str, path: str, answered: int, method: str = "POST") -> Line:
    """A line of the log with its time."""
    moment = datetime.fromtimestamp(BEGIN + second, UTC)
    user = f"OFFICE\\{account}" if account else "-"
    line = f"{moment:%Y-%m-%d %H:%M:%S} 10.0.0.25 {method} {path} - 443 {user} {client} Mail/1.0 200 {answered} 900 40"
    return second, line


def _people() -> list[Line]:
    """People outside who read their mail from eight to eighteen, each from the own address."""
    return [
        request(
            day * DAY + (8 + hour) * HOUR + number * 60,
            f"user{number:02}",
            f"240.14.{number}.8",
            "/owa/service.svc",
            MB,
        )
        for day in range(DAYS)
        for number in range(PEOPLE)
        for hour in range(10)
    ]


def write(folder: Path, lines: list[Line]) -> None:
    """Write the log in order of time."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(["#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0", f"#Fields: {FIELDS}"])
    (folder / "u_ex260303.log").write_text(
        text + "\n" + "\n".join(line for _, line in sorted(lines)) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    attack(PACK / "mailbox-pull" / "attack")
    benign(PACK / "mailbox-pull" / "benign")
