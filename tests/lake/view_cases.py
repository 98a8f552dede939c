"""One native row or more for every branch of every view, with what the view must make of it.

A case is (view, table, native row, expected columns). `test_views.py` proves that no branch is without a case.
"""

# ruff: noqa: E501  (a case is easier to read in long lines)

from dataclasses import dataclass

SYSMON = "Microsoft-Windows-Sysmon/Operational"
TASKS = "Microsoft-Windows-TaskScheduler/Operational"
DEFENDER = "Microsoft-Windows-Windows Defender/Operational"

CLIENT = {"id.orig_h": "10.0.0.5", "id.orig_p": "50123", "id.resp_h": "192.0.2.7", "id.resp_p": "443", "uid": "C1"}
FLOW = {"src_ip": "10.0.0.5", "src_port": "50123", "dest_ip": "192.0.2.7", "dest_port": "443", "flow_id": "77"}
SRC = {"src_endpoint_ip": "10.0.0.5", "src_endpoint_port": 50123}
DST = {"dst_endpoint_ip": "192.0.2.7", "dst_endpoint_port": 443}
ENDS = SRC | DST
ZEEK_ENDS = ENDS | {"connection_info_uid": "C1"}
EVE_ENDS = ENDS | {"connection_info_uid": "77"}
HOST = {"device_hostname": "WS1"}


@dataclass(frozen=True)
class Case:
    """A native row of a table and the columns that a view must show for it."""

    view: str
    table: str
    native: dict[str, str]
    expected: dict[str, object]


def windows(view: str, channel: str, event: str, native: dict[str, str], expected: dict[str, object]) -> Case:
    """A case of the Windows table."""
    system = {"Channel": channel, "EventID": event, "Computer": "WS1"}
    return Case(view, "windows", system | native, {"device_hostname": "WS1"} | expected)


def security(view: str, event: str, native: dict[str, str], expected: dict[str, object]) -> Case:
    """A case of the Security log."""
    return windows(view, "Security", event, native, expected)


