"""A case of `base_event` for every native table that another view has a case of, and for those that none has."""

from view_cases import Case

_NAMED = {
    "windows": {"Computer": "WS1"}, "linux_auditd": {"node": "srv"}, "linux_journald": {"_HOSTNAME": "srv"},
    "syslog": {"host": "srv"}, "fortigate": {"devname": "srv"}, "paloalto": {"device_name": "srv"},
    "cisco_asa": {"host": "srv"}, "cef": {"dvchost": "srv"}, "leef": {"syslog_host": "srv"},
    "web_iis": {"s-computername": "srv"}, "proxy_w3c": {"s-computername": "srv"}, "dns_server": {"host": "srv"},
    "exchange_tracking": {"server-hostname": "srv"}, "exchange_admin_audit": {"OriginatingServer": "srv"},
    "dhcp": {"host": "srv"}, "wazuh": {"manager.name": "srv"}, "ecs_alert": {"observer.name": "srv"},
    "ocsf_detection_finding": {"metadata.product.name": "srv"}, "aminer_alert": {"AMiner.ID": "srv"},
    "mapped_alert": {"alert_product": "srv"}, "otel_logs": {"resource.host.name": "srv"},
}  # fmt: skip
_SERVICES = {
    "aws_cloudtrail": "AWS", "azure_signin": "Entra ID", "azure_audit": "Entra ID", "azure_activity": "Azure",
    "m365_audit": "Microsoft 365", "okta": "Okta", "gcp_audit": "GCP", "kubernetes_audit": "Kubernetes",
}  # fmt: skip

_ONLY_HERE = {"otel_logs"}


def base_cases(cases: list[Case]) -> list[Case]:
    """One case a table: the native columns that name who recorded the event, and what the view must say."""
    return [_case(table) for table in sorted({case.table for case in cases} | _ONLY_HERE)]


def _case(table: str) -> Case:
    native = _NAMED.get(table, {})
    if table.startswith("zeek_"):
        native = {"_system_name": "srv"}
    if table.startswith("eve_"):
        native = {"host": "srv"}
    named = next(iter(native.values()), _SERVICES.get(table))
    return Case("base_event", table, native or {"unknown": "x"}, {"device_hostname": named})
