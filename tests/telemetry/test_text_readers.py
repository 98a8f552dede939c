"""What single text readers make of their lines."""

# ruff: noqa: E501 (log lines are as long as they are)

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from contents import lake_rows
from text_reading import read, rejects, rows
from text_samples import (
    ADMIN_AUDIT,
    AUDITD,
    AUSEARCH,
    CEF,
    CISCO_ASA,
    COMBINED,
    DHCP_ISC,
    DHCP_WINDOWS,
    DNS_DNSMASQ,
    DNS_WINDOWS,
    FORTIGATE,
    IIS,
    LEEF,
    PALOALTO,
    PROXY_W3C,
    SQUID,
    SYSLOG_BSD,
    SYSLOG_MODERN,
    UNIFIED_AUDIT,
)

from tocsin.model import Chunk, Reject
from tocsin.telemetry.content import SourceContent
from tocsin.telemetry.journald import JournalExport
from tocsin.telemetry.reader import ReadContext

MOMENT = 1596810725_000_000  # 2020-08-07 14:32:05 UTC


def test_an_execve_row_carries_its_command_line_and_what_its_siblings_know() -> None:
    call, command, _, _, title, login = rows(read("auditd", AUDITD))
    assert command["cmdline"] == "cat /etc/passwd /tmp/a b"
    assert (command["exe"], command["auid"], command["ppid"], command["cwd"]) == (
        "/usr/bin/cat",
        "1000",
        "1200",
        "/root",
    )
    assert (call["syscall"], call["syscall_number"], call["a0"]) == ("execve", "59", "55d")
    assert title["proctitle"] == "cat /etc/passwd"
    assert (login["acct"], login["res"], login["uid"]) == ("alice", "failed", "0")
    assert {row["audit_id"] for row in (call, command, title)} == {"456"}


def test_interpreted_audit_records_keep_blanks_in_arguments() -> None:
    title, command, _ = rows(read("auditd", AUSEARCH))
    assert (title["proctitle"], command["a1"]) == ("cat /etc/passwd", "/etc/passwd x=1")
    assert (command["exe"], command["uid"]) == ("/usr/bin/cat", "root")


def test_enriched_audit_names_do_not_collide_with_numbers() -> None:
    line = (
        "type=SYSCALL msg=audit(1596810725.1:9): arch=c000003e syscall=59 uid=0 auid=1000"
        '\x1dARCH=x86_64 SYSCALL=execve AUID="al" UID="root"\n'
    )
    (row,) = rows(read("auditd", line))
    assert (row["syscall"], row["syscall_number"], row["arch"], row["uid"], row["uid_name"]) == (
        "execve",
        "59",
        "x86_64",
        "0",
        "root",
    )
    assert len({name.lower() for name in row}) == len(row)


def test_hex_that_is_no_text_and_split_arguments_are_handled() -> None:
    text = (
        "type=EXECVE msg=audit(1596810725.1:9): argc=2 a0=FFFE a1_len=8 a1[0]=6162 a1[1]=6364\n"
        "type=SOCKADDR msg=audit(1596810725.1:10): saddr=0200005CC00002010000000000000000\n"
    )
    command, address = rows(read("auditd", text))
    assert (command["a0"], command["a1"], command["cmdline"]) == ("FFFE", "abcd", "FFFE abcd")
    assert (address["laddr"], address["lport"]) == ("192.0.2.1", "92")


def journal(data: bytes) -> list[Chunk | Reject]:
    return list(JournalExport().read(SourceContent("j", len(data), data=data), ReadContext()))


def test_binary_journal_fields_may_hold_line_ends() -> None:
    value = b"two\nlines\n\n=x"
    data = (
        b"__REALTIME_TIMESTAMP=1596810725000000\nMESSAGE\n"
        + len(value).to_bytes(8, "little")
        + value
        + b"\nA=1\nA=2\n\n"
    )
    (row,) = rows(journal(data))
    assert (row["MESSAGE"], row["A"], row["_time_us"]) == (value.decode(), ["1", "2"], MOMENT)


def test_a_damaged_journal_entry_costs_itself_only() -> None:
    huge = b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\x7f\n\n"
    data = b"__CURSOR=a\nMESSAGE=1\n\nnot a field\nMESSAGE=lost\n\nMESSAGE=3\n\n" + huge + b"MESSAGE=5\n"
    found = journal(data)
    assert [row["MESSAGE"] for row in rows(found)] == ["1", "3", "5"]
    assert [reject.position for reject in rejects(found)] == [2, 4]


