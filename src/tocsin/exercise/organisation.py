"""The organisation that an exercise plays in: people, machines, addresses (organisation.toml holds the data)."""

import tomllib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("organisation.toml")
_FIRST_RID = 1104  # relative ids of domain accounts begin above 1000
_OUTSIDE = ("192.0.2", "198.51.100", "203.0.113")  # RFC 5737, the last one is left to attackers


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with an account. `administration` is the second account of an administrator, else empty."""

    account: str
    name: str
    department: str
    shift: float  # hours that the day starts later than usual
    sid: str
    administration: str = ""


@dataclass(frozen=True, slots=True)
class Host:
    """A machine on the organisation's network. `person` is who sits there."""

    name: str
    address: str
    role: str
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A ministry with its people and machines."""

    name: str
    domain: str
    netbios: str
    sid: str
    people: tuple[Person, ...]
    workstations: tuple[Host, ...]
    windows_servers: tuple[Host, ...]
    linux_servers: tuple[Host, ...]
    documents: tuple[str, ...]
    web_sites: tuple[str, ...]

    def host(self, name: str) -> Host:
        """The host of that name."""
        everything = (*self.workstations, *self.windows_servers, *self.linux_servers)
        return next(host for host in everything if host.name == name)

    def person(self, account: str) -> Person:
        """Whoever owns the account, the second one of an administrator included."""
        return next(person for person in self.people if account in (person.account, person.administration))

    def sid_of(self, account: str) -> str:
        """The security id of an account of the domain."""
        person = next((one for one in self.people if one.account == account), None)
        return person.sid if person else f"{self.sid}-{2000 + zlib.crc32(account.encode()) % 5000}"


@cache
def organisation() -> Organisation:
    """The ministry of the data file."""
    data = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    people = _people(data["people"], data["administrators"], data["sid"])
    subnet = data["workstations"].rsplit(".", 1)[0]
    return Organisation(
        name=data["name"],
        domain=data["domain"],
        netbios=data["netbios"],
        sid=data["sid"],
        people=people,
        workstations=tuple(
            Host(f"WS-{101 + index}", f"{subnet}.{11 + index}", "workstation", person)
            for index, person in enumerate(people)
        ),
        windows_servers=_hosts(data["windows_servers"]),
        linux_servers=_hosts(data["linux_servers"]),
        documents=tuple(data["documents"]),
        web_sites=tuple(data["web_sites"]),
    )


def _people(
    people: Sequence[tuple[str, str, str, float]],
    administrators: Sequence[tuple[str, str, str, str, float]],
    domain_sid: str,
) -> tuple[Person, ...]:
    rows = [(account, name, department, shift, "") for account, name, department, shift in people]
    rows += [(account, name, department, shift, second) for account, second, name, department, shift in administrators]
    return tuple(
        Person(account, name, department, shift, f"{domain_sid}-{_FIRST_RID + index}", second)
        for index, (account, name, department, shift, second) in enumerate(rows)
    )


def _hosts(rows: Sequence[tuple[str, str, str]]) -> tuple[Host, ...]:
    return tuple(Host(name, address, role) for name, address, role in rows)


@cache
def outside_address(name: str) -> str:
    """The address of a site outside, always the same for the same name, from the documentation ranges."""
    number = zlib.crc32(name.encode("utf-8"))
    return f"{_OUTSIDE[number % 2]}.{1 + number // 2 % 254}"
