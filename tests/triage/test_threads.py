"""What is rare ties a story over months; what many share ties nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from long_stories import C2, PAGE, START, act, albania, incidents, largest, unrelated

from tocsin.model import Finding, Incident
from tocsin.triage.returns import ACCOUNT_HOSTS, FEW_INTRUSIONS, HABIT
from tocsin.triage.threads import KEY_HOSTS, KEY_PEOPLE

ADMIN = "MIN\\adm-leka"


def holding(found: tuple[Incident, ...], finding: Finding) -> Incident:
    (event,) = finding.event_ids
    return next(incident for incident in found if any(event in each.event_ids for each in incident.findings))


def together(*findings: Finding, among: Sequence[Finding] = ()) -> bool:
    found = incidents([*findings, *among])
    return len({holding(found, finding).id for finding in findings}) == 1


def test_an_intrusion_of_fourteen_months_is_one_incident() -> None:
    story = albania()
    (incident,) = incidents(story)
    assert len(incident.stages) == 10
    assert incident.dwell is not None and incident.dwell.days == 430
    assert incident.queued and ("dwell", 8) in {(part.name, part.points) for part in incident.parts}
    assert any(
        why.startswith("It lasted 430 days, in 10 stages: Initial Access from 2021-05-12") for why in incident.why
    )
    assert any(f"the address {C2} over" in why for why in incident.why)


@pytest.mark.parametrize("seed", range(3))
def test_an_intrusion_of_fourteen_months_stays_itself_among_hundreds_of_unrelated_groups(seed: int) -> None:
    story, noise = albania(), list(unrelated(seed))
    found = incidents([*story, *noise])
    events = {finding.event_ids for finding in story}
    incident = max(found, key=lambda each: sum(finding.event_ids in events for finding in each.findings))
    own = sum(finding.event_ids in events for finding in incident.findings)
    assert own >= 0.9 * len(story)
    assert len(incident.findings) - own <= 0.2 * own


def test_a_stage_of_one_event_a_week_over_a_year_correlates() -> None:
    weekly = [act(7 * n, "collection", "medium", name=f"rule {n}", **{"c-ip": C2}) for n in range(52)]
    (incident,) = incidents(weekly)
    assert any(f"the address {C2} over 357 days" in why for why in incident.why)


def test_one_finding_that_holds_a_year_of_weekly_events_ties_as_well() -> None:
    """The same rule on the same host week after week is one long finding (node.found)."""
    long = act(0, "command-and-control", "medium", **{"c-ip": C2, "cs-uri-stem": PAGE})
    long = replace(long, last=START + timedelta(days=350), count=50)
    early, late = act(-3, "persistence", DestinationIp=C2), act(380, "impact", "critical", DestinationIp=C2)
    assert together(early, long, late)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("hosts", "people"), [(30, 25), (10, 8), (6, 60)])
def test_hundreds_of_unrelated_groups_on_shared_hosts_stay_apart(seed: int, hosts: int, people: int) -> None:
    assert largest(list(unrelated(seed, 300, hosts, people))) <= 12


def test_an_address_that_many_hosts_talk_to_ties_nothing() -> None:
    few = [act(40 * n, "execution", host=f"WS{n}", DestinationIp=C2, name=f"r{n}") for n in range(KEY_HOSTS)]
    many = [act(40 * n, "execution", host=f"WS{n}", DestinationIp=C2, name=f"r{n}") for n in range(KEY_HOSTS + 1)]
    others = [act(n, "execution", host=f"PC{n}") for n in range(40)]
    assert together(*few, among=others)
    assert not together(*many, among=others)


def test_weak_findings_show_that_an_address_is_shared() -> None:
    pair = [act(0, "execution", DestinationIp=C2), act(90, "impact", DestinationIp=C2, host="WS02")]
    weak = [act(n, "execution", "low", host=f"PC{n}", DestinationIp=C2) for n in range(20)]
    assert together(*pair)
    assert not together(*pair, among=weak)


def test_what_many_hosts_call_in_the_logs_of_traffic_ties_nothing() -> None:
    pair = [act(0, "execution", DestinationIp=C2), act(90, "impact", DestinationIp=C2, host="WS02")]
    assert len(incidents(pair, ip_203_0_113_66=KEY_HOSTS)) == 1
    assert len(incidents(pair, ip_203_0_113_66=KEY_HOSTS + 1)) == 2


def test_the_companion_of_many_people_ties_nothing() -> None:
    """The office's own address in a cloud's sign-in log: one tenant, many people."""
    people = [
        act(30 * n, "initial-access", user=f"MIN\\u{n}", host="tenant", ipAddress=C2, name=f"r{n}")
        for n in range(KEY_PEOPLE + 1)
    ]
    assert together(*people[:3])
    assert not together(*people)


def test_private_addresses_name_servers_and_mail_gateways_tie_nothing() -> None:
    for fields in (
        {"SourceIp": "10.0.0.7"}, {"DestinationIp": "198.51.100.1", "DestinationPort": "53"},
        {"id.resp_h": "198.51.100.2", "id.resp_p": "25"}, {"dest_ip": "fe80::1"}, {"IpAddress": "127.0.0.1"},
    ):  # fmt: skip
        assert not together(act(0, "execution", **fields), act(60, "impact", host="WS02", **fields)), fields


def test_the_own_domain_ties_nothing() -> None:
    name = {"QueryName": "intranet.ministry.example"}
    hosts = ("ws01.ministry.example", "ws02.ministry.example")
    assert not together(act(0, "execution", host=hosts[0], **name), act(60, "impact", host=hosts[1], **name))


def test_knocking_at_a_public_server_does_not_bind_its_incidents_together() -> None:
    """A scanner comes back every week, twice while an intruder is there: two intruders stay two."""
    scans = [
        act(7 * n + m / 1000, "initial-access", "medium", name=f"scan {m}", **{"c-ip": "192.0.2.9"})
        for n in range(20)
        for m in range(3)
    ]
    one = [act(14.001, "persistence", DestinationIp=C2), act(14.002, "execution", DestinationIp=C2, name="x")]
    other = [act(98.001, "exfiltration", DestinationIp="203.0.113.200")]
    found = incidents([*scans, *one, *other])
    assert holding(found, one[0]).id != holding(found, other[0]).id


def test_a_crowd_at_one_door_does_not_tie_through_its_members() -> None:
    crowd = [
        act(3 * n + m / 1000, "initial-access", "medium", name=f"scan {m}", **{"c-ip": f"192.0.2.{(n * 7 + m) % 40}"})
        for n in range(100)
        for m in range(3)
    ]
    assert largest(crowd) <= 12


def test_an_address_ties_no_longer_when_it_was_away_for_most_of_a_year() -> None:
    assert together(act(0, "execution", DestinationIp=C2), act(190, "impact", DestinationIp=C2, host="WS02"))
    assert not together(act(0, "execution", DestinationIp=C2), act(210, "impact", DestinationIp=C2, host="WS02"))


def test_a_foothold_ties_what_its_account_does_there_months_later() -> None:
    pool = "IIS APPPOOL\\web"
    held = act(0, "persistence", user=pool)
    (incident,) = incidents([held, act(300, "credential-access", user=pool)])
    assert "What was left behind on a host was used there later: WEB02 over 300 days." in incident.why
    assert not together(held, act(300, "credential-access", user=pool, host="WEB03"))
    assert not together(held, act(300, "credential-access", user="MIN\\other", host="WEB02"))


def test_a_child_of_the_web_server_acts_through_the_web_shell() -> None:
    child = {"ParentImage": "C:\\Windows\\System32\\inetsrv\\w3wp.exe", "Image": "C:\\Windows\\System32\\cmd.exe"}
    assert together(act(0, "persistence"), act(200, "discovery", **child))
    assert not together(act(0, "persistence"), act(200, "discovery", Image="C:\\Windows\\System32\\cmd.exe"))


def intrusion(day: float, user: str = ADMIN, host: str = "DC01") -> list[Finding]:
    tactics = ("credential-access", "lateral-movement", "persistence")
    return [act(day + n / 100, tactic, user=user, host=host, name=f"{user} {n}") for n, tactic in enumerate(tactics)]


def test_an_account_of_an_intrusion_ties_what_it_does_later() -> None:
    (incident,) = incidents([*intrusion(0), act(250, "collection", user=ADMIN, host="EXCH01")])
    assert any(why.startswith("An account of the intrusion acted again") for why in incident.why)


def test_the_canonical_name_of_an_account_is_the_same_account() -> None:
    assert together(*intrusion(0), act(250, "collection", user="corp.min.example/Users/adm-leka", host="EXCH01"))


def test_service_accounts_and_accounts_of_every_machine_tie_nothing() -> None:
    for user in ("NT AUTHORITY\\SYSTEM", "WS01\\Administrator", "root"):
        assert not together(*intrusion(0, user)[:1], act(250, "collection", user=user, host="EXCH01")), user


def test_the_habits_of_an_account_are_left_out() -> None:
    habit = [act(20 * n, "execution", user=ADMIN, host="FS01", name="his daily script") for n in range(HABIT + 1)]
    story = intrusion(0)
    found = incidents([*story, *habit])
    assert holding(found, habit[-1]).id != holding(found, story[0]).id


def test_an_account_at_home_on_many_hosts_ties_nothing_by_its_name() -> None:
    admin = [act(10 * n, "execution", user=ADMIN, host=f"S{n}", name=f"r{n}") for n in range(1, ACCOUNT_HOSTS + 2)]
    assert together(*intrusion(0), *admin[:-1])
    assert not together(*intrusion(0), *admin)


def test_many_accounts_that_come_back_say_that_coming_back_is_usual() -> None:
    stories = [f for n in range(12) for f in intrusion(n, f"MIN\\u{n}", f"WS{n}")]
    later = [act(200 + n, "collection", user=f"MIN\\u{n}", host=f"XS{n}", name=f"later {n}") for n in range(12)]
    found = incidents([*stories, *later])
    assert all(len(holding(found, finding).findings) == 1 for finding in later)


def test_a_second_intrusion_on_a_host_is_the_same_story_where_intrusions_are_rare() -> None:
    other = intrusion(120, "MIN\\second")
    (incident,) = incidents([*intrusion(0), *other])
    assert "Intrusions are rare here, and these lie on one host: DC01 over 120 days." in incident.why


def test_few_intrusions_that_share_many_hosts_are_one_story_and_many_are_not() -> None:
    hosts = [f"SRV{n}" for n in range(6)]

    def raids(number: int) -> list[list[Finding]]:
        return [[f for host in hosts for f in intrusion(60 * n, f"MIN\\u{n}", host)] for n in range(number)]

    two, six = raids(2), raids(FEW_INTRUSIONS + 2)
    assert together(two[0][0], two[1][0], among=[f for raid in two for f in raid[1:]])
    assert not together(six[0][0], six[1][0], among=[f for raid in six for f in raid[1:]])


def test_an_account_that_was_made_in_an_intrusion_ties_its_later_acts() -> None:
    made = act(0, "persistence", technique="T1136.002", EventID="4720", TargetUserName="helpdesk02")
    assert together(made, act(180, "collection", user="MIN\\helpdesk02", host="FS01"))


def test_keys_that_an_analytic_names_tie_also_findings_of_medium_level_on_several_hosts() -> None:
    def beacon(day: float, host: str) -> Finding:
        plain = act(day, "command-and-control", "medium", host=host)
        return replace(plain, message="A host calls an address every hour.", keys=(f"ip:{C2}", "domain:c2.example"))

    fleet = [act(n, "execution", host=f"PC{n}") for n in range(40)]
    assert together(*(beacon(50 * n, f"WS{n}") for n in range(5)), among=fleet)


def test_what_an_analytic_saw_over_months_is_no_comment_on_an_hour_of_it() -> None:
    watched = act(0, "command-and-control", "medium")
    watched = replace(watched, last=START + timedelta(days=90), message="A page is posted to by one client for weeks.")
    chance, weak = act(90.001, "execution", user="MIN\\other"), replace(watched, message="")
    assert not together(watched, chance)
    assert together(weak, chance)


def test_two_organisations_never_meet() -> None:
    one, other = act(0, "execution", DestinationIp=C2), act(60, "impact", DestinationIp=C2)
    assert not together(one, replace(other, organisation="other"))


def test_a_later_finding_leaves_the_id_of_the_incident_as_it_was() -> None:
    story = albania()
    early = incidents([finding for finding in story if finding.first and finding.first < START + timedelta(days=200)])
    assert {incident.id for incident in incidents(story)} <= {incident.id for incident in early}


def test_routine_rules_tie_nothing() -> None:
    routine = [
        act(n, "execution", "medium", host=f"WS{n % 20:02}", name="noise", DestinationIp=f"198.51.100.{n % 100}")
        for n in range(300)
    ]
    routine = [replace(finding, count=10) for finding in routine]
    strong = [act(n * 50, "impact", host=f"S{n}", DestinationIp=f"198.51.100.{n}") for n in range(3)]
    found = incidents([*routine, *strong])
    assert len({holding(found, finding).id for finding in strong}) == 3


def test_lone_findings_of_one_medium_rule_on_one_host_are_told_once_and_queued() -> None:
    lone = [act(5 * n, "lateral-movement", "medium") for n in range(4)]
    (incident,) = incidents(lone)
    assert incident.queued
    assert any("stands alone on one host again and again" in why for why in incident.why)


def test_lone_findings_of_one_high_rule_are_told_once_for_each_account() -> None:
    lone = [act(5 * n, "collection", user=f"MIN\\u{n % 2}", host="EXCH01") for n in range(4)]
    assert sorted(len(incident.findings) for incident in incidents(lone)) == [2, 2]
    critical = [act(5 * n, "collection", "critical", user="MIN\\u", host="EXCH01") for n in range(3)]
    assert len(incidents(critical)) == 3


def test_a_medium_rule_that_stands_alone_on_many_hosts_is_folded_but_not_an_analytic() -> None:
    lone = [act(5 * n, "lateral-movement", "medium", host=f"WS{n}") for n in range(6)]
    (folded,) = incidents(lone)
    (queued,) = incidents([replace(finding, message="Somebody moved.") for finding in lone])
    assert (folded.queued, queued.queued) == (False, True)


def test_weak_findings_beside_a_lone_medium_rule_make_no_story_of_it() -> None:
    lone = [act(5 * n, "lateral-movement", "medium", host=f"WS{n}") for n in range(6)]
    weak = [act(5 * n + 0.001, "execution", "low", host=f"WS{n}", name="weak") for n in range(6)]
    weak = [replace(finding, message="A service appeared.") for finding in weak]
    assert not any(incident.queued for incident in incidents([*lone, *weak]))


def test_an_address_that_an_analytic_names_ties_the_mailboxes_of_many_people() -> None:
    spray = replace(
        act(0, "credential-access", host="tenant"), message="One address tried 400 accounts.", keys=(f"ip:{C2}",)
    )
    mail = [
        act(1 + n, "collection", user=f"MIN\\u{n}", host="tenant", ClientIP=C2, name=f"r{n}")
        for n in range(KEY_PEOPLE + 4)
    ]
    assert together(spray, *mail)
    assert not together(*mail)
