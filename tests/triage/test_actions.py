"""Proposed actions: who has to approve, what may follow on what, and the files that are handed out."""

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin import limits
from tocsin.errors import Conflict, SinkError, UsageError
from tocsin.triage.actions import (
    Action,
    ActionKind,
    Form,
    Seen,
    State,
    approve,
    check_period,
    form_of,
    people_needed,
    state,
    undo,
    withdraw,
    write,
)
from tocsin.triage.artefacts import artefact, check_form, numbers_needed
from tocsin.triage.artefacts import undo as undo_file

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
WEEK = timedelta(days=7)
ANNA, BORIS, CARLA = "account:anna", "account:boris", "account:carla"


def action(
    *values: str, kind: ActionKind = ActionKind.BLOCK, form: Form = Form.NFTABLES, hosts: int | None = 0
) -> Action:
    return Action("A-1", "I-1", kind, form, values or ("203.0.113.7",), ANNA, "beacon", NOW, NOW + WEEK, Seen(hosts))


def yes(first: str, second: str) -> bool:
    return True


def approved(*values: str, form: Form = Form.NFTABLES) -> Action:
    return approve(action(*values, form=form), BORIS, NOW, yes)


def test_one_person_approves_a_narrow_block_also_its_owner() -> None:
    assert state(action(), NOW) is State.PROPOSED and state(approved(), NOW) is State.APPROVED
    assert state(approve(action(), ANNA, NOW, yes), NOW) is State.APPROVED


@pytest.mark.parametrize(
    "two",
    [
        action("PC-1", kind=ActionKind.ISOLATE, form=Form.TEXT),
        action("anna", kind=ActionKind.DISABLE_ACCOUNT, form=Form.JSON),
        action("203.0.112.0/23"),
        action("2001:db8::/47"),
        action("203.0.112.0/24", "203.0.113.0/25", "203.0.113.128/25"),
        action("2001:db8:2::/48", "203.0.113.7", "2001:db8:3::/48"),
        action(hosts=None),
        action(hosts=limits.ACTION_ALONE_HOSTS),
    ],
    ids=["isolate", "disable", "wide", "wide IPv6", "wide in parts", "wide IPv6 in parts", "unknown", "many hosts"],
)
def test_what_is_destructive_needs_two_people(two: Action) -> None:
    assert people_needed(two) == 2
    once = approve(two, ANNA, NOW, yes)
    assert state(once, NOW) is State.PROPOSED
    with pytest.raises(Conflict, match="not approved"):
        write(once, ANNA, NOW)
    with pytest.raises(Conflict, match="you have approved"):
        approve(once, ANNA, NOW, yes)
    asked: list[tuple[str, str]] = []
    both = approve(once, BORIS, NOW, lambda first, second: asked.append((first, second)) is None)
    assert state(both, NOW) is State.APPROVED and asked == [(ANNA, BORIS)]
    with pytest.raises(Conflict, match="do not count"):
        approve(once, BORIS, NOW, lambda first, second: False)


def test_what_is_narrow_or_seen_by_few_needs_one() -> None:
    for one in (
        action("203.0.113.0/24"),
        action("2001:db8::/48"),
        action("203.0.113.0/24", "203.0.114.0/24"),  # neighbours, and no network together
        action("evil.example", "203.0.112.7", form=Form.SURICATA),
        action(hosts=limits.ACTION_ALONE_HOSTS - 1),
    ):
        assert people_needed(one) == 1


def test_it_is_written_and_undone_and_nothing_else_follows() -> None:
    written = write(approved(), CARLA, NOW)
    assert state(written, NOW) is State.WRITTEN and write(written, BORIS, NOW + WEEK / 2).written_by == CARLA
    ended = undo(written, BORIS, "clean", NOW)
    assert state(ended, NOW) is State.UNDONE
    for step in (
        lambda: write(ended, ANNA, NOW),
        lambda: undo(ended, ANNA, "", NOW),
        lambda: withdraw(written, ANNA, "", NOW),
        lambda: approve(written, ANNA, NOW, yes),
        lambda: undo(approved(), ANNA, "", NOW),
    ):
        with pytest.raises(Conflict):
            step()


def test_a_proposal_can_be_withdrawn_and_then_is_over() -> None:
    for before in (action(), approved()):
        over = withdraw(before, BORIS, "a partner", NOW)
        assert state(over, NOW) is State.WITHDRAWN and state(over, NOW + WEEK) is State.WITHDRAWN
        with pytest.raises(Conflict, match="withdrawn"):
            approve(over, CARLA, NOW, yes)


