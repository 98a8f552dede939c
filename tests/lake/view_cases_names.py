"""Cases of `tunnel_activity` and `address_translation`: whose an address was, and for whom it stood."""

# ruff: noqa: E501  (a case is easier to read in long lines)

from view_cases import CLIENT, FLOW, Case

_VPN = {
    "type": "event",
    "subtype": "vpn",
    "user": "MIN\\anna",
    "remip": "198.51.100.9",
    "tunnelid": "7",
    "devname": "fg1",
}
_OPEN = {"activity_name": "Open", "user_name": "MIN\\anna", "src_endpoint_ip": "198.51.100.9"}
_INSIDE = {"src_endpoint_ip": "10.0.0.5", "translated_ip": "203.0.113.9"}
_PROVEN = _INSIDE | {"dst_endpoint_ip": "192.0.2.7", "is_proven": True}

NAMES = [
    Case(
        "tunnel_activity", "fortigate", _VPN | {"action": "tunnel-up", "tunnelip": "10.99.0.7"},
        _OPEN | {"assigned_ip": "10.99.0.7", "session_uid": "7", "device_hostname": "fg1"},
    ),
    Case(
        "tunnel_activity", "fortigate", _VPN | {"action": "tunnel-down", "tunnelip": "N/A", "assignip": "0.0.0.0"},
        _OPEN | {"activity_name": "Close", "assigned_ip": None},
    ),
    Case(
        "tunnel_activity", "paloalto",
        {"type": "GLOBALPROTECT", "event_id_name": "gateway-connected", "status": "success", "src_user": "MIN\\anna", "private_ip": "10.99.0.7", "public_ip": "198.51.100.9", "machine_name": "LAP-7", "portal": "gw1"},
        _OPEN | {"assigned_ip": "10.99.0.7", "src_endpoint_hostname": "LAP-7", "device_hostname": "gw1"},
    ),
    Case(
        "tunnel_activity", "cisco_asa",
        {"message_id": "722051", "user": "anna", "src_ip": "198.51.100.9", "text": "IPv4 Address <10.99.0.7> IPv6 address <::> assigned to session", "host": "asa1"},
        {"activity_name": "Open", "user_name": "anna", "assigned_ip": "10.99.0.7", "src_endpoint_ip": "198.51.100.9", "device_hostname": "asa1"},
    ),
    Case(
        "tunnel_activity", "cisco_asa", {"message_id": "113019", "user": "anna", "src_ip": "198.51.100.9", "text": "Session disconnected"},
        {"activity_name": "Close", "user_name": "anna", "assigned_ip": None},
    ),
    Case(
        "address_translation", "fortigate",
        {"type": "traffic", "trandisp": "snat", "srcip": "10.0.0.5", "transip": "203.0.113.9", "dstip": "192.0.2.7", "hostname": "w.example", "devname": "fg1"},
        _PROVEN | {"dst_endpoint_hostname": "w.example", "device_hostname": "fg1"},
    ),
    Case(
        "address_translation", "paloalto",
        {"type": "TRAFFIC", "src_ip": "10.0.0.5", "nat_src_ip": "203.0.113.9", "dst_ip": "192.0.2.7", "device_name": "pa1"},
        _PROVEN | {"device_hostname": "pa1"},
    ),
    Case(
        "address_translation", "cisco_asa",
        {"message_id": "305011", "text": "Built dynamic TCP translation from inside:10.0.0.5/5123 to outside:203.0.113.9/6123", "host": "asa1"},
        _INSIDE | {"is_proven": True, "device_hostname": "asa1"},
    ),
    Case(
        "address_translation", "cef",
        {"src": "10.0.0.5", "sourceTranslatedAddress": "203.0.113.9", "dst": "192.0.2.7", "dhost": "w.example", "dvchost": "fw1"},
        _PROVEN | {"dst_endpoint_hostname": "w.example", "device_hostname": "fw1"},
    ),
    Case(
        "address_translation", "leef", {"src": "10.0.0.5", "srcPostNAT": "203.0.113.9", "dst": "192.0.2.7", "syslog_host": "fw1"},
        _PROVEN | {"device_hostname": "fw1"},
    ),
    Case(
        "address_translation", "zeek_http", CLIENT | {"proxied": '["X-FORWARDED-FOR -> 10.9.9.9"]', "host": "w.example"},
        {"src_endpoint_ip": "10.9.9.9", "translated_ip": "10.0.0.5", "dst_endpoint_hostname": "w.example", "is_proven": False},
    ),
    Case(
        "address_translation", "eve_http", FLOW | {"http.xff": "10.9.9.9", "http.hostname": "w.example", "host": "ids1"},
        {"src_endpoint_ip": "10.9.9.9", "translated_ip": "10.0.0.5", "dst_endpoint_hostname": "w.example", "is_proven": False, "device_hostname": "ids1"},
    ),
    Case(
        "address_translation", "proxy_squid", {"c-ip": "10.0.0.5", "s-ip": "192.0.2.7", "c-uri": "w.example:443"},
        {"src_endpoint_ip": "10.0.0.5", "translated_ip": None, "dst_endpoint_ip": "192.0.2.7", "dst_endpoint_hostname": "w.example", "is_proven": True},
    ),
    Case(
        "address_translation", "proxy_w3c", {"c-ip": "10.0.0.5", "r-ip": "192.0.2.7", "cs-host": "w.example", "s-computername": "px1"},
        {"src_endpoint_ip": "10.0.0.5", "dst_endpoint_hostname": "w.example", "device_hostname": "px1", "is_proven": True},
    ),
]  # fmt: skip
