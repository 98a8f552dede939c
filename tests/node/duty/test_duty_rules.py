"""The rules of the scripted analyst (benchmarks/duty_day): what decides, and what does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.duty_day.rules import HOSTS_OF_A_WIDE_RULE, apart, is_attack, judge
from benchmarks.duty_day.seen import Seen, read

NOON = datetime(2022, 7, 15, 12, tzinfo=UTC)


def finding(
    rule: str, host: str, minute: int = 0, role: str = "", technique: str = "T1059", **more: Any
) -> dict[str, Any]:
    time = (NOON + timedelta(minutes=minute)).isoformat()
    told = {"id": rule, "title": rule, "level": "high", "author": "Wazuh", "attack": [technique]}
    return {
        "rule": told | more.pop("rule", {}), "host": host, "user": more.pop("user", ""), "role": role, "count": 1,
        "first": time, "last": time, "evidence": [{"fields": more}],
    }  # fmt: skip


def incident(
    id: str, *found: dict[str, Any], level: str = "high", by_hand: bool = False, host: str = "", tactics: Any = ()
) -> Seen:
    hosts = [host] if host else [each["host"] for each in found]
    shown = {"title": id, "level": level, "hosts": hosts, "tactics": tactics, "next_steps": ["Call."]}
    state = {"id": id, "shown": shown, "said": {"title": id} if by_hand else None}
    return read({"incident": state, "found": list(found)})


ODD = {"user": "X\\anna", "Image": "C:\\odd\\wipe.exe"}
ATTACK = incident("I-attack", *(finding(f"r{n}", "PC-1.x.example", n, **ODD) for n in range(3)))


def test_three_strong_rules_on_one_host_within_an_hour_are_an_attack_and_on_three_hosts_are_none() -> None:
    assert is_attack(ATTACK)
    assert not is_attack(incident("I-1", *(finding(f"r{n}", f"PC-{n}", n) for n in range(3))))
    assert not is_attack(incident("I-1", *(finding(f"r{n}", "PC-1", 50 * n) for n in range(3))))
    assert is_attack(incident("I-1", finding("r", "PC-1"), level="critical"))
    assert is_attack(incident("I-1", finding("r", "PC-1"), tactics=["impact"]))
    assert not is_attack(incident("I-1", finding("r", "PC-1"), tactics=["impact"], level="medium"))
    assert not is_attack(incident("I-1", finding("r", "B", role="backup", technique="T1490"), tactics=["impact"]))


def test_the_work_of_a_machine_is_benign_only_where_all_of_it_is_its_work() -> None:
    work = finding("Many ports", "SCAN", role="scanner", technique="T1046")
    odd = finding("Dumped", "SCAN", role="scanner", technique="T1003")
    verdicts = judge([incident("I-1", work), incident("I-2", work, odd)])
    assert [verdicts[each].kind for each in ("I-1", "I-2")] == ["benign", "look"]


def test_near_an_attack_a_host_an_account_a_program_and_a_caller_are_parts_of_it() -> None:
    verdicts = judge([
        ATTACK,
        incident("I-host", finding("a", "PC-1.x.example", 10)),
        incident("I-later", finding("b", "PC-1.x.example", 90)),
        incident("I-account", finding("c", "-", 5, TargetUserName="anna")),
        incident("I-program", finding("d", "PC-9.x.example", 500, Image="C:\\odd\\wipe.exe")),
        incident("I-system", finding("e", "PC-8.x.example", 500, Image="C:\\Windows\\System32\\cmd.exe")),
        incident("I-call", by_hand=True, host="PC-1"),
    ])  # fmt: skip
    parts = {id for id, verdict in verdicts.items() if verdict.of == "I-attack"}
    assert parts == {"I-host", "I-account", "I-program", "I-call"}
    assert verdicts["I-later"].kind == verdicts["I-system"].kind == "look"


def test_one_rule_alone_on_many_hosts_is_too_wide_and_on_few_is_not() -> None:
    many = [incident(f"I-{n}", finding("Trojan", f"PC-{n}")) for n in range(HOSTS_OF_A_WIDE_RULE)]
    assert {each.kind for each in judge(many).values()} == {"false"}
    assert {each.kind for each in judge(many[1:]).values()} == {"look"}


def test_what_only_lies_beside_an_attack_is_split_off() -> None:
    work = finding("Shadow copies", "BKP", role="backup", technique="T1490")
    mixed = incident("I-1", work, *(finding(f"r{n}", "LNX", n) for n in range(3)))
    assert apart(mixed) == ["bkp"]
    assert apart(ATTACK) == [] and apart(incident("I-2", work)) == []
