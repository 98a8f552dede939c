"""What single text readers make of their lines."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
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
