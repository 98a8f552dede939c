"""Records of Zeek's dns.log and conn.log for captures, and made-up text that repeats from run to run."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from tools.captures import write_capture

DAY = datetime(2026, 3, 3, tzinfo=UTC).timestamp()
Record = dict[str, object]


def lookup(
    second: float, client: str, name: str, answers: tuple[str, ...] = (), type: str = "A", rcode: str = "NOERROR"
) -> Record:
    """One query with its answer, `second` counted from 3 March 2026, midnight UTC."""
    record: Record = {
        "_path": "dns", "ts": round(DAY + second, 6), "uid": "C" + noise(f"{second}{client}{name}", 16),
        "id.orig_h": client, "id.orig_p": 49152 + int(second * 7) % 16000, "id.resp_h": "10.0.0.53", "id.resp_p": 53,
        "proto": "udp", "query": name, "qtype_name": type, "rcode_name": rcode,
    }  # fmt: skip
    return record | {"answers": list(answers)} if answers else record


def flow(second: float, client: str, server: str, sent: int, came: int, port: int = 443, seconds: float = 30) -> Record:
    """One finished connection, `second` counted as for `lookup`."""
    return {
        "_path": "conn", "ts": round(DAY + second, 6), "uid": "C" + noise(f"{second}{client}{server}", 16),
        "id.orig_h": client, "id.orig_p": 49152 + int(second * 7) % 16000, "id.resp_h": server, "id.resp_p": port,
        "proto": "tcp", "duration": seconds, "orig_bytes": sent, "resp_bytes": came, "conn_state": "SF",
    }  # fmt: skip


def noise(seed: str, length: int, alphabet: str = "abcdefghijklmnopqrstuvwxyz234567") -> str:
    """Text without meaning, the same for the same seed."""
    text = ""
    for block in range(length // 32 + 1):
        digest = hashlib.sha256(f"{seed}/{block}".encode()).digest()
        text += "".join(alphabet[byte % len(alphabet)] for byte in digest)
    return text[:length]


def write(folder: Path, records: list[Record], name: str = "dns.log") -> None:
    """Write them in order of time."""
    ordered = sorted(records, key=lambda each: (float(str(each["ts"])), str(each.get("query", each.get("uid")))))
    write_capture(folder / name, "".join(json.dumps(each) + "\n" for each in ordered))
