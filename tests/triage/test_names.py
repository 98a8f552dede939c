"""One host, one account: spellings are folded where it is safe, and only there."""

from datetime import timedelta

from triage_cases import NOW, START, finding, rule, start

from tocsin.model import Finding
from tocsin.triage import group_findings
from tocsin.triage.names import fold_names, host_names


def hosts(*names: str) -> list[str]:
    return [host_names(names)[name] for name in names]


def users(*findings: Finding) -> list[str]:
    folded = {(f.rule.id, f.host): f.user for f in fold_names(findings)}
    return [folded[f.rule.id, f.host] for f in findings]


def test_a_short_name_is_its_one_full_name() -> None:
    assert hosts("WS01", "ws01.corp.example", "WS01.corp.example") == ["WS01.corp.example"] * 3


def test_a_short_name_with_two_full_names_stays_short() -> None:
    names = ["WS01", "ws01.corp.example", "ws01.lab.example"]
    assert hosts(*names) == names


def test_addresses_and_localhost_are_never_folded() -> None:
    names = ["10", "10.0.0.5", "fe80::1", "localhost", "localhost.corp.example"]
    assert hosts(*names) == names


def test_the_version_behind_an_exchange_server_is_no_part_of_its_name() -> None:
    assert hosts("EXCH01 (15.02.1748.010)", "exch01.corp.example") == ["exch01.corp.example"] * 2


def test_hosts_of_two_organisations_are_never_folded() -> None:
    one, other = finding(host="WS01", organisation="A"), finding(host="ws01.corp.example", organisation="B")
    assert [f.host for f in fold_names([one, other])] == ["WS01", "ws01.corp.example"]


def test_an_incident_shows_a_host_once_under_its_full_name() -> None:
    (incident,) = group_findings([finding(host="WS01"), finding(of=rule("b"), host="ws01.corp.example")], NOW)
    assert incident.hosts == ("ws01.corp.example",)
    assert "breadth" not in {part.name for part in incident.parts}


def test_a_mail_name_is_the_account_of_the_domain_with_the_same_label() -> None:
    assert users(finding(of=rule("a"), user="anna@corp.example"), finding(of=rule("b"))) == ["CORP\\anna"] * 2


def test_a_mail_name_is_nobody_elses_when_two_domains_share_a_label() -> None:
    seen = [finding(of=rule(name), user=f"anna@{name}") for name in ("corp.example", "corp.test")]
    assert users(*seen, finding(of=rule("c"))) == ["anna@corp.example", "anna@corp.test", "CORP\\anna"]


def test_a_bare_name_is_the_one_qualified_account_on_its_host() -> None:
    assert users(finding(of=rule("a"), user="Anna", table="syslog"), finding(of=rule("b"))) == ["CORP\\anna"] * 2


def test_a_bare_name_with_two_accounts_on_its_host_stays_bare() -> None:
    seen = [finding(of=rule("a"), user="anna"), finding(of=rule("b")), finding(of=rule("c"), user="WS01\\anna")]
    assert users(*seen) == ["anna", "CORP\\anna", "WS01\\anna"]


def test_a_bare_windows_name_is_the_one_domain_account_of_the_scan() -> None:
    assert users(finding(of=rule("a"), host="DC01", user="anna"), finding(of=rule("b"))) == ["CORP\\anna"] * 2


def test_a_bare_name_is_never_an_account_of_another_machine() -> None:
    seen = [finding(of=rule("a"), host="DC01", user="anna"), finding(of=rule("b"), user="WS01\\anna")]
    assert users(*seen) == ["anna", "WS01\\anna"]


def test_a_linux_name_is_no_domain_account_of_another_host() -> None:
    seen = [finding(of=rule("a"), host="git1", user="anna", table="linux_auditd"), finding(of=rule("b"))]
    assert users(*seen) == ["anna", "CORP\\anna"]


def test_an_administrator_of_another_host_stays_another_one() -> None:
    seen = [finding(of=rule("a"), host="DC01", user="administrator"), finding(of=rule("b"), user="CORP\\administrator")]
    assert users(*seen)[0] == "administrator"


def test_findings_of_one_rule_under_two_spellings_become_one() -> None:
    seen = [finding(start("e1", sysmon=True), user="CORP\\anna"), finding(start("e2", 9, sysmon=True), user="anna")]
    (folded,) = fold_names(seen)
    assert (folded.count, folded.event_ids, folded.user) == (2, ("e1", "e2"), "CORP\\anna")
    assert folded.last == START + timedelta(seconds=9)


def test_occasions_a_day_apart_stay_two_findings_under_one_spelling() -> None:
    later = 24 * 3600
    seen = [finding(start("e1", sysmon=True)), finding(start("e2", later, sysmon=True), user="anna")]
    assert [f.user for f in fold_names(seen)] == ["CORP\\anna"] * 2


def test_folding_twice_changes_nothing_more() -> None:
    once = fold_names([finding(host="WS01", user="anna"), finding(of=rule("b"), host="ws01.corp.example")])
    assert fold_names(once) == once


def test_what_an_analytic_told_of_both_spellings_is_kept() -> None:
    opened = START + timedelta(seconds=5)
    seen = [
        finding(start("e1", sysmon=True), user="CORP\\anna", message="Anna.", opened=opened, keys=("ip:203.0.113.1",)),
        finding(start("e2", 9, sysmon=True), user="anna", opened=START, keys=("ip:203.0.113.1", "ip:203.0.113.2")),
    ]
    (folded,) = fold_names(seen)
    assert (folded.message, folded.opened) == ("Anna.", START)
    assert folded.keys == ("ip:203.0.113.1", "ip:203.0.113.2")


def test_a_canonical_name_is_the_account_of_its_domain() -> None:
    assert users(finding(of=rule("a"), user="corp.example/Users/anna"), finding(of=rule("b"))) == ["CORP\\anna"] * 2
