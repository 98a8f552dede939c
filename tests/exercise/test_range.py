"""The range: what it writes is reproducible, true to its answer sheet, and nobody's."""

import hashlib
import ipaddress
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from played_exercise import DAYS, FLOOD, HOSTS, MARK, REHEARSAL, Played

from tocsin.errors import UsageError
from tocsin.exercise.range import SCENARIOS, play, scenario_by_id
from tocsin.exercise.range.background import background
from tocsin.exercise.range.founding import found, shares
from tocsin.exercise.range.sizing import daily, sized
from tocsin.exercise.range.streams import STREAMS, rotation
from tocsin.exercise.range.times import day_number

SPAN = (0, 1 << 62)
ALLOWED = [
    ipaddress.ip_network(text)
    for text in (
        *(
            "10.0.0.0/8",
            "192.0.2.0/24",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
            "127.0.0.0/8",
            "0.0.0.0/32",
        ),
    )
]
VERSION = re.compile(r"(FileVersion|fw=|Chrome|Edg|version|Firefox|Platform|MSTeams|Edge|OS|Agent|rv:|\()[^ ]*$")


def fingerprints(folder: Path) -> dict[str, str]:
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    short = replace(REHEARSAL, days=2, hosts=100)
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        play(short, tmp_path / name, seed=seed)
    assert fingerprints(tmp_path / "one") == fingerprints(tmp_path / "two")
    assert fingerprints(tmp_path / "one") != fingerprints(tmp_path / "other")


def test_a_day_does_not_depend_on_the_days_before_it() -> None:
    member = sized(1, 80, 1).members[0]
    day = day_number(REHEARSAL.first)
    alone = [(batch.stream, batch.kind, batch.times.tolist()) for batch in background(member, day + 1, 1, SPAN)]
    background(member, day, 1, SPAN)
    again = [(batch.stream, batch.kind, batch.times.tolist()) for batch in background(member, day + 1, 1, SPAN)]
    assert alone == again


@pytest.mark.parametrize(("members", "hosts"), [(4, 2_000), (2, 800), (5, 2_000)])
def test_members_write_their_shares_of_the_background(members: int, hosts: int) -> None:
    alliance = sized(members, hosts, 2)
    written = [daily(member, 2) for member in alliance.members]
    for member, records in zip(alliance.members, written, strict=True):
        assert records / sum(written) == pytest.approx(member.share, rel=0.2, abs=0.004), member.folder


@pytest.mark.parametrize("members", [1, 2, 3, 4, 7, 20])
def test_shares_sum_to_all_and_four_members_have_the_known_ones(members: int) -> None:
    assert sum(shares(members)) == pytest.approx(1)
    assert [round(share, 2) for share in shares(4)] == [0.01, 0.1, 0.3, 0.59]


def test_members_differ_in_sector_language_and_logging() -> None:
    members = sized(4, 300, 1).members
    for what in ("sector", "language", "folder", "domain", "zone"):
        assert len({str(getattr(member, what)) for member in members}) == len(members)
    assert len({member.logging.quality for member in members}) == len(members)


