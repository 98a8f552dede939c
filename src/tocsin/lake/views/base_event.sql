-- title: Every event of the known sources
-- class: 0 base_event (Base Event)
-- about: One row an event, whatever it is about, with who recorded it: for silence, volume and first sight of a source. Of own mappings only alerts are in here.
-- column: device_hostname VARCHAR: the computer, sensor or service that recorded it, where the log names it

-- branch: AWS CloudTrail
SELECT
  'AWS' AS device_hostname
FROM aws_cloudtrail;

-- branch: Azure activity log
SELECT
  'Azure' AS device_hostname
FROM azure_activity;

-- branch: Microsoft Entra directory audit
SELECT
  'Entra ID' AS device_hostname
FROM azure_audit;

-- branch: Entra ID sign-ins
SELECT
  'Entra ID' AS device_hostname
FROM azure_signin;

-- branch: CEF
SELECT
  COALESCE("dvchost", "syslog_host") AS device_hostname
FROM cef;

-- branch: Cisco ASA
SELECT
  "host" AS device_hostname
FROM cisco_asa;

-- branch: DHCP servers
SELECT
  "host" AS device_hostname
FROM dhcp;

-- branch: DNS servers
SELECT
  "host" AS device_hostname
FROM dns_server;

-- branch: Exchange admin audit log
SELECT
  "OriginatingServer" AS device_hostname
FROM exchange_admin_audit;

-- branch: Exchange message tracking
SELECT
  "server-hostname" AS device_hostname
FROM exchange_tracking;

-- branch: Argus and binetflow CSV
SELECT
  CAST(NULL AS VARCHAR) AS device_hostname
FROM flow_argus;

-- branch: nfdump CSV
SELECT
  CAST(NULL AS VARCHAR) AS device_hostname
FROM flow_netflow;

-- branch: FortiGate
SELECT
  "devname" AS device_hostname
FROM fortigate;

-- branch: Google Cloud audit logs
SELECT
  'GCP' AS device_hostname
FROM gcp_audit;

-- branch: Kubernetes audit log
SELECT
  'Kubernetes' AS device_hostname
FROM kubernetes_audit;

-- branch: LEEF
SELECT
  "syslog_host" AS device_hostname
FROM leef;

-- branch: auditd
SELECT
  "node" AS device_hostname
FROM linux_auditd;

-- branch: The journal
SELECT
  "_HOSTNAME" AS device_hostname
FROM linux_journald;

-- branch: Microsoft 365 unified audit log
SELECT
  'Microsoft 365' AS device_hostname
FROM m365_audit;

-- branch: Okta system log
SELECT
  'Okta' AS device_hostname
FROM okta;

-- branch: OpenTelemetry log records
SELECT
  COALESCE("resource.host.name", "resource.service.name") AS device_hostname
FROM otel_logs;

-- branch: Palo Alto
SELECT
  COALESCE("device_name", "portal") AS device_hostname
FROM paloalto;

-- branch: Squid
SELECT
  CAST(NULL AS VARCHAR) AS device_hostname
FROM proxy_squid;

-- branch: Other proxies in W3C format
SELECT
  "s-computername" AS device_hostname
FROM proxy_w3c;

-- branch: Syslog
SELECT
  "host" AS device_hostname
FROM syslog;

-- branch: Web server logs, common and combined format
SELECT
  CAST(NULL AS VARCHAR) AS device_hostname
FROM web_access;

-- branch: IIS
SELECT
  COALESCE("s-computername", "s-ip") AS device_hostname
FROM web_iis;

-- branch: Windows, every channel
SELECT
  COALESCE("Computer", "Hostname") AS device_hostname
FROM windows;

-- branch: Windows Firewall log
SELECT
  CAST(NULL AS VARCHAR) AS device_hostname
FROM windows_firewall;

-- branch: Zeek cip.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_cip;

-- branch: Zeek conn.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_conn;

-- branch: Zeek dce_rpc.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_dce_rpc;

-- branch: Zeek dhcp.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_dhcp;

-- branch: Zeek dnp3.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_dnp3;

-- branch: Zeek dns.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_dns;

-- branch: Zeek enip.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_enip;

-- branch: Zeek files.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_files;

-- branch: Zeek http.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_http;

-- branch: Zeek kerberos.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_kerberos;

-- branch: Zeek modbus.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_modbus;

-- branch: Zeek notice.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_notice;

-- branch: Zeek ntlm.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_ntlm;

-- branch: Zeek quic.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_quic;

-- branch: Zeek rdp.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_rdp;

-- branch: Zeek s7comm.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_s7comm;

-- branch: Zeek smb_files.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_smb_files;

-- branch: Zeek smb_mapping.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_smb_mapping;

-- branch: Zeek smtp.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_smtp;

-- branch: Zeek ssh.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_ssh;

-- branch: Zeek ssl.log (the name of a sensor that Zeek was told to write)
SELECT
  COALESCE("_system_name", "_node_name") AS device_hostname
FROM zeek_ssl;

-- branch: Suricata EVE alert
SELECT
  "host" AS device_hostname
FROM eve_alert;

-- branch: Suricata EVE dhcp
SELECT
  "host" AS device_hostname
FROM eve_dhcp;

-- branch: Suricata EVE dns
SELECT
  "host" AS device_hostname
FROM eve_dns;

-- branch: Suricata EVE fileinfo
SELECT
  "host" AS device_hostname
FROM eve_fileinfo;

-- branch: Suricata EVE flow
SELECT
  "host" AS device_hostname
FROM eve_flow;

-- branch: Suricata EVE http
SELECT
  "host" AS device_hostname
FROM eve_http;

-- branch: Suricata EVE krb5
SELECT
  "host" AS device_hostname
FROM eve_krb5;

-- branch: Suricata EVE netflow
SELECT
  "host" AS device_hostname
FROM eve_netflow;

-- branch: Suricata EVE quic
SELECT
  "host" AS device_hostname
FROM eve_quic;

-- branch: Suricata EVE smb
SELECT
  "host" AS device_hostname
FROM eve_smb;

-- branch: Suricata EVE smtp
SELECT
  "host" AS device_hostname
FROM eve_smtp;

-- branch: Suricata EVE ssh
SELECT
  "host" AS device_hostname
FROM eve_ssh;

-- branch: Suricata EVE tls
SELECT
  "host" AS device_hostname
FROM eve_tls;

-- branch: Wazuh alerts and archives
SELECT
  COALESCE("manager.name", "agent.name") AS device_hostname
FROM wazuh;

-- branch: Elastic Security and other ECS alerts
SELECT
  COALESCE("observer.name", "agent.name") AS device_hostname
FROM ecs_alert;

-- branch: OCSF Detection Finding
SELECT
  "metadata.product.name" AS device_hostname
FROM ocsf_detection_finding;

-- branch: AMiner anomalies
SELECT
  "AMiner.ID" AS device_hostname
FROM aminer_alert;

-- branch: alerts of mapping files
SELECT
  "alert_product" AS device_hostname
FROM mapped_alert;
