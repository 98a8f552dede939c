"""The network as its sensors see it: one call a happening, and every sensor on the way notes it.

Zeek sits in the core and sees everything; Suricata and the FortiGate sit at the perimeter and see what crosses it.
Zeek writes a connection when it is over, Suricata its flow event after a timeout.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.exercise.chance import MICROSECONDS, Chance
from tocsin.exercise.network.flows import Flow, flow, zeek_uid
from tocsin.exercise.network.perimeter import EveLog, EveRecord, FirewallLog, FirewallRecord, flow_event
from tocsin.exercise.network.zeek import ZeekLog, ZeekRecord, connection, log_types
from tocsin.exercise.output import Folder
from tocsin.exercise.timeline import Mark, Timeline

_INSIDE = "10."
_TIMEOUT_US = 30 * MICROSECONDS
_QUERY_TYPES = {"A": 1, "AAAA": 28, "TXT": 16, "PTR": 12, "NULL": 10}
_ANSWER_CODES = {"NOERROR": 0, "NXDOMAIN": 3}
_CIPHER = "TLS_AES_256_GCM_SHA384"
_OPENSSH = "SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.8"
RULE_IDS = 9_000_000  # ids of the made-up Suricata rules, in the range for local use


def inside(address: str) -> bool:
    """True for addresses of the organisation."""
    return address.startswith(_INSIDE)


def crosses(one: Flow) -> bool:
    """True when the flow passes the perimeter."""
    return inside(one.source) != inside(one.target)


@dataclass(frozen=True, slots=True)
class _Request:
    """A web request and its answer, in the words of each sensor."""

    method: str
    host: str
    uri: str
    agent: str
    status: int
    sent: int
    received: int
    mime: str

    def zeek(self, file: str) -> dict[str, object]:
        """Zeek's http.log; `file` is the id of what came back."""
        return {
            "trans_depth": 1,
            "method": self.method,
            "host": self.host,
            "uri": self.uri,
            "version": "1.1",
            "user_agent": self.agent,
            "request_body_len": self.sent,
            "response_body_len": self.received,
            "status_code": self.status,
            "status_msg": _REASONS.get(self.status, "OK"),
            "tags": [],
            "resp_fuids": [file],
            "resp_mime_types": [self.mime],
        }

    def eve(self) -> dict[str, object]:
        """The object `http` of Suricata's events."""
        return {
            "hostname": self.host,
            "url": self.uri,
            "http_user_agent": self.agent,
            "http_content_type": self.mime,
            "http_method": self.method,
            "protocol": "HTTP/1.1",
            "status": self.status,
            "length": self.received,
        }

    def eve_file(self) -> dict[str, object]:
        """Suricata's fileinfo."""
        name = self.uri.split("?", 1)[0]
        info = {"filename": name, "state": "CLOSED", "stored": False, "size": self.received, "tx_id": 0}
        return {"http": self.eve(), "app_proto": "http", "fileinfo": info}


