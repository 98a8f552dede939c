"""Captures of `impossible-travel`: sign-ins to Entra ID."""

from pathlib import Path

from tools.captures import PACK
from tools.captures.entra_log import signed_in, write

_HOME = ("198.51.100", "AL")


def attack(folder: Path) -> None:
    """Twelve people sign in from home; one of them 20 minutes later from another country."""
    rows = _people()
    rows.append(signed_in(9 * 3600 + 3 * 300 + 1200, 3, "203.0.113.80", "PA"))
    write(folder, rows)


def benign(folder: Path) -> None:
    """A journey of five hours, a relay that was used last week too, and the organisation's own way out abroad."""
    rows = _people()
    rows.append(signed_in(14 * 3600 + 900, 1, "203.0.113.81", "DE"))
    rows += [signed_in(at, 2, "203.0.113.82", "NL") for at in (3600, 9 * 3600 + 900)]
    rows += [signed_in(9 * 3600 + 600 + number * 300, number, "203.0.113.90", "US") for number in range(4, 12)]
    write(folder, rows)


def _people() -> list[dict[str, object]]:
    return [signed_in(9 * 3600 + number * 300, number, f"{_HOME[0]}.{number + 10}", _HOME[1]) for number in range(12)]


if __name__ == "__main__":
    attack(PACK / "impossible-travel" / "attack")
    benign(PACK / "impossible-travel" / "benign")
