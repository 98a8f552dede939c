"""One small handwritten sample of every text format, harmless and invented: reader name, table, file name, text."""

# ruff: noqa: E501 (log lines are as long as they are)

from typing import NamedTuple


class Sample(NamedTuple):
    reader: str
    table: str
    name: str
    text: str


AUDITD = (
    "type=SYSCALL msg=audit(1596810725.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=55e a2=55f a3=8 "
    'items=2 ppid=1200 pid=1201 auid=1000 uid=0 gid=0 euid=0 tty=pts0 ses=3 comm="cat" exe="/usr/bin/cat" key="etcpasswd"\n'
    'type=EXECVE msg=audit(1596810725.123:456): argc=3 a0="cat" a1="/etc/passwd" a2=2F746D702F612062\n'
    'type=CWD msg=audit(1596810725.123:456): cwd="/root"\n'
    'type=PATH msg=audit(1596810725.123:456): item=0 name="/etc/passwd" inode=12 nametype=NORMAL\n'
    "type=PROCTITLE msg=audit(1596810725.123:456): proctitle=636174002F6574632F706173737764\n"
    "type=USER_AUTH msg=audit(1596810730.000:457): pid=1300 uid=0 auid=4294967295 ses=4294967295 "
    'msg=\'op=PAM:authentication acct="alice" exe="/usr/sbin/sshd" hostname=192.0.2.7 addr=192.0.2.7 terminal=ssh res=failed\'\n'
)
AUSEARCH = (
    "----\n"
    "type=PROCTITLE msg=audit(08/07/2020 14:32:05.123:456) : proctitle=cat /etc/passwd \n"
    "type=EXECVE msg=audit(08/07/2020 14:32:05.123:456) : argc=2 a0=cat a1=/etc/passwd x=1 \n"
    "type=SYSCALL msg=audit(08/07/2020 14:32:05.123:456) : arch=x86_64 syscall=execve success=yes ppid=1200 pid=1201 "
    "auid=alice uid=root comm=cat exe=/usr/bin/cat key=etcpasswd \n"
)
JOURNAL = (
    "__CURSOR=s=abc;i=1\n__REALTIME_TIMESTAMP=1596810725123456\n__MONOTONIC_TIMESTAMP=5\n_HOSTNAME=web1\n"
    "SYSLOG_IDENTIFIER=sshd\nMESSAGE=Accepted password for alice\n\n"
    "__CURSOR=s=abc;i=2\n__REALTIME_TIMESTAMP=1596810726000000\nMESSAGE=second\n\n"
)
SYSLOG_BSD = (
    "Aug  7 14:32:05 web1 sshd[24200]: Failed password for root from 192.0.2.7 port 3892 ssh2\n"
    "Aug  7 14:32:06 web1 su(pam_unix)[19939]: session opened for user alice\n"
    "Aug  7 14:32:07 web1 syslogd 1.4.1: restart.\n"
    "Aug  7 14:32:08 web1 last message repeated 2 times\n"
    "Aug  7 14:32:09 web1 kernel: eth0: link up\n"
)
SYSLOG_MODERN = (
    '<165>1 2020-08-07T14:32:05.003Z web1 evntslog 12 ID47 [ex@32473 iut="3" note="a \\"b\\" \\]"][more x="y"] '
    "\ufeffAn application event\n"
    "<34>1 2020-08-07T14:32:06Z web1 su - ID47 - su root failed\n"
)
SYSLOG_ISO = "2020-08-07T17:32:05.123456+03:00 web1 CRON[77]: (root) CMD (run-parts)\n" * 2
CEF = (
    "Aug  7 14:32:05 fw1 CEF:0|Example|Sensor|1.0|100|Worm \\| stopped|10|src=192.0.2.1 dst=192.0.2.2 spt=1232 "
    "rt=1596810725123 msg=one \\= two words request=http://a.example/?q=1 Severity=x\n"
    "CEF:1|Example|Sensor|1.0|101|Login|3|suser=alice act=blocked\n"
)
LEEF = (
    "LEEF:1.0|Example|Sensor|1.0|login|src=192.0.2.1\tusrName=alice\tdevTime=2020-08-07 14:32:05\n"
    "LEEF:2.0|Example|Sensor|1.0|login|^|src=192.0.2.1^usrName=bob\n"
)
COMBINED = (
    '192.0.2.1 - alice [10/Oct/2020:13:55:36 -0700] "GET /a.php?id=1%27 HTTP/1.1" 200 2326 "http://r.example/" "Mozilla/5.0 (X)"\n'
    '192.0.2.1 - - [10/Oct/2020:13:55:37 -0700] "\\x16\\x03\\x01" 400 226 "-" "-"\n'
    '192.0.2.1 - - [10/Oct/2020:13:55:38 -0700] "POST /b HTTP/2.0" 500 - "-" "say \\"hi\\" \\x22x\\x22"\n'
)
COMMON = '192.0.2.1 - - [10/Oct/2020:13:55:36 -0700] "GET / HTTP/1.0" 304 -\n' * 2
VHOST = (
    'www.a.example:443 2001:db8::1 - - [10/Oct/2020:13:55:36 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl/8" 0.003\n' * 2
)
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2020-08-07 14:32:05\n"
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status\n"
    "2020-08-07 14:32:05 192.0.2.9 POST /owa/auth.aspx a=b 443 - 192.0.2.1 Mozilla/5.0+(X) - 200\n"
    "#Fields: date time cs-method cs-uri-stem sc-status\n"
    "2020-08-07 14:32:06 GET /x.aspx 404\n"
)
PROXY_W3C = (
    "#Software: SGOS 6.7\n#Fields: date time c-ip cs-method cs-uri-scheme cs-host cs-uri-path cs-uri-query cs(User-Agent)\n"
    '2020-08-07 14:32:05 192.0.2.1 GET http a.example /f.exe ?v=1 "Agent of me"\n'
)
PFIREWALL = (
    "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n"
    "#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags info path\n\n"
    "2020-08-07 14:32:05 DROP TCP 192.0.2.1 192.0.2.2 50000 445 52 S - RECEIVE\n"
)
SQUID = (
    "1596810725.123    345 192.0.2.1 TCP_MISS/200 1234 GET http://a.example/x.zip?v=1 alice HIER_DIRECT/192.0.2.9 text/html\n"
    "1596810726.000     45 192.0.2.1 TCP_TUNNEL/200 99 CONNECT b.example:443 - HIER_DIRECT/192.0.2.8 -\n"
)
TRACKING = (
    "#Software: Microsoft Exchange Server\n#Version: 15.01\n#Log-type: Message Tracking Log\n#Date: 2020-08-07T00:00:00.000Z\n"
    "#Fields: date-time,client-ip,source,event-id,recipient-address,message-subject\n"
    '2020-08-07T14:32:05.123Z,192.0.2.1,SMTP,RECEIVE,a@a.example;b@a.example,"Hello, you"\n'
)
ADMIN_AUDIT = (
    "#TYPE Microsoft.Exchange.Management.SystemConfigurationTasks.AdminAuditLogEvent\n"
    '"ObjectModified","CmdletName","CmdletParameters","Caller","RunDate","Succeeded"\n'
    '"a.example/Users/Bob","New-MailboxExportRequest","{Mailbox,\nFilePath}","admin","8/7/2020 2:32:05 PM","True"\n'
)
UNIFIED_AUDIT = (
    "CreationDate,UserIds,Operations,AuditData\n"
    '2020-08-07T14:32:05.0000000Z,a@a.example,New-InboxRule,"{""CreationTime"":""2020-08-07T14:32:05"",""Operation"":""New-InboxRule"",""Workload"":""Exchange""}"\n'
)
DHCP_WINDOWS = (
    "\t\tMicrosoft DHCP Service Activity Log\n\nEvent ID  Meaning\n00\tThe log was started.\n\n"
    "ID,Date,Time,Description,IP Address,Host Name,MAC Address,User Name, TransactionID, QResult\n"
    "10,08/07/20,14:32:05,Assign,192.0.2.77,pc7.a.example,001122334455,,123,0\n"
)
DHCP_ISC = (
    "Aug  7 14:32:05 gw dhcpd: DHCPREQUEST for 192.0.2.77 (192.0.2.1) from 00:11:22:33:44:55 (pc7) via eth0\n"
    "Aug  7 14:32:05 gw dhcpd[88]: DHCPACK on 192.0.2.77 to 00:11:22:33:44:55 (pc7) via eth0\n"
    "Aug  7 14:32:06 gw dnsmasq-dhcp[9]: DHCPACK(br0) 192.0.2.78 00:11:22:33:44:66 phone\n"
)
DNS_BIND = (
    "07-Aug-2020 14:32:05.123 queries: info: client @0x7f00aa 192.0.2.1#53123 (www.a.example): query: www.a.example IN A +E(0)K (192.0.2.53)\n"
    "07-Aug-2020 14:32:06.123 client 192.0.2.1#53124 (b.example): view internal: query: b.example IN TXT + (192.0.2.53)\n"
)
DNS_WINDOWS = (
    "DNS Server log file creation at 8/7/2020 2:00:00 PM\n\nMessage logging key (for packets - other items use a subset of these fields):\n"
    "\tField #  Information         Values\n\n"
    "8/7/2020 2:32:05 PM 0E34 PACKET  000000D4F1B3A0E0 UDP Rcv 192.0.2.1       4d2b   Q [0001   D   NOERROR] A      (3)www(1)a(7)example(0)\n"
    "8/7/2020 2:32:05 PM 0E34 PACKET  000000D4F1B3A0E0 UDP Snd 192.0.2.1       4d2b R Q [8385 A DR NXDOMAIN] A      (3)www(1)a(7)example(0)\n"
)
DNS_DNSMASQ = (
    "Aug  7 14:32:05 dnsmasq[123]: query[A] www.a.example from 192.0.2.1\n"
    "Aug  7 14:32:05 dnsmasq[123]: forwarded www.a.example to 192.0.2.53\n"
    "Aug  7 14:32:05 dnsmasq[123]: reply www.a.example is 192.0.2.9\n"
)
DNS_UNBOUND = "[1596810725] unbound[123:0] info: 192.0.2.1 www.a.example. A IN\n" * 2
FORTIGATE = (
    '<189>date=2020-08-07 time=14:32:05 devname="fw" devid="FG1" eventtime=1596810725123456789 tz="+0000" logid="0000000013" type="traffic" srcip=192.0.2.1 dstip=192.0.2.2 action="accept"\n'
    'date=2020-08-07 time=14:32:06 devname=fw devid=FG1 logid=0100044547 type=event action=Edit cfgpath="system.admin" msg="Edit system.admin"\n'
)
PALOALTO = (
    "Aug  7 14:32:05 pa1 1,2020/08/07 14:32:05,0011,TRAFFIC,end,2049,2020/08/07 14:32:04,192.0.2.1,192.0.2.2,0.0.0.0,0.0.0.0,allow all,alice,,ssl\n"
    '1,2020/08/07 14:32:06,0011,SYSTEM,globalprotect,0,2020/08/07 14:32:06,,auth-fail,,0,0,general,informational,"login failed, user bob",1,0x0\n'
)
CISCO_ASA = (
    'Aug 07 2020 14:32:05 fw1 : %ASA-4-106023: Deny tcp src outside:192.0.2.1/4444 dst inside:192.0.2.2/22 by access-group "out" [0x0, 0x0]\n'
    "<166>Aug  7 14:32:06 fw1 %ASA-6-302013: Built inbound TCP connection 77 for outside:192.0.2.1/4444 (192.0.2.1/4444) to inside:192.0.2.2/22 (192.0.2.2/22)\n"
    "<166>%ASA-5-111008: User 'enable_15' executed the 'configure terminal' command.\n"
)
GENERIC_CSV = 'when,who,what,size\n2020-08-07 14:32:05,alice,login,1\n2020-08-07 14:32:06,bob,"log, out",2\n'
GENERIC_TSV = "ts\tsrc\tqname\n1596810725.5\t192.0.2.1\ta.example\n1596810726.5\t192.0.2.1\tb.example\n"
HEADERLESS = "0,tcp,http,SF,181,5450,normal.\n0,udp,private,SF,105,146,snmp.\n0,tcp,http,SF,9,8,normal.\n"
GENERIC_KV = (
    'time="2020-08-07T14:32:05Z" level=info msg="it works" user=alice\nlevel=warn msg=short time=2020-08-07T14:32:06Z\n'
)
GENERIC_TEXT = "Something happened at the bakery.\nNobody knows what it was\n2020-08-07 14:32:05 but it smelled good\n"