class Wire:
    """Notes what happens on the network in the logs of all sensors."""

    def __init__(self, timeline: Timeline, folder: Folder, chance: Chance) -> None:
        self._timeline = timeline
        self._chance = chance
        self._zeek = {name: ZeekLog(type_, folder) for name, type_ in log_types().items()}
        self._eve = EveLog(folder)
        self._firewall = FirewallLog(folder)

    def connect(
        self,
        start_us: int,
        source: str,
        target: str,
        port: int,
        *,
        protocol: str = "tcp",
        service: str = "-",
        seconds: float = 0.2,
        sent: int = 500,
        received: int = 2_000,
        state: str = "SF",
        denied: bool = False,
        mark: Mark | None = None,
    ) -> Flow:
        """A connection in conn.log and, at the perimeter, in eve.json and the firewall's log."""
        one = flow(
            self._chance, start_us, source, target, port,
            protocol=protocol, service=service, seconds=seconds, sent=sent, received=received, state=state,
        )  # fmt: skip
        if denied:
            self._timeline.add(start_us, self._firewall, FirewallRecord(one, "deny", inside(target)), mark)
            return one
        self._note_zeek("conn", one, one.end_us, start_us, connection(one, inside(source), inside(target)), mark)
        if crosses(one):
            self._timeline.add(one.end_us + _TIMEOUT_US, self._eve, flow_event(one), mark)
            action = "close" if protocol == "tcp" else "accept"
            self._timeline.add(one.end_us, self._firewall, FirewallRecord(one, action, inside(target)), mark)
        return one

    def _note_zeek(
        self, log: str, one: Flow, write_us: int, ts_us: int, values: Mapping[str, object], mark: Mark | None
    ) -> None:
        self._timeline.add(write_us, self._zeek[log], ZeekRecord(one, ts_us, values), mark)

    def _note_eve(self, type_: str, one: Flow, time_us: int, values: Mapping[str, object], mark: Mark | None) -> None:
        if crosses(one):
            self._timeline.add(time_us, self._eve, EveRecord(type_, one, values), mark)

    def query(
        self,
        start_us: int,
        source: str,
        server: str,
        name: str,
        answers: list[str],
        *,
        type_: str = "A",
        mark: Mark | None = None,
    ) -> Flow:
        """A DNS question and its answer; no answers means that the name does not exist."""
        chance = self._chance
        rtt_us = chance.whole(400, 40_000)
        answered = 40 + len(name) + sum(12 + len(answer) for answer in answers)
        one = self.connect(
            start_us, source, server, 53, protocol="udp", service="dns", seconds=rtt_us / MICROSECONDS,
            sent=18 + len(name), received=answered, mark=mark,
        )  # fmt: skip
        code = "NOERROR" if answers else "NXDOMAIN"
        number = chance.whole(1, 65_535)
        values = {
            "proto": "udp",
            "trans_id": number,
            "rtt": rtt_us / MICROSECONDS,
            "query": name,
            "qclass": 1,
            "qclass_name": "C_INTERNET",
            "qtype": _QUERY_TYPES[type_],
            "qtype_name": type_,
            "rcode": _ANSWER_CODES[code],
            "rcode_name": code,
            "AA": False,
            "TC": False,
            "RD": True,
            "RA": True,
            "Z": 0,
            "answers": answers or None,
            "TTLs": [300.0 for _ in answers] or None,
            "rejected": False,
        }
        self._note_zeek("dns", one, one.end_us, start_us, values, mark)
        grouped = [{"rrname": name, "rrtype": type_, "ttl": 300, "rdata": answer} for answer in answers]
        asked = {"version": 2, "type": "answer", "id": number, "rrname": name, "rrtype": type_, "rcode": code}
        self._note_eve("dns", one, one.end_us, {"dns": {**asked, "answers": grouped}}, mark)
        return one

    def encrypted(
        self,
        start_us: int,
        source: str,
        target: str,
        name: str,
        *,
        seconds: float,
        sent: int,
        received: int,
        port: int = 443,
        subject: str = "",
        mark: Mark | None = None,
    ) -> Flow:
        """A TLS connection; `subject` is given where the certificate signs itself."""
        one = self.connect(
            start_us, source, target, port, service="ssl", seconds=seconds, sent=sent, received=received, mark=mark
        )
        hello_us = min(start_us + 30_000, one.end_us)
        values = {
            "version": "TLSv12" if subject else "TLSv13",
            "cipher": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" if subject else _CIPHER,
            "curve": "x25519",
            "server_name": name or None,
            "resumed": False,
            "next_protocol": None if subject else "h2",
            "established": True,
            "ssl_history": "CsxknGIi" if subject else "CsiI",
            "sni_matches_cert": not subject,
            "validation_status": "self signed certificate" if subject else "ok",
        }
        self._note_zeek("ssl", one, hello_us, start_us, values, mark)
        issuer = subject or f"C=VM, O=Velmora Trust, CN=Velmora TLS CA {len(name) % 3 + 1}"
        tls = {"subject": subject or f"CN={name}", "issuerdn": issuer, "version": "TLS 1.2" if subject else "TLS 1.3"}
        digest = hashlib.md5((name + subject).encode(), usedforsecurity=False).hexdigest()
        tls |= {"sni": name, "ja3s": {"hash": digest}} if name else {}  # type: ignore[dict-item]  # a nested object
        self._note_eve("tls", one, hello_us, {"tls": tls}, mark)
        return one

    def web(
        self,
        start_us: int,
        source: str,
        target: str,
        host: str,
        uri: str,
        *,
        method: str = "GET",
        agent: str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        status: int = 200,
        sent: int = 0,
        received: int = 4_000,
        mime: str = "text/html",
        port: int = 80,
        mark: Mark | None = None,
    ) -> Flow:
        """An unencrypted web request with the file that comes back."""
        one = self.connect(
            start_us, source, target, port, service="http", seconds=self._chance.between(0.02, 1.5),
            sent=sent + 300 + len(uri), received=received + 250, mark=mark,
        )  # fmt: skip
        file = zeek_uid("F", self._chance)
        request = _Request(method, host, uri, agent, status, sent, received, mime)
        self._note_zeek("http", one, one.end_us, start_us + 2_000, request.zeek(file), mark)
        self._note_zeek("files", one, one.end_us, start_us + 4_000, _file(file, mime, received), mark)
        self._note_eve("http", one, one.end_us, {"tx_id": 0, "http": request.eve()}, mark)
        self._note_eve("fileinfo", one, one.end_us, request.eve_file(), mark)
        return one

    def shell(
        self, start_us: int, source: str, target: str, success: bool, seconds: float, mark: Mark | None = None
    ) -> Flow:
        """An SSH connection."""
        sent, received = (2_400, 3_100) if not success else (int(4_000 + seconds * 90), int(5_000 + seconds * 300))
        one = self.connect(
            start_us, source, target, 22, service="ssh", seconds=seconds, sent=sent, received=received, mark=mark
        )
        values = {
            "version": 2,
            "auth_success": success,
            "auth_attempts": 1 if success else 3,
            "direction": "INBOUND" if inside(target) and not inside(source) else None,
            "client": "SSH-2.0-libssh_0.10.6" if not success else _OPENSSH,
            "server": _OPENSSH,
            "cipher_alg": "chacha20-poly1305@openssh.com",
            "mac_alg": "hmac-sha2-256-etm@openssh.com",
            "compression_alg": "none",
            "kex_alg": "curve25519-sha256",
            "host_key_alg": "ssh-ed25519",
            "host_key": "e0:00:" + hashlib.md5(target.encode(), usedforsecurity=False).hexdigest()[:8],
        }
        self._note_zeek("ssh", one, min(start_us + 900_000, one.end_us), start_us, values, mark)
        return one

    def share(
        self, start_us: int, source: str, target: str, path: str, file: str = "", mark: Mark | None = None
    ) -> Flow:
        """A Windows share is opened, perhaps a file on it."""
        chance = self._chance
        one = self.connect(
            start_us, source, target, 445, service="gssapi,smb", seconds=chance.between(1, 60),
            sent=chance.whole(2_000, 40_000), received=chance.whole(4_000, 2_000_000), mark=mark,
        )  # fmt: skip
        kind = "PIPE" if path.endswith("IPC$") else "DISK"
        values = {"path": f"\\\\{target}\\{path}", "native_file_system": "NTFS", "share_type": kind}
        self._note_zeek("smb_mapping", one, start_us + 40_000, start_us + 40_000, values, mark)
        if file:
            opened = {"action": "SMB::FILE_OPEN", "path": values["path"], "name": file, "size": one.received}
            self._note_zeek("smb_files", one, start_us + 90_000, start_us + 90_000, opened, mark)
        return one

    def alert(self, one: Flow, time_us: int, rule: int, text: str, severity: int, mark: Mark | None = None) -> None:
        """Suricata raises an alert on a flow; text and id are made up for the exercise."""
        values = {
            "alert": {
                "action": "allowed",
                "gid": 1,
                "signature_id": RULE_IDS + rule,
                "rev": 1,
                "signature": f"EXERCISE {text}",
                "category": _CATEGORIES[severity],
                "severity": severity,
            },
            "app_proto": {"ssl": "tls", "-": "failed"}.get(one.service, one.service),
            "flow": {"pkts_toserver": one.packets_sent, "pkts_toclient": one.packets_received},
        }
        self._timeline.add(time_us, self._eve, EveRecord("alert", one, values), mark)

    def notice(self, one: Flow, time_us: int, note: str, text: str, mark: Mark | None = None) -> None:
        """Zeek raises a notice."""
        values = {
            "proto": one.protocol,
            "note": note,
            "msg": text,
            "src": one.source,
            "dst": one.target,
            "p": one.target_port,
            "actions": ["Notice::ACTION_LOG"],
            "suppress_for": 3_600.0,
        }
        self._note_zeek("notice", one, time_us, time_us, values, mark)

    def statistics(self, time_us: int, uptime: int) -> None:
        """Suricata's own counters."""
        counters = {
            "uptime": uptime,
            "capture": {"kernel_packets": uptime * 812, "kernel_drops": uptime // 900},
            "decoder": {"pkts": uptime * 811, "bytes": uptime * 640_000},
            "flow": {"tcp": uptime * 3, "udp": uptime * 5},
            "detect": {"alert": uptime // 4_000},
        }
        self._timeline.add(time_us, self._eve, EveRecord("stats", None, {"stats": counters}))


_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    304: "Not Modified",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
}
_CATEGORIES = {1: "Attempted Administrator Privilege Gain", 2: "Potentially Bad Traffic", 3: "Misc activity"}


def _file(name: str, mime: str, size: int) -> dict[str, object]:
    digest = hashlib.sha1(f"{name}{size}".encode(), usedforsecurity=False).hexdigest()
    return {
        "fuid": name,
        "source": "HTTP",
        "depth": 0,
        "analyzers": ["MD5", "SHA1"],
        "mime_type": mime,
        "duration": 0.01,
        "local_orig": False,
        "is_orig": False,
        "seen_bytes": size,
        "total_bytes": size,
        "missing_bytes": 0,
        "overflow_bytes": 0,
        "timedout": False,
        "md5": digest[:32],
        "sha1": digest,
    }
