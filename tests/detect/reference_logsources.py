"""Which Windows rows a Sigma log source means, for the reference evaluator.

Sources: Sigma taxonomy appendix (category → Sysmon event id, service → channel) and Microsoft's event documentation
(Security 4688 is also a process creation and names its fields differently). Every name is in lower case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SYSMON = "microsoft-windows-sysmon/operational"
POWERSHELL = ("microsoft-windows-powershell/operational", "powershellcore/operational")
CLASSIC = ("windows powershell",)


@dataclass(frozen=True)
class Source:
    """Rows of one table: all named channels and event ids (empty: any), with other names for Sigma's fields."""

    table: str
    channels: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


EVERYWHERE = {
    "provider_name": ("provider_name", "sourcename"),
    "computer": ("computer", "hostname"),
}
SYSTEM = {"channel": ("eventdata_channel", "channel")}  # event 104 names the log that was cleared
CREATED_4688 = {
    "image": ("newprocessname",),
    "parentimage": ("parentprocessname",),
    "processid": ("newprocessid",),
    "parentprocessid": ("processid",),
    "user": ("subjectusername",),
    "logonid": ("subjectlogonid",),
    "integritylevel": ("mandatorylabel",),
}
SYSMON_CATEGORIES = {
    "process_creation": "1",
    "file_change": "2",
    "network_connection": "3",
    "sysmon_status": "4 16",
    "process_termination": "5",
    "driver_load": "6",
    "image_load": "7",
    "create_remote_thread": "8",
    "raw_access_thread": "9",
    "process_access": "10",
    "file_event": "11",
    "registry_add": "12",
    "registry_delete": "12",
    "registry_set": "13",
    "registry_rename": "14",
    "registry_event": "12 13 14",
    "create_stream_hash": "15",
    "pipe_created": "17 18",
    "wmi_event": "19 20 21",
    "dns_query": "22",
    "file_delete": "23 26",
    "clipboard_change": "24",
    "clipboard_capture": "24",
    "process_tampering": "25",
    "file_delete_detected": "26",
    "file_block_executable": "27",
    "file_block_shredding": "28",
    "file_executable_detected": "29",
    "sysmon_error": "255",
}
POWERSHELL_CATEGORIES = {
    "ps_module": (POWERSHELL, "4103"),
    "ps_script": (POWERSHELL, "4104"),
    "ps_classic_start": (CLASSIC, "400"),
    "ps_classic_provider_start": (CLASSIC, "600"),
    "ps_classic_script": (CLASSIC, "800"),
}
MICROSOFT = "microsoft-windows-"
SERVICES: dict[str, tuple[str, ...]] = {
    "application": ("application",),
    "security": ("security",),
    "system": ("system",),
    "sysmon": (SYSMON,),
    "powershell": POWERSHELL,
    "powershell-classic": CLASSIC,
    "dns-server": ("dns server",),
    "dns-server-audit": (MICROSOFT + "dns-server/audit",),
    "dns-server-analytic": (MICROSOFT + "dns-server/analytical",),
    "driver-framework": (MICROSOFT + "driverframeworks-usermode/operational",),
    "dhcp": (MICROSOFT + "dhcp-server/operational",),
    "ntlm": (MICROSOFT + "ntlm/operational",),
    "windefend": (MICROSOFT + "windows defender/operational",),
    "printservice-admin": (MICROSOFT + "printservice/admin",),
    "printservice-operational": (MICROSOFT + "printservice/operational",),
    "smbclient-security": (MICROSOFT + "smbclient/security",),
    "smbclient-connectivity": (MICROSOFT + "smbclient/connectivity",),
    "smbserver-connectivity": (MICROSOFT + "smbserver/connectivity",),
    "applocker": (
        MICROSOFT + "applocker/msi and script",
        MICROSOFT + "applocker/exe and dll",
        MICROSOFT + "applocker/packaged app-deployment",
        MICROSOFT + "applocker/packaged app-execution",
    ),
    "msexchange-management": ("msexchange management",),
    "microsoft-servicebus-client": (
        "microsoft-servicebus-client",
        "microsoft-servicebus-client/operational",
        "microsoft-servicebus-client/admin",
    ),
    "ldap": (MICROSOFT + "ldap-client/debug",),
    "taskscheduler": (MICROSOFT + "taskscheduler/operational",),
    "wmi": (MICROSOFT + "wmi-activity/operational",),
    "codeintegrity-operational": (MICROSOFT + "codeintegrity/operational",),
    "firewall-as": (MICROSOFT + "windows firewall with advanced security/firewall",),
    "bits-client": (MICROSOFT + "bits-client/operational",),
    "terminalservices-localsessionmanager": (MICROSOFT + "terminalservices-localsessionmanager/operational",),
    "security-mitigations": (
        MICROSOFT + "security-mitigations/kernel mode",
        MICROSOFT + "security-mitigations/user mode",
    ),
    "diagnosis-scripted": (MICROSOFT + "diagnosis-scripted/operational",),
    "shell-core": (MICROSOFT + "shell-core/operational",),
    "openssh": ("openssh/operational",),
    "bitlocker": (MICROSOFT + "bitlocker/bitlocker management",),
    "vhdmp": (MICROSOFT + "vhdmp/operational",),
    "appxdeployment-server": (MICROSOFT + "appxdeploymentserver/operational",),
    "lsa-server": (MICROSOFT + "lsa/operational",),
    "appxpackaging-om": (MICROSOFT + "appxpackaging/operational",),
    "dns-client": (MICROSOFT + "dns client events/operational",),
    "appmodel-runtime": (MICROSOFT + "appmodel-runtime/admin",),
    "capi2": (MICROSOFT + "capi2/operational",),
    "certificateservicesclient-lifecycle-system": (
        MICROSOFT + "certificateservicesclient-lifecycle-system/operational",
    ),
    "iis-configuration": ("microsoft-iis-configuration/operational",),
    "ntfs": (MICROSOFT + "ntfs/operational",),
    "kernel-event-tracing": (MICROSOFT + "kernel-eventtracing",),
}


def sources_of(logsource: Mapping[str, object]) -> tuple[Source, ...] | None:
    """Where rows of the log source are found; None when the reference does not know it."""
    product, category, service = (str(logsource.get(part) or "").lower() for part in ("product", "category", "service"))
    if product == "zeek" and service:
        return (Source(f"zeek_{service}"),)
    if product != "windows" or (category and service):
        return None
    if service:
        aliases = EVERYWHERE | SYSTEM if service == "system" else EVERYWHERE
        return (Source("windows", SERVICES[service], aliases=aliases),) if service in SERVICES else None
    if category in POWERSHELL_CATEGORIES:
        channels, event_id = POWERSHELL_CATEGORIES[category]
        return (Source("windows", channels, (event_id,), EVERYWHERE),)
    if category in SYSMON_CATEGORIES:
        return _sysmon(category)
    return None if category else (Source("windows", aliases=EVERYWHERE),)


def _sysmon(category: str) -> tuple[Source, ...]:
    sysmon = Source("windows", (SYSMON,), tuple(SYSMON_CATEGORIES[category].split()), EVERYWHERE)
    if category != "process_creation":
        return (sysmon,)
    return (sysmon, Source("windows", ("security",), ("4688",), EVERYWHERE | CREATED_4688))