def test_syslog_gives_facility_severity_and_structured_data() -> None:
    first, second = rows(read("syslog", SYSLOG_MODERN))
    assert (first["facility"], first["severity"], first["sd.ex@32473.note"]) == ("local4", "notice", 'a "b" ]')
    assert (first["message"], first["msgid"], second["message"]) == ("An application event", "ID47", "su root failed")


def test_an_impossible_priority_is_a_reject() -> None:
    assert len(rejects(read("syslog", "<999>Aug  7 14:32:05 web1 su: hello\n"))) == 1


def test_syslog_over_new_year_gets_two_years_and_says_so() -> None:
    told = ReadContext(zone=ZoneInfo("Europe/Athens"), modified=datetime(2021, 1, 2, tzinfo=UTC))
    first, second = rows(read("syslog", "Dec 31 23:59:59 a b: c\nJan  1 00:00:01 a b: c\n", told))
    assert (second["_time_us"], int(str(second["_time_us"])) - int(str(first["_time_us"]))) == (
        1609452001_000_000,
        2_000_000,
    )
    assert len(told.notes) == 2


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (CEF.splitlines()[0], "cef"),
        (DHCP_ISC, "dhcp"),
        (DNS_DNSMASQ, "dns_server"),
        (CISCO_ASA, "cisco_asa"),
        (PALOALTO.splitlines()[0], "paloalto"),
        (FORTIGATE.splitlines()[0], "fortigate"),
    ],
)
def test_what_travels_in_syslog_becomes_the_row_that_its_own_file_would_give(text: str, table: str) -> None:
    mixed = read("syslog", SYSLOG_BSD + text)
    inside = [chunk for chunk in mixed if isinstance(chunk, Chunk) and chunk.table == table]
    own = {"dhcp": "dhcp-syslog", "dns_server": "dns-server", "cisco_asa": "cisco-asa"}.get(table, table)
    assert not rejects(mixed)
    assert [row for chunk in inside for row in chunk.rows] == rows(read(own, text))


@pytest.mark.parametrize(
    ("message", "table", "fields"),
    [
        (
            'suricata[7]: {"timestamp":"2020-08-07T14:32:05+0000","flow_id":1,"event_type":"dns","dns":{"rrname":"a"}}',
            "eve_dns",
            {"dns.rrname": "a", "syslog_host": "gw"},
        ),
        ('zeek_conn: {"ts":1596810725.5,"uid":"C","id.orig_h":"10.0.0.1"}', "zeek_conn", {"uid": "C"}),
        (
            'winlogbeat[1]: @cee: {"@timestamp":"2020-08-07T14:32:05.5Z","winlog":{"event_id":1,"channel":"Security"}}',
            "windows",
            {"EventID": "1", "Channel": "Security"},
        ),
        (
            "(squid-1): 1596810725.500 3 192.0.2.1 TCP_MISS/200 9 GET http://a.example/ - HIER_DIRECT/192.0.2.9 -",
            "proxy_squid",
            {"cs-host": "a.example", "host": "gw"},
        ),
        (
            'nginx: 192.0.2.1 - - [07/Aug/2020:14:32:05 +0000] "GET /x HTTP/1.1" 200 1 "-" "a"',
            "web_access",
            {"cs-uri-stem": "/x", "host": "gw"},
        ),
        (
            "audispd: type=USER_CMD msg=audit(1596810725.500:9): uid=0 msg='cmd=6964 res=success'#035UID=\"root\"",
            "linux_auditd",
            {"cmd": "id", "res": "success", "uid_name": "root", "node": "gw"},
        ),
        (
            'kernel: audit: type=1400 audit(1596810725.500:9): apparmor="DENIED" name="/x" comm="id"',
            "linux_auditd",
            {"type": "AVC", "apparmor": "DENIED", "node": "gw"},
        ),
        ('app: {"level":"info","text":"hello"}', "syslog", {"message": '{"level":"info","text":"hello"}'}),
    ],
    ids=["eve", "zeek", "winlogbeat", "squid", "nginx", "auditd", "kernel", "unknown"],
)
def test_syslog_hands_a_message_to_the_format_it_is_in(message: str, table: str, fields: dict[str, str]) -> None:
    others = "Aug  7 14:32:06 gw x: y\nAug  7 14:32:06 gw x: z\n"
    row = lake_rows(f"Aug  7 14:32:05 gw {message}\n{others}")[0]
    assert row["_table"] == table
    assert row["_time"].startswith("2020-08-07T14:32:05" if table != "syslog" else "2026-08-07T14:32:05")
    assert {name: row.get(name) for name in fields} == fields


