"""What runs on one Windows machine: processes, logons and the ids that Windows and Sysmon give them.

A Sysmon process GUID is the machine's prefix, the start second and a counter; a process id is a multiple of four and
not used twice at the same time; a logon id is unique on its machine. All three link events of different kinds.
"""

from dataclasses import dataclass, field

from tocsin.exercise.chance import Chance
from tocsin.exercise.organisation import Host, Organisation

MICROSECONDS = 1_000_000
SERVICE_DOMAIN = "NT AUTHORITY"
_LOWEST_PID = 1_000
_HIGHEST_PID = 65_000
_PID_STEP = 4
_BOOTS = 7  # boots counted so far, part of every GUID


@dataclass(frozen=True, slots=True)
class Logon:
    """A logon session on one machine."""

    account: str
    domain: str
    sid: str
    id: str  # 0x3e7
    guid: str  # with braces
    terminal: str = "0"

    @property
    def name(self) -> str:
        """`DOMAIN\\account`."""
        return f"{self.domain}\\{self.account}"


@dataclass(frozen=True, slots=True)
class Process:
    """A running process."""

    guid: str
    pid: int
    image: str
    command: str
    logon: Logon
    integrity: str
    user: str  # the logon's name
    subject: str  # the account as Security events name it: services of the system appear as the machine
    subject_domain: str

    @property
    def pid_text(self) -> str:
        """The id as Sysmon writes it."""
        return str(self.pid)

    @property
    def pid_hexadecimal(self) -> str:
        """The id as the Security log writes it."""
        return f"0x{self.pid:x}"

    @property
    def sid(self) -> str:
        """Who it runs as."""
        return self.logon.sid

    @property
    def logon_id(self) -> str:
        """The session it runs in."""
        return self.logon.id


@dataclass(slots=True)
class Machine:
    """One machine with its state."""

    host: Host
    fqdn: str
    domain: str
    prefix: str
    system: Logon
    network_service: Logon
    local_service: Logon
    processes: dict[str, Process] = field(default_factory=dict)  # long-lived ones by a short name
    people: dict[str, Logon] = field(default_factory=dict)  # open interactive sessions by account
    counter: int = 0
    pid: int = _LOWEST_PID
    logons: int = 0

    def guid(self, time_us: int) -> str:
        """A new process or logon GUID of that second."""
        self.counter += 1
        seconds = time_us // MICROSECONDS
        tail = (self.counter.to_bytes(6, "little") + _BOOTS.to_bytes(2, "little")).hex()
        return f"{{{self.prefix}-{seconds & 0xFFFF:04x}-{seconds >> 16:04x}-{tail[:4]}-{tail[4:]}}}"

    def next_pid(self, chance: Chance) -> int:
        """A process id that was not used lately."""
        self.pid += _PID_STEP * chance.whole(1, 40)
        if self.pid > _HIGHEST_PID:
            self.pid = _LOWEST_PID + _PID_STEP * chance.whole(1, 40)
        return self.pid

    def new_logon(self, time_us: int, account: str, domain: str, sid: str, terminal: str = "0") -> Logon:
        """A new logon session with an id of its own."""
        self.logons += 1
        number = 0x5A000 + self.logons * 0x1C7 + (self.logons % 7) * 0x11
        return Logon(account, domain, sid, f"0x{number:x}", self.guid(time_us), terminal)

    def subject(self, logon: Logon) -> tuple[str, str]:
        """Account and domain as Security events name them."""
        if logon.domain == SERVICE_DOMAIN:
            return f"{self.host.name}$", self.domain
        return logon.account, logon.domain

    def new_process(
        self, time_us: int, image: str, command: str, logon: Logon, integrity: str, chance: Chance
    ) -> Process:
        """A new process with ids of its own."""
        subject, domain = self.subject(logon)
        guid, pid = self.guid(time_us), self.next_pid(chance)
        return Process(guid, pid, image, command, logon, integrity, logon.name, subject, domain)


