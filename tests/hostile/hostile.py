"""Hostile sources made by code, and a scan of them through the real command line in a process of its own."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from tocsin.cli.app import app

SECONDS = 60
EVENT = {
    "EventID": 1,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Computer": "WS01",
    "User": "ana",
    "Image": "C:\\Windows\\System32\\whoami.exe",
    "UtcTime": "2026-01-02 03:04:05.000",
}
RULE = """\
title: Whoami
id: 11111111-1111-4111-8111-111111111111
status: test
level: high
logsource: {category: process_creation, product: windows}
detection:
  selection:
    Image|endswith: '\\whoami.exe'
  condition: selection
"""


@dataclass(frozen=True)
class Told:
    """What a scan said, and what the lake holds after it."""

    code: int
    out: str
    err: str
    status: dict[str, Any]


def line(**changed: object) -> str:
    """One event that the rule finds, as a JSON line."""
    return json.dumps({**EVENT, **changed}) + "\n"


def tell(tmp: Path, *paths: Path, form: str = "table", more: tuple[str, ...] = ()) -> Told:
    """Scan into a fresh lake. Raises TimeoutExpired where the scan hangs."""
    rules = tmp / "rules"
    rules.mkdir(exist_ok=True)
    (rules / "good.yml").write_text(RULE, "utf-8")
    command = [sys.executable, "-m", "tocsin", "scan", *map(str, paths), "--lake", str(tmp / "lake")]
    command += ["--rules", str(rules), "--format", form, *more]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "240"}
    ran = subprocess.run(command, capture_output=True, timeout=SECONDS, env=environment, check=False)
    status = CliRunner().invoke(app, ["lake", "status", "--lake", str(tmp / "lake"), "--json"], catch_exceptions=False)
    assert status.exit_code == 0
    return Told(ran.returncode, ran.stdout.decode("utf-8"), ran.stderr.decode("utf-8"), json.loads(status.stdout))


def zipped(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def tarred(*members: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def nested(content: bytes, depth: int) -> bytes:
    for _ in range(depth):
        content = zipped(("in.zip", content))
    return content


def sources() -> dict[str, bytes]:
    """File name → content. None of these holds a complete honest source."""
    good = line().encode()
    packed = gzip.compress(b"".join(line(RecordNumber=n).encode() for n in range(5_000)))
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    return {
        "cut.json.gz": packed[: len(packed) // 2],
        "cut.zip": zipped(("a.json", good * 500))[:-30],
        "nested.zip": nested(zipped(("a.json", good)), 12),
        "traversal.zip": zipped(("../../../escaped.json", good), ("/escaped.json", good)),
        "traversal.tar": tarred(("../../../escaped.json", good)),
        "deep.json": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "deep_list.json": b"[" * 200_000,
        "nul.json": good + b"\0" * 100_000 + b"\n" + good,
        "bad_utf8.json": good + b'{"Image": "\xff\xfe\xc0\xaf"}\n' + good,
        "lone_surrogate.json": good + b'{"Image": "\\ud800"}\n',
        "utf16.json": (line() * 3).encode("utf-16"),
        "half_utf16.json": (line() * 3).encode("utf-16")[:-1],
        "counts.log": b"#separator \\x09\n#path\tconn\n#fields\tts\tuid\n#types\ttime\n1.0\tC1\t9\n1.0\n",
        "wide.csv": ",".join(f"c{n}" for n in range(1_000_000)).encode() + b"\n" + b"1," * 999_999 + b"1\n",
        "bomb.xml": f'<!DOCTYPE e [<!ENTITY a0 "x">{entities}]><Events><Event>&a11;</Event></Events>'.encode(),
        "cut.evtx": b"ElfFile\0" + struct.pack("<QQQ", 0, 9, 10) + b"\xff" * 200,
        "flipped.evtx": b"ElfFile\0" + b"\0" * 4088 + b"ElfChnk\0" + b"\xff" * 65_000,
        "cut.pcap": b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + b"\xff" * 40,
        "cut.parquet": b"PAR1" + b"\xff" * 100 + b"PAR1",
        "empty.json": b"",
        "zeros.log": b"\0" * 1_000_000,
    }