def test_a_time_without_zone_inside_syslog_takes_the_sources_zone() -> None:
    record = '{"EventTime":"2020-08-07 16:32:05","EventID":1,"Channel":"Security"}'
    (row,) = lake_rows(f"<14>Aug  7 16:32:06 ws1 nxlog: {record}\n", zone=ZoneInfo("Europe/Berlin"))
    assert (row["_table"], row["_time"][:19]) == ("windows", "2020-08-07T14:32:05")


def test_enriched_audit_names_are_found_where_the_mark_was_lost() -> None:
    text = 'type=USER_CMD msg=audit(1.5:9): pid=1 uid=0 auid=1 msg=\'cmd="id" res=success\'UID="root" AUID="anna"\n'
    (row,) = rows(read("auditd", text))
    assert (row["cmd"], row["uid_name"], row["auid_name"], "msg" in row) == ("id", "root", "anna", False)


def test_a_list_of_addresses_before_a_web_request_begins_with_the_client() -> None:
    line = '10.0.0.2,10.0.0.1, 127.0.0.1 - - [07/Aug/2020:14:32:05 +0000] "GET / HTTP/1.1" 200 1 "-" "a"\n'
    (row,) = rows(read("web-access", line))
    assert (row["c-ip"], row["cs-x-forwarded-for"], "cs-host" in row) == (
        "10.0.0.2",
        "10.0.0.2, 10.0.0.1, 127.0.0.1",
        False,
    )


def test_squids_word_for_an_unreadable_request_is_no_host() -> None:
    line = "1596810725.500 0 192.0.2.1 NONE/400 9 NONE error:invalid-request - HIER_NONE/- text/html\n"
    (row,) = rows(read("squid", line))
    assert "cs-host" not in row


def test_leef_may_come_behind_a_header_that_is_half_of_rfc_5424() -> None:
    (row,) = lake_rows("<13>1 2020-08-07T14:32:05Z 192.0.2.5 LEEF:2.0|Example|Sensor|1.0|41|^|src=192.0.2.1^sev=5\n")
    assert (row["_table"], row["_time"][:19], row["syslog_host"]) == ("leef", "2020-08-07T14:32:05", "192.0.2.5")
    (row,) = lake_rows("CEF: 0|Example|Sensor|1.0|4|Found|6|act=Delete rt=1596810725000\n")
    assert (row["_table"], row["act"]) == ("cef", "Delete")


def test_cef_keeps_keys_undoes_escapes_and_never_overwrites_its_header() -> None:
    first, _ = rows(read("cef", CEF))
    assert (first["Name"], first["msg"], first["request"]) == (
        "Worm | stopped",
        "one = two words",
        "http://a.example/?q=1",
    )
    assert (first["Severity"], first["Severity_"], first["syslog_host"]) == ("10", "x", "fw1")
    assert [row["usrName"] for row in rows(read("cef", LEEF))] == ["alice", "bob"]


def test_web_requests_are_split_or_kept_raw() -> None:
    good, raw, quoted = rows(read("web-access", COMBINED))
    assert (good["cs-uri-stem"], good["cs-uri-query"], good["cs-username"]) == ("/a.php", "id=1%27", "alice")
    assert raw["request"] == "\\x16\\x03\\x01" and "cs-method" not in raw
    assert quoted["cs-user-agent"] == 'say "hi" "x"'


def test_a_w3c_header_may_change_in_mid_file() -> None:
    first, second = rows(read("w3c", IIS))
    assert (first["cs-user-agent"], first["_time_us"], second["sc-status"]) == ("Mozilla/5.0+(X)", MOMENT, "404")
    assert "cs-username" not in first


def test_w3c_values_that_do_not_fit_the_header_are_rejects() -> None:
    found = read("w3c", "#Fields: date time cs-method\n2020-08-07 14:32:05\n2020-08-07 14:32:05 GET\n")
    assert (len(rows(found)), [reject.position for reject in rejects(found)]) == (1, [2])


