"""The alliance that an exercise plays in: members with hosts, accounts and what they log.

Members differ in size (1, 10, 30 and 59 % of the data, scaled to 100 for other numbers of members), sector, language
and logging quality. All names end in `.example` (RFC 2606), inside addresses are private (RFC 1918); `internet.py`
says which addresses stand for the world outside. The data is in members.toml, languages.toml, logging.toml.

Hosts and accounts are numbered; background and scenarios choose them as arrays of these numbers.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tocsin.exercise.range.columns import Column, Integers, Mask, Pool

SERVER_ROLES = (
    *("domain-controller", "file-server", "web-server", "exchange", "sharepoint", "database", "backup", "management"),
    *("jump-host", "print-server", "linux-server", "proxy", "mail-gateway", "scanner", "monitoring", "firewall"),
)
WINDOWS_ROLES = (
    *("workstation", "admin-workstation", "domain-controller", "file-server", "exchange", "sharepoint", "database"),
    *("backup", "management", "jump-host", "print-server", "hmi"),
)
ENTRY_ROLES = ("web-server", "mail-gateway", "firewall", "exchange")
FIELD_ROLES = ("hmi", "plc", "modem", "station")
LINUX_ROLES = ("web-server", "linux-server", "proxy", "mail-gateway", "scanner", "monitoring")


@dataclass(frozen=True, slots=True)
class Host:
    """A machine. `person` is the number of the account of who sits there, -1 for none."""

    index: int
    name: str
    address: str
    role: str
    person: int = -1


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the domain. `kind` is person, admin or service. `host` is where it works, -1 where anywhere.

    `owner` is the number of the person behind an admin account, else the account's own.
    """

    index: int
    name: str
    display: str
    kind: str
    department: str
    sid: str
    shift: float  # hours that the day starts later than usual
    host: int
    owner: int