def machine(host: Host, organisation: Organisation, chance: Chance, boot_us: int) -> Machine:
    """A machine that has booted: the system processes and the services of its role run."""
    prefix = chance.hexadecimal(8)
    service = SERVICE_DOMAIN
    made = Machine(
        host=host,
        fqdn=f"{host.name}.{organisation.domain}",
        domain=organisation.netbios,
        prefix=prefix,
        system=Logon("SYSTEM", service, "S-1-5-18", "0x3e7", _service_guid(prefix, 0x3E7)),
        network_service=Logon("NETWORK SERVICE", service, "S-1-5-20", "0x3e4", _service_guid(prefix, 0x3E4)),
        local_service=Logon("LOCAL SERVICE", service, "S-1-5-19", "0x3e5", _service_guid(prefix, 0x3E5)),
    )
    for name, image, command, account in (*_SYSTEM, *_SERVICES.get(host.role, ())):
        logon = _service_logon(made, account, organisation)
        made.processes[name] = made.new_process(boot_us, image, command, logon, "System", chance)
    return made


def _service_guid(prefix: str, number: int) -> str:
    return f"{{{prefix}-0000-0000-{number.to_bytes(2, 'little').hex()}-000000000000}}"


def _service_logon(machine: Machine, account: str, organisation: Organisation) -> Logon:
    known = {"system": machine.system, "network": machine.network_service, "local": machine.local_service}
    if account in known:
        return known[account]
    return machine.new_logon(0, account, organisation.netbios, organisation.sid_of(account))


_S32 = "C:\\Windows\\System32\\"
_SVCHOST = _S32 + "svchost.exe"
_SYSTEM = (
    ("system", "System", "", "system"),
    ("smss", _S32 + "smss.exe", "\\SystemRoot\\System32\\smss.exe", "system"),
    ("wininit", _S32 + "wininit.exe", "wininit.exe", "system"),
    ("winlogon", _S32 + "winlogon.exe", "winlogon.exe", "system"),
    ("services", _S32 + "services.exe", "C:\\Windows\\system32\\services.exe", "system"),
    ("lsass", _S32 + "lsass.exe", "C:\\Windows\\system32\\lsass.exe", "system"),
    ("svchost", _SVCHOST, "C:\\Windows\\system32\\svchost.exe -k DcomLaunch -p", "system"),
    ("schedule", _SVCHOST, "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s Schedule", "system"),
    ("update", _SVCHOST, "C:\\Windows\\system32\\svchost.exe -k netsvcs -p -s wuauserv", "system"),
    ("dnscache", _SVCHOST, "C:\\Windows\\system32\\svchost.exe -k NetworkService -p -s Dnscache", "network"),
    (
        "eventlog",
        _SVCHOST,
        "C:\\Windows\\System32\\svchost.exe -k LocalServiceNetworkRestricted -p -s EventLog",
        "local",
    ),
    ("wmi", _S32 + "wbem\\WmiPrvSE.exe", "C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding", "network"),
    (
        "inventory",
        "C:\\Program Files\\Inventory\\InventoryAgent.exe",
        '"C:\\Program Files\\Inventory\\InventoryAgent.exe" --service',
        "system",
    ),
    (
        "defender",
        "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.26010.5-0\\MsMpEng.exe",
        '"C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.26010.5-0\\MsMpEng.exe"',
        "system",
    ),
)
_W3WP = "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
_SERVICES = {
    "sharepoint": (
        (
            "w3wp",
            _W3WP,
            'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "SharePoint - 80" -v "v4.0" -l "webengine4.dll"',
            "svc-sharepoint",
        ),
    ),
    "exchange": (
        ("w3wp", _W3WP, 'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "MSExchangeOWAAppPool" -v "v4.0"', "system"),
        (
            "store",
            "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\Bin\\Microsoft.Exchange.Store.Worker.exe",
            '"C:\\Program Files\\Microsoft\\Exchange Server\\V15\\Bin\\Microsoft.Exchange.Store.Worker.exe"',
            "system",
        ),
    ),
    "database": (
        (
            "sqlservr",
            "C:\\Program Files\\Microsoft SQL Server\\MSSQL16.GRID\\MSSQL\\Binn\\sqlservr.exe",
            '"C:\\Program Files\\Microsoft SQL Server\\MSSQL16.GRID\\MSSQL\\Binn\\sqlservr.exe" -sGRID',
            "svc-sql",
        ),
    ),
    "updates": (("w3wp", _W3WP, 'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "WsusPool" -v "v4.0"', "network"),),
    "domain-controller": (("dns", _S32 + "dns.exe", "C:\\Windows\\system32\\dns.exe", "system"),),
}