PROCESS = [
    windows(
        "process_activity", SYSMON, "1",
        {"Image": r"C:\Windows\System32\cmd.exe", "CommandLine": "cmd /c ver", "ProcessId": "420", "ProcessGuid": "{1}",
         "User": r"LAB\anna", "ParentImage": r"C:\Windows\explorer.exe", "ParentProcessId": "400", "LogonId": "0x9",
         "ParentCommandLine": "explorer", "ParentProcessGuid": "{0}", "IntegrityLevel": "High", "Hashes": "MD5=00",
         "OriginalFileName": "Cmd.Exe", "CurrentDirectory": "C:\\", "ParentUser": r"LAB\bob"},
        {"activity_name": "Launch", "log_name": "Sysmon", "process_name": "cmd.exe", "process_cmd_line": "cmd /c ver",
         "process_file_path": r"C:\Windows\System32\cmd.exe", "process_pid": 420, "process_uid": "{1}",
         "process_user_name": "anna", "process_user_domain": "LAB", "parent_process_name": "explorer.exe",
         "parent_process_pid": 400, "parent_process_uid": "{0}", "parent_process_cmd_line": "explorer",
         "process_file_internal_name": "Cmd.Exe", "process_integrity": "High", "process_file_hashes": "MD5=00",
         "process_session_uid": "0x9", "process_working_directory": "C:\\", "actor_user_name": "bob",
         "actor_user_domain": "LAB"},
    ),
    windows(
        "process_activity", SYSMON, "5", {"Image": r"C:\a\b.exe", "ProcessId": "7", "ProcessGuid": "{2}"},
        {"activity_name": "Terminate", "process_name": "b.exe", "process_pid": 7, "process_uid": "{2}"},
    ),
    security(
        "process_activity", "4688",
        {"NewProcessName": r"C:\Windows\whoami.exe", "NewProcessId": "0x1a4", "ProcessId": "0x10", "CommandLine": "whoami",
         "SubjectUserName": "anna", "SubjectDomainName": "LAB", "ParentProcessName": r"C:\Windows\cmd.exe",
         "TargetUserName": "-", "TargetDomainName": "-", "SubjectLogonId": "0x99", "TargetLogonId": "0x0"},
        {"activity_name": "Launch", "log_name": "Security", "process_name": "whoami.exe", "process_pid": 420,
         "parent_process_pid": 16, "parent_process_name": "cmd.exe", "process_user_name": "anna",
         "process_user_domain": "LAB", "process_session_uid": "0x99", "actor_user_name": "anna"},
    ),
    security(
        "process_activity", "4689", {"ProcessName": r"C:\x.exe", "ProcessId": "0x10", "SubjectUserName": "anna"},
        {"activity_name": "Terminate", "process_name": "x.exe", "process_pid": 16, "process_user_name": "anna"},
    ),
    Case(
        "process_activity", "linux_auditd",
        {"type": "EXECVE", "node": "srv", "exe": "/usr/bin/id", "cmdline": "id -u", "pid": "9", "ppid": "8", "uid": "0",
         "uid_name": "root", "auid": "1000", "auid_name": "anna", "cwd": "/root", "ses": "3", "a0": "id", "a1": "-u"},
        {"activity_name": "Launch", "log_name": "auditd", "process_name": "id", "process_file_path": "/usr/bin/id",
         "process_cmd_line": "id -u", "process_pid": 9, "parent_process_pid": 8, "process_user_name": "root",
         "actor_user_name": "anna", "device_hostname": "srv", "process_working_directory": "/root"},
    ),
    Case(
        "process_activity", "syslog",
        {"program": "sudo", "host": "srv",
         "message": "    anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/usr/bin/cat /etc/hosts"},
        {"process_name": "cat", "process_file_path": "/usr/bin/cat", "process_cmd_line": "/usr/bin/cat /etc/hosts",
         "process_user_name": "root", "actor_user_name": "anna", "process_working_directory": "/home/anna",
         "parent_process_name": "sudo", "device_hostname": "srv"},
    ),
    Case(
        "process_activity", "linux_journald",
        {"SYSLOG_IDENTIFIER": "sudo", "_HOSTNAME": "srv", "MESSAGE": "anna : PWD=/ ; USER=root ; COMMAND=/bin/id"},
        {"process_name": "id", "process_cmd_line": "/bin/id", "actor_user_name": "anna", "device_hostname": "srv"},
    ),
]  # fmt: skip