def test_people_are_in_on_weekdays_by_day_and_machines_never_sleep() -> None:
    member = sized(1, 600, 1).members[0]
    monday = day_number(REHEARSAL.first)
    logons = [_of_kind(background(member, monday + day, 1, SPAN), "ticket_granting") for day in range(7)]
    counts = [len(times) for times in logons]
    assert max(counts[5:]) < 0.3 * min(counts[:5])
    hours = Counter((logons[1] // 3_600_000_000 % 24).tolist())
    assert sum(hours[hour] for hour in (5, 6, 7, 8, 9)) > 0.8 * counts[1]
    assert all(_of_stream(background(member, monday + 6, 1, SPAN), "zeek_conn", hour) for hour in range(24)), (
        "an hour without a connection"
    )


def test_a_public_holiday_is_as_quiet_as_a_weekend() -> None:
    member = sized(1, 600, 1).members[0]  # Albanian
    saturday_feast = day_number(REHEARSAL.first.replace(month=5, day=1))  # 1 May 2026, a Friday
    before = len(_of_kind(background(member, saturday_feast - 1, 1, SPAN), "logon"))
    assert len(_of_kind(background(member, saturday_feast, 1, SPAN), "logon")) < 0.5 * before


def _of_kind(batches: list, kind: str) -> np.ndarray:  # type: ignore[type-arg]
    return np.concatenate([batch.times for batch in batches if batch.kind == kind])


def _of_stream(batches: list, stream: str, hour: int) -> int:  # type: ignore[type-arg]
    times = np.concatenate([batch.times for batch in batches if batch.stream == stream])
    return int((times // 3_600_000_000 % 24 == hour).sum())


def test_ranges_of_the_answer_sheet_point_to_the_planted_records(played: Played) -> None:
    found = 0
    for entry in played.truth.planted:
        lines = (played.folder / str(entry["file"])).read_text(encoding="utf-8").splitlines()
        for first, last in entry["ranges"]:  # type: ignore[attr-defined]
            if entry["stage"] == "flood":
                assert all(MARK in line for line in lines[first - 1 : last])
            found += last - first + 1
    assert found == played.truth.planted_events


def test_every_marked_record_is_on_the_answer_sheet(played: Played) -> None:
    named: dict[str, set[int]] = {}
    for entry in played.truth.planted:
        for first, last in entry["ranges"]:  # type: ignore[attr-defined]
            named.setdefault(str(entry["file"]), set()).update(range(first, last + 1))
    marked = 0
    for file in played.truth.files:
        lines = (played.folder / file).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            if MARK in line:
                marked += 1
                assert number in named[file], (file, number)
    assert marked > FLOOD + 40


def test_a_flood_is_a_short_list_with_host_member_and_times(played: Played) -> None:
    entries = [entry for entry in played.truth.planted if entry["stage"] == "flood"]
    assert len(entries) == 2  # it goes over midnight
    assert len(str(entries)) < FLOOD
    stage = next(stage for stage in played.truth.stages if stage["id"] == "flood")
    assert stage["events"] == FLOOD
    assert stage["hosts"] == ["VELGOV-WWW01"]
    assert all(entry["member"] == "velmora-gov" and entry["host"] == "VELGOV-WWW01" for entry in entries)


def test_every_stream_of_every_member_has_a_planted_record(played: Played) -> None:
    streams = {"/".join(str(entry["file"]).split("/")[1:]) for entry in played.truth.planted}
    for stream in STREAMS.values():
        if stream.name not in ("zeek_ssh", "zeek_smb_files", "zeek_smb_mapping", "zeek_files", "zeek_rdp"):
            begin = stream.path.split("{")[0]
            assert any(name.startswith(begin) for name in streams), stream.name


def test_the_sums_of_the_answer_sheet_are_right(played: Played) -> None:
    truth = played.truth
    assert truth.events == sum(truth.files.values())
    assert {str(member["folder"]) for member in truth.members} == {file.split("/")[0] for file in truth.files}
    assert [one["title"] for one in truth.benign] == ["Dark desks"]
    assert truth.days == DAYS


def test_silent_hosts_write_nothing(played: Played) -> None:
    text = "".join(file.read_text("utf-8") for file in (played.folder / "velmora-gov" / "windows").iterdir())
    assert '"computer_name":"VELGOV-W00041.' not in text
    assert '"computer_name":"VELGOV-W00070.' in text


def test_records_stand_in_the_order_of_their_times(played: Played) -> None:
    for file in (played.folder / "velmora-gov" / "windows").iterdir():
        times = re.findall(r'^\{"@timestamp":"([^"]*)"', file.read_text("utf-8"), re.MULTILINE)
        assert times == sorted(times)
        assert {time[:10].replace("-", "") for time in times} == {file.stem.split("-")[1]}


def test_without_the_attack_the_background_is_the_same(played: Played, tmp_path: Path) -> None:
    benign = play(REHEARSAL, tmp_path, seed=5, attack=False)
    assert benign.stages == () and benign.planted == ()
    assert benign.events == played.truth.events - played.truth.planted_events


def test_names_and_addresses_are_nobodys(played: Played) -> None:
    for file in played.truth.files:
        text = (played.folder / file).read_text(encoding="utf-8")
        for address in set(re.findall(r"(?<![\w.:%-])(?:\d{1,3}\.){3}\d{1,3}(?![\w.-])", text)):
            parts = [int(part) for part in address.split(".")]
            if max(parts) > 255 or _is_version(text, address):
                continue
            assert any(ipaddress.ip_address(address) in network for network in ALLOWED), (file, address)
        for name in set(re.findall(r"https?://([^/\"\s:;)<>%+]+)", text)):
            assert name.endswith(".example") or name == "schemas.microsoft.com", (file, name)


def _is_version(text: str, number: str) -> bool:
    """Version numbers look like addresses: what stands before tells."""
    place = text.index(number)
    return VERSION.search(text[max(0, place - 40) : place]) is not None


def test_linked_records_carry_the_same_ids(played: Played) -> None:
    folder = played.folder / "velmora-gov" / "windows"
    text = "".join(file.read_text("utf-8") for file in sorted(folder.iterdir()))
    started = re.findall(r'"event_id":"1",[^\n]*?"ProcessGuid":"([^"]*)"', text)
    asked = re.findall(r'"event_id":"22",[^\n]*?"ProcessGuid":"([^"]*)"', text)
    assert len(set(started)) > 0.99 * len(started)
    assert asked and set(asked) <= set(started)


def test_zeeks_logs_agree_about_connections(played: Played) -> None:
    folder = played.folder / "velmora-gov" / "zeek"
    known = {name: "".join(file.read_text("utf-8") for file in folder.glob(f"{name}.*")) for name in ("conn", "ssl")}
    uids = {name: set(re.findall(r'"uid":"([^"]*)"', text)) for name, text in known.items()}
    assert uids["ssl"] and uids["ssl"] <= uids["conn"]


@pytest.mark.parametrize("days", [30, 425])
def test_a_long_run_has_few_files(days: int) -> None:
    streams = sum(len(member.logging.streams & STREAMS.keys()) for member in sized(4, 100, 1).members)
    chosen = rotation(streams, day_number(REHEARSAL.first), days, 280)
    periods = {chosen.period(day_number(REHEARSAL.first) + day) for day in range(days)}
    assert streams * len(periods) <= 280


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"members": 0}, "--members"),
        ({"days": 0}, "--days"),
        ({"scale": 0.001}, "--scale"),
        ({"scale": 900.0}, "--scale"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(tmp_path: Path, given: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        play(replace(REHEARSAL, hosts=HOSTS), tmp_path, **given)  # type: ignore[arg-type]
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("seed", range(8))
def test_members_of_any_size_have_ordinary_days_of_whole_lines(seed: int) -> None:
    chance = np.random.default_rng(seed)
    alliance = found(chance.choice([1, 12, 59, 60, 150], int(chance.integers(1, 9))).tolist(), seed)
    member = alliance.members[int(chance.integers(len(alliance.members)))]
    for batch in background(member, int(chance.integers(18_600, 21_500)), seed, SPAN):
        lines = STREAMS[batch.stream].render(member, batch) if len(batch) else []
        assert len(lines) == len(batch) and all(line.endswith("\n") and line.count("\n") == 1 for line in lines)


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        scenario_by_id("nothing")
    assert all(scenario.id in caught.value.advice() for scenario in SCENARIOS)


def test_a_typing_error_in_a_field_name_is_found() -> None:
    member = sized(1, 80, 1).members[0]
    from tocsin.exercise.range.scene import Scene

    scene = Scene(member, np.random.default_rng(1), lambda _member, _batch: None, *SPAN)
    with pytest.raises(AssertionError, match="process_create has no Comandline"):
        scene.note("windows", "process_create", 1, 0, "", Comandline="x")
