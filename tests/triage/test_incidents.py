"""Findings become incidents for good reasons, and only for good reasons."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin import limits
from tocsin.model import LEVELS, Evidence, Finding, Incident, RuleInfo
from tocsin.triage import group_findings
from tocsin.triage.accounts import is_person, ties_hosts
from tocsin.triage.progress import rule_tactics

START = datetime(2022, 7, 15, 9, 0, tzinfo=UTC)
NOW = START + timedelta(days=30)
DUMPING = ("T1003.001", "credential-access")
CLEARING = ("T1070.001", "defense-evasion")
WIPING = ("T1561", "impact")
LOOKING = ("T1033", "discovery")
RUNNING = ("T1059.001", "execution")


def rule(name: str, level: str = "high", shows: tuple[str, str] = RUNNING, **more: object) -> RuleInfo:
    return RuleInfo(id=name, title=name, level=level, attack=(shows[0],), tactics=(shows[1],), **more)  # type: ignore[arg-type]


def finding(
    of: RuleInfo,
    minute: float | None = 0.0,
    host: str = "WS01",
    user: str = "MINISTRY\\a.prifti",
    *,
    events: tuple[str, ...] = (),
    lasts: float = 0.0,
    count: int = 1,
    process: str = "",
    parent: str = "",
) -> Finding:
    first = None if minute is None else START + timedelta(minutes=minute)
    last = first and first + timedelta(minutes=lasts)
    seen = Evidence(f"{of.id}-{host}-{minute}", first, "a.evtx", 1, {}, process, parent)
    return Finding(of, host, user, count, first, last, events or (f"{of.id}{host}{user}{minute}",), (seen,))


def together(*findings: Finding) -> bool:
    return len(group_findings(findings, NOW)) == 1


def test_one_account_on_one_host_within_an_hour_is_one_incident() -> None:
    (incident,) = group_findings(
        [finding(rule("dump", shows=DUMPING)), finding(rule("clear", shows=CLEARING), 50)], NOW
    )
    assert incident.title == "Credential dumping and log clearing on WS01 by MINISTRY\\a.prifti"
    assert incident.tactics == ("defense-impairment", "credential-access")
    assert "Between the acts of MINISTRY\\a.prifti on one host no pause is longer than an hour." in incident.why


def test_a_long_pause_parts_incidents() -> None:
    assert not together(finding(rule("a")), finding(rule("b"), 61))


def test_a_service_account_joins_a_person_on_the_same_host_within_minutes() -> None:
    assert together(finding(rule("a")), finding(rule("b"), 10, user="NT AUTHORITY\\SYSTEM"))
    assert not together(finding(rule("a")), finding(rule("b"), 20, user="NT AUTHORITY\\SYSTEM"))


def test_system_on_hundreds_of_hosts_is_not_one_incident() -> None:
    findings = [finding(rule(f"r{n}"), n / 100, f"WS{n}", "NT AUTHORITY\\SYSTEM") for n in range(300)]
    assert len(group_findings(findings, NOW)) == 300


def test_a_rare_account_ties_hosts_within_an_hour() -> None:
    (incident,) = group_findings([finding(rule("a")), finding(rule("b"), 40, "DC01")], NOW)
    assert incident.hosts == ("DC01", "WS01")
    assert "MINISTRY\\a.prifti acted on several hosts within an hour." in incident.why


def test_accounts_that_exist_everywhere_tie_no_hosts() -> None:
    assert not together(finding(rule("a"), user="WS01\\Administrator"), finding(rule("b"), 1, "DC01", "Administrator"))


def test_an_account_on_many_hosts_ties_them_only_by_strong_findings() -> None:
    weak = [finding(rule(f"r{n}", "medium"), n, f"WS{n}", "svc_backup") for n in range(9)]
    strong = [finding(rule(f"r{n}"), n, f"WS{n}", "svc_backup") for n in range(9)]
    assert len(group_findings(weak, NOW)) == 9
    assert len(group_findings(strong, NOW)) == 1


def test_a_medium_finding_between_two_strong_ones_of_a_process_does_not_part_them() -> None:
    strong = [finding(rule("a"), process="{p}"), finding(rule("b"), 600, user="NT AUTHORITY\\SYSTEM", process="{p}")]
    assert together(*strong)
    assert together(*strong, finding(rule("c", "medium"), 120, process="{p}"))


def test_a_process_tree_is_one_incident_for_a_day_even_over_accounts() -> None:
    child = finding(rule("b"), 600, user="SYSTEM", process="{g2}", parent="{g1}")
    (incident,) = group_findings([finding(rule("a"), process="{g1}"), child], NOW)
    assert "process tree" in {part.name for part in incident.parts}
    assert "The events belong to one process, or to a parent and its children." in incident.why


def test_the_empty_process_id_ties_nothing() -> None:
    empty = "{00000000-0000-0000-0000-000000000000}"
    assert not together(finding(rule("a"), process=empty), finding(rule("b"), 600, process=empty))


def test_two_rules_on_the_same_event_stay_two_findings_of_one_incident() -> None:
    (incident,) = group_findings(
        [finding(rule("a"), events=("e1",)), finding(rule("b"), 0, "", "", events=("e1",))], NOW
    )
    assert len(incident.findings) == 2
    assert "Several rules fired on the same events: they describe one act." in incident.why
    assert "agreement" not in {part.name for part in incident.parts}


def test_one_wiper_rule_on_all_hosts_at_once_is_one_incident() -> None:
    wiper = rule("wiper", "critical", WIPING)
    (incident,) = group_findings([finding(wiper, n, f"WS{n}", "SYSTEM") for n in range(40)], NOW)
    assert incident.level == "critical"
    assert "“wiper” fired on several hosts at once, and not before or after." in incident.why
    assert {"breadth", "damage"} <= {part.name for part in incident.parts}


def test_a_strong_rule_that_fires_all_day_on_many_hosts_ties_nothing() -> None:
    noisy = rule("noisy")
    assert len(group_findings([finding(noisy, n * 30, f"WS{n}", "SYSTEM") for n in range(48)], NOW)) == 48


def test_a_host_shared_by_many_people_keeps_them_apart() -> None:
    assert len(group_findings([finding(rule(f"r{n}"), n, "TS01", f"user{n}") for n in range(20)], NOW)) == 20


def test_nothing_is_brought_together_through_a_weak_finding() -> None:
    weak = finding(rule("weak", "low", LOOKING), 0, lasts=300)
    incidents = group_findings([finding(rule("a")), finding(rule("b"), 300), weak], NOW)
    assert sorted(len(incident.findings) for incident in incidents) == [1, 2]


def test_a_weak_finding_joins_a_strong_one_near_it() -> None:
    (incident,) = group_findings([finding(rule("a")), finding(rule("weak", "low", LOOKING), 5, user="SYSTEM")], NOW)
    assert "Weaker findings came on WS01 close to the stronger ones." in incident.why


def test_a_busy_host_does_not_become_one_endless_incident() -> None:
    findings = [finding(rule(f"r{n % 50}"), n * 10, user=f"u{n % 3}", lasts=30) for n in range(2000)]
    incidents = group_findings(findings, NOW)
    assert all(incident.last - incident.first <= timedelta(days=1) for incident in incidents if incident.first)
    assert len(incidents) < 60


def test_weak_rules_that_stand_alone_are_told_once() -> None:
    (incident,) = group_findings([finding(rule("weak", "low"), n * 100, f"WS{n}", f"u{n}") for n in range(300)], NOW)
    assert "breadth" not in {part.name for part in incident.parts}
    assert incident.title == "Weak on WS0, WS1 and 298 more"


def test_a_routine_rule_ranks_below_and_says_so() -> None:
    routine = [finding(rule("routine"), n * 200, f"WS{n % 50}", "SYSTEM", count=100) for n in range(100)]
    incidents = group_findings([*routine, finding(rule("rare", "medium"), host="DC01", user="SYSTEM")], NOW)
    assert [incident.findings[0].rule.id for incident in incidents] == ["rare", "routine"]
    assert any("10,000 times, on 50 of 51 hosts" in sentence for sentence in incidents[1].against)
    assert ("routine", -25) in {(part.name, part.points) for part in incidents[1].parts}


def test_an_outbreak_of_days_is_not_routine() -> None:
    outbreak = [finding(rule("worm"), n * 48, f"WS{n:02}", f"u{n}", count=40) for n in range(100)]
    incidents = group_findings(outbreak, NOW)
    assert not any(part.name == "routine" for incident in incidents for part in incident.parts)


def test_known_benign_triggers_speak_against_an_incident() -> None:
    (incident,) = group_findings([finding(rule("a", falsepositives=("Unknown", "Backup", "Exercises")))], NOW)
    assert incident.against == (
        "If it is harmless, then most likely: Backup.",
        "“a” is also known from: Exercises",
    )


def test_one_person_in_two_spellings_is_told_once() -> None:
    spelled = [
        finding(rule("a"), 0, user="anna"),
        finding(rule("b"), 30, user="MINISTRY\\anna"),
        finding(rule("c"), 31, user="S-1-5-21-1-2-3-1111"),
    ]
    (incident,) = group_findings(spelled, NOW)
    assert incident.title == "Suspicious PowerShell on WS01 by MINISTRY\\anna"


def test_findings_of_two_organisations_never_meet() -> None:
    one = finding(rule("a"))
    other = Finding(rule("b"), "WS01", one.user, 1, one.first, one.last, ("x",), organisation="B")
    assert len(group_findings([one, other], NOW)) == 2


def test_events_without_time_stay_explained() -> None:
    (incident,) = group_findings([finding(rule("a"), None), finding(rule("b"), None)], NOW)
    assert "None of these events carries a readable time." in incident.against
    assert incident.first is None


def test_a_wrong_clock_speaks_against_the_order() -> None:
    (incident,) = group_findings([finding(rule("a"))], START - timedelta(days=3))
    assert any("a clock was wrong" in sentence for sentence in incident.against)


def test_a_recent_incident_is_more_urgent() -> None:
    assert "recent" in {part.name for part in group_findings([finding(rule("a"))], START + timedelta(hours=1))[0].parts}
    assert "recent" not in {part.name for part in group_findings([finding(rule("a"))], NOW)[0].parts}


def test_a_correlation_rule_gives_points() -> None:
    (incident,) = group_findings([finding(rule("a", logsource="correlation"))], NOW)
    assert "correlation" in {part.name for part in incident.parts}


def test_an_oversized_incident_is_told_in_parts(monkeypatch: object) -> None:
    many = [finding(rule(f"r{n:05}", "low"), n / 1000) for n in range(limits.INCIDENT_FINDINGS + 5)]
    assert sorted(len(incident.findings) for incident in group_findings(many, NOW)) == [5, limits.INCIDENT_FINDINGS]


def test_no_findings_are_no_incidents() -> None:
    assert group_findings([], NOW) == ()


def test_service_accounts_are_nobody() -> None:
    nobody = [
        "",
        "-",
        "SYSTEM",
        "NT AUTHORITY\\SYSTEM",
        "WS01$",
        "MINISTRY\\DC01$",
        "S-1-5-18",
        "DWM-2",
        "Local Service",
    ]
    assert not any(map(is_person, nobody))
    assert all(map(is_person, ["MINISTRY\\a.prifti", "a.prifti@ministry.example", "root", "Administrator"]))
    assert not any(map(ties_hosts, ["root", "WS01\\Administrator"]))


def test_defense_evasion_is_read_in_the_words_of_version_19() -> None:
    assert rule_tactics(rule("a", shows=CLEARING)) == ("defense-impairment",)
    assert rule_tactics(rule("a", shows=("T1036", "defense_evasion"))) == ("stealth",)
    assert rule_tactics(RuleInfo("a", "a", "low", attack=("T1053.005",))) == ("execution",)


NAMES = st.sampled_from(["", "WS01", "WS02", "SYSTEM", "MINISTRY\\a", "{g1}", "ü"])
FINDINGS = st.lists(
    st.builds(
        lambda name, level, minute, host, user, lasts, process, parent, event: finding(
            rule(name, level), minute, host, user, lasts=lasts, process=process, parent=parent, events=event
        ),
        st.sampled_from("abcde"),
        st.sampled_from(LEVELS),
        st.none() | st.integers(0, 3000),
        NAMES,
        NAMES,
        st.integers(0, 3000),
        NAMES,
        NAMES,
        st.lists(st.sampled_from("xyz"), max_size=2).map(tuple),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(FINDINGS, st.randoms(use_true_random=False))
def test_every_finding_is_in_one_incident_whatever_the_order(findings: list[Finding], chance: object) -> None:
    incidents = group_findings(findings, NOW)
    shuffled = list(findings)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sorted(map(repr, (f for incident in incidents for f in incident.findings))) == sorted(map(repr, findings))
    assert [_told(incident) for incident in group_findings(shuffled, NOW)] == [
        _told(incident) for incident in incidents
    ]
    assert len({incident.id for incident in incidents}) == len(incidents)
    assert all(incident.why and incident.title and incident.next_steps and incident.cause for incident in incidents)
    ranks = [(not incident.queued, -incident.score) for incident in incidents]
    assert ranks == sorted(ranks), "what is folded last"


def test_findings_that_differ_only_in_their_evidence_keep_their_places_whatever_the_order() -> None:
    def seen(name: str, process: str, parent: str) -> Finding:
        return replace(finding(rule(name), None, process=process, parent=parent), event_ids=())

    findings = [seen("a", "{p}", ""), seen("a", "{q}", "{p}"), seen("a", "{r}", ""), seen("b", "{r}", "{q}")]
    orders = {tuple(map(repr, group_findings(order, NOW))) for order in permutations(findings)}
    assert len(orders) == 1


def _told(incident: Incident) -> tuple[object, ...]:
    return (incident.id, incident.title, incident.score, incident.why, incident.against)


def test_twenty_thousand_findings_take_seconds() -> None:
    findings = [
        finding(
            rule(f"r{n % 700}", LEVELS[n % 5], LOOKING),
            (n * 37) % 10_000,
            f"WS{n % 900}",
            f"u{n % 1300}" if n % 3 else "SYSTEM",
            events=tuple(f"e{n}-{k}" for k in range(5)),
            process=f"{{p{n // 2}}}",
            parent=f"{{p{n // 3}}}",
        )
        for n in range(20_000)
    ]
    began = time.process_time()
    incidents = group_findings(findings, NOW)
    assert time.process_time() - began < 20.0
    assert sum(len(incident.findings) for incident in incidents) == 20_000
