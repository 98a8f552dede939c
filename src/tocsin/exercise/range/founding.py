"""Founds an alliance: how many hosts of which role, who works there, which addresses they have.

1. Members come from members.toml; with fewer than four the largest kinds, with more the list goes on.
2. Each gets the number of hosts that it is told; `sizing` knows how many its share of the data needs. A small member
   does without most kinds of servers.
3. Addresses: 10.<member>.0.0/16 inside, servers in 10.<member>.0.0/22, machines of the field above 10.<member>.128.0.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from tocsin.exercise.range.alliance import Account, Alliance, Host, Logging, Member, Setting, Tongue

ORDINARY = Setting()
_PATTERN = 4  # members of the pattern 1, 10, 30, 59
_DESKS_A_FLOOR = 200
_FLOORS = 120  # of one building: 10.<member>.8.0 to 10.<member>.127.0
_MOST_MEMBERS = 20
_FIRST_RID = 1_104
_SMALLEST = 8  # hosts of a member
_FEWEST_DESKS = 4
_SMALL = 60  # hosts; below, one machine does several jobs
_SMALL_ROLES = (
    *("domain-controller", "file-server", "web-server", "backup", "linux-server", "mail-gateway", "firewall"),
    *("admin-workstation",),
)
SERVICES = ("backup", "sql", "scan", "monitor", "sync", "deploy", "web", "print")

# role: (name, one for so many hosts, at least, at most)
_SERVERS: tuple[tuple[str, str, int, int, int], ...] = (
    ("domain-controller", "DC", 2_000, 1, 4),
    ("file-server", "FS", 800, 1, 8),
    ("web-server", "WWW", 2_500, 1, 3),
    ("exchange", "EXCH", 2_500, 1, 3),
    ("sharepoint", "SP", 5_000, 1, 2),
    ("database", "SQL", 700, 1, 8),
    ("backup", "BKP", 3_000, 1, 2),
    ("management", "MGMT", 5_000, 1, 2),
    ("jump-host", "JUMP", 2_500, 1, 3),
    ("print-server", "PRN", 1_200, 1, 4),
    ("linux-server", "LNX", 250, 1, 20),
    ("proxy", "PRX", 2_500, 1, 2),
    ("mail-gateway", "MX", 2_500, 1, 2),
    ("scanner", "SCAN", 5_000, 1, 1),
    ("monitoring", "MON", 5_000, 1, 1),
    ("firewall", "FG", 1_000_000, 1, 1),
    ("admin-workstation", "PAW", 400, 1, 14),
)
_CLOUD_ROLES = ("exchange", "sharepoint")  # what a member with Microsoft 365 does not run itself
_CLOUD_STREAMS, _HOUSE_STREAMS = frozenset(("m365", "entra")), frozenset(("iis", "exchange"))
_FIELD: dict[str, tuple[tuple[str, str, float], ...]] = {  # sector: role, name, share of the hosts
    "energy": (("plc", "PLC", 0.02), ("hmi", "HMI", 0.006)),
    "telecom": (("modem", "MODEM", 0.5), ("station", "STA", 0.02)),
}


@cache
def _data(name: str) -> Any:
    return tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Row:
    """A member of the list with its place and share."""

    number: int
    share: float
    row: dict[str, Any]


def _rows(members: int) -> list[_Row]:
    listed: list[dict[str, Any]] = _data("members.toml")["member"]
    chosen = listed[_PATTERN - members : _PATTERN] if members < _PATTERN else []
    while len(chosen) < members:
        turn, place = divmod(len(chosen), len(listed))
        row = listed[place]
        again = {key: f"{row[key]}-{turn + 1}" for key in ("folder", "name", "netbios")} if turn else {}
        domain = {"domain": row["domain"].replace(".example", f"-{turn + 1}.example")} if turn else {}
        chosen = [*chosen, {**row, **again, **domain}]
    total = sum(row["share"] for row in chosen)
    return [_Row(number, row["share"] / total, row) for number, row in enumerate(chosen)]


def shares(members: int) -> list[float]:
    """Each member's share of the data, 0 to 1."""
    return [one.share for one in _rows(members)]


def found(hosts: Sequence[int], seed: int, setting: Setting = ORDINARY) -> Alliance:
    """An alliance of as many members as numbers of hosts."""
    return Alliance(tuple(found_one(len(hosts), number, count, seed, setting) for number, count in enumerate(hosts)))


def found_one(members: int, number: int, hosts: int, seed: int, setting: Setting = ORDINARY) -> Member:
    """The member of that number in an alliance of so many."""
    return _member(_rows(members)[number], hosts, seed, setting)


def _member(one: _Row, hosts: int, seed: int, setting: Setting) -> Member:
    row, language = one.row, _data("languages.toml")[one.row["language"]]
    chance = np.random.default_rng([seed, one.number, 7])
    sid = f"S-1-5-21-{chance.integers(10**8, 2**31)}-{chance.integers(10**8, 2**31)}-{chance.integers(10**8, 2**31)}"
    logging = _logging(row, setting)
    machines = _hosts(one.number, row, max(hosts, _SMALLEST), "m365" in logging.streams)
    accounts = _accounts(row, language, machines, sid, chance)
    return Member(
        number=one.number,
        seed=int(chance.integers(1 << 31)),
        name=row["name"],
        folder=row["folder"],
        share=one.share,
        sector=row["sector"],
        domain=row["domain"],
        netbios=row["netbios"],
        sid=sid,
        zone=ZoneInfo(language["zone"]),
        tongue=_tongue(row["language"], language),
        logging=logging,
        setting=setting,
        public=f"198.51.100.{10 + one.number}",
        hosts=_with_people(machines, accounts),
        accounts=accounts,
    )


