"""Firewalls as lines: a FortiGate's traffic log or a Cisco ASA's connection messages, by the member's make.

Fields of a batch: `source`, `source_port`, `target`, `target_port`, `protocol` (tcp, udp, icmp: the same for all of a
batch), `service`, `inbound` (True when the source is outside), `sent`, `received` (bytes), `duration` (seconds),
`packets`. The kind is `accept`, `deny` or `unanswered`. An ASA tells of the end of an allowed connection (302014,
302016, 302021) or of a denial (106023). Kinds that begin with `vpn`: see `vpn_form`.
"""

import numpy as np

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Column, Integers, Line, Made
from tocsin.exercise.range.times import CLOCK, DAY, SECOND, day_text, offset_text, offset_us, stamp
from tocsin.exercise.range.vpn_form import plain, vpn_lines

_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
_ASA_ENDS = {"tcp": "302014", "udp": "302016", "icmp": "302021"}


def firewall_lines(member: Member, batch: Batch) -> list[str]:
    """The lines of a batch in the words of the member's firewall."""
    if batch.kind.startswith("vpn"):
        return vpn_lines(member, batch)
    return (_fortigate if member.logging.firewall == "fortigate" else _asa)(member, batch)


def _session(batch: Batch) -> Integers:
    port = np.asarray(batch.values["source_port"], dtype=np.int64)
    return np.asarray((batch.times // 1_000 * 31 + port) % 2_000_000_000, dtype=np.int64)


def _fortigate(member: Member, batch: Batch) -> list[str]:
    get, denied = batch.values.get, batch.kind == "deny"
    day = int(batch.times[0] // DAY)
    local = batch.times + offset_us(member.zone, day)
    inside, outside = ("wan1", "dmz") if get("inbound") else ("internal", "wan1")
    protocol = str(get("protocol", "tcp"))
    line = Line(plain)
    line.text("<189>date=").value(day_text("%Y-%m-%d", local // DAY)).text(" time=").value(
        CLOCK.pick(local // SECOND % 86_400)
    )
    line.text(f' devname="{member.netbios}-FG01" devid="FG100FEXAMPLE{member.number:03d}" eventtime=')
    line.value(Made("%d000", (batch.times,))).text(f' tz="{offset_text(member.zone, day)}" logid="0000000013"')
    line.text(f' type="traffic" subtype="forward" level="{"warning" if denied else "notice"}" vd="root" srcip=')
    line.value(get("source")).text(" srcport=").value(get("source_port")).text(f' srcintf="{inside}" dstip=')
    line.value(get("target")).text(" dstport=").value(get("target_port")).text(f' dstintf="{outside}" sessionid=')
    line.value(_session(batch)).text(f' proto={_NUMBERS[protocol]} action="{_action(batch.kind, protocol)}"')
    line.text(f' policyid={0 if denied else 12} service="').value(get("service", protocol.upper())).text('" duration=')
    line.value(_whole(get("duration", 0))).text(" sentbyte=").value(get("sent", 0)).text(" rcvdbyte=")
    line.value(get("received", 0)).text(" sentpkt=").value(get("packets", 0))
    line.text(" rcvdpkt=").value(0 if batch.kind == "unanswered" else get("packets", 0))
    return line.text("\n").lines(len(batch))


def _action(kind: str, protocol: str) -> str:
    if kind == "accept":
        return "close" if protocol == "tcp" else "accept"
    return "timeout" if kind == "unanswered" else kind


def _whole(column: Column) -> Column:
    return column.astype(np.int64) if isinstance(column, np.ndarray) else column


def _asa(member: Member, batch: Batch) -> list[str]:
    get = batch.values.get
    protocol = str(get("protocol", "tcp"))
    source, target = ("outside", "dmz") if get("inbound") else ("inside", "outside")
    line = Line(plain)
    line.text("<166>").value(stamp(batch.times, digits=0)).text(f" {member.netbios}-FG01 : ")
    if batch.kind == "deny":
        line.text(f"%ASA-4-106023: Deny {protocol} src {source}:").value(get("source")).text("/")
        line.value(get("source_port")).text(f" dst {target}:").value(get("target")).text("/").value(get("target_port"))
        return line.text(' by access-group "outside_in" [0x0, 0x0]\n').lines(len(batch))
    line.text(f"%ASA-6-{_ASA_ENDS[protocol]}: Teardown {protocol.upper()} connection ").value(_session(batch))
    line.text(f" for {source}:").value(get("source")).text("/").value(get("source_port")).text(f" to {target}:")
    line.value(get("target")).text("/").value(get("target_port")).text(" duration ").value(_clock(get("duration", 0)))
    unanswered = batch.kind == "unanswered"
    line.text(" bytes ").value(0 if unanswered else _total(batch))
    reason = "SYN Timeout" if unanswered else "TCP FINs"
    return line.text(f" {reason}\n" if protocol == "tcp" else "\n").lines(len(batch))


def _clock(duration: Column) -> Column:
    seconds = np.asarray(duration, dtype=np.int64)
    if seconds.ndim:
        return Made("%d:%02d:%02d", (seconds // 3600, seconds // 60 % 60, seconds % 60))
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _total(batch: Batch) -> Integers:
    sent, received = (np.asarray(batch.values.get(name, 0), dtype=np.int64) for name in ("sent", "received"))
    return np.broadcast_to(sent + received, (len(batch),))
