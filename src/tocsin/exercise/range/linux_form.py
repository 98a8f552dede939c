"""Linux servers and machines of the field as lines: syslog with ISO times (rsyslog's file format) and auditd.

syslog: fields `program`, `text`. audit: the kind is the record type, fields `serial` and `text`; `node=` names the
host.
"""

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Line
from tocsin.exercise.range.times import DAY, epoch, offset_text, offset_us, stamp


def _plain(text: str) -> str:
    return text.replace("\n", "#012")


def linux_lines(member: Member, batch: Batch) -> list[str]:
    """auditd where the kind is a record type in capitals, else syslog."""
    return (_audit if batch.kind.isupper() else syslog_lines)(member, batch)


def syslog_lines(member: Member, batch: Batch) -> list[str]:
    """`2026-03-02T10:00:00.123456+01:00 host program: text`."""
    day = int(batch.times[0] // DAY)
    offset = offset_text(member.zone, day)
    local = batch.times + offset_us(member.zone, day)
    line = Line(_plain)
    line.value(stamp(local, digits=6, end=f"{offset[:3]}:{offset[3:]}")).text(" ")
    line.value(member.of_host("name", batch.hosts)).text(" ").value(batch.values["program"]).text(": ")
    return line.value(batch.values["text"]).text("\n").lines(len(batch))


def _audit(member: Member, batch: Batch) -> list[str]:
    line = Line(_plain)
    line.text("node=").value(member.of_host("name", batch.hosts)).text(f" type={batch.kind} msg=audit(")
    line.value(epoch(batch.times, 3)).text(":").value(batch.values["serial"]).text("): ")
    return line.value(batch.values["text"]).text("\n").lines(len(batch))