def test_proxy_logs_get_the_names_that_proxy_rules_ask_for() -> None:
    (blue,) = rows(read("w3c", PROXY_W3C))
    assert (blue["c-uri"], blue["c-useragent"], blue["c-uri-extension"]) == (
        "http://a.example/f.exe?v=1",
        "Agent of me",
        "exe",
    )
    get, tunnel = rows(read("squid", SQUID))
    assert (get["c-uri-query"], get["cs-host"], tunnel["cs-host"]) == ("v=1", "a.example", "b.example")


def test_exchange_exports_may_hold_line_ends_and_json() -> None:
    (cmdlet,) = rows(read("exchange-audit", ADMIN_AUDIT))
    assert (cmdlet["CmdletName"], cmdlet["CmdletParameters"]) == ("New-MailboxExportRequest", "{Mailbox,\nFilePath}")
    (unified,) = rows(read("exchange-audit", UNIFIED_AUDIT))
    assert (unified["Operation"], unified["_time_us"]) == ("New-InboxRule", MOMENT)


def test_dhcp_leases_name_address_and_machine() -> None:
    (lease,) = rows(read("dhcp-windows", DHCP_WINDOWS))
    assert (lease["IP Address"], lease["Host Name"], lease["_time_us"]) == ("192.0.2.77", "pc7.a.example", MOMENT)
    request, ack, mobile = rows(read("dhcp-syslog", DHCP_ISC))
    assert (request["server"], ack["mac"], mobile["hostname"]) == ("192.0.2.1", "00:11:22:33:44:55", "phone")


def test_windows_dns_names_lose_their_length_marks() -> None:
    received, sent = rows(read("dns-server", DNS_WINDOWS))
    assert (received["query"], received["record_type"], sent["rcode"]) == ("www.a.example", "A", "NXDOMAIN")


PACKET = (
    "0FE0 PACKET  000002C53117D990 UDP Rcv 192.0.2.1       c049   Q [0001   D   NOERROR] A      (3)www(1)a(7)example(0)"
)


@pytest.mark.parametrize(
    "when", ["07.08.2020 14:32:05", "2020/8/7 14:32:05", "8/7/2020 2:32:05 PM", "20200807 14:32:05"]
)
def test_windows_dns_logs_have_the_time_in_the_servers_locale(when: str) -> None:
    (row,) = lake_rows(f"{when} {PACKET}\n")
    assert (row["_table"], row["query"], row["_time"][:19]) == ("dns_server", "www.a.example", "2020-08-07T14:32:05")


def test_the_details_of_a_dns_packet_go_to_its_row() -> None:
    text = (
        f"07.08.2020 14:32:05 {PACKET}\nUDP question info at 00000000\n  Socket = 336\n    Flags     0x8580\n"
        f"07.08.2020 14:32:06 {PACKET}\n07.08.2020 14:32:07 0FE0 EVENT   The DNS server has started.\n"
    )
    first, second, event = lake_rows(text)
    assert first["details"] == "UDP question info at 00000000\n  Socket = 336\n    Flags     0x8580"
    assert "details" not in second
    assert (event["category"], event["message"]) == ("EVENT", "The DNS server has started.")


def test_dns_over_a_scoped_address_and_other_opcodes_are_read() -> None:
    (row,) = lake_rows(
        "4/11/2026 3:29:17 PM 0294 PACKET  000002DAEC36D650 UDP Rcv fe80::1c2:3%5       d07e   U "
        "[0028       NOERROR] SOA    (4)home(7)example(0)\n"
    )
    assert (row["client"], row["opcode"], row["record_type"]) == ("fe80::1c2:3%5", "U", "SOA")


def test_what_a_dns_server_says_besides_queries_is_kept() -> None:
    text = (
        "07-Aug-2020 14:32:05.123 queries: info: client @0x7f 192.0.2.1#53 (a.example): query: a.example IN A + (192.0.2.9)\n"
        "07-Aug-2020 14:32:06.123 resolver: info: lame server resolving 'b.example'\n"
        "07-Aug-2020 14:32:07.123 rpz: info: client @0x7f 192.0.2.1#53 (bad.example): rpz QNAME NXDOMAIN rewrite\n"
        "2020-08-07T14:32:08.123Z queries: info: client 192.0.2.1#53/key k1 (c.example): query: c.example IN A + (192.0.2.9)\n"
    )
    query, lame, rpz, keyed = lake_rows(text)
    assert (query["query"], keyed["query"], keyed["_time"][:19]) == ("a.example", "c.example", "2020-08-07T14:32:08")
    assert (lame["category"], lame["message"], "query" in lame) == (
        *("resolver", "resolver: info: lame server resolving 'b.example'", False),
    )
    assert (rpz["category"], rpz["client"], rpz["query"]) == ("rpz", "192.0.2.1", "bad.example")