def test_it_expires_by_itself_and_what_was_written_can_still_be_undone() -> None:
    for each in (action(), approved(), write(approved(), ANNA, NOW)):
        assert (
            state(each, NOW + WEEK) is State.EXPIRED
            and state(each, NOW + WEEK - timedelta(seconds=1)) is not State.EXPIRED
        )
    with pytest.raises(Conflict, match="expired"):
        write(approved(), ANNA, NOW + WEEK)
    with pytest.raises(Conflict, match="never written"):
        undo(approved(), ANNA, "", NOW + WEEK)
    assert state(undo(write(approved(), ANNA, NOW), ANNA, "", NOW + WEEK), NOW + WEEK) is State.UNDONE


def tried(found: Action, name: str, actor: str, now: datetime) -> Action:
    """One step by its name."""
    if name == "approve":
        return approve(found, actor, now, lambda one, other: one != other)
    if name == "write":
        return write(found, actor, now)
    return {"withdraw": withdraw, "undo": undo}[name](found, actor, "", now)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["approve", "withdraw", "write", "undo"]),
            st.sampled_from([ANNA, BORIS]),
            st.integers(0, 10),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_whatever_is_tried_nothing_is_written_without_enough_people(
    steps: list[tuple[str, str, int]], two: bool
) -> None:
    found, now = action(hosts=None if two else 0), NOW
    for name, actor, days in steps:
        now += timedelta(days=days) / 4
        before = found
        try:
            found = tried(found, name, actor, now)
        except Conflict:
            assert found is before
        assert (found.values, found.until, found.kind) == (before.values, before.until, before.kind)
        people = {each.actor for each in found.approvals}
        assert found.written is None or len(people) >= (2 if two else 1)
        assert found.written is None or found.written < found.until


def test_an_action_stands_for_a_bounded_while() -> None:
    assert check_period(limits.ACTION_LEAST_SECONDS) and check_period(limits.ACTION_MOST_SECONDS)
    for seconds in (0, -1, limits.ACTION_LEAST_SECONDS - 1, limits.ACTION_MOST_SECONDS + 1):
        with pytest.raises(UsageError):
            check_period(seconds)


def test_the_form_fits_kind_and_values() -> None:
    assert form_of(ActionKind.BLOCK, None, ("203.0.113.7", "2001:db8::/48")) is Form.NFTABLES
    assert form_of(ActionKind.BLOCK, None, ("evil.example",)) is Form.RPZ
    assert form_of(ActionKind.ISOLATE, None, ("PC-1",)) is Form.TEXT
    for kind, form in ((ActionKind.BLOCK, Form.TEXT), (ActionKind.ISOLATE, Form.RPZ)):
        with pytest.raises(UsageError):
            form_of(kind, form, ("PC-1",))
    for form, value in ((Form.NFTABLES, "evil.example"), (Form.RPZ, "203.0.113.7")):
        with pytest.raises(UsageError):
            check_form(form, [value])
    check_form(Form.SURICATA, ["evil.example", "203.0.113.7"])


def test_nftables_is_a_table_of_its_own_whose_elements_end_by_themselves() -> None:
    text = artefact(
        approved("203.0.113.7", "198.51.100.0/25", "198.51.100.128/25", "2001:db8::/64"), NOW + timedelta(days=6)
    )
    assert text.splitlines()[1:3] == ["add table inet tocsin_a_1", "delete table inet tocsin_a_1"]
    assert "203.0.113.7 timeout 86400s" in text and "2001:db8::/64 timeout 86400s" in text
    assert "198.51.100.0/24 timeout 86400s" in text  # joined: nft refuses intervals that touch wrongly
    assert text.count("{") == text.count("}") and "type ipv4_addr" in text and "flags interval, timeout" in text
    assert all(
        f"{ip} {end} @{name} counter drop" in text
        for ip, name in (("ip", "block4"), ("ip6", "block6"))
        for end in ("saddr", "daddr")
    )
    taken_back = undo_file(approved(), NOW)
    assert taken_back.splitlines()[1:] == ["add table inet tocsin_a_1", "delete table inet tocsin_a_1"]


