"""Edges of the analytics of web shells, persistence, mailboxes and language models: just below and just above."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tocsin.model import Finding
from tocsin.node.captures import found_in

FIRST = datetime(2026, 2, 2, 9, tzinfo=UTC)
Event = dict[str, object]


def days(number: float) -> timedelta:
    return timedelta(days=number)


def write(folder: Path, name: str, lines: Iterable[str]) -> None:
    (folder / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def web(folder: Path, requests: Sequence[tuple[timedelta, str, str, str]], watched: int = 30) -> list[Finding]:
    """A site that is read daily, with these further requests: time, method, path, client."""
    everyday = [(days(day), "GET", "/app/index.php", "192.0.2.1") for day in range(watched)]
    lines = [
        f'{client} - - [{FIRST + at:%d/%b/%Y:%H:%M:%S} +0000] "{method} {path} HTTP/1.1" 200 99 "-" "agent"'
        for at, method, path, client in sorted([*everyday, *requests])
    ]
    write(folder, "access.log", lines)
    return list(found_in(folder, "web-shell"))


def sent(at: float, path: str = "/app/x.php", client: str = "203.0.113.5") -> tuple[timedelta, str, str, str]:
    return days(at), "POST", path, client


def test_a_script_that_is_used_again_another_day_is_a_web_shell(tmp_path: Path) -> None:
    assert not web(tmp_path, [sent(10), sent(10.1), sent(10.2)])
    (found,) = web(tmp_path, [sent(10), sent(10.1), sent(12)])
    assert (found.rule.level, found.opened) == ("low", FIRST + days(12))


def test_where_no_script_was_before_the_second_request_is_enough(tmp_path: Path) -> None:
    (found,) = web(tmp_path, [sent(10, "/files/x.php"), sent(10.1, "/files/x.php")])
    assert found.opened == FIRST + days(10.1)


def test_one_request_a_week_is_one_finding_after_a_week(tmp_path: Path) -> None:
    (found,) = web(tmp_path, [sent(10 + 7 * week, "/img/x.php") for week in range(12)], watched=100)
    assert found.opened == FIRST + days(17)
    assert found.count == 12


def test_a_site_must_be_watched_for_a_week_before(tmp_path: Path) -> None:
    assert not web(tmp_path, [sent(6.9), sent(8)])
    assert web(tmp_path, [sent(7), sent(8)])


def test_three_clients_on_a_day_are_visitors(tmp_path: Path) -> None:
    requests = [sent(day, client=f"203.0.113.{number}") for day in (10, 11) for number in range(3)]
    assert not web(tmp_path, requests)
    assert web(tmp_path, [request for request in requests if request[3] != "203.0.113.2"])


def test_a_page_that_is_read_as_often_as_it_is_sent_is_a_form(tmp_path: Path) -> None:
    posts = [sent(day) for day in (10, 11, 12, 13)]
    reads = [(at, "GET", path, client) for at, _, path, client in posts]
    assert not web(tmp_path, posts + reads[:3])
    assert web(tmp_path, posts + reads[:2])


def windows(folder: Path, events: Iterable[Event], id: str) -> list[Finding]:
    write(folder, "windows.jsonl", (json.dumps(event) for event in events))
    return list(found_in(folder, id))


def event(host: str, at: float, channel: str, number: int, **fields: str) -> Event:
    when = FIRST + days(at)
    return {
        "Channel": channel, "EventID": number, "Computer": host, "TimeCreated": f"{when:%Y-%m-%dT%H:%M:%S}Z",
        "UtcTime": f"{when:%Y-%m-%d %H:%M:%S}.000", **fields,
    }  # fmt: skip


def service(host: str, at: float, name: str, program: str) -> Event:
    return event(host, at, "System", 7045, ServiceName=name, ImagePath=program)


def fleet(size: int = 10) -> list[Event]:
    return [service(f"pc{number}", 0, "Agent", r"C:\Program Files\agent.exe") for number in range(size)]


CODED = "powershell.exe -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0A"


@pytest.mark.parametrize(("hosts", "found"), [(1, 1), (2, 1), (3, 0)])
def test_what_more_than_two_computers_have_is_software(tmp_path: Path, hosts: int, found: int) -> None:
    events = fleet() + [service(f"pc{number}", 20, "Helper", CODED) for number in range(hosts)]
    assert len(windows(tmp_path, events, "rare-persistence")) == found


def test_a_computer_must_be_watched_for_two_weeks_before(tmp_path: Path) -> None:
    assert not windows(tmp_path, [*fleet(), service("pc1", 13.9, "Helper", CODED)], "rare-persistence")
    assert windows(tmp_path, [*fleet(), service("pc1", 14, "Helper", CODED)], "rare-persistence")


def test_nothing_is_rare_in_a_fleet_of_nine(tmp_path: Path) -> None:
    assert not windows(tmp_path, [*fleet(9), service("pc1", 20, "Helper", CODED)], "rare-persistence")


def test_two_findings_a_week_are_told_with_the_number_of_all(tmp_path: Path) -> None:
    events = fleet() + [service(f"pc{number}", 20 + number / 100, f"Helper{number}", CODED) for number in range(5)]
    found = windows(tmp_path, events, "rare-persistence")
    assert len(found) == 2
    assert all("Such things in that week: 5." in each.message for each in found)


@pytest.mark.parametrize(("lasts", "found"), [(13, 0), (16, 1)])
def test_a_strange_place_alone_must_last(tmp_path: Path, lasts: int, found: int) -> None:
    program = r"C:\Tools\netsvc.exe"
    sysmon = "Microsoft-Windows-Sysmon/Operational"
    starts = [
        event("pc1", 20 + day, sysmon, 1, Image=program, CommandLine=program, ParentImage="services.exe")
        for day in range(0, lasts + 1, 4)
    ]  # fmt: skip
    assert len(windows(tmp_path, [*fleet(), service("pc1", 20, "Net", program), *starts], "rare-persistence")) == found


def cmdlet(at: float, name: str, parameters: str, user: str = "admin") -> Event:
    data = [name, parameters, f"a.example/Users/{user}", "S-1-5-21-1-1-1-1"]
    return event("mail1", at, "MSExchange Management", 1) | {"Data": data}


@pytest.mark.parametrize(("mailboxes", "found"), [(4, 0), (5, 1)])
def test_five_mailboxes_opened_to_one_account_in_a_day(tmp_path: Path, mailboxes: int, found: int) -> None:
    parameters = '-Identity "box{}" -User "svc" -AccessRights "FullAccess"'
    events = [cmdlet(number / 10, "Add-MailboxPermission", parameters.format(number)) for number in range(mailboxes)]
    assert len(windows(tmp_path, events, "mailbox-theft")) == found


def test_a_private_forward_is_told_only_where_it_hides_or_is_shared(tmp_path: Path) -> None:
    private = cmdlet(1, "New-InboxRule", '-Name "x" -ForwardTo "a@home.example"', "anna")
    assert not windows(tmp_path, [private], "mailbox-theft")
    hidden = cmdlet(1, "New-InboxRule", '-Name "x" -ForwardTo "a@home.example" -DeleteMessage "True"', "anna")
    assert windows(tmp_path, [hidden], "mailbox-theft")
    other = cmdlet(2, "New-InboxRule", '-Name "x" -ForwardTo "a@home.example"', "bob")
    assert windows(tmp_path, [private, other], "mailbox-theft")


def test_a_role_that_failed_is_not_told(tmp_path: Path) -> None:
    given = cmdlet(1, "New-ManagementRoleAssignment", '-Role "ApplicationImpersonation" -User "svc"')
    assert windows(tmp_path, [given], "mailbox-theft")
    assert not windows(tmp_path, [given | {"EventID": 6}], "mailbox-theft")


def asked(host: str, program: str) -> Event:
    fields = {"Image": program, "QueryName": "api.openai.com", "QueryStatus": "0"}
    return event(host, 1, "Microsoft-Windows-Sysmon/Operational", 22, **fields)


def started(host: str, command: str, minutes: int) -> Event:
    fields = {"Image": r"C:\Windows\System32\cmd.exe", "CommandLine": command, "ParentImage": "x.exe"}
    return event(host, 1 + minutes / 1440, "Microsoft-Windows-Sysmon/Operational", 1, **fields)


@pytest.mark.parametrize(("commands", "levels"), [(2, []), (3, ["high"])])
def test_a_script_that_asks_a_model_is_told_with_discovery_beside_it(
    tmp_path: Path, commands: int, levels: list[str]
) -> None:
    lines = ("whoami /all", "systeminfo", "tasklist")[:commands]
    events = [asked("pc1", r"C:\Python\python.exe"), *(started("pc1", line, 5) for line in lines)]
    assert [each.rule.level for each in windows(tmp_path, events, "llm-egress")] == levels


def test_discovery_two_hours_later_is_another_matter(tmp_path: Path) -> None:
    events = [
        asked("pc1", r"C:\Temp\x.exe"),
        *(started("pc1", line, 125) for line in ("whoami", "systeminfo", "tasklist")),
    ]
    assert [each.rule.level for each in windows(tmp_path, events, "llm-egress")] == ["medium"]


@pytest.mark.parametrize(("hosts", "found"), [(3, 3), (4, 0)])
def test_a_program_on_four_computers_is_of_the_house(tmp_path: Path, hosts: int, found: int) -> None:
    events = [asked(f"pc{number}", r"C:\App\minutes.exe") for number in range(hosts)]
    assert len(windows(tmp_path, events, "llm-egress")) == found


def reads(user: str, day: int, records: int, messages: int) -> list[Event]:
    return [
        {
            "CreationTime": f"{FIRST + days(day + number / 2000):%Y-%m-%dT%H:%M:%S}", "Operation": "MailItemsAccessed",
            "Id": f"{user}{day}-{number}", "RecordType": 50, "Workload": "Exchange", "OrganizationId": "o",
            "Version": 1, "UserType": 0, "ResultStatus": "Succeeded", "UserId": user, "MailboxOwnerUPN": user,
            "OperationCount": messages,
        }
        for number in range(records)
    ]  # fmt: skip


PEERS = [record for n in range(11) for day in range(15) for record in reads(f"p{n}@a.example", day, 10, 2)]


def test_a_new_account_that_reads_as_much_every_day_is_routine_from_the_fourth_day_on(tmp_path: Path) -> None:
    service = [record for day in range(8, 15) for record in reads("sync@a.example", day, 60, 20)]
    (told,) = windows(tmp_path, PEERS + service, "mailbox-bulk-access")
    assert (told.count, told.last and told.last.date()) == (180, (FIRST + days(10)).date())
    assert told.message.endswith("and was never seen before.")


def test_a_new_account_that_reads_so_much_on_few_of_its_days_is_told_each_time(tmp_path: Path) -> None:
    small = [record for day in (9, 10, 12) for record in reads("thief@a.example", day, 1, 1)]
    thief = [record for day in (8, 11, 14) for record in reads("thief@a.example", day, 60, 20)]
    (told,) = windows(tmp_path, PEERS + small + thief, "mailbox-bulk-access")
    assert told.count == 180


def test_a_new_address_that_fetches_as_much_mail_every_day_is_routine_from_the_fourth_day_on(tmp_path: Path) -> None:
    peers = [(day + n / 100, f"198.51.100.{n}", 1_000_000) for day in range(15) for n in range(1, 13)]
    archive = [(day + 0.2 + n / 1_000, "203.0.113.7", 100_000_000) for day in range(8, 15) for n in range(8)]
    lines = [
        f"mail.example:443 {client} - - [{FIRST + days(at):%d/%b/%Y:%H:%M:%S} +0000] "
        f'"POST /ews/exchange.asmx HTTP/1.1" 200 {size} "-" "agent"'
        for at, client, size in sorted([*peers, *archive])
    ]
    write(tmp_path, "access.log", lines)
    (told,) = found_in(tmp_path, "mailbox-bulk-access")
    assert (told.count, told.last and told.last.date()) == (24, (FIRST + days(10)).date())


@pytest.mark.parametrize(
    ("records", "messages", "found"), [(50, 19, 0), (50, 20, 1), (49, 25, 0)], ids=["few", "many", "usual"]
)
def test_a_thousand_messages_and_five_times_the_busiest_day(
    tmp_path: Path, records: int, messages: int, found: int
) -> None:
    past = [record for day in range(8) for record in reads("anna@a.example", day, 10, 2)]
    assert len(windows(tmp_path, past + reads("anna@a.example", 9, records, messages), "mailbox-bulk-access")) == found