@dataclass(frozen=True, slots=True)
class Tongue:
    """What differs by language."""

    code: str
    user_agent: str
    documents: tuple[str, ...]
    subjects: tuple[str, ...]
    system: str  # how Windows calls the account that it runs as itself
    administrator: str
    domain_admins: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a scenario sets for all members: how often machines speak by themselves, and where mail is."""

    heartbeat: int = 60  # minutes between two reports of a modem or station
    pace: int = 1  # programs, services and sensors of machines do that many times less often than on ordinary days
    own_mail: bool = False  # members with Microsoft 365 have Exchange and SharePoint in their own house instead


@dataclass(frozen=True, slots=True)
class Logging:
    """What a member collects: streams, Windows sensors, and which part of its workstations the others cover."""

    quality: str
    streams: frozenset[str]
    sensors: frozenset[str]
    sysmon: float
    network: float
    proxy: float
    firewall_desks: float
    windows: str  # shape of Windows events: flat or winlogbeat
    firewall: str  # fortigate or asa


@dataclass(frozen=True, eq=False)
class Member:
    """One member of the alliance. Members are told apart by identity, so that what is made of one can be cached."""

    number: int
    seed: int  # for what stays the same through the exercise; a different one for each member
    name: str
    folder: str
    share: float  # of the data, 0 to 1
    sector: str
    domain: str
    netbios: str
    sid: str
    zone: ZoneInfo
    tongue: Tongue
    logging: Logging
    setting: Setting
    public: str  # the address behind which its hosts reach the world
    hosts: tuple[Host, ...]
    accounts: tuple[Account, ...]

    @property
    def language(self) -> str:
        """The language's code."""
        return self.tongue.code

    def logs(self, stream: str) -> bool:
        """Whether the member collects that stream."""
        return stream in self.logging.streams

    @cached_property
    def _roles(self) -> dict[str, Integers]:
        roles: dict[str, list[int]] = {}
        for host in self.hosts:
            roles.setdefault(host.role, []).append(host.index)
        return {role: np.array(indices, dtype=np.int64) for role, indices in roles.items()}

    def of_role(self, *roles: str) -> Integers:
        """The numbers of all hosts of these roles, in order; none when there are none."""
        found = [self._roles[role] for role in roles if role in self._roles]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)

    def any_of(self, *roles: str) -> Integers:
        """The same, but where there are none the domain controllers: small members do more on fewer machines."""
        numbers = self.of_role(*roles)
        return numbers if len(numbers) else self.of_role("domain-controller")

    def one(self, role: str, which: int = 0) -> Host:
        """A host of that role; the first, unless said. Where the member has none, its first domain controller."""
        numbers = self.any_of(role)
        return self.hosts[int(numbers[which % len(numbers)])]

    def host(self, name: str) -> Host:
        """The host of that name."""
        return next(host for host in self.hosts if host.name == name)

    def account(self, name: str) -> Account:
        """The account of that name."""
        return next(account for account in self.accounts if account.name == name)

    @cached_property
    def _kinds(self) -> dict[str, Integers]:
        kinds: dict[str, list[int]] = {"person": [], "admin": [], "service": []}
        for account in self.accounts:
            kinds[account.kind].append(account.index)
        return {kind: np.array(indices, dtype=np.int64) for kind, indices in kinds.items()}

    def accounts_of(self, kind: str) -> Integers:
        """The numbers of all accounts of that kind: person, admin, service."""
        return self._kinds[kind]

    def service(self, purpose: str) -> Account:
        """The service account for backup, sql, scan, monitor, sync, deploy or web."""
        return self.account(f"svc-{purpose}")

    def sees(self, sensor: str) -> Mask:
        """One truth a host: whether security, system, sysmon, network, proxy, firewall or linux records it."""
        return self._coverage[sensor]

    def watched(self, sensor: str, *roles: str) -> Integers:
        """The numbers of the hosts of these roles (of all when none is given) that a sensor covers."""
        numbers = self.of_role(*roles) if roles else np.arange(len(self.hosts))
        return numbers[self.sees(sensor)[numbers]]

    @cached_property
    def _coverage(self) -> dict[str, Mask]:
        roles = np.array([host.role for host in self.hosts], dtype=object)
        windows, servers = np.isin(roles, WINDOWS_ROLES), np.isin(roles, (*SERVER_ROLES, "admin-workstation"))
        place = np.full(len(self.hosts), np.inf)  # which part of the workstations comes before this one
        desks = self.of_role("workstation")
        place[desks] = np.arange(len(desks)) / max(len(desks), 1)
        half = self.logging.network / 2
        whole = self.logging.firewall_desks > 0  # else only what comes in is logged: the rest would fill the disk
        logged_sessions = servers if whole else np.isin(roles, ENTRY_ROLES)
        logged = self.logging.sensors
        none = np.zeros(len(self.hosts), dtype=bool)
        sysmon = windows & (servers | ((place >= half) & (place < half + self.logging.sysmon)) | (roles == "hmi"))
        zeek = servers | (place < self.logging.network) | np.isin(roles, ("hmi", "plc"))
        return {
            "security": windows if "security" in logged else none,
            "system": windows if "system" in logged else none,
            "sysmon": sysmon if "sysmon" in logged else none,
            "network": zeek if self.logs("zeek_conn") else none,
            "proxy": (place >= 1 - self.logging.proxy) & (place < np.inf) if self.logs("proxy") else none,
            "firewall": logged_sessions | (place < self.logging.firewall_desks) | np.isin(roles, FIELD_ROLES),
            "linux": np.isin(roles, LINUX_ROLES) if self.logs("linux") else none,
        }

    @cached_property
    def _host_pools(self) -> dict[str, Pool]:
        names = [host.name for host in self.hosts]
        return {
            "name": Pool(names),
            "computer": Pool([f"{name}.{self.domain}" for name in names]),
            "machine": Pool([f"{name}$" for name in names]),
            "address": Pool([host.address for host in self.hosts]),
            "mapped": Pool([f"::ffff:{host.address}" for host in self.hosts]),
            "sid": Pool([f"{self.sid}-{20_000 + host.index}" for host in self.hosts]),
        }

    @cached_property
    def _account_pools(self) -> dict[str, Pool]:
        names = [account.name for account in self.accounts]
        return {
            "name": Pool(names),
            "user": Pool([f"{self.netbios}\\{name}" for name in names]),
            "mail": Pool([f"{name}@{self.domain}" for name in names]),
            "realm": Pool([f"{name}@{self.domain.upper()}" for name in names]),
            "sid": Pool([account.sid for account in self.accounts]),
            "display": Pool([account.display for account in self.accounts]),
        }

    def of_host(self, what: str, numbers: Integers | int) -> Column:
        """A column of hosts: `name`, `computer` (full), `machine` (name$), `address`, `mapped` (::ffff:…) or `sid`."""
        return _chosen(self._host_pools[what], numbers)

    def of_account(self, what: str, numbers: Integers | int) -> Column:
        """A column of accounts: `name`, `user` (DOMAIN\\name), `mail`, `realm` (name@DOMAIN), `sid` or `display`."""
        return _chosen(self._account_pools[what], numbers)

    @cached_property
    def busyness(self) -> NDArray[np.float64]:
        """How busy each host is beside the others: log-normal with mean 1, always the same for a host."""
        number = zlib.crc32(b"busyness")
        return np.random.default_rng([self.seed, number]).lognormal(-0.32, 0.8, len(self.hosts))

    @cached_property
    def documents(self) -> Pool:
        """Names of documents in the member's language."""
        return Pool([f"{name} {number}" for name in self.tongue.documents for number in range(1, 60)])

    @cached_property
    def desk_of(self) -> Integers:
        """One number an account: the host where it works, -1 for none."""
        return np.array([account.host for account in self.accounts], dtype=np.int64)

    @cached_property
    def person_at(self) -> Integers:
        """One number a host: the account of who sits there, -1 for none."""
        return np.array([host.person for host in self.hosts], dtype=np.int64)


def _chosen(pool: Pool, numbers: Integers | int) -> Column:
    return pool.texts[numbers] if isinstance(numbers, int) else pool.pick(numbers)


@dataclass(frozen=True, slots=True)
class Alliance:
    """All members, in the order of members.toml."""

    members: tuple[Member, ...]

    def member(self, folder: str) -> Member:
        """The member of that folder."""
        return next(member for member in self.members if member.folder == folder)

    @property
    def largest(self) -> Member:
        """The member with most of the data; of equals the first."""
        return max(self.members, key=lambda member: member.share)

    def of_sector(self, *sectors: str) -> Member:
        """The largest member of the first of these sectors that there is, else the largest member."""
        for sector in sectors:
            found: Sequence[Member] = [member for member in self.members if member.sector == sector]
            if found:
                return max(found, key=lambda member: member.share)
        return self.largest