def test_a_policy_zone_has_all_that_stands_and_the_undo_leaves_this_one_out() -> None:
    other = msgspec.structs.replace(approved("worse.example", form=Form.RPZ), id="A-2")
    mine = approved("evil.example", form=Form.RPZ)
    lines = artefact(mine, NOW, [other]).splitlines()
    assert f" {int(NOW.timestamp())} " in lines[1] and "SOA" in lines[1] and lines[2] == "@ IN NS localhost."
    assert [each for each in lines if each.endswith("CNAME .")] == [
        "evil.example CNAME .",
        "*.evil.example CNAME .",
        "worse.example CNAME .",
        "*.worse.example CNAME .",
    ]
    left = undo_file(mine, NOW + WEEK, [other])
    assert "evil.example" not in left and "worse.example CNAME ." in left
    assert f" {int((NOW + WEEK).timestamp())} " in left  # the serial grows


def test_an_erased_value_is_in_no_list_and_keeps_no_other_out() -> None:
    zone = artefact(action("[erased]", "evil.example", form=Form.RPZ), NOW, [action("mail.[erased]", form=Form.RPZ)])
    assert "\nevil.example CNAME .\n" in zone and zone.count("CNAME") == 2 and zone.count("; A name was taken out") == 2
    table = artefact(action("203.0.113.7", "[erased]"), NOW)
    assert "203.0.113.7 timeout" in table and "erased" not in table


def test_a_name_that_is_too_long_for_the_zone_is_told_when_it_is_proposed() -> None:
    name = ".".join(["a" * 60] * 4)
    check_form(Form.SURICATA, [name])
    with pytest.raises(SinkError, match="characters"):
        check_form(Form.RPZ, [name])


def test_suricata_has_numbers_of_its_own_range_and_the_undo_disables_them() -> None:
    mine = msgspec.structs.replace(approved("203.0.113.0/24", "evil.example", form=Form.SURICATA), sid=1_500_010)
    text = artefact(mine, NOW)
    rules = [line for line in text.splitlines() if line.startswith("drop ")]
    assert len(rules) == numbers_needed(mine.form, mine.values) == 4
    assert [f"sid:{number};" in rule for number, rule in zip(range(1_500_010, 1_500_014), rules, strict=True)] == [
        True
    ] * 4
    assert "203.0.113.0/24 any (msg:" in rules[0] and 'dns.query; dotprefix; content:".evil.example"' in rules[1]
    assert "nocase" not in rules[3] and "http.host" in rules[3]
    assert undo_file(mine, NOW).splitlines()[1:] == [f"1:{number}" for number in range(1_500_010, 1_500_014)]


@pytest.mark.parametrize("kind", [ActionKind.ISOLATE, ActionKind.DISABLE_ACCOUNT])
def test_isolating_and_disabling_are_instructions_with_an_undo(kind: ActionKind) -> None:
    mine = action("PC-1\x1b[2J", kind=kind, form=Form.TEXT)
    text, back = artefact(mine, NOW), undo_file(mine, NOW)
    assert "PC-1<ESC>[2J" in text and "\x1b" not in text + back and "[ ] 1." in text and "approved: not yet" in text
    verbs = ("ISOLATE", "CONNECT") if kind is ActionKind.ISOLATE else ("DISABLE", "ENABLE")
    assert text.startswith(verbs[0]) and back.startswith(verbs[1])
    told = json.loads(artefact(msgspec.structs.replace(mine, form=Form.JSON), NOW))
    assert told["values"] == ["PC-1\x1b[2J"] and told["do"] == str(kind) and len(told["steps"]) >= 4
    assert json.loads(undo_file(msgspec.structs.replace(mine, form=Form.JSON), NOW))["do"] != str(kind)


def test_files_have_ids_and_no_names_and_no_reasons() -> None:
    for form, value in ((Form.NFTABLES, "203.0.113.7"), (Form.RPZ, "evil.example"), (Form.SURICATA, "evil.example")):
        text = artefact(approved(value, form=form), NOW) + undo_file(approved(value, form=form), NOW)
        assert "anna" not in text and "beacon" not in text and "A-1" in text


@given(st.lists(st.ip_addresses(), min_size=1, max_size=20, unique=True), st.integers(1, 7 * 86_400 - 1))
def test_an_nftables_file_covers_exactly_what_was_approved(addresses: list[object], seconds: int) -> None:
    text = artefact(approved(*map(str, addresses)), NOW + timedelta(seconds=seconds))
    written = [
        line.split()[0] for line in text.splitlines() if " timeout " in line and not line.lstrip().startswith("flags")
    ]
    covered = {
        ip_address(int(each.network_address) + at) if each.version == 4 else each.network_address + at
        for each in map(ip_network, written)
        for at in range(each.num_addresses)
    }
    assert covered == set(addresses)