def test_another_program_that_writes_times_as_bind_does_is_no_dns_server() -> None:
    assert lake_rows("07-Aug-2020 14:32:05.123 main: info: started\n" * 3)[0]["_table"] == "generic_text"


def test_dnsmasq_may_answer_with_an_error_and_pihole_sends_the_same() -> None:
    text = "Aug  7 14:32:05 pi dnsmasq[1]: reply error is SERVFAIL\nAug  7 14:32:05 pi pihole-FTL[1]: query[A] a.example from 192.0.2.1\n"
    error, query = lake_rows(text)
    assert (error["rcode"], "query" in error, query["query"]) == ("SERVFAIL", False, "a.example")


def test_unbound_may_write_the_time_in_words() -> None:
    (row,) = lake_rows("Aug  7 14:32:05 unbound[12:0] info: 192.0.2.1 www.a.example. A IN\n")
    assert (row["_table"], row["query"], row["_time"][5:19]) == ("dns_server", "www.a.example", "08-07T14:32:05")


@pytest.mark.parametrize(
    "header",
    ["ID,Datum,Uhrzeit,Beschreibung,IP-Adresse,Hostname,MAC-Adresse,Benutzername,Transaktions-ID,Q-Ergebnis\n", ""],
)
def test_a_dhcp_log_in_another_language_has_the_same_columns(header: str) -> None:
    record = "10,08/07/20,14:32:05,Zuweisen,192.0.2.77,pc7.a.example,001122334455,,123,0\n"
    preamble = "\t\tMicrosoft DHCP-Dienstaktivitätsprotokoll\n\nEreigniskennung  Bedeutung\n\n" if header else ""
    (row,) = lake_rows(preamble + header + record * 1)
    assert (row["_table"], row["IP Address"], row["Host Name"], row["MAC Address"]) == (
        *("dhcp", "192.0.2.77", "pc7.a.example", "001122334455"),
    )


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            "6-302013: Built outbound TCP connection 7 for outside:192.0.2.43/443 (192.0.2.43/443) to inside:10.0.0.4/4952 (10.0.0.9/12)",
            {
                "src_ip": "10.0.0.4",
                "src_port": "4952",
                "dst_ip": "192.0.2.43",
                "dst_port": "443",
                "dst_interface": "outside",
            },
        ),
        (
            "6-302013: Built inbound TCP connection 7 for outside:192.0.2.4/9 (192.0.2.4/9)(LOCAL\\anna) to dmz:10.0.0.4/80 (10.0.0.4/80) (anna)",
            {"src_ip": "192.0.2.4", "dst_ip": "10.0.0.4", "src_user": "LOCAL\\anna"},
        ),
        (
            "6-302013: Built outbound TCP connection 7 for outside:192.0.2.4/9 (192.0.2.4/9) to dmz:Mail_Server/25 (Mail_Server/25)",
            {"src_host": "Mail_Server", "src_port": "25", "dst_ip": "192.0.2.4"},
        ),
        (
            "6-302016: Teardown UDP connection 6 for outside:192.0.2.2/53 anna to inside:10.0.0.4/99 bob duration 1:00:00 bytes 99",
            {"src_ip": "192.0.2.2", "dst_ip": "10.0.0.4", "bytes": "99", "duration": "1:00:00"},
        ),
        (
            "6-302016 Teardown UDP connection 6 for outside:192.0.2.2/53 to inside:10.0.0.4/99 duration 1:00:00 bytes 9",
            {"src_ip": "192.0.2.2", "bytes": "9"},
        ),
        (
            "session-5-106100: access-list acl denied tcp inside/10.0.0.4(99) -> outside/192.0.2.2(22) hit-cnt 1 first hit [0x0]",
            {"action": "denied", "src_ip": "10.0.0.4", "src_port": "99", "dst_ip": "192.0.2.2", "dst_port": "22"},
        ),
        (
            "2-106006: Deny inbound UDP from 192.0.2.6/137 to 10.0.0.4/137 on interface inside",
            {"action": "Deny", "src_ip": "192.0.2.6", "dst_port": "137"},
        ),
        (
            "2-106001: Inbound TCP connection denied from 192.0.2.6/4 to 10.0.0.4/22 flags SYN  on interface outside",
            {"action": "denied", "src_ip": "192.0.2.6", "dst_port": "22"},
        ),
        (
            "2-106016: Deny IP spoof from (192.0.2.6) to 10.0.0.4 on interface out",
            {"action": "Deny", "src_ip": "192.0.2.6", "dst_ip": "10.0.0.4"},
        ),
        (
            "6-302020: Built outbound ICMP connection for faddr 192.0.2.9/0 gaddr 10.0.0.1/1 laddr 10.0.0.4/1",
            {"src_ip": "10.0.0.4", "dst_ip": "192.0.2.9", "protocol": "ICMP"},
        ),
        (
            "5-304001: anna@10.0.0.4(LOCAL\\anna) Accessed URL 192.0.2.9:http://a.example/x",
            {"src_ip": "10.0.0.4", "dst_ip": "192.0.2.9", "url": "http://a.example/x", "user": "anna"},
        ),
        (
            "6-113005: AAA user authentication Rejected : reason = AAA failure : server = 10.0.0.9 : user = bob : user IP = 192.0.2.7",
            {"user": "bob", "src_ip": "192.0.2.7"},
        ),
        (
            '6-605004: Login denied from 10.0.0.4/1234 to inside:10.0.0.1/ssh for user "root"',
            {"user": "root", "src_ip": "10.0.0.4", "service": "ssh"},
        ),
    ],
)
def test_asa_says_who_began_and_who_was_asked(message: str, fields: dict[str, str]) -> None:
    (row,) = rows(read("cisco-asa", f"Aug 07 2020 14:32:05 fw1 : %ASA-{message}\n"))
    assert {name: row.get(name) for name in fields} == fields


