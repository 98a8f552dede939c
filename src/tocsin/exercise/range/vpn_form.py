"""The VPN of a firewall as lines: FortiGate's events of subtype vpn, Cisco ASA's messages 722022, 113019, 113005.

Fields of a batch: `user`, `client` (outside address), `country`, `duration` (seconds), `sent`, `received`. The kind is
`vpn-up`, `vpn-down` or `vpn-refused`.
"""

from tocsin.exercise.range.alliance import Member
from tocsin.exercise.range.batches import Batch
from tocsin.exercise.range.columns import Integers, Line, Made
from tocsin.exercise.range.times import CLOCK, DAY, SECOND, day_text, offset_text, offset_us, stamp

_EVENTS = {  # FortiGate: log id, action, description
    "vpn-up": ("0101039947", "tunnel-up", "SSL VPN tunnel up"),
    "vpn-down": ("0101039948", "tunnel-down", "SSL VPN tunnel down"),
    "vpn-refused": ("0101039426", "ssl-login-fail", "SSL VPN login fail"),
}
_GROUP = "Remote"


def plain(text: str) -> str:
    """Text as it is: names and addresses need no escape."""
    return text


def vpn_lines(member: Member, batch: Batch) -> list[str]:
    """The lines of a batch in the words of the member's firewall."""
    return (_fortigate if member.logging.firewall == "fortigate" else _asa)(member, batch)


def _number(batch: Batch) -> Integers:
    return batch.times // SECOND * 7_919 % 2_000_000_000


def _fortigate(member: Member, batch: Batch) -> list[str]:
    get = batch.values.get
    log_id, action, description = _EVENTS[batch.kind]
    day = int(batch.times[0] // DAY)
    local = batch.times + offset_us(member.zone, day)
    line = Line(plain)
    line.text("<189>date=").value(day_text("%Y-%m-%d", local // DAY)).text(" time=")
    line.value(CLOCK.pick(local // SECOND % 86_400))
    line.text(f' devname="{member.netbios}-FG01" devid="FG100FEXAMPLE{member.number:03d}" eventtime=')
    line.value(Made("%d000", (batch.times,))).text(f' tz="{offset_text(member.zone, day)}" logid="{log_id}"')
    line.text(f' type="event" subtype="vpn" level="information" vd="root" logdesc="{description}"')
    line.text(f' action="{action}" tunneltype="ssl-tunnel" tunnelid=').value(_number(batch)).text(" remip=")
    line.value(get("client")).text(' srccountry="').value(get("country", "")).text('" user="').value(get("user"))
    line.text(f'" group="{_GROUP}" dst_host="N/A" reason="')
    line.text("sslvpn_login_unknown_user" if batch.kind == "vpn-refused" else "tunnel established")
    if batch.kind == "vpn-down":
        line.text('" duration=').value(get("duration", 0), "%d").text(" sentbyte=").value(get("received", 0))
        return line.text(" rcvdbyte=").value(get("sent", 0)).text("\n").lines(len(batch))
    return line.text('"\n').lines(len(batch))


def _asa(member: Member, batch: Batch) -> list[str]:
    get = batch.values.get
    line = Line(plain)
    line.text("<166>").value(stamp(batch.times, digits=0)).text(f" {member.netbios}-FG01 : ")
    if batch.kind == "vpn-refused":
        line.text(
            "%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = 10.0.0.5 : user = "
        )
        return line.value(get("user")).text(" : user IP = ").value(get("client")).text("\n").lines(len(batch))
    if batch.kind == "vpn-up":
        line.text(f"%ASA-6-722022: Group <{_GROUP}> User <").value(get("user")).text("> IP <").value(get("client"))
        return line.text("> TCP SVC connection established without compression\n").lines(len(batch))
    line.text(f"%ASA-4-113019: Group = {_GROUP}, Username = ").value(get("user")).text(", IP = ").value(get("client"))
    line.text(", Session disconnected. Session Type: SSL, Duration: ").value(get("duration", 0), "%d").text(
        "s, Bytes xmt: "
    )
    line.value(get("received", 0)).text(", Bytes rcv: ").value(get("sent", 0))
    return line.text(", Reason: User Requested\n").lines(len(batch))