def _tongue(code: str, language: dict[str, Any]) -> Tongue:
    return Tongue(
        code,
        language["user_agent"],
        tuple(language["documents"]),
        tuple(language["subjects"]),
        language["system"],
        language["administrator"],
        language["domain_admins"],
    )


def _logging(row: dict[str, Any], setting: Setting) -> Logging:
    quality = _data("logging.toml")[row["logging"]]
    streams = frozenset(quality["streams"])
    if setting.own_mail and streams >= _CLOUD_STREAMS:
        streams = streams - _CLOUD_STREAMS | _HOUSE_STREAMS
    return Logging(
        row["logging"],
        streams,
        frozenset(quality["sensors"]),
        quality["sysmon"],
        quality["network"],
        quality["proxy"],
        quality["firewall"],
        row["windows"],
        row["firewall"],
    )


def _hosts(number: int, row: dict[str, Any], count: int, cloud: bool) -> list[Host]:
    """Servers first, then the machines of the field, then desks for the rest."""
    made: list[Host] = []
    for role, word, every, least, most in _SERVERS:
        if (cloud and role in _CLOUD_ROLES) or (count < _SMALL and role not in _SMALL_ROLES):
            continue
        for which in range(min(max(count // every, least), most)):
            index = len(made)
            address = f"10.{10 + number}.{index // 250}.{5 + index % 250}"
            made.append(Host(index, f"{row['netbios']}-{word}{which + 1:02d}", address, role))
    for role, word, share in _FIELD.get(row["sector"], ()):
        for which in range(max(2, round(count * share))):
            index = len(made)
            address = f"10.{10 + number}.{128 + index // 250}.{1 + index % 250}"
            made.append(Host(index, f"{row['netbios']}-{word}{which + 1:04d}", address, role))
    for which in range(max(count - len(made), _FEWEST_DESKS)):
        floor, desk = divmod(which, _DESKS_A_FLOOR)
        building, floor = divmod(floor, _FLOORS)
        address = f"10.{10 + number + building * _MOST_MEMBERS}.{8 + floor}.{20 + desk}"
        made.append(Host(len(made), f"{row['netbios']}-W{which + 1:05d}", address, "workstation"))
    return made


def _accounts(
    row: dict[str, Any], language: dict[str, Any], hosts: list[Host], sid: str, chance: np.random.Generator
) -> tuple[Account, ...]:
    """One person a desk, some without a desk, administrators' second accounts, service accounts."""
    desks = [host.index for host in hosts if host.role == "workstation"]
    desks += [host.index for host in hosts if host.role == "admin-workstation"]
    names = _Names(row, language, chance)
    made: list[Account] = []
    for place in [*desks, *[-1] * (len(hosts) - len(desks) if row["sector"] != "telecom" else 5)]:
        index = len(made)
        account, display, department = names.next()
        shift = float(np.clip(chance.normal(0, 0.7), -2, 4))
        made.append(Account(index, account, display, "person", department, _rid(sid, index), shift, place, index))
    administrators = [one for one in made if one.host >= 0 and hosts[one.host].role == "admin-workstation"]
    for owner in administrators:
        index = len(made)
        name, department = f"adm-{owner.name}", language["departments"][-1]
        made[owner.index] = replace(owner, department=department)
        made.append(
            Account(
                index,
                name,
                f"{owner.display} (admin)",
                "admin",
                department,
                _rid(sid, index),
                0.0,
                owner.host,
                owner.index,
            )
        )
    for service in SERVICES:
        index = len(made)
        made.append(Account(index, f"svc-{service}", service, "service", "", _rid(sid, index), 0.0, -1, index))
    return tuple(made)


def _rid(sid: str, index: int) -> str:
    return f"{sid}-{_FIRST_RID + index}"


class _Names:
    """People's names, each account once."""

    def __init__(self, row: dict[str, Any], language: dict[str, Any], chance: np.random.Generator) -> None:
        self._given = [one.split(":") for one in language["given"]]
        self._family = [one.split(":") for one in language["family"]]
        self._style = language["style"]
        self._departments = language["departments"]
        self._chance = chance
        self._used: dict[str, int] = {}

    def next(self) -> tuple[str, str, str]:
        """(account, shown name, department)."""
        given = self._given[int(self._chance.integers(len(self._given)))]
        family = self._family[int(self._chance.integers(len(self._family)))]
        department = self._departments[int(self._chance.integers(len(self._departments) - 1))]
        plain = self._style.replace("%g1", given[0][0]).replace("%g", given[0]).replace("%f", family[0])
        times = self._used[plain] = self._used.get(plain, 0) + 1
        return plain if times == 1 else f"{plain}{times}", f"{given[1]} {family[1]}", department


def _with_people(hosts: list[Host], accounts: tuple[Account, ...]) -> tuple[Host, ...]:
    sits = {account.host: account.index for account in accounts if account.kind == "person" and account.host >= 0}
    return tuple(replace(host, person=sits.get(host.index, -1)) for host in hosts)
