"""What the perimeter notes: Suricata's eve.json and the FortiGate's syslog, both with local times and their offset."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from tocsin.exercise.calendar import local_second
from tocsin.exercise.chance import MICROSECONDS
from tocsin.exercise.network.flows import Flow
from tocsin.exercise.output import DayNames, Folder

_encode = msgspec.json.Encoder().encode
_STATES = {"S0": "new", "REJ": "closed", "SF": "closed", "S1": "established", "RSTO": "closed"}
_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
_OFFSET = "+0100"  # of the whole week
_SYSLOG_NOTICE_LOCAL7 = 189


@lru_cache(maxsize=4096)
def _local_text(second: int) -> str:
    return local_second(second).strftime("%Y-%m-%dT%H:%M:%S")


def eve_time(time_us: int) -> str:
    """`2026-03-02T10:00:00.123456+0100`."""
    return f"{_local_text(time_us // MICROSECONDS)}.{time_us % MICROSECONDS:06d}{_OFFSET}"


@dataclass(frozen=True, slots=True)
class EveRecord:
    """One eve event: its type, the flow it belongs to (none for stats) and its own object."""

    type: str
    flow: Flow | None
    values: Mapping[str, object]


class EveLog:
    """Suricata's eve.json, rotated daily."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._days = DayNames("network/suricata/eve-%Y-%m-%d.json")

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes an EveRecord."""
        assert isinstance(payload, EveRecord)
        one = payload.flow
        row: dict[str, object] = {"timestamp": eve_time(time_us)}
        if one is not None:
            row |= {
                "flow_id": one.number,
                "in_iface": "eth1",
                "event_type": payload.type,
                "src_ip": one.source,
                "src_port": one.source_port,
                "dest_ip": one.target,
                "dest_port": one.target_port,
                "proto": one.protocol.upper(),
                "community_id": one.community,
            }
        else:
            row["event_type"] = payload.type
        file = self._folder.file(self._days.name(time_us))
        return file.name, file.write(_encode(row | dict(payload.values)) + b"\n")


def flow_event(one: Flow) -> EveRecord:
    """Suricata's summary of a flow."""
    service = {"ssl": "tls", "-": "failed"}.get(one.service, one.service)
    summary = {
        "pkts_toserver": one.packets_sent,
        "pkts_toclient": one.packets_received,
        "bytes_toserver": one.wire_sent,
        "bytes_toclient": one.wire_received,
        "start": eve_time(one.start_us),
        "end": eve_time(one.end_us),
        "age": one.duration_us // MICROSECONDS,
        "state": _STATES.get(one.state, "closed"),
        "reason": "timeout",
        "alerted": False,
    }
    return EveRecord("flow", one, {"app_proto": service, "flow": summary})


@dataclass(frozen=True, slots=True)
class FirewallRecord:
    """One decision about a flow."""

    flow: Flow
    action: str  # accept, close or deny
    inbound: bool


class FirewallLog:
    """A FortiGate's traffic log as its syslog sends it: key=value, RFC 3164 priority in front."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._days = DayNames("network/fortigate/fortigate-%Y%m%d.log")
        self._session = 810_000

    def write(self, time_us: int, payload: object) -> tuple[str, int]:
        """Writes a FirewallRecord."""
        assert isinstance(payload, FirewallRecord)
        self._session += 1
        line = _firewall_line(time_us, payload, self._session)
        file = self._folder.file(self._days.name(time_us))
        return file.name, file.write(line.encode() + b"\n")


def _firewall_line(time_us: int, record: FirewallRecord, session: int) -> str:
    one = record.flow
    day, _, clock = _local_text(time_us // MICROSECONDS).partition("T")
    inside, outside = ("wan1", "dmz") if record.inbound else ("internal", "wan1")
    denied = record.action == "deny"
    parts = {
        "date": day,
        "time": clock,
        "devname": '"FG-VEL-01"',
        "devid": '"FG100FEXAMPLE001"',
        "eventtime": str(time_us * 1_000),
        "tz": f'"{_OFFSET}"',
        "logid": '"0000000013"',
        "type": '"traffic"',
        "subtype": '"forward"',
        "level": '"warning"' if denied else '"notice"',
        "vd": '"root"',
        "srcip": one.source,
        "srcport": str(one.source_port),
        "srcintf": f'"{inside}"',
        "dstip": one.target,
        "dstport": str(one.target_port),
        "dstintf": f'"{outside}"',
        "sessionid": str(session),
        "proto": str(_NUMBERS[one.protocol]),
        "action": f'"{record.action}"',
        "policyid": "0" if denied else "12",
        "service": f'"{_service(one)}"',
        "duration": str(one.duration_us // MICROSECONDS),
        "sentbyte": str(0 if denied else one.wire_sent),
        "rcvdbyte": str(0 if denied else one.wire_received),
        "sentpkt": str(0 if denied else one.packets_sent),
        "rcvdpkt": str(0 if denied else one.packets_received),
    }
    return f"<{_SYSLOG_NOTICE_LOCAL7}>" + " ".join(f"{name}={value}" for name, value in parts.items())


def _service(one: Flow) -> str:
    known = {80: "HTTP", 443: "HTTPS", 53: "DNS", 22: "SSH", 123: "NTP"}
    return known.get(one.target_port, f"{one.protocol}/{one.target_port}")