SAMPLES = (
    Sample("auditd", "linux_auditd", "audit.log", AUDITD),
    Sample("auditd", "linux_auditd", "ausearch.txt", AUSEARCH),
    Sample("journald-export", "linux_journald", "journal.export", JOURNAL),
    Sample("syslog", "syslog", "messages", SYSLOG_BSD),
    Sample("syslog", "syslog", "modern.log", SYSLOG_MODERN),
    Sample("syslog", "syslog", "iso.log", SYSLOG_ISO),
    Sample("cef", "cef", "cef.log", CEF),
    Sample("cef", "leef", "leef.log", LEEF),
    Sample("web-access", "web_access", "access.log", COMBINED),
    Sample("web-access", "web_access", "common.log", COMMON),
    Sample("web-access", "web_access", "vhosts.log", VHOST),
    Sample("w3c", "web_iis", "u_ex200807.log", IIS),
    Sample("w3c", "proxy_w3c", "proxy.log", PROXY_W3C),
    Sample("w3c", "windows_firewall", "pfirewall.log", PFIREWALL),
    Sample("squid", "proxy_squid", "squid.log", SQUID),
    Sample("exchange-log", "exchange_tracking", "MSGTRK20200807-1.LOG", TRACKING),
    Sample("exchange-audit", "exchange_admin_audit", "adminaudit.csv", ADMIN_AUDIT),
    Sample("exchange-audit", "m365_audit", "AuditLog.csv", UNIFIED_AUDIT),
    Sample("dhcp-windows", "dhcp", "DhcpSrvLog-Fri.log", DHCP_WINDOWS),
    Sample("dhcp-syslog", "dhcp", "dhcpd.log", DHCP_ISC),
    Sample("dns-server", "dns_server", "query.log", DNS_BIND),
    Sample("dns-server", "dns_server", "dns.log", DNS_WINDOWS),
    Sample("dns-server", "dns_server", "dnsmasq.log", DNS_DNSMASQ),
    Sample("dns-server", "dns_server", "unbound.log", DNS_UNBOUND),
    Sample("fortigate", "fortigate", "fortigate.log", FORTIGATE),
    Sample("paloalto", "paloalto", "pan.log", PALOALTO),
    Sample("cisco-asa", "cisco_asa", "asa.log", CISCO_ASA),
    Sample("generic-csv", "generic_csv", "table.csv", GENERIC_CSV),
    Sample("generic-csv", "generic_csv", "table.tsv", GENERIC_TSV),
    Sample("generic-csv", "generic_csv", "headerless.csv", HEADERLESS),
    Sample("generic-kv", "generic_kv", "app.log", GENERIC_KV),
    Sample("generic-text", "generic_text", "notes.log", GENERIC_TEXT),
)
