"""A process start that two logs recorded counts once, and the incident says so."""

import time
from dataclasses import replace

import pytest
from triage_cases import NOW, START, finding, rule, start

from tocsin import limits
from tocsin.model import Evidence
from tocsin.triage import group_findings
from tocsin.triage.twins import acts, count_once


def test_a_start_seen_by_sysmon_and_security_counts_once() -> None:
    (once,) = count_once([finding(start("s", sysmon=True), start("x", 0.1, sysmon=False))])
    assert (once.count, once.acts, [event.event_id for event in once.evidence]) == (2, 1, ["s"])
    assert once.evidence[0].also == ("x",)


def test_both_records_stay_among_the_event_ids() -> None:
    (once,) = count_once([finding(start("s", sysmon=True), start("x", sysmon=False))])
    assert once.event_ids == ("s", "x") and acts(once) == ("s",)


def test_the_incident_says_that_two_logs_recorded_the_start() -> None:
    seen = [finding(start("s", sysmon=True), user="CORP\\anna"), finding(start("x", sysmon=False), user="anna")]
    (incident,) = group_findings(seen, NOW)
    assert "Sysmon and the Security log both recorded 1 process start here: it counts once." in incident.why
    assert [(f.count, f.acts) for f in incident.findings] == [(2, 1)]


def test_two_rules_on_the_two_records_of_one_start_agree_about_nothing() -> None:
    seen = [finding(start("s", sysmon=True), of=rule("a")), finding(start("x", sysmon=False), of=rule("b"))]
    (incident,) = group_findings(seen, NOW)
    assert "agreement" not in {part.name for part in incident.parts}
    assert "Several rules fired on the same events: they describe one act." in incident.why


def test_a_finding_of_second_records_under_another_account_becomes_part_of_the_first() -> None:
    first = finding(start("s", sysmon=True), start("s2", 60, sysmon=True, process=9))
    (once,) = count_once([first, finding(start("x", sysmon=False), user="WS01$")])
    assert (once.user, once.count, once.acts) == ("CORP\\anna", 3, 2)


def test_process_ids_decide_over_equal_commands() -> None:
    line = {"CommandLine": "whoami /all"}
    seen = finding(start("s", sysmon=True, process=7, **line), start("x", sysmon=False, process=8, **line))
    assert count_once([seen]) == [seen]


def test_without_process_ids_the_command_line_decides() -> None:
    def records(second: str) -> tuple[int, int]:
        first = start("s", sysmon=True, process=None, CommandLine="whoami  /all")
        (once,) = count_once([finding(first, start("x", sysmon=False, process=None, CommandLine=second))])
        return once.count, once.acts

    assert records("WHOAMI /all") == (2, 1)
    assert records("whoami /priv") == (2, 2)


def test_a_process_id_in_use_again_is_another_start() -> None:
    seen = finding(start("s", sysmon=True), start("x", 6, sysmon=False))
    assert count_once([seen]) == [seen]


def test_another_host_or_another_image_is_another_start() -> None:
    here, there = finding(start("s", sysmon=True)), finding(start("x", sysmon=False), host="WS02")
    other = finding(start("y", sysmon=False, NewProcessName="C:\\a.exe"))
    assert [each.acts for each in count_once([here, there, other])] == [1, 1, 1]


def test_one_record_has_one_twin_only() -> None:
    seen = finding(start("s", sysmon=True), start("x", sysmon=False), start("y", 1, sysmon=False))
    (once,) = count_once([seen])
    assert (once.acts, once.evidence[0].also) == (2, ("x",))


def test_a_registry_event_of_the_process_is_no_start() -> None:
    first = start("s", sysmon=True)
    seen = finding(replace(first, fields={**first.fields, "EventID": "13"}), start("x", sysmon=False))
    assert count_once([seen]) == [seen]


def test_where_more_hits_than_evidence_are_kept_the_share_of_the_evidence_stands_for_all() -> None:
    seen = finding(start("s", sysmon=True), start("x", sysmon=False), count=50)
    assert count_once([seen])[0].acts == 25


def test_thousands_of_starts_within_seconds_take_seconds() -> None:
    records = [start(f"{kind}{n}", sysmon=kind == "s", process=n) for n in range(1, 8_000) for kind in "sx"]
    began = time.process_time()
    (once,) = count_once([finding(*records)])
    assert time.process_time() - began < 5.0
    assert {event.event_id[0] for event in once.evidence} == {"s"}


def test_of_records_that_could_all_be_twins_a_bounded_number_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TWIN_CANDIDATES", 1)
    seen = finding(start("s", sysmon=True), start("t", 0.2, sysmon=True), start("x", 0.2, sysmon=False))
    (once,) = count_once([seen])
    assert {event.event_id: event.also for event in once.evidence} == {"s": ("x",), "t": ()}


def test_counting_once_twice_changes_nothing_more() -> None:
    once = count_once([finding(start("s", sysmon=True), start("x", sysmon=False))])
    assert count_once(once) == once


def record(event: str, serial: str = "40017", **fields: str) -> Evidence:
    return Evidence(event, START, "audit.log", 1, {"audit_id": serial, **fields})


def test_records_of_one_audit_event_are_one_act_told_by_the_one_that_tells_most() -> None:
    seen = [
        finding(record("log-9", proctitle="cat /etc/shadow"), user="", table="linux_auditd"),
        finding(record("log-7", cmdline="cat /etc/shadow"), user="1020", table="linux_auditd"),
    ]
    (once,) = count_once(seen)
    assert (once.user, once.count, once.acts) == ("1020", 2, 1)
    assert [(each.event_id, each.also) for each in once.evidence] == [("log-7", ("log-9",))]
    (incident,) = group_findings(seen, NOW)
    assert "auditd wrote several records of 1 act here: it counts once." in incident.why


def test_the_same_serial_in_another_log_is_another_event() -> None:
    seen = finding(record("one-9", cmdline="a"), record("two-9", cmdline="a"), table="linux_auditd")
    assert count_once([seen]) == [seen]


def test_three_records_of_one_event_are_one_act() -> None:
    seen = finding(*(record(f"log-{n}") for n in range(3)), table="linux_auditd")
    assert (count_once([seen])[0].acts, acts(count_once([seen])[0])) == (1, ("log-0",))
