"""What a scenario sets for all members: how often machines speak by themselves, and where mail is."""

from collections import Counter

import numpy as np
import pytest

from tocsin.exercise.range.alliance import Member, Setting
from tocsin.exercise.range.background import background
from tocsin.exercise.range.columns import Pick
from tocsin.exercise.range.founding import found

TUESDAY = 20_515  # 3 March 2026, days since 1970
SPAN = (0, 1 << 62)


def day_of(member: Member) -> Counter[str]:
    """Records of a Tuesday by stream."""
    counts: Counter[str] = Counter()
    for batch in background(member, TUESDAY, 1, SPAN):
        counts[batch.stream] += len(batch)
    return counts


def members(setting: Setting) -> tuple[Member, ...]:
    return found([12, 30, 120, 300], 1, setting).members


@pytest.mark.parametrize("pace", [2, 3, 4, 6])
def test_machines_speak_less_often_and_people_do_not(pace: int) -> None:
    usual, slow = members(Setting())[-1], members(Setting(pace=pace))[-1]
    before, after = day_of(usual), day_of(slow)
    assert after["linux"] < before["linux"] and after["zeek_conn"] < 0.8 * before["zeek_conn"]
    for stream in ("web", "m365", "entra"):
        assert after[stream] == pytest.approx(before[stream], rel=0.25), stream


def test_the_ordinary_setting_changes_nothing() -> None:
    assert [day_of(member) for member in members(Setting())] == [
        day_of(member) for member in found([12, 30, 120, 300], 1).members
    ]


def test_mail_in_the_house_is_for_those_who_had_it_in_the_cloud() -> None:
    usual, own = members(Setting()), members(Setting(own_mail=True))
    changed = [two.folder for one, two in zip(usual, own, strict=True) if one.logging != two.logging]
    assert changed == [usual[-1].folder]
    assert len(own[-1].of_role("exchange")) and not len(usual[-1].of_role("exchange"))
    counts = day_of(own[-1])
    assert counts["iis"] > 0 and not counts["m365"] and not counts["entra"]


def asked_at_sharepoint(member: Member) -> set[str]:
    """The addresses from which SharePoint was asked on a Tuesday."""
    asked: set[str] = set()
    for batch in background(member, TUESDAY, 1, SPAN):
        if batch.stream == "iis":
            clients = batch.values["client"]
            assert isinstance(clients, Pick)
            here = np.broadcast_to(batch.host_numbers() == member.one("sharepoint").index, len(batch))
            asked |= {clients.pool.texts[code] for code in clients.codes[here].tolist()}
    return asked


def test_sharepoint_is_asked_from_outside_only_where_it_is_for_everybody() -> None:
    everybody, house = members(Setting(own_mail=True))[-1], members(Setting())[2]
    assert any(not client.startswith("10.") for client in asked_at_sharepoint(everybody))
    assert asked_at_sharepoint(house) and all(client.startswith("10.") for client in asked_at_sharepoint(house))


def test_the_firewall_logs_what_comes_in_to_an_extranet() -> None:
    for setting, logged in ((Setting(own_mail=True), True), (Setting(), False)):
        member = found([80, 260], 1, setting).members[-2]
        host = member.one("sharepoint").index
        assert bool(member.sees("firewall")[host]) is logged