def test_the_zone_that_asa_names_counts() -> None:
    (row,) = lake_rows("Aug 07 2020 10:32:05 EDT: %ASA-4-106023: Deny tcp src a:192.0.2.1/4 dst b:192.0.2.2/2 by x\n")
    assert (row["_time"][:19], row.get("program")) == ("2020-08-07T14:32:05", "%ASA-4-106023")


def test_text_that_begins_with_a_time_is_no_table_because_it_holds_a_delimiter() -> None:
    text = "2020-08-07 14:32:05 192.0.2.1 GET /a Mozilla/4.0+(x;+y) 200\n2020-08-07 14:32:06 192.0.2.1 GET /b Mozilla/4.0+(x;+z) 200\n"
    first, _ = lake_rows(text)
    assert (first["_table"], first["_time"][:19]) == ("generic_text", "2020-08-07T14:32:05")


def test_json_that_carries_a_firewalls_line_is_json() -> None:
    (row,) = lake_rows('{"host":"fw1","text":"%ASA-4-106023: Deny tcp src a:192.0.2.1/4 dst b:192.0.2.2/2 by x"}\n')
    assert row["_table"] == "generic_json"


def test_journal_text_written_as_bytes_is_text() -> None:
    text = '{"__REALTIME_TIMESTAMP":"1596810725000000","MESSAGE":[72,105,27],"_GROUPS":["a","b"]}\n'
    (row,) = lake_rows(text)
    assert (row["MESSAGE"], row["_GROUPS"]) == ("Hi\x1b", '["a","b"]')


def test_fortigate_pan_os_and_asa_are_read_by_their_mapping_files() -> None:
    traffic, change = rows(read("fortigate", FORTIGATE))
    assert (traffic["srcip"], change["cfgpath"]) == ("192.0.2.1", "system.admin")
    session, system = rows(read("paloalto", PALOALTO))
    assert (session["rule"], session["app"], system["description"]) == ("allow all", "ssl", "login failed, user bob")
    denied, built, command = rows(read("cisco-asa", CISCO_ASA))
    assert (denied["src_ip"], denied["dst_port"], built["connection"], command["user"]) == (
        "192.0.2.1",
        "22",
        "77",
        "enable_15",
    )


def test_a_quote_that_never_closes_spoils_its_own_line_only() -> None:
    text = 'a,b\n1,2\n3,"open\n' + "5,6\n" * 5
    found = read("generic-csv", text)
    assert len(rows(found)) + len(rejects(found)) == 7


def test_a_foreign_field_cannot_set_the_reserved_time() -> None:
    (row,) = rows(read("generic-kv", "_time_us=77 a=1 b=2\n"))
    assert "_time_us" not in row or isinstance(row["_time_us"], int)
