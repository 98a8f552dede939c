"""All exercises by id: the two of one organisation's week, and the range's scenarios of an alliance."""

from dataclasses import dataclass

from tocsin.errors import UsageError
from tocsin.exercise.range import SCENARIOS

_C0038 = "https://attack.mitre.org/campaigns/C0038/"


@dataclass(frozen=True, slots=True)
class Listed:
    """One exercise as `tocsin exercise list` shows it."""

    id: str
    title: str
    days: int
    members: str
    about: str
    source: str


def listed() -> tuple[Listed, ...]:
    """Every exercise, the range's first."""
    ranged = (Listed(one.id, one.title, one.days, "4", one.about, one.source) for one in SCENARIOS)
    return (
        *ranged,
        Listed(
            "windows-intrusion",
            "Intrusion on Windows",
            7,
            "1",
            "Windows events, IIS and Exchange logs of one ministry, from web shell to wiping; small, for rules.",
            _C0038,
        ),
        Listed(
            "network-intrusion",
            "Intrusion on the network",
            7,
            "1",
            "Zeek, Suricata, firewall, Linux and proxy logs of one ministry, from scan to miner; small, for rules.",
            "made up after ATT&CK techniques",
        ),
    )


def check_known(name: str) -> None:
    """Raises UsageError when no exercise has that id."""
    known = [one.id for one in listed()]
    if name not in known:
        raise UsageError(f"no exercise is called {name!r}", f"There are {', '.join(known)}; `list` says what they are.")
