"""Requests as lines: combined access log with the time taken, IIS (W3C), squid.

Combined: Apache's `%h - %u [%t] "%r" %>s %O "%{Referer}i" "%{User-Agent}i" %D` with the microseconds last, as LogFormat
lets one add them. IIS: UTC, blanks as `+`, `-` for nothing. Squid: its native ten columns.
Fields of a batch: `client`, `user`, `method`, `path` (with query), `query` (IIS), `status`, `bytes`, `received` (IIS:
bytes of the request), `referer`, `agent`, `taken` (milliseconds), `site` (host name of the server), for squid `url`,
`result`, `peer`, `mime`.
"""

from functools import lru_cache

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Line, Made
from tocsin.exercise.range.times import CLOCK, DAY, SECOND, day_text, epoch, offset_text, offset_us

PUBLIC_SITE = "www"
IIS_FIELDS = (
    "date time s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken"
)


@lru_cache(maxsize=100_000)
def escape_quoted(text: str) -> str:
    """Text between the quotes of a combined log."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


@lru_cache(maxsize=100_000)
def escape_w3c(text: str) -> str:
    """Text between the blanks of a W3C log."""
    return text.replace(" ", "+") or "-"


@lru_cache(maxsize=100_000)
def escape_blank(text: str) -> str:
    """Text between blanks that has none itself."""
    return text.replace(" ", "%20") or "-"


def local_stamp(member: Member, batch: Batch) -> Made:
    """`02/Mar/2026:10:00:00 +0100`."""
    day = int(batch.times[0] // DAY)
    local = batch.times + offset_us(member.zone, day)
    clock = CLOCK.pick(local // SECOND % 86_400)
    return Made(f"%s:%s {offset_text(member.zone, day)}", (day_text("%d/%b/%Y", local // DAY), clock))


def access_lines(member: Member, batch: Batch) -> list[str]:
    """Combined access log of the public web servers, the virtual host first (Apache's `vhost_combined`)."""
    get = batch.values.get
    line = Line(escape_quoted)
    line.text(f"{PUBLIC_SITE}.{member.domain}:443 ").value(get("client")).text(" - ").value(get("user", "-")).text(
        " ["
    ).value(local_stamp(member, batch))
    line.text('] "').value(get("method", "GET")).text(" ").value(get("path", "/")).text(' HTTP/1.1" ')
    line.value(get("status", 200)).text(" ").value(get("bytes", 0)).text(' "').value(get("referer", "-"))
    line.text('" "').value(get("agent", "-")).text('" ').value(get("taken", 0)).text("000\n")
    return line.lines(len(batch))


def iis_lines(member: Member, batch: Batch) -> list[str]:
    """IIS of Exchange or SharePoint."""
    get = batch.values.get
    clock = CLOCK.pick(batch.times // SECOND % 86_400)
    line = Line(escape_w3c)
    line.value(day_text("%Y-%m-%d", batch.times // DAY)).text(" ").value(clock).text(" ")
    line.value(member.of_host("name", batch.hosts)).text(" ").value(member.of_host("address", batch.hosts))
    for name, default in (
        ("method", "GET"),
        ("path", "/"),
        ("query", "-"),
        ("port", 443),
        ("user", "-"),
        ("client", "-"),
    ):
        line.text(" ").value(get(name, default))
    for name, default in (("agent", "-"), ("referer", "-"), ("status", 200)):
        line.text(" ").value(get(name, default))
    line.text(" 0 0 ").value(get("bytes", 0)).text(" ").value(get("received", 0)).text(" ").value(get("taken", 0))
    return line.text("\n").lines(len(batch))


def squid_lines(_member: Member, batch: Batch) -> list[str]:
    """Squid's native log: `time elapsed client result/status bytes method URL user hierarchy/peer type`."""
    get = batch.values.get
    line = Line(escape_blank)
    line.value(epoch(batch.times, 3)).text(" ").value(get("taken", 0), "%6d").text(" ").value(get("client"))
    line.text(" ").value(get("result", "TCP_TUNNEL")).text("/").value(get("status", 200)).text(" ")
    line.value(get("bytes", 0)).text(" ").value(get("method", "CONNECT")).text(" ").value(get("url"))
    line.text(" ").value(get("user", "-")).text(" HIER_DIRECT/").value(get("peer")).text(" ").value(get("mime", "-"))
    return line.text("\n").lines(len(batch))
