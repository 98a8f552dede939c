"""The network exercise: sensors agree about flows, ids are the standards' own, nothing real is named."""

import ipaddress
import json

from hypothesis import given
from hypothesis import strategies as st
from record_times import records
from written_exercise import Written

from tocsin.exercise.network.flows import community_id
from tocsin.exercise.network.linux import _argument

_RESERVED = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def zeek(exercise: Written, log: str) -> list[dict[str, str]]:
    rows = []
    for file in exercise.truth.files:
        if file.startswith("network/zeek/") and file.endswith(f"/{log}.log"):
            lines = (exercise.folder / file).read_text(encoding="utf-8").splitlines()
            names = next(line for line in lines if line.startswith("#fields")).split("\t")[1:]
            values = (line.split("\t") for line in lines if not line.startswith("#"))
            rows += [dict(zip(names, one, strict=True)) for one in values]
    return rows


def eve(exercise: Written) -> list[dict[str, object]]:
    files = [file for file in exercise.truth.files if "suricata" in file]
    return [json.loads(text) for file in files for _, _, text in records(exercise.folder / file)]


def test_community_id_agrees_with_the_specification() -> None:
    assert community_id("tcp", "128.232.110.120", 34855, "66.35.250.204", 80) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    assert community_id("tcp", "66.35.250.204", 80, "128.232.110.120", 34855) == "1:LQU9qZlK+B5F3KDmev6m5PMibrg="


def test_zeek_and_suricata_count_the_same_bytes(network: Written) -> None:
    counted = {row["community_id"]: row for row in zeek(network, "conn")}
    compared = 0
    for event in eve(network):
        if event["event_type"] == "flow" and event["community_id"] in counted:
            row, flow = counted[str(event["community_id"])], event["flow"]
            assert isinstance(flow, dict)
            assert int(row["orig_ip_bytes"]) == flow["bytes_toserver"]
            assert int(row["resp_ip_bytes"]) == flow["bytes_toclient"]
            compared += 1
    assert compared > 100


def test_every_uid_of_a_protocol_log_is_a_connection(network: Written) -> None:
    uids = {row["uid"] for row in zeek(network, "conn")}
    for log in ("http", "ssh", "smb_mapping"):
        known = [row["uid"] in uids for row in zeek(network, log)]
        assert sum(known) >= len(known) - 1, log  # the budget may end between the two


def test_every_address_is_private_or_reserved_for_documentation(network: Written) -> None:
    for event in eve(network):
        for end in ("src_ip", "dest_ip"):
            if end in event:
                address = ipaddress.ip_address(str(event[end]))
                assert any(address in range_ for range_ in _RESERVED), address


def test_every_name_asked_for_is_a_reserved_one(network: Written) -> None:
    assert all(row["query"].endswith(".example") for row in zeek(network, "dns"))


def test_valuesof_an_audit_event_share_their_serial_and_serials_grow(network: Written) -> None:
    file = next(file for file in network.truth.files if file.endswith("jump1/audit.log"))
    serials = [int(text.split(":", 1)[1].split(")")[0]) for _, _, text in records(network.folder / file)]
    assert serials == sorted(serials)
    assert len(set(serials)) < len(serials)


def test_stages_of_the_attack_leave_traces_at_several_sensors(network: Written) -> None:
    beacon = {one.file.split("/")[1] for one in network.truth.planted if one.stage == "command-and-control"}
    assert beacon == {"zeek", "zeek-json", "suricata", "fortigate"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_audit_arguments_are_plain_or_hexadecimal_and_never_lose_a_character(text: str) -> None:
    written = _argument(text)
    if written.startswith('"'):
        assert written == f'"{text}"'
    else:
        assert bytes.fromhex(written).decode() == text