NETWORK = [
    windows(
        "network_activity", SYSMON, "3",
        {"SourceIp": "10.0.0.5", "SourcePort": "50123", "DestinationIp": "192.0.2.7", "DestinationPort": "443",
         "Protocol": "tcp", "Initiated": "true", "Image": r"C:\a\b.exe", "ProcessId": "7", "User": r"LAB\anna",
         "DestinationHostname": "-", "DestinationPortName": "https"},
        ENDS | {"activity_name": "Open", "connection_info_direction": "Outbound", "actor_process_name": "b.exe",
                "actor_process_pid": 7, "dst_endpoint_hostname": None, "app_name": "https", "actor_user_name": r"LAB\anna"},
    ),
    security(
        "network_activity", "5156",
        {"SourceAddress": "10.0.0.5", "SourcePort": "50123", "DestAddress": "192.0.2.7", "DestPort": "443",
         "Protocol": "6", "Direction": "%%14593", "ProcessId": "1048", "Application": r"\device\disk\b.exe"},
        ENDS | {"action": "Allowed", "connection_info_protocol_name": "tcp", "connection_info_direction": "Outbound",
                "actor_process_name": "b.exe", "actor_process_pid": 1048},
    ),
    security("network_activity", "5157", {"Protocol": "17"}, {"activity_name": "Refuse", "action": "Denied"}),
    Case(
        "network_activity", "zeek_conn",
        CLIENT | {"proto": "tcp", "service": "ssl", "duration": "1.5", "orig_bytes": "10", "resp_bytes": "20",
                  "orig_pkts": "2", "resp_pkts": "3", "conn_state": "SF", "community_id": "1:x"},
        ZEEK_ENDS | {"duration": 1500.0, "traffic_bytes_out": 10, "traffic_bytes_in": 20, "traffic_packets_out": 2,
                     "traffic_packets_in": 3, "status_detail": "SF", "app_name": "ssl",
                     "connection_info_community_uid": "1:x", "connection_info_protocol_name": "tcp"},
    ),
    Case(
        "network_activity", "eve_flow",
        FLOW | {"proto": "TCP", "app_proto": "failed", "flow.age": "2", "flow.bytes_toserver": "10", "flow.state": "closed",
                "flow.bytes_toclient": "20", "flow.pkts_toserver": "2", "flow.pkts_toclient": "3"},
        EVE_ENDS | {"duration": 2000.0, "traffic_bytes_out": 10, "traffic_bytes_in": 20, "app_name": None,
                    "status_detail": "closed", "connection_info_protocol_name": "tcp"},
    ),
    Case(
        "network_activity", "eve_netflow", FLOW | {"netflow.bytes": "10", "netflow.pkts": "2", "netflow.age": "1"},
        EVE_ENDS | {"traffic_bytes_out": 10, "traffic_packets_out": 2, "duration": 1000.0},
    ),
    Case(
        "network_activity", "flow_argus",
        {"SrcAddr": "10.0.0.5", "Sport": "50123", "DstAddr": "192.0.2.7", "Dport": "443", "Proto": "tcp", "Dur": "0.5",
         "TotBytes": "30", "SrcBytes": "10", "TotPkts": "5", "SrcPkts": "2", "State": "CON"},
        ENDS | {"traffic_bytes_out": 10, "traffic_bytes_in": 20, "traffic_packets_in": 3, "duration": 500.0},
    ),
    Case(
        "network_activity", "flow_netflow",
        {"sa": "10.0.0.5", "sp": "50123", "da": "192.0.2.7", "dp": "443", "pr": "TCP", "td": "0.5", "ibyt": "10",
         "obyt": "20", "ipkt": "2", "opkt": "3", "flg": "S"},
        ENDS | {"traffic_bytes_out": 10, "traffic_bytes_in": 20, "traffic_packets_in": 3, "status_detail": "S",
                "connection_info_protocol_name": "tcp"},
    ),
    Case(
        "network_activity", "flow_netflow",
        {"srcAddr": "10.0.0.5", "srcPort": "50123", "dstAddr": "192.0.2.7", "dstPort": "443", "proto": "6"},
        ENDS | {"connection_info_protocol_name": "tcp"},
    ),
    Case(
        "network_activity", "windows_firewall",
        {"action": "DROP", "src-ip": "10.0.0.5", "src-port": "50123", "dst-ip": "192.0.2.7", "dst-port": "443",
         "protocol": "TCP", "path": "RECEIVE"},
        ENDS | {"activity_name": "Refuse", "action": "Denied", "connection_info_direction": "Inbound"},
    ),
    Case(
        "network_activity", "fortigate",
        {"type": "traffic", "action": "deny", "srcip": "10.0.0.5", "srcport": "50123", "dstip": "192.0.2.7",
         "dstport": "443", "proto": "6", "sentbyte": "10", "rcvdbyte": "20", "duration": "2", "devname": "fw1"},
        ENDS | {"activity_name": "Refuse", "action": "Denied", "connection_info_protocol_name": "tcp",
                "traffic_bytes_out": 10, "traffic_bytes_in": 20, "duration": 2000.0, "device_hostname": "fw1"},
    ),
    Case(
        "network_activity", "paloalto",
        {"type": "TRAFFIC", "subtype": "end", "action": "allow", "src_ip": "10.0.0.5", "src_port": "50123",
         "dst_ip": "192.0.2.7", "dst_port": "443", "bytes_sent": "10", "bytes_received": "20", "app": "ssl"},
        ENDS | {"activity_name": "Traffic", "action": "Allowed", "traffic_bytes_in": 20, "app_name": "ssl"},
    ),
    Case(
        "network_activity", "cisco_asa",
        {"action": "Built", "message_id": "302013", "src_ip": "10.0.0.5", "src_port": "50123", "dst_ip": "192.0.2.7",
         "dst_port": "443", "protocol": "TCP", "direction": "outbound", "host": "asa1"},
        ENDS | {"activity_name": "Open", "action": "Allowed", "connection_info_direction": "Outbound"},
    ),
    Case(
        "network_activity", "cisco_asa",
        {"action": "denied", "message_id": "106100", "src_ip": "10.0.0.5", "src_port": "50123", "dst_ip": "192.0.2.7",
         "dst_port": "443", "protocol": "tcp"},
        ENDS | {"activity_name": "Refuse", "action": "Denied"},
    ),
    Case(
        "network_activity", "cef",
        {"act": "Drop", "src": "10.0.0.5", "spt": "50123", "dst": "192.0.2.7", "dpt": "443", "proto": "6", "out": "10",
         "in": "20", "deviceDirection": "1", "syslog_host": "fw1"},
        ENDS | {"activity_name": "Refuse", "action": "Denied", "connection_info_protocol_name": "tcp",
                "traffic_bytes_out": 10, "traffic_bytes_in": 20, "connection_info_direction": "Outbound",
                "device_hostname": "fw1"},
    ),
    Case(
        "network_activity", "leef",
        {"src": "10.0.0.5", "srcPort": "50123", "dst": "192.0.2.7", "dstPort": "443", "proto": "TCP",
         "usrName": "anna", "syslog_host": "fw1"},
        ENDS | {"connection_info_protocol_name": "tcp", "actor_user_name": "anna", "device_hostname": "fw1"},
    ),
    windows(
        "dns_activity", SYSMON, "22",
        {"QueryName": "example.org", "QueryStatus": "0", "QueryResults": "192.0.2.7;", "Image": r"C:\a\b.exe"},
        {"query_hostname": "example.org", "rcode": "0", "answers": "192.0.2.7;", "actor_process_name": "b.exe"},
    ),
    Case(
        "dns_activity", "zeek_dns",
        CLIENT | {"query": "example.org", "qtype_name": "A", "rcode_name": "NOERROR", "answers": '["192.0.2.7"]'},
        ZEEK_ENDS | {"query_hostname": "example.org", "query_type": "A", "rcode": "NOERROR", "answers": '["192.0.2.7"]'},
    ),
    Case(
        "dns_activity", "eve_dns", FLOW | {"dns.type": "query", "dns.rrname": "example.org", "dns.rrtype": "A"},
        EVE_ENDS | {"activity_name": "Query", "query_hostname": "example.org", "query_type": "A"},
    ),
    Case(
        "dns_activity", "eve_dns", {"dns.type": "response", "dns.queries": '[{"rrname": "example.org", "rrtype": "TXT"}]'},
        {"activity_name": "Response", "query_hostname": "example.org", "query_type": "TXT"},
    ),
    Case(
        "dns_activity", "dns_server",
        {"client": "10.0.0.5", "client_port": "50123", "query": "example.org", "record_type": "A", "host": "ns1"},
        SRC | {"activity_name": "Query", "query_hostname": "example.org", "query_type": "A", "device_hostname": "ns1"},
    ),
    Case(
        "dns_activity", "dns_server",
        {"client": "10.0.0.5", "query": "example.org", "record_type": "A", "rcode": "NOERROR", "packet": "00D4"},
        {"activity_name": "Query", "src_endpoint_ip": "10.0.0.5", "rcode": "NOERROR"},
    ),
    Case(
        "dns_activity", "fortigate",
        {"type": "utm", "subtype": "dns", "eventtype": "dns-query", "qname": "example.org", "qtype": "A",
         "srcip": "10.0.0.5", "srcport": "50123"},
        SRC | {"activity_name": "Query", "query_hostname": "example.org"},
    ),
    Case(
        "http_activity", "zeek_http",
        CLIENT | {"method": "GET", "host": "example.org", "uri": "/a?b=1", "user_agent": "x", "status_code": "200",
                  "response_body_len": "5", "request_body_len": "0", "username": "anna", "referrer": "r"},
        ZEEK_ENDS | {"http_request_http_method": "GET", "http_request_url_hostname": "example.org",
                     "http_request_url_path": "/a?b=1", "http_response_code": 200, "http_response_length": 5,
                     "http_request_user_agent": "x", "actor_user_name": "anna", "http_request_referrer": "r"},
    ),
    Case(
        "http_activity", "eve_http",
        FLOW | {"http.http_method": "GET", "http.hostname": "example.org", "http.url": "/a", "http.status": "404",
                "http.length": "5", "http.http_user_agent": "x", "http.http_content_type": "text/html"},
        EVE_ENDS | {"http_request_http_method": "GET", "http_request_url_hostname": "example.org",
                    "http_response_code": 404, "http_response_content_type": "text/html"},
    ),
    Case(
        "http_activity", "web_access",
        {"c-ip": "10.0.0.5", "cs-method": "POST", "cs-uri-stem": "/up.php", "cs-uri-query": "c=1", "sc-status": "200",
         "sc-bytes": "5", "cs-user-agent": "x", "cs-referer": "r", "cs-username": "anna", "cs-host": "www"},
        {"src_endpoint_ip": "10.0.0.5", "http_request_http_method": "POST", "http_request_url_path": "/up.php",
         "http_request_url_query_string": "c=1", "http_response_code": 200, "http_request_user_agent": "x",
         "http_request_referrer": "r", "actor_user_name": "anna", "http_request_url_hostname": "www"},
    ),
    Case(
        "http_activity", "web_iis",
        {"c-ip": "10.0.0.5", "s-ip": "192.0.2.7", "s-port": "443", "cs-method": "GET", "cs-uri-stem": "/owa/",
         "sc-status": "302", "sc-substatus": "0", "time-taken": "15", "cs-user-agent": "x", "s-computername": "MAIL"},
        DST | {"http_request_url_path": "/owa/", "http_response_code": 302, "duration": 15.0, "status_detail": "0",
               "http_request_user_agent": "x", "device_hostname": "MAIL"},
    ),
    Case(
        "http_activity", "proxy_squid",
        {"c-ip": "10.0.0.5", "cs-method": "GET", "c-uri": "http://example.org/a", "cs-host": "example.org",
         "sc-status": "200", "action": "TCP_MISS", "elapsed": "15", "s-ip": "192.0.2.7", "cs-mime-type": "text/html"},
        {"http_request_url_text": "http://example.org/a", "http_request_url_hostname": "example.org", "duration": 15.0,
         "status_detail": "TCP_MISS", "dst_endpoint_ip": "192.0.2.7", "http_response_content_type": "text/html"},
    ),
    Case(
        "http_activity", "proxy_w3c",
        {"c-ip": "10.0.0.5", "cs-method": "GET", "cs-host": "example.org", "c-uri": "http://example.org/", "sc-status": "403",
         "c-useragent": "x", "sc-filter-result": "DENIED", "time-taken": "3"},
        {"http_request_url_hostname": "example.org", "http_response_code": 403, "status_detail": "DENIED"},
    ),
    Case(
        "http_activity", "fortigate",
        {"type": "utm", "subtype": "webfilter", "hostname": "example.org", "url": "/a", "action": "blocked",
         "srcip": "10.0.0.5", "srcport": "50123", "dstip": "192.0.2.7", "dstport": "443", "reqtype": "direct",
         "httpmethod": "GET"},
        ENDS | {"http_request_url_hostname": "example.org", "status_detail": "blocked",
                "http_request_http_method": "GET"},
    ),
    Case(
        "http_activity", "paloalto",
        {"type": "THREAT", "subtype": "url", "url": "example.org/a", "src_ip": "10.0.0.5", "src_port": "50123",
         "dst_ip": "192.0.2.7", "dst_port": "443", "action": "alert"},
        ENDS | {"http_request_url_hostname": "example.org", "http_request_url_text": "example.org/a"},
    ),
    Case(
        "tls_activity", "zeek_ssl",
        CLIENT | {"server_name": "example.org", "version": "TLSv12", "established": "T", "ja3": "aa", "subject": "CN=x",
                  "validation_status": "ok", "cert_chain_fps": '["f"]', "cipher": "c"},
        ZEEK_ENDS | {"tls_sni": "example.org", "tls_version": "TLSv12", "status": "Success", "tls_ja3_hash": "aa",
                     "tls_certificate_fingerprint": '["f"]', "status_detail": "ok"},
    ),
    Case(
        "tls_activity", "eve_tls",
        FLOW | {"tls.sni": "example.org", "tls.version": "TLS 1.2", "tls.issuerdn": "CN=i", "tls.serial": "01"},
        EVE_ENDS | {"tls_sni": "example.org", "tls_certificate_issuer": "CN=i", "tls_certificate_serial_number": "01"},
    ),
    Case(
        "tls_activity", "eve_quic", FLOW | {"quic.sni": "example.org", "quic.ja3.hash": "aa", "proto": "UDP"},
        EVE_ENDS | {"tls_sni": "example.org", "tls_ja3_hash": "aa", "connection_info_protocol_name": "udp"},
    ),
    Case(
        "tls_activity", "zeek_quic", CLIENT | {"server_name": "example.org", "version": "1"},
        ZEEK_ENDS | {"tls_sni": "example.org", "connection_info_protocol_name": "udp"},
    ),
    Case(
        "ssh_activity", "zeek_ssh",
        CLIENT | {"auth_success": "false", "auth_attempts": "3", "client": "SSH-2.0-a", "server": "SSH-2.0-b",
                  "hassh": "h", "host_key": "k", "cipher_alg": "c", "version": "2"},
        ZEEK_ENDS | {"status": "Failure", "auth_attempts": 3, "client_version": "SSH-2.0-a", "client_hassh": "h"},
    ),
    Case(
        "ssh_activity", "eve_ssh",
        FLOW | {"ssh.client.software_version": "a", "ssh.server.software_version": "b", "ssh.client.proto_version": "2.0"},
        EVE_ENDS | {"client_version": "a", "server_version": "b", "protocol_ver": "2.0"},
    ),
    Case(
        "dhcp_activity", "zeek_dhcp",
        {"assigned_addr": "10.0.0.9", "mac": "00:00:5e:00:53:01", "host_name": "ws1", "lease_time": "3600.0",
         "msg_types": '["REQUEST","ACK"]', "uids": '["C1"]', "server_addr": "10.0.0.1"},
        {"activity_name": "Assign", "lease_ip": "10.0.0.9", "lease_seconds": 3600.0, "src_endpoint_hostname": "ws1",
         "dst_endpoint_ip": "10.0.0.1", "src_endpoint_mac": "00:00:5e:00:53:01"},
    ),
    Case(
        "dhcp_activity", "eve_dhcp", FLOW | {"dhcp.dhcp_type": "ack", "dhcp.assigned_ip": "10.0.0.9", "dhcp.hostname": "ws1"},
        {"activity_name": "Ack", "lease_ip": "10.0.0.9", "src_endpoint_hostname": "ws1", "connection_info_uid": "77"},
    ),
    Case(
        "dhcp_activity", "dhcp", {"ID": "10", "IP Address": "10.0.0.9", "Host Name": "ws1", "MAC Address": "00005E005301"},
        {"activity_name": "Assign", "lease_ip": "10.0.0.9", "src_endpoint_hostname": "ws1"},
    ),
    Case(
        "dhcp_activity", "dhcp", {"operation": "DHCPACK", "ip": "10.0.0.9", "mac": "00:00:5e:00:53:01", "host": "srv"},
        {"activity_name": "Ack", "lease_ip": "10.0.0.9", "device_hostname": "srv"},
    ),
    security(
        "smb_activity", "5145",
        {"ShareName": r"\\*\IPC$", "RelativeTargetName": "svcctl", "SubjectUserName": "anna", "IpAddress": "::ffff:10.0.0.5",
         "IpPort": "50123", "AccessMask": "0x3"},
        SRC | {"activity_name": "File Access", "share": r"\\*\IPC$", "file_path": "svcctl", "actor_user_name": "anna"},
    ),
    Case(
        "smb_activity", "zeek_smb_files", CLIENT | {"action": "SMB::FILE_OPEN", "path": r"\\s\ADMIN$", "name": "a", "size": "3"},
        ZEEK_ENDS | {"activity_name": "SMB::FILE_OPEN", "share": r"\\s\ADMIN$", "file_path": "a", "file_size": 3},
    ),
    Case(
        "smb_activity", "zeek_smb_mapping", CLIENT | {"path": r"\\s\C$", "share_type": "DISK"},
        ZEEK_ENDS | {"activity_name": "Tree Connect", "share": r"\\s\C$", "share_type": "DISK"},
    ),
    Case(
        "smb_activity", "zeek_dce_rpc", CLIENT | {"endpoint": "svcctl", "operation": "CreateServiceW", "named_pipe": "p"},
        ZEEK_ENDS | {"dce_rpc_endpoint": "svcctl", "dce_rpc_command": "CreateServiceW", "file_path": "p"},
    ),
    Case(
        "smb_activity", "eve_smb",
        FLOW | {"smb.command": "SMB2_COMMAND_CREATE", "smb.filename": "a", "smb.ntlmssp.user": "", "smb.status": "OK"},
        EVE_ENDS | {"activity_name": "SMB2_COMMAND_CREATE", "file_path": "a", "actor_user_name": None, "status_detail": "OK"},
    ),
    Case(
        "email_activity", "zeek_smtp",
        CLIENT | {"from": "a@example.org", "to": '["b@example.org"]', "subject": "s", "mailfrom": "a@x", "helo": "h"},
        {"email_from": "a@example.org", "email_to": '["b@example.org"]', "email_subject": "s", "email_smtp_from": "a@x",
         "src_endpoint_hostname": "h", "connection_info_uid": "C1"},
    ),
    Case(
        "email_activity", "eve_smtp", FLOW | {"email.from": "a@example.org", "smtp.rcpt_to": '["<b@x>"]', "smtp.helo": "h"},
        {"email_from": "a@example.org", "email_smtp_to": '["<b@x>"]', "src_endpoint_hostname": "h"},
    ),
    Case(
        "email_activity", "exchange_tracking",
        {"event-id": "RECEIVE", "sender-address": "a@example.org", "recipient-address": "b@example.org",
         "message-subject": "s", "total-bytes": "9", "directionality": "Incoming", "server-hostname": "MAIL"},
        {"activity_name": "RECEIVE", "email_from": "a@example.org", "email_size": 9, "direction": "Inbound",
         "device_hostname": "MAIL"},
    ),
    Case(
        "detection_finding", "eve_alert",
        FLOW | {"alert.signature": "X", "alert.signature_id": "1", "alert.severity": "1", "alert.action": "blocked",
                "proto": "TCP", "alert.category": "c"},
        EVE_ENDS | {"finding_title": "X", "finding_uid": "1", "severity_id": 4, "action": "Denied", "finding_category": "c"},
    ),
    Case(
        "detection_finding", "zeek_notice", CLIENT | {"note": "Scan::Port_Scan", "msg": "m", "sub": "s"},
        ZEEK_ENDS | {"finding_title": "Scan::Port_Scan", "finding_category": "Scan", "finding_desc": "m: s"},
    ),
    windows(
        "detection_finding", DEFENDER, "1117", {"Threat Name": "EICAR", "Threat ID": "1", "Severity ID": "5", "Path": "C:\\e"},
        {"finding_title": "EICAR", "severity_id": 5, "action": "Denied", "file_path": "C:\\e"},
    ),
    Case(
        "detection_finding", "fortigate",
        {"type": "utm", "subtype": "ips", "attack": "X", "severity": "high", "action": "dropped", "srcip": "10.0.0.5"},
        {"finding_title": "X", "severity_id": 4, "action": "Denied", "src_endpoint_ip": "10.0.0.5"},
    ),
    Case(
        "detection_finding", "paloalto",
        {"type": "THREAT", "subtype": "vulnerability", "threat_id": "X", "severity": "critical", "action": "reset-both"},
        {"finding_title": "X", "severity_id": 5, "action": "Denied"},
    ),
]  # fmt: skip
